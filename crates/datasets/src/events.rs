//! Recordings as events: times and units of spikes.

use std::fmt;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::file::hexadecimal;

/// Recordings of spikes with their class labels.
///
/// The events are concatenated in the order of the file. Event `e` is a spike of unit `unit[e]` at `times[e]`.
/// Recording `r` holds the events `offsets[r]..offsets[r + 1]`.
#[derive(Clone, PartialEq)]
pub struct EventSet {
    /// Number of units that can spike.
    pub units: usize,
    /// Number of classes.
    pub classes: usize,
    /// Start of each recording in `times` and `unit`, followed by the total number of events.
    pub offsets: Vec<usize>,
    /// Time of each event from the start of its recording, s; finite and at least 0.
    pub times: Vec<f64>,
    /// Unit of each event, below `units`.
    pub unit: Vec<u16>,
    /// Class of each recording, below `classes`.
    pub labels: Vec<u8>,
}

impl EventSet {
    /// Creates an empty set.
    pub(crate) fn new(units: usize, classes: usize) -> EventSet {
        EventSet { units, classes, offsets: vec![0], times: Vec::new(), unit: Vec::new(), labels: Vec::new() }
    }

    /// Returns the number of recordings.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns whether there are no recordings. A set from a file always has some.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Returns times (s) and units of recording `index`, which must be below [`len`](EventSet::len).
    pub fn recording(&self, index: usize) -> (&[f64], &[u16]) {
        let events = self.offsets[index]..self.offsets[index + 1];
        (&self.times[events.clone()], &self.unit[events])
    }

    /// Returns the SHA-256 of the recordings in hexadecimal, independent of the file format.
    ///
    /// It covers the numbers of units, classes and recordings as u64. Then follow, for each recording, label and number
    /// of events as u64, times, and units as u16. Times are f32 if this is exact for the whole set; otherwise they are
    /// f64 and preceded by the text `f64`. All numbers are little-endian.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        let short = self.times.iter().all(|&time| f64::from(time as f32) == time);
        if !short {
            hash.update("f64");
        }
        for size in [self.units, self.classes, self.len()] {
            hash.update((size as u64).to_le_bytes());
        }
        self.hash_recordings(&mut hash, short);
        hexadecimal(&hash.finalize().into())
    }

    /// Adds all recordings to the `hash` of [`digest`](EventSet::digest), with times as f32 if they are `short`.
    pub(crate) fn hash_recordings(&self, hash: &mut Sha256, short: bool) {
        let mut bytes = Vec::new();
        for (recording, &label) in self.labels.iter().enumerate() {
            let (times, units) = self.recording(recording);
            bytes.clear();
            for number in [usize::from(label), times.len()] {
                bytes.extend((number as u64).to_le_bytes());
            }
            if short {
                bytes.extend(times.iter().flat_map(|&time| (time as f32).to_le_bytes()));
            } else {
                bytes.extend(times.iter().flat_map(|time| time.to_le_bytes()));
            }
            bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
            hash.update(&bytes);
        }
    }

    /// Checks and appends a recording of `file`, which messages name.
    pub(crate) fn push(
        &mut self,
        file: &str,
        times: impl ExactSizeIterator<Item = f64>,
        units: impl ExactSizeIterator<Item = u16>,
        label: i128,
    ) -> Result<(), EventsError> {
        let recording = self.len();
        if times.len() != units.len() {
            let (times, units) = (times.len(), units.len());
            return Err(EventsError::LengthsDisagree { file: file.to_owned(), recording, times, units });
        }
        let start = self.times.len();
        self.times.extend(times);
        self.unit.extend(units);
        self.offsets.push(self.times.len());
        self.check_events(file, recording, start)?;
        let highest = self.classes - 1;
        let known = u8::try_from(label).ok().filter(|&label| usize::from(label) <= highest);
        self.labels.push(known.ok_or_else(|| EventsError::Label {
            file: file.to_owned(),
            recording,
            label,
            highest,
        })?);
        Ok(())
    }

    /// Checks all events from `start` on.
    fn check_events(&self, file: &str, recording: usize, start: usize) -> Result<(), EventsError> {
        if let Some(event) = self.times[start..].iter().position(|time| !(time.is_finite() && *time >= 0.0)) {
            let time = self.times[start + event];
            return Err(EventsError::Time { file: file.to_owned(), recording, event, time });
        }
        if let Some(event) = self.unit[start..].iter().position(|&unit| usize::from(unit) >= self.units) {
            let (unit, highest) = (self.unit[start + event], self.units - 1);
            return Err(EventsError::Unit { file: file.to_owned(), recording, event, unit, highest });
        }
        Ok(())
    }
}

