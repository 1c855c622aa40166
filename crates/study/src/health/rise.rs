//! Tests whether an outcome still rises within the epochs that it averages.
//!
//! ```text
//! rise = mean of the last third - mean of the first third of the window          per trial
//! over n seeds:   mean rise > 2 se,   se = sd / sqrt(n)
//! of one trial:   t = b / se(b) of the least-squares line a + b epoch through the k epochs of the window,
//!                 se(b) = sqrt(s² / Sxx),  s² = sum of squared residuals / (k - 2),  Sxx = sum of (epoch - mean epoch)²
//!                 p = P(T > t) < 0.1 %, T of Student with k - 2 degrees of freedom
//! ```
//!
//! One trial is tested with a line, because the change within each third is not noise. Its level is strict: successive
//! epochs are not independent. Seeds are independent, but the standard error of two is itself very uncertain. So a
//! condition overrides its trials and counts as converged only from three seeds on, and only if fewer than half of its
//! trials clearly rise.
//!
//! A rise must also matter. The mean of a window is about half a rise below its end: 10 % of the accuracy above chance
//! moves an outcome by about 5 %, the usual tolerance. A rise of a third of the accuracy above chance is reported
//! whatever its error: such a mean is not that of a converged network. Windows under six epochs are not tested: a third
//! would be a single test.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::settings::Settings;
use crate::significant::significant;
use ohmspike_stats::MIN_REPEATS;

/// Standard errors over seeds that a rise must exceed.
const ERRORS: f64 = 2.0;
/// Significance level for the line of one trial; strict, since its epochs are not independent.
const ONE_TRIAL: f64 = 0.001;
/// Smallest window, epochs: a third has two epochs, and the residuals of the line have four degrees of freedom.
const MIN_WINDOW: usize = 6;
/// Smallest rise that matters: as a fraction of the accuracy above chance, and as an accuracy.
const MIN_RISE: (f64, f64) = (0.1, 0.02);
/// Rise that is reported whatever its error: as a fraction of the accuracy above chance, and as an accuracy. 0.1 is
/// about three standard errors of chance with ten classes on 100 samples, sqrt(0.1 x 0.9 / 100).
const LARGE_RISE: (f64, f64) = (1.0 / 3.0, 0.1);

/// An outcome that still rises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Rise {
    /// Mean accuracy of the first third of the window, 0 to 1.
    pub first_third: f64,
    /// Mean accuracy of the last third, 0 to 1.
    pub last_third: f64,
    /// Standard error of the difference: over seeds, or of the line of one trial between the middles of both thirds.
    pub standard_error: f64,
    /// Length of the window, epochs.
    pub epochs: usize,
}

/// Joint result of the seeds of a condition.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Convergence {
    /// Not enough seeds: each trial is judged by itself.
    #[default]
    OfTrials,
    /// The seeds show no rise.
    AtRest,
    /// The outcome still rises.
    Rising(Rise),
}

impl Rise {
    pub(super) fn advice(settings: &Settings) -> String {
        let epochs = settings.training.epochs;
        format!("train longer: raise `training.epochs` to {} (now {epochs})", 2 * epochs)
    }

    fn height(&self) -> f64 {
        self.last_third - self.first_third
    }

    /// Whether the rise exceeds both a fraction of the accuracy above `chance` and an accuracy.
    fn exceeds(&self, (fraction, accuracy): (f64, f64), chance: f64) -> bool {
        let outcome = (self.first_third + self.last_third) / 2.0;
        self.height() > (fraction * (outcome - chance)).max(accuracy)
    }

    /// Whether the rise excludes the outcome from results, given chance. `clear` is the result of its
    /// significance test.
    fn is_reported(&self, clear: bool, chance: f64) -> bool {
        clear && self.exceeds(MIN_RISE, chance) || self.exceeds(LARGE_RISE, chance)
    }
}

