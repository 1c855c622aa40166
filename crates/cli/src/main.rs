//! The program `ohmspike`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    // Without a path of its own, the program is found by the name that started it.
    let program = std::env::current_exe().unwrap_or_else(|_| words.first().cloned().unwrap_or_default().into());
    ohmspike_cli::main(words, program).into()
}
