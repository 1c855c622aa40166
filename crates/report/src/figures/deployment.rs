//! Accuracy of deployed networks over chips, by time after programming.
//!
//! One network on one device shows the distribution over chips at each time; several show their means with 95 % intervals,
//! and the 5th percentile as a hollow marker.

use ohmspike_answers::deploy::{Deployment, DeploymentCell, DeploymentTime, MIN_CHIPS};
use ohmspike_datasets::counted;
use ohmspike_plot::grid::{Entry, Grid, Swatch};
use ohmspike_plot::mark::{Fill, Mark};
use ohmspike_plot::palette::{BLACK, Dash, GREY, Look};
use ohmspike_plot::plot::{Plot, PlotAxis};
use ohmspike_plot::scale::Scale;
use ohmspike_plot::time_span::TimeSpan;
use ohmspike_plot::violin::{MIN_VALUES, violin};

use super::figure::{Data, Figure, cell, part_name};
use crate::page::number::percent;

const HEIGHT: f64 = 200.0;
/// Half the width of a violin; times are one apart.
const HALF: f64 = 0.3;
/// Largest number of curves of a figure.
const MAX_CURVES: usize = 12;

/// Returns the figures of a deployment: one per dozen of networks on devices, without those whose answer is withheld.
pub fn deployment_figures(deployment: &Deployment) -> Vec<Figure> {
    let answered: Vec<&DeploymentCell> = deployment.cells.iter().filter(|cell| !cell.times.is_empty()).collect();
    let parts = answered.chunks(MAX_CURVES).enumerate();
    parts.map(|(part, cells)| figure(deployment, cells, part)).collect()
}

fn figure(deployment: &Deployment, cells: &[&DeploymentCell], part: usize) -> Figure {
    let names: Vec<String> = deployment.after_seconds.iter().map(|&seconds| TimeSpan { seconds }.to_string()).collect();
    let alone = deployment.cells.len() == 1;
    let mut marks = reference(cells, names.len());
    let mut entries = Vec::new();
    for (number, one) in cells.iter().enumerate() {
        let look = Look::new(number);
        if alone {
            marks.extend(one.times.iter().enumerate().flat_map(|(place, time)| of_chips(one, place, time)));
        } else {
            let aside = 0.5 * ((number as f64 + 0.5) / cells.len() as f64 - 0.5);
            marks.extend(of_means(&one.times, aside, look));
            entries.push(Entry::new(Swatch::Curve(look), name(deployment, one)));
        }
    }
    let percents = percents(cells);
    let plot = Plot {
        title: String::new(),
        x: PlotAxis { label: "time after programming".to_owned(), scale: Scale::names_across(&names) },
        y: PlotAxis { label: "test accuracy (%)".to_owned(), scale: Scale::linear(&percents) },
        marks,
        height: HEIGHT,
    };
    let title = if alone { name(deployment, cells[0]) } else { "Deployed networks".to_owned() };
    let grid = Grid { title, entries, rows: vec![vec![plot]] };
    let question = part_name("deployment", deployment.number.saturating_sub(1) as usize);
    let file = if part == 0 { question } else { part_name(&format!("{question}-part"), part) };
    Figure::new(file, caption(deployment, alone), grid, &data(deployment, cells))
}

/// Names a network on a device.
fn name(deployment: &Deployment, cell: &DeploymentCell) -> String {
    format!("{} on {}", deployment.networks[cell.network].name, deployment.devices[cell.device])
}

fn caption(deployment: &Deployment, alone: bool) -> String {
    let chips = counted(deployment.chips as usize, "chip");
    let mut above: Vec<String> = deployment.cells.iter().map(|cell| percent(cell.yield_above)).collect();
    above.dedup();
    let above = above.join(", ");
    let shown = match alone {
        true if (deployment.chips as usize) < MIN_VALUES => "Dots are chips, and lines their medians.",
        true => "Violins are distributions over chips with median and quartiles.",
        false if (deployment.chips as usize) < MIN_CHIPS => {
            "Markers are means over chips with 95 % intervals (Student's t)."
        }
        false => "Markers are means over chips with 95 % intervals (Student's t); hollow markers are 5th percentiles.",
    };
    format!(
        "{shown} {chips}, each programmed once and read at every time. Dashed: the network with digital weights; dotted: the \
         threshold of {above} %."
    )
}

/// Lines of the networks with digital weights, and of the threshold.
fn reference(cells: &[&DeploymentCell], times: usize) -> Vec<Mark> {
    let line = |percent: f64, color, dash| Mark::Line {
        points: vec![(-0.5, percent), (times as f64 - 0.5, percent)],
        color,
        width: 1.2,
        dash,
    };
    let distinct = |of: fn(&DeploymentCell) -> f64| {
        let mut all: Vec<f64> = cells.iter().map(|cell| of(cell)).collect();
        all.sort_by(f64::total_cmp);
        all.dedup();
        all
    };
    let exact = distinct(|cell| 100.0 * cell.exact.accuracy()).into_iter();
    let thresholds = distinct(|cell| 100.0 * cell.yield_above).into_iter();
    exact
        .map(|percent| line(percent, BLACK, Dash::Dashed))
        .chain(thresholds.map(|percent| line(percent, GREY, Dash::Dotted)))
        .collect()
}

