//! The answer of a deployment: accuracy over chips at every time, with everything behind each number.

use ohmspike_stats::binomial::{lower_bound, upper_bound};
use ohmspike_stats::quantile::quantile;
use ohmspike_stats::{ALPHA, Estimate};
use serde::{Deserialize, Serialize};

use super::cell::{Cell, Scale, Variant};
use super::chip_records::ChipRecords;
use super::facts::{ExactMemory, NetworkFacts, fraction};
use super::network::DeployedNetwork;
use super::{Bound, DeployOptions, DeployWarning};
use crate::mechanisms::Mechanism;
use crate::numbered::{Numbered, first_question};

/// Version of [`Deployment`] as JSON.
pub const SCHEMA: u32 = 3;
/// How far below the accuracy with digital weights the threshold of a chip is unless one is given, in accuracy. It is never below chance.
pub const YIELD_BELOW: f64 = 0.05;

/// An accuracy is above another if it exceeds it by more than this: differences of fractions are rounded.
const ROUNDING: f64 = 1e-12;

/// Answer of a deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// Version of this form.
    pub schema: u32,
    /// Number of the question in its results folder, from 1; see [`numbered`](crate::numbered).
    #[serde(default = "first_question")]
    pub number: u32,
    /// Program and version.
    pub program: String,
    /// Seed of all chips.
    pub seed: u64,
    /// Number of chips.
    pub chips: u32,
    /// Times after programming, s.
    pub after_seconds: Vec<f64>,
    /// Keys that were set for this deployment, as `key = value`.
    pub overrides: Vec<String>,
    /// The networks.
    pub networks: Vec<NetworkFacts>,
    /// Names of the devices, or of other values of the axes.
    pub devices: Vec<String>,
    /// Every network on every device, devices varying fastest.
    pub cells: Vec<DeploymentCell>,
    /// What limits the answer, such as times outside the drift law of a device.
    pub cautions: Vec<String>,
}

/// A network on a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentCell {
    /// Number of the network, from 0.
    pub network: usize,
    /// Number of the device, from 0.
    pub device: usize,
    /// Hash of everything that decides the result of a chip, except its number and seed.
    pub sha256: String,
    /// The network with digital weights, on the same data.
    pub exact: ExactMemory,
    /// Accuracy above which a chip passes, 0 to 1.
    pub yield_above: f64,
    /// Standard deviation of the write noise that `noise.level_percent` adds, thresholds; 0 without it.
    pub write_sigma: f64,
    /// How weights map to conductances, per connection.
    pub scales: Vec<Scale>,
    /// Programming of the chips.
    pub programming: Programming,
    /// Results at every time; empty for a network that works in no memory.
    pub times: Vec<DeploymentTime>,
    /// Loss per mechanism, if it was measured.
    pub mechanisms: Vec<MechanismLoss>,
    /// Correct samples on a chip without any mechanism, whose window clips weights beyond the weight at Gmax. None if no weight is
    /// clipped, or losses per mechanism were not measured.
    pub window_correct: Option<u64>,
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
    /// Failed writes: all tries were used up.
    #[serde(alias = "gave_up")]
    pub failed_writes: f64,
}

/// Smallest number of chips with a 5th percentile: one in twenty is expected beyond it.
pub const MIN_CHIPS: usize = 20;

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
    /// 5th percentile of the accuracy over chips; none below [`MIN_CHIPS`], which have no chip beyond it.
    pub percentile5: Option<f64>,
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
    /// Loss when it acts alone: accuracy on a chip without any mechanism minus accuracy with it alone, mean over chips.
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
    pub cautions: Vec<String>,
}

