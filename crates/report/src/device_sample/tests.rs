//! Samples have the laws of their device.

use super::*;

const SAMPLING: Sampling = Sampling { count: 10_000, ..Sampling::one_write(100.0, 1.0) };

fn device(sections: &str) -> Device {
    let window = r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#;
    Device::from_json(&format!(r#"{{ "name": "sampled", {window}{sections} }}"#)).unwrap()
}

fn sampled(sampling: &Sampling, device: &Device) -> Vec<Cycle> {
    sampling.cycles(device).unwrap().collect()
}

fn mean_and_sd(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    (mean, (values.map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count - 1.0)).sqrt())
}

/// Mean within five standard errors, sigma / sqrt(n); standard deviation within five of its own, sigma / sqrt(2 n).
fn assert_normal(values: impl Iterator<Item = f64> + Clone, mean: f64, sigma: f64) {
    let count = values.clone().count() as f64;
    let (sampled_mean, sd) = mean_and_sd(values);
    assert!((sampled_mean - mean).abs() < 5.0 * sigma / count.sqrt(), "mean {sampled_mean}, expected {mean}");
    assert!((sd - sigma).abs() < 5.0 * sigma / (2.0 * count).sqrt(), "sd {sd}, expected {sigma}");
}

/// Deviations of independent writes correlate by less than five standard errors, 1 / sqrt(n); those of the same draws would
/// correlate fully.
#[test]
fn several_targets_are_written_with_draws_of_their_own() {
    let oxide = Device::built_in("illustrative-oxide").unwrap();
    let sampling = Sampling { cycles: 2, ..SAMPLING };
    let found: Vec<Cycle> = sampling.cycles_to(&[100.0, 200.0], &oxide).unwrap().collect();
    let place = |cycle: &Cycle| (cycle.number, cycle.target);
    assert_eq!(found.iter().map(place).collect::<Vec<_>>(), [(1, 100.0), (2, 100.0), (3, 200.0), (4, 200.0)]);
    assert_eq!(found[..2], sampled(&sampling, &oxide));
    let deviations = |cycle: &Cycle| -> Vec<f64> {
        let logs = cycle.written.iter().map(|written| f64::from(*written).ln());
        let (mean, sd) = mean_and_sd(logs.clone());
        logs.map(|ln| (ln - mean) / sd).collect()
    };
    let (first, second) = (deviations(&found[0]), deviations(&found[2]));
    let correlation = first.iter().zip(&second).map(|(one, other)| one * other).sum::<f64>() / 1e4;
    assert!(correlation.abs() < 5.0 / 1e4_f64.sqrt(), "{correlation}");
    let outside = sampling.cycles_to(&[100.0, 5000.0], &oxide).map(|_| ()).unwrap_err();
    assert!(matches!(outside, SampleError::Outside { given: 5000.0, .. }), "{outside}");
}

#[test]
fn ten_thousand_writes_have_the_noise_of_the_table() {
    let oxide = Device::built_in("illustrative-oxide").unwrap();
    let cycle = &sampled(&SAMPLING, &oxide)[0];
    assert_normal(cycle.written.iter().map(|&written| f64::from(written).ln()), 100f64.ln(), 0.004);
    let constant = device(r#", "write": { "noise": "constant", "sigma_microsiemens": 5, "cells": "changed" }"#);
    let cycle = &sampled(&SAMPLING, &constant)[0];
    assert_normal(cycle.written.iter().map(|&written| f64::from(written)), 100.0, 5.0);
}

/// Without spread in the exponent the power law is deterministic: G (t/t_ref)^-nu, in f32.
#[test]
fn later_values_follow_the_drift_law() {
    let drift = r#", "write": { "noise": "constant", "sigma_microsiemens": 5 },
        "drift": { "law": "power", "reference_seconds": 1,
                   "points": [{ "resistance_ohm": 1000, "exponent": 0.05, "exponent_sigma": 0 }] }"#;
    let after = Sampling { after_seconds: Some(86_400.0), ..SAMPLING };
    let (now, later) = (sampled(&SAMPLING, &device(drift)), sampled(&after, &device(drift)));
    assert_eq!(now[0].written, later[0].written);
    let factor = 86_400f64.powf(-0.05);
    for (written, after) in later[0].written.iter().zip(later[0].after.as_ref().unwrap()) {
        // An exponent of 0.57 rounded to f32, the exponential within two units, the product, the sum with the floor.
        let error = f64::from(*after) / (f64::from(*written) * factor) - 1.0;
        assert!(error.abs() < 6.0 * f64::from(f32::EPSILON), "{written} {after}");
    }
}

#[test]
fn each_cycle_writes_all_cells_again() {
    let oxide = Device::built_in("illustrative-oxide").unwrap();
    let cycles = sampled(&Sampling { count: 300, cycles: 3, ..SAMPLING }, &oxide);
    assert_eq!(cycles.iter().map(|cycle| cycle.number).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(cycles.iter().all(|cycle| cycle.written.len() == 300 && cycle.csv().lines().count() == 300));
    assert_ne!(cycles[0].written, cycles[1].written);
    // The write back starts from where a cycle ended, so the last cycle is as near to the target as the first.
    assert_normal(cycles[2].written.iter().map(|&written| f64::from(written).ln()), 100f64.ln(), 0.004);
}

/// A fit needs the start of every write: the write back to it has noise, too.
#[test]
fn starts_are_the_conductances_before_the_writes() {
    let noisy = device(r#", "write": { "noise": "constant", "sigma_microsiemens": 5, "cells": "changed" }"#);
    let sampling = Sampling { from: 200.0, states_start: true, cycles: 2, ..SAMPLING };
    let cycles = sampled(&sampling, &noisy);
    let starts: Vec<&Vec<f32>> = cycles.iter().filter_map(|cycle| cycle.start.as_ref()).collect();
    assert!(starts[0].iter().all(|&start| start == 200.0));
    assert_normal(starts[1].iter().map(|&start| f64::from(start)), 200.0, 5.0);
    assert!(sampling.header().starts_with("cell,cycle,target_microsiemens,start_microsiemens,written_microsiemens"));
    assert!(cycles[0].csv().starts_with("1,1,100,200,"));
    let plain = sampled(&Sampling { states_start: false, ..sampling }, &noisy);
    assert!(plain.iter().zip(&cycles).all(|(one, other)| one.start.is_none() && one.written == other.written));
}

#[test]
fn reads_have_the_white_noise_of_the_device() {
    let noisy = device(r#", "read": { "white": { "noise": "relative", "sigma_percent_of_conductance": 3 } }"#);
    let cycle = &sampled(&Sampling { reads: 2, ..SAMPLING }, &noisy)[0];
    assert!(cycle.written.iter().all(|&written| written == 100.0));
    for read in &cycle.reads {
        assert_normal(read.iter().map(|&read| f64::from(read)), 100.0, 3.0);
    }
    let difference = cycle.reads[0].iter().zip(&cycle.reads[1]).map(|(one, next)| f64::from(next - one));
    assert_normal(difference, 0.0, 3.0 * 2f64.sqrt());
}

/// A cell with a trap reads 100 ± 5 µS; after an interval t the state is the same with (1 + exp(-2 rate t)) / 2.
#[test]
fn reads_see_the_telegraph_noise_at_their_interval() {
    let slow = device(
        r#", "read": { "rtn": { "kind": "telegraph", "fraction_of_cells": 1, "reference_resistance_ohm": 10000,
                       "rate_per_second": 2, "amplitude_percent_of_conductance": 10 } }"#,
    );
    let sampling = Sampling { reads: 2, read_interval_seconds: 0.1, ..SAMPLING };
    let cycle = &sampled(&sampling, &slow)[0];
    // An ulp of 100 in each of three sums.
    let near = |read: f32, state: f32| (read - state).abs() < 3e-5;
    let reads = cycle.reads[0].iter().zip(&cycle.reads[1]);
    assert!(reads.clone().all(|(&one, &next)| [one, next].iter().all(|&g| near(g, 95.0) || near(g, 105.0))));
    let flipped = reads.filter(|(one, next)| (**one - **next).abs() > 1.0).count() as f64 / 1e4;
    let p = 0.5 * (1.0 - (-0.4f64).exp());
    assert!((flipped - p).abs() < 5.0 * (p * (1.0 - p) / 1e4).sqrt(), "{flipped}, expected {p}");
}

/// 100 pulses of 1 % of the window reach the ceiling. The file allows 30 per write, so four writes share them.
#[test]
fn a_step_of_many_pulses_is_split() {
    let pulsed = device(
        r#", "write": { "scheme": "pulsed", "noise": "none",
             "pulses": { "law": "constant", "up_step_percent_of_window": 1, "down_step_percent_of_window": 1,
                         "max_pulses": 30 } }"#,
    );
    let mut chip = Chip::new(&pulsed, 40, 1.0, 0.0, false, Seed::new(1)).unwrap();
    let report = chip.write(1000.0);
    assert_eq!((report.pulse_limited, report.pulses), (0, 40 * 100));
    // A hundred roundings of half an ulp of 1000, and the step itself.
    assert!(chip.written().iter().all(|written| (written - 1000.0).abs() < 0.02), "{:?}", chip.written());
}

/// Steps of a thousandth of a percent of the window: 10^5 pulses per cell.
#[test]
fn rejects_too_much_work() {
    let fine = device(
        r#", "write": { "scheme": "pulsed", "noise": "none", "pulses": { "law": "constant",
             "up_step_percent_of_window": 0.001, "down_step_percent_of_window": 1 } }"#,
    );
    let refused = |sampling: Sampling| sampling.cycles(&fine).err().map(|error| error.to_string()).unwrap_or_default();
    let up = Sampling { from: 1.0, target: 1000.0, count: 10_001, ..SAMPLING };
    assert_eq!(
        refused(up.clone()),
        "--target-microsiemens: expected at most 1e9 pulses, got 1.00e9: `sampled` needs about 100000 pulses per cell from 1 to 1000 µS, for \
         10001 cells\n\nhint: reduce --count, or move --start-microsiemens closer to the target"
    );
    assert_eq!(refused(Sampling { count: 9_900, ..up.clone() }), "");
    let down = Sampling { from: 1000.0, target: 1.0, ..up };
    assert_eq!(refused(down.clone()), "");
    assert!(refused(Sampling { cycles: 2, ..down }).contains("pulses per cell from 1000 to 1 µS"));
    let reads = Sampling { reads: 100_000, count: 1000, ..SAMPLING };
    assert!(
        refused(reads).starts_with("--read: expected at most 50000000 numbers per cycle, got 100000000 (100000 reads")
    );
}

