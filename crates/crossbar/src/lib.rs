//! A memristive crossbar: conductance arrays whose writes and reads are those of real devices.
//!
//! Training asks for a change of weights; the array answers with what its cells make of it. The crate knows nothing of
//! networks: it takes steps and gives effective weights, the variance of reading them, and counts.
//!
//! Parts, in the order in which data meets them:
//! - [`device`]: one cell as a file describes it: window, spreads of a chip, write noise and scheme, drift, reading, reference
//!   branch, levels, faults, converters, energy, provenance;
//! - [`ConductanceWindow`]: the conductances that a cell can have;
//! - [`PairMapping`], [`PairKind`], [`Controller`]: weights to pairs of conductances and back, how the cells of a pair share
//!   the writing, and what the controller takes the weights to be;
//! - [`FaultMap`], [`ConductanceMap`]: the stuck cells of an array, drawn or measured, and its measured conductances;
//! - [`CrossbarArray`]: rows x columns of pairs, and [`CrossbarArray::update`]: targets, writes by the scheme of the device,
//!   effective weights, strip by strip; [`CrossbarArray::rest`] and [`CrossbarArray::pass`] let time go by;
//! - [`WriteReport`], [`Ledger`], [`Endurance`]: what updates did, in counts, what they and the reads cost, and how often
//!   cells were written;
//! - [`ColumnRead`], [`AnalogRead`]: column currents with read noise, for spikes and for analog inputs;
//! - [`ArrayConverters`]: column sums as the converters of each tile report them;
//! - [`ArrayState`]: what updates, reads and time have changed, to go on from later with the same bits;
//! - [`spread`]: any spread in every unit in which people state it.
//!
//! | quantity | unit |
//! |---|---|
//! | conductance, its conductance above the floor of the window, its standard deviation | µS |
//! | resistance, in device files only | ohm |
//! | weight, step, full scale, update sigma | units of weight |
//! | κ | units of weight per µS |
//! | column current | units of weight; / κ x read voltage: µA |
//! | voltage, time, energy | V, s, µJ |
//! | sigma of ln R, which is sigma of ln G | 1 |
//!
//! What it deliberately does not do: networks and gradients, files (it takes text), clocks and threads, printing. Not
//! yet: the resistance of wires.
//!
//! ```
//! use ohmspike_crossbar::{ArrayParams, ColumnRead, CrossbarArray, Branch, device::Device};
//! use ohmspike_simd::Matrix;
//! use ohmspike_rng::Seed;
//!
//! let device = Device::built_in("illustrative-oxide").ok_or("not built in")?;
//! let branches = [Branch::Plus, Branch::Minus];
//! let params = ArrayParams::new(1.0, &branches);
//! let first = Matrix::from_fn(2, 100, |row, _| if row == 0 { 0.2 } else { -0.1 });
//! let mut array = CrossbarArray::new(&device, params, &first, Seed::new(1).named("chip"))?;
//!
//! let step = Matrix::from_fn(2, 100, |_, _| 0.05);
//! let report = array.update(&step, Seed::new(1).named("write").numbered(0))?;
//! assert_eq!((report.cells_written, report.wrong_sign_rate()), (200, 0.0));
//! assert!((array.weights()[(1, 7)] + 0.05).abs() < 0.01);
//!
//! let mut read = ColumnRead::new(100);
//! read.sample(&array, &[0, 1], &mut Seed::new(1).named("read").normals());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod analog_read;
mod array;
mod array_error;
mod array_params;
mod assemble;
mod branch;
mod branch_cells;
mod cells;
mod chip;
mod clipping;
mod codes;
mod converters;
pub mod device;
mod digitise;
mod effective;
mod fault_map;
mod ledger;
mod map_csv;
mod map_error;
mod map_unit;
mod mapping;
mod nan_check;
mod pair;
mod printable;
mod program;
mod pulsed;
mod read;
mod read_conductance;
mod read_spread;
mod report;
mod rtn;
mod rtn_state;
pub mod spread;
mod state;
mod usage;
mod verified;
mod window;

pub use analog_read::AnalogRead;
pub use array::CrossbarArray;
pub use array_error::ArrayError;
pub use array_params::ArrayParams;
pub use branch::Branch;
pub use clipping::{WriteClip, write_clip};
pub use codes::CodeCounts;
pub use converters::ArrayConverters;
pub use fault_map::{FaultMap, Stuck};
pub use ledger::{Endurance, EnergyUse, Ledger};
pub use map_csv::ConductanceMap;
pub use map_error::MapError;
pub use map_unit::Fit;
pub use mapping::{MappingError, PairMapping};
pub use pair::{Controller, PairKind};
pub use read::{ColumnRead, read_cell};
pub use report::WriteReport;
pub use rtn_state::TelegraphState;
pub use state::{ArrayState, WrongState};
pub use window::{ConductanceWindow, WindowSpec};

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
