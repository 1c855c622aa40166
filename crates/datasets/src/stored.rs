//! Imported data sets as they are stored: one file each, with a digest of its content.
//!
//! ```text
//! ohmspike-data-2                     the form
//! {"kind":"events", ...}              one line of JSON: kind, sizes, names of the classes, counts of both parts, digest
//! training part, test part:
//!   labels          u8 a sample
//!   bytes           u8, samples x units                               kind "bytes": 255 is full
//!   values          f32, samples x units, from 0 to 1                 kind "values"
//!   lengths, times, unit    u32 a sample, f64 an event (s), u16 an event     kind "events"
//! ```
//! The form before, `ohmspike-data-1`, had times as f32, which holds an hour to 0.2 ms: its dense samples are read, its events are not.
//!
//! All numbers are little-endian. The digest is SHA-256 in hexadecimal over the text `KIND TRAIN TEST DURATION`: the digests of both
//! parts ([`EventSet::digest`] of events; of dense samples SHA-256 over units, classes and samples as u64, labels, numbers), and the
//! bits of the duration as u64 in decimal, 0 for dense samples. Names of classes and sides of images decide no result and are no part
//! of it.

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

/// The first line of a file.
const FORM: &str = "ohmspike-data-2";
/// The first line of files whose times are rounded.
const ROUNDED_TIMES: &str = "ohmspike-data-1";
/// More than this is no header, bytes.
const LONGEST_HEADER: u64 = 1 << 20;

/// Why a stored data set cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoredError {
    /// The system does not let us read it.
    #[error("{file}: cannot be read ({reason}), must be a readable file")]
    Read {
        /// The file.
        file: String,
        /// What the system says.
        reason: io::Error,
    },
    /// Another form, or none.
    #[error("{file}: first line is `{got}`, must be `{FORM}`\n\nhint: import the data set again with `--replace`")]
    Form {
        /// The file.
        file: String,
        /// The first line.
        got: String,
    },
    /// Events of the form before.
    #[error(
        "{file}: times of the form `{ROUNDED_TIMES}` are rounded, must be exact to 1 microsecond as those of `{FORM}`\n\n\
         hint: import the data set again with `--replace`"
    )]
    RoundedTimes {
        /// The file.
        file: String,
    },
    /// A header that is none.
    #[error("{file}: header {reason}, must be as `ohmspike data import` writes it")]
    Header {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// More or less content than the header says.
    #[error("{file}: {got} bytes after the header, must be {needed}")]
    Length {
        /// The file.
        file: String,
        /// Bytes that are there.
        got: u64,
        /// Bytes that the header says.
        needed: u128,
    },
    /// A sample that is none.
    #[error("{file}: {reason}, must be as `ohmspike data import` writes it")]
    Sample {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// A recording that is none.
    #[error(transparent)]
    Events(#[from] EventsError),
    /// Content that was changed.
    #[error(
        "{file}: digest of the content is `{got}`, must be `{needed}`\n\nhint: import the data set again with `--replace`"
    )]
    Digest {
        /// The file.
        file: String,
        /// The digest of the content.
        got: String,
        /// The digest that the header says.
        needed: String,
    },
}

/// The kind of the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Bytes,
    Values,
    Events,
}

/// Samples and events of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counts {
    pub samples: usize,
    /// 0 for dense samples.
    pub events: usize,
}

/// The second line of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    kind: Kind,
    /// Height and width of a sample; 1 and the number of units where it is no image.
    sizes: [usize; 2],
    pub class_names: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<f64>,
    pub train: Counts,
    pub test: Counts,
    sha256: String,
}

impl Header {
    /// What the samples are, in words.
    pub(crate) fn told(&self) -> String {
        let units = self.units();
        let classes = self.class_names.len();
        match (self.kind, self.duration_seconds) {
            (Kind::Events, Some(seconds)) => format!("events of {units} units, {classes} classes, {seconds} s"),
            _ => format!("{units} values, {classes} classes"),
        }
    }

    fn units(&self) -> usize {
        self.sizes.iter().fold(1, |units: usize, &size| units.saturating_mul(size))
    }

    /// Bytes of a part.
    fn bytes(&self, counts: Counts) -> u128 {
        let (samples, events, units) = (counts.samples as u128, counts.events as u128, self.units() as u128);
        match self.kind {
            Kind::Bytes => samples * (1 + units),
            Kind::Values => samples * (1 + 4 * units),
            Kind::Events => samples * (1 + 4) + events * (8 + 2),
        }
    }

