//! Reads dense samples, a row of numbers each: tables of features and images, from npy and IDX files.
//!
//! ```text
//! whole numbers       0 to 255, of which 255 is full; where none in training is above 1, 0 and 1 (full)
//! other numbers       0 to 1, of which 1 is full
//! min-max             (x - low) / (high - low), held within 0 to 1; low and high of all numbers in training
//! min-max-each        the same with low and high of every feature by itself; 0 for one that is always the same
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
    npy::{self, Layout, NpyError},
    source::{Source, SourceError, spaced},
    value_set::ValueSet,
};

/// How numbers are brought to 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// From the lowest to the highest number in training.
    MinMax,
    /// From the lowest to the highest number of every feature in training.
    MinMaxEach,
}

/// Why files hold no dense samples.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DenseError {
    /// A file has no content.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It is no array.
    #[error(transparent)]
    Npy(#[from] NpyError),
    /// It is no IDX file.
    #[error(transparent)]
    Idx(#[from] IdxError),
    /// Labels are none.
    #[error(transparent)]
    Labels(#[from] LabelsError),
    /// Something else.
    #[error("{file}: starts with `{start}`, must be a NumPy array (npy) or IDX, packed with gzip or not")]
    Form {
        /// The file.
        file: String,
        /// Its first bytes in hexadecimal.
        start: String,
    },
    /// A single row, or records.
    #[error("{file}: is {got}, must be an array of numbers with a row, or an image, a sample")]
    Shape {
        /// The file.
        file: String,
        /// What it is.
        got: String,
    },
    /// More samples than labels, or fewer.
    #[error("{labels_file}: {labels} labels, must be {samples} as `{file}` holds samples")]
    Counts {
        /// The file of labels.
        labels_file: String,
        /// How many it holds.
        labels: usize,
        /// The file of samples.
        file: String,
        /// How many it holds.
        samples: usize,
    },
    /// Samples of another size than those in training.
    #[error("{file}: {got} numbers a sample, must be {needed} as in training")]
    Units {
        /// The file.
        file: String,
        /// How many numbers a sample has.
        got: usize,
        /// How many one has in training.
        needed: usize,
    },
    /// A number that no scale takes in.
    #[error("{file}: number {index} of sample {sample} is {got}, must be finite")]
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
        "{file}: number {index} of sample {sample} is {got}, must be {needed}\n\n\
         hint: `--scale min-max` brings the lowest to the highest number in training to 0 to 1, `--scale min-max-each` \
         those of every feature"
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
        /// What it must be.
        needed: &'static str,
    },
}

/// Samples as they stand in their file.
pub(crate) struct Raw {
    file: String,
    numbers: Column,
    /// Height and width of a sample; 1 and all of it where it is no image.
    sizes: [usize; 2],
    pub labels: Vec<u8>,
}

impl Raw {
    /// Numbers of a sample.
    pub(crate) fn units(&self) -> usize {
        self.sizes.iter().product()
    }

    /// Reads samples and their labels, which are below `classes`.
    pub(crate) fn read(samples: &Path, labels: &Path, classes: usize) -> Result<Raw, DenseError> {
        let source = Source::read(samples)?;
        let file = source.file.clone();
        let (shape, numbers) = array(source)?;
        let Labels { file: labels_file, column } = labels::read(Source::read(labels)?)?;
        let [count, sizes @ ..] = &shape[..] else { unreachable!("`array` gives two sizes and more") };
        if column.len() != *count {
            return Err(DenseError::Counts { labels_file, labels: column.len(), file, samples: *count });
        }
        let labels = Labels { file: labels_file, column }.checked(classes)?;
        let width = sizes.last().copied().unwrap_or(1);
        // The product of all sizes was compared with the length of the file.
        let height = sizes[..sizes.len() - 1].iter().product();
        Ok(Raw { file, numbers, sizes: [height, width], labels })
    }

    /// Whether `test`, tested with what is learnt from this, has samples of the same size.
    pub(crate) fn check_units(&self, test: &Raw) -> Result<(), DenseError> {
        let (got, needed) = (test.units(), self.units());
        if got == needed { Ok(()) } else { Err(DenseError::Units { file: test.file.clone(), got, needed }) }
    }

    /// Number `index` of `sample`, which must be finite.
    fn number(&self, sample: usize, index: usize) -> Result<f64, DenseError> {
        let got = self.numbers.number(sample * self.units() + index);
        if got.is_finite() {
            Ok(got)
        } else {
            Err(DenseError::NotFinite { file: self.file.clone(), sample, index, got })
        }
    }
}

/// Shape, of at least two sizes, and numbers of an array.
fn array(source: Source) -> Result<(Vec<usize>, Column), DenseError> {
    let file = source.file.clone();
    let shape_error = |got| DenseError::Shape { file: file.clone(), got };
    let (shape, column) = if source.bytes.starts_with(npy::MAGIC) {
        let array = npy::read(&file, source.bytes)?;
        match array.layout {
            Layout::Plain(column) => (array.shape, column),
            Layout::Records(_) => return Err(shape_error("an array of records".to_owned())),
        }
    } else if source.bytes.starts_with(&idx::MAGIC) {
        let idx = idx::parse(&file, &source.bytes, None)?;
        let bytes = NumberType::new(Kind::Unsigned, 1, false).expect("bytes are numbers");
        (idx.sizes, Column::dense(idx.data, bytes))
    } else {
        let start = spaced(&source.bytes[..source.bytes.len().min(6)]);
        return Err(DenseError::Form { file, start });
    };
    if shape.len() < 2 || shape.contains(&0) {
        return Err(shape_error(format!("an array of shape {}", npy::told(&shape))));
    }
    Ok((shape, column))
}

/// How the numbers of one data set become samples; decided on what training sees.
pub(crate) enum Measure {
    /// Whole numbers from 0 to 255.
    Bytes,
    /// Numbers from 0 to 1.
    Unit,
    /// The lowest number and the width of the range, of all features or of each.
    Range(Vec<(f64, f64)>),
}

impl Measure {
    /// What the training samples `chosen` of `raw` ask for.
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

    /// Features that are the same in all of training and so become 0; none where numbers are taken as they are.
    pub(crate) fn constant(&self) -> Option<Note> {
        let Measure::Range(ranges) = self else { return None };
        let constant = ranges.iter().filter(|(_, width)| *width == 0.0).count();
        (constant > 0).then_some(Note::Constant { constant, features: ranges.len() })
    }

    /// What of the samples `chosen` of `raw` is held at an end of the range, or rounded.
    pub(crate) fn changed(&self, raw: &Raw, chosen: &[usize]) -> Option<Note> {
        let units = raw.units();
        let numbers = chosen.len() * units;
        let count = |changes: &dyn Fn(usize, f64) -> bool| {
            let number = |sample: usize, index: usize| raw.numbers.number(sample * units + index);
            let changed = |&sample: &usize| (0..units).filter(|&index| changes(index, number(sample, index))).count();
            chosen.iter().map(changed).sum::<usize>()
        };
        match self {
            Measure::Bytes => None,
            Measure::Unit => {
                let rounded = count(&|_, number| f64::from(number as f32) != number);
                (rounded > 0).then_some(Note::Rounded { rounded, numbers })
            }
            Measure::Range(ranges) => {
                let held = count(&|index, number| {
                    let (low, width) = ranges[index % ranges.len()];
                    number < low || number > low + width
                });
                (held > 0).then_some(Note::Held { held, numbers })
            }
        }
    }

    /// The samples `chosen` of `raw`, in their order.
    pub(crate) fn part(&self, raw: &Raw, chosen: &[usize]) -> Result<Part, DenseError> {
        let units = raw.units();
        let labels = chosen.iter().map(|&sample| raw.labels[sample]).collect();
        let places = || chosen.iter().flat_map(|&sample| (0..units).map(move |index| (sample, index)));
        if matches!(self, Measure::Bytes) {
            let pixels = places().map(|(sample, index)| byte(raw, sample, index)).collect::<Result<_, _>>()?;
            return Ok(Part::Images(ImageSet { rows: raw.sizes[0], columns: raw.sizes[1], pixels, labels }));
        }
        let values = places().map(|(sample, index)| self.value(raw, sample, index)).collect::<Result<_, _>>()?;
        Ok(Part::Values(ValueSet { units, values, labels }))
    }

    fn value(&self, raw: &Raw, sample: usize, index: usize) -> Result<f32, DenseError> {
        let got = raw.number(sample, index)?;
        match self {
            Measure::Range(ranges) => {
                let (low, width) = ranges[index % ranges.len()];
                Ok(if width > 0.0 { ((got - low) / width).clamp(0.0, 1.0) as f32 } else { 0.0 })
            }
            _ if (0.0..=1.0).contains(&got) => Ok(got as f32),
            _ => Err(DenseError::Range { file: raw.file.clone(), sample, index, got, needed: "from 0 to 1" }),
        }
    }
}

fn byte(raw: &Raw, sample: usize, index: usize) -> Result<u8, DenseError> {
    let got = raw.number(sample, index)?;
    let byte = raw.numbers.integer(sample * raw.units() + index).and_then(|number| u8::try_from(number).ok());
    let needed = "a whole number from 0 to 255";
    byte.ok_or_else(|| DenseError::Range { file: raw.file.clone(), sample, index, got, needed })
}

/// Lowest number and width of the range of all numbers (`features` = 1), or of every feature.
fn ranges(raw: &Raw, chosen: &[usize], features: usize) -> Result<Vec<(f64, f64)>, DenseError> {
    let mut ends = vec![(f64::INFINITY, f64::NEG_INFINITY); features];
    for &sample in chosen {
        for index in 0..raw.units() {
            let number = raw.number(sample, index)?;
            let (low, high) = &mut ends[index % features];
            *low = low.min(number);
            *high = high.max(number);
        }
    }
    // Half of a width that is too large for a float64 would not be.
    Ok(ends.into_iter().map(|(low, high)| (low, (high - low).min(f64::MAX))).collect())
}
