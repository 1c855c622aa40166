//! Counts with a noun.

/// Formats a count with its noun in the singular or plural: `1 trial`, `3 trials`, `2 classes`.
///
/// ```
/// use ohmspike_datasets::counted;
///
/// assert_eq!([counted(1, "trial"), counted(0, "trial"), counted(2, "class")], ["1 trial", "0 trials", "2 classes"]);
/// ```
pub fn counted(count: usize, noun: &str) -> String {
    let ending = match (count, noun) {
        (1, _) => "",
        // Its "ch" is a k.
        (_, noun) if noun.ends_with("epoch") => "s",
        (_, noun) if noun.ends_with('s') || noun.ends_with('x') || noun.ends_with("ch") => "es",
        _ => "s",
    };
    format!("{count} {noun}{ending}")
}
