//! Errors and warnings of a deployment.

use std::io;
use std::path::PathBuf;

use ohmspike_crossbar::ArrayError;
use ohmspike_datasets::{counted, reason, write_reason};
use ohmspike_nir::note::Note;
use ohmspike_snn::network::NetworkError;
use ohmspike_study::chip_maps::WrongMap;
use ohmspike_study::network_file::NetworkFileError;
use ohmspike_study::prepare::PrepareError;
use ohmspike_study::resolved_study::ResolvedStudyError;
use ohmspike_study::significant::{at_least, at_most, of_changed_unit};
use ohmspike_study::study::StudyError;
use ohmspike_study::study_file::StudyFileError;
use ohmspike_study::warning::law::LawWarning;

use super::MAX_CHIPS;
use super::chip_at_chance::ChipAtChance;
use super::contradiction::Contradiction;
use crate::mechanisms::MechanismsError;

/// The spread that noise levels are in percent of.
pub(super) const SPREAD: &str = "weights.sigma_init";

/// Why a network cannot be deployed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// A stop was requested.
    #[error("stopped with {} left; repeat the call to continue", counted(*left, "chip result"))]
    Stopped {
        /// Results that are missing.
        left: usize,
    },
    /// Devices are named twice.
    #[error("--device: expected no `--set hardware.device` next to it; both name the devices of the deployment")]
    TwoDevices,
    /// No chips, or too many.
    #[error("chips: expected 1 to {MAX_CHIPS}, got {chips}")]
    Chips {
        /// Number of chips.
        chips: u32,
    },
    /// A threshold that is no accuracy.
    #[error("yield above: expected an accuracy from 0 to 1, got {above}\n\nhint: 80 % is 0.8")]
    YieldAbove {
        /// The threshold.
        above: f64,
    },
    /// A time that is negative or infinite.
    #[error("after: expected a time of at least 0 s, got {seconds} s")]
    After {
        /// The time, s.
        seconds: f64,
    },
    /// Conductances of several devices in one file.
    #[error(
        "conductances: expected one network and one device, got {} and {}\n\n\
         hint: save the chips of one network on one device at a time", counted(*networks, "network"),
        counted(*devices, "device")
    )]
    OneChip {
        /// Number of networks.
        networks: usize,
        /// Number of devices.
        devices: usize,
    },
    /// The network file cannot be used.
    #[error(transparent)]
    File(#[from] NetworkFileError),
    /// The settings are invalid.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// The study cannot be opened.
    #[error(transparent)]
    StudyFile(#[from] StudyFileError),
    /// Data or a device are missing or do not fit.
    #[error("{}{source}", place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default())]
    Prepare {
        /// Where the study names it, if it does.
        place: Option<String>,
        /// Cause.
        source: Box<PrepareError>,
    },
    /// No network is given.
    #[error("networks: expected at least one, got none")]
    NoNetwork,
    /// A network that is given twice.
    #[error("networks: duplicate file {file}\n\nhint: name every network once")]
    Twice {
        /// The network file.
        file: String,
    },
    /// No device is named.
    #[error(
        "{file}: no device to deploy onto\n\nhint: name one with `--device NAME`; `ohmspike device list` lists them"
    )]
    NoDevice {
        /// The network file.
        file: String,
    },
    /// A study for a network that has settings of its own.
    #[error(
        "{file}: expected no study, because the file has its own settings\n\nhint: change single keys with `--set KEY=VALUE`"
    )]
    OwnSettings {
        /// The network file.
        file: String,
    },
    /// Another number of layers than the study describes.
    #[error(
        "{file}: expected {expected} hidden layers as in the study, got {got}\n\n\
         hint: give the study one `[[layer]]` entry per hidden layer"
    )]
    Layers {
        /// The network file.
        file: String,
        /// Hidden layers of the study.
        expected: usize,
        /// Hidden layers of the file.
        got: usize,
    },
    /// Networks whose settings name different devices.
    #[error(
        "devices: expected the same for every network, got `{}` for {} and `{}` for {}\n\n\
         hint: name the devices of all networks with `--device`", first.1, first.0, other.1, other.0
    )]
    Devices {
        /// File and device of the first network.
        first: (String, String),
        /// File and device of another one.
        other: (String, String),
    },
    /// A noise level for a network that does not say what it is in percent of.
    #[error(
        "{file}: noise.level_percent: {level} % of `{SPREAD}`, which a network without a header does not have\n\n\
         hint: set it, in thresholds, with `--set {SPREAD}=VALUE`"
    )]
    NoSpread {
        /// The network file.
        file: String,
        /// The level, %.
        level: f64,
    },
    /// A row with weights of both signs in a network that must have signed rows.
    #[error(
        "{file}: {array}: expected weights of one sign per row (`network.signs = \"constrained\"`), got {first} in column \
         {columns0} and {second} in column {columns1} of row {row}\n\n\
         hint: leave `network.signs` out, so that every pair can hold either sign", columns0 = columns[0], columns1 = columns[1]
    )]
    MixedSigns {
        /// The network file.
        file: String,
        /// The matrix.
        array: String,
        /// The row, from 0.
        row: usize,
        /// Columns of two weights with different signs.
        columns: [usize; 2],
        /// The first of these weights.
        first: f32,
        /// The second.
        second: f32,
    },
    /// The weights do not fit the device.
    #[error("{connection}: {source}")]
    Array {
        /// The connection.
        connection: String,
        /// Cause.
        source: ArrayError,
    },
    /// A map does not fit.
    #[error(transparent)]
    Map(#[from] WrongMap),
    /// The mechanisms of a device cannot be told apart.
    #[error(transparent)]
    Mechanisms(#[from] MechanismsError),
    /// The settings describe no network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The study cannot be written to the results folder.
    #[error(transparent)]
    Describe(#[from] ResolvedStudyError),
    /// Results cannot be read.
    #[error("cannot read `{}`: {}", path.display(), reason(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// Results cannot be written.
    #[error("cannot write `{}`: {}\n\nhint: choose another results folder with `--out`", path.display(), write_reason(source))]
    Write {
        /// The file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The system does not provide the threads.
    #[error("cannot start {threads} threads: {reason}")]
    Threads {
        /// Number of threads.
        threads: usize,
        /// Cause.
        reason: String,
    },
    /// An option that contradicts another one.
    #[error("{0}")]
    Signs(String),
    /// A size for a network whose matrices have one.
    #[error("{file}: {key}: expected no value, because the matrices have the sizes\n\nhint: leave the key out")]
    Size {
        /// The network file.
        file: String,
        /// The key.
        key: String,
    },
    /// Other neurons than those of the file.
    #[error(
        "{place}: network.neuron: expected `{expected}`, the neurons of {file}, got `{got}`\n\nhint: leave the key out"
    )]
    Neurons {
        /// Where the key is set.
        place: String,
        /// The network file.
        file: String,
        /// The neurons of the file.
        expected: String,
        /// The other neurons.
        got: String,
    },
    /// No network works with digital weights; the first with what is wrong.
    #[error(transparent)]
    Withheld(DeployWarning),
}

/// A deployment that is valid but probably unintended.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DeployWarning {
    /// A time outside the drift law of a device.
    #[error(transparent)]
    Law(#[from] LawWarning),
    /// A time for a device without drift.
    #[error(
        "--after: no effect: device `{device}` has no drift, so every time shows the cells as they were written\n\n\
         hint: choose a device with a `drift` section, or leave `--after` out"
    )]
    NoDrift {
        /// Name of the device.
        device: String,
    },
    /// A device whose write noise the study sets, without a noise level.
    #[error(
        "device `{device}`: its write noise is `from-study`, and noise.level_percent is 0, so writes have no noise\n\n\
         hint: set `noise.level_percent`, in percent of weights.sigma_init, or choose a device with noise of its own"
    )]
    NoStudyNoise {
        /// Name of the device.
        device: String,
    },
    /// Several times for conductances, which have one.
    #[error(
        "--after: only the first of {times} times is saved, {seconds} s after programming\n\n\
         hint: save one time after the other"
    )]
    FirstTime {
        /// Number of times.
        times: usize,
        /// The first, s.
        seconds: f64,
    },
    /// Mechanisms of a device without any.
    #[error(
        "--mechanisms: no effect: device `{device}` has no active mechanism\n\n\
         hint: choose a device with noise, drift or faults, or leave `--mechanisms` out"
    )]
    NoMechanisms {
        /// Name of the device.
        device: String,
    },
    /// An assumption of the import of a NIR file.
    #[error("{file}: {note}")]
    Imported {
        /// The file.
        file: String,
        /// The assumption.
        note: Note,
    },
    /// A key that a deployment does not use.
    #[error("{key}: no effect in a deployment: {why}\n\nhint: leave the key out")]
    Ignored {
        /// The key.
        key: String,
        /// Why.
        why: &'static str,
    },
    /// A setting that contradicts the file of the network.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
    /// A saved chip at chance.
    #[error(transparent)]
    ChipAtChance(#[from] ChipAtChance),
    /// A threshold at or above the accuracy with digital weights.
    #[error(
        "--yield-above: expected less than {} %, the accuracy of {network} with digital weights, got {} %; few chips exceed it\n\n\
         hint: leave it out, so that chips pass that lose less than 5 points", at_most(*exact), of_changed_unit(*above)
    )]
    AboveExact {
        /// Name of the network.
        network: String,
        /// The threshold, %.
        above: f64,
        /// Accuracy with digital weights, %.
        exact: f64,
    },
    /// A threshold at or below chance.
    #[error(
        "--yield-above: expected more than {} %, which is chance, got {} %; chips that have forgotten everything would pass\n\n\
         hint: leave it out, so that chips pass that lose less than 5 points", at_least(*chance), of_changed_unit(*above)
    )]
    AtChance {
        /// The threshold, %.
        above: f64,
        /// Chance, %.
        chance: f64,
    },
    /// Weights with the wrong sign.
    #[error(
        "{file}: weights with the sign of the other population: {places}; deployed as 0, also as digital weights \
         ({deployed:.1} % accuracy, {stored:.1} % with all weights)\n\n\
         hint: noise of the training device can leave such weights; `--set network.signs=unconstrained` holds them in the \
         other cell of their pair"
    )]
    WrongSigns {
        /// The network file.
        file: String,
        /// Number of weights per connection, such as `12 of 1000 in readout`.
        places: String,
        /// Accuracy of the deployed weights as digital weights, %.
        deployed: f64,
        /// Accuracy of the weights as stored, %.
        stored: f64,
    },
    /// Weights beyond the weight at Gmax.
    #[error(
        "{file}: {connection}: {} beyond the weight of a fully-on cell ({weight_at_gmax}); clipped\n\n\
         hint: set `{key}` to {largest}, the largest weight, or leave it out", counted(*count as usize, "weight")
    )]
    Clipped {
        /// The network file.
        file: String,
        /// The connection.
        connection: String,
        /// Key of its weight at Gmax.
        key: String,
        /// Number of weights.
        count: u64,
        /// Weight at Gmax, thresholds.
        weight_at_gmax: f32,
        /// Largest magnitude of a weight, thresholds.
        largest: f32,
    },
    /// Defaults for a network without a header.
    #[error(
        "{file}: no header, so these are defaults: {settings}\n\n\
         hint: set those of the training with `--set KEY=VALUE` or `--study FILE`"
    )]
    Assumed {
        /// The network file.
        file: String,
        /// The settings, as `key = value`.
        settings: String,
    },
    /// A network that is little better than chance.
    #[error(
        "{network}: {exact:.1} % with digital weights is less than 5 points above chance ({chance:.1} %), so a chip at \
         chance passes\n\nhint: check the settings of the network, or set `--yield-above`"
    )]
    NearChance {
        /// Name of the network.
        network: String,
        /// Accuracy with digital weights, %.
        exact: f64,
        /// Chance, %.
        chance: f64,
    },
    /// A network that is worse than its header says.
    #[error(
        "{file}: {exact:.1} % with digital weights; the outcome of the training was {trained:.1} %\n\n\
         hint: check whether the settings are those of the training, and whether the weights were changed or reordered"
    )]
    BelowTraining {
        /// The network file.
        file: String,
        /// Accuracy with digital weights, %.
        exact: f64,
        /// Outcome of the training in the header, %.
        trained: f64,
    },
    /// Weights that use little of the window.
    #[error(
        "{file}: {connection}: 99.9 % of the weights are below {common}, {percent:.1} % of the weight of a fully-on cell \
         ({weight_at_gmax}): they share the low end of the window\n\n\
         hint: try `--set {key}={common}`, which clips the largest weights"
    )]
    SmallWeights {
        /// The network file.
        file: String,
        /// The connection.
        connection: String,
        /// Key of its weight at Gmax.
        key: String,
        /// The magnitude below which 99.9 % of the weights are, thresholds.
        common: f32,
        /// The same in % of the weight at Gmax.
        percent: f32,
        /// Weight at Gmax, thresholds.
        weight_at_gmax: f32,
    },
    /// Data other than those of the training.
    #[error(
        "{file}: trained on other data than `{set}` (digest `{trained}`, here `{here}`)\n\n\
         hint: accuracies are those on the data of this machine"
    )]
    OtherData {
        /// The network file.
        file: String,
        /// The data set.
        set: String,
        /// Start of the digest of the training data.
        trained: String,
        /// Start of the digest of the data here.
        here: String,
    },
    /// Steps of another duration than those of the network.
    #[error(
        "{file}: its time constants are for steps of {} ms, and the steps of the data last {} ms: they are kept in steps, so the \
         network is {} than it was\n\nhint: `--set network.steps={steps}` gives the data the steps of the network",
        of_changed_unit(1e3 * own_seconds), of_changed_unit(1e3 * here_seconds),
        if here_seconds > own_seconds { "slower" } else { "faster" }
    )]
    OtherStep {
        /// The network file.
        file: String,
        /// Duration of a step of the network, s.
        own_seconds: f64,
        /// Duration of a step of the data, s.
        here_seconds: f64,
        /// Number of steps with which the steps of the data last as long as those of the network.
        steps: usize,
    },
    /// A network that fails because of its signs.
    #[error(
        "{file}: weights with the sign of the other population: {places}; with 0 in their place, the network itself {state}; \
         with all weights, its accuracy is {stored:.1} %\n\n\
         hint: correct `excitatory` in the header (excitatory neurons come first in a layer), or hold weights of either sign \
         with `--set network.signs=unconstrained`"
    )]
    BrokenBySigns {
        /// The network file.
        file: String,
        /// What is wrong.
        state: String,
        /// Number of weights per connection.
        places: String,
        /// Accuracy of the weights as stored, %.
        stored: f64,
    },
    /// A network that says nothing about the device.
    #[error(
        "{file}: the network itself {state}{}; its accuracy on chips would say nothing about them\n\n\
         hint: weights are in units of a threshold of 1; check their scale, data set, encoding, `network.steps`, \
         `training.tau_mem_steps` and `training.tau_syn_steps`, and whether the weights were changed or reordered after the \
         training", trained_at(*trained)
    )]
    Broken {
        /// The network file.
        file: String,
        /// What is wrong.
        state: String,
        /// Outcome of the training in the header, %.
        trained: Option<f64>,
    },
}

fn trained_at(percent: Option<f64>) -> String {
    percent.map(|percent| format!("; the outcome of its training was {percent:.1} %")).unwrap_or_default()
}
