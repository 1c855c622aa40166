//! Pulsed device files against the published fits that they cite: ends, gains, noise and offsets over cells, and the full curves
//! up and down.
//!
//! `data/fit_curves.json` is made by `scripts/make_fit_curves.py` from the equations of the fits. Both sides are samples of
//! cells, so that tolerances are standard errors of both: sigma / sqrt(n) of a mean, sigma sqrt((k - 1) / 4n) of a standard
//! deviation, with the kurtosis k of the fit. At five of them one of two million comparisons fails by chance. Shares of the
//! nominal window throughout. Gains below zero are folded in the fits and held at zero in the files: at most 4 of 10,000 cells,
//! which moves no mean by a tenth of a standard error.

use std::sync::LazyLock;

use ohmspike_crossbar::device::{Device, Direction, Drift, Faults, PulseLaw, Pulses, Scheme};
use ohmspike_crossbar::{ArrayParams, Branch, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;
use serde::Deserialize;

/// Rows and columns of a chip: 16,000 cells.
const SHAPE: [usize; 2] = [100, 160];
/// By how much more than whole pulses is asked for, in pulses: more than f32 rounds a hundred pulses by, 2 x 10^-5. One cell in
/// 20,000 gets a pulse too many for it.
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
    serde_json::from_str(include_str!("data/fit_curves.json")).expect("the values of scripts/make_fit_curves.py")
});

/// Cells of a device that are pulsed on their own, with their window from 0 to 1.
struct Cells {
    array: CrossbarArray,
    device: Device,
    updates: u64,
}

impl Cells {
    /// Cells of `device`, all as near to `state` as their windows let them be.
    fn new(device: &Device, state: f32) -> Cells {
        let [rows, columns] = SHAPE;
        let device = Device { faults: Faults::default(), ..device.clone() };
        let branches = vec![Branch::Plus; rows];
        let first = Matrix::from_fn(rows, columns, |_, _| state);
        let array = CrossbarArray::new(&device, ArrayParams::new(1.0, &branches), &first, Seed::new(61).named("chip"));
        Cells { array: array.expect("sound arguments"), device, updates: 0 }
    }

    /// Gives `count` pulses to every cell.
    fn pulse(&mut self, direction: Direction, count: u32) {
        let pulses = self.device.write.pulses().expect("a pulsed device");
        let (step, most) = (pulses.step(direction), pulses.most_pulses);
        let mut left = count;
        while left > 0 {
            let now = left.min(most);
            let asked = step * (now as f32 + ROUNDING);
            let asked = if direction == Direction::Up { asked } else { -asked };
            let [rows, columns] = SHAPE;
            let step = Matrix::from_fn(rows, columns, |_, _| asked);
            self.updates += 1;
            self.array.update(&step, Seed::new(62).numbered(self.updates)).expect("a step of the array's shape");
            left -= now;
        }
    }

    /// The states of all cells.
    fn states(&self) -> Vec<f64> {
        let span = f64::from(self.device.window.span());
        self.array.g_above_min().cells().map(|g_above_min| f64::from(g_above_min) / span).collect()
    }

    /// What a read sees of them.
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

/// Mean and standard deviation of `found` within five standard errors of those of the fit.
fn assert_same(what: &str, found: &[f64], fit: Moments) {
    let (n, m) = (found.len() as f64, VALUES.cells);
    let mean = found.iter().sum::<f64>() / n;
    let sigma = (found.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    let both = (1.0 / n + 1.0 / m).sqrt();
    let open = ERRORS * fit.sigma * both;
    assert!((mean - fit.mean).abs() < open, "{what}: mean {mean}, the fit has {} ± {open}", fit.mean);
    let open = ERRORS * fit.sigma * ((fit.kurtosis - 1.0) / 4.0).sqrt() * both;
    assert!((sigma - fit.sigma).abs() < open, "{what}: sigma {sigma}, the fit has {} ± {open}", fit.sigma);
}

/// Every file that cites such a fit is here: those that are written by pulses.
#[test]
fn every_pulsed_file_has_its_fit() {
    let pulsed = ohmspike_crossbar::device::BUILT_IN.iter().map(|(name, _)| *name);
    let pulsed = pulsed.filter(|name| Device::built_in(name).is_some_and(|device| device.write.pulses().is_some()));
    let mut fits: Vec<&str> = VALUES.fits.iter().map(|fit| &*fit.file).collect();
    fits.sort_unstable();
    assert_eq!(pulsed.collect::<Vec<_>>(), fits);
}

/// Pulses as wide as the window take every cell to its own ends.
#[test]
fn ends_are_those_of_the_fits() {
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
        // A held floor is at no conductance, up to the rounding of an conductance above the floor.
        let (low, span) = (f64::from(device.window.low()), f64::from(device.window.span()));
        let held = floors.iter().filter(|floor| low + span * **floor < 1e-4).count() as f64 / floors.len() as f64;
        let share = fit.floors_held_at_zero;
        let open = ERRORS * (share * (1.0 - share) / floors.len() as f64).sqrt() + 0.5e-4;
        assert!((held - share).abs() <= open, "{}: {held} of the floors at 0 µS, the fit has {share}", fit.file);
    }
}

/// One pulse at weight 0, where the fits state their steps: gains of the cells, and with the noise of the pulses, which has
/// their gain. Coarse steps are divided by a thousand, so that no end of the window clips them.
#[test]
fn steps_and_their_noise_are_those_of_the_fits() {
    for fit in &VALUES.fits {
        let mut device = Device { drift: Drift::None, ..device_of(fit) };
        (device.device_to_device.low_resistance, device.device_to_device.high_resistance) = (None, None);
        let reference = device.write.pulses().expect("pulsed").reference;
        let directions = [(Direction::Up, &fit.steps_at_weight_0.up), (Direction::Down, &fit.steps_at_weight_0.down)];
        for (direction, step) in directions {
            let share = if step.of_cells.mean > 0.01 { 1e-3 } else { 1.0 };
            for (noise, moments) in [(0.0, step.of_cells), (1.0, step.with_noise)] {
                let device = with_pulses(&device, |pulses| {
                    (pulses.up_step, pulses.down_step) = (pulses.up_step * share, pulses.down_step * share);
                    pulses.cycle_sigma = pulses.cycle_sigma.map(|sigma| sigma * noise);
                });
                let mut cells = Cells::new(&device, reference);
                cells.pulse(direction, 1);
                let unit = f64::from(if direction == Direction::Up { share } else { -share });
                let moved =
                    cells.states().iter().map(|state| (state - f64::from(reference)) / unit).collect::<Vec<_>>();
                assert_same(&format!("{}, {direction:?} at weight 0, noise times {noise}", fit.file), &moved, moments);
            }
        }
    }
}

/// From the floor up and down again: mean and spread over the cells of the state, and of what a read sees.
#[test]
fn curves_are_those_of_the_fits() {
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

/// What a read sees beyond the state: the same normal at the ends of the window as in its middle.
#[test]
fn offsets_are_those_of_the_fits_at_the_ends_too() {
    for fit in VALUES.fits.iter().filter(|fit| fit.offset_sigma > 0.0) {
        for state in [0.0, 0.5, 1.0] {
            let mut cells = Cells::new(&device_of(fit), state);
            cells.pulse(Direction::Up, 1);
            let offsets: Vec<f64> = cells.seen().iter().zip(cells.states()).map(|(seen, state)| seen - state).collect();
            // At the floor some offsets end at no conductance: those of cells nearer to it than four of them are left out.
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
