//! The outcome over a swept axis: means with 95 % intervals and all trials, one curve per value of another axis.
//!
//! Numbers are on the x axis. Strings such as devices are on the left, one row each.

use ohmspike_analysis::recorded::{Group, Recorded};
use ohmspike_analysis::sweep::neuron_axis;
use ohmspike_plot::grid::{Entry, Grid, MAX_PLOTS, Swatch as Shown, in_pairs};
use ohmspike_plot::mark::Dash;
use ohmspike_plot::palette::{BASELINE, GREY};
use ohmspike_plot::plot::Plot;
use ohmspike_study::axis_value::is_numeric;
use ohmspike_study::key_label::heading;

use super::figure::{Data, Figure, cell, part_name};
use super::outcome_caption::caption;
use super::outcome_curves::{Curve, Panel, curves, judged};
use super::outcome_plot::{over_numbers, over_texts};
use super::x_axis::XAxis;

/// Height of each of several plots.
const SMALL_HEIGHT: f64 = 140.0;

/// Returns figures with one plot per combination of the remaining axes; none without outcomes.
pub(super) fn figures(recorded: Recorded, x: XAxis) -> Vec<Figure> {
    let others: Vec<usize> = recorded.varied().into_iter().filter(|&axis| axis != x.axis).collect();
    let curve = neuron_axis(&recorded.study.axes, &others).or(others.first().copied());
    let apart: Vec<usize> = others.into_iter().filter(|&axis| Some(axis) != curve).collect();
    let judged = judged(recorded);
    let panel = |group: Group| Panel { curves: curves(recorded, &judged, x, curve, &group), group };
    let panels: Vec<Panel> = recorded.groups(&apart).into_iter().map(panel).collect();
    let drawn = |panel: &&Panel| panel.curves.iter().any(|curve| !curve.points.is_empty());
    let panels: Vec<Panel> = panels.iter().filter(drawn).cloned().collect();
    let parts = panels.chunks(MAX_PLOTS).enumerate();
    parts.map(|(number, panels)| figure(recorded, x, curve, panels, number)).collect()
}

fn figure(recorded: Recorded, x: XAxis, curve: Option<usize>, panels: &[Panel], part: usize) -> Figure {
    let study = recorded.study;
    let chance = recorded.chance();
    let numeric = is_numeric(&study.axes[x.axis]);
    let alone = panels.len() == 1;
    let plot = |(number, panel): (usize, &Panel)| {
        let mut plot = match numeric {
            true => over_numbers(recorded, x, &panel.curves, chance, alone),
            false => over_texts(recorded, x, &panel.curves, chance),
        };
        plot.title = panel.group.words();
        if numeric && !alone {
            plot.height = SMALL_HEIGHT;
            // Axis titles only on the left and at the bottom.
            if number % 2 == 1 {
                plot.y.label.clear();
            }
            if number / 2 != (panels.len() - 1) / 2 {
                plot.x.label.clear();
            }
        }
        plot
    };
    let plots: Vec<Plot> = panels.iter().enumerate().map(plot).collect();
    let all: Vec<&Curve> = panels.iter().flat_map(|panel| &panel.curves).collect();
    let key = curve.map(|axis| study.axes[axis].key.as_str());
    let grid = Grid {
        title: study.name.clone(),
        entries: entries(
            &panels[0].curves,
            &all,
            key,
            chance,
            recorded.baseline.filter(|one| one.networks == 1).map(|one| one.study.as_str()),
            numeric,
        ),
        // Names need a full row.
        rows: if numeric { in_pairs(plots) } else { plots.into_iter().map(|plot| vec![plot]).collect() },
    };
    let name = part_name(&format!("outcome-over-{}", x.key(study)), part);
    Figure::new(name, caption(recorded, x, panels), grid, &data(panels, &x.column(study), key))
}

