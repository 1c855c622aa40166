//! Accuracy of each class during training, over its hidden spikes and over the excitatory fraction of these spikes.
//!
//! Successful and failed networks are in separate columns. Kilgore, Kopsick, Ascoli and Adam, Sci Rep 15, 24798
//! (2025), Fig. 3.

use ohmspike_analysis::recorded::Recorded;
use ohmspike_plot::grid::{Grid, Swatch as Shown};
use ohmspike_plot::mark::{Dash, Mark};
use ohmspike_plot::palette::{GREY, Look};
use ohmspike_plot::plot::{Plot, PlotAxis};
use ohmspike_plot::scale::Scale;
use ohmspike_snn::activity::ClassActivity;
use ohmspike_study::key_label::FRACTION;
use ohmspike_study::success::Success;

use super::figure::{Data, Figure, cell};
use super::networks::{Learner, Learnt, entries, fractions, learners};

/// Epochs shown in addition to the untrained network; the last epoch replaces epochs that are not reached.
const EPOCHS: [usize; 3] = [1, 10, 30];
const HEIGHT: f64 = 112.0;
/// Largest number of dots per epoch; larger studies show their first seeds.
const MAX_DOTS: usize = 1000;

/// Quantity on the x axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    /// Hidden spikes per sample.
    Activity,
    /// Excitatory fraction of the hidden spikes, %.
    PercentExcitatory,
}

impl Measure {
    fn name(self) -> &'static str {
        match self {
            Measure::Activity => "class-accuracy-over-activity",
            Measure::PercentExcitatory => "class-accuracy-over-percent-excitatory",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Measure::Activity => "hidden spikes per sample",
            Measure::PercentExcitatory => "excitatory spikes (%)",
        }
    }

    fn column(self) -> &'static str {
        match self {
            Measure::Activity => "hidden_spikes_per_sample",
            Measure::PercentExcitatory => "excitatory_spikes_percent",
        }
    }

    /// Returns the value of a class; none for a fraction of zero spikes.
    fn of(self, class: &ClassActivity) -> Option<f64> {
        match self {
            Measure::Activity => Some(class.spikes_per_sample()),
            Measure::PercentExcitatory => {
                let spikes = class.excitatory_spikes + class.inhibitory_spikes;
                (spikes > 0).then(|| 100.0 * class.excitatory_fraction())
            }
        }
    }

    fn scale(self, values: &[f64]) -> Scale {
        let above = || values.iter().copied().filter(|value| *value > 0.0);
        let (low, high) = (above().fold(f64::INFINITY, f64::min), above().fold(0.0, f64::max));
        match self {
            Measure::PercentExcitatory => Scale::percent(),
            // Logarithmic above one and a half decades.
            Measure::Activity if high / low > 10f64.powf(1.5) => Scale::log(values),
            Measure::Activity => Scale::linear_few(values),
        }
    }
}

/// A class of a trial at one epoch.
#[derive(Clone, Debug, PartialEq)]
struct Dot {
    learnt: Learnt,
    fraction_index: usize,
    epoch: usize,
    class: usize,
    seed: u64,
    condition: usize,
    x: f64,
    accuracy: f64,
}

/// Returns one figure over activity and one over the excitatory fraction of spikes; none without finished trials.
pub(super) fn figures(recorded: Recorded) -> Vec<Figure> {
    let learners = learners(recorded);
    let (shown, seeds) = first_seeds(&learners);
    [Measure::Activity, Measure::PercentExcitatory]
        .into_iter()
        .filter_map(|measure| figure(recorded, measure, &shown, seeds))
        .collect()
}

