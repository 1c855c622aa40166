//! Reads recorded events from files of other programs.
//!
//! The first bytes determine the format; every format may be gzipped:
//!
//! - **npz** in one of three forms:
//!   - arrays `sample`, `time`, `unit` with one number per event, and `label` (per event) or `labels` (per sample);
//!   - one structured array of events, with the field or array `sample`;
//!   - one structured array per recording (`arr_0`, `arr_1`, ...), as written by
//!     `numpy.savez(file, *recordings, labels=labels)`; `label` may replace `labels`;
//! - **npy** with a structured array with the fields `sample` and `label`;
//! - **CSV** with columns of these names;
//! - **HDF5** with data sets of these names, or in the layout of Spiking Heidelberg Digits (`/spikes/times`,
//!   `/spikes/units`, `/labels`).
//!
//! Events from Tonic have `t`, `x`, `y` and `p` instead of `time` and `unit`; see
//! `crates/datasets/src/event_columns.rs` for the equation. Unknown columns are errors, unknown fields of structured
//! arrays are ignored.

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
    runs::runs,
    shd::{self, ShdError},
    source::{Source, SourceError},
    time_unit::Stated,
};

/// Columns of integers, one number per event.
const WHOLE: [&str; 6] = ["sample", "unit", "label", "x", "y", "p"];
/// Columns of times.
const FLOAT: [&str; 2] = ["time", "t"];
/// Columns that are left over if `unit` states the unit.
const PLACES: [&str; 2] = ["y", "p"];
/// Column of labels, one number per sample.
const LABELS: &str = "labels";

/// Reason for rejecting a file of events.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EventFileError {
    /// The file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Invalid npy file.
    #[error(transparent)]
    Npy(#[from] NpyError),
    /// Invalid npz file.
    #[error(transparent)]
    Npz(#[from] NpzError),
    /// Invalid HDF5 file.
    #[error(transparent)]
    Hdf5(#[from] Hdf5Error),
    /// Not in the layout of Spiking Heidelberg Digits.
    #[error(transparent)]
    Shd(#[from] ShdError),
    /// Invalid CSV text.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// Invalid labels.
    #[error(transparent)]
    Labels(#[from] LabelsError),
    /// Invalid columns.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    /// Unknown array name.
    #[error("{file}: unknown array name; expected {allowed}")]
    Name {
        /// The file and the array.
        file: String,
        /// Known names.
        allowed: String,
    },
    /// An HDF5 file without any of the columns.
    #[error(
        "{file}: contains {got}; expected the data sets `sample`, `time` or `t`, `unit` or `x`, and `label` or `labels`\n\n\
         hint: store each column, and each field of a table, as its own data set at the root of the file"
    )]
    Others {
        /// The file.
        file: String,
        /// Content of the file.
        got: String,
    },
    /// Duplicate column or recording.
    #[error("{file}: duplicate {what}")]
    Twice {
        /// The file and one of the arrays.
        file: String,
        /// The duplicate column or recording.
        what: String,
    },
    /// An array with more than one dimension.
    #[error("{file}: expected a one-dimensional array, got shape {got}")]
    Shape {
        /// The file and the array.
        file: String,
        /// Shape of the array.
        got: String,
    },
    /// Columns next to recordings in arrays of their own.
    #[error(
        "{file}: expected no {} next to one array per recording (`labels` has one label per recording)",
        ticked(names)
    )]
    Unused {
        /// The file, and the array if the columns are its fields.
        file: String,
        /// The columns.
        names: Vec<String>,
    },
    /// Numbers of samples that are not those of the arrays.
    #[error(
        "{file}: `sample`: expected 0 to {last}, the numbers of the {} `{first}`, ..., got {got}\n\n\
         hint: leave out `sample` if every recording has its own array, or join the arrays into one and state the sample of every event",
        crate::counted(last + 1, "array")
    )]
    Samples {
        /// The file.
        file: String,
        /// Name of the first array.
        first: String,
        /// Number of the last array.
        last: usize,
        /// What `sample` holds.
        got: String,
    },
    /// An array without fields.
    #[error(
        "{file}: elements have no fields; expected records with fields such as `t`, `x` and `p`\n\n\
         hint: `--samples` imports arrays of numbers, with one row or image per sample"
    )]
    Plain {
        /// The file and the array.
        file: String,
    },
    /// A known field with elements that are not numbers.
    #[error("{file}: {name}: expected a number, got {got}")]
    Field {
        /// The file and the array.
        file: String,
        /// The field.
        name: String,
        /// Type of the field.
        got: String,
    },
    /// A gap in the numbers of the recordings.
    #[error(
        "{file}: recording {missing} is missing (found {found}){}",
        if *missing == 0 { "\n\nhint: number the recordings from 0" } else { "" }
    )]
    Gap {
        /// The file.
        file: String,
        /// Numbers of the recordings.
        found: String,
        /// First missing number.
        missing: usize,
    },
    /// No labels.
    #[error(
        "{file}: no labels; expected one label per sample, in this file (`labels`, or `label` of every event) or in a separate file of \
         labels"
    )]
    NoLabels {
        /// The file of events.
        file: String,
    },
    /// Labels in the file and in a separate file.
    #[error("{file}: duplicate labels: the file contains labels and a separate file of labels is given")]
    TwoLabels {
        /// The file of events.
        file: String,
    },
}

