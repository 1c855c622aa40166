//! Test of a fitted law on cells that were held out.
//!
//! ```text
//! z      residual of a held-out value over its law, a standard normal if the law holds
//! sup |F_n - F|    F_n the empirical distribution of z, F the standard normal
//! envelope of the k-th of n ordered z: normal quantiles of Beta(k, n + 1 - k)
//! independent      n / (1 + (m - 1) ρ):  m = sum n_c² / n values per cell, ρ their correlation (Kish, *Survey Sampling*, 1965, section 5.4)
//! ```
//!
//! A large n rejects every model, so these are effect sizes, not tests. The values of one cell count as one where they are equal.

use statrs::distribution::{Beta, ContinuousCDF};

use crate::normal::{cdf, quantile};
use crate::report::{QqPoint, Quality, QuantileError};

/// Probabilities of reported quantiles.
const PROBABILITIES: [f64; 5] = [0.01, 0.05, 0.5, 0.95, 0.99];
/// Largest number of points of a quantile-quantile plot.
const MAX_POINTS: usize = 60;
/// Smallest number of held-out values.
const MIN_VALUES: usize = 20;

/// Returns the quality of a law from the residuals z of held-out `cells`, with the number of the cell of each; none for too few.
pub(crate) fn quality(mut of_cells: Vec<(u32, f64)>, cells: usize) -> Option<Quality> {
    of_cells.retain(|(_, z)| !z.is_nan());
    let n = of_cells.len();
    if n < MIN_VALUES {
        return None;
    }
    let independent = independent(&mut of_cells);
    let mut z: Vec<f64> = of_cells.into_iter().map(|(_, z)| z).collect();
    z.sort_by(f64::total_cmp);
    let mut distance = 0.0_f64;
    for (rank, &z) in z.iter().enumerate() {
        let law = cdf(z);
        distance = distance.max((law - rank as f64 / n as f64).abs()).max((law - (rank + 1) as f64 / n as f64).abs());
    }
    let data = |probability: f64| {
        let place = probability * (n - 1) as f64;
        let (below, along) = (place.floor() as usize, place.fract());
        z[below] + along * (z[(below + 1).min(n - 1)] - z[below])
    };
    let quantiles = PROBABILITIES.map(|probability| QuantileError {
        probability,
        law: quantile(probability),
        data: data(probability),
    });
    let points = n.min(MAX_POINTS);
    let qq = (0..points).map(|point| {
        let rank = if points == n { point } else { point * (n - 1) / (points - 1) };
        point_at(rank, n, z[rank])
    });
    Some(Quality { n, cells, independent, distance, quantiles: quantiles.to_vec(), qq: qq.collect() })
}

/// Returns the number of independent values as good as the (cell, z) of `of_cells`, from the analysis of variance.
fn independent(of_cells: &mut [(u32, f64)]) -> f64 {
    of_cells.sort_by_key(|(cell, _)| *cell);
    let n = of_cells.len() as f64;
    let mean = of_cells.iter().map(|(_, z)| z).sum::<f64>() / n;
    let (mut cells, mut squares, mut between, mut within) = (0.0, 0.0, 0.0, 0.0);
    for of_cell in of_cells.chunk_by(|one, other| one.0 == other.0) {
        let count = of_cell.len() as f64;
        let own = of_cell.iter().map(|(_, z)| z).sum::<f64>() / count;
        (cells, squares) = (cells + 1.0, squares + count * count);
        between += count * (own - mean).powi(2);
        within += of_cell.iter().map(|(_, z)| (z - own).powi(2)).sum::<f64>();
    }
    if cells < 2.0 || n <= cells {
        return n;
    }
    let (between, within) = (between / (cells - 1.0), within / (n - cells));
    let per_cell = (n - squares / n) / (cells - 1.0);
    let correlation = ((between - within) / (between + (per_cell - 1.0) * within)).clamp(0.0, 1.0);
    n / (1.0 + (squares / n - 1.0) * correlation)
}

/// Returns the point of the ordered residual number `rank`, from 0, of `n`.
fn point_at(rank: usize, n: usize, data: f64) -> QqPoint {
    let beta = Beta::new((rank + 1) as f64, (n - rank) as f64).expect("ranks are positive");
    let [low, high] = [0.025, 0.975].map(|probability| quantile(beta.inverse_cdf(probability).clamp(1e-300, 1.0)));
    QqPoint { law: quantile((rank as f64 + 0.5) / n as f64), data, low, high }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_quantiles_have_no_error() {
        let n = 1000;
        let z: Vec<(u32, f64)> = (0..n).map(|k| (k, quantile((f64::from(k) + 0.5) / f64::from(n)))).collect();
        let quality = quality(z.clone(), 10).unwrap();
        assert!((quality.distance - 0.0005).abs() < 1e-6);
        assert!(quality.quantiles.iter().all(|quantile| quantile.error().abs() < 0.02));
        assert!(quality.qq.iter().all(|point| point.low <= point.data && point.data <= point.high));
        assert!(super::quality(z[..10].to_vec(), 1).is_none());
    }

    /// A spread 20 % above the law: the distance is max |cdf(x / 1.2) - cdf(x)| = 0.044, at x near 1.1.
    #[test]
    fn a_wrong_spread_has_an_effect_size() {
        let n = 10_000;
        let z = (0..n).map(|k| (k, 1.2 * quantile((f64::from(k) + 0.5) / f64::from(n)))).collect();
        let quality = quality(z, 10).unwrap();
        assert!((quality.distance - 0.0439).abs() < 0.001, "{}", quality.distance);
        assert!((quality.quantiles[4].error() + 0.2 * 2.326).abs() < 0.01);
    }

    /// 20 cells with 3 values each: equal ones count as 20, and those without a correlation as 60. An estimated correlation of 57 values has a
    /// standard error of about 0.2.
    #[test]
    fn values_of_one_cell_count_as_far_as_they_differ() {
        let z = |k: u32, n: u32| quantile((f64::from(k) + 0.5) / f64::from(n));
        let equal: Vec<(u32, f64)> = (0..60).map(|k| (k / 3, z(k / 3, 20))).collect();
        assert!((quality(equal, 20).unwrap().independent - 20.0).abs() < 1e-9);
        let different: Vec<(u32, f64)> = (0..60).map(|k| (k / 3, z((k * 37) % 60, 60))).collect();
        let independent = quality(different, 20).unwrap().independent;
        assert!((45.0..=60.0).contains(&independent), "{independent}");
    }
}
