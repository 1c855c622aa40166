//! Power law of drift.
//!
//! ```text
//! nu = -slope of ln G over ln t,  nu = |m + s z|
//! E nu² = m² + s² (minus the mean regression error),  E nu = m (1 - 2 P(z < -m/s)) + 2 s phi(m/s)     folded normal
//! E nu = m                                            if exponents have a sign (sign.rs)
//! ln t_ref = (sum nu (a - ln G_0) - e x) / (sum nu² - e)         with G_0 right after the write
//! ```
//!
//! States are targets, or clearly separated conductances (../states.rs). Neighbours of few series are merged if their exponents do not
//! differ. e is the squared error of nu, and e x that of nu with a (noise.rs).
//! Leone, Nelson and Nottingham, Technometrics 3, 543 (1961), for the folded normal.

use ohmspike_crossbar::device::{DriftLaw, DriftPoint, DriftSpec};

use super::MIN_SERIES;
use super::lines::{Series, name, states, times};
use super::noise::{Errors, ReadNoise, factor};
use super::of_cells::{Slope, belong_to_cells};
use super::outliers::Scale as LineScale;
use super::sign::{self, Moments, is_signed};
use super::trend::{Place, trends};
use crate::interval::{Scale, with_interval};
use crate::normal::{cdf, density};
use crate::options::Mechanism;
use crate::outcome::{Fitted, Outcome};
use crate::quality::quality;
use crate::report::{Bin, Curve, FittedNumber, MechanismFit, Plot};
use crate::sample::{Sample, signed_root, standard_deviation};
use crate::states::States;

/// Standard errors above which a mean is not zero.
const RISES: f64 = 4.0;
/// Series of a state that keeps its own point, whether or not its exponents differ from those of a neighbour.
const ENOUGH: usize = 20;
/// Standard errors from which the exponents of two states differ.
const DIFFER: f64 = 2.0;

/// Sums over the series of one bin: exponents, their squares, their regression errors, and squared residuals about the lines with
/// their expectation. Errors are for a unit factor of the noise until [`total`].
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    n: f64,
    exponent: f64,
    squares: f64,
    errors: f64,
    residuals: f64,
    expected: f64,
}

impl Sums {
    /// Returns mean and standard deviation of the exponent, before its absolute value is taken if it has no sign.
    fn moments(&self, signed: bool) -> Moments {
        let mean = self.exponent / self.n;
        // The sample variance, unbiased, without the errors of regression.
        let variance = (self.squares / self.n - mean * mean) * self.n / (self.n - 1.0).max(1.0) - self.noise();
        if signed { (mean, signed_root(variance)) } else { unfolded(mean, variance) }
    }

    /// Returns the mean squared error of regression.
    fn noise(&self) -> f64 {
        self.errors / self.n
    }
}

/// An exponent with its place.
#[derive(Clone, Copy, Debug)]
struct Exponent {
    cell: usize,
    group: usize,
    held_out: bool,
    state: usize,
    conductance: f64,
    /// Target or conductance, µS, to compare series.
    place: f64,
    exponent: f64,
    errors: Errors,
    /// Value of the line at 1 s minus ln of the conductance right after the write.
    offset: Option<f64>,
}

/// Returns whether conductances rise on average.
pub(super) fn rises(series: &[Series]) -> bool {
    let changes: Vec<f64> =
        series.iter().filter_map(|one| Some((one.values.last()?.1 / one.start.unwrap_or(one.first)).ln())).collect();
    let mean = changes.iter().sum::<f64>() / changes.len() as f64;
    mean > -standard_deviation(&changes) / 2.0
}

