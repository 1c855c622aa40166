//! Whether several conditions have one distribution: the Kruskal-Wallis test.
//!
//! ```text
//! H = 12 / (N (N + 1)) sum_j n_j (r_j - (N + 1)/2)^2 / C       C = 1 - ties / (N^3 - N)       p = P(chi2(k - 1) > H)
//! epsilon^2 = H / (N - 1)                                      share of the variance of the ranks, 0 to 1
//! ```
//!
//! r_j mean rank of the n_j values of group j of k, N all values, ties as in [`super::ranks`]. Kruskal and Wallis (1952);
//! epsilon squared as in Tomczak and Tomczak (2014). The chi-squared is the limit of large groups: with
//! fewer than five values a group p is rough.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::moments::SampleError;
use super::ranks::Ranks;

/// What the test finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KruskalWallis {
    /// The statistic, corrected for ties.
    pub h: f64,
    /// Degrees of freedom: groups less one.
    pub degrees: usize,
    /// Probability of an `h` at least as large if all groups have one distribution.
    pub p: f64,
    /// Effect size.
    pub epsilon_squared: f64,
}

impl KruskalWallis {
    /// The test of `groups`.
    ///
    /// # Errors
    /// [`SampleError`] for fewer than two groups, an empty one, values out of range, or values that are all equal.
    ///
    /// ```
    /// use experiments::statistics::kruskal::KruskalWallis;
    ///
    /// let test = KruskalWallis::of(&[&[1.0, 2.0], &[3.0, 4.0]])?;
    /// assert!((test.h - 2.4).abs() < 1e-12 && (test.epsilon_squared - 0.8).abs() < 1e-12);
    /// # Ok::<(), experiments::statistics::moments::SampleError>(())
    /// ```
    pub fn of(groups: &[&[f64]]) -> Result<KruskalWallis, SampleError> {
        let Ranks { sizes, means, n, ties } = Ranks::of(groups)?;
        let middle = (n + 1.0) / 2.0;
        let between: f64 = sizes.iter().zip(&means).map(|(size, mean)| size * (mean - middle) * (mean - middle)).sum();
        let h = 12.0 / (n * (n + 1.0)) * between / (1.0 - ties / (n * n * n - n));
        let degrees = groups.len() - 1;
        let chi_squared = ChiSquared::new(degrees as f64).expect("two groups have a degree of freedom");
        Ok(KruskalWallis { h, degrees, p: chi_squared.sf(h), epsilon_squared: h / (n - 1.0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_groups_do_not_differ() {
        let test = KruskalWallis::of(&[&[1.0, 2.0], &[2.0, 1.0]]).expect("a test");
        assert_eq!((test.h, test.p), (0.0, 1.0));
        assert!(KruskalWallis::of(&[&[1.0, 1.0], &[1.0]]).is_err());
    }
}
