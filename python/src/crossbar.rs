//! Arrays of conductance pairs.

use numpy::{PyArray2, PyArray3};
use ohmspike::crossbar::device::WriteNoise;
use ohmspike::crossbar::{ArrayParams, ArrayState, Branch, Controller, CrossbarArray, PairKind, WriteReport as Counts};
use ohmspike::rng::Seed as Stream;
use ohmspike::simd::{Matrix, numbers};
use ohmspike::study::warning::law;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::{Deserialize, Serialize};

use crate::arrays::{from_matrix, matrix, plus_and_minus};
use crate::crossbar_arguments::{branches, check_noise, check_shape, named, warn_of_misfits, word};
use crate::device::{Device, DeviceLike, check_memory, check_seconds};
use crate::errors::{refused, warn};
use crate::inputs::Mode;
use crate::reader::Reader;
use crate::seed::SeedLike;
use crate::values::{Whole, shown, to_python};
use crate::write_report::WriteReport;

/// Version of the states that `Crossbar.state` returns.
const STATE_VERSION: u32 = 3;
/// Largest number of rows and of columns.
const MAX_LINES: u64 = 65_536;
/// Memory of a pair of cells while it is built and updated, bytes: weights, conductances of both branches, and their copies.
const BYTES_PER_PAIR: u64 = 64;

/// What a read without a calibration is told, after the keys.
const NOT_CALIBRATED: &str = " = `calibrated`: expected a calibration after the cells were programmed, got none\n\n\
                              hint: call `calibrate(inputs)` with a batch of typical inputs";

/// An array of rows x columns of conductance pairs on one chip.
///
/// A pair holds the weight (G+ - G-) / (Gmax - Gmin) * weight_at_gmax. Without `signs`, pairs hold weights of either sign;
/// with one sign (+1 or -1) per row, all weights of a row have its sign, and one branch of each pair is a reference. All
/// weights start at 0, or at `initial`, which is written without noise.
///
/// - `device`: a device, its name or its file;
/// - `rows`, `columns`: inputs and outputs, 1 to 65,536 each;
/// - `seed`: seed of all draws; arrays of the same seed and size are the same chip;
/// - `chip`: seed of everything that is drawn once per chip, in place of that below `seed`;
/// - `weight_at_gmax`: weight of a pair with a fully-on and a fully-off cell. Choose the largest weight: smaller weights use
///   part of the window, with a larger relative spread, and larger ones are clipped;
/// - `signs`: +1 or -1 per row; without it, pairs hold weights of either sign;
/// - `initial`: weights, rows x columns;
/// - `pair`: "one-branch", "push-pull" or "potentiation-only";
/// - `controller`: what a step is added to: "read-back", the weights in the cells, or "digital-copy", digital weights next to the
///   array, to which the cells are written;
/// - `update_sigma`: standard deviation of a write in units of weight, for devices with write noise "from-study";
/// - `write_spread_scale`: factor on the write noise of the device; 1 with an `update_sigma`.
///
/// Draws come from the `seed`: device-to-device variation from `seed.named("chip")`, write `k` from
/// `seed.named("write").numbered(k)`, and read `k` from `seed.named("read").numbered(k)`, unless a call names its own seed.
///
/// An array is used by one thread at a time; calls release the GIL while they compute.
#[pyclass(module = "ohmspike")]
#[derive(Debug)]
pub struct Crossbar {
    array: CrossbarArray,
    device: Device,
    /// Everything that a state must have been made with, by name.
    made_with: Vec<(String, String)>,
    branches: Option<Vec<Branch>>,
    weight_at_gmax: f32,
    seed: Stream,
    reader: Reader,
    /// Whether the cells bound the weights, not the controller.
    clips_cells: bool,
    /// Whether converters and gains that calibrate are calibrated to the cells.
    calibrated: bool,
    /// Writes and reads without a seed of their own.
    writes: u64,
    reads: u64,
}

/// Everything that calls change.
#[derive(Serialize, Deserialize)]
struct State {
    version: u32,
    made_with: Vec<(String, String)>,
    writes: u64,
    reads: u64,
    calibrated: bool,
    array: ArrayState,
}

