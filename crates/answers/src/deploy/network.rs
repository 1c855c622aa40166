//! A stored network with the settings of its deployment.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ohmspike_snn::network::{HiddenLayer, Network};
use ohmspike_study::network_file::{NetworkHeader, StoredNetwork};
use ohmspike_study::prepare::{DataShape, Prepared};
use ohmspike_study::settings::{Settings, WeightSigns, layer_key};
use ohmspike_study::study::{Axis, Condition, Override, Preset, Study, canonical};
use ohmspike_study::study_file::StudyFile;
use ohmspike_study::trial::network;

use super::error::SPREAD;
use super::signs::Demand;
use super::{DeployError, DeployWarning};

/// The key of the signs, which deployment decides itself: settings allow a device only for signed rows.
const SIGNS: &str = "network.signs";
const DEVICE: &str = "hardware.device";

/// How a network is to be deployed.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Presets that a study may use.
    pub presets: &'a [Preset],
    /// Study with the settings of a network without a header.
    pub study: Option<&'a Path>,
    /// Overrides of single keys; a list makes several deployments.
    pub overrides: &'a [Override],
    /// Devices to deploy onto; those of the settings if there is none.
    pub devices: &'a [String],
    /// Data set of the test, in place of that of the settings.
    pub test: Option<&'a str>,
}

/// A stored network with the settings of its deployment: one condition per device.
#[derive(Clone, Debug)]
pub struct DeployedNetwork {
    /// Name of the network: that of its file.
    pub name: String,
    /// The network.
    pub stored: StoredNetwork,
    /// Its settings, one condition per device.
    pub study: Study,
    /// Folder that relative paths of the study are looked up in.
    pub folder: PathBuf,
    /// Keys that the user sets.
    explicit: Vec<String>,
    pub(super) demand: Demand,
}

impl DeployedNetwork {
    /// Reads the network at `path`.
    ///
    /// # Errors
    /// Returns a [`DeployError`] if the file, the study or an override is invalid, or no device is named.
    pub fn open(path: &Path, request: &Request) -> Result<DeployedNetwork, DeployError> {
        let stored = StoredNetwork::read(path)?;
        let name = path.file_stem().map_or_else(|| "network".to_owned(), |stem| stem.to_string_lossy().into_owned());
        let given = request.overrides.iter().filter(|one| one.key != SIGNS).cloned();
        let other_device = !request.devices.is_empty() || request.overrides.iter().any(is_device);
        let devices = (!request.devices.is_empty()).then(|| device_override(request.devices));
        let last: Vec<Override> =
            request.test.map(|set| Override::new("data.set", set)).into_iter().chain(devices).chain(given).collect();
        let wanted = request.overrides.iter().rev().find(|one| one.key == SIGNS);
        let wanted = wanted.map(|one| word_of(&one.value)).transpose()?;
        let mut explicit: Vec<String> = last.iter().map(|one| canonical(&one.key).to_owned()).collect();
        let (study, folder, demand) = match (&stored.header, request.study) {
            (Some(_), Some(_)) => return Err(DeployError::OwnSettings { file: stored.file.clone() }),
            (Some(header), None) => {
                let own = header_overrides(header, other_device);
                let study = parse(request, &stored, &[base_overrides(), own, last].concat())?;
                let constrained = header.settings.network.signs == WeightSigns::Constrained;
                let own = if constrained { Demand::OfSettings } else { Demand::Unconstrained };
                let demand = match wanted {
                    None => own,
                    Some(WeightSigns::Constrained) if constrained => own,
                    Some(WeightSigns::Constrained) => Demand::PerRow,
                    Some(WeightSigns::Unconstrained) => Demand::Unconstrained,
                };
                (study, PathBuf::from("."), demand)
            }
            (None, Some(path)) => {
                let signs = Override::new(SIGNS, "constrained");
                let sizes = size_overrides(&stored);
                let file = StudyFile::open_with(request.presets, path, &[vec![signs], sizes, last].concat())?;
                let layers = file.study.conditions[0].settings.hidden_layers().len();
                if layers != stored.hidden_sizes().len() {
                    let (file, got) = (stored.file.clone(), stored.hidden_sizes().len());
                    return Err(DeployError::Layers { file, expected: layers, got });
                }
                explicit.extend(file.study.places.keys().cloned());
                let own = signs_in(&file.text)?;
                (file.study, file.folder, demand_of(wanted.or(own)))
            }
            (None, None) => {
                let own = [size_overrides(&stored), base_overrides()].concat();
                let study = parse(request, &stored, &[own, last].concat())?;
                (study, PathBuf::from("."), demand_of(wanted))
            }
        };
        if !study.conditions.iter().all(|condition| condition.settings.has_device()) {
            return Err(DeployError::NoDevice { file: stored.file.clone() });
        }
        let study = Study { name: study_name(&name), question: question(&name), ..study };
        let network = DeployedNetwork { name, stored, study, folder, explicit, demand };
        network.check_spread()?;
        Ok(network)
    }

