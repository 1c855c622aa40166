//! Verified writes: intervals of the spread of a try, through an acceptance window that may be narrower than it.

use ohmspike_crossbar::device::WriteNoiseKind;
use ohmspike_fit::{AcceptanceWindow, FitInput, FitOptions, FittedNumber, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;

use crate::made::Numbers;

const SIGMA: &str = "write.sigma_percent_of_conductance";
/// Half width of the acceptance window, %.
const WIDTH: f64 = 3.0;
const TABLES: u64 = 100;

/// Fits four writes of 50 cells to each of two targets with a spread of `sigma` %, of which the last try is within the acceptance window, and returns
/// the spread with the notes on it; none if the writes spread evenly.
fn fitted(seed: u64, sigma: f64) -> Option<(FittedNumber, String)> {
    let mut numbers = Numbers(Seed::new(seed).named("accepted").stream());
    let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
    for cell in 0..50 {
        for cycle in 0..4 {
            for target in [100.0, 150.0] {
                let deviation = loop {
                    let deviation = 0.01 * sigma * numbers.normal();
                    if deviation.abs() <= 0.01 * WIDTH {
                        break deviation;
                    }
                };
                text += &format!("{cell},{cycle},{target},{}\n", target * (1.0 + deviation));
            }
        }
    }
    let options = FitOptions {
        acceptance: Some(AcceptanceWindow::PercentOfTarget(WIDTH)),
        write_law: Some(WriteNoiseKind::Relative),
        only: vec![Mechanism::Window, Mechanism::Writes],
        window: Some((1.0, 1000.0)),
        resamples: 100,
        ..FitOptions::default()
    };
    let writes = Some(InputFile { name: "w.csv".to_owned(), bytes: text.into_bytes() });
    let report = fit(&FitInput { writes, ..FitInput::default() }, &options).expect("a fit");
    let notes = report.mechanism(Mechanism::Writes)?.notes.join("; ");
    Some((report.number(SIGMA).expect("a spread").clone(), notes))
}

/// Spreads from below the half width of the acceptance window to seven times that. Every table with an estimate has an interval, which misses in one of
/// 20 tables on average, plus four binomial standard errors. For wide spreads, up to half of the tables have no estimate: their intervals would hold the
/// spread as well, since they end at infinity, so that as many misses may be among the others.
#[test]
fn intervals_through_narrow_windows_hold() {
    for sigma in [2.0, 3.0, 5.0, 8.0, 20.0] {
        let found: Vec<(FittedNumber, String)> = (0..TABLES).filter_map(|seed| fitted(seed, sigma)).collect();
        let misses = found.iter().filter(|(number, told)| {
            let (low, high) = number.interval_95.expect("an interval");
            assert_eq!(told.contains("has no upper end"), high.is_infinite(), "{told}");
            !(low <= sigma && sigma <= high)
        });
        let (misses, tables) = (misses.count() as f64, TABLES as f64);
        assert!(misses <= 0.05 * tables + 4.0 * (0.0475 * tables).sqrt(), "{sigma}: {misses}");
        assert!(found.len() as f64 > 0.35 * tables, "{sigma}: {}", found.len());
    }
}

/// Of even writes, half of the tables have a mean square below that of an even distribution, and an estimate. 2.5 % bound it from above by chance, plus four
/// binomial standard errors.
#[test]
fn even_writes_are_bounded_from_below_only() {
    let found = (0..TABLES).filter_map(|seed| fitted(seed, 1e4));
    let bounded = found.filter(|(number, _)| number.interval_95.is_some_and(|(_, high)| high.is_finite())).count();
    assert!(bounded as f64 <= 0.025 * TABLES as f64 + 4.0 * (0.0244 * TABLES as f64).sqrt(), "{bounded}");
}
