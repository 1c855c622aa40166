//! Round trips of network files, and every error of a file with its message.

use std::path::PathBuf;

use ohmspike_snn::connection::Connection::{Feedforward, Readout, Recurrent};
use tempfile::TempDir;

use super::*;

const SHAPE: DataShape = DataShape { inputs: 4, classes: 2 };

struct Files(TempDir);

impl Files {
    fn new() -> Files {
        Files(tempfile::tempdir().expect("a temporary folder"))
    }

    /// Writes arrays of floats with these shapes; every number is its place in the array.
    fn floats(&self, arrays: &[(&str, [usize; 2])]) -> PathBuf {
        let numbers: Vec<Vec<f32>> =
            arrays.iter().map(|(_, [rows, columns])| (0..rows * columns).map(|n| n as f32).collect()).collect();
        let arrays: Vec<_> = arrays
            .iter()
            .zip(&numbers)
            .map(|((name, shape), numbers)| ((*name).to_owned(), shape.to_vec(), ArrayContent::Floats(numbers)))
            .collect();
        self.write(&arrays)
    }

    fn write(&self, arrays: &[(String, Vec<usize>, ArrayContent)]) -> PathBuf {
        let path = self.0.path().join("net.npz");
        write_arrays(&path, arrays).expect("a writable folder");
        path
    }

    fn told(&self, error: &NetworkFileError) -> String {
        error.to_string().replace(&format!("{}/", self.0.path().display()), "")
    }

    fn refused(&self, arrays: &[(&str, [usize; 2])]) -> String {
        self.told(&StoredNetwork::read(&self.floats(arrays)).expect_err("an invalid file"))
    }
}

fn settings(hidden: usize, recurrent: bool) -> Settings {
    let settings = Settings::default().with_key("network.hidden", hidden as i64).expect("a size");
    settings.with_key("network.recurrent", recurrent).expect("a word").resolved()
}

/// The header of a network with four inputs, three hidden neurons and two classes.
fn header() -> NetworkHeader {
    NetworkHeader {
        format: FORMAT,
        program: "ohmspike".to_owned(),
        settings: settings(3, false),
        seed: 3,
        trial: "abc".to_owned(),
        data_sha256: "00".to_owned(),
        inputs: 4,
        classes: 2,
        excitatory: vec![2],
        outcome: Some(0.5),
    }
}

#[test]
fn a_written_network_is_read_back() {
    let files = Files::new();
    let matrix = |rows, columns| Matrix::from_fn(rows, columns, |row, column| 0.1 * row as f32 - column as f32);
    let matrices = vec![(Feedforward(0), matrix(4, 3)), (Recurrent(0), matrix(3, 3)), (Readout, matrix(3, 2))];
    let path = files.0.path().join("net.npz");
    let header = NetworkHeader { settings: settings(3, true), ..header() };
    StoredNetwork::new(header.clone(), matrices.clone()).write(&path).expect("a writable folder");
    let read = StoredNetwork::read(&path).expect("a network file");
    assert_eq!(read.header, Some(header));
    assert_eq!(read.arranged(SHAPE).expect("the same shapes"), matrices);
    assert_eq!(read.hidden_sizes(SHAPE).expect("the same shapes"), [3]);
    assert_eq!((read.is_recurrent(0), read.is_recurrent(1)), (true, false));
    let error = read.arranged(DataShape { inputs: 5, classes: 2 }).expect_err("other inputs");
    assert!(
        files
            .told(&error)
            .starts_with("net.npz: shapes do not fit: w0 (4, 3), w1 (3, 2), r0 (3, 3); expected 5 inputs")
    );
}

/// A network of the most layers that a study can have, all recurrent: 65 feedforward and 64 recurrent matrices.
#[test]
fn the_deepest_network_is_read_back() {
    let files = Files::new();
    let mut settings = settings(1, true);
    settings.layers = vec![settings.layers[0].clone(); MAX_LAYERS];
    settings.check().expect("the most layers");
    let hidden = || (0..MAX_LAYERS).flat_map(|layer| [Feedforward(layer), Recurrent(layer)]);
    let shape = |connection| match connection {
        Feedforward(0) => (4, 1),
        Readout => (1, 2),
        _ => (1, 1),
    };
    let matrix = |(number, connection): (usize, Connection)| {
        let (rows, columns) = shape(connection);
        (connection, Matrix::from_fn(rows, columns, |row, column| (number + row + column) as f32))
    };
    let matrices: Vec<_> = hidden().chain([Readout]).enumerate().map(matrix).collect();
    let header = NetworkHeader { settings, excitatory: vec![1; MAX_LAYERS], ..header() };
    let path = files.0.path().join("net.npz");
    StoredNetwork::new(header, matrices.clone()).write(&path).expect("a writable folder");
    let read = StoredNetwork::read(&path).expect("a network file");
    assert_eq!(read.arranged(SHAPE).expect("the same shapes"), matrices);
    for (kind, number) in [("w", MAX_LAYERS + 1), ("r", MAX_LAYERS)] {
        let message = files.refused(&[("w0", [4, 3]), ("w1", [3, 2]), (&format!("{kind}{number}"), [2, 2])]);
        let hint = format!("hint: remove layers: a network has at most {MAX_LAYERS} hidden layers");
        assert!(message.ends_with(&hint), "{message}");
    }
}

