//! Reads the Spiking Heidelberg Digits: spoken digits as the spikes of 700 units.
//!
//! ```text
//! /spikes/times    a sequence of float16 a recording     time of every spike from the start of the recording, s
//! /spikes/units    a sequence of uint16 a recording      unit of every spike, 0 to 699
//! /labels          an integer a recording                0 to 9: zero to nine, 10 to 19: null to neun
//! /extra/...       who speaks, names of the classes      not read
//! ```
//! Source: B. Cramer, Y. Stradmann, J. Schemmel and F. Zenke, *The Heidelberg spiking data sets for the systematic
//! evaluation of spiking neural networks*, IEEE TNNLS 33, 2744 (2022).
//!
//! A file is taken whole or refused.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::{
    column::{Column, Kind, NumberType},
    events::{EventSet, EventsError},
    hdf5::{Content, Hdf5Error, Needed, Sequences},
    locate::{self, Place},
};

/// Number of units.
pub const SHD_UNITS: usize = 700;

/// What each class is called, in the order of the labels and as the files call it.
pub const SHD_CLASSES: [&str; 20] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "null", "eins", "zwei", "drei",
    "vier", "fuenf", "sechs", "sieben", "acht", "neun",
];

/// The name of the data set, and of its folder below a folder of data sets.
pub const SHD_NAME: &str = "shd";

/// What recordings last at most, s.
pub const SHD_SECONDS: f64 = 1.4;

pub(crate) const TIMES: &str = "/spikes/times";
const UNITS: &str = "/spikes/units";
pub(crate) const LABELS: &str = "/labels";

/// Why a file is not one of Spiking Heidelberg Digits.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ShdError {
    /// It is not HDF5 of this form.
    #[error(transparent)]
    Hdf5(#[from] Hdf5Error),
    /// A recording is not one.
    #[error(transparent)]
    Events(#[from] EventsError),
    /// Nothing inside.
    #[error("{file}: `{TIMES}` holds no recordings, must hold at least 1")]
    Empty {
        /// The file.
        file: String,
    },
    /// Times without units or labels, or the other way round.
    #[error("{file}: `{place}` holds {got} recordings, must hold {needed} as `{TIMES}` does")]
    CountsDisagree {
        /// The file.
        file: String,
        /// The data set.
        place: &'static str,
        /// How many it holds.
        got: usize,
        /// How many times there are.
        needed: usize,
    },
}

/// Reads the training or the test file at `path`, packed with gzip or not.
///
/// ```no_run
/// let train = ohmspike_datasets::read_shd("shd_train.h5.gz".as_ref())?;
/// let (times, units) = train.recording(0);
/// println!("unit {} spikes first, after {} s, in a recording of class {}", units[0], times[0], train.labels[0]);
/// # Ok::<(), ohmspike_datasets::ShdError>(())
/// ```
pub fn read_shd(path: &Path) -> Result<EventSet, ShdError> {
    read_content(&Content::read(path)?)
}

/// Times, units and labels of all recordings, equally many of each.
pub(crate) struct Columns<'a> {
    pub times: Sequences<'a>,
    pub units: Sequences<'a>,
    pub labels: Column,
}

/// The data sets of the layout of Spiking Heidelberg Digits, whose times and units must be of these types.
pub(crate) fn columns(content: &Content, times: Needed, units: Needed) -> Result<Columns<'_>, ShdError> {
    let (times, units) = (content.sequences(TIMES, times)?, content.sequences(UNITS, units)?);
    let labels = content.integers(LABELS)?;
    let needed = times.len();
    if needed == 0 {
        return Err(ShdError::Empty { file: content.file.clone() });
    }
    for (place, got) in [(UNITS, units.len()), (LABELS, labels.len())] {
        if got != needed {
            return Err(ShdError::CountsDisagree { file: content.file.clone(), place, got, needed });
        }
    }
    Ok(Columns { times, units, labels })
}

