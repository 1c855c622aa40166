//! Deploys stored networks onto many chips and reads them at many times, without training.
//!
//! ```text
//! stored weights -> erased cells of chip k -> write scheme (write noise) -> rest for t -> read the test set (read noise)
//!                   device-to-device draws, faults of chip k                drift        -> correct samples of (k, t)
//! ```
//!
//! Every chip has streams of its own, named by the seed and its number: `chip`, `write` and `read`. So chip k does not
//! depend on the number of chips, the other times, the network or the device. Different networks and devices use the
//! same seeds, and so compare chip by chip. Counts of correct samples are appended to `chips.jsonl`; a repeat reads them
//! and runs only what is missing.

mod cell;
mod chip;
mod chip_records;
mod error;
mod network;
mod report;
mod report_files;
mod signs;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use ohmspike_snn::connection::Connection;
use ohmspike_snn::hardware::LayerWeights;
use ohmspike_study::machine::cores;
use ohmspike_study::pool::Pool;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::resolved_study::write_study;

use cell::Cell;
pub use cell::{Scale, Variant};
use chip_records::{ChipRecord, ChipRecords, Key};
pub use error::{DeployError, DeployWarning};
pub use network::{DeployedNetwork, Request};
use report::Parts;
pub use report::{
    Deployment, DeploymentCell, DeploymentTime, FILE, MechanismLoss, NetworkFacts, Programming, SCHEMA, Yield,
};

/// Most chips of a deployment.
pub const MOST_CHIPS: u32 = 1_000_000;
/// Write passes towards the target with pulsed writes, unless others are asked for: enough to reach the end of a
/// nonlinear update curve in most devices.
pub const PULSED_PASSES: u32 = 10;

/// How chips are made and read.
#[derive(Clone, Debug, PartialEq)]
pub struct DeployOptions {
    /// Number of chips.
    pub chips: u32,
    /// Times after programming at which chips are read, s.
    pub after_seconds: Vec<f64>,
    /// Seed of all chips.
    pub seed: u64,
    /// Accuracy above which a chip passes, 0 to 1.
    pub yield_above: f64,
    /// Writes of every cell towards its target; one by default, and [`PULSED_PASSES`] with pulsed writes.
    pub write_passes: Option<u32>,
    /// Whether to measure the loss per mechanism.
    pub mechanisms: bool,
    /// Number of threads; one per core by default.
    pub threads: Option<usize>,
    /// Results folder.
    pub folder: PathBuf,
}

impl Default for DeployOptions {
    fn default() -> Self {
        DeployOptions {
            chips: 100,
            after_seconds: vec![0.0],
            seed: 1,
            yield_above: 0.8,
            write_passes: None,
            mechanisms: false,
            threads: None,
            folder: PathBuf::from("results/deploy"),
        }
    }
}

impl DeployOptions {
    fn check(&self) -> Result<(), DeployError> {
        if !(1..=MOST_CHIPS).contains(&self.chips) {
            return Err(DeployError::Chips { chips: self.chips });
        }
        if !(0.0..=1.0).contains(&self.yield_above) {
            return Err(DeployError::YieldAbove { above: self.yield_above });
        }
        match self.after_seconds.iter().find(|seconds| !(seconds.is_finite() && **seconds >= 0.0)) {
            Some(&seconds) => Err(DeployError::After { seconds }),
            None => Ok(()),
        }
    }
}

/// Follows a deployment, on the thread that called it.
pub trait DeployObserver {
    /// Something is probably unintended.
    fn warning(&mut self, _warning: &DeployWarning) {}

    /// `done` of `total` chips, counted over networks, devices and mechanisms, have their results.
    fn chip_ended(&mut self, _done: usize, _total: usize) {}
}

/// An observer that does nothing.
impl DeployObserver for () {}

/// Deploys every one of `networks` onto every device of its study and evaluates all chips.
///
/// # Errors
/// Returns a [`DeployError`] if a network, a device or the data do not fit, or if results cannot be read or written.
pub fn deploy(
    networks: &[DeployedNetwork],
    options: &DeployOptions,
    observer: &mut dyn DeployObserver,
) -> Result<Deployment, DeployError> {
    options.check()?;
    let mut prepared = Prepared::default();
    for network in networks {
        let [expected, got] = [&networks[0], network].map(|network| network.study.conditions.len());
        if got != expected {
            return Err(DeployError::Conditions { expected, got });
        }
        network.prepare(&mut prepared)?;
    }
    let mut cells = Vec::new();
    for (number, network) in networks.iter().enumerate() {
        network.warnings(&prepared)?.iter().for_each(|warning| observer.warning(warning));
        cells.extend(Cell::of_network(number, network, &mut prepared, options)?);
    }
    let cells: Vec<Cell> = cells;
    cells.iter().flat_map(|cell| cell.warnings(networks)).for_each(|warning| observer.warning(&warning));
    let bound: Vec<Bound> = cells.iter().map(|cell| Bound::new(cell, &prepared)).collect::<Result<_, _>>()?;
    let mut records = ChipRecords::open(&options.folder)?;
    if let Some(first) = networks.first() {
        write_study(&first.study, &first.folder, &options.folder)?;
    }
    run_missing(&bound, options, &mut records, observer)?;
    let deployment = Deployment::new(&Parts { networks, cells: &bound, records: &records, options });
    for warning in deployment.warnings() {
        observer.warning(&warning);
    }
    report_files::write(&deployment, &options.folder)?;
    Ok(deployment)
}

