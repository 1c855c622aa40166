//! File format of imported data sets: one file each, with a digest of its content.
//!
//! ```text
//! ohmspike-data-2                    format
//! {"kind":"events", ...}             one line of JSON: kind, sizes, class names, counts of both parts, digest
//! training part, test part:
//!   labels                  u8 per sample
//!   bytes                   u8, samples x units, full scale 255             kind "bytes"
//!   values                  f32, samples x units, from 0 to 1               kind "values"
//!   lengths, times, unit    u32 per sample, f64 per event (s), u16 per event    kind "events"
//! ```
//! Format `ohmspike-data-1` stores times as f32, which resolves 0.2 ms after an hour. Its dense samples can be read,
//! its events cannot.
//!
//! All numbers are little-endian. The digest is the SHA-256, in hexadecimal, of the text `KIND TRAIN TEST DURATION`.
//! `TRAIN` and `TEST` are the digests of the parts: [`EventSet::digest`] for events; for dense samples, the SHA-256 of
//! units, classes and samples as u64, labels, numbers. `DURATION` is the bit pattern of the duration as a decimal u64,
//! 0 for dense samples. The digest omits class names and image dimensions, which do not affect results.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{
    dataset::{Dataset, Part},
    events::{EventSet, EventsError},
    file::hexadecimal,
    image_set::ImageSet,
    persist, regular,
    shown::{excerpt, is_control, shown, shown_path},
    value_set::ValueSet,
};

/// First line of a file.
const FORM: &str = "ohmspike-data-2";
/// First line of files with rounded times.
const ROUNDED_TIMES: &str = "ohmspike-data-1";
/// Longest header, bytes.
const LONGEST_HEADER: u64 = 1 << 20;

/// Reason for rejecting a stored data set.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoredError {
    /// The file cannot be read.
    #[error("cannot read `{file}`: {}", crate::reason(reason))]
    Read {
        /// The file.
        file: String,
        /// Error of the operating system.
        reason: io::Error,
    },
    /// Unknown format.
    #[error("{file}:1: expected `{FORM}`, got `{got}`\n\nhint: import the data set again with `--replace`")]
    Form {
        /// The file.
        file: String,
        /// First line of the file.
        got: String,
    },
    /// Events in the format with rounded times.
    #[error(
        "{file}: format `{ROUNDED_TIMES}` has rounded event times; expected `{FORM}`, which is exact to 1 µs\n\n\
         hint: import the data set again with `--replace`"
    )]
    RoundedTimes {
        /// The file.
        file: String,
    },
    /// Invalid header.
    #[error("{file}:2: invalid header: {reason}")]
    Header {
        /// The file.
        file: String,
        /// Description of the error.
        reason: String,
    },
    /// The length of the content differs from the header.
    #[error("{file}: expected {needed} bytes after the header, got {got}")]
    Length {
        /// The file.
        file: String,
        /// Actual length, bytes.
        got: u64,
        /// Length according to the header, bytes.
        needed: u128,
    },
    /// Invalid sample.
    #[error("{file}: {reason}")]
    Sample {
        /// The file.
        file: String,
        /// Description of the error.
        reason: String,
    },
    /// Invalid recording.
    #[error(transparent)]
    Events(#[from] EventsError),
    /// The content does not match its digest.
    #[error(
        "{file}: content digest: expected `{needed}`, got `{got}`\n\nhint: import the data set again with `--replace`"
    )]
    Digest {
        /// The file.
        file: String,
        /// Digest of the content.
        got: String,
        /// Digest in the header.
        needed: String,
    },
}

impl StoredError {
    /// The content of `file` has the digest `got`, which is not that of its header.
    pub(crate) fn wrong_digest(file: String, got: String, header: &Header) -> StoredError {
        StoredError::Digest { file, got, needed: excerpt(&header.sha256) }
    }
}

/// Kind of the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Bytes,
    Values,
    Events,
}

/// Numbers of samples and events of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counts {
    pub samples: usize,
    /// 0 for dense samples.
    pub events: usize,
}

