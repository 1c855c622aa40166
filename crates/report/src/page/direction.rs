//! Determines the undisturbed end of a swept axis, the reference of all thresholds.
//!
//! More noise is worse, and fewer bits are worse. On any other axis of whole numbers, a paired test of both ends decides. If
//! it finds no difference, there is no threshold.

use ohmspike_analysis::sweep::{Sweeps, SweptCurve, SweptPoint};
use ohmspike_stats::paired::{Paired, adjusted};
use ohmspike_study::key_label::{FRACTION, NOISE, SPREAD_SCALE};
use ohmspike_study::study::Axis;

/// Direction of the disturbance along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Direction {
    /// Whether smaller values are worse: the largest value is undisturbed.
    pub falls: bool,
    /// Whether the axis has only whole numbers: nothing lies between two levels.
    pub whole: bool,
}

/// Returns the direction of the disturbance; none if it is unknown.
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

/// Returns whether larger values of this key disturb more.
fn disturbs(key: &str) -> bool {
    const OF_STUDIES: [&str; 3] = [NOISE, SPREAD_SCALE, "hardware.retention_seconds"];
    const OF_DEVICES: [&str; 4] = ["sigma", "p_", "amplitude", "fraction_of_cells"];
    let last = key.rsplit('.').next().unwrap_or(key);
    OF_STUDIES.contains(&key) || key.starts_with("device.") && OF_DEVICES.iter().any(|word| last.starts_with(word))
}

/// Returns whether smaller values of this key are a coarser resolution.
fn resolves(key: &str) -> bool {
    key.ends_with(".bits") || key == "device.levels.count"
}

fn is_whole(axis: &Axis) -> bool {
    axis.values.iter().all(toml::Value::is_integer)
}

/// Returns whether the highest value is better than the lowest in all curves with a significant difference; none without such
/// a curve or if curves disagree.
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

/// Returns the outermost points of a curve with outcomes.
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
    fn noise_and_faults_disturb() {
        for key in [NOISE, "device.read.white.sigma_percent_of_conductance", "device.faults.p_low_resistance"] {
            assert!(disturbs(key), "{key}");
        }
        for key in ["weights.sigma_init", "device.converters.adc.bits", "network.excitatory_fraction"] {
            assert!(!disturbs(key), "{key}");
        }
        assert!(resolves("device.converters.adc.bits") && !resolves("device.converters.tile_rows"));
    }

    #[test]
    fn outcomes_decide_the_direction_of_other_whole_numbers() {
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
