//! Reads recorded events from files of other programs.
//!
//! The first bytes say what a file is, whatever it is called; each may be packed with gzip:
//!
//! - **npz** with arrays `sample`, `time`, `unit` and `label`, a number an event, or `labels`, a number a sample; or with one
//!   structured array of events beside `sample`; or with one structured array a recording, as `numpy.savez(file,
//!   *recordings, labels=labels)` writes them (`arr_0`, `arr_1`, ...);
//! - **npy** with a structured array that has `sample` and `label` among its fields;
//! - **CSV** with columns of these names;
//! - **HDF5** with data sets of these names, or in the layout of Spiking Heidelberg Digits (`/spikes/times`, `/spikes/units`,
//!   `/labels`).
//!
//! In place of `time` and `unit` stand `t`, `x`, `y` and `p` where events come from Tonic
//! (`crates/datasets/src/event_columns.rs` has the equation). Other names are refused, other fields passed over.

use std::{collections::BTreeMap, path::Path};

use thiserror::Error;

use crate::{
    column::Column,
    csv_table::{self, CsvError},
    event_columns::{ColumnsError, EventColumns, EventForm},
    event_table::{TableLabels, of_recordings, of_table},
    events::EventSet,
    hdf5::{self, Content, Hdf5Error, Needed},
    labels::{self, Labels, LabelsError},
    note::Note,
    npy::{self, Array, Layout, NpyError},
    npz::{self, NpzError},
    shd::{self, ShdError},
    source::{Source, SourceError},
    time_unit::Stated,
};

/// Columns of integers, a number an event.
const WHOLE: [&str; 6] = ["sample", "unit", "label", "x", "y", "p"];
/// Columns of times.
const FLOAT: [&str; 2] = ["time", "t"];
/// A number a sample.
const LABELS: &str = "labels";

