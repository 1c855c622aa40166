//! Normal noise with the same variance and the same correlation in time as telegraph noise, but without levels.
//!
//! ```text
//! y = m + x + e      x normal with variance v and correlation λ between successive reads, λ^g over a gap g (gaps.rs), e ~ N(0, 1),
//!                    units of the white noise
//! ```
//!
//! Cells with more white noise than others (λ = 0), or with drift and slow noise (λ near 1), follow this law; only levels tell
//! telegraph noise from it. Likelihood by the filter of Kalman (1960), with the best m. White noise about a straight line
//! is such noise as well. A read far from its prediction has the
//! same density as one far from both levels (`chain.rs`).

use std::f64::consts::TAU;

use super::chain::{FAR, Product};
use super::gaps::after;

/// Square of the distance at which the normal density is [`FAR`].
pub(super) const FAR_SQUARE: f64 = 21.2;
/// Variances of the slow part over that of telegraph noise.
const VARIANCES: [f64; 3] = [0.5, 1.0, 1.8];
/// Factors of the loss of correlation per read, 1 - λ.
const LOSSES: [f64; 2] = [0.4, 1.0];

/// Returns the largest logarithm of the likelihood of `reads` near `variance` and `correlation`; missing reads are NaN.
pub(super) fn gaussian(reads: &[f64], gaps: &[f64], variance: f64, correlation: f64) -> f64 {
    let pairs = VARIANCES.iter().flat_map(|factor| LOSSES.iter().map(move |loss| (factor, loss)));
    let of_pair =
        |(factor, loss): (&f64, &f64)| of(reads, gaps, factor * variance, (1.0 - loss * (1.0 - correlation)).max(0.0));
    pairs.map(of_pair).fold(trend(reads, gaps), f64::max)
}

/// Returns the logarithm of the likelihood of white noise about a straight line.
fn trend(reads: &[f64], gaps: &[f64]) -> f64 {
    let times = || {
        (0..reads.len()).scan(0.0, |time, read| {
            let now = *time;
            *time += after(gaps, read);
            Some(now)
        })
    };
    let known = || times().zip(reads).filter(|(_, read)| !read.is_nan());
    let n = known().count() as f64;
    let [time, mean] = known().fold([0.0; 2], |[t, y], (time, read)| [t + time / n, y + read / n]);
    let (tt, ty) = known().fold((0.0, 0.0), |(tt, ty), (at, read)| (tt + (at - time).powi(2), ty + (at - time) * read));
    let slope = if tt > 0.0 { ty / tt } else { 0.0 };
    let off = |(at, read): (f64, &f64)| (read - mean - slope * (at - time)).powi(2);
    known().map(|one| (-0.5 * (off(one) + TAU.ln())).max(FAR.ln())).sum()
}

fn of(reads: &[f64], gaps: &[f64], variance: f64, correlation: f64) -> f64 {
    let (mut spread, mut totals, mut far, mut sums) = (variance, Product::default(), 0.0, [0.0; 3]);
    // Predictions of the slow part from the reads, and from a series of ones in their place.
    let (mut predicted, mut of_ones) = (0.0, 0.0);
    for (place, read) in reads.iter().enumerate() {
        let total = spread + 1.0;
        let error = read - predicted;
        if error * error > total * FAR_SQUARE {
            far += 1.0;
        } else if !read.is_nan() {
            let inverse = 1.0 / total;
            let (of_one, gain) = (1.0 - of_ones, spread * inverse);
            totals.multiply(TAU * total);
            sums[0] += error * error * inverse;
            sums[1] += error * of_one * inverse;
            sums[2] += of_one * of_one * inverse;
            predicted += gain * error;
            of_ones += gain * of_one;
            spread *= 1.0 - gain;
        }
        let correlation = if gaps.is_empty() { correlation } else { correlation.powf(after(gaps, place)) };
        predicted *= correlation;
        of_ones *= correlation;
        spread = correlation * correlation * spread + variance * (1.0 - correlation * correlation);
    }
    let [yy, y, one] = sums;
    far * FAR.ln() - 0.5 * (totals.ln() + yy - if one > 0.0 { y * y / one } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};

    use super::*;

    /// The likelihood of the filter is that of the normal distribution with the covariance v λ^|t - u| + (t = u).
    #[test]
    fn the_filter_is_the_normal_distribution() {
        let (reads, variance, correlation) = ([0.3, -1.0, 2.2, 1.4], 1.7, 0.6_f64);
        for (gaps, times) in [(&[][..], [0.0, 1.0, 2.0, 3.0]), (&[0.5, 3.0, 1.0], [0.0_f64, 0.5, 3.5, 4.5])] {
            let covariance = DMatrix::from_fn(4, 4, |i, j| {
                variance * correlation.powf((times[i] - times[j]).abs()) + f64::from(u8::from(i == j))
            });
            let inverse = covariance.clone().try_inverse().unwrap();
            let (y, ones) = (DVector::from_row_slice(&reads), DVector::from_element(4, 1.0));
            let mean = (ones.transpose() * &inverse * &y)[0] / (ones.transpose() * &inverse * &ones)[0];
            let off = y - mean * ones;
            let exact = -0.5 * ((off.transpose() * inverse * &off)[0] + covariance.determinant().ln() + 4.0 * TAU.ln());
            assert!((of(&reads, gaps, variance, correlation) - exact).abs() < 1e-12);
        }
    }
}
