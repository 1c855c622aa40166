//! The answer of a deployment: accuracy over chips at every time, with everything behind each number.

use std::path::Path;

use ohmspike_stats::binomial::{lower_bound, upper_bound};
use ohmspike_stats::{ALPHA, Estimate};
use serde::{Deserialize, Serialize};

use super::cell::{Scale, Variant};
use super::chip_records::ChipRecords;
use super::network::DeployedNetwork;
use super::{Bound, DeployError, DeployOptions, DeployWarning};
use crate::mechanisms::Mechanism;

/// Name of the answer in its results folder.
pub const FILE: &str = "deployment.json";
/// Version of [`Deployment`] as JSON.
pub const SCHEMA: u32 = 1;
/// Fewest hidden spikes per sample of a network that computes anything.
const LEAST_SPIKES: f64 = 0.1;

/// Answer of a deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// Version of this form.
    pub schema: u32,
    /// Program and version.
    pub program: String,
    /// Seed of all chips.
    pub seed: u64,
    /// Number of chips.
    pub chips: u32,
    /// Times after programming, s.
    pub after_seconds: Vec<f64>,
    /// Accuracy above which a chip passes, 0 to 1.
    pub yield_above: f64,
    /// The networks.
    pub networks: Vec<NetworkFacts>,
    /// Names of the devices, or of other values of the axes.
    pub devices: Vec<String>,
    /// Every network on every device, devices varying fastest.
    pub cells: Vec<DeploymentCell>,
}

/// A deployed network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkFacts {
    /// Name of the network.
    pub name: String,
    /// Its file.
    pub file: String,
    /// Start of the SHA-256 of the weights.
    pub weights_sha256: String,
    /// Units of all layers, from the inputs to the classes.
    pub layers: Vec<usize>,
    /// Whether every row of weights has one sign.
    pub signed_rows: bool,
    /// Device of the training; none for a network of another program.
    pub trained_on: Option<String>,
    /// Outcome of the training on that device, 0 to 1.
    pub trained_outcome: Option<f64>,
    /// Data set of the test.
    pub data: String,
    /// SHA-256 of the data.
    pub data_sha256: String,
    /// Test samples.
    pub samples: u64,
    /// Classes.
    pub classes: usize,
    /// Correct test samples of the network in exact memory.
    pub digital_correct: u64,
    /// Hidden spikes per sample in exact memory.
    pub hidden_spikes: f64,
}

/// A network on a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentCell {
    /// Number of the network, from 0.
    pub network: usize,
    /// Number of the device, from 0.
    pub device: usize,
    /// How weights map to conductances, per connection.
    pub scales: Vec<Scale>,
    /// Programming of the chips.
    pub programming: Programming,
    /// Results at every time.
    pub times: Vec<DeploymentTime>,
    /// Loss per mechanism, if it was measured.
    pub mechanisms: Vec<MechanismLoss>,
}

/// What programming did, mean per chip.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Programming {
    /// Writes of every cell towards its target.
    pub write_passes: u32,
    /// Write pulses.
    pub pulses: f64,
    /// Fraction of writes clipped at the lower end of the window.
    pub clipped_low: f64,
    /// Fraction of writes clipped at the upper end of the window.
    pub clipped_high: f64,
    /// Writes that gave up after all tries.
    pub gave_up: f64,
}

/// Results of all chips at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentTime {
    /// Time after programming, s.
    pub seconds: f64,
    /// Correct samples of every chip, by its number.
    pub correct: Vec<u64>,
    /// Mean accuracy over chips, 0 to 1.
    pub mean: f64,
    /// Its 95 % interval; none below three chips or if all chips are equal.
    pub ci95: Option<(f64, f64)>,
    /// Standard deviation over chips; none for one chip.
    pub sd: Option<f64>,
    /// 5th percentile of the accuracy over chips.
    pub percentile5: f64,
    /// Median accuracy over chips.
    pub median: f64,
    /// Lowest accuracy.
    pub lowest: f64,
    /// Highest accuracy.
    pub highest: f64,
    /// Chips above the threshold.
    pub passed: Yield,
}

