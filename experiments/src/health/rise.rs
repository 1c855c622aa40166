//! Whether an outcome still rises within the epochs over which it is the mean.
//!
//! ```text
//! rise = mean of the last third - mean of the first third of the window          one a trial
//! over n seeds:   t = mean rise / se,   se = sd / sqrt(n),   p = P(T > t), T of Student with n - 1 degrees of freedom
//! of one trial:   se = sqrt(2 s²/k), s² the pooled variance of the k epochs of both thirds, 2 (k - 1) degrees of freedom
//! ```
//!
//! A condition still rises where p is below 2.3 %, which is two standard errors of a normal distribution; with few seeds that
//! takes more. Where a study has many conditions, p is held against the step-up bounds of Benjamini and Hochberg (1995), so
//! that at most that share of those named has come to rest. One trial alone is judged at one in a thousand, since epochs that
//! follow each other are not independent.
//!
//! A rise also has to matter. The mean of a window lies about half a rise below its end: 10 % of the accuracy above chance
//! moves an outcome by about the 5 % that the usual question asks about. Windows under six epochs, or nine for one trial,
//! are not judged: a third would be a single test, or two.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::settings::Settings;
use crate::sheet::significant;

/// Probability of more than two standard errors above the mean, of a normal distribution.
const TWO_ERRORS: f64 = 0.022_750;
/// The same bound for one trial alone.
const ONE_TRIAL: f64 = 0.001;
/// Least epochs of a third, over seeds and of one trial.
const LEAST_THIRD: (usize, usize) = (2, 3);
/// Least rise that matters: a share of the accuracy above chance, and an accuracy.
const LEAST_RISE: (f64, f64) = (0.1, 0.02);

/// An outcome that still rises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rise {
    /// Mean accuracy of the first third of the window, 0 to 1.
    pub first_third: f64,
    /// That of the last third.
    pub last_third: f64,
    /// Standard error of the difference.
    pub standard_error: f64,
    /// Epochs of the window.
    pub epochs: usize,
}

/// A rise, and how probable one as clear is by chance.
type Tested = (Rise, f64);

impl Rise {
    pub(super) fn advice(settings: &Settings) -> String {
        format!("train longer: raise `training.epochs` above {}", settings.preset().epochs)
    }

    /// Whether it moves the answer, where guessing reaches `chance`.
    fn matters(&self, chance: f64) -> bool {
        let outcome = (self.first_third + self.last_third) / 2.0;
        self.last_third - self.first_third > (LEAST_RISE.0 * (outcome - chance)).max(LEAST_RISE.1)
    }
}

impl Display for Rise {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| significant(100.0 * share);
        write!(
            formatter,
            "the test accuracy still rises, from {} % in the first third of the last {} epochs to {} % in the last third (standard error {})",
            percent(self.first_third),
            self.epochs,
            percent(self.last_third),
            percent(self.standard_error)
        )
    }
}

/// Why nobody can tell from trials with `settings` whether they have converged: the window is too short. `seeds` of a
/// condition are judged together where there are several.
pub fn untested(settings: &Settings, seeds: usize) -> Option<String> {
    let window = settings.outcome.last_epochs.min(settings.preset().epochs);
    let least = 3 * if seeds > 1 { LEAST_THIRD.0 } else { LEAST_THIRD.1 };
    (window < least).then(|| {
        let epochs = if window == 1 { "epoch" } else { "epochs" };
        format!("convergence was not tested: the outcome covers {window} {epochs}, and the test takes {least} (`outcome.last_epochs`)")
    })
}

/// The rise of one trial whose accuracies in the window are these, where it is clear and matters.
pub fn within(window: &[f64], chance: f64) -> Option<Rise> {
    let third = window.len() / 3;
    if third < LEAST_THIRD.1 {
        return None;
    }
    let (first, last) = (&window[..third], &window[window.len() - third..]);
    let squares = |values: &[f64]| values.iter().map(|value| (value - mean(values)).powi(2)).sum::<f64>();
    let degrees = 2.0 * (third as f64 - 1.0);
    let variance = (squares(first) + squares(last)) / degrees;
    let standard_error = (2.0 * variance / third as f64).sqrt();
    let rise = Rise { first_third: mean(first), last_third: mean(last), standard_error, epochs: window.len() };
    (probability(&rise, degrees) < ONE_TRIAL && rise.matters(chance)).then_some(rise)
}

/// Which of the conditions of a study still rise: each is the windows of its seeds. None of one seed, whose trial speaks
/// for itself.
pub fn over_seeds(conditions: &[Vec<&[f64]>], chance: f64) -> Vec<Option<Rise>> {
    let tested: Vec<Option<Tested>> = conditions.iter().map(|windows| test(windows)).collect();
    let mut probabilities: Vec<f64> = tested.iter().flatten().map(|tested| tested.1).collect();
    probabilities.sort_by(f64::total_cmp);
    let count = probabilities.len() as f64;
    let within_bound = |(place, p): &(usize, &f64)| **p <= TWO_ERRORS * (place + 1) as f64 / count;
    let bound = probabilities.iter().enumerate().filter(within_bound).map(|(_, p)| *p).next_back();
    let clear = |(rise, p): Tested| bound.filter(|bound| p <= *bound && rise.matters(chance)).map(|_| rise);
    tested.into_iter().map(|tested| tested.and_then(clear)).collect()
}

