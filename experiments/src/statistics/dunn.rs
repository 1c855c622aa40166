//! Which of several conditions differ, after a Kruskal-Wallis test: Dunn's test of all pairs.
//!
//! ```text
//! z_ij = (r_i - r_j) / sqrt((N (N + 1)/12 - ties / (12 (N - 1))) (1/n_i + 1/n_j))       p = 2 P(Z > |z|)
//! ```
//!
//! Symbols as in [`super::kruskal`]. Dunn, *Multiple comparisons using rank sums*, Technometrics 6 (1964), with its
//! correction for ties.

use statrs::distribution::{ContinuousCDF, Normal};

use super::holm::holm;
use super::moments::SampleError;
use super::ranks::Ranks;

/// Two groups compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Numbers of the groups, from 0.
    pub groups: (usize, usize),
    /// Difference of mean ranks, the first less the second, over its standard error.
    pub z: f64,
    /// Probability of a `z` at least as far from 0, either side, if the groups have one distribution.
    pub p: f64,
    /// `p` adjusted for the number of pairs by Holm's method.
    pub p_holm: f64,
}

/// All pairs of `groups`: (0, 1), (0, 2), ... (1, 2), ...
///
/// # Errors
/// [`SampleError`] for fewer than two groups, an empty one, values out of range, or values that are all equal.
///
/// ```
/// use experiments::statistics::dunn::dunn;
///
/// let pairs = dunn(&[&[1.0, 2.0], &[3.0, 4.0]])?;
/// // Mean ranks 1.5 and 3.5; N (N + 1)/12 = 5/3.
/// assert!((pairs[0].z + 2.0 / (5.0_f64 / 3.0).sqrt()).abs() < 1e-12);
/// # Ok::<(), experiments::statistics::moments::SampleError>(())
/// ```
pub fn dunn(groups: &[&[f64]]) -> Result<Vec<Pair>, SampleError> {
    let Ranks { sizes, means, n, ties } = Ranks::of(groups)?;
    let variance = n * (n + 1.0) / 12.0 - ties / (12.0 * (n - 1.0));
    let normal = Normal::standard();
    let pair = |first: usize, second: usize| {
        let standard_error = (variance * (1.0 / sizes[first] + 1.0 / sizes[second])).sqrt();
        let z = (means[first] - means[second]) / standard_error;
        let p = 2.0 * normal.sf(z.abs());
        Pair { groups: (first, second), z, p, p_holm: p }
    };
    let later = |first: usize| (first + 1..groups.len()).map(move |second| (first, second));
    let mut pairs: Vec<Pair> = (0..groups.len()).flat_map(later).map(|(first, second)| pair(first, second)).collect();
    let adjusted = holm(&pairs.iter().map(|pair| pair.p).collect::<Vec<f64>>()).expect("probabilities");
    pairs.iter_mut().zip(adjusted).for_each(|(pair, p)| pair.p_holm = p);
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::super::assert_close;
    use super::*;

    #[track_caller]
    fn assert_pairs(groups: &[&[f64]], z: [f64; 3], p: [f64; 3], p_holm: [f64; 3]) {
        let pairs = dunn(groups).expect("pairs");
        assert_eq!(pairs.iter().map(|pair| pair.groups).collect::<Vec<_>>(), [(0, 1), (0, 2), (1, 2)]);
        for (number, pair) in pairs.iter().enumerate() {
            assert_close(pair.z, z[number], 1e-10);
            assert_close(pair.p, p[number], 1e-10);
            assert_close(pair.p_holm, p_holm[number], 1e-10);
        }
    }

    /// `scikit_posthocs.posthoc_dunn(groups)` and with `p_adjust="holm"`, scikit-posthocs 0.17.1; z from the equation
    /// above with `scipy.stats.rankdata`, scipy 1.17.1. Data: `PlantGrowth` in R.
    #[test]
    fn plant_growth_agrees_with_scikit_posthocs() {
        assert_pairs(
            &[
                &[4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
                &[4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
                &[6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26],
            ],
            [1.1177254543787873, -1.6892896071861212, -2.8070150615649085],
            [0.263684267891386, 0.09116394404849983, 0.0050002903702577],
            [0.263684267891386, 0.18232788809699965, 0.015000871110773098],
        );
    }

    /// As above.
    #[test]
    fn many_ties_agree_with_scikit_posthocs() {
        assert_pairs(
            &[&[1.0, 2.0, 2.0, 3.0, 5.0], &[2.0, 3.0, 3.0, 4.0], &[5.0, 5.0, 4.0, 7.0, 7.0, 8.0]],
            [-0.3628982732049806, -2.7238122308913058, -2.178027414612456],
            [0.7166808767296093, 0.00645331843972192, 0.029403995807541862],
            [0.7166808767296093, 0.01935995531916576, 0.058807991615083724],
        );
    }

    #[test]
    fn ties_everywhere_are_refused() {
        assert_eq!(dunn(&[&[1.0, 1.0], &[1.0]]), Err(SampleError::NoSpread { value: 1.0 }));
    }
}
