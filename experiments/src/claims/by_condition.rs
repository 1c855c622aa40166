//! Outcomes by excitatory share and noise level.

use ohmspike_stats::Estimate;
use ohmspike_stats::draws::Drawn;
use ohmspike_study::record::Record;

use super::{LEAST, draws};

/// The outcomes at `share` and `level`, with what drew them.
pub fn outcomes(records: &[&Record], share: f64, level: f64) -> Vec<Drawn> {
    let here = |record: &&&Record| {
        record.settings.network.excitatory_fraction == share && record.settings.noise.level_percent == level
    };
    records.iter().filter(here).filter_map(|record| Some((draws(record), record.outcome?))).collect()
}

/// Their mean, where there are repeats enough to judge it.
pub fn judged(records: &[&Record], share: f64, level: f64) -> Option<Estimate> {
    Estimate::from_drawn(&outcomes(records, share, level)).filter(|sample| sample.n >= LEAST)
}

/// The values that `of` takes, rising.
fn rising(records: &[&Record], of: impl Fn(&Record) -> f64) -> Vec<f64> {
    let mut values: Vec<f64> = records.iter().map(|record| of(record)).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    values
}

/// The excitatory shares that have records.
pub fn shares(records: &[&Record]) -> Vec<f64> {
    rising(records, |record| record.settings.network.excitatory_fraction)
}

/// The noise levels that have records, % of sigma_init.
pub fn levels(records: &[&Record]) -> Vec<f64> {
    rising(records, |record| record.settings.noise.level_percent)
}

/// Mean, interval and n in words.
pub fn words(sample: &Estimate) -> String {
    let interval =
        sample.accuracy_interval().map(|(low, high)| format!(" ({:.1} to {:.1})", 100.0 * low, 100.0 * high));
    format!("{:.1} %{}, n = {}", 100.0 * sample.mean, interval.unwrap_or_default(), sample.n)
}
