//! Inter-spike intervals and firing frequencies of the hidden neurons, by population and class.
//!
//! ```text
//! frequency = spikes / (neurons x images x duration)            Hz per neuron, over the test set
//! interval  = mean time between the spikes of a neuron          ms; variation is the coefficient of variation
//! ```
//!
//! Each network gives one value; rows are means over networks with the sample standard deviation.

use ohmspike_snn::activity::ClassActivity;
use ohmspike_snn::network::excitatory_neurons;
use ohmspike_stats::Estimate;
use ohmspike_study::observation::{ClassTiming, IntervalSummary};
use ohmspike_study::record::Record;
use ohmspike_study::success::Success;

use super::{Table, number};
use crate::stage::{Seen, Stage};

/// A population of hidden neurons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Population {
    /// Excitatory neurons.
    Excitatory,
    /// Inhibitory neurons.
    Inhibitory,
}

impl Population {
    /// Both populations.
    pub const BOTH: [Population; 2] = [Population::Excitatory, Population::Inhibitory];

    /// Returns the name of the population.
    pub fn words(self) -> &'static str {
        match self {
            Population::Excitatory => "excitatory",
            Population::Inhibitory => "inhibitory",
        }
    }

    /// Number of its neurons in the last hidden layer.
    pub fn neurons(self, record: &Record) -> usize {
        let layer = record.settings.last_hidden();
        let excitatory = excitatory_neurons(layer.hidden, layer.excitatory_fraction);
        if self == Population::Excitatory { excitatory } else { layer.hidden - excitatory }
    }

    /// Number of its spikes.
    pub fn spikes(self, class: &ClassActivity) -> u64 {
        if self == Population::Excitatory { class.excitatory_spikes } else { class.inhibitory_spikes }
    }

    fn intervals(self, timing: &ClassTiming) -> IntervalSummary {
        if self == Population::Excitatory { timing.excitatory } else { timing.inhibitory }
    }
}

/// Statistics of one population and class, over the networks of a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct FiringRow {
    /// The stage.
    pub stage: Stage,
    /// The population.
    pub population: Population,
    /// Index of the class; none for all classes.
    pub class: Option<usize>,
    /// Mean interval, ms; only networks with a neuron that spikes twice count.
    pub interval: Option<Estimate>,
    /// Coefficient of variation of the intervals.
    pub variation: Option<Estimate>,
    /// Firing frequency per neuron, Hz.
    pub frequency: Option<Estimate>,
}

/// Stages of the table: before and after training, successful and failed networks.
const STAGES: [Stage; 4] = [
    Stage { after: false, success: Some(true) },
    Stage { after: false, success: Some(false) },
    Stage::SUCCESSFUL,
    Stage::FAILED,
];

/// Returns rows for all stages with networks, by population: all classes first, then each one.
pub fn rows(records: &[&Record]) -> Vec<FiringRow> {
    let classes = records.iter().map(|record| record.before.classes.len()).max().unwrap_or_default();
    let stages = STAGES.map(|stage| (stage, stage.networks(records)));
    let mut rows = Vec::new();
    for class in std::iter::once(None).chain((0..classes).map(Some)) {
        for (stage, networks) in &stages {
            rows.extend(Population::BOTH.map(|population| row(networks, *stage, population, class)));
        }
    }
    rows.retain(|row| row.frequency.is_some());
    rows
}

fn row(networks: &[Seen], stage: Stage, population: Population, class: Option<usize>) -> FiringRow {
    let sample =
        |of: &dyn Fn(&Seen) -> Option<f64>| Estimate::new(&networks.iter().filter_map(of).collect::<Vec<f64>>());
    FiringRow {
        stage,
        population,
        class,
        interval: sample(&|seen| intervals(seen, population, class).map(|(mean, _)| mean)),
        variation: sample(&|seen| intervals(seen, population, class).map(|(_, variation)| variation)),
        frequency: sample(&|seen| frequency(seen, population, class)),
    }
}

/// Frequency per neuron, Hz; none without neurons or images.
fn frequency(seen: &Seen, population: Population, class: Option<usize>) -> Option<f64> {
    let classes = chosen(seen.test, class);
    let (spikes, images) = classes
        .iter()
        .fold((0, 0), |(spikes, images), class| (spikes + population.spikes(class), images + class.samples));
    let neuron_steps = (population.neurons(seen.record) * seen.record.settings.network.steps) as u64 * images;
    let steps_per_second = 1000.0 / seen.record.settings.step_milliseconds();
    (neuron_steps > 0).then(|| steps_per_second * spikes as f64 / neuron_steps as f64)
}

/// Mean (ms) and coefficient of variation of the intervals of one class, or of all classes pooled.
fn intervals(seen: &Seen, population: Population, class: Option<usize>) -> Option<(f64, f64)> {
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for timing in chosen(&seen.observation.classes, class) {
        let IntervalSummary { count: intervals, mean: Some(mean), variation: Some(variation) } =
            population.intervals(timing)
        else {
            continue;
        };
        count += intervals as f64;
        sum += intervals as f64 * mean;
        squares += intervals as f64 * mean * mean * (1.0 + variation * variation);
    }
    let mean = sum / count;
    let step = seen.record.settings.step_milliseconds();
    (count > 0.0).then(|| (step * mean, (squares / count - mean * mean).max(0.0).sqrt() / mean))
}

