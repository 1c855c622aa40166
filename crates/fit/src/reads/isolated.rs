//! Single reads that are far from most others of their series: outliers of the measurement.
//!
//! ```text
//! sigma      1.4826 median |d| / sqrt(2)         d the differences of successive reads of a series, or of a neighbourhood
//! far        further than 3 sigma sqrt(1 + pi / 2 n) = r from the median of the n reads, whose own error is the root
//! outlier    a far read with fewer than three reads, or 15 % of all, within sigma, in a run of at most two far reads within r,
//!            or of four if the series has single ones there
//! kept       variance of a normal distribution within r of its centre, 1 - 2 c φ(c) / (2 Φ(c) - 1) with c = r / sigma
//! ```
//!
//! Few reads do not tell their noise: sigma² is the mean of that of the series, with the weight n, and of that of series with a
//! similar conductance, with the weight 10; up to seven reads have that of their neighbourhood alone. Distances are those of G or of ln G, on whichever scale the middle of all reads is more
//! symmetrical. Levels of telegraph noise have many reads, or last longer, so they are no outliers.

use std::f64::consts::FRAC_PI_2;

use crate::normal::{between, density};
use crate::sample::median;

/// Distance in standard deviations of a read.
const FAR: f64 = 3.0;
/// Longest run of outliers, and of outliers at a conductance that has single ones as well.
const LONGEST: [usize; 2] = [2, 4];
/// Fraction of the reads of a series that make a level although none of its visits is long, and their smallest number. A trap as
/// fast as the reads has half of them at each level; 3 % of wrong reads make 15 % of 50 in one of 5000 series.
const LEVEL: (f64, usize) = (0.15, 3);
/// Smallest number of reads of a series that shows an outlier.
const MIN_READS: usize = 3;
/// Smallest number of reads of a series that has a noise of its own.
const OWN_NOISE: usize = 8;
/// Standard error of ln sigma of a series, times the root of its number of reads, by simulation.
const OWN_ERROR: f64 = 1.3;
/// Number of reads with the noise of the neighbourhood that enter that of a series.
const PRIOR: f64 = 10.0;
/// Series of a neighbourhood.
const NEIGHBOURS: usize = 30;
/// Quantile on each side whose distances from the median tell the scale; outliers hardly move it.
const SIDE: f64 = 0.1;

/// Outliers of one series.
#[derive(Clone, Debug, Default)]
pub(super) struct Isolated {
    /// Which reads are outliers.
    pub outlier: Vec<bool>,
    /// Which of them are no tail of a level: the mean of a level without its tail would be moved.
    pub beyond_levels: Vec<bool>,
    /// Distance from the median beyond which a read may be an outlier, on the scale of the noise; infinite without outliers.
    pub reach: f64,
    /// Standard deviation of the noise of the neighbourhood, or of the series if it differs clearly, on that scale.
    pub sigma: f64,
    /// Whether the noise is closer to symmetrical on the scale of ln G.
    pub logarithmic: bool,
}

/// Returns the outliers of each series.
pub(super) fn isolated(series: &[Vec<f64>]) -> Vec<Isolated> {
    let relative: Vec<Vec<f64>> = series.iter().map(|reads| relative(reads)).collect();
    let ln: Vec<Option<Vec<f64>>> = series.iter().map(|reads| logarithms(reads)).collect();
    let [of_relative, of_ln] = [asymmetry(relative.iter()), asymmetry(ln.iter().flatten())];
    // Reads of at most 0 µS have no logarithm.
    let is_ln = |place: usize| ln[place].is_some() && of_ln <= of_relative;
    let on_scale = |place: usize| ln[place].as_ref().filter(|_| is_ln(place)).unwrap_or(&relative[place]);
    let mut order: Vec<usize> = (0..series.len()).collect();
    let middles: Vec<f64> = series.iter().map(|reads| median(&mut reads.clone())).collect();
    order.sort_by(|&one, &other| middles[one].total_cmp(&middles[other]));
    let mut outliers = vec![Isolated::default(); series.len()];
    for neighbours in neighbourhoods(&order) {
        let pooled = sigma(neighbours.iter().map(|&place| &on_scale(place)[..]));
        for &place in neighbours {
            let reads = on_scale(place);
            outliers[place] = Isolated { logarithmic: is_ln(place), ..of_series(reads, pooled) };
        }
    }
    outliers
}

