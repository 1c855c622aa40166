//! Best accuracy over the firing rate of the hidden neurons before training, by excitatory fraction.
//!
//! ```text
//! rate = spikes / (samples hidden steps dt)       Hz, all hidden neurons, test set, dt the length of a time step
//! ```
//!
//! Studies that sweep `weights.sigma_init` have this figure: the initial weight spread sets the rate. Kilgore, Kopsick, Ascoli
//! and Adam, Sci Rep 15, 24798 (2025), Fig. 1c. Replications of that study shade its range of plausible rates.

use std::cmp::Ordering;

use ohmspike_analysis::baseline::Baseline;
use ohmspike_analysis::recorded::{Group, Recorded};
use ohmspike_plot::grid::{Entry, Grid, Swatch as Shown};
use ohmspike_plot::mark::{Dash, Fill, Mark};
use ohmspike_plot::palette::{BASELINE, Look, SHADE};
use ohmspike_plot::plot::{Plot, PlotAxis};
use ohmspike_plot::scale::Scale;
use ohmspike_study::axis_value::plain;
use ohmspike_study::axis_value::{is_numeric, number};
use ohmspike_study::key_label::{FRACTION, SIGMA_INIT, heading, value_label};

use super::figure::{Data, Figure, cell, part_name};
use super::outcome_caption::diverged;
use super::outcome_plot::level;
use crate::replication::{FiringRates, Replication};

const HEIGHT: f64 = 280.0;

/// Trials of one initial weight spread.
#[derive(Clone, Debug, PartialEq)]
struct Spread {
    /// The spread, formatted.
    sigma_init: String,
    /// Seed, initial rate (Hz) and best accuracy of each trial.
    trials: Vec<(u64, f64, f64)>,
}

/// Spreads of one excitatory fraction.
#[derive(Clone, Debug, PartialEq)]
struct Curve {
    label: String,
    value: String,
    look: Look,
    spreads: Vec<Spread>,
}

/// Returns one figure per combination of the other axes; none if spreads are not swept.
pub(super) fn figures(recorded: Recorded, replication: Option<&dyn Replication>) -> Vec<Figure> {
    let axes = &recorded.study.axes;
    let swept = |axis: &usize| is_numeric(&axes[*axis]) && axes[*axis].values.len() > 1;
    let Some(sigma) = recorded.axis(SIGMA_INIT).filter(swept) else { return Vec::new() };
    let varied = recorded.varied();
    let fraction_axis = recorded.axis(FRACTION).filter(|axis| varied.contains(axis));
    let apart: Vec<usize> = varied.into_iter().filter(|&axis| axis != sigma && Some(axis) != fraction_axis).collect();
    let groups = recorded.groups(&apart);
    let published = |group: &Group| {
        let settings = &recorded.study.conditions[*group.conditions.first()?].settings;
        Some(replication?.firing_rates(settings))
    };
    let part = |(part, group): (usize, &Group)| {
        figure(recorded, sigma, fraction_axis, group, part, &published(group).unwrap_or_default())
    };
    groups.iter().enumerate().filter_map(part).collect()
}

fn figure(
    recorded: Recorded,
    sigma: usize,
    fraction_axis: Option<usize>,
    group: &Group,
    part: usize,
    published: &FiringRates,
) -> Option<Figure> {
    let curves = curves(recorded, sigma, fraction_axis, group);
    if curves.iter().all(|curve| curve.spreads.is_empty()) {
        return None;
    }
    let mut entries: Vec<Entry> =
        fraction_axis.map(|_| Entry::new(Shown::Heading, format!("{}:", heading(FRACTION)))).into_iter().collect();
    entries.extend(curves.iter().map(|curve| Entry::new(Shown::Curve(curve.look), curve.label.clone())));
    entries.push(Entry::new(Shown::Dot, "one trial"));
    let best = recorded.baseline.and_then(Baseline::best);
    if let Some((baseline, _)) = recorded.baseline.zip(best) {
        entries.push(Entry::new(Shown::Line(BASELINE, Dash::Dotted), baseline.study.clone()));
    }
    let plot = Plot { title: group.words(), ..plot(&curves, best.map(|best| best.mean), published) };
    let grid = Grid { title: recorded.study.name.clone(), entries, rows: vec![vec![plot]] };
    let name = part_name("accuracy-over-initial-firing-rate", part);
    Some(Figure::new(name, caption(recorded, &published.words, &curves), grid, &data(&curves, fraction_axis.is_some())))
}

