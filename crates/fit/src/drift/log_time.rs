//! Shift proportional to the logarithm of time.
//!
//! ```text
//! k = slope of G over ln t = m + b z                    m = mean, b² = variance minus mean regression error
//! shift at the first time = m L + (b L + c) z            L = ln(t_first / t_ref); needs values right after writes
//! ```
//!
//! With t_ref the first time, c is the standard deviation of the shift there, less the noise of reads (noise.rs). If the mean shift is not zero there,
//! t_ref is earlier: L = mean shift / m, and c = standard deviation of the shift - b L.

use ohmspike_crossbar::device::{DriftLaw, DriftSpec};

use super::lines::{Series, name, states, times};
use super::noise::{Errors, ReadNoise, factor};
use super::of_cells::{Slope, belong_to_cells};
use super::outliers::Scale as LineScale;
use super::trend::states_differ;
use crate::interval::{Scale, with_interval};
use crate::options::Mechanism;
use crate::outcome::{Fitted, Outcome};
use crate::quality::quality;
use crate::report::{Bin, Curve, FittedNumber, MechanismFit, Plot};
use crate::sample::{Sample, signed_root, standard_deviation};
use crate::states::States;

/// Standard errors from which a mean shift is not zero.
const SHIFTED: f64 = 4.0;

/// Largest distance of the law from lines of ln G, relative to the drift.
const MISFIT: f64 = 0.1;
/// Largest ratio of the spreads of slopes of two states; three of 40 series each differ by less in 99 % of tables.
const ALIKE: f64 = 1.5;

/// Estimates: m, b, c and ln of the reference time; b and c are negative for negative variances.
type Values = [f64; 4];

/// Fits the law.
pub(super) fn fit(series: &[Series], sample: &Sample) -> Outcome<DriftSpec> {
    let (first, latest) = times(series);
    let everyone = vec![1.0; sample.groups];
    let shifted = shifted(series, first);
    let noise = ReadNoise::new(series, LineScale::Linear, first);
    let data = Lines { series, errors: &noise.errors, first, shifted };
    let values = data.estimate(&everyone).ok_or("expected slopes over ln t, got fewer than two")?;
    let draws = sample.bootstrap(|drawn| Some(data.estimate(drawn)?.to_vec()));
    let known_start = series.iter().all(|series| series.start.is_some());
    let unknown_noise = known_start.then(|| data.unknown_noise(&noise)).flatten();
    let at_reference = known_start && unknown_noise.is_none();
    let numbers = data.numbers(&values, &draws, at_reference, sample);
    let slopes: Vec<f64> = series.iter().map(|one| one.linear.slope).collect();
    let states = states(series, |one| one.start.unwrap_or(one.first), super::MIN_SERIES);
    let mut notes: Vec<String> = unknown_noise.into_iter().chain(states_differ(&slopes, &states)).collect();
    notes.extend(belong_to_cells("slopes of drift", &data.slopes(&states, sample)));
    if !known_start {
        notes.push("without values at 0 s the spread at the reference time is part of the write noise".to_owned());
    }
    if !shifted {
        notes.push(format!("the reference time is {}, {first} s: the data do not bound it", name(series)));
    }
    let quality =
        quality((0..).zip(data.residuals(sample)).collect(), sample.held_out.iter().filter(|held| **held).count());
    let fit = MechanismFit {
        mechanism: Mechanism::Drift,
        law: "log-time",
        method: "slopes by regression of G on ln t in each series; regression error subtracted from their variance; \
                 intervals by bootstrap over cells"
            .to_owned(),
        numbers,
        candidates: Vec::new(),
        quality,
        plot: Some(plot(series, &values)),
        notes,
    };
    Ok(Fitted { fit, section: section(&values, latest, at_reference), withheld: None })
}

/// Returns whether the law holds for `series` that follow lines of ln G: both lines are the same within a tenth of the drift, and all
/// states have the same slopes and the same spread of them.
pub(super) fn describes(series: &[Series]) -> bool {
    let (mut misfit, mut drift) = (0.0, 0.0);
    for one in series {
        let ln: Vec<f64> = one.values.iter().map(|value| value.1.ln()).collect();
        let total = standard_deviation(&ln).powi(2) * (ln.len() as f64 - 1.0);
        misfit += one.linear.residual - one.power.residual;
        drift += total - one.power.residual;
    }
    let slopes: Vec<f64> = series.iter().map(|one| one.linear.slope).collect();
    let states = states(series, |one| one.start.unwrap_or(one.first), super::MIN_SERIES);
    let of_state = |state: usize| {
        let of: Vec<f64> =
            slopes.iter().zip(&states.of).filter(|(_, of)| **of == state).map(|(slope, _)| *slope).collect();
        standard_deviation(&of)
    };
    let spreads = (0..states.count()).map(of_state);
    let (least, most) =
        spreads.fold((f64::INFINITY, 0.0), |(least, most), of| (f64::min(least, of), f64::max(most, of)));
    misfit < MISFIT * MISFIT * drift && most <= ALIKE * least && states_differ(&slopes, &states).is_none()
}

