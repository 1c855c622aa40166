//! Simulates, with fixed seeds, how often a limit claims too much or too little, and the trials that it takes.
//!
//! Outcomes are those of networks with known accuracy at each level: a common shift of each seed, normal with a
//! standard deviation of 0.6 points, and the spread of each trial, normal with 1 point. A certificate claims too much
//! if its level misses the criterion; a refutation claims too little if its level meets it.
//!
//! A run claims too much with an unknown probability q. [`assert_rare`] requires the exact upper bound of q at 95 %
//! confidence (Clopper and Pearson) to be at most 5 %: with 1000 runs, at most 38 wrong ones, since
//! P(X <= 38; 1000, 0.05) = 0.043 and P(X <= 39; 1000, 0.05) = 0.059. [`assert_consistent`] applies where q is 5 % by
//! construction: P(X >= wrong; 1000, 0.05) must be at least 0.001, so at most 73 wrong ones.

use ohmspike_analysis::limit::{
    Attempt, Batch, Condition, Criterion, Direction, Effort, Evidence, Known, Levels, Limit, Outcome, Procedure,
    Statistic, Step, Target, Training, Trial, Verdict,
};
use ohmspike_rng::Seed;
use ohmspike_stats::binomial::{at_least, upper_bound};
use ohmspike_stats::bound::normal_quantile_above;

const RUNS: u64 = 1000;
const ALPHA: f64 = 0.05;
/// Accuracy of the noise-free network, and chance.
const CLEAN: f64 = 0.8;
const CHANCE: f64 = 0.1;
/// The default, with the chips of an attempt in one batch.
const EFFORT: Effort = Effort {
    search_seeds: 4,
    mean_seeds: 8,
    allowed_failures: 1,
    attempts: 6,
    short_training: false,
    chips_per_batch: 1000,
    first_seed: 0,
    fresh_from: 0,
};
/// Spread of a trial, and of the common shift of a seed.
const SPREAD: f64 = 0.01;
const OF_SEED: f64 = 0.006;

/// Distribution of trials about their mean, with standard deviation 1.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Normal,
    /// With a lower tail: minus a sum of this many exponentials; skewness -2 / sqrt(count).
    Tailed(u32),
}

impl Shape {
    fn draw(self, seed: Seed) -> f64 {
        let mut stream = seed.stream();
        let mut uniform = || (f64::from(stream.bounded(1 << 30)) + 0.5) / f64::from(1u32 << 30);
        match self {
            // Box and Muller (1958).
            Shape::Normal => {
                let (radius, angle) = (uniform(), uniform());
                (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
            }
            Shape::Tailed(count) => {
                let sum: f64 = (0..count).map(|_| -uniform().ln()).sum();
                (f64::from(count) - sum) / f64::from(count).sqrt()
            }
        }
    }
}

/// Simulated networks.
struct Networks<'a> {
    /// Mean accuracy at a level, by its index.
    mean: &'a dyn Fn(usize) -> f64,
    shape: Shape,
    /// Draws of this run.
    draws: Seed,
}

impl Networks<'_> {
    fn outcome(&self, trial: Trial) -> Outcome {
        let draws = self.draws.numbered(trial.seed);
        let (mean, own) = match trial.condition {
            Condition::Reference => (CLEAN, draws.named("reference")),
            Condition::Level(level) => ((self.mean)(level), draws.numbered(level as u64)),
        };
        // Short training costs five points and leaves other draws.
        let (cost, own) = match trial.training {
            Training::Full => (0.0, own),
            Training::Short => (0.05, own.named("short")),
        };
        let shift = OF_SEED * Shape::Normal.draw(draws.named("shift"));
        Outcome::Accuracy((mean - cost + shift + SPREAD * self.shape.draw(own)).clamp(0.0, 1.0))
    }

    /// Outcomes that mislead the search: its seeds are good up to level 70, whatever the mean.
    fn misleading(&self, trial: Trial) -> Outcome {
        match trial.condition {
            _ if trial.seed >= EFFORT.search_seeds => self.outcome(trial),
            Condition::Level(level) if level > 70 => Outcome::Accuracy(0.6),
            _ => Outcome::Accuracy(0.75),
        }
    }
}

/// Runs all batches as they are.
fn limit(procedure: &Procedure, outcome: impl Fn(Trial) -> Outcome) -> Limit {
    let mut known = Known::new();
    loop {
        match procedure.next(&known) {
            Step::Done(limit) => return limit,
            Step::Run(batch) => known.extend(batch.trials.into_iter().map(|trial| (trial, outcome(trial)))),
        }
    }
}

/// A criterion with levels and the accuracy at each value.
struct Case<'a> {
    name: &'a str,
    levels: Levels,
    target: Target,
    statistic: Statistic,
    mean: fn(f64) -> f64,
    shape: Shape,
    short_training: bool,
}

