//! Arrays of conductance pairs.

use numpy::{PyArray2, PyArray3};
use ohmspike::crossbar::device::{Device as CheckedDevice, WriteNoise};
use ohmspike::crossbar::{ArrayParams, ArrayState, Branch, Controller, CrossbarArray, PairKind};
use ohmspike::rng::Seed as Stream;
use ohmspike::simd::{Matrix, numbers};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::arrays::{as_type, from_matrix, matrix, plus_and_minus, real_array};
use crate::device::{Device, DeviceLike, check_memory, check_seconds};
use crate::errors::{refused, warn};
use crate::reader::Reader;
use crate::seed::SeedLike;
use crate::values::{Whole, to_python};
use crate::write_report::WriteReport;

/// Version of the states that `Crossbar.state` returns.
const STATE_VERSION: u32 = 2;
/// Largest number of rows and of columns.
const MOST_LINES: u64 = 65_536;
/// Memory of a pair of cells while it is built and updated, bytes: weights, conductances of both branches, and their copies.
const BYTES_PER_PAIR: u64 = 64;
/// Largest weight, as a fraction of `weight_at_gmax`, that uses so little of the window that it is probably unintended.
const LITTLE: f32 = 0.1;

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
/// - `controller`: "read-back" or "digital-copy";
/// - `update_sigma`: standard deviation of a write in units of weight, for devices with write noise "from-study";
/// - `write_spread_scale`: factor on the write noise of the device.
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
    array: ArrayState,
}

/// Parses a word of a study or device file, such as `push-pull`.
pub fn word<T: DeserializeOwned>(key: &str, given: &str) -> PyResult<T> {
    serde_json::from_value(given.into()).map_err(|error| refused(format!("{key}: {error}")))
}

/// Reads the signs of the rows; none for rows of either sign.
fn branches(signs: Option<&Bound<'_, PyAny>>, rows: usize) -> PyResult<Option<Vec<Branch>>> {
    let Some(given) = signs else { return Ok(None) };
    let array = real_array(given, "signs")?;
    let numbers: Vec<f64> = as_type(&array, "float64")?.call_method0("ravel")?.extract()?;
    if numbers.len() != rows {
        return Err(PyValueError::new_err(format!("signs: expected one per row ({rows}), got {}", numbers.len())));
    }
    let branch = |(row, &sign): (usize, &f64)| match sign {
        1.0 => Ok(Branch::Plus),
        -1.0 => Ok(Branch::Minus),
        _ => Err(PyValueError::new_err(format!("signs: expected +1 or -1, got {sign} in row {row}"))),
    };
    numbers.iter().enumerate().map(branch).collect::<PyResult<_>>().map(Some)
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
        rows: Whole<1, MOST_LINES>,
        columns: Whole<1, MOST_LINES>,
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
            array,
            device,
            branches,
            weight_at_gmax,
            seed,
            writes: 0,
            reads: 0,
        };
        if initial.is_some() {
            crossbar.warn_of_misfits(py, "initial", &weights)?;
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
        py.detach(|| {
            self.reader.count(&mut self.array);
            self.array.update(&step, seed)
        })
        .map(WriteReport::from)
        .map_err(|error| named("step", &error))
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
        self.warn_of_misfits(py, "weights", &weights)?;
        let seed = self.next_write(seed);
        py.detach(|| {
            self.reader.count(&mut self.array);
            self.array.program(&weights, passes.0 as u32, seed)
        })
        .map(WriteReport::from)
        .map_err(|error| named("weights", &error))
    }

    /// Read every column with read noise, and return the column sums in units of weight.
    ///
    /// `inputs` are spikes (booleans, or integers 0 and 1) or analog inputs (floats from 0 to 1, in units of the read
    /// voltage). One step has one input per row and returns one sum per column. A batch, samples x rows, returns
    /// samples x columns; sample `k` equals a single read with the seed `seed.numbered(k)`. Spikes are read with random
    /// telegraph noise, analog inputs with the I-V curve of every cell.
    #[pyo3(signature = (inputs, seed=None))]
    fn read<'py>(
        &mut self,
        py: Python<'py>,
        inputs: &Bound<'py, PyAny>,
        seed: Option<SeedLike>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let seed = match seed {
            Some(seed) => seed.stream(),
            None => {
                self.reads += 1;
                self.seed.named("read").numbered(self.reads - 1)
            }
        };
        self.reader.read(py, &self.array, inputs, seed)
    }

    /// Set the full scale of converters that calibrate to the largest column sum of a tile over the spikes of a batch.
    fn calibrate(&mut self, py: Python<'_>, spikes: &Bound<'_, PyAny>) -> PyResult<()> {
        let largest = self.reader.largest(py, &self.array, spikes)?;
        match self.array.converters_mut() {
            Some(converters) => converters.calibrate(largest),
            None => warn(py, &format!("calibrate: no effect: `{}` has no converters", self.device.checked.name))?,
        }
        Ok(())
    }

    /// Set the time since the last write to `seconds`: later reads see the drifted conductances. A smaller time goes back.
    ///
    /// All cells have one time since the last write: a `write` also sets it to 0 for cells that it does not change, and warns of that.
    fn rest(&mut self, py: Python<'_>, seconds: f64) -> PyResult<()> {
        check_seconds("seconds", seconds)?;
        py.detach(|| {
            self.reader.count(&mut self.array);
            self.array.rest(seconds);
        });
        Ok(())
    }

    /// Advance random telegraph noise by `seconds`, with draws from `seed`.
    fn advance(&mut self, py: Python<'_>, seconds: f64, seed: SeedLike) -> PyResult<()> {
        check_seconds("seconds", seconds)?;
        let seed = seed.stream();
        py.detach(|| {
            self.reader.count(&mut self.array);
            self.array.pass(seconds, seed);
        });
        Ok(())
    }

    /// Weights as a read without noise sees them, rows x columns. A copy.
    #[getter]
    fn weights<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        from_matrix(py, self.array.weights())
    }

    /// The controller's estimate of the weights, rows x columns: the weights, or its digital copy. A copy.
    #[getter]
    fn gradient_weights<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        from_matrix(py, self.array.gradient_weights())
    }

    /// Conductances G+ and G- of every pair as a read sees them, 2 x rows x columns, µS. A read-only snapshot.
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
        let (writes, reads) = (self.writes, self.reads);
        let state = State { version: STATE_VERSION, made_with, writes, reads, array: self.array.state() };
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
        let (State { made_with, writes, reads, array, .. }, rest) =
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
        (self.writes, self.reads) = (writes, reads);
        Ok(())
    }

    fn __repr__(&self) -> String {
        let (rows, columns) = (self.array.rows(), self.array.columns());
        let (name, largest) = (&self.device.checked.name, self.weight_at_gmax);
        format!("<ohmspike.Crossbar: {rows} x {columns} pairs of {name}, weight_at_gmax {largest}>")
    }
}

