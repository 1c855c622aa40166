//! Feeds mutated files to every parser, in one process.
//!
//! `cargo run -p fuzz -- PARSER SECONDS` mutates valid inputs and passes them to a parser for some seconds. Every input
//! must be accepted or rejected. A panic, a slow parser or high memory use is a failure, and its input is saved. The
//! same `--seed` gives the same inputs in the same order.

#![allow(clippy::print_stdout)] // This is a program.

mod archive;
mod mutate;
mod parser;
mod trained;

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser as _, ValueEnum};
use ohmspike_rng::Seed;
use parser::Parser;

/// Feed mutated files to a parser and count the results.
#[derive(Debug, clap::Parser)]
struct Arguments {
    /// Name of a parser, or `all`.
    parser: String,
    /// Total duration for all parsers.
    #[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Seed of the mutations.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for failing inputs.
    #[arg(long, default_value = "target/fuzz")]
    out: PathBuf,
}

/// Longest time per input; an input has at most 64 kB.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest memory of the process, KiB. A study of 64 kB may have 250,000 conditions of 2 kB each.
const MAX_MEMORY: u64 = 2 << 20;
/// Inputs between two checks of the memory.
const LOOK: u64 = 256;

/// Results of the inputs of a parser.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    accepted: u64,
    refused: u64,
    failed: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let parsers: Vec<Parser> = match Parser::from_str(&arguments.parser, true) {
        Ok(parser) => vec![parser],
        Err(_) if arguments.parser == "all" => Parser::value_variants().to_vec(),
        Err(_) => {
            let known: Vec<String> = Parser::value_variants().iter().map(|parser| name(*parser)).collect();
            println!("error: parser: expected all or one of {}, got `{}`", known.join(", "), arguments.parser);
            return ExitCode::from(2);
        }
    };
    // Panics are counted and reported with their input.
    panic::set_hook(Box::new(|_| {}));
    let each = Duration::from_secs(arguments.seconds) / parsers.len() as u32;
    let failed: Vec<bool> = parsers
        .iter()
        .map(|&parser| {
            let counts = run(parser, each, arguments.seed, &arguments.out);
            let Counts { accepted, refused, failed } = counts;
            let inputs = accepted + refused + failed;
            println!("{}: {inputs} inputs, {accepted} accepted, {refused} refused, {failed} failed", name(parser));
            failed > 0 || accepted == 0
        })
        .collect();
    let count = failed.iter().filter(|failed| **failed).count();
    println!("{} passed, {count} failed", failed.len() - count);
    ExitCode::from(u8::from(count > 0))
}

fn name(parser: Parser) -> String {
    parser.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Passes inputs to `parser` until the time is over or ten inputs have failed.
fn run(parser: Parser, time: Duration, seed: u64, out: &Path) -> Counts {
    let (mut counts, mut number) = (Counts::default(), 0);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (seeds, mut random) = (parser.seeds(), Seed::new(seed).named(&name(parser)).stream());
    let begun = Instant::now();
    while begun.elapsed() < time && counts.failed < 10 {
        let input = mutate::mutated(&seeds, &mut random);
        let since = Instant::now();
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| parser.accepts(&input, folder.path())));
        number += 1;
        let problem = match outcome {
            Err(panic) => Some(format!("panic: {}", said(&*panic))),
            Ok(_) if since.elapsed() > PATIENCE => Some(format!("took {} s", since.elapsed().as_secs())),
            Ok(_) if number % LOOK == 0 && memory().is_some_and(|most| most > MAX_MEMORY) => {
                Some(format!("one of the last {LOOK} inputs took more than {MAX_MEMORY} KiB"))
            }
            Ok(accepted) => {
                *(if accepted { &mut counts.accepted } else { &mut counts.refused }) += 1;
                None
            }
        };
        if let Some(problem) = problem {
            counts.failed += 1;
            let path = out.join(format!("{}-{seed}-{number}", name(parser)));
            let saved = fs::create_dir_all(out).and_then(|()| fs::write(&path, &input));
            let place = saved.map_or_else(|error| error.to_string(), |()| path.display().to_string());
            println!("{}: input {number}: {problem} ({place})", name(parser));
        }
    }
    counts
}

/// Returns the message of a panic.
fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or(panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

/// Returns the peak memory of this process in KiB, if the system reports it.
fn memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parser_accepts_its_valid_inputs() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for parser in Parser::value_variants() {
            let taken: Vec<bool> = parser.seeds().iter().map(|input| parser.accepts(input, folder.path())).collect();
            assert!(taken.contains(&true), "{}: {taken:?}", name(*parser));
        }
    }
}
