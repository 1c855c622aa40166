//! From measured tables to a device file.

use ohmspike_crossbar::device::{DeviceToDeviceSpec, FaultsSpec, ReadSpec, WriteSpec};
use ohmspike_rng::Seed;

use crate::acceptance::{check_acceptance, seem_accepted};
use crate::bins::MIN_VALUES;
use crate::cell_to_cell::CellToCell;
use crate::check_options::{check_options, check_used};
use crate::cycle_errors::common_errors;
use crate::device_file::DeviceFile;
use crate::drift::{fit_drift, retained};
use crate::error::FitError;
use crate::explain::explain;
use crate::faults::{CellState, States, fit_faults};
use crate::input::{FitInput, Role};
use crate::limits::note_limits;
use crate::offset::{exchanged, offset};
use crate::one_scheme::state_pulses;
use crate::options::{FitOptions, Mechanism};
use crate::outcome::Outcome;
use crate::provenance::{provenance, sha256};
use crate::pulses::{extremes, fit_pulses};
use crate::read_times::dependence;
use crate::reads::{WhiteLaw, check_interval, fit_rtn, fit_white, interval, series};
use crate::report::{FitReport, MechanismFit, Retained, SourceFile, Withheld};
use crate::sample::Sample;
use crate::skew::skewed;
use crate::table::{ReadOptions, Table, read};
use crate::value_noise::{ReadPart, read_part};
use crate::window::{Extent, ends, extent, window};
use crate::writes::{Ends, WriteRows, fit_writes};

/// Fits a device to the measured tables of `input`.
///
/// # Errors
/// [`FitError`] if a table or an option is invalid, or the data do not determine a conductance window.
pub fn fit(input: &FitInput, options: &FitOptions) -> Result<FitReport, FitError> {
    check_options(options)?;
    let mut fit = Fit {
        options,
        files: Vec::new(),
        mechanisms: Vec::new(),
        withheld: Vec::new(),
        cautions: Vec::new(),
        targets: Vec::new(),
        retained: Vec::new(),
        unstated: Vec::new(),
    };
    let (mut tables, mut unused) = (Vec::new(), options.ignored_columns.clone());
    for (role, file) in input.files() {
        let wide = options.wide && role == Role::Writes;
        let (read_volts, ignored) = (options.read_volts, &options.ignored_columns[..]);
        let table = read(file, ReadOptions { role, wide, read_volts, ignored })?;
        unused.retain(|name| !table.ignored.contains(name));
        let (name, cells) = (file.name.clone(), table.cells.count());
        fit.files.push(SourceFile { role, name, sha256: sha256(file), values: table.rows(), cells });
        match (role == Role::Writes).then(|| table.first_values()).flatten() {
            None => tables.push(table),
            Some(first) => tables.extend(split(first, table, input.retention.is_some())),
        }
    }
    if tables.is_empty() {
        return Err(FitError::NoFile);
    }
    if let Some(name) = unused.first() {
        let (problem, hint) =
            (format!("no table has a column `{name}`"), "name columns as in the first line of a table");
        return Err(FitError::Option { option: "--ignore", problem, hint });
    }
    check_used(options, &tables)?;
    fit.device(&tables)
}

/// Returns the `first` values of writes, and `all` their values as retention unless there is a table of it.
fn split(mut first: Table, mut all: Table, has_retention: bool) -> Vec<Table> {
    let rest = if has_retention {
        "The other values are left out: retention has its own table"
    } else {
        "All values also count as retention"
    };
    if let Some(note) = first.notes.last_mut() {
        *note += &format!(". {rest}");
    }
    (all.role, all.notes) = (Some(Role::Retention), Vec::new());
    if has_retention { vec![first] } else { vec![first, all] }
}

/// A fit under way.
struct Fit<'a> {
    options: &'a FitOptions,
    files: Vec<SourceFile>,
    mechanisms: Vec<MechanismFit>,
    withheld: Vec<Withheld>,
    cautions: Vec<String>,
    targets: Vec<f64>,
    retained: Vec<Retained>,
    /// Mechanisms that the device file does not state.
    unstated: Vec<Mechanism>,
}

