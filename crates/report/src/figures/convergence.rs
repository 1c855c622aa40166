//! Test accuracy by epoch, for successful and for failed networks.

use ohmspike_analysis::recorded::Recorded;
use ohmspike_plot::grid::{Entry, Grid, Swatch as Shown};
use ohmspike_plot::mark::{Fill, Mark};
use ohmspike_plot::palette::Look;
use ohmspike_plot::plot::{Plot, PlotAxis};
use ohmspike_plot::scale::Scale;
use ohmspike_stats::quantile::quantile;
use ohmspike_study::key_label::FRACTION;
use ohmspike_study::record::Record;
use ohmspike_study::success::Success;

use super::figure::{Data, Figure, cell};
use super::networks::{Learner, Learnt, entries, fractions, learners};

const HEIGHT: f64 = 190.0;
/// Quantiles at the ends of the band.
const QUANTILES: (f64, f64) = (0.1, 0.9);

/// Largest number of curves with bands.
const MAX_BANDS: usize = 4;
/// Smallest number of networks of a band: quantiles of fewer values are little more than their extremes.
const MIN_NETWORKS: usize = 5;

/// Successful or failed networks of one excitatory fraction.
#[derive(Clone, Debug, PartialEq)]
struct Course {
    learnt: Learnt,
    fraction_index: usize,
    networks: usize,
    /// Epoch, mean and quantiles of the accuracy, %.
    epochs: Vec<[f64; 4]>,
}

/// Returns the figure; none without a trial with two tests.
pub(super) fn figure(recorded: Recorded) -> Option<Figure> {
    let learners = learners(recorded);
    let looks = fractions(recorded);
    let course = |learnt: Learnt, fraction_index: usize| {
        let those =
            learners.iter().filter(|learner| (learner.learnt, learner.fraction_index) == (learnt, fraction_index));
        course(learnt, fraction_index, &those.collect::<Vec<&Learner>>())
    };
    let courses: Vec<Course> = Learnt::BOTH
        .into_iter()
        .flat_map(|learnt| (0..looks.len()).map(move |fraction_index| (learnt, fraction_index)))
        .filter_map(|(learnt, fraction_index)| course(learnt, fraction_index))
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
    let bands = looks.len() <= MAX_BANDS && courses.iter().any(|course| course.networks >= MIN_NETWORKS);
    legend.extend(bands.then(|| Entry::new(Shown::Band, "middle 80 %")));
    let grid = Grid {
        title: format!("{}: accuracy by epoch", recorded.study.name),
        entries: legend,
        rows: vec![columns.iter().enumerate().map(plot).collect()],
    };
    let caption = format!(
        "Test accuracy before training (epoch 0) and after each epoch. Lines are means over networks{}. \
         Successful: {}.",
        if bands { "; bands contain the middle 80 % of at least five networks" } else { "" },
        Success::words_of(recorded.study.conditions.iter().map(|condition| &*condition.settings))
    );
    Some(Figure::new("convergence".to_owned(), caption, grid, &data(&courses, &looks)))
}

/// Returns the course of some networks; none without two tests.
fn course(learnt: Learnt, fraction_index: usize, learners: &[&Learner]) -> Option<Course> {
    let courses: Vec<Vec<f64>> = learners.iter().map(|learner| accuracies(learner.record)).collect();
    let tests = courses.iter().map(Vec::len).max().filter(|tests| *tests > 1)?;
    let at = |epoch: usize| {
        let mut sorted: Vec<f64> = courses.iter().filter_map(|course| course.get(epoch).copied()).collect();
        sorted.sort_by(f64::total_cmp);
        let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
        [epoch as f64, mean, quantile(&sorted, QUANTILES.0), quantile(&sorted, QUANTILES.1)]
    };
    Some(Course { learnt, fraction_index, networks: courses.len(), epochs: (0..tests).map(at).collect() })
}

/// Returns the accuracy of each test, %.
fn accuracies(record: &Record) -> Vec<f64> {
    (0..record.tests.len()).filter_map(|number| Some(100.0 * record.test(number)?.accuracy())).collect()
}

/// Draws bands, lines and markers; no bands if they would overlap too much.
fn marks(courses: &[&Course], looks: &[(String, Look)]) -> Vec<Mark> {
    let banded = courses.iter().filter(|course| course.networks >= MIN_NETWORKS && looks.len() <= MAX_BANDS);
    let band = |course: &&Course| Mark::Band {
        ends: course.epochs.iter().map(|&[epoch, _, low, high]| [epoch, low, high]).collect(),
        color: looks[course.fraction_index].1.color,
    };
    let line = |course: &&Course| {
        let Look { color, shape, dash } = looks[course.fraction_index].1;
        let means: Vec<(f64, f64)> = course.epochs.iter().map(|&[epoch, mean, ..]| (epoch, mean)).collect();
        // A few markers are enough; one per epoch would overlap.
        let marked = means.iter().skip(1).step_by(means.len().div_ceil(6)).copied().collect();
        [
            Mark::Line { points: means, color, width: 1.8, dash },
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
    for Course { learnt, fraction_index, networks, epochs } in courses {
        for [epoch, numbers @ ..] in epochs {
            let mut row = vec![learnt.word().to_owned(), looks[*fraction_index].0.clone(), epoch.to_string()];
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
    fn computes_means_and_quantiles() {
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
        // 70, 80, 90: the 0.1 quantile is a fifth of the way from 70 to 80.
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
