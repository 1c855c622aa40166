//! The numbers of dense samples, in memory or read from a file in windows of many samples.

use std::{
    fs,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    sync::{Mutex, PoisonError},
};

use crate::{
    column::{Column, NumberType},
    npy::{self, PlainNumbers},
    regular,
};

/// Bytes of a header that are read to recognise a file.
const HEAD: u64 = 1 << 16;
/// Smallest file that is read in windows, bytes.
pub(crate) const LARGE: u64 = 32 << 20;
/// Bytes of a window.
pub(crate) const WINDOW: usize = 4 << 20;

/// Numbers of samples, one row per sample.
pub(crate) enum SampleNumbers {
    /// All of them.
    Whole(Column),
    /// Those in a file.
    File(FileNumbers),
}

/// Numbers in a file, in the order of the samples.
pub(crate) struct FileNumbers {
    file: Mutex<fs::File>,
    start: u64,
    number: NumberType,
    /// Bytes of a window.
    window: usize,
}

/// Rows of consecutive samples.
pub(crate) struct Rows<'a> {
    column: &'a Column,
    first_sample: usize,
    units: usize,
}

impl Rows<'_> {
    /// Returns number `index` of `sample`.
    pub(crate) fn number(&self, sample: usize, index: usize) -> f64 {
        self.column.number(self.place(sample) + index)
    }

    /// Returns number `index` of `sample` if it is an integer.
    pub(crate) fn integer(&self, sample: usize, index: usize) -> Option<i128> {
        self.column.integer(self.place(sample) + index)
    }

    /// Returns the numbers of `sample` if they are stored as unsigned bytes.
    pub(crate) fn bytes(&self, sample: usize) -> Option<&[u8]> {
        self.column.plain_bytes()?.get(self.place(sample)..)?.get(..self.units)
    }

    fn place(&self, sample: usize) -> usize {
        (sample - self.first_sample) * self.units
    }
}

impl SampleNumbers {
    /// Opens the npy file at `path` to read its numbers in windows of `window` bytes. Returns them with the shape of the
    /// array, or `None` for a file below `large` bytes, or one without a row of numbers per sample.
    pub(crate) fn open(path: &Path, large: u64, window: usize) -> io::Result<Option<(Vec<usize>, SampleNumbers)>> {
        let mut file = regular::open(path)?;
        let length = file.metadata()?.len();
        if length < large {
            return Ok(None);
        }
        let mut head = Vec::new();
        (&mut file).take(HEAD).read_to_end(&mut head)?;
        let rows = npy::plain(&head, length).filter(|found| found.shape.len() >= 2 && !found.shape.contains(&0));
        Ok(rows.map(|PlainNumbers { start, shape, number }| {
            (shape, SampleNumbers::File(FileNumbers { file: Mutex::new(file), start: start as u64, number, window }))
        }))
    }

    /// Returns the storage format of the numbers.
    pub(crate) fn number_type(&self) -> NumberType {
        match self {
            SampleNumbers::Whole(column) => column.number_type(),
            SampleNumbers::File(file) => file.number,
        }
    }

    /// Calls `each` with the rows of the samples `chosen`, which ascend, and their numbers, one window at a time. A
    /// sample has `units` numbers. `unreadable` is the error for a file that cannot be read.
    pub(crate) fn in_windows<Error>(
        &self,
        units: usize,
        chosen: &[usize],
        unreadable: impl Fn(io::Error) -> Error,
        mut each: impl FnMut(&Rows, &[usize]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let file = match self {
            SampleNumbers::Whole(column) => return each(&Rows { column, first_sample: 0, units }, chosen),
            SampleNumbers::File(file) => file,
        };
        let row = units * file.number.size();
        let samples = (file.window / row.max(1)).max(1);
        let mut left = chosen;
        while let Some(&first_sample) = left.first() {
            let here;
            (here, left) = left.split_at(left.partition_point(|&sample| sample < first_sample + samples));
            let rows = here[here.len() - 1] + 1 - first_sample;
            let bytes = file.read(first_sample * row, rows * row).map_err(&unreadable)?;
            let column = Column::dense(bytes, file.number);
            each(&Rows { column: &column, first_sample, units }, here)?;
        }
        Ok(())
    }
}

impl FileNumbers {
    fn read(&self, at: usize, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.start + at as u64))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Kind;

    /// Five samples of three numbers, of which windows of one, two and all samples are read.
    #[test]
    fn windows_have_the_numbers_of_the_array() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        for (descr, kind, size) in [("|u1", Kind::Unsigned, 1), ("<f4", Kind::Float, 4), ("<i2", Kind::Signed, 2)] {
            let mut bytes = Vec::new();
            npy::write_header(descr, &[5, 3], &mut bytes).unwrap();
            let numbers: Vec<u8> = match size {
                1 => (0..15).collect(),
                2 => (0..15_i16).flat_map(i16::to_le_bytes).collect(),
                _ => (0..15_u8).flat_map(|number| f32::from(number).to_le_bytes()).collect(),
            };
            bytes.extend(&numbers);
            fs::write(&path, &bytes).unwrap();
            let whole = SampleNumbers::Whole(Column::dense(numbers, NumberType::new(kind, size, false).unwrap()));
            for window in [1, 6 * size, 100] {
                let (shape, file) = SampleNumbers::open(&path, 0, window).unwrap().expect("plain numbers");
                assert_eq!((shape, file.number_type()), (vec![5, 3], whole.number_type()));
                for chosen in [&[0, 1, 2, 3, 4][..], &[1, 4], &[3], &[]] {
                    let of = |numbers: &SampleNumbers| {
                        let mut found = Vec::new();
                        let collected = numbers.in_windows(
                            3,
                            chosen,
                            |error| error,
                            |rows, samples| {
                                for &sample in samples {
                                    found.extend(
                                        (0..3).map(|index| (rows.number(sample, index), rows.integer(sample, index))),
                                    );
                                    assert_eq!(rows.bytes(sample).is_some(), size == 1);
                                }
                                Ok::<(), io::Error>(())
                            },
                        );
                        collected.map(|()| found).unwrap()
                    };
                    assert_eq!(of(&file), of(&whole), "{descr} {window} {chosen:?}");
                    assert_eq!(of(&file).len(), 3 * chosen.len());
                }
            }
        }
        assert!(SampleNumbers::open(&path, 1000, 100).unwrap().is_none(), "a small file");
        fs::write(&path, b"other").unwrap();
        assert!(SampleNumbers::open(&path, 0, 100).unwrap().is_none());
    }
}
