//! Reads Spiking Heidelberg Digits: spoken digits as spikes of 700 units.
//!
//! ```text
//! /spikes/times    sequence of float16 per recording    time of each spike from the start of the recording, s
//! /spikes/units    sequence of uint16 per recording     unit of each spike, 0 to 699
//! /labels          integer per recording                0 to 9: zero to nine, 10 to 19: null to neun
//! /extra/...       speakers, class names                not read
//! ```
//! Source: B. Cramer, Y. Stradmann, J. Schemmel and F. Zenke, *The Heidelberg spiking data sets for the systematic
//! evaluation of spiking neural networks*, IEEE TNNLS 33, 2744 (2022).
//!
//! A file is read completely or rejected.

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

/// Name of each class, in label order, as in the files.
pub const SHD_CLASSES: [&str; 20] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "null", "eins", "zwei", "drei",
    "vier", "fuenf", "sechs", "sieben", "acht", "neun",
];

/// Name of the data set and of its folder.
pub const SHD_NAME: &str = "shd";

/// Longest recording, s.
pub const SHD_SECONDS: f64 = 1.4;

pub(crate) const TIMES: &str = "/spikes/times";
const UNITS: &str = "/spikes/units";
pub(crate) const LABELS: &str = "/labels";

/// Reason for rejecting a file of Spiking Heidelberg Digits.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ShdError {
    /// Not an HDF5 file of this layout.
    #[error(transparent)]
    Hdf5(#[from] Hdf5Error),
    /// Invalid recording.
    #[error(transparent)]
    Events(#[from] EventsError),
    /// No recordings.
    #[error("{file}: `{TIMES}`: no recordings; expected at least 1")]
    Empty {
        /// The file.
        file: String,
    },
    /// Different numbers of times, units and labels.
    #[error("{file}: `{place}`: expected {} (as in `{TIMES}`), got {got}", crate::counted(*needed, "recording"))]
    CountsDisagree {
        /// The file.
        file: String,
        /// The data set.
        place: &'static str,
        /// Number of recordings.
        got: usize,
        /// Number of recordings in the times.
        needed: usize,
    },
}

/// Reads the training or test file at `path`, gzipped or not.
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

/// Times, units and labels of all recordings, of equal lengths.
pub(crate) struct Columns<'a> {
    pub times: Sequences<'a>,
    pub units: Sequences<'a>,
    pub labels: Column,
}

/// Reads the data sets of the layout; times and units must have the given types.
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

/// Reads the recordings of a file of Spiking Heidelberg Digits.
pub(crate) fn read_content(content: &Content) -> Result<EventSet, ShdError> {
    let exactly = |kind| Needed::Exactly(NumberType::new(kind, 2, false).expect("two bytes hold a number"));
    let columns = columns(content, exactly(Kind::Float), exactly(Kind::Unsigned))?;
    let mut set = EventSet::new(SHD_UNITS, SHD_CLASSES.len());
    for recording in 0..columns.times.len() {
        let (times, units) = (columns.times.get(recording)?, columns.units.get(recording)?);
        // Both conversions are exact for the checked element types.
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
    /// `shd_train.h5`, or `shd_train.h5.gz` if only that exists.
    pub train: PathBuf,
    /// `shd_test.h5`, or `shd_test.h5.gz` if only that exists.
    pub test: PathBuf,
}

/// Error: no place has both files.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{SHD_NAME}: no complete data set in {}; expected `shd_train.h5` and `shd_test.h5`, optionally gzipped (`.h5.gz`)\n\n\
     hint: `ohmspike data fetch {SHD_NAME}` downloads the files from their publisher, or copies them with `--folder DIR`; \
     or set {} to their folder",
    looked_in(looked),
    locate::ENVIRONMENT_VARIABLE
)]
pub struct ShdNotFound {
    /// The places searched, in order.
    pub looked: Vec<Place>,
}

/// Locates both files in the same places and order as [`locate()`](crate::locate()); `cache` overrides the cache folder
/// of Ohmspike.
pub fn locate_shd(cache: Option<&Path>) -> Result<ShdFiles, ShdNotFound> {
    locate_in(locate::folders(SHD_NAME, cache))
}

/// Returns the first of `places` with both files.
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

