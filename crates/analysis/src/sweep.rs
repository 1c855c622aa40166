//! Groups the records of a study for statistics: outcomes over one swept axis, with one curve per value of another
//! axis.
//!
//! Axes of `[seeds]` are repeats, not conditions. Outcomes with the same draws are copies and count once.

use std::collections::HashMap;
use std::hash::Hash;

use ohmspike_stats::Estimate;
use ohmspike_stats::draws::{Drawn, Draws, distinct};
use ohmspike_study::axis_value::is_seed;
use ohmspike_study::axis_value::plain;
use ohmspike_study::axis_value::{is_numeric, number};
use ohmspike_study::health::HealthState;
use ohmspike_study::key_label::{FRACTION, NOISE, POPULATION, axis_words, stated, value_label};
use ohmspike_study::study::{Axis, Study};

use crate::judged::Judged;
use crate::point_health::PointHealth;
use crate::repeats::{Done, by_condition};

/// Curves over one axis, with all further axes fixed.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// Further axes with their values.
    pub apart: Vec<(String, toml::Value)>,
    /// One curve per value of the curve axis; a single curve without one.
    pub curves: Vec<SweptCurve>,
}

/// Outcomes of one curve.
#[derive(Clone, Debug, PartialEq)]
pub struct SweptCurve {
    /// Value on the curve axis.
    pub value: Option<toml::Value>,
    /// One point per value of the swept axis, in the order of the study.
    pub points: Vec<SweptPoint>,
}

/// Outcomes of one condition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SweptPoint {
    /// Value of the swept axis, in the unit of its key; none without a swept axis.
    pub x: Option<f64>,
    /// Usable outcomes with their draws, without copies.
    pub outcomes: Vec<Drawn>,
    /// Outcomes of excluded trials, which are drawn but not used.
    pub unusable: Vec<Drawn>,
    /// Health of the trials.
    pub health: PointHealth,
    /// Draws of the trials that diverged, without copies.
    pub diverged: Vec<Draws>,
    /// Index of one of its conditions.
    pub condition: usize,
    /// Firing rates of the hidden neurons before training with their draws, without copies, Hz.
    pub initial_rates: Vec<Drawn>,
}

/// All sweeps of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweeps {
    /// The swept axis.
    pub x: Option<Axis>,
    /// The axis with one curve per value.
    pub curve: Option<Axis>,
    /// One sweep per combination of further axes.
    pub sweeps: Vec<Sweep>,
}

impl Sweeps {
    /// Groups the outcomes of `done`. Sweeps the noise level, or else the last numeric axis. Makes one curve per
    /// excitatory fraction, per population, or else per value of the first other axis. Without a numeric axis, it makes
    /// one curve per value of the longest axis.
    pub fn new(study: &Study, done: &[Done]) -> Sweeps {
        let axes = &study.axes;
        let plain_axes = varied(axes);
        let x = swept_axis(axes);
        let others: Vec<usize> = plain_axes.iter().copied().filter(|&axis| Some(axis) != x).collect();
        let first_other = others.first().copied();
        let longest = || longest(axes, others.iter().copied());
        let curve = neuron_axis(axes, &others).or(if x.is_some() { first_other } else { longest() });
        let apart: Vec<usize> = others.into_iter().filter(|&axis| Some(axis) != curve).collect();

        let judged = Judged::new(study, done);
        let (mut sweeps, sorted): (Vec<Sweep>, _) = (Vec::new(), by_condition(study, done));
        let (mut of_apart, mut of_curve, mut of_point) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (number, condition) in study.conditions.iter().enumerate() {
            let value = |axis: usize| condition.values[axis].clone();
            let text = |axis: &usize| condition.values[*axis].to_string();
            let apart_here = || apart.iter().map(|&axis| (axes[axis].key.clone(), value(axis))).collect();
            let sweep = found(&mut sweeps, &mut of_apart, apart.iter().map(text).collect::<Vec<_>>(), || Sweep {
                apart: apart_here(),
                curves: vec![],
            });
            let curves = &mut sweeps[sweep].curves;
            let at = curve.map(value);
            let curve = found(curves, &mut of_curve, (sweep, curve.as_ref().map(text)), || SweptCurve {
                value: at,
                points: vec![],
            });
            let points = &mut curves[curve].points;
            let x = x.and_then(|axis| self::number(&condition.values[axis]));
            let empty = || SweptPoint { x, condition: number, ..SweptPoint::default() };
            // 0 and -0 are equal.
            let point = found(points, &mut of_point, (sweep, curve, x.map(|x| (x + 0.0).to_bits())), empty);
            points[point].add(sorted[number].iter().map(|done| (*done, judged.states(done))));
        }
        Sweeps { x: x.map(|axis| axes[axis].clone()), curve: curve.map(|axis| axes[axis].clone()), sweeps }
    }