impl Deployment {
    /// Collects the answer from the results of all chips.
    pub(super) fn new(parts: &Parts) -> Deployment {
        let Parts { networks, cells, options, .. } = parts;
        let whole = |bound: &&Bound| bound.cell.variant == Variant::Whole;
        let of_network = |(number, network): (usize, &DeployedNetwork)| {
            let bound = cells.iter().find(|bound| bound.cell.network == number).expect("every network has a cell");
            NetworkFacts::new(network, bound)
        };
        Deployment {
            schema: SCHEMA,
            number: 1,
            program: format!("ohmspike {}", env!("CARGO_PKG_VERSION")),
            seed: options.seed,
            chips: options.chips,
            after_seconds: options.after_seconds.clone(),
            overrides: networks[0].overrides.clone(),
            devices: networks[0].device_names(),
            cells: cells.iter().filter(whole).map(|bound| parts.cell(bound)).collect(),
            networks: networks.iter().enumerate().map(of_network).collect(),
            cautions: parts.cautions.clone(),
        }
    }

    /// Returns the cell of a network on a device.
    pub fn cell(&self, network: usize, device: usize) -> Option<&DeploymentCell> {
        self.cells.iter().find(|cell| (cell.network, cell.device) == (network, device))
    }

    /// Returns the result with digital weights, if all cells of a network share it; none if their data or settings differ.
    pub fn exact_of(&self, network: usize) -> Option<&ExactMemory> {
        let mut all = self.cells.iter().filter(|cell| cell.network == network).map(|cell| &cell.exact);
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }
}

impl Numbered for Deployment {
    const STEM: &'static str = "deployment";

    fn number(&self) -> u32 {
        self.number
    }

    fn set_number(&mut self, number: u32) {
        self.number = number;
    }

    /// Whether `other` has the same chips, times and thresholds.
    fn is_same_question(&self, other: &Deployment) -> bool {
        let of_cell = |cell: &DeploymentCell| {
            let mechanisms: Vec<Mechanism> = cell.mechanisms.iter().map(|loss| loss.mechanism).collect();
            (cell.network, cell.device, cell.sha256.clone(), cell.yield_above, mechanisms)
        };
        let of = |answer: &Deployment| {
            let names: Vec<String> = answer.networks.iter().map(|network| network.name.clone()).collect();
            let cells: Vec<_> = answer.cells.iter().map(of_cell).collect();
            (answer.seed, answer.chips, answer.after_seconds.clone(), names, cells)
        };
        of(self) == of(other)
    }

    fn has_result(&self) -> bool {
        self.cells.iter().any(|cell| !cell.times.is_empty())
    }
}

