//! Values that no trial can have, told with their key, what is allowed, and what was given.

use ohmspike_snn::connection::Connection;

use super::value::{number, positive, refuse, whole};
use super::{PairKind, Settings, ValueError, WeightSigns, connection_key};

impl Settings {
    /// A crossbar whose window cannot hold the first weights would train from others than those asked for. Of a normal,
    /// 0.3 % lie beyond three standard deviations; these are clipped.
    fn check_weight_at_gmax(&self) -> Result<(), ValueError> {
        for connection in self.connections() {
            let key = connection_key(connection, "weight_at_gmax");
            let (weight, sigma) = (self.weight_at_gmax_of(connection), self.sigma_of(connection));
            if self.device_of(connection).is_some() && weight < 3.0 * sigma {
                let allowed = format!("at least three times the spread of the first weights, {sigma}");
                return Err(refuse(&key, allowed, weight));
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
        self.check_maps()
    }

    /// A map needs the cells of a device, and is that of the main branch: it says nothing of a second one.
    fn check_maps(&self) -> Result<(), ValueError> {
        for connection in self.connections() {
            let maps = self.maps_of(connection);
            for (path, name) in
                maps.into_iter().zip(["fault_map", "conductance_map"]).filter(|(path, _)| !path.is_empty())
            {
                let key = connection_key(connection, name);
                if self.device_of(connection).is_none() {
                    let device = self.device_key(connection);
                    return Err(refuse(&key, format!("left out where `{device}` is `none`"), format!("`{path}`")));
                }
                if name == "conductance_map" && self.hardware.pair != PairKind::OneBranch {
                    return Err(refuse(&key, "left out unless `hardware.pair` is `one-branch`", format!("`{path}`")));
                }
            }
        }
        Ok(())
    }

    /// The key that names the device of `connection`.
    pub fn device_key(&self, connection: Connection) -> String {
        let own = match connection {
            Connection::Readout => self.readout.device.is_some(),
            Connection::Feedforward(layer) | Connection::Recurrent(layer) => {
                self.layers.get(layer).is_some_and(|layer| layer.device.is_some())
            }
        };
        if own { connection_key(connection, "device") } else { "hardware.device".to_owned() }
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
            return Err(refuse(&self.device_key(connection), allowed, format!("`{device}`")));
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
        if let Some(sigma) = self.weights.sigma_recurrent {
            positive("weights.sigma_recurrent", sigma)?;
            if !self.network.recurrent {
                return Err(refuse("weights.sigma_recurrent", "left out where `network.recurrent` is false", sigma));
            }
        }
        number("noise.level_percent", self.noise.level_percent, 0.0..=1e6, "a percentage of sigma_init from 0 to 1e6")?;
        positive("hardware.weight_at_gmax", self.hardware.weight_at_gmax)?;
        self.check_readout()?;
        self.check_weight_at_gmax()?;
        let scale = self.hardware.write_spread_scale;
        number("hardware.write_spread_scale", scale, 0.0..=1e6, "a factor from 0 to 1e6")?;
        let retention = self.hardware.retention_seconds;
        number("hardware.retention_seconds", retention, 0.0..=1e12, "a number of seconds from 0 to 1e12")?;
        self.check_device()?;
        self.check_training()?;
        whole("outcome.last_epochs", self.outcome.last_epochs, 1_000_000)?;
        number("outcome.success_above", self.outcome.success_above, 0.0..=1.0, "between 0 and 1")
    }

    fn check_training(&self) -> Result<(), ValueError> {
        let training = &self.training;
        whole("training.epochs", training.epochs, 1_000_000)?;
        whole("training.batch", training.batch, 1_000_000)?;
        number("training.learning_rate", training.learning_rate, 0.0..=1e6, "a number from 0 to 1e6")?;
        let steps = "a number of steps from 0.001 to 1e6";
        number("training.tau_mem_steps", training.tau_mem_steps, 1e-3..=1e6, steps)?;
        number("training.tau_syn_steps", training.tau_syn_steps, 1e-3..=1e6, steps)?;
        positive("training.surrogate_steepness", training.surrogate_steepness)
    }
}

/// Hidden neurons x steps of one sample's trace: 1 GB of voltages.
const LARGEST_TRACE: usize = 1 << 28;
