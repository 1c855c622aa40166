//! Whether conductances change with time by more than the noise of their reads.
//!
//! ```text
//! on the scale of ln G, over series:   mean slope, variance of slopes less regression errors,
//!                                      mean shift after the write, its variance less twice that of a value
//! ```
//!
//! Each is compared with four standard errors. Fewer than three times do not tell noise from drift.

use super::lines::Series;

/// Standard errors from which an estimate is not zero.
const SIGNIFICANT: f64 = 4.0;
/// Relative variance above the resolution of f32.
const RESOLUTION: f64 = 1e-13;

/// Returns the reason not to fit drift; none if there is some, or if the data do not tell.
pub(super) fn no_drift(series: &[Series]) -> Option<String> {
    let several: Vec<&Series> = series.iter().filter(|one| one.points > 2).collect();
    if several.len() < series.len() || several.len() < 2 {
        return None;
    }
    let noise = |one: &Series| one.power.noise;
    let slopes = several.iter().map(|one| (one.power.slope, one.power.slope_variance));
    let shifts = several.iter().filter_map(|one| Some(((one.first / one.start?).ln(), 2.0 * noise(one))));
    let slopes: Vec<(f64, f64)> = slopes.collect();
    let shifts: Vec<(f64, f64)> = shifts.collect();
    if is_more_than_noise(&slopes) || is_more_than_noise(&shifts) {
        return None;
    }
    let mean = several.iter().map(|one| noise(one)).sum::<f64>() / several.len() as f64;
    Some(format!(
        "conductances change with time by no more than the noise of their reads, {:.3} %: no drift is visible",
        100.0 * mean.sqrt()
    ))
}

/// Returns whether the mean of `values`, or their variance beyond that of their errors, is not zero.
fn is_more_than_noise(values: &[(f64, f64)]) -> bool {
    if values.len() < 2 {
        return false;
    }
    let n = values.len() as f64;
    let mean = values.iter().map(|value| value.0).sum::<f64>() / n;
    let variance = values.iter().map(|value| (value.0 - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let errors = values.iter().map(|value| value.1).sum::<f64>() / n;
    let scatter = values.iter().map(|value| (value.1 - errors).powi(2)).sum::<f64>() / (n - 1.0);
    // Of the variance of a normal sample, and of the mean of the errors.
    let error = ((2.0 * variance * variance + scatter) / n).sqrt();
    mean.abs() > SIGNIFICANT * (variance / n).sqrt() || variance - errors > (SIGNIFICANT * error).max(RESOLUTION)
}
