//! Whether exponents of the power law have a sign, or are the absolute values that a device draws.
//!
//! ```text
//! y = x + N(0, e²)                           e the error of regression
//! signed     x ~ N(m, s²)                    m and s by the moments of y
//! absolute   x = |z|, z ~ N(m, s²)           m and s by the moments of an absolute value
//! signed if  Σ ln (f_signed / f_absolute) > 10, where no series adds more than 3
//! rising     Φ(-m / s)                       fraction of signed exponents below 0
//! ```
//!
//! At the true m and s, chance gives a ratio of e^10 with a probability of at most e^-10. At least four series have to speak for a sign.

use super::noise::Errors;
use crate::normal::{cdf, density};

/// Logarithm of the ratio of likelihoods that shows a sign, and the most that one series adds.
const EVIDENCE: f64 = 10.0;
const MAX_OF_SERIES: f64 = 3.0;
/// Fraction of rising exponents that a device may lack: its exponents differ from these by that much in their distribution, and held-out
/// values beyond this distance are told to be far from a law.
const MAX_RISING: f64 = 0.08;
/// Standard errors by which a single state has more.
const CERTAIN: f64 = 2.0;
/// Smallest variance over the square of the mean; above the resolution of f32.
const MIN_VARIANCE: f64 = 1e-10;

/// Mean and standard deviation, negative for a negative variance.
pub(super) type Moments = (f64, f64);

/// Returns whether `exponents`, each with its state, have a sign; moments of each state are (signed, absolute).
pub(super) fn is_signed<'a>(
    exponents: impl Iterator<Item = (f64, &'a Errors, usize)>,
    factor: f64,
    moments: &[(Moments, Moments)],
) -> bool {
    let of = |(y, errors, state): (f64, &Errors, usize)| {
        let (signed, absolute) = moments[state];
        let error = (factor * errors.slope).max(MIN_VARIANCE * y * y);
        (ln_density(y, error, signed, false) - ln_density(y, error, absolute, true)).min(MAX_OF_SERIES)
    };
    exponents.map(of).sum::<f64>() > EVIDENCE
}

/// Returns ln of the density of `y`, with the variance `error` of its own.
fn ln_density(y: f64, error: f64, (m, s): Moments, absolute: bool) -> f64 {
    let variance = s.max(0.0).powi(2) + MIN_VARIANCE * m * m;
    let total = variance + error;
    let of = |m: f64| {
        let z = (y - m) / total.sqrt();
        // Of those that lead to y, the fraction above 0.
        let above = if absolute { cdf((y * variance + m * error) / (variance * error * total).sqrt()) } else { 1.0 };
        density(z) * above
    };
    let sum = if absolute { of(m) + of(-m) } else { of(m) };
    sum.max(f64::MIN_POSITIVE).ln() - 0.5 * total.ln()
}

/// Returns the fraction of exponents below 0, over all and in the state with most.
fn rising(states: &[(f64, Moments)]) -> f64 {
    let (sum, n) = states.iter().fold((0.0, 0.0), |(sum, all), &(n, (m, s))| (sum + n * below(m, s), all + n));
    sum / n
}

fn below(m: f64, s: f64) -> f64 {
    if s > 0.0 { cdf(-m / s) } else { f64::from(u8::from(m < 0.0)) }
}

/// Returns a note on the signed exponents of `states`, each with its number of series; an error if too many rise for a device.
pub(super) fn note(states: &[(f64, Moments)]) -> Result<String, String> {
    let fraction = rising(states);
    // Error of m / s of a normal sample.
    let surely = |&(n, (m, s)): &(f64, Moments)| {
        let ratio = m / s.max(f64::MIN_POSITIVE);
        cdf(-ratio - CERTAIN * ((1.0 + 0.5 * ratio * ratio) / n).sqrt()) > MAX_RISING
    };
    let percent = 100.0 * fraction;
    if fraction > MAX_RISING || states.iter().any(surely) {
        let worst = 100.0 * states.iter().map(|&(_, (m, s))| below(m, s)).fold(0.0, f64::max);
        let of_state = if states.len() > 1 { format!(" ({worst:.0} % in one state)") } else { String::new() };
        return Err(format!(
            "{percent:.0} % of the cells rise with time{of_state}, and by the power law of a device file all cells fall"
        ));
    }
    Ok(format!(
        "{percent:.1} % of the cells rise with time, and by the power law of a device file they fall: the exponents are those of all cells, with \
         their signs"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both densities have the area 1, and an absolute value is seldom below 0 by more than its error.
    #[test]
    fn densities_are_normalised() {
        for (m, s) in [(0.03, 0.02), (0.0, 0.02), (0.01, 0.0)] {
            for absolute in [false, true] {
                let step = 1e-5;
                let of = |k: i32| ln_density(f64::from(k) * step, 4e-6, (m, s), absolute).exp() * step;
                let area: f64 = (-20_000..20_000).map(of).sum();
                assert!((area - 1.0).abs() < 1e-6, "{m} {s} {absolute}: {area}");
                let low: f64 = (-20_000..-600).map(of).sum();
                assert!(!absolute || low < 1.35e-3, "{m} {s}: {low}");
            }
        }
    }

    /// 16 % below 0 are too many for a device, 2.3 % are not.
    #[test]
    fn many_rising_cells_are_refused() {
        assert!(note(&[(100.0, (0.03, 0.03))]).is_err_and(|reason| reason.contains("16 %")));
        assert!(note(&[(100.0, (0.02, 0.01))]).is_ok_and(|note| note.contains("2.3 %")));
        assert!(
            note(&[(900.0, (0.03, 0.01)), (100.0, (0.0, 0.01))])
                .is_err_and(|reason| reason.contains("50 % in one state"))
        );
    }
}
