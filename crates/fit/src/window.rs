//! Conductance window from the data.
//!
//! ```text
//! clipped end    several writes end at exactly the same extreme value, up to outliers: it is the end of the window
//! other end      extreme target, widened by HEAD_ROOM standard deviations of a write to it: clips one write in 10,000
//! ```
//!
//! The standard deviation is that of the bin of the target, or if it has few writes that of the nearest bin, if that is larger.
//!
//! A window set to the outer levels would clip half of the writes to them and halve their spread.

use ohmspike_crossbar::WindowSpec;

use crate::bins::MIN_FOR_SPREAD;
use crate::options::Mechanism;
use crate::report::{FittedNumber, MechanismFit};
use crate::sample::median_interval;
use crate::writes::{AT_END, Ends, WriteRow, WriteRows};

/// Standard deviations between an outer target and an end of the window.
pub(crate) const HEAD_ROOM: f64 = 3.72;
/// Standard deviation of a normal distribution over its median absolute deviation.
const MAD: f64 = 1.4826;
/// Smallest number of equal extreme values that are a clipped end.
const MIN_CLIPPED: usize = 5;
/// Smallest fraction of the writes to the outer target.
const CLIPPED_FRACTION: f64 = 0.002;
/// Smallest fraction of the writes to a clipped target that are not at the end.
const MIN_SPREAD: f64 = 0.1;
/// Smallest fraction of the writes to an outer target that are at an end with outliers beyond it.
const MANY: f64 = 0.1;
/// Largest fraction of the writes to an outer target that are outliers beyond an end.
const MAX_BEYOND: f64 = 0.05;
/// Largest fraction of writes outside a fitted window without a note, %.
const MAX_OUTSIDE: f64 = 1.0;
/// Smallest ratio of the ends.
const MIN_RATIO: f64 = 1.01;

/// Returns the ends at which the writes of working cells are clipped.
pub(crate) fn ends(writes: &WriteRows) -> Ends {
    let end = |low: bool| {
        let extreme = writes.rows.iter().map(|row| row.conductance).reduce(if low { f64::min } else { f64::max })?;
        [most_common(writes, low), Some(extreme)].into_iter().flatten().find(|&value| is_end(writes, value))
    };
    Ends { low: end(true), high: end(false) }
}

/// Returns whether the writes at `value`, µS, are clipped there.
fn is_end(writes: &WriteRows, value: f64) -> bool {
    let at: Vec<&WriteRow> = writes.rows.iter().filter(|row| (row.conductance / value - 1.0).abs() < AT_END).collect();
    // Writes without noise also end at equal values, those of their target, with few others of the same target.
    let mut clipped = vec![false; writes.bins.count()];
    at.iter().for_each(|row| clipped[row.bin as usize] = true);
    let of_bins = writes.rows.iter().filter(|row| clipped[row.bin as usize]).count();
    let spread = (of_bins - at.len()) as f64 >= MIN_SPREAD * of_bins as f64;
    // Below a clipped end the density is a tail; equal values from a coarse instrument have neighbours.
    let slab = 0.1 * writes.robust[at[0].bin as usize].1;
    let near = |row: &&WriteRow| {
        let distance = (row.conductance / value).ln().abs();
        (AT_END..slab).contains(&distance)
    };
    spread
        && at.len() >= MIN_CLIPPED
        && at.len() > writes.rows.iter().filter(near).count()
        && at.len() as f64 >= CLIPPED_FRACTION * writes.bins.counts[at[0].bin as usize] as f64
}

/// Returns the most common value of the writes to the lowest or highest target, µS, if it is that of many writes and only
/// outliers are beyond it: outliers beyond a clipped end must not hide it.
fn most_common(writes: &WriteRows, low: bool) -> Option<f64> {
    let bin = if low { 0 } else { writes.bins.count() - 1 };
    let rows = writes.rows.iter().filter(|row| row.bin as usize == bin);
    let mut values: Vec<f64> = rows.map(|row| row.conductance).collect();
    values.sort_by(f64::total_cmp);
    let runs = values.chunk_by(|a, b| (a / b - 1.0).abs() < AT_END);
    let longest = runs.max_by_key(|run| run.len())?;
    let beyond = if low {
        values.partition_point(|value| *value < longest[0])
    } else {
        let last = longest[longest.len() - 1];
        values.len() - values.partition_point(|value| *value <= last)
    };
    let n = values.len() as f64;
    (longest.len() as f64 >= MANY * n && beyond as f64 <= MAX_BEYOND * n).then_some(longest[0])
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
    /// 95 % and 99 % intervals of both.
    pub low_intervals: [Interval; 2],
    pub high_intervals: [Interval; 2],
    /// Whether these are the extremes of pulse trains, which have no interval.
    pub from_pulses: bool,
}

impl Extent {
    /// Returns the extent `low` to `high`, µS, of `n` values of pulse trains.
    pub(crate) fn of_pulses((low, high): (f64, f64), n: usize, cells: usize) -> Extent {
        Extent { low, high, n, cells, low_intervals: [None; 2], high_intervals: [None; 2], from_pulses: true }
    }
}

/// Two-sided interval; none if the data do not bound it.
type Interval = Option<(f64, f64)>;