/// Returns the legend of `curves`, and of the marks that appear in `all` of them.
fn entries(
    curves: &[Curve],
    all: &[&Curve],
    key: Option<&str>,
    chance: Option<f64>,
    baseline: Option<&str>,
    numeric: bool,
) -> Vec<Entry> {
    let mut entries: Vec<Entry> =
        key.map(|key| Entry::new(Shown::Heading, format!("{}:", heading(key)))).into_iter().collect();
    let sample = if numeric { Shown::Curve } else { Shown::Marker };
    entries.extend(curves.iter().map(|curve| Entry::new(sample(curve.look), curve.label.clone())));
    let points = || all.iter().flat_map(|curve| &curve.points);
    if points().any(|point| point.trials.len() > 1) {
        entries.push(Entry::new(Shown::Dot, "one trial"));
    }
    if points().any(|point| point.unhealthy) {
        entries.push(Entry::new(Shown::Hollow, "unhealthy network"));
    }
    if points().any(|point| point.sample.ci95.is_some()) {
        let sample = if numeric { Shown::Band } else { Shown::Line(GREY, Dash::Solid) };
        entries.push(Entry::new(sample, "95 % interval"));
    }
    let percent = |chance: f64| (1000.0 * chance).round() / 10.0;
    entries.extend(
        chance.map(|chance| Entry::new(Shown::Line(GREY, Dash::Dashed), format!("chance, {} %", percent(chance)))),
    );
    entries.extend(baseline.map(|name| Entry::new(Shown::Line(BASELINE, Dash::Dotted), name.to_owned())));
    entries
}

fn data(panels: &[Panel], x: &str, curve: Option<&str>) -> Data {
    let mut data = Data::new(["mark"]);
    data.header.extend(panels.first().into_iter().flat_map(|panel| panel.group.keys()));
    data.header.push(x.to_owned());
    data.header.extend(curve.map(str::to_owned));
    data.header.extend(["seed", "accuracy_percent", "ci95_low_percent", "ci95_high_percent", "n"].map(str::to_owned));
    let percent = |value: f64| cell(Some(100.0 * value));
    for Panel { group, curves } in panels {
        for (Curve { value, .. }, point) in
            curves.iter().flat_map(|curve| curve.points.iter().map(move |point| (curve, point)))
        {
            // Numbers keep their shortest form, strings stay as they are.
            let x = if point.text.parse::<f64>().is_ok() { short(point.x) } else { point.text.clone() };
            let head = |mark: &str| {
                let cells = [mark.to_owned()].into_iter().chain(group.cells()).chain([x.clone()]);
                cells.chain(curve.map(|_| value.clone())).collect::<Vec<String>>()
            };
            for (seed, outcome) in &point.trials {
                let rest = [seed.to_string(), percent(*outcome), String::new(), String::new(), "1".to_owned()];
                data.rows.push(head("trial").into_iter().chain(rest).collect());
            }
            let (low, high) = point.sample.accuracy_interval().unzip();
            let [low, high] = [low, high].map(|end| cell(end.map(|end| 100.0 * end)));
            let rest = [String::new(), percent(point.sample.mean), low, high, point.sample.n.to_string()];
            data.rows.push(head("mean").into_iter().chain(rest).collect());
        }
    }
    data
}

/// Formats the shortest number that parses as `value`.
fn short(value: f64) -> String {
    value.to_string()
}

#[cfg(test)]
mod tests {
    use ohmspike_analysis::fixture::{Fixture, record};
    use ohmspike_analysis::repeats::done;
    use ohmspike_analysis::sweep::Sweeps;
    use ohmspike_plot::mark::Mark;
    use ohmspike_study::key_label::FRACTION;

    use super::super::{AxisChoice, study_figures};
    use super::*;

    const NOISE_STUDY: &str = "[network]\nexcitatory_fraction = [0.5, 1.0]\n[noise]\nlevel_percent = [1, 20, 100]\n\
                               [training]\nepochs = 30\n[repeats]\nseeds = 3\n";

    fn of(
        text: &str,
        x: Option<&str>,
        outcome: impl Fn(&ohmspike_study::settings::Settings, u64) -> Option<f64>,
    ) -> Vec<Figure> {
        let choice = AxisChoice { x: x.map(str::to_owned), noise_unit: None };
        let mut figures =
            Fixture::new(text, outcome).see(|recorded| study_figures(recorded, &choice, None).expect("figures"));
        figures.retain(|figure| figure.name.starts_with("outcome-over"));
        figures
    }

    fn numbers(csv: &str, mark: &str, column: usize) -> Vec<f64> {
        let rows = csv.lines().filter(|line| line.starts_with(mark));
        rows.map(|line| line.split(',').nth(column).expect("a column").parse().expect("a number")).collect()
    }