impl Display for Rise {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let percent = |fraction: f64| significant(100.0 * fraction);
        write!(
            formatter,
            "the test accuracy rises from {} % in the first third of the last {} epochs to {} % in the last third \
             (standard error {} %)",
            percent(self.first_third),
            self.epochs,
            percent(self.last_third),
            percent(self.standard_error)
        )
    }
}

/// Returns why trials with `settings` cannot be tested for convergence: their window is too short.
pub fn untested(settings: &Settings) -> Option<String> {
    if settings.training.epochs == 0 {
        return Some("the network was not trained (`training.epochs = 0`)".to_owned());
    }
    let window = settings.outcome.last_epochs.min(settings.training.epochs);
    (window < MIN_WINDOW).then(|| {
        let epochs = if window == 1 { "epoch" } else { "epochs" };
        format!(
            "convergence was not tested: the outcome covers {window} {epochs}, and the test needs {MIN_WINDOW} \
                 (`outcome.last_epochs`)"
        )
    })
}

/// Returns the rise of one trial, given its accuracies in the window, if it is clear and matters, or is large.
pub fn within(window: &[f64], chance: f64) -> Option<Rise> {
    let (first_third, last_third) = thirds(window)?;
    let (k, middle) = (window.len() as f64, mean(window));
    let centred = |(epoch, accuracy): (usize, &f64)| (epoch as f64 - (k - 1.0) / 2.0, accuracy - middle);
    let points: Vec<(f64, f64)> = window.iter().enumerate().map(centred).collect();
    let sum = |of: fn(f64, f64) -> f64| points.iter().map(|&(x, y)| of(x, y)).sum::<f64>();
    let squares = sum(|x, _| x * x);
    let slope = sum(|x, y| x * y) / squares;
    let residuals = points.iter().map(|(x, y)| (y - slope * x).powi(2)).sum::<f64>();
    let slope_error = (residuals / (k - 2.0) / squares).sqrt();
    let between = (window.len() - window.len() / 3) as f64;
    let rise = Rise { first_third, last_third, standard_error: slope_error * between, epochs: window.len() };
    let clear = probability(slope, slope_error, k - 2.0) < ONE_TRIAL;
    rise.is_reported(clear, chance).then_some(rise)
}

/// Tests whether a condition still rises, given one window per seed. A single seed, windows that are too short, and
/// windows of different lengths give no joint result.
pub fn over_seeds(windows: &[&[f64]], chance: f64) -> Convergence {
    let epochs = windows.first().map_or(0, |window| window.len());
    let ends: Option<Vec<(f64, f64)>> = windows.iter().map(|window| thirds(window)).collect();
    let Some(ends) = ends.filter(|ends| ends.len() > 1 && windows.iter().all(|window| window.len() == epochs)) else {
        return Convergence::OfTrials;
    };
    let n = ends.len() as f64;
    let first_third = ends.iter().map(|ends| ends.0).sum::<f64>() / n;
    let last_third = ends.iter().map(|ends| ends.1).sum::<f64>() / n;
    let height = last_third - first_third;
    let squares = ends.iter().map(|(first, last)| (last - first - height).powi(2)).sum::<f64>();
    let standard_error = (squares / (n - 1.0) / n).sqrt();
    let rise = Rise { first_third, last_third, standard_error, epochs };
    if rise.is_reported(height > ERRORS * standard_error, chance) {
        return Convergence::Rising(rise);
    }
    let rising = windows.iter().filter(|window| within(window, chance).is_some()).count();
    match windows.len() < MIN_REPEATS || 2 * rising >= windows.len() {
        true => Convergence::OfTrials,
        false => Convergence::AtRest,
    }
}

/// Returns the means of the first and the last third of a window; none if it is too short.
fn thirds(window: &[f64]) -> Option<(f64, f64)> {
    let third = window.len() / 3;
    (window.len() >= MIN_WINDOW).then(|| (mean(&window[..third]), mean(&window[window.len() - third..])))
}

