//! Values that no trial can have, told with their key, what is allowed, and what was given.

use ohmspike_snn::connection::Connection;
use ohmspike_snn::surrogate::Surrogate;

use super::{PairKind, Settings, ValueError, WeightSigns, device_key};

impl Settings {
    /// A crossbar whose window cannot hold the first weights would train from others than those asked for. Of a normal,
    /// 0.3 % lie beyond three standard deviations; these are clipped.
    fn check_full_scale(&self) -> Result<(), ValueError> {
        for connection in self.connections() {
            let key = match connection {
                Connection::Feedforward(0) | Connection::Recurrent(0) => "hardware.full_scale_hidden".to_owned(),
                Connection::Feedforward(layer) | Connection::Recurrent(layer) => {
                    format!("layer_{}.full_scale", layer + 1)
                }
                Connection::Readout => "hardware.full_scale_readout".to_owned(),
            };
            let (full_scale, sigma) = (self.full_scale_of(connection), self.sigma_of(connection));
            if self.device_of(connection).is_some() && full_scale < 3.0 * sigma {
                let allowed = format!("at least three times the spread of the first weights, {sigma}");
                return Err(refuse(&key, allowed, full_scale));
            }
        }
        Ok(())
    }

    /// Keys of a device file need a device, and JSON has no other numbers than finite ones.
    fn check_device(&self) -> Result<(), ValueError> {
        for (key, value) in &self.device {
            let key = format!("device.{key}");
            if !self.has_device() {
                return Err(refuse(&key, "left out where `hardware.device` is `none`", value));
            }
            if value.is_null() {
                return Err(refuse(&key, "a finite number, a text, true or false", "a number that is not finite"));
            }
        }
        // Those of the hidden layer and of the readout take turns.
        let held = [Connection::Feedforward(0), Connection::Readout].map(|layer| self.device_of(layer).is_some());
        for ((key, path), held) in self.hardware.maps().into_iter().zip(held.into_iter().cycle()) {
            if !held && !path.is_empty() {
                let device = if key.ends_with("readout") && self.hardware.device_readout.is_some() {
                    "hardware.device_readout"
                } else {
                    "hardware.device"
                };
                return Err(refuse(key, format!("left out where `{device}` is `none`"), format!("`{path}`")));
            }
        }
        // A map is that of the main branch, and says nothing of a second one.
        for (key, path) in &self.hardware.maps()[2..] {
            if self.hardware.pair != PairKind::OneBranch && !path.is_empty() {
                return Err(refuse(key, "left out unless `hardware.pair` is `one-branch`", format!("`{path}`")));
            }
        }
        Ok(())
    }

    /// Neurons whose weights have either sign neither excite nor inhibit, and a cell has one sign.
    fn check_signs(&self) -> Result<(), ValueError> {
        if self.network.signs == WeightSigns::Constrained {
            return Ok(());
        }
        if self.network.excitatory_fraction != 1.0 {
            let allowed = "1 where `network.signs` is `unconstrained`, as all neurons are of one population";
            return Err(refuse("network.excitatory_fraction", allowed, self.network.excitatory_fraction));
        }
        for connection in self.connections() {
            let Some(device) = self.device_of(connection) else { continue };
            let allowed = "`none` where `network.signs` is `unconstrained`, as a cell has one sign";
            return Err(refuse(device_key(connection), allowed, format!("`{device}`")));
        }
        Ok(())
    }

    /// Refuses values that no trial can have.
    ///
    /// # Errors
    /// [`ValueError`] for the first such value in the order of the sections.
    pub fn check(&self) -> Result<(), ValueError> {
        self.data.check()?;
        whole("network.hidden", self.network.hidden, 65_536)?;
        number("network.excitatory_fraction", self.network.excitatory_fraction, 0.0..=1.0, "between 0 and 1")?;
        self.check_signs()?;
        whole("network.steps", self.network.steps, 65_536)?;
        self.check_layers()?;
        let hidden: usize = self.hidden_layers().iter().map(|layer| layer.hidden).sum();
        if self.network.steps > LARGEST_TRACE / hidden {
            let allowed = format!("at most {} for {hidden} hidden neurons", LARGEST_TRACE / hidden);
            return Err(refuse("network.steps", allowed, self.network.steps));
        }
        positive("weights.sigma_init", self.weights.sigma_init)?;
        if let Some(sigma) = self.weights.sigma_readout {
            positive("weights.sigma_readout", sigma)?;
        }
        if let Some(sigma) = self.weights.sigma_recurrent {
            positive("weights.sigma_recurrent", sigma)?;
            if !self.network.recurrent {
                return Err(refuse("weights.sigma_recurrent", "left out where `network.recurrent` is false", sigma));
            }
        }
        number("noise.level_percent", self.noise.level_percent, 0.0..=1e6, "a percentage of sigma_init from 0 to 1e6")?;
        positive("hardware.full_scale_hidden", self.hardware.full_scale_hidden)?;
        positive("hardware.full_scale_readout", self.hardware.full_scale_readout)?;
        self.check_full_scale()?;
        let scale = self.hardware.write_spread_scale;
        number("hardware.write_spread_scale", scale, 0.0..=1e6, "a factor from 0 to 1e6")?;
        let retention = self.hardware.retention_seconds;
        number("hardware.retention_seconds", retention, 0.0..=1e12, "a number of seconds from 0 to 1e12")?;
        self.check_device()?;
        let preset = self.preset();
        whole("training.epochs", preset.epochs, 1_000_000)?;
        whole("training.batch", preset.batch, 1_000_000)?;
        number("training.learning_rate", preset.learning_rate, 0.0..=1e6, "a number from 0 to 1e6")?;
        let steps = "a number of steps from 0.001 to 1e6";
        number("training.tau_mem", preset.dynamics.tau_mem, 1e-3..=1e6, steps)?;
        number("training.tau_syn", preset.dynamics.tau_syn, 1e-3..=1e6, steps)?;
        let (Surrogate::FastSigmoid { steepness } | Surrogate::Exponential { steepness }) = preset.dynamics.surrogate;
        positive("training.surrogate_steepness", f64::from(steepness))?;
        whole("outcome.last_epochs", self.outcome.last_epochs, 1_000_000)
    }
}

/// Hidden neurons x steps of one sample's trace: 1 GB of voltages.
const LARGEST_TRACE: usize = 1 << 28;

pub(super) fn refuse(key: &str, allowed: impl Into<String>, value: impl ToString) -> ValueError {
    ValueError { key: key.to_owned(), allowed: allowed.into(), value: value.to_string() }
}

pub(super) fn whole(key: &str, value: usize, most: usize) -> Result<(), ValueError> {
    if (1..=most).contains(&value) {
        Ok(())
    } else {
        Err(refuse(key, format!("a whole number from 1 to {most}"), value))
    }
}

pub(super) fn number(
    key: &str,
    value: f64,
    range: std::ops::RangeInclusive<f64>,
    allowed: &'static str,
) -> Result<(), ValueError> {
    if range.contains(&value) { Ok(()) } else { Err(refuse(key, allowed, value)) }
}

/// Values are used as f32 in places: what they can hold is what is allowed.
pub(super) fn positive(key: &str, value: f64) -> Result<(), ValueError> {
    number(key, value, 1e-12..=1e12, "a number from 1e-12 to 1e12")
}
