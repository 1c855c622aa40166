//! One sample in one network before and after training: spikes, membrane voltages and readout voltages.

use ohmspike_analysis::recorded::Recorded;
use ohmspike_plot::grid::{Entry, Grid, Swatch};
use ohmspike_plot::mark::{Dash, Mark};
use ohmspike_plot::palette::{BLACK, GREY, Look, Shape};
use ohmspike_plot::plot::{Plot, PlotAxis, TICK_SIZE};
use ohmspike_plot::scale::Scale;
use ohmspike_study::details::{Details, Example};
use ohmspike_study::record::Record;
use ohmspike_study::run::Trial;
use ohmspike_study::settings::Settings;
use ohmspike_study::store::StoreError;
use ohmspike_study::success::{Success, succeeded};

use super::chosen::Chosen;
use super::class_line::class_line;
use super::figure::{Data, Figure};
use super::step_time::{time_cell, time_label};

const INPUT_HEIGHT: f64 = 130.0;
const HIDDEN_HEIGHT: f64 = 170.0;
const MEMBRANE_HEIGHT: f64 = 90.0;
const READOUT_HEIGHT: f64 = 190.0;
/// Height of a class name.
const CLASS_HEIGHT: f64 = 15.0;
/// Room for text right of the axes, a fraction of the width.
const ROOM: f64 = 0.27;
/// Start and end of the lines next to class names, and start of text, fractions of the duration.
const LINES: [f64; 2] = [1.04, 1.1];
const NAMES_AT: f64 = 1.12;
const WORDS_AT: f64 = 1.04;

/// Returns the figure; none without a stored sample before and after training.
pub(super) fn figure(recorded: Recorded) -> Result<Option<Figure>, StoreError> {
    let both = |details: &Details| examples(details).is_some();
    let Some(chosen) = Chosen::nearest(recorded, rank, both)? else { return Ok(None) };
    Ok(examples(&chosen.details).map(|examples| drawn(recorded, &chosen, examples)))
}

/// Ranks successful networks first, then the lowest noise.
fn rank(trial: &Trial, record: &Record) -> [f64; 2] {
    [f64::from(u8::from(!succeeded(record))), trial.settings.noise.level_percent]
}

fn examples(details: &Details) -> Option<[&Example; 2]> {
    Some([details.before.example.as_ref()?, details.after.as_ref()?.example.as_ref()?])
}

fn drawn(recorded: Recorded, chosen: &Chosen, examples: [&Example; 2]) -> Figure {
    let settings = &chosen.trial.settings;
    let columns = [("before training", examples[0]), ("after training", examples[1])];
    let columns = columns.map(|(when, example)| plots(settings, when, example));
    let class = settings.data.class_name(examples[0].label);
    let [left, right] = columns.map(Vec::into_iter);
    let rows_of_plots: Vec<Vec<Plot>> = left.zip(right).map(|(left, right)| vec![left, right]).collect();
    let grid = Grid {
        title: format!("{}: one test sample ({class})", recorded.study.name),
        entries: entries(examples[0]),
        rows: rows_of_plots,
    };
    let caption = format!(
        "Test sample {} ({class}) in one network, before training (left) and after it (right). From the top: input spikes; hidden \
         spikes, with excitatory neurons below the line; membrane voltages of the two most active neurons of each population, which may \
         exceed the threshold in the time step of a spike; readout voltages, sorted by their maximum. The network predicts the class with the \
         highest maximum. Selected trial: closest to 80:20, successful if possible ({}), then lowest noise: {}.",
        examples[0].sample,
        Success::words(settings),
        chosen.words(recorded.study)
    );
    Figure::wide("example-activity".to_owned(), caption, grid, &data(settings, examples))
}

fn entries(example: &Example) -> Vec<Entry> {
    let [excitatory, inhibitory] = looks();
    let mut entries = vec![Entry::new(Swatch::Marker(excitatory), "excitatory")];
    if example.excitatory < example.hidden_neurons {
        entries.push(Entry::new(Swatch::Marker(inhibitory), "inhibitory"));
    }
    entries.push(Entry::new(Swatch::Line(GREY, Dash::Dashed), "threshold"));
    entries.push(Entry::new(Swatch::Line(BLACK, Dash::Solid), "true class"));
    entries.push(Entry::new(Swatch::Line(CHOSEN, Dash::Dashed), "predicted class, if wrong"));
    entries
}

