//! Van Rossum distances of E-E, E-I and I-I pairs before and after training, for successful and for failed networks.

use ohmspike_analysis::recorded::Recorded;
use ohmspike_analysis::stage::{Seen, Stage};
use ohmspike_analysis::tables::spike_distances::{PairKind, STAGES, fractions};
use ohmspike_plot::grid::{Entry, Grid, Swatch};
use ohmspike_plot::palette::Look;
use ohmspike_plot::plot::{Plot, PlotAxis};
use ohmspike_plot::scale::Scale;
use ohmspike_plot::violin::{MIN_VALUES, violin};
use ohmspike_study::key_label::{FRACTION, heading, value_label};
use ohmspike_study::record::Record;
use ohmspike_study::success::Success;

use super::figure::{Data, Figure, cell};

const HEIGHT: f64 = 150.0;
const HEIGHT_ALONE: f64 = 260.0;
/// Distance between violins at one position, and half the width of a violin.
const OFFSET: f64 = 0.28;
const HALF: f64 = 0.12;
/// Number of positions up to which violins have full width in a two-column figure.
const PLACES: f64 = 5.0;

/// Returns the figure; none without distances.
pub(super) fn figure(recorded: Recorded) -> Option<Figure> {
    let records: Vec<&Record> = recorded.records().map(|(_, record)| record).collect();
    let fractions = fractions(&records);
    let at: Vec<(Stage, Vec<Seen>)> = STAGES.map(|stage| (stage, stage.networks(&records))).into();
    let at: Vec<(Stage, Vec<Seen>)> = at.into_iter().filter(|(_, networks)| !networks.is_empty()).collect();
    let highest = values(&at).into_iter().fold(0.0, f64::max);
    if values(&at).is_empty() {
        return None;
    }
    let scale = Scale::linear_few(&[0.0, highest.max(0.1)]);
    let rows =
        if fractions.len() > 1 { by_fraction(&at, &fractions, &scale) } else { vec![vec![by_stage(&at, scale)]] };
    let grid = Grid { title: recorded.study.name.clone(), entries: entries(&at), rows };
    let make = if fractions.len() > 1 { Figure::wide } else { Figure::new };
    Some(make(
        "spike-train-distances".to_owned(),
        caption(&at, fractions.len(), &Success::words_of(records.iter().map(|record| &record.settings))),
        grid,
        &data(&at),
    ))
}

fn values(at: &[(Stage, Vec<Seen>)]) -> Vec<f64> {
    let networks = at.iter().flat_map(|(_, networks)| networks);
    networks.flat_map(|seen| PairKind::ALL.into_iter().filter_map(|kind| root(seen, kind))).collect()
}

fn root(seen: &Seen, kind: PairKind) -> Option<f64> {
    Some(kind.of(&seen.observation.distances)?.root)
}

/// Draws one row per stage, with excitatory fractions on the x axis.
fn by_fraction(at: &[(Stage, Vec<Seen>)], fractions: &[f64], scale: &Scale) -> Vec<Vec<Plot>> {
    let plot = |(number, (stage, networks)): (usize, &(Stage, Vec<Seen>))| {
        let of = |fraction: f64| {
            let is_one = |seen: &&Seen| seen.record.settings.network.excitatory_fraction == fraction;
            networks.iter().filter(is_one).copied().collect::<Vec<Seen>>()
        };
        let groups: Vec<Vec<Seen>> = fractions.iter().map(|fraction| of(*fraction)).collect();
        let name = |(fraction, group): (&f64, &Vec<Seen>)| {
            format!("{} (n = {})", value_label(FRACTION, &toml::Value::Float(*fraction)), group.len())
        };
        let names: Vec<String> = fractions.iter().zip(&groups).map(name).collect();
        let label = if number + 1 == at.len() { heading(FRACTION) } else { String::new() };
        plot(format!("{} networks", stage.words()), label, &names, &groups, scale.clone(), HEIGHT, true)
    };
    at.iter().enumerate().map(|row| vec![plot(row)]).collect()
}

/// Draws one plot with stages on the x axis.
fn by_stage(at: &[(Stage, Vec<Seen>)], scale: Scale) -> Plot {
    let names: Vec<String> =
        at.iter().map(|(stage, networks)| format!("{} (n = {})", stage.words(), networks.len())).collect();
    let groups: Vec<Vec<Seen>> = at.iter().map(|(_, networks)| networks.clone()).collect();
    plot(String::new(), "networks".to_owned(), &names, &groups, scale, HEIGHT_ALONE, false)
}