impl Fit<'_> {
    /// Fits every mechanism and assembles the device.
    fn device(mut self, tables: &[Table]) -> Result<FitReport, FitError> {
        let of = |role| tables.iter().find(|table| table.role == Some(role));
        let repeated = of(Role::Reads).or(of(Role::Writes).filter(|table| !table.reads.is_empty()));
        repeated.map_or(Ok(()), |table| check_interval(table, self.options.read_interval_seconds))?;
        let (read, white) = self.reads(repeated);
        let white = white.as_ref().map_err(String::as_str);
        let writes = of(Role::Writes).map(|table| {
            let part = read_part(table, repeated, white, self.options.acceptance.is_some());
            self.writes(table, &part)
        });
        let mut writes = writes.transpose()?;
        let extent = writes.as_mut().and_then(|writes| writes.extent.take());
        let ends = writes.as_ref().map_or(Ends::default(), |writes| writes.ends);
        let clipped = |ends: (f64, f64)| writes.as_ref().map_or(0.0, |writes| writes.clipped(ends));
        let pulsed = of(Role::Pulses);
        let from_pulses =
            pulsed.and_then(|table| Some(Extent::of_pulses(extremes(table)?, table.rows(), table.cells.count())));
        let extent = extent.or(from_pulses);
        self.check_window(extent.as_ref())?;
        let Some((fit, ohms)) = window(extent, ends, self.options.window, clipped) else {
            let faulty = writes.as_ref().and_then(|writes| writes.states.as_ref()).map_or(0, States::faulty_count);
            let ignore = if faulty > 0 { format!(": {faulty} cells ignore their targets") } else { String::new() };
            let problem = format!("missing: the tables have no writes of working cells{ignore}");
            return Err(FitError::Option { option: "--window", problem, hint: "state Gmin and Gmax, as in 1..1000" });
        };
        self.mechanisms.push(fit);
        let offset = writes.as_ref().and_then(|writes| {
            let window = (1e6 / ohms.high_resistance_ohm, 1e6 / ohms.low_resistance_ohm);
            offset(writes.working.as_ref()?, self.options.read_volts, writes.clipped(window))
        });
        self.cautions.extend(offset);
        self.cautions.extend(writes.as_ref().and_then(|writes| exchanged(writes.working.as_ref()?)));
        let mut file = DeviceFile::new(&self.options.name, ohms);
        let conductances = (1e6 / ohms.high_resistance_ohm, 1e6 / ohms.low_resistance_ohm);
        if let Some(writes) = &mut writes {
            let faults = self.options.fits(Mechanism::Faults).then(|| writes.faults(conductances));
            if !matches!(faults, Some(Ok(_))) {
                writes.tell_failures();
            }
            file.write = self.keep(Mechanism::Writes, writes.section.take());
            file.device_to_device = self.keep(Mechanism::CellToCell, writes.cells.take());
            file.faults = self.keep(Mechanism::Faults, faults);
        }
        file.read = read;
        let retention = of(Role::Retention).or(of(Role::Writes).filter(|table| !table.after.is_empty()));
        // An end that clips writes is an end of the cells themselves.
        let outer =
            |clipped: Option<f64>, end: fn(&Extent) -> f64| extent.as_ref().filter(|_| clipped.is_none()).map(end);
        self.drift(
            &mut file,
            retention,
            (conductances, [outer(ends.low, |extent| extent.low), outer(ends.high, |extent| extent.high)]),
        );
        if let Some(table) = pulsed {
            self.pulses(&mut file, table, conductances);
        }
        self.check_content(writes.as_ref())?;
        self.finish(file, tables)
    }

    /// Refuses a device of a few writes that determine nothing, and one without any of the mechanisms that were asked for.
    fn check_content(&self, writes: Option<&WritePart>) -> Result<(), FitError> {
        let fitted = self.mechanisms.iter().any(|fit| fit.mechanism != Mechanism::Window);
        let only = &self.options.only;
        if !fitted && self.withheld.is_empty() && only.iter().any(|asked| *asked != Mechanism::Window) {
            let asked: Vec<String> = only.iter().map(Mechanism::to_string).collect();
            let problem = format!("expected a mechanism that the tables measure, got {}", asked.join(","));
            return Err(FitError::Option {
                option: "--only",
                problem,
                hint: "omit `--only` to fit all that they measure",
            });
        }
        let Some(writes) = writes else { return Ok(()) };
        let n = writes.working.as_ref().map_or(0, |working| working.rows.len());
        if fitted || n >= MIN_VALUES || self.options.window.is_some() {
            return Ok(());
        }
        let problem =
            format!("expected at least {MIN_VALUES} writes of working cells, got {n}: they determine no device");
        let hint = "measure several cells, each written several times to two or more targets".to_owned();
        Err(FitError::File { file: writes.table.file.clone(), problem, hint })
    }

    /// Refuses a forced window that none of the data are in, as in another unit.
    fn check_window(&self, extent: Option<&Extent>) -> Result<(), FitError> {
        let (Some((low, high)), Some(extent)) = (self.options.window, extent) else { return Ok(()) };
        if low <= extent.high && high >= extent.low {
            return Ok(());
        }
        let problem = format!(
            "expected a window that overlaps the data ({:.4} to {:.4} µS), got {low} to {high} µS",
            extent.low, extent.high
        );
        Err(FitError::Option { option: "--window", problem, hint: "windows are in µS" })
    }

    /// Fits writes and classifies their cells.
    ///
    /// # Errors
    /// [`FitError::Option`] for an acceptance window that does not fit them.
    fn writes<'t>(&mut self, table: &'t Table, reads: &ReadPart) -> Result<WritePart<'t>, FitError> {
        let options = self.options;
        let sample = self.sample(table);
        let Some(all) = WriteRows::new(table) else { return Ok(WritePart::empty(table)) };
        let states = States::new(table, &all);
        let working = states.reached(states.working(all));
        let ends = if working.rows.is_empty() { Ends::default() } else { ends(&working) };
        let extent = (!working.rows.is_empty()).then(|| extent(&working, ends));
        self.targets = working.targets();
        if let Some(acceptance) = options.acceptance {
            check_acceptance(&working, acceptance, ends)?;
        }
        let floor = options.window.map(|window| window.0).or(extent.map(|extent| extent.low)).unwrap_or(0.0);
        let known = options.window.is_some() || ends.low.is_some();
        let between = CellToCell::new(&working, (floor, known), ends);
        let cells = dependence(table, &states.faulty()).map_or_else(|| between.fit(&sample), Err);
        let common = common_errors(table, &states.faulty());
        if options.acceptance.is_none() {
            // The values of a cell with an error of its own are alike, and their tails those of few cells.
            let own = if cells.is_ok() { between.within(working.clone()) } else { working.clone() };
            let tell = common.is_none() && (cells.is_ok() || !between.differ(&sample));
            let accepted = seem_accepted(&own, ends).filter(|_| tell);
            self.cautions.extend(accepted.or_else(|| skewed(&own, ends)));
        }
        self.cautions.extend(common);
        let section = options.fits(Mechanism::Writes).then(|| match &cells {
            Ok(_) => fit_writes(&between.within(working.clone()), ends, (options, reads), &sample),
            Err(_) => fit_writes(&working, ends, (options, reads), &sample).map(|mut fitted| {
                fitted.fit.notes.extend(between.part(&sample));
                fitted
            }),
        });
        let cells = options.fits(Mechanism::CellToCell).then_some(cells);
        Ok(WritePart { table, states: Some(states), working: Some(working), ends, extent, section, cells })
    }

    /// Fits read noise to repeated reads, and returns the law of white noise, or the reason why there is none.
    fn reads(&mut self, table: Option<&Table>) -> (Option<ReadSpec>, Result<WhiteLaw, String>) {
        let (white, rtn) = (self.options.fits(Mechanism::ReadNoise), self.options.fits(Mechanism::Rtn));
        let Some(table) = table else { return (None, Err("no repeated reads tell it apart".to_owned())) };
        if !white && !rtn {
            return (None, Err("no read noise was fitted".to_owned()));
        }
        let sample = self.sample(table);
        let series = series(table, &sample.held_out);
        let interval = interval(table, self.options.read_interval_seconds);
        let mut law = Err("no read noise was fitted".to_owned());
        let of_white = || {
            let fitted = fit_white(&series, self.options, &sample);
            law = fitted.as_ref().map(|fitted| fitted.1.clone()).map_err(Clone::clone);
            fitted.map(|fitted| fitted.0)
        };
        let white = self.keep(Mechanism::ReadNoise, white.then(of_white));
        let rtn = self.keep(Mechanism::Rtn, rtn.then(|| fit_rtn(&series.traps, interval, &sample)));
        let read = (white.is_some() || rtn.is_some()).then(|| {
            let (white, rtn) = (white.unwrap_or_default(), rtn.unwrap_or_default());
            ReadSpec { white, rtn, volts: self.options.read_volts, ..ReadSpec::default() }
        });
        (read, law)
    }

    /// Fits drift to values at several times; window and range of writes in µS.
    fn drift(&mut self, file: &mut DeviceFile, table: Option<&Table>, ranges: ((f64, f64), [Option<f64>; 2])) {
        let Some(table) = table.filter(|_| self.options.fits(Mechanism::Drift)) else { return };
        let after = self.options.after_seconds;
        self.retained = retained(table, after, &self.sample(table));
        let outcome = if table.seconds.is_empty() && after.is_none() {
            Err("the time of the column `after_microsiemens` is unknown".to_owned())
        } else {
            fit_drift(table, after, ranges, self.options, &self.sample(table))
        };
        file.drift = self.keep(Mechanism::Drift, Some(outcome));
    }

    /// Fits the steps of pulse trains.
    fn pulses(&mut self, file: &mut DeviceFile, table: &Table, window: (f64, f64)) {
        let fits = self.options.fits(Mechanism::Pulses);
        let outcome = fits.then(|| fit_pulses(table, window, self.options, &self.sample(table)));
        let Some(sections) = self.keep(Mechanism::Pulses, outcome) else { return };
        self.unstated = state_pulses(file, &mut self.mechanisms, sections);
    }

    /// Splits the cells of `table` for the bootstrap and the test.
    fn sample(&self, table: &Table) -> Sample {
        let options = self.options;
        Sample::new(table.cells.count(), options.held_out, options.resamples, Seed::new(options.seed))
    }

    /// Keeps a fitted section, or the reason why there is none; `None` if the user did not ask for it.
    fn keep<S>(&mut self, mechanism: Mechanism, outcome: Option<Outcome<S>>) -> Option<S> {
        match outcome? {
            Ok(fitted) => {
                self.mechanisms.push(fitted.fit);
                self.withheld.extend(fitted.withheld.map(|reason| Withheld { mechanism, reason }));
                Some(fitted.section)
            }
            Err(reason) => {
                self.withheld.push(Withheld { mechanism, reason });
                None
            }
        }
    }

    /// Returns whether the only differences between cells that the tables can tell are those of pulse trains.
    fn only_trains(&self) -> bool {
        let has = |role: Role| self.files.iter().any(|file| file.role == role);
        has(Role::Pulses) && !has(Role::Writes)
    }

    /// Adds provenance and checks the device.
    fn finish(mut self, mut file: DeviceFile, tables: &[Table]) -> Result<FitReport, FitError> {
        let order = |mechanism: Mechanism| Mechanism::ALL.iter().position(|other| *other == mechanism);
        self.mechanisms.sort_by_key(|fit| order(fit.mechanism));
        for mechanism in Mechanism::ALL.into_iter().filter(|&mechanism| self.options.fits(mechanism)) {
            let known = self.mechanisms.iter().any(|fit| fit.mechanism == mechanism)
                || self.withheld.iter().any(|withheld| withheld.mechanism == mechanism);
            if !known {
                let of_trains = mechanism == Mechanism::CellToCell && self.only_trains();
                let reason = if of_trains { OF_TRAINS } else { missing(mechanism) }.to_owned();
                self.withheld.push(Withheld { mechanism, reason });
            }
        }
        self.withheld.sort_by_key(|withheld| order(withheld.mechanism));
        note_limits(&file, &mut self.mechanisms);
        self.mechanisms.iter_mut().for_each(explain);
        self.mechanisms.iter_mut().for_each(MechanismFit::note_distance);
        if let Some(fit) = self.mechanisms.iter_mut().find(|fit| fit.mechanism == Mechanism::Window) {
            fit.notes.extend(tables.iter().flat_map(|table| table.notes.clone()));
        }
        let names: Vec<&str> = self.files.iter().map(|source| source.name.as_str()).collect();
        file.description = format!("Fitted to {} by ohmspike {}.", names.join(", "), env!("CARGO_PKG_VERSION"));
        let is_stated = |mechanism: Mechanism| has_section(&file, mechanism) && !self.unstated.contains(&mechanism);
        let stated: Vec<&MechanismFit> = self.mechanisms.iter().filter(|fit| is_stated(fit.mechanism)).collect();
        for fit in stated {
            let files: Vec<&SourceFile> = self.files.iter().filter(|file| uses(fit.mechanism, file.role)).collect();
            let files = if files.is_empty() { self.files.iter().collect() } else { files };
            file.provenance.push(provenance(fit, &files));
        }
        let device = file.device()?;
        let Fit { files, mechanisms, withheld, cautions, targets, retained, .. } = self;
        Ok(FitReport { files, mechanisms, withheld, retained, cautions, targets, file, device })
    }
}

