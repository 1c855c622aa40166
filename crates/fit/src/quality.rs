//! Test of a fitted law on cells that were held out.
//!
//! ```text
//! z      residual of a held-out value over its law, a standard normal if the law holds
//! sup |F_n - F|    F_n the empirical distribution of z, F the standard normal
//! envelope of the k-th of n ordered z: normal quantiles of Beta(k, n + 1 - k)
//! ```
//!
//! A large n rejects every model, so these are effect sizes, not tests.

use statrs::distribution::{Beta, ContinuousCDF};

use crate::normal::{cdf, quantile};
use crate::report::{QqPoint, Quality, QuantileError};

/// Probabilities of reported quantiles.
const PROBABILITIES: [f64; 5] = [0.01, 0.05, 0.5, 0.95, 0.99];
/// Largest number of points of a quantile-quantile plot.
const MOST_POINTS: usize = 60;
/// Smallest number of held-out values.
const LEAST: usize = 20;

/// Returns the quality of a law from the residuals `z` of held-out `cells`; none for too few.
pub(crate) fn quality(mut z: Vec<f64>, cells: usize) -> Option<Quality> {
    z.retain(|z| !z.is_nan());
    let n = z.len();
    if n < LEAST {
        return None;
    }
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
    let points = n.min(MOST_POINTS);
    let qq = (0..points).map(|point| {
        let rank = if points == n { point } else { point * (n - 1) / (points - 1) };
        point_at(rank, n, z[rank])
    });
    Some(Quality { n, cells, distance, quantiles: quantiles.to_vec(), qq: qq.collect() })
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
        let z: Vec<f64> = (0..n).map(|k| quantile((f64::from(k) + 0.5) / f64::from(n))).collect();
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
        let z = (0..n).map(|k| 1.2 * quantile((f64::from(k) + 0.5) / f64::from(n))).collect();
        let quality = quality(z, 10).unwrap();
        assert!((quality.distance - 0.0439).abs() < 0.001, "{}", quality.distance);
        assert!((quality.quantiles[4].error() + 0.2 * 2.326).abs() < 0.01);
    }
}