/// Styles of excitatory and of inhibitory neurons.
pub(super) fn looks() -> [Look; 2] {
    [Look { shape: Shape::Square, ..Look::new(0) }, Look { shape: Shape::Triangle, ..Look::new(1) }]
}

/// Colour of a wrongly predicted class.
const CHOSEN: &str = "#D55E00";

/// Draws the plots of one moment from the top down.
fn plots(settings: &Settings, when: &str, example: &Example) -> Vec<Plot> {
    let chosen = settings.data.class_name(example.predicted);
    let right = if example.predicted == example.label { "correct" } else { "wrong" };
    let mut plots =
        vec![input(settings, example, format!("{when}: predicted {chosen}, {right}")), hidden(settings, example)];
    let excitatory = |excitatory: bool| {
        let of = |neuron: usize| (neuron < example.excitatory) == excitatory;
        example.membranes.iter().any(|trace| of(trace.neuron)).then(|| membranes(settings, example, excitatory))
    };
    plots.extend([true, false].into_iter().filter_map(excitatory));
    plots.push(readout(settings, example));
    plots
}

fn time(settings: &Settings, example: &Example, label: bool) -> PlotAxis {
    let steps = example.input.len() as f64;
    let label = if label { time_label(settings) } else { String::new() };
    PlotAxis { label, scale: Scale::with_step(0.0, steps, steps / 5.0, 0).with_room(ROOM) }
}

/// Returns time step and number of all `wanted` spikes.
fn spikes(by_step: &[Vec<u16>], wanted: impl Fn(usize) -> bool) -> Vec<(f64, f64)> {
    let steps = by_step.iter().enumerate();
    let all = steps.flat_map(|(step, spiking)| spiking.iter().map(move |&unit| (step, usize::from(unit))));
    all.filter(|(_, unit)| wanted(*unit)).map(|(step, unit)| (step as f64, unit as f64)).collect()
}

fn input(settings: &Settings, example: &Example, title: String) -> Plot {
    let points = spikes(&example.input, |_| true);
    let highest = points.iter().map(|point| point.1).fold(0.0, f64::max);
    Plot {
        title,
        x: time(settings, example, false),
        y: PlotAxis { label: "input unit".to_owned(), scale: Scale::linear_few(&[0.0, highest.max(1.0)]) },
        marks: vec![Mark::Raster { points, color: BLACK, size: 2.4 }],
        height: INPUT_HEIGHT,
    }
}

fn hidden(settings: &Settings, example: &Example) -> Plot {
    let [excitatory, inhibitory] = looks();
    let neurons = example.hidden_neurons as f64;
    let steps = example.hidden.len() as f64;
    let border = example.excitatory as f64 - 0.5;
    let of = |is_excitatory: bool, look: Look| Mark::Raster {
        points: spikes(&example.hidden, |neuron| (neuron < example.excitatory) == is_excitatory),
        color: look.color,
        size: 2.8,
    };
    let mut marks = vec![of(true, excitatory)];
    if example.excitatory < example.hidden_neurons {
        let line = vec![(0.0, border), (steps, border)];
        marks.push(Mark::Line { points: line, color: GREY, width: 1.0, dash: Dash::Solid });
        marks.push(of(false, inhibitory));
    }
    let count =
        |is_excitatory: bool| spikes(&example.hidden, |neuron| (neuron < example.excitatory) == is_excitatory).len();
    let mut words = vec![(border / 2.0, count(true))];
    words.extend((example.excitatory < example.hidden_neurons).then(|| ((border + neurons) / 2.0, count(false))));
    marks.extend(words.into_iter().map(|(y, count)| {
        let plural = if count == 1 { "spike" } else { "spikes" };
        Mark::Label { at: (WORDS_AT * steps, y), content: format!("{count} {plural}"), size: TICK_SIZE }
    }));
    Plot {
        title: String::new(),
        x: time(settings, example, false),
        y: PlotAxis { label: "hidden neuron".to_owned(), scale: Scale::linear_few(&[0.0, neurons]) },
        marks,
        height: HIDDEN_HEIGHT,
    }
}

