//! The page of commands and their options, from clap.

use clap::{Arg, Command, CommandFactory};

use super::Page;
use super::markdown::{code, escaped, section, table, title};

/// The page.
pub fn page() -> Page {
    let mut root = crate::Arguments::command();
    root.build();
    let about = root.get_about().map(ToString::to_string).unwrap_or_default();
    let introduction = format!(
        "{}\n\nStandard output carries data; progress and warnings go to standard error. Run `ohmspike help COMMAND` to read \
         the same text in a terminal.",
        escaped(&about)
    );
    let mut text = title("Command line", &introduction);
    let commands = root.get_subcommands().filter(|command| command.get_name() != "help");
    commands.for_each(|command| add(&mut text, command, "ohmspike"));
    Page { file: "cli.md", about: "every command and option.", text }
}

/// Appends a command, or the commands below it.
fn add(text: &mut String, command: &Command, above: &str) {
    let name = format!("{above} {}", command.get_name());
    let below: Vec<&Command> = command.get_subcommands().filter(|command| command.get_name() != "help").collect();
    if !below.is_empty() {
        below.into_iter().for_each(|command| add(text, command, &name));
        return;
    }
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    *text += &section(&code(&name), &format!("{}\n\n```text\n{usage}\n```", escaped(&about)));
    let arguments = command.get_arguments().filter(|argument| !argument.is_hide_set() && argument.get_id() != "help");
    let rows: Vec<[String; 3]> = arguments.map(row).collect();
    if !rows.is_empty() {
        *text += &table(["Argument", "Default", "Meaning"], rows);
    }
    if let Some(after) = command.get_after_long_help().or(command.get_after_help()) {
        *text += &format!("```text\n{}\n```\n\n", after.to_string().trim());
    }
}

fn row(argument: &Arg) -> [String; 3] {
    let values = argument.get_value_names().unwrap_or_default();
    let takes_value = argument.get_action().takes_values();
    let values = values.iter().map(|value| format!("<{value}>")).collect::<Vec<_>>().join(" ");
    let name = match (argument.get_long(), argument.get_short()) {
        (Some(long), Some(short)) => format!("-{short}, --{long}"),
        (Some(long), None) => format!("--{long}"),
        (None, Some(short)) => format!("-{short}"),
        (None, None) => String::new(),
    };
    let name = if takes_value { format!("{name} {values}") } else { name };
    let defaults = argument.get_default_values().iter().map(|value| value.to_string_lossy());
    let default = defaults.filter(|_| takes_value).map(|value| code(&value)).collect::<Vec<_>>().join(", ");
    let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
    let possible = argument.get_possible_values();
    let words = possible.iter().filter(|_| takes_value).map(|value| code(value.get_name())).collect::<Vec<_>>();
    let choices = if words.is_empty() { String::new() } else { format!(" Choices: {}.", words.join(", ")) };
    let stop = if help.is_empty() || help.ends_with(['.', ':']) { "" } else { "." };
    [code(name.trim()), default, format!("{help}{stop}{choices}")]
}
