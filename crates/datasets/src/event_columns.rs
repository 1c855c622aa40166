//! Columns of events: when, and which unit.
//!
//! ```text
//! time in s     = time, or t / 10^6                  t counts microseconds, unless another unit is stated
//! unit          = unit, or x + W y + W H p           W, H, P sizes of the sensor; y counts only where H > 1, p where P > 1
//! ```
//! `t`, `x`, `y` and `p` are the fields of the event arrays of Tonic (Lenz et al., *Tonic: event-based datasets and
//! transformations*, 2021), whose `sensor_size` is (W, H, P).

use thiserror::Error;

use crate::{
    column::Column,
    events::{EventSet, EventsError},
    labels::LabelsError,
    note::Note,
    time_unit::{Stated, TimeUnit},
};

/// What is known of recorded events beside their files.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EventForm {
    /// Width, height and polarities of the sensor, whose product is the number of units; N x 1 x 1 for N units in a row.
    pub sensor: [usize; 3],
    /// Number of classes.
    pub classes: usize,
    /// What a recording lasts, s; every event comes before its end.
    pub duration_seconds: f64,
    /// What times count; by default what the file states, or else seconds for `time` and microseconds for `t`.
    pub time_unit: Option<TimeUnit>,
}

impl EventForm {
    /// Number of units.
    pub fn units(&self) -> usize {
        self.sensor.iter().product()
    }
}

