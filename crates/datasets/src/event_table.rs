//! Groups columns of events into labelled recordings.

use crate::{
    column::Column,
    event_columns::{ColumnsError, EventColumns, EventForm},
    events::EventSet,
    labels::Labels,
};

/// Labels of the recordings of a table.
pub(crate) enum TableLabels {
    /// One label per event, as many as there are events, equal within a recording.
    OfEvents(Column),
    /// One label per recording.
    OfSamples(Labels),
}

/// Groups the events of a table by `sample`, the recording number of each event.
pub(crate) fn of_table(
    columns: &EventColumns,
    sample: &Column,
    labels: &TableLabels,
    form: &EventForm,
) -> Result<EventSet, ColumnsError> {
    columns.same_length("sample", sample)?;
    let most = match labels {
        TableLabels::OfSamples(labels) if labels.column.len() == 0 => {
            return Err(ColumnsError::Empty { file: columns.file.clone() });
        }
        TableLabels::OfSamples(labels) => labels.column.len(),
        // Each recording has an event, so the number of events is an upper bound.
        TableLabels::OfEvents(_) => columns.len(),
    };
    let numbers = (0..columns.len()).map(|event| columns.below("sample", sample, event, most));
    let numbers = numbers.collect::<Result<Vec<usize>, _>>()?;
    let count = match labels {
        TableLabels::OfSamples(labels) if are_of_events(&labels.column, &numbers) => {
            return Err(ColumnsError::PerEvent { file: labels.file.clone(), got: most });
        }
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

/// Returns whether `labels` are those of the events with these sample `numbers`: as many, equal within a sample, and more than samples.
fn are_of_events(labels: &Column, numbers: &[usize]) -> bool {
    let samples = numbers.iter().max().map_or(0, |last| last + 1);
    if labels.len() != numbers.len() || samples == labels.len() {
        return false;
    }
    let mut first = vec![None; samples];
    let mut all = numbers.iter().enumerate();
    all.all(|(event, &sample)| *first[sample].get_or_insert(labels.number(event)) == labels.number(event))
}

/// Returns the label of each recording, which all its events must share.
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

/// Joins recordings with separate columns.
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
