//! Texts as the shell and `#SBATCH` lines read them.

/// A word of a shell command, in single quotes where the shell would read it as anything else.
pub fn shell(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-+=:,./@%".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The files `name` in `folder` for an `#SBATCH` line, where `%` begins a number that Slurm fills in: those of the folder
/// are doubled, those of the name stay.
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
    fn words_are_quoted_where_they_must_be() {
        assert_eq!(shell("noise.level_percent=1"), "noise.level_percent=1");
        assert_eq!(shell("noise.level_percent=[1, 2]"), "'noise.level_percent=[1, 2]'");
        assert_eq!(shell("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(shell(""), "''");
    }

    #[test]
    fn patterns_keep_their_letters() {
        assert_eq!(pattern(r#"/a b/100%/"x"#, "%j.log"), r#""/a b/100%%/\"x/%j.log""#);
    }
}