/// Returns whether the mean shift at the first time and the mean slope are not zero.
fn shifted(series: &[Series], first: f64) -> bool {
    let shifts: Vec<f64> = series.iter().filter_map(|one| Some(one.linear.at(first.ln()) - one.start?)).collect();
    let slopes: Vec<f64> = series.iter().map(|one| one.linear.slope).collect();
    shifts.len() == series.len()
        && [shifts, slopes].iter().all(|values| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            mean.abs() > SHIFTED * standard_deviation(values) / (values.len() as f64).sqrt()
        })
}

/// Weighted mean and unbiased variance.
fn moments(values: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for (weight, value) in values {
        n += weight;
        sum += weight * value;
        squares += weight * value * value;
    }
    let mean = sum / n;
    (mean, ((squares / n - mean * mean) * n / (n - 1.0)).max(0.0))
}

/// Series with their errors.
#[derive(Clone, Copy, Debug)]
struct Lines<'a> {
    series: &'a [Series],
    errors: &'a [Errors],
    /// First time, s.
    first: f64,
    /// Whether the mean shift there is not zero.
    shifted: bool,
}

impl Lines<'_> {
    /// Returns the sum of `value` over series and errors with their weights.
    fn weighted(&self, drawn: &[f64], value: impl Fn(&Series, &Errors) -> Option<f64>) -> (f64, f64) {
        let all = self.series.iter().zip(self.errors);
        moments(all.filter_map(|(one, errors)| Some((drawn[one.group], value(one, errors)?))))
    }

    /// Returns the slopes with their errors.
    fn slopes(&self, states: &States, sample: &Sample) -> Vec<Slope> {
        let factor = self.factor(&vec![1.0; sample.groups]);
        let of = |((one, errors), &state): ((&Series, &Errors), &usize)| Slope {
            cell: one.cell,
            state,
            value: one.linear.slope,
            error: factor * errors.slope,
        };
        self.series.iter().zip(self.errors).zip(&states.of).map(of).collect()
    }

    fn factor(&self, drawn: &[f64]) -> f64 {
        factor(self.series.iter().zip(self.errors).map(|(one, errors)| (drawn[one.group], errors)))
    }

    /// Returns the mean variance that reads add to a shift, µS².
    fn shift_noise(&self, drawn: &[f64]) -> f64 {
        self.factor(drawn) * self.weighted(drawn, |_, errors| Some(errors.shift)).0
    }

    /// Returns mean and variance of the shift at the first time, µS; 0 without values right after the write.
    fn shifts(&self, drawn: &[f64]) -> (f64, f64) {
        let has_start = self.series.iter().any(|one| one.start.is_some());
        let shift = |one: &Series, _: &Errors| one.start.map(|start| one.linear.at(self.first.ln()) - start);
        if has_start { self.weighted(drawn, shift) } else { (0.0, 0.0) }
    }

    fn estimate(&self, drawn: &[f64]) -> Option<Values> {
        let sloped = self.series.iter().any(|one| one.points > 1);
        let (mean, variance) = self.weighted(drawn, |one, _| Some(one.linear.slope));
        let error = self.factor(drawn) * self.weighted(drawn, |_, errors| Some(errors.slope)).0;
        let sigma = signed_root(variance - error);
        let (mean_shift, shift_variance) = self.shifts(drawn);
        let elapsed = if self.shifted && sloped { mean_shift / mean } else { 0.0 };
        let shift_sigma = signed_root(shift_variance - self.shift_noise(drawn));
        let at_reference = shift_sigma - sigma.max(0.0) * elapsed;
        let values = [mean, sigma, at_reference, self.first.ln() - elapsed];
        values.iter().all(|value| value.is_finite()).then_some(values)
    }

    /// Returns why the spread at the reference is not known: if the residuals do not tell the law of the noise of reads, and its laws
    /// differ right after the write by more than the standard error of the variance of the shift.
    fn unknown_noise(&self, noise: &ReadNoise) -> Option<String> {
        let other = Lines { errors: noise.other.as_deref()?, ..*self };
        let everyone = vec![1.0; self.series.iter().map(|one| one.group + 1).max()?];
        let [one, other] = [self, &other].map(|lines| lines.shift_noise(&everyone));
        let error = self.shifts(&everyone).1 * (2.0 / (self.series.len() as f64 - 1.0)).sqrt();
        ((one - other).abs() > error).then(|| {
            format!(
                "the spread at the reference time is not stated: reads right after the write have a noise of {:.4} or {:.4} µS, \
                 if it is the same at all conductances or proportional to them, and these data do not tell which",
                one.min(other).max(0.0).sqrt(),
                one.max(other).sqrt()
            )
        })
    }

    fn numbers(&self, values: &Values, draws: &[Vec<f64>], at_reference: bool, sample: &Sample) -> Vec<FittedNumber> {
        let everyone = vec![1.0; sample.groups];
        let count = self.series.len() as f64 - 1.0;
        let of_slopes = self.factor(&everyone) * self.weighted(&everyone, |_, errors| Some(errors.slope)).0;
        let (elapsed, noise) = (self.first.ln() - values[3], self.shift_noise(&everyone));
        let offset = values[1].max(0.0) * elapsed;
        let of_shifts = Scale::Spread { noise: noise.max(0.0), offset, values: count, stated: 0.0 };
        let names = [
            ("drift.mean_microsiemens_per_ln", "µS per ln t", Scale::Linear),
            ("drift.sigma_microsiemens_per_ln", "µS per ln t", Scale::spread(count, of_slopes)),
            ("drift.sigma_microsiemens_at_reference", "µS", of_shifts),
            ("drift.reference_seconds", "s", Scale::Log),
        ];
        let mut numbers = Vec::new();
        for (index, (key, unit, scale)) in names.into_iter().enumerate() {
            if (index == 2 && !at_reference) || (index == 3 && !self.shifted) {
                continue;
            }
            let of = |values: &[f64]| if index == 3 { values[3].exp() } else { values[index] };
            let draws: Vec<f64> = draws.iter().map(|draw| of(draw)).collect();
            let cells = (self.series.len(), sample.group.len().min(self.series.len()));
            numbers.push(with_interval((key, unit), of(values), &draws, scale, cells));
        }
        numbers
    }

    /// Returns residuals of the slopes of held-out series over the law of the others, or of shifts without slopes.
    fn residuals(&self, sample: &Sample) -> Vec<f64> {
        let all = || self.series.iter().zip(self.errors);
        let (series, errors): (Vec<Series>, Vec<Errors>) =
            all().filter(|(one, _)| !one.held_out).map(|(one, errors)| (one.clone(), *errors)).unzip();
        let training = Lines { series: &series, errors: &errors, ..*self };
        let everyone = vec![1.0; sample.groups];
        let Some(values) = training.estimate(&everyone) else { return Vec::new() };
        let factor = training.factor(&everyone);
        let held = all().filter(|(one, _)| one.held_out);
        if values[1] > 1e-6 * values[2] {
            let z = |(one, errors): (&Series, &Errors)| {
                (one.linear.slope - values[0]) / (values[1] * values[1] + factor * errors.slope).sqrt()
            };
            return held.map(z).collect();
        }
        held.filter_map(|(one, _)| Some((one.first - one.start?) / values[2])).collect()
    }
}