    /// Reads the data and devices.
    pub(super) fn prepare(&self, prepared: &mut Prepared) -> Result<(), DeployError> {
        for condition in &self.study.conditions {
            self.add(&condition.settings, prepared)?;
        }
        Ok(())
    }

    /// Reads the data and devices of `settings`.
    pub(super) fn add(&self, settings: &Settings, prepared: &mut Prepared) -> Result<(), DeployError> {
        prepared.add(settings, &self.paths()).map_err(|source| DeployError::Prepare {
            place: source.key().and_then(|key| self.study.places.get(key)).cloned(),
            source: Box::new(source),
        })
    }

    /// Base folder of relative paths.
    pub(super) fn paths(&self) -> PathBuf {
        self.study.paths_folder(&self.folder)
    }

    /// Returns whether the user sets `key` to a value of its own, and not to `auto`, in a condition.
    pub(super) fn sets(&self, condition: usize, key: &str) -> bool {
        let key = canonical(key);
        let auto = self.study.conditions[condition].auto.as_ref().is_some_and(|auto| auto.keys.contains(key));
        self.explicit.iter().any(|own| own == key) && !auto
    }

    /// Refuses a noise level in % of a spread that nobody knows.
    fn check_spread(&self) -> Result<(), DeployError> {
        let levels = self.study.conditions.iter().map(|condition| condition.settings.noise.level_percent);
        let unknown = |(number, level): &(usize, f64)| *level > 0.0 && !self.sets(*number, SPREAD);
        match levels.enumerate().find(unknown) {
            Some((_, level)) if self.stored.header.is_none() => {
                Err(DeployError::NoSpread { file: self.stored.file.clone(), level })
            }
            _ => Ok(()),
        }
    }

    /// Builds the network for data with `shape`: time constants of the settings, sizes of the matrices.
    pub(super) fn network(&self, settings: &Settings, shape: DataShape) -> Result<Network, DeployError> {
        let network = network(settings, shape)?;
        let excitatory =
            |layer: usize| self.stored.header.as_ref().and_then(|header| header.excitatory.get(layer).copied());
        let hidden = self.stored.hidden_sizes().into_iter().enumerate().map(|(number, neurons)| HiddenLayer {
            neurons,
            excitatory: excitatory(number).unwrap_or(neurons).min(neurons),
            recurrent: self.stored.is_recurrent(number),
        });
        Ok(Network { hidden: hidden.collect(), ..network })
    }

    /// Returns warnings about data other than those of the training, and about keys that a deployment does not use.
    pub(super) fn warnings(&self, prepared: &Prepared) -> Vec<DeployWarning> {
        self.other_data(prepared).into_iter().chain(self.ignored()).collect()
    }