impl Crossbar {
    /// Warns about weights that the array cannot hold, or that use little of its window.
    fn warn_of_misfits(&self, py: Python<'_>, what: &str, weights: &Matrix) -> PyResult<()> {
        let (rows, columns, limit) = (weights.rows(), weights.columns(), self.weight_at_gmax);
        let (mut largest, mut beyond, mut unlike) = (0.0_f32, 0, 0);
        for row in 0..rows {
            let sign = self.branches.as_ref().map(|branches| branches[row]);
            for &weight in &numbers(weights.row(row))[..columns] {
                largest = largest.max(weight.abs());
                // A rounding error is no misfit.
                beyond += usize::from(weight.abs() > limit * (1.0 + 1e-6));
                unlike += usize::from(match sign {
                    Some(Branch::Plus) => weight < 0.0,
                    Some(Branch::Minus) => weight > 0.0,
                    None => false,
                });
            }
        }
        let all = rows * columns;
        if beyond > 0 {
            warn(
                py,
                &format!("{what}: {beyond} of {all} are clipped to weight_at_gmax = {limit}; the largest is {largest}"),
            )?;
        } else if largest > 0.0 && largest < LITTLE * limit {
            let hint = "hint: with weight_at_gmax near the largest weight, the spread of writes counts less";
            let text = format!(
                "{what}: the largest is {largest}, {:.1} % of weight_at_gmax = {limit}",
                100.0 * largest / limit
            );
            warn(py, &format!("{text}\n\n{hint}"))?;
        }
        if unlike > 0 {
            warn(py, &format!("{what}: {unlike} of {all} have another sign than their row, which holds 0 instead"))?;
        }
        Ok(())
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

/// Returns the exception for an argument, which the library calls `weights` or `update`.
fn named(argument: &str, error: &impl std::fmt::Display) -> PyErr {
    let text = error.to_string();
    match text.strip_prefix("weights: ").or_else(|| text.strip_prefix("update: ")) {
        Some(rest) => refused(format!("{argument}: {rest}")),
        None => refused(text),
    }
}

/// Refuses a matrix of another size than the array.
fn check_shape(what: &str, given: &Matrix, rows: usize, columns: usize) -> PyResult<()> {
    if (given.rows(), given.columns()) == (rows, columns) {
        return Ok(());
    }
    let message =
        format!("{what}: expected {rows} x {columns} (rows x columns), got {} x {}", given.rows(), given.columns());
    Err(PyValueError::new_err(message))
}

/// Refuses a noise that the device does not take, and warns about a factor on no noise.
fn check_noise(py: Python<'_>, device: &CheckedDevice, update_sigma: f32, write_spread_scale: f32) -> PyResult<()> {
    let name = &device.name;
    if update_sigma != 0.0 && device.write.noise != WriteNoise::FromStudy {
        return Err(refused(format!(
            "update_sigma: expected 0 for `{name}`, which takes no write noise from the study, got {update_sigma}"
        )));
    }
    let has_spread =
        !matches!(device.write.noise, WriteNoise::None | WriteNoise::FromStudy) || device.write.pulses().is_some();
    if write_spread_scale != 1.0 && !has_spread {
        warn(py, &format!("write_spread_scale: no effect: `{name}` has no write spread of its own"))?;
    }
    Ok(())
}
