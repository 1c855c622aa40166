//! Networks as NIR files, for other simulators and chips.

use std::path::{Path, PathBuf};

use ohmspike::nir::network::Readout;
use ohmspike::study::network_file::StoredNetwork;
use pyo3::prelude::*;

use crate::errors::{refused, warn};

/// Saves `network` in the format that the ending of `path` names: npz, csv or nir.
///
/// # Errors
/// Returns an exception for other endings, and if the file cannot be written.
pub fn save_network(network: &StoredNetwork, path: &Path) -> PyResult<()> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "npz" | "csv" => network.write(path).map_err(refused),
        "nir" => network.to_graph(None, Readout::CubaLi).map_err(refused)?.write(path).map_err(refused),
        _ => Err(refused(format!("path: expected a name that ends in .npz, .csv or .nir, got `{}`", path.display()))),
    }
}

/// Write a network file as a NIR file, as `ohmspike nir export` does.
///
/// - `network`: network file (npz) of `Trained.save`, `ohmspike train` or `import_nir`;
/// - `path`: NIR file to write;
/// - `dt_seconds`: duration of a step, s; by default that of the study or of the imported file. snnTorch assumes 1e-4;
/// - `readout`: "cuba-li", or "cuba-lif" with a threshold that no voltage reaches, for tools without CubaLI.
#[pyfunction]
#[pyo3(signature = (network, path, *, dt_seconds=None, readout="cuba-li"))]
pub fn export_nir(
    py: Python<'_>,
    network: PathBuf,
    path: PathBuf,
    dt_seconds: Option<f64>,
    readout: &str,
) -> PyResult<()> {
    let readout = match readout {
        "cuba-li" => Readout::CubaLi,
        "cuba-lif" => Readout::CubaLif,
        _ => return Err(refused(format!("readout: expected `cuba-li` or `cuba-lif`, got `{readout}`"))),
    };
    if path.extension().is_some_and(|ending| ["npz", "csv"].iter().any(|own| ending.eq_ignore_ascii_case(own))) {
        return Err(refused(format!("path: expected a name that ends in .nir, got `{}`", path.display())));
    }
    let dt_seconds = dt_seconds.map(checked).transpose()?;
    py.detach(|| {
        let graph = StoredNetwork::read(&network).map_err(refused)?.to_graph(dt_seconds, readout).map_err(refused)?;
        graph.write(&path).map_err(refused)
    })
}

/// Read a NIR file and save it as a network file, as `ohmspike nir import` does. `deploy` also takes NIR files as they are.
///
/// - `file`: NIR file;
/// - `path`: network file to write (npz, or csv for a table of the weights);
/// - `dt_seconds`: duration of a step, s; by default as the file says or implies.
#[pyfunction]
#[pyo3(signature = (file, path, *, dt_seconds=None))]
pub fn import_nir(py: Python<'_>, file: PathBuf, path: PathBuf, dt_seconds: Option<f64>) -> PyResult<()> {
    let dt_seconds = dt_seconds.map(checked).transpose()?;
    let stored = py.detach(|| StoredNetwork::read_nir(&file, dt_seconds)).map_err(refused)?;
    for note in stored.imported.iter().flat_map(|imported| &imported.notes) {
        warn(py, &format!("{}: {note}", file.display()))?;
    }
    save_network(&stored, &path)
}

/// Checks the duration of a step, s.
fn checked(seconds: f64) -> PyResult<f64> {
    if (1e-9..=1e3).contains(&seconds) {
        return Ok(seconds);
    }
    Err(refused(format!("dt_seconds: expected 1e-9 to 1000 s, got {seconds}")))
}
