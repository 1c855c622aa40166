//! Finds the cause of a silent hidden layer, on a part of the test samples.
//!
//! For silence before training it checks in this order: the input spikes, the time steps, the exact initial weights, and
//! then the device with one mechanism disabled at a time, until the layer fires. Initial weights are written exactly, so
//! writes are no suspects. For silence after training it checks the trained weights without retention and without
//! converters. The search does not change the trial: it programs new arrays with the same draws, or copies the trained
//! ones, and reads them with separate streams.

use ohmspike_crossbar::device::{AdcRange, Nonlinearity, WriteNoise};
use ohmspike_crossbar::{PairMapping, WriteReport};
use ohmspike_rng::Seed;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::evaluate::{Answer, calibrate_untrained, evaluate_watched};
use ohmspike_snn::hardware::LayerWeights;
use ohmspike_snn::network::Network;
use ohmspike_snn::neuron::Neuron;
use ohmspike_snn::weights::{DigitalWeights, WeightStore};

use super::suspect::{SUSPECTS, device_keys, enlarge, remove};
use super::{Layers, Outcome, TrialInput, TrialStreams, untrained_retention};
use crate::few_steps;
use crate::health::{Cause, MIN_SPIKES, Obstacle, Silence, UNEXCITED};
use crate::mechanism::Mechanism;
use crate::prepare::{Devices, LoadedDevice};
use crate::settings::{Settings, connection_key};

/// Number of test samples: enough to distinguish 0.1 spikes per sample from 0.05.
const SAMPLES: usize = 1024;
/// Drive of the strongest neuron on a typical sample with the proposed weights, thresholds.
const MARGIN: f64 = 1.5;
/// Fraction of samples without input spikes that explains a silent layer.
const MAX_SAMPLES: f64 = 0.5;

/// A search for the cause of a silent layer.
pub(super) struct Search<'a> {
    pub(super) input: &'a TrialInput<'a>,
    pub(super) network: &'a Network,
    pub(super) streams: &'a TrialStreams,
    /// Number of samples for the calibration of converters.
    pub(super) batch: usize,
}

/// Activity of a layer on some samples.
struct Activity {
    /// Spikes per sample.
    spikes: f64,
    /// Largest membrane voltage on a typical sample, thresholds.
    drive: f64,
    /// Step of the first spike that the layer receives on a typical sample, from 0; none if it receives none.
    first_step: Option<usize>,
}

