//! Tests of the answer of a row.

use ohmspike_analysis::limit::{Criterion, Effort, Levels};

use super::super::swept::{AskedKey, AskedLevels, Swept};
use super::*;

/// Runs `end`, a function of the noise (0 in the reference) and of the seed.
struct Double<F: Fn(f64, u64) -> TrialEnd>(F);

impl<F: Fn(f64, u64) -> TrialEnd> Trials for Double<F> {
    fn run(&mut self, _: &AskedTrials, jobs: &[Job]) -> Result<Ended, LimitError> {
        Ok(Ended::All(jobs.iter().map(|job| (self.0)(job.settings.noise.level_percent, job.seed)).collect()))
    }
}

struct Answer {
    bounds: [Option<usize>; 2],
    verdict: Option<Verdict>,
    withheld: String,
    notes: Vec<String>,
}

/// Levels 1, 3, 10, 30 and 100 % of noise, with 75 % required; seeds from 1, those of tests from 5.
fn asked(statistic: Statistic, end: impl Fn(f64, u64) -> TrialEnd) -> Answer {
    asked_for(Target::Accuracy(0.75), statistic, end)
}

fn asked_for(target: Target, statistic: Statistic, end: impl Fn(f64, u64) -> TrialEnd) -> Answer {
    let levels = AskedLevels::List(vec![1.0, 3.0, 10.0, 30.0, 100.0]);
    let asked = AskedKey { key: "noise.level_percent".to_owned(), levels, direction: None };
    let settings = Settings::default();
    let swept = Swept::new(&asked, &settings, None, 0.05).expect("a valid key");
    let row = Row::alone(&swept, &[], &settings).expect("a valid row");
    let criterion = Criterion { target, statistic, confidence: 0.8, chance: 0.1 };
    let effort = Effort { first_seed: 1, ..Effort::default() };
    let procedure = Procedure::new(Levels::clone(&row.levels), criterion, effort).expect("a valid criterion");
    match find(&row, &Numbers::default(), &procedure, statistic, &mut Double(end)).expect("doubles run") {
        Found::Answer { limit, withheld, notes, .. } => Answer {
            bounds: limit.as_ref().map_or([None, None], |limit| [limit.certified, limit.refuted]),
            verdict: limit.map(|limit| limit.verdict),
            withheld: withheld.unwrap_or_default(),
            notes,
        },
        Found::Stopped(_) => panic!("nothing stops"),
    }
}

/// 0.2 points per % of noise, from 80 %: 75 % at 25 %.
fn end(noise: f64, seed: u64) -> TrialEnd {
    TrialEnd { outcome: Some(0.8 - 0.002 * noise.min(300.0) + 0.001 * (seed % 3) as f64), ..TrialEnd::default() }
}

fn with(end: TrialEnd, state: &str, effect: Effect) -> TrialEnd {
    let problem = Problem { state: state.to_owned(), effect, advice: format!("mend {state}") };
    TrialEnd { problem: Some(problem), ..end }
}

#[test]
fn unhealthy_trials_refute_nothing() {
    let clipped = |noise, seed| match end(noise, seed) {
        end if noise >= 30.0 && seed % 2 == 0 => with(end, "clipped", Effect::Excludes),
        end => end,
    };
    let answer = asked(Statistic::Mean, clipped);
    assert_eq!((answer.bounds, answer.verdict), ([Some(2), None], Some(Verdict::NotRefuted)));
    assert_eq!(answer.withheld, "");
    let note = "the refutation of 30 is withheld: 4 of its 8 repeats are clipped; mend clipped";
    assert_eq!(answer.notes, [note]);
    // A trial that is not converged keeps its accuracy, which passes here, so no level is refuted by its health.
    let answer = asked(Statistic::Mean, |noise, seed| match end(noise / 100.0, seed) {
        end if noise >= 30.0 => with(end, "not converged", Effect::Unfinished),
        end => end,
    });
    assert_eq!((answer.bounds, answer.withheld.as_str()), ([Some(1), None], ""));
    let notes = [100, 30].map(|level| {
        format!("the certificate of {level} is withheld: 8 of its 8 repeats are not converged; mend not converged")
    });
    assert_eq!(answer.notes[..2], notes);
}

#[test]
fn diverged_and_silenced_networks_have_failed() {
    for effect in [Effect::Failed, Effect::Counts] {
        let answer = asked(Statistic::Mean, |noise, seed| match end(noise, seed) {
            end if noise < 30.0 => end,
            _ => {
                let outcome = (effect == Effect::Counts).then_some(0.1);
                with(TrialEnd { outcome, ..TrialEnd::default() }, "gone", effect)
            }
        });
        assert_eq!((answer.bounds, answer.notes), ([Some(2), Some(3)], Vec::new()), "{effect:?}");
    }
}