    fn ignored(&self) -> Vec<DeployWarning> {
        let why = |key: &str| match key.rsplit('.').next() {
            Some("retention_seconds") => Some("`--after` sets the times"),
            Some("conductance_map") => Some("cells start erased"),
            Some("population") if self.demand == Demand::Unconstrained => Some("its pairs hold weights of either sign"),
            _ => None,
        };
        let ignored = |key: &String| why(key).map(|why| DeployWarning::Ignored { key: key.clone(), why });
        self.explicit.iter().filter_map(ignored).collect()
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

    /// Names every condition by its devices and the values of its axes.
    pub fn device_names(&self) -> Vec<String> {
        (0..self.study.conditions.len()).map(|condition| self.device_name(condition)).collect()
    }

    fn device_name(&self, condition: usize) -> String {
        let condition = &self.study.conditions[condition];
        let settings = &condition.settings;
        let mut devices: Vec<String> = Vec::new();
        for connection in settings.connections() {
            devices.extend(settings.device_of(connection).filter(|device| !devices.contains(device)));
        }
        let value = |(axis, value): (&Axis, &toml::Value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (axis.key != DEVICE).then(|| format!("{} = {value}", axis.key))
        };
        let axes = self.study.axes.iter().zip(&condition.values).filter_map(value);
        [devices.join(" + ")].into_iter().chain(axes).collect::<Vec<_>>().join(", ")
    }

    /// Describes the devices of every condition, with all that changes them.
    fn devices_in_full(&self) -> Vec<String> {
        let of = |(name, condition): (String, &Condition)| {
            let settings = &condition.settings;
            let keys = settings.device.iter().map(|(key, value)| format!(", device.{key} = {value}"));
            let scale = settings.hardware.write_spread_scale;
            let scaled = (scale != 1.0).then(|| format!(", hardware.write_spread_scale = {scale}"));
            [name].into_iter().chain(keys).chain(scaled).collect::<String>()
        };
        self.device_names().into_iter().zip(&self.study.conditions).map(of).collect()
    }

    /// Refuses networks whose settings name other devices than the first: they would share a column.
    pub(super) fn check_same_devices(networks: &[DeployedNetwork]) -> Result<(), DeployError> {
        let all: Vec<Vec<String>> = networks.iter().map(DeployedNetwork::devices_in_full).collect();
        let Some(other) = all.iter().position(|devices| *devices != all[0]) else { return Ok(()) };
        let differ = (0..).find(|place| all[0].get(*place) != all[other].get(*place)).unwrap_or(0);
        let of = |network: usize| {
            let device = all[network].get(differ).cloned().unwrap_or_else(|| "none".to_owned());
            (networks[network].stored.file.clone(), device)
        };
        Err(DeployError::Devices { first: of(0), other: of(other) })
    }

    /// Returns the settings of the condition with this number.
    pub(super) fn settings(&self, condition: usize) -> Arc<Settings> {
        Arc::clone(&self.study.conditions[condition].settings)
    }
}

/// Returns the name of the study of a deployment, of letters that a study may have.
fn study_name(network: &str) -> String {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    network.chars().map(|letter| if fits(letter) { letter } else { '-' }).collect::<String>() + "-deploy"
}

fn question(network: &str) -> String {
    format!("What accuracy has the network {network} on chips?")
}

fn is_device(one: &Override) -> bool {
    canonical(&one.key) == DEVICE
}

fn device_override(devices: &[String]) -> Override {
    match devices {
        [one] => Override::new(DEVICE, one.as_str()),
        several => {
            Override::new(DEVICE, several.iter().map(|name| toml::Value::from(name.as_str())).collect::<Vec<_>>())
        }
    }
}

fn parse(request: &Request, stored: &StoredNetwork, overrides: &[Override]) -> Result<Study, DeployError> {
    let layers = "[[layer]]\n".repeat(stored.hidden_sizes().len());
    let text = format!("name = \"deployment\"\n{layers}");
    Ok(Study::parse_with(request.presets, &stored.file, &text, overrides)?)
}

/// Returns values for keys that a deployment does not use, but that settings check against each other: every chip has its
/// own full scale (`cell.rs`), and there are no initial weights.
fn base_overrides() -> Vec<Override> {
    let full_scale = ["hardware.weight_at_gmax", "readout.weight_at_gmax"].map(|key| Override::new(key, 1000.0));
    full_scale.into_iter().chain([Override::new(SPREAD, 0.001), Override::new(DEVICE, "none")]).collect()
}

/// Returns the numbers of neurons of `stored` as overrides.
fn size_overrides(stored: &StoredNetwork) -> Vec<Override> {
    let of_layer = |(number, neurons): (usize, usize)| {
        [
            Override::new(&layer_key(number, "hidden"), neurons as i64),
            Override::new(&layer_key(number, "recurrent"), stored.is_recurrent(number)),
        ]
    };
    stored.hidden_sizes().into_iter().enumerate().flat_map(of_layer).collect()
}

/// Returns the settings of the training that hold for a deployment. The devices of the training hold only if no other is
/// named. Full scale, noise level, maps and times are those of a chip, not of the network.
fn header_overrides(header: &NetworkHeader, other_device: bool) -> Vec<Override> {
    let kept = |key: &str| {
        let name = key.rsplit('.').next().unwrap_or_default();
        let chip = ["weight_at_gmax", "fault_map", "conductance_map", "controller", "retention_seconds", "signs"];
        let device = ["device", "write_spread_scale"].contains(&name) || key.starts_with("device.");
        let other = chip.contains(&name) || key.starts_with("noise.") || key.starts_with("seeds.");
        !(other || (other_device && device))
    };
    let keys = header.settings.resolved().keys().into_iter();
    keys.filter(|(key, _)| kept(key)).map(|(key, value)| Override::new(&key, value)).collect()
}

fn word_of(value: &toml::Value) -> Result<WeightSigns, DeployError> {
    match value.as_str() {
        Some("constrained") => Ok(WeightSigns::Constrained),
        Some("unconstrained") => Ok(WeightSigns::Unconstrained),
        _ => Err(DeployError::Signs(format!("{SIGNS}: expected `constrained` or `unconstrained`, got {value}"))),
    }
}

/// Returns the signs that the text of a study sets.
fn signs_in(text: &str) -> Result<Option<WeightSigns>, DeployError> {
    let table: toml::Table = toml::from_str(text).unwrap_or_default();
    table.get("network").and_then(|section| section.get("signs")).map(word_of).transpose()
}

fn demand_of(signs: Option<WeightSigns>) -> Demand {
    match signs {
        None => Demand::Unknown,
        Some(WeightSigns::Constrained) => Demand::PerRow,
        Some(WeightSigns::Unconstrained) => Demand::Unconstrained,
    }
}