/// Makes chip number `chip` of `network` on its only device and returns its weights as a read sees them at the first of
/// the times.
///
/// # Errors
/// Returns a [`DeployError`] if the network, the device or the data do not fit, or if there are several devices.
pub fn one_chip(
    network: &DeployedNetwork,
    options: &DeployOptions,
    chip: u32,
) -> Result<Vec<(Connection, LayerWeights)>, DeployError> {
    options.check()?;
    let devices = network.study.conditions.len();
    if devices > 1 {
        return Err(DeployError::OneChip { devices });
    }
    let mut prepared = Prepared::default();
    network.prepare(&mut prepared)?;
    let options = DeployOptions { mechanisms: false, ..options.clone() };
    let cells = Cell::of_network(0, network, &mut prepared, &options)?;
    let mut layers = chip::ChipMaker::new(&cells[0], &prepared)?.program(options.seed, chip)?.layers;
    let seconds = options.after_seconds.first().copied().unwrap_or(0.0);
    layers.iter_mut().for_each(|layer| layer.rest(seconds));
    Ok(cells[0].matrices.iter().map(|(connection, _)| *connection).zip(layers).collect())
}

/// A cell with the data and devices that its chips share.
pub(crate) struct Bound<'a> {
    pub cell: &'a Cell,
    pub chips: chip::ChipMaker<'a>,
    pub key: Key,
}

impl<'a> Bound<'a> {
    fn new(cell: &'a Cell, prepared: &'a Prepared) -> Result<Bound<'a>, DeployError> {
        let chips = chip::ChipMaker::new(cell, prepared)?;
        Ok(Bound { key: chips.key.clone(), cell, chips })
    }
}

/// Chips to make: of which cell, which chip, read at which times.
struct Job {
    cell: usize,
    /// The chip; none for the digital network.
    chip: Option<u32>,
    after: Vec<f64>,
}

/// Runs every chip, and every network in exact memory, that has no result.
fn run_missing(
    cells: &[Bound],
    options: &DeployOptions,
    records: &mut ChipRecords,
    observer: &mut dyn DeployObserver,
) -> Result<(), DeployError> {
    let jobs = missing(cells, options, records);
    if jobs.is_empty() {
        return Ok(());
    }
    let threads = options.threads.unwrap_or_else(cores).max(1);
    let pool = Pool::new(threads).map_err(|error| DeployError::Threads { threads, reason: error.to_string() })?;
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (sender, receiver) = mpsc::channel::<Result<ChipRecord, DeployError>>();
    let sender = Mutex::new(sender);
    thread::scope(|scope| {
        let (next, failed, jobs) = (&next, &failed, &jobs);
        scope.spawn(move || {
            pool.each(|| {
                let Ok(sender) = sender.lock().map(|sender| sender.clone()) else { return };
                while failed.load(Ordering::Relaxed) == 0 {
                    let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    let bound = &cells[job.cell];
                    let record = match job.chip {
                        Some(chip) => bound.chips.chip(options.seed, chip, &job.after),
                        None => Ok(bound.chips.digital()),
                    };
                    // The receiver outlives every sender.
                    let _ = sender.send(record);
                }
            });
        });
        let mut failure = None;
        for (done, message) in receiver.into_iter().enumerate() {
            match message.and_then(|record| records.append(record)) {
                Ok(()) => observer.chip_ended(done + 1, jobs.len()),
                Err(error) => {
                    failed.store(1, Ordering::Relaxed);
                    failure.get_or_insert(error);
                }
            }
        }
        failure.map_or(Ok(()), Err)
    })
}

/// Lists what has no result, the networks in exact memory first.
fn missing(cells: &[Bound], options: &DeployOptions, records: &ChipRecords) -> Vec<Job> {
    let mut digital: BTreeMap<String, Job> = BTreeMap::new();
    let mut jobs = Vec::new();
    for (number, bound) in cells.iter().enumerate() {
        if records.digital(&bound.key.digital).is_none() {
            let job = Job { cell: number, chip: None, after: Vec::new() };
            digital.entry(bound.key.digital.clone()).or_insert(job);
        }
    }
    for chip in 0..options.chips {
        for (number, bound) in cells.iter().enumerate() {
            let id = bound.key.of_seed(options.seed);
            let mut after: Vec<f64> = options.after_seconds.clone();
            after.retain(|seconds| records.correct(&id, chip, *seconds).is_none());
            if !after.is_empty() {
                jobs.push(Job { cell: number, chip: Some(chip), after });
            }
        }
    }
    digital.into_values().chain(jobs).collect()
}