fn membranes(settings: &Settings, example: &Example, excitatory: bool) -> Plot {
    let [of_excitatory, of_inhibitory] = looks();
    let color = if excitatory { of_excitatory.color } else { of_inhibitory.color };
    let traces = example.membranes.iter().filter(|trace| (trace.neuron < example.excitatory) == excitatory);
    let steps = example.hidden.len() as f64;
    let threshold = vec![(0.0, 1.0), (steps, 1.0)];
    let mut marks = vec![Mark::Line { points: threshold, color: GREY, width: 1.2, dash: Dash::Dashed }];
    let mut values = vec![0.0, 1.0];
    let mut names = Vec::new();
    for (trace, dash) in traces.zip([Dash::Solid, Dash::Dotted].into_iter().cycle()) {
        let points: Vec<(f64, f64)> =
            trace.voltage.iter().enumerate().map(|(step, &voltage)| (step as f64, voltage)).collect();
        values.extend(&trace.voltage);
        marks.push(Mark::Line { points, color, width: 1.4, dash });
        names.push(format!("{} ({})", trace.neuron, if dash == Dash::Solid { "solid" } else { "dotted" }));
    }
    let scale = Scale::linear_few(&values);
    let (low, high) = scale.ends();
    let population = if excitatory { "excitatory" } else { "inhibitory" };
    let lines = std::iter::once(population.to_owned()).chain(names).enumerate();
    marks.extend(lines.map(|(number, content)| {
        let y = high - (0.15 + 0.2 * number as f64) * (high - low);
        Mark::Label { at: (WORDS_AT * steps, y), content, size: TICK_SIZE }
    }));
    let label = "V (thresholds)".to_owned();
    Plot {
        title: String::new(),
        x: time(settings, example, false),
        y: PlotAxis { label, scale },
        marks,
        height: MEMBRANE_HEIGHT,
    }
}

fn readout(settings: &Settings, example: &Example) -> Plot {
    let steps = example.readout.first().map_or(0, |trace| trace.len().saturating_sub(1)) as f64;
    let all: Vec<f64> = example.readout.iter().flatten().copied().collect();
    let scale = Scale::linear_few(&all);
    let mut marks = Vec::new();
    // True and predicted class are drawn last, on top.
    let mut order: Vec<usize> = (0..example.readout.len()).collect();
    order.sort_by_key(|&class| (class == example.predicted, class == example.label));
    for &class in &order {
        let points = example.readout[class].iter().enumerate().map(|(step, &voltage)| (step as f64, voltage)).collect();
        let (color, dash, width) = line(example, class);
        marks.push(Mark::Line { points, color, width, dash });
    }
    // Names are sorted by the maximum voltage, from the top down.
    let highest = |class: usize| example.readout[class].iter().copied().fold(f64::NEG_INFINITY, f64::max);
    order.sort_unstable();
    order.sort_by(|&one, &other| highest(other).total_cmp(&highest(one)));
    let (low, high) = scale.ends();
    for (number, &class) in order.iter().enumerate() {
        let y = high - (number as f64 + 0.5) / order.len() as f64 * (high - low);
        let (color, dash, width) = line(example, class);
        let points = LINES.map(|fraction| (fraction * steps, y)).to_vec();
        marks.push(Mark::Line { points, color, width, dash });
        let content = settings.data.class_name(class);
        marks.push(Mark::Label { at: (NAMES_AT * steps, y), content, size: TICK_SIZE });
    }
    let label = "readout (thresholds)".to_owned();
    Plot {
        title: String::new(),
        x: time(settings, example, true),
        y: PlotAxis { label, scale },
        marks,
        height: READOUT_HEIGHT.max(CLASS_HEIGHT * order.len() as f64),
    }
}