fn ticked(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Reads the recordings in the file at `path`, with labels from this file or the file at `labels`, and appends remarks
/// to `notes`.
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
        let columns = csv_table::read(&source, &WHOLE, &FLOAT)?;
        return table(&file, columns, None, given, form, notes).map_err(|error| at_line(error, &source));
    };
    table(&file, columns, stated.as_ref(), given, form, notes)
}

/// Replaces the event in an error by its line in the CSV text of `source`.
fn at_line(error: EventFileError, source: &Source) -> EventFileError {
    let place = |event| Some(format!("{}:{}", source.file, csv_table::line_of(source, event)?));
    match error {
        EventFileError::Columns(error) => error.at(place).into(),
        other => other,
    }
}

/// Returns the names of all columns.
fn known() -> impl Iterator<Item = &'static str> {
    WHOLE.into_iter().chain(FLOAT).chain([LABELS])
}

/// Reads recordings in the layout of Spiking Heidelberg Digits, with numbers of any type.
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
    let unused: Vec<String> = known().filter(|name| *name != LABELS && content.has(name)).map(str::to_owned).collect();
    if !unused.is_empty() {
        let why = "`spikes/times` and `spikes/units` hold the events";
        notes.push(Note::UnusedColumns { names: unused, why });
    }
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

/// Returns the note with the coarser times.
fn coarser(one: Option<Note>, other: Option<Note>) -> Option<Note> {
    let microseconds = |note: &Option<Note>| match note {
        Some(Note::CoarseTimes { microseconds, .. }) => *microseconds,
        _ => 0.0,
    };
    if microseconds(&one) < microseconds(&other) { other } else { one }
}

/// Reads the recordings of an archive in any of its three forms.
fn of_archive(
    source: &Source,
    given: Option<Labels>,
    form: &EventForm,
    notes: &mut Vec<Note>,
) -> Result<EventSet, EventFileError> {
    let (mut columns, records) = arrays(source)?;
    let has = |name: &str| records.iter().filter(|(_, array)| array.has_field(name)).count();
    let is_repeated = known().any(|name| has(name) > 1);
    let has_sample = columns.contains_key("sample") || has("sample") > 0;
    if !records.is_empty() && (is_repeated || !has_sample) {
        return of_arrays(source, columns, records, given, form, notes);
    }
    for (_, array) in records {
        let file = array.file.clone();
        for (name, column) in fields(array)? {
            if columns.insert(name.clone(), column).is_some() {
                return Err(EventFileError::Twice { file, what: format!("column `{name}`") });
            }
        }
    }
    table(&source.file, columns, None, given, form, notes)
}

/// Columns by name, and arrays of records with their names.
type Arrays = (BTreeMap<String, Column>, Vec<(String, Array)>);