/// Returns the extent of `writes` with head-room for the robust spread of each target.
pub(crate) fn extent(writes: &WriteRows, ends: Ends) -> Extent {
    let by_bin = writes.by_bin();
    let occupied = || (0..writes.bins.count()).filter(|&bin| !by_bin[bin].is_empty());
    let spread_bins: Vec<usize> = (0..writes.bins.count()).map(|bin| spread_bin(writes, bin)).collect();
    // The outermost target of a bin, and head-room for the writes to it.
    let reach = |sign: f64, bin: usize, spread: f64| {
        let (low, high) = writes.bins.ranges[bin];
        (if sign < 0.0 { low } else { high }) * (sign * HEAD_ROOM * spread).exp()
    };
    let outer = |sign: f64| {
        let of = |&bin: &usize| sign * reach(sign, bin, writes.robust[spread_bins[bin]].1);
        occupied().max_by(|one, other| of(one).total_cmp(&of(other))).unwrap_or_default()
    };
    let end = |clipped: Option<f64>, sign: f64| {
        if let Some(end) = clipped {
            return (end, [Some((end, end)); 2]);
        }
        let bin = outer(sign);
        let of_spread = spread_bins[bin];
        let (centre, spread) = writes.robust[of_spread];
        let at = |spread: f64| reach(sign, bin, spread);
        if spread == 0.0 {
            return (at(spread), [None; 2]);
        }
        // The robust spread is a median: of the distances from the centre.
        let mut distances: Vec<f64> = by_bin[of_spread].iter().map(|v| (v - centre).abs()).collect();
        distances.sort_by(f64::total_cmp);
        let intervals = [0.95, 0.99].map(|level| {
            let (low, high) = median_interval(&distances, writes.cells_of(of_spread), level)?;
            let (one, other) = (at(MAD * low), at(MAD * high));
            Some((one.min(other), one.max(other)))
        });
        (at(spread), intervals)
    };
    let ((low, low_intervals), (high, high_intervals)) = (end(ends.low, -1.0), end(ends.high, 1.0));
    Extent { low, high, n: writes.rows.len(), cells: writes.cells(), low_intervals, high_intervals, from_pulses: false }
}

/// Returns the bin whose spread is that of `bin`: itself, or if it has few writes the nearest one with enough of them, if that
/// spreads more.
fn spread_bin(writes: &WriteRows, bin: usize) -> usize {
    let (bins, own) = (&writes.bins, writes.robust[bin].1);
    if bins.counts[bin] >= MIN_FOR_SPREAD {
        return bin;
    }
    let distance = |other: usize| (bins.centres[other] / bins.centres[bin]).ln().abs();
    let enough = (0..bins.count()).filter(|&other| bins.counts[other] >= MIN_FOR_SPREAD);
    let nearest = enough.min_by(|&one, &other| distance(one).total_cmp(&distance(other)));
    nearest.filter(|&nearest| writes.robust[nearest].1 > own).unwrap_or(bin)
}

/// How a window with clipped ends was found.
const CLIPPED_ENDS: &str = "clipped ends from equal extreme writes; other ends from the outer targets with 3.72 standard \
                            deviations of head-room";

/// Returns the fit of the window; `forced` ends come from the options.
pub(crate) fn window(
    extent: Option<Extent>,
    ends: Ends,
    forced: Option<(f64, f64)>,
    clipped: impl Fn((f64, f64)) -> f64,
) -> Option<(MechanismFit, WindowSpec)> {
    let (mut low, mut high) = forced.or(extent.map(|extent| (extent.low, extent.high)))?;
    let mut notes = Vec::new();
    if high < low * MIN_RATIO {
        let middle = (low * high).sqrt();
        (low, high) = (middle / MIN_RATIO.sqrt(), middle * MIN_RATIO.sqrt());
        notes.push("the data lie at one conductance; the window is the narrowest that holds a weight".to_owned());
    }
    let percent = 100.0 * clipped((low, high));
    if forced.is_some() && percent > 0.1 {
        notes.push(format!("the window clips {percent:.1} % of the measured writes; widen it to keep their spread"));
    } else if percent > MAX_OUTSIDE {
        notes.push(format!(
            "{percent:.1} % of the measured writes are outside the window: outliers, or an offset from their targets"
        ));
    }
    let method = match (forced.is_some(), ends.low.is_some() || ends.high.is_some()) {
        (true, _) => "set by the user".to_owned(),
        (false, true) => CLIPPED_ENDS.to_owned(),
        (false, false) if extent.is_some_and(|extent| extent.from_pulses) => {
            "lowest and highest value of the pulse trains with 1 % of their distance as head-room".to_owned()
        }
        (false, false) => {
            "outer targets with 3.72 standard deviations of head-room, so that 1 write in 10,000 is clipped".to_owned()
        }
    };
    let (n, cells) = extent.map_or((0, 0), |extent| (extent.n, extent.cells));
    let spec = WindowSpec { low_resistance_ohm: 1e6 / high, high_resistance_ohm: 1e6 / low };
    // Ends that were set or widened are choices.
    let fitted = extent.filter(|extent| forced.is_none() && (extent.low, extent.high) == (low, high));
    let number = |key: &str, value, intervals: Option<[Interval; 2]>| {
        let in_ohm = |interval: Interval| interval.map(|(low, high)| (1e6 / high, 1e6 / low));
        let [interval_95, interval_99] = intervals.unwrap_or_default().map(in_ohm);
        FittedNumber { key: key.to_owned(), unstated: None, value, unit: "ohm", interval_95, interval_99, n, cells }
    };
    let (lowest, highest) = (fitted.map(|fit| fit.low_intervals), fitted.map(|fit| fit.high_intervals));
    let numbers = vec![
        number("window.low_resistance_ohm", spec.low_resistance_ohm, highest),
        number("window.high_resistance_ohm", spec.high_resistance_ohm, lowest),
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
    Some((fit, spec))
}