/// Results from the table of writes.
struct WritePart<'t> {
    table: &'t Table,
    states: Option<States>,
    working: Option<WriteRows>,
    ends: Ends,
    extent: Option<Extent>,
    section: Option<Outcome<WriteSpec>>,
    cells: Option<Outcome<DeviceToDeviceSpec>>,
}

impl WritePart<'_> {
    fn empty(table: &Table) -> WritePart<'_> {
        WritePart {
            table,
            states: None,
            working: None,
            ends: Ends::default(),
            extent: None,
            section: None,
            cells: None,
        }
    }

    fn faults(&self, window: (f64, f64)) -> Outcome<FaultsSpec> {
        let states = self.states.as_ref().ok_or("no writes")?;
        if states.state.iter().all(|state| *state == CellState::Unknown) {
            return Err("expected at least 2 writes per cell, got 1: a stuck cell cannot be told from a failed write"
                .to_owned());
        }
        fit_faults(self.table, states, window, self.ends)
    }

    /// Adds the note on failed writes that depend on the target to that of write noise.
    fn tell_failures(&mut self) {
        let note = self.states.as_ref().and_then(States::note_on_targets);
        if let Some(Ok(fitted)) = &mut self.section {
            fitted.fit.notes.extend(note);
        }
    }

    /// Returns the fraction of writes outside `window`.
    fn clipped(&self, (low, high): (f64, f64)) -> f64 {
        let Some(working) = &self.working else { return 0.0 };
        let outside = working.rows.iter().filter(|row| row.conductance < low || row.conductance > high).count();
        outside as f64 / working.rows.len().max(1) as f64
    }
}