    /// Whether the sizes are possible.
    fn check(&self, file: &str) -> Result<(), StoredError> {
        let header = |reason: String| StoredError::Header { file: file.to_owned(), reason };
        let classes = self.class_names.len();
        if !(1..=1 << u8::BITS).contains(&classes) {
            return Err(header(format!("has {classes} classes")));
        }
        if let Some(name) = self.class_names.iter().find(|name| name.contains(is_control)) {
            return Err(header(format!("has a class `{}` with control characters", excerpt(name))));
        }
        if !(1..=1 << u16::BITS).contains(&self.units()) {
            return Err(header(format!("has {} units", self.units())));
        }
        if self.train.samples == 0 || self.test.samples == 0 {
            return Err(header("has a part without samples".to_owned()));
        }
        if self.kind != Kind::Events && (self.train.events > 0 || self.test.events > 0) {
            return Err(header("has events of samples that have none".to_owned()));
        }
        let lasts = self.duration_seconds.map(|seconds| seconds.is_finite() && seconds > 0.0);
        if lasts != (self.kind == Kind::Events).then_some(true) {
            return Err(header("has a duration that is none".to_owned()));
        }
        Ok(())
    }
}

/// The digest of a data set of this kind.
pub(crate) fn digest(train: &Part, test: &Part, classes: usize, duration_seconds: Option<f64>) -> String {
    let kind = match train {
        Part::Images(_) => "bytes",
        Part::Values(_) => "values",
        Part::Events(_) => "events",
    };
    let parts = [train, test].map(|part| part_digest(part, classes)).join(" ");
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
            // In pieces, so that the numbers are not there a second time.
            for piece in values.values.chunks(1 << 14) {
                hash.update(piece.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>());
            }
        }
    }
    hexadecimal(&hash.finalize().into())
}

/// Writes `data` as the file at `path`.
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
        writeln!(file, "{FORM}\n{}", serde_json::to_string(&header)?)?;
        write_part(file, &data.train)?;
        write_part(file, &data.test)
    })
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

/// The header of the file at `path`.
pub(crate) fn header(path: &Path) -> Result<Header, StoredError> {
    Ok(Stored::open(path)?.header)
}

/// Reads the data set that is stored in the file at `path` as `name`, and checks it.
pub(crate) fn read(path: &Path, name: &str) -> Result<Dataset, StoredError> {
    let mut stored = Stored::open(path)?;
    let header = stored.header.clone();
    let train = stored.part(header.train)?;
    let test = stored.part(header.test)?;
    let got = digest(&train, &test, header.class_names.len(), header.duration_seconds);
    if got != header.sha256 {
        return Err(StoredError::Digest { file: stored.file, got, needed: excerpt(&header.sha256) });
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

/// A file whose header was read, and whose length is what the header says.
struct Stored {
    file: String,
    header: Header,
    content: BufReader<fs::File>,
}

impl Stored {
    fn open(path: &Path) -> Result<Stored, StoredError> {
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
            reason: format!("is wrong ({})", shown(&error.to_string())),
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
        Ok(Stored { file, header, content })
    }

    /// The next part, whose bytes are there.
    fn part(&mut self, counts: Counts) -> Result<Part, StoredError> {
        let labels = self.bytes(counts.samples)?;
        let classes = self.header.class_names.len();
        let sample = |file: &str, reason| StoredError::Sample { file: file.to_owned(), reason };
        if let Some(index) = labels.iter().position(|&label| usize::from(label) >= classes) {
            return Err(sample(&self.file, format!("label of sample {index} is {}", labels[index])));
        }
        let numbers = counts.samples.saturating_mul(self.header.units());
        match self.header.kind {
            Kind::Bytes => {
                let [rows, columns] = self.header.sizes;
                Ok(Part::Images(ImageSet { rows, columns, pixels: self.bytes(numbers)?, labels }))
            }
            Kind::Values => {
                let values: Vec<f32> = self.words::<4>(numbers)?.into_iter().map(f32::from_le_bytes).collect();
                if let Some(index) = values.iter().position(|value| !(0.0..=1.0).contains(value)) {
                    return Err(sample(&self.file, format!("number {index} is {}", values[index])));
                }
                Ok(Part::Values(ValueSet { units: self.header.units(), values, labels }))
            }
            Kind::Events => self.events(counts, &labels),
        }
    }

    fn events(&mut self, counts: Counts, labels: &[u8]) -> Result<Part, StoredError> {
        let lengths: Vec<usize> =
            self.words(counts.samples)?.into_iter().map(|length| u32::from_le_bytes(length) as usize).collect();
        let sum = lengths.iter().fold(0_usize, |sum, &length| sum.saturating_add(length));
        if sum != counts.events {
            let reason = format!("recordings have {sum} events together and the header says {}", counts.events);
            return Err(StoredError::Sample { file: self.file.clone(), reason });
        }
        let times = self.words::<8>(counts.events)?;
        let units = self.words::<2>(counts.events)?;
        let mut set = EventSet::new(self.header.units(), self.header.class_names.len());
        let mut start = 0;
        for (&length, &label) in lengths.iter().zip(labels) {
            let events = start..start + length;
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