/// The mean rise over the seeds of a condition; none of one seed, or of windows that are too short or of several lengths.
fn test(windows: &[&[f64]]) -> Option<Tested> {
    let epochs = windows.first()?.len();
    let third = epochs / 3;
    if windows.len() < 2 || third < LEAST_THIRD.0 || windows.iter().any(|window| window.len() != epochs) {
        return None;
    }
    let first: Vec<f64> = windows.iter().map(|window| mean(&window[..third])).collect();
    let last: Vec<f64> = windows.iter().map(|window| mean(&window[epochs - third..])).collect();
    let rises: Vec<f64> = first.iter().zip(&last).map(|(first, last)| last - first).collect();
    let (n, middle) = (rises.len() as f64, mean(&rises));
    let variance = rises.iter().map(|rise| (rise - middle).powi(2)).sum::<f64>() / (n - 1.0);
    let standard_error = (variance / n).sqrt();
    let rise = Rise { first_third: mean(&first), last_third: mean(&last), standard_error, epochs };
    let p = probability(&rise, n - 1.0);
    Some((rise, p))
}

/// Probability of a rise as many standard errors above 0, where there is none.
fn probability(rise: &Rise, degrees: f64) -> f64 {
    let height = rise.last_third - rise.first_third;
    if rise.standard_error == 0.0 {
        return if height > 0.0 { 0.0 } else { 1.0 };
    }
    let student = StudentsT::new(0.0, 1.0, degrees).expect("at least one degree of freedom");
    1.0 - student.cdf(height / rise.standard_error)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A window of six epochs that rises by `rise` from its first third to its last.
    fn window(rise: f64) -> Vec<f64> {
        vec![0.5, 0.5, 0.5, 0.5, 0.5 + rise, 0.5 + rise]
    }

    fn rising(conditions: &[&[f64]]) -> Vec<bool> {
        let windows: Vec<Vec<Vec<f64>>> =
            conditions.iter().map(|rises| rises.iter().map(|rise| window(*rise)).collect()).collect();
        let windows: Vec<Vec<&[f64]>> =
            windows.iter().map(|windows| windows.iter().map(Vec::as_slice).collect()).collect();
        over_seeds(&windows, 0.1).iter().map(Option::is_some).collect()
    }

    /// Rises of mean 0.1 and standard error s/2: t = 0.2 / s. Student with 3 degrees of freedom has 2.275 % above 3.307.
    #[test]
    fn two_standard_errors_are_those_of_few_seeds() {
        let around = |s: f64| [-1.5f64, -0.5, 0.5, 1.5].map(|z| 0.1 + s * z / (5.0f64 / 3.0).sqrt());
        assert_eq!(rising(&[&around(0.2 / 3.32)]), [true]);
        assert_eq!(rising(&[&around(0.2 / 3.29)]), [false]);
    }

    #[test]
    fn a_rise_matters_from_a_tenth_of_the_accuracy_above_chance() {
        // Halfway between 0.5 and 0.5 + r the accuracy above chance is 0.4 + r/2: a tenth of it is r at r = 0.04 / 0.95.
        assert_eq!(rising(&[&[0.0422, 0.0422, 0.0423]]), [true]);
        assert_eq!(rising(&[&[0.0420, 0.0420, 0.0421]]), [false]);
        assert_eq!(rising(&[&[-0.1, -0.1, -0.1]]), [false], "what falls has been trained enough");
    }

    /// t is 9.9 on one degree of freedom, p = 3.2 %, above the bound; on two, p = 0.5 %.
    #[test]
    fn of_many_conditions_at_rest_one_may_rise_by_accident() {
        let (rise, rest) = ([0.09, 0.1, 0.11], [-0.05, 0.0, 0.05]);
        assert_eq!(rising(&[&rise]), [true]);
        let mut conditions = vec![&rise[..]];
        conditions.extend(std::iter::repeat_n(&rest[..], 30));
        // t = 17.3 on two degrees of freedom: p = 0.17 %, against a bound of 2.3 % / 31 = 0.07 %.
        assert!(!rising(&conditions).contains(&true));
        let all = vec![&rise[..]; 31];
        assert!(rising(&all).iter().all(|rising| *rising), "a study that rises as a whole is told as a whole");
    }

    #[test]
    fn short_windows_and_single_seeds_are_not_judged() {
        let short: Vec<&[f64]> = vec![&[0.1, 0.2, 0.3, 0.4, 0.5]; 4];
        assert_eq!(over_seeds(&[short], 0.1), [None]);
        let single: Vec<&[f64]> = vec![&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]];
        assert_eq!(over_seeds(&[single, Vec::new()], 0.1), [None, None]);
    }

    #[test]
    fn one_trial_is_judged_by_its_epochs() {
        let line = |slope: f64| (0..9).map(|epoch| 0.3 + slope * f64::from(epoch)).collect::<Vec<f64>>();
        // Thirds lie six epochs apart; within them s = slope, so that t = 6 / sqrt(2/3) = 7.3: p = 0.09 % on four degrees.
        assert!(within(&line(0.02), 0.1).is_some());
        assert_eq!(within(&line(0.02)[..8], 0.1), None, "too short");
        assert_eq!(within(&line(0.003), 0.1), None, "rises by too little to matter");
        let rough = [0.3, 0.5, 0.3, 0.5, 0.3, 0.5, 0.4, 0.6, 0.4];
        assert_eq!(within(&rough, 0.1), None);
    }
}