fn of_chips(cell: &DeploymentCell, place: usize, time: &DeploymentTime) -> Vec<Mark> {
    let samples = cell.exact.samples.max(1) as f64;
    let percent: Vec<f64> = time.correct.iter().map(|correct| 100.0 * *correct as f64 / samples).collect();
    violin(place as f64, HALF, &percent, Look::new(0))
}

fn of_means(times: &[DeploymentTime], aside: f64, look: Look) -> Vec<Mark> {
    let at = |of: fn(&DeploymentTime) -> f64| {
        let point = |(place, time): (usize, &DeploymentTime)| (place as f64 + aside, 100.0 * of(time));
        times.iter().enumerate().map(point).collect::<Vec<_>>()
    };
    let percentile = |(place, time): (usize, &DeploymentTime)| Some((place as f64 + aside, 100.0 * time.percentile5?));
    let percentiles: Vec<(f64, f64)> = times.iter().enumerate().filter_map(percentile).collect();
    let ends = |(place, time): (usize, &DeploymentTime)| {
        time.ci95.map(|(low, high)| [place as f64 + aside, 100.0 * low, 100.0 * high])
    };
    let Look { color, shape, dash } = look;
    vec![
        Mark::Line { points: at(|time| time.mean), color, width: 1.6, dash },
        Mark::Intervals { ends: times.iter().enumerate().filter_map(ends).collect(), color },
        Mark::Dots { points: at(|time| time.mean), color, shape, size: 3.4, fill: Fill::Opacity(1.0) },
        Mark::Dots { points: percentiles, color, shape, size: 3.0, fill: Fill::Hollow },
    ]
}

/// All values of the y axis, %.
fn percents(cells: &[&DeploymentCell]) -> Vec<f64> {
    let of_cell = |cell: &&DeploymentCell| {
        let intervals = cell.times.iter().filter_map(|time| time.ci95).flat_map(|(low, high)| [low, high]);
        let ends = cell.times.iter().flat_map(|time| [time.lowest, time.highest]).chain(intervals);
        ends.chain([cell.exact.accuracy(), cell.yield_above]).map(|accuracy| 100.0 * accuracy).collect::<Vec<_>>()
    };
    cells.iter().flat_map(of_cell).collect()
}

fn data(deployment: &Deployment, cells: &[&DeploymentCell]) -> Data {
    let mut data = Data::new([
        "network",
        "device",
        "data set",
        "after (s)",
        "chips",
        "mean accuracy (fraction)",
        "lower end of the 95 % interval (fraction)",
        "upper end of the 95 % interval (fraction)",
        "5th percentile (fraction)",
        "median (fraction)",
        "chips above the threshold",
    ]);
    for one in cells {
        for time in &one.times {
            data.rows.push(vec![
                deployment.networks[one.network].name.clone(),
                deployment.devices[one.device].clone(),
                one.exact.data.clone(),
                time.seconds.to_string(),
                time.correct.len().to_string(),
                cell(Some(time.mean)),
                cell(time.ci95.map(|interval| interval.0)),
                cell(time.ci95.map(|interval| interval.1)),
                cell(time.percentile5),
                cell(Some(time.median)),
                time.passed.chips.to_string(),
            ]);
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::deployment::tests::deployment;

    #[test]
    fn one_cell_shows_its_chips_and_several_their_means() {
        let one = deployment(1);
        let figures = deployment_figures(&one);
        assert_eq!((figures.len(), figures[0].name.as_str()), (1, "deployment"));
        assert_eq!(figures[0].title, "net on ideal");
        assert_eq!(figures[0].csv.lines().count(), 3, "{}", figures[0].csv);
        assert!(figures[0].csv.contains("net,ideal,fashion-mnist-subset,1,10,"), "{}", figures[0].csv);
        assert!(figures[0].svg.contains("1 h") && figures[0].caption.starts_with("Violins"));
        let several = deployment_figures(&deployment(2));
        assert_eq!(several[0].title, "Deployed networks");
        assert!(several[0].svg.contains("net on other") && !several[0].png().expect("drawn").is_empty());
    }

    /// Three chips with 70, 80 and 90 % have an interval from 55 to 105 %, cut at 100 %.
    #[test]
    fn intervals_stay_inside_the_axes() {
        let mut answer = deployment(2);
        for cell in &mut answer.cells {
            cell.exact.correct = 85;
            cell.times = vec![DeploymentTime::new(1.0, vec![70, 80, 90], 100, 0.8)];
        }
        let cells: Vec<&DeploymentCell> = answer.cells.iter().collect();
        let (low, high) = answer.cells[0].times[0].ci95.expect("three chips");
        assert!(low < 0.7 && high > 0.9, "the interval is wider than the range of the chips");
        let shown = percents(&cells);
        assert!(shown.contains(&(100.0 * low)) && shown.contains(&(100.0 * high)), "{shown:?}");
    }

    #[test]
    fn a_withheld_network_is_not_drawn() {
        let mut answer = deployment(2);
        answer.cells[1].times.clear();
        let figures = deployment_figures(&answer);
        assert!(!figures[0].svg.contains("net on other") && !figures[0].csv.contains(",other,"), "{}", figures[0].csv);
        answer.cells[0].times.clear();
        assert!(deployment_figures(&answer).is_empty());
    }
}
