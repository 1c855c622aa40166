//! Columns of events to recordings: which events are of which sample, and which class that is.

use crate::{
    column::Column,
    event_columns::{ColumnsError, EventColumns, EventForm},
    events::EventSet,
    labels::Labels,
};

/// Which class a recording of a table is of.
pub(crate) enum TableLabels {
    /// A label an event, the same for all of a recording.
    OfEvents(Column),
    /// A label a recording.
    OfSamples(Labels),
}

/// The recordings of one table; `sample` numbers the recording of every event.
pub(crate) fn of_table(
    columns: &EventColumns,
    sample: &Column,
    labels: &TableLabels,
    form: &EventForm,
) -> Result<EventSet, ColumnsError> {
    columns.same_length("sample", sample)?;
    if let TableLabels::OfEvents(label) = labels {
        columns.same_length("label", label)?;
    }
    let most = match labels {
        TableLabels::OfSamples(labels) if labels.column.len() == 0 => {
            return Err(ColumnsError::Empty { file: columns.file.clone() });
        }
        TableLabels::OfSamples(labels) => labels.column.len(),
        // Each has an event, so that there are at most as many.
        TableLabels::OfEvents(_) => columns.len(),
    };
    let numbers = (0..columns.len()).map(|event| columns.below("sample", sample, event, most));
    let numbers = numbers.collect::<Result<Vec<usize>, _>>()?;
    let count = match labels {
        TableLabels::OfSamples(_) => most,
        TableLabels::OfEvents(_) => numbers.iter().max().map_or(0, |last| last + 1),
    };
    let mut recordings = vec![Vec::new(); count];
    for (event, number) in numbers.into_iter().enumerate() {
        recordings[number].push(event);
    }
    let labels = match labels {
        TableLabels::OfSamples(labels) => labels.checked(form.classes)?,
        TableLabels::OfEvents(label) => common_labels(columns, label, &recordings, form)?,
    };
    if recordings.is_empty() {
        return Err(ColumnsError::Empty { file: columns.file.clone() });
    }
    let mut set = EventSet::new(form.units(), form.classes);
    for (events, label) in recordings.iter().zip(labels) {
        columns.append(&mut set, Some(events), form, label)?;
    }
    Ok(set)
}

/// The one label of the events of each recording.
fn common_labels(
    columns: &EventColumns,
    label: &Column,
    recordings: &[Vec<usize>],
    form: &EventForm,
) -> Result<Vec<u8>, ColumnsError> {
    let file = || columns.file.clone();
    let one = |(sample, events): (usize, &Vec<usize>)| {
        let first = *events.first().ok_or_else(|| ColumnsError::Unlabelled { file: file(), sample })?;
        let one = label.number(first);
        if let Some(other) = events.iter().map(|&event| label.number(event)).find(|other| *other != one) {
            let (one, other) = (one.to_string(), other.to_string());
            return Err(ColumnsError::TwoLabels { file: file(), sample, one, other });
        }
        let class = columns.below("label", label, first, form.classes)?;
        Ok(u8::try_from(class).expect("there are at most 256 classes"))
    };
    recordings.iter().enumerate().map(one).collect()
}

/// Recordings that each have columns of their own.
pub(crate) fn of_recordings(
    file: &str,
    recordings: &[EventColumns],
    labels: &Labels,
    form: &EventForm,
) -> Result<EventSet, ColumnsError> {
    let (got, needed) = (labels.column.len(), recordings.len());
    if needed == 0 {
        return Err(ColumnsError::Empty { file: file.to_owned() });
    }
    if got != needed {
        return Err(ColumnsError::Counts { file: labels.file.clone(), got, needed });
    }
    let mut set = EventSet::new(form.units(), form.classes);
    for (columns, label) in recordings.iter().zip(labels.checked(form.classes)?) {
        columns.append(&mut set, None, form, label)?;
    }
    Ok(set)
}
