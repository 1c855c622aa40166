//! Cells written and read many times over, for people to check with their own tools.
//!
//! ```text
//! cycle c   write to the target; read K times, the first `after` seconds later, an interval between them; write back
//! ```
//!
//! [`Sampling::cycles`] gives one cycle after the other; a cycle is a few lines of CSV a cell ([`Cycle::csv`]). All numbers are
//! f32 in the fewest digits that give the same f32 back.

mod chip;

use std::fmt::Write;

use ohmspike_crossbar::ArrayError;
use ohmspike_crossbar::device::{Device, Direction};
use ohmspike_rng::Seed;
use ohmspike_study::warning::{Warning, beyond_laws_at, law};

pub use chip::Chip;

/// Largest spread of a study, µS: far above any conductance.
const LARGEST_SIGMA: f64 = 1e9;

/// Pulses of one write of all cells together: about ten seconds of one core.
const MOST_PULSES: f64 = 1e9;
/// Numbers of one cycle, which are printed together: a gigabyte of text.
const MOST_NUMBERS: u64 = 50_000_000;

/// What is done to how many cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// Conductance that writes aim at, µS.
    pub target: f64,
    /// Conductance from which cells start and to which they are written back, µS.
    pub from: f64,
    /// Cells.
    pub count: usize,
    /// Writes of every cell to the target.
    pub cycles: u32,
    /// Time between write and first read, s; none where nothing is said of later.
    pub after_seconds: Option<f64>,
    /// Reads of every cell a cycle.
    pub reads: u32,
    /// Time between two reads, s.
    pub read_interval_seconds: f64,
    /// Whether the faults of the device are drawn.
    pub faults: bool,
    /// Spread of a write, µS, for a device whose write noise is `from-study`.
    pub study_sigma: Option<f64>,
    /// Seed of all draws.
    pub seed: u64,
}

/// What cannot be sampled.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SampleError {
    /// A conductance outside the window.
    #[error("{flag}: got {given} µS, must lie in the window of `{device}`, {low} to {high} µS")]
    Outside {
        /// The flag that gives it.
        flag: &'static str,
        /// The conductance, µS.
        given: f64,
        /// Name of the device.
        device: String,
        /// Floor of its window, µS.
        low: f32,
        /// Ceiling of its window, µS.
        high: f32,
    },
    /// A device that leaves its write noise to the study, without a study.
    #[error(
        "--study-sigma-microsiemens: must be given for `{device}`: its write noise is `from-study`, which a study states"
    )]
    NoStudy {
        /// Name of the device.
        device: String,
    },
    /// A spread for a device that has its own.
    #[error(
        "--study-sigma-microsiemens: must be left out for `{device}`, whose write noise is not `from-study`, got {given}"
    )]
    OwnNoise {
        /// Name of the device.
        device: String,
        /// The spread, µS.
        given: f64,
    },
    /// A spread that is negative, not a number or too large.
    #[error("--study-sigma-microsiemens: got {given} µS, must lie between 0 and {LARGEST_SIGMA:e} µS")]
    StudySigma {
        /// The spread, µS.
        given: f64,
    },
    /// A write of more pulses than anybody waits for.
    #[error(
        "--target-microsiemens: a write from {from} to {target} µS takes about {pulses:.0} pulses of `{device}` per cell, {all:.2e} for {count} \
         cells; at most {MOST_PULSES:e} are sampled\n\nhint: sample fewer cells (`--count`), or a shorter way (`--start-microsiemens`)"
    )]
    Pulses {
        /// Where it starts, µS.
        from: f64,
        /// Where it is to end, µS.
        target: f64,
        /// Nominal pulses of one cell.
        pulses: f64,
        /// Name of the device.
        device: String,
        /// Pulses of all cells.
        all: f64,
        /// Cells.
        count: usize,
    },
    /// More numbers in a cycle than memory holds.
    #[error(
        "--read: {reads} reads of {count} cells are {} numbers per cycle; at most {MOST_NUMBERS} are printed\n\n\
         hint: sample fewer cells (`--count`), or more cycles of fewer reads", u64::from(*reads) * *count as u64
    )]
    Numbers {
        /// Reads a cycle.
        reads: u32,
        /// Cells.
        count: usize,
    },
    /// Cells that no array can hold.
    #[error(transparent)]
    Array(#[from] ArrayError),
}

