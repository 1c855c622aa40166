//! Whether noise grows with the distance of reads, as 1/f noise and drift do: successive differences then hold only its fast part.
//!
//! ```text
//! A_m = half the mean square of differences of reads that are m reads apart        A_1 for white noise at every m
//! x_m = (A_m - A_1) / mean A_1 of the state                                        one value per series without a trap
//! grows if the mean of x_m is above 0 by Student's t at a level of 2e-5, and above 4 %
//! error of the mean: from the scatter of series, and at least that of white noise, sqrt(2 / number of reads)
//! ```
//!
//! As the two-sample variance of Allan, Proc. IEEE 54, 221 (1966), for reads instead of means of reads.

use crate::normal::student;
use crate::sample::standard_deviation;

/// Number of distances 2, 4, 8, ...
pub(super) const DISTANCES: usize = 8;
/// Confidence of one distance, two-sided.
const LEVEL: f64 = 1.0 - 4e-5;
/// Smallest growth of the variance that a note tells; 2 % of a standard deviation.
const MATTERS: f64 = 0.04;
/// Smallest number of series, and of pairs of reads of one series at a distance.
const MIN_COUNT: usize = 10;

/// Halves of mean squares of differences of `reads` that are not `wrong`, µS²: of successive reads, and at each distance that has enough pairs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Growth {
    reads: f64,
    successive: f64,
    distant: [Option<f64>; DISTANCES],
}

impl Growth {
    /// Returns the squares of one series.
    pub fn new(reads: &[f64], wrong: &[bool]) -> Growth {
        let at = |distance: usize| {
            let known = |place: &usize| !wrong[*place] && !wrong[place + distance];
            let squares = (0..reads.len().saturating_sub(distance)).filter(known);
            let (sum, pairs) = squares.fold((0.0, 0), |(sum, pairs), place| {
                (sum + 0.5 * (reads[place + distance] - reads[place]).powi(2), pairs + 1)
            });
            (pairs >= MIN_COUNT).then(|| sum / pairs as f64)
        };
        match at(1) {
            Some(successive) => {
                Growth { reads: reads.len() as f64, successive, distant: std::array::from_fn(|power| at(2 << power)) }
            }
            None => Growth::default(),
        }
    }
}

/// Noise of distant reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Grows {
    /// Distance in reads.
    pub distance: usize,
    /// Standard deviation from differences at this distance over that from successive ones.
    pub factor: f64,
}

/// Returns the distance at which the noise of `series`, each with the variance of its state, µS², is largest, if it grows.
pub(super) fn grows(series: &[(Growth, f64)]) -> Option<Grows> {
    let of_distance = |power: usize| {
        let mut reads = 0.0;
        let mut value = |(growth, variance): &(Growth, f64)| {
            let value =
                Some((growth.distant[power]? - growth.successive) / variance).filter(|value| value.is_finite())?;
            reads += growth.reads;
            Some(value)
        };
        let values: Vec<f64> = series.iter().filter_map(&mut value).collect();
        let n = values.len() as f64;
        if values.len() < MIN_COUNT {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n;
        let error = (standard_deviation(&values) / n.sqrt()).max((2.0 / reads).sqrt());
        let shown = mean > MATTERS && mean > student(n - 1.0, LEVEL) * error;
        shown.then(|| Grows { distance: 2 << power, factor: (1.0 + mean).sqrt() })
    };
    (0..DISTANCES).filter_map(of_distance).max_by(|one, other| one.factor.total_cmp(&other.factor))
}
