//! Writes the conductances of all cells with their weights, as CSV or NumPy archive (npz).
//!
//! ```text
//! CSV    connection,row,column,weight,plus_microsiemens,minus_microsiemens      one line per pair
//! npz    CONNECTION_weight, CONNECTION_plus, CONNECTION_minus                   float32, rows x columns
//! ```
//!
//! Conductances are those that a read sees, G+ and G- in µS, without read noise. Weights are the effective weights of the
//! pairs, thresholds. Connections are called `hidden-1`, `hidden-1-recurrent`, ..., `readout`; those without a device have
//! no conductances.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ohmspike_datasets::{ArrayContent, persist, write_arrays, write_reason};
use ohmspike_simd::Matrix;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::hardware::{CrossbarWeights, LayerWeights};

use crate::save_path::{SavePath, Saved};
use crate::settings::connection_name;

/// Why conductances cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConductanceFileError {
    /// No weights are in cells.
    #[error("conductances: no device holds the weights\n\nhint: choose one with `--set hardware.device=NAME`")]
    NoDevice,
    /// The file cannot be written.
    #[error("cannot write `{}`: {}", path.display(), write_reason(source))]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Writes the conductances of all connections of `weights` that are in cells.
///
/// # Errors
/// Returns a [`ConductanceFileError`] if no connection is, or the file cannot be written.
pub fn write_conductances(path: &SavePath, weights: &[(Connection, LayerWeights)]) -> Result<(), ConductanceFileError> {
    let all: Vec<(String, &CrossbarWeights)> = weights.iter().filter_map(on_cells).collect();
    if all.is_empty() {
        return Err(ConductanceFileError::NoDevice);
    }
    let written = match path.is_csv() {
        true => persist::write(path.path(), |file| write_csv(&all, file)),
        false => write_npz(path.path(), &all),
    };
    written.map_err(|source| ConductanceFileError::Write { path: path.path().to_owned(), source })
}

/// Returns the name and the cells of a connection on a device.
fn on_cells((connection, layer): &(Connection, LayerWeights)) -> Option<(String, &CrossbarWeights)> {
    match layer {
        LayerWeights::Crossbar(cells) => Some((connection_name(*connection), cells)),
        LayerWeights::Digital(_) => None,
    }
}

fn write_csv(all: &[(String, &CrossbarWeights)], file: &mut dyn Write) -> io::Result<()> {
    writeln!(file, "{}", Saved::Conductances.first_line())?;
    for (name, cells) in all {
        let array = &cells.array;
        for row in 0..array.rows() {
            for column in 0..array.columns() {
                let ([plus, minus], weight) = (array.plus_and_minus(row, column), array.weights()[(row, column)]);
                writeln!(file, "{name},{row},{column},{weight},{plus},{minus}")?;
            }
        }
    }
    Ok(())
}

fn write_npz(path: &Path, all: &[(String, &CrossbarWeights)]) -> io::Result<()> {
    let mut arrays = Vec::new();
    for (name, cells) in all {
        let array = &cells.array;
        let side = |side: usize| {
            Matrix::from_fn(array.rows(), array.columns(), |row, column| array.plus_and_minus(row, column)[side])
        };
        for (what, matrix) in [("weight", array.weights().clone()), ("plus", side(0)), ("minus", side(1))] {
            let shape = vec![matrix.rows(), matrix.columns()];
            arrays.push((format!("{name}_{what}"), shape, matrix.cells().collect::<Vec<f32>>()));
        }
    }
    let contents: Vec<(String, Vec<usize>, ArrayContent)> =
        arrays.iter().map(|(name, shape, cells)| (name.clone(), shape.clone(), ArrayContent::Floats(cells))).collect();
    write_arrays(path, &contents)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use ohmspike_crossbar::device::Device;
    use ohmspike_crossbar::{ArrayParams, Branch, CrossbarArray};
    use ohmspike_datasets::read_arrays;
    use ohmspike_rng::Seed;
    use ohmspike_snn::weights::DigitalWeights;

    use super::*;

    fn cells() -> LayerWeights {
        let device = Device::built_in("ideal").expect("built in");
        let weights = Matrix::from_fn(2, 2, |row, column| if row == 0 { 0.25 } else { -0.5 } * column as f32);
        let params = ArrayParams::new(999.0 / 1024.0, &[Branch::Plus, Branch::Minus]);
        let array = CrossbarArray::new(&device, params, &weights, Seed::new(1)).expect("sound");
        LayerWeights::Crossbar(Box::new(CrossbarWeights::new(array, 0.1)))
    }

    #[test]
    fn lists_both_conductances_of_every_pair() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| -> SavePath {
            folder.path().join(name).display().to_string().parse().expect("a known ending")
        };
        let digital = DigitalWeights::exact(Matrix::zeros(2, 2), vec![ohmspike_snn::network::Sign::Excitatory; 2]);
        let weights = [(Connection::Feedforward(0), LayerWeights::Digital(digital)), (Connection::Readout, cells())];
        write_conductances(&path("c.csv"), &weights).expect("a writable folder");
        let text = fs::read_to_string(folder.path().join("c.csv")).expect("written");
        let expected = "connection,row,column,weight,plus_microsiemens,minus_microsiemens\n\
            readout,0,0,0,1,1\nreadout,0,1,0.25,257,1\nreadout,1,0,0,1,1\nreadout,1,1,-0.5,1,513\n";
        assert_eq!(text, expected);
        write_conductances(&path("c.npz"), &weights).expect("a writable folder");
        let arrays = read_arrays(&folder.path().join("c.npz")).expect("an npz file");
        assert_eq!(arrays.keys().collect::<Vec<_>>(), ["readout_minus", "readout_plus", "readout_weight"]);
        assert_eq!(arrays["readout_minus"].numbers, [1.0, 1.0, 1.0, 513.0]);
    }

    #[test]
    fn refuses_networks_without_cells() {
        let path: SavePath = "c.csv".parse().expect("a known ending");
        let error = write_conductances(&path, &[]).expect_err("no cells").to_string();
        assert!(error.starts_with("conductances: no device holds the weights"), "{error}");
    }
}
