//! Difference of the outcome from purely excitatory networks, by excitatory fraction, at some noise levels.
//!
//! Differences, 95 % intervals and t tests use pairs with shared seeds. p values are adjusted by Holm over all plotted
//! differences.

use ohmspike_analysis::judged::Judged;
use ohmspike_analysis::recorded::{Group, Recorded};
use ohmspike_plot::grid::{Grid, MAX_PLOTS};
use ohmspike_plot::mark::{Dash, Fill, Mark};
use ohmspike_plot::palette::{BLACK, Look};
use ohmspike_plot::plot::{Plot, PlotAxis, TICK_SIZE};
use ohmspike_plot::scale::Scale;
use ohmspike_stats::Estimate;
use ohmspike_stats::draws::Drawn;
use ohmspike_stats::paired::{Adjusted, Paired, PairedError, adjusted, differences as paired_differences};
use ohmspike_study::axis_value::plain;
use ohmspike_study::axis_value::{is_numeric, number};
use ohmspike_study::key_label::{FRACTION, NOISE, SIGMA_INIT, stated, value_label};

use super::figure::{Data, Figure, cell, part_name};
use super::outcome_caption::outcome_words;
use super::outcome_curves::judged;
use super::x_axis::XAxis;

/// The levels of the published figure, % of sigma_init.
const LEVELS: [f64; 3] = [20.0, 40.0, 60.0];
const HEIGHT: f64 = 128.0;
/// Distance of stars above the highest interval and the zero line, a fraction of the plotted range.
const STARS_ABOVE: f64 = 0.16;

/// Differences at one level.
#[derive(Clone, Debug, PartialEq)]
struct Level {
    /// Value of the level axis; none without such an axis.
    value: Option<toml::Value>,
    /// One difference per fraction below 1, in axis order.
    differences: Vec<Difference>,
}

/// Difference of one fraction from fraction 1.
#[derive(Clone, Debug, PartialEq)]
struct Difference {
    /// Index on the axis of fractions.
    number: usize,
    /// Mean difference of pairs, a fraction; none without pairs.
    mean: Option<f64>,
    /// Test, if there are enough pairs.
    test: Result<Paired, PairedError>,
    /// Test adjusted over all differences.
    adjusted: Option<Adjusted>,
    /// Number of independent pairs.
    n: usize,
}

/// Differences at one level, with all other settings equal.
#[derive(Clone, Debug, PartialEq)]
struct Panel {
    group: Group,
    level: Level,
}

/// Returns figures with one plot per level and combination of further axes; none if fractions are not swept, 1 is not among
/// them, or outcomes are missing.
pub(super) fn figures(recorded: Recorded, level: Option<XAxis>) -> Vec<Figure> {
    let axes = &recorded.study.axes;
    let Some(fraction_axis) = recorded.axis(FRACTION) else { return Vec::new() };
    let has_reference = axes[fraction_axis].values.iter().any(|value| number(value) == Some(1.0));
    let varied = recorded.varied();
    let level = level.map(|level| level.axis).filter(|axis| *axis != fraction_axis && varied.contains(axis));
    // Studies of the initial weight spread ask for firing rates.
    let of_spreads = level.is_some_and(|axis| axes[axis].key == SIGMA_INIT);
    if !has_reference || !varied.contains(&fraction_axis) || of_spreads {
        return Vec::new();
    }
    let apart: Vec<usize> = varied.into_iter().filter(|&axis| axis != fraction_axis && Some(axis) != level).collect();
    let groups = recorded.groups(&apart);
    let judged = judged(recorded);
    let mut panels: Vec<Panel> =
        groups.iter().flat_map(|group| panels((recorded, &judged), fraction_axis, level, group)).collect();
    adjust(&mut panels);
    let parts = panels.chunks(MAX_PLOTS).enumerate();
    parts.map(|(part, panels)| figure(recorded, fraction_axis, level, panels, part, groups.len() == 1)).collect()
}

/// Adjusts all tests for multiple comparisons.
fn adjust(panels: &mut [Panel]) {
    let mut differences: Vec<&mut Difference> =
        panels.iter_mut().flat_map(|panel| &mut panel.level.differences).collect();
    let tests = adjusted(differences.iter().map(|difference| difference.test).collect());
    differences.iter_mut().zip(tests).for_each(|(difference, test)| difference.adjusted = test.ok());
}

