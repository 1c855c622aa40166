//! Reads that are rounded to a grid as coarse as their noise, as by an ADC.
//!
//! ```text
//! grid   q = the smallest difference of values of a series, on the scale of G or of R; all values of a neighbourhood lie on it, and most of
//!        them are q from the next
//! M      = σ² + q²/12 - q²/2π² Σ_k exp(-4 π² k² σ²/q²) / k²          half the mean square of differences of rounded reads
//! ```
//!
//! The search for levels sees reads that are spread evenly over their place of the grid: two levels without noise, one place apart, would explain
//! rounded reads better than any normal noise. M holds for normal noise and cells whose conductances are spread evenly over q: a difference d is rounded up with the probability of its fraction
//! f of q, which adds q² f (1 - f) to the mean of d². The sum is the Fourier series of f (1 - f).

use std::f64::consts::PI;

use ohmspike_rng::Seed;
use rand::RngExt;

use super::isolated::neighbourhoods;
use crate::sample::median;

/// Quantile of the smallest differences of series that is the grid: few reads may skip its places.
const LOW: f64 = 0.1;
/// Largest distance of a value from the grid, relative to q.
const ON_GRID: f64 = 0.01;
/// Smallest number of places of the grid with a value.
const MIN_PLACES: usize = 5;
/// Smallest difference of two values, relative to them.
const EQUAL: f64 = 1e-9;
/// Steps of the bisection, and terms of the sum.
const STEPS: usize = 60;
const TERMS: usize = 60;

/// Returns the resolution of each series of reads, µS; 0 if they lie on no grid.
pub(super) fn resolutions(series: &[Vec<f64>]) -> Vec<f64> {
    let middles: Vec<f64> = series.iter().map(|reads| median(&mut reads.clone())).collect();
    let mut order: Vec<usize> = (0..series.len()).collect();
    order.sort_by(|&one, &other| middles[one].total_cmp(&middles[other]));
    let mut found = vec![0.0; series.len()];
    for neighbours in neighbourhoods(&order) {
        let of_g: Vec<Vec<f64>> = neighbours.iter().map(|&place| distinct(&series[place])).collect();
        if let Some(q) = grid(&of_g) {
            neighbours.iter().for_each(|&place| found[place] = q);
            continue;
        }
        let of_r = |&place: &usize| distinct(&series[place].iter().map(|read| 1.0 / read).collect::<Vec<f64>>());
        if let Some(q) = grid(&neighbours.iter().map(of_r).collect::<Vec<_>>()) {
            neighbours.iter().for_each(|&place| found[place] = q * middles[place].powi(2));
        }
    }
    found
}

/// Returns `series` with each read at random within its place of the grid, of the size `resolution`.
pub(super) fn spread(series: &[Vec<f64>], resolution: &[f64]) -> Vec<Vec<f64>> {
    let of = |((number, reads), &q): ((usize, &Vec<f64>), &f64)| {
        let mut stream = Seed::new(0).named("places of the grid").numbered(number as u64).stream();
        reads.iter().map(|read| if q > 0.0 { read + q * stream.random_range(-0.5..0.5) } else { *read }).collect()
    };
    series.iter().enumerate().zip(resolution).map(of).collect()
}

