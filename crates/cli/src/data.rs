//! `ohmspike data`: lists, downloads and imports data sets.

mod encoded;
mod fetch;
mod import;
mod list;

use super::{ExitCode, Failure};

/// List, download or import data sets.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the data sets and their files.
    List,
    Fetch(fetch::Arguments),
    Import(Box<import::Arguments>),
    Encoded(encoded::Arguments),
}

/// Runs the command.
pub fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::List => list::run()?,
        Command::Fetch(arguments) => fetch::run(arguments)?,
        Command::Import(arguments) => import::run(arguments)?,
        Command::Encoded(arguments) => encoded::run(arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}
