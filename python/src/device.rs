//! Memristive devices.

use std::path::{Path, PathBuf};

use ohmspike::crossbar::device::{BUILT_IN, Device as Checked};
use ohmspike::crossbar::spread::{SpreadRow, write_spread};
use ohmspike::report::datasheet::{device_line, device_page};
use ohmspike::report::device_sample::{ClippedWrites, Cycle, Sampling};
use ohmspike::report::export::{self, Column, Values};
use ohmspike::report::figures::device_figure;
use ohmspike::study::device_file::{self, DeviceKeys};
use ohmspike::study::study::Override;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use serde_json::Value;

use crate::errors::{refused, warn};
use crate::figure::Figure;
use crate::table::Table;
use crate::values::{json_to_python, json_to_toml, to_json};

/// A memristive device: the laws of its cells, with the source of every number.
///
/// `Device.load` reads a built-in device or a device file, and `with_` overrides keys. A device never changes.
#[pyclass(frozen, module = "ohmspike")]
#[derive(Clone, Debug)]
pub struct Device {
    pub(crate) checked: Checked,
    /// Name or path that a study can load, if there is one.
    loadable: Option<String>,
    /// Name for errors, and JSON before the keys.
    place: String,
    text: String,
    keys: DeviceKeys,
    /// JSON with the keys.
    json: Value,
}

impl Device {
    /// Checks the JSON `text` from `place` with `keys`.
    pub(crate) fn new(loadable: Option<String>, place: &str, text: &str, keys: DeviceKeys) -> PyResult<Device> {
        let (checked, json) = device_file::apply(place, text, &keys).map_err(refused)?;
        Ok(Device { checked, loadable, place: place.to_owned(), text: text.to_owned(), keys, json })
    }

    /// Returns the overrides that make a study use this device.
    ///
    /// # Errors
    /// Returns an exception for a device that is in no file.
    pub(crate) fn overrides(&self) -> PyResult<Vec<Override>> {
        let mut overrides = vec![Override::new("hardware.device", self.loadable()?)];
        for (key, value) in &self.keys {
            let key = format!("device.{key}");
            overrides.push(Override::new(&key, json_to_toml(value.clone(), &key)?));
        }
        Ok(overrides)
    }

    /// Returns the name or path that a study can load.
    ///
    /// # Errors
    /// Returns an exception for a device that is in no file.
    pub(crate) fn loadable(&self) -> PyResult<&str> {
        self.loadable.as_deref().ok_or_else(|| {
            let name = &self.checked.name;
            refused(format!("device: expected a built-in device or a file, got `{name}`, which is in no file\n\nhint: call `device.save(path)`, and load it with `Device.load(path)`"))
        })
    }

    /// Returns whether keys override the file.
    pub(crate) fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }
}

/// Selects a number of a spread.
type SpreadNumber = fn(&SpreadRow) -> f64;

/// Returns the keys and values of a mapping.
fn items<'py>(given: &Bound<'py, PyAny>) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
    given.call_method0("items")?.try_iter()?.map(|item| item?.extract()).collect()
}

/// Reads overrides: a mapping of keys with dots, and keywords with two underscores in place of a dot.
fn device_keys(keys: Option<&Bound<'_, PyAny>>, keywords: Option<&Bound<'_, PyDict>>) -> PyResult<DeviceKeys> {
    let mut all = DeviceKeys::new();
    for (key, value) in keys.map(items).transpose()?.unwrap_or_default() {
        // Studies have the same keys below `device`.
        let key = key.strip_prefix("device.").unwrap_or(&key).to_owned();
        all.insert(key.clone(), to_json(&value, &key)?);
    }
    for (key, value) in keywords.map(|given| items(given.as_any())).transpose()?.unwrap_or_default() {
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
        let (place, text) = device_file::read(&name, Path::new(".")).map_err(refused)?;
        Device::new(Some(name.clone().into_owned()), &place, &text, DeviceKeys::new())
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
        Device::new(self.loadable.clone(), &self.place, &self.text, all)
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
        let text = serde_json::to_string_pretty(&self.json).map_err(refused)? + "\n";
        std::fs::write(&path, &text)?;
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
    #[pyo3(signature = (count=16))]
    fn spreads(&self, count: usize) -> Table {
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
    #[pyo3(signature = (write_microsiemens, count=1000, seed=1, *, start_microsiemens=None, cycles=1, after_seconds=None,
                        reads=0, read_interval_seconds=0.001, faults=false, study_sigma_microsiemens=None))]
    fn sample(
        &self,
        py: Python<'_>,
        write_microsiemens: f64,
        count: usize,
        seed: u64,
        start_microsiemens: Option<f64>,
        cycles: u32,
        after_seconds: Option<f64>,
        reads: u32,
        read_interval_seconds: f64,
        faults: bool,
        study_sigma_microsiemens: Option<f64>,
    ) -> PyResult<Table> {
        let device = &self.checked;
        let sampling = Sampling {
            target: write_microsiemens,
            from: start_microsiemens.unwrap_or(f64::from(device.window.low())),
            count,
            cycles,
            after_seconds,
            reads,
            read_interval_seconds,
            faults,
            study_sigma: study_sigma_microsiemens,
            seed,
        };
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
        format!("<ohmspike.Device: {}>", device_line(&self.checked).split_whitespace().collect::<Vec<_>>().join(" "))
    }
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