/// Number of runs with an answer and with a wrong one, and mean trials.
#[derive(Debug, Default)]
struct Tally {
    certified: u64,
    too_much: u64,
    refuted: u64,
    too_little: u64,
    /// Of the noise-free network, of the search, to certify, to refute.
    trials: [f64; 4],
}

impl Case<'_> {
    /// Returns the true margin at a level: of the mean, or of the worst chip that counts.
    fn margin(&self, level: usize) -> f64 {
        let mean = (self.mean)(self.levels.values()[level]);
        let (margin, spread) = match self.target {
            Target::Accuracy(threshold) => (mean - threshold, SPREAD.hypot(OF_SEED)),
            Target::Loss(allowed) => (allowed - (CLEAN - mean), SPREAD.hypot(SPREAD)),
        };
        margin - quantile(self.statistic) * spread
    }

    fn tally(&self) -> Tally {
        let effort = Effort { short_training: self.short_training, ..EFFORT };
        let procedure = procedure(self.levels.clone(), self.target, self.statistic, effort);
        let mean = |level: usize| (self.mean)(self.levels.values()[level]);
        let mut tally = Tally::default();
        for run in 0..RUNS {
            let draws = Seed::new(16).named(self.name).numbered(run);
            let networks = Networks { mean: &mean, shape: self.shape, draws };
            let limit = limit(&procedure, |trial| networks.outcome(trial));
            tally.certified += u64::from(limit.certified.is_some());
            tally.too_much += u64::from(limit.certified.is_some_and(|level| self.margin(level) < 0.0));
            tally.refuted += u64::from(limit.refuted.is_some());
            tally.too_little += u64::from(limit.refuted.is_some_and(|level| self.margin(level) >= 0.0));
            for (sum, count) in tally.trials.iter_mut().zip(trials(&limit)) {
                *sum += count as f64 / RUNS as f64;
            }
        }
        tally
    }

    /// Requires rare errors, answers in at least nine of ten runs, and a mean number of trials of at most `trials`.
    #[track_caller]
    fn check(&self, trials: f64) {
        let tally = self.tally();
        assert_rare(tally.too_much, self.name);
        assert_rare(tally.too_little, self.name);
        assert!(tally.certified.min(tally.refuted) >= RUNS * 9 / 10, "{}: {tally:?}", self.name);
        assert!(tally.trials.iter().sum::<f64>() <= trials, "{}: {tally:?}", self.name);
    }
}

fn procedure(levels: Levels, target: Target, statistic: Statistic, effort: Effort) -> Procedure {
    let criterion = Criterion { target, statistic, confidence: 1.0 - ALPHA, chance: CHANCE };
    Procedure::new(levels, criterion, effort).expect("a procedure")
}

/// Returns the distance of the worst chip that counts from the mean, in standard deviations of a normal distribution.
fn quantile(statistic: Statistic) -> f64 {
    match statistic {
        Statistic::Mean => 0.0,
        Statistic::Chips(fraction) => normal_quantile_above(1.0 - fraction),
    }
}

/// Counts the trials of a limit by purpose: noise-free, search, certify, refute.
fn trials(limit: &Limit) -> [usize; 4] {
    let taken = |attempt: &Attempt| match attempt.evidence {
        Evidence::Mean { seeds, .. } => seeds as usize,
        Evidence::Chips { chips, .. } => chips as usize,
    };
    let [certify, refute] =
        [&limit.certifications, &limit.refutations].map(|attempts| attempts.iter().map(taken).sum());
    let at_levels: usize = limit.trials.total() - limit.trials.reference;
    [limit.trials.reference, at_levels - certify - refute, certify, refute]
}

#[track_caller]
fn assert_rare(wrong: u64, what: &str) {
    let bound = upper_bound(wrong, RUNS, 0.05);
    assert!(bound <= ALPHA, "{what}: {wrong} of {RUNS} runs are wrong; the upper bound of their fraction is {bound}");
}

#[track_caller]
fn assert_consistent(wrong: u64, what: &str) {
    let p = at_least(wrong, RUNS, ALPHA);
    assert!(p >= 0.001, "{what}: {wrong} of {RUNS} runs are wrong; p = {p} at {ALPHA}");
}

/// Noise in per cent: 70 % accuracy at 22.1 %, two points below noise-free at 9.0 %.
fn noise(x: f64) -> f64 {
    CHANCE + (CLEAN - CHANCE) / (1.0 + (x / 60.0).powf(1.8))
}

/// Size of a window: as noise, the other way round.
fn window(x: f64) -> f64 {
    noise(100.0 / x)
}

/// Bits of a converter: each one less doubles the loss.
fn bits(x: f64) -> f64 {
    (CLEAN - 0.6 * (-x).exp2()).max(CHANCE)
}

