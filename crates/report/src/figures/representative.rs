//! Three representative networks: activity by epoch, and weights before and after training, by class.

use ohmspike_analysis::recorded::Recorded;
use ohmspike_analysis::tables::firing::Population;
use ohmspike_plot::grid::{Entry, Grid, Swatch};
use ohmspike_plot::mark::{Dash, Mark};
use ohmspike_plot::palette::{BLACK, GREY};
use ohmspike_plot::plot::{Plot, PlotAxis};
use ohmspike_plot::scale::Scale;
use ohmspike_snn::activity::ClassActivity;
use ohmspike_study::details::{Details, Histogram, WeightHistograms};
use ohmspike_study::record::Record;
use ohmspike_study::settings::Settings;
use ohmspike_study::store::StoreError;

use super::bars::{coarser, label, largest, rows, steps, unit, zeros};
use super::chosen::Chosen;
use super::class_line::{class_entries, class_line};
use super::example_activity::looks;
use super::figure::{Data, Figure, cell};

const HEIGHT: f64 = 140.0;
const WEIGHTS_HEIGHT: f64 = 130.0;
const CLASSES_HEIGHT: f64 = 300.0;
/// Bins merged into one: a class has few weights.
const BINS: usize = 3;
/// Height of the highest bin of a class, in distances between classes.
const RIDGE: f64 = 0.85;
const WORDS: u32 = 12;

/// Quantity of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantity {
    Spikes(Population),
    Share,
}

impl Quantity {
    fn words(self) -> &'static str {
        match self {
            Quantity::Spikes(Population::Excitatory) => "exc. spikes per sample",
            Quantity::Spikes(Population::Inhibitory) => "inh. spikes per sample",
            Quantity::Share => "exc. spikes (%)",
        }
    }

    /// Returns the quantity of a class; none without samples or spikes.
    fn of(self, class: &ClassActivity) -> Option<f64> {
        let spikes = class.excitatory_spikes + class.inhibitory_spikes;
        match self {
            Quantity::Spikes(population) => {
                (class.samples > 0).then(|| population.spikes(class) as f64 / class.samples as f64)
            }
            Quantity::Share => (spikes > 0).then(|| 100.0 * class.excitatory_fraction()),
        }
    }
}

const QUANTITIES: [Quantity; 3] =
    [Quantity::Spikes(Population::Excitatory), Quantity::Spikes(Population::Inhibitory), Quantity::Share];

/// Returns the figure; none without details of a finished trial.
pub(super) fn figure(recorded: Recorded) -> Result<Option<Figure>, StoreError> {
    let networks = Chosen::highest_median_lowest(recorded)?;
    let Some((_, first)) = networks.first() else { return Ok(None) };
    let columns: Vec<Vec<Plot>> =
        networks.iter().enumerate().map(|(number, network)| column(number, network)).collect();
    let row = |row: usize| columns.iter().map(|column| column[row].clone()).collect::<Vec<Plot>>();
    let classes = first.record.before.classes.len();
    let grid = Grid {
        title: format!("{}: representative networks", recorded.study.name),
        entries: entries(&first.trial.settings, classes),
        rows: (0..columns[0].len()).map(row).collect(),
    };
    let mut data = Data::new(["network", "trial", "quantity", "class", "epoch", "low", "high", "value"]);
    networks.iter().for_each(|(words, chosen)| add_rows(&mut data, words, chosen));
    Ok(Some(Figure::wide("representative-networks".to_owned(), caption(recorded, &networks), grid, &data)))
}

fn entries(settings: &Settings, classes: usize) -> Vec<Entry> {
    let [excitatory, inhibitory] = looks();
    let mut entries = class_entries(settings, classes);
    entries.push(Entry::new(Swatch::Line(BLACK, Dash::Solid), "all classes"));
    entries.push(Entry::new(Swatch::Line(excitatory.color, Dash::Solid), "weights to excitatory"));
    entries.push(Entry::new(Swatch::Line(inhibitory.color, Dash::Solid), "weights to inhibitory"));
    entries.push(Entry::new(Swatch::Heading, "before training:"));
    entries.push(Entry::new(Swatch::Line(GREY, Dash::Dashed), "from the inputs"));
    entries.push(Entry::new(Swatch::Band, "to the readout"));
    entries
}

fn caption(recorded: Recorded, networks: &[(&str, Chosen)]) -> String {
    let of = |(words, chosen): &(&str, Chosen)| {
        let outcome = chosen.record.outcome.unwrap_or_default();
        format!("{words}, {:.1} %: {}", 100.0 * outcome, chosen.words(recorded.study))
    };
    let networks = networks.iter().map(of).collect::<Vec<String>>().join("; ");
    format!(
        "Single trials with the highest, the median and the lowest outcome among trials with details ({networks}). Their order does not show \
         whether one setting is better. From the top: spikes of excitatory and of inhibitory hidden neurons per test sample by class, before \
         training (epoch 0) and after each epoch; excitatory fraction of the spikes, with the excitatory fraction of the neurons as a dashed \
         line; input weights before training (dashed) and after the last epoch; weights to each readout class before (grey) and after (outline), \
         each scaled to its highest bin. Densities omit weights of exactly 0; labels state their fraction after training."
    )
}

