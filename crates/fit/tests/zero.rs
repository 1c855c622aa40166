//! Spreads of data without spread: none is stated as a positive number without the note that it may be 0.

use std::fmt::Write;

use ohmspike_fit::{FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;
use rand::RngExt;

/// Seeds of each kind of data.
const SEEDS: u64 = 20;

struct Normals(ohmspike_rng::Philox);

impl Normals {
    fn new(seed: u64) -> Normals {
        Normals(Seed::new(seed).named("zero").stream())
    }

    fn next(&mut self) -> f64 {
        let (a, b): (f64, f64) = (self.0.random_range(0.0..1.0), self.0.random_range(0.0..1.0));
        (-2.0 * (1.0 - a).ln()).sqrt() * (2.0 * std::f64::consts::PI * b).cos()
    }
}

fn file(text: String) -> Option<InputFile> {
    Some(InputFile { name: "t.csv".to_owned(), bytes: text.into_bytes() })
}

fn fitted(input: FitInput, window: (f64, f64)) -> FitReport {
    let options = FitOptions { window: Some(window), resamples: 100, ..FitOptions::default() };
    fit(&input, &options).expect("a fit")
}

/// Returns whether a fit states a positive `key` without telling that it may be 0.
fn claims(report: &FitReport, key: &str) -> bool {
    report.mechanisms.iter().any(|fit| {
        let positive = fit.numbers.iter().any(|number| number.name().contains(key) && number.value > 0.0);
        let told = |number: &&ohmspike_fit::FittedNumber| {
            let named = |note: &String| note.contains(number.name()) && note.contains("not distinguishable from 0");
            fit.notes.iter().any(named)
        };
        positive
            && !fit.numbers.iter().filter(|number| number.name().contains(key) && number.value > 0.0).all(|n| told(&n))
    })
}

/// Asserts that at most 4 of 20 samples claim a spread: at a level of 2.5 %, more have a probability of 10^-4.
fn assert_rare(key: &str, sample: impl Fn(u64) -> FitReport) {
    let false_claims = (1..=SEEDS).filter(|&seed| claims(&sample(seed), key)).count();
    assert!(false_claims <= 4, "{key}: {false_claims} of {SEEDS}");
}

/// Trains of pulses of equal cells with cycle noise in percent of the step, and noise of reads in µS.
fn pulses(seed: u64, cycle: f64, read: f64) -> FitInput {
    let mut z = Normals::new(seed);
    let mut text = "cell,pulse,direction,conductance_microsiemens\n".to_owned();
    for cell in 0..100 {
        let mut x = 0.1;
        for pulse in 0..=200 {
            let up = (pulse + 49) / 50 % 2 == 1;
            if pulse > 0 {
                let step = if up { 0.02 * (1.0 - x) } else { -0.03 * x };
                x = f64::clamp(x + step * (1.0 + cycle / 100.0 * z.next()), 0.0, 1.0);
            }
            let value = 10.0 + 90.0 * x + read * z.next();
            let _ = writeln!(text, "{cell},{pulse},{},{value}", if up { "up" } else { "down" });
        }
    }
    FitInput { pulses: file(text), ..FitInput::default() }
}

/// Noise that falls with the steps, as here, once passed for gains of cells.
#[test]
fn equal_cells_have_no_gain_variation() {
    for key in ["step_gain_sigma", "up_down_sigma"] {
        assert_rare(key, |seed| fitted(pulses(seed, 30.0, 0.0), (10.0, 100.0)));
    }
}

#[test]
fn noise_of_reads_is_no_cycle_noise() {
    assert_rare("cycle_sigma", |seed| fitted(pulses(seed, 0.0, 0.3), (9.0, 101.0)));
}

#[test]
fn repeated_writes_of_equal_cells_have_no_gain_variation() {
    let writes = |seed: u64| {
        let mut z = Normals::new(seed);
        let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
        for cell in 0..500 {
            for (cycle, target) in (1..=4).flat_map(|cycle| [(cycle, 30.0), (cycle, 100.0)]) {
                let _ = writeln!(text, "{cell},{cycle},{target},{}", target * (0.05 * z.next()).exp());
            }
        }
        fitted(FitInput { writes: file(text), ..FitInput::default() }, (1.0, 200.0))
    };
    for key in ["step_gain_sigma", "standard deviation over cells", "faults.p_"] {
        assert_rare(key, writes);
    }
}

/// Values at five times, for `value(ln t, z)` with the noise z of a read.
fn retention(seed: u64, value: impl Fn(f64, f64) -> f64) -> FitReport {
    let mut z = Normals::new(seed);
    let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
    for cell in 0..300 {
        for time in [0.0, 20.0, 100.0, 500.0, 3000.0, 20_000.0_f64] {
            let ln = if time > 0.0 { (time / 20.0).ln() } else { 0.0 };
            let _ = writeln!(text, "{cell},{time},{}", value(ln, z.next()));
        }
    }
    fitted(FitInput { retention: file(text), ..FitInput::default() }, (1.0, 200.0))
}

#[test]
fn noise_of_reads_is_no_drift() {
    for seed in 1..=SEEDS {
        let report = retention(seed, |_, z| 50.0 + 0.5 * z);
        let withheld = report.withheld.iter().find(|withheld| withheld.mechanism == Mechanism::Drift);
        let reason = &withheld.unwrap_or_else(|| panic!("{seed}: {:?}", report.mechanisms)).reason;
        assert!(reason.starts_with("conductances change with time by no more than the noise"), "{reason}");
    }
}

#[test]
fn equal_cells_drift_alike() {
    assert_rare("exponent_sigma", |seed| retention(seed, |ln, z| 50.0 * (-0.05 * ln).exp() * (1.0 + 0.01 * z)));
    // The fit takes the read noise to be the same at all times. Noise relative to the conductance, with a large drift, is
    // taken for a spread at the reference time in 6 of 20 samples; this test leaves it out.
    for key in ["sigma_microsiemens_per_ln", "sigma_microsiemens_at_reference"] {
        assert_rare(key, |seed| retention(seed, |ln, z| 50.0 - 1.5 * ln + 0.5 * z));
    }
}

#[test]
fn white_noise_is_no_telegraph_noise() {
    for count in [12, 20, 50] {
        let mut z = Normals::new(count);
        let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
        for cell in 0..4000 {
            for read in 0..count {
                let _ = writeln!(text, "{cell},{read},{}", 50.0 + z.next());
            }
        }
        let report = fitted(FitInput { reads: file(text), ..FitInput::default() }, (1.0, 200.0));
        assert!(report.mechanism(Mechanism::Rtn).is_none(), "{count}: {:?}", report.mechanism(Mechanism::Rtn));
    }
}
