//! The parsers, each with valid inputs and a check of its input.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use flate2::read::GzDecoder;
use ohmspike_crossbar::device::{BUILT_IN, Device};
use ohmspike_datasets::{DenseImport, EventForm, EventImport, Scale, Test, import_dense, import_events};
use ohmspike_nir::graph::Graph;
use ohmspike_nir::network::Readout;
use ohmspike_snn::connection::Connection;
use ohmspike_study::checkpoint::Checkpoints;
use ohmspike_study::chip_maps::{ChipMaps, MapFile};
use ohmspike_study::cluster::jobs::Jobs;
use ohmspike_study::network_file::StoredNetwork;
use ohmspike_study::prepare::sha256;
use ohmspike_study::store::Store;
use ohmspike_study::study::{Override, Study};

use crate::{archive, trained};

/// A parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Parser {
    /// Study files.
    Study,
    /// Overrides on the command line.
    Set,
    /// Device files.
    Device,
    /// Maps of faults and conductances.
    Map,
    /// Files of records.
    Records,
    /// Details of trials.
    Details,
    /// Checkpoints, with their checksum corrected.
    Checkpoint,
    /// Slurm jobs of a study.
    Jobs,
    /// npy files as events and as samples.
    Npy,
    /// npz files, with mutations of the archive or of its arrays.
    Npz,
    /// Events in HDF5.
    Hdf5,
    /// Networks in NIR.
    Nir,
    /// Events in CSV.
    Csv,
    /// Samples in IDX.
    Idx,
}

/// Reads a test file of `datasets`.
fn shipped(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/datasets/tests/data").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const MAPS: [&str; 4] = [
    "unit siemens\nok,2e-4,open\nok,low-resistance,ok\n",
    "row,column,fault\n0,1,open\n1,2,stuck-on\n",
    "row,column,conductance_microsiemens\n0,0,100\n0,1,200.5\n",
    "unit microsiemens\n10.5,20,30\n1e2,5,7\n",
];
const STUDY: &str = "name = 'fuzz'\nquestion = \"why\"\n[noise]\nlevel_percent = [1, 20.5]\n[network]\nhidden = 10\nexcitatory_fraction = \
                     [0.5, 1]\n[hardware]\ndevice = 'ideal'\n[device.read.white]\nnoise = 'relative'\n[repeats]\nseeds = [1, \
                     18446744073709551615]\n[seeds]\nchip = 7\n[layer_2]\nhidden = 5\n";

impl Parser {
    /// Returns valid inputs, some in several formats.
    pub fn seeds(self) -> Vec<Vec<u8>> {
        match self {
            Parser::Study => {
                let built_in = ["quickstart", "layers", "noise-robustness"];
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/studies");
                let read = |name: &&str| fs::read(folder.join(format!("{name}.toml"))).ok();
                built_in.iter().filter_map(read).chain([STUDY.into()]).collect()
            }
            Parser::Set => [
                "noise.level_percent=[1, 2]",
                "hardware.device=[none, ideal]",
                "repeats.seeds=3",
                "device.write.noise=none",
            ]
            .map(|text| text.as_bytes().to_vec())
            .into(),
            Parser::Device => BUILT_IN.iter().map(|(_, text)| text.as_bytes().to_vec()).collect(),
            Parser::Map => MAPS.map(|text| text.as_bytes().to_vec()).into(),
            Parser::Records => vec![trained::get().record.clone()],
            Parser::Details => vec![trained::get().details.clone()],
            Parser::Checkpoint => vec![trained::get().checkpoint.clone()],
            Parser::Jobs => {
                vec![br#"{"array":"12","merge":"13","shards":2,"tasks":[1,2],"threads":1,"set":["a.b=1"]}"#.to_vec()]
            }
            Parser::Npy => {
                vec![shipped("import/big.npy"), shipped("import/features.npy"), shipped("import/table.npy")]
            }
            Parser::Npz => {
                vec![shipped("import/events.npz"), shipped("import/recordings.npz"), shipped("import/sensor.npz")]
            }
            Parser::Hdf5 => [shipped("shd/latest.h5.gz"), shipped("shd/chunked.h5.gz"), shipped("shd/shd_train.h5.gz")]
                .iter()
                .map(|packed| unpacked(packed))
                .chain([shipped("import/events.h5")])
                .collect(),
            Parser::Nir => networks(),
            Parser::Csv => vec![shipped("import/events.csv"), b"sample,time,unit,label\n0,0.5,1,2\n".to_vec()],
            Parser::Idx => vec![unpacked(&shipped("import/images.idx.gz")), shipped("import/labels.idx")],
        }
    }

    /// Returns whether the parser accepts `input`; it may write to `folder`.
    pub fn accepts(self, input: &[u8], folder: &Path) -> bool {
        let text = || String::from_utf8_lossy(input);
        match self {
            Parser::Study => Study::parse("fuzz.toml", &text(), &[]).is_ok(),
            Parser::Set => {
                let given = Override::parse(&text());
                given.and_then(|given| Study::parse("fuzz.toml", "name = 'fuzz'", &[given])).is_ok()
            }
            Parser::Device => Device::from_json(&text()).is_ok(),
            Parser::Map => is_map(&text()),
            Parser::Records => {
                write(folder, "records/0001.jsonl", input);
                Store::open(folder).is_ok_and(|store| store.warnings().is_empty() && !store.is_empty())
            }
            Parser::Details => {
                write(folder, &format!("details/{}.json", trained::ID), input);
                Store::open(folder).is_ok_and(|store| store.details(trained::ID).is_ok_and(|details| details.is_some()))
            }
            Parser::Checkpoint => {
                write(folder, &format!("checkpoints/{}.bin", trained::ID), &with_sum(input));
                Checkpoints::new(folder, Duration::ZERO).of(trained::ID, 2).load().is_ok_and(|state| state.is_some())
            }
            Parser::Jobs => {
                write(folder, "slurm/jobs.json", input);
                Jobs::read(folder).is_ok()
            }
            Parser::Npy => is_events(&write(folder, "x.npy", input)) | are_samples(&write(folder, "x.npy", input)),
            Parser::Npz => {
                let path = write(folder, "x.npz", input);
                is_events(&path)
                    | archive::repacked(input).is_some_and(|whole| is_events(&write(folder, "x.npz", &whole)))
            }
            Parser::Hdf5 => is_events(&write(folder, "x.h5", input)),
            Parser::Nir => {
                let graph = Graph::parse("x.nir".to_owned(), input.to_vec());
                graph.is_ok_and(|graph| StoredNetwork::from_graph(&graph, None).is_ok())
            }
            Parser::Csv => is_events(&write(folder, "x.csv", input)),
            Parser::Idx => are_samples(&write(folder, "x.idx", input)),
        }
    }
}

/// Returns networks of the Python package and of this program, with and without its metadata.
fn networks() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/nir/tests/data/read");
    let read = |name: &str| unpacked(&fs::read(folder.join(name)).expect("a shipped file"));
    let others = ["cuba.nir.gz", "lif.nir.gz", "snntorch-leaky.nir.gz"].map(read);
    let graph = Graph::parse("x.nir".to_owned(), others[0].clone()).expect("a graph");
    let network = StoredNetwork::from_graph(&graph, None).expect("a network");
    let own = network.to_graph(None, Readout::CubaLi).expect("supported").to_bytes().expect("a graph");
    others.into_iter().chain([own]).collect()
}

fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut content).expect("a shipped file");
    content
}

fn write(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("below the folder")).expect("our folder");
    // Overwriting a file is slow on some file systems.
    let _ = fs::remove_file(&path);
    fs::write(&path, content).expect("our folder");
    path
}

/// Returns the checkpoint with the correct checksum, so that the code after the check is tested too.
fn with_sum(input: &[u8]) -> Vec<u8> {
    let Some(end) = input.iter().position(|byte| *byte == b'\n') else { return input.to_vec() };
    let Ok(mut header) = serde_json::from_slice::<serde_json::Value>(&input[..end]) else { return input.to_vec() };
    let Some(object) = header.as_object_mut() else { return input.to_vec() };
    object.insert("sha256".to_owned(), sha256(&input[end + 1..]).into());
    [header.to_string().as_bytes(), b"\n", &input[end + 1..]].concat()
}

/// Returns whether the text is a map for a chip of 2 x 3 cells.
fn is_map(text: &str) -> bool {
    let device = Device::built_in("ideal").expect("built in");
    let (connection, empty) = (Connection::Feedforward(0), String::new);
    let map = || MapFile { connection, key: empty(), path: empty(), text: text.to_owned(), sha256: empty() };
    let read = |maps: ChipMaps| maps.of_layer(connection, 2, 3, &device).is_ok();
    let faults = read(ChipMaps { fault: vec![map()], ..ChipMaps::default() });
    faults | read(ChipMaps { conductance: vec![map()], ..ChipMaps::default() })
}

fn is_events(path: &Path) -> bool {
    let form = EventForm { sensor: [700, 1, 1], classes: 20, duration_seconds: 2.0, time_unit: None };
    let import = EventImport { events: path.to_owned(), labels: None, test: Test::Fraction(0.5), form };
    import_events("fuzz", &import, None).is_ok()
}

/// Returns whether the file can be read as samples or as their labels.
fn are_samples(path: &Path) -> bool {
    let folder = path.parent().expect("below the folder");
    let images = write(folder, "images.idx", &unpacked(&shipped("import/images.idx.gz")));
    let labels = write(folder, "labels.idx", &shipped("import/labels.idx"));
    let with = |samples: &Path, labels: &Path, scale: Option<Scale>| {
        let (samples, labels, test) = (samples.to_owned(), labels.to_owned(), Test::Fraction(0.5));
        import_dense("fuzz", &DenseImport { samples, labels, test, classes: 10, scale }, None).is_ok()
    };
    with(path, &labels, Some(Scale::MinMax)) | with(path, &labels, None) | with(&images, path, None)
}