/// Why columns are no recordings.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ColumnsError {
    /// A column is not there.
    #[error("{file}: `{name}` is missing, must be there{why}")]
    Missing {
        /// The file, with the array where one is at fault.
        file: String,
        /// The column.
        name: &'static str,
        /// What for.
        why: String,
    },
    /// Two columns that say the same.
    #[error("{file}: holds both `{one}` and `{other}`, must hold one of them")]
    Both {
        /// The file.
        file: String,
        /// One.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// Columns of different lengths.
    #[error("{file}: `{name}` holds {got} numbers, must hold {needed} as `{other}` does")]
    Lengths {
        /// The file.
        file: String,
        /// The column.
        name: &'static str,
        /// How many it holds.
        got: usize,
        /// How many the other holds.
        needed: usize,
        /// The column of times.
        other: &'static str,
    },
    /// A number that is not possible.
    #[error("{file}: `{name}` of event {event} is {got}, must be {needed}")]
    Number {
        /// The file.
        file: String,
        /// The column.
        name: &'static str,
        /// The event, from 0.
        event: usize,
        /// The number.
        got: String,
        /// What it must be.
        needed: String,
    },
    /// An event after the end of its recording.
    #[error(
        "{file}: `{name}` of event {event} is {got} {unit}, must be below the stated duration of {duration_seconds} s\n\n\
         hint: say with `--time-unit` what the times count, or give a longer `--duration` where recordings last longer"
    )]
    Late {
        /// The file.
        file: String,
        /// The column.
        name: &'static str,
        /// The event, from 0.
        event: usize,
        /// Its time.
        got: f64,
        /// What it counts.
        unit: &'static str,
        /// The duration, s.
        duration_seconds: f64,
    },
    /// A file that states a unit that is not known.
    #[error(
        "{file}: `{name}`: {attribute} is {value}, must be s, ms, us or ns\n\nhint: say with `--time-unit` what the times count"
    )]
    Unit {
        /// The file.
        file: String,
        /// The column.
        name: &'static str,
        /// The attribute, with the data set or group that has it.
        attribute: String,
        /// Its value.
        value: String,
    },
    /// A recording without event, and so without label.
    #[error(
        "{file}: sample {sample} has no event and so no label\n\nhint: give `labels`, one a sample, in place of `label`"
    )]
    Unlabelled {
        /// The file.
        file: String,
        /// The sample, from 0.
        sample: usize,
    },
    /// Two classes of one recording.
    #[error("{file}: sample {sample} has the labels {one} and {other}, must have one")]
    TwoLabels {
        /// The file.
        file: String,
        /// The sample, from 0.
        sample: usize,
        /// One.
        one: String,
        /// The other.
        other: String,
    },
    /// As many labels as nothing else.
    #[error("{file}: {got} labels, must be {needed} as there are recordings")]
    Counts {
        /// The file of labels.
        file: String,
        /// How many there are.
        got: usize,
        /// How many recordings there are.
        needed: usize,
    },
    /// Nothing inside.
    #[error("{file}: holds no recordings, must hold at least 1")]
    Empty {
        /// The file.
        file: String,
    },
    /// Labels that are none.
    #[error(transparent)]
    Labels(#[from] LabelsError),
    /// A recording is not one.
    #[error(transparent)]
    Events(#[from] EventsError),
}

/// Times and units of events, whose numbers may still be anything.
pub(crate) struct EventColumns {
    pub file: String,
    time: (&'static str, Column),
    unit: TimeUnit,
    place: Place,
}

enum Place {
    Unit(&'static str, Column),
    /// Of width, height and polarity those that count.
    Sensor([Option<(&'static str, Column)>; 3]),
}

impl EventColumns {
    /// The columns that `take` gives for their names; `stated` is what the file says of the unit of its times.
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
            (None, None) => return Err(missing("time", ", or `t`")),
            (Some(_), Some(_)) => return Err(both("time", "t")),
        };
        let place = match (take("unit"), take("x")) {
            (Some(unit), None) => Place::Unit("unit", unit),
            (None, Some(x)) => {
                let mut axis = |name, size: usize| match take(name) {
                    _ if size == 1 => Ok(None),
                    Some(column) => Ok(Some((name, column))),
                    None => Err(missing(name, &format!(" for a sensor of {size} of them"))),
                };
                let [_, height, polarities] = form.sensor;
                Place::Sensor([Some(("x", x)), axis("y", height)?, axis("p", polarities)?])
            }
            (None, None) => return Err(missing("unit", ", or `x`")),
            (Some(_), Some(_)) => return Err(both("unit", "x")),
        };
        let usual = if time.0 == "t" { TimeUnit::Microseconds } else { TimeUnit::Seconds };
        let unit = unit_of(file, time.0, form, stated, usual)?;
        let columns = EventColumns { file: file.to_owned(), time, unit, place };
        columns.check_lengths()?;
        Ok(columns)
    }

    /// Times and units of one recording in the layout of Spiking Heidelberg Digits.
    pub(crate) fn of_recording(
        file: String,
        form: &EventForm,
        stated: Option<&Stated>,
        times: Column,
        units: Column,
    ) -> Result<EventColumns, ColumnsError> {
        let unit = unit_of(&file, "times", form, stated, TimeUnit::Seconds)?;
        let columns = EventColumns { file, time: ("times", times), unit, place: Place::Unit("units", units) };
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

    /// Whether the type of the times holds less than microseconds where the latest event is.
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

    /// How many events there are.
    pub(crate) fn len(&self) -> usize {
        self.time.1.len()
    }

    /// Time (s) and unit of event `index`.
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

    /// Number `event` of a column, which must be below `size`.
    pub(crate) fn below(
        &self,
        name: &'static str,
        column: &Column,
        event: usize,
        size: usize,
    ) -> Result<usize, ColumnsError> {
        let number = column.integer(event).and_then(|number| usize::try_from(number).ok());
        number.filter(|&number| number < size).ok_or_else(|| ColumnsError::Number {
            file: self.file.clone(),
            name,
            event,
            got: column.number(event).to_string(),
            needed: format!("a whole number from 0 to {}", size - 1),
        })
    }

    fn seconds(&self, event: usize, form: &EventForm) -> Result<f64, ColumnsError> {
        let (name, column) = &self.time;
        let got = column.number(event);
        if !(got.is_finite() && got >= 0.0) {
            let (got, needed) = (got.to_string(), "finite and at least 0".to_owned());
            return Err(ColumnsError::Number { file: self.file.clone(), name, event, got, needed });
        }
        let seconds = got / self.unit.in_a_second();
        if seconds < form.duration_seconds {
            return Ok(seconds);
        }
        let unit = self.unit.told();
        let (file, duration_seconds) = (self.file.clone(), form.duration_seconds);
        Err(ColumnsError::Late { file, name, event, got, unit, duration_seconds })
    }

    /// Appends the events that `indices` lists, or all, as one recording.
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

/// What the times `name` count: what the user says, or the file, or else what is `usual`.
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
