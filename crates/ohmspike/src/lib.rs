//! A memristive crossbar emulator.

pub use ohmspike_analysis as analysis;
pub use ohmspike_crossbar as crossbar;
pub use ohmspike_datasets as datasets;
pub use ohmspike_experiments as experiments;
pub use ohmspike_plot as plot;
pub use ohmspike_report as report;
pub use ohmspike_rng as rng;
pub use ohmspike_simd as simd;
pub use ohmspike_snn as snn;
pub use ohmspike_stats as stats;
pub use ohmspike_study as study;

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
