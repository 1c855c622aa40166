//! The command line: one file a subcommand. stdout carries data, stderr progress and warnings.
//!
//! Exit status: 0 done, 1 the study's own criterion failed or, after waiting, trials are left, 2 could not run, 130 stopped by Ctrl-C.

mod axis;
mod data;
mod device;
mod export;
mod generate;
mod keys;
mod meter;
mod renamed;
mod report;
mod run;
mod source;
mod status;
mod submit;
mod terminal;
mod train;

use std::fmt::Display;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use terminal::tell;

/// Noise-versus-accuracy curves of spiking networks trained through emulated memristive crossbars.
#[derive(Debug, Parser)]
#[command(name = "ohmspike", version, after_help = "Start with: ohmspike run experiments/studies/quickstart.toml")]
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
    Train(train::Arguments),
    Keys(keys::Arguments),
    #[command(subcommand)]
    Data(data::Command),
    #[command(subcommand)]
    Device(device::Command),
    #[command(subcommand)]
    Generate(generate::Command),
}

/// Anything that ends a command; its message is all that the user sees.
type Failure = Box<dyn std::error::Error>;

/// Tells what was hardly meant.
fn warn<W: Display>(warnings: &[W]) {
    for warning in warnings {
        tell!("warning: {warning}\n");
    }
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => match renamed::renamed_flag(&error, std::env::args()) {
            Some(renamed) => return failed(&renamed),
            None => error.exit(),
        },
    };
    let done = match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Submit(arguments) => submit::run(&arguments),
        Command::Status(arguments) => status::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Train(arguments) => train::run(&arguments),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Data(command) => data::run(&command),
        Command::Device(command) => device::run(&command),
        Command::Generate(command) => generate::run(&command),
    };
    done.unwrap_or_else(|error| failed(&error))
}

/// Says why a command could not run.
fn failed(error: &impl Display) -> ExitCode {
    tell!("error: {error}");
    ExitCode::from(2)
}