/// Returns `reads` over the size of their median.
fn relative(reads: &[f64]) -> Vec<f64> {
    let size = median(&mut reads.to_vec()).abs().max(f64::MIN_POSITIVE);
    reads.iter().map(|read| read / size).collect()
}

/// Returns the logarithms of `reads`, if all are positive.
fn logarithms(reads: &[f64]) -> Option<Vec<f64>> {
    reads.iter().all(|read| *read > 0.0).then(|| reads.iter().map(|read| read.ln()).collect())
}

/// Splits series in `order` into neighbourhoods of at least [`NEIGHBOURS`], if there are as many.
pub(super) fn neighbourhoods(order: &[usize]) -> impl Iterator<Item = &[usize]> {
    let count = (order.len() / NEIGHBOURS).max(1);
    (0..count).map(move |number| &order[number * order.len() / count..(number + 1) * order.len() / count])
}

/// Returns the robust standard deviation of a read from the successive differences of all `series`.
fn sigma<'a>(series: impl Iterator<Item = &'a [f64]>) -> f64 {
    let mut distances: Vec<f64> =
        series.flat_map(|reads| reads.windows(2).map(|pair| (pair[1] - pair[0]).abs())).collect();
    if distances.is_empty() { 0.0 } else { 1.4826 * median(&mut distances) / std::f64::consts::SQRT_2 }
}

/// Returns how much longer one side of the distribution of reads about the medians of their series is than the other.
fn asymmetry<'a>(series: impl Iterator<Item = &'a Vec<f64>>) -> f64 {
    let mut residuals: Vec<f64> = Vec::new();
    for reads in series {
        let middle = median(&mut reads.clone());
        residuals.extend(reads.iter().map(|read| read - middle));
    }
    if residuals.is_empty() {
        return f64::INFINITY;
    }
    let place = (SIDE * residuals.len() as f64) as usize;
    let last = residuals.len() - 1 - place;
    let low = -*residuals.select_nth_unstable_by(place, f64::total_cmp).1;
    let high = *residuals.select_nth_unstable_by(last, f64::total_cmp).1;
    if low + high > 0.0 { ((high - low) / (high + low)).abs() } else { 0.0 }
}

/// Returns the outliers of `reads` in a neighbourhood with the noise `pooled`.
fn of_series(reads: &[f64], pooled: f64) -> Isolated {
    let n = reads.len();
    let own = if n < OWN_NOISE { pooled } else { sigma([reads].into_iter()) };
    let spread = ((n as f64 * own * own + PRIOR * pooled * pooled) / (n as f64 + PRIOR)).sqrt();
    // More than half of the differences are 0 where the resolution of the reads hides their noise.
    if n < MIN_READS || own.min(pooled) <= 0.0 {
        return Isolated {
            outlier: vec![false; n],
            beyond_levels: vec![false; n],
            reach: f64::INFINITY,
            ..Isolated::default()
        };
    }
    let (middle, reach) = (median(&mut reads.to_vec()), FAR * spread * (1.0 + FRAC_PI_2 / n as f64).sqrt());
    let far = |read: f64| (read - middle).abs() > reach;
    let enough = ((LEVEL.0 * n as f64).ceil() as usize).max(LEVEL.1);
    let mut sorted = reads.to_vec();
    sorted.sort_by(f64::total_cmp);
    let near = |read: f64, distance: f64| {
        let below = |bound: f64| sorted.partition_point(|value| *value < bound);
        below(read + distance) - below(read - distance)
    };
    let few = |read: f64| near(read, reach / FAR) < enough;
    let runs = || reads.chunk_by(|&one, &next| far(one) == far(next) && (!far(one) || (next - one).abs() <= reach));
    let of_run = |run: &[f64]| run.len() <= LONGEST[0] && far(run[0]);
    let short = runs().flat_map(|run| std::iter::repeat_n(of_run(run), run.len()));
    let mut outlier: Vec<bool> = short.zip(reads).map(|(short, &read)| short && few(read)).collect();
    // Of many wrong reads at one conductance, some come in a row.
    let single: Vec<f64> = outlier.iter().zip(reads).filter(|(outlier, _)| **outlier).map(|(_, &read)| read).collect();
    let mut place = 0;
    for run in runs() {
        let alike = || single.iter().any(|read| (read - run[0]).abs() <= reach);
        if far(run[0]) && (LONGEST[0] + 1..=LONGEST[1]).contains(&run.len()) && few(run[0]) && alike() {
            outlier[place..place + run.len()].fill(true);
        }
        place += run.len();
    }
    let beyond = |(&outlier, &read): (&bool, &f64)| outlier && near(read, reach) < enough;
    let beyond_levels = outlier.iter().zip(reads).map(beyond).collect();
    // Unless the noise differs from that of the neighbourhood by more than its own error, the latter is known better.
    let alike = (own / pooled).ln().abs() < 2.0 * OWN_ERROR / (n as f64).sqrt();
    Isolated { outlier, beyond_levels, reach, sigma: if alike { pooled } else { own }, logarithmic: false }
}

