//! Compares pulsed device files with the published fits that they cite: ends, gains, noise and offsets over cells, and
//! full curves up and down.
//!
//! `scripts/make_fit_curves.py` generates `data/fit_curves.json` from the equations of the fits. Both sides are samples
//! of cells, and tolerances are five standard errors of both: sigma / sqrt(n) for a mean, and sigma sqrt((k - 1) / 4n)
//! for a standard deviation with the kurtosis k of the fit. One of two million comparisons then fails by chance. All
//! numbers are fractions of the nominal window. Negative gains are folded in the fits and clamped to zero in the files.
//! This affects at most 4 of 10,000 cells and changes no mean by a tenth of a standard error.

use std::sync::LazyLock;

use ohmspike_crossbar::device::{Device, Direction, Drift, Faults, PulseLaw, Pulses, Scheme};
use ohmspike_crossbar::{ArrayParams, Branch, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;
use serde::Deserialize;

/// Rows and columns of a chip: 16,000 cells.
const SHAPE: [usize; 2] = [100, 160];
/// Excess of the requested update over whole pulses, in pulses. It exceeds the f32 rounding error of a hundred pulses,
/// 2 x 10^-5, and gives one cell in 20,000 an extra pulse.
const ROUNDING: f32 = 5e-5;
const ERRORS: f64 = 5.0;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Values {
    #[serde(rename = "source")]
    _source: String,
    cells: f64,
    fits: Vec<Fit>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fit {
    file: String,
    #[serde(rename = "preset")]
    _preset: String,
    floors_held_at_zero: f64,
    ends: Ends,
    steps_at_weight_0: Steps,
    offset_sigma: f64,
    curve: Vec<Point>,
}

#[derive(Debug, Deserialize)]
struct Ends {
    floor: Moments,
    ceiling: Moments,
}

#[derive(Debug, Deserialize)]
struct Steps {
    up: Step,
    down: Step,
}

#[derive(Debug, Deserialize)]
struct Step {
    of_cells: Moments,
    with_noise: Moments,
}

#[derive(Debug, Deserialize)]
struct Point {
    direction: String,
    pulses: u32,
    state: Moments,
    seen: Moments,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Moments {
    mean: f64,
    sigma: f64,
    kurtosis: f64,
}

static VALUES: LazyLock<Values> = LazyLock::new(|| {
    serde_json::from_str(include_str!("data/fit_curves.json")).expect("valid output of scripts/make_fit_curves.py")
});

/// Cells of a device with individual pulses; their window is 0 to 1.
struct Cells {
    array: CrossbarArray,
    device: Device,
    updates: u64,
}

impl Cells {
    /// Creates cells of `device` as close to `state` as their windows allow.
    fn new(device: &Device, state: f32) -> Cells {
        let [rows, columns] = SHAPE;
        let device = Device { faults: Faults::default(), ..device.clone() };
        let branches = vec![Branch::Plus; rows];
        let first = Matrix::from_fn(rows, columns, |_, _| state);
        let array = CrossbarArray::new(&device, ArrayParams::new(1.0, &branches), &first, Seed::new(61).named("chip"));
        Cells { array: array.expect("valid arguments"), device, updates: 0 }
    }

    /// Applies `count` pulses to every cell.
    fn pulse(&mut self, direction: Direction, count: u32) {
        let pulses = self.device.write.pulses().expect("a pulsed device");
        let (step, most) = (pulses.step(direction), pulses.max_pulses);
        let mut left = count;
        while left > 0 {
            let now = left.min(most);
            let asked = step * (now as f32 + ROUNDING);
            let asked = if direction == Direction::Up { asked } else { -asked };
            let [rows, columns] = SHAPE;
            let step = Matrix::from_fn(rows, columns, |_, _| asked);
            self.updates += 1;
            self.array.update(&step, Seed::new(62).numbered(self.updates)).expect("an update of the array's shape");
            left -= now;
        }
    }

    /// Returns the states of all cells.
    fn states(&self) -> Vec<f64> {
        let span = f64::from(self.device.window.span());
        self.array.g_above_min().cells().map(|g_above_min| f64::from(g_above_min) / span).collect()
    }

    /// Returns the read states of all cells.
    fn seen(&self) -> Vec<f64> {
        let (low, span) = (f64::from(self.device.window.low()), f64::from(self.device.window.span()));
        let places = (0..SHAPE[0]).flat_map(|row| (0..SHAPE[1]).map(move |column| (row, column)));
        places.map(|(row, column)| (f64::from(self.array.conductance(row, column).0) - low) / span).collect()
    }
}

fn with_pulses(device: &Device, change: impl Fn(&mut Pulses)) -> Device {
    let mut device = device.clone();
    let Scheme::Pulsed(pulses) = &mut device.write.scheme else { panic!("{}: not pulsed", device.name) };
    change(pulses);
    device
}

fn device_of(fit: &Fit) -> Device {
    Device::built_in(&fit.file).unwrap_or_else(|| panic!("{} is not built in", fit.file))
}

/// Asserts that mean and standard deviation of `found` are within five standard errors of the fit.
fn assert_same(what: &str, found: &[f64], fit: Moments) {
    let (n, m) = (found.len() as f64, VALUES.cells);
    let mean = found.iter().sum::<f64>() / n;
    let sigma = (found.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    let both = (1.0 / n + 1.0 / m).sqrt();
    let open = ERRORS * fit.sigma * both;
    assert!((mean - fit.mean).abs() < open, "{what}: mean {mean}, expected {} ± {open}", fit.mean);
    let open = ERRORS * fit.sigma * ((fit.kurtosis - 1.0) / 4.0).sqrt() * both;
    assert!((sigma - fit.sigma).abs() < open, "{what}: sigma {sigma}, expected {} ± {open}", fit.sigma);
}

/// Every device that is written by pulses and cites a fit is covered.
#[test]
fn every_pulsed_file_has_a_fit() {
    let pulsed = ohmspike_crossbar::device::BUILT_IN.iter().map(|(name, _)| *name);
    let pulsed = pulsed.filter(|name| Device::built_in(name).is_some_and(|device| device.write.pulses().is_some()));
    let mut fits: Vec<&str> = VALUES.fits.iter().map(|fit| &*fit.file).collect();
    fits.sort_unstable();
    assert_eq!(pulsed.collect::<Vec<_>>(), fits);
}

/// Pulses as large as the window drive every cell to the ends of its window.
#[test]
fn ends_match_the_fits() {
    for fit in &VALUES.fits {
        let device = with_pulses(&device_of(fit), |pulses| {
            (pulses.law, pulses.up_step, pulses.down_step) = (PulseLaw::Constant, 1.0, 1.0);
            pulses.cycle_sigma = [0.0, 0.0];
        });
        let mut device = Device { drift: Drift::None, ..device };
        (
            device.device_to_device.step_gain,
            device.device_to_device.up_down,
            device.device_to_device.down_gain,
            device.device_to_device.slope,
        ) = (None, None, None, None);
        let mut cells = Cells::new(&device, 0.5);
        cells.pulse(Direction::Down, 10);
        let floors = cells.states();
        assert_same(&format!("{}, floors", fit.file), &floors, fit.ends.floor);
        cells.pulse(Direction::Up, 20);
        assert_same(&format!("{}, ceilings", fit.file), &cells.states(), fit.ends.ceiling);
        // A clamped floor is at 0 µS, within the rounding of a conductance above the floor.
        let (low, span) = (f64::from(device.window.low()), f64::from(device.window.span()));
        let held = floors.iter().filter(|floor| low + span * **floor < 1e-4).count() as f64 / floors.len() as f64;
        let fraction = fit.floors_held_at_zero;
        let open = ERRORS * (fraction * (1.0 - fraction) / floors.len() as f64).sqrt() + 0.5e-4;
        assert!(
            (held - fraction).abs() <= open,
            "{}: fraction of floors at 0 µS: expected {fraction}, got {held}",
            fit.file
        );
    }
}

/// One pulse at weight 0, where the fits define their steps: gains of the cells, and noise of the pulses, which scales
/// with the gain. Coarse steps are divided by a thousand so that the window does not clip them.
#[test]
fn steps_and_their_noise_match_the_fits() {
    for fit in &VALUES.fits {
        let mut device = Device { drift: Drift::None, ..device_of(fit) };
        (device.device_to_device.low_resistance, device.device_to_device.high_resistance) = (None, None);
        let reference = device.write.pulses().expect("pulsed").reference;
        let directions = [(Direction::Up, &fit.steps_at_weight_0.up), (Direction::Down, &fit.steps_at_weight_0.down)];
        for (direction, step) in directions {
            let fraction = if step.of_cells.mean > 0.01 { 1e-3 } else { 1.0 };
            for (noise, moments) in [(0.0, step.of_cells), (1.0, step.with_noise)] {
                let device = with_pulses(&device, |pulses| {
                    (pulses.up_step, pulses.down_step) = (pulses.up_step * fraction, pulses.down_step * fraction);
                    pulses.cycle_sigma = pulses.cycle_sigma.map(|sigma| sigma * noise);
                });
                let mut cells = Cells::new(&device, reference);
                cells.pulse(direction, 1);
                let unit = f64::from(if direction == Direction::Up { fraction } else { -fraction });
                let moved =
                    cells.states().iter().map(|state| (state - f64::from(reference)) / unit).collect::<Vec<_>>();
                assert_same(&format!("{}, {direction:?} at weight 0, noise times {noise}", fit.file), &moved, moments);
            }
        }
    }
}

/// From the floor up and back down: mean and spread over cells of the state and of the read state.
#[test]
fn curves_match_the_fits() {
    for fit in &VALUES.fits {
        let mut cells = Cells::new(&device_of(fit), 0.0);
        let mut given = (String::new(), 0);
        for point in &fit.curve {
            let before = if given.0 == point.direction { given.1 } else { 0 };
            let direction = if point.direction == "up" { Direction::Up } else { Direction::Down };
            cells.pulse(direction, point.pulses - before);
            given = (point.direction.clone(), point.pulses);
            let what = format!("{}, {} pulses {}", fit.file, point.pulses, point.direction);
            assert_same(&what, &cells.states(), point.state);
            assert_same(&format!("{what}, seen"), &cells.seen(), point.seen);
        }
    }
}

/// Offsets between read state and state have the same normal distribution at the ends and in the middle of the window.
#[test]
fn offsets_match_the_fits_at_the_ends_of_the_window() {
    for fit in VALUES.fits.iter().filter(|fit| fit.offset_sigma > 0.0) {
        for state in [0.0, 0.5, 1.0] {
            let mut cells = Cells::new(&device_of(fit), state);
            cells.pulse(Direction::Up, 1);
            let offsets: Vec<f64> = cells.seen().iter().zip(cells.states()).map(|(seen, state)| seen - state).collect();
            // At the floor, some offsets are clipped at 0 µS: cells closer to it than four offsets are excluded.
            let (low, span) = (f64::from(cells.device.window.low()), f64::from(cells.device.window.span()));
            let far = cells.states().into_iter().map(|state| low / span + state > 4.0 * fit.offset_sigma);
            let offsets: Vec<f64> =
                offsets.into_iter().zip(far).filter_map(|(offset, far)| far.then_some(offset)).collect();
            assert!(offsets.len() > 9 * SHAPE[0] * SHAPE[1] / 10);
            let normal = Moments { mean: 0.0, sigma: fit.offset_sigma, kurtosis: 3.0 };
            assert_same(&format!("{}, offsets at {state}", fit.file), &offsets, normal);
        }
    }
}
