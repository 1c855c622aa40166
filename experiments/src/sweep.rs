//! The records of a study sorted for statistics: outcomes over one swept axis, one curve a value of another axis.
//!
//! Axes of `[seeds]` are repeats, not conditions: an outcome of one seed on one chip is a replicate like any other.

use crate::figures::{FRACTION as SHARE, NOISE, axis_label, is_numeric, number, stated, value_label};
use crate::health::curve::PointHealth;
use crate::health::{HealthState, Judged};
use crate::record::Record;
use crate::run::Trial;
use crate::store::Store;
use crate::study::{Axis, Study};
use crate::summary::plain;

/// A trial that has been run.
#[derive(Clone, Copy, Debug)]
pub struct Done<'a> {
    /// Number of its condition in the study.
    pub condition: usize,
    /// Which repeat of its condition it is, apart from the axes of `[seeds]`: the same number, the same seeds.
    pub repeat: u64,
    /// What it left.
    pub record: &'a Record,
}

/// Curves over one axis, everything else alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// The further axes with their values here.
    pub apart: Vec<(String, toml::Value)>,
    /// One an entry of the axis that makes the curves; one in all where there is none.
    pub curves: Vec<SweptCurve>,
}

/// The outcomes of one curve.
#[derive(Clone, Debug, PartialEq)]
pub struct SweptCurve {
    /// The value of the axis that makes the curves.
    pub value: Option<toml::Value>,
    /// One an entry of the swept axis, in the order of the study.
    pub points: Vec<SweptPoint>,
}

/// The outcomes of one condition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SweptPoint {
    /// Value of the swept axis, in the unit that its key names; none where no axis is swept.
    pub x: Option<f64>,
    /// Repeat and outcome of the trials that answers may rest on.
    pub outcomes: Vec<(u64, f64)>,
    /// Those of the trials that no answer may rest on: they are drawn and told.
    pub unusable: Vec<(u64, f64)>,
    /// What is wrong with them.
    pub health: PointHealth,
    /// Trials that ended without an outcome.
    pub failures: usize,
}

/// All sweeps of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweeps {
    /// The swept axis.
    pub x: Option<Axis>,
    /// The axis that makes the curves.
    pub curve: Option<Axis>,
    /// One a combination of further axes.
    pub sweeps: Vec<Sweep>,
}

/// The trials of `trials` that `store` has records of, in their order.
pub fn done<'a>(study: &Study, trials: &[Trial], store: &'a Store) -> Vec<Done<'a>> {
    let seeds: Vec<usize> = (0..study.axes.len()).filter(|&axis| is_seed(&study.axes[axis])).collect();
    let repeat = |trial: &Trial| {
        let place = study.seeds.iter().position(|&seed| seed == trial.seed).unwrap_or_default();
        seeds.iter().fold(place, |number, &axis| {
            let value = &study.conditions[trial.condition].values[axis];
            let place = study.axes[axis].values.iter().position(|known| known == value).unwrap_or_default();
            number * study.axes[axis].values.len() + place
        }) as u64
    };
    let done = |trial: &Trial| {
        store.get(&trial.id).map(|record| Done { condition: trial.condition, repeat: repeat(trial), record })
    };
    trials.iter().filter_map(done).collect()
}

impl Sweeps {
    /// Sorts the outcomes of `done`. The noise level, or else the last axis with numbers, is swept; the excitatory share, or else the first
    /// other axis, makes the curves.
    pub fn of(study: &Study, done: &[Done]) -> Sweeps {
        let axes = &study.axes;
        let plain_axes: Vec<usize> =
            (0..axes.len()).filter(|&axis| axes[axis].values.len() > 1 && !is_seed(&axes[axis])).collect();
        let named = |key: &str| plain_axes.iter().copied().find(|&axis| axes[axis].key == key);
        let numeric = |axis: &usize| is_numeric(&axes[*axis]);
        let last_numeric =
            |but: Option<usize>| plain_axes.iter().copied().rfind(|axis| Some(*axis) != but && numeric(axis));
        let x = named(NOISE).or_else(|| last_numeric(named(SHARE))).or_else(|| last_numeric(None));
        let others: Vec<usize> = plain_axes.iter().copied().filter(|&axis| Some(axis) != x).collect();
        let curve = named(SHARE).filter(|&axis| Some(axis) != x).or(others.first().copied());
        let apart: Vec<usize> = others.into_iter().filter(|&axis| Some(axis) != curve).collect();

        let judged = Judged::of(study, done);
        let mut sweeps: Vec<Sweep> = Vec::new();
        for (number, condition) in study.conditions.iter().enumerate() {
            let value = |axis: usize| condition.values[axis].clone();
            let apart: Vec<(String, toml::Value)> =
                apart.iter().map(|&axis| (axes[axis].key.clone(), value(axis))).collect();
            let of_condition = done.iter().filter(|done| done.condition == number);
            let sweep =
                found(&mut sweeps, |sweep| sweep.apart == apart, || Sweep { apart: apart.clone(), curves: vec![] });
            let at = curve.map(value);
            let curve = found(
                &mut sweep.curves,
                |curve| curve.value == at,
                || SweptCurve { value: at.clone(), points: vec![] },
            );
            let x = x.and_then(|axis| self::number(&condition.values[axis]));
            let empty = || SweptPoint { x, ..SweptPoint::default() };
            let point = found(&mut curve.points, |point| point.x == x, empty);
            of_condition.for_each(|done| point.add(done, &judged.states(done)));
        }
        Sweeps { x: x.map(|axis| axes[axis].clone()), curve: curve.map(|axis| axes[axis].clone()), sweeps }
    }

