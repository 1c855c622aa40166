//! Single values of a pulse train that are far from those before and after: outliers of the measurement.
//!
//! ```text
//! d_k = G_k - median(G_(k-2) ... G_(k+2))
//! outlier    |d| > 5 robust standard deviations of d, 5 of a step, and 3 median steps
//! ```
//!
//! The filter of Hampel (Davies and Gather, 1993). A large step stays in the values after it, so it is no outlier. If the noise of
//! steps exceeds them, values are a random walk: d is often 0, and the noise of a step follows from successive steps.

use crate::sample::{median, robust};

/// Values on each side.
const SIDE: usize = 2;
/// Distance from the median of neighbours in robust standard deviations, and in median steps.
const FAR: (f64, f64) = (5.0, 3.0);

/// Returns which `values` of a train are outliers. Near an end of the train, as many values on both sides count: the median of
/// a ramp lies at its middle.
pub(super) fn spikes(values: &[f64]) -> Vec<bool> {
    if values.len() <= 2 * SIDE {
        return vec![false; values.len()];
    }
    let last = values.len() - 1;
    let local = |place: usize| {
        let side = SIDE.min(place).min(last - place);
        values[place] - median(&mut values[place - side..=place + side].to_vec())
    };
    let distances: Vec<f64> = (0..values.len()).map(local).collect();
    let mut steps: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mut changes: Vec<f64> = steps.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let noise = 1.4826 * median(&mut changes) / std::f64::consts::SQRT_2;
    let (first, end) = (reach_of_end(&steps[..2 * SIDE]), reach_of_end(&steps[steps.len() - 2 * SIDE..]));
    let ends = [(0, first, steps[0]), (last, end, steps[steps.len() - 1])];
    steps.iter_mut().for_each(|step| *step = step.abs());
    let spread = robust(&mut distances.clone()).1;
    let reach = (FAR.0 * spread.max(noise)).max(FAR.1 * median(&mut steps));
    let mut found: Vec<bool> = distances.into_iter().map(|distance| reach > 0.0 && distance.abs() > reach).collect();
    for (place, reach_there, step) in ends {
        found[place] = reach > 0.0 && step.abs() > reach.max(FAR.0 * reach_there);
    }
    found
}

/// Returns the largest of the `steps` near an end of a train, without the largest: the step from or to an outlier.
fn reach_of_end(steps: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = steps.iter().map(|step| step.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    sizes[sizes.len() - 2]
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;
    use rand::RngExt;

    use super::*;
    use crate::normal::quantile;

    /// A ramp up and down with one value out of place, and with one large step that stays.
    #[test]
    fn only_values_that_leave_and_return_are_outliers() {
        let ramp = |k: usize| 10.0 + if k < 50 { k as f64 } else { 100.0 - k as f64 };
        let mut values: Vec<f64> = (0..100).map(ramp).collect();
        assert_eq!(spikes(&values), vec![false; 100]);
        values[20] = 80.0;
        assert_eq!(spikes(&values).iter().position(|spike| *spike), Some(20));
        assert_eq!(spikes(&values).iter().filter(|spike| **spike).count(), 1);
        let jump: Vec<f64> = (0..100).map(|k| ramp(k) + if k < 30 { 0.0 } else { 40.0 }).collect();
        assert_eq!(spikes(&jump), vec![false; 100]);
        // A random walk of 10,000 normal steps: both steps at a value exceed 5 sigma with a probability of 10^-13.
        let mut stream = Seed::new(1).stream();
        let mut place = 100.0;
        let walk: Vec<f64> = (0..10_000)
            .map(|_| {
                place += quantile(stream.random_range(1e-12..1.0));
                place
            })
            .collect();
        assert_eq!(spikes(&walk).iter().filter(|spike| **spike).count(), 0);
        let alternating: Vec<f64> = (0..100).map(|k| if k % 2 == 0 { 10.0 } else { 40.0 }).collect();
        assert_eq!(spikes(&alternating), vec![false; 100]);
    }

    /// A train that saturates: its first steps are far larger than most, and none is an outlier. Outliers at both ends of the train
    /// are.
    #[test]
    fn first_steps_of_a_saturating_train_are_no_outliers() {
        let mut values: Vec<f64> = (0..200).map(|k| 100.0 * (1.0 - 0.95_f64.powi(k + 1))).collect();
        assert_eq!(spikes(&values), vec![false; 200]);
        (values[0], values[199]) = (300.0, 20.0);
        let places: Vec<usize> = (0..200).filter(|&place| spikes(&values)[place]).collect();
        // The median of three with an outlier is off by a step, so two good values near the first outlier are left out too.
        assert_eq!(places, [0, 1, 2, 199]);
    }
}