#[test]
fn one_unhealthy_chip_may_have_failed() {
    let chips = |most: u64| {
        asked(Statistic::Chips(0.8), move |noise, seed| match end(noise, seed) {
            end if noise == 10.0 && (5..5 + most).contains(&seed) => with(end, "clipped", Effect::Excludes),
            end => end,
        })
    };
    assert_eq!(chips(1).bounds, [Some(2), Some(3)]);
    let two = chips(2);
    // The next milder level is certified instead.
    assert_eq!(two.bounds, [Some(1), Some(3)]);
    assert!(two.notes[0].starts_with("the certificate of 10 is withheld: 2 of its "), "{:?}", two.notes);
}

/// A network at chance allows no loss, so no smaller loss is advised.
#[test]
fn a_reference_at_chance_gets_no_number() {
    let untrained = |_, seed| TrialEnd { outcome: Some(0.06 + 0.001 * seed as f64), ..TrialEnd::default() };
    for target in [Target::Loss(0.02), Target::Accuracy(0.75)] {
        let answer = asked_for(target, Statistic::Mean, untrained);
        assert!(answer.withheld.contains("reaches 6.25 % (mean of 4 repeats"), "{}", answer.withheld);
        assert!(answer.withheld.contains("\n\nhint: train a network that learns"), "{}", answer.withheld);
        assert!(!answer.withheld.contains("less than"), "{}", answer.withheld);
    }
}

/// A network of its own for every level and seed, with an accuracy that small test sets give to many.
fn tied(outcome: f64, samples: u64) -> impl Fn(f64, u64) -> TrialEnd {
    move |noise, seed| TrialEnd {
        outcome: Some(outcome),
        fingerprint: noise.to_bits() ^ seed,
        samples,
        ..TrialEnd::default()
    }
}

#[test]
fn equal_accuracies_of_different_networks_are_no_copies() {
    // 28 of 30 samples, at every level: no limit.
    for statistic in [Statistic::Mean, Statistic::Chips(0.8)] {
        let answer = asked(statistic, tied(28.0 / 30.0, 30));
        assert_eq!((answer.verdict, answer.withheld.as_str()), (Some(Verdict::NoLimit), ""), "{statistic:?}");
        assert!(answer.notes.is_empty(), "{:?}", answer.notes);
    }
}

/// 28 of 30 samples in all repeats is 93.3 %, 0.3 points above the target, but other repeats may have 27.
#[test]
fn a_mean_without_spread_is_known_to_one_sample() {
    let answer = asked_for(Target::Accuracy(0.93), Statistic::Mean, tied(28.0 / 30.0, 30));
    assert_eq!(answer.bounds, [None, None]);
    let why = "its 8 repeats give exactly the same value, less than one of 30 test samples from the target";
    assert!(answer.withheld.contains(why), "{}", answer.withheld);
    assert!(answer.withheld.ends_with("hint: use a test set with more samples"), "{}", answer.withheld);
}

/// Every repeat loses 3 of 60 samples, 5 points, from an accuracy of its own: the losses differ by rounding only.
#[test]
fn losses_without_spread_are_known_to_one_sample() {
    let end = |noise: f64, seed: u64| {
        let (kept, lost) = (44 + 5 * (seed % 3), if noise > 0.0 { 3 } else { 0 });
        TrialEnd { outcome: Some((kept - lost) as f64 / 60.0), ..tied(0.0, 60)(noise, seed) }
    };
    let answer = asked_for(Target::Loss(0.06), Statistic::Mean, end);
    assert_eq!(answer.bounds, [None, None]);
    assert!(answer.withheld.contains("less than one of 60 test samples from the target"), "{}", answer.withheld);
}

#[test]
fn perfect_networks_have_no_limit() {
    let perfect = tied(1.0, 100);
    let answer = asked(Statistic::Mean, perfect);
    assert_eq!((answer.verdict, answer.withheld.as_str()), (Some(Verdict::NoLimit), ""));
    assert!(answer.notes.is_empty(), "{:?}", answer.notes);
    // Equal below the reference: one network.
    let answer =
        asked(Statistic::Mean, |noise, _| TrialEnd { outcome: Some(0.8 - 0.001 * noise), ..TrialEnd::default() });
    assert_eq!(answer.notes, [COPIES]);
}