fn plot(
    title: String,
    label: String,
    names: &[String],
    groups: &[Vec<Seen>],
    scale: Scale,
    height: f64,
    wide: bool,
) -> Plot {
    let narrow = if wide { (groups.len() as f64 / PLACES).min(1.0) } else { 1.0 };
    let mut marks = Vec::new();
    for (place, networks) in groups.iter().enumerate() {
        for (number, kind) in PairKind::ALL.into_iter().enumerate() {
            let values: Vec<f64> = networks.iter().filter_map(|seen| root(seen, kind)).collect();
            let x = place as f64 + narrow * OFFSET * (number as f64 - 1.0);
            marks.extend(violin(x, narrow * HALF, &values, Look::new(number)));
        }
    }
    let x = PlotAxis { label, scale: Scale::names_across(names) };
    Plot { title, x, y: PlotAxis { label: "Van Rossum distance".to_owned(), scale }, marks, height }
}

fn entries(at: &[(Stage, Vec<Seen>)]) -> Vec<Entry> {
    let there = |kind: &PairKind| at.iter().flat_map(|(_, networks)| networks).any(|seen| root(seen, *kind).is_some());
    let kinds = PairKind::ALL.into_iter().enumerate().filter(|(_, kind)| there(kind));
    let mut entries = vec![Entry::new(Swatch::Heading, "pairs:")];
    entries.extend(kinds.map(|(number, kind)| Entry::new(Swatch::Marker(Look::new(number)), kind.words())));
    entries
}

fn caption(at: &[(Stage, Vec<Seen>)], fractions: usize, success: &str) -> String {
    let counts = at.iter().map(|(stage, networks)| format!("{} {}", networks.len(), stage.words()));
    let counts = counts.collect::<Vec<String>>().join(", ");
    let order = if fractions > 1 { ", by excitatory fraction" } else { "" };
    format!(
        "Van Rossum distance between spike trains of two hidden neurons on the test set{order}, with a time constant of one time step: mean \
         over samples and pairs of the root of the squared difference summed over time steps (dimensionless). One value per network \
         ({counts}). From left to right: pairs of excitatory neurons (E-E), mixed pairs (E-I), and pairs of inhibitory neurons (I-I). \
         Violins are Gaussian kernel densities with Silverman's bandwidth, from the smallest to the largest value. Bars are quartiles, \
         circles medians. Below {MIN_VALUES} networks, dots are networks and lines are medians. Successful: {success}. Trials with the same initial network \
         count once as initial."
    )
}

fn data(at: &[(Stage, Vec<Seen>)]) -> Data {
    let mut data =
        Data::new(["networks", "excitatory_fraction", "seed", "trial", "pairs", "distance_root", "distance_square"]);
    for (stage, networks) in at {
        for seen in networks {
            for kind in PairKind::ALL {
                let Some(distance) = kind.of(&seen.observation.distances) else { continue };
                let fraction = seen.record.settings.network.excitatory_fraction;
                data.rows.push(vec![
                    stage.words().to_owned(),
                    fraction.to_string(),
                    seen.record.seed.to_string(),
                    seen.record.id.clone(),
                    kind.words().to_owned(),
                    cell(Some(distance.root)),
                    cell(Some(distance.square)),
                ]);
            }
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use ohmspike_analysis::fixture::observed as record;

    use super::*;

    #[test]
    fn each_network_is_in_the_table_once_per_stage() {
        let records = [record(1, 0.8, 0.9, 1.0, Some(2.0)), record(1, 0.8, 0.2, 1.0, Some(3.0))];
        let records: Vec<&Record> = records.iter().collect();
        let at: Vec<(Stage, Vec<Seen>)> = STAGES.map(|stage| (stage, stage.networks(&records))).into();
        let data = data(&at);
        // One start, one successful, one failed network; three kinds of pairs.
        assert_eq!(data.rows.len(), 9);
        assert_eq!(data.rows[3], ["successful", "0.8", "1", "1-0.8-0.9", "E-E", "2.000000", "4.000000"]);
        let by_stage = by_stage(&at, Scale::linear_few(&[0.0, 4.0]));
        let names: Vec<&str> = by_stage.x.scale.ticks.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(names, ["initial (n = 1)", "successful (n = 1)", "failed (n = 1)"]);
        assert!(caption(&at, 1, "").contains("(1 initial, 1 successful, 1 failed)"));
        assert_eq!(values(&at).len(), 9);
    }
}
