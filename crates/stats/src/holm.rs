//! Holm's step-down adjustment for multiple tests, and significance stars.
//!
//! ```text
//! p_(1) <= ... <= p_(m)      adjusted_(k) = max over j <= k of min(1, (m - j + 1) p_(j))
//! ```
//!
//! Holm, *A simple sequentially rejective multiple test procedure*, Scand. J. Statist. 6 (1979). Rejecting if the
//! adjusted p is below alpha keeps the probability of any false rejection below alpha, for any dependence between the
//! tests.

use thiserror::Error;

/// Error: a number is not a probability.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
#[error("p value {number}: expected 0 to 1, got {value}")]
pub struct PValueError {
    /// Position in the list, from 1.
    pub number: usize,
    /// The invalid number.
    pub value: f64,
}

/// Returns the adjusted p values in the given order; empty for an empty list.
///
/// # Errors
/// [`PValueError`] for the first value that is NaN or outside 0 to 1.
///
/// ```
/// use ohmspike_stats::holm::holm;
///
/// assert_eq!(holm(&[0.25, 0.125])?, [0.25, 0.25]);
/// # Ok::<(), ohmspike_stats::holm::PValueError>(())
/// ```
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>, PValueError> {
    if let Some(place) = p_values.iter().position(|p| !(0.0..=1.0).contains(p)) {
        return Err(PValueError { number: place + 1, value: p_values[place] });
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let (mut adjusted, mut largest) = (vec![0.0; p_values.len()], 0.0_f64);
    for (rank, &place) in order.iter().enumerate() {
        largest = largest.max((p_values.len() - rank) as f64 * p_values[place]).min(1.0);
        adjusted[place] = largest;
    }
    Ok(adjusted)
}

/// Returns `***` below 0.001, `**` below 0.01, `*` below 0.05, and an empty string otherwise or for NaN.
pub fn stars(p: f64) -> &'static str {
    match p {
        p if p < 0.001 => "***",
        p if p < 0.01 => "**",
        p if p < 0.05 => "*",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_numbers_that_are_not_probabilities() {
        assert_eq!(holm(&[]), Ok(vec![]));
        let message = |p: f64| holm(&[0.5, p]).expect_err("no probability").to_string();
        assert_eq!(message(1.5), "p value 2: expected 0 to 1, got 1.5");
        assert_eq!(message(f64::NAN), "p value 2: expected 0 to 1, got NaN");
    }

    #[test]
    fn stars_start_strictly_below_their_bounds() {
        assert_eq!(
            [0.05, 0.049, 0.01, 0.009, 0.001, 0.0009, f64::NAN].map(stars),
            ["", "*", "*", "**", "**", "***", ""]
        );
    }
}
