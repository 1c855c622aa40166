//! Seeds of random draws.

use ohmspike::rng::Seed as Stream;
use pyo3::prelude::*;

/// Seed of random draws: a key and a path of names and numbers.
///
/// Every draw of Ohmspike comes from a stream that is named by such a path, so results depend on nothing else. The
/// command line uses paths below `Seed(SEED)`.
#[pyclass(frozen, module = "ohmspike")]
#[derive(Clone, Debug)]
pub struct Seed {
    pub(crate) stream: Stream,
    path: String,
}

#[pymethods]
impl Seed {
    /// Create the seed with this key, 0 to 2^64 - 1.
    #[new]
    fn new(key: u64) -> Seed {
        Seed { stream: Stream::new(key), path: format!("Seed({key})") }
    }

    /// Return the seed called `name` below this one.
    fn named(&self, name: &str) -> Seed {
        Seed { stream: self.stream.named(name), path: format!("{}.named({name:?})", self.path) }
    }

    /// Return the seed with this number below this one.
    fn numbered(&self, number: u64) -> Seed {
        Seed { stream: self.stream.numbered(number), path: format!("{}.numbered({number})", self.path) }
    }

    fn __repr__(&self) -> &str {
        &self.path
    }
}

/// A key, or a seed with a path.
#[derive(FromPyObject)]
pub enum SeedLike<'py> {
    /// Key.
    Key(u64),
    /// Path.
    Path(Bound<'py, Seed>),
}

impl SeedLike<'_> {
    /// Returns the seed of the streams.
    pub fn stream(&self) -> Stream {
        match self {
            SeedLike::Key(key) => Stream::new(*key),
            SeedLike::Path(seed) => seed.get().stream,
        }
    }
}