fn section(values: &[f64], latest: f64, at_reference: bool) -> DriftSpec {
    let reference = values[3].exp();
    DriftSpec {
        law: DriftLaw::LogTime,
        reference_seconds: Some(reference),
        latest_seconds: Some(latest.max(reference)),
        mean_microsiemens_per_ln: Some(values[0]),
        sigma_microsiemens_per_ln: Some(values[1].max(0.0)),
        sigma_microsiemens_at_reference: Some(if at_reference { values[2].max(0.0) } else { 0.0 }),
        ..DriftSpec::default()
    }
}

/// Plots the mean shift over time.
fn plot(series: &[Series], values: &[f64]) -> Plot {
    let mut times: Vec<f64> = series.iter().flat_map(|one| one.values.iter().map(|value| value.0)).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let step = times.len().div_ceil(30).max(1);
    let mut bins = Vec::new();
    for &time in times.iter().step_by(step) {
        let shift = |one: &Series| {
            let value = one.values.iter().find(|value| value.0 == time)?.1;
            Some(value - one.start.unwrap_or_else(|| one.linear.at(values[3])))
        };
        let shifts: Vec<f64> = series.iter().filter_map(shift).collect();
        let n = shifts.len() as f64;
        let mean = shifts.iter().sum::<f64>() / n;
        let half = 1.96 * standard_deviation(&shifts) / n.sqrt();
        bins.push(Bin { x: time, y: mean, low: mean - half, high: mean + half, n: shifts.len() });
    }
    let law = times.iter().step_by(step).map(|time| (*time, values[0] * (time.ln() - values[3]).max(0.0)));
    Plot {
        x_label: "Time after the write (s)",
        y_label: "Mean shift (µS)",
        x_log: true,
        y_log: false,
        curves: vec![Curve { name: String::new(), law: law.collect(), bins }],
    }
}