/// Fraction of chips above the threshold, with its exact two-sided 95 % interval (Clopper and Pearson 1934).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Yield {
    /// Chips above the threshold.
    pub chips: u64,
    /// Fraction of all chips.
    pub fraction: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// What a mechanism costs at one time, in accuracy, paired chip by chip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MechanismLoss {
    /// The mechanism.
    pub mechanism: Mechanism,
    /// Time after programming, s.
    pub seconds: f64,
    /// Correct samples of every chip without the mechanism.
    pub without_correct: Vec<u64>,
    /// Correct samples of every chip with the mechanism alone.
    pub only_correct: Vec<u64>,
    /// Gain when it is disabled: accuracy without it minus accuracy of the whole device, mean over chips.
    pub gain_without: f64,
    /// Its 95 % interval.
    pub gain_without_ci95: Option<(f64, f64)>,
    /// Loss when it acts alone: digital accuracy minus accuracy with it alone, mean over chips.
    pub loss_alone: f64,
    /// Its 95 % interval.
    pub loss_alone_ci95: Option<(f64, f64)>,
}

/// What the answer is made of.
pub(crate) struct Parts<'a> {
    pub networks: &'a [DeployedNetwork],
    pub cells: &'a [Bound<'a>],
    pub records: &'a ChipRecords,
    pub options: &'a DeployOptions,
}

impl NetworkFacts {
    /// Accuracy of the network in exact memory, 0 to 1.
    pub fn digital(&self) -> f64 {
        fraction(self.digital_correct, self.samples)
    }

    /// Formats the units of all layers, for example `784-100-10`.
    pub fn sizes(&self) -> String {
        self.layers.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
    }
}

impl Deployment {
    /// Reads the answer in the results `folder`; none if it has none.
    ///
    /// # Errors
    /// Returns the reason if the file cannot be read or is no answer.
    pub fn read(folder: &Path) -> Result<Option<Deployment>, DeployError> {
        let path = folder.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(DeployError::Read { path, source }),
        };
        let parsed = serde_json::from_str(&text).map(Some);
        parsed.map_err(|error| DeployError::Read { path, source: error.into() })
    }

    /// Collects the answer from the results of all chips.
    pub(super) fn new(parts: &Parts) -> Deployment {
        let Parts { networks, cells, options, .. } = parts;
        let whole = |bound: &&Bound| bound.cell.variant == Variant::Whole;
        let of_network = |(number, network): (usize, &DeployedNetwork)| {
            let bound = cells.iter().find(|bound| bound.cell.network == number).expect("every network has a cell");
            parts.facts(network, bound)
        };
        let networks_facts: Vec<NetworkFacts> = networks.iter().enumerate().map(of_network).collect();
        let first = &networks[0];
        Deployment {
            schema: SCHEMA,
            program: format!("ohmspike {}", env!("CARGO_PKG_VERSION")),
            seed: options.seed,
            chips: options.chips,
            after_seconds: options.after_seconds.clone(),
            yield_above: options.yield_above,
            devices: (0..first.study.conditions.len()).map(|condition| first.device_name(condition)).collect(),
            cells: cells.iter().filter(whole).map(|bound| parts.cell(bound, &networks_facts)).collect(),
            networks: networks_facts,
        }
    }

    /// Returns the cell of a network on a device.
    pub fn cell(&self, network: usize, device: usize) -> Option<&DeploymentCell> {
        self.cells.iter().find(|cell| (cell.network, cell.device) == (network, device))
    }

    /// Returns warnings about networks that say nothing about a device.
    pub fn warnings(&self) -> Vec<DeployWarning> {
        let broken = |network: &NetworkFacts| {
            let chance = 1.0 / network.classes as f64;
            let error = (chance * (1.0 - chance) / network.samples as f64).sqrt();
            let state = if network.hidden_spikes < LEAST_SPIKES {
                Some(format!("is silent ({:.2} hidden spikes per sample)", network.hidden_spikes))
            } else if network.digital() < chance + 2.0 * error {
                Some(format!("is at chance ({:.1} % accuracy)", 100.0 * network.digital()))
            } else {
                None
            };
            state.map(|state| DeployWarning::Broken { file: network.file.clone(), state })
        };
        self.networks.iter().filter_map(broken).collect()
    }
}

