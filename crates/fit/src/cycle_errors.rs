//! Errors that all writes of a cycle have in common.
//!
//! ```text
//! F = mean square between the cycles of a target / mean square within them        v = ln(G / T), one-way analysis of variance
//! ```
//!
//! Cells are independent for every interval of a fit. Writes of a cycle that share an error, such as that of a temperature or of a reference, are not.

use std::collections::BTreeMap;

use statrs::distribution::{ContinuousCDF, FisherSnedecor};

use crate::sample::robust;
use crate::table::Table;

/// Smallest number of writes of a cycle to a target that count.
const MIN_WRITES: usize = 5;
/// Robust standard deviations beyond which a write is an outlier.
const OUTLIER: f64 = 3.0;
/// Probability of such a difference by chance.
const IMPROBABLE: f64 = 1e-5;

/// Returns a caution if the cycles of a target differ more than independent writes of the cells that are not `faulty` would.
pub(crate) fn common_errors(table: &Table, faulty: &[bool]) -> Option<String> {
    let mut by_target: BTreeMap<u64, BTreeMap<u32, Vec<f64>>> = BTreeMap::new();
    for (row, &target) in table.target.iter().enumerate() {
        if !faulty[table.cell[row] as usize] && table.value[row] > 0.0 {
            let cycles = by_target.entry(target.to_bits()).or_default();
            cycles.entry(table.cycle[row]).or_default().push((table.value[row] / target).ln());
        }
    }
    let targets = by_target.len();
    let differ = |(target, cycles): (&u64, &BTreeMap<u32, Vec<f64>>)| {
        let (p, shift) = variance(cycles)?;
        (p < IMPROBABLE / targets as f64).then_some((f64::from_bits(*target), shift))
    };
    let found: Vec<(f64, f64)> = by_target.iter().filter_map(differ).collect();
    let (target, shift) = found.iter().copied().max_by(|one, other| one.1.total_cmp(&other.1))?;
    Some(format!(
        "the means of cycles differ at {} of {targets} targets, by {:.2} % at {target:.4} µS: writes of a cycle have errors in common, or cells change from \
         cycle to cycle; they are part of the write noise, and intervals, which take writes as independent, are too narrow",
        found.len(),
        100.0 * shift
    ))
}

/// Returns the probability of such different means of equal cycles, and the standard deviation of the means; none for a single cycle.
fn variance(cycles: &BTreeMap<u32, Vec<f64>>) -> Option<(f64, f64)> {
    let mut all: Vec<f64> = cycles.values().flatten().copied().collect();
    let (centre, spread) = robust(&mut all);
    let regular = |values: &Vec<f64>| -> Vec<f64> {
        values.iter().map(|value| value - centre).filter(|value| value.abs() <= OUTLIER * spread).collect()
    };
    let cycles: Vec<Vec<f64>> = cycles.values().map(regular).filter(|values| values.len() >= MIN_WRITES).collect();
    let (count, n) = (cycles.len() as f64, cycles.iter().map(Vec::len).sum::<usize>() as f64);
    if count < 2.0 {
        return None;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let of_all = cycles.iter().flatten().sum::<f64>() / n;
    let between: f64 = cycles.iter().map(|values| values.len() as f64 * (mean(values) - of_all).powi(2)).sum();
    let squares = |values: &Vec<f64>| {
        let own = mean(values);
        values.iter().map(|value| (value - own).powi(2)).sum::<f64>()
    };
    let within: f64 = cycles.iter().map(squares).sum();
    let (between, within) = (between / (count - 1.0), within / (n - count));
    if within <= 0.0 {
        return None;
    }
    let f = FisherSnedecor::new(count - 1.0, n - count).ok()?;
    Some((f.sf(between / within), ((between - within).max(0.0) * count / n).sqrt()))
}