/// Fits the power law.
pub(super) fn fit(series: &[Series], sample: &Sample) -> Outcome<DriftSpec> {
    let (first, latest) = times(series);
    let noise = ReadNoise::new(series, LineScale::Ln, first);
    let (exponents, bins) = exponents(series, &noise.errors, first)?;
    let by_group = sums(&exponents, &bins, sample.groups, |_| true);
    let everyone = vec![1.0; sample.groups];
    let (signed, rising) = signs(&exponents, &total(&by_group, bins.count(), &everyone))?;
    let estimate = |drawn: &[f64]| {
        let mut values: Vec<f64> = Vec::new();
        for bin in total(&by_group, bins.count(), drawn) {
            let (mean, sigma) = bin.moments(signed);
            values.extend([mean, sigma]);
        }
        values.push(reference(&exponents, drawn).unwrap_or(f64::NAN));
        Some(values)
    };
    let values = estimate(&everyone).ok_or("no exponents")?;
    let draws = sample.bootstrap(estimate);
    let reference = Some(values[values.len() - 1]).filter(|reference| *reference > 0.0 && *reference <= latest);
    let of_bins = total(&by_group, bins.count(), &everyone);
    let counts: Vec<usize> = of_bins.iter().map(|bin| bin.n as usize).collect();
    let mut numbers = numbers(&values, &draws, &of_bins, sample);
    if reference.is_some() {
        let (place, unit) = ((&values[..], &draws[..], values.len() - 1), "s");
        numbers.push(number("drift.reference_seconds", unit, place, (Scale::Log, series.len()), sample));
    }
    let training = total(&sums(&exponents, &bins, sample.groups, |one| !one.held_out), bins.count(), &everyone);
    let z = residuals(&exponents, &training, signed);
    let quality = quality(z, sample.held_out.iter().filter(|held| **held).count());
    let note = format!(
        "the reference time is {}, {first} s: no drift from a value right after the write bounds it",
        name(series)
    );
    let fit = MechanismFit {
        mechanism: Mechanism::Drift,
        law: "power",
        method:
            "exponents by regression of ln G on ln t in each series; regression error subtracted from their variance; \
                 intervals by bootstrap over cells"
                .to_owned(),
        numbers,
        candidates: Vec::new(),
        quality,
        plot: Some(plot(&values, &draws, &bins, &counts)),
        notes: trends("drift exponents", &places(&exponents, &bins))
            .into_iter()
            .chain(rising)
            .chain(belong_to_cells("drift exponents", &slopes(&exponents)))
            .chain(reference.is_none().then_some(note))
            .collect(),
    };
    Ok(Fitted { fit, section: section(&values, &bins, (reference.unwrap_or(first), latest)), withheld: None })
}

/// Returns the exponents of series with at least two times, and their states, if conductances do not rise.
fn exponents(series: &[Series], errors: &[Errors], first: f64) -> Result<(Vec<Exponent>, States), String> {
    let several = || series.iter().zip(errors).filter(|(series, _)| series.points > 1);
    let used: Vec<Series> = several().map(|(series, _)| series.clone()).collect();
    let mut exponents: Vec<Exponent> = several().map(|(series, errors)| exponent(series, errors, first)).collect();
    if exponents.len() < MIN_SERIES {
        return Err("one time after the write determines no exponent, expected at least 2".to_owned());
    }
    let mean = exponents.iter().map(|one| one.exponent).sum::<f64>() / exponents.len() as f64;
    let spread = standard_deviation(&exponents.iter().map(|one| one.exponent).collect::<Vec<_>>());
    if mean < -RISES * spread / (exponents.len() as f64).sqrt() {
        return Err(format!(
            "conductances rise with time, by {:.2} % per unit of ln t; a device file has no such power law",
            -100.0 * mean
        ));
    }
    let bins = states(&used, |series| conductance(series, first), MIN_SERIES);
    let conductances: Vec<f64> = exponents.iter().map(|one| one.conductance).collect();
    let bins = bins.merge(&conductances, |states, state| are_alike(&exponents, states, state));
    exponents.iter_mut().zip(&bins.of).for_each(|(one, &state)| one.state = state);
    Ok((exponents, bins))
}

/// Returns whether exponents have a sign, and a note if they do; an error if too many rise for a power law.
fn signs(exponents: &[Exponent], states: &[Sums]) -> Result<(bool, Option<String>), String> {
    let moments: Vec<(Moments, Moments)> = states.iter().map(|of| (of.moments(true), of.moments(false))).collect();
    let factor = factor(exponents.iter().map(|one| (1.0, &one.errors)));
    let signed = is_signed(exponents.iter().map(|one| (one.exponent, &one.errors, one.state)), factor, &moments);
    let of_states: Vec<(f64, Moments)> = states.iter().zip(&moments).map(|(of, both)| (of.n, both.0)).collect();
    Ok((signed, if signed { Some(sign::note(&of_states)?) } else { None }))
}

/// Returns whether `state` and the next have few series and exponents that do not differ.
fn are_alike(exponents: &[Exponent], states: &States, state: usize) -> bool {
    if states.counts[state].min(states.counts[state + 1]) >= ENOUGH {
        return false;
    }
    let of = |state: usize| {
        let of_state = exponents.iter().zip(&states.of).filter(|(_, of)| **of == state);
        let values: Vec<f64> = of_state.map(|(one, _)| one.exponent).collect();
        let (n, spread) = (values.len() as f64, standard_deviation(&values));
        (values.iter().sum::<f64>() / n, spread * spread / n)
    };
    let ((one, of_one), (next, of_next)) = (of(state), of(state + 1));
    (one - next).abs() <= DIFFER * (of_one + of_next).sqrt()
}