/// Returns one panel per level with outcomes on both sides.
fn panels(
    (recorded, judged): (Recorded, &Judged),
    fraction_axis: usize,
    level: Option<usize>,
    group: &Group,
) -> Vec<Panel> {
    let values: Vec<Option<toml::Value>> = match level {
        None => vec![None],
        Some(axis) => shown(&recorded.study.axes[axis]).into_iter().map(Some).collect(),
    };
    let of = |value: Option<toml::Value>| {
        let at = |condition: &&usize| {
            level.is_none_or(|axis| value.as_ref().is_none_or(|value| recorded.value(**condition, axis) == value))
        };
        let conditions: Vec<usize> = group.conditions.iter().filter(at).copied().collect();
        let level = differences((recorded, judged), fraction_axis, value, &conditions);
        let drawn = level.differences.iter().any(|difference| difference.mean.is_some());
        drawn.then(|| Panel { group: group.clone(), level })
    };
    values.into_iter().filter_map(of).collect()
}

fn figure(
    recorded: Recorded,
    fraction_axis: usize,
    level: Option<usize>,
    panels: &[Panel],
    part: usize,
    in_rows: bool,
) -> Figure {
    let level_key = level.map(|axis| recorded.study.axes[axis].key.as_str());
    let columns = if in_rows { 1 } else { 2 };
    let plots = plots(recorded, fraction_axis, level_key, panels, columns);
    let grid = Grid {
        title: format!("{}: difference from 100:0", recorded.study.name),
        entries: Vec::new(),
        rows: plots.chunks(columns).map(<[Plot]>::to_vec).collect(),
    };
    let name = part_name("difference-from-100-0", part);
    Figure::new(name, caption(recorded, panels), grid, &data(recorded, fraction_axis, level_key, panels))
}

/// Returns the values to show: those closest to the published noise levels, or the first, middle and last.
fn shown(axis: &ohmspike_study::study::Axis) -> Vec<toml::Value> {
    let places: Vec<usize> = if axis.key == NOISE && is_numeric(axis) {
        let distance =
            |place: usize, level: f64| number(&axis.values[place]).map_or(f64::MAX, |value| (value - level).abs());
        let nearest = |level: f64| {
            (0..axis.values.len()).min_by(|&one, &other| distance(one, level).total_cmp(&distance(other, level)))
        };
        LEVELS.into_iter().filter_map(nearest).collect()
    } else {
        let last = axis.values.len().saturating_sub(1);
        vec![0, last / 2, last]
    };
    let mut places = places;
    places.dedup();
    places.into_iter().map(|place| axis.values[place].clone()).collect()
}

fn differences(
    (recorded, judged): (Recorded, &Judged),
    fraction_axis: usize,
    value: Option<toml::Value>,
    conditions: &[usize],
) -> Level {
    let outcomes = |wanted: &toml::Value| -> Vec<Drawn> {
        let here = conditions.iter().copied().filter(|condition| recorded.value(*condition, fraction_axis) == wanted);
        judged.usable_outcomes(&recorded.done(&here.collect::<Vec<usize>>()))
    };
    let values = recorded.study.axes[fraction_axis].values.iter().enumerate();
    let (baseline, others): (Vec<_>, Vec<_>) = values.partition(|(_, value)| number(value) == Some(1.0));
    let baseline = baseline.first().map(|(_, value)| outcomes(value)).unwrap_or_default();
    let difference = |(number, value): (usize, &toml::Value)| {
        let pairs = paired_differences(&outcomes(value), &baseline);
        let sample = Estimate::from_drawn(&pairs);
        Difference {
            number,
            mean: sample.map(|sample| sample.mean),
            test: Paired::from_differences(&pairs),
            adjusted: None,
            n: sample.map_or(0, |sample| sample.n),
        }
    };
    Level { value, differences: others.into_iter().map(difference).collect() }
}

/// Draws one plot per panel.
fn plots(recorded: Recorded, fraction_axis: usize, level: Option<&str>, panels: &[Panel], columns: usize) -> Vec<Plot> {
    let values = &recorded.study.axes[fraction_axis].values;
    let names: Vec<String> = panels[0]
        .level
        .differences
        .iter()
        .map(|difference| value_label(FRACTION, &values[difference.number]))
        .collect();
    let plot = |(number, Panel { group, level: of_level }): (usize, &Panel)| {
        let here = level.zip(of_level.value.as_ref()).map(|(key, value)| stated(key, value));
        let words = here.into_iter().chain([group.words()]).filter(|words| !words.is_empty());
        let (scale, stars_at) = scale(of_level);
        let bottom = number / columns == (panels.len() - 1) / columns;
        let left = number % columns == 0;
        let label = |shown: bool, label: &str| if shown { label.to_owned() } else { String::new() };
        Plot {
            title: words.collect::<Vec<String>>().join(", "),
            x: PlotAxis { label: label(bottom, "excitatory:inhibitory"), scale: Scale::names_across(&names) },
            y: PlotAxis { label: label(left, "difference (points)"), scale },
            marks: marks(of_level, names.len(), stars_at),
            height: HEIGHT,
        }
    };
    panels.iter().enumerate().map(plot).collect()
}

