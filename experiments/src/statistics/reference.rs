//! Several conditions against one: Welch's t test of each, and Holm's adjustment over all of them.
//!
//! The tests are those of independent samples ([`super::t_test`]), also where conditions share the draws of a seed. Those that
//! do not exist, for want of values or of spread, do not count among the tests that are adjusted.

use super::holm::{holm, stars};
use super::t_test::TTest;

/// A condition against the reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// Welch's test; its difference is condition less reference.
    pub test: TTest,
    /// Its p value, adjusted over all comparisons.
    pub adjusted_p: f64,
}

impl Comparison {
    /// `*` to `***` by the adjusted p value.
    pub fn stars(&self) -> &'static str {
        stars(self.adjusted_p)
    }
}

/// Each of `conditions` against `reference`; none where there is no test.
///
/// ```
/// use experiments::statistics::reference::against_reference;
///
/// let compared = against_reference(&[0.6, 0.7, 0.8], &[vec![0.61, 0.7, 0.79], vec![0.1, 0.2, 0.15], vec![0.5]]);
/// assert_eq!(compared[0].map(|one| one.stars()), Some(""));
/// assert_eq!(compared[1].map(|one| one.stars()), Some("**"));
/// assert_eq!(compared[2], None);
/// ```
pub fn against_reference(reference: &[f64], conditions: &[Vec<f64>]) -> Vec<Option<Comparison>> {
    let tests: Vec<Option<TTest>> = conditions.iter().map(|outcomes| TTest::welch(outcomes, reference).ok()).collect();
    let p_values: Vec<f64> = tests.iter().flatten().map(|test| test.p).collect();
    let mut adjusted = holm(&p_values).expect("p values of tests are probabilities").into_iter();
    tests.into_iter().map(|test| Some(Comparison { test: test?, adjusted_p: adjusted.next()? })).collect()
}

#[cfg(test)]
mod tests {
    use super::super::assert_close;
    use super::*;

    /// Two tests are adjusted: the smaller p counts twice, the missing one not at all.
    #[test]
    fn tests_that_do_not_exist_are_not_adjusted_for() {
        let reference = [0.60, 0.62, 0.64, 0.61];
        let (near, far) = (vec![0.63, 0.66, 0.62, 0.65], vec![0.2, 0.3, 0.25]);
        let compared = against_reference(&reference, &[near.clone(), vec![], far.clone()]);
        let plain = |outcomes: &[f64]| TTest::welch(outcomes, &reference).expect("a test").p;
        let adjusted = |place: usize| compared[place].expect("a test").adjusted_p;
        assert!(plain(&far) < plain(&near));
        assert_close(adjusted(2), 2.0 * plain(&far), 1e-14);
        assert_close(adjusted(0), plain(&near).max(2.0 * plain(&far)), 1e-14);
        assert_eq!(compared[1], None);
        assert!(compared[2].is_some_and(|far| far.test.difference < 0.0));
    }
}
