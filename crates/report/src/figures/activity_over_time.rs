//! Firing rate of the hidden neurons over the time of a sample: one line per class, by population and stage.

use ohmspike_analysis::recorded::Recorded;
use ohmspike_analysis::stage::Stage;
use ohmspike_analysis::tables::firing::Population;
use ohmspike_plot::grid::Grid;
use ohmspike_plot::mark::Mark;
use ohmspike_plot::plot::{Plot, PlotAxis};
use ohmspike_plot::scale::Scale;
use ohmspike_study::details::Snapshot;
use ohmspike_study::settings::Settings;
use ohmspike_study::store::StoreError;
use ohmspike_study::success::{Success, succeeded};

use super::chosen::with_details;
use super::class_line::{class_entries, class_line};
use super::figure::{Data, Figure, cell};
use super::step_time::{time_cell, time_label};

const HEIGHT: f64 = 150.0;
const STAGES: [Stage; 3] = [Stage::INITIAL, Stage::SUCCESSFUL, Stage::FAILED];

/// Rates of one stage summed over networks, Hz per neuron at each time step, by population and class.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rates {
    /// Number of networks.
    networks: usize,
    /// Number of networks with such neurons and the sum of their rates, by population and class.
    sums: [Vec<(usize, Vec<f64>)>; 2],
}

impl Rates {
    fn add(&mut self, snapshot: &Snapshot, settings: &Settings) {
        self.networks += 1;
        for (population, sums) in Population::BOTH.into_iter().zip(&mut self.sums) {
            sums.resize(snapshot.firing.len().max(sums.len()), (0, Vec::new()));
            for (class, (networks, sum)) in snapshot.firing.iter().zip(sums) {
                let firing = if population == Population::Excitatory { &class.excitatory } else { &class.inhibitory };
                let Some(rates) = firing.rate_by_step(settings.step_seconds()) else { continue };
                *networks += 1;
                sum.resize(rates.len().max(sum.len()), 0.0);
                sum.iter_mut().zip(rates).for_each(|(sum, rate)| *sum += rate);
            }
        }
    }

    /// Returns means over networks by class at each time step; empty without such neurons.
    fn means(&self, population: Population) -> Vec<Vec<f64>> {
        let sums = &self.sums[usize::from(population == Population::Inhibitory)];
        let mean = |(networks, sum): &(usize, Vec<f64>)| sum.iter().map(|sum| sum / *networks as f64).collect();
        sums.iter().filter(|(networks, _)| *networks > 0).map(mean).collect()
    }
}

/// Returns the figure; none if no trial has details.
pub(super) fn figure(recorded: Recorded) -> Result<Option<Figure>, StoreError> {
    let mut stages = STAGES.map(|stage| (stage, Rates::default()));
    let mut settings: Option<&Settings> = None;
    // Trials with the same initial network count once.
    let mut starts: Vec<(u64, ohmspike_study::settings::NetworkSettings, Snapshot)> = Vec::new();
    for (trial, record) in with_details(recorded) {
        let Some(details) = recorded.store.details(&trial.id)? else { continue };
        settings = settings.or(Some(&trial.settings));
        let start = (trial.seed, trial.settings.network.clone(), details.before);
        if !starts.contains(&start) {
            stages[0].1.add(&start.2, &trial.settings);
            starts.push(start);
        }
        if let Some(after) = &details.after {
            stages[if succeeded(record) { 1 } else { 2 }].1.add(after, &trial.settings);
        }
    }
    Ok(settings.and_then(|settings| drawn(recorded, settings, stages)))
}