fn chosen<T>(classes: &[T], class: Option<usize>) -> &[T] {
    match class {
        None => classes,
        Some(class) => classes.get(class..=class).unwrap_or_default(),
    }
}

/// Returns the rows as a table; none without networks.
pub fn table(records: &[&Record]) -> Option<Table> {
    let rows = rows(records);
    let data = &records.first()?.settings.data;
    let header = [
        "networks",
        "population",
        "class",
        "n",
        "frequency_hz_mean",
        "frequency_hz_sd",
        "interval_n",
        "interval_ms_mean",
        "interval_ms_sd",
        "interval_variation_mean",
        "interval_variation_sd",
    ];
    let cells = |row: &FiringRow| {
        let class = row.class.map_or_else(|| "all".to_owned(), |class| data.class_name(class));
        let count = |sample: Option<Estimate>| sample.map_or(0, |sample| sample.n).to_string();
        let both = |sample: Option<Estimate>| {
            [number(sample.map(|sample| sample.mean)), number(sample.and_then(|sample| sample.sd))]
        };
        let head = [row.stage.words().to_owned(), row.population.words().to_owned(), class, count(row.frequency)];
        let rest = [
            both(row.frequency).to_vec(),
            vec![count(row.interval)],
            both(row.interval).to_vec(),
            both(row.variation).to_vec(),
        ];
        head.into_iter().chain(rest.concat()).collect::<Vec<String>>()
    };
    (!rows.is_empty()).then(|| Table {
        name: "firing-by-class".to_owned(),
        title: "Inter-spike intervals and firing frequency".to_owned(),
        caption: format!(
            "Means over networks with the sample standard deviation. Each network gives one value over the test set: \
             spikes per second and neuron, and the mean and coefficient of variation of the intervals between spikes \
             of a neuron (which must spike at least twice). Successful: {}. Trials that start from the same network \
             count once before training.",
            Success::words_of(records.iter().map(|record| &record.settings))
        ),
        header: header.map(str::to_owned).to_vec(),
        rows: rows.iter().map(cells).collect(),
        leading: rows.iter().filter(|row| row.class.is_none()).count(),
        rest: "by class",
        origin: Default::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::observed as record;

    #[test]
    fn frequencies_and_intervals_match_the_records() {
        let records = [record(1, 0.8, 0.9, 1.0, Some(3.0)), record(2, 0.8, 0.9, 1.5, Some(5.0))];
        let records: Vec<&Record> = records.iter().collect();
        let rows = rows(&records);
        // Before and after, two populations, two classes and all.
        assert_eq!(rows.len(), 2 * 2 * 3);
        let of = |stage: Stage, population: Population, class: Option<usize>| {
            let row = rows.iter().find(|row| (row.stage, row.population, row.class) == (stage, population, class));
            row.expect("a row")
        };
        // 80 x 5 and 80 x 6 spikes of 80 neurons over 10 images of 100 ms each.
        let after = of(Stage::SUCCESSFUL, Population::Excitatory, Some(1));
        assert_eq!(after.frequency.map(|sample| (sample.mean, sample.n)), Some((6.0, 2)));
        assert_eq!(of(Stage::SUCCESSFUL, Population::Excitatory, None).frequency.map(|sample| sample.mean), Some(5.5));
        // 40 x 5 spikes of 20 neurons.
        let inhibitory = of(Stage::SUCCESSFUL, Population::Inhibitory, Some(0));
        assert_eq!(inhibitory.frequency.map(|sample| sample.mean), Some(10.0));
        // Means of 3 and 5, of 6 and 10 ms.
        let interval = |class| of(Stage::SUCCESSFUL, Population::Inhibitory, class).interval.map(|sample| sample.mean);
        assert_eq!((interval(Some(0)), interval(Some(1))), (Some(8.0), Some(12.0)));
        // Pooled over both classes, which have equally many intervals: means of 3 and 5, of 5 and 7.
        let pooled = of(Stage::SUCCESSFUL, Population::Excitatory, None);
        assert_eq!(pooled.interval.map(|sample| sample.mean), Some(5.0));
        // 10 of mean 3 and 10 of 5, both with 0.5: the mean of the squares is 1.25 (9 + 25)/2.
        let expected = ((1.25f64 * 17.0 - 16.0).sqrt() / 4.0 + (1.25f64 * 37.0 - 36.0).sqrt() / 6.0) / 2.0;
        let variation = pooled.variation.expect("intervals").mean;
        // About ten roundings.
        assert!((variation - expected).abs() < 10.0 * f64::EPSILON, "{variation} {expected}");
    }

    #[test]
    fn missing_populations_have_no_rows() {
        let records = [record(1, 1.0, 0.2, 1.0, Some(3.0))];
        let records: Vec<&Record> = records.iter().collect();
        assert!(
            rows(&records).iter().all(|row| row.population == Population::Excitatory && row.stage != Stage::SUCCESSFUL)
        );
        let table = table(&records).expect("a network");
        assert_eq!((table.rows.len(), table.leading), (2 * 3, 2));
        assert_eq!(table.rows[2][..4], ["initial, later failed", "excitatory", "T-shirt/top", "1"]);
        assert!(table.rows.iter().all(|row| row.len() == table.header.len()));
        assert_eq!(super::table(&[]), None);
    }
}
