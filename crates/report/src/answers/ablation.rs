//! An ablation as text, tables, figure and page section.
//!
//! Losses are in percentage points of test accuracy. Intervals are 95 % t intervals over seeds; `p` is adjusted by Holm.

use maud::{Markup, html};
use ohmspike_analysis::ablation::{Ablation, Comparison, Contribution, Effect};
use ohmspike_answers::ablate::{AblationAnswer, SetTrial};
use ohmspike_answers::mechanisms::Mechanism;
use ohmspike_answers::numbered::{Numbered, file_name};
use ohmspike_study::csv_cell::csv_cell;
use ohmspike_study::settings::NO_DEVICE;
use ohmspike_study::significant::significant;

use crate::figures::Figure;
use crate::figures::ablation::{ablation_figure, device_words, mechanisms_csv};
use crate::page::Section;
use crate::page::figures::main_figure;
use crate::page::number::{percent, probability, signed};
use crate::page::question::question;
use crate::page::table::table;
use crate::rendered_answer::RenderedAnswer;

/// Columns of the table of mechanisms.
const HEAD: [&str; 7] = [
    "mechanism",
    "Shapley loss (points)",
    "p",
    "loss that is found with a probability of 80 % (points)",
    "loss alone (points)",
    "gain when only it is disabled (points)",
    "part of the loss (%)",
];

/// Returns the answers in a folder as files, figures and sections.
pub fn shown(answers: &[AblationAnswer]) -> RenderedAnswer {
    let drawn = |answer: &AblationAnswer| answer.ablation.as_ref().map(|ablation| ablation_figure(answer, ablation));
    let figures: Vec<Option<Figure>> = answers.iter().map(drawn).collect();
    RenderedAnswer {
        files: answers.iter().flat_map(files).collect(),
        section: section(answers, &figures),
        figures: figures.into_iter().flatten().collect(),
        details: vec![trials(answers)],
    }
}

fn files(answer: &AblationAnswer) -> Vec<(String, Vec<u8>)> {
    let json = serde_json::to_vec_pretty(answer).expect("an answer is plain values");
    vec![
        (answer.file("json"), json),
        (answer.file("csv"), mechanisms_csv(answer).into_bytes()),
        (file_name("ablation-trials", answer.number, "csv"), trials_csv(answer).into_bytes()),
    ]
}

/// Returns the answer in sentences, the first of which states the loss.
pub fn sentences(answer: &AblationAnswer) -> Vec<String> {
    let Some(ablation) = &answer.ablation else {
        let (problem, hint) = withheld(answer);
        return [format!("Withheld: {problem}.")]
            .into_iter()
            .chain(hint.map(|hint| format!("Hint: {hint}.")))
            .collect();
    };
    let Ablation { without, with, total, interaction, .. } = ablation;
    let seeds = answer.seeds.len();
    let (subject, [without_words, with_words]) = match answer.mechanisms.as_slice() {
        [only] if answer.device == NO_DEVICE => (capital(only.words()), ["without it", "with it"]),
        _ => (answer.device.clone(), ["without any mechanism", "with all"]),
    };
    let mut sentences = vec![format!(
        "{subject} costs {} points of test accuracy: {} % {without_words}, {} % {with_words} ({seeds} {}).",
        in_points(total),
        percent(without.mean),
        percent(with.mean),
        if seeds == 1 { "seed" } else { "seeds" },
    )];
    sentences.extend(
        total
            .p
            .filter(|_| !total.is_found())
            .map(|p| format!("This loss is not distinguishable from 0, {}; {}.", p_words(p), least(total, "loss"))),
    );
    sentences.extend(ablation.comparisons.iter().map(|comparison| compared(answer, ablation, comparison)));
    if answer.mechanisms.len() > 1 {
        let interaction = in_points(interaction);
        sentences.push(format!("Interaction, the loss that no mechanism causes alone: {interaction} points."));
    }
    sentences
}