/// Second line of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub kind: Kind,
    /// Height and width of a sample; 1 and the number of units if it is no image.
    pub sizes: [usize; 2],
    pub class_names: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<f64>,
    pub train: Counts,
    pub test: Counts,
    pub sha256: String,
}

impl Header {
    /// Describes the samples.
    pub(crate) fn told(&self) -> String {
        let units = self.units();
        let classes = self.class_names.len();
        match (self.kind, self.duration_seconds) {
            (Kind::Events, Some(seconds)) => format!("events of {units} units, {classes} classes, {seconds} s"),
            _ => format!("{units} values, {classes} classes"),
        }
    }

    pub(crate) fn units(&self) -> usize {
        self.sizes.iter().fold(1, |units: usize, &size| units.saturating_mul(size))
    }

    /// Returns the size of a part in bytes.
    pub(crate) fn bytes(&self, counts: Counts) -> u128 {
        let (samples, events, units) = (counts.samples as u128, counts.events as u128, self.units() as u128);
        match self.kind {
            Kind::Bytes => samples * (1 + units),
            Kind::Values => samples * (1 + 4 * units),
            Kind::Events => samples * (1 + 4) + events * (8 + 2),
        }
    }

    /// Checks the sizes.
    fn check(&self, file: &str) -> Result<(), StoredError> {
        let header = |reason: String| StoredError::Header { file: file.to_owned(), reason };
        let classes = self.class_names.len();
        if !(1..=1 << u8::BITS).contains(&classes) {
            return Err(header(format!("expected 1 to 256 classes, got {classes}")));
        }
        if let Some(name) = self.class_names.iter().find(|name| name.contains(is_control)) {
            return Err(header(format!("class name `{}` contains control characters", excerpt(name))));
        }
        if !(1..=1 << u16::BITS).contains(&self.units()) {
            return Err(header(format!("expected 1 to 65536 units, got {}", self.units())));
        }
        if self.train.samples == 0 || self.test.samples == 0 {
            return Err(header("expected at least 1 sample in each part".to_owned()));
        }
        if self.kind != Kind::Events && (self.train.events > 0 || self.test.events > 0) {
            return Err(header("unexpected events for dense samples".to_owned()));
        }
        let lasts = self.duration_seconds.map(|seconds| seconds.is_finite() && seconds > 0.0);
        if lasts != (self.kind == Kind::Events).then_some(true) {
            return Err(header("invalid or missing duration".to_owned()));
        }
        Ok(())
    }
}

/// Computes the digest of a data set.
pub(crate) fn digest(train: &Part, test: &Part, classes: usize, duration_seconds: Option<f64>) -> String {
    let kind = match train {
        Part::Images(_) => Kind::Bytes,
        Part::Values(_) => Kind::Values,
        Part::Events(_) => Kind::Events,
    };
    digest_of_parts(kind, &[train, test].map(|part| part_digest(part, classes)), duration_seconds)
}

/// Computes the digest of a data set from those of its parts.
pub(crate) fn digest_of_parts(kind: Kind, parts: &[String], duration_seconds: Option<f64>) -> String {
    let kind = match kind {
        Kind::Bytes => "bytes",
        Kind::Values => "values",
        Kind::Events => "events",
    };
    let parts = parts.join(" ");
    let duration = duration_seconds.map_or(0, f64::to_bits);
    hexadecimal(&Sha256::digest(format!("{kind} {parts} {duration}")).into())
}

fn part_digest(part: &Part, classes: usize) -> String {
    let mut hash = Sha256::new();
    for size in [part.units(), classes, part.len()] {
        hash.update((size as u64).to_le_bytes());
    }
    hash.update(part.labels());
    match part {
        Part::Events(events) => return events.digest(),
        Part::Images(images) => hash.update(&images.pixels),
        Part::Values(values) => {
            // Hashed in pieces to avoid a second copy of the numbers.
            for piece in values.values.chunks(1 << 14) {
                hash.update(piece.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>());
            }
        }
    }
    hexadecimal(&hash.finalize().into())
}