impl Search<'_> {
    /// Returns the silence of a trial with its cause; none if every hidden layer fires before and after training.
    pub(super) fn silence(&self, outcome: &Outcome, layers: &Layers) -> Option<Silence> {
        let after = outcome.epochs.last().map(|epoch| epoch.test.layer_spikes());
        let silence = Silence::find(self.input.settings, &outcome.before.test.layer_spikes(), after.as_deref())?;
        let trained = outcome.after.is_some().then_some(layers);
        let cause = self.cause(&silence, trained);
        Some(Silence { cause, ..silence })
    }

    /// Finds the cause of `silence`. `trained` is the network after training; none if training diverged.
    fn cause(&self, silence: &Silence, trained: Option<&Layers>) -> Option<Cause> {
        let (layer, spikes) = (silence.layer - 1, &self.input.data.test.spikes);
        let samples = spikes.len();
        let empty = (0..samples).filter(|&sample| spikes.sample(sample).all().is_empty()).count();
        if empty as f64 >= MAX_SAMPLES * samples as f64 {
            return Some(Cause::NoInputSpikes { empty: empty as u64, samples: samples as u64 });
        }
        if silence.from_the_start() { self.before_training(layer) } else { self.after_training(layer, trained?) }
    }

    fn before_training(&self, layer: usize) -> Option<Cause> {
        let exact = self.activity(layer, self.input.settings, &Devices::default())?;
        let (key, sigma) = (sigma_key(layer), self.input.settings.sigma_of(Connection::Feedforward(layer)));
        if exact.spikes < MIN_SPIKES {
            let (steps, layers) = (self.network.steps, self.network.hidden.len());
            if let Some(first) = exact.first_step.filter(|first| !few_steps::can_spike(*first, 0, steps)) {
                let needed_steps = few_steps::needed(first, layers - layer);
                return Some(Cause::TooFewSteps { first_step: first + 1, steps, needed_steps });
            }
            let drive = self.in_thresholds(exact.drive);
            return Some(Cause::WeightsTooSmall { drive, key, sigma, needed: needed(sigma, drive) });
        }
        let real = self.activity(layer, self.input.settings, self.input.devices);
        let drive = real.as_ref().and_then(|real| self.in_thresholds(real.drive));
        // Samples of the search can fire more than the others. The layer is then close to firing.
        if real.is_some_and(|real| real.spikes >= MIN_SPIKES) {
            return Some(Cause::WeightsTooSmall { drive, key, sigma, needed: needed(sigma, drive) });
        }
        for suspect in SUSPECTS {
            let Some(without) = self.without(layer, suspect).filter(|found| found.spikes >= MIN_SPIKES) else {
                continue;
            };
            return Some(match suspect {
                Obstacle::Mechanism(Mechanism::Adc) => self.converters(layer, without.spikes),
                Obstacle::Mechanism(Mechanism::Drift) => {
                    let after = |seconds: f64| {
                        let mut settings = self.input.settings.clone();
                        settings.hardware.retention_seconds = seconds;
                        self.activity(layer, &settings, self.input.devices)
                    };
                    let fires = |seconds: f64| after(seconds).is_some_and(|found| found.spikes >= MIN_SPIKES);
                    self.drifted(layer, without.spikes, drive, fires)
                }
                _ => self.blamed(suspect, layer, without.spikes, drive),
            });
        }
        Some(self.blamed(Obstacle::Together, layer, exact.spikes, drive))
    }

    /// Blames `mechanism` for a layer that emits `spikes_without` it.
    fn blamed(&self, mechanism: Obstacle, layer: usize, spikes_without: f64, drive: Option<f64>) -> Cause {
        let needed = needed(self.input.settings.sigma_of(Connection::Feedforward(layer)), drive);
        let nonlinearity = self.device(layer).and_then(|loaded| loaded.device.read.nonlinearity.as_ref());
        let is_blamed = mechanism == Obstacle::Mechanism(Mechanism::Nonlinearity);
        let reference_volts = nonlinearity.filter(|_| is_blamed).map(Nonlinearity::reference_volts);
        let (rows, columns) = self.network.shape(Connection::Feedforward(layer));
        let is_wires = mechanism == Obstacle::Mechanism(Mechanism::Wires);
        let tile_rows = self.device(layer).filter(|_| is_wires);
        let tile_rows = tile_rows.map(|loaded| loaded.device.converters.tile(rows, columns).0);
        let (keys, key) = (self.keys(mechanism, layer), sigma_key(layer));
        Cause::Device {
            mechanism,
            keys,
            reference_volts,
            fires_until_seconds: None,
            tile_rows,
            drive,
            spikes_without,
            key,
            needed,
        }
    }

    /// Blames drift for a layer that emits `spikes_without` it. `fires` returns whether the layer fires after a time, s.
    fn drifted(&self, layer: usize, spikes_without: f64, drive: Option<f64>, fires: impl Fn(f64) -> bool) -> Cause {
        let mut cause = self.blamed(Obstacle::Mechanism(Mechanism::Drift), layer, spikes_without, drive);
        let devices = self.network.connections().filter_map(|connection| self.input.devices.of(connection));
        let starts = devices.filter_map(|loaded| loaded.device.drift.times()).map(|times| times.reference);
        let times = round_times(starts.fold(f64::INFINITY, f64::min), self.input.settings.hardware.retention_seconds);
        // Drift only grows, so times at which the layer fires come before all others.
        let firing = times.partition_point(|seconds| fires(*seconds));
        if let Cause::Device { fires_until_seconds, .. } = &mut cause {
            *fires_until_seconds = Some(firing.checked_sub(1).map_or(0.0, |last| times[last]));
        }
        cause
    }

    fn after_training(&self, layer: usize, trained: &Layers) -> Option<Cause> {
        // Reads of a copy: telegraph noise would advance in the cells from which the next update starts.
        let mut weights = trained.weights.clone();
        let retention = self.input.settings.hardware.retention_seconds;
        if retention > 0.0 {
            let fresh =
                self.evaluation(layer, &mut weights.iter_mut().map(LayerWeights::store_mut).collect::<Vec<_>>());
            if fresh.spikes >= MIN_SPIKES {
                let fires = |seconds: f64| {
                    let mut rested = weights.clone();
                    rested.iter_mut().for_each(|layer| layer.rest(seconds));
                    let mut stores: Vec<_> = rested.iter_mut().map(LayerWeights::store_mut).collect();
                    self.evaluation(layer, &mut stores).spikes >= MIN_SPIKES
                };
                return Some(self.drifted(layer, fresh.spikes, None, fires));
            }
            weights.iter_mut().for_each(|layer| layer.rest(retention));
        }
        let exact = |(connection, weights): (Connection, &LayerWeights)| {
            DigitalWeights::exact(weights.store().weights().clone(), self.network.signs(connection))
        };
        let mut exact: Vec<DigitalWeights> = self.network.connections().zip(&weights).map(exact).collect();
        let unread = self.evaluation(layer, &mut of_digital(&mut exact));
        if unread.spikes >= MIN_SPIKES
            && self.device(layer).is_some_and(|loaded| loaded.device.converters.adc.is_some())
        {
            return Some(self.converters(layer, unread.spikes));
        }
        let first = Layers::programmed(self.input.settings, &Devices::default(), self.network, self.streams).ok()?;
        let place = self.network.connections().position(|connection| connection == Connection::Feedforward(layer))?;
        let WriteReport { clipped_low, cells_written, .. } = trained.writes[place];
        Some(Cause::LostInTraining {
            first: mean_magnitude(&first.weights[place]),
            last: mean_magnitude(&trained.weights[place]),
            at_floor: clipped_low as f64 / cells_written.max(1) as f64,
            noise: self.noise(layer),
        })
    }

    /// Measures the layer with its initial weights on these devices; none if they cannot hold these weights.
    fn activity(&self, layer: usize, settings: &Settings, devices: &Devices) -> Option<Activity> {
        let mut layers = Layers::programmed(settings, devices, self.network, self.streams).ok()?;
        let calibration = self.read().named("calibration");
        calibrate_untrained(self.network, &mut layers.stores(), &self.input.data.train, self.batch, calibration);
        layers.rest(untrained_retention(settings));
        Some(self.evaluation(layer, &mut layers.stores()))
    }

    fn read(&self) -> Seed {
        self.streams.test.named("silence")
    }

    fn evaluation(&self, layer: usize, stores: &mut [&mut dyn WeightStore]) -> Activity {
        let (mut spikes, mut peaks, mut firsts) = (0, Vec::new(), Vec::new());
        let mut see = |answer: &Answer| {
            let trace = &answer.trace.layers()[layer];
            let received = layer.checked_sub(1).map_or(answer.input, |below| answer.trace.layers()[below].spikes());
            firsts.extend((!received.all().is_empty()).then(|| received.first_step()));
            spikes += trace.spikes().all().len();
            let voltages = (0..trace.steps()).flat_map(|step| trace.membrane(step)).flat_map(|block| block.0);
            peaks.push(voltages.fold(f32::NEG_INFINITY, f32::max));
        };
        let samples = &self.input.data.test;
        evaluate_watched(self.network, stores, samples, SAMPLES, self.read(), &mut see);
        peaks.sort_by(f32::total_cmp);
        firsts.sort_unstable();
        let typical = peaks.get(peaks.len() / 2).copied().unwrap_or(0.0);
        let first_step = firsts.get(firsts.len() / 2).copied();
        Activity { spikes: spikes as f64 / peaks.len().max(1) as f64, drive: f64::from(typical), first_step }
    }

    /// Converts a voltage to thresholds, for neurons with a threshold of 1.
    fn in_thresholds(&self, voltage: f64) -> Option<f64> {
        (self.network.neuron == Neuron::Lif).then_some(voltage.max(0.0))
    }

    /// Measures the layer on its devices without `suspect`.
    fn without(&self, layer: usize, suspect: Obstacle) -> Option<Activity> {
        let mut settings = self.input.settings.clone();
        match suspect {
            Obstacle::WeightAtGmax => enlarge(&mut settings),
            Obstacle::Mechanism(Mechanism::Drift) => settings.hardware.retention_seconds = 0.0,
            _ => {}
        }
        let held: Vec<(Connection, Option<LoadedDevice>)> = self
            .network
            .connections()
            .map(|connection| {
                let mut device = self.input.devices.of(connection).cloned();
                if let (Some(device), Obstacle::Mechanism(mechanism)) = (&mut device, suspect) {
                    remove(mechanism, device);
                }
                (connection, device)
            })
            .collect();
        let others = held.iter().map(|(connection, device)| (*connection, device.as_ref())).collect();
        self.activity(layer, &settings, &Devices::new(None, others))
    }

    fn device(&self, layer: usize) -> Option<&LoadedDevice> {
        self.input.devices.of(Connection::Feedforward(layer))
    }

    fn converters(&self, layer: usize, spikes_without: f64) -> Cause {
        let device = self.device(layer).map(|loaded| &loaded.device);
        let adc = device.and_then(|device| device.converters.adc);
        let full_scale_microamperes = adc.and_then(|adc| match adc.range {
            AdcRange::Fixed { full_scale } => Some(full_scale),
            AdcRange::Calibrated => None,
        });
        let threshold_microamperes = device.and_then(|device| {
            let weight = self.input.settings.weight_at_gmax_of(Connection::Feedforward(layer)) as f32;
            let weight_per_microsiemens = PairMapping::new(device.window, weight).ok()?.weight_per_microsiemens();
            Some(device.read.volts? / f64::from(weight_per_microsiemens))
        });
        let bits = adc.map_or(0, |adc| adc.bits);
        Cause::Converters { bits, full_scale_microamperes, threshold_microamperes, spikes_without }
    }

    /// Keys of a mechanism of the device in front of the layer, as `key = value`.
    fn keys(&self, mechanism: Obstacle, layer: usize) -> Vec<String> {
        let weights = Connection::Feedforward(layer);
        let only = |key: &str, value: f64| vec![format!("{key} = {value}")];
        let mechanism = match mechanism {
            Obstacle::WeightAtGmax => {
                return only(
                    &connection_key(weights, "weight_at_gmax"),
                    self.input.settings.weight_at_gmax_of(weights),
                );
            }
            Obstacle::Together => return Vec::new(),
            Obstacle::Mechanism(Mechanism::Drift) => {
                return only("hardware.retention_seconds", self.input.settings.hardware.retention_seconds);
            }
            Obstacle::Mechanism(mechanism) => mechanism,
        };
        self.device(layer).map(|loaded| device_keys(mechanism, loaded, layer)).unwrap_or_default()
    }

    /// Describes the noise of updates of the layer.
    fn noise(&self, layer: usize) -> Option<String> {
        let level = self.input.settings.noise.level_percent;
        if level > 0.0 {
            return Some(format!("update noise of {level} % of sigma_init"));
        }
        let device = &self.device(layer)?.device;
        // Noise from the study is 0 here.
        let is_noisy = !matches!(device.write.noise, WriteNoise::None | WriteNoise::FromStudy);
        is_noisy.then(|| format!("the write noise of device `{}`", device.name))
    }
}

