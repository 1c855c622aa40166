//! The section or key that a mistyped name probably means.

use ohmspike_study::reference::Section;

/// Returns the name most like `wanted`. The last part of a key counts as well as the whole.
pub fn nearest(wanted: &str, sections: &[Section]) -> String {
    let names = sections.iter().map(|section| section.name.as_str()).filter(|name| !name.is_empty());
    let keys = sections.iter().flat_map(|section| &section.keys).map(|key| key.key.as_str());
    let nearest = names.chain(keys).max_by(|a, b| likeness(wanted, a).total_cmp(&likeness(wanted, b)));
    nearest.unwrap_or_default().to_owned()
}

fn likeness(wanted: &str, name: &str) -> f64 {
    let whole = strsim::jaro_winkler(wanted, name);
    let suffix = |dot: usize| strsim::jaro_winkler(wanted, &name[dot + 1..]);
    // A longer name matches by its end only if nothing else does.
    name.match_indices('.').map(|(dot, _)| 0.99 * suffix(dot)).fold(whole, f64::max)
}
