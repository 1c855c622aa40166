//! The section or key that a mistyped name probably means.

use ohmspike_study::reference::Section;

/// Likeness of two names from which on one is suggested for the other.
const ALIKE: f64 = 0.8;

/// Returns the name most like `wanted`, if any is alike. The last part of a key counts as well as the whole.
pub fn nearest(wanted: &str, sections: &[Section]) -> Option<String> {
    let names = sections.iter().map(|section| section.name.as_str()).filter(|name| !name.is_empty());
    let keys = sections.iter().flat_map(|section| &section.keys).map(|key| key.key.as_str());
    let scored = names.chain(keys).map(|name| (likeness(wanted, name), name));
    let nearest = scored.max_by(|(one, _), (other, _)| one.total_cmp(other));
    nearest.filter(|(likeness, _)| *likeness >= ALIKE).map(|(_, name)| name.to_owned())
}

fn likeness(wanted: &str, name: &str) -> f64 {
    let whole = strsim::jaro_winkler(wanted, name);
    let suffix = |dot: usize| strsim::jaro_winkler(wanted, &name[dot + 1..]);
    // A longer name matches by its end only if nothing else does.
    name.match_indices('.').map(|(dot, _)| 0.99 * suffix(dot)).fold(whole, f64::max)
}
