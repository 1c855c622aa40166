//! Reads an imported data set piece by piece, so that memory does not grow with the number of samples.

use std::{
    fs,
    io::{Read, Seek, SeekFrom},
    ops::Range,
    path::Path,
};

use sha2::{Digest, Sha256};

use crate::{
    dataset::Part,
    events::{EventSet, EventsError},
    file::hexadecimal,
    image_set::ImageSet,
    imported::find,
    load::{LoadError, unknown},
    stored::{self, Counts, Header, Kind, Stored, StoredError},
    value_set::ValueSet,
};

/// Bytes of a piece.
const PIECE: usize = 1 << 20;
/// Times to read at a time.
const TIMES: usize = 1 << 16;

/// An imported data set that is open for reading.
#[derive(Debug)]
pub struct ImportedSet {
    file: String,
    header: Header,
    content: fs::File,
    /// Position of the first byte after the header.
    start: u64,
    /// Digests of the parts that were read to their ends.
    digests: Vec<String>,
}

impl ImportedSet {
    /// Opens the imported data set `name` and checks its header and length; `cache` overrides the cache folder.
    ///
    /// # Errors
    /// Returns an error if there is no such data set, or if its header is invalid.
    pub fn open(name: &str, cache: Option<&Path>) -> Result<ImportedSet, LoadError> {
        let path = find(name, cache).ok_or_else(|| unknown(name, cache))?;
        Ok(ImportedSet::of_file(&path)?)
    }

    fn of_file(path: &Path) -> Result<ImportedSet, StoredError> {
        let Stored { file, header, content, start } = Stored::open(path)?;
        Ok(ImportedSet { file, header, content: content.into_inner(), start, digests: Vec::new() })
    }

    /// Returns the digest of the content that the file states; [`verified`](ImportedSet::verified) checks it.
    pub fn stated_digest(&self) -> &str {
        &self.header.sha256
    }

    /// Returns the number of classes.
    pub fn classes(&self) -> usize {
        self.header.class_names.len()
    }

    /// Returns the numbers per sample, or the units of a recording.
    pub fn units(&self) -> usize {
        self.header.units()
    }

    /// Returns the numbers of training and test samples.
    pub fn samples(&self) -> [usize; 2] {
        [self.header.train.samples, self.header.test.samples]
    }

    /// Returns the bytes of a training sample and of a test sample; of recordings, the mean.
    pub fn bytes_per_sample(&self) -> [usize; 2] {
        // The length of the file was compared with that of both parts, which have samples.
        [self.header.train, self.header.test].map(|part| self.header.bytes(part) as usize / part.samples)
    }

    /// Returns the duration of each recording, s; `None` for dense samples.
    pub fn duration_seconds(&self) -> Option<f64> {
        self.header.duration_seconds
    }

    /// Reads the training samples in pieces of `size` samples.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or has an invalid label.
    pub fn train(&mut self, size: usize) -> Result<Pieces<'_>, StoredError> {
        Pieces::new(self, self.header.train, self.start, size)
    }

    /// Reads the test samples in pieces of `size` samples.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or has an invalid label.
    pub fn test(&mut self, size: usize) -> Result<Pieces<'_>, StoredError> {
        // The length of the file was compared with that of both parts.
        let start = self.start + self.header.bytes(self.header.train) as u64;
        Pieces::new(self, self.header.test, start, size)
    }

    /// Returns the digest of the content, after both parts were read to their ends, training samples first.
    ///
    /// # Errors
    /// Returns an error if it is not the digest that the file states.
    pub fn verified(self) -> Result<String, StoredError> {
        let got = stored::digest_of_parts(self.header.kind, &self.digests, self.header.duration_seconds);
        match got == self.header.sha256 {
            true => Ok(got),
            false => Err(StoredError::wrong_digest(self.file, got, &self.header)),
        }
    }

    fn read(&mut self, at: u64, bytes: usize) -> Result<Vec<u8>, StoredError> {
        let mut read = vec![0; bytes];
        let content = &mut self.content;
        let done = content.seek(SeekFrom::Start(at)).and_then(|_| content.read_exact(&mut read));
        done.map_err(|reason| StoredError::Read { file: self.file.clone(), reason })?;
        Ok(read)
    }
}

/// Reads the file at `path` and returns the digest of its content, which is that in its header.
pub(crate) fn digest_of_file(path: &Path) -> Result<String, StoredError> {
    let mut set = ImportedSet::of_file(path)?;
    let sizes = set.bytes_per_sample().map(|bytes| PIECE / bytes.max(1));
    set.train(sizes[0])?.try_for_each(|piece| piece.map(drop))?;
    set.test(sizes[1])?.try_for_each(|piece| piece.map(drop))?;
    set.verified()
}

