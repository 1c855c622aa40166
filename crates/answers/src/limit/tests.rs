//! Tests of whole searches, with doubles for trials.

use std::slice::from_ref;

use ohmspike_analysis::limit::{Purpose, Target, Verdict};
use ohmspike_rng::Seed;
use ohmspike_study::run_study::Job;
use ohmspike_study::settings::Settings;

use crate::numbered::{Numbered, number_among};

use super::find::{AskedTrials, Effect, Ended, Problem, TrialEnd};
use super::*;

const STUDY: &str = "name = 'double'\n[network]\nhidden = 8\n[hardware]\ndevice = 'study-1k-1m'\n";

fn study(text: &str) -> Study {
    Study::parse("double.toml", text, &[]).expect("a valid study")
}

fn question(keys: &[&str], target: Target) -> Question {
    let keys = keys.iter().map(|key| AskedKey { key: (*key).to_owned(), ..AskedKey::default() });
    Question {
        keys: keys.collect(),
        target,
        statistic: Statistic::Mean,
        confidence: 0.95,
        resolution: 0.05,
        first_seed: 1,
        repeats: 8,
        short_epochs: None,
    }
}

/// Stands for trials: 80 % accuracy, a loss that depends on the settings, and draws of 0.2 points per trial.
struct Double<F: Fn(&Settings) -> f64> {
    loss: F,
    /// Trials until a stop.
    most: usize,
    ran: usize,
}

impl<F: Fn(&Settings) -> f64> Trials for Double<F> {
    fn run(&mut self, _: &AskedTrials, jobs: &[Job]) -> Result<Ended, LimitError> {
        self.ran += jobs.len();
        if self.ran > self.most {
            return Ok(Ended::Stopped(jobs.len()));
        }
        let end = |job: &Job| {
            let Settings { noise, device, training, .. } = &*job.settings;
            let network = format!("{} {device:?} {}", noise.level_percent, training.epochs);
            let draw = Seed::new(job.seed).named(&network).stream().next_u32();
            let accuracy = 0.8 - (self.loss)(&job.settings) + 0.004 * (f64::from(draw) / f64::from(u32::MAX) - 0.5);
            TrialEnd { id: format!("{}-{}", job.seed, draw), outcome: Some(accuracy), ..TrialEnd::default() }
        };
        Ok(Ended::All(jobs.iter().map(end).collect()))
    }
}

fn searched(question: &Question, loss: impl Fn(&Settings) -> f64) -> LimitReport {
    let study = study(STUDY);
    let plan = LimitPlan::new(&study, question, Path::new(".")).expect("a valid question");
    let mut double = Double { loss, most: usize::MAX, ran: 0 };
    match plan.search(&study, &mut double).expect("doubles run") {
        Searched::Answer(report) => *report,
        Searched::Stopped(left) => panic!("{left} trials left"),
    }
}

fn bits(settings: &Settings) -> Option<f64> {
    settings.device.get("converters.adc.bits").and_then(serde_json::Value::as_f64)
}

/// 0.1 points per % of noise: 2 points at 20 %. Each bit less than 8 costs 1 point: 2 points at 6 bits.
fn loss(settings: &Settings) -> f64 {
    0.001 * settings.noise.level_percent + bits(settings).map_or(0.0, |bits| 0.01 * (8.0 - bits).max(0.0))
}

#[test]
fn limits_bracket_a_known_crossing() {
    let report = searched(&question(&["noise.level_percent"], Target::Loss(0.02)), loss);
    let row = &report.rows[0];
    let (certified, refuted) = (row.certified.as_ref().expect("certified"), row.refuted.as_ref().expect("refuted"));
    assert!(certified.value <= 20.0 && 20.0 < refuted.value, "{certified:?} {refuted:?}");
    assert!(certified.value > 15.0 && refuted.value < 35.0, "{certified:?} {refuted:?}");
    assert_eq!(row.reference, "the same network with noise.level_percent = 0");
    assert!(report.together.is_none());
    let expected = format!("noise.level_percent: largest certified {} % of σ_init, refuted", certified.value);
    assert!(words::answer(&report, row).starts_with(&expected), "{}", words::answer(&report, row));
    let read: LimitReport = serde_json::from_str(&report.json()).expect("JSON");
    assert_eq!(read.rows[0].trials.len(), report.csv().lines().count() - 1);
}

