//! Memristive devices.

use std::fs;
use std::path::{Path, PathBuf};

use ohmspike::crossbar::device::{BUILT_IN, Device as Checked};
use ohmspike::crossbar::spread::{SpreadRow, write_spread};
use ohmspike::datasets::persist;
use ohmspike::report::datasheet::{device_line, device_page};
use ohmspike::report::device_sample::{ClippedWrites, Cycle, Sampling};
use ohmspike::report::export::{self, Column, Values};
use ohmspike::report::figures::device_figure;
use ohmspike::study::device_file::{self, DeviceKeys};
use ohmspike::study::prepare::PrepareError;
use ohmspike::study::prepare::no_device::NoDevice;
use ohmspike::study::sha256::sha256;
use ohmspike::study::study::Override;
use pyo3::Borrowed;
use pyo3::exceptions::{PyMemoryError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use serde_json::Value;

use crate::errors::{cannot_write, refused, warn};
use crate::figure::Figure;
use crate::table::Table;
use crate::values::{Whole, json_to_python, json_to_toml, to_json};

/// A memristive device: the laws of its cells, with the source of every number.
///
/// `Device.load` reads a built-in device or a device file, and `with_` overrides keys. A device never changes, and it does not
/// depend on its file: arrays and studies use what was loaded. If the file is another one by then, they use a copy in
/// `results/devices`.
#[pyclass(frozen, module = "ohmspike")]
#[derive(Clone, Debug)]
pub struct Device {
    pub(crate) checked: Checked,
    /// Name or path that it was loaded from, if there is one. What is there now may differ.
    source: Option<String>,
    /// Name for errors, and JSON before the keys.
    place: String,
    text: String,
    keys: DeviceKeys,
    /// JSON with the keys.
    json: Value,
}

impl Device {
    /// Checks the JSON `text` from `place` with `keys`.
    pub(crate) fn new(source: Option<String>, place: &str, text: &str, keys: DeviceKeys) -> PyResult<Device> {
        let (checked, json) = device_file::apply(place, text, &keys).map_err(refused)?;
        Ok(Device { checked, source, place: place.to_owned(), text: text.to_owned(), keys, json })
    }

    /// Returns the overrides that make a study use this device.
    ///
    /// # Errors
    /// As [`Device::loadable`].
    pub(crate) fn overrides(&self) -> PyResult<Vec<Override>> {
        let (name, keys) = self.loadable()?;
        let mut overrides = vec![Override::new("hardware.device", name)];
        for (key, value) in keys {
            let key = format!("device.{key}");
            overrides.push(Override::new(&key, json_to_toml(value.clone(), &key)?));
        }
        Ok(overrides)
    }

    /// Returns the name or path that a study can load, and the keys that it then overrides. A device that is in no file, such as a
    /// fitted one, and one whose file has changed, is saved below `results/devices`, under a name that contains a hash of its
    /// content. So is one with keys that a study cannot override as a whole.
    ///
    /// # Errors
    /// Returns an exception if that file cannot be written.
    pub(crate) fn loadable(&self) -> PyResult<(String, DeviceKeys)> {
        // To a study, a list is an axis, and a section is several keys.
        let are_values = !self.keys.values().any(|value| value.is_array() || value.is_object());
        match &self.source {
            Some(name) if are_values && self.is_still_in(name) => Ok((name.clone(), self.keys.clone())),
            _ => Ok((self.stored()?, DeviceKeys::new())),
        }
    }

    /// Returns whether a study that loads `name` gets this device without its keys.
    fn is_still_in(&self, name: &str) -> bool {
        device_file::read(name, Path::new(".")).is_ok_and(|(_, text)| text == self.text)
    }

    /// Saves the device with all overrides below `results/devices`, and returns the path.
    fn stored(&self) -> PyResult<String> {
        let text = self.file_text()?;
        let folder = std::path::absolute(Path::new("results").join("devices"))?;
        // A name may have letters that file names cannot have.
        let name = self.checked.name.replace(['/', '\\', ':', '*', '?', '"', '<', '>', '|'], "-");
        let path = folder.join(format!("{name}-{}.json", &sha256(text.as_bytes())[..8]));
        if fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
            return Ok(path.display().to_string());
        }
        fs::create_dir_all(&folder).map_err(|error| cannot_write(&folder, &error))?;
        // Processes may save the same device at once.
        persist::write(&path, |file| file.write_all(text.as_bytes())).map_err(|error| cannot_write(&path, &error))?;
        Ok(path.display().to_string())
    }

    /// Returns whether this is a named device with overridden keys, which a list of names cannot hold.
    pub(crate) fn is_overridden(&self) -> bool {
        self.source.is_some() && !self.keys.is_empty()
    }

    /// Returns the content with all overrides, which tells devices apart.
    pub(crate) fn to_text(&self) -> PyResult<String> {
        serde_json::to_string(&self.json).map_err(refused)
    }

    /// Returns the text of a device file with all overrides.
    fn file_text(&self) -> PyResult<String> {
        Ok(serde_json::to_string_pretty(&self.json).map_err(refused)? + "\n")
    }
}

