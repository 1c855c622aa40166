//! `ohmspike device plot`: a device in curves.

use std::path::PathBuf;

use ohmspike_datasets::persist;
use ohmspike_study::settings::Settings;
use ohmspike_study::warning::beyond_laws;

use super::Chosen;
use crate::terminal::say;
use crate::{Failure, warn};

/// Draw a device as SVG and PNG: a panel for everything that it has.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    chosen: Chosen,
    /// Where the SVG goes, the PNG beside it [default: NAME.svg].
    #[arg(long, value_name = "PATH.svg")]
    out: Option<PathBuf>,
}

/// A path that is no SVG.
#[derive(Debug, thiserror::Error)]
#[error("--out: must end in .svg, got `{path}`")]
struct ExtensionError {
    path: String,
}

/// A figure that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: cannot be written: {source}")]
struct WriteError {
    path: String,
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
    for (path, content) in files {
        persist::write(&path, |file| file.write_all(&content))
            .map_err(|source| WriteError { path: path.display().to_string(), source })?;
        say!("{}", path.display())?;
    }
    Ok(())
}

/// The name of a device as that of a file: letters that a path may not have become `-`.
fn file_name(name: &str) -> String {
    name.chars().map(|letter| if letter.is_alphanumeric() || "-_.".contains(letter) { letter } else { '-' }).collect()
}