/// Trials at 100 % are clipped, so their accuracy shows nothing: the refutation there is followed by one at 60 %.
#[test]
fn a_useless_refutation_is_followed_by_a_milder_one() {
    struct Clipping(Double<fn(&Settings) -> f64>);
    impl Trials for Clipping {
        fn run(&mut self, asked: &AskedTrials, jobs: &[Job]) -> Result<Ended, LimitError> {
            let Ended::All(mut ends) = self.0.run(asked, jobs)? else { panic!("no stop") };
            if asked.level == Some(100.0) {
                let clipped = Problem { state: "clipped".to_owned(), advice: "widen".to_owned(), ..Problem::default() };
                ends.iter_mut().for_each(|end| end.problem = Some(clipped.clone()));
            }
            Ok(Ended::All(ends))
        }
    }
    let study = study(STUDY);
    let levels = AskedLevels::List(vec![1.0, 5.0, 15.0, 30.0, 31.0, 32.0, 33.0, 60.0, 100.0]);
    let key = AskedKey { key: "noise.level_percent".to_owned(), levels, direction: None };
    let question = Question { keys: vec![key], ..question(&[], Target::Loss(0.02)) };
    let plan = LimitPlan::new(&study, &question, Path::new(".")).expect("a valid question");
    // Just above the allowed loss, first attempts fail.
    let loss = |settings: &Settings| match settings.noise.level_percent {
        mild if mild < 29.0 => 0.0,
        middle if middle < 50.0 => 0.0215,
        _ => 0.05,
    };
    let mut trials = Clipping(Double { loss, most: usize::MAX, ran: 0 });
    let Searched::Answer(report) = plan.search(&study, &mut trials).expect("doubles run") else { panic!("no stop") };
    let row = &report.rows[0];
    let value = |bound: &Option<Bound>| bound.as_ref().map(|bound| bound.value);
    assert_eq!((value(&row.certified), value(&row.refuted)), (Some(15.0), Some(60.0)), "{:?}", row.limit);
    assert!(row.notes.iter().any(|note| note.starts_with("the refutation of 100 is withheld: 8 of its 8")), "{row:?}");
    let attempts = words::attempts(&report, row).join("\n");
    assert!(attempts.contains("\nwithheld 100 %") && attempts.contains("\nrefuted 60 %"), "{attempts}");
}

#[test]
fn smallest_values_are_limits_too() {
    let report = searched(&question(&["device.converters.adc.bits"], Target::Accuracy(0.775)), loss);
    let row = &report.rows[0];
    let value = |bound: &Option<Bound>| bound.as_ref().map(|bound| bound.value);
    assert_eq!((value(&row.certified), value(&row.refuted)), (Some(6.0), Some(5.0)), "{:?}", row.limit);
    assert_eq!(row.with, ["device.converters.adc.codes = signed", "device.converters.adc.range = calibrated"]);
    assert_eq!(row.reference, "the same network with no device.converters.adc");
}

/// Alone, each key may cost 2 points. Together they cost less than 2 points at half of the noise limit with no loss
/// from the bits, which are doubled.
#[test]
fn a_sheet_has_a_common_fraction() {
    let keys = ["noise.level_percent", "device.converters.adc.bits"];
    let report = searched(&question(&keys, Target::Loss(0.02)), loss);
    let noise = report.rows[0].certified.as_ref().expect("certified").value;
    let together = report.together.as_ref().expect("a common row");
    let certified = together.certified.as_ref().expect("certified");
    assert_eq!(certified.keys[0].key, keys[0]);
    assert!((certified.keys[0].value - certified.value * noise).abs() < 1e-9);
    let fraction = certified.value;
    let alone = report.rows[1].certified.as_ref().expect("certified").value;
    let bits = (alone / fraction - 1e-9).ceil();
    assert_eq!(certified.keys[1].value, bits);
    assert!(0.001 * fraction * noise + 0.01 * (8.0 - bits).max(0.0) <= 0.02, "{certified:?}");
    assert!(words::answer(&report, together).starts_with("together: largest certified "));
    let highest = report.rows.iter().flat_map(|row| &row.trials).map(|line| line.seed).max().expect("trials");
    assert!(together.trials.iter().all(|line| line.seed > highest), "seeds that have not chosen the limits");
}

