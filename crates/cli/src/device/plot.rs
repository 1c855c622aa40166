//! `ohmspike device plot`: draws the curves of a device.

use std::fs;
use std::path::PathBuf;

use ohmspike_datasets::{persist, write_reason};
use ohmspike_study::settings::Settings;
use ohmspike_study::warning::beyond_laws;

use super::Chosen;
use crate::terminal::say;
use crate::{Failure, warn};

/// Plot the curves of a device as SVG and PNG.
///
/// One panel per mechanism of the device: window, updates, write spread, drift, read noise and more.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    chosen: Chosen,
    /// SVG file to write, along with a PNG [default: NAME.svg].
    #[arg(long, value_name = "PATH.svg")]
    out: Option<PathBuf>,
}

/// A path without the extension .svg.
#[derive(Debug, thiserror::Error)]
#[error("--out: expected a path that ends in .svg, got `{path}`")]
struct ExtensionError {
    path: String,
}

/// The figure cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {}", path.display(), write_reason(source))]
struct WriteError {
    path: PathBuf,
    source: std::io::Error,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let device = arguments.chosen.load()?;
    let svg = arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.svg", file_name(&device.name))));
    if svg.extension().is_none_or(|extension| extension != "svg") {
        return Err(ExtensionError { path: svg.display().to_string() }.into());
    }
    warn(&beyond_laws(&Settings::default(), &device));
    let figure = ohmspike_report::figures::device_figure(&device);
    let files = [(svg.clone(), figure.svg().into_bytes()), (svg.with_extension("png"), figure.png()?)];
    if let Some(folder) = svg.parent() {
        fs::create_dir_all(folder).map_err(|source| WriteError { path: folder.to_owned(), source })?;
    }
    for (path, content) in files {
        persist::write(&path, |file| file.write_all(&content))
            .map_err(|source| WriteError { path: path.clone(), source })?;
        say!("{}", path.display())?;
    }
    Ok(())
}

/// The name of a device as a file name. Letters that are unsafe in a path become `-`.
fn file_name(name: &str) -> String {
    name.chars().map(|letter| if letter.is_alphanumeric() || "-_.".contains(letter) { letter } else { '-' }).collect()
}