/// A device, or the name or path of one.
#[derive(Debug)]
pub struct DeviceLike(pub Device);

impl<'py> FromPyObject<'_, 'py> for DeviceLike {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<DeviceLike> {
        if let Ok(device) = given.cast::<Device>() {
            return Ok(DeviceLike(device.get().clone()));
        }
        match given.extract::<PathBuf>() {
            Ok(name) => Device::load(name).map(DeviceLike),
            Err(_) => {
                let kind = given.get_type().name()?;
                Err(PyTypeError::new_err(format!("expected a Device, its name or a path, got {kind}")))
            }
        }
    }
}

/// Selects a number of a spread.
type SpreadNumber = fn(&SpreadRow) -> f64;

/// Returns the keys and values of a mapping, which errors call `what`.
///
/// # Errors
/// Returns a `TypeError` for anything else.
pub fn items<'py>(given: &Bound<'py, PyAny>, what: &str) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
    let wrong = || {
        let kind = given.get_type().name().map_or_else(|_| String::new(), |name| name.to_string());
        PyTypeError::new_err(format!("{what}: expected a dictionary of keys and values, got {kind}"))
    };
    if !given.hasattr("items")? {
        return Err(wrong());
    }
    given.call_method0("items")?.try_iter()?.map(|item| item?.extract().map_err(|_| wrong())).collect()
}

/// Reads overrides: a mapping of keys with dots, and keywords with two underscores in place of a dot.
fn device_keys(keys: Option<&Bound<'_, PyAny>>, keywords: Option<&Bound<'_, PyDict>>) -> PyResult<DeviceKeys> {
    let mut all = DeviceKeys::new();
    for (key, value) in keys.map(|given| items(given, "keys")).transpose()?.unwrap_or_default() {
        // Studies have the same keys below `device`.
        let key = key.strip_prefix("device.").unwrap_or(&key).to_owned();
        all.insert(key.clone(), to_json(&value, &key)?);
    }
    for (key, value) in keywords.map(|given| items(given.as_any(), "keywords")).transpose()?.unwrap_or_default() {
        let key = key.replace("__", ".");
        all.insert(key.clone(), to_json(&value, &key)?);
    }
    Ok(all)
}

#[pymethods]
impl Device {
    /// Load a built-in device by its name, or a device file (JSON) by its path.
    #[staticmethod]
    fn load(name: PathBuf) -> PyResult<Device> {
        let name = name.to_string_lossy();
        let (place, text) = device_file::read(&name, Path::new(".")).map_err(|error| match error {
            // The hint of a study is about its key.
            PrepareError::NoDevice(NoDevice { problem, .. }) => {
                let hint = problem.hint_for_file();
                refused(format!("{problem}\n\nhint: {hint}"))
            }
            error => refused(error),
        })?;
        Device::new(Some(name.clone().into_owned()), &place, &text, DeviceKeys::new())
    }

    #[staticmethod]
    fn _restore(source: Option<String>, place: &str, text: &str, keys: &str) -> PyResult<Device> {
        Device::new(source, place, text, serde_json::from_str(keys).map_err(refused)?)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Device>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let device = slf.get();
        let keys = serde_json::to_string(&device.keys).map_err(refused)?;
        let arguments = (device.source.as_deref(), device.place.as_str(), device.text.as_str(), keys);
        Ok((slf.get_type().getattr("_restore")?, arguments.into_pyobject(slf.py())?))
    }

    /// Create a device from JSON text or from a dictionary with the keys of a device file.
    #[staticmethod]
    fn from_json(json: &Bound<'_, PyAny>) -> PyResult<Device> {
        let text = match json.cast::<PyString>() {
            Ok(text) => text.extract::<String>()?,
            Err(_) => to_json(json, "device")?.to_string(),
        };
        Device::new(None, "device", &text, DeviceKeys::new())
    }

