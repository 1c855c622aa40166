//! `ohmspike device fit`: from measured tables to a device file.

mod choices;

use std::fs;
use std::path::{Path, PathBuf};

use ohmspike_fit::{AcceptanceWindow, FitInput, FitOptions, InputFile, fit};
use ohmspike_plot::time_span::TimeSpan;
use ohmspike_report::datasheet::clip_table_at;
use ohmspike_report::device_fit::{FitPage, fit_csv, fit_figure, fit_table};
use ohmspike_study::bounded::{LARGEST_MEASUREMENT, read_named};
use ohmspike_study::machine::machine;

use super::{files, print};
use crate::file_error::ReadError;
use crate::terminal::tell;
use crate::{Failure, command_line};
use choices::{Laws, acceptance, mechanism, window};

const EXAMPLES: &str = "\
Examples:
  Write noise from writes to several targets:
      ohmspike device fit writes.csv --name my-oxide

  Writes that were accepted within 2 % of their target, and retention:
      ohmspike device fit writes.csv --acceptance 2% --retention bake.csv

  A pulse train only, with a given law and window:
      ohmspike device fit --pulses train.csv --law pulses=soft-bounds --window 1..100

  Currents at 0.2 V:
      ohmspike device fit writes.csv --read-volts 0.2";

/// Fit a device to measured conductances.
///
/// Reads CSV tables with one value per row: cell, cycle, time_seconds, target_microsiemens, and conductance_microsiemens,
/// resistance_ohm or current_microamperes; pulse and direction for pulse trains. The output of `device sample` has these columns.
///
/// Estimates every mechanism that the tables determine, with 95 % intervals, and tests the laws on cells that the fit has not
/// seen. Writes the device file with its provenance, an HTML page, and a figure with data and laws.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
#[command(group(clap::ArgGroup::new("tables").required(true).multiple(true).args(["writes", "reads", "retention", "pulses"])))]
pub struct Arguments {
    /// Conductances right after writes to targets (CSV).
    #[arg(value_name = "WRITES.csv")]
    writes: Option<PathBuf>,
    /// Repeated reads of the same state.
    #[arg(long, value_name = "FILE.csv", help_heading = "Tables")]
    reads: Option<PathBuf>,
    /// Conductances some time after a write.
    #[arg(long, value_name = "FILE.csv", help_heading = "Tables")]
    retention: Option<PathBuf>,
    /// Conductances after single pulses.
    #[arg(long, value_name = "FILE.csv", help_heading = "Tables")]
    pulses: Option<PathBuf>,
    /// The table of writes has one column per state.
    #[arg(long, help_heading = "Tables")]
    wide: bool,
    /// Read voltage, V; required for columns of current.
    #[arg(long, value_name = "V", help_heading = "Tables", allow_negative_numbers = true)]
    read_volts: Option<f64>,
    /// Time of the column after_microsiemens, as in 1d.
    #[arg(long, value_name = "TIME", help_heading = "Tables", allow_hyphen_values = true)]
    after: Option<TimeSpan>,
    /// Time between the columns read_1_microsiemens, read_2_microsiemens, ...
    #[arg(long, value_name = "TIME", help_heading = "Tables", allow_hyphen_values = true)]
    read_interval: Option<TimeSpan>,
    /// Columns to leave out, separated by commas, such as comments and dates.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Tables")]
    ignore: Vec<String>,
    /// Fit only these mechanisms, separated by commas.
    ///
    /// window, cell-to-cell, writes, pulses, drift, read-noise, rtn, faults.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = mechanism, help_heading = "Model")]
    only: Vec<ohmspike_fit::Mechanism>,
    /// Choose the law of a mechanism, as in writes=table.
    ///
    /// MECHANISM=LAW, separated by commas or repeated. Without it, the fit compares the laws of a mechanism and chooses one.
    ///
    /// writes and read-noise: constant, relative, table. drift: power, log-time. pulses: constant, linear, soft-bounds,
    /// exponential, power, piecewise-linear.
    #[arg(long, value_name = "MECHANISM=LAW", value_delimiter = ',', help_heading = "Model")]
    law: Vec<String>,
    /// Conductance window, µS, as in 1..100 [default: from the data].
    ///
    /// The default leaves room for the write noise of the outermost targets, so that the window does not cut it.
    #[arg(long, value_name = "LOW..HIGH", value_parser = window, help_heading = "Model", allow_hyphen_values = true)]
    window: Option<(f64, f64)>,
    /// Half width of the acceptance window of verified writes, as in 2% or 1.5uS.
    ///
    /// Required if writes were repeated until a read was this close to the target: accepted values have less spread than writes.
    #[arg(long, value_name = "WIDTH", value_parser = acceptance, help_heading = "Model", allow_hyphen_values = true)]
    acceptance: Option<AcceptanceWindow>,
    /// Seed of the bootstrap and of the choice of held-out cells.
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Model")]
    seed: u64,
    /// Name of the device.
    #[arg(long, value_name = "NAME", default_value = "my-device", help_heading = "Output")]
    name: String,
    /// Device file to write, along with FILE-fit.html, .svg, .png and .csv [default: NAME.json].
    #[arg(long, value_name = "FILE.json", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Replace existing files.
    #[arg(long, help_heading = "Output")]
    force: bool,
}

