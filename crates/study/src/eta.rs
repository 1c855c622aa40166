//! Estimates the remaining time of a run from the measured epochs.
//!
//! ```text
//! s(c)   = mean seconds of the measured epochs of condition c
//! s      = geometric mean of s(c) over the measured conditions
//! f(v)   = geometric mean of s(c) / s over the measured conditions with value v on an axis; 1 if none was measured
//! s'(c)  = s product of f(v) over the values of c             for a condition without a measurement
//! ```
//!
//! Trials with more neurons, steps or noise take longer, so each value of an axis has its own factor. The remaining time assumes
//! that threads take the trials in order, as a run does.

use crate::study::Study;

/// Time per epoch of each condition, measured or estimated.
#[derive(Clone, Debug)]
pub struct EpochTimes {
    /// Positions of each condition on the axes.
    places: Vec<Vec<usize>>,
    /// Total seconds and number of the measured epochs of each condition.
    measured: Vec<(f64, u64)>,
}

impl EpochTimes {
    /// Creates the times of the conditions of `study`, without measurements.
    pub fn new(study: &Study) -> EpochTimes {
        let places: Vec<Vec<usize>> =
            (0..study.conditions.len()).map(|number| study.places(number).collect()).collect();
        EpochTimes { measured: vec![(0.0, 0); places.len()], places }
    }

    /// Adds a measurement: `epochs` epochs of a condition took `seconds` in all.
    pub fn measure(&mut self, condition: usize, epochs: u64, seconds: f64) {
        let (sum, count) = &mut self.measured[condition];
        *sum += seconds;
        *count += epochs;
    }

    /// Time per epoch of each condition, s. Returns `None` without measurements.
    pub fn epoch_seconds(&self) -> Option<Vec<f64>> {
        // A clock that stood still must not make a factor of 0.
        let mean = |&(seconds, epochs): &(f64, u64)| (epochs > 0).then(|| (seconds / epochs as f64).max(1e-9));
        let measured: Vec<Option<f64>> = self.measured.iter().map(mean).collect();
        let overall = geometric_mean(measured.iter().flatten().copied())?;
        let factors = self.factors(&measured, overall);
        let estimate = |places: &Vec<usize>| {
            overall * places.iter().zip(&factors).map(|(&place, factors)| factors[place]).product::<f64>()
        };
        Some(
            measured
                .iter()
                .zip(&self.places)
                .map(|(known, places)| known.unwrap_or_else(|| estimate(places)))
                .collect(),
        )
    }

    /// The factor of each value of each axis.
    fn factors(&self, measured: &[Option<f64>], overall: f64) -> Vec<Vec<f64>> {
        let axes = self.places.first().map_or(0, Vec::len);
        let factors = |axis: usize| {
            // One pass over the conditions: an axis may have 100,000 values.
            let values = self.places.iter().map(|places| places[axis] + 1).max().unwrap_or(0);
            let mut sums = vec![(0.0, 0u32); values];
            for (places, known) in self.places.iter().zip(measured) {
                if let Some(seconds) = known {
                    let (sum, count) = &mut sums[places[axis]];
                    (*sum, *count) = (*sum + seconds.ln(), *count + 1);
                }
            }
            let factor =
                |(sum, count): (f64, u32)| if count > 0 { (sum / f64::from(count)).exp() / overall } else { 1.0 };
            sums.into_iter().map(factor).collect()
        };
        (0..axes).map(factors).collect()
    }
}

fn geometric_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0u32), |(sum, count), value| (sum + value.ln(), count + 1));
    (count > 0).then(|| (sum / f64::from(count)).exp())
}

/// Time until all trials have ended, s. `running` holds the remaining times of the running trials; `threads` threads take the
/// `waiting` ones in order.
pub fn seconds_left(running: &[f64], waiting: impl Iterator<Item = f64>, threads: usize) -> f64 {
    let mut free_at = running.to_vec();
    free_at.resize(threads.max(running.len()).max(1), 0.0);
    for seconds in waiting {
        let earliest = free_at.iter_mut().min_by(|one, other| one.total_cmp(other)).expect("at least one thread");
        *earliest += seconds;
    }
    free_at.into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two hidden layers x three levels; conditions in that order.
    fn pace() -> EpochTimes {
        let text = "name = \"pace\"\n[network]\nhidden = [10, 20]\n[noise]\nlevel_percent = [1, 10, 100]\n";
        EpochTimes::new(&Study::parse("pace.toml", text, &[]).expect("the test's own study"))
    }

    fn assert_near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        // A few dozen roundings of logarithms and products near 1.
        let near = |(found, expected): (&f64, &f64)| (found / expected - 1.0).abs() < 1e-12;
        assert!(found.iter().zip(expected).all(near), "{found:?}, expected {expected:?}");
    }

    #[test]
    fn has_no_estimate_without_a_measurement() {
        assert_eq!(pace().epoch_seconds(), None);
    }

    #[test]
    fn measured_conditions_keep_their_mean_and_others_are_estimated() {
        let mut pace = pace();
        pace.measure(0, 10, 20.0);
        assert_near(&pace.epoch_seconds().expect("measured"), &[2.0; 6]);
        pace.measure(0, 2, 16.0);
        assert_near(&pace.epoch_seconds().expect("measured"), &[3.0; 6]);
        // Noise of 100 % takes twice as long, 20 neurons three times as long as 10: a product for both.
        for (condition, seconds) in [(1, 3.0), (2, 6.0), (3, 9.0), (4, 9.0)] {
            pace.measure(condition, 1, seconds);
        }
        let seconds = pace.epoch_seconds().expect("measured");
        assert_near(&seconds[..5], &[3.0, 3.0, 6.0, 9.0, 9.0]);
        assert!((9.0..36.0).contains(&seconds[5]), "{seconds:?}");
    }

    /// In a full grid, the factors of a product law are exact.
    #[test]
    fn finds_the_factors_of_a_product_law() {
        let pace = pace();
        let law = [1.0, 2.0, 4.0, 3.0, 6.0, 12.0];
        let overall = geometric_mean(law.into_iter()).expect("six numbers");
        let factors = pace.factors(&law.map(Some), overall);
        let product = |places: &Vec<usize>| overall * factors[0][places[0]] * factors[1][places[1]];
        assert_near(&pace.places.iter().map(product).collect::<Vec<f64>>(), &law);
    }

    #[test]
    fn threads_take_the_trials_in_order() {
        assert_eq!(seconds_left(&[], [].into_iter(), 2), 0.0);
        assert_eq!(seconds_left(&[5.0, 1.0], [3.0, 3.0].into_iter(), 2), 7.0);
        assert_eq!(seconds_left(&[5.0], [3.0, 3.0].into_iter(), 2), 6.0);
        assert_eq!(seconds_left(&[5.0], [].into_iter(), 8), 5.0);
        assert_eq!(seconds_left(&[], [2.0; 10].into_iter(), 4), 6.0);
    }
}