/// Initial weight spread that drives the strongest neuron above its threshold on a typical sample. Below the threshold,
/// voltages are proportional to the weights. A layer that is silent although it is driven needs a larger spread as well.
fn needed(sigma: f64, drive: Option<f64>) -> Option<f64> {
    let drive = drive.filter(|drive| *drive > UNEXCITED * sigma)?;
    Some(sigma * MARGIN / drive.min(1.0))
}

/// Returns the times 1, 2, 5, 10, ... s above `from` and below `to`, and `from` itself; none if `from` is not below `to`.
fn round_times(from: f64, to: f64) -> Vec<f64> {
    if from >= to {
        return Vec::new();
    }
    let decades = from.log10().floor() as i32..=to.log10().floor() as i32;
    // Parsed, because a product with a negative power of ten is not the nearest number.
    let time = |number: u8, decade: i32| format!("{number}e{decade}").parse().expect("a number");
    let round = decades.flat_map(|decade| [1, 2, 5].map(|number| time(number, decade)));
    [from].into_iter().chain(round.filter(|time: &f64| *time > from && *time < to)).collect()
}

fn sigma_key(layer: usize) -> String {
    connection_key(Connection::Feedforward(layer), "sigma_init")
}

fn mean_magnitude(weights: &LayerWeights) -> f64 {
    let weights = weights.store().weights();
    let sum: f64 = weights.cells().map(|weight| f64::from(weight.abs())).sum();
    sum / (weights.rows() * weights.columns()).max(1) as f64
}