fn percent() -> Levels {
    Levels::geometric(1.0, 100.0, 0.05, Direction::LargerIsWorse).expect("levels")
}

fn sizes() -> Levels {
    Levels::geometric(1.0, 100.0, 0.05, Direction::SmallerIsWorse).expect("levels")
}

fn converters() -> Levels {
    Levels::integers(1, 12, Direction::SmallerIsWorse).expect("levels")
}

fn listed() -> Levels {
    Levels::list(&[0.0, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0], Direction::LargerIsWorse).expect("levels")
}

const ACCURACY: Target = Target::Accuracy(0.7);

/// Returns a case with normal outcomes and full training.
fn case(name: &str, levels: Levels, target: Target, statistic: Statistic, mean: fn(f64) -> f64) -> Case<'_> {
    Case { name, levels, target, statistic, mean, shape: Shape::Normal, short_training: false }
}

#[test]
fn limits_of_a_mean_rarely_claim_too_much() {
    case("noise, accuracy", percent(), ACCURACY, Statistic::Mean, noise).check(53.0);
    case("noise, loss", percent(), Target::Loss(0.02), Statistic::Mean, noise).check(88.0);
    case("window, accuracy", sizes(), ACCURACY, Statistic::Mean, window).check(53.0);
    case("bits, loss", converters(), Target::Loss(0.02), Statistic::Mean, bits).check(70.0);
    case("list, accuracy", listed(), ACCURACY, Statistic::Mean, noise).check(42.0);
}

#[test]
fn limits_of_chips_rarely_claim_too_much() {
    let [most, nearly_all] = [0.9, 0.95].map(Statistic::Chips);
    case("chips, noise, accuracy", percent(), ACCURACY, nearly_all, noise).check(265.0);
    case("chips, noise, loss", percent(), Target::Loss(0.05), most, noise).check(335.0);
    case("chips, window, accuracy", sizes(), ACCURACY, nearly_all, window).check(265.0);
    case("chips, bits, loss", converters(), Target::Loss(0.05), nearly_all, bits).check(385.0);
    case("chips, list, accuracy", listed(), ACCURACY, nearly_all, noise).check(190.0);
}

#[test]
fn short_training_and_lower_tails_leave_errors_rare() {
    let case = |name| case(name, percent(), ACCURACY, Statistic::Mean, noise);
    Case { short_training: true, ..case("short") }.check(62.0);
    Case { shape: Shape::Tailed(9), ..case("tailed") }.check(55.0);
    Case { shape: Shape::Tailed(1), ..case("exponential") }.check(55.0);
}

/// Counts false certificates in the worst case: the search is misled, and every level misses the criterion by next to
/// nothing. All attempts run.
fn misled(name: &str, statistic: Statistic, shape: Shape) -> u64 {
    let procedure = procedure(percent(), ACCURACY, statistic, EFFORT);
    let mean = |_| 0.7 + quantile(statistic) * SPREAD.hypot(OF_SEED) - 1e-9;
    let is_wrong = |run: &u64| {
        let networks = Networks { mean: &mean, shape, draws: Seed::new(16).named(name).numbered(*run) };
        let limit = limit(&procedure, |trial| networks.misleading(trial));
        assert!(limit.certified.is_some() || limit.certifications.len() == EFFORT.attempts as usize);
        limit.certified.is_some()
    };
    (0..RUNS).filter(is_wrong).count() as u64
}

#[test]
fn attempts_share_one_alpha_however_wrong_the_search() {
    assert_consistent(misled("misled", Statistic::Mean, Shape::Normal), "mean");
    assert_consistent(misled("misled chips", Statistic::Chips(0.95), Shape::Normal), "chips");
}

/// The t test is not exact for lower tails. These fractions are measured, with three standard errors; the documentation
/// of the procedure states them.
#[test]
fn lower_tails_exceed_alpha_in_the_worst_case_only() {
    for (count, measured) in [(9, 0.076), (1, 0.148)] {
        let wrong = misled("misled tail", Statistic::Mean, Shape::Tailed(count)) as f64 / RUNS as f64;
        let error = 3.0 * (measured * (1.0 - measured) / RUNS as f64).sqrt();
        assert!((wrong - measured).abs() <= error, "{count}: {wrong}");
    }
}

