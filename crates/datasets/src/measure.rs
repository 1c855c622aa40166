//! Scales dense samples to 0 to 1:
//!
//! ```text
//! whole numbers    0 to 255, full scale 255; full scale 1 if no training value exceeds 1
//! other numbers    0 to 1, full scale 1
//! min-max          (x - low) / (high - low), clipped to 0 to 1; low and high over all training numbers
//! min-max-each     the same with low and high per feature; 0 for a feature that is constant in training
//! ```
//!
//! The training samples decide. Test samples of floats or booleans are refused next to training samples of bytes: their 1
//! would be 1 / 255.

use crate::{
    dataset::Part,
    dense::{DenseError, Raw, Scale},
    image_set::ImageSet,
    note::Note,
    sample_numbers::Rows,
    value_set::ValueSet,
};

/// Scaling rule, derived from the training samples.
pub(crate) enum Measure {
    /// Whole numbers from 0 to 255.
    Bytes,
    /// Numbers from 0 to 1.
    Unit,
    /// Lowest and highest number, for all features together or for each one.
    Range(Vec<(f64, f64)>),
}

impl Measure {
    /// Derives the rule from the training samples `chosen` of `raw`.
    pub(crate) fn new(raw: &Raw, chosen: &[usize], scale: Option<Scale>) -> Result<Measure, DenseError> {
        let Some(scale) = scale else {
            if raw.numbers.number_type().is_float() {
                return Ok(Measure::Unit);
            }
            let [(_, high)] = ranges(raw, chosen, 1)?[..] else { return Ok(Measure::Unit) };
            return Ok(if high > 1.0 { Measure::Bytes } else { Measure::Unit });
        };
        let features = if scale == Scale::MinMaxEach { raw.units() } else { 1 };
        Ok(Measure::Range(ranges(raw, chosen, features)?))
    }

    /// Returns a note on features that are constant in training and become 0, or `None` if numbers are not rescaled.
    pub(crate) fn constant(&self) -> Option<Note> {
        let Measure::Range(ranges) = self else { return None };
        let constant = ranges.iter().filter(|(low, high)| low == high).count();
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
                    let (low, high) = ranges[index % ranges.len()];
                    !(low..=high).contains(&number)
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
        self.check_type(raw)?;
        raw.in_windows(chosen, |rows, samples| each(self.piece(raw, rows, samples)?))
    }

    /// Refuses samples with 1 as their full scale next to training samples with 255.
    fn check_type(&self, raw: &Raw) -> Result<(), DenseError> {
        let number = raw.numbers.number_type();
        if matches!(self, Measure::Bytes) && (number.is_float() || number.is_boolean()) {
            return Err(DenseError::NotBytes { file: raw.file.clone(), got: number.to_string() });
        }
        Ok(())
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
                let (low, high) = ranges[index % ranges.len()];
                // The width may exceed the float64 range.
                let width = (high - low).min(f64::MAX);
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

/// Returns the lowest and the highest number, over all numbers (`features` = 1) or per feature.
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
    Ok(ends)
}