/// Returns why the answer is withheld, and what to do.
fn withheld(answer: &AblationAnswer) -> (&str, Option<&str>) {
    let all = answer.withheld.as_deref().unwrap_or("a trial is missing");
    match all.split_once("\n\nhint: ") {
        Some((problem, hint)) => (problem, Some(hint)),
        None => (all, None),
    }
}

fn compared(answer: &AblationAnswer, ablation: &Ablation, comparison: &Comparison) -> String {
    let [larger, smaller] = [comparison.larger, comparison.smaller].map(|number| answer.mechanisms[number].words());
    let p = comparison.difference.p.map(|p| format!(", {}", p_words(p))).unwrap_or_default();
    let shapley = |number: usize| {
        let found = ablation.contributions.iter().find(|one| one.mechanism == number);
        found.map(|one| points(one.shapley.mean)).unwrap_or_default()
    };
    let (of_larger, of_smaller) = (shapley(comparison.larger), shapley(comparison.smaller));
    match (comparison.differs, comparison.difference.p) {
        (true, _) => format!("More loss by {larger} than by {smaller}: {of_larger} and {of_smaller} points{p}."),
        (false, Some(_)) => format!(
            "Not distinguishable: {larger} ({of_larger} points), {smaller} ({of_smaller} points){p}; {}.",
            least(&comparison.difference, "difference")
        ),
        (false, None) => format!("Not tested: {larger} ({of_larger} points), {smaller} ({of_smaller} points)."),
    }
}

/// Formats a p value for a sentence: `p = 0.0300` or `p < 0.0001`.
fn p_words(p: f64) -> String {
    let text = probability(p);
    if text.starts_with('<') { format!("p {text}") } else { format!("p = {text}") }
}

