//! What is wrong with a sampling run.

use ohmspike_crossbar::ArrayError;
use ohmspike_study::significant::stated_number;

use super::window_ends::window_ends;

/// Largest write noise of a study, µS, far above any conductance.
pub(super) const LARGEST_SIGMA: f64 = 1e9;

/// Largest number of pulses of one write of all cells: about ten seconds on one core.
pub(super) const MAX_PULSES: f64 = 1e9;
/// Largest count of numbers of one cycle: a gigabyte of text.
pub(super) const MAX_NUMBERS: u64 = 50_000_000;

/// Invalid sampling run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// A conductance outside the window.
    #[error(
        "{flag}: expected {} to {} µS, the window of `{device}`, got {} µS",
        window_ends(*low, *high)[0], window_ends(*low, *high)[1], stated_number(*given)
    )]
    Outside {
        /// Flag with the value.
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
    /// Missing write noise for a device with noise `from-study`.
    #[error("--study-sigma-microsiemens: missing for `{device}`, which has write noise `from-study`")]
    NoStudy {
        /// Name of the device.
        device: String,
    },
    /// Write noise for a device with its own write noise.
    #[error("--study-sigma-microsiemens: `{device}` has its own write noise, got {} µS\n\nhint: remove the flag", stated_number(*given))]
    OwnNoise {
        /// Name of the device.
        device: String,
        /// Value, µS.
        given: f64,
    },
    /// Write noise out of range.
    #[error("--study-sigma-microsiemens: expected 0 to {LARGEST_SIGMA:e} µS, got {} µS", stated_number(*given))]
    StudySigma {
        /// Value, µS.
        given: f64,
    },
    /// A write of too many pulses.
    #[error(
        "--target-microsiemens: expected at most {MAX_PULSES:e} pulses, got {all:.2e}: `{device}` needs about {pulses:.0} pulses per cell from {from} \
         to {target} µS, for {count} cells\n\nhint: reduce --count, or move --start-microsiemens closer to the target"
    )]
    Pulses {
        /// Start, µS.
        from: f64,
        /// Target, µS.
        target: f64,
        /// Nominal pulses per cell.
        pulses: f64,
        /// Name of the device.
        device: String,
        /// Pulses of all cells.
        all: f64,
        /// Number of cells.
        count: usize,
    },
    /// Too many numbers in one cycle.
    #[error(
        "--read: expected at most {MAX_NUMBERS} numbers per cycle, got {} ({reads} reads of {count} cells)\n\n\
         hint: reduce --count, or use more cycles with fewer reads", u64::from(*reads) * *count as u64
    )]
    Numbers {
        /// Reads per cycle.
        reads: u32,
        /// Number of cells.
        count: usize,
    },
    /// Invalid array.
    #[error(transparent)]
    Array(#[from] ArrayError),
}
