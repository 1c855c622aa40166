//! Compares variance components with the mean squares of statsmodels and their textbook expectations. The values are in
//! `data/statistics.json` (see `statistics.rs`).

use ohmspike_stats::nested::{Components, Outcome};
use serde::Deserialize;

use crate::statistics::{VALUES, assert_close};

/// A study with its components.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    name: String,
    factors: Vec<String>,
    /// Values of the factors, and the outcome.
    outcomes: Vec<(Vec<u64>, f64)>,
    /// Estimates by term, which may be negative.
    variances: Vec<(String, f64)>,
}

#[test]
fn components_of_published_and_made_up_studies() {
    assert_eq!(VALUES.components.len(), 5);
    for design in &VALUES.components {
        let factors: Vec<&str> = design.factors.iter().map(String::as_str).collect();
        let outcomes: Vec<Outcome> =
            design.outcomes.iter().map(|(values, value)| Outcome { values: values.clone(), value: *value }).collect();
        let found = Components::new(&factors, &outcomes).expect(&design.name).components;
        let names: Vec<String> = found.iter().map(|component| component.factors.join(" x ")).collect();
        assert_eq!(
            names,
            design.variances.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            "{}",
            design.name
        );
        let total: f64 = design.variances.iter().map(|(_, variance)| variance.max(0.0)).sum();
        for (component, &(_, variance)) in found.iter().zip(&design.variances) {
            // A negative estimate is reported as 0 and marked as negative.
            assert_eq!(component.negative, variance < 0.0);
            assert_close(component.variance, variance.max(0.0));
            assert_close(component.fraction.expect("a share"), variance.max(0.0) / total);
        }
    }
}
