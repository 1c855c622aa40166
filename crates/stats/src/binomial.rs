//! Exact bounds on a probability from successes and failures.
//!
//! ```text
//! P(X <= x; n, p)  =  sum over k <= x of C(n, k) p^k (1 - p)^(n - k)          X: events in n independent trials
//!
//! lower bound of p:   the p with P(X >= x; n, p) = alpha, 0 for x = 0
//! upper bound of p:   the p with P(X <= x; n, p) = alpha, 1 for x = n         Clopper and Pearson (1934), one-sided
//! ```
//!
//! Each bound is on the wrong side of the true p with a probability of at most alpha, for every p and n.
//!
//! [`least_trials`] is the smallest sample that can show a yield: with 59 chips and no failure, 93 and one, or 124 and
//! two, more than 95 % of all chips pass, at 95 % confidence. These are the sizes of Wilks (1941) and of Guba, Makai
//! and Pál, *Reliability Engineering and System Safety* 80 (2003).

use statrs::distribution::{Binomial, DiscreteCDF};

/// Halvings of an interval from 0 to 1; after 60, neighbouring f64 remain.
const HALVINGS: usize = 60;

fn distribution(n: u64, p: f64) -> Binomial {
    Binomial::new(p, n).expect("a probability between 0 and 1")
}

/// Returns P(X <= `events`) of `n` trials with probability `p` each, 0 to 1.
///
/// ```
/// use ohmspike_stats::binomial::at_most;
///
/// assert!((at_most(0, 59, 0.05) - 0.95_f64.powi(59)).abs() < 1e-14);
/// ```
///
/// # Panics
/// Panics if `p` is not between 0 and 1.
pub fn at_most(events: u64, n: u64, p: f64) -> f64 {
    distribution(n, p).cdf(events)
}

/// Returns P(X >= `events`) of `n` trials with probability `p` each, 0 to 1.
///
/// # Panics
/// Panics if `p` is not between 0 and 1.
pub fn at_least(events: u64, n: u64, p: f64) -> f64 {
    match events.checked_sub(1) {
        Some(below) => distribution(n, p).sf(below),
        None => 1.0,
    }
}

/// Returns the lower bound, with confidence 1 - `alpha`, of the probability of an event that occurred `events` times in
/// `n` trials.
///
/// ```
/// use ohmspike_stats::binomial::lower_bound;
///
/// // 59 of 59: p^59 = 0.05.
/// assert!((lower_bound(59, 59, 0.05) - 0.05_f64.powf(1.0 / 59.0)).abs() < 1e-12);
/// assert_eq!(lower_bound(0, 59, 0.05), 0.0);
/// ```
pub fn lower_bound(events: u64, n: u64, alpha: f64) -> f64 {
    if events == 0 { 0.0 } else { root(|p| at_least(events, n, p) > alpha) }
}

/// Returns the upper bound, with confidence 1 - `alpha`, of the probability of an event that occurred `events` times in
/// `n` trials.
pub fn upper_bound(events: u64, n: u64, alpha: f64) -> f64 {
    if events >= n { 1.0 } else { root(|p| at_most(events, n, p) <= alpha) }
}

/// Returns the p at which `above` changes from false to true.
fn root(above: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if above(middle) { high = middle } else { low = middle }
    }
    (low + high) / 2.0
}

/// Returns the least number of trials in which `failures` or fewer show, at level `alpha`, that more than
/// `fraction` of all trials succeed.
///
/// ```
/// use ohmspike_stats::binomial::least_trials;
///
/// assert_eq!([0, 1, 2].map(|failures| least_trials(failures, 0.95, 0.05)), [59, 93, 124]);
/// ```
///
/// # Panics
/// Panics unless `fraction` and `alpha` are above 0 and below 1.
pub fn least_trials(failures: u64, fraction: f64, alpha: f64) -> u64 {
    assert!(0.0 < fraction && fraction < 1.0 && 0.0 < alpha && alpha < 1.0, "fraction {fraction}, alpha {alpha}");
    let shows = |n: u64| at_most(failures, n, 1.0 - fraction) <= alpha;
    let mut high = failures + 1;
    while !shows(high) {
        high *= 2;
    }
    let mut low = failures;
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if shows(middle) { high = middle } else { low = middle }
    }
    high
}

/// Returns the least number of failures among `n` trials that show, at level `alpha`, that less than
/// `fraction` of all trials succeed; `None` if even `n` do not.
///
/// ```
/// use ohmspike_stats::binomial::least_failures;
///
/// // P(X >= 7; 59, 0.05) = 0.030 and P(X >= 6; 59, 0.05) = 0.079.
/// assert_eq!(least_failures(59, 0.95, 0.05), Some(7));
/// assert_eq!(least_failures(2, 0.5, 0.05), None);
/// ```
pub fn least_failures(n: u64, fraction: f64, alpha: f64) -> Option<u64> {
    (0..=n).find(|failures| at_least(*failures, n, 1.0 - fraction) <= alpha)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guba, Makai and Pál (2003): one-sided 95/95 with 0 to 5 failures.
    #[test]
    fn sample_sizes_are_those_of_wilks() {
        let sizes: Vec<u64> = (0..6).map(|failures| least_trials(failures, 0.95, 0.05)).collect();
        assert_eq!(sizes, [59, 93, 124, 153, 181, 208]);
        assert_eq!(least_trials(0, 0.99, 0.05), 299);
        assert_eq!(least_trials(0, 0.95, 0.01), 90);
    }

    /// `binom.test(682, 925)` on its help page in R (Conover 1971): 0.7076683 to 0.7654066, two-sided 95 %.
    #[test]
    fn bounds_are_those_of_r() {
        let printed = |bound: f64| format!("{bound:.7}");
        assert_eq!(printed(lower_bound(682, 925, 0.025)), "0.7076683");
        assert_eq!(printed(upper_bound(682, 925, 0.025)), "0.7654066");
    }

    #[test]
    fn bounds_of_successes_and_failures_mirror_each_other() {
        for (events, n) in [(0, 1), (3, 10), (92, 93), (124, 124)] {
            let (low, high) = (lower_bound(events, n, 0.05), upper_bound(n - events, n, 0.05));
            assert!((low - (1.0 - high)).abs() < 1e-12, "{events} of {n}: {low}, {high}");
        }
        assert_eq!((lower_bound(0, 5, 0.05), upper_bound(5, 5, 0.05)), (0.0, 1.0));
    }
}
