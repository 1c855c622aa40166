//! Consistency checks of records, which figures and tables rely on.

use ohmspike_datasets::counted;

use crate::record::Record;

/// Returns the first contradiction in a record, if any.
pub fn contradiction(record: &Record) -> Option<String> {
    if let Err(error) = record.settings.check() {
        return Some(format!("settings: {error}"));
    }
    let fractions = record.accuracy.iter().chain(&record.outcome);
    if let Some(wrong) = fractions.copied().find(|fraction| !(0.0..=1.0).contains(fraction)) {
        return Some(format!("accuracy: expected 0 to 1, got {wrong}"));
    }
    let seconds = [record.seconds.training, record.seconds.test];
    if let Some(wrong) = seconds.into_iter().find(|seconds| !(*seconds >= 0.0 && seconds.is_finite())) {
        return Some(format!("seconds: expected a number of at least 0, got {wrong}"));
    }
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
    record.tests.iter().flatten().find_map(|class| {
        let counts = [class.samples, class.correct, class.excitatory_spikes, class.inhibitory_spikes];
        if let Some(count) = counts.into_iter().find(|count| *count > most) {
            return Some(format!("tests: expected counts of at most {most}, got {count}"));
        }
        let wrong = class.correct > class.samples;
        wrong.then(|| format!("tests: expected at most {} correct samples, got {}", class.samples, class.correct))
    })
}

#[cfg(test)]
mod tests {
    use ohmspike_snn::activity::ClassActivity;

    use super::*;
    use crate::record::empty_record;

    #[test]
    fn finds_contradictions() {
        let class = |samples, correct| ClassActivity { samples, correct, ..ClassActivity::default() };
        let fine = Record { accuracy: vec![0.5], tests: vec![vec![class(4, 1)], vec![class(4, 2)]], ..empty_record() };
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
        assert!(
            change(|record| record.tests[0][0].samples = u64::MAX).starts_with("tests: expected counts of at most")
        );
        assert_eq!(change(|record| record.tests[1][0].correct = 5), "tests: expected at most 4 correct samples, got 5");
        let told = change(|record| record.settings.network.hidden = 0);
        assert_eq!(told, "settings: network.hidden: expected a whole number from 1 to 65536, got 0");
    }
}
