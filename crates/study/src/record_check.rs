//! Records that are well formed and cannot be: figures and tables rely on what is checked here.

use crate::record::Record;

/// What of a record contradicts itself, if anything does.
pub fn contradiction(record: &Record) -> Option<String> {
    if let Err(error) = record.settings.check() {
        return Some(format!("settings: {error}"));
    }
    let fractions = record.accuracy.iter().chain(&record.outcome);
    if let Some(wrong) = fractions.copied().find(|fraction| !(0.0..=1.0).contains(fraction)) {
        return Some(format!("accuracies must be from 0 to 1, got {wrong}"));
    }
    let seconds = [record.seconds.training, record.seconds.test];
    if let Some(wrong) = seconds.into_iter().find(|seconds| !(*seconds >= 0.0 && seconds.is_finite())) {
        return Some(format!("seconds must be a number from 0, got {wrong}"));
    }
    let (tests, epochs) = (record.tests.len(), record.accuracy.len());
    if tests > 0 && tests != epochs + 1 {
        return Some(format!("tests must be one before training and one for each of {epochs} epochs, got {tests}"));
    }
    let classes = record.tests.first().map_or(0, Vec::len);
    if let Some(other) = record.tests.iter().find(|test| test.len() != classes) {
        return Some(format!("every test must have {classes} classes, got {}", other.len()));
    }
    // Counts are added up over classes, epochs and trials.
    let most = 1 << 40;
    record.tests.iter().flatten().find_map(|class| {
        let counts = [class.samples, class.correct, class.excitatory_spikes, class.inhibitory_spikes];
        if let Some(count) = counts.into_iter().find(|count| *count > most) {
            return Some(format!("counts of a test must be at most {most}, got {count}"));
        }
        let wrong = class.correct > class.samples;
        wrong.then(|| format!("of {} samples, at most as many can be right, got {}", class.samples, class.correct))
    })
}

#[cfg(test)]
mod tests {
    use ohmspike_snn::activity::ClassActivity;

    use super::*;
    use crate::record::empty_record;

    #[test]
    fn what_cannot_be_is_told() {
        let class = |samples, correct| ClassActivity { samples, correct, ..ClassActivity::default() };
        let fine = Record { accuracy: vec![0.5], tests: vec![vec![class(4, 1)], vec![class(4, 2)]], ..empty_record() };
        assert_eq!((contradiction(&fine), contradiction(&empty_record())), (None, None));
        let change = |change: fn(&mut Record)| {
            let mut record = fine.clone();
            change(&mut record);
            contradiction(&record).expect("a contradiction")
        };
        assert_eq!(change(|record| record.accuracy[0] = 1.5), "accuracies must be from 0 to 1, got 1.5");
        assert_eq!(change(|record| record.outcome = Some(-1.0)), "accuracies must be from 0 to 1, got -1");
        assert_eq!(change(|record| record.seconds.test = -1.0), "seconds must be a number from 0, got -1");
        assert_eq!(
            change(|record| _ = record.tests.pop()),
            "tests must be one before training and one for each of 1 epochs, got 1"
        );
        assert_eq!(change(|record| record.tests[1].clear()), "every test must have 1 classes, got 0");
        assert!(change(|record| record.tests[0][0].samples = u64::MAX).starts_with("counts of a test must be at most"));
        assert_eq!(
            change(|record| record.tests[1][0].correct = 5),
            "of 4 samples, at most as many can be right, got 5"
        );
        let told = change(|record| record.settings.network.hidden = 0);
        assert_eq!(told, "settings: network.hidden: expected a whole number from 1 to 65536, got 0");
    }
}