impl Parts<'_> {
    fn facts(&self, network: &DeployedNetwork, bound: &Bound) -> NetworkFacts {
        let (snn, data) = (&bound.cell.snn, bound.chips.data());
        let digital = self.records.digital(&bound.key.digital);
        let header = network.stored.header.as_ref();
        NetworkFacts {
            name: network.name.clone(),
            file: network.stored.file.clone(),
            weights_sha256: bound.key.weights.clone(),
            layers: [snn.inputs]
                .into_iter()
                .chain(snn.hidden.iter().map(|layer| layer.neurons))
                .chain([snn.classes])
                .collect(),
            signed_rows: bound.cell.branches.is_some(),
            trained_on: header.map(|header| header.settings.hardware.device.clone()),
            trained_outcome: header.and_then(|header| header.outcome),
            data: bound.cell.settings.data.set.clone(),
            data_sha256: data.sha256.clone(),
            samples: data.test.labels.len() as u64,
            classes: data.classes,
            digital_correct: digital.map_or(0, |record| record.correct[0]),
            hidden_spikes: digital.and_then(|record| record.hidden_spikes).unwrap_or(0.0),
        }
    }

    fn cell(&self, bound: &Bound, networks: &[NetworkFacts]) -> DeploymentCell {
        let (cell, facts) = (bound.cell, &networks[bound.cell.network]);
        let time = |&seconds: &f64| {
            DeploymentTime::new(seconds, self.correct(bound, seconds), facts.samples, self.options.yield_above)
        };
        let times: Vec<DeploymentTime> = self.options.after_seconds.iter().map(time).collect();
        DeploymentCell {
            network: cell.network,
            device: cell.device,
            scales: cell.scales.clone(),
            programming: self.programming(bound),
            mechanisms: self.mechanisms(bound, &times, facts),
            times,
        }
    }

    /// Correct samples of every chip at a time.
    fn correct(&self, bound: &Bound, seconds: f64) -> Vec<u64> {
        let id = bound.key.of_seed(self.options.seed);
        (0..self.options.chips).filter_map(|chip| self.records.correct(&id, chip, seconds)).collect()
    }

    fn programming(&self, bound: &Bound) -> Programming {
        let id = bound.key.of_seed(self.options.seed);
        let all: Vec<_> = (0..self.options.chips).filter_map(|chip| self.records.writes(&id, chip)).collect();
        let sum =
            |of: fn(&ohmspike_crossbar::WriteReport) -> f64| all.iter().map(of).sum::<f64>() / all.len().max(1) as f64;
        Programming {
            write_passes: bound.cell.write_passes,
            pulses: sum(|writes| writes.pulses as f64),
            clipped_low: sum(|writes| writes.clipped_low_rate()),
            clipped_high: sum(|writes| writes.clipped_high_rate()),
            gave_up: sum(|writes| writes.gave_up as f64),
        }
    }

    /// Compares the device with its variants, chip by chip.
    fn mechanisms(&self, whole: &Bound, times: &[DeploymentTime], facts: &NetworkFacts) -> Vec<MechanismLoss> {
        let place = (whole.cell.network, whole.cell.device);
        let variant = |wanted: Variant| {
            self.cells
                .iter()
                .find(|bound| (bound.cell.network, bound.cell.device) == place && bound.cell.variant == wanted)
        };
        let mut losses = Vec::new();
        for mechanism in Mechanism::ALL {
            let pair = (variant(Variant::Without(mechanism)), variant(Variant::Only(mechanism)));
            let (Some(without), Some(only)) = pair else { continue };
            for time in times {
                let [without_correct, only_correct] = [without, only].map(|bound| self.correct(bound, time.seconds));
                let per_sample = |count: f64| count / facts.samples.max(1) as f64;
                let gains: Vec<f64> = without_correct
                    .iter()
                    .zip(&time.correct)
                    .map(|(without, whole)| per_sample(*without as f64 - *whole as f64))
                    .collect();
                let losses_alone: Vec<f64> =
                    only_correct.iter().map(|only| facts.digital() - per_sample(*only as f64)).collect();
                let [gain, alone] = [gains, losses_alone].map(|values| mean_and_interval(&values));
                losses.push(MechanismLoss {
                    mechanism,
                    seconds: time.seconds,
                    without_correct,
                    only_correct,
                    gain_without: gain.0,
                    gain_without_ci95: gain.1,
                    loss_alone: alone.0,
                    loss_alone_ci95: alone.1,
                });
            }
        }
        losses
    }
}

