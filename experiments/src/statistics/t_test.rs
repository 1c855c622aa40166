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

    /// Hours of sleep gained under two drugs: Student (1908), `sleep` in R.
    const DRUG_1: [f64; 10] = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
    const DRUG_2: [f64; 10] = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    const HIGH: [f64; 7] = [62.8, 62.6, 60.1, 62.3, 62.7, 63.1, 60.0];
    const LOW: [f64; 4] = [48.1, 49.2, 55.0, 47.3];

    #[track_caller]
    fn assert_test(test: TTest, t: f64, degrees: f64, p: f64, ci95: (f64, f64)) {
        assert_close(test.t, t, 1e-10);
        assert_close(test.degrees, degrees, 1e-10);
        assert_close(test.p, p, 1e-10);
        assert_close(test.ci95.0, ci95.0, 1e-10);
        assert_close(test.ci95.1, ci95.1, 1e-10);
    }

    /// `r = scipy.stats.ttest_ind(a, b, equal_var=True)`, `r.confidence_interval(0.95)`, scipy 1.17.1.
    #[test]
    fn student_agrees_with_scipy() {
        let sleep = TTest::student(&DRUG_1, &DRUG_2).expect("a test");
        let ci95 = (-3.3638740322875984, 0.20387403228759915);
        assert_test(sleep, -1.8608134674868524, 18.0, 0.07918671421593822, ci95);
        let far = TTest::student(&HIGH, &LOW).expect("a test");
        assert_test(far, 8.418852400966797, 9.0, 1.4690257595502393e-05, (8.8069249458345, 15.278789339879776));
    }

    /// `r = scipy.stats.ttest_ind(a, b, equal_var=False)`, `r.confidence_interval(0.95)`, scipy 1.17.1.
    #[test]
    fn welch_agrees_with_scipy() {
        let sleep = TTest::welch(&DRUG_1, &DRUG_2).expect("a test");
        let ci95 = (-3.3654832307117104, 0.20548323071171137);
        assert_test(sleep, -1.8608134674868526, 17.776473516178488, 0.0793941401873583, ci95);
        let far = TTest::welch(&HIGH, &LOW).expect("a test");
        let ci95 = (6.707944094732172, 17.377770190982105);
        assert_test(far, 6.640712301581381, 3.495642769244811, 0.004244925372408345, ci95);
    }

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
