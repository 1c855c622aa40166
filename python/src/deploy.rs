//! Stored networks on many chips.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ohmspike::answers::answers_folder::{check, mark};
use ohmspike::answers::deploy::{DeployError, DeployOptions, DeployedNetwork, MAX_CHIPS, Request, deploy};
use ohmspike::experiments::presets::PRESETS;
use ohmspike::plot::time_span::TimeSpan;
use ohmspike::report::figures::deployment::deployment_figures;
use ohmspike::report::files::write_figures;
use ohmspike::study::study::Override;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyMapping, PyString, PyTuple};

use crate::answer::Answer;
use crate::device::{Device, items};
use crate::errors::refused;
use crate::interruptible::interruptible;
use crate::study::{one_of_several, overrides};
use crate::trained::Trained;
use crate::values::{Threads, Whole};

/// Files of networks, some of them in a temporary folder.
struct Networks<'py> {
    paths: Vec<PathBuf>,
    folder: Option<Bound<'py, PyAny>>,
}

impl<'py> Networks<'py> {
    /// Reads one network or a list of networks.
    fn new(given: &Bound<'py, PyAny>) -> PyResult<Networks<'py>> {
        let mut networks = Networks { paths: Vec::new(), folder: None };
        match several(given)? {
            Some(all) => {
                for (number, one) in all.iter().enumerate() {
                    networks.add(one, number)?;
                }
            }
            None => networks.add(given, 0)?,
        }
        Ok(networks)
    }

    fn add(&mut self, given: &Bound<'py, PyAny>, number: usize) -> PyResult<()> {
        if let Ok(trained) = given.cast::<Trained>() {
            let folder = self.folder(given.py())?;
            let name = trained.get().file_name();
            // Networks of one study and seed differ in overrides.
            let numbered = || format!("{}-{}.npz", name.trim_end_matches(".npz"), number + 1);
            let path =
                Some(folder.join(&name)).filter(|path| !path.exists()).unwrap_or_else(|| folder.join(numbered()));
            trained.get().stored()?.write(&path).map_err(refused)?;
            self.paths.push(path);
        } else if given.cast::<PyMapping>().is_ok() {
            let name = if number == 0 { "network.npz".to_owned() } else { format!("network-{}.npz", number + 1) };
            let path = self.folder(given.py())?.join(name);
            let arrays = PyDict::new(given.py());
            for (key, array) in items(given, "networks")? {
                let is_layer = key.strip_prefix(['w', 'r']).is_some_and(|number| number.parse::<u8>().is_ok());
                if !is_layer {
                    return Err(refused(format!("networks: expected arrays w0, w1, ... and r0, ..., got `{key}`")));
                }
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

/// Returns the items of a list or tuple; none for anything else.
fn several<'py>(given: &Bound<'py, PyAny>) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
    let is_several = given.is_instance_of::<PyList>() || given.is_instance_of::<PyTuple>();
    is_several.then(|| given.try_iter()?.collect()).transpose()
}

/// Reads one device or a list of devices; one with overridden keys stands alone.
fn devices(given: Option<&Bound<'_, PyAny>>, overrides: &mut Vec<Override>) -> PyResult<Vec<String>> {
    let Some(given) = given else { return Ok(Vec::new()) };
    match (several(given)?, given.cast::<Device>()) {
        (Some(all), _) => all.iter().map(one_of_several).collect(),
        (None, Ok(device)) => {
            let mut own = device.get().overrides()?;
            overrides.extend(own.split_off(1));
            // The first one has the name.
            Ok(own.iter().filter_map(|name| name.value.as_str().map(str::to_owned)).collect())
        }
        (None, Err(_)) => Ok(vec![given.extract::<PathBuf>()?.display().to_string()]),
    }
}

/// Reads times after programming: seconds, or texts such as "1h".
fn times(given: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    let one = |given: &Bound<'_, PyAny>| match given.cast::<PyString>() {
        Ok(text) => {
            let text: String = text.extract()?;
            text.parse::<TimeSpan>().map(|span| span.seconds).map_err(|error| refused(format!("after: {error}")))
        }
        // -0 counts as 0.
        Err(_) => given.extract::<f64>().map(|seconds| seconds + 0.0),
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

/// Names the call in its results folder, if the deployment made one.
fn mark_made(folder: &Path) -> Result<(), String> {
    let call = "ohmspike.deploy(...) in Python, with the settings in deployment.json";
    if folder.is_dir() { mark(folder, call).map_err(|error| error.to_string()) } else { Ok(()) }
}

/// Program stored networks onto chips, without training, as `ohmspike deploy` does.
///
/// - `networks`: a network file (npz or nir), a `Trained`, a dictionary of arrays w0, w1, ... (rows x columns), or a list of these;
/// - `device`: a device, its name or file, or a list of these; without it, that of the training;
/// - `after`: times after programming, s, or texts such as "1h";
/// - `study`, `set`: settings of a network of another program;
/// - `mechanisms`: measure what each mechanism of the device costs.
///
/// The results folder is `results/NAME-deploy` unless `out` names another one. Ctrl-C stops after the running chips; the
/// same call resumes.
#[pyfunction(name = "deploy")]
#[expect(clippy::too_many_arguments, reason = "keyword arguments of Python")]
#[pyo3(signature = (networks, device=None, *, chips=Whole(100), after=None, test=None, yield_above=None, write_passes=None,
                    mechanisms=false, study=None, set=None, seed=Whole(1), out=None, threads=None, progress=false),
       text_signature = "(networks, device=None, *, chips=100, after=None, test=None, yield_above=None, write_passes=None, \
                         mechanisms=False, study=None, set=None, seed=1, out=None, threads=None, progress=False)")]
pub fn deploy_networks(
    py: Python<'_>,
    networks: &Bound<'_, PyAny>,
    device: Option<&Bound<'_, PyAny>>,
    chips: Whole<1, { MAX_CHIPS as u64 }>,
    after: Option<&Bound<'_, PyAny>>,
    test: Option<String>,
    yield_above: Option<f64>,
    write_passes: Option<Whole<1, 1000>>,
    mechanisms: bool,
    study: Option<PathBuf>,
    set: Option<&Bound<'_, PyAny>>,
    seed: Whole<0, { u64::MAX }>,
    out: Option<PathBuf>,
    threads: Option<Threads>,
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
            chips: chips.0 as u32,
            after_seconds,
            seed: seed.0,
            yield_above,
            write_passes: write_passes.map(|passes| passes.0 as u32),
            mechanisms,
            threads: threads.map(Whole::size),
            folder: folder.clone(),
            stop: Some(Arc::clone(&stop)),
        };
        let deployment = deploy(&opened, &options, follower);
        let marked = mark_made(&folder);
        let deployment = deployment.map_err(|error| error.to_string())?;
        marked?;
        write_figures(deployment_figures(&deployment), &folder).map_err(|error| error.to_string())?;
        Ok::<_, String>((deployment, folder))
    });
    networks.end()?;
    let (deployment, folder) = deployed?.map_err(refused)?;
    Answer::new("deployment", &deployment, &folder)
}
