//! `ohmspike device`: lists, shows, samples, plots, compares, fits, starts and checks devices.

mod check;
mod compare;
mod files;
mod fit;
mod list;
mod new;
mod plot;
mod sample;
mod show;

use std::collections::BTreeMap;
use std::path::Path;

use ohmspike_crossbar::device::{Device, SECTIONS};
use ohmspike_study::device_file;
use ohmspike_study::device_file::DeviceKeys;
use ohmspike_study::prepare::PrepareError;
use ohmspike_study::prepare::no_device::{NoDevice, NoDeviceProblem};
use ohmspike_study::study::Override;

use super::terminal::print;
use super::{ExitCode, Failure};

/// List, show, fit, write or compare devices.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the built-in devices.
    List,
    Show(show::Arguments),
    Compare(compare::Arguments),
    Sample(sample::Arguments),
    Plot(plot::Arguments),
    Fit(fit::Arguments),
    New(new::Arguments),
    Check(check::Arguments),
}

/// A device, with overrides of its keys.
#[derive(Debug, clap::Args)]
struct Chosen {
    /// Built-in device or device file (JSON).
    #[arg(value_name = "NAME|FILE")]
    device: String,
    /// Override a key, such as write.scheme=add.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// Why a device cannot be loaded.
#[derive(Debug, thiserror::Error)]
enum ChosenError {
    /// No device of this name.
    #[error("{problem}\n\nhint: {hint}")]
    None { problem: NoDeviceProblem, hint: String },
    /// A problem of an override.
    #[error("--set {key}={value}: {problem}")]
    Key { key: String, value: String, problem: String },
    /// An override without a section.
    #[error(
        "--set {given}: expected SECTION.KEY=VALUE\n\nhint: for example `--set write.scheme=add`; the sections are {}",
        SECTIONS.map(|section| format!("`{section}`")).join(", ")
    )]
    Form { given: String },
}

/// Runs the command.
pub fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::List => list::run()?,
        Command::Show(arguments) => show::run(arguments)?,
        Command::Compare(arguments) => compare::run(arguments)?,
        Command::Sample(arguments) => sample::run(arguments)?,
        Command::Plot(arguments) => plot::run(arguments)?,
        Command::Fit(arguments) => fit::run(arguments)?,
        Command::New(arguments) => new::run(arguments)?,
        Command::Check(arguments) => check::run(arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

impl Chosen {
    /// Loads the device.
    fn load(&self) -> Result<Device, Failure> {
        let (mut keys, mut given) = (DeviceKeys::new(), BTreeMap::new());
        for text in &self.set {
            let (key, written) = text.split_once('=').unwrap_or((text, ""));
            if !key.contains('.') || written.trim().is_empty() {
                return Err(ChosenError::Form { given: text.clone() }.into());
            }
            let Override { key, value, .. } = Override::parse(text)?;
            // Studies have the same keys as `device.KEY`.
            let key = key.strip_prefix("device.").unwrap_or(&key).to_owned();
            given.insert(key.clone(), written.to_owned());
            keys.insert(key, serde_json::to_value(value)?);
        }
        match device_file::load(&self.device, &keys, Path::new(".")) {
            Ok((device, _)) => Ok(device),
            Err(PrepareError::NoDevice(NoDevice { problem, .. })) => {
                let hint = problem.hint_for_file();
                Err(ChosenError::None { problem, hint }.into())
            }
            Err(PrepareError::Device { place, source }) => {
                Err(PrepareError::Device { place: place.replace("`device.", "`"), source }.into())
            }
            Err(error) => match error.key().and_then(|key| key.strip_prefix("device.")) {
                Some(key) => {
                    let value = given.get(key).cloned().unwrap_or_default();
                    let problem = error.to_string();
                    let problem = problem.strip_prefix("device.").unwrap_or(&problem).replace("`device.", "`");
                    Err(ChosenError::Key { key: key.to_owned(), value, problem }.into())
                }
                None => Err(error.into()),
            },
        }
    }
}
