//! Writes that end far from all of their targets, as values in another unit or at another read voltage do; and columns that seem to
//! be exchanged.

use std::collections::BTreeSet;

use crate::bins::MIN_FOR_SPREAD;
use crate::writes::WriteRows;

/// Smallest offset in ln G that is told, and in standard errors.
const LARGE: (f64, f64) = (0.1, 4.0);
/// Offset of a log-normal distribution that preserves the mean, in units of its variance, with some room.
const OF_MEAN: f64 = 0.75;
/// Fraction of the writes whose targets must be missed on the same side.
const MIN_ONE_SIDED: f64 = 0.8;
/// Largest ratio of the offsets that are one factor.
const ONE_FACTOR: f64 = 1.1;

/// Most different values, and fewest different targets per value, of columns that seem to be exchanged: writes aim at few targets
/// and end at many values.
const EXCHANGED: (usize, usize) = (64, 4);

/// Returns a caution about a table with many different targets and few different values.
pub(crate) fn exchanged(writes: &WriteRows) -> Option<String> {
    let mut values = BTreeSet::new();
    for row in &writes.rows {
        values.insert((row.conductance as f32).to_bits());
        // Nearly every table ends here, after a few rows.
        if values.len() > EXCHANGED.0 {
            return None;
        }
    }
    let values = values.len();
    // f32 removes the rounding of targets, which are computed.
    let targets = writes.rows.iter().map(|row| (row.target() as f32).to_bits()).collect::<BTreeSet<u32>>().len();
    (targets >= EXCHANGED.1 * values).then(|| {
        format!(
            "writes: {targets} different targets and only {values} different values\n\n\
             hint: check that the columns of targets and of measured values are not exchanged"
        )
    })
}

/// Returns a caution about writes that end above or below nearly all of their targets; `volts` is the read voltage of currents, and
/// `outside` the fraction of writes outside the window.
pub(crate) fn offset(writes: &WriteRows, volts: Option<f64>, outside: f64) -> Option<String> {
    let bins = (0..writes.bins.count()).filter(|&bin| writes.bins.counts[bin] >= MIN_FOR_SPREAD);
    let far: Vec<(f64, usize)> = bins
        .filter_map(|bin| {
            let ((centre, spread), n) = (writes.robust[bin], writes.bins.counts[bin]);
            let least = LARGE.0.max(LARGE.1 * spread / (n as f64).sqrt()) + OF_MEAN * spread * spread;
            (centre.abs() > least).then_some((centre, n))
        })
        .collect();
    let above = far.iter().filter(|(centre, _)| *centre > 0.0).map(|(_, n)| n).sum::<usize>();
    let below = far.iter().map(|(_, n)| n).sum::<usize>() - above;
    if (above.max(below) as f64) < MIN_ONE_SIDED * writes.rows.len() as f64 {
        return None;
    }
    let sign = if above > below { 1.0 } else { -1.0 };
    let of_side = far.iter().map(|(centre, _)| sign * centre).filter(|centre| *centre > 0.0);
    let (low, high) = of_side.fold((f64::INFINITY, 0.0_f64), |(low, high), at| (at.min(low), at.max(high)));
    let percent = |centre: f64| 100.0 * (sign * centre).exp_m1().abs();
    let (side, factor) = (if sign > 0.0 { "above" } else { "below" }, (sign * 0.5 * (low + high)).exp());
    let hint = match volts {
        Some(volts) if high - low < ONE_FACTOR.ln() => format!(
            "check `--read-volts`: at {} V the currents would be those of the targets",
            ((volts * factor) as f32 * 100.0).round() / 100.0
        ),
        Some(_) => "check `--read-volts` and the units in the names of the columns".to_owned(),
        None => "check the units in the names of the columns".to_owned(),
    };
    let range = if high - low < 0.01 {
        format!("{:.0} %", percent(low))
    } else {
        format!("{:.0} to {:.0} %", percent(low), percent(high))
    };
    Some(format!(
        "writes end {range} {side} their targets. A device file has no key for an offset: writes of this device aim at the targets, and \
         {:.0} % of the measured values are outside its window\n\n\
         hint: {hint}",
        100.0 * outside
    ))
}