fn curves(recorded: Recorded, sigma: usize, fraction_axis: Option<usize>, group: &Group) -> Vec<Curve> {
    let fits = |condition: usize, wanted: Option<&toml::Value>| {
        fraction_axis.is_none_or(|axis| wanted.is_none_or(|value| recorded.value(condition, axis) == value))
    };
    let spread = |sigma_init: &toml::Value, wanted: Option<&toml::Value>| {
        let here = |condition: &usize| fits(*condition, wanted) && recorded.value(*condition, sigma) == sigma_init;
        let conditions: Vec<usize> = group.conditions.iter().copied().filter(here).collect();
        let ended = recorded.records_of(&conditions).filter(|(_, record)| record.outcome.is_some());
        let trials = ended.filter_map(|(trial, record)| Some((trial.seed, record.initial_rate()?, record.best()?.1)));
        let spread = Spread { sigma_init: plain(sigma_init), trials: trials.collect() };
        (!spread.trials.is_empty()).then_some(spread)
    };
    let mut rising: Vec<&toml::Value> = recorded.study.axes[sigma].values.iter().collect();
    rising.sort_by(|one, next| number(one).partial_cmp(&number(next)).unwrap_or(Ordering::Equal));
    let spreads = |wanted: Option<&toml::Value>| rising.iter().filter_map(|value| spread(value, wanted)).collect();
    let Some(axis) = fraction_axis else {
        let (label, value) = ("mean by σ_init".to_owned(), String::new());
        return vec![Curve { label, value, look: Look::new(0), spreads: spreads(None) }];
    };
    let values = recorded.study.axes[axis].values.iter().enumerate();
    let curve = |(number, value): (usize, &toml::Value)| Curve {
        label: value_label(FRACTION, value),
        value: plain(value),
        look: Look::new(number),
        spreads: spreads(Some(value)),
    };
    values.map(curve).collect()
}

impl Spread {
    /// Returns mean rate and mean best accuracy.
    fn mean(&self) -> (f64, f64) {
        let count = self.trials.len() as f64;
        let mean = |of: fn(&(u64, f64, f64)) -> f64| self.trials.iter().map(of).sum::<f64>() / count;
        (mean(|trial| trial.1), mean(|trial| trial.2))
    }
}

fn plot(curves: &[Curve], baseline: Option<f64>, published: &FiringRates) -> Plot {
    let spreads = || curves.iter().flat_map(|curve| &curve.spreads);
    let mut rates: Vec<f64> = spreads().flat_map(|spread| &spread.trials).map(|trial| trial.1).collect();
    rates.extend(published.shaded.iter().flat_map(|(low, high, _)| [*low, *high]));
    let scale = Scale::log(&rates);
    let range = published.shaded.clone();
    let range = range.map(|(low, high, label)| Mark::Range { low, high, color: SHADE, label });
    let mut marks: Vec<Mark> = range.into_iter().collect();
    marks.extend(baseline.map(|best| level(best, &scale, BASELINE, Dash::Dotted)));
    for Curve { look, spreads, .. } in curves {
        let trials = spreads.iter().flat_map(|spread| &spread.trials).map(|(_, rate, best)| (*rate, 100.0 * best));
        marks.push(Mark::Cloud { points: trials.collect(), color: look.color, shape: look.shape, size: 1.8 });
    }
    for Curve { look, spreads, .. } in curves {
        let Look { color, shape, dash } = *look;
        let means: Vec<(f64, f64)> =
            spreads.iter().map(Spread::mean).map(|(rate, best)| (rate, 100.0 * best)).collect();
        // Silent networks are left of the axis break, where lines do not reach.
        let active = means.iter().copied().filter(|(rate, _)| *rate > 0.0).collect();
        marks.push(Mark::Line { points: active, color, width: 1.6, dash });
        marks.push(Mark::Dots { points: means, color, shape, size: 3.8, fill: Fill::Opacity(1.0) });
    }
    Plot {
        title: String::new(),
        x: PlotAxis { label: "firing rate of hidden neurons before training (Hz)".to_owned(), scale },
        y: PlotAxis { label: "best test accuracy (%)".to_owned(), scale: Scale::percent() },
        marks,
        height: HEIGHT,
    }
}

fn caption(recorded: Recorded, published: &str, curves: &[Curve]) -> String {
    let spreads = || curves.iter().flat_map(|curve| &curve.spreads);
    let counts = spreads().map(|spread| spread.trials.len());
    let (least, most) = counts.fold((usize::MAX, 0), |(least, most), n| (least.min(n), most.max(n)));
    let n = if least == most { format!("n = {most}") } else { format!("n = {least} to {most}") };
    let silent = spreads().flat_map(|spread| &spread.trials).filter(|trial| trial.1 == 0.0).count();
    let silent = match silent {
        0 => String::new(),
        1 => " One network without spikes before training is at 0, left of the axis break.".to_owned(),
        count => format!(" {count} networks without spikes before training are at 0, left of the axis break."),
    };
    let failures = recorded.failures(&(0..recorded.study.conditions.len()).collect::<Vec<_>>());
    let failed = diverged(failures);
    format!(
        "Highest test accuracy of any epoch over the mean firing rate of all hidden neurons on the test set before \
         training. Small marks are trials. Large marks are means at one initial weight spread sigma_init ({n} {}), \
         connected in order of sigma_init.{}{silent}{failed}{}",
        if most == 1 { "trial" } else { "trials" },
        published,
        recorded.baseline_words("the best accuracy", recorded.baseline.and_then(Baseline::best))
    )
}

