//! Wrong command lines: messages in the form of all others, with the right form as hint.
//!
//! Covers renamed flags, keys of a study that were given as flags, `--set KEY VALUE` without an equals sign, and values out of
//! range. clap's own messages remain for everything else.

use std::error::Error;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use ohmspike_study::cluster::quote::shell;
use ohmspike_study::study::override_for;

/// Subcommand, old flag, new flag.
const RENAMED: [(&str, &str, &str); 10] = [
    ("run", "--limit", "--max-trials"),
    ("run", "--instructions", "--simd"),
    ("run", "--x", "--x-axis"),
    ("train", "--instructions", "--simd"),
    ("report", "--x", "--x-axis"),
    ("submit", "--at-once", "--max-concurrent"),
    ("import", "--test-share", "--test-fraction"),
    ("sample", "--write", "--target-microsiemens"),
    ("sample", "--write-ohm", "--target-ohm"),
    ("sample", "--from", "--start-microsiemens"),
];

/// Commands that override keys of a study with `--set`.
const OF_STUDIES: [&str; 8] = ["run", "train", "report", "export", "status", "submit", "limit", "ablate"];

/// A wrong command line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// A flag under its old name.
    #[error("unknown flag `{old}`\n\nhint: renamed to `{new}`")]
    Renamed { old: &'static str, new: &'static str },
    /// A key of the study as a flag.
    #[error("unknown flag `{flag}`\n\nhint: use `--set {set}`")]
    Key { flag: String, set: String },
    /// An override in two words.
    #[error("--set {given}: expected SECTION.KEY=VALUE\n\nhint: use an equals sign: `--set {set}`")]
    TwoWords { given: String, set: String },
    /// A list that the shell has split at its spaces.
    #[error("--set {given}: expected one word, got several\n\nhint: quote the list: `--set {set}`")]
    SplitList { given: String, set: String },
    /// A study file without a subcommand.
    #[error("unknown command `{word}`\n\nhint: use `ohmspike run {word}`")]
    NoCommand { word: String },
    /// A value that the flag does not accept.
    #[error("{flag}{reason}")]
    Value { flag: String, reason: String },
}

/// Explains the `error` of clap, given the `words` of the command line, if there is more to say than clap does.
pub fn explained(error: &clap::Error, words: &[String]) -> Option<UsageError> {
    match error.kind() {
        ErrorKind::UnknownArgument => unknown_flag(&context(error, ContextKind::InvalidArg)?, words),
        ErrorKind::InvalidSubcommand => {
            let word = context(error, ContextKind::InvalidSubcommand)?;
            word.ends_with(".toml").then(|| UsageError::NoCommand { word: shell(&word) })
        }
        ErrorKind::ValueValidation | ErrorKind::InvalidValue => wrong_value(error),
        _ => None,
    }
}

