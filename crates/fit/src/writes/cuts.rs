//! Outliers within the noise: tails with more writes than a normal distribution has.
//!
//! ```text
//! shell      writes between a cut at 3, 2.5 or 2 standard deviations and the bound beyond
//! D          2 (ln L of a shell with any number of writes - ln L of the shell of a normal distribution)
//! excess     writes in the shell beyond those of the normal distribution that fits the writes before the cut
//! ```
//!
//! D is the smaller one of those of v = ln(G / T) and u = G / T - 1: a log-normal distribution has a heavy upper tail in u, and a normal
//! one of G a heavy lower tail in v, and neither has outliers. The cut with the largest D becomes the bound if D > 9, three standard
//! errors, and if the excess is more than 0.5 % of the writes: less shifts no standard deviation by 1 %. This repeats until no shell is
//! left. D has a chi-square distribution with one degree of freedom if there are no outliers (Wilks, *Ann. Math. Stat.* 9, 60, 1938).
//! The likelihood of writes before the cut is that of a truncated distribution, so a cut by chance costs information and shifts
//! nothing.

use crate::truncated::{Bound, Bounds, Sums, maximum};

/// Places of cuts in standard deviations.
const CUTS: [f64; 3] = [3.0, 2.5, 2.0];
/// Place of the bound on the other side, which may have outliers too.
const OTHER: f64 = 2.0;
/// Least D.
const SIGNIFICANT: f64 = 9.0;
/// Smallest excess, as a fraction of the writes.
const MIN_EXCESS: f64 = 0.005;

/// Deviation of a write and its weight.
pub(super) type Weighted = (f64, f64);

/// Returns the `bounds` of `values` of v with the tails cut where they have outliers about the robust `centre` and `sigma`.
pub(super) fn cut(values: &[Weighted], mut bounds: Bounds, (centre, sigma): (f64, f64)) -> Bounds {
    let candidates: Vec<(f64, f64)> = CUTS.iter().flat_map(|&cut| [(1.0, cut), (-1.0, cut)]).collect();
    for _ in &candidates {
        let found = candidates.iter().filter_map(|&(side, cut)| {
            let bounds = if side > 0.0 { bounds } else { mirror(bounds) };
            let (at, other) = (side * centre + cut * sigma, side * centre - OTHER * sigma);
            let of_v = evidence(values, side, (bounds, at, other), |x| x)?;
            let of_u = evidence(values, side, (bounds, at, other), |x| side * (side * x).exp_m1())?;
            Some((side, at, of_v.min(of_u)))
        });
        match found.max_by(|one, other| one.2.total_cmp(&other.2)) {
            None => break,
            Some((side, at, _)) if side > 0.0 => bounds.high = Bound::Truncated(at),
            Some((_, at, _)) => bounds.low = Bound::Truncated(-at),
        }
    }
    bounds
}

fn mirror(bounds: Bounds) -> Bounds {
    let mirrored = |bound| match bound {
        Bound::Truncated(at) => Bound::Truncated(-at),
        Bound::Censored(at) => Bound::Censored(-at),
    };
    Bounds { low: mirrored(bounds.high), high: mirrored(bounds.low) }
}

