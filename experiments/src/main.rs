//! `ohmspike`: noise-versus-accuracy curves of spiking networks trained through emulated crossbars.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    // A reader of the output that has seen enough, as `head` has, ends the program quietly.
    sigpipe::reset();
    cli::main()
}