/// Names the smallest effect that the test finds.
fn least(effect: &Effect, what: &str) -> String {
    match effect.least {
        // Accuracies differ by at most 100 points.
        Some(least) if least < 1.0 => {
            format!("the smallest {what} that the test finds is {} points", significant(100.0 * least))
        }
        _ => format!("there are too few seeds to find any {what}"),
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Formats a fraction as points with two decimals.
fn points(value: f64) -> String {
    signed(100.0 * value, 2).trim_start_matches('+').to_owned()
}

/// Formats an effect with its interval.
fn in_points(effect: &Effect) -> String {
    match effect.ci95 {
        Some((low, high)) => format!("{} ({} to {})", points(effect.mean), points(low), points(high)),
        None => points(effect.mean),
    }
}

/// Returns the rows of the table of mechanisms, with the total last.
pub fn rows(answer: &AblationAnswer) -> Vec<Vec<String>> {
    let Some(ablation) = &answer.ablation else { return Vec::new() };
    let part = |effect: &Effect| {
        let whole = ablation.total.mean;
        if whole > 0.0 { format!("{:.0}", 100.0 * effect.mean / whole) } else { String::new() }
    };
    let p = |effect: &Effect| effect.p.map(probability).unwrap_or_default();
    let least = |effect: &Effect| match effect.least {
        Some(least) if least < 1.0 => significant(100.0 * least),
        Some(_) => "none".to_owned(),
        None => String::new(),
    };
    let row = |one: &Contribution| {
        vec![
            answer.mechanisms[one.mechanism].words().to_owned(),
            in_points(&one.shapley),
            p(&one.shapley),
            least(&one.shapley),
            in_points(&one.alone),
            in_points(&one.last),
            part(&one.shapley),
        ]
    };
    let total = &ablation.total;
    let [name, loss] = ["all together".to_owned(), in_points(total)];
    let last = vec![name, loss.clone(), p(total), least(total), loss.clone(), loss, part(total)];
    ablation.contributions.iter().map(row).chain([last]).collect()
}

/// Returns the table of mechanisms as text with aligned columns.
pub fn text_table(answer: &AblationAnswer) -> String {
    let head = ["mechanism", "Shapley", "p", "least", "alone", "last", "%"].map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = [head].into_iter().chain(rows(answer)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(
            |(column, (cell, width))| {
                if column == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
            },
        );
        cells.collect::<Vec<String>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn section(answers: &[AblationAnswer], figures: &[Option<Figure>]) -> Section {
    let body = html! {
        @for (answer, figure) in answers.iter().zip(figures) {
            @if answers.len() > 1 { (question(answer.number, answers[0].settings.as_ref(), answer.settings.as_ref())) }
            (body(answer, figure.as_ref()))
        }
    };
    Section { id: "ablation", heading: "What each mechanism costs", body }
}

fn body(answer: &AblationAnswer, figure: Option<&Figure>) -> Markup {
    let sentences = sentences(answer);
    html! {
        @if answer.ablation.is_none() {
            @for sentence in &sentences { p.warning { (sentence) } }
        } @else {
            p.answer { (sentences[0]) }
            ul { @for sentence in &sentences[1..] { li { (sentence) } } }
            @if let Some(figure) = figure { (main_figure(figure)) }
            (table("Loss by mechanism", &HEAD, &rows(answer)))
        }
        @for caution in &answer.cautions { p.warning { (capital(caution)) "." } }
        p.method { (method(answer)) }
    }
}

fn method(answer: &AblationAnswer) -> String {
    let sets = if answer.exact {
        format!("All {} sets of mechanisms were run", 1u32 << answer.mechanisms.len())
    } else {
        "A random order of the mechanisms and its reverse were run".to_owned()
    };
    format!(
        "{sets} with each of {} seeds, on {} with {}. The Shapley value is the loss when a mechanism is enabled, averaged \
         over {} in which the mechanisms can be enabled; the values sum to the total loss. Differences use shared seeds; \
         intervals are 95 % t intervals over seeds, p values are adjusted by Holm. The smallest loss or difference that a \
         test finds is the one that it detects with a power of 80 %.",
        answer.seeds.len(),
        answer.data_set,
        device_words(answer),
        if answer.exact { "all orders" } else { "sampled orders" },
    )
}

fn trials(answers: &[AblationAnswer]) -> Section {
    let body = html! { @for answer in answers { (trials_of(answer)) } };
    Section { id: "ablation-trials", heading: "Trials of the ablation", body }
}

fn trials_of(answer: &AblationAnswer) -> Markup {
    let row = |trial: &SetTrial| {
        let state = if trial.diverged { "diverged".to_owned() } else { trial.health.join(", ") };
        vec![trial.id.clone(), enabled(&trial.enabled), trial.seed.to_string(), percent(trial.accuracy), state]
    };
    let rows: Vec<Vec<String>> = answer.trials.iter().map(row).collect();
    let of = if answer.number > 1 { format!(", question {}", answer.number) } else { String::new() };
    let caption = format!("Trials behind the ablation{of}");
    table(&caption, &["trial", "enabled", "seed", "accuracy (%)", "health"], &rows)
}

fn enabled(mechanisms: &[Mechanism]) -> String {
    let names: Vec<&str> = mechanisms.iter().map(|mechanism| mechanism.words()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Returns one row per trial, with device and data set.
fn trials_csv(answer: &AblationAnswer) -> String {
    let head = "trial,device,data_set,enabled,seed,accuracy,diverged,health\n".to_owned();
    let row = |trial: &SetTrial| {
        let enabled: Vec<&str> = trial.enabled.iter().map(|mechanism| mechanism.words()).collect();
        let cells = [
            trial.id.clone(),
            answer.device.clone(),
            answer.data_set.clone(),
            enabled.join("; "),
            trial.seed.to_string(),
            trial.accuracy.to_string(),
            trial.diverged.to_string(),
            trial.health.join("; "),
        ];
        cells.iter().map(|cell| csv_cell(cell)).collect::<Vec<_>>().join(",") + "\n"
    };
    head + &answer.trials.iter().map(row).collect::<String>()
}

#[cfg(test)]
mod tests {
    use ohmspike_answers::ablate::SCHEMA;

    use super::*;

    fn effect(mean: f64, p: f64, least: f64) -> Effect {
        Effect { mean, ci95: None, p: Some(p), least: Some(least) }
    }

    fn answer(device: &str, mechanisms: &[Mechanism]) -> AblationAnswer {
        let total = effect(0.42, 0.001, 0.02);
        let contribution = |mechanism: usize| {
            let shapley = effect([0.041, 0.029][mechanism], 0.2, 0.0612);
            Contribution { mechanism, shapley, alone: shapley, last: shapley, by_seed: Vec::new() }
        };
        let comparison = Comparison { larger: 0, smaller: 1, difference: effect(0.012, 0.3, 0.0345), differs: false };
        let several = mechanisms.len() > 1;
        AblationAnswer {
            schema: SCHEMA,
            number: 1,
            settings: None,
            study: "s".to_owned(),
            device: device.to_owned(),
            data_set: "digits".to_owned(),
            data_sha256: String::new(),
            program: String::new(),
            seeds: vec![1, 2, 3],
            mechanisms: mechanisms.to_vec(),
            exact: true,
            ablation: Some(Ablation {
                without: Effect { p: None, ..effect(0.8, 1.0, 0.0) },
                with: Effect { p: None, ..effect(0.38, 1.0, 0.0) },
                total,
                contributions: (0..mechanisms.len()).map(contribution).collect(),
                interaction: effect(0.0, 1.0, 0.01),
                comparisons: several.then_some(comparison).into_iter().collect(),
            }),
            withheld: None,
            cautions: Vec::new(),
            trials: Vec::new(),
        }
    }

    #[test]
    fn a_comparison_without_a_difference_names_the_smallest_one() {
        let two = [Mechanism::Drift, Mechanism::WriteNoise];
        assert_eq!(
            sentences(&answer("cmo", &two)),
            [
                "cmo costs 42.00 points of test accuracy: 80.0 % without any mechanism, 38.0 % with all (3 seeds).",
                "Not distinguishable: relaxation and drift (4.10 points), write noise (2.90 points), p = 0.3000; the \
                 smallest difference that the test finds is 3.45 points.",
                "Interaction, the loss that no mechanism causes alone: 0.00 points.",
            ]
        );
        let mut none = answer("cmo", &two);
        none.ablation.as_mut().expect("an answer").total = effect(0.01, 0.4, 1.2);
        let told = &sentences(&none)[1];
        assert_eq!(
            told,
            "This loss is not distinguishable from 0, p = 0.4000; there are too few seeds to find any loss."
        );
        assert_eq!(rows(&answer("cmo", &two))[0][3], "6.12");
        assert_eq!([p_words(0.03), p_words(1e-6)], ["p = 0.0300", "p < 0.0001"]);
    }

    #[test]
    fn noise_of_digital_weights_is_the_subject() {
        let answer = answer(NO_DEVICE, &[Mechanism::WriteNoise]);
        let expected = "Write noise costs 42.00 points of test accuracy: 80.0 % without it, 38.0 % with it (3 seeds).";
        assert_eq!(sentences(&answer), [expected]);
        let html = section(std::slice::from_ref(&answer), &[None]).body.into_string();
        assert!(html.contains("on digits with digital weights"), "{html}");
    }

    #[test]
    fn a_withheld_answer_says_why_and_what_to_do() {
        let mut answer = answer("cmo", &[Mechanism::Drift]);
        answer.ablation = None;
        answer.withheld = Some("2 of 8 trials are clipped\n\nhint: raise `a` (now 0.02)".to_owned());
        assert_eq!(sentences(&answer), ["Withheld: 2 of 8 trials are clipped.", "Hint: raise `a` (now 0.02)."]);
    }

    #[test]
    fn every_table_names_device_and_data_set() {
        let answer = answer("cmo", &[Mechanism::Drift]);
        let figure = shown(std::slice::from_ref(&answer)).figures.remove(0);
        for csv in [mechanisms_csv(&answer), figure.csv] {
            assert!(csv.starts_with("device,data_set,mechanism,"), "{csv}");
            assert!(csv.lines().skip(1).all(|line| line.starts_with("cmo,digits,")), "{csv}");
        }
    }
}
