//! A memristive crossbar: arrays of differential pairs whose writes and reads are those of real devices.
//!
//! You ask an array for a change of weights; it answers with what its cells make of it.
//!
//! Parts, in the order in which data meets them:
//! 1. [`device`]: one cell as a device file describes it: window, write noise and scheme, drift, read noise, faults, energy;
//! 2. [`ConductanceWindow`]: the conductances that a cell can have;
//! 3. [`FaultMap`], [`ConductanceMap`]: stuck cells and conductances of a chip, drawn or measured;
//! 4. [`Branch`], [`PairMapping`], [`PairKind`], [`Controller`]: weights to pairs of conductances and back;
//! 5. [`ArrayParams`], [`CrossbarArray`]: the array; [`CrossbarArray::update`] writes, [`CrossbarArray::rest`] and
//!    [`CrossbarArray::pass`] let time go by;
//! 6. [`WriteReport`], [`Ledger`], [`Endurance`]: what updates did and cost;
//! 7. [`ColumnRead`], [`AnalogRead`]: column currents with read noise, for spikes and for analog inputs;
//! 8. [`ArrayConverters`]: column sums as the converters of each tile report them;
//! 9. [`ArrayState`]: what has changed in an array, to continue later with the same bits;
//! 10. [`spread`]: one spread in every unit in which people state it.
//!
//! | quantity | unit |
//! |---|---|
//! | conductance, conductance above the floor of the window, their standard deviations | µS |
//! | resistance, in device files only | ohm |
//! | weight, step, full scale, update sigma | units of weight |
//! | κ (`weight_per_microsiemens`) | units of weight per µS |
//! | column current | units of weight; divided by κ and times the read voltage: µA |
//! | voltage, time, energy | V, s, µJ |
//! | sigma of ln R, which is sigma of ln G | 1 |
//!
//! It deliberately does not know networks or gradients, open files (it takes text), read clocks, start threads or print.
//!
//! Write a noisy array and an ideal one, and read both:
//!
//! ```
//! use ohmspike_crossbar::{ArrayParams, Branch, ColumnRead, CrossbarArray, device::Device};
//! use ohmspike_rng::Seed;
//! use ohmspike_simd::Matrix;
//!
//! let (first, step) = (Matrix::from_fn(2, 3, |_, _| 0.2), Matrix::from_fn(2, 3, |_, _| 0.05));
//! let mut currents = Vec::new();
//! for name in ["ideal", "illustrative-oxide"] {
//!     let device = Device::built_in(name).ok_or("not built in")?;
//!     let params = ArrayParams::new(1.0, &[Branch::Plus; 2]);
//!     let mut array = CrossbarArray::new(&device, params, &first, Seed::new(1).named("chip"))?;
//!     let report = array.update(&step, Seed::new(1).named("write"))?;
//!     assert_eq!(report.cells_written, 6);
//!     let mut read = ColumnRead::new(3);
//!     read.sample(&array, &[0, 1], &mut Seed::new(1).named("read").normals());
//!     currents.push(read.current().to_vec());
//! }
//! assert!((currents[0][0] - 0.5).abs() < 1e-6);
//! assert!(currents[0][0] != currents[1][0] && (currents[1][0] - 0.5).abs() < 0.1);
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
