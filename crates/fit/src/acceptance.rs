//! Whether an acceptance window fits the writes.
//!
//! ```text
//! too narrow      more than 10 % of the writes are outside it
//! too wide        the writes end within 70 % of it, earlier than a normal distribution would
//! none            the writes end earlier than a normal distribution would
//! ```
//!
//! A normal distribution has 4.55 % of its values beyond two standard deviations. A window at z standard deviations leaves fewer: at two
//! and a half, 3.3 %. The standard deviation is the robust one of each target. The test is binomial, for v = ln(G / T) and for G / T: a
//! skewed distribution has a light tail in one of them.

use ohmspike_stats::binomial::at_most;

use crate::error::FitError;
use crate::options::AcceptanceWindow;
use crate::sample::robust;
use crate::writes::{Ends, WriteRow, WriteRows};

/// Largest fraction of writes outside the acceptance window: failed writes and outliers.
const MAX_OUTSIDE: f64 = 0.1;
/// Fraction of writes within the width that fits.
const WITHIN: f64 = 0.99;
/// Largest part of an acceptance window that writes with light tails fill.
const FILLED: f64 = 0.7;
/// Distance in standard deviations from which writes are in a tail, and the fraction of a normal distribution there.
const TAIL: (f64, f64) = (2.0, 0.0455);
/// Probability of so few writes in the tails below which the tails are light.
const SIGNIFICANT: f64 = 1e-6;
/// Smallest number of writes of a target for its standard deviation.
const MIN_WRITES: usize = 20;

/// Refuses an acceptance window that does not fit `writes`.
///
/// # Errors
/// [`FitError::Option`] with the width that fits.
pub(crate) fn check_acceptance(writes: &WriteRows, acceptance: AcceptanceWindow, ends: Ends) -> Result<(), FitError> {
    let refuse = |problem: String, hint| Err(FitError::Option { option: "--acceptance", problem, hint });
    let distance = |row: &WriteRow| (row.conductance - row.target()).abs();
    let width = |row: &WriteRow| acceptance.half_width(row.target());
    if writes.rows.is_empty() {
        return Ok(());
    }
    let n = writes.rows.len() as f64;
    let outside = writes.rows.iter().filter(|row| distance(row) > width(row) * (1.0 + 1e-9)).count() as f64 / n;
    let mut parts: Vec<f64> = writes.rows.iter().map(|row| distance(row) / width(row)).collect();
    let part = quantile(&mut parts);
    let fitting = shown(match acceptance {
        AcceptanceWindow::Microsiemens(width) => AcceptanceWindow::Microsiemens(part * width),
        AcceptanceWindow::PercentOfTarget(percent) => AcceptanceWindow::PercentOfTarget(part * percent),
    });
    let given = shown(acceptance);
    if outside > MAX_OUTSIDE {
        let percent = 100.0 * outside;
        return refuse(
            format!(
                "expected writes within {given} of their targets, got {percent:.1} % outside; 99 % lie within {fitting}"
            ),
            "state the half width with which the writes were accepted, or leave it out for writes without verification",
        );
    }
    if part < FILLED && have_light_tails(writes, ends) {
        return refuse(
            format!("expected writes that fill the {given} about their targets, got writes that end at {fitting}"),
            "state the half width with which the writes were accepted",
        );
    }
    Ok(())
}

/// Returns a caution about writes that seem to be verified, although no acceptance window is given.
pub(crate) fn seem_accepted(writes: &WriteRows, ends: Ends) -> Option<String> {
    if !have_light_tails(writes, ends) {
        return None;
    }
    // The unit in which the targets agree better.
    let of_bins = |scale: fn(&WriteRow) -> f64| {
        let width = |bin: usize| {
            let rows = writes.rows.iter().filter(|row| row.bin as usize == bin);
            let mut parts: Vec<f64> = rows.map(|row| (row.conductance - row.target()).abs() / scale(row)).collect();
            quantile(&mut parts)
        };
        let bins = (0..writes.bins.count()).filter(|&bin| writes.bins.counts[bin] >= MIN_WRITES);
        let (low, high) = bins.map(width).fold((f64::INFINITY, 0.0), |(low, high), at| (at.min(low), at.max(high)));
        (high / low, high)
    };
    let (relative, microsiemens) = (of_bins(WriteRow::target), of_bins(|_| 1.0));
    let width = if relative.0 <= microsiemens.0 {
        AcceptanceWindow::PercentOfTarget(100.0 * relative.1)
    } else {
        AcceptanceWindow::Microsiemens(microsiemens.1)
    };
    Some(format!(
        "writes end at about {} from their targets, with fewer beyond two standard deviations than noise has: writes that were verified \
         have less spread than single ones\n\n\
         hint: if they were verified, state the half width with `--acceptance`",
        shown(width)
    ))
}

/// Returns whether `writes` have fewer values in their tails than a normal distribution.
fn have_light_tails(writes: &WriteRows, ends: Ends) -> bool {
    let mut counts = [0_u64; 2];
    let mut all = 0_u64;
    for bin in 0..writes.bins.count() {
        let rows = || writes.rows.iter().filter(|row| row.bin as usize == bin);
        if rows().count() < MIN_WRITES || rows().any(|row| ends.are_at(row.conductance)) {
            continue;
        }
        let values: Vec<f64> = rows().map(|row| row.v).collect();
        let of_u: Vec<f64> = values.iter().map(|v| v.exp_m1()).collect();
        for (count, values) in counts.iter_mut().zip([&values, &of_u]) {
            let (centre, spread) = robust(&mut values.clone());
            if spread <= 0.0 {
                return false;
            }
            *count += values.iter().filter(|value| (**value - centre).abs() > TAIL.0 * spread).count() as u64;
        }
        all += values.len() as u64;
    }
    all > 0 && counts.iter().all(|&count| at_most(count, all, TAIL.1) < SIGNIFICANT)
}

/// Returns the [`WITHIN`] quantile of `values`; NaN if there are none.
fn quantile(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (WITHIN * values.len() as f64).ceil() as usize;
    values.get(place.clamp(1, values.len().max(1)) - 1).copied().unwrap_or(f64::NAN)
}

/// Returns a half width as on the command line, with at most three digits.
fn shown(acceptance: AcceptanceWindow) -> String {
    let short = |value: f64| {
        let digits = (2 - value.log10().floor() as i32).clamp(0, 12) as usize;
        let text = format!("{value:.digits$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    };
    match acceptance {
        AcceptanceWindow::Microsiemens(width) => format!("{} µS", short(width)),
        AcceptanceWindow::PercentOfTarget(percent) => format!("{} %", short(percent)),
    }
}
