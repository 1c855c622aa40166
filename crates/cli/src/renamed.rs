//! Flags by their old names, which are refused with the new one.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Subcommand, old flag, new flag.
const RENAMED: [(&str, &str, &str); 9] = [
    ("run", "--limit", "--max-trials"),
    ("run", "--instructions", "--simd"),
    ("run", "--x", "--x-axis"),
    ("train", "--instructions", "--simd"),
    ("report", "--x", "--x-axis"),
    ("submit", "--at-once", "--max-concurrent"),
    ("sample", "--write", "--target-microsiemens"),
    ("sample", "--write-ohm", "--target-ohm"),
    ("sample", "--from", "--start-microsiemens"),
];

/// A flag by its old name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{old}: unknown flag of `{command}`\n\nhint: renamed to `{new}`")]
pub struct RenamedFlag {
    command: &'static str,
    old: &'static str,
    new: &'static str,
}

/// The renamed flag that `error` is about, given the `words` of the command line.
pub fn renamed_flag(error: &clap::Error, mut words: impl Iterator<Item = String>) -> Option<RenamedFlag> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidArg) else { return None };
    let given = given.split('=').next()?;
    let of_command = |command: &str| RENAMED.iter().find(|(known, old, _)| *known == command && *old == given);
    let &(command, old, new) = words.find_map(|word| of_command(&word))?;
    Some(RenamedFlag { command, old, new })
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::Arguments;

    #[test]
    fn old_flags_name_the_new_ones_of_their_command_alone() {
        let refused = |line: &str| {
            let words = || line.split(' ').map(str::to_owned);
            let error = Arguments::try_parse_from(words()).expect_err("an unknown flag");
            renamed_flag(&error, words()).map(|flag| flag.to_string())
        };
        let expected = "--limit: unknown flag of `run`\n\nhint: renamed to `--max-trials`";
        assert_eq!(refused("ohmspike run --limit 3 s.toml").as_deref(), Some(expected));
        assert_eq!(refused("ohmspike run s.toml --limit=3").as_deref(), Some(expected));
        assert_eq!(refused("ohmspike train --limit 3"), None);
        assert_eq!(refused("ohmspike run --limits 3 s.toml"), None);
    }

    #[test]
    fn every_new_flag_exists_and_no_old_one_does() {
        let mut commands: Vec<clap::Command> = Arguments::command().get_subcommands().cloned().collect();
        let device = commands.iter().find(|command| command.get_name() == "device").expect("a subcommand").clone();
        commands.extend(device.get_subcommands().cloned());
        for (name, old, new) in RENAMED {
            let command = commands.iter().find(|command| command.get_name() == name).expect("a subcommand");
            let has =
                |flag: &str| command.get_arguments().any(|argument| argument.get_long() == flag.strip_prefix("--"));
            assert!(has(new) && !has(old), "{name} {old}");
        }
    }
}
