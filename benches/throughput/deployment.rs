//! Deployment: the same weights programmed into many chips, and a thousand vectors read on each.
//!
//! `peers/deployment.py` has the same weights, vectors and noise. Both cells of a pair are written, around the middle of
//! the window, so no noise is clipped.

use std::hint::black_box;

use benches::test_mode;
use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ArrayParams, Branch, ColumnRead, CrossbarArray, PairKind};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

use crate::devices::rows;
use crate::{COLUMNS, Measurement, ROWS, side_by_side};

/// Vectors read on every chip.
pub const READS: usize = 1000;
/// Chips per thread.
const CHIPS: u64 = 100;
/// Chips of a check, and vectors read on each.
const CHECKED: (u64, usize) = (20, 50);
/// Weight of a pair at full scale. Weights from -1 to 1 keep cells 10 % of the window from its ends.
const FULL_SCALE: f32 = 1.25;
/// The window spans 90 µS, so a weight of 1 is a difference of 72 µS: write noise is 0.02 and read noise 0.01 per cell.
const WINDOW: &str = r#""window": { "low_resistance_ohm": 10000, "high_resistance_ohm": 100000 }"#;
const WRITE: &str = r#""write": { "noise": "constant", "sigma_microsiemens": 1.44 }"#;
const READ: &str = r#""read": { "white": { "noise": "constant", "sigma_microsiemens": 0.72 } }"#;

/// Weights and vectors that every chip of a device receives.
struct Plan {
    device: Device,
    branches: Vec<Branch>,
    weights: Matrix,
    vectors: Vec<Vec<usize>>,
    noisy: bool,
}

/// Which array holds the next chip.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Chips {
    /// The same, erased and programmed again, as in the other programs.
    SameArray,
    /// A new one, as for devices with cells that differ.
    NewArrays,
}

/// Programs `threads` times [`CHIPS`] chips and reads vectors with `active` rows on each.
pub fn deployment(name: String, active: usize, noisy: bool, kind: Chips, threads: usize) -> Vec<Measurement> {
    let plan = Plan::new(active, noisy, READS);
    let chips = if test_mode() { 1 } else { CHIPS };
    let seconds = side_by_side(threads, |thread| {
        let (plan, seed) = (&plan, Seed::new(1).numbered(thread as u64));
        let mut array = plan.array(seed);
        move || {
            for chip in 0..chips {
                let seed = seed.numbered(chip);
                if kind == Chips::NewArrays {
                    array = plan.array(seed);
                }
                plan.deploy(&mut array, seed, |_, outputs| {
                    black_box(outputs);
                });
            }
        }
    });
    vec![Measurement { name, counted: "chips", count: threads as u64 * chips, seconds }]
}

/// Returns the root mean square of the deviation of an output from the exact product, weight, over some chips.
pub fn deviation(active: usize, noisy: bool) -> f64 {
    let (chips, reads) = CHECKED;
    let plan = Plan::new(active, noisy, reads);
    let exact: Vec<Vec<f64>> = plan.vectors.iter().map(|active| product(&plan.weights, active)).collect();
    let (mut squares, mut array) = (0.0, plan.array(Seed::new(1)));
    for chip in 0..chips {
        plan.deploy(&mut array, Seed::new(1).numbered(chip), |vector, outputs| {
            let deviations = outputs.iter().zip(&exact[vector]).map(|(output, exact)| f64::from(*output) - exact);
            squares += deviations.map(|deviation| deviation * deviation).sum::<f64>();
        });
    }
    (squares / (chips as usize * reads * COLUMNS) as f64).sqrt()
}

/// Returns the sum of the `active` rows.
fn product(weights: &Matrix, active: &[usize]) -> Vec<f64> {
    let sum = |column| active.iter().map(|&row| f64::from(weights[(row, column)])).sum();
    (0..weights.columns()).map(sum).collect()
}

impl Plan {
    fn new(active: usize, noisy: bool, reads: usize) -> Plan {
        let parts = if noisy { [WINDOW, WRITE, READ].join(", ") } else { [WINDOW, WRITE].join(", ") };
        Plan {
            device: Device::from_json(&format!(r#"{{ "name": "bench", {parts} }}"#)).expect("a device"),
            branches: vec![Branch::Plus; ROWS],
            // 2,001 levels from -1 to 1 in no order.
            weights: Matrix::from_fn(ROWS, COLUMNS, |row, column| {
                ((row * COLUMNS + column) * 7919 % 2001) as f32 / 1000.0 - 1.0
            }),
            vectors: (0..reads).map(|vector| rows(vector, active)).collect(),
            noisy,
        }
    }

    fn array(&self, seed: Seed) -> CrossbarArray {
        let params =
            ArrayParams { pair: PairKind::PushPull, either_sign: true, ..ArrayParams::new(FULL_SCALE, &self.branches) };
        let erased = Matrix::zeros(ROWS, COLUMNS);
        CrossbarArray::new(&self.device, params, &erased, seed.named("chip")).expect("weights within the window")
    }

    /// Programs the weights into an array and reads every vector; `see` receives its number and the outputs, weight.
    fn deploy(&self, chip: &mut CrossbarArray, seed: Seed, mut see: impl FnMut(usize, &[f32])) {
        chip.program(&self.weights, 1, seed.named("write")).expect("finite weights");
        let mut read = ColumnRead::new(COLUMNS);
        let mut normals = seed.named("read").normals();
        for (number, active) in self.vectors.iter().enumerate() {
            if self.noisy {
                read.sample(chip, active, &mut normals);
                see(number, read.current());
            } else {
                read.moments(chip, active);
                see(number, read.mean());
            }
        }
    }
}
