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
//! `x_train` and so on are the names of Keras, `train_images` those of MedMNIST. Scaling:
//!
//! ```text
//! whole numbers    0 to 255, full scale 255; full scale 1 if no training value exceeds 1
//! other numbers    0 to 1, full scale 1
//! min-max          (x - low) / (high - low), clipped to 0 to 1; low and high over all training numbers
//! min-max-each     the same with low and high per feature; 0 for a feature that is constant in training
//! ```

use std::path::Path;

use thiserror::Error;

use crate::{
    column::{Column, Kind, NumberType},
    dataset::Part,
    idx::{self, IdxError},
    image_set::ImageSet,
    labels::{self, Labels, LabelsError},
    note::Note,
    npy::{self, Array, Layout, NpyError},
    npz::{self, NpzError},
    sample_numbers::{LARGE, Rows, SampleNumbers, WINDOW},
    shown::{excerpt, shown_path},
    source::{Source, SourceError, spaced},
    value_set::ValueSet,
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
    #[error("{file}: no labels; expected a file of labels (`--labels`), or an npz file with an array `labels`")]
    NoLabels {
        /// The file.
        file: String,
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
    #[error("{file}: expected an array of numbers with one row or image per sample, got {got}")]
    Shape {
        /// The file.
        file: String,
        /// Description of the content.
        got: String,
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
    file: String,
    numbers: SampleNumbers,
    /// Height and width of a sample; 1 and the number of values if it is no image.
    sizes: [usize; 2],
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
                    let no_test = role == Role::TestOfSame;
                    return Err(if no_test { DenseError::NoTest { file } } else { DenseError::NoLabels { file } });
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
    fn in_windows<Error: From<DenseError>>(
        &self,
        chosen: &[usize],
        each: impl FnMut(&Rows, &[usize]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let unreadable = |reason| DenseError::from(SourceError::Read { file: self.file.clone(), reason }).into();
        self.numbers.in_windows(self.units(), chosen, unreadable, each)
    }

    /// Returns number `index` of `sample`, which must be finite.
    fn number(&self, rows: &Rows, sample: usize, index: usize) -> Result<f64, DenseError> {
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
        Layout::Records(_) => Err(DenseError::Shape { file: array.file, got: "an array of records".to_owned() }),
    }
}

/// Checks that there is a row of numbers per sample.
fn with_rows(file: String, shape: Vec<usize>, column: Column) -> Result<(Vec<usize>, Column), DenseError> {
    if shape.len() < 2 || shape.contains(&0) {
        return Err(DenseError::Shape { file, got: format!("an array of shape {}", npy::told(&shape)) });
    }
    Ok((shape, column))
}

/// Scaling rule, derived from the training samples.
pub(crate) enum Measure {
    /// Whole numbers from 0 to 255.
    Bytes,
    /// Numbers from 0 to 1.
    Unit,
    /// Lowest number and width of the range, for all features together or for each one.
    Range(Vec<(f64, f64)>),
}

impl Measure {
    /// Derives the rule from the training samples `chosen` of `raw`.
    pub(crate) fn new(raw: &Raw, chosen: &[usize], scale: Option<Scale>) -> Result<Measure, DenseError> {
        let Some(scale) = scale else {
            if raw.numbers.number_type().is_float() {
                return Ok(Measure::Unit);
            }
            let [(low, width)] = ranges(raw, chosen, 1)?[..] else { return Ok(Measure::Unit) };
            return Ok(if low + width > 1.0 { Measure::Bytes } else { Measure::Unit });
        };
        let features = if scale == Scale::MinMaxEach { raw.units() } else { 1 };
        Ok(Measure::Range(ranges(raw, chosen, features)?))
    }

    /// Returns a note on features that are constant in training and become 0, or `None` if numbers are not rescaled.
    pub(crate) fn constant(&self) -> Option<Note> {
        let Measure::Range(ranges) = self else { return None };
        let constant = ranges.iter().filter(|(_, width)| *width == 0.0).count();
        (constant > 0).then_some(Note::Constant { constant, features: ranges.len() })
    }

    /// Returns a note on numbers of the samples `chosen` of `raw` that are clipped or rounded.
    pub(crate) fn changed(&self, raw: &Raw, chosen: &[usize]) -> Result<Option<Note>, DenseError> {
        let units = raw.units();
        let numbers = chosen.len() * units;
        let count = |changes: &dyn Fn(usize, f64) -> bool| {
            let mut count = 0;
            let counted = raw.in_windows(chosen, |rows, samples| {
                let changed =
                    |sample: usize| (0..units).filter(move |&index| changes(index, rows.number(sample, index)));
                count += samples.iter().map(|&sample| changed(sample).count()).sum::<usize>();
                Ok::<(), DenseError>(())
            });
            counted.map(|()| count)
        };
        Ok(match self {
            Measure::Bytes => None,
            Measure::Unit => {
                let rounded = count(&|_, number| f64::from(number as f32) != number)?;
                (rounded > 0).then_some(Note::Rounded { rounded, numbers })
            }
            Measure::Range(ranges) => {
                let held = count(&|index, number| {
                    let (low, width) = ranges[index % ranges.len()];
                    number < low || number > low + width
                })?;
                (held > 0).then_some(Note::Held { held, numbers })
            }
        })
    }

    /// Scales the samples `chosen` of `raw`, in that order.
    pub(crate) fn part(&self, raw: &Raw, chosen: &[usize]) -> Result<Part, DenseError> {
        let mut all = None::<Part>;
        self.pieces(raw, chosen, |piece| {
            match (&mut all, piece) {
                (None, first) => all = Some(first),
                (Some(Part::Images(all)), Part::Images(more)) => {
                    all.pixels.extend(more.pixels);
                    all.labels.extend(more.labels);
                }
                (Some(Part::Values(all)), Part::Values(more)) => {
                    all.values.extend(more.values);
                    all.labels.extend(more.labels);
                }
                _ => unreachable!("all pieces are of one kind"),
            }
            Ok::<(), DenseError>(())
        })?;
        Ok(all.expect("a part has samples"))
    }

    /// Scales the samples `chosen` of `raw`, in that order, and passes them to `each` one piece at a time.
    pub(crate) fn pieces<Error: From<DenseError>>(
        &self,
        raw: &Raw,
        chosen: &[usize],
        mut each: impl FnMut(Part) -> Result<(), Error>,
    ) -> Result<(), Error> {
        raw.in_windows(chosen, |rows, samples| each(self.piece(raw, rows, samples)?))
    }

    fn piece(&self, raw: &Raw, rows: &Rows, samples: &[usize]) -> Result<Part, DenseError> {
        let units = raw.units();
        let labels = samples.iter().map(|&sample| raw.labels[sample]).collect();
        let places = || samples.iter().flat_map(|&sample| (0..units).map(move |index| (sample, index)));
        if matches!(self, Measure::Bytes) {
            let plain: Option<Vec<&[u8]>> = samples.iter().map(|&sample| rows.bytes(sample)).collect();
            let pixels = match plain {
                Some(plain) => plain.concat(),
                None => places().map(|(sample, index)| byte(raw, rows, sample, index)).collect::<Result<_, _>>()?,
            };
            return Ok(Part::Images(ImageSet { rows: raw.sizes[0], columns: raw.sizes[1], pixels, labels }));
        }
        let values = places().map(|(sample, index)| self.value(raw, rows, sample, index)).collect::<Result<_, _>>()?;
        Ok(Part::Values(ValueSet { units, values, labels }))
    }

    fn value(&self, raw: &Raw, rows: &Rows, sample: usize, index: usize) -> Result<f32, DenseError> {
        let got = raw.number(rows, sample, index)?;
        match self {
            Measure::Range(ranges) => {
                let (low, width) = ranges[index % ranges.len()];
                Ok(if width > 0.0 { ((got - low) / width).clamp(0.0, 1.0) as f32 } else { 0.0 })
            }
            _ if (0.0..=1.0).contains(&got) => Ok(got as f32),
            _ => Err(DenseError::Range { file: raw.file.clone(), sample, index, got, needed: "a number from 0 to 1" }),
        }
    }
}

fn byte(raw: &Raw, rows: &Rows, sample: usize, index: usize) -> Result<u8, DenseError> {
    let got = raw.number(rows, sample, index)?;
    let byte = rows.integer(sample, index).and_then(|number| u8::try_from(number).ok());
    let needed = "a whole number from 0 to 255";
    byte.ok_or_else(|| DenseError::Range { file: raw.file.clone(), sample, index, got, needed })
}

/// Returns the lowest number and the width of the range, over all numbers (`features` = 1) or per feature.
fn ranges(raw: &Raw, chosen: &[usize], features: usize) -> Result<Vec<(f64, f64)>, DenseError> {
    let mut ends = vec![(f64::INFINITY, f64::NEG_INFINITY); features];
    raw.in_windows(chosen, |rows, samples| {
        for &sample in samples {
            if let (Some(bytes), [(low, high)]) = (rows.bytes(sample), &mut ends[..]) {
                let (least, most) =
                    bytes.iter().fold((u8::MAX, 0), |(least, most), &byte| (byte.min(least), byte.max(most)));
                (*low, *high) = (low.min(f64::from(least)), high.max(f64::from(most)));
                continue;
            }
            for index in 0..raw.units() {
                let number = raw.number(rows, sample, index)?;
                let (low, high) = &mut ends[index % features];
                *low = low.min(number);
                *high = high.max(number);
            }
        }
        Ok::<(), DenseError>(())
    })?;
    // The width may exceed the float64 range.
    Ok(ends.into_iter().map(|(low, high)| (low, (high - low).min(f64::MAX))).collect())
}
