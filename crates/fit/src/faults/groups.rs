//! Groups of stuck cells at equal conductances.
//!
//! ```text
//! scan       N values of ln G over a width W; k of them within w, which start at one of them
//! W          the window, or the range of the other values if these are on a part of it
//! L          k ln(k / N r) + (N - k) ln((N - k) / N (1 - r)),   r = w / W        (Kulldorff, *Commun. Stat. Theory Methods* 26, 1481, 1997)
//! P          N M P(at least k - 1 of N - 1 within w),           M widths          more than the probability of such a group by chance
//! ```
//!
//! The group with the largest L is one if P < 0.1 %, if it holds 15 % of the values, and if the ranges of the same width next to it hold few values: broad
//! distributions are no groups. The others are searched for further groups.

use ohmspike_stats::binomial::at_least;

/// Widths of groups in ln G.
const WIDTHS: [f64; 4] = [0.02, 0.05, 0.1, 0.2];
/// Largest width of a group relative to that of all values.
const MAX_WIDTH: f64 = 0.25;
/// Probability of a group by chance.
const LEVEL: f64 = 1e-3;
/// Smallest part of the values that a group holds: less is a level of few cells, or the chance of a broad distribution.
const MIN_PART: f64 = 0.15;
/// Largest number of values next to a group, relative to its own.
const MAX_NEARBY: f64 = 0.25;
/// Smallest number of other values that have a range of their own.
const MIN_OTHERS: usize = 5;
/// Room about a group in ln G.
const ROOM: f64 = 1e-9;

/// Range of a group, µS.
pub(super) type Group = (f64, f64);

/// Returns the groups of `conductances`, µS, in rising order; without them, the values are uniform in ln G over `window`, µS.
pub(super) fn groups(conductances: &[f64], window: (f64, f64)) -> Vec<Group> {
    let mut values: Vec<f64> = conductances.iter().map(|conductance| conductance.ln()).collect();
    values.sort_by(f64::total_cmp);
    let mut found = Vec::new();
    while let Some((first, count)) = densest(&values, (window.0.ln(), window.1.ln())) {
        let group: Vec<f64> = values.drain(first..first + count).collect();
        found.push(((group[0] - ROOM).exp(), (group[count - 1] + ROOM).exp()));
    }
    found.sort_by(|one, other| one.0.total_cmp(&other.0));
    found
}

/// Returns the first member and the number of members of the densest group of sorted `values`.
fn densest(values: &[f64], (low, high): (f64, f64)) -> Option<(usize, usize)> {
    let n = values.len();
    let whole = high.max(*values.last()?) - low.min(*values.first()?);
    let mut best: Option<(f64, usize, usize)> = None;
    for width in WIDTHS {
        for first in 0..n {
            let up_to = |at: f64| values.partition_point(|value| *value <= at);
            let (from, to) = (values[first], values[first] + width);
            let count = up_to(to) - first;
            let beside = up_to(to + width) - up_to(to) + first - up_to(from - width).min(first);
            let all = range_of_others(values, (first, count)).map_or(whole, |range| range.min(whole));
            let alone = beside as f64 <= MAX_NEARBY * count as f64 && count as f64 >= MIN_PART * n as f64;
            if width > MAX_WIDTH * all || !alone || count < 2 {
                continue;
            }
            let fraction = width / all;
            let by_chance = (n * WIDTHS.len()) as f64 * at_least(count as u64 - 1, n as u64 - 1, fraction);
            let score = likelihood(count as f64, n as f64, fraction);
            if by_chance < LEVEL && best.is_none_or(|best| score > best.0) {
                best = Some((score, first, count));
            }
        }
    }
    best.map(|(_, first, count)| (first, count))
}

/// Returns the range of sorted `values` without a group, from that of their central 80 %; none for few values or another group.
fn range_of_others(values: &[f64], (first, count): (usize, usize)) -> Option<f64> {
    let n = values.len() - count;
    let other = |rank: usize| values[if rank < first { rank } else { rank + count }];
    let range =
        (n >= MIN_OTHERS).then(|| (other((0.9 * n as f64) as usize) - other((0.1 * n as f64) as usize)) / 0.8)?;
    (range > WIDTHS[WIDTHS.len() - 1]).then_some(range)
}

/// Returns L; 0 for groups that are not denser than the other values.
fn likelihood(k: f64, n: f64, fraction: f64) -> f64 {
    if k <= n * fraction {
        return 0.0;
    }
    let term = |k: f64, expected: f64| if k > 0.0 { k * (k / expected).ln() } else { 0.0 };
    term(k, n * fraction) + term(n - k, n * (1.0 - fraction))
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;
    use rand::RngExt;

    use super::*;

    const WINDOW: (f64, f64) = (9.0, 220.0);

    /// Uniform in ln G.
    fn scattered(seed: u64, count: usize) -> Vec<f64> {
        let mut stream = Seed::new(seed).named("groups").stream();
        (0..count).map(|_| WINDOW.0 * (WINDOW.1 / WINDOW.0).powf(stream.random_range(0.0..1.0))).collect()
    }

    #[test]
    fn cells_at_two_conductances_are_two_groups() {
        let near = |at: f64, count: u32| (0..count).map(move |k| at * (0.001 * (f64::from(k) - 3.5)).exp());
        let values: Vec<f64> = near(10.0, 8).chain(near(200.0, 8)).collect();
        let found = groups(&values, WINDOW);
        assert_eq!(found.len(), 2);
        assert!(found[0].0 < 9.97 && found[0].1 > 10.03 && found[1].0 < 199.4 && found[1].1 > 200.6, "{found:?}");
        // Among others.
        let found = groups(&[values, scattered(1, 30)].concat(), WINDOW);
        assert!(found.len() == 2 && found[1].0 < 199.4 && found[1].1 > 200.6, "{found:?}");
    }

    /// Even over a factor of two, and normal in ln G with a standard deviation of 15 %.
    #[test]
    fn broad_distributions_are_no_group() {
        let mut found = 0;
        for seed in 0..50 {
            let mut stream = Seed::new(seed).named("broad").stream();
            let mut uniform = || stream.random_range(1e-9..1.0);
            let even: Vec<f64> = (0..30).map(|_| 60.0 * (1.0 + uniform())).collect();
            let normal: Vec<f64> = (0..200).map(|_| 60.0 * (0.15 * crate::normal::quantile(uniform())).exp()).collect();
            assert!(groups(&normal, WINDOW).is_empty(), "{seed}");
            found += usize::from(!groups(&even, WINDOW).is_empty());
        }
        assert!(found <= 1, "{found}");
    }

    /// At most one sample of a thousand has a group by chance, plus four standard errors of a count of 0.4.
    #[test]
    fn scattered_cells_are_no_group() {
        for count in [2, 8, 60, 300] {
            let with = (0..100).filter(|&seed| !groups(&scattered(seed, count), WINDOW).is_empty()).count();
            assert!(with <= 2, "{count}: {with}");
        }
    }
}