fn of_digital(weights: &mut [DigitalWeights]) -> Vec<&mut dyn WeightStore> {
    weights.iter_mut().map(|weights| weights as &mut dyn WeightStore).collect()
}

#[cfg(test)]
mod tests {
    use ohmspike_simd::Serial;
    use ohmspike_snn::spikes::{Samples, SpikeTrains};

    use super::*;
    use crate::health::HealthState;
    use crate::prepare::EncodedData;
    use crate::trial::{EpochEnd, run_trial};

    const CLASSES: usize = 3;

    /// Samples with a spike of every third input from step `first` on, every third step; the inputs are those of the class.
    fn samples(count: usize, steps: usize, first: usize) -> Samples {
        let mut spikes = SpikeTrains::new(12, steps).expect("few units");
        let labels: Vec<u8> = (0..count).map(|sample| (sample % CLASSES) as u8).collect();
        for label in &labels {
            let spiking = |step: usize, unit: usize| {
                unit % CLASSES == usize::from(*label) && step >= first && (step - first).is_multiple_of(3)
            };
            spikes.push_raster(spiking).expect("few spikes");
        }
        Samples { spikes, labels }
    }

    fn data(steps: usize, first: usize) -> EncodedData {
        let (train, test) = (samples(24, steps, first), samples(12, steps, first));
        EncodedData { train, test, classes: CLASSES, binned: None, sha256: String::new(), decoded_bytes: 0 }
    }

