//! The documented ranges of study keys are those that the program enforces: both ends pass, and the next value beyond is
//! refused with a message that quotes the range.

use ohmspike_study::reference::{Key, study_keys};
use ohmspike_study::study::{Override, Study};

/// A study in which every key is allowed: keys that depend on another key come with it.
fn text(key: &str) -> &'static str {
    match key {
        "data.poisson_rate_hertz" => "name = 's'\n[data]\nencoding = 'poisson'\n",
        "data.window_seconds" => "name = 's'\n[data]\nset = 'shd'\n",
        // Few hidden neurons, so that many time steps fit the largest trace.
        "network.steps" => "name = 's'\n[network]\nhidden = 4\n",
        _ => "name = 's'\n[network]\nrecurrent = true\nsteps = 4\n[[layer]]\n[[layer]]\n",
    }
}

/// The message that refuses `value`, if one does.
fn refusal(key: &Key, value: &str) -> Option<String> {
    let name = key.key.replace("layer.N", "layer.2");
    let replaced = Override::parse(&format!("{name}={value}")).expect("a key and a value");
    Study::parse("s.toml", text(&key.key), &[replaced]).err().map(|error| error.to_string())
}

/// The ends of the range, and the next values beyond them.
fn ends(key: &Key) -> Option<([String; 2], [String; 2])> {
    let (low, high) = key.range?;
    if key.kind == "number" {
        return Some((
            [low, high].map(|end| format!("{end:?}")),
            [low.next_down(), high.next_up()].map(|end| format!("{end:?}")),
        ));
    }
    // 64-bit seeds are beyond f64.
    let high = if high > 1e18 { i128::from(u64::MAX) } else { high as i128 };
    let low = low as i128;
    Some(([low, high].map(|end| end.to_string()), [low - 1, high + 1].map(|end| end.to_string())))
}

#[test]
fn documented_ranges_are_enforced() {
    let keys: Vec<Key> = study_keys(&[]).into_iter().flat_map(|section| section.keys).collect();
    let mut numeric = 0;
    for (key, (inside, beyond)) in keys.iter().filter_map(|key| Some((key, ends(key)?))) {
        numeric += 1;
        for value in inside {
            assert_eq!(refusal(key, &value), None, "{}", key.key);
        }
        for value in beyond {
            let message = refusal(key, &value).unwrap_or_else(|| panic!("{} = {value} passes", key.key));
            assert!(message.contains(&key.allowed), "{message}, expected {}", key.allowed);
        }
    }
    assert!(numeric >= 30, "{numeric} numeric keys");
    let numbers = keys.iter().filter(|key| ["number", "whole number"].contains(&&*key.kind));
    assert_eq!(numbers.filter(|key| key.range.is_none()).count(), 0);
}
