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

mod caution;
mod cell;
mod chip;
mod chip_at_chance;
mod chip_records;
mod contradiction;
mod error;
mod facts;
mod network;
mod report;
mod report_files;
mod signs;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;

use ohmspike_snn::connection::Connection;
use ohmspike_snn::hardware::LayerWeights;
use ohmspike_study::machine::cores;
use ohmspike_study::pool::Pool;
use ohmspike_study::prepare::Prepared;

use cell::Cell;
pub use cell::{Scale, Variant};
pub use chip_at_chance::ChipAtChance;
use chip_records::{ChipRecord, ChipRecords, Key};
pub use contradiction::Contradiction;
pub use error::{DeployError, DeployWarning};
pub use facts::{ExactMemory, NetworkFacts};
pub use network::{DeployedNetwork, Request};
use report::Parts;
pub use report::{
    Deployment, DeploymentCell, DeploymentTime, MIN_CHIPS, MechanismLoss, Programming, SCHEMA, YIELD_BELOW, Yield,
};

use crate::numbered::number_in;

/// Largest number of chips of a deployment.
pub const MAX_CHIPS: u32 = 1_000_000;
/// Write passes towards the target with pulsed writes, unless others are asked for: enough to reach the end of a
/// nonlinear update curve in most devices.
pub const PULSED_PASSES: u32 = 10;

/// How chips are made and read.
#[derive(Clone, Debug)]
pub struct DeployOptions {
    /// Number of chips.
    pub chips: u32,
    /// Times after programming at which chips are read, s.
    pub after_seconds: Vec<f64>,
    /// Seed of all chips.
    pub seed: u64,
    /// Accuracy above which a chip passes, 0 to 1; by default [`YIELD_BELOW`] below that with digital weights.
    pub yield_above: Option<f64>,
    /// Writes of every cell towards its target; one by default, and [`PULSED_PASSES`] with pulsed writes.
    pub write_passes: Option<u32>,
    /// Whether to measure the loss per mechanism.
    pub mechanisms: bool,
    /// Number of threads; one per core by default.
    pub threads: Option<usize>,
    /// Results folder.
    pub folder: PathBuf,
    /// Set it to `true` from any thread to finish running chips and start no others. A repeat runs the missing ones.
    pub stop: Option<Arc<AtomicBool>>,
}

impl Default for DeployOptions {
    fn default() -> Self {
        DeployOptions {
            chips: 100,
            after_seconds: vec![0.0],
            seed: 1,
            yield_above: None,
            write_passes: None,
            mechanisms: false,
            threads: None,
            folder: PathBuf::from("results/deploy"),
            stop: None,
        }
    }
}

