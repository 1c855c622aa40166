//! Samples single cells: repeated writes and reads, for analysis with other tools.
//!
//! ```text
//! cycle c   write to the target; read K times, the first `after` seconds later, an interval between them; write back
//! ```
//!
//! [`Sampling::cycles`] returns one cycle after the other. A cycle is one line of CSV per cell ([`Cycle::csv`]). All numbers are f32
//! in their shortest exact form. [`ClippedWrites`] tells how many writes the window clipped.

mod chip;
mod clipped;
mod error;
mod window_ends;

use std::fmt::Write;

use ohmspike_crossbar::WriteReport;
use ohmspike_crossbar::device::{Device, Direction};
use ohmspike_rng::Seed;
use ohmspike_study::warning::{Warning, beyond_laws_at, law};

pub use chip::Chip;
pub use clipped::ClippedWrites;
pub use error::SampleError;
pub use window_ends::{window_ends, window_ends_ohm};

use error::{LARGEST_SIGMA, MAX_NUMBERS, MAX_PULSES};

/// Settings of a sampling run.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// Target of writes, µS.
    pub target: f64,
    /// Conductance of cells before each write to the target, µS.
    pub from: f64,
    /// Whether results have the conductances before the writes.
    pub states_start: bool,
    /// Number of cells.
    pub count: usize,
    /// Writes to the target per cell.
    pub cycles: u32,
    /// Time between write and first read, s; none for no column of later values.
    pub after_seconds: Option<f64>,
    /// Reads per cell and cycle.
    pub reads: u32,
    /// Time between two reads, s.
    pub read_interval_seconds: f64,
    /// Whether to draw the faults of the device.
    pub faults: bool,
    /// Write noise, µS, for devices with write noise `from-study`.
    pub study_sigma: Option<f64>,
    /// Seed.
    pub seed: u64,
}

/// Result of one cycle, µS by cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Cycle {
    /// Number of the cycle, counted from 1.
    pub number: u32,
    /// Target.
    pub target: f32,
    /// Conductance before the write; none if not asked for.
    pub start: Option<Vec<f32>>,
    /// Conductance after the write.
    pub written: Vec<f32>,
    /// Conductance at the first read, at the read voltage; none without a time.
    pub after: Option<Vec<f32>>,
    /// Values of each read.
    pub reads: Vec<Vec<f32>>,
    /// Counts of the writes to the target.
    pub writes: WriteReport,
}

impl Sampling {
    /// Creates a run with one write of one cell to `target`, µS, from the floor of the window, without reads and faults.
    pub fn new(device: &Device, target: f64) -> Sampling {
        Sampling::one_write(target, f64::from(device.window.low()))
    }

    /// Creates a run with one write of one cell from `from` to `target`, µS.
    pub(crate) const fn one_write(target: f64, from: f64) -> Sampling {
        Sampling {
            target,
            from,
            states_start: false,
            count: 1,
            cycles: 1,
            after_seconds: None,
            reads: 0,
            read_interval_seconds: 1e-3,
            faults: false,
            study_sigma: None,
            seed: 1,
        }
    }

    /// Runs on a chip of `device`. Each cycle is computed when the iterator reaches it.
    ///
    /// # Errors
    /// [`SampleError`] if a setting is invalid for the device or needs too much time or memory.
    pub fn cycles(&self, device: &Device) -> Result<impl Iterator<Item = Cycle> + use<>, SampleError> {
        self.cycles_to(&[self.target], device)
    }

    /// Writes the cells of one chip of `device` to several `targets`, µS, one after the other, each for all cycles. Cycles are
    /// numbered from 1 through all targets.
    ///
    /// # Errors
    /// Same as [`Sampling::cycles`].
    pub fn cycles_to(
        &self,
        targets: &[f64],
        device: &Device,
    ) -> Result<impl Iterator<Item = Cycle> + use<>, SampleError> {
        let runs: Vec<Sampling> = targets.iter().map(|&target| Sampling { target, ..self.clone() }).collect();
        runs.iter().try_for_each(|run| run.check(device))?;
        let study_sigma = self.study_sigma.unwrap_or(0.0);
        let mut chip = Chip::new(device, self.count, self.from, study_sigma, self.faults, Seed::new(self.seed))?;
        let of_each = self.cycles;
        let numbered = runs.into_iter().flat_map(move |run| (1..=of_each).map(move |_| run.clone())).zip(1..);
        Ok(numbered.map(move |(run, number)| run.cycle(&mut chip, number)))
    }

