//! Encodes numbers as spikes, one code per file.

mod latency;
mod poisson;

pub use latency::LatencyCode;
pub use poisson::PoissonCode;
