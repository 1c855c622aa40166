//! Consistency checks of records, which figures and tables rely on.

use ohmspike_crossbar::WriteReport;
use ohmspike_datasets::counted;

use crate::record::{Record, recorded_id};

/// Returns the first contradiction in a record, if any.
pub fn contradiction(record: &Record) -> Option<String> {
    if let Err(error) = record.settings.check() {
        return Some(format!("settings: {error}"));
    }
    ranges(record).or_else(|| counts(record)).or_else(|| derived(record)).or_else(|| identity(record))
}

fn ranges(record: &Record) -> Option<String> {
    let fractions = record.accuracy.iter().chain(&record.outcome);
    if let Some(wrong) = fractions.copied().find(|fraction| !(0.0..=1.0).contains(fraction)) {
        return Some(format!("accuracy: expected 0 to 1, got {wrong}"));
    }
    let seconds = [record.seconds.training, record.seconds.test];
    if let Some(wrong) = seconds.into_iter().find(|seconds| !(*seconds >= 0.0 && seconds.is_finite())) {
        return Some(format!("seconds: expected a number of at least 0, got {wrong}"));
    }
    if let Some(wrong) = record.loss.iter().find(|loss| **loss < 0.0) {
        return Some(format!("loss: expected at least 0, got {wrong}"));
    }
    saturated(record).or_else(|| wrong_signs(record))
}

fn saturated(record: &Record) -> Option<String> {
    let layers = record.settings.hidden_layers();
    [Some(&record.before), record.after.as_ref()].into_iter().flatten().find_map(|observation| {
        let counts = observation.saturated_neurons.iter().zip(&layers);
        let (count, layer) = counts.into_iter().find(|(count, layer)| **count > layer.hidden as u64)?;
        Some(format!("saturated_neurons: expected at most {}, got {count}", layer.hidden))
    })
}

fn wrong_signs(record: &Record) -> Option<String> {
    let connection =
        record.connections.iter().find(|connection| connection.writes.wrong_sign > connection.writes.cells)?;
    let WriteReport { wrong_sign, cells, .. } = connection.writes;
    Some(format!("writes.wrong_sign: expected at most {cells}, the weights of `{}`, got {wrong_sign}", connection.name))
}

fn counts(record: &Record) -> Option<String> {
    let (tests, epochs) = (record.tests.len(), record.accuracy.len());
    if tests > 0 && tests != epochs + 1 {
        return Some(format!("tests: expected {} (one before training and one per epoch), got {tests}", epochs + 1));
    }
    let classes = record.tests.first().map_or(0, Vec::len);
    if let Some(other) = record.tests.iter().find(|test| test.len() != classes) {
        return Some(format!("tests: expected {} per test, got {}", counted(classes, "class"), other.len()));
    }
    // Counts are summed over classes, epochs and trials.
    let most = 1 << 40;
    // A neuron spikes at most once per step.
    let neurons = record.settings.hidden_layers().last().map_or(0, |layer| layer.hidden);
    let most_spikes = (neurons * record.settings.network.steps) as u64;
    record.tests.iter().flatten().find_map(|class| {
        let counts = [class.samples, class.correct, class.excitatory_spikes, class.inhibitory_spikes];
        if let Some(count) = counts.into_iter().find(|count| *count > most) {
            return Some(format!("tests: expected counts of at most {most}, got {count}"));
        }
        let (spikes, most_spikes) =
            (class.excitatory_spikes + class.inhibitory_spikes, most_spikes.saturating_mul(class.samples));
        if spikes > most_spikes {
            return Some(format!(
                "tests: expected at most {most_spikes} spikes, one per neuron and step, got {spikes}"
            ));
        }
        let wrong = class.correct > class.samples;
        wrong.then(|| format!("tests: expected at most {} correct samples, got {}", class.samples, class.correct))
    })
}

/// Accuracies and outcome follow from the counts of the tests. The same operations give the same bits.
fn derived(record: &Record) -> Option<String> {
    let before = record.test(0)?.accuracy();
    let (epochs, losses) = (record.accuracy.len(), record.loss.len());
    if losses != epochs {
        return Some(format!("loss: expected {}, one per epoch, got {losses}", counted(epochs, "value")));
    }
    for (epoch, &accuracy) in (1..).zip(&record.accuracy) {
        let expected = record.test(epoch)?.accuracy();
        if accuracy != expected {
            return Some(format!(
                "accuracy: expected {expected} after epoch {epoch}, as counted in `tests`, got {accuracy}"
            ));
        }
    }
    let Some(outcome) = record.outcome else {
        return record.failure.is_none().then(|| "outcome: expected a number or a failure, got neither".to_owned());
    };
    if record.failure.is_some() {
        return Some(format!("outcome: expected none with a failure, got {outcome}"));
    }
    let planned = record.settings.training.epochs;
    if epochs != planned {
        return Some(format!("accuracy: expected {}, got {epochs}", counted(planned, "epoch")));
    }
    let expected = Record::mean_of_last(&record.accuracy, &record.settings, before);
    (outcome != expected).then(|| format!("outcome: expected {expected}, the mean of the last epochs, got {outcome}"))
}