    fn settings(layers: usize, steps: usize) -> Settings {
        let mut settings = Settings { layers: vec![Default::default(); layers], ..Settings::default() };
        (settings.network.hidden, settings.network.steps) = (6, steps);
        settings.network.excitatory_fraction = 1.0;
        settings.weights.sigma_init = 2.0;
        (settings.training.epochs, settings.training.batch) = (1, 4);
        settings
    }

    fn outcome(settings: &Settings, data: &EncodedData, watch: &mut dyn FnMut(&EpochEnd)) -> Outcome {
        run_trial(&TrialInput { settings, devices: &Devices::default(), data, seed: 1 }, None, &Serial, watch)
            .expect("a valid trial")
    }

    /// The next update, which trials only show, has noise and would move every weight.
    #[test]
    fn the_cause_after_training_is_found_in_the_weights_that_were_tested() {
        let mut settings = settings(1, 20);
        (settings.weights.sigma_init, settings.noise.level_percent) = (0.6, 0.01);
        (settings.training.learning_rate, settings.training.surrogate_steepness) = (3.0, 5.0);
        let mut trained = f64::NAN;
        let outcome = outcome(&settings, &data(20, 1), &mut |end| trained = mean_magnitude(&end.weights()[0]));
        let silence = outcome.silence.expect("a layer that training silences");
        assert!(silence.spikes_before > 1.0 && silence.spikes_after == Some(0.0), "{silence:?}");
        let Some(Cause::LostInTraining { last, .. }) = silence.cause else { panic!("{silence:?}") };
        assert_eq!(last, trained);
        assert!(outcome.update.is_some(), "the next update is shown");
    }