/// Probability of a slope this many standard errors above 0 if the true slope is 0.
fn probability(slope: f64, standard_error: f64, degrees: f64) -> f64 {
    if standard_error == 0.0 {
        return if slope > 0.0 { 0.0 } else { 1.0 };
    }
    let student = StudentsT::new(0.0, 1.0, degrees).expect("at least one degree of freedom");
    1.0 - student.cdf(slope / standard_error)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nine epochs with a nearly steady rise: the spread within its thirds is mostly the rise itself.
    const CLIMBING: [f64; 9] = [0.169, 0.214, 0.262, 0.255, 0.315, 0.347, 0.381, 0.402, 0.435];

    /// A window of six epochs that rises by `rise` from its first third to its last.
    fn window(rise: f64) -> [f64; 6] {
        [0.5, 0.5, 0.5 + rise / 2.0, 0.5 + rise / 2.0, 0.5 + rise, 0.5 + rise]
    }

    fn judged(windows: &[impl AsRef<[f64]>]) -> Convergence {
        over_seeds(&windows.iter().map(AsRef::as_ref).collect::<Vec<&[f64]>>(), 0.1)
    }

    fn rises(rises: &[f64]) -> bool {
        let windows: Vec<[f64; 6]> = rises.iter().map(|rise| window(*rise)).collect();
        matches!(judged(&windows), Convergence::Rising(_))
    }

    /// Four rises of mean 0.1 and standard deviation s have a standard error of s/2; two have half their difference.
    #[test]
    fn a_condition_rises_above_two_standard_errors() {
        let around = |s: f64| [-1.5f64, -0.5, 0.5, 1.5].map(|z| 0.1 + s * z / (5.0f64 / 3.0).sqrt());
        assert!(rises(&around(0.0999)) && !rises(&around(0.1001)));
        assert!(rises(&[0.09, 0.031]) && !rises(&[0.09, 0.029]));
    }

    #[test]
    fn a_rise_matters_from_a_tenth_of_the_accuracy_above_chance() {
        // Halfway between 0.5 and 0.5 + r the accuracy above chance is 0.4 + r/2: a tenth of it is r at r = 0.04 / 0.95.
        assert!(rises(&[0.0422, 0.0422, 0.0423]));
        assert!(!rises(&[0.0420, 0.0420, 0.0421]));
        assert!(!rises(&[-0.1, -0.1, -0.1]), "a falling accuracy is not a rise");
    }

    /// Rises of 0.1, 0.5 and 0.1 have a mean of 0.233, 1.75 standard errors; a third of the accuracy above chance is 0.172.
    #[test]
    fn reports_a_large_rise_whatever_its_error() {
        assert!(rises(&[0.1, 0.5, 0.1]));
        // Here the mean is 0.1 at the same relative error, and the third is 0.15.
        assert!(!rises(&[0.043, 0.214, 0.043]));
        // A jump is not a line: t = 2.96 on four degrees of freedom, p = 2 %.
        assert!(within(&[0.1, 0.1, 0.1, 0.1, 0.5, 0.5], 0.1).is_some());
        assert_eq!(within(&[0.5, 0.5, 0.5, 0.5, 0.6, 0.6], 0.1), None);
    }

    #[test]
    fn short_windows_and_single_seeds_give_no_joint_result() {
        assert_eq!(judged(&[[0.1, 0.2, 0.3, 0.4, 0.5]; 4]), Convergence::OfTrials);
        assert_eq!(judged(&[[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]]), Convergence::OfTrials);
        assert_eq!(judged(&[&CLIMBING[..], &CLIMBING[..8], &CLIMBING[..]]), Convergence::OfTrials);
        assert_eq!(over_seeds(&[], 0.1), Convergence::OfTrials);
    }

    #[test]
    fn finds_a_nearly_steady_rise_with_any_number_of_seeds() {
        let rise = within(&CLIMBING, 0.1).expect("a climb");
        assert!((rise.first_third - 0.215).abs() < 1e-12 && (rise.last_third - 0.406).abs() < 1e-12);
        assert!(within(&CLIMBING[3..], 0.1).is_some(), "the smallest window");
        for n in [2, 3] {
            let windows: Vec<Vec<f64>> = (0..n)
                .map(|seed| CLIMBING.iter().map(|at| at + 0.01 * f64::from(seed) * (at - 0.169)).collect())
                .collect();
            assert!(matches!(judged(&windows), Convergence::Rising(_)), "{n}");
        }
    }

    #[test]
    fn a_condition_counts_as_converged_from_three_seeds_on() {
        assert_eq!(judged(&[window(0.0); 2]), Convergence::OfTrials);
        assert_eq!(judged(&[window(0.0); 3]), Convergence::AtRest);
        // The mean is 0.06 and twice its error 0.127, but half of four trials rising is not an accident.
        let falling = window(-0.05);
        assert_eq!(judged(&[window(0.17), window(0.17), falling, falling]), Convergence::OfTrials);
        assert_eq!(judged(&[window(0.17), falling, falling, falling]), Convergence::AtRest);
    }

    #[test]
    fn tests_one_trial_with_a_line_through_its_epochs() {
        let line = |slope: f64| (0..9).map(|epoch| 0.3 + slope * f64::from(epoch)).collect::<Vec<f64>>();
        assert!(within(&line(0.02), 0.1).is_some());
        assert_eq!(within(&line(0.02)[..5], 0.1), None, "too short");
        assert_eq!(within(&line(0.003), 0.1), None, "too small to matter");
        let rough = [0.3, 0.5, 0.3, 0.5, 0.3, 0.5, 0.4, 0.6, 0.4];
        assert_eq!(within(&rough, 0.1), None);
    }

    /// Sxy = 0.35 and Sxx = 17.5, and the squared residuals sum to 0.0007.
    #[test]
    fn the_standard_error_is_that_of_least_squares() {
        // 0.3 + 0.02 epoch, with residuals of 0.01 (1, -2, 1, 1, -2, 1) / sqrt(12 / 7), orthogonal to the line.
        let by = 0.01 / (12.0f64 / 7.0).sqrt();
        let residuals = [1.0, -2.0, 1.0, 1.0, -2.0, 1.0];
        let window: Vec<f64> = (0..6).map(|at| 0.3 + 0.02 * at as f64 + by * residuals[at]).collect();
        // s² = 0.0007 / 4, se(b) = sqrt(s² / 17.5) = 0.003162; four epochs lie between the middles; t = 6.32: p = 0.16 %.
        assert_eq!(within(&window, 0.1), None);
        let steeper: Vec<f64> = window.iter().enumerate().map(|(at, value)| value + 0.01 * at as f64).collect();
        let rise = within(&steeper, 0.1).expect("t = 9.49, p = 0.03 %");
        assert!((rise.standard_error - 4.0 * 0.003_162_278).abs() < 1e-8);
    }

    /// Accuracies that scatter by 3 points, as on 100 test samples.
    fn at_rest(state: &mut u64) -> [f64; 6] {
        let mut uniform = || {
            // SplitMix64 (Steele, Lea and Flood 2014).
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        };
        // A sum of twelve variables of variance 1/12 is approximately normal.
        [(); 6].map(|()| 0.5 + 0.03 * ((0..12).map(|_| uniform()).sum::<f64>() - 6.0))
    }

    /// 2000 repeats each. One trial: 0.1 % is 2, and four standard deviations above is 7. Three seeds: the mean rise
    /// scatters by 0.03 / sqrt(3) and must exceed 0.04, 2.31 times as much: 1.04 % is 21, and four standard deviations
    /// above is 39.
    #[test]
    fn flat_noisy_curves_rarely_count_as_rising() {
        let mut state = 1;
        let alone = (0..2000).filter(|_| within(&at_rest(&mut state), 0.1).is_some()).count();
        assert!(alone <= 7, "{alone}");
        let mut three = || [(); 3].map(|()| at_rest(&mut state));
        let together = (0..2000).filter(|_| matches!(judged(&three()), Convergence::Rising(_))).count();
        assert!(together <= 39, "{together}");
    }
}
