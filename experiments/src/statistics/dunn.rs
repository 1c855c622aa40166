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
    use super::*;

    #[test]
    fn ties_everywhere_are_refused() {
        assert_eq!(dunn(&[&[1.0, 1.0], &[1.0]]), Err(SampleError::NoSpread { value: 1.0 }));
    }
}
