//! Training of one network.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use numpy::{PyArray1, PyArray2};
use ohmspike::answers::answers_folder::{NoStudyFolder, is_answers};
use ohmspike::snn::connection::Connection;
use ohmspike::snn::hardware::LayerWeights;
use ohmspike::study::network_file::StoredNetwork;
use ohmspike::study::run_study::{Keep, RunOptions, Trained as Network, train_and_keep};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{from_matrix, plus_and_minus};
use crate::errors::refused;
use crate::interruptible::interruptible;
use crate::nir::save_network;
use crate::study::{open_or_default, overrides};
use crate::values::{Threads, Whole, to_python};

/// A trained network with its record.
#[pyclass(frozen, module = "ohmspike")]
#[derive(Debug)]
pub struct Trained {
    network: Network,
    study: String,
}

impl Trained {
    /// Returns the network as a network file holds it.
    pub(crate) fn stored(&self) -> PyResult<StoredNetwork> {
        let none = || self.network.record.failure.clone().unwrap_or_else(|| "nothing was trained".to_owned());
        StoredNetwork::of_trial(&self.network).ok_or_else(|| refused(format!("no weights: {}", none())))
    }

    /// Returns a name for files: study and seed.
    pub(crate) fn file_name(&self) -> String {
        format!("{}-{}.npz", self.study, self.network.record.seed)
    }

    fn layers(&self) -> impl Iterator<Item = (String, &LayerWeights)> {
        let all = self.network.weights.iter().flatten();
        let forward = self.network.settings.connections();
        let forward = forward.iter().filter(|one| !matches!(one, Connection::Recurrent(_))).count();
        all.map(move |(connection, layer)| {
            let name = match connection {
                Connection::Feedforward(layer) => format!("w{layer}"),
                Connection::Recurrent(layer) => format!("r{layer}"),
                Connection::Readout => format!("w{}", forward - 1),
            };
            (name, layer)
        })
    }
}

#[pymethods]
impl Trained {
    /// Mean test accuracy of the last epochs, 0 to 1; None if training diverged.
    #[getter]
    fn outcome(&self) -> Option<f64> {
        self.network.record.outcome
    }

    /// Test accuracy after every epoch, 0 to 1.
    #[getter]
    fn accuracy<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, &self.network.record.accuracy)
    }

    /// Mean training loss of every epoch, nats.
    #[getter]
    fn loss<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, &self.network.record.loss)
    }

    /// Seed of the trial.
    #[getter]
    fn seed(&self) -> u64 {
        self.network.record.seed
    }

    /// The record as a dictionary, as in the files below `records`.
    #[getter]
    fn record<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.network.record)
    }

    /// Trained weights, rows x columns each: "w0", "w1", ... from the input up, "r0", ... for recurrent layers.
    ///
    /// They are effective weights: what a read without noise returns after the last write.
    #[getter]
    fn weights<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (name, layer) in self.layers() {
            let weights: Bound<'py, PyArray2<f32>> = from_matrix(py, layer.store().weights())?;
            dict.set_item(name, weights)?;
        }
        Ok(dict)
    }

    /// Conductances G+ and G- of every pair, 2 x rows x columns each, µS; empty without a device.
    #[getter]
    fn conductances<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (name, layer) in self.layers() {
            if let LayerWeights::Crossbar(cells) = layer {
                let array = &cells.array;
                let pairs = |row, column| array.plus_and_minus(row, column);
                dict.set_item(name, plus_and_minus(py, array.rows(), array.columns(), pairs)?)?;
            }
        }
        Ok(dict)
    }

    /// Save the weights as a network file, which `deploy` takes: npz, csv, or nir for other simulators.
    fn save(&self, path: PathBuf) -> PyResult<()> {
        save_network(&self.stored()?, &path)
    }

    fn __repr__(&self) -> String {
        let outcome =
            self.network.record.outcome.map_or("diverged".to_owned(), |mean| format!("{:.2} %", 100.0 * mean));
        format!("<ohmspike.Trained: {}, seed {}, outcome {outcome}>", self.study, self.network.record.seed)
    }
}

/// Train one network, as `ohmspike train` does.
///
/// `study` is a study file or a results folder; the default study has 100 hidden neurons and digital weights. Ctrl-C stops
/// after the current epoch. With `out`, the trial is recorded there, and the same call resumes it.
#[pyfunction]
#[pyo3(signature = (study=None, *, set=None, seed=None, out=None, threads=None, progress=false))]
pub fn train(
    py: Python<'_>,
    study: Option<PathBuf>,
    set: Option<&Bound<'_, PyAny>>,
    seed: Option<Whole<0, { u64::MAX }>>,
    out: Option<PathBuf>,
    threads: Option<Threads>,
    progress: bool,
) -> PyResult<Trained> {
    let (study, study_folder) = open_or_default(study.as_deref(), &overrides(set)?)?;
    if let Some(folder) = out.as_ref().filter(|folder| is_answers(folder)) {
        return Err(refused(NoStudyFolder::new(folder.clone())));
    }
    let stop = Arc::new(AtomicBool::new(false));
    let threads = threads.map(Whole::size);
    let options = RunOptions { study_folder, threads, abandon: Some(Arc::clone(&stop)), ..RunOptions::default() };
    let keep = Keep { weights: true, record: out };
    let trained = interruptible(py, &stop, progress, |follower| {
        train_and_keep(&study, seed.map(|seed| seed.0), &options, &keep, follower).map_err(|error| error.to_string())
    })?;
    match trained.map_err(refused)? {
        Some(network) => Ok(Trained { network, study: study.name }),
        // Only a stop ends a training without a network.
        None => Err(PyKeyboardInterrupt::new_err("stopped before the end of the training")),
    }
}
