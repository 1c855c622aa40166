//! Estimate of the memory of a study, for dry runs and requests to a cluster.
//!
//! ```text
//! preparing  =  program + decoded data + 2 x encoded data        a list that grows takes up to twice its size
//! running    =  program + encoded data + trials at once x trial
//! figures    =  program + encoded data + figures + trials at once x trial / 2
//! trial      =  copies x weight matrices + steps x neurons
//! ```
//! Encoded data in files ([`spike_cache`](crate::spike_cache)) are stated apart: the system keeps in memory what it has room
//! for, and drops it if it needs the memory.
//!
//! Figures are drawn after the last trial. The allocator still keeps about half of the memory of the trials then: with 1500 hidden neurons, runs
//! on one thread peak at 127 MB, and on two at 107 to 163 MB, where single trials take 65 MB with the program.
//!
//! The numbers of copies are measured: the slope of the peak of `ohmspike train` from 100 to 6000 hidden neurons is 8 to
//! 11 matrices with digital weights, and 13 to 18 with pulsed, drifting, noisy or wired cells.

use std::collections::BTreeSet;

use ohmspike_simd::blocks_for;

pub use crate::bytes_words::bytes_words;
use crate::hardware::shapes;
use crate::prepare::{DataBytes, DataShape, Prepared};
use crate::run::Trial;
use crate::settings::Settings;

/// Program and small tables, bytes.
const PROGRAM: u64 = 28 << 20;
/// Pixels of the largest figure and its fonts, bytes: drawing the figures of a few trials peaks at 86 MB.
const FIGURES: u64 = 60 << 20;
/// Copies of a matrix of digital weights: weights, gradients, update, transpose, initial weights.
const ABSTRACT_COPIES: u64 = 11;
/// Copies of a matrix in cells, which have conductances, targets and variances for each branch.
const DEVICE_COPIES: u64 = 18;
/// Numbers per neuron and step: voltages, currents and spikes of a sample.
const NUMBERS_PER_STEP: u64 = 4;
/// Bytes per block of sixteen numbers.
const BLOCK: u64 = 64;

/// Estimated peak memory of a study, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Peak while data sets are read and encoded.
    pub preparing: u64,
    /// Program and encoded data in memory, which all trials share.
    pub shared: u64,
    /// Encoded data in files, not part of the peak.
    pub mapped: u64,
    /// Largest trial.
    pub trial: u64,
    /// Number of trials that run at the same time.
    pub at_once: usize,
}

impl Memory {
    /// Estimates the memory of `trials`, of which at most `threads` run at the same time. Data that are not read, as with
    /// [`Prepared::for_reading`], are not counted.
    pub fn of_trials(trials: &[Trial], prepared: &Prepared, threads: usize) -> Memory {
        let DataBytes { decoded, encoded, mapped } = prepared.data_bytes();
        let shape = |settings: &Settings| prepared.data_shape(settings);
        let mut seen = BTreeSet::new();
        let of_trial = trials
            .iter()
            .filter(|trial| seen.insert(trial.condition))
            .filter_map(|trial| Some(trial_bytes(&trial.settings, shape(&trial.settings)?)));
        let trial = of_trial.max().unwrap_or(0);
        Memory {
            preparing: PROGRAM + decoded + 2 * encoded,
            shared: PROGRAM + encoded,
            mapped,
            trial,
            at_once: threads.min(trials.len()),
        }
    }

    /// Returns the peak, bytes.
    pub fn peak(&self) -> u64 {
        self.preparing.max(self.running()).max(self.shared + FIGURES + self.of_trials_at_once() / 2)
    }

    /// Returns the peak of a process that draws no figures, such as a task of a cluster, bytes.
    pub fn peak_without_figures(&self) -> u64 {
        self.preparing.max(self.running())
    }

    fn running(&self) -> u64 {
        self.shared + self.of_trials_at_once()
    }

    fn of_trials_at_once(&self) -> u64 {
        self.at_once as u64 * self.trial
    }
}

/// Estimates the memory of one trial with these settings, bytes.
pub fn trial_bytes(settings: &Settings, data: DataShape) -> u64 {
    let matrix = |(connection, (rows, columns))| {
        let copies = if settings.device_of(connection).is_some() { DEVICE_COPIES } else { ABSTRACT_COPIES };
        let blocks = blocks_for(columns) as u64;
        copies * rows as u64 * blocks * BLOCK + NUMBERS_PER_STEP * settings.network.steps as u64 * blocks * BLOCK
    };
    shapes(settings, data).into_iter().map(matrix).sum()
}

impl std::fmt::Display for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let trials = ohmspike_datasets::counted(self.at_once, "trial");
        write!(
            f,
            "memory: about {} at most: {} to read the data; then {}, {} for each of {trials} at a time, or {} for figures",
            bytes_words(self.peak()),
            bytes_words(self.preparing),
            bytes_words(self.shared),
            bytes_words(self.trial),
            bytes_words(FIGURES)
        )?;
        match self.mapped {
            0 => Ok(()),
            mapped => write!(f, "; encoded data of {} stay in files and are read as needed", bytes_words(mapped)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_that_of_the_larger_phase() {
        let memory = Memory { preparing: 300 << 20, shared: 100 << 20, mapped: 900 << 20, trial: 60 << 20, at_once: 3 };
        assert_eq!(memory.peak(), 300 << 20);
        assert_eq!(Memory { preparing: 0, at_once: 1, ..memory }.peak(), 190 << 20, "one trial, then figures");
        assert_eq!(memory.peak_without_figures(), 300 << 20);
        assert_eq!(Memory { at_once: 4, ..memory }.peak(), 340 << 20);
        assert_eq!(
            [bytes_words(1), bytes_words(12_345_678), bytes_words(12_345_678_901)],
            ["1 MB", "13 MB", "12.3 GB"]
        );
    }

    /// A network of 784-100-10 in blocks of sixteen columns: 784 x 7 and 100 x 1 blocks.
    #[test]
    fn a_trial_holds_copies_of_every_matrix() {
        let data = DataShape { inputs: 784, classes: 10 };
        let mut settings = Settings::default();
        settings.network.hidden = 100;
        let steps = settings.network.steps as u64;
        let expected = |copies: u64| (copies * (784 * 7 + 100) + 4 * steps * 8) * 64;
        assert_eq!(trial_bytes(&settings, data), expected(11));
        settings.hardware.device = "ideal".to_owned();
        assert_eq!(trial_bytes(&settings, data), expected(18));
    }
}