    /// Names of the built-in devices.
    #[staticmethod]
    fn built_in() -> Vec<&'static str> {
        BUILT_IN.iter().map(|(name, _)| *name).collect()
    }

    /// Return this device with overridden keys.
    ///
    /// `device.with_({"write.scheme": "add"})` and `device.with_(write__scheme="add")` are the same.
    #[pyo3(signature = (keys=None, /, **keywords))]
    fn with_(&self, keys: Option<&Bound<'_, PyAny>>, keywords: Option<&Bound<'_, PyDict>>) -> PyResult<Device> {
        let mut all = self.keys.clone();
        all.extend(device_keys(keys, keywords)?);
        Device::new(self.source.clone(), &self.place, &self.text, all)
    }

    /// Name.
    #[getter]
    fn name(&self) -> &str {
        &self.checked.name
    }

    /// Description and intended use.
    #[getter]
    fn description(&self) -> &str {
        &self.checked.description
    }

    /// Conductance window (Gmin, Gmax), µS.
    #[getter]
    fn window(&self) -> (f32, f32) {
        (self.checked.window.low(), self.checked.window.high())
    }

    /// The device file with all overrides, as a dictionary.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json_to_python(py, &self.json)
    }

    /// Write the device with all overrides to a file, and return it as loaded from there.
    fn save(&self, path: PathBuf) -> PyResult<Device> {
        let text = self.file_text()?;
        fs::write(&path, &text).map_err(|error| cannot_write(&path, &error))?;
        let name = path.display().to_string();
        Device::new(Some(name.clone()), &name, &text, DeviceKeys::new())
    }

    /// Return the datasheet, as `ohmspike device show` prints it.
    fn datasheet(&self) -> String {
        device_page(&self.checked)
    }

    /// Return the standard deviation of one write at `count` conductances over the window, in all common units.
    ///
    /// Columns: conductance_microsiemens, resistance_ohm, sigma_microsiemens, percent_of_conductance, percent_of_window,
    /// sigma_ln_resistance. Empty for a device that takes its write noise from the study.
    #[pyo3(signature = (count=Whole(16)), text_signature = "(self, /, count=16)")]
    fn spreads(&self, count: Whole<1, 1_000_000>) -> Table {
        let count = count.size();
        let (low, high) = (f64::from(self.checked.window.low()), f64::from(self.checked.window.high()));
        let steps = count.saturating_sub(1).max(1) as f64;
        let resistances: Vec<f64> = (0..count).map(|step| 1e6 / (low + (high - low) * step as f64 / steps)).collect();
        let rows = write_spread(&self.checked, &resistances, None);
        let columns: [(&str, SpreadNumber); 6] = [
            ("conductance_microsiemens", |row| row.conductance_microsiemens),
            ("resistance_ohm", |row| row.resistance_ohm),
            ("sigma_microsiemens", |row| row.sigma_microsiemens),
            ("percent_of_conductance", |row| row.percent_of_conductance),
            ("percent_of_window", |row| row.percent_of_window),
            ("sigma_ln_resistance", |row| row.sigma_ln_resistance),
        ];
        let column = |(name, of): (&str, SpreadNumber)| Column {
            name: name.to_owned(),
            values: Values::Number(rows.iter().map(|row| Some(of(row))).collect()),
        };
        export::Table { columns: columns.into_iter().map(column).collect() }.into()
    }

    /// Write and read single cells, as `ohmspike device sample` does, and return one row per cell and cycle.
    ///
    /// Conductances are in µS, times in s. The same seed gives the same numbers as the command line.
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of Python")]
    #[pyo3(signature = (write_microsiemens, count=Whole(1000), seed=Whole(1), *, start_microsiemens=None, cycles=Whole(1),
                        after_seconds=None, reads=Whole(0), read_interval_seconds=0.001, faults=false,
                        study_sigma_microsiemens=None),
           text_signature = "(self, /, write_microsiemens, count=1000, seed=1, *, start_microsiemens=None, cycles=1, \
                             after_seconds=None, reads=0, read_interval_seconds=0.001, faults=False, \
                             study_sigma_microsiemens=None)")]
    fn sample(
        &self,
        py: Python<'_>,
        write_microsiemens: f64,
        count: Whole<1, 10_000_000>,
        seed: Whole<0, { u64::MAX }>,
        start_microsiemens: Option<f64>,
        cycles: Whole<1, 1_000_000>,
        after_seconds: Option<f64>,
        reads: Whole<0, 100_000>,
        read_interval_seconds: f64,
        faults: bool,
        study_sigma_microsiemens: Option<f64>,
    ) -> PyResult<Table> {
        let device = &self.checked;
        let sampling = Sampling {
            target: write_microsiemens,
            from: start_microsiemens.unwrap_or(f64::from(device.window.low())),
            states_start: false,
            count: count.size(),
            cycles: cycles.0 as u32,
            after_seconds,
            reads: reads.0 as u32,
            read_interval_seconds,
            faults,
            study_sigma: study_sigma_microsiemens,
            seed: seed.0,
        };
        for (name, value) in [("after_seconds", after_seconds), ("read_interval_seconds", Some(read_interval_seconds))]
        {
            check_seconds(name, value.unwrap_or(0.0))?;
        }
        let numbers = 5 + reads.0;
        check_memory("sample", count.0.saturating_mul(cycles.0).saturating_mul(numbers).saturating_mul(4))?;
        for warning in sampling.beyond_laws(device) {
            warn(py, &warning.to_string())?;
        }
        let cycles: Vec<Cycle> = py.detach(|| sampling.cycles(device).map(Iterator::collect)).map_err(refused)?;
        let mut writes = ohmspike::crossbar::WriteReport::default();
        cycles.iter().for_each(|cycle| writes += cycle.writes);
        if let Some(clipped) = ClippedWrites::new(device, sampling.target, writes).filter(ClippedWrites::is_many) {
            warn(py, &clipped.to_string())?;
        }
        Ok(sample_table(&sampling, &cycles).into())
    }

    /// Draw the curves of the device, as `ohmspike device plot` does.
    fn plot(&self, py: Python<'_>) -> Figure {
        py.detach(|| device_figure(&self.checked)).into()
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Device>().is_ok_and(|other| other.get().checked == self.checked)
    }

    fn __hash__(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        self.checked.name.hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        let line = device_line(&self.checked).split_whitespace().collect::<Vec<_>>().join(" ");
        let keys: Vec<&str> = self.keys.keys().map(String::as_str).collect();
        let overridden = if keys.is_empty() { String::new() } else { format!("; overridden: {}", keys.join(", ")) };
        format!("<ohmspike.Device: {line}{overridden}>")
    }
}

