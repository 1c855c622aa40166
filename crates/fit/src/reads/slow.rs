//! Normal noise of many correlation times, as with a spectrum of 1/f, against two levels.
//!
//! ```text
//! y = m + Σ x_k + e      x_k normal, with the correlation exp(-1/τ_k) between successive reads, τ_k = 1, 4, 16, 64 and 256 reads; over a gap g, exp(-g/τ_k)
//! var x_k ~ τ_k^(α - 1)  a spectrum of about 1/f^α; half the mean square of successive differences is the unit
//! L = Π over cells of Σ π_s G_s + π_t T      π by expectation maximisation, with and without two levels T
//! ```
//!
//! Kiefer and Wolfowitz (1956) for the mixture, whose weights let all cells share a law; a best law of each cell would have its chance fit.
//! A read far from its prediction has the same density as one far from both levels (`chain.rs`).

use std::f64::consts::TAU;

use super::chain::{FAR, Product};
use super::gaps::after;
use super::gaussian::FAR_SQUARE;

/// Number of correlation times.
const PARTS: usize = 5;
/// Correlation times, reads.
const TIMES: [f64; PARTS] = [1.0, 4.0, 16.0, 64.0, 256.0];
/// Exponents α of the spectrum.
const EXPONENTS: [f64; 4] = [0.6, 1.0, 1.5, 2.0];
/// Fractions of the mean square of successive differences that are white noise.
const WHITE: [f64; 5] = [0.03, 0.35, 0.7, 0.9, 0.97];
/// Standard deviations in units of that of successive differences.
const SCALES: [f64; 3] = [0.75, 1.0, 1.33];
/// Steps of the mixture, and the gain of ln L at which it ends.
const STEPS: (usize, f64) = (300, 1e-3);

/// Variances of white noise and of the parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spectrum {
    white: f64,
    parts: [f64; PARTS],
}

/// Returns the spectra that stand for noise without levels.
pub(super) fn spectra() -> Vec<Spectrum> {
    let mut spectra = Vec::new();
    for exponent in EXPONENTS {
        let weights = TIMES.map(|time: f64| time.powf(exponent - 1.0));
        let of_differences: f64 =
            weights.iter().zip(TIMES).map(|(weight, time)| weight * (1.0 - (-1.0 / time).exp())).sum();
        for white in WHITE {
            for scale in SCALES {
                let unit = scale * scale * (1.0 - white) / of_differences;
                spectra.push(Spectrum { white: scale * scale * white, parts: weights.map(|weight| unit * weight) });
            }
        }
    }
    spectra
}

/// Returns the logarithm of the likelihood of `reads` over their `unit`, with the best mean; missing reads are NaN.
pub(super) fn ln_likelihood(reads: &[f64], gaps: &[f64], unit: f64, spectrum: &Spectrum) -> f64 {
    let kept_over = |gap: f64| TIMES.map(|time| (-gap / time).exp());
    let (mut gap, mut kept) = (1.0, kept_over(1.0));
    let mut covariance = [[0.0; PARTS]; PARTS];
    (0..PARTS).for_each(|part| covariance[part][part] = spectrum.parts[part]);
    let (mut totals, mut far, mut sums) = (Product::default(), 0.0, [0.0; 3]);
    // Predictions of the parts from the reads, and from a series of ones in their place.
    let (mut predicted, mut of_ones) = ([0.0; PARTS], [0.0; PARTS]);
    for (place, read) in reads.iter().enumerate() {
        let rows: [f64; PARTS] = std::array::from_fn(|part| covariance[part].iter().sum());
        let total = rows.iter().sum::<f64>() + spectrum.white;
        let error = read / unit - predicted.iter().sum::<f64>();
        if error * error > total * FAR_SQUARE {
            far += 1.0;
        } else if !read.is_nan() {
            let (inverse, of_one) = (1.0 / total, 1.0 - of_ones.iter().sum::<f64>());
            totals.multiply(TAU * total);
            sums[0] += error * error * inverse;
            sums[1] += error * of_one * inverse;
            sums[2] += of_one * of_one * inverse;
            (0..PARTS).for_each(|part| {
                let gain = rows[part] * inverse;
                predicted[part] += gain * error;
                of_ones[part] += gain * of_one;
                (0..PARTS).for_each(|other| covariance[part][other] -= gain * rows[other]);
            });
        }
        if after(gaps, place) != gap {
            gap = after(gaps, place);
            kept = kept_over(gap);
        }
        (0..PARTS).for_each(|part| {
            predicted[part] *= kept[part];
            of_ones[part] *= kept[part];
            (0..PARTS).for_each(|other| covariance[part][other] *= kept[part] * kept[other]);
            covariance[part][part] += spectrum.parts[part] * (1.0 - kept[part] * kept[part]);
        });
    }
    let [yy, y, one] = sums;
    far * FAR.ln() - 0.5 * (totals.ln() + yy - if one > 0.0 { y * y / one } else { 0.0 })
}

