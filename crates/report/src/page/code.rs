//! Sets words between backticks as code.
//!
//! Messages have backticks, as in a terminal. A page shows the same messages.

/// Elements whose text stays as it is.
const VERBATIM: [&str; 5] = ["code", "pre", "script", "style", "title"];

/// Returns the page `html` with code elements in place of words between two backticks of a text.
pub fn with_code(html: &str) -> String {
    let mut out = String::with_capacity(html.len() + html.len() / 64);
    let mut rest = html;
    while let Some((text, tag)) = rest.split_once('<') {
        push_text(text, &mut out);
        let name: &str = tag.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
        let end = if VERBATIM.contains(&name) { format!("</{name}>") } else { ">".to_owned() };
        let length = tag.find(&end).map_or(tag.len(), |at| at + end.len());
        out.push('<');
        out.push_str(&tag[..length]);
        rest = &tag[length..];
    }
    push_text(rest, &mut out);
    out
}

fn push_text(text: &str, out: &mut String) {
    let parts: Vec<&str> = text.split('`').collect();
    let pairs = (parts.len() - 1) / 2;
    for (number, part) in parts.iter().enumerate() {
        match number {
            0 => {}
            // The last backtick of an odd number stands alone.
            _ if number > 2 * pairs => out.push('`'),
            _ if number % 2 == 1 => out.push_str("<code>"),
            _ => out.push_str("</code>"),
        }
        out.push_str(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_backticks_become_code() {
        assert_eq!(with_code("<p>use `a` or `b`.</p>"), "<p>use <code>a</code> or <code>b</code>.</p>");
        assert_eq!(with_code("<p>one ` alone</p><b>x `y`</b>"), "<p>one ` alone</p><b>x <code>y</code></b>");
        assert_eq!(with_code("`a` and `"), "<code>a</code> and `");
    }

    #[test]
    fn code_scripts_and_attributes_stay() {
        for kept in [
            "<pre tabindex=\"0\">`a` <b></pre>",
            "<script>if (a < b) { `c` }</script>",
            "<img alt=\"`a`\">",
            "<code>`a`</code>",
        ] {
            assert_eq!(with_code(kept), kept);
        }
    }
}