/// An output that would replace a table.
#[derive(Debug, thiserror::Error)]
#[error("--out: expected a path other than the tables, got `{}`\n\nhint: choose another name with `--name` or `--out`", path.display())]
struct OwnTableError {
    path: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let options = options(arguments)?;
    let input = input(arguments)?;
    let outputs = outputs(arguments)?;
    let report = fit(&input, &options)?;
    print(&fit_table(&report))?;
    print(&format!("\n{}\n", clip_table_at(&report.device, report.targets())))?;
    report.cautions().iter().for_each(|caution| tell!("warning: {caution}\n"));
    let command =
        command_line::words().iter().skip(1).map(|argument| quoted(argument)).collect::<Vec<String>>().join(" ");
    let command = format!("ohmspike {command}");
    let page =
        FitPage { report: &report, command: &command, machine: &machine(), commit: option_env!("OHMSPIKE_COMMIT") };
    let figure = fit_figure(&report);
    let [json, html, svg, png, csv] = outputs;
    let mut written = vec![(json, report.device_json().into_bytes()), (html, page.html().into_bytes())];
    if !figure.panels.is_empty() {
        written.push((svg, figure.svg().into_bytes()));
        written.push((png, figure.png()?));
        written.push((csv, fit_csv(&report).into_bytes()));
    }
    files::write(written)
}

/// Returns the paths of device file, page, SVG, PNG and CSV. Refuses to replace a table, or any other file without `--force`.
fn outputs(arguments: &Arguments) -> Result<[PathBuf; 5], Failure> {
    let json = files::path(arguments.out.as_deref(), &arguments.name, "json")?;
    let stem = json.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let sibling = |extension: &str| json.with_file_name(format!("{stem}-fit.{extension}"));
    let outputs = [json.clone(), sibling("html"), sibling("svg"), sibling("png"), sibling("csv")];
    let tables = [&arguments.writes, &arguments.reads, &arguments.retention, &arguments.pulses];
    let same = |one: &Path, other: &Path| {
        fs::canonicalize(one).ok().is_some_and(|one| fs::canonicalize(other).ok() == Some(one))
    };
    for path in &outputs {
        if tables.iter().any(|table| table.as_deref().is_some_and(|table| same(table, path))) {
            return Err(OwnTableError { path: path.clone() }.into());
        }
        files::refuse_existing(path, arguments.force)?;
    }
    Ok(outputs)
}

fn input(arguments: &Arguments) -> Result<FitInput, Failure> {
    let read = |path: &Option<PathBuf>| -> Result<Option<InputFile>, Failure> {
        let Some(path) = path else { return Ok(None) };
        let bytes = read_named(path, LARGEST_MEASUREMENT).map_err(|source| ReadError { path: path.clone(), source })?;
        Ok(Some(InputFile { name: path.display().to_string(), bytes }))
    };
    Ok(FitInput {
        writes: read(&arguments.writes)?,
        reads: read(&arguments.reads)?,
        retention: read(&arguments.retention)?,
        pulses: read(&arguments.pulses)?,
    })
}

fn options(arguments: &Arguments) -> Result<FitOptions, Failure> {
    let laws = Laws::parse(&arguments.law)?;
    Ok(FitOptions {
        name: arguments.name.clone(),
        only: arguments.only.clone(),
        write_law: laws.writes,
        read_law: laws.read_noise,
        drift_law: laws.drift,
        pulse_law: laws.pulses,
        window: arguments.window,
        acceptance: arguments.acceptance,
        read_volts: arguments.read_volts,
        after_seconds: arguments.after.map(|after| after.seconds),
        read_interval_seconds: arguments.read_interval.map(|interval| interval.seconds),
        ignored_columns: arguments.ignore.iter().map(|name| name.trim().to_owned()).collect(),
        wide: arguments.wide,
        seed: arguments.seed,
        ..FitOptions::default()
    })
}

/// Quotes an argument for a shell.
fn quoted(argument: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./=,%:+".contains(letter);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}