#[test]
fn headers_that_contradict_the_matrices_are_refused() {
    let files = Files::new();
    let matrices = || vec![(Feedforward(0), Matrix::zeros(4, 3)), (Readout, Matrix::zeros(3, 2))];
    let path = files.0.path().join("net.npz");
    let two_layers = || {
        let mut settings = Settings::default();
        settings.layers = vec![settings.layers.first().cloned().unwrap_or_default(); 2];
        settings.resolved()
    };
    for (header, told) in [
        (NetworkHeader { inputs: 5, ..header() }, "inputs: expected 4, the rows of `w0`, got 5"),
        (NetworkHeader { classes: 3, ..header() }, "classes: expected 2, the columns of `w1`, got 3"),
        (NetworkHeader { settings: two_layers(), ..header() }, "settings: expected 1 hidden layer, got 2"),
        (
            NetworkHeader { settings: settings(50, false), ..header() },
            "settings: layer 1: expected 3 neurons, the columns of `w0`, got 50",
        ),
        (
            NetworkHeader { settings: settings(3, true), ..header() },
            "settings: layer 1: recurrent is true, but there is no array `r0`",
        ),
        (
            NetworkHeader { excitatory: Vec::new(), ..header() },
            "excitatory: expected one number for each of 1 hidden layer, got 0",
        ),
        (
            NetworkHeader { excitatory: vec![4], ..header() },
            "excitatory[0]: expected 0 to 3, the columns of `w0`, got 4",
        ),
    ] {
        StoredNetwork::new(header, matrices()).write(&path).expect("a writable folder");
        let message = files.told(&StoredNetwork::read(&path).expect_err("a contradiction"));
        assert_eq!(
            message,
            format!("net.npz: header: {told}; expected the header of a file from `ohmspike train --save-weights`")
        );
    }
}

#[test]
fn a_table_lists_every_weight() {
    let files = Files::new();
    let matrix = |rows, columns| Matrix::from_fn(rows, columns, |row, column| row as f32 - 0.5 * column as f32);
    let matrices = vec![(Feedforward(0), matrix(4, 1)), (Recurrent(0), matrix(1, 1)), (Readout, matrix(1, 2))];
    let path = files.0.path().join("net.csv");
    StoredNetwork::new(header(), matrices).write(&path).expect("a writable folder");
    let table = std::fs::read_to_string(path).expect("written");
    assert_eq!(
        table,
        "connection,row,column,weight\nhidden-1,0,0,0\nhidden-1,1,0,1\nhidden-1,2,0,2\nhidden-1,3,0,3\n\
         hidden-1-recurrent,0,0,0\nreadout,0,0,0\nreadout,0,1,-0.5\n"
    );
}

#[test]
fn transposed_networks_are_turned() {
    let files = Files::new();
    let read = StoredNetwork::read(&files.floats(&[("w0", [3, 4]), ("w1", [2, 3])])).expect("a network file");
    let arranged = read.arranged(SHAPE).expect("columns x rows");
    assert_eq!((arranged[0].1.rows(), arranged[0].1.columns()), (4, 3));
    assert_eq!(read.hidden_sizes(SHAPE).expect("columns x rows"), [3]);
    // Row 1, column 2 is in row 2, column 1 of the file.
    assert_eq!(arranged[0].1[(1, 2)], 9.0);
    let square = StoredNetwork::read(&files.floats(&[("w0", [4, 4]), ("w1", [4, 4])])).expect("a network file");
    let error = square.arranged(DataShape { inputs: 4, classes: 4 }).expect_err("both orders fit");
    let message = files.told(&error);
    assert!(
        message.starts_with("net.npz: ambiguous shapes: w0 (4, 4), w1 (4, 4) fit as rows x columns and"),
        "{message}"
    );
    let error = read.arranged(DataShape { inputs: 4, classes: 3 }).expect_err("other classes");
    assert!(files.told(&error).contains("expected 4 inputs, 3 classes"), "{error}");
}

