//! Compares untrained networks on spoken digits with the published ones.

use std::collections::BTreeMap;

use maud::{Markup, html};

use ohmspike_report::page::Facts;
use ohmspike_report::page::table::table;
use ohmspike_stats::Estimate;
use ohmspike_study::record::Record;

use crate::published::{DigitRow, DigitValues, Published};

/// Returns the table with its caveats; none if the study has no such network.
pub fn part(facts: &Facts, published: &Published) -> Option<Markup> {
    let theirs = &published.digits;
    let rows: Vec<Vec<String>> = theirs.rows.iter().filter_map(|row| told(facts, theirs, row)).collect();
    let head = [
        "sigma_init, thresholds",
        "rate, Hz",
        "rate over the published time, Hz",
        "published, Hz",
        "distance",
        "published distance",
    ];
    (!rows.is_empty()).then(|| {
        html! {
            p.method {
                "Published: " (published.source) "; " (theirs.what) "; " (theirs.place) ". Note: " (theirs.caution)
                ". Distances are between excitatory neurons here. Ours: mean over seeds."
            }
            (table("Untrained networks on spoken digits compared with the published ones", &head, &rows))
        }
    })
}

/// Returns the row of one initial weight spread.
fn told(facts: &Facts, theirs: &DigitValues, row: &DigitRow) -> Option<Vec<String>> {
    let alike = |record: &&Record| theirs.of(&record.settings) == Some(row);
    // Conditions that differ only in training share the initial network: one network per seed.
    let networks: BTreeMap<u64, &Record> =
        facts.done.iter().map(|done| done.record).filter(alike).map(|record| (record.seed, record)).collect();
    let mean = |of: &dyn Fn(&Record) -> Option<f64>| {
        let values: Vec<f64> = networks.values().filter_map(|record| of(record)).collect();
        Estimate::new(&values)
    };
    let rate = mean(&|record| record.initial_rate())?;
    let on_axis = mean(&|record| theirs.on_published_axis(&record.settings, record.initial_rate()?));
    let distance = mean(&|record| Some(record.before.distances.ee?.root));
    let number = |value: Option<f64>, digits: usize| value.map_or(String::new(), |value| format!("{value:.digits$}"));
    Some(vec![
        row.sigma_init.to_string(),
        format!("{:.2} (n = {})", rate.mean, rate.n),
        number(on_axis.map(|sample| sample.mean), 1),
        number(row.rate_hertz, 1),
        number(distance.map(|sample| sample.mean), 3),
        number(row.distance_root, 3),
    ])
}
