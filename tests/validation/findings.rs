//! The tables of `experiments/findings` (`tables.md`), made again from the records there, and the decimals of its summary (`README.md`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use ohmspike_analysis::limit::{Attempt, Evidence};
use ohmspike_answers::ablate::AblationAnswer;
use ohmspike_answers::limit::LimitReport;
use ohmspike_answers::limit::report::{Bound, LimitRow};
use ohmspike_answers::numbered::answers;
use ohmspike_stats::Estimate;
use ohmspike_study::record::Record;
use ohmspike_study::store::Store;

pub fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../experiments/findings").join(name)
}

/// The text of a page, without its line breaks.
pub fn page(path: &str) -> String {
    let text = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).expect("a page");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn summary() -> String {
    page("experiments/findings/README.md")
}

pub fn tables() -> String {
    page("experiments/findings/tables.md")
}

/// Asserts that the findings contain every one of `texts`; breaks of lines do not matter.
pub fn stated(texts: &[String]) {
    let pages = summary() + " " + &tables();
    for text in texts {
        assert!(pages.contains(text.as_str()), "not in experiments/findings: {text}");
    }
}

/// Asserts that the summary contains every one of `texts`.
pub fn summarised(texts: &[String]) {
    let page = summary();
    for text in texts {
        assert!(page.contains(text.as_str()), "not in experiments/findings/README.md: {text}");
    }
}