/// 60 % of the cells stuck in one state and 60 % in another.
#[test]
fn limits_that_are_invalid_together_withhold_the_common_row_only() {
    let keys = ["device.faults.p_high_resistance", "device.faults.p_low_resistance"];
    let mut question = question(&keys, Target::Loss(0.02));
    for key in &mut question.keys {
        key.levels = AskedLevels::List(vec![0.1, 0.6]);
    }
    let report = searched(&question, |_| 0.0);
    let certified = |row: &LimitRow| row.certified.as_ref().map(|bound| bound.value);
    assert_eq!(report.rows.iter().map(certified).collect::<Vec<_>>(), [Some(0.6), Some(0.6)]);
    let together = report.together.as_ref().expect("a common row");
    let why = together.withheld.as_deref().expect("a reason");
    assert!(why.starts_with("the limits are not valid together, at 0.8"), "{why}");
    assert!(together.trials.is_empty() && words::answer(&report, together).starts_with("together: no answer: "));
}

#[test]
fn converter_keys_share_a_converter() {
    let keys = ["device.converters.adc.bits", "device.converters.adc.gain_sigma_percent"];
    let report = searched(&question(&keys, Target::Loss(0.02)), loss);
    let reference = "the same network with device.converters.adc.gain_sigma_percent = 0, \
                     device.converters.adc.bits = 12 (the mildest level)";
    assert_eq!(report.rows[1].reference, reference);
    let bits = report.rows[0].certified.as_ref().expect("certified").value;
    assert!((6.0..=7.0).contains(&bits), "2 points at 6 bits: {bits}");
    assert_eq!(report.varies, ["chip (variation and faults of its cells)", "initial weights", "sample order"]);
}

/// Half of the accuracy of each epoch is the searched effect, not that of short training.
#[test]
fn epochs_as_a_key_are_never_shortened() {
    let mut question = question(&["training.epochs"], Target::Accuracy(0.775));
    question.keys[0].levels = AskedLevels::Range(4.0, 12.0);
    let of_epochs = |settings: &Settings| 0.01 * (8.0 - settings.training.epochs as f64).max(0.0);
    let text = format!("{STUDY}[training]\nepochs = 12\n");
    let study = study(&text);
    let plan = LimitPlan::new(&study, &question, Path::new(".")).expect("a valid question");
    assert_eq!((plan.effort.short_training, plan.rows[0].short_epochs), (false, None));
    let mut double = Double { loss: of_epochs, most: usize::MAX, ran: 0 };
    let Searched::Answer(report) = plan.search(&study, &mut double).expect("doubles run") else {
        panic!("nothing stops")
    };
    let value = |bound: &Option<Bound>| bound.as_ref().map(|bound| bound.value);
    assert_eq!((value(&report.rows[0].certified), value(&report.rows[0].refuted)), (Some(6.0), Some(5.0)));
    question.short_epochs = Some(3);
    let refused = LimitPlan::new(&study, &question, Path::new(".")).expect_err("short training");
    assert!(refused.to_string().starts_with("--short-epochs: no short training with the key `training.epochs`"));
}

#[test]
fn answers_are_withheld_with_a_reason() {
    let of = |target, loss: &dyn Fn(&Settings) -> f64| {
        let report = searched(&question(&["noise.level_percent"], target), loss);
        let row = report.rows.into_iter().next().expect("a row");
        (row.withheld.unwrap_or_default(), row.trials.len(), row.limit.map(|limit| limit.verdict))
    };
    let (why, trials, verdict) = of(Target::Accuracy(0.85), &loss);
    assert!(why.contains("reaches 80") && why.contains("misses 85 %") && why.contains("hint: ask for"), "{why}");
    assert_eq!((trials, verdict), (4, Some(Verdict::BaselineMisses)));
}

