//! Poisson code: larger numbers have more spikes, at random times.
//!
//! ```text
//! p    =  rate dt x                     probability of a spike per step      x     number in [0, 1]
//!                                                                            rate  rate at x = 1, 1/s
//!                                                                            dt    time step, 1 ms
//! gap  =  floor(ln u / ln(1 - p))       silent steps before the next spike; u uniform in (0, 1]
//! ```
//!
//! Steps with spike probability p have geometrically distributed gaps. Drawing the gaps needs one draw per spike
//! instead of one per step. Source: P. U. Diehl and M. Cook, Front. Comput. Neurosci. 9, 99 (2015), with a largest rate
//! of 63.75 Hz.

use ohmspike_rng::Seed;
use rand::RngExt;

use crate::spikes::{EventsPerStep, Samples, SpikeTrains, SpikesError};

/// Time step, s.
const STEP_SECONDS: f64 = 1e-3;

/// Converts numbers to spike trains with proportional rates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoissonCode {
    /// Rate of the number 1, 1/s; at most one spike per step.
    pub rate_hertz: f64,
}

impl PoissonCode {
    /// Encodes 8-bit `images` of equal size over `steps` steps, with their `labels`. Sample n uses the stream
    /// `seed.numbered(n)` and is independent of the other samples.
    ///
    /// ```
    /// let code = ohmspike_snn::encode::PoissonCode { rate_hertz: 1000.0 };
    /// let images = [[255, 0]];
    /// let samples = code.samples(images.iter().map(|image| &image[..]), &[0], 5, ohmspike_rng::Seed::new(1))?;
    /// assert_eq!(samples.spikes.total(), 5); // every step of the full pixel, none of the dark one
    /// # Ok::<(), ohmspike_snn::spikes::SpikesError>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if an image has more pixels, or the set more spikes, than [`SpikeTrains`] can index.
    ///
    /// # Panics
    /// Panics if the images differ in size or in number from `labels`. Data sets are checked when they are read.
    pub fn samples<'a>(
        &self,
        images: impl Iterator<Item = &'a [u8]>,
        labels: &[u8],
        steps: usize,
        seed: Seed,
    ) -> Result<Samples, SpikesError> {
        let log_of_pixel: Vec<f64> = (0..=u8::MAX).map(|pixel| self.log_silent(f64::from(pixel) / 255.0)).collect();
        encode(images, labels, steps, seed, |pixel| log_of_pixel[usize::from(pixel)])
    }

    /// Encodes samples of numbers from 0 to 1; see [`PoissonCode::samples`].
    ///
    /// # Errors
    /// As [`PoissonCode::samples`].
    ///
    /// # Panics
    /// As [`PoissonCode::samples`].
    pub fn samples_of_values<'a>(
        &self,
        values: impl Iterator<Item = &'a [f32]>,
        labels: &[u8],
        steps: usize,
        seed: Seed,
    ) -> Result<Samples, SpikesError> {
        encode(values, labels, steps, seed, |value| self.log_silent(f64::from(value)))
    }

    /// Returns ln(1 - p), the logarithm of the probability of a silent step.
    fn log_silent(&self, intensity: f64) -> f64 {
        libm::log1p(-(self.rate_hertz * STEP_SECONDS * intensity).min(1.0))
    }
}

