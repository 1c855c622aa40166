//! Reads dense samples (tables of features and images, one row of numbers per sample) from npy, npz and IDX files.
//!
//! An npz file holds samples and labels, and possibly those of the test, under one of these names:
//!
//! ```text
//! samples         samples, x_train, train_images, images, x               one row or image per sample
//! labels          labels, y_train, train_labels, y                        one integer per sample
//! test samples    test_samples, x_test, test_images
//! test labels     test_labels, y_test
//! ```
//!
//! `x_train` and so on are the names of Keras, `train_images` those of MedMNIST. `crates/datasets/src/measure.rs` has the rules
//! for scaling.

use std::path::Path;

use thiserror::Error;

use crate::{
    column::{Column, Kind, NumberType},
    idx::{self, IdxError},
    labels::{self, Labels, LabelsError},
    note::Note,
    npy::{self, Array, Layout, NpyError},
    npz::{self, NpzError},
    sample_numbers::{LARGE, Rows, SampleNumbers, WINDOW},
    shown::{excerpt, shown_path},
    source::{Source, SourceError, spaced},
};

/// Rule for scaling numbers to 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// From the lowest to the highest training number.
    MinMax,
    /// From the lowest to the highest training number of each feature.
    MinMaxEach,
}

/// Reason for rejecting files of dense samples.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DenseError {
    /// A file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Invalid npy file.
    #[error(transparent)]
    Npy(#[from] NpyError),
    /// Invalid IDX file.
    #[error(transparent)]
    Idx(#[from] IdxError),
    /// Invalid labels.
    #[error(transparent)]
    Labels(#[from] LabelsError),
    /// Invalid npz file.
    #[error(transparent)]
    Npz(#[from] NpzError),
    /// An npz file without samples.
    #[error(
        "{file}: missing samples; expected an array `{names}`, got `{got}`\n\n\
         hint: rename an array; without test samples of their own, set some aside with `--test-fraction 0.2`"
    )]
    Missing {
        /// The file.
        file: String,
        /// The names that samples may have.
        names: String,
        /// The arrays of the file.
        got: String,
    },
    /// Samples without labels.
    #[error("{file}: no labels; expected a file of labels (`{flag}`), or an npz file with an array `labels`")]
    NoLabels {
        /// The file.
        file: String,
        /// The flag of its labels.
        flag: &'static str,
    },
    /// No test samples.
    #[error(
        "{file}: no test samples; expected `--test FILE` with `--test-labels FILE`, `--test-fraction FRACTION`, or an npz file with an array \
         `test_samples`"
    )]
    NoTest {
        /// The file.
        file: String,
    },
    /// Test samples in a file of which a fraction is to be the test.
    #[error(
        "{file}: expected no test samples next to `--test-fraction`, got array `{name}`\n\n\
         hint: leave `--test-fraction` out to test with `{name}`"
    )]
    TwoTests {
        /// The file.
        file: String,
        /// The array of test samples or of their labels.
        name: String,
    },
    /// Unknown file format.
    #[error("{file}: starts with `{start}`; expected a NumPy array (npy, npz) or IDX file, optionally gzipped")]
    Form {
        /// The file.
        file: String,
        /// Its first bytes in hexadecimal.
        start: String,
    },
    /// A one-dimensional array, or an array of records.
    #[error(
        "{file}: expected an array of numbers with one row or image per sample, got {got}{}",
        if *is_row { "\n\nhint: labels have this shape; check that files of samples and labels are not exchanged" } else { "" }
    )]
    Shape {
        /// The file.
        file: String,
        /// Description of the content.
        got: String,
        /// Whether it has one number per sample, as labels have.
        is_row: bool,
    },
    /// Number of labels differs from the number of samples.
    #[error("{labels_file}: expected {} (one per sample of `{file}`), got {labels}", crate::counted(*samples, "label"))]
    Counts {
        /// The file of labels.
        labels_file: String,
        /// Number of labels.
        labels: usize,
        /// The file of samples.
        file: String,
        /// Number of samples.
        samples: usize,
    },
    /// Test samples differ in size from training samples.
    #[error("{file}: expected {} per sample (as in training), got {got}", crate::counted(*needed, "number"))]
    Units {
        /// The file.
        file: String,
        /// Numbers per test sample.
        got: usize,
        /// Numbers per training sample.
        needed: usize,
    },
    /// NaN or infinity.
    #[error("{file}: sample {sample}, number {index}: expected a finite number, got {got}")]
    NotFinite {
        /// The file.
        file: String,
        /// The sample, from 0.
        sample: usize,
        /// The number within it, from 0.
        index: usize,
        /// Its value.
        got: f64,
    },
    /// Test samples that cannot be bytes, unlike the training samples.
    #[error(
        "{file}: expected whole numbers from 0 to 255, as in training, got numbers of type {got}\n\n\
         hint: save training and test samples with one type; `--scale min-max` scales the training range to 0 to 1"
    )]
    NotBytes {
        /// The file.
        file: String,
        /// Type of the numbers.
        got: String,
    },
    /// A number out of range.
    #[error(
        "{file}: sample {sample}, number {index}: expected {needed}, got {got}\n\n\
         hint: `--scale min-max` scales the training range to 0 to 1; `--scale min-max-each` scales each feature \
         separately"
    )]
    Range {
        /// The file.
        file: String,
        /// The sample, from 0.
        sample: usize,
        /// The number within it, from 0.
        index: usize,
        /// Its value.
        got: f64,
        /// Allowed range.
        needed: &'static str,
    },
}