/// Returns colour, dash pattern and width of a class: black if true, vermilion if predicted wrongly.
fn line(example: &Example, class: usize) -> (&'static str, Dash, f64) {
    match class {
        class if class == example.label => (BLACK, Dash::Solid, 2.4),
        class if class == example.predicted => (CHOSEN, Dash::Dashed, 2.4),
        class => {
            let (color, dash) = class_line(class);
            (if color == CHOSEN { GREY } else { color }, dash, 1.1)
        }
    }
}

fn data(settings: &Settings, examples: [&Example; 2]) -> Data {
    let mut data = Data::new(["moment", "quantity", "of", "time_ms", "value"]);
    let mut row = |moment: &str, quantity: &str, of: String, step: usize, value: String| {
        data.rows.push(vec![moment.to_owned(), quantity.to_owned(), of, time_cell(settings, step), value]);
    };
    for (moment, example) in ["before", "after"].into_iter().zip(examples) {
        for (quantity, by_step) in [("input spike", &example.input), ("hidden spike", &example.hidden)] {
            for (step, spiking) in by_step.iter().enumerate() {
                spiking.iter().for_each(|unit| row(moment, quantity, unit.to_string(), step, "1".to_owned()));
            }
        }
        for trace in &example.membranes {
            for (step, voltage) in trace.voltage.iter().enumerate() {
                row(moment, "membrane (thresholds)", trace.neuron.to_string(), step, voltage.to_string());
            }
        }
        for (class, trace) in example.readout.iter().enumerate() {
            for (step, voltage) in trace.iter().enumerate() {
                row(moment, "readout (thresholds)", settings.data.class_name(class), step, voltage.to_string());
            }
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use ohmspike_study::details::MembraneTrace;

    use super::*;

    fn example() -> Example {
        Example {
            sample: 0,
            label: 1,
            predicted: 0,
            excitatory: 2,
            hidden_neurons: 3,
            input: vec![vec![3, 5], vec![], vec![7], vec![]],
            hidden: vec![vec![], vec![0, 2], vec![1], vec![0]],
            membranes: vec![
                MembraneTrace { neuron: 0, voltage: vec![0.0, 1.5, 0.0, 1.2] },
                MembraneTrace { neuron: 2, voltage: vec![0.0, 1.1, 0.0, 0.3] },
            ],
            readout: vec![vec![0.0, 0.1, 0.3, 0.2, 0.1], vec![0.0, -0.1, -0.3, -0.2, -0.1]],
        }
    }

    #[test]
    fn all_spikes_are_drawn() {
        let plots = plots(&Settings::default(), "before training", &example());
        assert_eq!(plots[0].title, "before training: predicted T-shirt/top, wrong");
        let rasters = |plot: &Plot| -> Vec<Vec<(f64, f64)>> {
            let points = plot.marks.iter().filter_map(|mark| match mark {
                Mark::Raster { points, .. } => Some(points.clone()),
                _ => None,
            });
            points.collect()
        };
        assert_eq!(rasters(&plots[0]), [[(0.0, 3.0), (0.0, 5.0), (2.0, 7.0)]]);
        assert_eq!(rasters(&plots[1]), [vec![(1.0, 0.0), (2.0, 1.0), (3.0, 0.0)], vec![(1.0, 2.0)]]);
        // Input, hidden, membranes of each population, readout.
        assert_eq!(plots.len(), 5);
        let lines = |plot: &Plot| plot.marks.iter().filter(|mark| matches!(mark, Mark::Line { .. })).count();
        assert_eq!((lines(&plots[2]), lines(&plots[3]), lines(&plots[4])), (2, 2, 4));
        assert!(plots[4].marks.iter().any(|mark| matches!(mark, Mark::Label { content, .. } if content == "Trouser")));
    }

    #[test]
    fn the_table_has_all_plotted_numbers() {
        let (example, settings) = (example(), Settings::default());
        let data = data(&settings, [&example, &example]);
        // 3 + 4 spikes, 2 x 4 and 2 x 5 voltages, twice.
        assert_eq!(data.rows.len(), 2 * (7 + 8 + 10));
        assert_eq!(data.rows[24], ["before", "readout (thresholds)", "Trouser", "4", "-0.1"]);
    }
}
