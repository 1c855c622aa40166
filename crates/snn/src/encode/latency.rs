//! Latency code: each pixel spikes once, and brighter pixels spike earlier.
//!
//! ```text
//! t  =  floor(tau ln(x / (x - theta)))      x      pixel in [0, 1], at least theta + 1e-7
//!                                           theta  threshold below which a pixel is silent (0.2)
//!                                           tau    charging time constant (20 steps)
//! ```
//!
//! This is the time at which a leaky integrator with input x reaches theta. Spikes at or after the last step are
//! dropped. Source: Zenke and Vogels, Neural Computation 33, 899 (2021), and the code of Kilgore et al., Sci Rep 15,
//! 24798 (2025), which uses it unchanged.

use crate::spikes::{Samples, SpikeTrains, SpikesError};

/// Smallest distance from the threshold that the code resolves.
const CLOSEST: f64 = 1e-7;

/// Converts pixel intensities to spike times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatencyCode {
    /// Intensity below which a pixel is silent, in (0, 1).
    pub threshold: f64,
    /// Charging time constant, steps.
    pub tau: f64,
}

impl Default for LatencyCode {
    fn default() -> Self {
        LatencyCode { threshold: 0.2, tau: 20.0 }
    }
}

impl LatencyCode {
    /// Returns the step at which a pixel of `intensity` in [0, 1] spikes, or `None` if that is not before `steps`.
    ///
    /// ```
    /// let code = ohmspike_snn::encode::LatencyCode::default();
    /// assert_eq!(code.step(1.0, 100), Some(4)); // 20 ln(1 / 0.8) = 4.46
    /// assert_eq!(code.step(0.3, 100), Some(21)); // 20 ln 3 = 21.97
    /// assert_eq!(code.step(0.19, 100), None);
    /// ```
    pub fn step(&self, intensity: f64, steps: usize) -> Option<usize> {
        if intensity < self.threshold {
            return None;
        }
        let x = intensity.max(self.threshold + CLOSEST);
        let step = (self.tau * libm::log(x / (x - self.threshold))) as usize;
        (step < steps).then_some(step)
    }

    fn step_16(&self, intensity: f64, steps: usize) -> Option<u16> {
        self.step(intensity, steps).map(|step| step as u16)
    }

    /// Encodes 8-bit `images` of equal size over `steps` steps, with their `labels`.
    ///
    /// # Errors
    /// Returns an error if an image has more pixels, or the set more spikes, than [`SpikeTrains`] can index.
    ///
    /// # Panics
    /// Panics if the images differ in size or in number from `labels`, or for more than 65,536 steps. Data sets are
    /// checked when they are read.
    pub fn samples<'a>(
        &self,
        images: impl Iterator<Item = &'a [u8]>,
        labels: &[u8],
        steps: usize,
    ) -> Result<Samples, SpikesError> {
        let step_of_pixel: [_; 256] = std::array::from_fn(|pixel| self.step_16(pixel as f64 / 255.0, steps));
        encode(images, labels, steps, |pixel: u8| step_of_pixel[usize::from(pixel)])
    }

    /// Encodes samples of numbers from 0 to 1; see [`LatencyCode::samples`].
    ///
    /// # Errors
    /// As [`LatencyCode::samples`].
    ///
    /// # Panics
    /// As [`LatencyCode::samples`].
    pub fn samples_of_values<'a>(
        &self,
        values: impl Iterator<Item = &'a [f32]>,
        labels: &[u8],
        steps: usize,
    ) -> Result<Samples, SpikesError> {
        encode(values, labels, steps, |value| self.step_16(f64::from(value), steps))
    }
}

/// Encodes samples of intensities that spike at `step_of`.
fn encode<'a, Intensity: Copy + 'a>(
    samples: impl Iterator<Item = &'a [Intensity]>,
    labels: &[u8],
    steps: usize,
    step_of: impl Fn(Intensity) -> Option<u16>,
) -> Result<Samples, SpikesError> {
    assert!(steps <= 1 << 16, "a step fits in 16 bits");
    let mut samples = samples.peekable();
    let units = samples.peek().map_or(0, |sample| sample.len());
    let mut spikes = SpikeTrains::new(units, steps)?;
    let mut latencies = vec![None; units];
    for sample in samples {
        assert_eq!(sample.len(), units, "all samples of a data set have the same size");
        for (latency, &intensity) in latencies.iter_mut().zip(sample) {
            *latency = step_of(intensity);
        }
        spikes.push_latencies(&latencies)?;
    }
    assert_eq!(spikes.len(), labels.len(), "every sample has a label");
    Ok(Samples { spikes, labels: labels.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brighter_pixels_spike_earlier_and_threshold_pixels_are_silent() {
        let code = LatencyCode::default();
        let steps: Vec<_> = (0..=255).map(|pixel| code.step(f64::from(pixel) / 255.0, 100)).collect();
        assert!(steps[..=51].iter().all(Option::is_none));
        assert_eq!(steps[52], Some(79)); // 20 ln 52 = 79.02
        let spiking: Vec<_> = steps[52..].iter().map(|step| step.expect("bright enough")).collect();
        assert!(spiking.is_sorted_by(|earlier, later| earlier >= later));
        assert_eq!(spiking.last(), Some(&4));
    }

    #[test]
    fn numbers_are_encoded_like_pixels() {
        let code = LatencyCode::default();
        let pixels = [[0, 51, 52, 90], [128, 200, 254, 255]];
        let values = pixels.map(|image| image.map(|pixel: u8| f32::from(pixel) / 255.0));
        let of_pixels = code.samples(pixels.iter().map(|image| &image[..]), &[0, 1], 100).unwrap();
        let of_values = code.samples_of_values(values.iter().map(|image| &image[..]), &[0, 1], 100).unwrap();
        assert_eq!(of_values.labels, of_pixels.labels);
        assert_eq!(of_values.spikes.total(), 6);
        for sample in 0..2 {
            let (of_pixels, of_values) = (of_pixels.spikes.sample(sample), of_values.spikes.sample(sample));
            assert!((0..100).all(|step| of_pixels.at(step) == of_values.at(step)));
        }
    }
}