/// Draws the plots of one network from the top down.
fn column(number: usize, (words, chosen): &(&'static str, Chosen)) -> Vec<Plot> {
    let title = format!("{words}: {:.1} %", 100.0 * chosen.record.outcome.unwrap_or_default());
    let mut plots: Vec<Plot> = QUANTITIES.map(|quantity| over_epochs(chosen, quantity, number == 0)).into();
    plots[0].title = title;
    plots.push(hidden_weights(&chosen.details, number == 0));
    plots.push(readout_weights(chosen, number == 0));
    plots
}

fn over_epochs(chosen: &Chosen, quantity: Quantity, first: bool) -> Plot {
    let record = chosen.record;
    let epochs = record.tests.len().saturating_sub(1) as f64;
    let line = |values: Vec<Option<f64>>| -> Vec<(f64, f64)> {
        values.into_iter().enumerate().filter_map(|(epoch, value)| Some((epoch as f64, value?))).collect()
    };
    let (mut marks, mut drawn) = (Vec::new(), Vec::new());
    for class in 0..record.before.classes.len() {
        let (color, dash) = class_line(class);
        let values = of_class(record, quantity, Some(class));
        drawn.extend(values.clone());
        let points = line(values);
        marks.push(Mark::Line { points, color, width: 1.1, dash });
    }
    let points = line(of_class(record, quantity, None));
    marks.push(Mark::Line { points, color: BLACK, width: 2.4, dash: Dash::Solid });
    let scale = if quantity == Quantity::Share {
        let hidden = record.settings.last_hidden().hidden;
        let fraction = 100.0 * Population::Excitatory.neurons(record) as f64 / hidden as f64;
        let points = vec![(0.0, fraction), (epochs, fraction)];
        marks.insert(0, Mark::Line { points, color: GREY, width: 1.2, dash: Dash::Dashed });
        Scale::with_step(0.0, 104.0, 25.0, 0)
    } else {
        let values: Vec<f64> = drawn.into_iter().flatten().chain([0.0]).collect();
        Scale::linear_few(&if values.iter().all(|value| *value == 0.0) { vec![0.0, 1.0] } else { values })
    };
    let label = if quantity == Quantity::Share { "epoch" } else { "" };
    Plot {
        title: String::new(),
        x: PlotAxis { label: label.to_owned(), scale: Scale::linear_few(&[0.0, epochs.max(1.0)]) },
        y: PlotAxis { label: if first { quantity.words() } else { "" }.to_owned(), scale },
        marks,
        height: HEIGHT,
    }
}

/// Returns the quantity at each test, of one class or of all.
fn of_class(record: &Record, quantity: Quantity, class: Option<usize>) -> Vec<Option<f64>> {
    let of = |test: &Vec<ClassActivity>| match class {
        Some(class) => test.get(class).and_then(|class| quantity.of(class)),
        None => quantity.of(&ohmspike_snn::activity::Activity { classes: test.clone(), below: Vec::new() }.total()),
    };
    record.tests.iter().map(of).collect()
}

/// Returns the weights before and after training.
fn weights(details: &Details) -> [Option<&WeightHistograms>; 2] {
    [Some(&details.before.weights), details.after.as_ref().map(|after| &after.weights)]
}

/// Returns the percentage of all weights in a bin.
fn percent(histogram: &Histogram) -> impl Fn(u64) -> f64 {
    let all = histogram.count().max(1) as f64;
    move |count| 100.0 * count as f64 / all
}

fn hidden_weights(details: &Details, first: bool) -> Plot {
    let of = |weights: &WeightHistograms| [weights.to_excitatory.clone(), weights.to_inhibitory.clone()];
    let both: Vec<[Histogram; 2]> = weights(details).into_iter().flatten().map(of).collect();
    let unit = unit(both.iter().flatten().map(largest).fold(0.0, f64::max));
    let (x, floor) = (scale(both.iter().flatten(), unit), 1e-3);
    let y = Scale::log(&[floor, 100.0]);
    let floor = y.ends().0.max(floor);
    let mut marks = Vec::new();
    for (histograms, dash) in both.iter().zip([Dash::Dashed, Dash::Solid]) {
        for (histogram, look) in histograms.iter().zip(looks()) {
            let points = steps(histogram, unit, floor, percent(histogram));
            marks.push(Mark::Line { points, color: look.color, width: 1.4, dash });
        }
    }
    let (low, high) = x.ends();
    if let [_, after] = &both[..] {
        let content = format!("{} (to exc.)", zeros(&after[0]));
        marks.push(Mark::Words { at: ((low + high) / 2.0, 60.0), rise: 0.0, content, size: WORDS });
        if after[1].count() > 0 {
            let content = format!("{} (to inh.)", zeros(&after[1]));
            marks.push(Mark::Words { at: ((low + high) / 2.0, 60.0), rise: -16.0, content, size: WORDS });
        }
    }
    Plot {
        title: String::new(),
        x: PlotAxis { label: label("weight from an input", unit, "thresholds"), scale: x },
        y: PlotAxis { label: if first { "weights (% per bin)".to_owned() } else { String::new() }, scale: y },
        marks,
        height: WEIGHTS_HEIGHT,
    }
}

/// Returns a scale in `unit` that covers all `histograms` and 0.
fn scale<'a>(histograms: impl Iterator<Item = &'a Histogram>, unit: f64) -> Scale {
    let ends = histograms.flat_map(|histogram| [histogram.low, histogram.high]).map(|end| f64::from(end) / unit);
    Scale::linear_few(&ends.chain([0.0]).collect::<Vec<f64>>())
}