    /// Rejects settings that are invalid for the device or need too much time or memory.
    fn check(&self, device: &Device) -> Result<(), SampleError> {
        let own_noise = !Chip::needs_study_sigma(device);
        match self.study_sigma {
            None if !own_noise => return Err(SampleError::NoStudy { device: device.name.clone() }),
            Some(given) if own_noise => return Err(SampleError::OwnNoise { device: device.name.clone(), given }),
            Some(given) if !(0.0..=LARGEST_SIGMA).contains(&given) => return Err(SampleError::StudySigma { given }),
            _ => {}
        }
        for (flag, given) in [("--target-microsiemens", self.target), ("--start-microsiemens", self.from)] {
            let (low, high) = (device.window.low(), device.window.high());
            if !(low..=high).contains(&(given as f32)) {
                return Err(SampleError::Outside { flag, given, device: device.name.clone(), low, high });
            }
        }
        self.check_work(device)
    }

    /// Returns warnings about values outside the laws of `device`.
    pub fn beyond_laws(&self, device: &Device) -> Vec<Warning> {
        let first = self.after_seconds.unwrap_or(0.0);
        let mut beyond = beyond_laws_at(device, 1e6 / self.target, "--after", first);
        // Reads right after a write precede most laws, as in training; only reads after the end of a law are reported.
        let last = first + f64::from(self.reads.saturating_sub(1)) * self.read_interval_seconds;
        let ends = device.drift.times().is_some_and(|times| first <= times.latest && last > times.latest);
        beyond.extend(law::time("--read-interval", device, last).filter(|_| ends).map(Warning::from));
        beyond
    }

    /// Rejects runs that need too much time or memory.
    fn check_work(&self, device: &Device) -> Result<(), SampleError> {
        let count = self.count;
        if u64::from(self.reads) * count as u64 > MAX_NUMBERS {
            return Err(SampleError::Numbers { reads: self.reads, count });
        }
        let Some(pulses) = device.write.pulses() else { return Ok(()) };
        let way = (self.target - self.from) / f64::from(device.window.span());
        let steps = if self.cycles > 1 { pulses.up_step.min(pulses.down_step) } else { pulses.step(direction(way)) };
        let pulses = way.abs() / f64::from(steps);
        let all = pulses * count as f64;
        if all > MAX_PULSES {
            let (from, target, device) = (self.from, self.target, device.name.clone());
            return Err(SampleError::Pulses { from, target, pulses, device, all, count });
        }
        Ok(())
    }

    /// Returns the CSV header without a line break.
    pub fn header(&self) -> String {
        let start = if self.states_start { ",start_microsiemens" } else { "" };
        let mut header = format!("cell,cycle,target_microsiemens{start},written_microsiemens");
        if self.after_seconds.is_some() {
            header += ",after_microsiemens";
        }
        for read in 1..=self.reads {
            let _ = write!(header, ",read_{read}_microsiemens");
        }
        header
    }

    fn cycle(&self, chip: &mut Chip, number: u32) -> Cycle {
        if number > 1 {
            chip.write(self.from);
        }
        let start = self.states_start.then(|| chip.written());
        let writes = chip.write(self.target);
        let written = chip.written();
        let first = self.after_seconds.unwrap_or(0.0);
        chip.rest(first);
        chip.pass(first);
        let after = self.after_seconds.map(|_| chip.seen());
        let read = |read: u32| {
            if read > 0 {
                chip.rest(first + f64::from(read) * self.read_interval_seconds);
                chip.pass(self.read_interval_seconds);
            }
            chip.read()
        };
        let reads = (0..self.reads).map(read).collect();
        Cycle { number, target: self.target as f32, start, written, after, reads, writes }
    }
}

/// Returns the direction of a change in conductance.
fn direction(way: f64) -> Direction {
    if way < 0.0 { Direction::Down } else { Direction::Up }
}

impl Cycle {
    /// Formats one line per cell: cell number from 1, cycle number, and conductances.
    pub fn csv(&self) -> String {
        let mut text = String::new();
        for cell in 0..self.written.len() {
            let _ = write!(text, "{},{},{}", cell + 1, self.number, self.target);
            for values in self.start.iter().chain([&self.written]).chain(&self.after).chain(&self.reads) {
                let _ = write!(text, ",{}", values[cell]);
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests;
