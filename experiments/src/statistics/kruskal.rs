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
    use super::super::assert_close;
    use super::*;

    /// Dried weights of plants: Dobson (1983), `PlantGrowth` in R.
    /// `scipy.stats.kruskal(ctrl, trt1, trt2)`, scipy 1.17.1; R prints 7.9882 and 0.01842.
    #[test]
    fn plant_growth_agrees_with_scipy() {
        let test = KruskalWallis::of(&[
            &[4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
            &[4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
            &[6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26],
        ]);
        let test = test.expect("a test");
        assert_close(test.h, 7.988228749443715, 1e-10);
        assert_close(test.p, 0.018423755731471966, 1e-10);
        assert_eq!(test.degrees, 2);
    }

    /// `scipy.stats.kruskal(a, b, c)`, scipy 1.17.1; epsilon squared is its statistic over 14.
    #[test]
    fn many_ties_agree_with_scipy() {
        let groups: [&[f64]; 3] = [&[1.0, 2.0, 2.0, 3.0, 5.0], &[2.0, 3.0, 3.0, 4.0], &[5.0, 5.0, 4.0, 7.0, 7.0, 8.0]];
        let test = KruskalWallis::of(&groups).expect("a test");
        assert_close(test.h, 8.682264957264954, 1e-10);
        assert_close(test.p, 0.013021772970375716, 1e-10);
        assert_close(test.epsilon_squared, 0.6201617826617823, 1e-10);
    }

    #[test]
    fn equal_groups_do_not_differ() {
        let test = KruskalWallis::of(&[&[1.0, 2.0], &[2.0, 1.0]]).expect("a test");
        assert_eq!((test.h, test.p), (0.0, 1.0));
        assert!(KruskalWallis::of(&[&[1.0, 1.0], &[1.0]]).is_err());
    }
}
