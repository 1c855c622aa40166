//! Outcomes by excitatory fraction and noise level.

use ohmspike_stats::Estimate;
use ohmspike_stats::draws::Drawn;
use ohmspike_study::record::Record;

use super::{MIN_REPEATS, draws};

/// Returns the outcomes at `share` and `level` with their random draws.
pub fn outcomes(records: &[&Record], fraction: f64, level: f64) -> Vec<Drawn> {
    let here = |record: &&&Record| {
        record.settings.network.excitatory_fraction == fraction && record.settings.noise.level_percent == level
    };
    records.iter().filter(here).filter_map(|record| Some((draws(record), record.outcome?))).collect()
}

/// Returns the mean outcome; none below the minimum number of repeats.
pub fn judged(records: &[&Record], fraction: f64, level: f64) -> Option<Estimate> {
    Estimate::from_drawn(&outcomes(records, fraction, level)).filter(|sample| sample.n >= MIN_REPEATS)
}

/// Returns the distinct values of `of`, ascending.
fn rising(records: &[&Record], of: impl Fn(&Record) -> f64) -> Vec<f64> {
    let mut values: Vec<f64> = records.iter().map(|record| of(record)).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    values
}

/// Returns the excitatory fractions with records.
pub fn fractions(records: &[&Record]) -> Vec<f64> {
    rising(records, |record| record.settings.network.excitatory_fraction)
}

/// Returns the noise levels with records, % of sigma_init.
pub fn levels(records: &[&Record]) -> Vec<f64> {
    rising(records, |record| record.settings.noise.level_percent)
}

/// Formats mean, interval and n.
pub fn words(sample: &Estimate) -> String {
    let interval =
        sample.accuracy_interval().map(|(low, high)| format!(" ({:.1} to {:.1})", 100.0 * low, 100.0 * high));
    format!("{:.1} %{}, n = {}", 100.0 * sample.mean, interval.unwrap_or_default(), sample.n)
}