impl DeploymentTime {
    /// Summarises the correct samples of all chips, of `samples` each.
    pub fn new(seconds: f64, correct: Vec<u64>, samples: u64, yield_above: f64) -> DeploymentTime {
        let accuracy: Vec<f64> = correct.iter().map(|count| fraction(*count, samples)).collect();
        let mut rising = accuracy.clone();
        rising.sort_by(f64::total_cmp);
        let (n, passed) = (accuracy.len() as u64, accuracy.iter().filter(|one| **one > yield_above).count() as u64);
        let estimate = Estimate::new(&accuracy);
        DeploymentTime {
            seconds,
            mean: estimate.map_or(f64::NAN, |estimate| estimate.mean),
            ci95: estimate.and_then(|estimate| estimate.accuracy_interval()),
            sd: estimate.and_then(|estimate| estimate.sd),
            percentile5: quantile(&rising, 0.05),
            median: quantile(&rising, 0.5),
            lowest: rising.first().copied().unwrap_or(f64::NAN),
            highest: rising.last().copied().unwrap_or(f64::NAN),
            passed: Yield {
                chips: passed,
                fraction: fraction(passed, n),
                low: lower_bound(passed, n, ALPHA / 2.0),
                high: upper_bound(passed, n, ALPHA / 2.0),
            },
            correct,
        }
    }
}

fn mean_and_interval(values: &[f64]) -> (f64, Option<(f64, f64)>) {
    let estimate = Estimate::new(values);
    (estimate.map_or(0.0, |estimate| estimate.mean), estimate.and_then(|estimate| estimate.ci95))
}

fn fraction(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// Quantile of rising numbers with linear interpolation (type 7 of Hyndman and Fan 1996, the default of NumPy).
fn quantile(rising: &[f64], level: f64) -> f64 {
    let Some(last) = rising.len().checked_sub(1) else { return f64::NAN };
    let place = level * last as f64;
    let (below, above) = (rising[place.floor() as usize], rising[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.percentile([70, 72, ..., 88], 5)` is 70.9; 4 of 10 chips are above 80 %: exact interval of R, `binom.test(4, 10)`.
    #[test]
    fn a_time_has_the_statistics_of_its_chips() {
        let correct: Vec<u64> = (0..10).map(|chip| 70 + 2 * chip).collect();
        let time = DeploymentTime::new(60.0, correct, 100, 0.8);
        assert!((time.percentile5 - 0.709).abs() < 1e-12 && (time.median - 0.79).abs() < 1e-12);
        assert_eq!((time.lowest, time.highest, time.passed.chips), (0.7, 0.88, 4));
        let printed = [time.passed.low, time.passed.high].map(|end| format!("{end:.7}"));
        assert_eq!(printed, ["0.1215523", "0.7376219"]);
        let (low, high) = time.ci95.expect("ten chips");
        // sd 6.0553, t(0.975, 9) = 2.2622.
        assert!((high - low - 2.0 * 2.262_157 * 0.060_553 / 10f64.sqrt()).abs() < 1e-5);
    }
}
