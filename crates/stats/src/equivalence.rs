//! Tests whether a mean agrees with a claimed number within a margin.
//!
//! ```text
//! agrees       the 95 % interval of the mean is within claim -+ margin
//! disagrees    the whole interval is outside claim -+ margin
//! ```
//!
//! If a claim is about several means, one of which is enough to refute it, the interval for disagreement has level 5 %
//! divided by their number (Bonferroni). In all other cases the result is inconclusive. Agreement is the result of two
//! one-sided tests (Schuirmann 1987), at half the usual level so that the single [`super::ALPHA`] applies to all
//! verdicts.

use super::{ALPHA, Estimate};

/// Verdict on a claimed number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The outcomes agree with the claim.
    Agrees,
    /// The outcomes disagree with the claim.
    Disagrees,
    /// The outcomes are inconclusive.
    Open,
}

/// Compares the mean of `sample`, one of `means` means in the claim, with the range from `low` to `high`. The ends may
/// be infinite.
///
/// ```
/// use ohmspike_stats::Estimate;
/// use ohmspike_stats::equivalence::{Agreement, agreement};
///
/// let at = |mean: f64| Estimate::new(&[mean - 0.01, mean, mean + 0.01]).expect("outcomes");
/// // The interval is -+ 0.0248 about the mean.
/// assert_eq!(agreement(&at(0.33), 0.28, 0.38, 1), Agreement::Agrees);
/// assert_eq!(agreement(&at(0.115), 0.28, 0.38, 1), Agreement::Disagrees);
/// assert_eq!(agreement(&at(0.37), 0.28, 0.38, 1), Agreement::Open);
/// ```
pub fn agreement(sample: &Estimate, low: f64, high: f64, means: usize) -> Agreement {
    let (Some(inner), Some(outer)) = (sample.ci95, sample.interval(ALPHA / means.max(1) as f64)) else {
        return Agreement::Open;
    };
    if low < inner.0 && inner.1 < high {
        Agreement::Agrees
    } else if outer.1 < low || high < outer.0 {
        Agreement::Disagrees
    } else {
        Agreement::Open
    }
}
