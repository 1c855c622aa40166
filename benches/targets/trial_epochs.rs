//! Trial-epochs of the noise study: abstract, in arrays, two at a time, one on two threads.
//!
//! How often neurons spike decides the time, and a device soon makes it another: what devices take is compared at nearly
//! equal activity. In every round the arrays are given the weights of the abstract trial, and train the epoch that it trains.

use std::sync::Barrier;
use std::thread;

use benches::{Stage, Trial};
use ohmspike_crossbar::device::{Device, DeviceToDevice, Read};
use ohmspike_simd::Matrix;
use ohmspike_study::pool::Pool;

use crate::Run;
use crate::table::{Line, Needs, Target};
use crate::variant::Variant;

/// A device by what it is measured for: how much longer an epoch may take, its name, and what is left out of it.
type Measured = (&'static str, f64, &'static str, fn(&mut Device));

const DEVICES: [Measured; 3] = [
    ("table spread (illustrative-oxide without read noise)", 1.15, "illustrative-oxide", |device| {
        device.read = Read::default();
    }),
    ("white read noise (illustrative-oxide)", 1.5, "illustrative-oxide", |_| {}),
    // Windows that differ from cell to cell lift its many weights near zero, and neurons would spike three times as often.
    ("pulsed writes (ecram-tang-2018 without spread of cells)", 1.3, "ecram-tang-2018", |device| {
        device.device_to_device = DeviceToDevice::default();
    }),
];

/// The trials of a round.
struct Round<'a> {
    /// Seeds 1 and 2, one after the other.
    alone: [Variant<'a>; 2],
    /// The same, at the same time.
    together: [Variant<'a>; 2],
    /// The weights of seed 1 in arrays of a device each.
    held: [(Device, Variant<'a>); 3],
    /// Seed 1 with all threads of the pool.
    shared: Variant<'a>,
    /// Weights that differ from those of seed 1 alone, one count a round.
    different: Vec<f64>,
}

/// Everything that a trial-epoch of the study may take.
pub fn lines(stage: &Stage, run: Run) -> Vec<Line> {
    let pool = Pool::new(2).expect("two threads");
    let seeded = |seed| Variant::new(stage, &Trial { seed, ..Trial::default() }, run.warm_up);
    let alone = [1, 2].map(seeded);
    let held = DEVICES.map(|(_, _, name, leave_out)| {
        let mut device = Device::built_in(name).expect("a built-in device");
        leave_out(&mut device);
        let learner = alone[0].learner.held_by(device.clone());
        (device, Variant::of(learner))
    });
    let shared = Trial { executor: &pool, ..Trial::default() };
    let mut round = Round {
        alone,
        together: [1, 2].map(seeded),
        held,
        shared: pool.on_one(|| Variant::new(stage, &shared, run.warm_up)),
        different: Vec::new(),
    };
    for _ in 0..run.rounds {
        round.measure(&pool);
    }
    round.lines()
}

impl Round<'_> {
    fn measure(&mut self, pool: &Pool) {
        // The trial that all are compared with comes between them.
        for (device, held) in &mut self.held {
            held.learner = self.alone[0].learner.held_by(device.clone());
            held.epoch();
        }
        self.alone.iter_mut().for_each(Variant::epoch);
        side_by_side(&mut self.together);
        pool.on_one(|| self.shared.epoch());
        let (one, other) = (&self.alone[0].learner, &self.shared.learner);
        let layers = [(&one.hidden, &other.hidden), (&one.readout, &other.readout)];
        let different = layers.map(|(one, other)| different(one.store().weights(), other.store().weights()));
        self.different.push(different.iter().sum::<usize>() as f64);
    }

    fn lines(&self) -> Vec<Line> {
        let alone = &self.alone[0];
        let epoch = Line {
            what: "trial-epoch, abstract noise on both layers, one thread".to_owned(),
            measured: alone.seconds.clone(),
            unit: "s",
            target: Target::AtMost(0.6),
            needs: Needs::FullSet,
            beside: spikes(alone),
        };
        let slow_down = self.together.iter().zip(&self.alone).map(|(together, alone)| together.over(alone));
        let slow_down =
            slow_down.reduce(|one, other| one.iter().zip(other).map(|(one, other)| one.max(other)).collect());
        let [one, other] = &self.together;
        let together = Line {
            what: "two trials at a time: an epoch of the slower over the same alone".to_owned(),
            measured: slow_down.unwrap_or_default(),
            unit: "x",
            target: Target::AtMost(1.15),
            needs: Needs::FullSetTwoCores,
            beside: format!("seeds 1 and 2, {:.0} and {}", one.spikes(), spikes(other)),
        };
        let devices = DEVICES.iter().zip(&self.held).map(|((what, limit, ..), (_, held))| Line {
            what: format!("{what} over abstract noise"),
            measured: held.over(alone),
            unit: "x",
            target: Target::AtMost(*limit),
            needs: Needs::FullSet,
            beside: format!("{}, {:.0} with abstract noise", spikes(held), alone.spikes()),
        });
        let shared = Line {
            what: "one trial on two threads, times faster than on one".to_owned(),
            measured: alone.over(&self.shared),
            unit: "x",
            target: Target::AtLeast(1.8),
            needs: Needs::FullSetTwoCores,
            beside: spikes(&self.shared),
        };
        let bits = Line {
            what: "weights of it with other bits than on one thread".to_owned(),
            measured: self.different.clone(),
            unit: "weights",
            target: Target::AtMost(0.0),
            needs: Needs::Nothing,
            beside: "compared after every round".to_owned(),
        };
        [epoch, together].into_iter().chain(devices).chain([shared, bits]).collect()
    }
}

/// Measures an epoch of both, which start together on a thread each.
fn side_by_side(variants: &mut [Variant; 2]) {
    let ready = Barrier::new(variants.len());
    thread::scope(|scope| {
        for variant in variants {
            let ready = &ready;
            scope.spawn(move || {
                ready.wait();
                variant.epoch();
            });
        }
    });
}

fn spikes(variant: &Variant) -> String {
    format!("{:.0} hidden spikes an image", variant.spikes())
}

/// How many weights differ in a bit.
fn different(one: &Matrix, other: &Matrix) -> usize {
    one.cells().zip(other.cells()).filter(|(one, other)| one.to_bits() != other.to_bits()).count()
}