fn context(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// A flag or a word that the command does not have.
fn unknown_flag(given: &str, words: &[String]) -> Option<UsageError> {
    if let Some(negative) = negative_value(words) {
        return Some(negative);
    }
    let flag = given.split('=').next()?;
    let of_command = |command: &String| RENAMED.iter().find(|(known, old, _)| known == command && *old == flag);
    if let Some(&(_, old, new)) = words.iter().find_map(of_command) {
        return Some(UsageError::Renamed { old, new });
    }
    if !words.iter().any(|word| OF_STUDIES.contains(&&**word)) {
        return None;
    }
    let Some(name) = flag.strip_prefix("--") else { return two_words(words) };
    let at = words.iter().position(|word| word == flag || word.starts_with(&format!("{flag}=")))?;
    let value = words[at].split_once('=').map(|(_, value)| value);
    let next = words.get(at + 1).map(String::as_str).filter(|next| !next.starts_with("--"));
    let set = override_for(name, value.or(next).unwrap_or("VALUE"))?;
    Some(UsageError::Key { flag: flag.to_owned(), set: shell(&set) })
}

/// A flag with a negative number, which looks like another flag.
fn negative_value(words: &[String]) -> Option<UsageError> {
    let is_negative =
        |word: &str| word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let pair = words.windows(2).find(|pair| pair[0].starts_with("--") && is_negative(&pair[1]))?;
    Some(UsageError::Value {
        flag: format!("{}: ", pair[0]),
        reason: format!("expected no negative number, got {}", pair[1]),
    })
}

/// A list with spaces that the shell has split.
fn split_list(words: &[String]) -> Option<UsageError> {
    let open = |word: &String| word.contains("=[") && !word.contains(']');
    let at = words.windows(2).position(|pair| pair[0] == "--set" && open(&pair[1]))? + 1;
    let end = words[at..].iter().position(|word| word.ends_with(']'))? + at;
    let whole = words[at..=end].join(" ");
    Some(UsageError::SplitList { set: shell(&whole), given: whole })
}

/// `--set KEY VALUE` or `--set KEY = VALUE`.
fn two_words(words: &[String]) -> Option<UsageError> {
    if let Some(list) = split_list(words) {
        return Some(list);
    }
    let at = words.windows(3).position(|three| three[0] == "--set" && !three[1].contains('='))?;
    let (key, rest) = (&words[at + 1], &words[at + 2..]);
    let spaced = rest[0] == "=" && rest.len() > 1;
    let value = if spaced { &rest[1] } else { rest[0].strip_prefix('=').unwrap_or(&rest[0]) };
    let given = if spaced { format!("{key} = {value}") } else { format!("{key} {}", rest[0]) };
    Some(UsageError::TwoWords { given, set: shell(&format!("{key}={value}")) })
}

/// A value that is refused by its parser.
fn wrong_value(error: &clap::Error) -> Option<UsageError> {
    let flag = context(error, ContextKind::InvalidArg)?;
    // An argument without a flag has its place holder as name.
    let flag = if flag.starts_with("--") { format!("{}: ", flag.split(' ').next()?) } else { String::new() };
    let says_what = |error: &clap::Error| error.source().is_some_and(|source| source.to_string().contains(", got "));
    let is_no_number =
        |error: &clap::Error| error.source().is_some_and(|source| source.to_string().contains("empty string"));
    let got = context(error, ContextKind::InvalidValue)
        .filter(|got| !got.is_empty() || says_what(error) || is_no_number(error))?;
    if let Some(ContextValue::Strings(known)) = error.get(ContextKind::ValidValue) {
        let known: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
        return Some(UsageError::Value { flag, reason: format!("expected one of {}, got `{got}`", known.join(", ")) });
    }
    let reason = error.source()?.to_string();
    let range = reason.strip_prefix(&format!("{got} is not in ")).and_then(|range| range.split_once(".."));
    let reason = match range {
        // The upper end of the type is no limit of the flag, unless it is exceeded.
        Some((low, "" | "=4294967295")) if got.parse().is_ok_and(|got: f64| got <= f64::from(u32::MAX)) => {
            format!("expected {low} or more, got {got}")
        }
        Some(("", high)) => format!("expected at most {}, got {got}", high.trim_start_matches('=')),
        Some((low, high)) => format!("expected {low} to {}, got {got}", high.trim_start_matches('=')),
        None if reason.contains("float") => format!("expected a number, got `{got}`"),
        None if ["digit", "number too", "empty string"].iter().any(|part| reason.contains(part)) => {
            format!("expected a whole number, got `{got}`")
        }
        None if reason.contains(", got ") || reason.contains(&format!("`{got}`")) => reason,
        None => format!("{reason}, got `{got}`"),
    };
    Some(UsageError::Value { flag, reason })
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::Arguments;

    fn refused(line: &[&str]) -> Option<String> {
        let words: Vec<String> = line.iter().map(|word| (*word).to_owned()).collect();
        let error = Arguments::try_parse_from(&words).expect_err("a wrong command line");
        explained(&error, &words).map(|error| error.to_string())
    }

    fn of_line(line: &str) -> Option<String> {
        refused(&line.split(' ').collect::<Vec<_>>())
    }

    #[test]
    fn renamed_flags_name_the_new_one_of_their_command() {
        let expected = "unknown flag `--limit`\n\nhint: renamed to `--max-trials`";
        assert_eq!(of_line("ohmspike run --limit 3 s.toml").as_deref(), Some(expected));
        assert_eq!(of_line("ohmspike run s.toml --limit=3").as_deref(), Some(expected));
        assert_eq!(of_line("ohmspike train --limit 3"), None);
        assert_eq!(of_line("ohmspike run --limits 3 s.toml"), None);
    }

    #[test]
    fn keys_as_flags_have_their_override() {
        for (line, set) in [
            ("ohmspike train --epochs 3", "training.epochs=3"),
            ("ohmspike train --learning-rate=0.1", "training.learning_rate=0.1"),
            ("ohmspike run s.toml --device mine.json", "hardware.device=mine.json"),
            ("ohmspike run s.toml --seed 7", "'repeats.seeds=[7]'"),
            ("ohmspike report s.toml --noise --open", "noise.level_percent=VALUE"),
        ] {
            let told = of_line(line).unwrap_or_default();
            assert!(told.ends_with(&format!("\n\nhint: use `--set {set}`")), "{line}: {told}");
        }
        assert_eq!(of_line("ohmspike device show ideal --epochs 3"), None);
        assert_eq!(of_line("ohmspike train --colour red"), None);
    }

    #[test]
    fn overrides_in_two_words_have_an_equals_sign_as_hint() {
        let hint = "expected SECTION.KEY=VALUE\n\nhint: use an equals sign: `--set noise.level_percent=5`";
        for line in ["--set noise.level_percent 5", "--set noise.level_percent = 5"] {
            let told = of_line(&format!("ohmspike run s.toml {line}"));
            assert_eq!(told, Some(format!("{line}: {hint}")), "{line}");
        }
    }

    #[test]
    fn lists_that_the_shell_splits_have_quotes_as_hint() {
        let told =
            of_line("ohmspike run s.toml --set noise.level_percent=[1, 2, 3] --threads 1").expect("an explanation");
        assert_eq!(
            told,
            "--set noise.level_percent=[1, 2, 3]: expected one word, got several\n\n\
             hint: quote the list: `--set 'noise.level_percent=[1, 2, 3]'`"
        );
    }

    #[test]
    fn negative_numbers_are_no_flags() {
        for (line, expected) in [
            ("ohmspike deploy net.npz --chips -3", "--chips: expected no negative number, got -3"),
            ("ohmspike deploy net.npz --after -1s", "--after: expected no negative number, got -1s"),
            ("ohmspike limit s.toml --key k --within -2points", "--within: expected no negative number, got -2points"),
        ] {
            assert_eq!(of_line(line).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn values_out_of_range_name_the_range() {
        for (line, expected) in [
            ("ohmspike run s.toml --threads 0", "--threads: expected 1 to 4096, got 0"),
            ("ohmspike run s.toml --threads many", "--threads: expected a whole number, got `many`"),
            ("ohmspike submit s.toml --slurm --max-concurrent 0", "--max-concurrent: expected 1 or more, got 0"),
            ("ohmspike export s.toml --format xml", "--format: expected one of `csv`, `parquet`, got `xml`"),
            (
                "ohmspike deploy net.npz --device ideal,",
                "--device: expected device names with one comma between two of them, got an empty name",
            ),
            ("ohmspike deploy net.npz --chips 99999999999", "--chips: expected 1 to 1000000, got 99999999999"),
            ("ohmspike train --seed 1.5", "--seed: expected a whole number, got `1.5`"),
            (
                "ohmspike limit s.toml --key k --accuracy -0.1",
                "--accuracy: expected a fraction from 0 to 1 or a percentage such as 75%, got `-0.1`",
            ),
            ("ohmspike train --seed=", "--seed: expected a whole number, got ``"),
            (
                "ohmspike device sample ideal --target-microsiemens 1,,2",
                "--target-microsiemens: expected a number, got ``",
            ),
            (
                "ohmspike train --training.epochs=5",
                "unknown flag `--training.epochs`\n\nhint: use `--set training.epochs=5`",
            ),
            ("ohmspike study.toml", "unknown command `study.toml`\n\nhint: use `ohmspike run study.toml`"),
        ] {
            assert_eq!(of_line(line).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn every_new_flag_exists_and_no_old_one_does() {
        let mut commands: Vec<clap::Command> = Arguments::command().get_subcommands().cloned().collect();
        let nested: Vec<clap::Command> = commands.iter().flat_map(clap::Command::get_subcommands).cloned().collect();
        commands.extend(nested);
        for (name, old, new) in RENAMED {
            let command = commands.iter().find(|command| command.get_name() == name).expect("a subcommand");
            let has =
                |flag: &str| command.get_arguments().any(|argument| argument.get_long() == flag.strip_prefix("--"));
            assert!(has(new) && !has(old), "{name} {old}");
        }
    }
}