/// Returns the exponents with their errors.
fn slopes(exponents: &[Exponent]) -> Vec<Slope> {
    let factor = factor(exponents.iter().map(|one| (1.0, &one.errors)));
    let of = |one: &Exponent| Slope {
        cell: one.cell,
        state: one.state,
        value: one.exponent,
        error: factor * one.errors.slope,
    };
    exponents.iter().map(of).collect()
}

fn places(exponents: &[Exponent], bins: &States) -> Vec<Vec<Place>> {
    let mut places = vec![Vec::new(); bins.count()];
    for one in exponents {
        places[one.state].push(Place { conductance: one.place, value: one.exponent });
    }
    places
}

/// Returns the conductance right after the write, or at the `first` time, s.
fn conductance(series: &Series, first: f64) -> f64 {
    series.start.unwrap_or_else(|| series.power.at(first.ln()).exp())
}

fn exponent(series: &Series, errors: &Errors, first: f64) -> Exponent {
    Exponent {
        cell: series.cell,
        group: series.group,
        held_out: series.held_out,
        state: 0,
        conductance: conductance(series, first),
        place: series.target.unwrap_or_else(|| conductance(series, first)),
        exponent: -series.power.slope,
        errors: *errors,
        offset: series.start.map(|start| series.power.intercept - start.ln()),
    }
}

fn sums(exponents: &[Exponent], bins: &States, groups: usize, used: impl Fn(&Exponent) -> bool) -> Vec<Sums> {
    let mut sums = vec![Sums::default(); groups * bins.count()];
    for one in exponents.iter().filter(|one| used(one)) {
        let sum = &mut sums[one.group * bins.count() + one.state];
        sum.n += 1.0;
        sum.exponent += one.exponent;
        sum.squares += one.exponent * one.exponent;
        sum.errors += one.errors.slope;
        sum.residuals += one.errors.squares;
        sum.expected += one.errors.expected;
    }
    sums
}

fn total(by_group: &[Sums], bins: usize, drawn: &[f64]) -> Vec<Sums> {
    let mut total = vec![Sums::default(); bins];
    for (place, sums) in by_group.iter().enumerate() {
        let times = drawn[place / bins];
        let total = &mut total[place % bins];
        total.n += times * sums.n;
        total.exponent += times * sums.exponent;
        total.squares += times * sums.squares;
        total.errors += times * sums.errors;
        total.residuals += times * sums.residuals;
        total.expected += times * sums.expected;
    }
    let sum = |of: fn(&Sums) -> f64| total.iter().map(of).sum::<f64>();
    let factor = if sum(|bin| bin.expected) > 0.0 { sum(|bin| bin.residuals) / sum(|bin| bin.expected) } else { 0.0 };
    total.iter_mut().for_each(|bin| bin.errors *= factor);
    total
}

/// Returns mean and standard deviation of a normal variable from those of its absolute value.
fn unfolded(mean: f64, variance: f64) -> (f64, f64) {
    let second = mean * mean + variance;
    if mean <= 0.0 || variance <= 0.0 {
        return (mean.max(0.0), signed_root(variance));
    }
    // E |x| for m² + s² = second falls as m falls; the smallest, at m = 0, is that of a half normal.
    let folded = |m: f64| {
        let s = (second - m * m).max(f64::MIN_POSITIVE).sqrt();
        m * (1.0 - 2.0 * cdf(-m / s)) + 2.0 * s * density(m / s)
    };
    let (mut low, mut high) = (0.0, second.sqrt());
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if folded(middle) < mean { low = middle } else { high = middle }
    }
    (low, (second - low * low).max(0.0).sqrt())
}

/// Returns the time at which the lines cross the conductances right after the write, s.
fn reference(exponents: &[Exponent], drawn: &[f64]) -> Option<f64> {
    let (mut above, mut below, mut squares) = (0.0, 0.0, 0.0);
    let factor = factor(exponents.iter().map(|one| (drawn[one.group], &one.errors)));
    for one in exponents {
        let offset = one.offset?;
        let square = one.exponent * one.exponent - factor * one.errors.slope;
        above += drawn[one.group] * (one.exponent * offset + factor * one.errors.cross);
        below += drawn[one.group] * square;
        squares += drawn[one.group] * square * square;
    }
    (below > RISES * squares.sqrt()).then(|| (above / below).exp())
}

