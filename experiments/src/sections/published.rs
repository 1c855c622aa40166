//! Compares our values with the published ones.

use std::collections::BTreeMap;

use maud::html;

use ohmspike_analysis::repeats::{Done, by_condition};
use ohmspike_analysis::sweep::ratio;
use ohmspike_report::page::number::{level, percent, points, signed};
use ohmspike_report::page::table::table;
use ohmspike_report::page::{Facts, Section};
use ohmspike_snn::metrics::van_rossum::{Distance, PairDistances};
use ohmspike_stats::Estimate;
use ohmspike_stats::draws::Drawn;
use ohmspike_study::key_label::{FRACTION, NOISE};

use super::differing_settings::told_differences;
use super::published_digits;
use crate::published::{FULL, Published};

/// Returns the section; none without comparable values.
pub fn section(facts: &Facts) -> Option<Section> {
    let published = Published::kilgore_2025();
    let (rows, distances) = (rows(facts, &published), distances(facts, &published));
    let digits = published_digits::part(facts, &published);
    if rows.is_empty() && distances.is_empty() && digits.is_none() {
        return None;
    }
    let body = html! {
        @if !rows.is_empty() {
            p.method {
                "Published: " (published.source) "; " (published.noise.what) "; " (published.noise.place) ", within "
                (published.noise.reading_error_points) " points. Note: " (published.noise.caution) ". A difference is explained if it is at most the \
                 reading error plus half the width of our 95 % interval. The scatter of the published trials is unknown."
            }
            (told_differences(facts))
            @let head = ["noise, fraction", "ours, %", "published, %", "difference, points", "explained by error"];
            (table("Mean test accuracy compared with the published figure", &head, &rows))
        }
        @if !distances.is_empty() {
            @let theirs = &published.distances;
            p.method {
                "Published: " (published.source) "; " (theirs.what) "; " (theirs.place) ". Note: " (theirs.caution) ". Ours: mean and standard deviation over seeds."
            }
            @let head = ["sigma_init, thresholds", "pairs", "ours", "published", "relative difference, %"];
            (table("Van Rossum distances of untrained networks (80:20) compared with the published values", &head, &distances))
        }
        @if let Some(digits) = digits { (digits) }
    };
    Some(Section { id: "published", heading: "Comparison with the paper", body })
}

fn rows(facts: &Facts, published: &Published) -> Vec<Vec<String>> {
    let study = facts.study();
    let mut rows = Vec::new();
    for (condition, done) in study.conditions.iter().zip(by_condition(study, &facts.done)) {
        let settings = &condition.settings;
        let (fraction, at) = (settings.network.excitatory_fraction, settings.noise.level_percent);
        let Some(theirs) = published.noise.accuracy(fraction, at).filter(|_| settings.data.set == FULL) else {
            continue;
        };
        let outcomes: Vec<Drawn> = done.iter().filter_map(|done| Some((done.draws, done.record.outcome?))).collect();
        let Some(sample) = Estimate::from_drawn(&outcomes) else { continue };
        let difference = sample.mean - theirs;
        let half = sample.ci95.map(|(low, high)| (high - low) / 2.0);
        let bound = published.noise.reading_error_points / 100.0 + half.unwrap_or(0.0);
        let explained = match (difference.abs() <= bound, half) {
            (true, _) => "yes",
            (false, Some(_)) => "no",
            (false, None) => "not by reading error; no interval below three repeats",
        };
        let further: Vec<String> = study
            .axes
            .iter()
            .zip(&condition.values)
            .filter(|(axis, _)| ![NOISE, FRACTION].contains(&axis.key.as_str()))
            .map(|(axis, value)| format!(", {}", ohmspike_analysis::sweep::setting(&axis.key, value)))
            .collect();
        rows.push(vec![
            format!("{} %, {}{}", level(at), ratio(fraction), further.concat()),
            ohmspike_report::page::number::mean(Some(sample)),
            percent(theirs),
            points(difference),
            explained.to_owned(),
        ]);
    }
    rows
}

/// Returns one row per initial weight spread and kind of pair.
fn distances(facts: &Facts, published: &Published) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for row in &published.distances.rows {
        let alike = |done: &&Done| published.distances.of(&done.record.settings) == Some(row);
        // Conditions that differ only in training share the initial network: one value per seed.
        let networks: BTreeMap<u64, PairDistances> =
            facts.done.iter().filter(alike).map(|done| (done.record.seed, done.record.before.distances)).collect();
        let pairs: [(&str, [f64; 2], Pick); 3] =
            [("E-E", row.ee, |found| found.ee), ("E-I", row.ei, |found| found.ei), ("I-I", row.ii, |found| found.ii)];
        for (pair, [mean, sd], pick) in pairs {
            let ours: Vec<f64> = networks.values().filter_map(|found| Some(pick(found)?.root)).collect();
            let Some(sample) = Estimate::new(&ours) else { continue };
            let spread = sample.sd.map(|sd| format!(" ± {sd:.4}")).unwrap_or_default();
            let relative = if mean > 0.0 { signed(100.0 * (sample.mean / mean - 1.0), 1) } else { String::new() };
            rows.push(vec![
                row.sigma_init.to_string(),
                pair.to_owned(),
                format!("{:.4}{spread} (n = {})", sample.mean, sample.n),
                format!("{mean:.4} ± {sd:.4} (n = {})", row.networks),
                relative,
            ]);
        }
    }
    rows
}

/// Selects the distance of one kind of pair.
type Pick = fn(&PairDistances) -> Option<Distance>;
