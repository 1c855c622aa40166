//! `ohmspike nir`: networks as NIR files, for other simulators and neuromorphic chips.

use std::path::{Path, PathBuf};

use ohmspike_datasets::persist;
use ohmspike_datasets::same_kind::{other_kind, refuse_other_kind};
use ohmspike_nir::constants::steps;
use ohmspike_nir::graph::{Graph, Value};
use ohmspike_nir::network::Readout;
use ohmspike_study::network_file::StoredNetwork;
use ohmspike_study::save_path::{SavePath, Saved};
use ohmspike_study::significant::short;

use super::file_error::WriteError;
use super::terminal::{say, tell};
use super::{ExitCode, Failure};

const EXPORT_EXAMPLES: &str = "\
Examples:
  A trained network, for tools that read CubaLI readouts:
      ohmspike train study.toml --save-weights net.npz
      ohmspike nir export net.npz -o net.nir

  For snnTorch, which assumes steps of 0.1 ms and has no CubaLI:
      ohmspike nir export net.npz -o net.nir --dt 1e-4 --readout cuba-lif";

const IMPORT_EXAMPLES: &str = "\
Examples:
  What a file holds:
      ohmspike nir import net.nir

  A network of another program on chips:
      ohmspike nir import net.nir -o net.npz
      ohmspike deploy net.npz --device pcm-joshi-2020 --set data.set=fashion-mnist --set network.steps=100";

/// Exchange networks with other simulators and chips as NIR files.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Export(Export),
    Import(Import),
}

/// Write a stored network as a NIR file.
///
/// Hidden neurons become CubaLIF nodes, and the readout a CubaLI node. Integrated with forward Euler in steps of --dt, they have the
/// voltages of the network between spikes. NIR resets neurons at the spike; those of Ohmspike hold 0 in the step after it, and lose
/// the input of that step. The metadata of the file say so, and hold everything else that `ohmspike nir import` needs to return
/// the same bits.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXPORT_EXAMPLES)]
pub struct Export {
    /// Network file, from `ohmspike train --save-weights` or `ohmspike nir import`.
    #[arg(value_name = "NETWORK")]
    network: PathBuf,
    /// NIR file to write.
    #[arg(short, long, value_name = "FILE", value_parser = nir_path)]
    output: PathBuf,
    /// Duration of a step, s [default: that of the study or of the imported file].
    ///
    /// Steps of a study last 1 ms for dense samples, and `data.window_seconds` / `network.steps` for recorded events. Time constants in steps stay the same. snnTorch assumes 1e-4.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    dt: Option<f64>,
    /// Node of the readout, which never spikes: cuba-li, or cuba-lif with a threshold that no voltage reaches.
    #[arg(long, value_name = "NODE", value_parser = readout, default_value = "cuba-li")]
    readout: Readout,
}

/// Read a NIR file, and save it as a network file.
///
/// Supported are chains of Linear or Affine nodes (without bias) and CubaLIF or LIF nodes with one time constant for all neurons. The
/// last neurons become the readout. Everything else is refused with the name of the node.
#[derive(Debug, clap::Args)]
#[command(after_long_help = IMPORT_EXAMPLES)]
pub struct Import {
    /// NIR file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Network file (npz) to write; a name that ends in .csv writes a table of the weights.
    #[arg(short, long, value_name = "NETWORK")]
    output: Option<SavePath>,
    /// Duration of a step, s [default: as the metadata `dt` or the constants of the neurons imply].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    dt: Option<f64>,
}

/// Start of an HDF5 file.
const HDF5: &[u8] = b"\x89HDF";

/// Runs the command.
pub fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Export(arguments) => export(arguments),
        Command::Import(arguments) => import(arguments),
    }
}

fn export(arguments: &Export) -> Result<ExitCode, Failure> {
    let Export { network, output, dt, readout } = arguments;
    let free = persist::check(output).and_then(|()| refuse_other_kind(output, HDF5)).and_then(|()| keep_data(output));
    free.map_err(|source| WriteError { path: output.clone(), source })?;
    let stored = StoredNetwork::read(network)?;
    let graph = stored.to_graph(*dt, *readout)?;
    graph.write(output)?;
    describe(&stored)?;
    if let Some(dt) = graph.metadata.get("dt").and_then(Value::as_number) {
        say!("step: {} ms", short(1e3 * dt))?;
    }
    say!("saved: {}", output.display())?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses to replace an HDF5 file that holds no graph, such as a data set.
fn keep_data(output: &Path) -> std::io::Result<()> {
    let is_file = std::fs::symlink_metadata(output).is_ok_and(|there| there.is_file() && there.len() > 0);
    if is_file && Graph::read(output).is_err() { Err(other_kind()) } else { Ok(()) }
}

fn import(arguments: &Import) -> Result<ExitCode, Failure> {
    let Import { file, output, dt } = arguments;
    if let Some(path) = output {
        path.check(Saved::Weights)?;
    }
    let stored = StoredNetwork::read_nir(file, *dt)?;
    let notes = stored.imported.iter().flat_map(|imported| &imported.notes);
    notes.for_each(|note| tell!("warning: {}: {note}\n", file.display()));
    describe(&stored)?;
    if let Some(header) = &stored.header {
        let training = &header.settings.training;
        say!("time constants: membrane {} steps, synapse {} steps", training.tau_mem_steps, training.tau_syn_steps)?;
        say!("trained by {} on {}, seed {}", header.program, header.settings.data.set, header.seed)?;
    }
    if let Some(imported) = &stored.imported {
        let constants = imported.constants;
        let [membrane, synapse] = [constants.membrane_decay, constants.synapse_decay].map(|decay| short(steps(decay)));
        say!("time constants: membrane {membrane} steps, synapse {synapse} steps")?;
        say!("step: {} ms", short(1e3 * constants.dt_seconds))?;
    }
    if let Some(path) = output {
        stored.write(path.path())?;
        say!("saved: {}", path.path().display())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the sizes of the layers, and the signs of the weights.
fn describe(stored: &StoredNetwork) -> super::terminal::Wanted {
    let shapes = stored.sizes();
    let inputs = shapes.first().map(|(rows, _)| *rows).into_iter();
    let sizes = inputs.chain(shapes.iter().map(|(_, columns)| *columns)).map(|size| size.to_string());
    let signs = if stored.has_signed_rows() { "excitatory and inhibitory rows" } else { "weights of either sign" };
    say!("network: {}, {signs}", sizes.collect::<Vec<_>>().join("-"))
}

fn seconds(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| (1e-9..=1e3).contains(value));
    value.ok_or_else(|| format!("expected 1e-9 to 1000 s, got `{text}`"))
}

fn readout(text: &str) -> Result<Readout, String> {
    match text {
        "cuba-li" => Ok(Readout::CubaLi),
        "cuba-lif" => Ok(Readout::CubaLif),
        _ => Err(format!("expected cuba-li or cuba-lif, got `{text}`")),
    }
}

/// A path that is not that of a network file, which the export would replace.
fn nir_path(text: &str) -> Result<PathBuf, String> {
    let path = Path::new(text);
    let is_other =
        path.extension().is_some_and(|ending| ["npz", "csv"].iter().any(|own| ending.eq_ignore_ascii_case(own)));
    if is_other { Err(format!("expected a file name that ends in .nir, got `{text}`")) } else { Ok(path.to_owned()) }
}