/// Returns the arrays of an archive; a column may be stored as a table with one column.
fn arrays(source: &Source) -> Result<Arrays, EventFileError> {
    let (mut columns, mut records) = (BTreeMap::new(), Vec::new());
    for (name, array) in npz::read(source)? {
        let is_known = known().any(|known| known == name);
        let is_numbered = name.ends_with(|letter: char| letter.is_ascii_digit());
        match array.layout {
            Layout::Records(_) => records.push((name, array)),
            Layout::Other(error @ NpyError::Objects { .. }) => return Err(error.into()),
            Layout::Plain(_) if !is_known && is_numbered => return Err(EventFileError::Plain { file: array.file }),
            Layout::Plain(_) | Layout::Other(_) if !is_known => {
                let known = known().collect::<Vec<_>>().join(", ");
                let allowed = format!("one of {known}, or structured arrays named by recording, such as `arr_0`");
                return Err(EventFileError::Name { file: array.file, allowed });
            }
            Layout::Plain(column) if array.is_row() || array.is_column() => {
                columns.insert(name, column);
            }
            Layout::Plain(_) => {
                return Err(EventFileError::Shape { file: array.file, got: npy::told(&array.shape) });
            }
            Layout::Other(error) => return Err(error.into()),
        }
    }
    Ok((columns, records))
}

/// Reads recordings in one array of records each.
fn of_arrays(
    source: &Source,
    mut columns: BTreeMap<String, Column>,
    records: Vec<(String, Array)>,
    given: Option<Labels>,
    form: &EventForm,
    notes: &mut Vec<Note>,
) -> Result<EventSet, EventFileError> {
    let file = &source.file;
    let (name, own) = match (columns.remove(LABELS), columns.remove("label")) {
        (Some(_), Some(_)) => {
            return Err(ColumnsError::Both { file: file.clone(), one: "label", other: LABELS }.into());
        }
        (None, Some(label)) => ("label", Some(label)),
        (labels, None) => (LABELS, labels),
    };
    let arrays = numbered(file, records)?;
    if let Some(sample) = columns.remove("sample") {
        check_samples(file, &sample, &arrays)?;
    }
    none_left(file, columns.into_keys())?;
    let (mut recordings, mut unused) = (Vec::new(), None);
    for array in arrays {
        let file = array.file.clone();
        let mut columns = fields(array)?;
        recordings.push(EventColumns::new(&file, form, None, |name| columns.remove(name))?);
        unused = unused.or(unused_places(&mut columns));
        none_left(&file, columns.into_keys())?;
    }
    let labels = labels_of_samples(file, name, own, given)?;
    notes.extend(recordings.iter().map(EventColumns::coarse).fold(None, coarser));
    notes.extend(recordings.iter().find_map(EventColumns::merged));
    notes.extend(unused);
    Ok(of_recordings(file, &recordings, &labels, form)?)
}

/// Refuses numbers of samples other than those of the arrays, one per array and in their order: labels follow the arrays.
fn check_samples(file: &str, sample: &Column, arrays: &[Array]) -> Result<(), EventFileError> {
    let other = (0..sample.len()).find(|&place| sample.integer(place) != Some(place as i128));
    let got = match other {
        _ if sample.len() != arrays.len() => crate::counted(sample.len(), "number"),
        Some(place) => format!("{} for recording {place}", sample.number(place)),
        None => return Ok(()),
    };
    // The name of an array is behind the name of its file.
    let first = arrays.first().and_then(|array| array.file.rsplit('`').nth(1)).unwrap_or_default().to_owned();
    Err(EventFileError::Samples { file: file.to_owned(), first, last: arrays.len().saturating_sub(1), got })
}

/// Refuses columns that are left over.
fn none_left(file: &str, left: impl Iterator<Item = String>) -> Result<(), EventFileError> {
    let names: Vec<String> = left.collect();
    if names.is_empty() { Ok(()) } else { Err(EventFileError::Unused { file: file.to_owned(), names }) }
}

/// Takes the places that are left over, and returns a note on them.
fn unused_places(columns: &mut BTreeMap<String, Column>) -> Option<Note> {
    let names: Vec<String> =
        PLACES.iter().filter(|name| columns.remove(**name).is_some()).map(|name| (*name).to_owned()).collect();
    (!names.is_empty()).then_some(Note::UnusedColumns { names, why: "`unit` is the unit of every event" })
}

