//! Compares noise-free networks on spoken digits with the published ones, point by point.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use ohmspike_analysis::sweep::ratio;
use ohmspike_report::page::Facts;
use ohmspike_report::page::number::percent;
use ohmspike_report::page::table::table;
use ohmspike_snn::metrics::van_rossum::PairDistances;
use ohmspike_stats::Estimate;
use ohmspike_study::record::Record;

use super::differing_settings::told_differences;
use crate::published::{DigitPoint, DigitValues, Published, differences};

/// Networks of one excitatory fraction and initial weight spread, ours and the published ones.
struct Point<'a> {
    fraction: f64,
    theirs: DigitPoint,
    /// One record per seed: conditions that differ only in training share the initial network.
    untrained: BTreeMap<u64, &'a Record>,
    /// Trained without noise and with the published settings.
    trained: BTreeMap<u64, &'a Record>,
}

/// Returns the tables with their caveats; none if the study has no such network.
pub fn part(facts: &Facts, published: &Published) -> Option<Markup> {
    let theirs = &published.digits;
    let points = points(facts, theirs);
    if points.is_empty() {
        return None;
    }
    let networks = |point: &Point| format!("{}, {}", ratio(point.fraction), point.theirs.networks.sigma_init);
    let with_name =
        |told: Vec<String>, point: &Point| -> Vec<String> { [networks(point)].into_iter().chain(told).collect() };
    let accuracies: Vec<Vec<String>> =
        points.iter().map(|point| with_name(rate_and_accuracy(theirs, point), point)).collect();
    let distances: Vec<Vec<String>> = points.iter().map(|point| with_name(distances(point), point)).collect();
    let of_accuracy = [
        "fraction, sigma_init",
        "rate, Hz",
        "rate on the published axis, Hz",
        "published rate, Hz",
        "accuracy, %",
        "published accuracy, lowest to highest, %",
        "our mean is in that range",
    ];
    let of_distance = [
        "fraction, sigma_init",
        "before training: E-E, E-I, I-I",
        "published",
        "after training: E-E, E-I, I-I",
        "published",
        "seeds",
    ];
    Some(html! {
        p.method {
            "Published: " (published.source) "; " (theirs.what) "; " (theirs.place) ". Note: " (theirs.caution)
            ". Ours: mean over seeds, and for accuracies the lowest and highest. Our distances use the test set. A mean is in the \
             published range if it is at most " (theirs.accuracy_reading_error_points) " point, the reading error, outside. Rates are read within "
            (theirs.rate_reading_error_hertz) " Hz."
        }
        (told_differences(facts))
        p { (summary(theirs, &points)) }
        (table("Networks on spoken digits compared with the published figure of accuracy over rate", &of_accuracy, &accuracies))
        (table("Van Rossum distances on spoken digits compared with the published ones", &of_distance, &distances))
    })
}

/// Collects the records of every published point that has some, in order of fraction and spread.
fn points<'a>(facts: &'a Facts, theirs: &DigitValues) -> Vec<Point<'a>> {
    let conditions = &facts.study().conditions;
    let used: BTreeSet<usize> = facts.done.iter().map(|done| done.condition).collect();
    let as_published: BTreeSet<usize> = used
        .into_iter()
        .filter(|&place| {
            let settings = &conditions[place].settings;
            settings.noise.level_percent == 0.0 && differences(settings).is_empty()
        })
        .collect();
    let mut points = Vec::new();
    for of in &theirs.fractions {
        for row in &of.rows {
            let mut point = None;
            for done in &facts.done {
                let settings = &done.record.settings;
                let here = (settings.network.excitatory_fraction, settings.weights.sigma_init);
                let Some(theirs) = theirs.of(settings).filter(|_| here == (of.excitatory_fraction, row.sigma_init))
                else {
                    continue;
                };
                let point = point.get_or_insert_with(|| Point {
                    fraction: here.0,
                    theirs,
                    untrained: BTreeMap::new(),
                    trained: BTreeMap::new(),
                });
                point.untrained.insert(done.record.seed, done.record);
                if as_published.contains(&done.condition) {
                    point.trained.insert(done.record.seed, done.record);
                }
            }
            points.extend(point);
        }
    }
    points
}