/// What one cycle left, by cell, µS.
#[derive(Clone, Debug, PartialEq)]
pub struct Cycle {
    /// Number of the cycle, from 1.
    pub number: u32,
    /// What was aimed at.
    pub target: f32,
    /// What the write left.
    pub written: Vec<f32>,
    /// What it has become at the time of the first read, at the read voltage, where a time is given.
    pub after: Option<Vec<f32>>,
    /// What each read returned.
    pub reads: Vec<Vec<f32>>,
}

impl Sampling {
    /// One write of one cell of `device` to `target`, µS, from the floor of the window; nothing is read and no fault is drawn.
    pub fn new(device: &Device, target: f64) -> Sampling {
        Sampling::one_write(target, f64::from(device.window.low()))
    }

    /// One write of one cell to `target` from a conductance of `from`, µS.
    const fn one_write(target: f64, from: f64) -> Sampling {
        Sampling {
            target,
            from,
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

    /// Does it on a chip of `device`; nothing is kept of a cycle once the next is asked for.
    ///
    /// # Errors
    /// [`SampleError`].
    pub fn cycles(&self, device: &Device) -> Result<impl Iterator<Item = Cycle> + use<>, SampleError> {
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
        self.check_work(device)?;
        let study_sigma = self.study_sigma.unwrap_or(0.0);
        let mut chip = Chip::new(device, self.count, self.from, study_sigma, self.faults, Seed::new(self.seed))?;
        let sampling = self.clone();
        Ok((1..=self.cycles).map(move |number| sampling.cycle(&mut chip, number)))
    }

    /// What of the laws of `device` is held at an end in what is asked for.
    pub fn beyond_laws(&self, device: &Device) -> Vec<Warning> {
        let first = self.after_seconds.unwrap_or(0.0);
        let mut beyond = beyond_laws_at(device, 1e6 / self.target, "--after", first);
        // Reads right after a write lie before most laws, as training does; those after the end of one are told.
        let last = first + f64::from(self.reads.saturating_sub(1)) * self.read_interval_seconds;
        let ends = device.drift.times().is_some_and(|times| first <= times.latest && last > times.latest);
        beyond.extend(law::time("--read-interval", device, last).filter(|_| ends).map(Warning::from));
        beyond
    }

    /// Refuses what takes unbounded time or memory.
    fn check_work(&self, device: &Device) -> Result<(), SampleError> {
        let count = self.count;
        if u64::from(self.reads) * count as u64 > MOST_NUMBERS {
            return Err(SampleError::Numbers { reads: self.reads, count });
        }
        let Some(pulses) = device.write.pulses() else { return Ok(()) };
        let way = (self.target - self.from) / f64::from(device.window.span());
        let steps = if self.cycles > 1 { pulses.up_step.min(pulses.down_step) } else { pulses.step(direction(way)) };
        let pulses = way.abs() / f64::from(steps);
        let all = pulses * count as f64;
        if all > MOST_PULSES {
            let (from, target, device) = (self.from, self.target, device.name.clone());
            return Err(SampleError::Pulses { from, target, pulses, device, all, count });
        }
        Ok(())
    }

    /// The header of the CSV, without end of line.
    pub fn header(&self) -> String {
        let mut header = "cell,cycle,target_microsiemens,written_microsiemens".to_owned();
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
        chip.write(self.target);
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
        Cycle { number, target: self.target as f32, written, after, reads }
    }
}

/// Which way a write goes that changes the conductance by `way`.
fn direction(way: f64) -> Direction {
    if way < 0.0 { Direction::Down } else { Direction::Up }
}

impl Cycle {
    /// One line a cell: number of the cell from 1, number of the cycle, and conductances.
    pub fn csv(&self) -> String {
        let mut text = String::new();
        for (cell, written) in self.written.iter().enumerate() {
            let _ = write!(text, "{},{},{},{written}", cell + 1, self.number, self.target);
            for later in self.after.iter().chain(&self.reads) {
                let _ = write!(text, ",{}", later[cell]);
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLING: Sampling = Sampling { count: 10_000, ..Sampling::one_write(100.0, 1.0) };

    fn device(sections: &str) -> Device {
        let window = r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#;
        Device::from_json(&format!(r#"{{ "name": "sampled", {window}{sections} }}"#)).unwrap()
    }

    fn sampled(sampling: &Sampling, device: &Device) -> Vec<Cycle> {
        sampling.cycles(device).unwrap().collect()
    }

    fn mean_and_sd(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
        let count = values.clone().count() as f64;
        let mean = values.clone().sum::<f64>() / count;
        (mean, (values.map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count - 1.0)).sqrt())
    }

    /// Mean within five standard errors, sigma / sqrt(n); standard deviation within five of its own, sigma / sqrt(2 n).
    fn assert_normal(values: impl Iterator<Item = f64> + Clone, mean: f64, sigma: f64) {
        let count = values.clone().count() as f64;
        let (sampled_mean, sd) = mean_and_sd(values);
        assert!((sampled_mean - mean).abs() < 5.0 * sigma / count.sqrt(), "mean {sampled_mean}, must be {mean}");
        assert!((sd - sigma).abs() < 5.0 * sigma / (2.0 * count).sqrt(), "sd {sd}, must be {sigma}");
    }

    #[test]
    fn ten_thousand_writes_have_the_spread_of_the_table() {
        let oxide = Device::built_in("illustrative-oxide").unwrap();
        let cycle = &sampled(&SAMPLING, &oxide)[0];
        assert_normal(cycle.written.iter().map(|&written| f64::from(written).ln()), 100f64.ln(), 0.004);
        let constant = device(r#", "write": { "noise": "constant", "sigma_microsiemens": 5, "cells": "asked" }"#);
        let cycle = &sampled(&SAMPLING, &constant)[0];
        assert_normal(cycle.written.iter().map(|&written| f64::from(written)), 100.0, 5.0);
    }

    /// The power law is monotone where the exponent has no spread: G (t/t_ref)^-nu, in f32.
    #[test]
    fn later_is_on_the_path_of_the_write() {
        let drift = r#", "write": { "noise": "constant", "sigma_microsiemens": 5 },
            "drift": { "law": "power", "reference_seconds": 1,
                       "points": [{ "resistance_ohm": 1000, "exponent": 0.05, "exponent_sigma": 0 }] }"#;
        let after = Sampling { after_seconds: Some(86_400.0), ..SAMPLING };
        let (now, later) = (sampled(&SAMPLING, &device(drift)), sampled(&after, &device(drift)));
        assert_eq!(now[0].written, later[0].written);
        let factor = 86_400f64.powf(-0.05);
        for (written, after) in later[0].written.iter().zip(later[0].after.as_ref().unwrap()) {
            // An exponent of 0.57 rounded to f32, the exponential within two units, the product, the sum with the floor.
            let error = f64::from(*after) / (f64::from(*written) * factor) - 1.0;
            assert!(error.abs() < 6.0 * f64::from(f32::EPSILON), "{written} {after}");
        }
    }

    #[test]
    fn every_cycle_writes_every_cell_anew() {
        let oxide = Device::built_in("illustrative-oxide").unwrap();
        let cycles = sampled(&Sampling { count: 300, cycles: 3, ..SAMPLING }, &oxide);
        assert_eq!(cycles.iter().map(|cycle| cycle.number).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(cycles.iter().all(|cycle| cycle.written.len() == 300 && cycle.csv().lines().count() == 300));
        assert_ne!(cycles[0].written, cycles[1].written);
        // The write back starts from where a cycle ended, so the last cycle is as near to the target as the first.
        assert_normal(cycles[2].written.iter().map(|&written| f64::from(written).ln()), 100f64.ln(), 0.004);
    }

    #[test]
    fn reads_have_the_white_noise_of_the_device() {
        let noisy = device(r#", "read": { "white": { "noise": "relative", "sigma_percent_of_conductance": 3 } }"#);
        let cycle = &sampled(&Sampling { reads: 2, ..SAMPLING }, &noisy)[0];
        assert!(cycle.written.iter().all(|&written| written == 100.0));
        for read in &cycle.reads {
            assert_normal(read.iter().map(|&read| f64::from(read)), 100.0, 3.0);
        }
        let difference = cycle.reads[0].iter().zip(&cycle.reads[1]).map(|(one, next)| f64::from(next - one));
        assert_normal(difference, 0.0, 3.0 * 2f64.sqrt());
    }

    /// A cell with a trap reads 100 ± 5 µS; after an interval t the state is the same with (1 + exp(-2 rate t)) / 2.
    #[test]
    fn reads_see_the_telegraph_noise_at_their_interval() {
        let slow = device(
            r#", "read": { "rtn": { "kind": "telegraph", "fraction_of_cells": 1, "reference_resistance_ohm": 10000,
                           "rate_per_second": 2, "amplitude_percent_of_conductance": 10 } }"#,
        );
        let sampling = Sampling { reads: 2, read_interval_seconds: 0.1, ..SAMPLING };
        let cycle = &sampled(&sampling, &slow)[0];
        // An ulp of 100 in each of three sums.
        let near = |read: f32, state: f32| (read - state).abs() < 3e-5;
        let reads = cycle.reads[0].iter().zip(&cycle.reads[1]);
        assert!(reads.clone().all(|(&one, &next)| [one, next].iter().all(|&g| near(g, 95.0) || near(g, 105.0))));
        let flipped = reads.filter(|(one, next)| (**one - **next).abs() > 1.0).count() as f64 / 1e4;
        let p = 0.5 * (1.0 - (-0.4f64).exp());
        assert!((flipped - p).abs() < 5.0 * (p * (1.0 - p) / 1e4).sqrt(), "{flipped}, must be {p}");
    }

    /// 100 pulses of 1 % of the window reach the ceiling; the file lets 30 a write, so that four writes share them.
    #[test]
    fn a_step_of_many_pulses_is_asked_for_in_parts() {
        let pulsed = device(
            r#", "write": { "scheme": "pulsed", "noise": "none",
                 "pulses": { "law": "constant", "up_step_percent_of_window": 1, "down_step_percent_of_window": 1,
                             "most_pulses": 30 } }"#,
        );
        let mut chip = Chip::new(&pulsed, 40, 1.0, 0.0, false, Seed::new(1)).unwrap();
        let report = chip.write(1000.0);
        assert_eq!((report.pulse_limited, report.pulses), (0, 40 * 100));
        // A hundred roundings of half an ulp of 1000, and the step itself.
        assert!(chip.written().iter().all(|written| (written - 1000.0).abs() < 0.02), "{:?}", chip.written());
    }

    /// Steps of a thousandth of a percent of the window: 10^5 pulses a cell.
    #[test]
    fn work_without_end_is_refused() {
        let fine = device(
            r#", "write": { "scheme": "pulsed", "noise": "none", "pulses": { "law": "constant",
                 "up_step_percent_of_window": 0.001, "down_step_percent_of_window": 1 } }"#,
        );
        let refused =
            |sampling: Sampling| sampling.cycles(&fine).err().map(|error| error.to_string()).unwrap_or_default();
        let up = Sampling { from: 1.0, target: 1000.0, count: 10_001, ..SAMPLING };
        assert_eq!(
            refused(up.clone()),
            "--target-microsiemens: a write from 1 to 1000 µS takes about 100000 pulses of `sampled` per cell, 1.00e9 for 10001 cells; at \
             most 1e9 are sampled\n\nhint: sample fewer cells (`--count`), or a shorter way (`--start-microsiemens`)"
        );
        assert_eq!(refused(Sampling { count: 9_900, ..up.clone() }), "");
        let down = Sampling { from: 1000.0, target: 1.0, ..up };
        assert_eq!(refused(down.clone()), "");
        assert!(
            refused(Sampling { cycles: 2, ..down }).starts_with("--target-microsiemens: a write from 1000 to 1 µS")
        );
        let reads = Sampling { reads: 100_000, count: 1000, ..SAMPLING };
        assert!(
            refused(reads).starts_with("--read: 100000 reads of 1000 cells are 100000000 numbers per cycle; at most")
        );
    }

    #[test]
    fn faults_are_there_only_where_they_are_asked_for() {
        let faulty = device(r#", "faults": { "p_low_resistance": 0.1 }"#);
        let stuck = |faults| {
            let cycle = &sampled(&Sampling { faults, ..SAMPLING }, &faulty)[0];
            cycle.written.iter().filter(|&&written| written == 1000.0).count() as f64
        };
        assert_eq!(stuck(false), 0.0);
        assert!((stuck(true) - 1000.0).abs() < 5.0 * 900f64.sqrt());
    }

    /// Rows of ten cells: all or none of them are without current, in every column of the table.
    #[test]
    fn cells_of_dead_rows_carry_no_current() {
        let faulty = device(
            r#", "faults": { "p_dead_row": 0.2 }, "converters": { "tile_columns": 10 },
                "read": { "white": { "noise": "constant", "sigma_microsiemens": 1 } }"#,
        );
        let sampling = Sampling { faults: true, reads: 1, after_seconds: Some(1.0), ..SAMPLING };
        let cycle = &sampled(&sampling, &faulty)[0];
        for conductances in [&cycle.written, cycle.after.as_ref().unwrap(), &cycle.reads[0]] {
            let rows: Vec<&[f32]> = conductances.chunks(10).collect();
            let dead = rows.iter().filter(|row| row.iter().all(|cell| *cell == 0.0)).count() as f64;
            assert!((dead - 200.0).abs() < 5.0 * (1000.0 * 0.2 * 0.8f64).sqrt(), "{dead} of 1000 rows");
            let scattered = rows.iter().filter(|row| row.contains(&0.0) && row.iter().any(|cell| *cell != 0.0)).count();
            assert_eq!(scattered, 0);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let oxide = Device::built_in("illustrative-oxide").unwrap();
        let sampling = Sampling { count: 50, cycles: 2, reads: 2, after_seconds: Some(60.0), ..SAMPLING };
        let text = |sampling: &Sampling| sampled(sampling, &oxide).iter().map(Cycle::csv).collect::<String>();
        assert_eq!(text(&sampling), text(&sampling));
        assert_ne!(text(&sampling), text(&Sampling { seed: 2, ..sampling.clone() }));
        let line = text(&sampling);
        let line = line.lines().next().unwrap();
        assert_eq!(line.split(',').count(), sampling.header().split(',').count());
    }

    #[test]
    fn what_lies_beyond_the_laws_is_told_by_its_flag() {
        let pcm = Device::built_in("pcm-joshi-2020").unwrap();
        let told = |sampling: Sampling| {
            let told = sampling.beyond_laws(&pcm).iter().map(Warning::to_string).collect::<Vec<String>>();
            told.iter().map(|told| told.split(" lies ").next().unwrap().to_owned()).collect::<Vec<String>>()
        };
        let sampling = Sampling { target: 10.0, ..SAMPLING };
        assert_eq!(told(Sampling { reads: 3, ..sampling.clone() }), [""; 0]);
        assert_eq!(told(Sampling { after_seconds: Some(3600.0), reads: 3, ..sampling.clone() }), [""; 0]);
        assert_eq!(told(Sampling { after_seconds: Some(1.0), ..sampling.clone() }), ["--after: 1 s"]);
        let late = Sampling { after_seconds: Some(3.156e8), reads: 9, ..sampling.clone() };
        assert_eq!(told(late), ["--after: 315600000 s"]);
        let long = Sampling { reads: 3, read_interval_seconds: 2e7, ..sampling };
        assert_eq!(told(long), ["--read-interval: 40000000 s"]);
        // 16 kohm is where the I-V curves of this device end.
        let milo = Device::built_in("hfo2-1t1r-milo-2021").unwrap();
        let beyond = Sampling { target: 55.0, ..SAMPLING }.beyond_laws(&milo);
        let expected = "device `hfo2-1t1r-milo-2021`: read.nonlinearity.points: ends at 16000 ohm";
        assert!(beyond.len() == 1 && beyond[0].to_string().starts_with(expected), "{beyond:?}");
    }

    #[test]
    fn what_cannot_be_sampled_is_refused() {
        let refused = |name: &str, sampling: Sampling| {
            sampling.cycles(&Device::built_in(name).unwrap()).err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert_eq!(
            refused("ideal", Sampling { target: 2000.0, ..SAMPLING }),
            "--target-microsiemens: got 2000 µS, must lie in the window of `ideal`, 1 to 1000 µS"
        );
        assert_eq!(
            refused("ideal", Sampling { from: f64::NAN, ..SAMPLING }),
            "--start-microsiemens: got NaN µS, must lie in the window of `ideal`, 1 to 1000 µS"
        );
        assert!(refused("study-1k-1m", SAMPLING).starts_with("--study-sigma-microsiemens: must be given for"));
        let with_sigma = Sampling { study_sigma: Some(20.0), ..SAMPLING };
        assert!(refused("ideal", with_sigma.clone()).starts_with("--study-sigma-microsiemens: must be left out"));
        assert_eq!(refused("study-1k-1m", with_sigma), "");
        assert!(refused("study-1k-1m", Sampling { study_sigma: Some(-1.0), ..SAMPLING }).contains("got -1 µS"));
    }
}
