//! Shift proportional to the logarithm of time.
//!
//! ```text
//! k = slope of G over ln t = m + b z                    m = mean, b² = variance minus mean regression error
//! shift at the first time = m L + (b L + c) z            L = ln(t_first / t_ref); needs values right after writes
//! ```
//!
//! With t_ref the first time, c is the standard deviation of the shift there, less the noise of reads about the lines, the
//! same at all times. If the mean shift is not zero there,
//! t_ref is earlier: L = mean shift / m, and c = standard deviation of the shift - b L.

use ohmspike_crossbar::device::{DriftBounds, DriftLaw, DriftSpec};

use super::lines::{Series, times};
use crate::options::Mechanism;
use crate::outcome::{Fitted, Outcome};
use crate::quality::quality;
use crate::report::{Bin, Curve, MechanismFit, Plot};
use crate::sample::{Sample, Scale, signed_root, with_interval};

/// Standard errors from which a mean shift is not zero.
const SHIFTED: f64 = 4.0;

/// Estimates: m, b, c and ln of the reference time; b and c are negative for negative variances.
type Values = [f64; 4];

/// Fits the law; `bounds` are the limits of drifting conductances.
pub(super) fn fit(series: &[Series], bounds: DriftBounds, sample: &Sample) -> Outcome<DriftSpec> {
    let (first, latest) = times(series);
    let everyone = vec![1.0; sample.groups];
    let shifted = shifted(series, first);
    let estimate = |drawn: &[f64]| Some(estimate(series, first, drawn, shifted)?.to_vec());
    let values = estimate(&everyone).ok_or("expected slopes over ln t, got fewer than two")?;
    let draws = sample.bootstrap(estimate);
    let known_start = series.iter().all(|series| series.start.is_some());
    let names = [
        ("drift.mean_microsiemens_per_ln", "µS per ln t", Scale::Linear),
        ("drift.sigma_microsiemens_per_ln", "µS per ln t", Scale::Square),
        ("drift.sigma_microsiemens_at_reference", "µS", Scale::Excess),
        ("drift.reference_seconds", "s", Scale::Log),
    ];
    let mut numbers = Vec::new();
    for (index, (key, unit, scale)) in names.into_iter().enumerate() {
        if (index == 2 && !known_start) || (index == 3 && !shifted) {
            continue;
        }
        let of = |values: &[f64]| if index == 3 { values[3].exp() } else { values[index] };
        let draws: Vec<f64> = draws.iter().map(|draw| of(draw)).collect();
        let cells = (series.len(), sample.group.len().min(series.len()));
        numbers.push(with_interval((key, unit), of(&values), &draws, (scale, sample.degrees()), cells));
    }
    let mut notes = Vec::new();
    if !known_start {
        notes.push("without values at 0 s the spread at the reference time is part of the write noise".to_owned());
    }
    if !shifted {
        notes.push(format!("the reference time is the first time in the data, {first} s: the data do not bound it"));
    }
    let quality =
        quality(residuals(series, sample, first, shifted), sample.held_out.iter().filter(|held| **held).count());
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
    Ok(Fitted { fit, section: section(&values, latest, known_start, bounds) })
}

/// Returns whether the mean shift at the first time and the mean slope are not zero.
fn shifted(series: &[Series], first: f64) -> bool {
    let shifts: Vec<f64> = series.iter().filter_map(|one| Some(one.linear.at(first.ln()) - one.start?)).collect();
    let slopes: Vec<f64> = series.iter().map(|one| one.linear.slope).collect();
    shifts.len() == series.len()
        && [shifts, slopes].iter().all(|values| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            mean.abs() > SHIFTED * crate::sample::standard_deviation(values) / (values.len() as f64).sqrt()
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

fn estimate(series: &[Series], first: f64, drawn: &[f64], shifted: bool) -> Option<Values> {
    let of = |value: fn(&Series) -> f64| series.iter().map(move |one| (drawn[one.group], value(one)));
    let sloped = series.iter().any(|one| one.points > 1);
    let (mean, variance) = moments(of(|one| one.linear.slope));
    let error = moments(of(|one| one.linear.slope_variance)).0;
    let sigma = signed_root(variance - error);
    let shift = |one: &Series| one.start.map(|start| one.linear.at(first.ln()) - start);
    let shifts = series.iter().filter_map(|one| Some((drawn[one.group], shift(one)?)));
    let has_start = series.iter().any(|one| one.start.is_some());
    let (mean_shift, shift_variance) = if has_start { moments(shifts) } else { (0.0, 0.0) };
    // The noise of the value right after the write, and of the line at the first time.
    let noise = series.iter().map(|one| (drawn[one.group], one.linear.noise + one.linear.variance_at(first.ln())));
    let elapsed = if shifted && sloped { mean_shift / mean } else { 0.0 };
    let shift_sigma = signed_root(shift_variance - moments(noise).0);
    let at_reference = shift_sigma - sigma.max(0.0) * elapsed;
    let values = [mean, sigma, at_reference, first.ln() - elapsed];
    values.iter().all(|value| value.is_finite()).then_some(values)
}

/// Returns residuals of the slopes of held-out series over the law of the others, or of shifts without slopes.
fn residuals(series: &[Series], sample: &Sample, first: f64, shifted: bool) -> Vec<f64> {
    let training: Vec<Series> = series.iter().filter(|one| !one.held_out).cloned().collect();
    let Some(values) = estimate(&training, first, &vec![1.0; sample.groups], shifted) else { return Vec::new() };
    let held = series.iter().filter(|one| one.held_out);
    if values[1] > 1e-6 * values[2] {
        let z =
            |one: &Series| (one.linear.slope - values[0]) / (values[1] * values[1] + one.linear.slope_variance).sqrt();
        return held.map(z).collect();
    }
    held.filter_map(|one| Some((one.first - one.start?) / values[2])).collect()
}

fn section(values: &[f64], latest: f64, known_start: bool, bounds: DriftBounds) -> DriftSpec {
    let reference = values[3].exp();
    DriftSpec {
        law: DriftLaw::LogTime,
        reference_seconds: Some(reference),
        latest_seconds: Some(latest.max(reference)),
        mean_microsiemens_per_ln: Some(values[0]),
        sigma_microsiemens_per_ln: Some(values[1].max(0.0)),
        sigma_microsiemens_at_reference: Some(if known_start { values[2].max(0.0) } else { 0.0 }),
        bounds: Some(bounds),
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
        let half = 1.96 * crate::sample::standard_deviation(&shifts) / n.sqrt();
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
