//! Random telegraph noise.
//!
//! ```text
//! a = (G_high - G_low) / mean of the levels              per series, regressed on ln R for its exponent
//! p = (1 - exp(-2 rate interval)) / 2, plus reads that their noise puts at the other level;
//! changes ~ binomial(pairs of successive reads, p), at least 1     rate and exponent
//! outliers               series with another ln a than most are white noise taken for two levels, and left out
//! fraction of cells = cells with two levels / probability of a change during a series
//! ```

use std::collections::BTreeSet;

use ohmspike_crossbar::device::{RtnKind, RtnSpec};
use ohmspike_stats::binomial::{lower_bound, upper_bound};

use super::series::ReadSeries;
use crate::interval::{Scale, with_interval};
use crate::options::Mechanism;
use crate::outcome::{Fitted, Outcome};
use crate::report::{FittedNumber, MechanismFit};
use crate::sample::{Sample, median, robust};
use crate::truncated::{golden, maximum};

/// Smallest ratio of resistances for an exponent.
const LEAST_RATIO: f64 = 3.0;
/// Robust standard deviations, and smallest distance in ln a, beyond which a series is an outlier.
const OUTLIER: f64 = 4.0;
const LEAST_OUTLIER: f64 = 0.1;
/// Ranges of ln R over which series are pooled for their rate.
const POOLS: usize = 30;
/// Smallest number of cells with telegraph noise.
const LEAST_CELLS: usize = 3;

/// One series with telegraph noise.
#[derive(Clone, Copy, Debug)]
struct Levels {
    group: usize,
    ln_resistance: f64,
    ln_amplitude: f64,
    switches: f64,
    pairs: f64,
    error: f64,
}

/// Difference of BIC that shows telegraph noise of a cell, plus twice the logarithm of the number of series: a few of many
/// series of white noise pass for two levels.
const EVIDENCE: f64 = 10.0;

/// Fits telegraph noise; `interval` is the time between two reads, s.
pub(crate) fn fit_rtn(series: &[ReadSeries], interval: Option<f64>, sample: &Sample) -> Outcome<RtnSpec> {
    let cells: BTreeSet<u32> = series.iter().map(|series| series.cell).collect();
    let noisy: BTreeSet<u32> = series.iter().filter(|one| one.levels.is_some()).map(|one| one.cell).collect();
    if noisy.len() < LEAST_CELLS {
        return Err(format!(
            "{} of {} cells show two levels by BIC, fewer than {LEAST_CELLS}",
            noisy.len(),
            cells.len()
        ));
    }
    let certain = EVIDENCE + 2.0 * (series.len() as f64).ln();
    let shown = series.iter().filter(|one| one.levels.is_some_and(|levels| levels.evidence > certain)).count();
    if shown < LEAST_CELLS {
        return Err(format!(
            "{} of {} cells show two levels by BIC, but not clearer than white noise does in a few of {} series",
            noisy.len(),
            cells.len(),
            series.len()
        ));
    }
    let Some(interval) = interval else {
        return Err(format!(
            "{} of {} cells show two levels, but the time between reads is unknown",
            noisy.len(),
            cells.len()
        ));
    };
    let levels = regular(series.iter().filter_map(|series| levels(series, sample)).collect());
    let draws = sample.bootstrap(|drawn| estimate(&levels, interval, drawn));
    let values = estimate(&levels, interval, &vec![1.0; sample.groups])
        .ok_or("reads change level at every interval: the rate is not bounded")?;
    let reference = (levels.iter().map(|one| one.ln_resistance).sum::<f64>() / levels.len() as f64).exp();
    let pairs = levels.iter().map(|one| one.pairs).sum::<f64>() / levels.len() as f64;
    // A trap that did not change its state during a series is not seen.
    let seen = 1.0 - (0.5 * (1.0 + (-2.0 * values[1] * interval).exp())).powf(pairs);
    let mut numbers = vec![fraction(noisy.len(), cells.len(), seen.clamp(0.1, 1.0))];
    numbers.extend(further(&values, &draws, (levels.len(), noisy.len())));
    let exponent = |index: usize| values.get(index).map(|value| value.clamp(0.0, 10.0));
    let section = RtnSpec {
        kind: RtnKind::Telegraph,
        fraction_of_cells: Some(numbers[0].value),
        reference_resistance_ohm: Some(reference),
        rate_per_second: Some(values[1]),
        rate_exponent: exponent(3),
        amplitude_percent_of_conductance: Some((100.0 * values[0]).min(100.0)),
        amplitude_exponent: exponent(2),
    };
    let fit = MechanismFit {
        mechanism: Mechanism::Rtn,
        law: "telegraph",
        method: format!("two normal levels by BIC in each series; amplitude and rate at {reference:.4} ohm"),
        numbers,
        candidates: Vec::new(),
        quality: None,
        plot: None,
        notes: Vec::new(),
    };
    Ok(Fitted { fit, section, withheld: None })
}