    /// Returns the name of `curve` in text.
    pub fn name(&self, curve: &SweptCurve) -> String {
        match (&self.curve, &curve.value) {
            (Some(axis), Some(value)) => setting(&axis.key, value),
            _ => "all networks".to_owned(),
        }
    }

    /// Returns the label of the swept axis with its unit; times state their own.
    pub fn x_words(&self) -> String {
        self.x.as_ref().map_or_else(|| "no swept axis".to_owned(), |axis| axis_words(&axis.key))
    }
}

impl SweptPoint {
    /// Adds trials with their states.
    fn add<'a>(&mut self, trials: impl Iterator<Item = (&'a Done<'a>, Vec<HealthState>)>) {
        for (done, states) in trials {
            let Some(outcome) = done.record.outcome else {
                self.diverged.push(done.draws);
                continue;
            };
            self.initial_rates.extend(done.record.initial_rate().map(|rate| (done.draws, rate)));
            let usable = self.health.add(done.record, &states);
            if usable { &mut self.outcomes } else { &mut self.unusable }.push((done.draws, outcome));
        }
        self.outcomes = distinct(&self.outcomes);
        self.unusable = distinct(&self.unusable);
        self.initial_rates = distinct(&self.initial_rates);
        self.diverged.sort();
        self.diverged.dedup();
    }

    /// Returns the mean firing rate of the hidden neurons before training, Hz; none without an outcome.
    pub fn initial_rate(&self) -> Option<f64> {
        Estimate::from_drawn(&self.initial_rates).map(|rates| rates.mean)
    }

    /// Returns the outcomes with diverged trials at `chance`: such networks have lost everything.
    pub fn with_diverged(&self, chance: f64) -> Vec<Drawn> {
        let diverged = self.diverged.iter().map(|draws| (*draws, chance));
        self.outcomes.iter().copied().chain(diverged).collect()
    }

    /// Returns the statistics of the outcomes; none without any.
    pub fn estimate(&self) -> Option<Estimate> {
        Estimate::from_drawn(&self.outcomes)
    }
}

impl Sweep {
    /// Returns the values of the further axes; empty without any.
    pub fn name(&self) -> String {
        self.apart.iter().map(|(key, value)| format!("{key} = {}", plain(value))).collect::<Vec<_>>().join(", ")
    }
}

/// Returns the axes with several values, without seeds.
fn varied(axes: &[Axis]) -> Vec<usize> {
    (0..axes.len()).filter(|&axis| axes[axis].values.len() > 1 && !is_seed(&axes[axis])).collect()
}

/// Returns the axis that answers sweep: the noise level, or else the last numeric axis.
pub fn swept_axis(axes: &[Axis]) -> Option<usize> {
    let numeric: Vec<usize> = varied(axes).into_iter().filter(|&axis| is_numeric(&axes[axis])).collect();
    let last = |wanted: &dyn Fn(&str) -> bool| numeric.iter().copied().rfind(|&axis| wanted(&axes[axis].key));
    last(&|key| key == NOISE).or_else(|| last(&|key| key != FRACTION)).or_else(|| last(&|_| true))
}

/// Returns the axis of excitatory fractions among `others`, or else that of populations. Their values are curves.
pub fn neuron_axis(axes: &[Axis], others: &[usize]) -> Option<usize> {
    [FRACTION, POPULATION].iter().find_map(|key| others.iter().copied().find(|&axis| axes[axis].key == *key))
}

/// Returns the axis with the most values; the first of several.
pub fn longest(axes: &[Axis], numbers: impl Iterator<Item = usize>) -> Option<usize> {
    // `min_by_key` returns the first of several.
    numbers.min_by_key(|&axis| std::cmp::Reverse(axes[axis].values.len()))
}

/// Formats a key with its value: an excitatory fraction as 80:20.
pub fn setting(key: &str, value: &toml::Value) -> String {
    match key {
        FRACTION => value_label(key, value),
        NOISE => format!("noise {} %", value_label(key, value)),
        _ => stated(key, value),
    }
}

