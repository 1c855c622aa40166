//! Warnings about what the settings of a stored network leave open, ignore or contradict.

use ohmspike_study::network_file::NetworkHeader;
use ohmspike_study::prepare::Prepared;

use super::super::DeployWarning;
use super::super::error::SPREAD;
use super::super::signs::Demand;
use super::DeployedNetwork;

/// Settings that the accuracy of a network depends on, and that its weights do not tell.
const DECISIVE: [&str; 5] = ["data.set", ENCODING, "network.steps", "training.tau_mem_steps", "training.tau_syn_steps"];
const ENCODING: &str = "data.encoding";
/// Relative difference of two durations that rounding explains.
const STEP_ROUNDING: f64 = 1e-6;

impl DeployedNetwork {
    /// Returns warnings about data other than those of the training, and about keys that a deployment does not use.
    pub(in crate::deploy) fn warnings(&self, prepared: &Prepared) -> Vec<DeployWarning> {
        let known = self.assumed().into_iter().chain(self.other_data(prepared)).chain(self.other_steps());
        known.chain(self.contradictions()).chain(self.ignored()).chain(self.of_import()).collect()
    }

    /// Settings that a network without a header takes from the defaults, although its accuracy depends on them.
    fn assumed(&self) -> Option<DeployWarning> {
        let settings = &self.study.conditions[0].settings;
        // Recorded events are spikes already.
        let is_used = |key: &str| key != ENCODING || settings.data.window_seconds().is_none();
        let settings = settings.resolved().keys();
        let is_open = |key: &str| is_used(key) && !self.explicit.iter().any(|own| own == key);
        let shown =
            |key: &&str| settings.iter().find(|(known, _)| known == *key).map(|(_, value)| format!("{key} = {value}"));
        let open: Vec<String> = DECISIVE.iter().filter(|key| is_open(key)).filter_map(shown).collect();
        (self.stored.header.is_none() && !open.is_empty())
            .then(|| DeployWarning::Assumed { file: self.stored.file.clone(), settings: open.join(", ") })
    }

    /// What the import of a NIR file assumed.
    fn of_import(&self) -> Vec<DeployWarning> {
        let notes = self.stored.imported.iter().flat_map(|imported| &imported.notes);
        notes.map(|note| DeployWarning::Imported { file: self.stored.file.clone(), note: note.clone() }).collect()
    }

    fn ignored(&self) -> Vec<DeployWarning> {
        let why = |key: &str| match key.rsplit('.').next() {
            Some("retention_seconds") => Some("`--after` sets the times"),
            Some("conductance_map") => Some("cells start erased"),
            Some("population") if self.demand == Demand::Unconstrained => Some("its pairs hold weights of either sign"),
            _ => None,
        };
        let ignored = |key: &String| why(key).map(|why| DeployWarning::Ignored { key: key.clone(), why });
        let noisy = self.study.conditions.iter().any(|condition| condition.settings.noise.level_percent > 0.0);
        let of_training = |key: &String| {
            let why = of_training(key).filter(|_| !(key == SPREAD && noisy));
            why.map(|why| DeployWarning::Ignored { key: key.clone(), why })
        };
        self.explicit.iter().filter_map(ignored).chain(self.overridden.iter().filter_map(of_training)).collect()
    }

    fn other_data(&self, prepared: &Prepared) -> Option<DeployWarning> {
        let header = self.stored.header.as_ref()?;
        let settings = &self.study.conditions[0].settings;
        let (here, set) = (prepared.data_sha256(settings), settings.data.set.clone());
        let differs = set == header.settings.data.set && here != header.data_sha256;
        let start = |digest: &str| digest.chars().take(8).collect();
        let warning = || DeployWarning::OtherData {
            file: self.stored.file.clone(),
            set,
            trained: start(&header.data_sha256),
            here: start(here),
        };
        differs.then(warning)
    }

    /// Steps of other durations than those for which the time constants were chosen, each once.
    fn other_steps(&self) -> Vec<DeployWarning> {
        let Some(own_seconds) = self.own_step_seconds() else { return Vec::new() };
        let mut found: Vec<DeployWarning> = Vec::new();
        for condition in &self.study.conditions {
            let settings = &condition.settings;
            let Some(window) = settings.data.window_seconds() else { continue };
            let here = settings.step_seconds();
            if (here / own_seconds - 1.0).abs() <= STEP_ROUNDING {
                continue;
            }
            let warning = DeployWarning::OtherStep {
                file: self.stored.file.clone(),
                own_seconds,
                here_seconds: here,
                steps: ((window / own_seconds).round() as usize).max(1),
            };
            if !found.contains(&warning) {
                found.push(warning);
            }
        }
        found
    }

    /// Returns the duration of a step for which the time constants of the network were chosen, s; none if no file states it.
    fn own_step_seconds(&self) -> Option<f64> {
        let of_training =
            |header: &NetworkHeader| header.settings.data.window_seconds().map(|_| header.settings.step_seconds());
        let imported = self.stored.imported.as_ref().map(|imported| imported.constants.dt_seconds);
        self.stored.header.as_ref().and_then(of_training).or(imported)
    }
}

/// Returns why a key of the training has no effect.
fn of_training(key: &str) -> Option<&'static str> {
    let section = key.split('.').next().unwrap_or_default();
    match (section, key.rsplit('.').next().unwrap_or_default()) {
        ("training", "epochs" | "learning_rate" | "surrogate" | "surrogate_steepness") | ("outcome", _) => {
            Some("nothing is trained")
        }
        (_, "sigma_init" | "sigma_recurrent") => Some("the file has the weights"),
        (_, "excitatory_fraction") => Some("the file has the populations"),
        ("repeats" | "seeds", _) => Some("`--seed` sets the chips"),
        ("hardware", "controller") => Some("every cell is written once, to its target"),
        ("calibration", _) => Some("the scales follow from the weights of the file"),
        _ => None,
    }
}
