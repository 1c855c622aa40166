//! Conductance window from the data.
//!
//! ```text
//! clipped end    several writes end at exactly the same extreme value: it is the end of the window
//! other end      extreme target, widened by HEAD_ROOM standard deviations of a write to it: clips one write in 10,000
//! ```
//!
//! A window set to the outer levels would clip half of the writes to them and halve their spread.

use ohmspike_crossbar::WindowSpec;

use crate::options::Mechanism;
use crate::report::{FittedNumber, MechanismFit};
use crate::writes::{AT_END, Ends, WriteRow, WriteRows};

/// Standard deviations between an outer target and an end of the window.
const HEAD_ROOM: f64 = 3.72;
/// Smallest number of equal extreme values that are a clipped end.
const LEAST_CLIPPED: usize = 5;
/// Smallest fraction of the writes to the outer target.
const CLIPPED_FRACTION: f64 = 0.002;
/// Smallest fraction of the writes to a clipped target that are not at the end.
const LEAST_SPREAD: f64 = 0.1;
/// Smallest ratio of the ends.
const LEAST_RATIO: f64 = 1.01;

/// Returns the ends at which the writes of working cells are clipped.
pub(crate) fn ends(writes: &WriteRows) -> Ends {
    let end = |low: bool| {
        let mut extreme = if low { f64::INFINITY } else { 0.0 };
        for row in &writes.rows {
            extreme = if low { row.conductance.min(extreme) } else { row.conductance.max(extreme) };
        }
        let at: Vec<&WriteRow> =
            writes.rows.iter().filter(|row| (row.conductance / extreme - 1.0).abs() < AT_END).collect();
        // Writes without noise also end at equal values, those of their target, with few others of the same target.
        let clipped = |bin: u32| at.iter().any(|row| row.bin == bin);
        let of_bins = writes.rows.iter().filter(|row| clipped(row.bin)).count();
        let spread = (of_bins - at.len()) as f64 >= LEAST_SPREAD * of_bins as f64;
        // Below a clipped end the density is a tail; equal values from a coarse instrument have neighbours.
        let slab = 0.1 * writes.robust[at[0].bin as usize].1;
        let near = |row: &&WriteRow| {
            let distance = (row.conductance / extreme).ln().abs();
            (AT_END..slab).contains(&distance)
        };
        let enough = at.len() >= LEAST_CLIPPED
            && at.len() > writes.rows.iter().filter(near).count()
            && at.len() as f64 >= CLIPPED_FRACTION * writes.bins.counts[at[0].bin as usize] as f64;
        (spread && enough).then_some(extreme)
    };
    if writes.rows.is_empty() { Ends::default() } else { Ends { low: end(true), high: end(false) } }
}

/// Conductances that a window must hold, µS.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Extent {
    /// Lowest.
    pub low: f64,
    /// Highest.
    pub high: f64,
    /// Number of values.
    pub n: usize,
    /// Number of cells.
    pub cells: usize,
}

/// Returns the extent of `writes` with head-room; `ln_sigma(target)` is the spread of a write.
pub(crate) fn extent(writes: &WriteRows, ends: Ends, ln_sigma: impl Fn(f64) -> f64) -> Extent {
    let centres = &writes.bins.centres;
    let reach = |sign: f64| {
        centres
            .iter()
            .map(|&target| sign * (target.ln() + sign * HEAD_ROOM * ln_sigma(target)))
            .fold(f64::MIN, f64::max)
    };
    Extent {
        low: ends.low.unwrap_or_else(|| (-reach(-1.0)).exp()),
        high: ends.high.unwrap_or_else(|| reach(1.0).exp()),
        n: writes.rows.len(),
        cells: writes.cells(),
    }
}

/// Returns the fit of the window; `forced` ends come from the options.
pub(crate) fn window(
    extent: Option<Extent>,
    ends: Ends,
    forced: Option<(f64, f64)>,
    clipped: impl Fn((f64, f64)) -> f64,
) -> Option<(MechanismFit, WindowSpec)> {
    let (mut low, mut high) = match (forced, extent) {
        (Some(forced), _) => forced,
        (None, Some(extent)) => (extent.low, extent.high),
        (None, None) => return None,
    };
    let mut notes = Vec::new();
    if high < low * LEAST_RATIO {
        let middle = (low * high).sqrt();
        (low, high) = (middle / LEAST_RATIO.sqrt(), middle * LEAST_RATIO.sqrt());
        notes.push("the data lie at one conductance; the window is the narrowest that holds a weight".to_owned());
    }
    let share = 100.0 * clipped((low, high));
    if forced.is_some() && share > 0.1 {
        notes.push(format!("the window clips {share:.1} % of the measured writes; widen it to keep their spread"));
    }
    let method = match (forced.is_some(), ends.low.is_some() || ends.high.is_some()) {
        (true, _) => "set by the user".to_owned(),
        (false, true) => {
            "clipped ends from equal extreme writes; other ends from the outer targets with 3.72 standard \
                          deviations of head-room"
                .to_owned()
        }
        (false, false) => {
            "outer targets with 3.72 standard deviations of head-room, so that 1 write in 10,000 is clipped".to_owned()
        }
    };
    let (n, cells) = extent.map_or((0, 0), |extent| (extent.n, extent.cells));
    let number = |key: &str, value, exact: bool| {
        let interval = exact.then_some((value, value));
        FittedNumber { key: key.to_owned(), value, unit: "ohm", interval_95: interval, interval_99: interval, n, cells }
    };
    let window = WindowSpec { low_resistance_ohm: 1e6 / high, high_resistance_ohm: 1e6 / low };
    let exact = |end: Option<f64>| forced.is_none() && end.is_some();
    let numbers = vec![
        number("window.low_resistance_ohm", window.low_resistance_ohm, exact(ends.high)),
        number("window.high_resistance_ohm", window.high_resistance_ohm, exact(ends.low)),
    ];
    let fit = MechanismFit {
        mechanism: Mechanism::Window,
        law: "",
        method,
        numbers,
        candidates: Vec::new(),
        quality: None,
        plot: None,
        notes,
    };
    Some((fit, window))
}
