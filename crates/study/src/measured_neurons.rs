//! Selects the hidden neurons for distances of spike trains.
//!
//! All pairs of n neurons take 3 x 8 n² bytes: 24 MB for 1,000 neurons and 100 GB for 65,536. Layers with more than
//! 1,000 neurons use a random sample of 1,000 with the same excitatory fraction. Neurons of one population are
//! interchangeable, so means over pairs of the sample estimate those over all pairs. The sample is the same in every
//! trial.

use ohmspike_rng::Seed;
use ohmspike_simd::{Block, LANES};

/// Largest layer with all pairs measured, neurons.
pub const MAX_MEASURED: usize = 1000;

/// The measured neurons of a layer.
#[derive(Debug)]
pub struct MeasuredNeurons {
    /// Number of measured neurons; the excitatory ones come first.
    pub count: usize,
    /// Number of measured excitatory neurons.
    pub excitatory: usize,
    /// Index among the measured neurons, for every neuron; none if all are measured.
    places: Option<Vec<Option<u16>>>,
    /// Spikes of the measured neurons in one sample.
    spikes: Vec<Vec<u16>>,
}

impl MeasuredNeurons {
    /// Selects neurons of a layer of `neurons`, the first `excitatory` of them excitatory.
    pub fn new(neurons: usize, excitatory: usize) -> MeasuredNeurons {
        if neurons <= MAX_MEASURED {
            return MeasuredNeurons { count: neurons, excitatory, places: None, spikes: Vec::new() };
        }
        let inhibitory = neurons - excitatory;
        let count = (MAX_MEASURED as f64 * excitatory as f64 / neurons as f64).round() as usize;
        // A pair takes two neurons of a population.
        let measured = count.clamp(excitatory.min(2), MAX_MEASURED - inhibitory.min(2));
        let mut places = vec![None; neurons];
        let chosen = drawn(0..excitatory, measured, "excitatory").into_iter().chain(drawn(
            excitatory..neurons,
            MAX_MEASURED - measured,
            "inhibitory",
        ));
        for (place, neuron) in (0..).zip(chosen) {
            places[neuron] = Some(place);
        }
        MeasuredNeurons { count: MAX_MEASURED, excitatory: measured, places: Some(places), spikes: Vec::new() }
    }

    /// Passes the spikes of a sample to `see`, step by step, with indices among the measured neurons.
    pub fn spikes<'a>(
        &mut self,
        by_step: impl Iterator<Item = &'a [u16]>,
        mut see: impl FnMut(&mut dyn Iterator<Item = &[u16]>),
    ) {
        let Some(places) = &self.places else {
            let mut all = by_step.map(|step| -> &[u16] { step });
            return see(&mut all);
        };
        let mut steps = 0;
        for (number, spiking) in by_step.enumerate() {
            if number == self.spikes.len() {
                self.spikes.push(Vec::new());
            }
            self.spikes[number].clear();
            self.spikes[number].extend(spiking.iter().filter_map(|&neuron| places[usize::from(neuron)]));
            steps = number + 1;
        }
        see(&mut self.spikes[..steps].iter().map(Vec::as_slice));
    }
}

/// Draws `count` of the `neurons` in ascending order: those with the smallest uniform draws.
fn drawn(neurons: std::ops::Range<usize>, count: usize, population: &str) -> Vec<usize> {
    let mut draws = vec![Block::ZERO; neurons.len().div_ceil(LANES)];
    Seed::new(0).named("measured-neurons").named(population).uniforms().fill(&mut draws);
    let mut ranked: Vec<(f32, usize)> = draws.iter().flat_map(|block| block.0).zip(neurons).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut chosen: Vec<usize> = ranked.into_iter().take(count).map(|(_, neuron)| neuron).collect();
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use ohmspike_snn::metrics::van_rossum::{Time, VanRossum};

    use super::*;

    fn chosen(measured: &MeasuredNeurons) -> Vec<usize> {
        let places = measured.places.as_ref().expect("a sample");
        (0..places.len()).filter(|&neuron| places[neuron].is_some()).collect()
    }

    #[test]
    fn a_sample_keeps_the_excitatory_fraction_and_a_pair_of_each() {
        for (neurons, excitatory, expected) in [
            (65_536, 52_429, 800),
            (2000, 1000, 500),
            (1001, 1001, 1000),
            (5000, 0, 0),
            (60_000, 59_999, 999),
            (60_000, 3, 2),
        ] {
            let measured = MeasuredNeurons::new(neurons, excitatory);
            assert_eq!((measured.count, measured.excitatory), (MAX_MEASURED, expected));
            let chosen = chosen(&measured);
            assert_eq!(chosen.len(), MAX_MEASURED);
            assert_eq!(chosen.iter().filter(|&&neuron| neuron < excitatory).count(), expected);
        }
        let all = MeasuredNeurons::new(MAX_MEASURED, 7);
        assert_eq!((all.count, all.excitatory, all.places.is_none()), (MAX_MEASURED, 7, true));
    }

    #[test]
    fn spikes_of_the_sample_keep_their_steps() {
        let mut measured = MeasuredNeurons::new(3000, 2400);
        let chosen = chosen(&measured);
        let trains: Vec<Vec<u16>> = vec![(0..3000).collect(), vec![], vec![chosen[0] as u16, chosen[999] as u16]];
        for _ in 0..2 {
            let mut seen = Vec::new();
            measured.spikes(trains.iter().map(Vec::as_slice), |steps| seen = steps.map(<[u16]>::to_vec).collect());
            assert_eq!(seen, [(0..1000).collect(), vec![], vec![0, 999]]);
        }
    }

    /// Neuron n spikes at step n mod 50, so 1/50 of all pairs are equal trains. In a sample of 1,000 that is 20 ± 0.6
    /// per 1,000, so the mean distance agrees to 1 %.
    #[test]
    fn a_sample_estimates_the_mean_over_all_pairs() {
        let neurons = 4000;
        let trains: Vec<Vec<u16>> = (0..50).map(|step| (step..neurons).step_by(50).collect()).collect();
        let distance = |mut measured: MeasuredNeurons| {
            let mut distances = VanRossum::new(measured.count, 1.0).expect("positive");
            measured.spikes(trains.iter().map(Vec::as_slice), |steps| distances.add_sample(steps));
            distances.report(measured.excitatory, Time::Steps)
        };
        let all = MeasuredNeurons { count: 4000, excitatory: 3200, places: None, spikes: Vec::new() };
        let (all, sample) = (distance(all), distance(MeasuredNeurons::new(4000, 3200)));
        for (all, sample) in [(all.ee, sample.ee), (all.ei, sample.ei), (all.ii, sample.ii)] {
            let (all, sample) = (all.expect("pairs").root, sample.expect("pairs").root);
            assert!((sample / all - 1.0).abs() < 0.01, "{sample} for {all}");
        }
    }
}