/// The recordings of a file of Spiking Heidelberg Digits.
pub(crate) fn read_content(content: &Content) -> Result<EventSet, ShdError> {
    let exactly = |kind| Needed::Exactly(NumberType::new(kind, 2, false).expect("two bytes hold a number"));
    let columns = columns(content, exactly(Kind::Float), exactly(Kind::Unsigned))?;
    let mut set = EventSet::new(SHD_UNITS, SHD_CLASSES.len());
    for recording in 0..columns.times.len() {
        let (times, units) = (columns.times.get(recording)?, columns.units.get(recording)?);
        // Both conversions are exact: the types of the elements were compared.
        let times = (0..times.len()).map(|event| times.number(event));
        let units = (0..units.len()).map(|event| units.number(event) as u16);
        let label = columns.labels.integer(recording).expect("labels are integers");
        set.push(&content.file, times, units, label)?;
    }
    Ok(set)
}

/// The files of Spiking Heidelberg Digits in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShdFiles {
    /// The place.
    pub place: Place,
    /// `shd_train.h5`, or `shd_train.h5.gz` where only that is there.
    pub train: PathBuf,
    /// `shd_test.h5`, or `shd_test.h5.gz` where only that is there.
    pub test: PathBuf,
}

/// No place holds both files.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{SHD_NAME}: not found, looked in {}, one must hold both of `shd_train.h5` and `shd_test.h5`, each as it is or packed \
     as `.h5.gz`\n\n\
     hint: `ohmspike data fetch {SHD_NAME}` downloads the files from their publisher, or `--folder DIR` takes those that are there; or set \
     {} to their folder",
    looked_in(looked),
    locate::ENVIRONMENT_VARIABLE
)]
pub struct ShdNotFound {
    /// Where they are not, in the order of looking.
    pub looked: Vec<Place>,
}

/// Finds both files; looked at are the places of all data sets, in the order of [`locate()`](crate::locate()), and
/// `cache` stands in for Ohmspike's cache folder.
pub fn locate_shd(cache: Option<&Path>) -> Result<ShdFiles, ShdNotFound> {
    locate_in(locate::folders(SHD_NAME, cache))
}

/// The first of `places` that holds both files.
pub(crate) fn locate_in(places: Vec<Place>) -> Result<ShdFiles, ShdNotFound> {
    let files = |place: &Place| {
        let folder = place.folder()?;
        Some((file_in(folder, "shd_train.h5")?, file_in(folder, "shd_test.h5")?))
    };
    match places.iter().find_map(|place| Some((place.clone(), files(place)?))) {
        Some((place, (train, test))) => Ok(ShdFiles { place, train, test }),
        None => Err(ShdNotFound { looked: places }),
    }
}

/// The file `name` in `folder`, or the packed one: what is not packed is read in less time.
pub(crate) fn file_in(folder: &Path, name: &str) -> Option<PathBuf> {
    [folder.join(name), folder.join(format!("{name}.gz"))].into_iter().find(|path| path.is_file())
}