/// Samples of one part in their order.
#[derive(Debug)]
pub struct Pieces<'a> {
    set: &'a mut ImportedSet,
    counts: Counts,
    labels: Vec<u8>,
    /// Samples of a piece.
    size: usize,
    /// First sample of the next piece.
    next: usize,
    /// Position of the first byte after the labels.
    start: u64,
    /// Events only.
    events: Option<Events>,
    /// Hash of the samples before `next`.
    hash: Sha256,
}

/// Place in the events of a part.
#[derive(Debug)]
struct Events {
    lengths: Vec<u32>,
    /// First event of the next piece.
    next: usize,
    /// Whether the digest contains times as f32.
    short: bool,
}

impl<'a> Pieces<'a> {
    fn new(set: &'a mut ImportedSet, counts: Counts, at: u64, size: usize) -> Result<Pieces<'a>, StoredError> {
        let labels = set.read(at, counts.samples)?;
        stored::check_labels(&set.file, &labels, set.classes())?;
        let start = at + counts.samples as u64;
        let mut hash = Sha256::new();
        let events = match set.header.kind {
            Kind::Events => Some(Events::new(set, counts, start)?),
            _ => None,
        };
        if events.as_ref().is_some_and(|events| !events.short) {
            hash.update("f64");
        }
        for size in [set.units(), set.classes(), counts.samples] {
            hash.update((size as u64).to_le_bytes());
        }
        if events.is_none() {
            hash.update(&labels);
        }
        Ok(Pieces { set, counts, labels, size: size.max(1), next: 0, start, events, hash })
    }

    fn piece(&mut self, samples: Range<usize>) -> Result<Part, StoredError> {
        match self.set.header.kind {
            Kind::Events => self.recordings(samples),
            kind => self.dense(kind, samples),
        }
    }

    fn dense(&mut self, kind: Kind, samples: Range<usize>) -> Result<Part, StoredError> {
        let (units, width) = (self.set.units(), if kind == Kind::Bytes { 1 } else { 4 });
        let at = self.start + (samples.start * units * width) as u64;
        let bytes = self.set.read(at, samples.len() * units * width)?;
        self.hash.update(&bytes);
        let labels = self.labels[samples.clone()].to_vec();
        if kind == Kind::Bytes {
            let [rows, columns] = self.set.header.sizes;
            return Ok(Part::Images(ImageSet { rows, columns, pixels: bytes, labels }));
        }
        let values: Vec<f32> = bytes.as_chunks().0.iter().map(|&value| f32::from_le_bytes(value)).collect();
        stored::check_values(&self.set.file, &values, samples.start * units)?;
        Ok(Part::Values(ValueSet { units, values, labels }))
    }

    fn recordings(&mut self, samples: Range<usize>) -> Result<Part, StoredError> {
        let events = self.events.as_mut().expect("the kind is events");
        let lengths = &events.lengths[samples.clone()];
        let (first, count) = (events.next, lengths.iter().map(|&length| length as usize).sum::<usize>());
        events.next += count;
        let of_times = self.start + 4 * self.counts.samples as u64;
        let of_units = of_times + 8 * self.counts.events as u64;
        let times = self.set.read(of_times + 8 * first as u64, 8 * count)?;
        let units = self.set.read(of_units + 2 * first as u64, 2 * count)?;
        let mut set = EventSet::new(self.set.units(), self.set.classes());
        let (mut time, mut unit) = (times.as_chunks::<8>().0, units.as_chunks::<2>().0);
        for (&length, &label) in lengths.iter().zip(&self.labels[samples.clone()]) {
            let (of_recording, units_of_recording);
            (of_recording, time) = time.split_at(length as usize);
            (units_of_recording, unit) = unit.split_at(length as usize);
            let times = of_recording.iter().map(|&time| f64::from_le_bytes(time));
            let units = units_of_recording.iter().map(|&unit| u16::from_le_bytes(unit));
            let pushed = set.push(&self.set.file, times, units, i128::from(label));
            pushed.map_err(|error| EventsError::later(error, samples.start))?;
        }
        set.hash_recordings(&mut self.hash, events.short);
        Ok(Part::Events(set))
    }
}

impl Iterator for Pieces<'_> {
    type Item = Result<Part, StoredError>;

    fn next(&mut self) -> Option<Self::Item> {
        let samples = self.next..(self.next + self.size).min(self.counts.samples);
        if samples.is_empty() {
            return None;
        }
        self.next = samples.end;
        let piece = self.piece(samples);
        if self.next == self.counts.samples {
            self.set.digests.push(hexadecimal(&self.hash.clone().finalize().into()));
        }
        Some(piece)
    }
}

