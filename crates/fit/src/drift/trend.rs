//! Whether values of one point of a law depend on the conductance.
//!
//! ```text
//! value = a + b ln G        over the series of one point; b is significant, and moves values by more than a third of their spread
//! ```

use crate::sample::standard_deviation;
use crate::states::States;

/// Standard errors from which a slope is not zero.
const SIGNIFICANT: f64 = 4.0;
/// Smallest standard deviation that a trend makes, relative to that of the values.
const MATTERS: f64 = 1.0 / 3.0;
/// Smallest standard deviation of ln G that shows a trend: below, errors of G and of slopes are not independent.
const NARROW: f64 = 0.05;
/// Smallest number of series that show a trend.
const MIN_SERIES: usize = 10;

/// A value with its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Conductance, µS.
    pub conductance: f64,
    /// Value.
    pub value: f64,
}

/// Returns a note on each of `points` whose values of `what` depend on the conductance.
pub(super) fn trends(what: &str, points: &[Vec<Place>]) -> Vec<String> {
    let of_point = |places: &Vec<Place>| {
        let (slope, n) = (trend(places)?, places.len() as f64);
        let mean = |of: &dyn Fn(&Place) -> f64| places.iter().map(of).sum::<f64>() / n;
        let (x, y) = (mean(&|place| place.conductance.ln()), mean(&|place| place.value));
        let low = places.iter().map(|place| place.conductance).fold(f64::INFINITY, f64::min);
        let high = places.iter().map(|place| place.conductance).fold(0.0, f64::max);
        let at = |conductance: f64| y + slope * (conductance.ln() - x);
        Some(format!(
            "{what} of one point go from {:.4} at {low:.4} µS to {:.4} at {high:.4} µS: its standard deviation holds this trend, and is \
             not that between cells",
            at(low),
            at(high)
        ))
    };
    points.iter().filter_map(of_point).collect()
}

/// Returns a note if the `slopes` of series, µS per ln t, differ between `states` by more than within them.
pub(super) fn states_differ(slopes: &[f64], states: &States) -> Option<String> {
    let of_states: Vec<Vec<f64>> = (0..states.count())
        .map(|state| slopes.iter().zip(&states.of).filter(|(_, of)| **of == state).map(|(slope, _)| *slope).collect())
        .collect();
    let (n, k) = (slopes.len() as f64, states.count() as f64);
    if states.count() < 2 || slopes.len() < states.count() + MIN_SERIES {
        return None;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let all = mean(slopes);
    let within: f64 =
        of_states.iter().map(|of| standard_deviation(of).powi(2) * (of.len() as f64 - 1.0)).sum::<f64>() / (n - k);
    let between: f64 = of_states.iter().map(|of| of.len() as f64 * (mean(of) - all).powi(2)).sum::<f64>() / (k - 1.0);
    let error = (2.0 / (k - 1.0) + 2.0 / (n - k)).sqrt();
    let fraction = of_states.iter().map(|of| of.len() as f64 * (mean(of) - all).powi(2)).sum::<f64>() / n;
    let total = standard_deviation(slopes);
    if between <= within * (1.0 + SIGNIFICANT * error) || fraction.sqrt() <= MATTERS * total {
        return None;
    }
    let means: Vec<String> = of_states
        .iter()
        .zip(&states.centres)
        .map(|(of, centre)| format!("{:.4} at {centre:.4} µS", mean(of)))
        .collect();
    Some(format!(
        "the slopes of states differ by more than those of cells (in µS per ln t, {}); a device file has one law for all states, so that its \
         standard deviation holds these differences",
        means.join(", ")
    ))
}

/// Returns the slope of values over ln G; none if it does not matter.
fn trend(places: &[Place]) -> Option<f64> {
    if places.len() < MIN_SERIES {
        return None;
    }
    let n = places.len() as f64;
    let mean = |of: &dyn Fn(&Place) -> f64| places.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(&|place| place.conductance.ln()), mean(&|place| place.value));
    let xx = mean(&|place| (place.conductance.ln() - x).powi(2));
    if xx.sqrt() < NARROW {
        return None;
    }
    let slope = mean(&|place| (place.conductance.ln() - x) * (place.value - y)) / xx;
    let rest: Vec<f64> = places.iter().map(|place| place.value - y - slope * (place.conductance.ln() - x)).collect();
    let error = standard_deviation(&rest) / (xx * n).sqrt();
    let all = standard_deviation(&places.iter().map(|place| place.value).collect::<Vec<_>>());
    (slope.abs() > SIGNIFICANT * error && slope.abs() * xx.sqrt() > MATTERS * all).then_some(slope)
}