/// Encodes samples of intensities; `log_silent` returns the log probability of a silent step.
fn encode<'a, Intensity: Copy + 'a>(
    samples: impl Iterator<Item = &'a [Intensity]>,
    labels: &[u8],
    steps: usize,
    seed: Seed,
    log_silent: impl Fn(Intensity) -> f64,
) -> Result<Samples, SpikesError> {
    let mut samples = samples.peekable();
    let units = samples.peek().map_or(0, |sample| sample.len());
    let mut spikes = SpikeTrains::new(units, steps)?;
    let (mut times, mut places) = (Vec::new(), Vec::new());
    for (number, sample) in samples.enumerate() {
        assert_eq!(sample.len(), units, "all samples of a data set have the same size");
        let mut stream = seed.numbered(number as u64).stream();
        times.clear();
        places.clear();
        for (unit, &value) in sample.iter().enumerate() {
            let silent = log_silent(value);
            // A unit that never spikes takes no draw.
            let mut next = if silent < 0.0 { 0 } else { steps };
            while next < steps {
                next = next.saturating_add((libm::log(1.0 - stream.random::<f64>()) / silent) as usize);
                if next < steps {
                    // The middle of the step, in steps.
                    times.push(next as f64 + 0.5);
                    places.push(unit as u16);
                }
                next = next.saturating_add(1);
            }
        }
        spikes.push_events(&times, &places, steps as f64, EventsPerStep::Binary)?;
    }
    assert_eq!(spikes.len(), labels.len(), "every sample has a label");
    Ok(Samples { spikes, labels: labels.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: usize = 100;

    fn encode(values: &[Vec<f32>], rate_hertz: f64, seed: Seed) -> Samples {
        let code = PoissonCode { rate_hertz };
        code.samples_of_values(values.iter().map(|sample| &sample[..]), &vec![0; values.len()], STEPS, seed).unwrap()
    }

    /// In n steps with probability p, the number of spikes is np to within five standard errors sqrt(n p (1 - p)). This
    /// holds for the first and the last step separately, and for pairs of neighbouring steps with probability p². The
    /// variance of the pair count, including overlapping pairs, is at most 3 n p².
    #[test]
    fn steps_are_independent_with_the_given_probability() {
        let (samples, units) = (200, 50);
        for (value, rate) in [(1.0, 63.75), (0.25, 400.0), (0.9, 1000.0)] {
            let coded = encode(&vec![vec![value; units]; samples], rate, Seed::new(5));
            let p = f64::from(value) * rate * STEP_SECONDS;
            let within = |got: usize, n: usize, p: f64, spread: f64| {
                let (mean, error) = (n as f64 * p, 5.0 * (spread * n as f64).sqrt());
                assert!((got as f64 - mean).abs() < error, "{got} of {n}, {mean} +- {error}");
            };
            within(coded.spikes.total(), samples * units * STEPS, p, p * (1.0 - p));
            let mut pairs = 0;
            let mut at = [0; STEPS];
            for sample in 0..samples {
                let train = coded.spikes.sample(sample);
                for (step, at) in at.iter_mut().enumerate() {
                    *at += train.at(step).len();
                    if step > 0 {
                        pairs += train.at(step).iter().filter(|unit| train.at(step - 1).contains(unit)).count();
                    }
                }
            }
            within(pairs, samples * units * (STEPS - 1), p * p, 3.0 * p * p);
            for step in [0, 1, STEPS - 1] {
                within(at[step], samples * units, p, p * (1.0 - p));
            }
        }
    }

    #[test]
    fn samples_have_separate_streams_and_pixels_equal_numbers() {
        let seed = Seed::new(9).named("train");
        let one: Vec<f32> = (0..20).map(|unit| unit as f32 / 20.0).collect();
        let two: Vec<f32> = one.iter().rev().copied().collect();
        let both = encode(&[one.clone(), two.clone()], 300.0, seed);
        let other = encode(&[two.clone(), two], 300.0, seed);
        let steps = |samples: &Samples, sample| {
            let train = samples.spikes.sample(sample);
            (0..STEPS).map(|step| train.at(step).to_vec()).collect::<Vec<_>>()
        };
        assert_eq!(steps(&both, 1), steps(&other, 1));
        assert_ne!(steps(&other, 0), steps(&other, 1));
        let code = PoissonCode { rate_hertz: 1000.0 };
        let image = [0, 255];
        let coded = code.samples([&image[..]].into_iter(), &[0], STEPS, seed).unwrap();
        assert!(steps(&coded, 0).iter().all(|spikes| spikes == &[1]));
    }
}
