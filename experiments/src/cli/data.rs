//! `ohmspike data`: where data sets are, and fetching them.
use std::process::ExitCode;
use super::Failure;
/// Find or download data sets.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the data sets and where they are.
    List,
}
/// Runs the command.
pub fn run(command: &Command) -> Result<ExitCode, Failure> { match command { Command::List => Ok(ExitCode::SUCCESS) } }
