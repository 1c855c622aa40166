//! White read noise of the cells of an array: sigma(G) for a block of conductances.
//!
//! ```text
//! constant, relative   sigma = a + r G                          µS; 0 where G = 0
//! table                sigma = G sqrt(exp(s²) - 1) exp(h s²)    s = s(R), sigma of ln R;
//!                                                               h = 1/2 median-preserving, 0 mean-preserving
//! ```
//!
//! `spread.rs` has the conversion of the second line. exp(v) - 1 uses a series where v is small and the difference
//! would lose digits: v (1 + v/2 (1 + v/3 (...))). Its first omitted term is below 2e-8 of the sum at v = 1/2.

use ohmspike_simd::{Block, LANES, exp, ln};

use crate::device::{Convention, LnSigma, WhiteNoise};

/// Largest argument of the series for exp(v) - 1.
const SERIES_END: f32 = 0.5;

/// White read noise of one array.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ReadSpread {
    /// sigma(G) = `absolute` + `relative` G, µS.
    Linear { absolute: f32, relative: f32 },
    /// Standard deviation of a log-normal: ln sigma of ln R over ln G, and h.
    LogNormal { curve: LnSigma, mean_shift: f32 },
}

impl ReadSpread {
    /// Returns the read noise; `None` if reads are exact.
    pub(crate) fn new(noise: &WhiteNoise) -> Option<ReadSpread> {
        match noise {
            WhiteNoise::None => None,
            // The draws would be multiplied by 0: a sweep of read noise starts as fast as exact reads.
            WhiteNoise::Constant { sigma: 0.0 } | WhiteNoise::Relative { fraction: 0.0 } => None,
            WhiteNoise::Constant { sigma } => Some(ReadSpread::Linear { absolute: *sigma, relative: 0.0 }),
            WhiteNoise::Relative { fraction } => Some(ReadSpread::Linear { absolute: 0.0, relative: *fraction }),
            WhiteNoise::Table(table) => {
                let mean_shift = match table.convention() {
                    Convention::MedianPreserving => 0.5,
                    Convention::MeanPreserving => 0.0,
                };
                Some(ReadSpread::LogNormal { curve: table.curve(), mean_shift })
            }
        }
    }

    /// Returns the standard deviation of one read at `conductance`, both µS.
    pub(crate) fn sigma(&self, conductance: f32) -> f32 {
        self.at(&Block::splat(conductance))[0]
    }

    /// Returns the standard deviations of one read at sixteen conductances, µS; 0 for an open cell.
    #[inline(always)]
    pub(crate) fn at(&self, conductance: &Block) -> Block {
        let mut sigma = Block::ZERO;
        match self {
            ReadSpread::Linear { absolute, relative } => {
                for lane in 0..LANES {
                    let stated = absolute + relative * conductance[lane];
                    sigma[lane] = if conductance[lane] > 0.0 { stated } else { 0.0 };
                }
            }
            ReadSpread::LogNormal { curve, mean_shift } => {
                let ln_sigma = curve.at(&conductance.map(ln));
                for lane in 0..LANES {
                    let s = exp(ln_sigma[lane]);
                    let variance = s * s;
                    sigma[lane] = conductance[lane] * exp_less_one(variance).sqrt() * exp(mean_shift * variance);
                }
            }
        }
        sigma
    }
}

/// Returns exp(v) - 1 for v >= 0, within 8 units in the last place.
#[inline(always)]
fn exp_less_one(v: f32) -> f32 {
    let mut series = 1.0;
    for divisor in [8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0] {
        series = 1.0 + v * (1.0 / divisor) * series;
    }
    if v < SERIES_END { v * series } else { exp(v) - 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_noise_of_any_kind_is_exact() {
        for noise in [WhiteNoise::None, WhiteNoise::Constant { sigma: 0.0 }, WhiteNoise::Relative { fraction: 0.0 }] {
            assert_eq!(ReadSpread::new(&noise), None);
        }
    }
    use crate::device::{SpreadPoint, SpreadTable};

    fn table(convention: Convention, points: &[(f64, f64)]) -> WhiteNoise {
        let point = |&(resistance_ohm, sigma_ln_resistance)| SpreadPoint { resistance_ohm, sigma_ln_resistance };
        WhiteNoise::Table(SpreadTable::new(convention, points.iter().map(point).collect()).unwrap())
    }

    /// Above 1/2: two units of exp(v) over exp(v) - 1 >= 0.39 exp(v), and one of the difference.
    #[test]
    fn exp_less_one_keeps_its_digits() {
        for step in 0..4000 {
            let v = exp(0.005 * step as f32 - 17.0);
            let exact = libm::expm1(f64::from(v));
            let error = (f64::from(exp_less_one(v)) / exact - 1.0).abs();
            assert!(error < 8.0 * f64::from(f32::EPSILON), "{v}: {error}");
        }
        assert_eq!(exp_less_one(0.0), 0.0);
    }

    /// The error of ln sigma is at most 14 units of f32 x slope 2 + 4 x 7 (`table.rs`); sigma has the same relative
    /// error, its square twice that. The logarithmic derivatives of sqrt(exp(v) - 1) and of exp(v/2) with respect to v
    /// are 1/(2v) to 1/2 times v: with v up to 2.25, at most 1.3 + 1.2 times the error of v. Ten roundings more.
    #[test]
    fn a_table_gives_the_standard_deviation_of_its_log_normal() {
        let points = [(1e3, 0.002), (1e5, 0.05), (1e6, 1.5)];
        let bound = f64::from(f32::EPSILON) * (2.0 * (14.0 * 2.0 + 28.0) * 2.5 + 10.0);
        for convention in [Convention::MedianPreserving, Convention::MeanPreserving] {
            let noise = table(convention, &points);
            let spread = ReadSpread::new(&noise).unwrap();
            for step in 0..1000 {
                let conductance = exp(0.008 * step as f32 - 0.5);
                let exact = noise.sigma(f64::from(conductance)).microsiemens(f64::from(conductance));
                let error = (f64::from(spread.sigma(conductance)) / exact - 1.0).abs();
                assert!(error < bound, "{conductance} µS: {error}");
            }
        }
    }

    #[test]
    fn a_table_of_equal_points_is_relative_noise() {
        let noise = table(Convention::MeanPreserving, &[(1e3, 0.02), (1e6, 0.02)]);
        let fraction = libm::sqrt(libm::expm1(0.02 * 0.02));
        let [table, relative] =
            [&noise, &WhiteNoise::Relative { fraction: fraction as f32 }].map(|noise| ReadSpread::new(noise).unwrap());
        for conductance in [0.0, 0.3, 1.0, 77.0, 1e3, 5e4] {
            // ln sigma = -3.9 within 4 units, exp within 2, square, series and root 6, products 2.
            let bound = 20.0 * f32::EPSILON * relative.sigma(conductance);
            assert!((table.sigma(conductance) - relative.sigma(conductance)).abs() <= bound, "{conductance} µS");
        }
    }
}
