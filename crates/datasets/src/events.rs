//! Recordings as events: which unit spiked when.

use std::fmt;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::file::hexadecimal;

/// Recordings of spikes, each with the number of its class.
///
/// The events of all recordings stand one recording after the other, in the order of the file: event `e` is a spike of
/// unit `unit[e]` at `times[e]`, and recording `r` holds the events `offsets[r]..offsets[r + 1]`.
#[derive(Clone, PartialEq)]
pub struct EventSet {
    /// Number of units that can spike.
    pub units: usize,
    /// Number of classes.
    pub classes: usize,
    /// Where each recording starts in `times` and `unit`, and one last end.
    pub offsets: Vec<usize>,
    /// Time of every event from the start of its recording, s; finite and at least 0.
    pub times: Vec<f64>,
    /// Unit of every event, below `units`.
    pub unit: Vec<u16>,
    /// Class of every recording, below `classes`.
    pub labels: Vec<u8>,
}

impl EventSet {
    /// A set without recordings.
    pub(crate) fn new(units: usize, classes: usize) -> EventSet {
        EventSet { units, classes, offsets: vec![0], times: Vec::new(), unit: Vec::new(), labels: Vec::new() }
    }

    /// Number of recordings.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no recordings; a set that was read always has some.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Times (s) and units of recording `index`, which must be below [`len`](EventSet::len).
    pub fn recording(&self, index: usize) -> (&[f64], &[u16]) {
        let events = self.offsets[index]..self.offsets[index + 1];
        (&self.times[events.clone()], &self.unit[events])
    }

    /// SHA-256 in hexadecimal of what the recordings are, whatever file they came from: over the number of units, classes and
    /// recordings as u64, then of every recording its label as u64, its number of events as u64, its times as f32, or as f64
    /// after the text `f64` where any time of the set is no f32, and its units as u16, all little-endian.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        let short = self.times.iter().all(|&time| f64::from(time as f32) == time);
        if !short {
            hash.update("f64");
        }
        let number = |hash: &mut Sha256, number: usize| hash.update((number as u64).to_le_bytes());
        for size in [self.units, self.classes, self.len()] {
            number(&mut hash, size);
        }
        let mut bytes = Vec::new();
        for (recording, &label) in self.labels.iter().enumerate() {
            let (times, units) = self.recording(recording);
            number(&mut hash, usize::from(label));
            number(&mut hash, times.len());
            bytes.clear();
            if short {
                bytes.extend(times.iter().flat_map(|&time| (time as f32).to_le_bytes()));
            } else {
                bytes.extend(times.iter().flat_map(|time| time.to_le_bytes()));
            }
            bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
            hash.update(&bytes);
        }
        hexadecimal(&hash.finalize().into())
    }

    /// Appends a recording of `file`, which messages name, once it is checked.
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

    /// Whether all events from `start` on are possible.
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
    /// The sizes; millions of events help nobody.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EventSet({} recordings, {} events of {} units)", self.len(), self.times.len(), self.units)
    }
}

/// Why a recording cannot be one.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum EventsError {
    /// Times without units, or units without times.
    #[error("{file}: recording {recording} has {units} units, must be {times} as it has times")]
    LengthsDisagree {
        /// The file.
        file: String,
        /// The recording, from 0.
        recording: usize,
        /// How many times it has.
        times: usize,
        /// How many units.
        units: usize,
    },
    /// A time that is none.
    #[error("{file}: recording {recording}: time of event {event} is {time} s, must be finite and at least 0")]
    Time {
        /// The file.
        file: String,
        /// The recording, from 0.
        recording: usize,
        /// Its event, from 0.
        event: usize,
        /// The time, s.
        time: f64,
    },
    /// A unit that there is not.
    #[error("{file}: recording {recording}: unit of event {event} is {unit}, must be at most {highest}")]
    Unit {
        /// The file.
        file: String,
        /// The recording, from 0.
        recording: usize,
        /// Its event, from 0.
        event: usize,
        /// The unit.
        unit: u16,
        /// The last unit.
        highest: usize,
    },
    /// A class that there is not.
    #[error("{file}: label of recording {recording} is {label}, must be from 0 to {highest}")]
    Label {
        /// The file.
        file: String,
        /// The recording, from 0.
        recording: usize,
        /// Its label.
        label: i128,
        /// The last class.
        highest: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_come_back() {
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

    /// Each of the numbers is of weight: units, classes, labels, times, units of events, and where a recording ends.
    #[test]
    fn other_recordings_have_another_digest() {
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
        // 0.1 is no f32, and the nearest f32 is another time.
        let near = f64::from(0.1_f32);
        assert_ne!(set(3, 2, &[0.1], 1, 1), set(3, 2, &[near], 1, 1));
        let moved = [set(3, 2, &[0.75], 1, 1), set(3, 2, &[0.5, 0.25], 1, 1), set(3, 2, &[0.1], 1, 1)];
        assert!(others.iter().chain(&moved).all(|other| *other != one));
    }
}
