//! `ohmspike array`: currents of arrays with wire resistance.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use ohmspike_crossbar::wires::{Access, Feed, Tile, Wires, gated_currents, gated_fractions, netlist, solve, star_mesh};
use ohmspike_datasets::same_kind::write_over_same_kind;
use ohmspike_report::figures::wires_map;
use ohmspike_study::bounded;

use super::Failure;
use super::file_error::{ReadError, WriteError};
use super::terminal::{print, say, tell};

const EXAMPLES: &str = "\
Examples:
  Currents of a passive array, 0.2 V on the first row and 0 V on the others:
      ohmspike array solve map.csv --inputs 0.2,0,0 --wires word_line_ohm_per_cell=1,bit_line_ohm_per_cell=1,driver_ohm=100,sense_ohm=100

  The same circuit for SPICE:
      ohmspike array solve map.csv --inputs 0.2,0,0 --wires ... --spice array.cir

  A map of what the wires leave of the current of every cell:
      ohmspike array solve map.csv --inputs 0.2 --wires ... --plot map.svg";

/// Width of the map, in SVG units.
const MAP_WIDTH: f64 = 460.0;

/// Largest number of cells with printed node voltages.
const MAX_PRINTED: usize = 64;

/// Solve arrays with wire resistance.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Solve(Arguments),
}

/// Print the column currents of a conductance map with wires.
///
/// The map is a CSV file: a line `unit microsiemens`, then one line per row. Currents flow into the sense amplifiers, which
/// stand below the last row and hold 0 V; drivers stand left of the first column.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// Conductance map (CSV).
    #[arg(value_name = "MAP")]
    map: PathBuf,
    /// Voltage of every row, separated by commas, or one voltage for all rows, V.
    ///
    /// In a gated array, rows at 0 V are silent, and the others share one read voltage.
    #[arg(long, required = true, value_name = "VOLTS", value_delimiter = ',', allow_hyphen_values = true)]
    inputs: Vec<f64>,
    /// Resistances, ohm: line_ohm_per_cell, or word_line_ohm_per_cell and bit_line_ohm_per_cell; driver_ohm, sense_ohm; access, feed.
    ///
    /// Lines are 0 ohm unless set; drivers and sense amplifiers have at least 0.001 ohm. `access=gated` is an array with one
    /// transistor per cell; its source lines have the resistance of `word_line_ohm_per_cell`. The default is `driven`.
    /// `feed=both` drives word lines from both ends.
    #[arg(long, required = true, value_name = "KEY=VALUE,...", value_delimiter = ',', value_parser = setting)]
    wires: Vec<Setting>,
    /// Write the voltages of all nodes to this CSV file.
    #[arg(long, value_name = "FILE")]
    voltages: Option<PathBuf>,
    /// Write the circuit as a SPICE netlist.
    #[arg(long, value_name = "FILE")]
    spice: Option<PathBuf>,
    /// Draw a map of the array as SVG, along with a PNG: the fraction of the current of every cell that is read.
    ///
    /// In a driven array, the current of a cell is that of its own input. In a gated array, silent rows stay white.
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
}

/// A key of the wires.
#[derive(Clone, Debug)]
enum Setting {
    Lines(f64),
    WordLine(f64),
    BitLine(f64),
    Driver(f64),
    Sense(f64),
    Access(Access),
    Feed(Feed),
}

fn setting(text: &str) -> Result<Setting, String> {
    let known = "line_ohm_per_cell, word_line_ohm_per_cell, bit_line_ohm_per_cell, driver_ohm, sense_ohm, access, feed";
    let (key, value) = text.split_once('=').ok_or_else(|| format!("expected KEY=VALUE, got `{text}`"))?;
    let key = key.trim().trim_start_matches("wires.");
    let value = value.trim();
    // -0 counts as 0.
    let ohm = || {
        value
            .parse::<f64>()
            .map(|ohm| ohm + 0.0)
            .map_err(|_| format!("{key}: expected a resistance in ohm, got `{value}`"))
    };
    match (key, value) {
        ("line_ohm_per_cell", _) => ohm().map(Setting::Lines),
        ("word_line_ohm_per_cell", _) => ohm().map(Setting::WordLine),
        ("bit_line_ohm_per_cell", _) => ohm().map(Setting::BitLine),
        ("driver_ohm", _) => ohm().map(Setting::Driver),
        ("sense_ohm", _) => ohm().map(Setting::Sense),
        ("access", "gated") => Ok(Setting::Access(Access::Gated)),
        ("access", "driven") => Ok(Setting::Access(Access::Driven)),
        ("access", _) => Err(format!("access: expected `gated` or `driven`, got `{value}`")),
        ("feed", "left") => Ok(Setting::Feed(Feed::Left)),
        ("feed", "both") => Ok(Setting::Feed(Feed::Both)),
        ("feed", _) => Err(format!("feed: expected `left` or `both`, got `{value}`")),
        _ => Err(format!("unknown key `{key}`; expected {known}")),
    }
}

/// A gated array has no node voltages here.
#[derive(Debug, thiserror::Error)]
#[error("--voltages: expected a driven array; a gated one is solved column by column, without node voltages")]
struct NoVoltages;

/// A figure with another extension.
#[derive(Debug, thiserror::Error)]
#[error("--plot: expected a path that ends in .svg, got `{}`", path.display())]
struct NotSvg {
    path: PathBuf,
}

/// A map with an error.
#[derive(Debug, thiserror::Error)]
#[error("{}:{source}", path.display())]
struct BadMap {
    path: PathBuf,
    source: ohmspike_crossbar::MapError,
}

