//! The section `device_to_device`, its numbers and figure.

use std::collections::BTreeSet;

use ohmspike_crossbar::device::{DeviceToDeviceSpec, StepGainKind};

use super::gain::{Gain, Start, gain, lever};
use super::law::Gains;
use super::pooled::Pooled;
use super::{CellToCell, IMPROBABLE, LESS_INFORMATION, MIN_CHANGE, Sums};
use crate::interval::{Scale, with_interval};
use crate::options::Mechanism;
use crate::outcome::{Fitted, Outcome};
use crate::quality::quality;
use crate::report::{Bin, Curve, FittedNumber, MechanismFit, Plot, Quality};
use crate::sample::{MIN_CELLS, Sample, signed_root, standard_deviation};

/// Largest factor by which an unknown start may change the gain at a single target.
const UNKNOWN: f64 = 1.25;
/// Largest bound of the spread of gains that tells something.
const MAX_BOUND: f64 = 1.0;
/// What becomes of differences that have no gain.
const PART: &str = "the differences are part of the write noise";
/// Standard errors, and share of the larger of both, from which a spread contradicts the gain.
const CONTRADICTS: (f64, f64) = (4.0, 0.2);

/// Sums by group of cells of the targets used.
struct Data<'a> {
    /// Writes of cells.
    cells: &'a CellToCell,
    /// Bins of the targets.
    used: Vec<usize>,
    by_group: Vec<Vec<Sums>>,
}

impl Data<'_> {
    /// Returns the sums of `bin` with every group taken as often as `drawn` says.
    fn total(&self, drawn: &[f64], bin: usize) -> Sums {
        let mut sums = Sums::new(self.by_group[bin][0].clip);
        self.by_group[bin].iter().zip(drawn).for_each(|(group, &times)| sums.add(group, times));
        sums
    }

    /// Returns the sums of the used targets.
    fn targets(&self, drawn: &[f64]) -> Vec<(f64, Sums)> {
        self.used.iter().map(|&bin| (self.cells.targets[bin], self.total(drawn, bin))).collect()
    }

    /// Returns whether cells differ at one of the `targets`.
    fn differ(&self, targets: &[(f64, Sums)]) -> bool {
        targets.iter().any(|(_, sums)| sums.probability() < IMPROBABLE / targets.len() as f64)
    }

    /// Returns whether cells differ in the mean over `targets`.
    fn differ_on_average(&self, targets: &[(f64, Sums)], sample: &Sample) -> bool {
        let pooled = self.pooled(targets, sample);
        pooled.is_some_and(|pooled| pooled.probability(&vec![1.0; sample.groups]) < IMPROBABLE)
    }

    /// Pools the `targets`, for writes from the highest start: this one leaves the smallest changes, and the largest gains.
    fn pooled(&self, targets: &[(f64, Sums)], sample: &Sample) -> Option<Pooled> {
        Pooled::new(self.cells, self.start(), (&self.used, targets), (sample, &|_| true))
    }

    /// Returns an upper bound of the spread of gains.
    fn bound(&self, sample: &Sample) -> Option<String> {
        let everyone = vec![1.0; sample.groups];
        let bound = self.pooled(&self.targets(&everyone), sample)?.bound(&everyone);
        (bound < MAX_BOUND).then(|| {
            format!(
                "with 95 % confidence, the gains of their steps have a standard deviation below {:.2} %, which would be part of the write noise",
                100.0 * bound
            )
        })
    }

    /// Returns the start of writes to a device with the fitted window.
    fn start(&self) -> Start {
        if self.cells.start == Start::OfWrites { Start::OfWrites } else { Start::At(self.cells.floor) }
    }

    /// Returns a note on what the gain does not explain; an error if it does not explain most of the differences.
    fn checked(
        &self,
        (from, found): (Start, &Gain),
        targets: &[(f64, Sums)],
        draws: &[Vec<f64>],
    ) -> Result<Option<String>, String> {
        let of_fit = Contradictions::new(from, found, targets, draws);
        let of_window = Contradictions::new(self.start(), found, targets, draws);
        // A gain that explains all targets with the start that they tell needs another window. Otherwise, it must hold for the window as well.
        for (at, of) in [(from, &of_fit), (self.start(), &of_window)] {
            if of.outweigh(targets) && !of_fit.of_targets.is_empty() {
                let floor = self.cells.floor;
                let start =
                    if at == from { "the start".to_owned() } else { format!("Gmin of the window, {floor:.4} µS,") };
                let (spreads, hint) = (of.text(), self.hint());
                return Err(format!(
                    "no one gain of the change from {start} explains how cells differ: they spread by {spreads}{hint}; {PART}"
                ));
            }
        }
        Ok(self.note(&of_window, of_fit.of_targets.is_empty()))
    }

    /// Returns a note on the targets at which cells of a device with the fitted window spread in another way; `explains` tells whether the gain
    /// explains all targets with the start that the writes tell.
    fn note(&self, contradictions: &Contradictions, explains: bool) -> Option<String> {
        (!contradictions.of_targets.is_empty()).then(|| {
            let (spreads, hint, floor) = (contradictions.text(), self.hint(), self.cells.floor);
            if explains && !hint.is_empty() {
                return format!("writes that start at Gmin of the fitted window, {floor:.4} µS, do not differ like these: cells spread by {spreads}{hint}");
            }
            format!("one gain of the change from Gmin does not explain how cells differ: they spread by {spreads}{hint}")
        })
    }

    /// Returns what tells more of the start of writes.
    fn hint(&self) -> &'static str {
        if matches!(self.cells.start, Start::UpTo(_)) { " (`--window` names the Gmin of the cells)" } else { "" }
    }
}

