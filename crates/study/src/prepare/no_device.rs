//! A name that stands for no device, with the way out.

use std::path::{Path, PathBuf};

use ohmspike_crossbar::device::BUILT_IN;

use crate::cluster::quote::shell;

/// A name that stands for no device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}\n\nhint: {}", problem.hint(key))]
pub struct NoDevice {
    /// The key that names the device.
    pub key: String,
    /// What is wrong with the name.
    pub problem: NoDeviceProblem,
}

/// What is wrong with the name of a device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoDeviceProblem {
    /// Neither a built-in device nor a file.
    #[error("unknown device `{name}`; expected a device file or a built-in device")]
    Unknown {
        /// The name.
        name: String,
        /// The built-in device with the most similar name.
        nearest: Option<&'static str>,
    },
    /// The name of a device file without its extension.
    #[error("unknown device `{name}`; expected a device file or a built-in device")]
    Extension {
        /// The name.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// A path without a file.
    #[error("cannot read `{name}`: no such file")]
    Missing {
        /// The path as given.
        name: String,
        /// The folders that were searched.
        folders: Vec<PathBuf>,
    },
    /// A file of another kind.
    #[error("expected a device file (JSON), got {} `{name}`", found.words())]
    Foreign {
        /// The path as given.
        name: String,
        /// The kind of the file.
        found: Kind,
    },
}

/// A kind of file that may be mistaken for a device file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A study.
    Study,
    /// Measured data.
    Data,
}

impl Kind {
    /// The kind of a file by its extension; none if it may be a device.
    pub(crate) fn of(name: &str) -> Option<Kind> {
        let extension = Path::new(name).extension()?.to_str()?.to_lowercase();
        match extension.as_str() {
            "toml" => Some(Kind::Study),
            "csv" | "tsv" | "txt" | "dat" | "xls" | "xlsx" | "npy" | "npz" | "h5" | "hdf5" | "mat" => Some(Kind::Data),
            _ => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Kind::Study => "the study file",
            Kind::Data => "the data file",
        }
    }
}

/// Likeness of two names from which on one is suggested for the other.
const ALIKE: f64 = 0.8;

impl NoDevice {
    /// The error of a `name` for which no file was found in `folders`.
    pub(crate) fn not_found(name: &str, folders: [&Path; 2]) -> NoDevice {
        let name = name.to_owned();
        let problem = if name.is_empty() {
            NoDeviceProblem::Unknown { name, nearest: None }
        } else if let Some(found) = Kind::of(&name) {
            NoDeviceProblem::Foreign { name, found }
        } else if name.ends_with(".json") || name.contains(['/', '\\']) {
            let folder = |folder: &Path| if folder.as_os_str().is_empty() { ".".into() } else { folder.to_owned() };
            let mut folders = folders.map(folder).to_vec();
            folders.dedup();
            NoDeviceProblem::Missing { name, folders }
        } else if let Some(path) =
            folders.iter().map(|folder| folder.join(format!("{name}.json"))).find(|path| path.is_file())
        {
            NoDeviceProblem::Extension { name, path }
        } else {
            let likeness = |known: &str| strsim::jaro_winkler(&name.to_lowercase(), known);
            let best = BUILT_IN.iter().map(|(known, _)| *known).max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
            let nearest = best.filter(|known| likeness(known) >= ALIKE);
            NoDeviceProblem::Unknown { name, nearest }
        };
        NoDevice { key: "hardware.device".to_owned(), problem }
    }
}

impl NoDeviceProblem {
    /// What to do if the device was named without a study.
    pub fn hint_for_file(&self) -> String {
        match self {
            NoDeviceProblem::Missing { .. } => "name a built-in device or a device file (JSON)".to_owned(),
            problem => problem.hint("hardware.device"),
        }
    }

    /// What to do about the device that `key` names.
    fn hint(&self, key: &str) -> String {
        match self {
            NoDeviceProblem::Unknown { name, .. } if name.contains(',') => {
                let names = name.split(',').map(str::trim).collect::<Vec<_>>().join(", ");
                format!("use a list: `--set {}`", shell(&format!("{key}=[{names}]")))
            }
            NoDeviceProblem::Unknown { nearest: Some(nearest), .. } => {
                format!("did you mean `{nearest}`? `ohmspike device list` lists the built-in devices")
            }
            NoDeviceProblem::Extension { path, .. } => format!("for the file, use `{}`", shell(&path.display().to_string())),
            NoDeviceProblem::Unknown { nearest: None, .. } => {
                "`ohmspike device list` lists the built-in devices".to_owned()
            }
            NoDeviceProblem::Missing { folders, .. } => {
                let folders: Vec<String> = folders.iter().map(|folder| format!("`{}`", folder.display())).collect();
                format!("searched from {}; if the file is elsewhere, use `--set {key}=PATH`", folders.join(" and "))
            }
            NoDeviceProblem::Foreign { name, found: Kind::Study } => {
                format!("run a study file with `ohmspike run {}`", shell(name))
            }
            NoDeviceProblem::Foreign { found: Kind::Data, .. } => {
                "write the measured values into a device file first; `layer.1.conductance_map` and `layer.1.fault_map` take \
                 measurements of a single array"
                    .to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_file_named_without_its_extension_is_suggested() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("mine.json"), "{}").expect("a writable folder");
        let message = NoDevice::not_found("mine", [Path::new(""), folder.path()]).to_string();
        assert!(message.contains("unknown device `mine`"), "{message}");
        assert!(message.contains("hint: for the file, use `") && message.contains("mine.json`"), "{message}");
    }

    #[test]
    fn names_of_no_device_have_a_way_out() {
        let message = |name| NoDevice::not_found(name, [Path::new(""), Path::new("studies")]).to_string();
        assert_eq!(
            message("study-1k-1M"),
            "hardware.device: unknown device `study-1k-1M`; expected a device file or a built-in device\n\n\
             hint: did you mean `study-1k-1m`? `ohmspike device list` lists the built-in devices"
        );
        assert!(message("xyz").ends_with("hint: `ohmspike device list` lists the built-in devices"));
        assert!(message("none, ideal").ends_with("hint: use a list: `--set 'hardware.device=[none, ideal]'`"));
        assert_eq!(
            message("models/x.json"),
            "hardware.device: cannot read `models/x.json`: no such file\n\n\
             hint: searched from `.` and `studies`; if the file is elsewhere, use `--set hardware.device=PATH`"
        );
        assert!(
            message("iv.csv").starts_with("hardware.device: expected a device file (JSON), got the data file `iv.csv`")
        );
        assert!(message("s.toml").ends_with("hint: run a study file with `ohmspike run s.toml`"));
    }
}