/// Returns the scale of one level and the height of its stars. A common scale would hide small differences.
fn scale(level: &Level) -> (Scale, f64) {
    let ends = level.differences.iter().flat_map(|difference| {
        let interval = difference.test.ok().map(|test| test.ci95);
        [difference.mean, interval.map(|ends| ends.0), interval.map(|ends| ends.1)]
    });
    let mut ends: Vec<f64> = ends.flatten().map(|end| 100.0 * end).chain([0.0]).collect();
    let (low, high) = ends.iter().fold((0.0_f64, 0.0_f64), |(low, high), &end| (low.min(end), high.max(end)));
    let stars_at = high + STARS_ABOVE * (high - low);
    ends.push(stars_at);
    (Scale::linear_few(&ends), stars_at)
}

fn marks(level: &Level, fractions: usize, stars_at: f64) -> Vec<Mark> {
    let zero = vec![(-0.5, 0.0), (fractions as f64 - 0.5, 0.0)];
    let mut marks = vec![Mark::Line { points: zero, color: BLACK, width: 1.0, dash: Dash::Solid }];
    for (place, difference) in level.differences.iter().enumerate() {
        let Some(mean) = difference.mean.map(|mean| 100.0 * mean) else { continue };
        let (x, Look { color, shape, .. }) = (place as f64, Look::new(difference.number));
        if let Some(adjusted) = difference.adjusted {
            let (low, high) = adjusted.test.ci95;
            let (low, high) = (100.0 * low, 100.0 * high);
            marks.push(Mark::Intervals { ends: vec![[x, low, high]], color });
            if !adjusted.stars().is_empty() {
                let content = adjusted.stars().to_owned();
                marks.push(Mark::Words { at: (x, stars_at), rise: 0.0, content, size: TICK_SIZE });
            }
        }
        marks.push(Mark::Dots { points: vec![(x, mean)], color, shape, size: 4.4, fill: Fill::Opacity(1.0) });
    }
    marks
}

fn caption(recorded: Recorded, panels: &[Panel]) -> String {
    let levels = panels.iter().map(|panel| &panel.level);
    let counts = levels.flat_map(|level| level.differences.iter().map(|difference| difference.n));
    let (least, most) = counts.fold((usize::MAX, 0), |(least, most), n| (least.min(n), most.max(n)));
    let n = if least == most { format!("n = {most}") } else { format!("n = {least} to {most}") };
    let tested =
        panels.iter().flat_map(|panel| &panel.level.differences).any(|difference| difference.adjusted.is_some());
    let words = outcome_words(recorded);
    let outcome = words.chars().next().map(|first| first.to_lowercase().to_string()).unwrap_or_default()
        + words.get(1..).unwrap_or_default();
    format!(
        "Difference of the {outcome} from purely excitatory networks (100:0), percentage points: \
         mean of {n} pairs with shared seeds{}. {} Scales differ between levels.",
        if least == most { "" } else { "; networks that answers leave out have no pair" },
        if tested {
            "Bars are 95 % intervals of the difference (paired t). Stars: p below 0.05 (*), 0.01 (**) and 0.001 (***), adjusted by \
             Holm over all differences shown. Without a star there is no significant difference."
        } else {
            "There is no interval and no test below three pairs."
        }
    )
}