/// Writes `data` to the file at `path`.
pub(crate) fn write(path: &Path, data: &Dataset) -> io::Result<()> {
    let counts = |part: &Part| match part {
        Part::Events(events) => Counts { samples: events.len(), events: events.times.len() },
        _ => Counts { samples: part.len(), events: 0 },
    };
    let (kind, sizes) = match &data.train {
        Part::Images(images) => (Kind::Bytes, [images.rows, images.columns]),
        Part::Values(values) => (Kind::Values, [1, values.units]),
        Part::Events(events) => (Kind::Events, [1, events.units]),
    };
    let header = Header {
        kind,
        sizes,
        class_names: data.class_names.clone(),
        duration_seconds: data.duration_seconds,
        train: counts(&data.train),
        test: counts(&data.test),
        sha256: data.digest.clone(),
    };
    persist::write(path, |file| {
        write_header(file, &header)?;
        write_part(file, &data.train)?;
        write_part(file, &data.test)
    })
}

/// Writes the lines before the content.
pub(crate) fn write_header(file: &mut dyn Write, header: &Header) -> io::Result<()> {
    writeln!(file, "{FORM}\n{}", serde_json::to_string(header)?)
}

fn write_part(file: &mut dyn Write, part: &Part) -> io::Result<()> {
    file.write_all(part.labels())?;
    match part {
        Part::Images(images) => file.write_all(&images.pixels),
        Part::Values(values) => values.values.iter().try_for_each(|value| file.write_all(&value.to_le_bytes())),
        Part::Events(events) => {
            for ends in events.offsets.windows(2) {
                let length = u32::try_from(ends[1] - ends[0]).map_err(io::Error::other)?;
                file.write_all(&length.to_le_bytes())?;
            }
            events.times.iter().try_for_each(|time| file.write_all(&time.to_le_bytes()))?;
            events.unit.iter().try_for_each(|unit| file.write_all(&unit.to_le_bytes()))
        }
    }
}

/// Reads the header of the file at `path`.
pub(crate) fn header(path: &Path) -> Result<Header, StoredError> {
    Ok(Stored::open(path)?.header)
}

/// Reads and checks the data set in the file at `path` and names it `name`.
pub(crate) fn read(path: &Path, name: &str) -> Result<Dataset, StoredError> {
    let mut stored = Stored::open(path)?;
    let header = stored.header.clone();
    let train = stored.part(header.train)?;
    let test = stored.part(header.test)?;
    let got = digest(&train, &test, header.class_names.len(), header.duration_seconds);
    if got != header.sha256 {
        return Err(StoredError::wrong_digest(stored.file, got, &header));
    }
    Ok(Dataset {
        name: name.to_owned(),
        class_names: header.class_names,
        train,
        test,
        duration_seconds: header.duration_seconds,
        digest: got,
    })
}

/// Checks the classes of samples of `file`.
pub(crate) fn check_labels(file: &str, labels: &[u8], classes: usize) -> Result<(), StoredError> {
    let Some(index) = labels.iter().position(|&label| usize::from(label) >= classes) else { return Ok(()) };
    let reason = format!("sample {index}: label: expected 0 to {}, got {}", classes - 1, labels[index]);
    Err(StoredError::Sample { file: file.to_owned(), reason })
}

/// Checks numbers of `file`, the first of which is number `first`.
pub(crate) fn check_values(file: &str, values: &[f32], first: usize) -> Result<(), StoredError> {
    let Some(index) = values.iter().position(|value| !(0.0..=1.0).contains(value)) else { return Ok(()) };
    let reason = format!("number {}: expected 0 to 1, got {}", first + index, values[index]);
    Err(StoredError::Sample { file: file.to_owned(), reason })
}

/// Checks the lengths of recordings of `file` with this number of `events`.
pub(crate) fn check_lengths(file: &str, lengths: &[u32], events: usize) -> Result<(), StoredError> {
    let sum: u64 = lengths.iter().map(|&length| u64::from(length)).sum();
    if sum == events as u64 {
        return Ok(());
    }
    let reason = format!("expected {events} events (as in the header), got {sum}");
    Err(StoredError::Sample { file: file.to_owned(), reason })
}

