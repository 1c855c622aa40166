//! Numbers of random telegraph noise, with intervals.
//!
//! ```text
//! θ = (ln odds of the fraction of cells, α, m, β, k)     trap_law.rs
//! I = Σ over cells of s sᵀ                               s = d ln L / dθ of a cell
//! bootstrap sample   θ + I⁻¹ Σ (w - 1) s                 w how often a cell was drawn
//! fraction           as binomial with the number of cells that gives the same variance
//! ```

use nalgebra::{DMatrix, DVector};
use ohmspike_crossbar::device::{RtnKind, RtnSpec};
use ohmspike_stats::binomial::{lower_bound, upper_bound};

use super::doubt::LIKELY;
use super::traps::Traps;
use crate::interval::{Scale, with_interval};
use crate::options::Mechanism;
use crate::outcome::{Fitted, Outcome};
use crate::report::{FittedNumber, MechanismFit};
use crate::sample::Sample;

/// Smallest number of cells with telegraph noise.
const MIN_CELLS: usize = 3;
/// Standard errors of a bound of the probability of a change between two reads.
const BOUND: f64 = 3.0;
/// Largest relative standard error of this probability.
const MAX_ERROR: f64 = 1.0;
/// Probability from which a cell shows its trap by its own reads.
const SHOWN: f64 = 0.95;
/// Fraction of such cells among those with a trap below which a note says so.
const MAX_SHOWN: f64 = 0.95;

/// Fits telegraph noise; `interval` is the time between two reads, s.
pub(crate) fn fit_rtn(traps: &Result<Traps, String>, interval: Option<f64>, sample: &Sample) -> Outcome<RtnSpec> {
    let traps = traps.as_ref().map_err(Clone::clone)?;
    let all = traps.cells.len();
    let likely = traps.cells.iter().filter(|cell| cell.1 > LIKELY).count();
    if likely < MIN_CELLS {
        return Err(format!("{likely} of {all} cells show two levels, fewer than {MIN_CELLS}"));
    }
    let law = &traps.law;
    let (amplitude, per_read) = (law.amplitude[0].exp(), law.rate[0].exp());
    let of_cells =
        format!("{:.1} % of {all} cells have two levels {:.2} % apart", 100.0 * law.fraction, 100.0 * amplitude);
    let covariance = bounded(traps, interval).map_err(|reason| format!("{of_cells}, {reason}"))?;
    let interval = interval.ok_or(format!("{of_cells}, but the time between reads is unknown"))?;
    let mut numbers = vec![fraction(law.fraction, all, covariance[(0, 0)])];
    numbers.extend(further(traps, &covariance, interval, (likely, sample)));
    let reference = traps.centre.exp();
    let exponent = |value: f64| traps.sloped.then_some(value.clamp(0.0, 10.0));
    let section = RtnSpec {
        kind: RtnKind::Telegraph,
        fraction_of_cells: Some(numbers[0].value),
        reference_resistance_ohm: Some(reference),
        rate_per_second: Some(per_read / interval),
        rate_exponent: exponent(law.rate[1]),
        amplitude_percent_of_conductance: Some((100.0 * amplitude).min(100.0)),
        amplitude_exponent: exponent(law.amplitude[1]),
    };
    let fit = MechanismFit {
        mechanism: Mechanism::Rtn,
        law: "telegraph",
        method: format!(
            "likelihood of all cells, with and without two levels; amplitude and rate at {reference:.4} ohm"
        ),
        numbers,
        candidates: Vec::new(),
        quality: None,
        plot: traps.changes.plot(interval, sample),
        notes: notes(traps),
    };
    Ok(Fitted { fit, section, withheld: None })
}

/// Returns the covariance of the parameters, or the reason why the reads do not bound the rate.
fn bounded(traps: &Traps, interval: Option<f64>) -> Result<DMatrix<f64>, String> {
    let few = "but change them too seldom to bound the rate";
    let covariance = covariance(traps).ok_or(few)?;
    let rate_index = if traps.sloped { 3 } else { 2 };
    let error = covariance[(rate_index, rate_index)].sqrt();
    // The shortest gap between reads tells most of a fast trap.
    let shortest = traps.law.shortest;
    let (p, slope) = traps.law.change_over(0.0, shortest);
    // The error of p is finite where that of the rate is not.
    let relative = slope * error / p;
    if relative > MAX_ERROR {
        return Err(few.to_owned());
    }
    let (least, most) = (p * (-BOUND * relative).exp(), p * (1.0 + BOUND * relative));
    if most <= 0.5 {
        return Ok(covariance);
    }
    let slowest = -0.5 * (1.0 - 2.0 * least).ln() / shortest;
    let bound = interval
        .map_or(format!("{slowest:.2} per read"), |interval| format!("{} per second", digits(slowest / interval)));
    Err(format!(
        "and change them faster than the reads can follow: the rate is above {bound}, and not bounded; read at shorter intervals"
    ))
}

