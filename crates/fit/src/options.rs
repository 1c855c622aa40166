//! Options of a fit.

use std::fmt;

use ohmspike_crossbar::device::{DriftLaw, PulseKind, ReadNoiseKind, WriteNoiseKind};

/// A mechanism of a device file that a fit can determine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Mechanism {
    /// Conductance window.
    Window,
    /// Write noise.
    Writes,
    /// Persistent differences between cells.
    CellToCell,
    /// White read noise.
    ReadNoise,
    /// Random telegraph noise.
    Rtn,
    /// Relaxation and drift.
    Drift,
    /// Steps of single pulses.
    Pulses,
    /// Stuck cells and dead lines.
    Faults,
}

impl Mechanism {
    /// Every mechanism, in the order of a device file.
    pub const ALL: [Mechanism; 8] = [
        Mechanism::Window,
        Mechanism::CellToCell,
        Mechanism::Writes,
        Mechanism::Pulses,
        Mechanism::Drift,
        Mechanism::ReadNoise,
        Mechanism::Rtn,
        Mechanism::Faults,
    ];

    /// Returns the word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Mechanism::Window => "window",
            Mechanism::Writes => "writes",
            Mechanism::CellToCell => "cell-to-cell",
            Mechanism::ReadNoise => "read-noise",
            Mechanism::Rtn => "rtn",
            Mechanism::Drift => "drift",
            Mechanism::Pulses => "pulses",
            Mechanism::Faults => "faults",
        }
    }

    /// Returns the mechanism called `word`.
    pub fn from_word(word: &str) -> Option<Mechanism> {
        Mechanism::ALL.into_iter().find(|mechanism| mechanism.word() == word)
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Acceptance window of program and verify, with which the writes were measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AcceptanceWindow {
    /// Half width, µS.
    Microsiemens(f64),
    /// Half width, % of the target.
    PercentOfTarget(f64),
}

impl AcceptanceWindow {
    /// Returns the half width at `target`, both µS.
    pub fn half_width(self, target: f64) -> f64 {
        match self {
            AcceptanceWindow::Microsiemens(width) => width,
            AcceptanceWindow::PercentOfTarget(percent) => percent / 100.0 * target,
        }
    }
}

/// Options of a fit.
#[derive(Clone, Debug, PartialEq)]
pub struct FitOptions {
    /// Name of the device.
    pub name: String,
    /// Mechanisms to fit; all that the data determine if empty.
    pub only: Vec<Mechanism>,
    /// Law of write noise: `constant`, `relative` or `table`; chosen by BIC if none.
    pub write_law: Option<WriteNoiseKind>,
    /// Law of white read noise: `constant`, `relative` or `table`; chosen by BIC if none.
    pub read_law: Option<ReadNoiseKind>,
    /// Law of drift: `power` or `log-time`; chosen by AIC if none.
    pub drift_law: Option<DriftLaw>,
    /// Law of pulse steps; chosen by BIC if none.
    pub pulse_law: Option<PulseKind>,
    /// Window from Gmin to Gmax, µS; from the data if none.
    pub window: Option<(f64, f64)>,
    /// Acceptance window of the writes; none for writes without verification.
    pub acceptance: Option<AcceptanceWindow>,
    /// Read voltage, V; required for columns of current.
    pub read_volts: Option<f64>,
    /// Time of the column `after_microsiemens`, s after the write.
    pub after_seconds: Option<f64>,
    /// Time between two reads of columns `read_N_microsiemens`, s.
    pub read_interval_seconds: Option<f64>,
    /// Names of columns to leave out, in any table.
    pub ignored_columns: Vec<String>,
    /// Whether the tables have one column per state instead of one row per value.
    pub wide: bool,
    /// Seed of the bootstrap and of the choice of held-out cells.
    pub seed: u64,
    /// Number of bootstrap samples.
    pub resamples: usize,
    /// Fraction of the cells that are held out to test the fitted laws, 0 to 0.5; 0 for no test.
    pub held_out: f64,
}

impl Default for FitOptions {
    fn default() -> FitOptions {
        FitOptions {
            name: "fitted-device".to_owned(),
            only: Vec::new(),
            write_law: None,
            read_law: None,
            drift_law: None,
            pulse_law: None,
            window: None,
            acceptance: None,
            read_volts: None,
            after_seconds: None,
            read_interval_seconds: None,
            ignored_columns: Vec::new(),
            wide: false,
            seed: 1,
            resamples: 400,
            held_out: 0.2,
        }
    }
}

impl FitOptions {
    /// Returns whether to fit `mechanism`.
    pub fn fits(&self, mechanism: Mechanism) -> bool {
        self.only.is_empty() || self.only.contains(&mechanism)
    }
}
