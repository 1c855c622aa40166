//! Stored networks on many chips.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ohmspike::answers::answers_folder::{check, mark};
use ohmspike::answers::deploy::{DeployError, DeployOptions, DeployedNetwork, Request, deploy};
use ohmspike::experiments::presets::PRESETS;
use ohmspike::plot::time_span::TimeSpan;
use ohmspike::report::figures::deployment::deployment_figures;
use ohmspike::report::files::write_figures;
use ohmspike::study::study::Override;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyMapping, PyString};

use crate::answer::Answer;
use crate::device::Device;
use crate::errors::refused;
use crate::interruptible::interruptible;
use crate::study::overrides;
use crate::trained::Trained;

/// Files of networks, some of them in a temporary folder.
struct Networks<'py> {
    paths: Vec<PathBuf>,
    folder: Option<Bound<'py, PyAny>>,
}

impl<'py> Networks<'py> {
    /// Reads one network or a list of networks.
    fn new(given: &Bound<'py, PyAny>) -> PyResult<Networks<'py>> {
        let mut networks = Networks { paths: Vec::new(), folder: None };
        match given.cast::<PyList>() {
            Ok(all) => {
                for (number, one) in all.iter().enumerate() {
                    networks.add(&one, number)?;
                }
            }
            Err(_) => networks.add(given, 0)?,
        }
        Ok(networks)
    }

    fn add(&mut self, given: &Bound<'py, PyAny>, number: usize) -> PyResult<()> {
        if let Ok(trained) = given.cast::<Trained>() {
            let path = self.folder(given.py())?.join(trained.get().file_name());
            trained.get().stored()?.write(&path).map_err(refused)?;
            self.paths.push(path);
        } else if given.cast::<PyMapping>().is_ok() {
            let name = if number == 0 { "network.npz".to_owned() } else { format!("network-{}.npz", number + 1) };
            let path = self.folder(given.py())?.join(name);
            let arrays = PyDict::new(given.py());
            for item in given.call_method0("items")?.try_iter()? {
                let (key, array): (String, Bound<'_, PyAny>) = item?.extract()?;
                arrays.set_item(key, array)?;
            }
            given.py().import("numpy")?.call_method("savez", (&path,), Some(&arrays))?;
            self.paths.push(path);
        } else if let Ok(path) = given.extract::<PathBuf>() {
            self.paths.push(path);
        } else {
            let kind = given.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "networks: expected a path, a trained network, or a dictionary of arrays w0, w1, ..., got {kind}"
            )));
        }
        Ok(())
    }

    /// Returns a temporary folder.
    fn folder(&mut self, py: Python<'py>) -> PyResult<PathBuf> {
        if self.folder.is_none() {
            self.folder = Some(py.import("tempfile")?.call_method0("TemporaryDirectory")?);
        }
        self.folder.as_ref().expect("created above").getattr("name")?.extract()
    }

    /// Removes the temporary folder.
    fn end(self) -> PyResult<()> {
        self.folder.map_or(Ok(()), |folder| folder.call_method0("cleanup").map(|_| ()))
    }
}

/// Reads one device or a list of devices; one with overridden keys stands alone.
fn devices(given: Option<&Bound<'_, PyAny>>, overrides: &mut Vec<Override>) -> PyResult<Vec<String>> {
    let Some(given) = given else { return Ok(Vec::new()) };
    let all = match given.cast::<PyList>() {
        Ok(list) => list.iter().collect(),
        Err(_) => vec![given.clone()],
    };
    let mut names = Vec::new();
    for one in &all {
        match one.cast::<Device>() {
            Err(_) => names.push(one.extract::<PathBuf>()?.display().to_string()),
            Ok(device) if device.get().has_keys() && all.len() > 1 => {
                return Err(refused(
                    "device: expected devices without overridden keys in a list\n\nhint: save the device with `device.save(path)`, or deploy onto one device at a time",
                ));
            }
            Ok(device) => {
                names.push(device.get().loadable()?.to_owned());
                // The name is in the list of devices.
                overrides.extend(device.get().overrides()?.into_iter().skip(1));
            }
        }
    }
    Ok(names)
}

