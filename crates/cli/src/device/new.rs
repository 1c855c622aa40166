//! `ohmspike device new`: writes a device file to start from.

use std::path::PathBuf;

use ohmspike_crossbar::device::{BUILT_IN, schema};
use ohmspike_report::device_skeleton::device_skeleton;

use super::files;
use crate::Failure;
use crate::terminal::tell;

const EXAMPLES: &str = "\
Examples:
  my-oxide.json and its schema, in this folder:
      ohmspike device new my-oxide

  Elsewhere:
      ohmspike device new my-oxide --out devices/oxide.json";

/// Write a device file to start from.
///
/// The file has every section, with mechanisms off except for a placeholder window and write noise. Each entry under `provenance`
/// explains a section and its keys with their units. A JSON schema next to it describes every key in editors.
///
/// If you have measurements, start with `ohmspike device fit` instead.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// Name of the device.
    #[arg(value_name = "NAME", default_value = "my-device")]
    name: String,
    /// Device file to write, along with FILE.schema.json [default: NAME.json].
    #[arg(long, value_name = "FILE.json")]
    out: Option<PathBuf>,
    /// Replace existing files.
    #[arg(long)]
    force: bool,
}

/// A path, or a name without letters.
#[derive(Debug, thiserror::Error)]
#[error(
    "NAME: expected a name without `/` and `\\`, got `{given}`\n\nhint: use `{instead}`; `--out` names another folder"
)]
struct NameError {
    given: String,
    instead: String,
}

/// The name of a built-in device.
#[derive(Debug, thiserror::Error)]
#[error("NAME: expected a new name, got `{given}`, a built-in device\n\nhint: use `my-{given}`")]
struct BuiltInError {
    given: String,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let given = arguments.name.clone();
    if given.contains(['/', '\\']) || !given.contains(char::is_alphanumeric) {
        let instead = files::file_name(&given).trim_matches(['-', '.']).to_owned();
        let instead = if instead.is_empty() { "my-device".to_owned() } else { instead };
        return Err(NameError { given, instead }.into());
    }
    if BUILT_IN.iter().any(|(known, _)| *known == given) {
        return Err(BuiltInError { given }.into());
    }
    let file = files::path(arguments.out.as_deref(), &arguments.name, "json")?;
    let schema_file = file.with_extension("schema.json");
    for path in [&file, &schema_file] {
        files::refuse_existing(path, arguments.force)?;
    }
    let schema_name = schema_file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let schema = format!("{:#}\n", schema());
    files::write(vec![
        (file.clone(), device_skeleton(&arguments.name, &schema_name).into_bytes()),
        (schema_file, schema.into_bytes()),
    ])?;
    tell!("replace the placeholders, then check the file: ohmspike device check {}", file.display());
    Ok(())
}