    #[test]
    fn all_trials_are_drawn_at_their_outcome() {
        let made_up = |settings: &ohmspike_study::settings::Settings, seed: u64| {
            Some(0.8 - settings.noise.level_percent / 200.0 + 0.01 * seed as f64)
        };
        let fixture = Fixture::new(NOISE_STUDY, made_up);
        fixture.see(|recorded| {
            let x = AxisChoice::default().axes(recorded.study)[0];
            let curves = curves(recorded, &judged(recorded), x, recorded.axis(FRACTION), &recorded.groups(&[])[0]);
            let means: Vec<(f64, f64)> =
                curves[1].points.iter().map(|point| (point.x, (1e6 * point.sample.mean).round() / 1e6)).collect();
            assert_eq!(means, [(1.0, 0.815), (20.0, 0.72), (100.0, 0.32)]);
            let plot = over_numbers(recorded, x, &curves, Some(0.1), true);
            let drawn = |size: f64| {
                let dots = plot.marks.iter().filter_map(|mark| match mark {
                    Mark::Dots { points, size: of, .. } if *of == size => Some(points.clone()),
                    _ => None,
                });
                dots.collect::<Vec<_>>()
            };
            let trials: Vec<f64> = drawn(1.7)[0].iter().map(|(_, accuracy)| accuracy.round()).collect();
            assert_eq!(trials, [81.0, 82.0, 83.0, 71.0, 72.0, 73.0, 31.0, 32.0, 33.0]);
            assert_eq!(drawn(4.0)[1].iter().map(|(x, _)| *x).collect::<Vec<f64>>(), [1.0, 20.0, 100.0]);
        });
    }

    #[test]
    fn the_table_has_all_plotted_numbers() {
        let figures = of(NOISE_STUDY, None, |_, seed| Some(0.5 + 0.1 * seed as f64));
        let csv = &figures[0].csv;
        let header = "mark,noise.level_percent,network.excitatory_fraction,seed,accuracy_percent,ci95_low_percent,\
                      ci95_high_percent,n";
        assert_eq!(csv.lines().next(), Some(header));
        assert_eq!(numbers(csv, "trial", 1)[..4], [1.0, 1.0, 1.0, 20.0]);
        assert_eq!(numbers(csv, "trial", 4)[..3], [60.0, 70.0, 80.0]);
        assert_eq!(numbers(csv, "mean", 4), [70.0; 6]);
        // t(0.975, 2) = 4.3027 (any table), times 10 / sqrt(3).
        assert!(numbers(csv, "mean", 6).iter().all(|high| (high - 70.0 - 24.841).abs() < 1e-3));
    }

    #[test]
    fn one_seed_has_no_interval() {
        let figures = of(NOISE_STUDY, None, |_, seed| (seed == 1).then_some(0.5));
        assert!(!figures[0].svg.contains("interval") && !figures[0].svg.contains("one trial"));
        assert!(figures[0].caption.contains("single trials (n = 1)") && !figures[0].caption.contains("interval"));
        let more = of(NOISE_STUDY, None, |_, seed| Some(0.1 * seed as f64));
        assert!(more[0].svg.contains("95 % interval") && more[0].svg.contains("one trial"));
        assert!(more[0].caption.contains("n = 3 independent repeats"), "{}", more[0].caption);
    }

    #[test]
    fn without_outcomes_there_is_no_figure() {
        assert!(of(NOISE_STUDY, None, |_, _| None).is_empty());
        assert!(of("[network]\nhidden = 20\n", None, |_, _| Some(0.5)).is_empty(), "no axis");
    }

    #[test]
    fn every_axis_of_numbers_has_a_figure_with_its_unit() {
        let text = "[hardware]\ndevice = \"study-1k-1m\"\nretention_seconds = [0, 1, 3600, 315576000]\n\
                    [device.faults]\np_low_resistance = [0, 0.01]\n";
        let figures = of(text, None, |_, _| Some(0.5));
        let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
        assert_eq!(
            names[..2],
            ["outcome-over-device.faults.p_low_resistance", "outcome-over-hardware.retention_seconds"]
        );
        for label in [">0<", ">1 s<", ">1 h<", ">10 y<", ">time between the last write and the test<"] {
            assert!(figures[1].svg.contains(label), "{label}");
        }
        assert!(figures[0].svg.contains(">fraction of cells stuck at the low resistance<"));
        assert_eq!(of(text, Some("device.faults.p_low_resistance"), |_, _| Some(0.5)).len(), 1);
    }