fn data(recorded: Recorded, fraction_axis: usize, level: Option<&str>, panels: &[Panel]) -> Data {
    let mut header: Vec<String> = panels.first().into_iter().flat_map(|panel| panel.group.keys()).collect();
    header.extend(level.map(str::to_owned));
    let rest = [
        FRACTION,
        "difference_percentage_points",
        "ci95_low_percentage_points",
        "ci95_high_percentage_points",
        "t",
        "degrees_of_freedom",
        "p",
        "p_holm",
        "n",
    ];
    header.extend(rest.map(str::to_owned));
    let mut data = Data { header, rows: Vec::new() };
    for Panel { group, level: of_level } in panels {
        for Difference { number, mean, test, adjusted, n } in &of_level.differences {
            let test = test.ok();
            let points = |value: Option<f64>| cell(value.map(|value| 100.0 * value));
            let mut row: Vec<String> = group.cells().collect();
            row.extend(level.map(|_| of_level.value.as_ref().map(plain).unwrap_or_default()));
            row.push(plain(&recorded.study.axes[fraction_axis].values[*number]));
            row.extend([*mean, test.map(|test| test.ci95.0), test.map(|test| test.ci95.1)].map(points));
            row.extend([test.map(|test| test.t), test.map(|test| test.n as f64 - 1.0)].map(cell));
            // Six decimals would round small p values to zero.
            let small = |p: Option<f64>| p.map(|p| format!("{p:.4e}")).unwrap_or_default();
            row.extend([test.map(|test| test.p), adjusted.map(|adjusted| adjusted.adjusted_p)].map(small));
            row.push(n.to_string());
            data.rows.push(row);
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use ohmspike_analysis::fixture::{Fixture, record};
    use ohmspike_study::record::Record;

    use super::super::{AxisChoice, study_figures};
    use super::*;

    fn differences_of(levels: &str, fractions: &str) -> Option<Figure> {
        let text = format!(
            "[network]\nexcitatory_fraction = [{fractions}]\n[noise]\nlevel_percent = [{levels}]\n[repeats]\nseeds = 4\n"
        );
        // 50:50 is about 20 points lower; the others do not differ. Seeds shift all fractions equally.
        let fixture = Fixture::new(&text, |settings, seed| {
            let half = settings.network.excitatory_fraction == 0.5;
            let lower = if half { 0.225 - 0.01 * seed as f64 } else { 0.0 };
            let own = if settings.network.excitatory_fraction == 0.8 { 0.001 * ((seed % 2) as f64 - 0.5) } else { 0.0 };
            Some(0.7 - lower + own + 0.05 * seed as f64)
        });
        let figures = fixture.see(|recorded| study_figures(recorded, &AxisChoice::default(), None).expect("figures"));
        figures.into_iter().find(|figure| figure.name == "difference-from-100-0")
    }

    #[test]
    fn differences_are_shown_at_the_published_levels() {
        let figure = differences_of("1, 20, 40, 50, 60", "0.5, 0.8, 1.0").expect("a figure");
        let rows: Vec<Vec<&str>> = figure.csv.lines().skip(1).map(|line| line.split(',').collect()).collect();
        let heads: Vec<(&str, &str)> = rows.iter().map(|row| (row[0], row[1])).collect();
        assert_eq!(heads, [("20", "0.5"), ("20", "0.8"), ("40", "0.5"), ("40", "0.8"), ("60", "0.5"), ("60", "0.8")]);
        assert_eq!((rows[0][2], rows[1][2]), ("-20.000000", "0.000000"));
        // sd of 1, 2, 3, 4 is 1.29099: se = 1.29099 / 2, t = -20/se, t(0.975, 3) = 3.18245 (any table).
        let number = |column: usize| rows[0][column].parse::<f64>().expect("a number");
        assert!((number(3) + 20.0 + 3.18245 * 0.645497).abs() < 1e-4, "{}", rows[0][3]);
        assert!((number(5) + 20.0 / 0.645497).abs() < 1e-4);
        assert!((number(8) / number(7) - 6.0).abs() < 1e-3, "six differences are adjusted for");
        assert_eq!(figure.svg.matches(">***<").count() + figure.svg.matches(">**<").count(), 3);
        assert!(figure.svg.contains(">update noise: 40 % of σ_init<"));
    }

    /// Networks of 100:0 still learn, so that answers leave them out.
    #[test]
    fn networks_that_answers_leave_out_have_no_difference() {
        let text = "[network]\nexcitatory_fraction = [0.5, 1.0]\n[repeats]\nseeds = 3\n";
        let named = |slope: f64| {
            let fixture = Fixture::with_records(text, |settings, seed| {
                let slope = if settings.network.excitatory_fraction == 1.0 { slope } else { 0.0 };
                let accuracy = (0..9).map(|epoch| 0.3 + slope * f64::from(epoch)).collect();
                Some(Record { accuracy, ..record(settings, seed, 0.4 + 0.01 * seed as f64) })
            });
            let figures =
                fixture.see(|recorded| study_figures(recorded, &AxisChoice::default(), None).expect("figures"));
            figures.iter().any(|figure| figure.name == "difference-from-100-0")
        };
        assert_eq!([0.0, 0.02].map(named), [true, false]);
    }

    #[test]
    fn missing_levels_are_replaced_by_their_neighbours() {
        let figure = differences_of("1, 20, 50, 100", "0.5, 1.0").expect("a figure");
        let levels: Vec<&str> = figure.csv.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
        assert_eq!(levels, ["20", "50"]);
    }

    #[test]
    fn without_the_reference_there_are_no_differences() {
        assert_eq!(differences_of("20", "0.5, 0.8"), None);
        assert_eq!(differences_of("20", "1.0"), None);
    }
}