/// Which samples of an npz file to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Training samples, or all samples.
    Train,
    /// Test samples in a file of their own, under any name.
    Test,
    /// Test samples in the file of the training samples.
    TestOfSame,
}

const SAMPLES: [&str; 5] = ["samples", "x_train", "train_images", "images", "x"];
const LABELS: [&str; 4] = ["labels", "y_train", "train_labels", "y"];
const TEST_SAMPLES: [&str; 3] = ["test_samples", "x_test", "test_images"];
const TEST_LABELS: [&str; 2] = ["test_labels", "y_test"];

impl Role {
    /// Returns the names of samples and of labels.
    fn names(self) -> [&'static npz::Names; 2] {
        match self {
            Role::Train => [&[&SAMPLES], &[&LABELS]],
            Role::Test => [&[&TEST_SAMPLES, &SAMPLES], &[&TEST_LABELS, &LABELS]],
            Role::TestOfSame => [&[&TEST_SAMPLES], &[&TEST_LABELS]],
        }
    }
}

/// Unscaled samples of a file.
pub(crate) struct Raw {
    pub file: String,
    pub numbers: SampleNumbers,
    /// Height and width of a sample; 1 and the number of values if it is no image.
    pub sizes: [usize; 2],
    pub labels: Vec<u8>,
    /// Arrays of the file with another name than samples and labels, in alphabetical order.
    others: Vec<String>,
}

impl Raw {
    /// Returns the numbers per sample.
    pub(crate) fn units(&self) -> usize {
        self.sizes.iter().product()
    }

    /// Returns height and width of a sample; 1 and the number of values if it is no image.
    pub(crate) fn sizes(&self) -> [usize; 2] {
        self.sizes
    }

    /// Reads samples and their labels, which must be below `classes`. An npz file may hold both.
    pub(crate) fn read(samples: &Path, labels: &Path, classes: usize, role: Role) -> Result<Raw, DenseError> {
        let [sample_names, label_names] = role.names();
        let unreadable = |reason| SourceError::Read { file: shown_path(samples), reason };
        let windows = SampleNumbers::open(samples, LARGE, WINDOW).map_err(unreadable)?.filter(|_| samples != labels);
        let (file, shape, numbers, mut others) = match windows {
            Some((shape, numbers)) => (shown_path(samples), shape, numbers, Vec::new()),
            None => {
                let source = Source::read(samples)?;
                let file = source.file.clone();
                if samples == labels && !source.bytes.starts_with(npz::MAGIC) {
                    return Err(match role {
                        Role::Train => DenseError::NoLabels { file, flag: "--labels" },
                        Role::Test => DenseError::NoLabels { file, flag: "--test-labels" },
                        Role::TestOfSame => DenseError::NoTest { file },
                    });
                }
                let (shape, numbers, others) = array(source, sample_names)?;
                (file, shape, SampleNumbers::Whole(numbers), others)
            }
        };
        others.retain(|name| !(samples == labels && label_names.concat().contains(&name.as_str())));
        let Labels { file: labels_file, column } = labels::read_named(Source::read(labels)?, label_names)?;
        let [count, sizes @ ..] = &shape[..] else { unreachable!("`array` returns at least two sizes") };
        if column.len() != *count {
            return Err(DenseError::Counts { labels_file, labels: column.len(), file, samples: *count });
        }
        let labels = Labels { file: labels_file, column }.checked(classes)?;
        let width = sizes.last().copied().unwrap_or(1);
        // The product of all sizes matches the length of the file.
        let height = sizes[..sizes.len() - 1].iter().product();
        Ok(Raw { file, numbers, sizes: [height, width], labels, others })
    }

