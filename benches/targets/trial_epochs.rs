//! Trial-epochs of the noise study: digital weights, arrays, two trials in parallel, one trial on two threads.
//!
//! The number of spikes determines the time, and devices soon change it. Devices are therefore compared at nearly equal
//! activity: in every round, the arrays receive the weights of the digital trial and train the same epoch.

use std::sync::Barrier;
use std::thread;

use benches::{Stage, Trial};
use ohmspike_crossbar::device::{ArrayWires, Device, DeviceToDevice, Read};
use ohmspike_crossbar::wires::{Access, Feed, Wires};
use ohmspike_simd::Matrix;
use ohmspike_study::pool::Pool;

use crate::Run;
use crate::table::{Line, Needs, Target};
use crate::variant::Variant;

/// A measured device: description, largest ratio of times, name, and a function that removes mechanisms.
type Measured = (&'static str, f64, &'static str, fn(&mut Device));

/// Wires of 1 ohm per cell and ends of 100 ohm, in tiles of 128 rows.
fn add_wires(device: &mut Device, access: Access) {
    let circuit = Wires {
        access,
        word_line_ohm_per_cell: 1.0,
        bit_line_ohm_per_cell: 1.0,
        driver_ohm: 100.0,
        sense_ohm: 100.0,
        feed: Feed::Left,
    };
    device.wires = Some(ArrayWires { circuit, refresh_updates: None, column_gain: false });
    device.converters.tile_rows = Some(128);
}

/// Device of the trials that those with wires are compared with.
const WITHOUT_WIRES: usize = 3;

const DEVICES: [Measured; 6] = [
    ("write noise from a table (illustrative-oxide without read noise)", 1.15, "illustrative-oxide", |device| {
        device.read = Read::default();
    }),
    ("white read noise (illustrative-oxide)", 1.5, "illustrative-oxide", |_| {}),
    // Device-to-device variation would increase many weights near zero, and neurons would spike three times as often.
    ("pulsed writes (ecram-tang-2018 without device-to-device variation)", 1.3, "ecram-tang-2018", |device| {
        device.device_to_device = DeviceToDevice::default();
    }),
    ("arrays without wires (study-1k-1m)", 1.15, "study-1k-1m", |_| {}),
    ("gated wires (study-1k-1m)", 2.0, "study-1k-1m", |device| add_wires(device, Access::Gated)),
    ("driven wires, tiles of 128 rows, with exact solutions (study-1k-1m)", 1.6, "study-1k-1m", |device| {
        add_wires(device, Access::Driven);
    }),
];

/// The trials of a round.
struct Round<'a> {
    /// Seeds 1 and 2, sequentially.
    alone: [Variant<'a>; 2],
    /// Seeds 1 and 2, in parallel.
    together: [Variant<'a>; 2],
    /// The weights of seed 1 in arrays of each device.
    held: [(Device, Variant<'a>); 6],
    /// Seed 1 with all threads of the pool.
    shared: Variant<'a>,
    /// Number of weights that differ from those of seed 1 on one thread, per round.
    different: Vec<f64>,
}

/// Measures all trial-epochs of the study.
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
        // The reference trial is measured between the devices.
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
            what: "trial-epoch, noisy digital weights, one thread".to_owned(),
            measured: alone.seconds.clone(),
            unit: "s",
            target: Target::AtMost(0.2),
            needs: Needs::FullSet,
            details: spikes(alone),
        };
        let slow_down = self.together.iter().zip(&self.alone).map(|(together, alone)| together.over(alone));
        let slow_down =
            slow_down.reduce(|one, other| one.iter().zip(other).map(|(one, other)| one.max(other)).collect());
        let [one, other] = &self.together;
        let together = Line {
            what: "two trials in parallel: epoch of the slower one over the same epoch alone".to_owned(),
            measured: slow_down.unwrap_or_default(),
            unit: "x",
            target: Target::AtMost(1.15),
            needs: Needs::FullSetTwoCores,
            details: format!("seeds 1 and 2, {:.0} and {}", one.spikes(), spikes(other)),
        };
        let devices = DEVICES.iter().zip(&self.held).enumerate().map(|(number, ((what, limit, ..), (_, held)))| {
            let wired = number > WITHOUT_WIRES;
            let (reference, other) =
                if wired { (&self.held[WITHOUT_WIRES].1, "without wires") } else { (alone, "with digital weights") };
            Line {
                what: format!("{what} over {}", if wired { "the same without wires" } else { "noisy digital weights" }),
                measured: held.over(reference),
                unit: "x",
                target: Target::AtMost(*limit),
                needs: Needs::FullSet,
                details: format!("{}, {:.0} {other}", spikes(held), reference.spikes()),
            }
        });
        let shared = Line {
            what: "one trial on two threads, speed-up over one thread".to_owned(),
            measured: alone.over(&self.shared),
            unit: "x",
            target: Target::AtLeast(1.85),
            needs: Needs::FullSetTwoCores,
            details: spikes(&self.shared),
        };
        let bits = Line {
            what: "its weights that differ from those on one thread".to_owned(),
            measured: self.different.clone(),
            unit: "weights",
            target: Target::AtMost(0.0),
            needs: Needs::Nothing,
            details: "compared after every round".to_owned(),
        };
        [epoch, together].into_iter().chain(devices).chain([shared, bits]).collect()
    }
}

/// Measures an epoch of both trials, which start together on one thread each.
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
    format!("{:.0} hidden spikes per image", variant.spikes())
}

/// Returns the number of weights with different bits.
fn different(one: &Matrix, other: &Matrix) -> usize {
    one.cells().zip(other.cells()).filter(|(one, other)| one.to_bits() != other.to_bits()).count()
}