/// The tests compare the tables with the records; the summary may round nothing differently.
#[test]
fn every_number_of_the_summary_is_in_the_tables() {
    let numbers = |text: &str| -> BTreeSet<String> {
        let words = text.split(|letter: char| !letter.is_ascii_digit() && letter != '.');
        words.map(|word| word.trim_matches('.').to_owned()).filter(|word| word.contains('.')).collect()
    };
    // Figures are named after keys.
    let summary = summary();
    let summary = summary.split("](").map(|part| part.split_once(')').map_or(part, |(_, text)| text));
    let told = numbers(&summary.collect::<Vec<_>>().join(" "));
    assert!(told.len() > 20, "{told:?}");
    let missing: Vec<String> = told.difference(&numbers(&tables())).cloned().collect();
    // Differences of two rows of a table are tested below.
    let differences = ["2.3", "3.1", "7.9", "8.7", "12.3", "16.6", "18.6", "29.5"];
    assert_eq!(
        missing.into_iter().filter(|one| !differences.contains(&one.as_str())).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
}

pub fn records(name: &str) -> Vec<Record> {
    let store = Store::open(&folder(name)).expect("records");
    assert!(!store.is_empty(), "{name} has records");
    store.records().cloned().collect()
}

/// Every record agrees with its ID and its counts, and all details are readable.
#[test]
fn all_records_are_consistent() {
    let (mut folders, mut seen) = (vec![folder("")], 0);
    while let Some(folder) = folders.pop() {
        if folder.join("records").is_dir() {
            let store = Store::skim(&folder, |_| seen += 1).expect("records");
            assert_eq!((store.warnings(), &store.details_warnings()[..]), (&[][..], &[][..]), "{}", folder.display());
        } else {
            let entries = fs::read_dir(&folder).expect("a folder").flatten().map(|entry| entry.path());
            folders.extend(entries.filter(|path| path.is_dir()));
        }
    }
    assert!(seen > 4000, "{seen} records");
}

fn percent(fraction: f64) -> String {
    format!("{:.1}", 100.0 * fraction)
}

/// Formats the outcomes of all seeds: each of them, or from three different ones on their mean with its 95 % interval.
pub fn outcomes(by_seed: &BTreeMap<u64, f64>) -> String {
    let all: Vec<f64> = by_seed.values().copied().collect();
    match Estimate::new(&all).and_then(|estimate| Some((estimate.mean, estimate.ci95?))) {
        Some((mean, (low, high))) if all.len() > 2 => {
            // Accuracies lie between 0 and 100 %, as do the intervals of figures and summaries.
            format!("{} ({} to {})", percent(mean), percent(low.max(0.0)), percent(high.min(1.0)))
        }
        // The seeds of networks that never learn.
        _ if all.len() > 2 && all.iter().all(|one| *one == all[0]) => {
            format!("{} in all {}", percent(all[0]), all.len())
        }
        _ => all.iter().map(|one| percent(*one)).collect::<Vec<_>>().join(", "),
    }
}

/// Returns how many claims have each verdict on the page of a study: supported, contradicted and inconclusive.
fn verdicts(name: &str) -> [usize; 3] {
    let page = fs::read_to_string(folder(name).join("report.html")).expect("a page");
    ["supported", "contradicted", "inconclusive"]
        .map(|word| page.matches(&format!("<td class=\"verdict\">{word}<")).count())
}

#[test]
fn the_verdicts_on_claims_are_those_of_the_pages() {
    let words = ["no", "one", "two", "three", "four", "five", "six", "seven"];
    let [supported, contradicted, open] = verdicts("noise-robustness");
    let [all, supported, contradicted, open] =
        [supported + contradicted + open, supported, contradicted, open].map(|count| words[count]);
    stated(&[format!(
        "of {all} claims, the study supports {supported} and contradicts {contradicted}, and {open} are inconclusive"
    )]);
    summarised(&[format!("{supported} are supported, {contradicted} is contradicted and {open} are inconclusive")]);
    let [supported, contradicted, open] = verdicts("firing-rate");
    assert_eq!((contradicted, open), (0, 1));
    let (all, supported) = (words[supported + open], words[supported]);
    stated(&[format!("Of {all} claims of the paper that this study can test, it supports {supported}")]);
    assert_eq!(verdicts("unconstrained"), [0, 1, 0]);
    let [supported, contradicted, open] = verdicts("firing-rate-shd");
    assert_eq!((contradicted, open), (0, 1));
    let [all, supported] = [supported + open, supported].map(|count| words[count]);
    stated(&[format!("Of {all} claims of the paper that these trials can test, {supported} are supported")]);
    let page = fs::read_to_string(folder("firing-rate-shd").join("report.html")).expect("a page");
    let (_, claim) = page.split_once("without inhibition recognise less than 30 %").expect("a claim");
    let (verdict, evidence) = (claim.find("inconclusive<"), claim.find("100:0: 29.0 % (26.6 to 31.3), n = 8"));
    assert!(verdict < evidence && evidence.is_some_and(|place| place < 200), "{verdict:?} {evidence:?}");
    stated(&["That 100:0 stays below 30 % is inconclusive with eight seeds: 29.0 % (26.6 to 31.3).".to_owned()]);
    assert_eq!(verdicts("unconstrained-shd"), [1, 0, 0]);
}

/// The names of the folders with records in a folder of the findings.
pub fn with_records(name: &str) -> Vec<String> {
    let entries = fs::read_dir(folder(name)).expect("a folder of findings");
    let names = entries.map(|entry| entry.expect("a file").file_name().into_string().expect("a plain name"));
    names.filter(|one| folder(name).join(one).join("records").exists()).collect()
}

/// One row per study: trials, hours on one core, and the machines.
#[test]
fn the_times_are_those_of_the_records() {
    let mut rows = Vec::new();
    let below = with_records("write-spread").into_iter().map(|name| format!("write-spread/{name}"));
    for name in with_records("").into_iter().chain(below) {
        let records = records(&name);
        let hours = records.iter().map(|record| record.seconds.training + record.seconds.test).sum::<f64>() / 3600.0;
        let of: BTreeSet<&str> = records.iter().filter_map(|record| record.machine.split(',').next()).collect();
        let machines: Vec<String> =
            of.iter().map(|machine| machine.replace("(R)", "").replace(" Processor", "")).collect();
        rows.push(format!("| {name} | {} | {hours:.1} | {} |", records.len(), machines.join(", ")));
    }
    assert!(rows.len() >= 10, "{rows:?}");
    stated(&rows);
}

/// Returns the certified and the refuted attempt of a row.
fn decided(row: &LimitRow) -> [&Attempt; 2] {
    let limit = row.limit.as_ref().expect("an answer");
    [&limit.certifications, &limit.refutations]
        .map(|attempts| attempts.iter().find(|attempt| attempt.succeeded).expect("a decided level"))
}

/// Mean loss and its bound, in points with two decimals.
fn losses(attempt: &Attempt) -> (String, String) {
    let Evidence::Mean { mean, bound, .. } = attempt.evidence else { panic!("a criterion on the mean") };
    (format!("{:.2}", 100.0 * mean), format!("{:.2}", 100.0 * bound))
}

/// Returns the only answer in `name`, whose trials have records.
pub fn limit(name: &str) -> LimitReport {
    let outcomes: BTreeMap<String, Option<f64>> =
        records(name).into_iter().map(|record| (record.id, record.outcome)).collect();
    let [report] = <[LimitReport; 1]>::try_from(answers(&folder(name))).expect("one answer");
    for line in report.all_rows().flat_map(|row| &row.trials) {
        assert_eq!(line.accuracy, outcomes[&line.id], "trial {}", line.id);
    }
    report
}

fn trials(row: &LimitRow) -> usize {
    row.trials.len()
}

#[test]
fn the_noise_limit_is_that_of_its_trials() {
    let report = limit("noise-limit");
    let [row] = &report.rows[..] else { panic!("one key") };
    let [(mean, most), (worse, least)] = decided(row).map(losses);
    let [below, above] = [&row.certified, &row.refuted].map(|bound| bound.as_ref().expect("a level").value);
    let clean = row.limit.as_ref().expect("an answer").baseline.accuracy;
    stated(&[
        format!("noise-free: {} %", percent(clean)),
        format!("noise of **{below} % of σ_init costs less than 2 points**"),
        format!("(8 fresh seeds: {mean} points, at most {most})"),
        format!("**{above} % costs more** (8 further seeds: {worse} points, at least {least})"),
        format!("{} trials", trials(row)),
    ]);
}

/// Returns a level in a unit, with three digits, as the answer prints it.
pub fn in_unit(bound: &Option<Bound>, unit: &str) -> String {
    let bound = bound.as_ref().expect("a level");
    let found = bound.units.iter().find(|quantity| quantity.unit == unit).expect("a unit of the key");
    ohmspike_study::significant::significant(found.value)
}

#[test]
fn the_specification_sheet_is_that_of_its_trials() {
    let report = limit("hfox-limit");
    let [spread, stuck, bits] = &report.rows[..] else { panic!("three keys") };
    let together = report.together.as_ref().expect("all keys together");
    let level = |bound: &Option<Bound>| bound.as_ref().expect("a level").value;
    let clean = spread.limit.as_ref().expect("an answer").baseline.accuracy;
    stated(&[
        format!("({} %), at 95 % confidence, 12 fresh seeds per test", percent(clean)),
        format!("{} trials; some are in several rows", records("hfox-limit").len()),
        format!(
            "| {} ({} µS, σ of ln R {}) | {} ({} µS) |",
            in_unit(&spread.certified, ""),
            in_unit(&spread.certified, "µS"),
            in_unit(&spread.certified, "σ of ln R"),
            in_unit(&spread.refuted, ""),
            in_unit(&spread.refuted, "µS"),
        ),
        format!("| {} % | {} % |", in_unit(&stuck.certified, "% of cells"), in_unit(&stuck.refuted, "% of cells")),
        format!("| {} bits | {} bits |", level(&bits.certified), level(&bits.refuted)),
        format!("| {} % | - |", 100.0 * together.certified.as_ref().expect("a fraction").value),
    ]);
    assert!(together.refuted.is_none());
}

#[test]
fn the_cost_of_mechanisms_is_that_of_its_trials() {
    let outcomes: BTreeMap<String, Option<f64>> =
        records("cmo-hfox-ablate").into_iter().map(|record| (record.id, record.outcome)).collect();
    let [answer] = <[AblationAnswer; 1]>::try_from(answers(&folder("cmo-hfox-ablate"))).expect("one answer");
    for trial in &answer.trials {
        assert_eq!(Some(trial.accuracy), outcomes[&trial.id], "trial {}", trial.id);
    }
    let ablation = answer.ablation.as_ref().expect("not withheld");
    let points = |value: f64| format!("{:.2}", 100.0 * value);
    let interval = |ci95: Option<(f64, f64)>| {
        let (low, high) = ci95.expect("eight seeds");
        format!("{} to {}", points(low), points(high))
    };
    let rounded = |p: f64| match p {
        p if p < 0.0001 => "< 0.0001".to_owned(),
        p if p < 0.1 => format!("{p:.3}"),
        p => format!("{p:.2}"),
    };
    let mut texts = vec![
        format!("**{} points** (95 % interval {})", points(ablation.total.mean), interval(ablation.total.ci95)),
        format!(
            "{} % without any mechanism, {} % with all",
            percent(ablation.without.mean),
            percent(ablation.with.mean)
        ),
        format!("{} seeds, {} trials", answer.seeds.len(), answer.trials.len()),
    ];
    for one in &ablation.contributions {
        let words = answer.mechanisms[one.mechanism].words();
        let (loss, p) = (one.shapley, rounded(one.shapley.p.expect("eight seeds")));
        texts.push(format!("| {words} | {} ({}) | {p} |", points(loss.mean), interval(loss.ci95)));
    }
    stated(&texts);
}
