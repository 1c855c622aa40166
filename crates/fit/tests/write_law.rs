//! Laws of write noise that a table does or does not decide.

use ohmspike_fit::{FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;

use crate::made::Numbers;

/// Two writes of 60 cells to each of these targets, µS, with this standard deviation, µS.
fn report(seed: u64, targets: &[f64], sigma: impl Fn(f64) -> f64, options: &FitOptions) -> FitReport {
    let mut numbers = Numbers(Seed::new(seed).named("write law").stream());
    let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
    for cell in 0..60 {
        for cycle in 0..2 {
            for &target in targets {
                text += &format!("{cell},{cycle},{target},{}\n", target + sigma(target) * numbers.normal());
            }
        }
    }
    let writes = Some(InputFile { name: "w.csv".to_owned(), bytes: text.into_bytes() });
    fit(&FitInput { writes, ..FitInput::default() }, options).expect("a fit")
}

fn options() -> FitOptions {
    FitOptions { window: Some((1.0, 200.0)), resamples: 50, ..FitOptions::default() }
}

fn notes(report: &FitReport) -> String {
    report.mechanism(Mechanism::Writes).expect("fitted").notes.join("; ")
}

/// Targets of 90 to 110 µS rarely tell a constant spread from a relative one: their expected log-likelihoods are n var(ln T) = 2.4 apart for 360 writes. At 1 µS, the laws
/// differ by a factor of 100.
#[test]
fn laws_that_near_targets_do_not_decide_are_told() {
    let mut told = 0;
    for seed in 0..20 {
        let report = report(seed, &[90.0, 100.0, 110.0], |_| 3.0, &options());
        let bic: Vec<f64> =
            report.mechanism(Mechanism::Writes).expect("fitted").candidates.iter().map(|one| one.value).collect();
        let (constant, others) = (bic[0], bic[1].min(bic[2]));
        let noted = notes(&report).contains("do not tell the law");
        assert_eq!(noted, (constant - others).abs() < 6.0, "{seed}: {bic:?} {}", notes(&report));
        told += usize::from(noted);
    }
    assert!(told > 0);
}

#[test]
fn one_target_decides_no_law() {
    let told = |options: &FitOptions| notes(&report(1, &[100.0], |_| 3.0, options));
    assert!(
        told(&options()).contains(
            "a single target, 100.0000 µS, does not show how the spread depends on it; `relative` is assumed"
        )
    );
    let chosen = FitOptions { write_law: Some(ohmspike_crossbar::device::WriteNoiseKind::Relative), ..options() };
    assert!(!told(&chosen).contains("do not tell"));
}

/// Targets a factor of ten apart decide: none of 40 tables has a note, where the expected difference of BIC is above 100.
#[test]
fn far_targets_decide() {
    for seed in 0..20 {
        for sigma in [&(|_| 0.5) as &dyn Fn(f64) -> f64, &|target| 0.05 * target] {
            let told = notes(&report(100 + seed, &[10.0, 30.0, 100.0], sigma, &options()));
            assert!(!told.contains("do not tell"), "{seed}: {told}");
        }
    }
}