/// Returns the variance of normal reads with the standard deviation `sigma` that are within `reach`, over that of all.
pub(super) fn kept(reach: f64, sigma: f64) -> f64 {
    if !reach.is_finite() || sigma <= 0.0 {
        return 1.0;
    }
    let c = reach / sigma;
    1.0 - 2.0 * c * density(c) / between(-c, c)
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;
    use rand::RngExt;

    use super::*;
    use crate::normal::quantile;

    fn of_one(reads: &[f64]) -> Vec<bool> {
        isolated(&[reads.to_vec()]).remove(0).outlier
    }

    /// Reads about 100 µS with a spread of 1 µS, and one at 300 µS; levels of telegraph noise are kept.
    #[test]
    fn levels_are_no_outliers() {
        let noise = |k: usize| ((k * 37) % 101) as f64 / 50.0 - 1.0;
        let mut reads: Vec<f64> = (0..60).map(|k| 100.0 + noise(k)).collect();
        assert_eq!(of_one(&reads), vec![false; 60]);
        reads[30] = 300.0;
        assert_eq!(of_one(&reads).iter().position(|outlier| *outlier), Some(30));
        assert_eq!(of_one(&reads).iter().filter(|outlier| **outlier).count(), 1);
        let at = |visit: fn(usize) -> bool| -> Vec<f64> {
            (0..60).map(|k| 100.0 + noise(k) + if visit(k) { 20.0 } else { 0.0 }).collect()
        };
        assert_eq!(of_one(&at(|k| [0, 2, 3].contains(&(k % 7)))), vec![false; 60]);
        // Single reads at the same conductance, 8 % of all: wrong ones.
        let wrong: Vec<bool> = (0..60).map(|k| k % 12 == 4).collect();
        assert_eq!(of_one(&at(|k| k % 12 == 4)), wrong);
        let slow: Vec<f64> = (0..60).map(|k| 100.0 + noise(k) + if k > 56 { 20.0 } else { 0.0 }).collect();
        assert_eq!(of_one(&slow), vec![false; 60]);
        reads[31] = 300.5;
        assert_eq!(of_one(&reads).iter().filter(|outlier| **outlier).count(), 2);
        // More than half of the differences are 0: the resolution of the reads hides their noise.
        let coarse: Vec<f64> = (0..60).map(|k| if k == 9 { 101.0 } else { 100.0 }).collect();
        assert_eq!(of_one(&coarse), vec![false; 60]);
    }

    /// Three reads each of 300 cells with a noise of 5 %: their neighbours tell that one read of a cell is an outlier.
    #[test]
    fn neighbours_tell_the_noise_of_few_reads() {
        let mut stream = Seed::new(1).stream();
        let mut series: Vec<Vec<f64>> = (0..300)
            .map(|_| (0..3).map(|_| 50.0 * (1.0 + 0.05 * quantile(stream.random_range(1e-12..1.0)))).collect())
            .collect();
        let count = |series: &[Vec<f64>]| {
            isolated(series).iter().flat_map(|one| &one.outlier).filter(|outlier| **outlier).count()
        };
        // Beyond 3 sigma lie 0.27 % of 900 reads, 2.4; more than eleven have a probability of 10^-5.
        let before = count(&series);
        assert!(before <= 11, "{before}");
        series[7][1] = 80.0;
        assert!(isolated(&series)[7].outlier[1]);
    }
}
