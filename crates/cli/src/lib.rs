//! The command line, with one file per subcommand. stdout carries data, stderr progress and warnings.
//!
//! Exit status: 0 success, 1 trials remain after `status --wait`, 2 error, 130 stopped by Ctrl-C.

mod ablate;
mod answers_folder;
mod array;
mod batch_meter;
mod command_line;
mod data;
mod deploy;
mod device;
mod exit_code;
mod export;
mod figure_arguments;
mod file_error;
mod generate;
mod instructions;
mod keys;
mod limit;
mod meter;
mod nir;
mod report;
mod run;
mod source;
mod status;
mod study_arguments;
mod submit;
mod terminal;
mod train;
mod trial_arguments;
mod usage_error;

use std::ffi::OsString;
use std::fmt::Display;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use terminal::tell;

pub use exit_code::ExitCode;

/// Trains spiking networks on emulated memristive crossbars, and shows how accuracy depends on noise.
#[derive(Debug, Parser)]
#[command(name = "ohmspike", version, max_term_width = 100)]
#[command(after_help = "Start with: ohmspike run experiments/studies/quickstart.toml")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Arguments),
    Submit(submit::Arguments),
    Status(status::Arguments),
    Report(report::Arguments),
    Export(export::Arguments),
    Ablate(ablate::Arguments),
    Train(train::Arguments),
    Deploy(deploy::Arguments),
    Limit(limit::Arguments),
    Keys(keys::Arguments),
    #[command(subcommand)]
    Data(data::Command),
    #[command(subcommand)]
    Device(device::Command),
    #[command(subcommand)]
    Nir(nir::Command),
    #[command(subcommand)]
    Array(array::Command),
    #[command(subcommand)]
    Generate(generate::Command),
}

/// An error that ends a command.
type Failure = Box<dyn std::error::Error>;

/// Prints warnings to stderr.
fn warn<W: Display>(warnings: &[W]) {
    for warning in warnings {
        tell!("warning: {warning}\n");
    }
}

/// Runs the command line `words`, which starts with the name of the program at `program`.
///
/// Prints to stdout and stderr. The first call of a process sets the words and the program that hints and results state.
/// Some commands end the process, as `--help` does.
pub fn main(words: Vec<OsString>, program: PathBuf) -> ExitCode {
    command_line::set(&words, program);
    let arguments = match Arguments::try_parse_from(words) {
        Ok(arguments) => arguments,
        Err(error) => match usage_error::explained(&error, command_line::words()) {
            Some(explained) => return failed(&explained),
            None => error.exit(),
        },
    };
    let done = match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Submit(arguments) => submit::run(&arguments),
        Command::Status(arguments) => status::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Ablate(arguments) => ablate::run(&arguments),
        Command::Train(arguments) => train::run(&arguments),
        Command::Deploy(arguments) => deploy::run(&arguments),
        Command::Limit(arguments) => limit::run(&arguments),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Data(command) => data::run(&command),
        Command::Device(command) => device::run(&command),
        Command::Nir(command) => nir::run(&command),
        Command::Array(command) => array::run(&command).map(|()| ExitCode::SUCCESS),
        Command::Generate(command) => generate::run(&command),
    };
    done.unwrap_or_else(|error| failed(&error))
}

/// Prints the error of a command.
fn failed(error: &impl Display) -> ExitCode {
    tell!("error: {error}");
    ExitCode::from(2)
}
