//! Parts of the messages and hints of warnings.

use ohmspike_crossbar::device::Acceptance;

use crate::significant::significant;

/// Smallest ratio of the weight at Gmax to the initial weight spread that a study may have.
const MIN_ROOM: f64 = 3.0;

pub(super) fn this_key(keys: usize) -> &'static str {
    if keys == 1 { "the key" } else { "these keys" }
}

pub(super) fn is_are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

pub(super) fn on(device: &str) -> String {
    if device.is_empty() { String::new() } else { format!(" on device `{device}`") }
}

/// Returns what to do about write noise of `now` % of the initial weight spread. `weight` at Gmax leads to `percent`.
pub(super) fn finer_scale(now: f64, (weight, percent): (f64, f64), sigma_init: f64) -> String {
    // With the weight at Gmax unchanged, the noise stays the same and the spread grows until both are equal.
    let wide = sigma_init * percent / 100.0;
    let fits = MIN_ROOM * wide <= weight;
    let (weight, left) = (significant(weight), significant(percent));
    if percent <= 100.0 {
        format!("choose a smaller weight at Gmax, which uses more of the window; at {weight} the noise is {left} %")
    } else {
        let also = if fits {
            format!("also raise `weights.sigma_init` to {}, or choose", significant(wide))
        } else {
            "choose".to_owned()
        };
        let why = if left == significant(now) {
            "no weight at Gmax has less noise".to_owned()
        } else {
            format!("a smaller weight at Gmax uses more of the window, but even at {weight} the noise is {left} %")
        };
        format!("{why}; {also} a device with less write noise")
    }
}

pub(super) fn or_copy(copy_helps: bool) -> &'static str {
    if copy_helps {
        ", or `hardware.controller = \"digital-copy\"`, which keeps write errors from adding up"
    } else {
        ""
    }
}

pub(super) fn half_width(window: Acceptance) -> String {
    match window {
        Acceptance::Microsiemens(width) => format!("{width} µS"),
        Acceptance::Fraction(fraction) => format!("{} % of the target", significant(100.0 * f64::from(fraction))),
    }
}