/// Trials at every level equal the reference, seed by seed.
#[test]
fn a_key_without_effect_is_found() {
    struct Same;
    impl Trials for Same {
        fn run(&mut self, _: &AskedTrials, jobs: &[Job]) -> Result<Ended, LimitError> {
            let end =
                |job: &Job| TrialEnd { outcome: Some(0.8 + 0.01 * job.seed as f64 / 100.0), ..TrialEnd::default() };
            Ok(Ended::All(jobs.iter().map(end).collect()))
        }
    }
    struct Silent;
    impl Trials for Silent {
        fn run(&mut self, _: &AskedTrials, jobs: &[Job]) -> Result<Ended, LimitError> {
            let problem =
                Problem { state: "silent".to_owned(), effect: Effect::Counts, advice: "more input".to_owned() };
            let end = |_: &Job| TrialEnd { outcome: Some(0.1), problem: Some(problem.clone()), ..TrialEnd::default() };
            Ok(Ended::All(jobs.iter().map(end).collect()))
        }
    }
    let study = study(STUDY);
    let question = question(&["noise.level_percent"], Target::Loss(0.02));
    let plan = LimitPlan::new(&study, &question, Path::new(".")).expect("a valid question");
    let withheld = |trials: &mut dyn Trials| match plan.search(&study, trials).expect("doubles run") {
        Searched::Answer(report) => report.rows[0].withheld.clone().unwrap_or_default(),
        Searched::Stopped(_) => panic!("nothing stops"),
    };
    assert!(withheld(&mut Same).starts_with("noise.level_percent has no effect on this study: at 1000, 4 repeats"));
    assert!(withheld(&mut Silent).ends_with("4 of 4 repeats are silent\n\nhint: more input"));
    let mut stopped = Double { loss, most: 30, ran: 0 };
    let stopped = plan.search(&study, &mut stopped).expect("doubles run");
    assert!(matches!(stopped, Searched::Stopped(left) if left > 0), "{stopped:?}");
}

/// Questions differ in repeats and criterion; a question that was refused leaves its number.
#[test]
fn questions_get_seeds_and_numbers_of_their_own() {
    let study = study(STUDY);
    let plan = |question: &Question| LimitPlan::new(&study, question, Path::new(".")).expect("a valid question");
    let asked = question(&["noise.level_percent"], Target::Loss(0.02));
    let first = searched(&asked, loss);
    assert_eq!(plan(&asked).question(), first.question());
    let read: LimitReport = serde_json::from_str(&first.json()).expect("JSON");
    assert_eq!(read.question(), first.question(), "also from its file");
    let highest = first.rows[0].trials.iter().map(|line| line.seed).max().expect("trials");

    let more = plan(&Question { repeats: 16, ..asked.clone() }).question();
    assert_eq!((fresh_from(from_ref(&first), &more), fresh_from(&[], &more)), (highest + 1, 0));
    let mut second = plan(&Question { repeats: 16, ..asked.clone() });
    second.effort.fresh_from = highest + 1;
    let mut double = Double { loss, most: usize::MAX, ran: 0 };
    let Searched::Answer(mut second) = second.search(&study, &mut double).expect("doubles run") else {
        panic!("nothing stops")
    };
    let number_of = |answer: &LimitReport, former: &[LimitReport]| {
        let mut answer = answer.clone();
        number_among(&mut answer, former, &[]);
        answer.number
    };
    assert_eq!((number_of(&second, from_ref(&first)), number_of(&second, &[])), (2, 1));
    second.number = 2;
    let tests =
        second.rows[0].trials.iter().filter(|line| !matches!(line.purpose, Purpose::Search | Purpose::Baseline));
    assert!(tests.clone().count() > 0 && tests.clone().all(|line| line.seed > highest), "{:?}", second.rows[0].trials);
    let both = [first.clone(), *second];
    for (answer, number, from) in [(&first, 1, 0), (&both[1], 2, highest + 1)] {
        assert_eq!((number_of(answer, &both), fresh_from(&both, &answer.question())), (number, from));
    }

    let refused = searched(&question(&["noise.level_percent"], Target::Accuracy(0.95)), loss);
    assert!(refused.rows[0].withheld.is_some() && !refused.has_result());
    assert_eq!(number_of(&both[1], &[refused]), 1);
}