/// The ID is a hash of seed, settings, devices and data.
fn identity(record: &Record) -> Option<String> {
    let expected = recorded_id(record).filter(|expected| *expected != record.id)?;
    Some(format!("id: expected {expected} for this seed and these settings, devices and data, got {}", record.id))
}

#[cfg(test)]
mod tests {
    use ohmspike_snn::activity::ClassActivity;

    use super::*;
    use crate::record::{ConnectionRecord, empty_record};

    fn wrong_signs_of(wrong_sign: u64) -> ConnectionRecord {
        let writes = WriteReport { wrong_sign, cells: 7, ..WriteReport::default() };
        ConnectionRecord { name: "readout".to_owned(), device_sha256: None, writes, used: None }
    }

    /// A record of one epoch without contradictions.
    fn fine() -> Record {
        let class = |samples, correct| ClassActivity { samples, correct, ..ClassActivity::default() };
        let mut fine = Record {
            outcome: Some(0.5),
            accuracy: vec![0.5],
            loss: vec![1.0],
            tests: vec![vec![class(4, 1)], vec![class(4, 2)]],
            ..empty_record()
        };
        fine.settings.training.epochs = 1;
        fine
    }

    #[test]
    fn counts_of_any_size_are_compared() {
        let mut largest = fine();
        (largest.settings.network.hidden, largest.settings.network.steps) = (1 << 16, 1 << 12);
        largest.settings.layers.clear();
        largest.tests[0][0].samples = 1 << 40;
        assert_eq!(contradiction(&largest), None);
    }

    #[test]
    fn finds_contradictions() {
        let fine = fine();
        assert_eq!((contradiction(&fine), contradiction(&empty_record())), (None, None));
        let change = |change: fn(&mut Record)| {
            let mut record = fine.clone();
            change(&mut record);
            contradiction(&record).expect("a contradiction")
        };
        assert_eq!(change(|record| record.accuracy[0] = 1.5), "accuracy: expected 0 to 1, got 1.5");
        assert_eq!(change(|record| record.outcome = Some(-1.0)), "accuracy: expected 0 to 1, got -1");
        assert_eq!(change(|record| record.seconds.test = -1.0), "seconds: expected a number of at least 0, got -1");
        assert_eq!(
            change(|record| _ = record.tests.pop()),
            "tests: expected 2 (one before training and one per epoch), got 1"
        );
        assert_eq!(change(|record| record.tests[1].clear()), "tests: expected 1 class per test, got 0");
        assert_eq!(change(|record| record.loss[0] = -0.5), "loss: expected at least 0, got -0.5");
        assert_eq!(
            change(|record| record.tests[1][0].excitatory_spikes = 40_001),
            "tests: expected at most 40000 spikes, one per neuron and step, got 40001"
        );
        assert_eq!(
            change(|record| record.before.saturated_neurons = vec![101]),
            "saturated_neurons: expected at most 100, got 101"
        );
        assert_eq!(
            change(|record| record.connections.push(wrong_signs_of(8))),
            "writes.wrong_sign: expected at most 7, the weights of `readout`, got 8"
        );
        assert!(
            change(|record| record.tests[0][0].samples = u64::MAX).starts_with("tests: expected counts of at most")
        );
        assert_eq!(change(|record| record.tests[1][0].correct = 5), "tests: expected at most 4 correct samples, got 5");
        assert_eq!(
            change(|record| record.accuracy[0] = 0.11),
            "accuracy: expected 0.5 after epoch 1, as counted in `tests`, got 0.11"
        );
        assert_eq!(
            change(|record| record.outcome = Some(0.11)),
            "outcome: expected 0.5, the mean of the last epochs, got 0.11"
        );
        assert_eq!(change(|record| record.loss.clear()), "loss: expected 1 value, one per epoch, got 0");
        assert_eq!(change(|record| record.outcome = None), "outcome: expected a number or a failure, got neither");
        assert_eq!(
            change(|record| record.failure = Some("diverged".to_owned())),
            "outcome: expected none with a failure, got 0.5"
        );
        assert_eq!(change(|record| record.settings.training.epochs = 2), "accuracy: expected 2 epochs, got 1");
        let told = change(|record| record.settings.network.hidden = 0);
        assert_eq!(told, "settings: network.hidden: expected a whole number from 1 to 65536, got 0");
    }
}
