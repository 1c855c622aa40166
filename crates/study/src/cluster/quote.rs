//! Quotes strings for the shell and for `#SBATCH` lines.

/// Quotes a word of a shell command if the shell would not read it literally.
pub fn shell(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-+=:,./@%".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Quotes the path of file `name` in `folder` for an `#SBATCH` line. Slurm replaces `%` patterns, which may be in the name but are
/// escaped in the folder.
pub fn pattern(folder: &str, name: &str) -> String {
    let folder: String = folder.chars().flat_map(escape).collect();
    format!("\"{folder}/{name}\"")
}

fn escape(letter: char) -> impl Iterator<Item = char> {
    let before = match letter {
        '%' => Some('%'),
        '"' | '\\' => Some('\\'),
        _ => None,
    };
    before.into_iter().chain([letter])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_words_only_if_needed() {
        assert_eq!(shell("noise.level_percent=1"), "noise.level_percent=1");
        assert_eq!(shell("noise.level_percent=[1, 2]"), "'noise.level_percent=[1, 2]'");
        assert_eq!(shell("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(shell(""), "''");
    }

    #[test]
    fn escapes_the_folder_of_a_pattern() {
        assert_eq!(pattern(r#"/a b/100%/"x"#, "%j.log"), r#""/a b/100%%/\"x/%j.log""#);
    }
}
