//! Programs chips of built-in devices to one state and computes their statistics.

use ohmspike_crossbar::device::{BUILT_IN, Device};
use ohmspike_crossbar::{ArrayParams, Branch, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

/// Rows and columns of a chip: 25,600 cells.
const SHAPE: [usize; 2] = [160, 160];
/// The lower of two programmed states of the measured array, µS.
pub const OFF: f32 = 137.0;

/// Returns a built-in device without its faults.
pub fn without_faults(name: &str) -> Device {
    let (_, text) = BUILT_IN.iter().find(|(known, _)| *known == name).expect("built in");
    let mut spec: serde_json::Value = serde_json::from_str(text).expect("JSON");
    spec.as_object_mut().expect("an object").remove("faults");
    Device::from_json(&spec.to_string()).expect("a built-in device")
}

/// Programs cells of one chip of `device` from the floor to `target` µS, once per seed in `writes`. Returns their
/// conductances, µS.
pub fn programmed<const RUNS: usize>(
    device: &Device,
    target: f32,
    chip: Seed,
    writes: [Seed; RUNS],
) -> [Vec<f64>; RUNS] {
    let [rows, columns] = SHAPE;
    let span = device.window.span();
    let branches = vec![Branch::Plus; rows];
    let step = Matrix::from_fn(rows, columns, |_, _| (target - device.window.low()) / span);
    writes.map(|write| {
        let params = ArrayParams::new(1.0, &branches);
        let mut array =
            CrossbarArray::new(device, params, &Matrix::zeros(rows, columns), chip).expect("valid arguments");
        array.update(&step, write).expect("an update of the array's shape");
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        places.map(|(row, column)| f64::from(array.conductance(row, column).0)).collect()
    })
}

/// Mean, standard deviation and skewness of a sample.
pub struct Moments {
    pub mean: f64,
    pub sigma: f64,
    pub skew: f64,
}

impl Moments {
    /// Computes the moments of `sample`.
    pub fn new(sample: &[f64]) -> Moments {
        let n = sample.len() as f64;
        let mean = sample.iter().sum::<f64>() / n;
        let moment = |power: i32| sample.iter().map(|x| (x - mean).powi(power)).sum::<f64>() / n;
        let sigma = moment(2).sqrt();
        Moments { mean, sigma, skew: moment(3) / sigma.powi(3) }
    }
}

/// Returns the correlation of two samples of the same cells.
pub fn correlation(one: &[f64], other: &[f64]) -> f64 {
    let (first, second) = (Moments::new(one), Moments::new(other));
    let products = one.iter().zip(other).map(|(x, y)| (x - first.mean) * (y - second.mean));
    products.sum::<f64>() / one.len() as f64 / (first.sigma * second.sigma)
}
