//! What stands below a figure of outcomes: what they are, of how many repeats, and what their bands mean.

use ohmspike_analysis::recorded::Recorded;
use ohmspike_stats::LEAST_REPEATS;
use ohmspike_study::key_label::axis_label;

use super::outcome_curves::Panel;
use super::x_axis::XAxis;

/// The sentence or two below a figure of outcomes.
pub(super) fn caption(recorded: Recorded, x: XAxis, panels: &[Panel]) -> String {
    let study = recorded.study;
    let points = || panels.iter().flat_map(|panel| &panel.curves).flat_map(|curve| &curve.points);
    let counts = points().map(|point| point.sample.n);
    let (least, most) = counts.fold((usize::MAX, 0), |(least, most), n| (least.min(n), most.max(n)));
    let mut text = format!("{}, over {}.", outcome_words(recorded), in_sentence(&axis_label(x.key(study))));
    let several = points().any(|point| point.trials.len() > 1);
    text.push_str(&match (least, most) {
        (1, 1) if !several => " Markers are single trials (n = 1).".to_owned(),
        _ if least == most => format!(" Markers are means of n = {most} independent repeats, small dots the trials."),
        _ => format!(" Markers are means of n = {least} to {most} independent repeats, small dots the trials."),
    });
    if points().any(|point| point.sample.ci95.is_some()) {
        text.push_str(" Bands or bars are 95 % intervals of the mean over repeats (Student's t), cut at 0 and 100 %.");
    }
    if most > 1 && least < LEAST_REPEATS {
        text.push_str(&format!(" Fewer than {LEAST_REPEATS} repeats have no interval."));
    }
    let copies = copies(recorded, panels);
    if copies > 0 {
        text.push_str(&format!(" {copies} trials are copies of others, to the last bit, and are left out."));
    }
    let conditions: Vec<usize> = panels.iter().flat_map(|panel| panel.group.conditions.clone()).collect();
    let failures = recorded.failures(&conditions);
    if failures > 0 {
        text.push_str(&format!(" {failures} trials diverged and are left out."));
    }
    if points().any(|point| point.unhealthy) {
        text.push_str(
            " Hollow markers are networks that say nothing about the hardware, such as silent ones; no answer rests on them.",
        );
    }
    text.push_str(&recorded.baseline_words("the outcome", recorded.baseline_outcome()));
    text + &x.note(recorded)
}

/// Trials with an outcome that share all draws with another one.
fn copies(recorded: Recorded, panels: &[Panel]) -> usize {
    let conditions: Vec<usize> = panels.iter().flat_map(|panel| panel.group.conditions.clone()).collect();
    ohmspike_analysis::repeats::copies(recorded.study, &recorded.done(&conditions)).iter().flatten().count()
}

/// What an outcome is, in words: mean test accuracy of so many epochs.
pub(super) fn outcome_words(recorded: Recorded) -> String {
    let of = |of: fn(&ohmspike_study::settings::Settings) -> usize| {
        let mut values: Vec<usize> =
            recorded.study.conditions.iter().map(|condition| of(&condition.settings)).collect();
        values.sort_unstable();
        values.dedup();
        if let [value] = values[..] { Some(value) } else { None }
    };
    match (of(|settings| settings.outcome.last_epochs), of(|settings| settings.training.epochs)) {
        (_, Some(1)) => "Test accuracy after one epoch".to_owned(),
        (Some(1), Some(epochs)) => format!("Test accuracy after the last of {epochs} epochs"),
        (Some(last), Some(epochs)) => format!("Mean test accuracy of the last {} of {epochs} epochs", last.min(epochs)),
        _ => "Mean test accuracy of the last epochs".to_owned(),
    }
}

/// Labels begin as they do on an axis; sentences go on with them as they are.
fn in_sentence(label: &str) -> String {
    format!("the {label}")
}