/// Returns the estimates of amplitude, rate and their exponents.
fn further(values: &[f64], draws: &[Vec<f64>], (n, cells): (usize, usize)) -> Vec<FittedNumber> {
    let keys = [
        ("read.rtn.amplitude_percent_of_conductance", "%", Scale::Log, 100.0),
        ("read.rtn.rate_per_second", "1/s", Scale::Log, 1.0),
        ("read.rtn.amplitude_exponent", "", Scale::Linear, 1.0),
        ("read.rtn.rate_exponent", "", Scale::Linear, 1.0),
    ];
    let number = |(index, (key, unit, scale, factor)): (usize, (&str, &'static str, Scale, f64))| {
        let draws: Vec<f64> = draws.iter().map(|draw| factor * draw[index]).collect();
        with_interval((key, unit), factor * values[index], &draws, scale, (n, cells))
    };
    keys.into_iter().enumerate().take(values.len()).map(number).collect()
}

fn levels(series: &ReadSeries, sample: &Sample) -> Option<Levels> {
    let levels = series.levels?;
    let middle = 0.5 * (levels.low + levels.high);
    (levels.low > 0.0).then(|| Levels {
        group: sample.group[series.cell as usize] as usize,
        ln_resistance: (1e6 / middle).ln(),
        ln_amplitude: ((levels.high - levels.low) / middle).ln(),
        switches: levels.switches as f64,
        pairs: levels.pairs as f64,
        error: levels.error,
    })
}

/// Leaves out series whose amplitude is far from that of the others at their resistance.
fn regular(levels: Vec<Levels>) -> Vec<Levels> {
    // The line through the medians of the lower and the upper half of the resistances.
    let (low, high) = halves(&levels);
    let slope = if high.0 - low.0 > 0.5 * LEAST_RATIO.ln() { (high.1 - low.1) / (high.0 - low.0) } else { 0.0 };
    let residual = |one: &Levels| one.ln_amplitude - low.1 - slope * (one.ln_resistance - low.0);
    let (centre, spread) = robust(&mut levels.iter().map(residual).collect::<Vec<f64>>());
    let reach = (OUTLIER * spread).max(LEAST_OUTLIER);
    levels.into_iter().filter(|one| (residual(one) - centre).abs() <= reach).collect()
}

/// Returns the medians of ln R and ln a of the lower and the upper half of the resistances.
fn halves(levels: &[Levels]) -> ((f64, f64), (f64, f64)) {
    let mut sorted: Vec<&Levels> = levels.iter().collect();
    sorted.sort_by(|a, b| a.ln_resistance.total_cmp(&b.ln_resistance));
    let of = |half: &[&Levels]| {
        let median_of =
            |value: fn(&Levels) -> f64| median(&mut half.iter().map(|one| value(one)).collect::<Vec<f64>>());
        (median_of(|one| one.ln_resistance), median_of(|one| one.ln_amplitude))
    };
    let (lower, upper) = sorted.split_at(sorted.len() / 2);
    (of(lower), of(upper))
}

/// Returns amplitude and rate at the reference, and their exponents if the resistances differ enough.
fn estimate(levels: &[Levels], interval: f64, drawn: &[f64]) -> Option<Vec<f64>> {
    let weight = |one: &Levels| drawn[one.group];
    let sum = |of: &dyn Fn(&Levels) -> f64| levels.iter().map(|one| weight(one) * of(one)).sum::<f64>();
    let n = sum(&|_| 1.0);
    // The reference is that of all series, so that a bootstrap sample does not move it.
    let centre = levels.iter().map(|one| one.ln_resistance).sum::<f64>() / levels.len() as f64;
    let x = |one: &Levels| one.ln_resistance - centre;
    let mean_x = sum(&x) / n;
    let xx = sum(&|one| (x(one) - mean_x).powi(2));
    let mean = sum(&|one| one.ln_amplitude) / n;
    let low = levels.iter().map(|one| one.ln_resistance).fold(f64::INFINITY, f64::min);
    let high = levels.iter().map(|one| one.ln_resistance).fold(f64::NEG_INFINITY, f64::max);
    let pooled = pooled(levels, centre, drawn);
    if high - low < LEAST_RATIO.ln() {
        return Some(vec![mean.exp(), rate(&pooled, interval, false)?.0]);
    }
    let slope = sum(&|one| (x(one) - mean_x) * one.ln_amplitude) / xx;
    let (rate, exponent) = rate(&pooled, interval, true)?;
    Some(vec![(mean - slope * mean_x).exp(), rate, slope, exponent])
}

/// Series of similar resistance.
#[derive(Clone, Copy, Debug, Default)]
struct Pool {
    n: f64,
    x: f64,
    switches: f64,
    pairs: f64,
    errors: f64,
}

/// Pools series over equal ranges of ln R about `centre`.
fn pooled(levels: &[Levels], centre: f64, drawn: &[f64]) -> Vec<Pool> {
    let low = levels.iter().map(|one| one.ln_resistance).fold(f64::INFINITY, f64::min);
    let high = levels.iter().map(|one| one.ln_resistance).fold(f64::NEG_INFINITY, f64::max);
    let mut pools = vec![Pool::default(); POOLS];
    for one in levels {
        let along = (one.ln_resistance - low) / (high - low).max(f64::MIN_POSITIVE);
        let (pool, weight) = (&mut pools[((along * POOLS as f64) as usize).min(POOLS - 1)], drawn[one.group]);
        pool.n += weight;
        pool.x += weight * (one.ln_resistance - centre);
        pool.switches += weight * one.switches;
        pool.pairs += weight * one.pairs;
        pool.errors += weight * one.error;
    }
    pools.retain(|pool| pool.n > 0.0);
    pools
}

/// Returns the rate at x = 0 and its exponent with the largest likelihood: changes are binomial, and a series without a
/// change shows no trap. The exponent is 0 if `sloped` is false.
fn rate(pools: &[Pool], interval: f64, sloped: bool) -> Option<(f64, f64)> {
    let total = |of: fn(&Pool) -> f64| pools.iter().map(of).sum::<f64>();
    let p = total(|pool| pool.switches) / total(|pool| pool.pairs);
    if !(p > 0.0 && p < 0.5) {
        return None;
    }
    let start = (-(1.0 - 2.0 * p).ln() / (2.0 * interval)).ln();
    let ln_likelihood = |ln_rate: f64, exponent: f64| {
        let of = |pool: &Pool| {
            let p = -0.5 * (-2.0 * (start + ln_rate + exponent * pool.x / pool.n).exp() * interval).exp_m1();
            let error = pool.errors / pool.n;
            let p = p + error * (1.0 - 2.0 * p);
            let (ln_p, ln_q) = (p.max(f64::MIN_POSITIVE).ln(), (-p).ln_1p());
            let unseen = (ln_q * pool.pairs / pool.n).exp();
            pool.switches * ln_p + (pool.pairs - pool.switches) * ln_q - pool.n * (-unseen).ln_1p()
        };
        pools.iter().map(of).sum::<f64>()
    };
    if !sloped {
        return Some(((start + golden(|ln_rate| ln_likelihood(ln_rate, 0.0), -3.0, 3.0)).exp(), 0.0));
    }
    let [ln_rate, exponent] = maximum(|[ln_rate, exponent]| ln_likelihood(ln_rate, exponent), [0.0, 0.0])?;
    Some(((start + ln_rate).exp(), exponent))
}

/// Returns the fraction of cells with a trap; `seen` is the probability that a trap shows.
fn fraction(noisy: usize, cells: usize, seen: f64) -> FittedNumber {
    let interval = |level: f64| {
        let alpha = (1.0 - level) / 2.0;
        let bound = |bound: f64| (bound / seen).min(1.0);
        let (noisy, cells) = (noisy as u64, cells as u64);
        Some((bound(lower_bound(noisy, cells, alpha)), bound(upper_bound(noisy, cells, alpha))))
    };
    FittedNumber {
        key: "read.rtn.fraction_of_cells".to_owned(),
        value: (noisy as f64 / cells as f64 / seen).min(1.0),
        unit: "",
        interval_95: interval(0.95),
        interval_99: interval(0.99),
        n: cells,
        cells,
    }
}
