//! Laws of arrays and devices, one module per mechanism.

mod array_laws;
mod chip;
mod chips_and_faults;
mod drift;
mod driven_lines;
mod either_sign;
mod gated_lines;
mod levels_converters_ledger;
mod mechanisms;
mod noisy_rows;
mod pairs;
mod pulsed;
mod read_noise;
mod refused_arrays;
mod rtn_and_nonlinear;
mod state;
mod verify;
mod wire_approximations;
mod wires;
mod write_noise;
