//! From measured tables to a device.

use std::path::PathBuf;

use ohmspike::datasets::reason;
use ohmspike::fit::{AcceptanceWindow, FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike::report::device_fit::{fit_figure, fit_table};
use ohmspike::study::bounded::{LARGEST_MEASUREMENT, read_named};
use pyo3::Borrowed;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::crossbar_arguments::word;
use crate::device::Device;
use crate::errors::{refused, warn};
use crate::figure::Figure;
use crate::values::Whole;

/// A device fitted to measured tables.
#[pyclass(frozen, module = "ohmspike")]
#[derive(Debug)]
pub struct Fit {
    report: FitReport,
}

#[pymethods]
impl Fit {
    /// The device. Save it with `device.save(path)` to use it on the command line.
    #[getter]
    fn device(&self) -> PyResult<Device> {
        let text = self.report.device_json();
        Device::new(None, &self.report.device.name, &text, Default::default())
    }

    /// Estimates by key of the device file: value, unit, 95 % interval (low, high; high may be inf) or None, and number of values.
    #[getter]
    fn numbers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for number in self.report.mechanisms.iter().flat_map(|fit| &fit.numbers).filter(|number| number.is_stated()) {
            let entry = PyDict::new(py);
            entry.set_item("value", number.value)?;
            entry.set_item("unit", number.unit)?;
            entry.set_item("interval_95", number.interval_95)?;
            entry.set_item("n", number.n)?;
            dict.set_item(&number.key, entry)?;
        }
        Ok(dict)
    }

    /// Mechanisms that the data do not determine, with the reasons.
    #[getter]
    fn withheld<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for withheld in &self.report.withheld {
            dict.set_item(withheld.mechanism.word(), &withheld.reason)?;
        }
        Ok(dict)
    }

    /// Return the fit as text, as `ohmspike device fit` prints it.
    fn summary(&self) -> String {
        fit_table(&self.report)
    }

    /// Draw data and laws.
    fn plot(&self, py: Python<'_>) -> Figure {
        py.detach(|| fit_figure(&self.report)).into()
    }

    fn __repr__(&self) -> String {
        let words: Vec<&str> = self.report.mechanisms.iter().map(|fit| fit.mechanism.word()).collect();
        format!("<ohmspike.Fit: {} with {}>", self.report.device.name, words.join(", "))
    }
}

/// Fit a device to measured tables (CSV), as `ohmspike device fit` does.
///
/// - `writes`, `reads`, `retention`, `pulses`: files of measurements; at least one;
/// - `only`: mechanisms to fit, such as ["writes", "drift"];
/// - `write_law`, `read_law`, `drift_law`, `pulse_law`: laws to use; without one, the fit chooses;
/// - `window`: (Gmin, Gmax), µS; `read_volts`: V; `after_seconds`, `read_interval_seconds`: s;
/// - `acceptance_microsiemens`, `acceptance_percent`: acceptance window of program-and-verify;
/// - `ignore`: columns to leave out, such as ["comment"];
/// - `wide`: the table of writes has one column per target, such as `50_microsiemens`.
#[pyfunction(name = "fit")]
#[expect(clippy::too_many_arguments, reason = "keyword arguments of Python")]
#[pyo3(signature = (writes=None, *, reads=None, retention=None, pulses=None, name="my-device", only=None, write_law=None,
                    read_law=None, drift_law=None, pulse_law=None, window=None, acceptance_microsiemens=None,
                    acceptance_percent=None, read_volts=None, after_seconds=None, read_interval_seconds=None, ignore=None,
                    wide=false, seed=Whole(1)),
       text_signature = "(writes=None, *, reads=None, retention=None, pulses=None, name='my-device', only=None, write_law=None, \
                         read_law=None, drift_law=None, pulse_law=None, window=None, acceptance_microsiemens=None, \
                         acceptance_percent=None, read_volts=None, after_seconds=None, read_interval_seconds=None, \
                         ignore=None, wide=False, seed=1)")]
