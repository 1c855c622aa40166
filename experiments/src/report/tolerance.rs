//! How much disturbance each curve bears: normalised accuracy, and where it falls below 99, 95 and 90 %.

use maud::html;
use seed::Seed;

use super::number::{level, mean, percent, significant, unit};
use super::table::table;
use super::{Facts, Section};
use crate::figures::{NOISE, SPREAD_SCALE};
use crate::statistics::Sample;
use crate::statistics::bootstrap::Bootstrap;
use crate::statistics::normalised::{Condition, Crossing, Curve, NormalisedError, THRESHOLDS};
use crate::sweep::{Sweeps, SweptCurve};

/// Draws of a bootstrap: the ends of a 95 % interval then vary by about 2 % of its width from seed to seed.
const RESAMPLES: usize = 10_000;

/// What one curve bears.
pub struct Tolerance {
    /// What the curve is called.
    pub name: String,
    /// The lowest level, and the outcomes there.
    pub clean: Option<(f64, Sample)>,
    /// Level and A* of every condition.
    pub normalised: Vec<(f64, f64)>,
    /// Where it crosses [`THRESHOLDS`], or why that is not known.
    pub crossings: Result<Vec<Crossing>, NormalisedError>,
    /// The highest level with an outcome.
    pub highest: f64,
}

impl Tolerance {
    /// Whether a higher level is clearly more accurate than the lowest, by which A* is measured.
    pub fn gains(&self) -> bool {
        self.normalised.iter().any(|point| point.1 > 1.05)
    }

    /// Whether the accuracy at the lowest level may be that of guessing, by which A* would be divided by nothing.
    pub fn guesses(&self, chance: f64) -> bool {
        self.clean.is_some_and(|(_, clean)| clean.ci95.map_or(clean.mean, |(low, _)| low) <= chance)
    }
}

/// Whether more on this axis is more disturbance, so that its lowest level is the clean one.
fn disturbs(key: &str) -> bool {
    const OF_STUDIES: [&str; 3] = [NOISE, SPREAD_SCALE, "hardware.retention_seconds"];
    const OF_DEVICES: [&str; 4] = ["sigma", "p_", "amplitude", "fraction_of_cells"];
    let last = key.rsplit('.').next().unwrap_or(key);
    OF_STUDIES.contains(&key) || key.starts_with("device.") && OF_DEVICES.iter().any(|word| last.starts_with(word))
}

/// What the curves of every sweep bear; empty where the swept axis is no disturbance.
pub fn tolerances(sweeps: &Sweeps, chance: f64) -> Vec<Vec<Tolerance>> {
    if !sweeps.x.as_ref().is_some_and(|axis| disturbs(&axis.key)) {
        return Vec::new();
    }
    let of_curve = |curve: &SweptCurve| tolerance(sweeps.name(curve), curve, chance);
    sweeps.sweeps.iter().map(|sweep| sweep.curves.iter().map(of_curve).collect()).collect()
}

fn tolerance(name: String, curve: &SweptCurve, chance: f64) -> Tolerance {
    let condition =
        |point: &crate::sweep::SweptPoint| point.x.map(|level| Condition { level, outcomes: point.outcomes.clone() });
    let mut conditions: Vec<Condition> = curve.points.iter().filter_map(condition).collect();
    conditions.retain(|condition| !condition.outcomes.is_empty());
    conditions.sort_by(|a, b| a.level.total_cmp(&b.level));
    // Curves share the draws of a resample, as their trials share seeds.
    let bootstrap = Bootstrap { resamples: RESAMPLES, confidence: 0.95, seed: Seed::new(1).named("report") };
    let checked = Curve::new(&conditions, chance);
    let levels = conditions.iter().map(|condition| condition.level);
    let normalised = checked.as_ref().map(|checked| levels.zip(checked.normalised()).collect()).unwrap_or_default();
    let clean = conditions.first().and_then(|first| {
        let outcomes: Vec<f64> = first.outcomes.iter().map(|outcome| outcome.1).collect();
        Some((first.level, Sample::of(&outcomes)?))
    });
    let highest = conditions.last().map_or(f64::NAN, |last| last.level);
    let crossings = checked.and_then(|checked| checked.crossings(&bootstrap));
    Tolerance { name, clean, normalised, crossings, highest }
}

/// A crossing in words, with its interval.
pub fn crossing_words(crossing: &Crossing, highest: f64, key: &str) -> String {
    let unit = unit(key);
    let end = |end: Option<f64>| end.map_or_else(|| format!("> {}", level(highest)), significant);
    let at = match crossing.level {
        Some(at) => format!("{}{unit}", significant(at)),
        None => format!("> {}{unit}", level(highest)),
    };
    match crossing.interval {
        // Beyond the highest level in every resample.
        Some(interval) if crossing.level.is_none() && interval.low.is_none() => at,
        Some(interval) => format!("{at} ({} to {})", end(interval.low), end(interval.high)),
        None => format!("{at} (no interval: a level has one outcome)"),
    }
}