    /// How a text calls `curve`.
    pub fn name(&self, curve: &SweptCurve) -> String {
        match (&self.curve, &curve.value) {
            (Some(axis), Some(value)) => setting(&axis.key, value),
            _ => "all networks".to_owned(),
        }
    }

    /// What the swept axis is in words with its unit.
    pub fn x_words(&self) -> String {
        self.x.as_ref().map_or_else(|| "no swept axis".to_owned(), |axis| axis_label(&axis.key))
    }
}

impl SweptPoint {
    /// Adds a trial that is in these states.
    fn add(&mut self, done: &Done, states: &[HealthState]) {
        let Some(outcome) = done.record.outcome else {
            self.failures += 1;
            return;
        };
        if self.health.add(done.record, states) {
            self.outcomes.push((done.repeat, outcome));
        } else {
            self.unusable.push((done.repeat, outcome));
        }
    }

    /// The outcomes without their repeats.
    pub fn values(&self) -> Vec<f64> {
        self.outcomes.iter().map(|outcome| outcome.1).collect()
    }
}

impl Sweep {
    /// The further axes in words; empty without any.
    pub fn name(&self) -> String {
        self.apart.iter().map(|(key, value)| format!("{key} = {}", plain(value))).collect::<Vec<_>>().join(", ")
    }
}

/// Whether the axis gives seeds of streams.
pub fn is_seed(axis: &Axis) -> bool {
    axis.key.starts_with("seeds.")
}

/// A key with its value in few words: an excitatory share as 80:20.
pub fn setting(key: &str, value: &toml::Value) -> String {
    match key {
        SHARE => value_label(key, value),
        NOISE => format!("noise {} %", value_label(key, value)),
        _ => stated(key, value),
    }
}

/// An excitatory share as the literature writes it: 80:20.
pub fn share(fraction: f64) -> String {
    value_label(SHARE, &fraction.into())
}

/// The entry that `is` the one looked for, made with `new` where there is none.
fn found<T>(entries: &mut Vec<T>, is: impl Fn(&T) -> bool, new: impl FnOnce() -> T) -> &mut T {
    let place = entries.iter().position(is).unwrap_or_else(|| {
        entries.push(new());
        entries.len() - 1
    });
    &mut entries[place]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::fixture::Fixture;

    fn sweeps(text: &str) -> Sweeps {
        let accuracy = |settings: &crate::settings::Settings, seed: u64| {
            let noise = 0.001 * settings.noise.level_percent + 0.01 * settings.seeds.chip.unwrap_or_default() as f64;
            Some(0.5 + noise + 0.1 * seed as f64)
        };
        Fixture::new(text, accuracy)
            .see(|recorded| Sweeps::of(recorded.study, &done(recorded.study, recorded.trials, recorded.store)))
    }

    #[test]
    fn noise_is_swept_and_shares_make_the_curves() {
        let found =
            sweeps("[noise]\nlevel_percent = [1, 2]\n[network]\nhidden = [10, 20]\nexcitatory_fraction = [0.5, 1]\n");
        let keys = [&found.x, &found.curve].map(|axis| axis.as_ref().map(|axis| axis.key.as_str()));
        assert_eq!(keys, [Some("noise.level_percent"), Some("network.excitatory_fraction")]);
        let names: Vec<String> = found.sweeps.iter().map(Sweep::name).collect();
        assert_eq!(names, ["network.hidden = 10", "network.hidden = 20"]);
        let curves: Vec<String> = found.sweeps[0].curves.iter().map(|curve| found.name(curve)).collect();
        assert_eq!(curves, ["50:50", "100:0"]);
        assert_eq!(
            found.sweeps[0].curves[1].points.iter().map(|point| point.x).collect::<Vec<_>>(),
            [Some(1.0), Some(2.0)]
        );
    }

    #[test]
    fn seeds_of_streams_are_repeats() {
        let found = sweeps("[noise]\nlevel_percent = [0]\n[seeds]\nchip = [7, 8]\n[repeats]\nseeds = 2\n");
        let [sweep] = found.sweeps.as_slice() else { panic!("{found:?}") };
        let outcomes = &sweep.curves[0].points[0].outcomes;
        // Both seeds on the first chip, then on the second; repeats are numbered by seed, then chip.
        assert_eq!(outcomes.iter().map(|outcome| outcome.0).collect::<Vec<_>>(), [0, 2, 1, 3]);
    }

    #[test]
    fn one_condition_is_one_point() {
        let found = sweeps("");
        assert_eq!((found.x.as_ref(), found.sweeps[0].curves[0].points[0].x), (None, None));
        assert_eq!(found.sweeps[0].curves[0].points[0].outcomes, [(0, 0.6)]);
    }
}