/// Formats an excitatory fraction as in the literature: 80:20.
pub fn ratio(excitatory: f64) -> String {
    value_label(FRACTION, &excitatory.into())
}

/// Index of the entry of `key`, created with `new` if missing.
fn found<T, K: Eq + Hash>(
    entries: &mut Vec<T>,
    places: &mut HashMap<K, usize>,
    key: K,
    new: impl FnOnce() -> T,
) -> usize {
    *places.entry(key).or_insert_with(|| {
        entries.push(new());
        entries.len() - 1
    })
}

#[cfg(test)]
mod tests {
    use ohmspike_snn::activity::ClassActivity;
    use ohmspike_stats::draws::Draws;
    use ohmspike_study::record::Record;
    use ohmspike_study::settings::Settings;

    use super::*;
    use crate::fixture::{Fixture, record};
    use crate::repeats::done;

    fn sweeps(text: &str) -> Sweeps {
        let accuracy = |settings: &Settings, seed: u64| {
            let noise = 0.001 * settings.noise.level_percent + 0.01 * settings.seeds.chip.unwrap_or_default() as f64;
            Some(0.5 + noise + 0.1 * seed as f64)
        };
        Fixture::new(text, accuracy).see(|recorded| {
            Sweeps::new(recorded.study, &done(recorded.study, recorded.prepared, recorded.trials, recorded.store))
        })
    }

    #[test]
    fn sweeps_noise_with_a_curve_per_excitatory_fraction() {
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
        let faulty = "[noise]\nlevel_percent = [0]\n[hardware]\ndevice = \"study-1k-1m\"\n\
                      [device.faults]\np_low_resistance = 0.1\n[seeds]\nchip = [7, 8]\n[repeats]\nseeds = 2\n";
        let found = sweeps(faulty);
        let [sweep] = found.sweeps.as_slice() else { panic!("{found:?}") };
        let point = &sweep.curves[0].points[0];
        let seeds = |outcome: &Drawn| (outcome.0.0[0], outcome.0.0[4]);
        let drawn: Vec<_> = point.outcomes.iter().map(seeds).collect();
        assert_eq!(drawn, [(1, 7), (2, 7), (1, 8), (2, 8)].map(|(seed, chip)| (Some(seed), Some(chip))));
        assert_eq!(point.estimate().map(|sample| sample.n), Some(2), "two seeds and two chips are not four repeats");
    }

    /// Chips that do not differ leave only copies.
    #[test]
    fn copies_count_once() {
        let found = sweeps("[noise]\nlevel_percent = [0]\n[seeds]\nread = [7, 8]\n[repeats]\nseeds = 2\n");
        let point = &found.sweeps[0].curves[0].points[0];
        assert_eq!((point.outcomes.len(), point.estimate().map(|sample| sample.n)), (2, Some(2)));
    }

    /// 10, 20 and 30 spikes of 100 neurons, whatever their order.
    #[test]
    fn rates_of_several_conditions_have_a_plain_mean() {
        let made = |settings: &Settings, seed: u64| {
            let start = settings.seeds.initial.unwrap_or_default();
            let class = ClassActivity { samples: 1, excitatory_spikes: 10 * start, ..ClassActivity::default() };
            Some(Record { tests: vec![vec![class]; 2], ..record(settings, seed, 0.5 + 0.01 * start as f64) })
        };
        let text = "[network]\nhidden = 100\nsteps = 100\n[seeds]\ninitial = [3, 1, 2]\n";
        let rate = Fixture::with_records(text, made).see(|recorded| {
            let done = done(recorded.study, recorded.prepared, recorded.trials, recorded.store);
            Sweeps::new(recorded.study, &done).sweeps[0].curves[0].points[0].initial_rate()
        });
        // 20 spikes of 100 neurons in 0.1 s.
        assert!(rate.is_some_and(|rate| (rate - 2.0).abs() < 1e-12), "{rate:?}");
    }

    #[test]
    fn one_condition_is_one_point() {
        let found = sweeps("");
        assert_eq!((found.x.as_ref(), found.sweeps[0].curves[0].points[0].x), (None, None));
        let one = Draws([Some(1), Some(1), None, None, None]);
        assert_eq!(found.sweeps[0].curves[0].points[0].outcomes, [(one, 0.6)]);
    }
}