/// Returns `value` with two significant digits.
fn digits(value: f64) -> String {
    let decimals = (1.0 - value.log10().floor()).max(0.0) as usize;
    format!("{value:.decimals$}")
}

/// Returns what the reader should know of the cells.
fn notes(traps: &Traps) -> Vec<String> {
    let total: f64 = traps.cells.iter().map(|cell| cell.1).sum();
    let shown: f64 = traps.cells.iter().map(|cell| cell.1).filter(|probability| *probability > SHOWN).sum();
    let mut notes = Vec::new();
    if shown < MAX_SHOWN * total {
        notes.push(format!(
            "{:.0} % of the cells with telegraph noise show it by their own reads; the fraction of cells counts the others by their \
             probability",
            100.0 * shown / total
        ));
    }
    if traps.law.spread > 0.1 {
        notes.push(format!(
            "amplitudes differ between cells by {:.0} % (standard deviation); a device file states one",
            100.0 * traps.law.spread
        ));
    }
    notes
}

/// Returns the inverse information; none if it is singular.
fn covariance(traps: &Traps) -> Option<DMatrix<f64>> {
    let used = used(traps.sloped);
    let mut information = DMatrix::zeros(used.len(), used.len());
    for (_, _, score) in &traps.cells {
        let score = DVector::from_iterator(used.len(), used.iter().map(|&place| score[place]));
        information += &score * score.transpose();
    }
    // A fraction of 1 has no information.
    information[(0, 0)] += 1e-9;
    information.try_inverse().filter(|inverse| inverse.diagonal().iter().all(|value| *value > 0.0))
}

/// Returns the parameters that the law has.
fn used(sloped: bool) -> &'static [usize] {
    if sloped { &[0, 1, 2, 3, 4] } else { &[0, 1, 3] }
}

/// Returns the estimates of amplitude, rate and their exponents.
fn further(
    traps: &Traps,
    covariance: &DMatrix<f64>,
    interval: f64,
    (cells, sample): (usize, &Sample),
) -> Vec<FittedNumber> {
    let used = used(traps.sloped);
    let mut groups = vec![DVector::zeros(used.len()); sample.groups];
    for (cell, _, score) in &traps.cells {
        let group = &mut groups[sample.group[*cell as usize] as usize];
        used.iter().enumerate().for_each(|(place, &of)| group[place] += score[of]);
    }
    let draws = sample.bootstrap(|drawn| {
        let mut sum = DVector::zeros(used.len());
        drawn.iter().zip(&groups).for_each(|(times, group)| sum += (times - 1.0) * group);
        Some((covariance * sum).iter().copied().collect())
    });
    let law = &traps.law;
    let number = |of: usize, key, unit, value: f64, scale| {
        let place = used.iter().position(|used| *used == of)?;
        let logarithmic = scale == Scale::Log;
        let moved = |draw: &Vec<f64>| if logarithmic { value * draw[place].exp() } else { value + draw[place] };
        let draws: Vec<f64> = draws.iter().map(moved).collect();
        Some(with_interval((key, unit), value, &draws, scale, (traps.series, cells)))
    };
    let (amplitude, rate) = (100.0 * law.amplitude[0].exp(), law.rate[0].exp() / interval);
    [
        number(1, "read.rtn.amplitude_percent_of_conductance", "%", amplitude, Scale::Log),
        number(3, "read.rtn.rate_per_second", "1/s", rate, Scale::Log),
        number(2, "read.rtn.amplitude_exponent", "", law.amplitude[1], Scale::Linear),
        number(4, "read.rtn.rate_exponent", "", law.rate[1], Scale::Linear),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Returns the fraction of cells with a trap from the variance of its ln odds.
fn fraction(fraction: f64, cells: usize, of_ln_odds: f64) -> FittedNumber {
    // The likelihood of a fraction of 1 rises up to it.
    let fraction = if fraction > 1.0 - 0.5 / cells as f64 { 1.0 } else { fraction };
    let spread = fraction * (1.0 - fraction);
    let independent = (1.0 / (spread * of_ln_odds)).clamp(1.0, cells as f64);
    // Cells that show their class all count.
    let independent = if independent.is_finite() { independent } else { cells as f64 };
    let trials = independent.round();
    let noisy = (fraction * trials).round();
    let interval = |level: f64| {
        let alpha = (1.0 - level) / 2.0;
        let [low, high] = [lower_bound, upper_bound].map(|bound| bound(noisy as u64, trials as u64, alpha));
        // The count is rounded; its distance from the bounds is not.
        let moved = fraction - noisy / trials;
        Some(((low + moved).clamp(0.0, fraction), (high + moved).clamp(fraction, 1.0)))
    };
    FittedNumber {
        key: "read.rtn.fraction_of_cells".to_owned(),
        unstated: None,
        value: fraction,
        unit: "",
        interval_95: interval(0.95),
        interval_99: interval(0.99),
        n: cells,
        cells,
    }
}