/// Sorts the arrays by the number at the end of their names.
fn numbered(file: &str, records: Vec<(String, Array)>) -> Result<Vec<Array>, EventFileError> {
    let mut arrays = BTreeMap::new();
    for (name, array) in records {
        let digits = name.trim_start_matches(|letter: char| !letter.is_ascii_digit());
        let number: usize = digits.parse().map_err(|_| EventFileError::Name {
            file: array.file.clone(),
            allowed: "a name ending in the recording number, such as `arr_0`".to_owned(),
        })?;
        if let Some(other) = arrays.insert(number, array) {
            return Err(EventFileError::Twice { file: other.file, what: format!("recording {number}") });
        }
    }
    let numbers: Vec<usize> = arrays.keys().copied().collect();
    if let Some(missing) = numbers.iter().enumerate().find_map(|(place, &number)| (place != number).then_some(place)) {
        return Err(EventFileError::Gap { file: file.to_owned(), found: runs(&numbers), missing });
    }
    Ok(arrays.into_values().collect())
}

/// Returns the fields of an array of records by name.
fn fields(array: Array) -> Result<BTreeMap<String, Column>, EventFileError> {
    let is_list = array.is_row() || array.is_column();
    let Layout::Records(fields) = array.layout else { return Err(EventFileError::Plain { file: array.file }) };
    if !is_list {
        return Err(EventFileError::Shape { file: array.file, got: npy::told(&array.shape) });
    }
    let asked = fields.into_iter().filter(|(name, _)| known().any(|known| known == name && known != LABELS));
    asked
        .map(|(name, column)| match column {
            Ok(column) => Ok((name, column)),
            Err(got) => Err(EventFileError::Field { file: array.file.clone(), name, got }),
        })
        .collect()
}

/// Reads the recordings of a table, with labels from its columns or `given`.
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
    notes.extend(events.merged());
    notes.extend(unused_places(&mut columns));
    let sample = columns.remove("sample").ok_or_else(|| ColumnsError::Missing {
        file: file.to_owned(),
        name: "sample",
        why: " (recording number of each event)".to_owned(),
    })?;
    let labels = match (columns.remove("label"), columns.remove(LABELS)) {
        (Some(_), Some(_)) => {
            return Err(ColumnsError::Both { file: file.to_owned(), one: "label", other: LABELS }.into());
        }
        (Some(_), None) if given.is_some() => return Err(EventFileError::TwoLabels { file: file.to_owned() }),
        (Some(label), None) if label.len() != events.len() => {
            let samples = samples(&sample).filter(|_| sample.len() == events.len());
            if samples != Some(label.len() as i128) {
                let (file, events, got) = (file.to_owned(), events.len(), label.len());
                return Err(ColumnsError::LabelCount { file, events, samples, got }.into());
            }
            TableLabels::OfSamples(labels_of_samples(file, "label", Some(label), None)?)
        }
        (Some(label), None) => TableLabels::OfEvents(label),
        (None, labels) => TableLabels::OfSamples(labels_of_samples(file, LABELS, labels, given)?),
    };
    Ok(of_table(&events, &sample, &labels, form)?)
}

/// Returns the number of samples in a column of their numbers.
fn samples(sample: &Column) -> Option<i128> {
    (0..sample.len()).filter_map(|event| sample.integer(event)).max().map(|last| last.saturating_add(1))
}

/// Returns the labels per sample, from the column `name` of the file of events or from the separate file.
fn labels_of_samples(
    file: &str,
    name: &str,
    own: Option<Column>,
    given: Option<Labels>,
) -> Result<Labels, EventFileError> {
    match (own, given) {
        (Some(_), Some(_)) => Err(EventFileError::TwoLabels { file: file.to_owned() }),
        (Some(column), None) => Ok(Labels { file: format!("{file}: `{name}`"), column }),
        (None, Some(labels)) => Ok(labels),
        (None, None) => Err(EventFileError::NoLabels { file: file.to_owned() }),
    }
}
