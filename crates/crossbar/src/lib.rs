//! Memristive crossbars: arrays of differential pairs with realistic writes and reads.
//!
//! You request a weight update; the array applies it with the noise, limits and faults of its cells.
//!
//! Parts, in the order of the data flow:
//! 1. [`device`]: device files: window, write noise and scheme, drift, read noise, faults, energy;
//! 2. [`ConductanceWindow`]: conductance window of a cell;
//! 3. [`FaultMap`], [`ConductanceMap`]: stuck cells and conductances of a chip, drawn or measured;
//! 4. [`Branch`], [`PairMapping`], [`PairKind`], [`Controller`]: mapping of weights to pairs of conductances;
//! 5. [`ArrayParams`], [`CrossbarArray`]: the array; [`CrossbarArray::update`] writes a step, [`CrossbarArray::program`]
//!    given weights; [`CrossbarArray::rest`] applies drift, [`CrossbarArray::pass`] advances random telegraph noise;
//! 6. [`WriteReport`], [`Ledger`], [`Endurance`]: counts, energy and wear of updates and reads;
//! 7. [`ColumnRead`], [`AnalogRead`]: column currents with read noise, for spikes and for analog inputs;
//! 8. [`ArrayConverters`]: digitised column sums of the tiles;
//! 9. [`ArrayState`]: state of an array, to resume bit-identically;
//! 10. [`wires`]: currents of an array whose lines, drivers and sense amplifiers have resistance;
//! 11. [`spread`]: conversion of a standard deviation between all common units.
//!
//! | quantity | unit |
//! |---|---|
//! | conductance, conductance above Gmin, their standard deviations | µS |
//! | resistance, in device files only | ohm |
//! | weight, weight update, weight at Gmax, update sigma | units of weight |
//! | κ (`weight_per_microsiemens`) | units of weight per µS |
//! | column current | units of weight; divided by κ, times the read voltage: µA |
//! | voltage, time, energy | V, s, µJ |
//! | sigma of ln R, equal to sigma of ln G | 1 |
//!
//! The crate has no networks or gradients. It does not open files (it takes text), read clocks, start threads or print.
//!
//! Write a noisy and an ideal array, and read both:
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

mod analog_ladder;
mod analog_read;
mod array;
mod array_error;
mod array_lines;
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
mod driven_lines;
mod effective;
mod fault_map;
mod gated_lines;
mod ledger;
mod lines;
mod map_csv;
mod map_error;
mod map_unit;
mod mapping;
mod nan_check;
mod pair;
mod printable;
mod program;
mod program_weights;
mod pulsed;
mod read;
mod read_conductance;
mod read_spread;
mod report;
mod row_reads;
mod rtn;
mod rtn_state;
pub mod spread;
mod state;
mod usage;
mod verified;
mod window;
pub mod wires;

pub use analog_read::AnalogRead;
pub use array::CrossbarArray;
pub use array_error::ArrayError;
pub use array_params::{ArrayParams, NoisyRows};
pub use branch::Branch;
pub use clipping::{WriteClip, write_clip};
pub use codes::CodeCounts;
pub use converters::ArrayConverters;
pub use driven_lines::HeldError;
pub use fault_map::{FaultMap, Stuck};
pub use gated_lines::{GatedLines, add_gated};
pub use ledger::{Endurance, EnergyUse, Ledger};
pub use map_csv::ConductanceMap;
pub use map_error::MapError;
pub use map_unit::Fit;
pub use mapping::{MappingError, PairMapping};
pub use pair::{Controller, PairKind};
pub use read::{ColumnRead, read_cell};
pub use report::WriteReport;
pub use row_reads::RowReads;
pub use rtn_state::TelegraphState;
pub use state::{ArrayState, WrongState};
pub use window::{ConductanceWindow, WindowSpec};

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
