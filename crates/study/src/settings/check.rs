//! Checks of all settings: every value on its own, and the rules between keys.

use ohmspike_snn::connection::Connection;

use super::value::{
    EPOCHS, FACTOR, FRACTION, LINES, MILLION, RETENTION, TIME_CONSTANT, number, positive, positive_or_auto, refuse,
    whole,
};
use super::{PairKind, Settings, ValueError, WeightSigns, connection_key};
use crate::significant::{at_least, of_changed_unit};

impl Settings {
    /// The conductance window must hold the initial weights. It clips the 0.3 % of a normal distribution beyond three
    /// standard deviations.
    fn check_weight_at_gmax(&self) -> Result<(), ValueError> {
        for connection in self.connections() {
            let key = connection_key(connection, "weight_at_gmax");
            let (weight, sigma) = (self.weight_at_gmax_of(connection), self.sigma_of(connection));
            let least = 3.0 * sigma;
            // A product of two numbers with few digits may be an ulp larger than the number with few digits that it stands for.
            if self.device_of(connection).is_some() && weight < least.min(of_changed_unit(least)) {
                let allowed = format!("at least {} (3 × the initial weight spread)", at_least(least));
                return Err(refuse(&key, allowed, weight));
            }
        }
        Ok(())
    }

    /// Device keys need a device, and JSON holds finite numbers only.
    fn check_device(&self) -> Result<(), ValueError> {
        for (key, value) in &self.device {
            let key = format!("device.{key}");
            if !self.has_device() {
                return Err(refuse(&key, "no value while `hardware.device` is `none`", value));
            }
            if value.is_null() {
                return Err(refuse(&key, "a finite number, a string, true or false", "NaN or infinity"));
            }
        }
        self.check_maps()
    }

    /// Maps need the cells of a device. A conductance map covers the main branch only.
    fn check_maps(&self) -> Result<(), ValueError> {
        for connection in self.connections() {
            let maps = self.maps_of(connection);
            for (path, name) in
                maps.into_iter().zip(["fault_map", "conductance_map"]).filter(|(path, _)| !path.is_empty())
            {
                let key = connection_key(connection, name);
                if self.device_of(connection).is_none() {
                    let device = self.device_key(connection);
                    return Err(refuse(&key, format!("no value while `{device}` is `none`"), format!("`{path}`")));
                }
                if name == "conductance_map" && self.hardware.pair != PairKind::OneBranch {
                    return Err(refuse(&key, "no value unless `hardware.pair` is `one-branch`", format!("`{path}`")));
                }
            }
        }
        Ok(())
    }

    /// Returns the key that sets the device of `connection`.
    pub fn device_key(&self, connection: Connection) -> String {
        let own = match connection {
            Connection::Readout => self.readout.device.is_some(),
            Connection::Feedforward(layer) | Connection::Recurrent(layer) => {
                self.layers.get(layer).is_some_and(|layer| layer.device.is_some())
            }
        };
        if own { connection_key(connection, "device") } else { "hardware.device".to_owned() }
    }

    /// Unconstrained weights allow neither two populations of neurons nor cells, which have one sign.
    fn check_signs(&self) -> Result<(), ValueError> {
        if self.network.signs == WeightSigns::Constrained {
            return Ok(());
        }
        if self.network.excitatory_fraction != 1.0 {
            let allowed = "1 while `network.signs` is `unconstrained` (all neurons form one population)";
            return Err(refuse("network.excitatory_fraction", allowed, self.network.excitatory_fraction));
        }
        for connection in self.connections() {
            let Some(device) = self.device_of(connection) else { continue };
            let allowed = "`none` while `network.signs` is `unconstrained` (a cell has one sign)";
            return Err(refuse(&self.device_key(connection), allowed, format!("`{device}`")));
        }
        Ok(())
    }

    /// Checks every value, and the rules between keys.
    ///
    /// # Errors
    /// Returns a [`ValueError`] for the first wrong value, in the order of the sections.
    pub fn check(&self) -> Result<(), ValueError> {
        self.data.check()?;
        whole("network.hidden", self.network.hidden, LINES)?;
        number("network.excitatory_fraction", self.network.excitatory_fraction, FRACTION)?;
        self.check_signs()?;
        whole("network.steps", self.network.steps, LINES)?;
        self.check_layers()?;
        let hidden: usize = self.hidden_layers().iter().map(|layer| layer.hidden).sum();
        if self.network.steps > LARGEST_TRACE / hidden {
            let allowed = format!("at most {} for {hidden} hidden neurons", LARGEST_TRACE / hidden);
            return Err(refuse("network.steps", allowed, self.network.steps));
        }
        positive_or_auto("weights.sigma_init", self.weights.sigma_init)?;
        if let Some(sigma) = self.weights.sigma_recurrent {
            positive("weights.sigma_recurrent", sigma)?;
            if !self.network.recurrent {
                return Err(refuse("weights.sigma_recurrent", "no value while `network.recurrent` is false", sigma));
            }
        }
        number("noise.level_percent", self.noise.level_percent, FACTOR)?;
        positive_or_auto("hardware.weight_at_gmax", self.hardware.weight_at_gmax)?;
        self.check_readout()?;
        self.check_weight_at_gmax()?;
        number("hardware.write_spread_scale", self.hardware.write_spread_scale, FACTOR)?;
        number("hardware.retention_seconds", self.hardware.retention_seconds, RETENTION)?;
        self.check_device()?;
        self.check_training()?;
        whole("outcome.last_epochs", self.outcome.last_epochs, MILLION)?;
        number("outcome.success_above", self.outcome.success_above, FRACTION)
    }

    fn check_training(&self) -> Result<(), ValueError> {
        let training = &self.training;
        whole("training.epochs", training.epochs, EPOCHS)?;
        whole("training.batch", training.batch, MILLION)?;
        number("training.learning_rate", training.learning_rate, FACTOR)?;
        number("training.tau_mem_steps", training.tau_mem_steps, TIME_CONSTANT)?;
        number("training.tau_syn_steps", training.tau_syn_steps, TIME_CONSTANT)?;
        positive("training.surrogate_steepness", training.surrogate_steepness)
    }
}

/// Most hidden neurons × time steps of a sample: 1 GB of voltages.
const LARGEST_TRACE: usize = 1 << 28;

#[cfg(test)]
mod tests {
    use crate::study::Study;

    /// 3 × 0.003 is 0.009000000000000001.
    #[test]
    fn the_least_weight_at_gmax_that_is_named_is_accepted() {
        let checked = |sigma: f64, weight: f64| {
            let keys =
                format!("[weights]\nsigma_init = {sigma}\n[hardware]\ndevice = 'ideal'\nweight_at_gmax = {weight}\n");
            let study = Study::parse("s.toml", &format!("name = 's'\n{keys}"), &[]);
            study.map(|_| ()).map_err(|error| error.to_string())
        };
        for (sigma, least, less) in [(0.003, 0.009, 0.00899), (0.0123456789, 0.03704, 0.03703), (1.0, 3.0, 2.999)] {
            let refused = checked(sigma, less).expect_err("too small");
            let expected = format!(
                "hardware.weight_at_gmax: expected at least {least} (3 × the initial weight spread), got {less}"
            );
            assert!(refused.contains(&expected), "{refused}");
            assert_eq!(checked(sigma, least), Ok(()));
        }
        // Three times a spread with all digits.
        assert_eq!(checked(0.041152263004119, 3.0 * 0.041152263004119), Ok(()));
    }
}
