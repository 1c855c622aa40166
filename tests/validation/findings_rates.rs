//! The tables of initial firing rates in `experiments/findings/tables.md`, made again from the records next to it.

use std::collections::BTreeMap;

use ohmspike_study::health::HealthKind;
use ohmspike_study::record::Record;

use crate::findings::{outcomes, records, stated};

/// Trials of one initial weight spread and one excitatory fraction.
#[derive(Default)]
struct Cell {
    peaks: BTreeMap<u64, f64>,
    silent: usize,
}

impl Cell {
    fn add(&mut self, record: &Record) {
        let (_, peak) = record.best().expect("no trial diverged");
        assert!(self.peaks.insert(record.seed, peak).is_none(), "one trial per seed");
        self.silent += usize::from(record.health.iter().any(|state| state.kind() == HealthKind::Silent));
    }

    /// Mean best accuracy with its interval, or how many networks are silent.
    fn words(&self) -> String {
        let first = self.peaks.values().next().expect("one trial or more");
        match self.silent {
            // Equal peaks have no interval.
            0 if self.peaks.values().all(|peak| peak == first) => format!("{:.1} in all", 100.0 * first),
            0 => outcomes(&self.peaks),
            silent => format!("silent ({silent} of {})", self.peaks.len()),
        }
    }
}

/// Asserts one line per initial weight spread: the spread, the mean rate of its networks before training and the cells of
/// all fractions. Returns the number of trials.
fn table(name: &str) -> usize {
    // The bits of positive numbers have the same order as the numbers.
    let mut spreads: BTreeMap<u64, (Vec<f64>, BTreeMap<u64, Cell>)> = BTreeMap::new();
    let records = records(name);
    for record in &records {
        let fraction = record.settings.network.excitatory_fraction.to_bits();
        let (rates, cells) = spreads.entry(record.settings.weights.sigma_init.to_bits()).or_default();
        rates.push(record.initial_rate().expect("a test before training"));
        cells.entry(fraction).or_default().add(record);
    }
    let line = |(spread, (rates, cells)): (u64, (Vec<f64>, BTreeMap<u64, Cell>))| {
        let rate = rates.iter().sum::<f64>() / rates.len() as f64;
        let cells = cells.values().map(Cell::words).collect::<Vec<_>>().join(" | ");
        format!("| {} | {rate:.1} | {cells} |", f64::from_bits(spread))
    };
    stated(&spreads.into_iter().map(line).collect::<Vec<String>>());
    records.len()
}

#[test]
fn the_accuracies_over_firing_rates_are_those_of_their_records() {
    let trials = table("firing-rate");
    stated(&[format!("{trials} trials of 30 epochs without noise")]);
}

#[test]
fn the_unconstrained_networks_are_those_of_their_records() {
    let trials = table("unconstrained");
    stated(&[format!("without sign constraints, {trials} trials")]);
}