/// Checks a time of at least 0 s.
///
/// # Errors
/// Returns an exception that names it.
pub fn check_seconds(name: &str, seconds: f64) -> PyResult<()> {
    if seconds.is_finite() && seconds >= 0.0 {
        return Ok(());
    }
    Err(refused(format!("{name}: expected a time of at least 0 s, got {seconds}")))
}

/// Checks that `what` of this many bytes can be allocated: Rust ends the process if it cannot.
///
/// # Errors
/// Returns a `MemoryError` with the size.
pub fn check_memory(what: &str, bytes: u64) -> PyResult<()> {
    let reserved = usize::try_from(bytes).ok().filter(|&bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok());
    reserved.map(|_| ()).ok_or_else(|| {
        PyMemoryError::new_err(format!("{what}: it needs {:.1} GiB of memory", bytes as f64 / f64::from(1 << 30)))
    })
}

/// Returns the cycles as a table with the columns of the CSV output.
fn sample_table(sampling: &Sampling, cycles: &[Cycle]) -> export::Table {
    let whole = |of: &dyn Fn(&Cycle, usize) -> u64| {
        let cells = cycles.iter().flat_map(|cycle| (0..cycle.written.len()).map(move |cell| Some(of(cycle, cell))));
        Values::Whole(cells.collect())
    };
    let number = |of: &dyn Fn(&Cycle, usize) -> f32| {
        let cells =
            cycles.iter().flat_map(|cycle| (0..cycle.written.len()).map(move |cell| Some(f64::from(of(cycle, cell)))));
        Values::Number(cells.collect())
    };
    let mut values = vec![
        whole(&|_, cell| cell as u64 + 1),
        whole(&|cycle, _| u64::from(cycle.number)),
        number(&|cycle, _| cycle.target),
        number(&|cycle, cell| cycle.written[cell]),
    ];
    if sampling.after_seconds.is_some() {
        values.push(number(&|cycle, cell| cycle.after.as_ref().map_or(f32::NAN, |after| after[cell])));
    }
    values.extend((0..sampling.reads as usize).map(|read| number(&|cycle, cell| cycle.reads[read][cell])));
    let named = sampling
        .header()
        .split(',')
        .map(str::to_owned)
        .zip(values)
        .map(|(name, values)| Column { name, values })
        .collect();
    export::Table { columns: named }
}
