//! The seam: crossbar arrays as the weight store of a network layer.
//!
//! `snn` asks for steps and knows no hardware; `crossbar` takes steps and knows no network. Here the one becomes the
//! other: the step goes to the array as it is, the effective weights and the variance of a read come back as they are.
//!
//! Gradients are straight-through: they are computed at the effective weights, as if these had been read without noise.

use crossbar::device::{Device, WriteNoise};
use crossbar::{ArrayError, ArrayParams, CrossbarArray, WriteReport};
use lanes::Matrix;
use seed::Seed;
use snn::network::Sign;
use snn::weights::{DigitalWeights, NotFinite, UpdateReport, WeightStore};

use crate::settings::Settings;

/// A crossbar array that holds the weights of a layer.
#[derive(Clone, Debug)]
pub struct CrossbarWeights {
    /// The array, for what training does not see: conductances, mapping, parked cells.
    pub array: CrossbarArray,
}

impl WeightStore for CrossbarWeights {
    fn weights(&self) -> &Matrix {
        self.array.weights()
    }

    fn read_variance(&self) -> Option<&Matrix> {
        self.array.read_variance()
    }

    fn update(&mut self, step: &Matrix, seed: Seed) -> Result<UpdateReport, NotFinite> {
        match self.array.update(step, seed) {
            Ok(report) => Ok(update_report(report)),
            Err(ArrayError::NotFinite { .. }) => Err(NotFinite),
            Err(error) => unreachable!("the step is the gradient of this layer and has its shape: {error}"),
        }
    }
}

fn update_report(report: WriteReport) -> UpdateReport {
    let WriteReport { cells_written, clipped_low, clipped_high, wrong_sign, cells } = report;
    UpdateReport { cells_written, clipped_low, clipped_high, wrong_sign, cells, ..UpdateReport::default() }
}

/// The store of a layer with the given first weights: abstract weights without a device, a chip of it with one. `chip`
/// opens the streams of what is drawn once a chip.
///
/// # Errors
/// [`ArrayError`] where the first weights do not fit the device.
pub fn weight_store(
    settings: &Settings,
    device: Option<&Device>,
    full_scale: f64,
    initial: Matrix,
    signs: Vec<Sign>,
    chip: Seed,
) -> Result<Box<dyn WeightStore>, ArrayError> {
    let study_sigma = settings.study_sigma() as f32;
    let Some(device) = device else {
        return Ok(Box::new(DigitalWeights::noisy(initial, signs, study_sigma)));
    };
    let signs: Vec<crossbar::Sign> = signs.into_iter().map(branch_of).collect();
    let params = ArrayParams {
        full_scale: full_scale as f32,
        signs: &signs,
        study_sigma,
        write_spread_scale: settings.hardware.write_spread_scale as f32,
    };
    Ok(Box::new(CrossbarWeights { array: CrossbarArray::new(device, params, &initial, chip)? }))
}

/// Whether the write noise of `device` follows `noise.level_percent`.
pub fn follows_study_level(device: Option<&Device>) -> bool {
    device.is_none_or(|device| device.write.noise == WriteNoise::StudyLevel)
}

fn branch_of(sign: Sign) -> crossbar::Sign {
    match sign {
        Sign::Excitatory => crossbar::Sign::Excitatory,
        Sign::Inhibitory => crossbar::Sign::Inhibitory,
    }
}