/// Targets at which the spread over cells is not that of a gain.
struct Contradictions {
    /// Places of the targets, with what the spreads are.
    of_targets: Vec<(usize, String)>,
}

impl Contradictions {
    /// Finds the targets at which the spread over cells is not that of the gain of changes from `start`.
    fn new(start: Start, found: &Gain, targets: &[(f64, Sums)], draws: &[Vec<f64>]) -> Contradictions {
        let contradicts = |(place, (target, sums)): (usize, &(f64, Sums))| {
            let (seen, made) = (signed_root(sums.variance()), spread(start, found.sigma, *target));
            let distance = |draw: &Vec<f64>| draw[1 + place] - spread(start, draw[0], *target);
            let distances: Vec<f64> = draws.iter().map(distance).filter(|distance| distance.is_finite()).collect();
            let (distance, larger, unit) = ((seen - made).abs(), seen.max(made), sums.unit());
            (distance > CONTRADICTS.0 * standard_deviation(&distances) && distance > CONTRADICTS.1 * larger).then(
                || {
                    let (seen, made) = (unit * seen.max(0.0), unit * made);
                    (place, format!("{seen:.3} µS at {target:.4} µS, where this gain makes {made:.3} µS"))
                },
            )
        };
        Contradictions { of_targets: targets.iter().enumerate().filter_map(contradicts).collect() }
    }

    /// Returns whether these are most of the `targets`, or have most of the writes.
    fn outweigh(&self, targets: &[(f64, Sums)]) -> bool {
        let writes = |places: &mut dyn Iterator<Item = usize>| places.map(|place| targets[place].1.n).sum::<f64>();
        let (of_these, of_all) = (writes(&mut self.of_targets.iter().map(|of| of.0)), writes(&mut (0..targets.len())));
        2 * self.of_targets.len() > targets.len() || 2.0 * of_these > of_all
    }

    fn text(&self) -> String {
        self.of_targets.iter().map(|of| of.1.as_str()).collect::<Vec<_>>().join("; ")
    }
}

impl CellToCell {
    /// Fits the gain of cells.
    pub fn fit(&self, sample: &Sample) -> Outcome<DeviceToDeviceSpec> {
        let everyone = vec![1.0; sample.groups];
        let data = self.data(sample);
        if data.used.is_empty() {
            return Err(format!("expected at least {MIN_CELLS} cells with 2 writes to one target"));
        }
        let targets = data.targets(&everyone);
        if !data.differ(&targets) && !data.differ_on_average(&targets, sample) {
            let bound = data.bound(sample).map_or(String::new(), |bound| format!(": {bound}"));
            return Err(format!("cells do not differ by more than writes of one cell{bound}"));
        }
        let start = self.start_of(&targets)?;
        let mut found = gain(start, &targets).ok_or("no gain explains the differences between cells")?;
        let from = if start == Start::OfWrites { start } else { Start::At(found.start) };
        // Where no target tells the gain by itself, the mean over targets does.
        let pooled = if data.differ(&targets) {
            None
        } else {
            Pooled::new(self, from, (&data.used, &targets), (sample, &|_| true))
        };
        if let Some(pooled) = &pooled {
            (found.sigma, found.noise) = (pooled.gain(&everyone), pooled.error);
        }
        let draws = sample.bootstrap(|drawn| {
            let targets = data.targets(drawn);
            let gain = match &pooled {
                Some(pooled) => pooled.gain(drawn),
                None => gain(start, &targets)?.sigma,
            };
            Some(std::iter::once(gain).chain(targets.iter().map(|(_, sums)| signed_root(sums.variance()))).collect())
        });
        let mut notes = starts(start, &found);
        notes.extend(data.checked((from, &found), &targets, &draws)?);
        let least = least(pooled.as_ref(), from, &targets);
        let numbers = self.numbers(&data, (&found, &targets, least), &draws);
        let mut fit = MechanismFit {
            mechanism: Mechanism::CellToCell,
            law: "normal",
            method: "one-way random effects over cells and writes at each target; one gain of the change from Gmin to the target, \
                     weighted by information; intervals by bootstrap over cells"
                .to_owned(),
            quality: self.quality(&data, (start, pooled.is_some().then_some(from)), sample),
            plot: Some(plot(&data, &found, &targets, &numbers[1..])),
            numbers,
            candidates: Vec::new(),
            notes,
        };
        let is_log_normal =
            Gains::new(self, from, (&data.used, &targets), sample.held_out.len()).state(&mut fit, sample);
        let section = DeviceToDeviceSpec {
            step_gain: Some(if is_log_normal { StepGainKind::LogNormal } else { StepGainKind::Normal }),
            step_gain_sigma: Some(fit.numbers[0].value.clamp(0.0, 3.0)),
            ..DeviceToDeviceSpec::default()
        };
        Ok(Fitted { fit, section, withheld: None })
    }