    #[test]
    fn further_axes_make_plots_of_one_figure() {
        let text = "[network]\nexcitatory_fraction = [0.5, 1.0]\nhidden = [10, 20]\n[noise]\nlevel_percent = [1, 20]\n\
                    [training]\nbatch = [32, 64]\n";
        let figures = of(text, Some("noise.level_percent"), |_, _| Some(0.5));
        assert_eq!(figures.len(), 1);
        // Four plots, each with its values as a title.
        assert_eq!(figures[0].svg.matches(">hidden neurons: ").count(), 4);
        let header = "mark,network.hidden,training.batch,noise.level_percent,network.excitatory_fraction,seed,";
        assert!(figures[0].csv.starts_with(header), "{}", figures[0].csv);
        assert!(figures[0].csv.contains("\nmean,20,64,1,1.0,,50.000000,,,1\n"), "{}", figures[0].csv);
    }

    /// The answer sweeps the stuck cells and compares populations at each write spread.
    #[test]
    fn the_first_figure_shows_the_curves_of_the_answer() {
        let text = "[hardware]\ndevice = \"study-1k-1m\"\nwrite_spread_scale = [1, 5]\n\
                    population = [\"excitatory\", \"inhibitory\"]\n[device.faults]\np_low_resistance = [0, 0.01]\n";
        let figures = of(text, None, |_, _| Some(0.5));
        let header = "mark,hardware.write_spread_scale,device.faults.p_low_resistance,hardware.population,seed,";
        assert!(figures[0].csv.starts_with(header), "{}", figures[0].csv);
        let swept = Fixture::new(text, |_, _| Some(0.5)).see(|recorded| {
            let done = done(recorded.study, recorded.prepared, recorded.trials, recorded.store);
            let sweeps = Sweeps::new(recorded.study, &done);
            [sweeps.x, sweeps.curve].map(|axis| axis.expect("an axis").key)
        });
        assert_eq!(swept, ["device.faults.p_low_resistance", "hardware.population"]);
    }

    /// Values of `[seeds]` are repeats: they form neither curves nor plots.
    #[test]
    fn seeds_of_streams_are_repeats() {
        let text = "[noise]\nlevel_percent = [1, 20]\n[hardware]\ndevice = \"study-1k-1m\"\n\
                    [device.faults]\np_low_resistance = 0.1\n[seeds]\nchip = [1, 2, 3]\n[repeats]\nseeds = 2\n";
        let figures = of(text, None, |settings, _| settings.seeds.chip.map(|chip| 0.1 * chip as f64));
        assert_eq!(figures.len(), 1);
        assert_eq!(numbers(&figures[0].csv, "mean", 3), [20.0, 20.0]);
        assert!(figures[0].caption.contains("n = 2 independent repeats"), "{}", figures[0].caption);
        assert!(
            !figures[0].caption.contains("Bands") && !figures[0].svg.contains("interval"),
            "{}",
            figures[0].caption
        );
    }

    #[test]
    fn devices_are_rows_with_readable_names() {
        let text = "[network]\nexcitatory_fraction = [0.8, 1.0]\n[hardware]\n\
                    device = [\"ideal\", \"hfox-taox-wan-2022-1s\"]\n[repeats]\nseeds = 2\n";
        let figures = of(text, None, |_, seed| Some(0.1 * seed as f64));
        assert_eq!(figures[0].name, "outcome-over-hardware.device");
        for name in [">ideal<", ">hfox-taox-wan-2022-1s<", ">80:20<", ">test accuracy (%)<"] {
            assert!(figures[0].svg.contains(name), "{name}");
        }
        assert!(figures[0].csv.contains("mean,hfox-taox-wan-2022-1s,1.0,,15.000000,"), "{}", figures[0].csv);
    }

    #[test]
    fn failures_are_reported() {
        let fixture = Fixture::with_records(NOISE_STUDY, |settings, seed| {
            let outcome = (settings.noise.level_percent < 100.0).then_some(0.5);
            Some(ohmspike_study::record::Record { outcome, ..record(settings, seed, 0.5) })
        });
        let figures = fixture.see(|recorded| study_figures(recorded, &AxisChoice::default(), None).expect("figures"));
        assert!(figures[0].caption.contains(" 6 trials diverged and are excluded."), "{}", figures[0].caption);
    }

    #[test]
    fn a_second_drawing_has_the_same_bytes() {
        let draw = || of(NOISE_STUDY, None, |_, seed| Some(0.1 * seed as f64));
        assert_eq!(draw(), draw());
        assert_eq!(draw()[0].png().expect("pixels"), draw()[0].png().expect("pixels"));
    }
}
