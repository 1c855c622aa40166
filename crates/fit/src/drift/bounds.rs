//! Whether the ends of the window stop drift.
//!
//! ```text
//! most of the series that reach an end stop there        window
//! more series leave the window                           zero
//! no series does either                                  zero if the law takes the outermost writes out of an end that clips none, else window
//! ```
//!
//! Writes and drift are both taken at HEAD_ROOM standard deviations, the head-room of a fitted window. Such a window holds the writes, and
//! the drift of the outermost ones leaves it.

use ohmspike_crossbar::device::{Drift, DriftBounds, DriftSpec};

use crate::window::HEAD_ROOM;

/// Returns the limits of drifting conductances and a note, from the numbers of series with values outside the `window` and of those that
/// stop at its ends, and from the lowest and the highest of
/// `writes`, none at an end that clips them; all in µS.
pub(super) fn bounds(
    (outside, clipped): (usize, usize),
    section: &DriftSpec,
    window: (f64, f64),
    writes: [Option<f64>; 2],
) -> (DriftBounds, String) {
    if outside > clipped {
        return (DriftBounds::Zero, format!("{outside} series leave the window, so `drift.bounds` is `zero`"));
    }
    if clipped > 0 {
        let note = format!("{clipped} series stop at an end of the window, so `drift.bounds` is `window`");
        return (DriftBounds::Window, note);
    }
    let latest = section.latest_seconds.unwrap_or_default();
    let leave = leave(section, latest, window, writes);
    let (bounds, note) = if leave {
        let note = format!(
            "no series stops at an end of the window, and the law takes the outermost writes beyond it within {latest} s, so \
             `drift.bounds` is `zero`"
        );
        (DriftBounds::Zero, note)
    } else {
        let note = "no value reaches an end of the window, so `drift.bounds` is a choice".to_owned();
        (DriftBounds::Window, note)
    };
    (bounds, note)
}

/// Returns whether drift takes the lowest or highest of `writes` out of the `window` by the time `latest`, s.
fn leave(section: &DriftSpec, latest: f64, window: (f64, f64), writes: [Option<f64>; 2]) -> bool {
    // A law with a number that no device file allows is refused with the whole file.
    let Ok(law) = Drift::try_from(section.clone()) else { return false };
    writes.into_iter().flatten().any(|written| {
        let mut drifted = [-HEAD_ROOM, HEAD_ROOM].into_iter().map(|draw| law.conductance(written, draw, latest));
        drifted.any(|drifted| drifted < window.0 || drifted > window.1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells at 16.5 µS fall by a factor of 1e5^-0.03 = 0.71; where the window clips writes at 16.5 µS, cells end there.
    #[test]
    fn an_end_that_clips_writes_stops_drift() {
        let section: DriftSpec = serde_json::from_value(serde_json::json!({
            "law": "power", "reference_seconds": 1, "latest_seconds": 1e5,
            "points": [{ "resistance_ohm": 50_000, "exponent": 0.03, "exponent_sigma": 0 }],
        }))
        .expect("a drift law");
        for (writes, expected) in [
            ([Some(16.5), Some(184.0)], DriftBounds::Zero),
            ([None, Some(184.0)], DriftBounds::Window),
            ([None, None], DriftBounds::Window),
        ] {
            assert_eq!(bounds((0, 0), &section, (16.5, 184.0), writes).0, expected, "{writes:?}");
        }
    }
}