impl Events {
    fn new(set: &mut ImportedSet, counts: Counts, start: u64) -> Result<Events, StoredError> {
        let lengths = set.read(start, 4 * counts.samples)?;
        let lengths: Vec<u32> = lengths.as_chunks().0.iter().map(|&length| u32::from_le_bytes(length)).collect();
        stored::check_lengths(&set.file, &lengths, counts.events)?;
        let of_times = start + 4 * counts.samples as u64;
        let mut short = true;
        for first in (0..counts.events).step_by(TIMES) {
            let count = TIMES.min(counts.events - first);
            let times = set.read(of_times + 8 * first as u64, 8 * count)?;
            let mut times = times.as_chunks().0.iter().map(|&time| f64::from_le_bytes(time));
            short = times.all(|time| f64::from(time as f32) == time);
            if !short {
                break;
            }
        }
        Ok(Events { lengths, next: 0, short })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dataset::Dataset, import::store, stored::digest};

    fn events(exact: bool) -> [Part; 2] {
        [7_usize, 4].map(|count| {
            let mut set = EventSet::new(5, 3);
            for recording in 0..count {
                let scale = if exact { 0.125 } else { 0.1 };
                let times = (0..recording % 4).map(|event| scale * event as f64);
                let units = (0..recording % 4).map(|event| (event + recording) as u16 % 5);
                set.push("a", times, units, (recording % 3) as i128).unwrap();
            }
            Part::Events(set)
        })
    }

    fn dense(values: bool) -> [Part; 2] {
        [7_u8, 4].map(|count| {
            let labels: Vec<u8> = (0..count).map(|sample| sample % 3).collect();
            let numbers = 0..6 * count;
            match values {
                true => {
                    let values = numbers.map(|number| f32::from(number) / 50.0).collect();
                    Part::Values(ValueSet { units: 6, values, labels })
                }
                false => Part::Images(ImageSet { rows: 2, columns: 3, pixels: numbers.collect(), labels }),
            }
        })
    }

    /// Returns the samples of `pieces` as one part of `size` samples at a time.
    fn lengths(pieces: Pieces) -> Vec<usize> {
        pieces.map(|piece| piece.unwrap().len()).collect()
    }

    #[test]
    fn pieces_are_the_samples_of_the_set() {
        let cache = tempfile::tempdir().unwrap();
        for [train, test] in [events(true), events(false), dense(true), dense(false)] {
            let duration_seconds = matches!(train, Part::Events(_)).then_some(0.5);
            let digest = digest(&train, &test, 3, duration_seconds);
            let class_names = ["a", "b", "c"].map(str::to_owned).to_vec();
            let data = Dataset { name: "mine".to_owned(), class_names, train, test, duration_seconds, digest };
            store(&data, Some(cache.path()), true).unwrap();
            let mut whole = ImportedSet::open("mine", Some(cache.path())).unwrap();
            assert_eq!((whole.samples(), whole.classes(), whole.units()), ([7, 4], 3, data.train.units()));
            assert_eq!(whole.train(10).unwrap().next().unwrap().unwrap(), data.train);
            assert_eq!(whole.test(10).unwrap().next().unwrap().unwrap(), data.test);
            assert_eq!(whole.verified().unwrap(), data.digest);
            let mut pieces = ImportedSet::open("mine", Some(cache.path())).unwrap();
            assert_eq!(lengths(pieces.train(3).unwrap()), [3, 3, 1]);
            assert_eq!(lengths(pieces.test(2).unwrap()), [2, 2]);
            assert_eq!(pieces.verified().unwrap(), data.digest);
        }
    }

    #[test]
    fn a_changed_sample_is_found() {
        let cache = tempfile::tempdir().unwrap();
        let [train, test] = dense(false);
        let digest = digest(&train, &test, 3, None);
        let class_names = ["a", "b", "c"].map(str::to_owned).to_vec();
        let data = Dataset { name: "mine".to_owned(), class_names, train, test, duration_seconds: None, digest };
        let path = store(&data, Some(cache.path()), false).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        let mut changed = ImportedSet::open("mine", Some(cache.path())).unwrap();
        assert_eq!(changed.train(4).unwrap().count() + changed.test(4).unwrap().count(), 3);
        let error = changed.verified().unwrap_err().to_string();
        let streamed = error.split("\n\n").next().unwrap_or_default();
        assert!(streamed.contains("content digest: expected"), "{streamed}");
        assert_eq!(error, stored::read(&path, "mine").unwrap_err().to_string());
    }
}