fn readout_weights(chosen: &Chosen, first: bool) -> Plot {
    let both: Vec<&WeightHistograms> = weights(&chosen.details).into_iter().flatten().collect();
    let all = || both.iter().flat_map(|weights| &weights.to_classes);
    let unit = unit(all().map(largest).fold(0.0, f64::max));
    let x = scale(all(), unit);
    let classes = both.first().map_or(0, |weights| weights.to_classes.len());
    let name = |class: usize| if first { chosen.trial.settings.data.class_name(class) } else { " ".to_owned() };
    let names: Vec<String> = (0..classes).map(name).collect();
    let mut marks = Vec::new();
    for class in 0..classes {
        // Names run from the top down: up is less.
        let base = class as f64 + 0.42;
        for (moment, weights) in both.iter().enumerate() {
            let Some(histogram) = weights.to_classes.get(class).map(|all| coarser(all, BINS)) else { continue };
            let highest = histogram.counts.iter().copied().max().unwrap_or(1) as f64;
            let mut points = steps(&histogram, unit, 0.0, |count| RIDGE * count as f64 / highest);
            points.iter_mut().for_each(|point| point.1 = base - point.1);
            marks.push(match moment {
                0 => Mark::Area { outline: points, color: GREY, opacity: 0.35 },
                _ => Mark::Line { points, color: class_line(class).0, width: 1.6, dash: Dash::Solid },
            });
        }
    }
    Plot {
        title: String::new(),
        x: PlotAxis { label: label("weight to the readout", unit, "thresholds"), scale: x },
        y: PlotAxis { label: String::new(), scale: Scale::names(&names) },
        marks,
        height: CLASSES_HEIGHT,
    }
}

fn add_rows(data: &mut Data, words: &str, chosen: &Chosen) {
    let (record, settings) = (chosen.record, &chosen.trial.settings);
    let mut row = |quantity: String, class: String, epoch: usize, [low, high, value]: [String; 3]| {
        let head = [words.to_owned(), record.id.clone(), quantity, class, epoch.to_string()];
        data.rows.push(head.into_iter().chain([low, high, value]).collect());
    };
    let classes = record.before.classes.len();
    for quantity in QUANTITIES {
        for class in std::iter::once(None).chain((0..classes).map(Some)) {
            let name = class.map_or_else(|| "all".to_owned(), |class| settings.data.class_name(class));
            for (epoch, value) in of_class(record, quantity, class).into_iter().enumerate() {
                let quantity = quantity.words().to_owned();
                row(quantity, name.clone(), epoch, [String::new(), String::new(), cell(value)]);
            }
        }
    }
    for (weights, epoch) in weights(&chosen.details).into_iter().zip([0, record.accuracy.len()]) {
        let Some(weights) = weights else { continue };
        for (histogram, to) in [(&weights.to_excitatory, "excitatory"), (&weights.to_inhibitory, "inhibitory")] {
            let quantity = format!("weights to {to} neurons (thresholds)");
            rows(histogram).into_iter().for_each(|bin| row(quantity.clone(), String::new(), epoch, bin));
        }
        for (class, histogram) in weights.to_classes.iter().enumerate() {
            let quantity = "weights to the readout (thresholds)";
            let name = settings.data.class_name(class);
            rows(histogram).into_iter().for_each(|bin| row(quantity.to_owned(), name.clone(), epoch, bin));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_have_the_recorded_counts() {
        let record = ohmspike_analysis::fixture::observed(1, 0.8, 0.9, 1.0, Some(2.0));
        let of = |quantity, class| of_class(&record, quantity, class);
        // 80 x 1, 3 and 5 spikes of class 0 over 10 samples.
        let excitatory = Quantity::Spikes(Population::Excitatory);
        assert_eq!(of(excitatory, Some(0)), [Some(8.0), Some(24.0), Some(40.0)]);
        assert_eq!(of(excitatory, None)[0], Some(12.0));
        assert_eq!(of(Quantity::Share, None)[2], Some(100.0 * (80.0 / 120.0)));
        let silent = ClassActivity { samples: 10, ..ClassActivity::default() };
        assert_eq!((excitatory.of(&silent), Quantity::Share.of(&silent)), (Some(0.0), None));
    }
}
