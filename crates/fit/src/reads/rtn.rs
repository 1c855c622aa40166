//! Random telegraph noise.
//!
//! ```text
//! a = (G_high - G_low) / mean of the levels              per series, regressed on ln R for its exponent
//! p = changes / pairs of successive reads,  rate = -ln(1 - 2 p) / (2 interval)
//! fraction of cells = cells with two levels / probability of a change during a series
//! ```

use ohmspike_crossbar::device::{RtnKind, RtnSpec};
use ohmspike_stats::binomial::{lower_bound, upper_bound};

use super::series::ReadSeries;
use crate::options::Mechanism;
use crate::outcome::{Fitted, Outcome};
use crate::report::{FittedNumber, MechanismFit};
use crate::sample::{Sample, Scale, with_interval};

/// Smallest ratio of resistances for an exponent.
const LEAST_RATIO: f64 = 3.0;
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
}

/// Fits telegraph noise; `interval` is the time between two reads, s.
pub(crate) fn fit_rtn(series: &[ReadSeries], interval: Option<f64>, sample: &Sample) -> Outcome<RtnSpec> {
    let mut cells: Vec<u32> = series.iter().map(|series| series.cell).collect();
    let mut noisy: Vec<u32> = series.iter().filter(|one| one.levels.is_some()).map(|one| one.cell).collect();
    for list in [&mut cells, &mut noisy] {
        list.sort_unstable();
        list.dedup();
    }
    if noisy.len() < LEAST_CELLS {
        return Err(format!(
            "{} of {} cells show two levels by BIC, fewer than {LEAST_CELLS}",
            noisy.len(),
            cells.len()
        ));
    }
    let Some(interval) = interval else {
        return Err(format!(
            "{} of {} cells show two levels, but the time between reads is unknown",
            noisy.len(),
            cells.len()
        ));
    };
    let levels: Vec<Levels> = series.iter().filter_map(|series| levels(series, sample)).collect();
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
    Ok(Fitted { fit, section })
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
        with_interval((key, unit), factor * values[index], &draws, (scale, cells - 1), (n, cells))
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
    })
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
    if high - low < LEAST_RATIO.ln() {
        let rate = rate(sum(&|one| one.switches) / sum(&|one| one.pairs), interval)?;
        return Some(vec![mean.exp(), rate]);
    }
    let slope = sum(&|one| (x(one) - mean_x) * one.ln_amplitude) / xx;
    // Rates of a lower and an upper half of the resistances, halved at the centre.
    let half = |above: bool| {
        let used = |one: &Levels| f64::from(u8::from((x(one) > 0.0) == above));
        let pairs = sum(&|one| used(one) * one.pairs);
        let place = sum(&|one| used(one) * one.pairs * x(one)) / pairs;
        Some((place, rate(sum(&|one| used(one) * one.switches) / pairs, interval)?.ln()))
    };
    let (lower, upper) = (half(false)?, half(true)?);
    let rate_slope = (upper.1 - lower.1) / (upper.0 - lower.0);
    let rate = (lower.1 - rate_slope * lower.0).exp();
    Some(vec![(mean - slope * mean_x).exp(), rate, slope, rate_slope])
}

/// Returns the switching rate for the probability `p` of a change within `interval`, s.
fn rate(p: f64, interval: f64) -> Option<f64> {
    (p > 0.0 && p < 0.5).then(|| -(1.0 - 2.0 * p).ln() / (2.0 * interval))
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
