//! Columns of events: the time and the unit of each event.
//!
//! ```text
//! time in s  =  time, or t / 10^6              t is in µs by default
//! unit       =  unit, or x + W y + W H p      W, H, P: sizes of the sensor; y may be missing if H = 1;
//!                                                if P = 1, p is not used, and events of all polarities are merged
//! ```
//! `t`, `x`, `y` and `p` are the fields of the event arrays of Tonic (Lenz et al., *Tonic: event-based datasets and
//! transformations*, 2021); `sensor_size` there is (W, H, P).

use thiserror::Error;

use crate::{
    column::Column,
    events::{EventSet, EventsError},
    labels::LabelsError,
    note::Note,
    time_unit::{Stated, TimeUnit},
};

/// Properties of recorded events that the files do not state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EventForm {
    /// Width, height and polarities of the sensor; their product is the number of units. N x 1 x 1 for N units in a
    /// row.
    pub sensor: [usize; 3],
    /// Number of classes.
    pub classes: usize,
    /// Duration of a recording, s; every event must come before it.
    pub duration_seconds: f64,
    /// Unit of the times; defaults to the unit stated in the file, or else seconds for `time` and microseconds for `t`.
    pub time_unit: Option<TimeUnit>,
}

impl EventForm {
    /// Returns the number of units.
    pub fn units(&self) -> usize {
        self.sensor.iter().product()
    }
}