impl fmt::Debug for EventSet {
    /// Formats the sizes only, because a set can have millions of events.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EventSet({} recordings, {} events of {} units)", self.len(), self.times.len(), self.units)
    }
}

/// Reason for rejecting a recording.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum EventsError {
    /// Different numbers of times and units.
    #[error("{file}: recording {recording}: expected {} (one per time), got {units}", crate::counted(*times, "unit"))]
    LengthsDisagree {
        /// The file.
        file: String,
        /// Recording index, from 0.
        recording: usize,
        /// Number of times.
        times: usize,
        /// Number of units.
        units: usize,
    },
    /// An invalid time.
    #[error("{file}: recording {recording}, event {event}: time: expected a finite time of at least 0 s, got {time} s")]
    Time {
        /// The file.
        file: String,
        /// Recording index, from 0.
        recording: usize,
        /// Event index within the recording, from 0.
        event: usize,
        /// Time, s.
        time: f64,
    },
    /// A unit out of range.
    #[error("{file}: recording {recording}, event {event}: unit: expected 0 to {highest}, got {unit}")]
    Unit {
        /// The file.
        file: String,
        /// Recording index, from 0.
        recording: usize,
        /// Event index within the recording, from 0.
        event: usize,
        /// The unit.
        unit: u16,
        /// Highest unit.
        highest: usize,
    },
    /// A label out of range.
    #[error("{file}: recording {recording}: label: expected 0 to {highest}, got {label}")]
    Label {
        /// The file.
        file: String,
        /// Recording index, from 0.
        recording: usize,
        /// Label in the file.
        label: i128,
        /// Highest class.
        highest: usize,
    },
}

impl EventsError {
    /// Returns the error of a recording in a piece that starts at recording `first`.
    pub(crate) fn later(mut self, first: usize) -> EventsError {
        match &mut self {
            EventsError::LengthsDisagree { recording, .. }
            | EventsError::Time { recording, .. }
            | EventsError::Unit { recording, .. }
            | EventsError::Label { recording, .. } => *recording += first,
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_the_recordings() {
        let mut set = EventSet::new(3, 2);
        set.push("a.h5", [0.5, 0.25].into_iter(), [2, 0].into_iter(), 1).unwrap();
        set.push("a.h5", [].into_iter(), [].into_iter(), 0).unwrap();
        set.push("a.h5", [0.0].into_iter(), [1].into_iter(), 0).unwrap();
        assert_eq!(set.recording(0), (&[0.5, 0.25][..], &[2, 0][..]));
        assert_eq!(set.recording(1), (&[][..], &[][..]));
        assert_eq!(set.recording(2), (&[0.0][..], &[1][..]));
        assert_eq!((set.len(), set.is_empty(), &set.labels[..]), (3, false, &[1, 0, 0][..]));
        assert_eq!(format!("{set:?}"), "EventSet(3 recordings, 3 events of 3 units)");
    }

    /// The digest covers units, classes, labels, times, units of events and the ends of recordings.
    #[test]
    fn different_recordings_have_different_digests() {
        let set = |units, classes, first: &[f64], unit: u16, label| {
            let mut set = EventSet::new(units, classes);
            let rest = [0.5, 0.25].into_iter().skip(first.len());
            set.push("a.h5", first.iter().copied(), first.iter().map(|_| unit), label).unwrap();
            set.push("a.h5", rest.clone(), rest.map(|_| unit), 0).unwrap();
            set.digest()
        };
        let one = set(3, 2, &[0.5], 1, 1);
        assert_eq!(set(3, 2, &[0.5], 1, 1), one);
        let others =
            [set(4, 2, &[0.5], 1, 1), set(3, 3, &[0.5], 1, 1), set(3, 2, &[0.5], 2, 1), set(3, 2, &[0.5], 1, 0)];
        // 0.1 is not an f32, and the nearest f32 is a different time.
        let near = f64::from(0.1_f32);
        assert_ne!(set(3, 2, &[0.1], 1, 1), set(3, 2, &[near], 1, 1));
        let moved = [set(3, 2, &[0.75], 1, 1), set(3, 2, &[0.5, 0.25], 1, 1), set(3, 2, &[0.1], 1, 1)];
        assert!(others.iter().chain(&moved).all(|other| *other != one));
    }
}
