//! Test accuracy epoch by epoch, of networks that have learnt and of those that have not.

use ohmspike_analysis::recorded::Recorded;
use ohmspike_plot::grid::{Entry, Grid, Swatch as Shown};
use ohmspike_plot::mark::{Dash, Fill, Mark};
use ohmspike_plot::palette::Look;
use ohmspike_plot::plot::{Plot, PlotAxis};
use ohmspike_plot::scale::Scale;
use ohmspike_study::key_label::FRACTION;
use ohmspike_study::record::Record;
use ohmspike_study::success::Success;

use super::figure::{Data, Figure, cell};
use super::networks::{Learner, Learnt, entries, learners, shares};

const HEIGHT: f64 = 190.0;
/// The middle share of the networks, between the quantiles of which the band lies.
const QUANTILES: (f64, f64) = (0.1, 0.9);

/// Most shares whose bands can be told apart.
const MOST_BANDS: usize = 4;

/// The networks of one share that have learnt, or that have not.
#[derive(Clone, Debug, PartialEq)]
struct Course {
    learnt: Learnt,
    share: usize,
    networks: usize,
    /// Epoch, mean, and the quantiles; accuracies in percent.
    epochs: Vec<[f64; 4]>,
}

/// The figure; none before a trial of two tests has ended.
pub(super) fn figure(recorded: Recorded) -> Option<Figure> {
    let learners = learners(recorded);
    let looks = shares(recorded);
    let course = |learnt: Learnt, share: usize| {
        let those = learners.iter().filter(|learner| (learner.learnt, learner.share) == (learnt, share));
        course(learnt, share, &those.collect::<Vec<&Learner>>())
    };
    let courses: Vec<Course> = Learnt::BOTH
        .into_iter()
        .flat_map(|learnt| (0..looks.len()).map(move |share| (learnt, share)))
        .filter_map(|(learnt, share)| course(learnt, share))
        .collect();
    let columns: Vec<Learnt> =
        Learnt::BOTH.into_iter().filter(|learnt| courses.iter().any(|course| course.learnt == *learnt)).collect();
    if columns.is_empty() {
        return None;
    }
    let epochs: Vec<f64> = courses.iter().flat_map(|course| &course.epochs).map(|epoch| epoch[0]).collect();
    let plot = |(number, &learnt): (usize, &Learnt)| {
        let here: Vec<&Course> = courses.iter().filter(|course| course.learnt == learnt).collect();
        let networks: usize = here.iter().map(|course| course.networks).sum();
        Plot {
            title: format!("{}, n = {networks}", learnt.word()),
            x: PlotAxis { label: "epoch".to_owned(), scale: Scale::linear_few(&epochs) },
            y: PlotAxis {
                label: if number == 0 { "test accuracy (%)".to_owned() } else { String::new() },
                scale: Scale::percent(),
            },
            marks: marks(&here, &looks),
            height: HEIGHT,
        }
    };
    let mut legend = entries(recorded, Shown::Curve);
    let bands = looks.len() <= MOST_BANDS;
    legend.extend(bands.then(|| Entry::new(Shown::Band, "middle 80 %")));
    let grid = Grid {
        title: format!("{}, epoch by epoch", recorded.study.name),
        entries: legend,
        rows: vec![columns.iter().enumerate().map(plot).collect()],
    };
    let caption = format!(
        "Test accuracy before training (epoch 0) and after every epoch. Lines are means over networks{}. \
         Successful: {}.",
        if bands { ", bands hold the middle 80 % of them" } else { "" },
        Success::words(&recorded.study.conditions[0].settings)
    );
    Some(Figure::new("convergence".to_owned(), caption, grid, &data(&courses, &looks)))
}

/// None without two tests of any network.
fn course(learnt: Learnt, share: usize, learners: &[&Learner]) -> Option<Course> {
    let courses: Vec<Vec<f64>> = learners.iter().map(|learner| accuracies(learner.record)).collect();
    let tests = courses.iter().map(Vec::len).max().filter(|tests| *tests > 1)?;
    let at = |epoch: usize| {
        let mut sorted: Vec<f64> = courses.iter().filter_map(|course| course.get(epoch).copied()).collect();
        sorted.sort_by(f64::total_cmp);
        let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
        [epoch as f64, mean, quantile(&sorted, QUANTILES.0), quantile(&sorted, QUANTILES.1)]
    };
    Some(Course { learnt, share, networks: courses.len(), epochs: (0..tests).map(at).collect() })
}