    /// Returns the gain and the spreads at the targets with their intervals; they are stated from the variance `least` of the gains on.
    fn numbers(
        &self,
        data: &Data<'_>,
        (found, targets, least): (&Gain, &[(f64, Sums)], f64),
        draws: &[Vec<f64>],
    ) -> Vec<FittedNumber> {
        let n = targets.iter().map(|(_, sums)| sums.n as usize).sum();
        let of_used = self.cells.iter().filter(|cell| data.used.contains(&(cell.0 as usize)));
        let cells: BTreeSet<u32> = of_used.map(|cell| cell.1).collect();
        let key = ("device_to_device.step_gain_sigma", "");
        // Noise of several targets averages out: it has more independent values than cells.
        let information = if targets.len() == 1 { LESS_INFORMATION } else { 1.0 };
        let scale = Scale::spread((cells.len() as f64 - 1.0) / information, found.noise).from(least);
        let of_gain: Vec<f64> = draws.iter().map(|draw| draw[0]).collect();
        let mut numbers = vec![with_interval(key, found.sigma, &of_gain, scale, (n, cells.len()))];
        // The only target has the same spread as the gain.
        let only = targets.len() == 1;
        let least = if only { targets[0].1.least(IMPROBABLE) } else { 0.0 };
        numbers.extend((0..targets.len()).map(|place| of_target(&targets[place], place, (draws, least))));
        numbers
    }

    /// Returns the sums of the targets that tell how cells differ.
    fn data(&self, sample: &Sample) -> Data<'_> {
        let everyone = vec![1.0; sample.groups];
        let mut data = Data { cells: self, used: Vec::new(), by_group: self.by_group(sample, |_| true) };
        data.used = (0..self.targets.len()).filter(|&bin| self.is_usable(bin, &data.total(&everyone, bin))).collect();
        data
    }

    /// Returns whether cells differ.
    pub fn differ(&self, sample: &Sample) -> bool {
        let data = self.data(sample);
        let targets = data.targets(&vec![1.0; sample.groups]);
        data.differ(&targets) || data.differ_on_average(&targets, sample)
    }

    /// Returns a note on what differences between cells without a gain add to the write noise.
    pub fn part(&self, sample: &Sample) -> Option<String> {
        let data = self.data(sample);
        if data.used.is_empty() && self.cells.iter().any(|(_, _, cell)| cell.n > 1.0) {
            return Some(format!(
                "fewer than {MIN_CELLS} cells with 2 writes to one target do not tell how cells differ: {PART}"
            ));
        }
        if self.differ(sample) {
            return Some(format!("cells differ, and {PART}"));
        }
        data.bound(sample).map(|bound| format!("cells do not differ visibly: {bound}"))
    }

    /// Returns whether a target with `sums` tells how cells differ.
    fn is_usable(&self, bin: usize, sums: &Sums) -> bool {
        let repeated = sums.cells >= MIN_CELLS as f64 && sums.n > 1.2 * sums.cells;
        let far = match self.start {
            Start::At(start) => self.targets[bin] - start > MIN_CHANGE * self.targets[bin],
            Start::OfWrites | Start::UpTo(_) => true,
        };
        repeated && far && !self.clipped[bin]
    }

    /// Returns the start to fit with: a single target does not tell it.
    fn start_of(&self, targets: &[(f64, Sums)]) -> Result<Start, String> {
        let (Start::UpTo(floor), [(target, _)]) = (self.start, targets) else { return Ok(self.start) };
        if 1.0 / lever(Start::At(floor), *target) > UNKNOWN {
            return Err(format!(
                "cells differ, but writes to {target:.4} µS alone do not tell the gain of their steps, because Gmin, from which they \
                 start, is unknown: name it with `--window`, or in a column `start_microsiemens`; {PART}"
            ));
        }
        Ok(Start::At(floor))
    }

    /// Tests the gain of the other cells on the means of held-out cells.
    fn quality(&self, data: &Data<'_>, (start, pooled): (Start, Option<Start>), sample: &Sample) -> Option<Quality> {
        let everyone = vec![1.0; sample.groups];
        let training = Data {
            cells: self,
            used: data.used.clone(),
            by_group: self.by_group(sample, |cell| !sample.held_out[cell]),
        };
        let targets = training.targets(&everyone);
        let sigma = match pooled {
            Some(from) => {
                Pooled::new(self, from, (&training.used, &targets), (sample, &|cell| !sample.held_out[cell]))?
                    .gain(&everyone)
            }
            None => gain(start, &targets)?.sigma,
        };
        let held = self.cells.iter().filter(|cell| sample.held_out[cell.1 as usize]);
        let z = held.filter_map(|(bin, number, cell)| {
            let place = data.used.binary_search(&(*bin as usize)).ok()?;
            let (target, sums) = &targets[place];
            let variance = spread(data.start(), sigma, *target).powi(2) + sums.of_writes() / cell.n;
            Some((*number, (cell.w / cell.n - sums.means.mean()) / variance.sqrt()))
        });
        quality(z.collect(), sample.held_out.iter().filter(|held| **held).count())
    }
}