#[pymethods]
impl Crossbar {
    /// Build the array; see the arguments above.
    #[new]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of Python")]
    #[pyo3(signature = (device, rows, columns, seed=SeedLike::key(1), *, chip=None, weight_at_gmax=1.0, signs=None, initial=None,
                        pair="one-branch", controller="read-back", update_sigma=0.0, write_spread_scale=1.0),
           text_signature = "(device, rows, columns, seed=1, *, chip=None, weight_at_gmax=1.0, signs=None, initial=None, \
                             pair='one-branch', controller='read-back', update_sigma=0.0, write_spread_scale=1.0)")]
    fn new(
        py: Python<'_>,
        device: DeviceLike,
        rows: Whole<1, MAX_LINES>,
        columns: Whole<1, MAX_LINES>,
        seed: SeedLike,
        chip: Option<SeedLike>,
        weight_at_gmax: f32,
        signs: Option<&Bound<'_, PyAny>>,
        initial: Option<&Bound<'_, PyAny>>,
        pair: &str,
        controller: &str,
        update_sigma: f32,
        write_spread_scale: f32,
    ) -> PyResult<Crossbar> {
        let (DeviceLike(device), seed) = (device, seed.stream());
        check_memory(&format!("array of {} x {}", rows.0, columns.0), rows.0 * columns.0 * BYTES_PER_PAIR)?;
        let (rows, columns) = (rows.size(), columns.size());
        let chip = chip.map_or(seed.named("chip"), |chip| chip.stream());
        let branches = branches(signs, rows)?;
        let made_with = [
            ("device", device.to_text()?),
            ("weight_at_gmax", weight_at_gmax.to_string()),
            ("pair", pair.to_owned()),
            ("controller", controller.to_owned()),
            ("update_sigma", update_sigma.to_string()),
            ("write_spread_scale", write_spread_scale.to_string()),
            (
                "signs",
                branches.iter().flatten().map(|branch| if *branch == Branch::Plus { '+' } else { '-' }).collect(),
            ),
        ];
        let (pair, controller): (PairKind, Controller) = (word("pair", pair)?, word("controller", controller)?);
        let weights = match initial {
            Some(given) => {
                let weights = matrix(given, "initial")?;
                check_shape("initial", &weights, rows, columns)?;
                weights
            }
            None => Matrix::zeros(rows, columns),
        };
        let either = vec![Branch::Plus; if branches.is_none() { rows } else { 0 }];
        let params = ArrayParams {
            either_sign: branches.is_none(),
            update_sigma,
            write_spread_scale,
            pair,
            controller,
            ..ArrayParams::new(weight_at_gmax, branches.as_deref().unwrap_or(&either))
        };
        check_noise(py, &device.checked, update_sigma, write_spread_scale)?;
        let array = py.detach(|| CrossbarArray::new(&device.checked, params, &weights, chip));
        let array = array.map_err(|error| named("initial", &error))?;
        if device.checked.write.noise == WriteNoise::FromStudy && update_sigma == 0.0 {
            let name = &device.checked.name;
            warn(
                py,
                &format!("update_sigma: 0, so writes have no noise: `{name}` takes its write noise from the study"),
            )?;
        }
        let crossbar = Crossbar {
            made_with: made_with.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            reader: Reader::new(&array),
            calibrated: false,
            clips_cells: (pair, controller) == (PairKind::OneBranch, Controller::ReadBack) && branches.is_some(),
            array,
            device,
            branches,
            weight_at_gmax,
            seed,
            writes: 0,
            reads: 0,
        };
        if initial.is_some() {
            warn_of_misfits(py, "initial", &weights, weight_at_gmax, crossbar.branches.as_deref())?;
        }
        Ok(crossbar)
    }

    /// Number of rows, the inputs.
    #[getter]
    fn rows(&self) -> usize {
        self.array.rows()
    }

    /// Number of columns, the outputs.
    #[getter]
    fn columns(&self) -> usize {
        self.array.columns()
    }

    /// The device.
    #[getter]
    fn device(&self) -> Device {
        self.device.clone()
    }

    /// Weight of a pair with a fully-on and a fully-off cell.
    #[getter]
    fn weight_at_gmax(&self) -> f32 {
        self.weight_at_gmax
    }

    /// Add `step` (weight, rows x columns) to the weights through the write model of the device.
    #[pyo3(signature = (step, seed=None))]
    fn write(&mut self, py: Python<'_>, step: &Bound<'_, PyAny>, seed: Option<SeedLike>) -> PyResult<WriteReport> {
        let step = matrix(step, "step")?;
        check_shape("step", &step, self.array.rows(), self.array.columns())?;
        self.end_rest(py)?;
        let seed = self.next_write(seed);
        let written = py.detach(|| {
            self.reader.count(&mut self.array);
            let beyond = self.beyond(&step);
            self.array.update(&step, seed).map(|report| Counts { clipped_high: report.clipped_high + beyond, ..report })
        });
        written.map(WriteReport::from).map_err(|error| named("step", &error))
    }

    /// Erase all cells and program `weights` (rows x columns), with `passes` writes of every cell towards its target.
    ///
    /// Warns about weights that do not fit: beyond `weight_at_gmax`, in a small part of the window, or of another sign than
    /// their row.
    #[pyo3(signature = (weights, passes=Whole(1), seed=None), text_signature = "(self, /, weights, passes=1, seed=None)")]
    fn program(
        &mut self,
        py: Python<'_>,
        weights: &Bound<'_, PyAny>,
        passes: Whole<1, 1000>,
        seed: Option<SeedLike>,
    ) -> PyResult<WriteReport> {
        let weights = matrix(weights, "weights")?;
        check_shape("weights", &weights, self.array.rows(), self.array.columns())?;
        warn_of_misfits(py, "weights", &weights, self.weight_at_gmax, self.branches.as_deref())?;
        let seed = self.next_write(seed);
        let written = py.detach(|| {
            self.reader.count(&mut self.array);
            self.array.program(&weights, passes.0 as u32, seed)
        });
        let report = written.map_err(|error| named("weights", &error))?;
        self.calibrated = false;
        Ok(report.into())
    }

    /// Read every column with read noise, and return the column sums in units of weight.
    ///
    /// `inputs` are spikes (booleans, or numbers that are all 0 or 1) or analog inputs (floats from 0 to 1, in units of the read
    /// voltage); `mode`, "spikes" or "analog", decides in place of the values of the call. One step has one input per row and
    /// returns one sum per column. A batch, samples x rows, returns samples x columns; sample `k` equals a single read with the
    /// seed `seed.numbered(k)`. Spikes are read with random telegraph noise, analog inputs with the I-V curve of every cell.
    ///
    /// Converters with a calibrated range, and a calibrated gain of the columns, need a `calibrate` after `program`.
    #[pyo3(signature = (inputs, seed=None, *, mode=None))]
    fn read<'py>(
        &mut self,
        py: Python<'py>,
        inputs: &Bound<'py, PyAny>,
        seed: Option<SeedLike>,
        mode: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mode = Mode::new(mode)?;
        if self.is_calibrated() == Some(false) {
            return Err(refused(self.calibrated_parts().join(" and ") + NOT_CALIBRATED));
        }
        let seed = match seed {
            Some(seed) => seed.stream(),
            None => {
                self.reads += 1;
                self.seed.named("read").numbered(self.reads - 1)
            }
        };
        self.reader.read(py, &self.array, inputs, mode, seed)
    }

    /// Calibrate the read path on a batch of typical `inputs`, as for `read`: the full scale of converters with a calibrated range
    /// becomes the largest column sum of a tile, and a calibrated gain of the columns makes up for the mean loss in the wires.
    ///
    /// Call it after `program`, and again when writes have changed the weights much: studies calibrate before every epoch.
    #[pyo3(signature = (inputs, *, mode=None))]
    fn calibrate(&mut self, py: Python<'_>, inputs: &Bound<'_, PyAny>, mode: Option<&str>) -> PyResult<()> {
        let calibrates = !self.calibrated_parts().is_empty();
        self.reader.calibrate(py, &mut self.array, inputs, Mode::new(mode)?, calibrates)?;
        if !calibrates {
            let has_fixed = self.array.converters().is_some_and(|converters| converters.has_column_converters());
            let what = if has_fixed { "only converters with a fixed range" } else { "no converters to calibrate" };
            return warn(py, &format!("calibrate: no effect: `{}` has {what}", self.device.checked.name));
        }
        self.calibrated = true;
        Ok(())
    }

    /// Whether the read path is calibrated to the programmed cells; None if nothing in it needs a calibration.
    #[getter]
    fn is_calibrated(&self) -> Option<bool> {
        (!self.calibrated_parts().is_empty()).then_some(self.calibrated)
    }

    /// Set the time since the last write to `seconds`: later reads see the drifted conductances. A smaller time goes back.
    ///
    /// All cells have one time since the last write: a `write` also sets it to 0 for cells that it does not change, and warns of that.
    fn rest(&mut self, py: Python<'_>, seconds: f64) -> PyResult<()> {
        check_seconds("seconds", seconds)?;
        let device = &self.device.checked;
        if device.drift.is_off() && seconds > 0.0 {
            warn(py, &format!("rest: no effect: `{}` has no drift", device.name))?;
        }
        if let Some(beyond) = law::time("seconds", device, seconds) {
            warn(py, &beyond.to_string())?;
        }
        py.detach(|| {
            self.reader.count(&mut self.array);
            self.array.rest(seconds);
        });
        Ok(())
    }

    /// Advance random telegraph noise by `seconds`, with draws from `seed`.
    fn advance(&mut self, py: Python<'_>, seconds: f64, seed: SeedLike) -> PyResult<()> {
        check_seconds("seconds", seconds)?;
        if !self.array.has_rtn() {
            warn(py, &format!("advance: no effect: `{}` has no random telegraph noise", self.device.checked.name))?;
        }
        let seed = seed.stream();
        py.detach(|| {
            self.reader.count(&mut self.array);
            self.array.pass(seconds, seed);
        });
        Ok(())
    }

    /// Weights of the pairs at the read voltage, without noise, rows x columns: with drift and the gains of row drivers, and without
    /// wires. A copy.
    #[getter]
    fn weights<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        from_matrix(py, self.array.weights())
    }

    /// The controller's estimate of the weights, rows x columns: the weights, or its digital copy. A copy.
    #[getter]
    fn gradient_weights<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        from_matrix(py, self.array.gradient_weights())
    }

    /// Conductances G+ and G- of every pair at the read voltage, 2 x rows x columns, µS: with drift, and without noise and wires. A
    /// read-only snapshot.
    #[getter]
    fn conductance<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray3<f32>>> {
        let array = &self.array;
        plus_and_minus(py, array.rows(), array.columns(), |row, column| array.plus_and_minus(row, column))
    }

    /// Variance of one read of every weight, rows x columns, weight²; None without read noise.
    #[getter]
    fn read_variance<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyArray2<f32>>>> {
        self.array.read_variance().map(|variance| from_matrix(py, variance)).transpose()
    }

    /// Use of the cells so far: counts of pulses, reads and conversions, energy in µJ, and pulses per cell.
    #[getter]
    fn usage<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.reader.count(&mut self.array);
        let ledger = self.array.ledger();
        let energy = ledger.energy(&self.device.checked);
        to_python(py, &serde_json::json!({ "counts": ledger, "energy": energy, "endurance": self.array.endurance() }))
    }

    /// Return everything that calls have changed, as bytes. `restore` continues bit for bit.
    fn state<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.reader.count(&mut self.array);
        let made_with = self.made_with.clone();
        let (writes, reads, calibrated) = (self.writes, self.reads, self.calibrated);
        let state = State { version: STATE_VERSION, made_with, writes, reads, calibrated, array: self.array.state() };
        Ok(PyBytes::new(py, &postcard::to_stdvec(&state).map_err(refused)?))
    }

    /// Restore the `state` of an array that was built with the same arguments. Others are refused by name, except for seeds: the
    /// state of another seed belongs to another chip, which cannot be told.
    fn restore(&mut self, state: &[u8]) -> PyResult<()> {
        let damaged = |_| refused("state: expected bytes of `Crossbar.state`, got others");
        // The version comes first, so that a state of another version is not taken for a damaged one.
        let (version, _) = postcard::take_from_bytes::<u32>(state).map_err(damaged)?;
        if version != STATE_VERSION {
            return Err(refused(format!("state: expected version {STATE_VERSION}, got {version}")));
        }
        let (State { made_with, writes, reads, calibrated, array, .. }, rest) =
            postcard::take_from_bytes(state).map_err(damaged)?;
        if !rest.is_empty() {
            return Err(refused(format!("state: expected bytes of `Crossbar.state`, got {} more", rest.len())));
        }
        if self.made_with.len() != made_with.len() {
            return Err(refused("state: expected bytes of `Crossbar.state`, got others"));
        }
        let unlike = self.made_with.iter().zip(&made_with).find(|(own, given)| own != given);
        if let Some(((name, own), (_, given))) = unlike {
            let told = if ["device", "signs"].contains(&name.as_str()) {
                String::new()
            } else {
                format!(" {own}, got {given}")
            };
            return Err(refused(format!("state: expected that of an array with the same {name}{told}")));
        }
        self.array.restore(array).map_err(refused)?;
        self.reader.forget();
        (self.writes, self.reads, self.calibrated) = (writes, reads, calibrated);
        Ok(())
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "Crossbar: expected no copy and no pickle of an array\n\n\
             hint: build another one with the same arguments, and pass `array.state()` to its `restore`",
        ))
    }

    fn __repr__(&self) -> String {
        let (rows, columns) = (self.array.rows(), self.array.columns());
        let (name, largest) = (&self.device.checked.name, shown(self.weight_at_gmax));
        format!("<ohmspike.Crossbar: {rows} x {columns} pairs of {name}, weight_at_gmax {largest}>")
    }
}