/// Why there is no cell-to-cell variation of writes.
const OF_TRAINS: &str = "the differences that pulse trains show are part of `pulses`";

/// Returns the reason why a mechanism without data is withheld.
fn missing(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Window | Mechanism::Writes => "needs writes with targets",
        Mechanism::Faults => "needs at least 2 writes per cell with targets",
        Mechanism::CellToCell => "needs at least 2 cycles of writes to the same target",
        Mechanism::ReadNoise | Mechanism::Rtn => "needs repeated reads",
        Mechanism::Drift => "needs values at several times after a write",
        Mechanism::Pulses => "needs pulse trains",
    }
}

/// Returns whether the device file has the section of a mechanism.
fn has_section(file: &DeviceFile, mechanism: Mechanism) -> bool {
    match mechanism {
        Mechanism::Window => true,
        Mechanism::Writes | Mechanism::Pulses => file.write.is_some(),
        Mechanism::CellToCell => file.device_to_device.is_some(),
        Mechanism::ReadNoise | Mechanism::Rtn => file.read.is_some(),
        Mechanism::Drift => file.drift.is_some(),
        Mechanism::Faults => file.faults.is_some(),
    }
}

/// Returns whether `mechanism` is fitted to files with `role`, if there are any.
fn uses(mechanism: Mechanism, role: Role) -> bool {
    match mechanism {
        Mechanism::Window | Mechanism::Writes | Mechanism::CellToCell | Mechanism::Faults => role == Role::Writes,
        Mechanism::ReadNoise | Mechanism::Rtn => role == Role::Reads,
        Mechanism::Drift => role == Role::Retention,
        Mechanism::Pulses => role == Role::Pulses,
    }
}
