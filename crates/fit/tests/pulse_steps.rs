//! Steps of pulses where up and down gains of cells differ and reads are noisy, against the steps that the tables were made with.

use ohmspike_crossbar::device::PulseKind;
use ohmspike_fit::{FitInput, FitOptions, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;

use crate::made::Numbers;

const CELLS: usize = 15;
const TABLES: u64 = 40;
/// Step of a cell with a gain of 1, fraction of the window.
const STEP: f64 = 0.03;
/// Standard deviation of half the difference of up and down gains.
const DIFFERENCE: f64 = 0.2;

/// Returns trains of 160 soft-bounds steps with a cycle noise of 20 % and a read noise of 0.3 % of the window from 10 to 100 µS.
fn trains(seed: u64) -> FitInput {
    let mut numbers = Numbers(Seed::new(seed).named("pulse steps").stream());
    let mut text = "cell,pulse,direction,conductance_microsiemens\n".to_owned();
    for cell in 0..CELLS {
        let (mut x, difference) = (0.3, DIFFERENCE * numbers.normal());
        for pulse in 0..=160 {
            let up = pulse == 0 || (pulse - 1) / 20 % 2 == 0;
            if pulse > 0 {
                let cycle = 1.0 + 0.2 * numbers.normal();
                x += STEP * cycle * if up { (1.0 + difference) * (1.0 - x) } else { (difference - 1.0) * x };
            }
            let read = 10.0 + 90.0 * (x + 0.003 * numbers.normal());
            text += &format!("{cell},{pulse},{},{read}\n", if up { "up" } else { "down" });
        }
    }
    FitInput { pulses: Some(InputFile { name: "p.csv".to_owned(), bytes: text.into_bytes() }), ..FitInput::default() }
}

/// The mean up gain of 15 cells scatters by 5 %, like the mean down gain. Of 40 tables, two 95 % intervals miss on average; four binomial standard errors are 5.5.
#[test]
fn intervals_of_steps_hold_where_up_and_down_gains_differ() {
    let options = FitOptions {
        window: Some((10.0, 100.0)),
        only: vec![Mechanism::Window, Mechanism::Pulses],
        pulse_law: Some(PulseKind::SoftBounds),
        resamples: 100,
        ..FitOptions::default()
    };
    let mut misses = [0, 0];
    for seed in 0..TABLES {
        let report = fit(&trains(seed), &options).expect("a fit");
        for (direction, misses) in ["up", "down"].iter().zip(&mut misses) {
            let number =
                report.number(&format!("write.pulses.{direction}_step_percent_of_window")).expect("soft-bounds steps");
            let (low, high) = number.interval_95.expect("an interval");
            *misses += u32::from(!(low..=high).contains(&(100.0 * STEP)));
        }
    }
    assert!(misses.iter().all(|misses| *misses <= 7), "{misses:?}");
}