/// Curves that cross the threshold many times, differently in each run.
#[test]
fn curves_that_are_not_monotone_yield_no_false_certificates() {
    for (name, statistic) in [("waves", Statistic::Mean), ("waves of chips", Statistic::Chips(0.9))] {
        let procedure = procedure(percent(), ACCURACY, statistic, EFFORT);
        let threshold = 0.7 + quantile(statistic) * SPREAD.hypot(OF_SEED);
        let mut wrong = [0; 2];
        for run in 0..RUNS {
            let draws = Seed::new(16).named(name).numbered(run);
            let [phase, length] = ["phase", "length"].map(|name| Shape::Normal.draw(draws.named(name)));
            let mean = |level: usize| {
                let wave = (3.0 * phase + level as f64 / (3.0 + length.abs())).sin();
                threshold + 0.02 * wave + 0.01 - 0.02 * level as f64 / 95.0
            };
            let networks = Networks { mean: &mean, shape: Shape::Normal, draws };
            let limit = limit(&procedure, |trial| networks.outcome(trial));
            wrong[0] += u64::from(limit.certified.is_some_and(|level| mean(level) < threshold));
            wrong[1] += u64::from(limit.refuted.is_some_and(|level| mean(level) >= threshold));
        }
        wrong.into_iter().for_each(|wrong| assert_rare(wrong, name));
    }
}

/// Returns some of the trials of a batch, at least one.
fn part(batch: Batch, draws: Seed) -> Vec<Trial> {
    let mut stream = draws.stream();
    let mut kept = batch.trials;
    let first = kept.remove(stream.bounded(kept.len() as u32) as usize);
    kept.retain(|_| stream.bounded(2) == 0);
    kept.push(first);
    kept
}

/// Shards finish parts of a batch in any order, and earlier runs leave outcomes that nothing asks for.
#[test]
fn limits_do_not_depend_on_the_order_of_trials() {
    for statistic in [Statistic::Mean, Statistic::Chips(0.9)] {
        let effort = Effort { short_training: true, chips_per_batch: 7, ..EFFORT };
        let procedure = procedure(percent(), Target::Loss(0.03), statistic, effort);
        let mean = |level: usize| noise(procedure.levels().values()[level]);
        for run in 0..20 {
            let draws = Seed::new(16).named("order").numbered(run);
            let networks = Networks { mean: &mean, shape: Shape::Normal, draws };
            let with_outcome = |trial: Trial| (trial, networks.outcome(trial));
            let earlier = (0..95).step_by(3).flat_map(|level| {
                (0..40).map(move |seed| Trial { condition: Condition::Level(level), seed, training: Training::Full })
            });
            let mut known: Known = earlier.map(with_outcome).collect();
            let mut step = 0;
            let in_parts = loop {
                step += 1;
                match procedure.next(&known) {
                    Step::Done(limit) => break limit,
                    Step::Run(batch) => known.extend(part(batch, draws.numbered(step)).into_iter().map(with_outcome)),
                }
            };
            assert_eq!(in_parts, limit(&procedure, |trial| networks.outcome(trial)));
        }
    }
}

/// A key without effect, one that always fails, and a network that misses the criterion by itself.
#[test]
fn verdicts_name_limits_outside_the_range() {
    let found = |target, mean: &dyn Fn(usize) -> f64| {
        let networks = Networks { mean, shape: Shape::Normal, draws: Seed::new(16).named("outside") };
        limit(&procedure(percent(), target, Statistic::Mean, EFFORT), |trial| networks.outcome(trial))
    };
    let flat = found(Target::Loss(0.05), &|_| CLEAN);
    assert_eq!((flat.verdict, flat.certified, flat.refuted, flat.unchanged), (Verdict::NoLimit, Some(95), None, false));
    let bad = found(ACCURACY, &|_| 0.5);
    assert_eq!((bad.verdict, bad.certified, bad.refuted), (Verdict::FailsEverywhere, None, Some(0)));
    let missed = found(Target::Accuracy(0.85), &|_| CLEAN);
    assert_eq!((missed.verdict, missed.trials.total(), missed.searched.len()), (Verdict::BaselineMisses, 4, 0));
    let dip = found(ACCURACY, &|level| if (40..60).contains(&level) { 0.5 } else { CLEAN });
    assert!(dip.verdict == Verdict::Bracketed && dip.certified < Some(40) && dip.dip.is_some(), "{dip:?}");

    let loss = procedure(percent(), Target::Loss(0.02), Statistic::Mean, EFFORT);
    let unchanged = limit(&loss, |trial| Outcome::Accuracy(0.7 + 0.01 * (trial.seed % 3) as f64));
    assert!(unchanged.unchanged && unchanged.verdict == Verdict::NoLimit, "{unchanged:?}");
    let failed = limit(&loss, |trial| match trial.condition {
        Condition::Reference => Outcome::Accuracy(CLEAN),
        Condition::Level(_) => Outcome::Failed,
    });
    assert_eq!((failed.verdict, failed.refuted), (Verdict::FailsEverywhere, Some(0)));
    // Chance is within two points of this network.
    let at_chance = limit(&loss, |_| Outcome::Accuracy(0.11));
    assert_eq!(at_chance.verdict, Verdict::BaselineMisses);
}