/// Returns the trials of the first seeds that fit, and their number if some seeds are omitted.
fn first_seeds<'a>(learners: &[Learner<'a>]) -> (Vec<Learner<'a>>, Option<usize>) {
    let dots = |learner: &Learner| learner.record.tests.first().map_or(0, Vec::len);
    let mut seeds: Vec<u64> = learners.iter().map(|learner| learner.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let (mut total, mut taken) = (0, 0);
    for seed in &seeds {
        total += learners.iter().filter(|learner| learner.seed == *seed).map(dots).sum::<usize>();
        if taken > 0 && total > MAX_DOTS {
            break;
        }
        taken += 1;
    }
    let shown = learners.iter().filter(|learner| seeds[..taken].contains(&learner.seed)).copied().collect();
    (shown, (taken < seeds.len()).then_some(taken))
}

fn figure(recorded: Recorded, measure: Measure, learners: &[Learner], seeds: Option<usize>) -> Option<Figure> {
    let epochs = epochs(learners);
    let dots: Vec<Dot> = learners.iter().flat_map(|learner| dots(measure, learner, &epochs)).collect();
    if dots.is_empty() {
        return None;
    }
    let columns: Vec<Learnt> =
        Learnt::BOTH.into_iter().filter(|learnt| dots.iter().any(|dot| dot.learnt == *learnt)).collect();
    let looks = fractions(recorded);
    let scale = measure.scale(&dots.iter().map(|dot| dot.x).collect::<Vec<f64>>());
    let chance = recorded.chance();
    let plot = |epoch: usize, learnt: Learnt, first: bool| {
        let here: Vec<&Dot> = dots.iter().filter(|dot| (dot.epoch, dot.learnt) == (epoch, learnt)).collect();
        let last = epochs.last() == Some(&epoch);
        Plot {
            title: format!("{}, {}", moment(epoch), learnt.word()),
            x: PlotAxis { label: if last { measure.label().to_owned() } else { String::new() }, scale: scale.clone() },
            y: PlotAxis {
                label: if first { "accuracy (%)".to_owned() } else { String::new() },
                scale: Scale::percent(),
            },
            marks: marks(&here, &looks, chance, &scale),
            height: HEIGHT,
        }
    };
    let row = |&epoch: &usize| {
        let plots = columns.iter().enumerate();
        plots.map(|(number, &learnt)| plot(epoch, learnt, number == 0)).collect::<Vec<Plot>>()
    };
    let grid = Grid {
        title: format!("{}: accuracy by class", recorded.study.name),
        entries: entries(recorded, Shown::Marker),
        rows: epochs.iter().map(row).collect(),
    };
    let success = Success::words_of(recorded.study.conditions.iter().map(|condition| &*condition.settings));
    let caption = caption(measure, learners, seeds, &success);
    Some(Figure::new(measure.name().to_owned(), caption, grid, &data(measure, &dots, &looks)))
}

/// Returns the epochs to show: 0, some in between, and the last.
fn epochs(learners: &[Learner]) -> Vec<usize> {
    let tests = learners.iter().map(|learner| learner.record.tests.len()).max().unwrap_or(0);
    let last = tests.saturating_sub(1);
    let mut epochs: Vec<usize> = [0].into_iter().chain(EPOCHS.map(|epoch| epoch.min(last))).chain([last]).collect();
    epochs.dedup();
    epochs
}

fn moment(epoch: usize) -> String {
    if epoch == 0 { "untrained".to_owned() } else { format!("epoch {epoch}") }
}

fn dots(measure: Measure, learner: &Learner, epochs: &[usize]) -> Vec<Dot> {
    let of = |epoch: usize| {
        let classes = learner.record.tests.get(epoch).into_iter().flatten().enumerate();
        classes.filter_map(move |(class, activity)| {
            let Learner { seed, condition, fraction_index, learnt, .. } = *learner;
            let x = measure.of(activity).filter(|_| activity.samples > 0)?;
            Some(Dot {
                learnt,
                fraction_index,
                epoch,
                class,
                seed,
                condition,
                x,
                accuracy: 100.0 * activity.accuracy(),
            })
        })
    };
    epochs.iter().flat_map(|&epoch| of(epoch)).collect()
}

fn marks(dots: &[&Dot], looks: &[(String, Look)], chance: Option<f64>, scale: &Scale) -> Vec<Mark> {
    let mut marks: Vec<Mark> = chance
        .map(|chance| {
            let (low, high) = scale.ends();
            let low = if scale.is_broken() { 0.0 } else { low };
            let points = vec![(low, 100.0 * chance), (high, 100.0 * chance)];
            Mark::Line { points, color: GREY, width: 1.0, dash: Dash::Dashed }
        })
        .into_iter()
        .collect();
    marks.extend(looks.iter().enumerate().map(|(fraction_index, (_, look))| {
        let points =
            dots.iter().filter(|dot| dot.fraction_index == fraction_index).map(|dot| (dot.x, dot.accuracy)).collect();
        Mark::Cloud { points, color: look.color, shape: look.shape, size: 1.8 }
    }));
    marks
}

fn caption(measure: Measure, learners: &[Learner], seeds: Option<usize>, success: &str) -> String {
    let over = match measure {
        Measure::Activity => "its hidden spikes per sample on the test set",
        Measure::PercentExcitatory => {
            "the excitatory fraction of its hidden spikes on the test set; classes without spikes are omitted"
        }
    };
    let count = |learnt: Learnt| learners.iter().filter(|learner| learner.learnt == learnt).count();
    let seeds = seeds.map(|seeds| format!(" Only the first {seeds} seeds are shown.")).unwrap_or_default();
    format!(
        "Test accuracy of each class over {over}. One mark per class and trial: {} successful networks ({}) and \
         {} failed ones. Dashed line: chance.{seeds}",
        count(Learnt::Successful),
        success,
        count(Learnt::Failed),
    )
}

fn data(measure: Measure, dots: &[Dot], looks: &[(String, Look)]) -> Data {
    let mut data = Data::new([
        "learnt",
        "epoch",
        FRACTION,
        "condition",
        "seed",
        "class",
        measure.column(),
        "class_accuracy_percent",
    ]);
    for dot in dots {
        data.rows.push(vec![
            dot.learnt.word().to_owned(),
            dot.epoch.to_string(),
            looks[dot.fraction_index].0.clone(),
            dot.condition.to_string(),
            dot.seed.to_string(),
            dot.class.to_string(),
            cell(Some(dot.x)),
            cell(Some(dot.accuracy)),
        ]);
    }
    data
}

#[cfg(test)]
mod tests {
    use ohmspike_analysis::fixture::{Fixture, record};
    use ohmspike_study::record::Record;
    use ohmspike_study::settings::Settings;

    use super::*;

    const STUDY: &str = "[network]\nexcitatory_fraction = [0.5, 1.0]\n[repeats]\nseeds = 2\n";

    /// Networks of fraction 0.5 fail. Class 1 has twice the activity of class 0; half of it is excitatory.
    fn with_tests(epochs: usize) -> impl Fn(&Settings, u64) -> Option<Record> {
        move |settings, seed| {
            let fails = settings.network.excitatory_fraction < 0.6;
            let class = |spikes: u64, correct: u64| ClassActivity {
                samples: 10,
                correct,
                excitatory_spikes: spikes,
                inhibitory_spikes: spikes,
            };
            let mut record = record(settings, seed, 0.4);
            record.accuracy = vec![if fails { 0.5 } else { 0.51 }; epochs];
            let epoch = |number: usize| vec![class(10 * number as u64, 2), class(20 * number as u64, 8)];
            record.tests = (0..=epochs).map(epoch).collect();
            Some(record)
        }
    }

    #[test]
    fn dots_are_at_activity_and_accuracy() {
        let figures = Fixture::with_records(STUDY, with_tests(30)).see(figures);
        assert_eq!(
            figures.iter().map(|figure| figure.name.as_str()).collect::<Vec<_>>(),
            ["class-accuracy-over-activity", "class-accuracy-over-percent-excitatory"]
        );
        let activity = &figures[0].csv;
        // Before training and after epochs 1, 10 and 30; 2 classes, 4 trials.
        assert_eq!(activity.lines().count(), 1 + 4 * 2 * 4);
        assert!(activity.contains("failed,10,0.5,0,1,1,40.000000,80.000000\n"), "{activity}");
        assert!(activity.contains("successful,30,1.0,1,2,0,60.000000,20.000000\n"), "{activity}");
        // Silent classes have no fraction.
        let csv = &figures[1].csv;
        assert_eq!(csv.lines().count(), 1 + 3 * 2 * 4);
        assert!(csv.contains("failed,10,0.5,0,1,1,50.000000,80.000000\n"), "{csv}");
        assert!(
            figures[0].caption.contains("2 successful networks") && figures[0].caption.contains("and 2 failed ones")
        );
        assert!(figures[0].svg.contains(">untrained, failed<") && figures[0].svg.contains(">epoch 30, successful<"));
    }

    #[test]
    fn a_short_trial_is_shown_after_its_last_epoch() {
        let fixture = Fixture::with_records(STUDY, with_tests(6));
        let shown = fixture.see(|recorded| epochs(&learners(recorded)));
        assert_eq!(shown, [0, 1, 6]);
        let none = Fixture::with_records(STUDY, |_, _| None).see(figures);
        assert!(none.is_empty());
    }

    #[test]
    fn large_studies_show_their_first_seeds() {
        let study = "[network]\nexcitatory_fraction = [0.5, 1.0]\n[repeats]\nseeds = 3\n";
        let fixture = Fixture::with_records(study, |settings, seed| {
            let mut record = record(settings, seed, 0.4);
            record.tests = vec![vec![ClassActivity { samples: 1, ..Default::default() }; MAX_DOTS / 4]; 1];
            Some(record)
        });
        fixture.see(|recorded| {
            let (shown, seeds) = first_seeds(&learners(recorded));
            assert_eq!((shown.len(), seeds), (4, Some(2)));
        });
    }
}