fn looked_in(looked: &[Place]) -> String {
    looked.iter().map(Place::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Read, path::MAIN_SEPARATOR};

    use flate2::read::GzDecoder;

    use super::*;

    /// What `scripts/make_tiny_shd.py` made.
    fn data() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/shd")
    }

    fn unpacked(name: &str) -> Vec<u8> {
        let mut content = Vec::new();
        GzDecoder::new(fs::File::open(data().join(name)).unwrap()).read_to_end(&mut content).unwrap();
        content
    }

    fn read_bytes(bytes: Vec<u8>) -> Result<EventSet, ShdError> {
        read_content(&Content::open("a.h5".to_owned(), bytes)?)
    }

    fn complaint(bytes: Vec<u8>) -> String {
        read_bytes(bytes).unwrap_err().to_string()
    }

    /// Counts and sums as h5py and NumPy have them; `tests/validation/shd.rs` compares all of them.
    #[test]
    fn recordings_come_back() {
        let set = read_shd(&data().join("shd_train.h5.gz")).unwrap();
        assert_eq!((set.units, set.classes), (700, 20));
        assert_eq!(set.labels, [19, 12, 19, 6, 13, 0]);
        assert_eq!(set.offsets, [0, 48, 79, 112, 112, 159, 210]);
        assert_eq!(set.unit.iter().map(|&unit| u64::from(unit)).sum::<u64>(), 65_814);
        let (times, units) = set.recording(0);
        // 6e-8 and 1.4 in the nearest float16: 2^-24 and 1434 / 1024.
        assert_eq!(times[..6], [0.0, 2.0_f64.powi(-24), 0.5, 0.5, 1433.0 / 1024.0, 1434.0 / 1024.0]);
        assert_eq!(units[..6], [699, 0, 7, 7, 1, 2]);
        assert_eq!(set.recording(3), (&[][..], &[][..]));
    }

    #[test]
    fn packed_or_not_and_every_layout_is_read_alike() {
        let set = read_shd(&data().join("shd_train.h5.gz")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shd_train.h5");
        fs::write(&path, unpacked("shd_train.h5.gz")).unwrap();
        assert_eq!(read_shd(&path).unwrap(), set);
        // The newest structures, and tables of references that are cut in chunks and compressed.
        for name in ["latest.h5.gz", "chunked.h5.gz"] {
            assert_eq!(read_shd(&data().join(name)).unwrap(), set, "{name}");
        }
    }

    #[test]
    fn every_mistake_is_told() {
        let folder = data().join("rejected");
        let mut examples = 0;
        for entry in fs::read_dir(&folder).unwrap() {
            let expected = entry.unwrap().path();
            if expected.extension().is_none_or(|extension| extension != "error") {
                continue;
            }
            let file = expected.with_extension("h5.gz");
            let name = file.file_name().unwrap().to_str().unwrap();
            let got = read_shd(&file).unwrap_err().to_string();
            let got = got
                .strip_prefix(&format!("{}{MAIN_SEPARATOR}", folder.display()))
                .expect("messages start with the file");
            assert_eq!(got, fs::read_to_string(&expected).unwrap().trim_end(), "{name}");
            examples += 1;
        }
        assert_eq!(examples, 18);
    }

    #[test]
    fn neither_hdf5_nor_gzip() {
        let start = "must start with `89 48 44 46 0d 0a 1a 0a`";
        assert_eq!(complaint(b"PK\x03\x04".to_vec()), format!("a.h5: not HDF5, starts with `50 4b 03 04`, {start}"));
        assert_eq!(complaint(Vec::new()), format!("a.h5: not HDF5, starts with ``, {start}"));
    }

    #[test]
    fn a_damaged_gzip_stream() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5.gz");
        let packed = fs::read(data().join("shd_train.h5.gz")).unwrap();
        let told = |packed: &[u8]| {
            fs::write(&path, packed).unwrap();
            read_shd(&path).unwrap_err().to_string()
        };
        let file = path.display();
        let length = unpacked("shd_train.h5.gz").len();
        let damaged = format!("{file}: gzip stream damaged after {length} bytes of content, must be intact");
        assert_eq!(told(&packed[..packed.len() - 1]), damaged);
        assert_eq!(
            told(&[&packed[..], &[0; 5]].concat()),
            format!("{file}: 5 bytes follow the gzip stream, must be none")
        );
    }

    #[test]
    fn every_cut_of_the_file_is_refused() {
        let whole = unpacked("shd_train.h5.gz");
        let last = whole[..whole.len() - 1].to_vec();
        let (got, needed) = (last.len(), whole.len());
        assert_eq!(complaint(last), format!("a.h5: ends after {got} bytes of content, must have {needed}"));
        for length in 0..whole.len() {
            assert!(read_bytes(whole[..length].to_vec()).is_err(), "{length}");
        }
    }

    #[test]
    fn no_wrong_byte_brings_the_program_down() {
        for name in ["shd_test.h5.gz", "latest.h5.gz", "chunked.h5.gz"] {
            let whole = unpacked(name);
            for place in 0..whole.len() {
                for wrong in [whole[place] ^ 0xff, whole[place] ^ 1] {
                    let mut bytes = whole.clone();
                    bytes[place] = wrong;
                    // A wrong time or label may still be a possible one.
                    let _ = read_bytes(bytes);
                }
            }
        }
    }

    #[test]
    fn a_sequence_that_is_not_there() {
        let mut bytes = unpacked("shd_train.h5.gz");
        // The first reference: 48 elements, an address, the first object of its collection.
        let reference = [&48_u32.to_le_bytes()[..], &one_address(&bytes), &1_u32.to_le_bytes()].concat();
        let place = bytes.windows(16).position(|window| window == reference).unwrap();
        bytes[place + 12] = 0;
        assert_eq!(
            complaint(bytes.clone()),
            "a.h5: `/spikes/times`: sequence 0: 0 of 48 elements are there, must be intact HDF5"
        );
        bytes[place + 12] = 200;
        let told = complaint(bytes.clone());
        assert!(
            told.starts_with("a.h5: `/spikes/times`: sequence 0: invalid data: missing vlen heap object 200 at"),
            "{told}"
        );
        // All sequences have 210 elements together, of which the first has 48.
        bytes[place..place + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        let length = bytes.len();
        assert_eq!(
            complaint(bytes),
            format!("a.h5: `/spikes/times`: 4294967457 elements in a file of {length} bytes, must be intact HDF5")
        );
    }

    /// The address of the first collection of the global heap.
    fn one_address(bytes: &[u8]) -> [u8; 8] {
        let place = bytes.windows(4).position(|window| window == b"GCOL").unwrap();
        (place as u64).to_le_bytes()
    }

    #[test]
    fn a_file_that_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shd_train.h5");
        let error = read_shd(&path).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{}: cannot be read (", path.display())), "{error}");
        assert!(error.ends_with("), must be a readable file"), "{error}");
    }

    #[test]
    fn the_first_folder_with_both_files_counts() {
        let folder = tempfile::tempdir().unwrap();
        let [part, packed, both] = ["part", "packed", "both"].map(|name| folder.path().join(name));
        let put = |folder: &Path, names: &[&str]| {
            fs::create_dir_all(folder).unwrap();
            names.iter().for_each(|name| fs::write(folder.join(name), "").unwrap());
        };
        put(&part, &["shd_train.h5"]);
        put(&packed, &["shd_train.h5.gz", "shd_test.h5.gz"]);
        put(&both, &["shd_train.h5", "shd_train.h5.gz", "shd_test.h5.gz"]);
        let find =
            |folders: &[&PathBuf]| locate_in(folders.iter().map(|&folder| Place::Cache(folder.clone())).collect());
        let found = find(&[&part, &packed, &both]).unwrap();
        assert_eq!(found.place, Place::Cache(packed.clone()));
        assert_eq!((found.train, found.test), (packed.join("shd_train.h5.gz"), packed.join("shd_test.h5.gz")));
        let found = find(&[&both]).unwrap();
        assert_eq!((found.train, found.test), (both.join("shd_train.h5"), both.join("shd_test.h5.gz")));
        assert_eq!(
            find(&[&part]).unwrap_err().to_string(),
            format!(
                "shd: not found, looked in {} (cache), one must hold both of `shd_train.h5` and `shd_test.h5`, each as \
                 it is or packed as `.h5.gz`\n\n\
                 hint: `ohmspike data fetch shd` downloads the files from their publisher, or `--folder DIR` takes those \
                 that are there; or set OHMSPIKE_DATA to their folder",
                part.display()
            )
        );
    }

    #[test]
    fn a_given_cache_folder_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("shd");
        fs::create_dir(&own).unwrap();
        for name in ["shd_train.h5.gz", "shd_test.h5.gz"] {
            fs::copy(data().join(name), own.join(name)).unwrap();
        }
        // Wherever the files are found on this machine, the given folder is the last to be looked at.
        assert_eq!(locate::folders(SHD_NAME, Some(folder.path())).last(), Some(&Place::Cache(own.clone())));
        assert_eq!(locate_in(vec![Place::Cache(own.clone())]).unwrap().train, own.join("shd_train.h5.gz"));
    }
}