/// Reason for rejecting columns of events.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ColumnsError {
    /// Missing column.
    #[error("{file}: missing column `{name}`{why}")]
    Missing {
        /// The file, and the array if one is at fault.
        file: String,
        /// The column.
        name: &'static str,
        /// Alternative or reason.
        why: String,
    },
    /// Two columns with the same meaning.
    #[error("{file}: expected `{one}` or `{other}`, got both")]
    Both {
        /// The file.
        file: String,
        /// First column.
        one: &'static str,
        /// Second column.
        other: &'static str,
    },
    /// Columns of different lengths.
    #[error("{file}: {name}: expected {} (the length of `{other}`), got {got}", crate::counted(*needed, "number"))]
    Lengths {
        /// The file.
        file: String,
        /// The column.
        name: &'static str,
        /// Length of the column.
        got: usize,
        /// Length of the column of times.
        needed: usize,
        /// The column of times.
        other: &'static str,
    },
    /// Labels that are neither those of the events nor those of the samples.
    #[error(
        "{file}: label: expected {} (one per event){}, got {got}",
        crate::counted(*events, "number"),
        samples.map_or(String::new(), |samples| format!(" or {samples} (one per sample)"))
    )]
    LabelCount {
        /// The file.
        file: String,
        /// Number of events.
        events: usize,
        /// Number of samples, if the numbers of samples are right.
        samples: Option<i128>,
        /// Number of labels.
        got: usize,
    },
    /// A number out of range.
    #[error("{place}: {name}: expected {needed}, got {got}")]
    Number {
        /// The file and the event or, in CSV, the line.
        place: String,
        /// The column.
        name: &'static str,
        /// Event index, from 0.
        event: usize,
        /// The number.
        got: String,
        /// Allowed numbers.
        needed: String,
    },
    /// An event after the end of its recording.
    #[error(
        "{place}: {name}: expected less than the duration of {duration_seconds} s, got {got} {unit}\n\n\
         hint: set the unit of the times with `--time-unit`, or increase `--duration` if recordings last longer"
    )]
    Late {
        /// The file and the event or, in CSV, the line.
        place: String,
        /// The column.
        name: &'static str,
        /// Event index, from 0.
        event: usize,
        /// Its time.
        got: f64,
        /// Unit of the time.
        unit: &'static str,
        /// Duration of a recording, s.
        duration_seconds: f64,
    },
    /// Unknown unit of times in the file.
    #[error(
        "{file}: {name}: {attribute} is {value}; expected s, ms, us or ns\n\n\
         hint: set the unit of the times with `--time-unit`"
    )]
    Unit {
        /// The file.
        file: String,
        /// The column.
        name: &'static str,
        /// The attribute, and the data set or group that has it.
        attribute: String,
        /// Its value.
        value: String,
    },
    /// A recording without events, and so without a label.
    #[error(
        "{file}: sample {sample} has no events, so it has no label\n\n\
         hint: {}use `labels` (one per sample) instead of `label` (one per event)",
        if *sample == 0 { "number the samples from 0, or " } else { "" }
    )]
    Unlabelled {
        /// The file.
        file: String,
        /// Sample index, from 0.
        sample: usize,
    },
    /// Different labels in one recording.
    #[error("{file}: sample {sample}: expected one label, got {one} and {other}")]
    TwoLabels {
        /// The file.
        file: String,
        /// Sample index, from 0.
        sample: usize,
        /// First label.
        one: String,
        /// Second label.
        other: String,
    },
    /// One label per event where samples have one.
    #[error(
        "{file}: expected one label per sample, got {got}, the number of events\n\n\
         hint: name the labels of events `label`, in the file of events; `labels` has one per sample"
    )]
    PerEvent {
        /// The file of labels.
        file: String,
        /// Number of labels.
        got: usize,
    },
    /// Number of labels differs from the number of recordings.
    #[error("{file}: expected {} (one per recording), got {got}", crate::counted(*needed, "label"))]
    Counts {
        /// The file of labels.
        file: String,
        /// Number of labels.
        got: usize,
        /// Number of recordings.
        needed: usize,
    },
    /// No recordings.
    #[error("{file}: no recordings; expected at least 1")]
    Empty {
        /// The file.
        file: String,
    },
    /// Invalid labels.
    #[error(transparent)]
    Labels(#[from] LabelsError),
    /// Invalid recording.
    #[error(transparent)]
    Events(#[from] EventsError),
}

impl ColumnsError {
    /// Replaces the place of an event by the one that `place_of` returns.
    pub(crate) fn at(mut self, place_of: impl FnOnce(usize) -> Option<String>) -> ColumnsError {
        if let ColumnsError::Number { place, event, .. } | ColumnsError::Late { place, event, .. } = &mut self
            && let Some(better) = place_of(*event)
        {
            *place = better;
        }
        self
    }
}

/// Columns of times and units, with unchecked numbers.
pub(crate) struct EventColumns {
    pub file: String,
    time: (&'static str, Column),
    unit: TimeUnit,
    place: Place,
    /// Whether events of several polarities are merged.
    merged: bool,
}

enum Place {
    Unit(&'static str, Column),
    /// The axes of the sensor that are used: x, y, p.
    Sensor([Option<(&'static str, Column)>; 3]),
}

impl EventColumns {
    /// Takes the columns by name from `take`; `stated` is the unit of times stated in the file.
    pub(crate) fn new(
        file: &str,
        form: &EventForm,
        stated: Option<&Stated>,
        mut take: impl FnMut(&'static str) -> Option<Column>,
    ) -> Result<EventColumns, ColumnsError> {
        let missing = |name, why: &str| ColumnsError::Missing { file: file.to_owned(), name, why: why.to_owned() };
        let both = |one, other| ColumnsError::Both { file: file.to_owned(), one, other };
        let time = match (take("time"), take("t")) {
            (Some(time), None) => ("time", time),
            (None, Some(time)) => ("t", time),
            (None, None) => return Err(missing("time", " or `t`")),
            (Some(_), Some(_)) => return Err(both("time", "t")),
        };
        let mut merged = false;
        let place = match (take("unit"), take("x")) {
            (Some(unit), None) => Place::Unit("unit", unit),
            (None, Some(x)) => {
                let mut axis = |name, size: usize| match take(name) {
                    Some(column) => Ok(Some((name, column))),
                    None if size == 1 => Ok(None),
                    None => Err(missing(name, &format!("; the sensor has {size} values of `{name}`"))),
                };
                let [_, height, polarities] = form.sensor;
                let (y, p) = (axis("y", height)?, axis("p", polarities)?);
                let is_merged = |(_, p): &(&str, Column)| {
                    polarities == 1 && (1..p.len()).any(|event| p.number(event) != p.number(0))
                };
                merged = p.as_ref().is_some_and(is_merged);
                Place::Sensor([Some(("x", x)), y, p.filter(|_| polarities > 1)])
            }
            (None, None) => return Err(missing("unit", " or `x`")),
            (Some(_), Some(_)) => return Err(both("unit", "x")),
        };
        let usual = if time.0 == "t" { TimeUnit::Microseconds } else { TimeUnit::Seconds };
        let unit = unit_of(file, time.0, form, stated, usual)?;
        let columns = EventColumns { file: file.to_owned(), time, unit, place, merged };
        columns.check_lengths()?;
        Ok(columns)
    }

    /// Creates the columns of one recording in the layout of Spiking Heidelberg Digits.
    pub(crate) fn of_recording(
        file: String,
        form: &EventForm,
        stated: Option<&Stated>,
        times: Column,
        units: Column,
    ) -> Result<EventColumns, ColumnsError> {
        let unit = unit_of(&file, "times", form, stated, TimeUnit::Seconds)?;
        let columns =
            EventColumns { file, time: ("times", times), unit, place: Place::Unit("units", units), merged: false };
        columns.check_lengths()?;
        Ok(columns)
    }

    fn check_lengths(&self) -> Result<(), ColumnsError> {
        match &self.place {
            Place::Unit(name, unit) => self.same_length(name, unit),
            Place::Sensor(axes) => axes.iter().flatten().try_for_each(|(name, column)| self.same_length(name, column)),
        }
    }

    pub(crate) fn same_length(&self, name: &'static str, column: &Column) -> Result<(), ColumnsError> {
        let (other, needed, got) = (self.time.0, self.len(), column.len());
        if got == needed {
            return Ok(());
        }
        Err(ColumnsError::Lengths { file: self.file.clone(), name, got, needed, other })
    }

    /// Returns a note if the type of the times resolves less than a microsecond at the latest event.
    pub(crate) fn coarse(&self) -> Option<Note> {
        let (column, times) = &self.time;
        if !times.number_type().is_float() {
            return None;
        }
        let latest = (0..times.len()).map(|event| times.number(event)).fold(0.0, f64::max);
        let scale = self.unit.in_a_second();
        let microseconds = 1e6 * times.number_type().resolution(latest).filter(|_| latest > 0.0)? / scale;
        let (number_type, seconds) = (times.number_type().to_string(), latest / scale);
        (microseconds > 1.0).then_some(Note::CoarseTimes { column, number_type, seconds, microseconds })
    }

    /// Returns a note if events of several polarities are merged.
    pub(crate) fn merged(&self) -> Option<Note> {
        self.merged.then_some(Note::Merged)
    }

    /// Returns the number of events.
    pub(crate) fn len(&self) -> usize {
        self.time.1.len()
    }

    /// Returns time (s) and unit of event `index`.
    fn event(&self, index: usize, form: &EventForm) -> Result<(f64, u16), ColumnsError> {
        let unit = match &self.place {
            Place::Unit(name, unit) => self.below(name, unit, index, form.units())?,
            Place::Sensor(axes) => {
                let mut unit = 0;
                let mut stride = 1;
                for (axis, size) in axes.iter().zip(form.sensor) {
                    if let Some((name, column)) = axis {
                        unit += stride * self.below(name, column, index, size)?;
                    }
                    stride *= size;
                }
                unit
            }
        };
        Ok((self.seconds(index, form)?, u16::try_from(unit).expect("there are at most 65,536 units")))
    }

    /// Returns the place of an event for messages.
    fn place(&self, event: usize) -> String {
        format!("{}: event {event}", self.file)
    }

    /// Returns number `event` of a column, which must be below `size`.
    pub(crate) fn below(
        &self,
        name: &'static str,
        column: &Column,
        event: usize,
        size: usize,
    ) -> Result<usize, ColumnsError> {
        let number = column.integer(event).and_then(|number| usize::try_from(number).ok());
        number.filter(|&number| number < size).ok_or_else(|| ColumnsError::Number {
            place: self.place(event),
            name,
            event,
            got: column.number(event).to_string(),
            needed: match (size, name) {
                (1, "y") => {
                    format!("0, because the sensor has one value of `{name}`; state its size with `--sensor WxHxP`")
                }
                _ => format!("a whole number from 0 to {}", size - 1),
            },
        })
    }

    fn seconds(&self, event: usize, form: &EventForm) -> Result<f64, ColumnsError> {
        let (name, column) = &self.time;
        let got = column.number(event);
        if !(got.is_finite() && got >= 0.0) {
            let (got, needed) = (got.to_string(), "a finite number of at least 0".to_owned());
            return Err(ColumnsError::Number { place: self.place(event), name, event, got, needed });
        }
        let seconds = got / self.unit.in_a_second();
        if seconds < form.duration_seconds {
            return Ok(seconds);
        }
        let unit = self.unit.told();
        let (place, duration_seconds) = (self.place(event), form.duration_seconds);
        Err(ColumnsError::Late { place, name, event, got, unit, duration_seconds })
    }

    /// Appends the events at `indices`, or all events, as one recording.
    pub(crate) fn append(
        &self,
        set: &mut EventSet,
        indices: Option<&[usize]>,
        form: &EventForm,
        label: u8,
    ) -> Result<(), ColumnsError> {
        let count = indices.map_or(self.len(), <[usize]>::len);
        let mut times = Vec::with_capacity(count);
        let mut units = Vec::with_capacity(count);
        for place in 0..count {
            let (time, unit) = self.event(indices.map_or(place, |indices| indices[place]), form)?;
            times.push(time);
            units.push(unit);
        }
        set.push(&self.file, times.into_iter(), units.into_iter(), i128::from(label))?;
        Ok(())
    }
}

/// Returns the unit of the times `name`: the user's choice, else the unit stated in the file, else `usual`.
fn unit_of(
    file: &str,
    name: &'static str,
    form: &EventForm,
    stated: Option<&Stated>,
    usual: TimeUnit,
) -> Result<TimeUnit, ColumnsError> {
    match (form.time_unit, stated) {
        (Some(unit), _) => Ok(unit),
        (None, None) => Ok(usual),
        (None, Some(Stated { attribute, value, unit })) => unit.ok_or_else(|| {
            let (attribute, value) = (attribute.clone(), value.clone());
            ColumnsError::Unit { file: file.to_owned(), name, attribute, value }
        }),
    }
}