/// The section; none where the study sweeps no disturbance.
pub fn section(facts: &Facts) -> Option<Section> {
    let key = &facts.sweeps.x.as_ref()?.key;
    if facts.tolerances.is_empty() {
        return None;
    }
    let body = html! {
        p.method {
            "Normalised accuracy A* = 1 - (e - e_clean)/(e_chance - e_clean), with the error e = 1 - mean accuracy: 1 at the lowest level \
             of each curve, 0 at chance (" (percent(facts.chance)) " %). The lowest level stands for a network without noise; where it is \
             not 0, crossings are measured from it. Between levels A* runs straight; a crossing is the first level at which it falls to the \
             threshold. Intervals: 95 %, percentile bootstrap over seeds, " (RESAMPLES) " resamples; where all conditions of a curve have the \
             same seeds, a seed is drawn with all its outcomes. A crossing or an end beyond the highest level is written as > that level. Assumed: \
             seeds are independent draws; below five of them an interval is rough."
        }
        @for (sweep, tolerances) in facts.sweeps.sweeps.iter().zip(&facts.tolerances) {
            @if !sweep.apart.is_empty() { h3 { (sweep.name()) } }
            @let gaining: Vec<&str> = tolerances.iter().filter(|one| one.gains()).map(|one| one.name.as_str()).collect();
            @if !gaining.is_empty() {
                p.warning {
                    "A higher level is more accurate than the lowest for " (gaining.join(", ")) ", by more than 5 % of A*: either the networks have \
                     not been trained to the end, or noise helps them. The lowest level is then no measure of a network without noise, and these \
                     crossings say little."
                }
            }
            @let guessing: Vec<&str> =
                tolerances.iter().filter(|one| one.guesses(facts.chance)).map(|one| one.name.as_str()).collect();
            @if !guessing.is_empty() {
                p.warning {
                    "At the lowest level the accuracy of " (guessing.join(", ")) " cannot be told from guessing: the networks have hardly learnt, and \
                     there is no accuracy whose loss could be measured."
                }
            }
            (crossings(tolerances, key))
            (curves(tolerances, key))
        }
    };
    Some(Section { id: "tolerance", heading: "Noise that is borne", body })
}

fn crossings(tolerances: &[Tolerance], key: &str) -> maud::Markup {
    let thresholds = THRESHOLDS.map(|threshold| format!("A* = {} %", 100.0 * threshold));
    let mut head = vec!["curve", "accuracy at the lowest level, %"];
    head.extend(thresholds.iter().map(String::as_str));
    let row = |tolerance: &Tolerance| {
        let mut row = vec![tolerance.name.clone(), mean(tolerance.clean.map(|clean| clean.1))];
        match &tolerance.crossings {
            Ok(crossings) => {
                row.extend(crossings.iter().map(|crossing| crossing_words(crossing, tolerance.highest, key)));
            }
            Err(error) => row.extend([format!("not known: {error}"), String::new(), String::new()]),
        }
        row
    };
    let caption = format!("Level of {key} at which A* falls to the threshold, with its 95 % interval");
    table(&caption, &head, &tolerances.iter().map(row).collect::<Vec<_>>())
}

fn curves(tolerances: &[Tolerance], key: &str) -> maud::Markup {
    let mut levels: Vec<f64> =
        tolerances.iter().flat_map(|tolerance| tolerance.normalised.iter().map(|point| point.0)).collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    let shown: Vec<String> = levels.iter().map(|&at| format!("{}{}", level(at), unit(key))).collect();
    let head: Vec<&str> = ["curve"].into_iter().chain(shown.iter().map(String::as_str)).collect();
    let row = |tolerance: &Tolerance| {
        let at = |wanted: &f64| {
            let found = tolerance.normalised.iter().find(|point| point.0 == *wanted);
            found.map_or_else(String::new, |point| percent(point.1))
        };
        [tolerance.name.clone()].into_iter().chain(levels.iter().map(at)).collect::<Vec<_>>()
    };
    table("Normalised accuracy A* of the mean, %", &head, &tolerances.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_disturbs_where_more_of_it_is_worse() {
        for key in [NOISE, "device.read.white.sigma_percent_of_conductance", "device.faults.p_low_resistance"] {
            assert!(disturbs(key), "{key}");
        }
        for key in ["weights.sigma_init", "device.converters.adc_bits", "network.excitatory_fraction"] {
            assert!(!disturbs(key), "{key}");
        }
    }
}