/// Returns the different values of `reads`, rising.
fn distinct(reads: &[f64]) -> Vec<f64> {
    let mut values: Vec<f64> = reads.iter().copied().filter(|read| read.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    values.dedup_by(|next, one| *next - *one <= EQUAL * one.abs());
    values
}

/// Returns the spacing of the grid on which the values of all `series` lie.
fn grid(series: &[Vec<f64>]) -> Option<f64> {
    let smallest = |values: &Vec<f64>| values.windows(2).map(|pair| pair[1] - pair[0]).reduce(f64::min);
    let mut steps: Vec<f64> = series.iter().filter_map(smallest).collect();
    steps.sort_by(f64::total_cmp);
    let q = *steps.get((LOW * steps.len() as f64) as usize)?;
    let all = distinct(&series.concat());
    let (first, most) = (*all.first()?, *all.last()?);
    // A grid that rounding errors of the values would hide.
    if q <= EQUAL * most.abs() / ON_GRID {
        return None;
    }
    let place = |value: f64| (value - first) / q;
    let near = |place: f64| (place - place.round()).abs() < ON_GRID;
    let next = all.windows(2).filter(|pair| (place(pair[1]) - place(pair[0]) - 1.0).abs() < ON_GRID).count();
    (all.len() >= MIN_PLACES && 2 * next >= all.len() && all.iter().all(|value| near(place(*value)))).then_some(q)
}

/// Returns the variance of the noise of reads rounded to `q`, whose differences have half the mean square `of_rounded`.
pub(super) fn unrounded(of_rounded: f64, q: f64) -> f64 {
    let (mut low, mut high) = (0.0, of_rounded);
    for _ in 0..STEPS {
        let middle = 0.5 * (low + high);
        if rounded(middle, q) < of_rounded { low = middle } else { high = middle }
    }
    low
}

/// Returns half the mean square of differences of reads with the noise `variance`, rounded to `q`.
fn rounded(variance: f64, q: f64) -> f64 {
    let of_term = |k: f64| (-(2.0 * PI * k / q).powi(2) * variance).exp() / (k * k);
    let sum: f64 = (1..=TERMS).map(|k| of_term(k as f64)).sum();
    // The rest of the series, of terms near 1 / k² for small variances, is below 1 / TERMS.
    variance + q * q / 12.0 - q * q / (2.0 * PI * PI) * sum
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;
    use rand::RngExt;

    use super::*;
    use crate::normal::quantile;

    /// Half the mean square of 2e5 differences of rounded normal values has a relative error of at most 1.5 %: at the smallest noise, a tenth of
    /// them differ.
    #[test]
    fn rounding_is_undone() {
        let mut stream = Seed::new(1).named("rounding").stream();
        for sigma in [0.1, 0.25, 0.5, 1.0] {
            let mut squares = 0.0;
            for _ in 0..200_000 {
                let mean = stream.random_range(0.0..1.0);
                let mut read = || (mean + sigma * quantile(stream.random_range(1e-12..1.0))).round();
                squares += 0.5 * (read() - read()).powi(2);
            }
            let found = unrounded(squares / 200_000.0, 1.0).sqrt();
            assert!((found / sigma - 1.0).abs() < 0.03, "{found}, not {sigma}");
        }
    }

    /// Values on a grid of G and of R, fine values, and two levels without noise, which are no grid.
    #[test]
    fn grids_are_found() {
        let mut stream = Seed::new(2).named("grid").stream();
        let mut reads =
            |at: f64| -> Vec<f64> { (0..50).map(|_| at + 0.5 * quantile(stream.random_range(1e-12..1.0))).collect() };
        let fine: Vec<Vec<f64>> = (0..30).map(|cell| reads(30.0 + f64::from(cell))).collect();
        assert_eq!(resolutions(&fine), [0.0; 30]);
        let to = |q: f64| fine.iter().map(|one| one.iter().map(|read| (read / q).round() * q).collect()).collect();
        let coarse: Vec<Vec<f64>> = to(1.5);
        assert!(resolutions(&coarse).iter().all(|q| (q - 1.5).abs() < 1e-6));
        let of_ohms = |read: &f64| 1e6 / ((1e6 / read) / 500.0).round() / 500.0;
        let ohms: Vec<Vec<f64>> = fine.iter().map(|one| one.iter().map(of_ohms).collect()).collect();
        let found = resolutions(&ohms);
        assert!((found[15] / (500e-6 * 45.0 * 45.0) - 1.0).abs() < 0.1, "{found:?}");
        let levels: Vec<Vec<f64>> = (0..30).map(|cell| [19.8, 20.2].repeat(1 + cell % 3)).collect();
        assert_eq!(resolutions(&levels), [0.0; 30]);
    }
}