impl Point<'_> {
    fn rate(&self, of: &dyn Fn(&Record) -> Option<f64>) -> Option<Estimate> {
        Estimate::new(&self.untrained.values().filter_map(|record| of(record)).collect::<Vec<f64>>())
    }

    /// Our rate on the published axis, Hz.
    fn rate_on_axis(&self, theirs: &DigitValues) -> Option<f64> {
        let rate = |record: &Record| theirs.on_published_axis(&record.settings, record.initial_rate()?);
        self.rate(&rate).map(|sample| sample.mean)
    }

    fn accuracy(&self) -> Option<Estimate> {
        Estimate::new(&self.trained.values().filter_map(|record| record.outcome).collect::<Vec<f64>>())
    }

    /// Whether our mean accuracy is in the published range, which the reading error widens.
    fn agrees(&self, theirs: &DigitValues) -> Option<bool> {
        let [low, high] = self.theirs.networks.accuracy_percent;
        let error = theirs.accuracy_reading_error_points;
        self.accuracy().map(|sample| (low - error..=high + error).contains(&(100.0 * sample.mean)))
    }
}

fn rate_and_accuracy(theirs: &DigitValues, point: &Point) -> Vec<String> {
    let [low, high] = point.theirs.networks.accuracy_percent;
    let number = |value: Option<f64>, digits: usize| value.map_or(String::new(), |value| format!("{value:.digits$}"));
    let accuracy = point.accuracy().map_or(String::new(), |sample| match sample.n {
        1 => format!("{} (n = 1)", percent(sample.mean)),
        n => format!("{} ({} to {}, n = {n})", percent(sample.mean), percent(sample.ends.0), percent(sample.ends.1)),
    });
    vec![
        number(point.rate(&Record::initial_rate).map(|sample| sample.mean), 2),
        number(point.rate_on_axis(theirs), 1),
        number(Some(point.theirs.hertz), 1),
        accuracy,
        if low == high { low.to_string() } else { format!("{low} to {high}") },
        point.agrees(theirs).map_or("", |agrees| if agrees { "yes" } else { "no" }).to_owned(),
    ]
}

fn distances(point: &Point) -> Vec<String> {
    let words = |values: [Option<f64>; 3]| {
        let known: Vec<String> = values.iter().flatten().map(|value| format!("{value:.3}")).collect();
        known.join(", ")
    };
    let networks = &point.theirs.networks;
    vec![
        words(mean_distances(point.untrained.values().map(|record| record.before.distances))),
        words(networks.before),
        words(mean_distances(point.trained.values().filter_map(|record| Some(record.after.as_ref()?.distances)))),
        words(networks.after),
        point.untrained.len().to_string(),
    ]
}

/// Returns the mean distances of E-E, E-I and I-I pairs.
fn mean_distances(found: impl Iterator<Item = PairDistances>) -> [Option<f64>; 3] {
    let found: Vec<PairDistances> = found.collect();
    let mean = |of: fn(&PairDistances) -> Option<f64>| {
        let values: Vec<f64> = found.iter().filter_map(of).collect();
        Estimate::new(&values).map(|sample| sample.mean)
    };
    [mean(|of| Some(of.ee?.root)), mean(|of| Some(of.ei?.root)), mean(|of| Some(of.ii?.root))]
}

/// Counts and sizes of the differences, as text.
fn summary(theirs: &DigitValues, points: &[Point]) -> String {
    let off = |point: &Point| Some((point.rate_on_axis(theirs)? - point.theirs.hertz).abs());
    let largest = points.iter().filter_map(off).fold(0.0, f64::max);
    let judged: Vec<bool> = points.iter().filter_map(|point| point.agrees(theirs)).collect();
    let agreeing = judged.iter().filter(|agrees| **agrees).count();
    let accuracies = match judged.len() {
        0 => String::new(),
        all => format!(" At {agreeing} of {all} trained points, our mean accuracy is in the published range."),
    };
    format!(
        "At {} points, our firing rates differ from the published ones by at most {largest:.1} Hz.{accuracies}",
        points.len()
    )
}