#[test]
fn faults_are_drawn_only_on_request() {
    let faulty = device(r#", "faults": { "p_low_resistance": 0.1 }"#);
    let stuck = |faults| {
        let cycle = &sampled(&Sampling { faults, ..SAMPLING }, &faulty)[0];
        cycle.written.iter().filter(|&&written| written == 1000.0).count() as f64
    };
    assert_eq!(stuck(false), 0.0);
    assert!((stuck(true) - 1000.0).abs() < 5.0 * 900f64.sqrt());
}

/// Rows of ten cells: either all or none carry current, in every column of the table.
#[test]
fn cells_of_dead_rows_carry_no_current() {
    let faulty = device(
        r#", "faults": { "p_dead_row": 0.2 }, "converters": { "tile_columns": 10 },
            "read": { "white": { "noise": "constant", "sigma_microsiemens": 1 } }"#,
    );
    let sampling = Sampling { faults: true, reads: 1, after_seconds: Some(1.0), ..SAMPLING };
    let cycle = &sampled(&sampling, &faulty)[0];
    for conductances in [&cycle.written, cycle.after.as_ref().unwrap(), &cycle.reads[0]] {
        let rows: Vec<&[f32]> = conductances.chunks(10).collect();
        let dead = rows.iter().filter(|row| row.iter().all(|cell| *cell == 0.0)).count() as f64;
        assert!((dead - 200.0).abs() < 5.0 * (1000.0 * 0.2 * 0.8f64).sqrt(), "{dead} of 1000 rows");
        let scattered = rows.iter().filter(|row| row.contains(&0.0) && row.iter().any(|cell| *cell != 0.0)).count();
        assert_eq!(scattered, 0);
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let oxide = Device::built_in("illustrative-oxide").unwrap();
    let sampling = Sampling { count: 50, cycles: 2, reads: 2, after_seconds: Some(60.0), ..SAMPLING };
    let text = |sampling: &Sampling| sampled(sampling, &oxide).iter().map(Cycle::csv).collect::<String>();
    assert_eq!(text(&sampling), text(&sampling));
    assert_ne!(text(&sampling), text(&Sampling { seed: 2, ..sampling.clone() }));
    let line = text(&sampling);
    let line = line.lines().next().unwrap();
    assert_eq!(line.split(',').count(), sampling.header().split(',').count());
}

#[test]
fn values_outside_the_laws_name_their_flag() {
    let pcm = Device::built_in("pcm-joshi-2020").unwrap();
    let told = |sampling: Sampling| {
        let told = sampling.beyond_laws(&pcm).iter().map(Warning::to_string).collect::<Vec<String>>();
        told.iter().map(|told| told.split(" is ").next().unwrap().to_owned()).collect::<Vec<String>>()
    };
    let sampling = Sampling { target: 10.0, ..SAMPLING };
    assert_eq!(told(Sampling { reads: 3, ..sampling.clone() }), [""; 0]);
    assert_eq!(told(Sampling { after_seconds: Some(3600.0), reads: 3, ..sampling.clone() }), [""; 0]);
    assert_eq!(told(Sampling { after_seconds: Some(1.0), ..sampling.clone() }), ["--after: 1 s"]);
    let late = Sampling { after_seconds: Some(3.156e8), reads: 9, ..sampling.clone() };
    assert_eq!(told(late), ["--after: 315600000 s"]);
    let long = Sampling { reads: 3, read_interval_seconds: 2e7, ..sampling };
    assert_eq!(told(long), ["--read-interval: 40000000 s"]);
    // The I-V curves of this device end at 16 kΩ.
    let milo = Device::built_in("hfo2-1t1r-milo-2021").unwrap();
    let beyond = Sampling { target: 55.0, ..SAMPLING }.beyond_laws(&milo);
    let expected = "device `hfo2-1t1r-milo-2021`: read.nonlinearity.points: the table ends at 16000 ohm";
    assert!(beyond.len() == 1 && beyond[0].to_string().starts_with(expected), "{beyond:?}");
}

#[test]
fn rejects_invalid_runs() {
    let refused = |name: &str, sampling: Sampling| {
        sampling.cycles(&Device::built_in(name).unwrap()).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(
        refused("ideal", Sampling { target: 2000.0, ..SAMPLING }),
        "--target-microsiemens: expected 1 to 1000 µS, the window of `ideal`, got 2000 µS"
    );
    assert!(refused("ideal", Sampling { target: 1e300, ..SAMPLING }).ends_with("got 1e300 µS"));
    assert_eq!(
        refused("ideal", Sampling { from: f64::NAN, ..SAMPLING }),
        "--start-microsiemens: expected 1 to 1000 µS, the window of `ideal`, got NaN µS"
    );
    assert!(refused("study-1k-1m", SAMPLING).starts_with("--study-sigma-microsiemens: missing for `study-1k-1m`"));
    let with_sigma = Sampling { study_sigma: Some(20.0), ..SAMPLING };
    assert!(
        refused("ideal", with_sigma.clone()).starts_with("--study-sigma-microsiemens: `ideal` has its own write noise")
    );
    assert_eq!(refused("study-1k-1m", with_sigma), "");
    assert!(refused("study-1k-1m", Sampling { study_sigma: Some(-1.0), ..SAMPLING }).ends_with("µS, got -1 µS"));
}