    /// Checks that the file has no test samples.
    pub(crate) fn check_no_test(&self) -> Result<(), DenseError> {
        match self.others.iter().find(|name| is_of_test(name)) {
            Some(name) => Err(DenseError::TwoTests { file: self.file.clone(), name: name.clone() }),
            None => Ok(()),
        }
    }

    /// Returns a note on arrays that are not read, apart from test samples if those are.
    pub(crate) fn unused(&self, test_is_read: bool) -> Option<Note> {
        let unused = self.others.iter().filter(|name| !(test_is_read && is_of_test(name)));
        let names: Vec<String> = unused.map(|name| excerpt(name)).collect();
        (!names.is_empty()).then(|| Note::Unused { file: self.file.clone(), names })
    }

    /// Checks that the test samples have the size of the training samples in `self`.
    pub(crate) fn check_units(&self, test: &Raw) -> Result<(), DenseError> {
        let (got, needed) = (test.units(), self.units());
        if got == needed { Ok(()) } else { Err(DenseError::Units { file: test.file.clone(), got, needed }) }
    }

    /// Calls `each` with the rows of the samples `chosen` and their numbers, one window of a large file at a time.
    pub(crate) fn in_windows<Error: From<DenseError>>(
        &self,
        chosen: &[usize],
        each: impl FnMut(&Rows, &[usize]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let unreadable = |reason| DenseError::from(SourceError::Read { file: self.file.clone(), reason }).into();
        self.numbers.in_windows(self.units(), chosen, unreadable, each)
    }

    /// Returns number `index` of `sample`, which must be finite.
    pub(crate) fn number(&self, rows: &Rows, sample: usize, index: usize) -> Result<f64, DenseError> {
        let got = rows.number(sample, index);
        if got.is_finite() {
            Ok(got)
        } else {
            Err(DenseError::NotFinite { file: self.file.clone(), sample, index, got })
        }
    }
}

fn is_of_test(name: &str) -> bool {
    TEST_SAMPLES.contains(&name) || TEST_LABELS.contains(&name)
}

/// Reads the shape (at least two sizes) and the numbers of an array, and lists the other arrays of its file.
fn array(source: Source, names: &npz::Names) -> Result<(Vec<usize>, Column, Vec<String>), DenseError> {
    let file = source.file.clone();
    if source.bytes.starts_with(npz::MAGIC) {
        let mut arrays = npz::read(&source)?;
        let got: Vec<String> = arrays.keys().cloned().collect();
        let found = npz::take(&file, &mut arrays, names)?;
        let missing = || DenseError::Missing { file, names: names.concat().join("`, `"), got: got.join("`, `") };
        let (shape, column) = shaped(found.ok_or_else(missing)?)?;
        return Ok((shape, column, arrays.into_keys().collect()));
    }
    let (shape, column) = alone(file, source)?;
    Ok((shape, column, Vec::new()))
}

/// Reads the shape and the numbers of a file that holds one array.
fn alone(file: String, source: Source) -> Result<(Vec<usize>, Column), DenseError> {
    let (shape, column) = if source.bytes.starts_with(npy::MAGIC) {
        return shaped(npy::read(&file, source.bytes)?);
    } else if source.bytes.starts_with(&idx::MAGIC) {
        let idx = idx::parse(&file, &source.bytes, None)?;
        let bytes = NumberType::new(Kind::Unsigned, 1, false).expect("bytes are numbers");
        (idx.sizes, Column::dense(idx.data, bytes))
    } else {
        let start = spaced(&source.bytes[..source.bytes.len().min(6)]);
        return Err(DenseError::Form { file, start });
    };
    with_rows(file, shape, column)
}

/// Returns the shape and the numbers of an array of numbers.
fn shaped(array: Array) -> Result<(Vec<usize>, Column), DenseError> {
    match array.layout {
        Layout::Plain(column) => with_rows(array.file, array.shape, column),
        Layout::Records(_) => {
            Err(DenseError::Shape { file: array.file, got: "an array of records".to_owned(), is_row: false })
        }
        Layout::Other(error) => Err(error.into()),
    }
}

/// Checks that there is a row of numbers per sample.
fn with_rows(file: String, shape: Vec<usize>, column: Column) -> Result<(Vec<usize>, Column), DenseError> {
    if shape.len() < 2 || shape.contains(&0) {
        let got = format!("an array of shape {}", npy::told(&shape));
        return Err(DenseError::Shape { file, got, is_row: shape.len() == 1 });
    }
    Ok((shape, column))
}
