//! `ohmspike`: noise-versus-accuracy curves of spiking networks trained through emulated crossbars.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
