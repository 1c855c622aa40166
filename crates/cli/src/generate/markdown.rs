//! Markdown that MkDocs renders: titles and tables.

/// A page title with an introduction.
pub fn title(title: &str, introduction: &str) -> String {
    format!("# {title}\n\n{introduction}\n\n")
}

/// The title of a page.
pub fn title_of(page: &str) -> &str {
    page.lines().next().unwrap_or_default().trim_start_matches("# ")
}

/// A heading of the second level with an introduction, which may be empty.
pub fn section(heading: &str, introduction: &str) -> String {
    if introduction.is_empty() { format!("## {heading}\n\n") } else { format!("## {heading}\n\n{introduction}\n\n") }
}

/// A table with at least one row, followed by an empty line.
pub fn table<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(&header.map(str::to_owned));
    text += &format!("|{}\n", "---|".repeat(COLUMNS));
    for row in rows {
        text += &line(&row.map(|cell| cell_text(&cell)));
    }
    text + "\n"
}

/// A literal in backticks.
pub fn code(text: &str) -> String {
    format!("`{text}`")
}

/// Text for a table cell: on one line, without characters that Markdown would interpret.
fn cell_text(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    escaped(&line).replace('|', "\\|")
}

/// Text with `<`, `*` and `[` escaped outside backticks.
pub fn escaped(text: &str) -> String {
    let part = |(number, part): (usize, &str)| {
        let literal = number % 2 == 1;
        if literal { part.to_owned() } else { part.replace('<', "&lt;").replace('*', "\\*").replace('[', "\\[") }
    };
    text.split('`').enumerate().map(part).collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_markdown_would_interpret() {
        let rows = [["`a|b`".to_owned(), "<b> * c\nd [e]".to_owned()]];
        let expected = "| one | two |\n|---|---|\n| `a\\|b` | &lt;b> \\* c d \\[e] |\n\n";
        assert_eq!(table(["one", "two"], rows), expected);
    }
}
