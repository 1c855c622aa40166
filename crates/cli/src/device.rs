//! `ohmspike device`: what a device does, shown, drawn and sampled.

mod list;
mod plot;
mod sample;
mod show;

use std::path::Path;
use std::process::ExitCode;

use ohmspike_crossbar::device::Device;
use ohmspike_study::device_file;
use ohmspike_study::device_file::DeviceKeys;
use ohmspike_study::prepare::PrepareError;
use ohmspike_study::study::Override;

use super::Failure;
use super::terminal::print;

/// Show, draw or sample a device.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the devices that come with the program.
    List,
    Show(show::Arguments),
    Sample(sample::Arguments),
    Plot(plot::Arguments),
}

/// Which device, with which of its keys changed.
#[derive(Debug, clap::Args)]
struct Chosen {
    /// Name of a built-in device, or a device file.
    #[arg(value_name = "NAME|FILE")]
    device: String,
    /// Put VALUE in the place of what the device file says for a key, for instance write.scheme=add.
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
}

/// A device that is not there, or a key that it cannot have.
#[derive(Debug, thiserror::Error)]
enum ChosenError {
    /// Neither a built-in device nor a file.
    #[error(
        "device: unknown device `{name}`; expected a device file or a built-in device\n\n\
         hint: did you mean `{nearest}`? `ohmspike device list` lists the built-in devices"
    )]
    Unknown { name: String, nearest: &'static str },
    /// A key that was set.
    #[error("--set {key}={value}: {problem}")]
    Key { key: String, value: serde_json::Value, problem: String },
}

/// Runs the command.
pub fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::List => list::run()?,
        Command::Show(arguments) => show::run(arguments)?,
        Command::Sample(arguments) => sample::run(arguments)?,
        Command::Plot(arguments) => plot::run(arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

impl Chosen {
    /// Reads it.
    fn load(&self) -> Result<Device, Failure> {
        let mut keys = DeviceKeys::new();
        for text in &self.set {
            let Override { key, value, .. } = Override::parse(text)?;
            // A study calls the same keys `device.KEY`.
            let key = key.strip_prefix("device.").unwrap_or(&key).to_owned();
            keys.insert(key, serde_json::to_value(value)?);
        }
        match device_file::load(&self.device, &keys, Path::new(".")) {
            Ok((device, _)) => Ok(device),
            Err(PrepareError::UnknownDevice { name, nearest, .. }) => {
                Err(ChosenError::Unknown { name, nearest }.into())
            }
            // A study calls the same keys `device.KEY`.
            Err(PrepareError::Device { place, source }) => {
                Err(PrepareError::Device { place: place.replace("`device.", "`"), source }.into())
            }
            Err(error) => match error.key().and_then(|key| key.strip_prefix("device.")) {
                Some(key) => {
                    let value = keys.get(key).cloned().unwrap_or_default();
                    let problem = error.to_string();
                    let problem = problem.strip_prefix("device.").unwrap_or(&problem).to_owned();
                    Err(ChosenError::Key { key: key.to_owned(), value, problem }.into())
                }
                None => Err(error.into()),
            },
        }
    }
}
