//! Whether two conditions have one mean: t tests of independent samples, two-sided.
//!
//! ```text
//! t       = (mean_a - mean_b) / se          p = 2 P(T > |t|)       ci95 = difference -+ t(0.975, degrees) se
//! Student:  se^2 = s^2 (1/n_a + 1/n_b),  s^2 = ((n_a - 1) s_a^2 + (n_b - 1) s_b^2) / degrees,  degrees = n_a + n_b - 2
//! Welch:    se^2 = v_a + v_b,  v = s^2 / n,  degrees = (v_a + v_b)^2 / (v_a^2/(n_a - 1) + v_b^2/(n_b - 1))
//! ```
//!
//! Student (1908), for one variance; Welch (1947), for two, with the degrees of freedom of Satterthwaite (1946). Conditions
//! of one study share the draws of a seed: where that makes outcomes rise and fall together, these tests err to the
//! careful side, and a bootstrap of pairs ([`super::bootstrap`]) is sharper.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::moments::{Moments, SampleError};

/// What a t test finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TTest {
    /// Difference of means over its standard error.
    pub t: f64,
    /// Degrees of freedom.
    pub degrees: f64,
    /// Probability of a `t` at least as far from 0, either side, if the means are equal.
    pub p: f64,
    /// Mean of the first minus mean of the second sample.
    pub difference: f64,
    /// 95 % interval of the difference.
    pub ci95: (f64, f64),
}

impl TTest {
    /// Student's test: both samples have one variance.
    ///
    /// # Errors
    /// [`SampleError`] for fewer than two or for values out of range, and where neither sample spreads.
    ///
    /// ```
    /// use experiments::statistics::t_test::TTest;
    ///
    /// let test = TTest::student(&[1.0, 2.0, 3.0], &[2.0, 3.0, 4.0])?;
    /// // s = 1, se = sqrt(2/3), t = -1/se; t(0.975, 4) = 2.7764 (any table).
    /// assert!((test.t + 1.5_f64.sqrt()).abs() < 1e-12);
    /// assert!((test.ci95.1 - (-1.0 + 2.7764 / 1.5_f64.sqrt())).abs() < 1e-4);
    /// # Ok::<(), experiments::statistics::moments::SampleError>(())
    /// ```
    pub fn student(a: &[f64], b: &[f64]) -> Result<TTest, SampleError> {
        let (a, b) = (Moments::of(a)?, Moments::of(b)?);
        let degrees = a.n + b.n - 2.0;
        TTest::new(&a, &b, (pooled_variance(&a, &b) * (1.0 / a.n + 1.0 / b.n)).sqrt(), degrees)
    }

    /// Welch's test: each sample has a variance of its own.
    ///
    /// # Errors
    /// [`SampleError`] for fewer than two or for values out of range, and where neither sample spreads.
    pub fn welch(a: &[f64], b: &[f64]) -> Result<TTest, SampleError> {
        let (a, b) = (Moments::of(a)?, Moments::of(b)?);
        let (v_a, v_b) = (a.variance / a.n, b.variance / b.n);
        // Shares of the whole, so that the squares of tiny variances do not vanish.
        let (share_a, share_b) = (v_a / (v_a + v_b), v_b / (v_a + v_b));
        let degrees = 1.0 / (share_a * share_a / (a.n - 1.0) + share_b * share_b / (b.n - 1.0));
        TTest::new(&a, &b, (v_a + v_b).sqrt(), degrees)
    }

    fn new(a: &Moments, b: &Moments, standard_error: f64, degrees: f64) -> Result<TTest, SampleError> {
        if standard_error == 0.0 {
            return Err(SampleError::NoSpread { value: a.mean });
        }
        let student = StudentsT::new(0.0, 1.0, degrees).expect("two samples of two values have degrees of freedom");
        let difference = a.mean - b.mean;
        let t = difference / standard_error;
        let half = student.inverse_cdf(0.975) * standard_error;
        let p = (2.0 * student.sf(t.abs())).min(1.0);
        Ok(TTest { t, degrees, p, difference, ci95: (difference - half, difference + half) })
    }
}

/// Variance about the two means.
pub(super) fn pooled_variance(a: &Moments, b: &Moments) -> f64 {
    ((a.n - 1.0) * a.variance + (b.n - 1.0) * b.variance) / (a.n + b.n - 2.0)
}

#[cfg(test)]
mod tests {
    use super::super::assert_close;
    use super::*;

    /// Hours of sleep gained under a drug: Student (1908), `sleep` in R.
    const DRUG_1: [f64; 10] = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];

    #[test]
    fn one_sample_may_lack_spread_and_not_both() {
        let test = TTest::welch(&[0.1, 0.1, 0.1], &[0.2, 0.3]).expect("one sample spreads");
        assert_close(test.degrees, 1.0, 1e-14);
        for refused in [TTest::student, TTest::welch] {
            let message = refused(&[0.1, 0.1, 0.1], &[0.2, 0.2]).expect_err("no spread").to_string();
            assert_eq!(message, "samples: must spread, got 0.1 throughout");
            assert_eq!(
                refused(&[0.1], &[0.2, 0.3]),
                Err(SampleError::TooFew { what: "values of a sample", least: 2, got: 1 })
            );
            assert!(matches!(refused(&[0.1, f64::NAN], &[0.2, 0.3]), Err(SampleError::OutOfRange { number: 2, .. })));
        }
    }

    /// What is too large to square must not pass as a p value of 1.
    #[test]
    fn values_that_overflow_are_refused() {
        let message = TTest::welch(&[1e200, -1e200], &[0.0, 1.0]).expect_err("too large").to_string();
        assert_eq!(message, format!("value 1 of a sample: must be from -1e100 to 1e100, got {}", 1e200));
        assert!(TTest::welch(&[1e100, -1e100], &[0.0, 1.0]).is_ok_and(|test| test.p.is_finite()));
    }

    #[test]
    fn equal_samples_do_not_differ() {
        let test = TTest::welch(&DRUG_1, &DRUG_1).expect("a test");
        assert_eq!((test.t, test.p, test.difference), (0.0, 1.0, 0.0));
    }
}