pub fn fit_device(
    py: Python<'_>,
    writes: Option<PathBuf>,
    reads: Option<PathBuf>,
    retention: Option<PathBuf>,
    pulses: Option<PathBuf>,
    name: &str,
    only: Option<Words>,
    write_law: Option<&str>,
    read_law: Option<&str>,
    drift_law: Option<&str>,
    pulse_law: Option<&str>,
    window: Option<(f64, f64)>,
    acceptance_microsiemens: Option<f64>,
    acceptance_percent: Option<f64>,
    read_volts: Option<f64>,
    after_seconds: Option<f64>,
    read_interval_seconds: Option<f64>,
    ignore: Option<Words>,
    wide: bool,
    seed: Whole<0, { u64::MAX }>,
) -> PyResult<Fit> {
    let acceptance = match (acceptance_microsiemens, acceptance_percent) {
        (Some(_), Some(_)) => {
            return Err(refused(
                "acceptance_percent: expected one acceptance window, got also `acceptance_microsiemens`",
            ));
        }
        (Some(width), None) => Some(AcceptanceWindow::Microsiemens(width)),
        (None, percent) => percent.map(AcceptanceWindow::PercentOfTarget),
    };
    let options = FitOptions {
        name: name.to_owned(),
        only: only.map_or(Vec::new(), |only| only.0).iter().map(|word| mechanism(word)).collect::<PyResult<_>>()?,
        write_law: write_law.map(|law| word("write_law", law)).transpose()?,
        read_law: read_law.map(|law| word("read_law", law)).transpose()?,
        drift_law: drift_law.map(|law| word("drift_law", law)).transpose()?,
        pulse_law: pulse_law.map(|law| word("pulse_law", law)).transpose()?,
        window,
        acceptance,
        read_volts,
        after_seconds,
        read_interval_seconds,
        ignored_columns: ignore.map_or(Vec::new(), |ignore| ignore.0),
        wide,
        seed: seed.0,
        ..FitOptions::default()
    };
    let input =
        FitInput { writes: table(writes)?, reads: table(reads)?, retention: table(retention)?, pulses: table(pulses)? };
    let report = py.detach(|| fit(&input, &options));
    let report = report.map_err(|error| refused(with_own_argument(error.to_string(), acceptance_percent.is_some())))?;
    for caution in report.cautions() {
        warn(py, &caution)?;
    }
    Ok(Fit { report })
}

/// A word, or a list of words.
#[derive(Debug)]
pub struct Words(Vec<String>);

impl<'py> FromPyObject<'_, 'py> for Words {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Words> {
        let one = given.extract::<String>().map(|word| vec![word]);
        one.or_else(|_| given.extract()).map(Words).map_err(|_| {
            let kind = given.get_type().name().map_or_else(|_| String::new(), |name| name.to_string());
            PyTypeError::new_err(format!("expected a word or a list of words, got {kind}"))
        })
    }
}

fn mechanism(word: &str) -> PyResult<Mechanism> {
    Mechanism::from_word(word).ok_or_else(|| {
        let all = Mechanism::ALL.map(Mechanism::word).join(", ");
        refused(format!("only: expected mechanisms of {all}, got `{word}`"))
    })
}

fn table(path: Option<PathBuf>) -> PyResult<Option<InputFile>> {
    let Some(path) = path else { return Ok(None) };
    let name = path.display().to_string();
    let bytes = read_named(&path, LARGEST_MEASUREMENT)
        .map_err(|error| refused(format!("cannot read `{name}`: {}", reason(&error))))?;
    Ok(Some(InputFile { name, bytes }))
}

/// Names the argument where one flag of the command line stands for several, or has another name here.
fn with_own_argument(text: String, in_percent: bool) -> String {
    let text = text.replace("--after", "after_seconds");
    if in_percent { text.replace("--acceptance", "acceptance_percent") } else { text }
}