/// Runs the command.
pub fn run(Command::Solve(arguments): &Command) -> Result<(), Failure> {
    let text = bounded::read_named_text(&arguments.map, bounded::LARGEST_MAP)
        .map_err(|source| ReadError { path: arguments.map.clone(), source })?;
    let tile = Tile::from_csv(&text).map_err(|source| BadMap { path: arguments.map.clone(), source })?;
    let wires = arguments.wires();
    wires.check()?;
    let volts = match arguments.inputs[..] {
        [one] => vec![one; tile.rows()],
        _ => arguments.inputs.clone(),
    };
    if arguments.voltages.is_some() && wires.access == Access::Gated {
        return Err(NoVoltages.into());
    }
    let (currents, nodes) = match wires.access {
        Access::Gated => (gated_currents(&tile, &volts, &wires)?, None),
        Access::Driven => {
            let solved = solve(&tile, &volts, &wires)?;
            let nodes = node_table(&tile, &solved.word_line_volts, &solved.bit_line_volts);
            (solved.currents, Some(nodes))
        }
    };
    if let Some(path) = &arguments.spice {
        write(path, &netlist(&tile, &volts, &wires)?)?;
    }
    if let (Some(path), Some(nodes)) = (&arguments.voltages, &nodes) {
        write(path, nodes)?;
    }
    print(&current_table(&tile, &volts, &currents))?;
    if let Some(nodes) = nodes.filter(|_| arguments.voltages.is_none()) {
        if tile.rows() * tile.columns() <= MAX_PRINTED {
            print(&format!("\n{nodes}"))?;
        } else {
            tell!(
                "node voltages: {} cells are too many to print; write them with `--voltages FILE`",
                tile.rows() * tile.columns()
            );
        }
    }
    if let Some(path) = &arguments.plot {
        draw(path, &tile, &volts, &wires)?;
    }
    for path in [&arguments.voltages, &arguments.spice, &arguments.plot].into_iter().flatten() {
        say!("{}", path.display())?;
    }
    Ok(())
}

impl Arguments {
    fn wires(&self) -> Wires {
        let mut wires = Wires {
            access: Access::default(),
            word_line_ohm_per_cell: 0.0,
            bit_line_ohm_per_cell: 0.0,
            driver_ohm: 0.0,
            sense_ohm: 0.0,
            feed: Feed::default(),
        };
        for setting in &self.wires {
            match *setting {
                Setting::Lines(ohm) => {
                    wires.word_line_ohm_per_cell = ohm;
                    wires.bit_line_ohm_per_cell = ohm;
                }
                Setting::WordLine(ohm) => wires.word_line_ohm_per_cell = ohm,
                Setting::BitLine(ohm) => wires.bit_line_ohm_per_cell = ohm,
                Setting::Driver(ohm) => wires.driver_ohm = ohm,
                Setting::Sense(ohm) => wires.sense_ohm = ohm,
                Setting::Access(access) => wires.access = access,
                Setting::Feed(feed) => wires.feed = feed,
            }
        }
        wires
    }
}

/// Draws the fraction of the current of every cell that is read.
fn draw(path: &Path, tile: &Tile, volts: &[f64], wires: &Wires) -> Result<(), Failure> {
    if path.extension().is_none_or(|extension| extension != "svg") {
        return Err(NotSvg { path: path.to_owned() }.into());
    }
    let cells = (0..tile.rows()).flat_map(|row| tile.row(row).iter().map(move |cell| (row, *cell)));
    let (kind, fractions): (&str, Vec<Option<f64>>) = match wires.access {
        Access::Driven => {
            let seen = star_mesh(tile, wires)?;
            ("driven", cells.zip(seen).map(|((_, cell), seen)| (cell > 0.0).then(|| seen / cell)).collect())
        }
        Access::Gated => {
            let seen = gated_fractions(tile, volts, wires)?;
            (
                "gated",
                cells.zip(seen).map(|((row, cell), seen)| (cell > 0.0 && volts[row] != 0.0).then_some(seen)).collect(),
            )
        }
    };
    let title = format!("Current read, % of that without wires: {kind} array of {} × {}", tile.rows(), tile.columns());
    let map = wires_map(&title, tile.columns(), &fractions);
    write(path, &map.svg(MAP_WIDTH))?;
    let png = path.with_extension("png");
    let pixels = map.png(MAP_WIDTH)?;
    write_over_same_kind(&png, &pixels).map_err(|source| WriteError { path: png, source })?;
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), WriteError> {
    write_over_same_kind(path, text.as_bytes()).map_err(|source| WriteError { path: path.to_owned(), source })
}

/// One line per column: the current, and that without wires.
fn current_table(tile: &Tile, volts: &[f64], currents: &[f64]) -> String {
    let mut text = String::from("column,current_microampere,without_wires_microampere\n");
    for (column, current) in currents.iter().enumerate() {
        let exact: f64 = (0..tile.rows()).map(|row| volts[row] * tile.row(row)[column]).sum();
        let _ = writeln!(text, "{},{current:.12e},{exact:.12e}", column + 1);
    }
    text
}

/// One line per cell: the voltages of its word line and of its bit line.
fn node_table(tile: &Tile, words: &[f64], bits: &[f64]) -> String {
    let mut text = String::from("row,column,word_line_volts,bit_line_volts\n");
    for (place, (word, bit)) in words.iter().zip(bits).enumerate() {
        let (row, column) = (place / tile.columns() + 1, place % tile.columns() + 1);
        let _ = writeln!(text, "{row},{column},{word:.12e},{bit:.12e}");
    }
    text
}
