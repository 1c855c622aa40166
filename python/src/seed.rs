//! Seeds of random draws.

use ohmspike::rng::Seed as Stream;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use pyo3::{Borrowed, IntoPyObjectExt};

use crate::values::Whole;

/// Seed of random draws: a key and a path of names and numbers.
///
/// Every draw of Ohmspike comes from a stream that is named by such a path, so results depend on nothing else. The
/// command line uses paths below `Seed(SEED)`.
#[pyclass(frozen, eq, hash, module = "ohmspike")]
#[derive(Clone, Debug)]
pub struct Seed {
    stream: Stream,
    key: u64,
    path: Vec<Step>,
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Step {
    Name(String),
    Number(u64),
}

impl PartialEq for Seed {
    fn eq(&self, other: &Seed) -> bool {
        (self.key, &self.path) == (other.key, &other.path)
    }
}

impl std::hash::Hash for Seed {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.key, &self.path).hash(state);
    }
}

#[pymethods]
impl Seed {
    /// Create the seed with this key, 0 to 2^64 - 1, or the one below it that `path` names: names and numbers.
    #[new]
    #[pyo3(signature = (key, *path), text_signature = "(key, *path)")]
    fn new(key: Whole<0, { u64::MAX }>, path: &Bound<'_, PyTuple>) -> PyResult<Seed> {
        let mut seed = Seed { stream: Stream::new(key.0), key: key.0, path: Vec::new() };
        for step in path {
            let number: PyResult<Whole<0, { u64::MAX }>> = step.extract();
            seed = match (step.extract::<String>(), number) {
                (Ok(name), _) => seed.named(&name),
                (_, Ok(number)) => seed.numbered(number),
                _ => {
                    let (kind, shown) = (step.get_type().name()?, step.repr()?);
                    return Err(PyTypeError::new_err(format!(
                        "path: expected names and numbers from 0 to 2^64 - 1, got {kind} {shown}"
                    )));
                }
            };
        }
        Ok(seed)
    }

    /// Return the seed called `name` below this one.
    fn named(&self, name: &str) -> Seed {
        self.below(self.stream.named(name), Step::Name(name.to_owned()))
    }

    /// Return the seed with this number below this one.
    fn numbered(&self, number: Whole<0, { u64::MAX }>) -> Seed {
        self.below(self.stream.numbered(number.0), Step::Number(number.0))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Seed>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let (py, seed) = (slf.py(), slf.get());
        let mut arguments = vec![seed.key.into_bound_py_any(py)?];
        for step in &seed.path {
            arguments.push(match step {
                Step::Name(name) => name.into_bound_py_any(py)?,
                Step::Number(number) => number.into_bound_py_any(py)?,
            });
        }
        Ok((slf.get_type().into_any(), PyTuple::new(py, arguments)?))
    }

    fn __repr__(&self) -> String {
        let step = |step: &Step| match step {
            Step::Name(name) => format!(".named({name:?})"),
            Step::Number(number) => format!(".numbered({number})"),
        };
        format!("Seed({}){}", self.key, self.path.iter().map(step).collect::<String>())
    }
}

impl Seed {
    fn below(&self, stream: Stream, step: Step) -> Seed {
        let mut path = self.path.clone();
        path.push(step);
        Seed { stream, key: self.key, path }
    }
}

/// A key, or a seed with a path.
#[derive(Clone, Debug)]
pub struct SeedLike(Stream);

impl SeedLike {
    /// The seed with this key.
    pub fn key(key: u64) -> SeedLike {
        SeedLike(Stream::new(key))
    }

    /// Returns the seed of the streams.
    pub fn stream(&self) -> Stream {
        self.0
    }
}

impl<'py> FromPyObject<'_, 'py> for SeedLike {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<SeedLike> {
        if let Ok(seed) = given.cast::<Seed>() {
            return Ok(SeedLike(seed.get().stream));
        }
        let key: PyResult<Whole<0, { u64::MAX }>> = given.extract();
        key.map(|key| SeedLike::key(key.0))
    }
}