/// A file with a checked header and length.
pub(crate) struct Stored {
    pub file: String,
    pub header: Header,
    pub content: BufReader<fs::File>,
    /// Position of the first byte after the header.
    pub start: u64,
}

impl Stored {
    pub(crate) fn open(path: &Path) -> Result<Stored, StoredError> {
        let file = shown_path(path);
        let read = |reason| StoredError::Read { file: file.clone(), reason };
        let opened = regular::open(path).map_err(read)?;
        let length = opened.metadata().map_err(read)?.len();
        let mut content = BufReader::new(opened);
        let mut line = || -> Result<(String, u64), StoredError> {
            let mut bytes = Vec::new();
            (&mut content).take(LONGEST_HEADER).read_until(b'\n', &mut bytes).map_err(read)?;
            Ok((String::from_utf8_lossy(&bytes).trim_end().to_owned(), bytes.len() as u64))
        };
        let (form, form_bytes) = line()?;
        if form != FORM && form != ROUNDED_TIMES {
            return Err(StoredError::Form { file, got: excerpt(&form) });
        }
        let (text, header_bytes) = line()?;
        let header: Header = serde_json::from_str(&text).map_err(|error| StoredError::Header {
            file: file.clone(),
            reason: shown(&error.to_string()).into_owned(),
        })?;
        header.check(&file)?;
        if form == ROUNDED_TIMES && header.kind == Kind::Events {
            return Err(StoredError::RoundedTimes { file });
        }
        let got = length.saturating_sub(form_bytes + header_bytes);
        let needed = header.bytes(header.train) + header.bytes(header.test);
        if u128::from(got) != needed {
            return Err(StoredError::Length { file, got, needed });
        }
        Ok(Stored { file, header, content, start: form_bytes + header_bytes })
    }

    /// Reads the next part.
    fn part(&mut self, counts: Counts) -> Result<Part, StoredError> {
        let labels = self.bytes(counts.samples)?;
        check_labels(&self.file, &labels, self.header.class_names.len())?;
        let numbers = counts.samples.saturating_mul(self.header.units());
        match self.header.kind {
            Kind::Bytes => {
                let [rows, columns] = self.header.sizes;
                Ok(Part::Images(ImageSet { rows, columns, pixels: self.bytes(numbers)?, labels }))
            }
            Kind::Values => {
                let values: Vec<f32> = self.words::<4>(numbers)?.into_iter().map(f32::from_le_bytes).collect();
                check_values(&self.file, &values, 0)?;
                Ok(Part::Values(ValueSet { units: self.header.units(), values, labels }))
            }
            Kind::Events => self.events(counts, &labels),
        }
    }

    fn events(&mut self, counts: Counts, labels: &[u8]) -> Result<Part, StoredError> {
        let lengths: Vec<u32> = self.words(counts.samples)?.into_iter().map(u32::from_le_bytes).collect();
        check_lengths(&self.file, &lengths, counts.events)?;
        let times = self.words::<8>(counts.events)?;
        let units = self.words::<2>(counts.events)?;
        let mut set = EventSet::new(self.header.units(), self.header.class_names.len());
        let mut start = 0;
        for (&length, &label) in lengths.iter().zip(labels) {
            let events = start..start + length as usize;
            let time = times[events.clone()].iter().map(|&time| f64::from_le_bytes(time));
            let unit = units[events.clone()].iter().map(|&unit| u16::from_le_bytes(unit));
            set.push(&self.file, time, unit, i128::from(label))?;
            start = events.end;
        }
        Ok(Part::Events(set))
    }

    fn words<const BYTES: usize>(&mut self, count: usize) -> Result<Vec<[u8; BYTES]>, StoredError> {
        Ok(self.bytes(count.saturating_mul(BYTES))?.as_chunks().0.to_vec())
    }

    fn bytes(&mut self, count: usize) -> Result<Vec<u8>, StoredError> {
        let mut bytes = vec![0; count];
        let read = self.content.read_exact(&mut bytes);
        read.map_err(|reason| StoredError::Read { file: self.file.clone(), reason })?;
        Ok(bytes)
    }
}
