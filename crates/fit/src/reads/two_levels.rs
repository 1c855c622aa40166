//! Two levels of telegraph noise in a series of reads.
//!
//! ```text
//! one level    N(m, s²)                          BIC = 2 ln n - 2 ln L
//! two levels   (1 - w) N(m1, s²) + w N(m2, s²)   BIC = 4 ln n - 2 ln L
//! ```
//!
//! The mixture is fitted by expectation maximisation, from the middle between the extremes.

use crate::normal::cdf;

/// Smallest number of reads of a series with levels.
const LEAST_READS: usize = 10;
/// Smallest difference of BIC in favour of two levels: strong evidence of Kass and Raftery (1995).
const EVIDENCE: f64 = 10.0;
/// Smallest distance of levels, in standard deviations about them.
const SEPARATION: f64 = 3.0;
/// Smallest number of reads of each level.
const LEAST_VISITS: usize = 2;
/// Largest number of steps.
const STEPS: usize = 40;
/// Resolution of reads relative to their mean, about that of f32.
const RESOLUTION: f64 = 1e-6;

/// Two levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TwoLevels {
    /// Lower level, µS.
    pub low: f64,
    /// Upper level, µS.
    pub high: f64,
    /// Number of changes between successive reads.
    pub switches: usize,
    /// Number of successive pairs of reads.
    pub pairs: usize,
    /// Probability that the noise of one of two reads puts it at the other level.
    pub error: f64,
    /// Difference of BIC in favour of two levels.
    pub evidence: f64,
}

/// Returns the levels of `reads`, if there are two. `follows` says which reads come directly after the one before in the list.
pub(crate) fn two_levels(reads: &[f64], follows: &[bool]) -> Option<TwoLevels> {
    let n = reads.len();
    if n < LEAST_READS {
        return None;
    }
    let count = n as f64;
    let mean = reads.iter().sum::<f64>() / count;
    let floor = (RESOLUTION * mean).powi(2);
    let variance = (reads.iter().map(|read| (read - mean).powi(2)).sum::<f64>() / count).max(floor);
    if variance <= 4.0 * floor {
        return None;
    }
    let fit = mixture(reads, floor)?;
    let one = 2.0 * count.ln() + count * (variance.ln() + 1.0);
    let two = 4.0 * count.ln() + fit.minus_two_ln_likelihood;
    let apart = fit.high - fit.low > SEPARATION * fit.variance.sqrt();
    if one - two < EVIDENCE || !apart {
        return None;
    }
    let middle = 0.5 * (fit.low + fit.high);
    let states: Vec<bool> = reads.iter().map(|read| *read > middle).collect();
    let visits = states.iter().filter(|high| **high).count();
    let pairs = || states.windows(2).zip(&follows[1..]).filter(|(_, follows)| **follows).map(|(pair, _)| pair);
    let switches = pairs().filter(|pair| pair[0] != pair[1]).count();
    let enough = visits >= LEAST_VISITS && n - visits >= LEAST_VISITS;
    let wrong = cdf(-0.5 * (fit.high - fit.low) / fit.variance.sqrt());
    let error = 2.0 * wrong * (1.0 - wrong);
    let (low, high, pairs, evidence) = (fit.low, fit.high, pairs().count(), one - two);
    enough.then_some(TwoLevels { low, high, switches, pairs, error, evidence })
}

/// A fitted mixture; the likelihood without the factor (2 pi)^(-n/2).
struct Mixture {
    low: f64,
    high: f64,
    variance: f64,
    minus_two_ln_likelihood: f64,
}

fn mixture(reads: &[f64], floor: f64) -> Option<Mixture> {
    let n = reads.len() as f64;
    let least = reads.iter().copied().fold(f64::INFINITY, f64::min);
    let most = reads.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let middle = 0.5 * (least + most);
    let mut high_share: Vec<f64> = reads.iter().map(|read| f64::from(u8::from(*read > middle))).collect();
    let (mut low, mut high, mut variance, mut before) = (0.0, 0.0, floor, f64::INFINITY);
    for _ in 0..STEPS {
        let weight = high_share.iter().sum::<f64>() / n;
        if weight * n < 1e-3 || (1.0 - weight) * n < 1e-3 {
            return None;
        }
        high = reads.iter().zip(&high_share).map(|(read, share)| share * read).sum::<f64>() / (weight * n);
        low =
            reads.iter().zip(&high_share).map(|(read, share)| (1.0 - share) * read).sum::<f64>() / ((1.0 - weight) * n);
        let squares = reads.iter().zip(&high_share);
        let squares = squares.map(|(read, share)| share * (read - high).powi(2) + (1.0 - share) * (read - low).powi(2));
        variance = (squares.sum::<f64>() / n).max(floor);
        let mut sum = 0.0;
        for (read, share) in reads.iter().zip(&mut high_share) {
            let at_high = weight.ln() - (read - high).powi(2) / (2.0 * variance);
            let at_low = (1.0 - weight).ln() - (read - low).powi(2) / (2.0 * variance);
            let top = at_high.max(at_low);
            let total = top + ((at_high - top).exp() + (at_low - top).exp()).ln();
            *share = (at_high - total).exp();
            sum += total;
        }
        let now = -2.0 * sum + n * variance.ln();
        if (before - now).abs() < 1e-9 * now.abs().max(1.0) {
            before = now;
            break;
        }
        before = now;
    }
    Some(Mixture { low, high, variance, minus_two_ln_likelihood: before })
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;
    use rand::RngExt;

    use super::*;
    use crate::normal::quantile;

    fn two_levels(reads: &[f64]) -> Option<TwoLevels> {
        super::two_levels(reads, &vec![true; reads.len()])
    }

    fn reads(seed: u64, step: f64, count: usize) -> Vec<f64> {
        let mut stream = Seed::new(seed).stream();
        let mut state = 0.0;
        (0..count)
            .map(|_| {
                if stream.random_range(0.0..1.0) < 0.2 {
                    state = 1.0 - state;
                }
                100.0 + step * state + quantile(stream.random_range(1e-12..1.0))
            })
            .collect()
    }

    /// With a difference of BIC of 10, white noise passes for two levels with a probability below exp(-5) = 0.7 %.
    #[test]
    fn only_telegraph_noise_has_two_levels() {
        let false_alarms = (0..500).filter(|&seed| two_levels(&reads(seed, 0.0, 50)).is_some()).count();
        assert!(false_alarms <= 10, "{false_alarms}");
        let found: Vec<TwoLevels> = (0..200).filter_map(|seed| two_levels(&reads(seed, 8.0, 100))).collect();
        assert!(found.len() >= 195, "{}", found.len());
        let switches: usize = found.iter().map(|levels| levels.switches).sum();
        let pairs: usize = found.iter().map(|levels| levels.pairs).sum();
        assert!((switches as f64 / pairs as f64 - 0.2).abs() < 0.02);
    }

    #[test]
    fn noiseless_levels_are_exact() {
        let reads: Vec<f64> = (0..20).map(|k| if k % 5 < 2 { 9.0 } else { 11.0 }).collect();
        let levels = two_levels(&reads).unwrap();
        assert!((levels.low - 9.0).abs() < 1e-6 && (levels.high - 11.0).abs() < 1e-6);
        assert_eq!(two_levels(&[5.0; 20]), None);
    }
}
