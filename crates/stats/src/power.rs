//! Power of a t test: the probability of detecting a difference.
//!
//! ```text
//! power(delta)  =  P(|T| > t),      T = (Z + delta) / S,      Z standard normal,      S^2 = chi^2(degrees) / degrees
//!               =  integral over s of f(s) [Phi(delta - t s) + Phi(-delta - t s)]
//! ```
//!
//! delta is the true difference in standard errors, f the density of S, t the critical value. Noncentral t distribution:
//! Johnson, Kotz and Balakrishnan, *Continuous Univariate Distributions* 2 (1995), chapter 31.

use statrs::distribution::{ChiSquared, Continuous, ContinuousCDF, Normal};

use super::student;

/// Cells of the integral over s; the integrand is smooth, and halving the cells changes the power by less than 1e-6.
const CELLS: usize = 2000;
/// Upper end of the integral over s; less than 1e-14 is beyond it at one degree of freedom, and less at more.
const LAST: f64 = 8.0;

/// Returns the difference, in standard errors, that a two-sided test at level `alpha` detects with probability `power`.
///
/// ```
/// use ohmspike_stats::power::least_shift;
///
/// // With many degrees of freedom, this is the normal distribution: 1.959964 + 0.841621.
/// assert!((least_shift(100_000, 0.05, 0.8) - 2.801585).abs() < 1e-3);
/// ```
pub fn least_shift(degrees: usize, alpha: f64, power: f64) -> f64 {
    let critical = student(degrees, 1.0 - alpha / 2.0);
    let (mut low, mut high) = (0.0, critical.max(1.0));
    while found(degrees, critical, high) < power {
        high *= 2.0;
    }
    for _ in 0..40 {
        let middle = (low + high) / 2.0;
        if found(degrees, critical, middle) < power { low = middle } else { high = middle }
    }
    high
}

/// Returns the power at a true difference of `delta` standard errors.
fn found(degrees: usize, critical: f64, delta: f64) -> f64 {
    let (chi, normal) = (ChiSquared::new(degrees as f64).expect("degrees above 0"), Normal::standard());
    // With many degrees of freedom, S is narrow about 1.
    let width = (LAST - 1.0) / (degrees as f64).sqrt();
    let (from, to) = ((1.0 - width).max(0.0), 1.0 + width);
    let cell = (to - from) / CELLS as f64;
    let at = |number: usize| {
        let s = from + (number as f64 + 0.5) * cell;
        let density = 2.0 * degrees as f64 * s * chi.pdf(degrees as f64 * s * s);
        density * (normal.cdf(delta - critical * s) + normal.cdf(-delta - critical * s))
    };
    (0..CELLS).map(at).sum::<f64>() * cell
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without a true difference, a test detects one with probability alpha.
    #[test]
    fn the_power_at_no_difference_is_the_level() {
        for degrees in [1, 2, 4, 15, 200] {
            let power = found(degrees, student(degrees, 0.975), 0.0);
            assert!((power - 0.05).abs() < 1e-5, "{degrees}: {power}");
        }
    }

    /// Cohen (1988), table 2.4.1, or `power.t.test(power = .8, delta = 1, type = "one.sample")` of R: n = 9.93785.
    #[test]
    fn a_difference_of_one_standard_deviation_takes_ten_pairs() {
        let [nine, ten] = [9.0_f64, 10.0].map(|n| least_shift(n as usize - 1, 0.05, 0.8) / n.sqrt());
        assert!(ten < 1.0 && 1.0 < nine, "{ten} {nine}");
        // Between them, n = 9.93785 needs exactly 1; interpolated linearly.
        let there = ten + (nine - ten) * (10.0 - 9.93785);
        assert!((there - 1.0).abs() < 2e-3, "{there}");
    }
}