#[test]
fn answers_name_levels_in_order_and_in_full() {
    let keys = ["noise.level_percent", "device.converters.adc.bits"];
    let report = searched(&question(&keys, Target::Loss(0.02)), |_| 0.0);
    let together = report.together.as_ref().expect("a common row");
    let hold = "together: all limits hold at once: certified at 100 % of each limit (";
    assert!(words::answer(&report, together).starts_with(hold), "{}", words::answer(&report, together));
    assert_eq!(words::level(together, 0.5), "50 % of each limit");

    let study = study(STUDY);
    let plan = LimitPlan::new(&study, &question(&keys, Target::Loss(0.02)), Path::new(".")).expect("a question");
    let limit = Limit { certified: Some(0), refuted: Some(10), ..report.rows[1].limit.clone().expect("a limit") };
    // The certificate of 2 bits stands for one that is withheld: its trials are unhealthy, and more repeats do not mend that.
    let note = "levels between 2 and 12 are not decided; ";
    assert_eq!(plan.notes(&plan.rows[1], &limit), [format!("{note}the trials of some are unhealthy")]);
    let limit = Limit { certifications: Vec::new(), ..limit };
    let more = format!("{note}more repeats bring them closer together: `--repeats 32`");
    assert_eq!(plan.notes(&plan.rows[1], &limit), [more]);
    let row = LimitRow { certified: Some(plan.bound(&plan.rows[1], 0).expect("12 bits")), ..report.rows[1].clone() };
    assert_eq!(words::units(&row)[1][..2], ["codes", "4096"]);
}

/// The table of its write noise starts at 4292 ohm, so the window cannot end below.
#[test]
fn default_levels_end_where_the_device_does() {
    let study = study("name = 'd'\n[hardware]\ndevice = '1t1r-yousuf-2025'\n[network]\nhidden = 8\n");
    let key = "device.window.high_resistance_ohm";
    let mut question = question(&[key], Target::Loss(0.1));
    let plan = LimitPlan::new(&study, &question, Path::new(".")).expect("a valid question");
    let values = plan.rows[0].levels.values();
    let (mildest, harshest) = (values[0], values[values.len() - 1]);
    assert!(mildest == 14925.373 && (4291.0..4600.0).contains(&harshest), "{mildest} to {harshest}");
    let note = format!("the device allows no harsher level than {harshest}");
    assert_eq!(plan.rows[0].note.as_deref(), Some(note.as_str()));
    question.keys[0].levels = AskedLevels::List(vec![14000.0, 3700.0]);
    let error = LimitPlan::new(&study, &question, Path::new(".")).expect_err("an invalid level").to_string();
    assert!(
        error.starts_with(&format!("--key {key}: 3700 is not valid: ")) && error.contains("\n\nhint: give"),
        "{error}"
    );
}

/// Nothing but the order of samples and the initial weights is drawn on ideal cells without noise.
#[test]
fn repeats_must_differ() {
    let text = format!("{STUDY}[seeds]\ninitial = 1\norder = 1\n");
    let of = |key: &str| {
        let plan = LimitPlan::new(&study(&text), &question(&[key], Target::Accuracy(0.3)), Path::new("."));
        plan.map(|_| ()).map_err(|error| error.to_string())
    };
    let refused = of("device.converters.adc.bits").expect_err("one network");
    let start = "--key device.converters.adc.bits: all repeats are the same trial: the study fixes `seeds.initial` and";
    assert!(refused.starts_with(start), "{refused}");
    assert_eq!(of("noise.level_percent"), Ok(()), "the noise differs");
}

/// The study with 64 neurons has its own numbers, and so has the level.
#[test]
fn every_level_has_the_numbers_of_its_own_study() {
    let text = |hidden: usize| {
        format!(
            "name = 'a'\n[network]\nhidden = {hidden}\n[hardware]\ndevice = 'pcm-joshi-2020'\n[training]\nepochs = 1\n"
        )
    };
    let mut question = question(&["network.hidden"], Target::Loss(0.1));
    question.keys[0].levels = AskedLevels::List(vec![4.0, 64.0]);
    let plan = LimitPlan::new(&study(&text(8)), &question, Path::new(".")).expect("a valid question");
    let expected = ohmspike_study::run_study::calibrated_study(&study(&text(64)), Path::new(".")).expect("numbers");
    let level = plan.numbers.of(plan.rows[0].at(64.0).expect("a valid level")).expect("numbers");
    assert_eq!(level, *expected.conditions[0].settings);
    let reference = plan.numbers.of(plan.rows[0].reference.clone()).expect("numbers");
    assert_eq!(reference, level, "the mildest level is the reference");
}