/// Returns D of the shell of `side` times v between `at` and the upper one of `bounds`, if it tells of outliers; values below `other`
/// do not count. The distribution of `map(side v)` is normal.
fn evidence(
    values: &[Weighted],
    side: f64,
    (bounds, at, other): (Bounds, f64, f64),
    map: impl Fn(f64) -> f64,
) -> Option<f64> {
    let Bound::Truncated(outer) = bounds.high else { return None };
    if at >= outer {
        return None;
    }
    let low = if let Bound::Truncated(low) = bounds.low { Bound::Truncated(low.max(other)) } else { bounds.low };
    let (mut sums, mut shell) = (Sums::default(), 0.0);
    for (x, weight) in values.iter().map(|&(v, weight)| (side * v, weight)).filter(|value| value.0 <= outer) {
        match low {
            _ if x > at => shell += weight,
            Bound::Censored(low) if x <= low => sums.low += weight,
            low if x >= low.at() => sums.push_weighted(map(x), weight),
            _ => {}
        }
    }
    let inner = Bounds { low, high: Bound::Truncated(at) }.mapped(&map);
    let whole = Bounds { low, high: Bound::Truncated(outer) }.mapped(&map);
    let before = sums.n + sums.low;
    let total = before + shell;
    let ln_of = |fraction: f64| {
        let fraction = fraction.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON);
        shell * fraction.ln() + before * (1.0 - fraction).ln()
    };
    let in_shell = |mean: f64, sigma: f64| 1.0 - inner.support(mean, sigma) / whole.support(mean, sigma);
    let (mean, sigma) = inner.estimate(&sums)?;
    if shell - total * in_shell(mean, sigma) < MIN_EXCESS * total {
        return None;
    }
    let free = inner.ln_likelihood(&sums, mean, sigma) + ln_of(shell / total);
    let normal = |x: [f64; 2]| {
        let (mean, sigma) = (mean + sigma * x[0], sigma * x[1].exp());
        inner.ln_likelihood(&sums, mean, sigma) + ln_of(in_shell(mean, sigma))
    };
    let evidence = 2.0 * (free - normal(maximum(normal, [0.0, 0.0])?));
    (evidence > SIGNIFICANT).then_some(evidence)
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;
    use rand::RngExt;

    use super::*;
    use crate::normal::quantile;

    /// Bounds and standard deviation of v.
    const OUTER: f64 = 3.5 * SIGMA;
    const SIGMA: f64 = 0.05;

    /// Normal values, with a fraction of them at `outlier`.
    fn values(seed: u64, count: usize, (fraction, outlier): (f64, f64)) -> Vec<Weighted> {
        let mut stream = Seed::new(seed).named("cuts").stream();
        let normals = (0..count).map(|_| quantile(stream.random_range(1e-12..1.0)));
        let mut values: Vec<Weighted> = normals.map(|z| (SIGMA * z, 1.0)).collect();
        values.iter_mut().take((fraction * count as f64) as usize).for_each(|value| value.0 = SIGMA * outlier);
        values
    }

    /// A shell has a D above 9 and an excess with a probability of 0.13 %, at most six shells of a sample together with 0.8 %.
    #[test]
    fn normal_tails_stay() {
        let bounds = Bounds::truncated(-OUTER, OUTER);
        let repeats = 500;
        let cuts = (0..repeats).filter(|&seed| cut(&values(seed, 1000, (0.0, 0.0)), bounds, (0.0, SIGMA)) != bounds);
        // Four standard errors of a count of 4.
        assert!(cuts.count() <= 12);
    }

    /// Normal in ln G, and normal in G: 30 % of the target.
    #[test]
    fn skewed_tails_are_no_outliers() {
        for seed in 0..20 {
            let normals = values(seed, 20_000, (0.0, 0.0)).into_iter().map(|(v, _)| 0.3 * v / SIGMA);
            let of_g: Vec<Weighted> = normals.clone().filter(|u| *u > -0.9).map(|u| (u.ln_1p(), 1.0)).collect();
            let of_ln: Vec<Weighted> = normals.map(|v| (v, 1.0)).collect();
            let bounds = Bounds::truncated(-1.05, 1.05);
            for values in [of_g, of_ln] {
                assert_eq!(cut(&values, bounds, (0.0, 0.3)), bounds, "{seed}");
            }
        }
    }

    #[test]
    fn clusters_in_a_tail_are_cut() {
        let bounds = Bounds::truncated(-OUTER, OUTER);
        for seed in 0..20 {
            for outlier in [2.3, 2.6, 3.2] {
                let found = cut(&values(seed, 10_000, (0.03, outlier)), bounds, (0.0, SIGMA));
                assert!(found.high.at() < SIGMA * outlier && found.low == bounds.low, "{seed} {outlier}: {found:?}");
                let found = cut(&values(seed, 10_000, (0.03, -outlier)), bounds, (0.0, SIGMA));
                assert!(-found.low.at() < SIGMA * outlier && found.high == bounds.high, "{seed} -{outlier}: {found:?}");
            }
        }
    }

    #[test]
    fn an_end_of_the_window_is_no_tail() {
        let bounds = Bounds { low: Bound::Truncated(-OUTER), high: Bound::Censored(SIGMA) };
        assert_eq!(cut(&values(1, 2000, (0.03, 2.5)), bounds, (0.0, SIGMA)), bounds);
    }
}
