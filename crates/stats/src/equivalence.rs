//! Whether a mean agrees with a number that somebody claims, within a margin.
//!
//! ```text
//! agrees       the 95 % interval of the mean lies within claim -+ margin
//! disagrees    the interval lies outside of it as a whole
//! ```
//!
//! Where a claim is about several means, of which one that disagrees is enough, the interval of the second line is that of
//! level 5 % over their number (Bonferroni). Otherwise the outcomes do not decide. Agreement is that of two one-sided tests (Schuirmann 1987), here at half the usual
//! level, so that one [`super::ALPHA`] holds for all verdicts.

use super::{ALPHA, Estimate};

/// What the outcomes say of the claimed number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// They agree with it.
    Agrees,
    /// They do not.
    Disagrees,
    /// They do not decide.
    Open,
}

/// Holds the mean of `sample`, one of `means` that the claim is about, against the range from `low` to `high`, whose ends
/// may be infinite.
///
/// ```
/// use ohmspike_stats::Estimate;
/// use ohmspike_stats::equivalence::{Agreement, agreement};
///
/// let at = |mean: f64| Estimate::new(&[mean - 0.01, mean, mean + 0.01]).expect("outcomes");
/// // -+ 0.0248 about the mean.
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
