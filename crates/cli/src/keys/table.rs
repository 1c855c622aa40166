//! Sections and keys as text for a terminal of 100 columns.

use std::fmt::Write;

use ohmspike_study::reference::{Key, Section};

/// Columns of a terminal.
const WIDTH: usize = 100;
/// Columns before a meaning.
const INDENT: usize = 6;
/// Column at which allowed values start at the latest.
const LAST_COLUMN: usize = 76;
/// Columns of the longest default in the table; longer ones follow the meaning.
const LONGEST_DEFAULT: usize = 20;

/// All sections, with the first sentence of every meaning.
pub fn overview(sections: &[Section]) -> String {
    let sections = sections.iter().filter(|section| !section.keys.is_empty());
    sections.map(|section| table(section, first_sentence)).collect::<Vec<_>>().join("\n")
}

/// One section, with all of every meaning.
pub fn section(section: &Section) -> String {
    table(section, |meaning| meaning)
}

/// Everything about one key.
pub fn key(key: &Key) -> String {
    let mut text = format!("{}\n\n{}\n\n", key.key, wrapped(&plain(&key.meaning), 2));
    let mut line = |name: &str, value: &str| {
        let value = wrapped(&plain(value), 12);
        let _ = writeln!(text, "  {name:<9} {}", value.trim_start());
    };
    line("type", &key.kind);
    line("unit", &key.unit);
    line("default", &key.default);
    line("allowed", &key.allowed);
    line("override", &format!("--set {}={}", key.key, example(key)));
    if key.choices.iter().any(|choice| !choice.meaning.is_empty()) {
        text.push('\n');
        for choice in &key.choices {
            let meaning = wrapped(&plain(&choice.meaning), INDENT);
            let _ = writeln!(text, "  {}\n{meaning}", choice.word);
        }
    }
    text
}

/// A value for an example.
fn example(key: &Key) -> String {
    let default = key.default.trim_matches('`');
    match key.choices.first() {
        Some(choice) => choice.word.clone(),
        None if key.default.starts_with('`') && !default.contains(['`', ' ']) => default.to_owned(),
        None => "VALUE".to_owned(),
    }
}

fn table(section: &Section, shown: impl Fn(&str) -> &str) -> String {
    let heading = match section.name.as_str() {
        "" => plain(&section.meaning),
        "layer" => format!("[[layer]]  {}", plain(&section.meaning)),
        name => format!("[{name}]  {}", plain(&section.meaning)),
    };
    let width = |of: fn(&Key) -> &str, least: usize, most: usize| {
        let lengths = section.keys.iter().map(|key| plain(of(key)).chars().count()).filter(|length| *length <= most);
        lengths.max().unwrap_or(0).max(least)
    };
    let name = width(|key| &key.key, 3, WIDTH);
    let default = width(|key| &key.default, 7, LONGEST_DEFAULT);
    let unit = width(|key| &key.unit, 4, WIDTH);
    let before = 2 + name + 2 + default + 2 + unit + 2;
    // Long keys leave no room for a last column.
    let last = before <= LAST_COLUMN;
    let title = if last { "ALLOWED" } else { "" };
    let mut lines = vec![format!("  {:<name$}  {:<default$}  {:<unit$}  {title}", "KEY", "DEFAULT", "UNIT")];
    for key in &section.keys {
        let (full, allowed) = (plain(&key.default), plain(&key.allowed));
        let long = full.chars().count() > LONGEST_DEFAULT;
        let value = if long { "see below" } else { full.as_str() };
        let wrapped_allowed = if last { wrapped(&allowed, before) } else { String::new() };
        let cell = wrapped_allowed.trim_start();
        lines.push(format!("  {:<name$}  {value:<default$}  {:<unit$}  {cell}", key.key, key.unit));
        let mut meaning = plain(shown(&key.meaning));
        if !last {
            meaning += &format!(" Allowed: {allowed}.");
        }
        if long {
            meaning += &format!(" Default: {full}.");
        }
        lines.push(wrapped(&meaning, INDENT));
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    format!("{}\n\n{}\n", wrapped(&heading, 0), lines.join("\n"))
}

/// Text without the backticks of literals.
fn plain(text: &str) -> String {
    text.replace('`', "")
}

/// The first sentence, with its full stop.
fn first_sentence(text: &str) -> &str {
    text.find(". ").map_or(text, |end| &text[..=end])
}

/// Breaks `text` into lines of at most [`WIDTH`] columns, each after `indent` spaces.
fn wrapped(text: &str, indent: usize) -> String {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split(' ') {
        if !line.is_empty() && indent + line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    let spaces = " ".repeat(indent);
    lines.iter().map(|line| format!("{spaces}{line}")).collect::<Vec<_>>().join("\n")
}
