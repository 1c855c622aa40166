//! Whether the ends of the window stop drift.
//!
//! ```text
//! most of the series that reach an end stop there        window
//! more series leave the window                           zero
//! no series does either                                  zero if the law takes writes to an outer target out of the window, else window
//! ```
//!
//! Writes and drift are both taken at HEAD_ROOM standard deviations, the head-room of a fitted window. Such a window holds the writes, and
//! the drift of the outermost ones leaves it.

use ohmspike_crossbar::device::{Drift, DriftBounds, DriftSpec};

use crate::window::HEAD_ROOM;

/// Returns the limits of drifting conductances and a note, from the numbers of series with values outside the `window` and of those that
/// stop at its ends, and from the range of `writes`; all in µS.
pub(super) fn bounds(
    (outside, clipped): (usize, usize),
    section: &DriftSpec,
    window: (f64, f64),
    writes: Option<(f64, f64)>,
) -> (DriftBounds, String) {
    if outside > clipped {
        return (DriftBounds::Zero, format!("{outside} series leave the window, so `drift.bounds` is `zero`"));
    }
    if clipped > 0 {
        let note = format!("{clipped} series stop at an end of the window, so `drift.bounds` is `window`");
        return (DriftBounds::Window, note);
    }
    let latest = section.latest_seconds.unwrap_or_default();
    let leave = writes.is_some_and(|writes| leave(section, latest, window, writes));
    let (bounds, note) = if leave {
        let note = format!(
            "no series stops at an end of the window, and the law takes writes to the outer targets beyond it within {latest} s, so \
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
fn leave(section: &DriftSpec, latest: f64, window: (f64, f64), writes: (f64, f64)) -> bool {
    // A law with a number that no device file allows is refused with the whole file.
    let Ok(law) = Drift::try_from(section.clone()) else { return false };
    [writes.0, writes.1].into_iter().any(|written| {
        let mut drifted = [-HEAD_ROOM, HEAD_ROOM].into_iter().map(|draw| law.conductance(written, draw, latest));
        drifted.any(|drifted| drifted < window.0 || drifted > window.1)
    })
}