/// Why a file holds no recordings.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EventFileError {
    /// It has no content.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It is no array.
    #[error(transparent)]
    Npy(#[from] NpyError),
    /// It is no archive of arrays.
    #[error(transparent)]
    Npz(#[from] NpzError),
    /// It is no HDF5.
    #[error(transparent)]
    Hdf5(#[from] Hdf5Error),
    /// It is not in the layout of Spiking Heidelberg Digits.
    #[error(transparent)]
    Shd(#[from] ShdError),
    /// It is no CSV text.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// Labels are none.
    #[error(transparent)]
    Labels(#[from] LabelsError),
    /// Its columns are no recordings.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    /// An array that is not one of ours.
    #[error("{file}: name is not known, must be {allowed}")]
    Name {
        /// The file, with the array.
        file: String,
        /// The known names.
        allowed: String,
    },
    /// A file of HDF5 that holds none of the columns.
    #[error(
        "{file}: holds {got}, must hold the data sets `sample`, `time` or `t`, `unit` or `x`, and `label` or `labels`\n\n\
         hint: store each column, and each field of a table, as a data set of its own at the root of the file"
    )]
    Others {
        /// The file.
        file: String,
        /// What it holds.
        got: String,
    },
    /// What must be there once.
    #[error("{file}: {what} is there twice, must be in one array alone")]
    Twice {
        /// The file, with one of the arrays.
        file: String,
        /// What.
        what: String,
    },
    /// An array that is no row.
    #[error("{file}: shape is {got}, must be a row")]
    Shape {
        /// The file, with the array.
        file: String,
        /// The shape.
        got: String,
    },
    /// Numbers without a name.
    #[error("{file}: elements have no fields, must be records with fields as `t`, `x` and `p`")]
    Plain {
        /// The file, with the array.
        file: String,
    },
    /// A field that is asked for and is none.
    #[error("{file}: `{name}` is {got}, must be a number")]
    Field {
        /// The file, with the array.
        file: String,
        /// The field.
        name: String,
        /// Its type.
        got: String,
    },
    /// Recordings that leave one out.
    #[error("{file}: recordings are numbered up to {last} and {missing} is missing, must be there")]
    Gap {
        /// The file.
        file: String,
        /// The highest number.
        last: usize,
        /// The first that is missing.
        missing: usize,
    },
    /// Labels in two places.
    #[error("{file}: holds labels, and another file of labels is given, must be one of them")]
    TwoLabels {
        /// The file of events.
        file: String,
    },
}

/// Reads the recordings in the file at `path`, whose labels are its own or those of the file at `labels`; what is worth telling goes
/// into `notes`.
pub(crate) fn read(
    path: &Path,
    labels: Option<&Path>,
    form: &EventForm,
    notes: &mut Vec<Note>,
) -> Result<EventSet, EventFileError> {
    let source = Source::read(path)?;
    let file = source.file.clone();
    let given = labels.map(|path| labels::read(Source::read(path)?)).transpose()?;
    if source.bytes.starts_with(npz::MAGIC) {
        return of_archive(&source, given, form, notes);
    }
    let mut stated = None;
    let columns = if source.bytes.starts_with(npy::MAGIC) {
        fields(npy::read(&file, source.bytes)?)?
    } else if hdf5::is_hdf5(&source.bytes) {
        let content = Content::open(file.clone(), source.bytes)?;
        if content.has(shd::TIMES) {
            return of_sequences(&content, given, form, notes);
        }
        if !known().any(|name| content.has(name)) {
            return Err(EventFileError::Others { file, got: content.told() });
        }
        stated = FLOAT.into_iter().filter(|name| content.has(name)).find_map(|name| content.stated_unit(name));
        let there = known().filter(|name| content.has(name));
        there.map(|name| Ok((name.to_owned(), content.numbers(name)?))).collect::<Result<_, Hdf5Error>>()?
    } else {
        csv_table::read(&source, &WHOLE, &FLOAT)?
    };
    table(&file, columns, stated.as_ref(), given, form, notes)
}

/// The names of all columns.
fn known() -> impl Iterator<Item = &'static str> {
    WHOLE.into_iter().chain(FLOAT).chain([LABELS])
}

/// Recordings in the layout of Spiking Heidelberg Digits, which has labels; numbers may be of any type.
fn of_sequences(
    content: &Content,
    given: Option<Labels>,
    form: &EventForm,
    notes: &mut Vec<Note>,
) -> Result<EventSet, EventFileError> {
    let file = &content.file;
    if given.is_some() {
        return Err(EventFileError::TwoLabels { file: file.clone() });
    }
    let shd::Columns { times, units, labels } = shd::columns(content, Needed::Number, Needed::Integer)?;
    let stated = content.stated_unit(shd::TIMES);
    let labels = Labels { file: format!("{file}: `{}`", shd::LABELS), column: labels }.checked(form.classes)?;
    notes.extend(stated.as_ref().and_then(|stated| stated.note(form.time_unit)));
    let mut coarse = None;
    let mut set = EventSet::new(form.units(), form.classes);
    for (recording, label) in labels.into_iter().enumerate() {
        let file = format!("{file}: recording {recording}");
        let (times, units) = (times.get(recording)?, units.get(recording)?);
        let columns = EventColumns::of_recording(file, form, stated.as_ref(), times, units)?;
        columns.append(&mut set, None, form, label)?;
        coarse = coarser(coarse, columns.coarse());
    }
    notes.extend(coarse);
    Ok(set)
}

/// That of both notes whose times are coarser.
fn coarser(one: Option<Note>, other: Option<Note>) -> Option<Note> {
    let microseconds = |note: &Option<Note>| match note {
        Some(Note::CoarseTimes { microseconds, .. }) => *microseconds,
        _ => 0.0,
    };
    if microseconds(&one) < microseconds(&other) { other } else { one }
}

/// The recordings of an archive: columns, or columns beside one array of records, or an array of records for each.
fn of_archive(
    source: &Source,
    given: Option<Labels>,
    form: &EventForm,
    notes: &mut Vec<Note>,
) -> Result<EventSet, EventFileError> {
    let mut columns = BTreeMap::new();
    let mut records = Vec::new();
    for (name, array) in npz::read(source)? {
        match array.layout {
            Layout::Plain(_) if !known().any(|known| known == name) => {
                let known = known().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                return Err(EventFileError::Name { file: array.file, allowed: format!("one of {known}") });
            }
            Layout::Plain(column) if array.shape.len() == 1 => {
                columns.insert(name, column);
            }
            Layout::Plain(_) => {
                return Err(EventFileError::Shape { file: array.file, got: npy::told(&array.shape) });
            }
            Layout::Records(_) => records.push((name, array)),
        }
    }
    if !columns.contains_key("sample") && !records.is_empty() {
        let labels = labels_of_samples(&source.file, columns.remove(LABELS), given)?;
        let recordings = numbered(&source.file, records)?.into_iter().map(|array| {
            let file = array.file.clone();
            let mut columns = fields(array)?;
            Ok(EventColumns::new(&file, form, None, |name| columns.remove(name))?)
        });
        let recordings = recordings.collect::<Result<Vec<_>, EventFileError>>()?;
        notes.extend(recordings.iter().map(EventColumns::coarse).fold(None, coarser));
        return Ok(of_recordings(&source.file, &recordings, &labels, form)?);
    }
    for (_, array) in records {
        let file = array.file.clone();
        for (name, column) in fields(array)? {
            if columns.insert(name.clone(), column).is_some() {
                return Err(EventFileError::Twice { file, what: format!("`{name}`") });
            }
        }
    }
    table(&source.file, columns, None, given, form, notes)
}

/// The arrays in the order of the number that ends their names.
fn numbered(file: &str, records: Vec<(String, Array)>) -> Result<Vec<Array>, EventFileError> {
    let mut arrays = BTreeMap::new();
    for (name, array) in records {
        let digits = name.trim_start_matches(|letter: char| !letter.is_ascii_digit());
        let number: usize = digits.parse().map_err(|_| EventFileError::Name {
            file: array.file.clone(),
            allowed: "a name that ends with the number of the recording, as `arr_0`".to_owned(),
        })?;
        if let Some(other) = arrays.insert(number, array) {
            return Err(EventFileError::Twice { file: other.file, what: format!("recording {number}") });
        }
    }
    let last = arrays.keys().last().copied().unwrap_or_default();
    if let Some(missing) = arrays.keys().enumerate().find_map(|(place, &number)| (place != number).then_some(place)) {
        return Err(EventFileError::Gap { file: file.to_owned(), last, missing });
    }
    Ok(arrays.into_values().collect())
}

/// The fields of an array of records by name.
fn fields(array: Array) -> Result<BTreeMap<String, Column>, EventFileError> {
    if !array.is_row() {
        return Err(EventFileError::Shape { file: array.file, got: npy::told(&array.shape) });
    }
    let Layout::Records(fields) = array.layout else { return Err(EventFileError::Plain { file: array.file }) };
    let asked = fields.into_iter().filter(|(name, _)| known().any(|known| known == name && known != LABELS));
    asked
        .map(|(name, column)| match column {
            Ok(column) => Ok((name, column)),
            Err(got) => Err(EventFileError::Field { file: array.file.clone(), name, got }),
        })
        .collect()
}

/// The recordings of one table, whose labels stand among its columns or are `given`.
fn table(
    file: &str,
    mut columns: BTreeMap<String, Column>,
    stated: Option<&Stated>,
    given: Option<Labels>,
    form: &EventForm,
    notes: &mut Vec<Note>,
) -> Result<EventSet, EventFileError> {
    let events = EventColumns::new(file, form, stated, |name| columns.remove(name))?;
    notes.extend(stated.and_then(|stated| stated.note(form.time_unit)));
    notes.extend(events.coarse());
    let sample = columns.remove("sample").ok_or_else(|| ColumnsError::Missing {
        file: file.to_owned(),
        name: "sample",
        why: ", the number of the recording of every event".to_owned(),
    })?;
    let labels = match (columns.remove("label"), columns.remove(LABELS)) {
        (Some(_), Some(_)) => {
            return Err(ColumnsError::Both { file: file.to_owned(), one: "label", other: LABELS }.into());
        }
        (Some(_), None) if given.is_some() => return Err(EventFileError::TwoLabels { file: file.to_owned() }),
        (Some(label), None) => TableLabels::OfEvents(label),
        (None, labels) => TableLabels::OfSamples(labels_of_samples(file, labels, given)?),
    };
    Ok(of_table(&events, &sample, &labels, form)?)
}

/// Labels, one a sample, from the file of events or from another.
fn labels_of_samples(file: &str, own: Option<Column>, given: Option<Labels>) -> Result<Labels, EventFileError> {
    match (own, given) {
        (Some(_), Some(_)) => Err(EventFileError::TwoLabels { file: file.to_owned() }),
        (Some(column), None) => Ok(Labels { file: format!("{file}: `{LABELS}`"), column }),
        (None, Some(labels)) => Ok(labels),
        (None, None) => Err(ColumnsError::Missing {
            file: file.to_owned(),
            name: LABELS,
            why: ", here or in a file of its own".to_owned(),
        }
        .into()),
    }
}
