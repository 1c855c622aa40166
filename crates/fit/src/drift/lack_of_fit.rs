//! Whether lines over ln t describe the mean drift.
//!
//! ```text
//! e = G - line of the series          of ln G for the power law; averaged over the series of a cell
//! the law lacks fit at a time if the mean of e over cells is not 0 by Student's t, and above 5 % of the drift
//! drift = root mean square over series of slope × ln(last / first time)
//! ```
//!
//! If the law holds, the mean residual is 0 at every time, whatever the numbers of the cells. The level of all times and states together is
//! 1e-3 (Bonferroni). Times of their own are gathered in bins with equal numbers of values.

use std::collections::BTreeMap;

use super::lines::{Series, states};
use super::outliers::Scale;
use crate::normal::student;
use crate::report::MISFIT_WORDS;
use crate::sample::standard_deviation;

/// Probability that a table that follows its law lacks fit.
const LEVEL: f64 = 1e-3;
/// Smallest mean residual, relative to the drift.
const MATTERS: f64 = 0.05;
/// Smallest number of cells with a value at a time.
const MIN_CELLS: usize = 10;
/// Largest number of times that are not gathered, and number of bins if there are more.
const TIMES: (usize, usize) = (40, 12);
/// Resolution of values relative to them, that of f32: no mean is known better, even if values do not scatter at all.
const RESOLUTION: f64 = f32::EPSILON as f64;
/// Largest number of standard errors, and of times the drift, that is stated.
const MAX_ERRORS: f64 = 100.0;
const MAX_PART: f64 = 10.0;
/// Smallest number of series of a state.
const MIN_OF_STATE: usize = 20;

/// A residual: cell, state, bin of its time, and value.
type Residual = (usize, usize, usize, f64);

/// Mean residual at a time.
#[derive(Clone, Copy, Debug)]
struct Misfit {
    seconds: f64,
    mean: f64,
    errors: f64,
    /// Conductance of its state, µS; none for all.
    state: Option<f64>,
}

/// Returns a note on the time at which the lines of `series` on `scale` are furthest from the mean drift, if they do not describe it.
pub(super) fn lack_of_fit(series: &[Series], scale: Scale) -> Option<String> {
    let several: Vec<Series> = series.iter().filter(|one| one.points > 2).cloned().collect();
    let (bins, centres) = bins(&several);
    let states = states(&several, |one| one.start.unwrap_or(one.first), MIN_OF_STATE);
    let mut residuals: Vec<Residual> = Vec::new();
    for (one, &state) in several.iter().zip(&states.of) {
        let line = if scale == Scale::Ln { one.power } else { one.linear };
        let of = |&(t, g): &(f64, f64)| {
            let bin = bins.partition_point(|first| *first <= t).saturating_sub(1);
            (one.cell, state, bin, if scale == Scale::Ln { g.ln() } else { g } - line.at(t.ln()))
        };
        residuals.extend(one.values.iter().map(of));
    }
    let single: Option<usize> = (states.count() == 1).then_some(0);
    let of_states = (0..states.count()).filter(|_| single.is_none()).map(Some);
    let parts: Vec<Option<usize>> = std::iter::once(None).chain(of_states).collect();
    let level = 1.0 - LEVEL / (parts.len() * centres.len()).max(1) as f64;
    let drift = |part: Option<usize>| {
        let of = several.iter().zip(&states.of).filter(|(_, of)| part.is_none_or(|part| **of == part));
        let slope = |one: &Series| if scale == Scale::Ln { one.power.slope } else { one.linear.slope };
        let (sum, n) = of.fold((0.0, 0.0), |(sum, n), (one, _)| {
            (sum + (slope(one) * (one.times.1 / one.times.0).ln()).powi(2), n + 1.0)
        });
        f64::sqrt(sum / n)
    };
    let resolution = RESOLUTION * size(&several, scale);
    let mut worst: Option<(f64, Misfit)> = None;
    for part in parts {
        let drift = drift(part).max(resolution);
        let state = part.map(|state| states.centres[state]);
        for (bin, &seconds) in centres.iter().enumerate() {
            let Some((mean, errors, n)) = mean(&residuals, (part, bin), resolution) else { continue };
            let matters = mean.abs() > (MATTERS * drift).max(resolution);
            let shown = errors.abs() > student(n - 1.0, level) && matters;
            if shown && worst.is_none_or(|(most, _)| mean.abs() / drift > most) {
                worst = Some((mean.abs() / drift, Misfit { seconds, mean, errors: errors.abs(), state }));
            }
        }
    }
    worst.map(|(part, misfit)| note(part, misfit, scale))
}

