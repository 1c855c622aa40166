//! Which end of a swept axis is the undisturbed one, from which thresholds are measured.
//!
//! More noise is worse, and fewer bits are worse: both are known. For any other axis of whole numbers the outcomes decide: the
//! end that is better by a paired test. Where they do not tell the ends apart there is no threshold.

use ohmspike_analysis::sweep::{Sweeps, SweptCurve, SweptPoint};
use ohmspike_stats::paired::{Paired, adjusted};
use ohmspike_study::key_label::{FRACTION, NOISE, SPREAD_SCALE};
use ohmspike_study::study::Axis;

/// How a swept axis disturbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Direction {
    /// Whether smaller values are worse, so that the largest is the undisturbed one.
    pub falls: bool,
    /// Whether there are only whole numbers, so that nothing lies between two of them.
    pub whole: bool,
}

/// How the swept axis disturbs; none where that is not known.
pub fn direction(sweeps: &Sweeps) -> Option<Direction> {
    let axis = sweeps.x.as_ref()?;
    if disturbs(&axis.key) {
        return Some(Direction { falls: false, whole: false });
    }
    if !is_whole(axis) || axis.key == FRACTION {
        return None;
    }
    let falls = if resolves(&axis.key) { Some(true) } else { higher_is_better(sweeps) };
    falls.map(|falls| Direction { falls, whole: true })
}

/// Whether more on this axis is more disturbance.
fn disturbs(key: &str) -> bool {
    const OF_STUDIES: [&str; 3] = [NOISE, SPREAD_SCALE, "hardware.retention_seconds"];
    const OF_DEVICES: [&str; 4] = ["sigma", "p_", "amplitude", "fraction_of_cells"];
    let last = key.rsplit('.').next().unwrap_or(key);
    OF_STUDIES.contains(&key) || key.starts_with("device.") && OF_DEVICES.iter().any(|word| last.starts_with(word))
}

/// Whether less on this axis is a coarser resolution.
fn resolves(key: &str) -> bool {
    key.ends_with(".bits") || key == "device.levels.count"
}

fn is_whole(axis: &Axis) -> bool {
    axis.values.iter().all(toml::Value::is_integer)
}

/// Whether the highest value is better than the lowest in every curve that tells them apart; none where no curve does, or
/// where curves contradict each other.
fn higher_is_better(sweeps: &Sweeps) -> Option<bool> {
    let curves = sweeps.sweeps.iter().flat_map(|sweep| &sweep.curves);
    let tests = curves.filter_map(ends).map(|(low, high)| Paired::new(&high.outcomes, &low.outcomes));
    let told: Vec<bool> = adjusted(tests.collect())
        .into_iter()
        .filter_map(|test| test.ok().filter(|test| test.differs()).map(|test| test.test.difference > 0.0))
        .collect();
    let first = *told.first()?;
    told.iter().all(|better| *better == first).then_some(first)
}

/// The outermost points of a curve that have outcomes.
fn ends(curve: &SweptCurve) -> Option<(&SweptPoint, &SweptPoint)> {
    let mut points: Vec<&SweptPoint> = curve.points.iter().filter(|point| !point.outcomes.is_empty()).collect();
    points.sort_by(|one, other| one.x.partial_cmp(&other.x).unwrap_or(std::cmp::Ordering::Equal));
    Some((points.first().copied()?, points.last().copied()?))
}

#[cfg(test)]
mod tests {
    use ohmspike_analysis::fixture::Fixture;
    use ohmspike_analysis::repeats::done;
    use ohmspike_study::settings::Settings;

    use super::*;

    #[test]
    fn an_axis_disturbs_where_more_of_it_is_worse() {
        for key in [NOISE, "device.read.white.sigma_percent_of_conductance", "device.faults.p_low_resistance"] {
            assert!(disturbs(key), "{key}");
        }
        for key in ["weights.sigma_init", "device.converters.adc.bits", "network.excitatory_fraction"] {
            assert!(!disturbs(key), "{key}");
        }
        assert!(resolves("device.converters.adc.bits") && !resolves("device.converters.tile_rows"));
    }

    #[test]
    fn outcomes_tell_the_direction_of_other_whole_numbers() {
        let of = |change: f64| {
            let made = |settings: &Settings, seed: u64| {
                let own = 1e-3 * ((seed * settings.network.hidden as u64) % 7) as f64;
                Some(0.5 + change * settings.network.hidden as f64 + own + 0.01 * seed as f64)
            };
            let text = "[network]\nhidden = [10, 20, 30]\n[repeats]\nseeds = 4\n";
            Fixture::new(text, made).see(|recorded| {
                let done = done(recorded.study, recorded.prepared, recorded.trials, recorded.store);
                direction(&Sweeps::new(recorded.study, &done))
            })
        };
        assert_eq!(of(0.01), Some(Direction { falls: true, whole: true }));
        assert_eq!(of(-0.01), Some(Direction { falls: false, whole: true }));
        assert_eq!(of(0.0), None);
    }
}
