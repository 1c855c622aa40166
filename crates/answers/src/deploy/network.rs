//! A stored network with the settings of its deployment.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ohmspike_snn::network::{HiddenLayer, Network};
use ohmspike_study::network_file::{Imported, NetworkHeader, StoredNetwork};
use ohmspike_study::prepare::{DataShape, Prepared};
use ohmspike_study::settings::{Settings, WeightSigns, layer_key};
use ohmspike_study::study::{Axis, Condition, Override, Preset, Study, canonical};
use ohmspike_study::study_file::StudyFile;
use ohmspike_study::trial::network;

use super::DeployError;
use super::error::SPREAD;
use super::signs::Demand;

mod contradictions;
mod warnings;

use contradictions::{Dropped, dropped};

/// The key of the signs, which deployment decides itself: settings allow a device only for signed rows.
const SIGNS: &str = "network.signs";
const DEVICE: &str = "hardware.device";
/// The smallest initial weight spread that settings allow, thresholds.
const MIN_SPREAD: f64 = 1e-12;
/// The largest weight of a fully-on cell that settings allow, thresholds: it holds all initial weights.
const MAX_WEIGHT: f64 = 1e12;

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
    /// Keys that the user sets, in the study or with an override.
    explicit: Vec<String>,
    /// Keys that the user sets with an override.
    overridden: Vec<String>,
    /// Keys of the study that the file decides.
    dropped: Vec<Dropped>,
    /// The overrides of the user, as `key = value`.
    pub(super) overrides: Vec<String>,
    /// Initial weight spread of the training, thresholds: noise levels are in percent of it. None if nobody knows it.
    spread: Option<f64>,
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
        if let Some(key) = overridden_size(request.overrides) {
            return Err(DeployError::Size { file: stored.file.clone(), key });
        }
        if !request.devices.is_empty() && request.overrides.iter().any(is_device) {
            return Err(DeployError::TwoDevices);
        }
        let given = request.overrides.iter().filter(|one| one.key != SIGNS).cloned();
        let devices = (!request.devices.is_empty()).then(|| device_override(request.devices));
        let last: Vec<Override> = request
            .test
            .map(|set| Override::new("data.set", set).by_flag("--test"))
            .into_iter()
            .chain(devices)
            .chain(given)
            .collect();
        let source = Source::new(&stored, request)?;
        let overridden = request.overrides.iter().map(|one| canonical(&one.key).to_owned()).collect();
        let mut explicit: Vec<String> = last.iter().map(|one| canonical(&one.key).to_owned()).collect();
        let of_training = source.study(request, &stored, &[&last[..], &full_scales(&stored, MAX_WEIGHT)].concat())?;
        let given = explicit.iter().any(|key| key == SPREAD);
        let in_file = source.file.is_some() && of_training.places.contains_key(SPREAD);
        let spread = known_spread(&of_training, stored.header.is_some() || given || in_file);
        let study = source.study(request, &stored, &[last, no_initial_weights(&stored, request)].concat())?;
        explicit.extend(study.places.keys().filter(|_| source.file.is_some()).cloned());
        explicit.extend(stored.imported.iter().flat_map(Imported::keys).map(|(key, _)| key.to_owned()));
        let (folder, demand) = (source.folder, source.demand);
        if !study.conditions.iter().all(|condition| condition.settings.has_device()) {
            return Err(DeployError::NoDevice { file: stored.file.clone() });
        }
        let study = Study { name: study_name(&name), question: question(&name), ..study };
        let shown = |one: &Override| format!("{} = {}", one.key, one.value);
        let overrides = request.overrides.iter().filter(|one| !one.value.is_array()).map(shown).collect();
        let dropped = dropped(&stored, request)?;
        let network =
            DeployedNetwork { name, stored, study, folder, explicit, overridden, dropped, overrides, spread, demand };
        network.check_spread()?;
        network.check_neurons()?;
        Ok(network)
    }

    /// Gives networks of files with the same name the paths of their files as names.
    pub fn name_apart(networks: &mut [DeployedNetwork]) {
        let names: Vec<String> = networks.iter().map(|network| network.name.clone()).collect();
        for network in networks {
            if names.iter().filter(|name| **name == network.name).count() > 1 {
                network.name = network.stored.file.clone();
            }
        }
    }

    /// Reads the data and devices.
    pub(super) fn prepare(&self, prepared: &mut Prepared) -> Result<(), DeployError> {
        for condition in &self.study.conditions {
            self.add(&condition.settings, prepared)?;
        }
        Ok(())
    }

    /// Returns the network with the sizes of its matrices in its settings, which the shapes alone may not tell.
    pub(super) fn sized(&self, prepared: &Prepared) -> Result<DeployedNetwork, DeployError> {
        let mut network = self.clone();
        for condition in &mut network.study.conditions {
            let shape = prepared.data(&condition.settings).shape();
            let sizes = self.stored.hidden_sizes(shape)?;
            if sizes != self.stored.likely_sizes() {
                let settings = Arc::make_mut(&mut condition.settings);
                settings.network.hidden = sizes[0];
                settings.layers.iter_mut().zip(sizes).for_each(|(layer, neurons)| layer.hidden = Some(neurons));
            }
        }
        Ok(network)
    }

    /// Returns the standard deviation of the write noise of `noise.level_percent`, thresholds.
    pub(super) fn update_sigma(&self, settings: &Settings) -> f64 {
        let swept = self.study.axes.iter().any(|axis| axis.key == SPREAD);
        let spread = if swept { settings.weights.sigma_init } else { self.spread.unwrap_or(0.0) };
        settings.noise.level_percent / 100.0 * spread
    }

    /// Reads the data and devices of `settings`.
    pub(super) fn add(&self, settings: &Settings, prepared: &mut Prepared) -> Result<(), DeployError> {
        prepared.add_untrained(settings, &self.paths()).map_err(|source| DeployError::Prepare {
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
        let mut levels = self.study.conditions.iter().map(|condition| condition.settings.noise.level_percent);
        match levels.find(|level| *level > 0.0) {
            Some(level) if self.spread.is_none() => {
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
        let sizes = self.stored.hidden_sizes(shape)?;
        let hidden = sizes.into_iter().enumerate().map(|(number, neurons)| HiddenLayer {
            neurons,
            excitatory: excitatory(number).unwrap_or(neurons),
            recurrent: self.stored.is_recurrent(number),
        });
        Ok(Network { hidden: hidden.collect(), ..network })
    }

    /// Whether the header says that the network was trained on digital weights.
    pub(super) fn is_trained_in_exact_memory(&self) -> bool {
        self.stored.header.as_ref().is_some_and(|header| !header.settings.has_device())
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
    let name = |name: &String| toml::Value::from(name.as_str());
    match devices {
        [one] => Override::new(DEVICE, name(one)),
        several => Override::new(DEVICE, several.iter().map(name).collect::<Vec<_>>()),
    }
    .by_flag("--device")
}

/// Where the settings come from.
struct Source<'a> {
    /// The study; none for one with default settings and as many layers as the network.
    file: Option<&'a Path>,
    /// Overrides of its keys, before those of the user.
    own: Vec<Override>,
    /// Folder of relative paths.
    folder: PathBuf,
    demand: Demand,
}

impl<'a> Source<'a> {
    fn new(stored: &StoredNetwork, request: &Request<'a>) -> Result<Source<'a>, DeployError> {
        let wanted = request.overrides.iter().rev().find(|one| one.key == SIGNS);
        let wanted = wanted.map(|one| word_of(&one.value)).transpose()?;
        let plain = |own: Vec<Override>, demand: Demand| Source { file: None, own, folder: PathBuf::from("."), demand };
        match (&stored.header, request.study) {
            (Some(_), Some(_)) => Err(DeployError::OwnSettings { file: stored.file.clone() }),
            (Some(header), None) => {
                let other_device = !request.devices.is_empty() || request.overrides.iter().any(is_device);
                let constrained = header.settings.network.signs == WeightSigns::Constrained;
                let demand = match wanted {
                    Some(WeightSigns::Constrained) if !constrained => Demand::PerRow,
                    Some(WeightSigns::Unconstrained) => Demand::Unconstrained,
                    _ if constrained => Demand::OfSettings,
                    _ => Demand::Unconstrained,
                };
                Ok(plain([base_overrides(), header_overrides(header, other_device)].concat(), demand))
            }
            (None, None) => {
                let own = [base_overrides(), own_overrides(stored)].concat();
                Ok(plain(own, demand_of(wanted)))
            }
            (None, Some(path)) => {
                let signs = vec![Override::new(SIGNS, "constrained")];
                let own = [signs, own_overrides(stored)].concat();
                let opened = [own.clone(), full_scales(stored, MAX_WEIGHT)].concat();
                let file = StudyFile::open_with(request.presets, path, &opened)?;
                let (expected, got) = (file.study.conditions[0].settings.hidden_layers().len(), stored.hidden_layers());
                if expected != got {
                    return Err(DeployError::Layers { file: stored.file.clone(), expected, got });
                }
                let demand = demand_of(wanted.or(signs_in(&file.text)?));
                Ok(Source { file: Some(path), own, folder: file.folder, demand })
            }
        }
    }

    /// Returns the study with further overrides.
    fn study(&self, request: &Request, stored: &StoredNetwork, more: &[Override]) -> Result<Study, DeployError> {
        let overrides = [&self.own, more].concat();
        if let Some(path) = self.file {
            return Ok(StudyFile::open_with(request.presets, path, &overrides)?.study);
        }
        let text = "name = \"deployment\"\n".to_owned() + &"[[layer]]\n".repeat(stored.hidden_layers());
        Ok(Study::parse_with(request.presets, &stored.file, &text, &overrides)?)
    }
}

/// Returns the initial weight spread of a study, thresholds; none if it is `auto` or not `known`.
fn known_spread(study: &Study, known: bool) -> Option<f64> {
    let condition = &study.conditions[0];
    let auto = condition.auto.as_ref().is_some_and(|auto| auto.keys.contains(SPREAD));
    (known && !auto).then_some(condition.settings.weights.sigma_init)
}

/// Returns the weights of fully-on cells of all layers as overrides.
fn full_scales(stored: &StoredNetwork, weight: f64) -> Vec<Override> {
    let keys = (0..stored.hidden_layers()).map(|number| layer_key(number, "weight_at_gmax"));
    keys.chain(["readout.weight_at_gmax".to_owned()]).map(|key| Override::new(&key, weight)).collect()
}

/// Returns the smallest initial weight spreads, so that every weight at Gmax holds initial weights: a deployment has none. A
/// spread that the user sweeps stays.
fn no_initial_weights(stored: &StoredNetwork, request: &Request) -> Vec<Override> {
    let swept = |key: &str| {
        let own = request.overrides.iter().rev().find(|one| canonical(&one.key) == canonical(key));
        own.is_some_and(|one| one.value.is_array())
    };
    let of_layer = |number: usize| {
        let recurrent = stored.is_recurrent(number).then(|| layer_key(number, "sigma_recurrent"));
        [layer_key(number, "sigma_init")].into_iter().chain(recurrent)
    };
    let keys = (0..stored.hidden_layers()).flat_map(of_layer).chain(["readout.sigma_init".to_owned()]);
    keys.filter(|key| !swept(key)).map(|key| Override::new(&key, MIN_SPREAD)).collect()
}

/// Returns the first override of a size: the matrices have the sizes.
fn overridden_size(overrides: &[Override]) -> Option<String> {
    let is_size = |key: &str| ["hidden", "recurrent"].contains(&key.rsplit('.').next().unwrap_or_default());
    overrides.iter().map(|one| one.key.clone()).find(|key| is_size(key))
}

/// Returns values for keys that a deployment does not use, but that settings check against each other: every chip has its
/// own weight at Gmax (`cell.rs`), and there are no initial weights.
fn base_overrides() -> Vec<Override> {
    let full_scale = ["hardware.weight_at_gmax", "readout.weight_at_gmax"].map(|key| Override::new(key, 1000.0));
    full_scale.into_iter().chain([Override::new(SPREAD, 0.001), Override::new(DEVICE, "none")]).collect()
}

/// Returns what `stored` decides as overrides: sizes, and time constants of a NIR file.
fn own_overrides(stored: &StoredNetwork) -> Vec<Override> {
    [size_overrides(stored), constant_overrides(stored)].concat()
}

/// Returns the numbers of neurons of `stored` as overrides.
fn size_overrides(stored: &StoredNetwork) -> Vec<Override> {
    let of_layer = |(number, neurons): (usize, usize)| {
        [
            Override::new(&layer_key(number, "hidden"), neurons as i64),
            Override::new(&layer_key(number, "recurrent"), stored.is_recurrent(number)),
        ]
    };
    stored.likely_sizes().into_iter().enumerate().flat_map(of_layer).collect()
}

/// Returns the time constants of a network from a NIR file as overrides.
fn constant_overrides(stored: &StoredNetwork) -> Vec<Override> {
    stored.imported.iter().flat_map(Imported::keys).map(|(key, steps)| Override::new(key, steps)).collect()
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
