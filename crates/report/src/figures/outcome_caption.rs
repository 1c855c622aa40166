//! Caption of an outcome figure: the quantity, the number of repeats and the meaning of the bands.

use ohmspike_analysis::recorded::Recorded;
use ohmspike_stats::MIN_REPEATS;
use ohmspike_study::key_label::axis_words;

use super::outcome_curves::Panel;
use super::x_axis::XAxis;

/// Returns the caption of an outcome figure.
pub(super) fn caption(recorded: Recorded, x: XAxis, panels: &[Panel]) -> String {
    let study = recorded.study;
    let points = || panels.iter().flat_map(|panel| &panel.curves).flat_map(|curve| &curve.points);
    let counts = points().map(|point| point.sample.n);
    let (least, most) = counts.fold((usize::MAX, 0), |(least, most), n| (least.min(n), most.max(n)));
    let mut text = format!("{} over the {}.", outcome_words(recorded), axis_words(x.key(study)));
    let several = points().any(|point| point.trials.len() > 1);
    text.push_str(&match (least, most) {
        (1, 1) if !several => " Markers are single trials (n = 1).".to_owned(),
        _ if least == most => format!(" Markers are means of n = {most} independent repeats; small dots are trials."),
        _ => format!(" Markers are means of n = {least} to {most} independent repeats; small dots are trials."),
    });
    if points().any(|point| point.sample.ci95.is_some()) {
        text.push_str(" Bands and bars are 95 % intervals of the mean (Student's t), limited to 0 and 100 %.");
    }
    if most == MIN_REPEATS {
        text.push_str(&format!(" With only {MIN_REPEATS} repeats they are wide: 2.5 standard deviations each way."));
    }
    if most > 1 && least < MIN_REPEATS {
        text.push_str(&format!(" There is no interval below {MIN_REPEATS} repeats."));
    }
    let copies = copies(recorded, panels);
    match copies {
        0 => {}
        1 => text.push_str(" One trial is a bit-identical copy of another and is excluded."),
        _ => text.push_str(&format!(" {copies} trials are bit-identical copies of others and are excluded.")),
    }
    let conditions: Vec<usize> = panels.iter().flat_map(|panel| panel.group.conditions.clone()).collect();
    text.push_str(&diverged(recorded.failures(&conditions)));
    if points().any(|point| point.unhealthy) {
        text.push_str(" Hollow markers are unhealthy networks, such as silent ones; the answer excludes them.");
    }
    text.push_str(&recorded.baseline_words("the outcome", recorded.baseline_outcome()));
    text + &x.note(recorded)
}

/// Formats the number of diverged trials, with a space before it; empty for none.
pub(super) fn diverged(trials: usize) -> String {
    match trials {
        0 => String::new(),
        1 => " One trial diverged and is excluded.".to_owned(),
        _ => format!(" {trials} trials diverged and are excluded."),
    }
}

/// Returns the number of trials with an outcome that share all random draws with another trial.
fn copies(recorded: Recorded, panels: &[Panel]) -> usize {
    let conditions: Vec<usize> = panels.iter().flat_map(|panel| panel.group.conditions.clone()).collect();
    ohmspike_analysis::repeats::copies(recorded.study, &recorded.done(&conditions)).iter().flatten().count()
}

/// Describes the outcome, for example `Mean test accuracy of the last 10 of 30 epochs`.
pub(super) fn outcome_words(recorded: Recorded) -> String {
    let of = |of: fn(&ohmspike_study::settings::Settings) -> usize| {
        let mut values: Vec<usize> =
            recorded.study.conditions.iter().map(|condition| of(&condition.settings)).collect();
        values.sort_unstable();
        values.dedup();
        if let [value] = values[..] { Some(value) } else { None }
    };
    match (of(|settings| settings.outcome.last_epochs), of(|settings| settings.training.epochs)) {
        (_, Some(0)) => "Test accuracy without training".to_owned(),
        (_, Some(1)) => "Test accuracy after one epoch".to_owned(),
        (Some(1), Some(epochs)) => format!("Test accuracy after the last of {epochs} epochs"),
        (Some(last), Some(epochs)) => format!("Mean test accuracy of the last {} of {epochs} epochs", last.min(epochs)),
        _ => "Mean test accuracy of the last epochs".to_owned(),
    }
}
