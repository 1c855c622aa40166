//! Mutated files into every parser, in one process.
//!
//! `cargo run -p fuzz -- PARSER SECONDS` takes valid inputs, changes them, and hands them to a parser for some seconds. Every input
//! must be accepted or refused: a panic, a parser that takes long, or one that takes much memory is a failure, whose input is
//! saved. The same `--seed` gives the same inputs in the same order.

#![allow(clippy::print_stdout)] // This is a program of its own.

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

/// Hand mutated files to a parser, and count what becomes of them.
#[derive(Debug, clap::Parser)]
struct Arguments {
    /// One of the parsers, or `all` in turn.
    parser: String,
    /// For how long, all parsers together.
    #[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Seed of the changes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for inputs that fail.
    #[arg(long, default_value = "target/fuzz")]
    out: PathBuf,
}

/// Longest time for an input, which has at most 64 kB.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest memory of the process, KiB. A study of 64 kB may hold 250,000 conditions of 2 kB each.
const MOST_MEMORY: u64 = 2 << 20;
/// How often memory is looked at, inputs.
const LOOK: u64 = 256;

/// What became of the inputs of a parser.
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
    // Panics are counted and told with their input.
    panic::set_hook(Box::new(|_| {}));
    let share = Duration::from_secs(arguments.seconds) / parsers.len() as u32;
    let failed: Vec<bool> = parsers
        .iter()
        .map(|&parser| {
            let counts = run(parser, share, arguments.seed, &arguments.out);
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

/// Hands inputs to `parser` until the time is over, or ten of them have failed.
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
            Ok(_) if number % LOOK == 0 && memory().is_some_and(|most| most > MOST_MEMORY) => {
                Some(format!("one of the last {LOOK} inputs took more than {MOST_MEMORY} KiB"))
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

/// What a panic says.
fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or(panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

/// The most memory that this process has had, KiB, where the system tells.
fn memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parser_takes_its_own_inputs() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for parser in Parser::value_variants() {
            let taken: Vec<bool> = parser.seeds().iter().map(|input| parser.accepts(input, folder.path())).collect();
            assert!(taken.contains(&true), "{}: {taken:?}", name(*parser));
        }
    }
}