    /// The first input comes at step 1. With weights of two thresholds, the first layer spikes two steps later.
    #[test]
    fn layers_that_cannot_spike_in_time_need_more_steps() {
        for (layers, steps, expected) in
            [(1, 3, Some((1, 2, 5))), (1, 4, None), (2, 3, Some((1, 2, 7))), (2, 5, Some((2, 4, 7))), (2, 6, None)]
        {
            let mut settings = settings(layers, steps);
            settings.layers.iter_mut().for_each(|layer| layer.sigma_init = Some(2.0));
            let silence = outcome(&settings, &data(steps, 1), &mut |_| {}).silence;
            let found = silence.as_ref().and_then(|silence| match silence.cause {
                Some(Cause::TooFewSteps { first_step, needed_steps, .. }) => {
                    Some((silence.layer, first_step, needed_steps))
                }
                _ => None,
            });
            assert_eq!(found, expected, "{layers} layers, {steps} steps: {silence:?}");
        }
        let silence = outcome(&settings(1, 3), &data(3, 1), &mut |_| {}).silence.expect("a silent layer");
        assert!(
            silence.to_string().ends_with(
                "cause: it cannot spike within 3 time steps: on a typical sample, its first input spike comes in time step \
                 2, and a neuron spikes two steps later at the earliest"
            ),
            "{silence}"
        );
        let advice = HealthState::Silent(silence).advice(&settings(1, 3));
        let expected = "raise `network.steps` to 5 or more (now 3): spikes reach the readout in 5 time steps at the \
                        earliest";
        assert_eq!(advice, expected);
    }

    #[test]
    fn times_before_a_test_are_round() {
        assert_eq!(round_times(20.0, 1000.0), [20.0, 50.0, 100.0, 200.0, 500.0]);
        assert_eq!(round_times(0.03, 1.5), [0.03, 0.05, 0.1, 0.2, 0.5, 1.0]);
        assert_eq!(round_times(20.0, 20.0), [0.0; 0]);
        assert_eq!(round_times(f64::INFINITY, 20.0), [0.0; 0]);
    }

    /// Drives of neurons below their threshold are proportional to the weights; others are not.
    #[test]
    fn silent_weights_need_a_larger_spread() {
        assert_eq!(needed(1e-9, Some(5e-9)), Some(1e-9 * 1.5 / 5e-9));
        assert_eq!(needed(0.5, Some(3.0)), Some(0.75), "a drive above the threshold");
        assert_eq!(needed(0.5, Some(0.0)), None);
    }

    /// Small weights stay the cause where the layer has time to spike.
    #[test]
    fn small_weights_need_no_more_steps() {
        let mut settings = settings(1, 4);
        settings.weights.sigma_init = 1e-3;
        let silence = outcome(&settings, &data(4, 1), &mut |_| {}).silence.expect("a silent layer");
        assert!(matches!(silence.cause, Some(Cause::WeightsTooSmall { .. })), "{silence}");
    }

    /// The first 1,024 of 2,400 samples fire: 3 with many spikes. The other samples have one spike in the last step.
    #[test]
    fn a_layer_that_fires_only_on_the_samples_of_the_search_needs_larger_weights() {
        let (count, steps) = (2400, 20);
        let mut data = data(steps, 1);
        let mut spikes = SpikeTrains::new(12, steps).expect("few units");
        let labels: Vec<u8> = (0..count).map(|sample| (sample % CLASSES) as u8).collect();
        for sample in 0..count {
            let spiking = |step: usize, unit: usize| {
                (sample < 3 && unit % CLASSES == sample % CLASSES && step % 3 == 1) || (unit == 0 && step == steps - 1)
            };
            spikes.push_raster(spiking).expect("few spikes");
        }
        data.test = Samples { spikes, labels };
        let silence = outcome(&settings(1, steps), &data, &mut |_| {}).silence.expect("a silent layer");
        let searched = silence.spikes_before * count as f64 / SAMPLES as f64;
        assert!(silence.spikes_before < MIN_SPIKES && searched >= MIN_SPIKES, "{silence}");
        let Some(Cause::WeightsTooSmall { sigma, needed, .. }) = silence.cause else { panic!("{silence}") };
        assert!(needed.is_none_or(|needed| needed > sigma), "{sigma} {needed:?}");
    }
}
