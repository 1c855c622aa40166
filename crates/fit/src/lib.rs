//! From a measurement to a device file.
//!
//! Parts, in the order in which data meets them:
//! 1. [`FitInput`]: CSV tables of writes, reads, retention and pulses; [`FitOptions`]: laws, window, seed;
//! 2. [`fit()`]: reads the tables and estimates every mechanism that they determine;
//! 3. [`FitReport`]: estimates with intervals, tests on held-out cells, data and laws for plots, and the device file.
//!
//! | quantity | unit |
//! |---|---|
//! | conductance | µS |
//! | resistance | ohm |
//! | current | µA |
//! | time | s |
//!
//! The crate does not open files, print, or draw. Results depend on the tables, the options and the seed only.

mod acceptance;
mod bins;
mod by_target;
mod cell_to_cell;
mod check_options;
mod cycle_errors;
mod device_file;
mod drift;
mod error;
mod explain;
mod faults;
mod fit;
mod input;
mod interval;
mod likely_window;
mod limits;
mod normal;
mod not_fitted;
mod offset;
mod one_scheme;
mod options;
mod outcome;
mod provenance;
mod pulses;
mod quality;
mod reached;
mod read_times;
mod reads;
mod report;
mod robust;
mod rounded;
mod sample;
mod skew;
mod states;
mod table;
mod thresholds;
mod truncated;
mod value_noise;
mod window;
mod winsorised;
mod writes;

pub use error::{FitError, Place};
pub use fit::fit;
pub use input::{FitInput, InputFile, Role};
pub use not_fitted::{NotFitted, not_fitted};
pub use options::{AcceptanceWindow, FitOptions, Mechanism};
pub use report::{
    Bin, Candidate, Curve, FitReport, FittedNumber, MechanismFit, Plot, QqPoint, Quality, QuantileError, Retained,
    SourceFile, Withheld,
};
pub use table::{COLUMNS, WIDE_COLUMNS};
