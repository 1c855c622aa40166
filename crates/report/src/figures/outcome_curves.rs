//! Collects outcomes as curves: mean, interval and trials at each value of an axis.

use std::collections::{BTreeSet, HashMap};

use ohmspike_analysis::judged::Judged;
use ohmspike_analysis::recorded::{Group, Recorded};
use ohmspike_analysis::repeats::Done;
use ohmspike_plot::palette::Look;
use ohmspike_stats::Estimate;
use ohmspike_stats::draws::Drawn;
use ohmspike_study::axis_value::is_numeric;
use ohmspike_study::axis_value::plain;
use ohmspike_study::key_label::value_label;

use super::x_axis::XAxis;

/// Outcomes of one condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Point {
    /// Position on the axis.
    pub(super) x: f64,
    /// Value of the axis, formatted.
    pub(super) text: String,
    pub(super) sample: Estimate,
    /// Seeds and outcomes.
    pub(super) trials: Vec<(u64, f64)>,
    /// Whether answers exclude at least half of the trials.
    pub(super) unhealthy: bool,
}

/// Conditions that differ only on the x axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curve {
    /// Legend label, and value of the axis of curves.
    pub(super) label: String,
    pub(super) value: String,
    pub(super) look: Look,
    pub(super) points: Vec<Point>,
}

/// Curves of one plot.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Panel {
    pub(super) group: Group,
    pub(super) curves: Vec<Curve>,
}

/// Judges the health of all trials.
pub(super) fn judged(recorded: Recorded) -> Judged {
    Judged::new(recorded.study, &recorded.done(&(0..recorded.study.conditions.len()).collect::<Vec<usize>>()))
}

/// Returns the curves of a group of conditions, one per value of the axis `curve`.
pub(super) fn curves(recorded: Recorded, judged: &Judged, x: XAxis, curve: Option<usize>, group: &Group) -> Vec<Curve> {
    let along = &recorded.study.axes[x.axis];
    let numeric = is_numeric(along);
    let mut places: HashMap<(Option<String>, String), Vec<usize>> = HashMap::new();
    for &condition in &group.conditions {
        let text = |axis: usize| recorded.value(condition, axis).to_string();
        places.entry((curve.map(text), text(x.axis))).or_default().push(condition);
    }
    let point = |(place, value): (usize, &toml::Value), conditions: &[usize]| {
        let done = recorded.done(conditions);
        let unhealthy = judged.is_unhealthy(&done, conditions);
        let (trials, drawn) = outcomes(done);
        let sample = Estimate::from_drawn(&drawn)?;
        let x = if numeric { x.value(recorded, *conditions.first()?)? } else { place as f64 };
        x.is_finite().then(|| Point { x, text: plain(value), sample, trials, unhealthy })
    };
    let curve_of = |number: usize, label: String, wanted: Option<&toml::Value>| {
        let at = |(place, value): (usize, &toml::Value)| {
            let here = places.get(&(wanted.map(ToString::to_string), value.to_string()))?;
            point((place, value), here)
        };
        let mut points: Vec<Point> = along.values.iter().enumerate().filter_map(at).collect();
        points.sort_by(|one, next| one.x.total_cmp(&next.x));
        let value = wanted.map(plain).unwrap_or_default();
        Curve { label, value, look: Look::new(number), points }
    };
    let Some(axis) = curve else { return vec![curve_of(0, "mean".to_owned(), None)] };
    let made = &recorded.study.axes[axis];
    let numbered = made.values.iter().enumerate();
    numbered.map(|(number, value)| curve_of(number, value_label(&made.key, value), Some(value))).collect()
}

/// Returns seeds and outcomes without copies, and the outcomes with their random draws.
fn outcomes(mut done: Vec<Done>) -> (Vec<(u64, f64)>, Vec<Drawn>) {
    let mut known = BTreeSet::new();
    done.retain(|done| done.record.outcome.is_some() && known.insert(done.draws));
    let of = |done: &Done| Some(((done.record.seed, done.record.outcome?), (done.draws, done.record.outcome?)));
    done.iter().filter_map(of).unzip()
}