fn number(
    key: &str,
    unit: &'static str,
    (values, draws, index): (&[f64], &[Vec<f64>], usize),
    (scale, n): (Scale, usize),
    sample: &Sample,
) -> FittedNumber {
    let draws: Vec<f64> = draws.iter().map(|draw| draw[index]).collect();
    with_interval((key, unit), values[index], &draws, scale, (n, sample.group.len().min(n)))
}

fn numbers(values: &[f64], draws: &[Vec<f64>], bins: &[Sums], sample: &Sample) -> Vec<FittedNumber> {
    let mut numbers = Vec::new();
    for (point, bin) in (0..bins.len()).rev().enumerate() {
        let spread = Scale::spread(bins[bin].n - 1.0, bins[bin].noise());
        let parts = [("exponent", Scale::Linear), ("exponent_sigma", spread)];
        for (part, (name, scale)) in parts.into_iter().enumerate() {
            let key = format!("drift.points[{point}].{name}");
            let place = (values, draws, 2 * bin + part);
            numbers.push(number(&key, "", place, (scale, bins[bin].n as usize), sample));
        }
    }
    numbers
}

/// Returns the residuals of held-out series over the law of the others.
fn residuals(exponents: &[Exponent], training: &[Sums], signed: bool) -> Vec<(u32, f64)> {
    let factor = factor(exponents.iter().map(|one| (1.0, &one.errors)));
    let held = exponents.iter().zip(0..).filter(|(one, _)| one.held_out);
    held.map(|(one, number)| {
        let (mean, sigma) = training[one.state].moments(signed);
        (number, (one.exponent - mean) / (sigma.max(0.0).powi(2) + factor * one.errors.slope).sqrt())
    })
    .collect()
}

fn section(values: &[f64], bins: &States, (reference, latest): (f64, f64)) -> DriftSpec {
    let point = |bin: usize| DriftPoint {
        resistance_ohm: 1e6 / bins.centres[bin],
        exponent: values[2 * bin].clamp(0.0, 1.0),
        exponent_sigma: values[2 * bin + 1].clamp(0.0, 1.0),
    };
    DriftSpec {
        law: DriftLaw::Power,
        reference_seconds: Some(reference),
        latest_seconds: Some(latest.max(reference)),
        points: Some((0..bins.count()).rev().map(point).collect()),
        ..DriftSpec::default()
    }
}

fn plot(values: &[f64], draws: &[Vec<f64>], bins: &States, counts: &[usize]) -> Plot {
    let curve = |part: usize, name: &str| {
        let bin = |bin: usize| {
            let of_bin: Vec<f64> = draws.iter().map(|draw| draw[2 * bin + part]).collect();
            let value = values[2 * bin + part];
            let interval = with_interval(("", ""), value, &of_bin, Scale::Linear, (0, counts[bin])).interval_95;
            let (low, high) = interval.unwrap_or((value, value));
            Bin { x: 1e6 / bins.centres[bin], y: value, low, high, n: counts[bin] }
        };
        let bins: Vec<Bin> = (0..bins.count()).rev().map(bin).collect();
        let law = bins.iter().map(|bin| (bin.x, bin.y)).collect();
        Curve { name: name.to_owned(), bins, law }
    };
    Plot {
        x_label: "Resistance (ohm)",
        y_label: "Drift exponent",
        x_log: true,
        y_log: false,
        curves: vec![curve(0, "mean"), curve(1, "standard deviation")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Closed forms: no folding far from 0, and a half normal with mean s sqrt(2/pi) at m = 0.
    #[test]
    fn folding_is_undone() {
        let (mean, sigma) = unfolded(0.1, 1e-4);
        assert!((mean - 0.1).abs() < 1e-9 && (sigma - 0.01).abs() < 1e-9);
        let half = (2.0 / std::f64::consts::PI).sqrt();
        let (mean, sigma) = unfolded(half, 1.0 - half * half);
        assert!(mean < 0.01 && (sigma - 1.0).abs() < 1e-4);
        // m = 2 s = 2: E|x| = 2 (1 - 2 · 0.02275) + 2 · 0.05399.
        let folded = 2.0 * (1.0 - 2.0 * 0.022_750_132) + 2.0 * 0.053_990_967;
        let (mean, sigma) = unfolded(folded, 5.0 - folded * folded);
        assert!((mean - 2.0).abs() < 1e-5 && (sigma - 1.0).abs() < 1e-5);
    }
}