/// Returns the variance from which on the gain of the `targets` is stated. That of several targets that differ one by one is not the estimate that a test has chosen.
fn least(pooled: Option<&Pooled>, from: Start, targets: &[(f64, Sums)]) -> f64 {
    match (pooled, targets) {
        (Some(pooled), _) => pooled.least(IMPROBABLE),
        (None, [(target, sums)]) => sums.least(IMPROBABLE) / lever(from, *target).powi(2),
        (None, _) => 0.0,
    }
}

/// Returns the standard deviation over cells that gains of `sigma` make at a target, in the unit of w.
fn spread(start: Start, sigma: f64, target: f64) -> f64 {
    sigma.max(0.0) * lever(start, target)
}

/// Returns what is assumed of the starts of writes.
fn starts(start: Start, found: &Gain) -> Vec<String> {
    match start {
        Start::OfWrites => Vec::new(),
        Start::At(_) => vec!["writes are assumed to start at Gmin".to_owned()],
        Start::UpTo(_) => vec![format!(
            "writes are assumed to start at one conductance, which the spreads at the targets put at {:.4} µS",
            found.start
        )],
    }
}

/// Returns the standard deviation over cells at one target, µS, that is stated from a variance of `least` on; its draws are those after the gain.
fn of_target((target, sums): &(f64, Sums), place: usize, (draws, least): (&[Vec<f64>], f64)) -> FittedNumber {
    let unit = sums.unit();
    let draws: Vec<f64> = draws.iter().map(|draw| unit * draw[1 + place]).collect();
    let name = format!("standard deviation over cells at {} µS", (1e4 * target).round() / 1e4);
    let counts = (sums.n as usize, sums.cells as usize);
    let values = (sums.cells - 1.0) / LESS_INFORMATION;
    let scale = Scale::spread(values, unit * unit * sums.noise()).from(unit * unit * least);
    let number = with_interval(("", "µS"), unit * signed_root(sums.variance()), &draws, scale, counts);
    FittedNumber { unstated: Some(name), ..number }
}

/// Plots the spread over cells by target, with that of a device with the gain.
fn plot(data: &Data<'_>, found: &Gain, targets: &[(f64, Sums)], numbers: &[FittedNumber]) -> Plot {
    let bin = |((target, _), number): (&(f64, Sums), &FittedNumber)| {
        let (low, high) = number.interval_95.unwrap_or((number.value, number.value));
        Bin { x: *target, y: number.value, low, high, n: number.n }
    };
    let from_floor = (data.cells.start != Start::OfWrites).then_some((data.cells.floor, 0.0));
    let of_target = |(target, sums): &(f64, Sums)| (*target, sums.unit() * spread(data.start(), found.sigma, *target));
    Plot {
        x_label: "Target (µS)",
        y_label: "σ over cells (µS)",
        x_log: false,
        y_log: false,
        curves: vec![Curve {
            name: String::new(),
            bins: targets.iter().zip(numbers).map(bin).collect(),
            law: from_floor.into_iter().chain(targets.iter().map(of_target)).collect(),
        }],
    }
}