/// Accuracy of every test, %.
fn accuracies(record: &Record) -> Vec<f64> {
    (0..record.tests.len()).filter_map(|number| Some(100.0 * record.test(number)?.accuracy())).collect()
}

/// The quantile of `sorted` values, with straight lines between them.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + place.fract() * (above - below)
}

/// Bands behind the lines of all; none where they would make one grey.
fn marks(courses: &[&Course], looks: &[(String, Look)]) -> Vec<Mark> {
    let banded = courses.iter().filter(|course| course.networks > 1 && looks.len() <= MOST_BANDS);
    let band = |course: &&Course| Mark::Band {
        ends: course.epochs.iter().map(|&[epoch, _, low, high]| [epoch, low, high]).collect(),
        color: looks[course.share].1.color,
    };
    let line = |course: &&Course| {
        let Look { color, shape } = looks[course.share].1;
        let means: Vec<(f64, f64)> = course.epochs.iter().map(|&[epoch, mean, ..]| (epoch, mean)).collect();
        // Markers tell the lines apart in grey; on every epoch they would meet.
        let marked = means.iter().skip(1).step_by(means.len().div_ceil(6)).copied().collect();
        [
            Mark::Line { points: means, color, width: 1.8, dash: Dash::Solid },
            Mark::Dots { points: marked, color, shape, size: 3.2, fill: Fill::Opacity(1.0) },
        ]
    };
    banded.map(band).chain(courses.iter().flat_map(line)).collect()
}

fn data(courses: &[Course], looks: &[(String, Look)]) -> Data {
    let mut data = Data::new([
        "learnt",
        FRACTION,
        "epoch",
        "mean_accuracy_percent",
        "quantile_10_accuracy_percent",
        "quantile_90_accuracy_percent",
        "networks",
    ]);
    for Course { learnt, share, networks, epochs } in courses {
        for [epoch, numbers @ ..] in epochs {
            let mut row = vec![learnt.word().to_owned(), looks[*share].0.clone(), epoch.to_string()];
            row.extend(numbers.map(|number| cell(Some(number))));
            row.push(networks.to_string());
            data.rows.push(row);
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use ohmspike_analysis::fixture::{Fixture, record};
    use ohmspike_snn::activity::ClassActivity;

    use super::*;

    #[test]
    fn means_and_quantiles_are_those_of_the_networks() {
        let study = "[network]\nexcitatory_fraction = [0.5, 1.0]\n[repeats]\nseeds = 3\n";
        let fixture = Fixture::with_records(study, |settings, seed| {
            let test = |correct| vec![ClassActivity { samples: 100, correct, ..Default::default() }];
            let mut record = record(settings, seed, 0.9);
            record.tests = vec![test(10), test(60 + 10 * seed)];
            record.accuracy = vec![if settings.network.excitatory_fraction < 0.6 { 0.2 } else { 0.9 }];
            Some(record)
        });
        let figure = fixture.see(figure).expect("a figure");
        let rows: Vec<&str> = figure.csv.lines().skip(1).collect();
        // 70, 80, 90: the quantile of 0.1 lies a fifth of the way from 70 to 80.
        assert_eq!(rows[0], "successful,1.0,0,10.000000,10.000000,10.000000,3");
        assert_eq!(rows[1], "successful,1.0,1,80.000000,72.000000,88.000000,3");
        assert!(rows[2].starts_with("failed,0.5,0,"));
        assert!(figure.svg.contains(">failed, n = 3<"));
    }

    #[test]
    fn without_epochs_there_is_no_course() {
        let study = "[network]\nexcitatory_fraction = [0.5, 1.0]\n";
        let fixture = Fixture::with_records(study, |settings, seed| {
            let mut record = record(settings, seed, 0.9);
            record.tests.truncate(1);
            Some(record)
        });
        assert!(fixture.see(figure).is_none());
    }
}