fn data(curves: &[Curve], with_fraction: bool) -> Data {
    let mut data = Data::new(["mark"]);
    data.header.extend(with_fraction.then(|| FRACTION.to_owned()));
    data.header
        .extend([SIGMA_INIT, "seed", "initial_firing_rate_hertz", "best_accuracy_percent", "n"].map(str::to_owned));
    for Curve { value, spreads, .. } in curves {
        for spread in spreads {
            let mut row = |mark: &str, seed: String, (rate, best): (f64, f64), n: usize| {
                let mut cells = vec![mark.to_owned()];
                cells.extend(with_fraction.then(|| value.clone()));
                // Rates span decades and keep all digits.
                cells.extend([
                    spread.sigma_init.clone(),
                    seed,
                    rate.to_string(),
                    cell(Some(100.0 * best)),
                    n.to_string(),
                ]);
                data.rows.push(cells);
            };
            for (seed, rate, best) in &spread.trials {
                row("trial", seed.to_string(), (*rate, *best), 1);
            }
            row("mean", String::new(), spread.mean(), spread.trials.len());
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use ohmspike_analysis::fixture::{Fixture, record};
    use ohmspike_snn::activity::ClassActivity;
    use ohmspike_study::record::Record;
    use ohmspike_study::settings::Settings;

    use super::*;

    const STUDY: &str = "[network]\nhidden = 50\nsteps = 100\nexcitatory_fraction = [0.5, 1.0]\n\
                         [weights]\nsigma_init = [0.0005, 0.01]\n[repeats]\nseeds = 2\n";

    /// 10 samples and 50 neurons of 100 ms: one spike is 0.02 Hz.
    fn with_spikes(settings: &Settings, seed: u64) -> Option<Record> {
        let spikes = if settings.weights.sigma_init < 0.001 { 0 } else { 100 * seed };
        let class = ClassActivity { samples: 5, correct: 0, excitatory_spikes: spikes / 2, inhibitory_spikes: 0 };
        let mut record = record(settings, seed, 0.6);
        record.tests[0] = vec![class, class];
        record.accuracy = vec![0.3, 0.75, 0.6];
        Some(record)
    }

    #[test]
    fn trials_are_at_rate_and_best_accuracy() {
        let figures = Fixture::with_records(STUDY, with_spikes).see(|recorded| figures(recorded, None));
        assert_eq!(figures.len(), 1);
        let rows: Vec<&str> = figures[0].csv.lines().collect();
        assert_eq!(rows[1], "trial,0.5,0.0005,1,0,75.000000,1");
        assert_eq!(rows[4], "trial,0.5,0.01,1,2,75.000000,1");
        assert_eq!(rows[6], "mean,0.5,0.01,,3,75.000000,2");
        assert!(figures[0].caption.contains("4 networks without spikes"), "{}", figures[0].caption);
        assert!(figures[0].svg.contains(">0<"));
    }

    #[test]
    fn lines_skip_silent_networks() {
        Fixture::with_records(STUDY, with_spikes).see(|recorded| {
            let curves = curves(recorded, 1, Some(0), &recorded.groups(&[])[0]);
            let plot = plot(&curves, None, &FiringRates::default());
            let lines = plot.marks.iter().filter_map(|mark| match mark {
                Mark::Line { points, .. } => Some(points.len()),
                _ => None,
            });
            assert_eq!(lines.collect::<Vec<_>>(), [1, 1]);
            assert!(plot.x.scale.is_broken());
        });
    }

    #[test]
    fn a_replication_shades_the_published_range() {
        let shaded =
            FiringRates { shaded: Some((0.01, 25.6, "biologically plausible".to_owned())), ..Default::default() };
        Fixture::with_records(STUDY, with_spikes).see(|recorded| {
            let curves = curves(recorded, 1, Some(0), &recorded.groups(&[])[0]);
            let ranges = |published: &FiringRates| {
                plot(&curves, None, published).marks.iter().filter(|mark| matches!(mark, Mark::Range { .. })).count()
            };
            assert_eq!((ranges(&shaded), ranges(&FiringRates::default())), (1, 0));
        });
    }

    #[test]
    fn a_study_of_one_spread_has_no_such_figure() {
        let text = "[network]\nexcitatory_fraction = [0.5, 1.0]\n";
        assert!(Fixture::with_records(text, with_spikes).see(|recorded| figures(recorded, None)).is_empty());
        assert!(Fixture::with_records(STUDY, |_, _| None).see(|recorded| figures(recorded, None)).is_empty());
    }
}
