//! The word `auto` in a study: keys that are calibrated before the first trial.

use std::collections::BTreeSet;

use super::document::{get, take as take_key};
use super::keys::LAYER;
use crate::auto::{AUTO, BY_DEFAULT, OF_LAYER, keys_of_layer};

/// Removes the keys with the value `auto` from `document` and returns them. With `by_default`, those of [`BY_DEFAULT`] that
/// are missing count as well. A layer that inherits a weight at Gmax of `auto` has its own.
pub(super) fn take(document: &mut toml::Table, by_default: bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for key in BY_DEFAULT {
        if get(document, key).map_or(by_default, is_auto) {
            take_key(document, key);
            found.insert(key.to_owned());
        }
    }
    let layers = document.get(LAYER).and_then(toml::Value::as_array).map_or(0, Vec::len);
    let inherited = found.contains("hardware.weight_at_gmax");
    for key in (1..layers).flat_map(keys_of_layer) {
        if get(document, &key).map_or(inherited && key.ends_with(OF_LAYER[1]), is_auto) {
            take_key(document, &key);
            found.insert(key);
        }
    }
    found
}

fn is_auto(value: &toml::Value) -> bool {
    value.as_str() == Some(AUTO)
}

/// Whether the key may be `auto`.
pub(super) fn is_allowed(key: &str) -> bool {
    let of_layer = || OF_LAYER.iter().any(|name| key.ends_with(&format!(".{name}")));
    BY_DEFAULT.contains(&key) || (key.starts_with("layer.") && of_layer())
}

/// Adds the word to the reason of a wrong type.
pub(super) fn with_word(reason: &str) -> String {
    reason.replace("expected a number", "expected a number or `auto`")
}