impl Parts<'_> {
    /// The network of a cell, with digital weights.
    pub fn exact(&self, bound: &Bound) -> ExactMemory {
        let stored = bound.key.stored.as_ref().and_then(|id| self.records.digital(id));
        ExactMemory::new(bound, self.network(bound), self.records.digital(&bound.key.digital), stored)
    }

    /// Why chips of a cell say nothing; none for a network that works with digital weights.
    pub fn broken(&self, bound: &Bound) -> Option<DeployWarning> {
        self.exact(bound).warning(bound.cell, self.network(bound))
    }

    fn network(&self, bound: &Bound) -> &DeployedNetwork {
        &self.networks[bound.cell.network]
    }

    fn cell(&self, bound: &Bound) -> DeploymentCell {
        let (cell, exact) = (bound.cell, self.exact(bound));
        let yield_above = self.options.yield_above.unwrap_or((exact.accuracy() - YIELD_BELOW).max(exact.chance));
        let time =
            |&seconds: &f64| DeploymentTime::new(seconds, self.correct(bound, seconds), exact.samples, yield_above);
        let answered = exact.broken.is_none();
        let times: Vec<DeploymentTime> = self.options.after_seconds.iter().filter(|_| answered).map(time).collect();
        DeploymentCell {
            network: cell.network,
            device: cell.device,
            sha256: bound.key.chips.clone(),
            yield_above,
            write_sigma: cell.update_sigma * cell.settings.hardware.write_spread_scale,
            scales: cell.scales.clone(),
            programming: self.programming(bound),
            mechanisms: self.mechanisms(bound, &times, &exact),
            window_correct: self.window_correct(bound),
            times,
            exact,
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
            failed_writes: sum(|writes| writes.failed_writes as f64),
        }
    }

    /// Returns the cell of the network and device of `whole` with other mechanisms.
    fn variant(&self, whole: &Bound, wanted: Variant) -> Option<&Bound<'_>> {
        let is_wanted =
            |cell: &Cell| (cell.network, cell.device, cell.variant) == (whole.cell.network, whole.cell.device, wanted);
        self.cells.iter().find(|bound| is_wanted(bound.cell))
    }

    /// Correct samples on a chip without any mechanism.
    fn window_correct(&self, whole: &Bound) -> Option<u64> {
        let id = self.variant(whole, Variant::Window)?.key.of_seed(self.options.seed);
        self.options.after_seconds.first().and_then(|seconds| self.records.correct(&id, 0, *seconds))
    }

    /// Compares the device with its variants, chip by chip.
    fn mechanisms(&self, whole: &Bound, times: &[DeploymentTime], exact: &ExactMemory) -> Vec<MechanismLoss> {
        let perfect = self.window_correct(whole).unwrap_or(exact.correct);
        let variant = |wanted: Variant| self.variant(whole, wanted);
        let mut losses = Vec::new();
        for mechanism in Mechanism::ALL {
            let pair = (variant(Variant::Without(mechanism)), variant(Variant::Only(mechanism)));
            let (Some(without), Some(only)) = pair else { continue };
            for time in times {
                let [without_correct, only_correct] = [without, only].map(|bound| self.correct(bound, time.seconds));
                let per_sample = |count: f64| count / exact.samples.max(1) as f64;
                let gains: Vec<f64> = without_correct
                    .iter()
                    .zip(&time.correct)
                    .map(|(without, whole)| per_sample(*without as f64 - *whole as f64))
                    .collect();
                let losses_alone: Vec<f64> =
                    only_correct.iter().map(|only| per_sample(perfect as f64 - *only as f64)).collect();
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
        let passes = |one: &&f64| **one > yield_above + ROUNDING;
        let (n, passed) = (accuracy.len() as u64, accuracy.iter().filter(passes).count() as u64);
        let estimate = Estimate::new(&accuracy);
        DeploymentTime {
            seconds,
            mean: estimate.map_or(f64::NAN, |estimate| estimate.mean),
            ci95: estimate.and_then(|estimate| estimate.accuracy_interval()),
            sd: estimate.and_then(|estimate| estimate.sd),
            percentile5: (rising.len() >= MIN_CHIPS).then(|| quantile(&rising, 0.05)),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.percentile([60, 61, ..., 79], 5)` is 60.95.
    #[test]
    fn twenty_chips_have_a_5th_percentile() {
        let of =
            |chips: u64| DeploymentTime::new(60.0, (0..chips).map(|chip| 60 + chip).collect(), 100, 0.8).percentile5;
        assert_eq!(of(19), None);
        assert!((of(20).expect("twenty chips") - 0.6095).abs() < 1e-12);
    }

    /// 56 of 60 is 5 points below 59 of 60, for every exact count: no chip passes.
    #[test]
    fn a_chip_that_loses_exactly_5_points_does_not_pass() {
        for exact in 4..=60_u64 {
            let above = fraction(exact, 60) - YIELD_BELOW;
            let passed = |lost: u64| DeploymentTime::new(1.0, vec![exact - lost], 60, above).passed.chips;
            assert_eq!([passed(2), passed(3)], [1, 0], "{exact} of 60");
        }
    }

    /// 4 of 10 chips are above 80 %: exact interval of R, `binom.test(4, 10)`.
    #[test]
    fn a_time_has_the_statistics_of_its_chips() {
        let correct: Vec<u64> = (0..10).map(|chip| 70 + 2 * chip).collect();
        let time = DeploymentTime::new(60.0, correct, 100, 0.8);
        assert!(time.percentile5.is_none() && (time.median - 0.79).abs() < 1e-12);
        assert_eq!((time.lowest, time.highest, time.passed.chips), (0.7, 0.88, 4));
        let printed = [time.passed.low, time.passed.high].map(|end| format!("{end:.7}"));
        assert_eq!(printed, ["0.1215523", "0.7376219"]);
        let (low, high) = time.ci95.expect("ten chips");
        // sd 6.0553, t(0.975, 9) = 2.2622.
        assert!((high - low - 2.0 * 2.262_157 * 0.060_553 / 10f64.sqrt()).abs() < 1e-5);
    }
}