fn drawn(recorded: Recorded, settings: &Settings, stages: [(Stage, Rates); 3]) -> Option<Figure> {
    let there: Vec<(Stage, Rates)> = stages.into_iter().filter(|(_, rates)| rates.networks > 0).collect();
    let classes = there.iter().map(|(_, rates)| rates.sums[0].len()).max().filter(|classes| *classes > 0)?;
    let has = |population: &Population| there.iter().any(|(_, rates)| !rates.means(*population).is_empty());
    let populations: Vec<Population> = Population::BOTH.into_iter().filter(has).collect();
    let row = |(number, population): (usize, &Population)| {
        let plot = |(column, (stage, rates)): (usize, &(Stage, Rates))| {
            let mut plot = plot(&rates.means(*population));
            if number == 0 {
                plot.title = format!("{} (n = {})", stage.words(), rates.networks);
            }
            if column == 0 {
                plot.y.label = format!("{} rate (Hz)", population.words());
            }
            if number + 1 == populations.len() {
                plot.x.label = time_label(settings);
            }
            plot
        };
        there.iter().enumerate().map(plot).collect::<Vec<Plot>>()
    };
    let grid = Grid {
        title: format!("{}, activity over time", recorded.study.name),
        entries: class_entries(settings, classes),
        rows: populations.iter().enumerate().map(row).collect(),
    };
    let caption = format!(
        "Firing rate per hidden neuron over the time of a sample, by population and class: mean over test samples and over networks with \
         stored details. Columns: before training, and after it for successful networks ({}) and for failed ones. Trials with the same initial \
         network count once before training.",
        Success::words_of(recorded.study.conditions.iter().map(|condition| &*condition.settings))
    );
    Some(Figure::wide("activity-over-time".to_owned(), caption, grid, &data(settings, &there)))
}

fn plot(means: &[Vec<f64>]) -> Plot {
    let steps = means.first().map_or(1, Vec::len) as f64;
    let line = |(class, rates): (usize, &Vec<f64>)| {
        let (color, dash) = class_line(class);
        let points = rates.iter().enumerate().map(|(step, &rate)| (step as f64, rate)).collect();
        Mark::Line { points, color, width: 1.3, dash }
    };
    let highest = means.iter().flatten().copied().fold(0.0, f64::max);
    let highest = if highest > 0.0 { highest } else { 1.0 };
    Plot {
        title: String::new(),
        x: PlotAxis { label: String::new(), scale: Scale::with_step(0.0, steps, steps / 5.0, 0) },
        y: PlotAxis { label: String::new(), scale: Scale::linear_few(&[0.0, highest]) },
        marks: means.iter().enumerate().map(line).collect(),
        height: HEIGHT,
    }
}

fn data(settings: &Settings, stages: &[(Stage, Rates)]) -> Data {
    let mut data = Data::new(["networks", "n", "population", "class", "time_ms", "rate_hz"]);
    for (stage, rates) in stages {
        for population in Population::BOTH {
            for (class, means) in rates.means(population).iter().enumerate() {
                for (step, rate) in means.iter().enumerate() {
                    data.rows.push(vec![
                        stage.words().to_owned(),
                        rates.networks.to_string(),
                        population.words().to_owned(),
                        settings.data.class_name(class),
                        time_cell(settings, step),
                        cell(Some(*rate)),
                    ]);
                }
            }
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use ohmspike_simd::Matrix;
    use ohmspike_snn::metrics::firing::Firing;
    use ohmspike_study::details::WeightHistograms;

    use super::*;

    /// Three neurons, the first `excitatory` of them excitatory.
    fn snapshot(excitatory: usize, spikes: [&[u16]; 2]) -> Snapshot {
        let mut firing = Firing::new(3, excitatory, 2, 1);
        firing.add_sample(0, spikes);
        let weights = WeightHistograms::new(&Matrix::from_fn(1, 3, |_, _| 0.0), &Matrix::from_fn(3, 1, |_, _| 0.0), 2);
        Snapshot { example: None, firing: firing.classes, weights }
    }

    #[test]
    fn rates_are_means_over_networks_with_such_neurons() {
        let mut rates = Rates::default();
        rates.add(&snapshot(2, [&[0], &[2]]), &Settings::default());
        rates.add(&snapshot(3, [&[0, 1, 2], &[]]), &Settings::default());
        // One of two neurons, then three of three; the second network has no inhibitory neuron.
        assert_eq!(rates.means(Population::Excitatory), [[750.0, 0.0]]);
        assert_eq!(rates.means(Population::Inhibitory), [[0.0, 1000.0]]);
        let data = data(&Settings::default(), &[(Stage::INITIAL, rates)]);
        assert_eq!(data.rows[3], ["initial", "2", "inhibitory", "T-shirt/top", "1", "1000.000000"]);
    }
}