/// Reads times after programming: seconds, or texts such as "1h".
fn times(given: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    let one = |given: &Bound<'_, PyAny>| match given.cast::<PyString>() {
        Ok(text) => {
            let text: String = text.extract()?;
            text.parse::<TimeSpan>().map(|span| span.seconds).map_err(|error| refused(format!("after: {error}")))
        }
        Err(_) => given.extract::<f64>(),
    };
    let mut times = match one(given) {
        Ok(seconds) => vec![seconds],
        Err(_) if given.cast::<PyString>().is_err() => {
            given.try_iter()?.map(|item| one(&item?)).collect::<PyResult<_>>()?
        }
        Err(error) => return Err(error),
    };
    times.sort_by(f64::total_cmp);
    times.dedup();
    Ok(times)
}

/// Program stored networks onto chips, without training, as `ohmspike deploy` does.
///
/// - `networks`: a network file (npz), a `Trained`, a dictionary of arrays w0, w1, ... (rows x columns), or a list of these;
/// - `device`: a device, its name or file, or a list of these; without it, that of the training;
/// - `after`: times after programming, s, or texts such as "1h";
/// - `study`, `set`: settings of a network of another program;
/// - `mechanisms`: measure what each mechanism of the device costs.
///
/// The results folder is `results/NAME-deploy` unless `out` names another one. Ctrl-C stops after the running chips; the
/// same call resumes.
#[pyfunction(name = "deploy")]
#[expect(clippy::too_many_arguments, reason = "keyword arguments of Python")]
#[pyo3(signature = (networks, device=None, *, chips=100, after=None, test=None, yield_above=None, write_passes=None,
                    mechanisms=false, study=None, set=None, seed=1, out=None, threads=None, progress=false))]
pub fn deploy_networks(
    py: Python<'_>,
    networks: &Bound<'_, PyAny>,
    device: Option<&Bound<'_, PyAny>>,
    chips: u32,
    after: Option<&Bound<'_, PyAny>>,
    test: Option<String>,
    yield_above: Option<f64>,
    write_passes: Option<u32>,
    mechanisms: bool,
    study: Option<PathBuf>,
    set: Option<&Bound<'_, PyAny>>,
    seed: u64,
    out: Option<PathBuf>,
    threads: Option<usize>,
    progress: bool,
) -> PyResult<Answer> {
    let mut overrides = overrides(set)?;
    let devices = devices(device, &mut overrides)?;
    let after_seconds = after.map_or(Ok(vec![0.0]), times)?;
    let networks = Networks::new(networks)?;
    let paths = networks.paths.clone();
    let stop = Arc::new(AtomicBool::new(false));
    let deployed = interruptible(py, &stop, progress, |follower| {
        let request = Request {
            presets: &PRESETS,
            study: study.as_deref(),
            overrides: &overrides,
            devices: &devices,
            test: test.as_deref(),
        };
        let open = |path: &PathBuf| DeployedNetwork::open(path, &request).map_err(|error| error.to_string());
        let mut opened = paths.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        DeployedNetwork::name_apart(&mut opened);
        let first = opened.first().ok_or_else(|| DeployError::NoNetwork.to_string())?;
        let folder = out.unwrap_or_else(|| Path::new("results").join(&first.study.name));
        check(&folder).map_err(|error| error.to_string())?;
        let options = DeployOptions {
            chips,
            after_seconds,
            seed,
            yield_above,
            write_passes,
            mechanisms,
            threads,
            folder: folder.clone(),
            stop: Some(Arc::clone(&stop)),
        };
        let deployment = deploy(&opened, &options, follower);
        let files: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let _ = mark(&folder, &format!("ohmspike deploy {}", files.join(" ")));
        let deployment = deployment.map_err(|error| error.to_string())?;
        write_figures(deployment_figures(&deployment), &folder).map_err(|error| error.to_string())?;
        Ok::<_, String>((deployment, folder))
    });
    networks.end()?;
    let (deployment, folder) = deployed?.map_err(refused)?;
    Answer::new("deployment", &deployment, &folder)
}