/// Returns the weights with the largest likelihood of cells whose classes have the logarithms `ln`, and its logarithm.
pub(super) fn mixture(ln: &[Vec<f64>]) -> (Vec<f64>, f64) {
    let classes = ln.first().map_or(0, Vec::len);
    let mut weights = vec![1.0 / classes.max(1) as f64; classes];
    let mut total = f64::NEG_INFINITY;
    for _ in 0..STEPS.0 {
        let before = total;
        let mut sums = vec![0.0; classes];
        total = 0.0;
        for ln in ln {
            let top = ln.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let of: Vec<f64> = ln.iter().zip(&weights).map(|(ln, weight)| weight * (ln - top).exp()).collect();
            let all: f64 = of.iter().sum();
            total += top + all.ln();
            sums.iter_mut().zip(&of).for_each(|(sum, of)| *sum += of / all);
        }
        weights = sums.iter().map(|sum| sum / ln.len() as f64).collect();
        if total - before < STEPS.1 {
            break;
        }
    }
    (weights, total)
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};

    use super::*;

    /// The likelihood of the filter is that of the normal distribution with the covariance of the spectrum, with a missing read left out.
    #[test]
    fn the_filter_is_the_normal_distribution() {
        // No read is beyond 4.6 standard deviations, 0.13 at least.
        let (reads, unit) = ([0.2, -0.3, f64::NAN, 0.4, 0.1], 2.0);
        let known = [0_usize, 1, 3, 4];
        for spectrum in spectra() {
            let covariance = DMatrix::from_fn(4, 4, |i, j| {
                let distance = known[i].abs_diff(known[j]) as f64;
                let slow: f64 =
                    spectrum.parts.iter().zip(TIMES).map(|(part, time)| part * (-distance / time).exp()).sum();
                slow + if i == j { spectrum.white } else { 0.0 }
            });
            let inverse = covariance.clone().try_inverse().expect("a covariance");
            let (y, ones) = (DVector::from_fn(4, |i, _| reads[known[i]] / unit), DVector::from_element(4, 1.0));
            let mean = (ones.transpose() * &inverse * &y)[0] / (ones.transpose() * &inverse * &ones)[0];
            let off = y - mean * ones;
            let exact = -0.5 * ((off.transpose() * inverse * &off)[0] + covariance.determinant().ln() + 4.0 * TAU.ln());
            let found = ln_likelihood(&reads, &[], unit, &spectrum);
            assert!((found - exact).abs() < 1e-9, "{spectrum:?}: {found}, not {exact}");
        }
    }

    /// A spectrum has half the mean square of successive differences that its scale says.
    #[test]
    fn successive_differences_are_the_unit() {
        for (number, spectrum) in spectra().iter().enumerate() {
            let parts = spectrum.parts.iter().zip(TIMES).map(|(part, time)| part * (1.0 - (-1.0 / time).exp()));
            let scale = SCALES[number % SCALES.len()];
            assert!((spectrum.white + parts.sum::<f64>() - scale * scale).abs() < 1e-12);
        }
    }

    /// Cells that follow one of two classes give their fractions.
    #[test]
    fn the_mixture_finds_fractions() {
        let ln: Vec<Vec<f64>> =
            (0..40).map(|cell| if cell < 10 { vec![0.0, -30.0] } else { vec![-30.0, 0.0] }).collect();
        let (weights, total) = mixture(&ln);
        assert!((weights[0] - 0.25).abs() < 1e-9);
        assert!((total - (10.0 * 0.25_f64.ln() + 30.0 * 0.75_f64.ln())).abs() < 1e-6);
    }
}
