//! From numbers to spikes: one code a file.

mod latency;
mod poisson;

pub use latency::LatencyCode;
pub use poisson::PoissonCode;