/// Returns the file `name` in `folder`, or its gzipped variant. The uncompressed file takes precedence because it loads
/// faster.
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

    /// Files from `scripts/make_tiny_shd.py`.
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

    /// Expected counts and sums are from h5py and NumPy; `tests/validation/shd.rs` compares all recordings.
    #[test]
    fn reads_all_recordings() {
        let set = read_shd(&data().join("shd_train.h5.gz")).unwrap();
        assert_eq!((set.units, set.classes), (700, 20));
        assert_eq!(set.labels, [19, 12, 19, 6, 13, 0]);
        assert_eq!(set.offsets, [0, 48, 79, 112, 112, 159, 210]);
        assert_eq!(set.unit.iter().map(|&unit| u64::from(unit)).sum::<u64>(), 65_814);
        let (times, units) = set.recording(0);
        // Nearest float16 of 6e-8 and 1.4: 2^-24 and 1434 / 1024.
        assert_eq!(times[..6], [0.0, 2.0_f64.powi(-24), 0.5, 0.5, 1433.0 / 1024.0, 1434.0 / 1024.0]);
        assert_eq!(units[..6], [699, 0, 7, 7, 1, 2]);
        assert_eq!(set.recording(3), (&[][..], &[][..]));
    }

    #[test]
    fn all_layouts_give_equal_recordings() {
        let set = read_shd(&data().join("shd_train.h5.gz")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shd_train.h5");
        fs::write(&path, unpacked("shd_train.h5.gz")).unwrap();
        assert_eq!(read_shd(&path).unwrap(), set);
        // The newest structures, and chunked, compressed tables of references.
        for name in ["latest.h5.gz", "chunked.h5.gz"] {
            assert_eq!(read_shd(&data().join(name)).unwrap(), set, "{name}");
        }
    }

    #[test]
    fn every_rejected_file_has_its_message() {
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
    fn rejects_other_formats() {
        let start = "expected `89 48 44 46 0d 0a 1a 0a`";
        assert_eq!(
            complaint(b"PK\x03\x04".to_vec()),
            format!("a.h5: not an HDF5 file; starts with `50 4b 03 04`, {start}")
        );
        assert_eq!(complaint(Vec::new()), format!("a.h5: not an HDF5 file; starts with ``, {start}"));
    }

    #[test]
    fn rejects_damaged_gzip_data() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5.gz");
        let packed = fs::read(data().join("shd_train.h5.gz")).unwrap();
        let told = |packed: &[u8]| {
            fs::write(&path, packed).unwrap();
            read_shd(&path).unwrap_err().to_string()
        };
        let file = path.display();
        let length = unpacked("shd_train.h5.gz").len();
        let damaged = format!("{file}: damaged gzip data after {length} bytes");
        assert_eq!(told(&packed[..packed.len() - 1]), damaged);
        assert_eq!(
            told(&[&packed[..], &[0; 5]].concat()),
            format!("{file}: unexpected data after the gzip stream (5 B)")
        );
    }

    #[test]
    fn rejects_every_truncated_file() {
        let whole = unpacked("shd_train.h5.gz");
        let last = whole[..whole.len() - 1].to_vec();
        let (got, needed) = (last.len(), whole.len());
        assert_eq!(complaint(last), format!("a.h5: truncated; expected {needed} bytes of content, got {got}"));
        for length in 0..whole.len() {
            assert!(read_bytes(whole[..length].to_vec()).is_err(), "{length}");
        }
    }

    #[test]
    fn no_wrong_byte_causes_a_panic() {
        for name in ["shd_test.h5.gz", "latest.h5.gz", "chunked.h5.gz"] {
            let whole = unpacked(name);
            for place in 0..whole.len() {
                for wrong in [whole[place] ^ 0xff, whole[place] ^ 1] {
                    let mut bytes = whole.clone();
                    bytes[place] = wrong;
                    // A wrong time or label may still be valid.
                    let _ = read_bytes(bytes);
                }
            }
        }
    }

    #[test]
    fn rejects_missing_sequences() {
        let mut bytes = unpacked("shd_train.h5.gz");
        // The first reference: 48 elements, an address, object 1 of its collection.
        let reference = [&48_u32.to_le_bytes()[..], &one_address(&bytes), &1_u32.to_le_bytes()].concat();
        let place = bytes.windows(16).position(|window| window == reference).unwrap();
        bytes[place + 12] = 0;
        assert_eq!(
            complaint(bytes.clone()),
            "a.h5: `/spikes/times`: damaged or unsupported HDF5: sequence 0: found 0 of 48 elements"
        );
        bytes[place + 12] = 200;
        let told = complaint(bytes.clone());
        assert!(told.contains("HDF5: sequence 0: invalid data: missing vlen heap object 200 at"), "{told}");
        // All sequences have 210 elements in total, 48 of them in the first.
        bytes[place..place + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        let length = bytes.len();
        assert_eq!(
            complaint(bytes),
            format!(
                "a.h5: `/spikes/times`: damaged or unsupported HDF5: 4294967457 elements in a file of {length} bytes"
            )
        );
    }

    /// Returns the address of the first collection of the global heap.
    fn one_address(bytes: &[u8]) -> [u8; 8] {
        let place = bytes.windows(4).position(|window| window == b"GCOL").unwrap();
        (place as u64).to_le_bytes()
    }

    #[test]
    fn reports_a_missing_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shd_train.h5");
        let error = read_shd(&path).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot read `{}`: ", path.display())), "{error}");
    }

    #[test]
    fn the_first_folder_with_both_files_is_used() {
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
                "shd: no complete data set in {} (cache); expected `shd_train.h5` and `shd_test.h5`, optionally gzipped (`.h5.gz`)\n\n\
                 hint: `ohmspike data fetch shd` downloads the files from their publisher, or copies them with \
                 `--folder DIR`; or set OHMSPIKE_DATA to their folder",
                part.display()
            )
        );
    }

    #[test]
    fn a_given_cache_folder_is_searched_last() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("shd");
        fs::create_dir(&own).unwrap();
        for name in ["shd_train.h5.gz", "shd_test.h5.gz"] {
            fs::copy(data().join(name), own.join(name)).unwrap();
        }
        // The given folder is the last place, wherever else this machine has the files.
        assert_eq!(locate::folders(SHD_NAME, Some(folder.path())).last(), Some(&Place::Cache(own.clone())));
        assert_eq!(locate_in(vec![Place::Cache(own.clone())]).unwrap().train, own.join("shd_train.h5.gz"));
    }
}