impl DeployOptions {
    fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    fn check(&self) -> Result<(), DeployError> {
        if !(1..=MAX_CHIPS).contains(&self.chips) {
            return Err(DeployError::Chips { chips: self.chips });
        }
        if let Some(above) = self.yield_above.filter(|above| !(0.0..=1.0).contains(above)) {
            return Err(DeployError::YieldAbove { above });
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
/// A network that works in no memory has no answer: its chips are not made.
///
/// # Errors
/// Returns a [`DeployError`] if a network, a device or the data do not fit, if results cannot be read or written, or if no
/// network works with digital weights; an earlier answer in the results folder then stays.
pub fn deploy(
    networks: &[DeployedNetwork],
    options: &DeployOptions,
    observer: &mut dyn DeployObserver,
) -> Result<Deployment, DeployError> {
    options.check()?;
    if networks.is_empty() {
        return Err(DeployError::NoNetwork);
    }
    let twice = |(number, network): (usize, &DeployedNetwork)| {
        networks[..number]
            .iter()
            .any(|other| other.stored.file == network.stored.file)
            .then(|| network.stored.file.clone())
    };
    if let Some(file) = networks.iter().enumerate().find_map(twice) {
        return Err(DeployError::Twice { file });
    }
    DeployedNetwork::check_same_devices(networks)?;
    let mut prepared = Prepared::default();
    networks.iter().try_for_each(|network| network.prepare(&mut prepared))?;
    let networks = &networks.iter().map(|network| network.sized(&prepared)).collect::<Result<Vec<_>, _>>()?;
    let mut told = Told { observer, cautions: Vec::new() };
    let mut cells = Vec::new();
    for (number, network) in networks.iter().enumerate() {
        told.tell(network.warnings(&prepared));
        cells.extend(Cell::of_network(number, network, &mut prepared, options)?);
    }
    let cells: Vec<Cell> = cells;
    for cell in cells.iter().filter(|cell| cell.variant == Variant::Whole) {
        told.tell(cell.warnings(networks));
        told.tell(caution::of_devices(cell, &prepared, options));
        told.tell(caution::of_mechanisms(cell, &cells, networks, options));
    }
    let bound: Vec<Bound> = cells.iter().map(|cell| Bound::new(cell, &prepared)).collect::<Result<_, _>>()?;
    let mut records = ChipRecords::open(&options.folder)?;
    // Digital weights first: it shows whether the network and the threshold make sense.
    run(&bound, missing_digital(&bound, &records), options, &mut records, &mut ())?;
    let parts = Parts { networks, cells: &bound, records: &records, options, cautions: Vec::new() };
    let broken: Vec<Option<DeployWarning>> = bound.iter().map(|bound| parts.broken(bound)).collect();
    if broken.iter().all(Option::is_some) {
        return Err(DeployError::Withheld(broken.into_iter().flatten().next().expect("there is a cell")));
    }
    for bound in bound.iter().filter(|bound| bound.cell.variant == Variant::Whole) {
        told.tell(parts.broken(bound).into_iter().collect());
        told.tell(caution::of_exact(&parts.exact(bound), bound.cell, &networks[bound.cell.network], options));
    }
    let mut jobs = missing_chips(&bound, options, &records);
    jobs.retain(|job| broken[job.cell].is_none());
    run(&bound, jobs, options, &mut records, told.observer)?;
    let parts = Parts { networks, cells: &bound, records: &records, options, cautions: told.cautions };
    let mut deployment = Deployment::new(&parts);
    number_in(&mut deployment, &options.folder);
    report_files::write(&deployment, &options.folder)?;
    Ok(deployment)
}

/// Warnings so far.
struct Told<'a> {
    observer: &'a mut dyn DeployObserver,
    /// Their texts without hints.
    cautions: Vec<String>,
}

impl Told<'_> {
    /// Passes on what is new among `warnings`.
    fn tell(&mut self, warnings: Vec<DeployWarning>) {
        for warning in warnings {
            let caution = caution::without_hint(&warning);
            if !self.cautions.contains(&caution) {
                self.observer.warning(&warning);
                self.cautions.push(caution);
            }
        }
    }
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
    observer: &mut dyn DeployObserver,
) -> Result<Vec<(Connection, LayerWeights)>, DeployError> {
    options.check()?;
    let devices = network.study.conditions.len();
    if devices > 1 {
        return Err(DeployError::OneChip { networks: 1, devices });
    }
    let mut prepared = Prepared::default();
    network.prepare(&mut prepared)?;
    let network = &network.sized(&prepared)?;
    let seconds = options.after_seconds.first().copied().unwrap_or(0.0);
    let options = DeployOptions { mechanisms: false, after_seconds: vec![seconds], ..options.clone() };
    let cells = Cell::of_network(0, network, &mut prepared, &options)?;
    let bound = Bound::new(&cells[0], &prepared)?;
    let mut told = Told { observer, cautions: Vec::new() };
    told.tell(network.warnings(&prepared));
    told.tell(cells[0].warnings(std::slice::from_ref(network)));
    told.tell(caution::of_devices(&cells[0], &prepared, &options));
    told.tell(caution::of_chip(&bound, network, (options.seed, chip, seconds))?);
    let mut layers = bound.chips.program(options.seed, chip)?.layers;
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

/// A result to find: of which cell, on what, read at which times.
struct Job {
    cell: usize,
    on: On,
    after: Vec<f64>,
}

/// What holds the weights.
#[derive(Clone, Copy)]
enum On {
    /// Digital weights.
    Exact,
    /// Digital weights as stored, also those with the wrong sign.
    Stored,
    /// The chip with this number.
    Chip(u32),
}

/// Runs `jobs` and appends their results to `records`.
fn run(
    cells: &[Bound],
    jobs: Vec<Job>,
    options: &DeployOptions,
    records: &mut ChipRecords,
    observer: &mut dyn DeployObserver,
) -> Result<(), DeployError> {
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
                while failed.load(Ordering::Relaxed) == 0 && !options.is_stopped() {
                    let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    let bound = &cells[job.cell];
                    let record = match job.on {
                        On::Exact => Ok(bound.chips.digital()),
                        On::Stored => Ok(bound.chips.stored()),
                        On::Chip(chip) => bound.chips.chip(options.seed, chip, &job.after),
                    };
                    // The receiver outlives every sender.
                    let _ = sender.send(record);
                }
            });
        });
        let (mut failure, mut ended) = (None, 0);
        for (done, message) in receiver.into_iter().enumerate() {
            ended = done + 1;
            match message.and_then(|record| records.append(record)) {
                Ok(()) => observer.chip_ended(ended, jobs.len()),
                Err(error) => {
                    failed.store(1, Ordering::Relaxed);
                    failure.get_or_insert(error);
                }
            }
        }
        let left = jobs.len() - ended;
        match failure {
            Some(error) => Err(error),
            None if left > 0 => Err(DeployError::Stopped { left }),
            None => Ok(()),
        }
    })
}

/// Lists the networks without a result for digital weights.
fn missing_digital(cells: &[Bound], records: &ChipRecords) -> Vec<Job> {
    let mut jobs: BTreeMap<String, Job> = BTreeMap::new();
    for (number, bound) in cells.iter().enumerate() {
        let of_stored = bound.key.stored.as_ref().map(|id| (id, On::Stored));
        for (id, on) in [(&bound.key.digital, On::Exact)].into_iter().chain(of_stored) {
            if records.digital(id).is_none() {
                jobs.entry(id.clone()).or_insert(Job { cell: number, on, after: Vec::new() });
            }
        }
    }
    jobs.into_values().collect()
}

/// Lists the chips that have no result.
fn missing_chips(cells: &[Bound], options: &DeployOptions, records: &ChipRecords) -> Vec<Job> {
    let mut jobs = Vec::new();
    for chip in 0..options.chips {
        for (number, bound) in cells.iter().enumerate() {
            // Chips without mechanisms are all equal.
            if bound.cell.variant == Variant::Window && chip > 0 {
                continue;
            }
            let id = bound.key.of_seed(options.seed);
            let mut after: Vec<f64> = options.after_seconds.clone();
            after.retain(|seconds| records.correct(&id, chip, *seconds).is_none());
            if !after.is_empty() {
                jobs.push(Job { cell: number, on: On::Chip(chip), after });
            }
        }
    }
    jobs
}