impl Crossbar {
    /// Returns the number of pairs that `step` would take beyond `weight_at_gmax`, where the controller requests that weight instead.
    /// In other arrays, the cells clip what is written.
    fn beyond(&self, step: &Matrix) -> u64 {
        if self.clips_cells {
            return 0;
        }
        let (known, limit) = (self.array.gradient_weights(), self.weight_at_gmax * (1.0 + 1e-6));
        let of_row = |row: usize| {
            let pairs = numbers(known.row(row)).iter().zip(numbers(step.row(row)));
            pairs.filter(|(known, step)| **step != 0.0 && (*known + *step).abs() > limit).count() as u64
        };
        (0..step.rows()).map(of_row).sum()
    }

    /// Returns what of the read path takes its numbers from a calibration.
    fn calibrated_parts(&self) -> Vec<&'static str> {
        let has_range = self.array.converters().is_some_and(|converters| converters.is_calibrated());
        let parts = [(has_range, "converters.adc.range"), (self.array.has_column_gain(), "wires.column_gain")];
        parts.into_iter().filter(|(has, _)| *has).map(|(_, key)| key).collect()
    }

    /// Warns that a write ends the rest of all cells.
    fn end_rest(&self, py: Python<'_>) -> PyResult<()> {
        let rested = self.array.rested_seconds();
        if rested == 0.0 || self.device.checked.drift.is_off() {
            return Ok(());
        }
        let text = format!(
            "write: cells had rested for {rested} s; a write sets the time since the last write of all cells to 0, so the drift of \
             those that it does not change is gone\n\nhint: call `rest(0)` before `write` if that is meant"
        );
        warn(py, &text)
    }

    fn next_write(&mut self, seed: Option<SeedLike>) -> Stream {
        match seed {
            Some(seed) => seed.stream(),
            None => {
                self.writes += 1;
                self.seed.named("write").numbered(self.writes - 1)
            }
        }
    }
}