/// Returns the size of values on `scale`: the mean of the first ones, or 1 for their logarithms.
fn size(series: &[Series], scale: Scale) -> f64 {
    match scale {
        Scale::Ln => 1.0,
        Scale::Linear => series.iter().map(|one| one.first).sum::<f64>() / series.len().max(1) as f64,
    }
}

/// Returns the mean residual over cells of a state in a bin, in standard errors of at least `resolution`, and the number of cells.
fn mean(residuals: &[Residual], (part, bin): (Option<usize>, usize), resolution: f64) -> Option<(f64, f64, f64)> {
    let mut cells: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for &(cell, state, of, value) in residuals {
        if of == bin && part.is_none_or(|part| part == state) {
            let sum = cells.entry(cell).or_default();
            *sum = (sum.0 + value, sum.1 + 1.0);
        }
    }
    let values: Vec<f64> = cells.values().map(|(sum, n)| sum / n).collect();
    let n = values.len() as f64;
    if values.len() < MIN_CELLS {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n;
    Some((mean, mean / (standard_deviation(&values) / n.sqrt()).max(resolution), n))
}

/// Returns the first time of each bin, and its middle: the times of the table, or bins of them if there are many.
fn bins(series: &[Series]) -> (Vec<f64>, Vec<f64>) {
    let mut all: Vec<f64> = series.iter().flat_map(|one| one.values.iter().map(|value| value.0)).collect();
    all.sort_by(f64::total_cmp);
    let mut times = all.clone();
    times.dedup();
    if times.len() <= TIMES.0 {
        return (times.clone(), times);
    }
    let edge = |bin: usize| bin * all.len() / TIMES.1;
    let mut firsts: Vec<(f64, f64)> =
        (0..TIMES.1).map(|bin| (all[edge(bin)], all[(edge(bin) + edge(bin + 1)) / 2])).collect();
    firsts.dedup_by(|next, one| next.0 == one.0);
    firsts.into_iter().unzip()
}

fn note(part: f64, Misfit { seconds, mean, errors, state }: Misfit, scale: Scale) -> String {
    let side = if mean > 0.0 { "above" } else { "below" };
    let (law, size) = match scale {
        Scale::Ln => ("power", format!("{:.2} %", 100.0 * mean.exp_m1().abs())),
        Scale::Linear => ("log-time", format!("{:.3} µS", mean.abs())),
    };
    let seconds: f64 = format!("{seconds:.2e}").parse().unwrap_or(seconds);
    let errors = if errors > MAX_ERRORS { format!("more than {MAX_ERRORS}") } else { format!("{errors:.0}") };
    let part = if part > MAX_PART {
        format!("more than {MAX_PART} times the drift over all times")
    } else {
        format!("{:.0} % of the drift over all times", 100.0 * part)
    };
    let of_state = state.map_or(String::new(), |centre| format!(", of cells at {centre:.4} µS"));
    format!(
        "{MISFIT_WORDS}: at {seconds} s the mean conductance is {size} {side} the {law} law ({errors} standard \
         errors{of_state}), {part}. The drift of the device file has the same error. Fit only the times that matter, or leave \
         this time out if its values are wrong"
    )
}
