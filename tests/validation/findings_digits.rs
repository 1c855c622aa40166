//! The tables of spoken digits in `experiments/findings/tables.md`, made again from the records next to it.

use std::collections::BTreeMap;
use std::fs;

use ohmspike_experiments::published::{DigitValues, Published};
use ohmspike_study::settings::Settings;

use crate::findings::{folder, outcomes, records, stated, summarised};

/// Outcomes of the seeds of one initial weight spread and excitatory fraction.
#[derive(Default)]
struct Cell {
    settings: Settings,
    outcomes: BTreeMap<u64, f64>,
}

impl Cell {
    /// Our outcomes and the range of the paper.
    fn words(&self, theirs: &DigitValues) -> String {
        let [low, high] = theirs.of(&self.settings).expect("a published point").networks.accuracy_percent;
        let range = if low == high { low.to_string() } else { format!("{low} to {high}") };
        format!("{} | {range}", outcomes(&self.outcomes))
    }
}

#[test]
fn the_spoken_digits_are_those_of_their_records() {
    let theirs = Published::kilgore_2025().digits;
    let records = records("firing-rate-shd");
    // The bits of positive numbers have the same order as the numbers.
    let mut spreads: BTreeMap<u64, (Vec<f64>, BTreeMap<u64, Cell>)> = BTreeMap::new();
    for record in &records {
        let settings = &record.settings;
        let (rates, cells) = spreads.entry(settings.weights.sigma_init.to_bits()).or_default();
        let rate = record.initial_rate().expect("a test before training");
        rates.push(theirs.on_published_axis(settings, rate).expect("spoken digits"));
        let cell = cells.entry(settings.network.excitatory_fraction.to_bits()).or_default();
        cell.settings = settings.clone();
        assert!(cell.outcomes.insert(record.seed, record.outcome.expect("no trial diverged")).is_none());
    }
    for (spread, (rates, cells)) in spreads {
        let rate = rates.iter().sum::<f64>() / rates.len() as f64;
        let cells: Vec<String> = cells.values().map(|cell| cell.words(&theirs)).collect();
        stated(&[format!("| {} | {rate:.1} | {} |", f64::from_bits(spread), cells.join(" | "))]);
    }
    stated(&[format!("{} trials of 200 epochs on spoken digits", records.len())]);
    summarised(&[format!("{} trials of 200 epochs", records.len())]);
}

/// The page of the study counts the published points with which ours agree.
#[test]
fn the_agreement_with_the_published_digits_is_that_of_the_report() {
    let page = fs::read_to_string(folder("firing-rate-shd").join("report.html")).expect("a report");
    let middle = page.find(" points, our firing rates differ").expect("a comparison with the paper");
    let start = page[..middle].rfind("At ").expect("the start of the sentence");
    let end = start + page[start..].find("</p>").expect("the end of the paragraph");
    let words = &page[start..end];
    stated(&[words.to_owned()]);
    let accuracy = words.rfind("At ").expect("a sentence on accuracy");
    summarised(&[words[accuracy..].split_once(". ").map_or(&words[accuracy..], |(first, _)| first).to_owned()]);
}

#[test]
fn the_unconstrained_networks_on_digits_are_those_of_their_records() {
    let records = records("unconstrained-shd");
    let by_seed: BTreeMap<u64, f64> =
        records.iter().map(|record| (record.seed, record.outcome.expect("no trial diverged"))).collect();
    assert_eq!(by_seed.len(), records.len(), "one trial per seed");
    stated(&[format!("without sign constraints, {} seeds reach {} %", by_seed.len(), outcomes(&by_seed))]);
    let mean = by_seed.values().sum::<f64>() / by_seed.len() as f64;
    summarised(&[format!("{} seeds reach {:.1} %", by_seed.len(), 100.0 * mean)]);
}

/// One line per noise level, with the outcomes of all excitatory fractions.
#[test]
fn the_noise_on_spoken_digits_is_that_of_its_records() {
    let records = records("noise-robustness-shd");
    // The bits of numbers from 0 up have the same order as the numbers.
    let mut levels: BTreeMap<u64, BTreeMap<u64, BTreeMap<u64, f64>>> = BTreeMap::new();
    for record in &records {
        let [level, fraction] = [record.settings.noise.level_percent, record.settings.network.excitatory_fraction];
        let cell = levels.entry(level.to_bits()).or_default().entry(fraction.to_bits()).or_default();
        assert!(cell.insert(record.seed, record.outcome.expect("no trial diverged")).is_none());
    }
    let line = |(level, cells): (u64, BTreeMap<u64, BTreeMap<u64, f64>>)| {
        let cells: Vec<String> = cells.values().map(outcomes).collect();
        format!("| {} | {} |", f64::from_bits(level), cells.join(" | "))
    };
    stated(&levels.into_iter().map(line).collect::<Vec<String>>());
    stated(&[format!("{} trials of 200 epochs on spoken digits", records.len())]);
    summarised(&[format!("{} trials with noise", records.len())]);
}