/// With as many inputs as classes, the shapes form a chain in both orders; the data decide.
#[test]
fn hidden_sizes_are_those_of_the_arranged_matrices() {
    let files = Files::new();
    let square = DataShape { inputs: 4, classes: 4 };
    for shapes in [[[4, 40], [40, 4]], [[40, 4], [4, 40]]] {
        let read = StoredNetwork::read(&files.floats(&[("w0", shapes[0]), ("w1", shapes[1])])).expect("a network file");
        let arranged = read.arranged(square).expect("one order fits");
        assert_eq!((arranged[0].1.rows(), arranged[0].1.columns()), (4, 40));
        assert_eq!(read.hidden_sizes(square).expect("one order fits"), [40], "{shapes:?}");
    }
}

#[test]
fn names_missing_unknown_and_wrong_arrays() {
    let files = Files::new();
    assert!(files.refused(&[("w0", [4, 3])]).starts_with("net.npz: missing array `w1`; expected `w0`, `w1`, ..."));
    assert!(files.refused(&[("w0", [4, 3]), ("w2", [3, 2])]).starts_with("net.npz: missing array `w1`;"));
    assert!(files.refused(&[("w1", [4, 3])]).starts_with("net.npz: missing array `w0`;"));
    let bias = files.refused(&[("w0", [4, 3]), ("b0", [1, 3]), ("w1", [3, 2])]);
    let named = files.refused(&[("fc1.weight", [3, 4]), ("fc2.weight", [2, 3])]);
    assert!(named.starts_with("net.npz: unknown array `fc1.weight`;") && named.contains("as `w0`, `w1`"), "{named}");
    assert!(bias.starts_with("net.npz: unknown array `b0`;") && bias.contains("networks have no biases"), "{bias}");
    assert!(
        files.refused(&[("w0", [4, 3]), ("w1", [3, 2]), ("r1", [2, 2])]).starts_with("net.npz: unknown array `r1`")
    );
    let weights = [0.5; 12];
    let flat = [
        ("w0".to_owned(), vec![12], ArrayContent::Floats(&weights)),
        ("w1".to_owned(), vec![4, 3], ArrayContent::Floats(&weights)),
    ];
    let error = StoredNetwork::read(&files.write(&flat)).expect_err("a row");
    assert_eq!(files.told(&error), "net.npz: w0: expected a matrix (rows x columns), got shape (12)");
    let bytes = [1; 12];
    let whole = [
        ("w0".to_owned(), vec![4, 3], ArrayContent::Bytes(&bytes)),
        ("w1".to_owned(), vec![4, 3], ArrayContent::Floats(&weights)),
    ];
    let error = StoredNetwork::read(&files.write(&whole)).expect_err("bytes");
    assert_eq!(
        files.told(&error),
        "net.npz: w0: expected float32 or float64, got uint8\n\nhint: save it with `.astype(numpy.float32)`; multiply \
         quantised weights with their scale first"
    );
}

#[test]
fn names_the_first_weight_that_is_not_finite() {
    let files = Files::new();
    for value in [f32::NAN, f32::INFINITY] {
        let mut weights = [0.5; 12];
        weights[7] = value;
        let arrays = [
            ("w0".to_owned(), vec![4, 3], ArrayContent::Floats(&weights)),
            ("w1".to_owned(), vec![3, 2], ArrayContent::Floats(&weights[..6])),
        ];
        let error = StoredNetwork::read(&files.write(&arrays)).expect_err("not finite");
        assert_eq!(
            files.told(&error),
            format!("net.npz: w0: expected finite weights up to 3.4e38, got {value:e} in row 2, column 1")
        );
    }
}

#[test]
fn damaged_headers_are_errors() {
    let files = Files::new();
    let weights = [0.5; 12];
    let refused = |text: &str| {
        let arrays = [
            ("w0".to_owned(), vec![4, 3], ArrayContent::Floats(&weights)),
            ("w1".to_owned(), vec![3, 2], ArrayContent::Floats(&weights[..6])),
            ("header".to_owned(), vec![text.len()], ArrayContent::Bytes(text.as_bytes())),
        ];
        files.told(&StoredNetwork::read(&files.write(&arrays)).expect_err("a damaged header"))
    };
    let expected = "; expected the header of a file from `ohmspike train --save-weights`";
    for (text, start) in [
        ("{", "net.npz: header: EOF while parsing"),
        ("{\"format\": 9}", "net.npz: header: format: expected 1, got 9"),
        ("{\"format\": 1}", "net.npz: header: missing field `program`"),
    ] {
        let message = refused(text);
        assert!(message.starts_with(start) && message.ends_with(expected), "{message}");
    }
}
