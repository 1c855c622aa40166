//! What all cells do together from read to read, as with a change of temperature.
//!
//! ```text
//! c_t = median over series of read t over the median of its series, less 1
//! e_t = sqrt(pi / 2) 1.4826 MAD_t / sqrt(number of series)           its standard error
//! common if the mean over t of (c_t / e_t)² > 12
//! ```
//!
//! For independent series the mean square is 1 if their noise is white. If it is so slow that a single number describes a series, it is beyond 12 with a
//! probability of 0.05 %.

use crate::sample::{median, robust};

/// Mean square of the common changes over their standard errors.
const COMMON: f64 = 12.0;
/// Smallest number of series, and of reads of each.
const LEAST: usize = 20;
const LEAST_READS: usize = 10;

/// Changes that all series share.
#[derive(Clone, Debug)]
pub(super) struct Common {
    /// Relative change at each read.
    change: Vec<f64>,
}

impl Common {
    /// Returns the changes that `series` share, if they show some; all series have the same number of reads.
    pub fn new(series: &[Vec<f64>]) -> Option<Common> {
        let reads = series.first()?.len();
        if series.len() < LEAST || reads < LEAST_READS || series.iter().any(|one| one.len() != reads) {
            return None;
        }
        let middles: Vec<f64> = series.iter().map(|one| median(&mut one.clone())).collect();
        if middles.iter().any(|middle| *middle <= 0.0) {
            return None;
        }
        let factor = (std::f64::consts::FRAC_PI_2 / series.len() as f64).sqrt();
        let (mut change, mut squares) = (Vec::new(), 0.0);
        for read in 0..reads {
            let mut values: Vec<f64> =
                series.iter().zip(&middles).map(|(one, middle)| one[read] / middle - 1.0).collect();
            let (centre, spread) = robust(&mut values);
            if spread <= 0.0 {
                return None;
            }
            change.push(centre);
            squares += (centre / (factor * spread)).powi(2);
        }
        (squares > COMMON * reads as f64).then_some(Common { change })
    }

    /// Returns `series` without the changes.
    pub fn removed(&self, series: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let one =
            |reads: &Vec<f64>| reads.iter().zip(&self.change).map(|(read, change)| read / (1.0 + change)).collect();
        series.iter().map(one).collect()
    }

    /// Returns the root mean square of the changes.
    pub fn size(&self) -> f64 {
        (self.change.iter().map(|change| change * change).sum::<f64>() / self.change.len() as f64).sqrt()
    }
}
