//! Writes a study as a self-contained HTML page: question, answer, evidence, and how to reproduce it.
//!
//! Each section has its own file. All text from studies, devices and records is escaped. Figures are embedded as images, so
//! identifiers inside them cannot clash.

mod answer;
pub mod answer_page;
mod code;
mod comparisons;
mod completeness;
mod crossing_words;
pub mod deployment;
mod devices;
mod direction;
mod facts;
pub(crate) mod figures;
mod health;
mod layout;
pub mod limit;
pub mod number;
mod outcomes;
mod provenance;
pub(crate) mod question;
mod ranking;
mod reproduce;
mod settings;
pub mod table;
mod tables;
mod tolerance;
mod tolerated;
mod usage;
mod variance;

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use maud::{Markup, PreEscaped, html};
use ohmspike_plot::PanelFigure;

use crate::replication::Replication;

pub use facts::{Facts, Report, Section};

impl Report<'_> {
    /// Returns the page with the sections of `replication`. The same records and version of the
    /// program give the same page on every machine.
    pub fn html(&self, replication: Option<&dyn Replication>) -> String {
        layout::page(&Facts::new(self), replication)
    }
}

/// Returns a page of `sections` and folded `details`; `question` is its headline.
pub(crate) fn whole_page(name: &str, question: &str, sections: &[Section], details: &[Section]) -> String {
    let head = layout::Head { name, status: html! {}, question };
    layout::whole(&head, sections, details)
}

/// Renders a figure of panels with its caption and a link to its numbers, `csv`.
pub(crate) fn with_figure(name: &str, figure: &PanelFigure, csv: &str) -> Markup {
    let drawn = PanelFigure { caption: String::new(), ..figure.clone() };
    html! {
        figure.column {
            picture {
                source media="(max-width: 40rem)" srcset=(data_uri("image/svg+xml", drawn.narrow_svg().as_bytes()));
                img src=(svg_uri(&drawn.svg())) alt={ (figure.title) ". " (figure.caption) };
            }
            figcaption {
                (figure.caption) " "
                (data_link(&format!("{name}.csv"), csv.as_bytes(), "Data as CSV"))
                "."
            }
        }
    }
}

/// Renders a link that contains its file, packed with gzip. A script saves it unpacked as `name`; without scripts it is saved
/// as `name.gz`.
fn data_link(name: &str, content: &[u8], words: &str) -> Markup {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let packed = encoder.write_all(content).and_then(|()| encoder.finish()).expect("writes into memory");
    html! {
        a href=(data_uri("application/gzip", &packed)) download={ (name) ".gz" } data-name=(name) { (words) }
    }
}

/// Returns SVG as a data URI. Escaped text is a quarter shorter than base64, but has spaces, which `srcset` does not allow.
fn svg_uri(svg: &str) -> PreEscaped<String> {
    let mut uri = "data:image/svg+xml,".to_owned();
    for letter in svg.chars() {
        match letter {
            '%' => uri.push_str("%25"),
            '#' => uri.push_str("%23"),
            '<' => uri.push_str("%3C"),
            '>' => uri.push_str("%3E"),
            '&' => uri.push_str("%26"),
            '"' => uri.push_str("%22"),
            '\n' => uri.push_str("%0A"),
            other => uri.push(other),
        }
    }
    PreEscaped(uri)
}

fn data_uri(kind: &str, content: &[u8]) -> PreEscaped<String> {
    use base64::Engine;
    // Base64 and media types need no escaping.
    PreEscaped(format!("data:{kind};base64,{}", base64::engine::general_purpose::STANDARD.encode(content)))
}

#[cfg(test)]
mod tests {
    use ohmspike_analysis::fixture::{Fixture, record};

    use super::*;
    use crate::figures::NoiseUnit;

    const STUDY: &str = "question = 'Is <b> & \"c\" escaped?'\n[noise]\nlevel_percent = [0, 50, 100]\n\
                         [network]\nexcitatory_fraction = [0.5, 0.8, 1.0]\n[repeats]\nseeds = 3\n";

    fn html(fixture: &Fixture) -> String {
        html_in(fixture, None)
    }

    fn html_in(fixture: &Fixture, noise_unit: Option<NoiseUnit>) -> String {
        fixture.see(|recorded| {
            let (file, overrides) = ("a <study>.toml", ["noise.level_percent=[0, 50]".to_owned()]);
            Report {
                recorded,
                file,
                text: STUDY,
                overrides: &overrides,
                out: None,
                flags: &[],
                noise_unit,
                figures: &[],
            }
            .html(None)
        })
    }

    /// Networks lose 0.2 of accuracy at a level of 50 %, and less if more neurons are excitatory.
    fn falling() -> Fixture {
        Fixture::new(STUDY, |settings, seed| {
            let fraction = settings.network.excitatory_fraction;
            let accuracy =
                0.8 - settings.noise.level_percent * (0.006 - 0.002 * fraction) + 0.003 * (seed as f64 - 2.0);
            Some(accuracy)
        })
    }

    #[test]
    fn the_answer_states_its_numbers() {
        let page = html(&falling());
        // A* falls to 0.95 where 0.7 x 0.05 of accuracy is lost: 100:0 loses 0.004, 50:50 0.005 a percent. The
        // interval ends at the levels, 0 and 50 %.
        assert!(page.contains("<li>100:0: 8.75 % of σ_init (0 to 50.0)</li>"), "{page}");
        assert!(page.contains("100:0 tolerates most and differs from all others."), "{page}");
        assert!(page.contains("50:50 tolerates least and differs from all others."), "{page}");
        assert!(page.contains("all 27 trials finished"));
    }

    /// sigma_init of 0.001 is 0.999 µS of a window of 999 µS that is worth 1: 8.75 % are 0.0874 µS.
    #[test]
    fn the_answer_also_uses_the_requested_unit() {
        let text = STUDY.replace("[network]", "[hardware]\ndevice = 'study-1k-1m'\n[network]");
        let fixture = Fixture::new(&text, |settings, seed| {
            Some(0.8 - 0.004 * settings.noise.level_percent + 0.003 * (seed as f64 - 2.0))
        });
        let page = html_in(&fixture, Some(NoiseUnit::Microsiemens));
        assert!(
            page.contains("<li>100:0: 8.75 % of σ_init (0 to 50.0), equal to 0.0874 µS (0 to 0.500)</li>"),
            "{page}"
        );
    }

    /// Accuracies of 0.8 fall to chance, 0.1, at 50 %: 95 % of the 0.7 between them is lost at 2.5 %.
    #[test]
    fn a_level_at_which_training_diverges_is_no_gap_in_the_curve() {
        let page = html(&Fixture::with_records(STUDY, |settings, seed| {
            let level = settings.noise.level_percent;
            let mut made = record(settings, seed, if level == 0.0 { 0.798 + 0.001 * seed as f64 } else { 0.3 });
            if level == 50.0 {
                made.outcome = None;
                made.failure = Some("training diverged".to_owned());
            }
            Some(made)
        }));
        assert!(page.contains("<li>100:0: 2.50 % of σ_init (0 to 50.0)</li>"), "{page}");
        assert!(page.contains("9 trials diverged and count as at chance."), "{page}");
    }

    #[test]
    fn a_disturbed_reference_is_named() {
        let words = "100 % is the accuracy at 30 % of σ_init, the lowest level; networks without this disturbance were not studied.";
        let of = |text: &str| {
            html(&Fixture::new(text, |settings, seed| {
                Some(0.8 - 0.006 * settings.noise.level_percent + 0.003 * seed as f64)
            }))
        };
        assert!(of(&STUDY.replace("[0, 50, 100]", "[30, 50, 100]")).contains(words));
        assert!(!of(STUDY).contains("were not studied"));
    }

    /// Finds a phrase that names a winner.
    fn names_a_winner(page: &str) -> Option<&'static str> {
        let named = [
            "tolerates most and",
            "tolerates least and",
            "has the highest mean test accuracy and",
            "has the lowest mean test accuracy and",
            ">differs",
            "best condition",
        ];
        named.into_iter().find(|words| page.contains(words))
    }

    #[test]
    fn one_or_two_seeds_name_no_winner_and_have_no_interval() {
        for seeds in [1, 2] {
            let text = STUDY.replace("seeds = 3", &format!("seeds = {seeds}"));
            let page = html(&Fixture::new(&text, |settings, seed| {
                Some(
                    0.8 - 0.005 * settings.noise.level_percent * settings.network.excitatory_fraction
                        + 0.01 * seed as f64,
                )
            }));
            assert_eq!(names_a_winner(&page), None);
            assert!(page.contains("The curves are not ranked"), "{page}");
            assert!(page.contains("No confidence interval: fewer than 3 repeats.") && !page.contains(" ± "), "{page}");
        }
        let text = "[training]\nlearning_rate = [0.1, 0.2]\n";
        let page = html(&Fixture::new(text, |settings, _| Some(4.0 * settings.training.learning_rate)));
        assert_eq!(names_a_winner(&page), None);
        assert!(
            page.contains("Conditions are not ranked: a comparison needs 3 independent repeats, and there is only 1."),
            "{page}"
        );
    }

    /// Twelve outcomes of two seeds are two independent repeats, however many chips there are.
    #[test]
    fn chips_do_not_multiply_seeds() {
        let text = "[hardware]\ndevice = 'study-1k-1m'\nweight_at_gmax = [1.0, 2.0]\n[device.faults]\np_low_resistance = 0.1\n\
                    [seeds]\nchip = [1, 2, 3, 4, 5, 6]\n[repeats]\nseeds = 2\n";
        let page = html(&Fixture::new(text, |settings, seed| {
            let chip = settings.seeds.chip.unwrap_or_default() as f64;
            Some(0.2 + 0.3 * settings.hardware.weight_at_gmax - 0.01 * chip + 0.02 * seed as f64)
        }));
        assert_eq!(names_a_winner(&page), None);
        assert!(page.contains("3 independent repeats, and there are only 2.") && page.contains("(n = 2)"), "{page}");
    }

    #[test]
    fn conditions_within_the_noise_are_not_distinguishable() {
        let text = "[training]\nlearning_rate = [0.1, 0.2, 0.3]\n[repeats]\nseeds = 8\n";
        let scatter = |settings: &ohmspike_study::settings::Settings, seed: u64| {
            let rate = (10.0 * settings.training.learning_rate).round() as u64;
            // Scrambled, the same for every run: a spread of about 3 points.
            0.7 + 0.01 * ((seed * 37 + rate * 11 + seed * rate * 5) % 11) as f64
        };
        let page = html(&Fixture::new(text, move |settings, seed| Some(scatter(settings, seed))));
        assert_eq!(names_a_winner(&page), None);
        assert!(
            page.contains("It is undecided which condition has the highest")
                && page.contains("do not differ significantly"),
            "{page}"
        );
        assert!(page.contains("would have been detected with a power of 80 %"), "{page}");
    }

    #[test]
    fn a_condition_without_outcomes_is_no_reference() {
        let text = "[training]\nlearning_rate = [0.1, 0.2, 0.3]\n[repeats]\nseeds = 3\n";
        let page = html(&Fixture::new(text, |settings, seed| {
            let rate = settings.training.learning_rate;
            (rate > 0.15).then_some(rate + 0.01 * seed as f64 + 0.002 * (10.0 * rate * seed as f64).sin())
        }));
        assert!(
            page.contains("Paired t tests with 0.2 as reference") && !page.contains("No test is possible"),
            "{page}"
        );
    }

    #[test]
    fn one_condition_is_compared_with_nothing() {
        let page = |rates: &str| {
            let text = format!("[training]\nlearning_rate = {rates}\n[repeats]\nseeds = 3\n");
            html(&Fixture::new(&text, |_, seed| Some(0.5 + 0.01 * seed as f64)))
        };
        let one = page("0.1");
        assert!(one.contains("The mean test accuracy is 52.0 "), "{one}");
        assert!(
            !one.contains("Comparisons are paired t tests")
                && page("[0.1, 0.2]").contains("Comparisons are paired t tests")
        );
    }

    /// Accuracies of three seeds that scatter by some 30 points.
    #[test]
    fn three_scattered_repeats_detect_no_difference() {
        let text = "[training]\nlearning_rate = [0.1, 0.2, 0.3]\n[repeats]\nseeds = 3\n";
        let page = html(&Fixture::new(text, |settings, seed| {
            let rate = (10.0 * settings.training.learning_rate).round() as u64;
            Some(0.1 + 0.08 * ((seed * 7 + rate * 5 + seed * rate * 3) % 11) as f64)
        }));
        assert!(page.contains("There are too few repeats to detect any difference reliably."), "{page}");
        assert!(!page.contains("would have been detected"), "{page}");
    }

    #[test]
    fn bits_are_answered_in_bits() {
        let text = "[hardware]\ndevice = 'study-1k-1m'\n[device.converters.adc]\ncodes = 'signed'\nbits = [3, 4, 6, 8]\nrange = 'calibrated'\n\
                    [repeats]\nseeds = 4\n";
        let page = html(&Fixture::new(text, |settings, seed| {
            let bits = settings.device["converters.adc.bits"].as_f64().unwrap_or_default();
            let own = 0.002 * ((seed * bits as u64) % 5) as f64;
            Some(if bits < 4.0 { 0.3 } else { 0.7 } + own + 0.01 * seed as f64)
        }));
        assert!(page.contains("ADC resolution (bits): the smallest tested value with at least 95 % of the normalised accuracy is 4 bits"), "{page}");
        assert!(page.contains("kept at 4 bits and lost at 3 bits"), "{page}");
    }

    #[test]
    fn a_study_of_first_weights_answers_in_hertz() {
        use ohmspike_snn::activity::ClassActivity;
        let text = "[weights]\nsigma_init = [0.001, 0.002]\n[repeats]\nseeds = 4\n";
        let page = html(&Fixture::with_records(text, |settings, seed| {
            let double = settings.weights.sigma_init > 0.0015;
            let mut made = record(settings, seed, if double { 0.8 } else { 0.5 } + 0.01 * (seed * seed) as f64);
            made.outcome = made.outcome.map(|outcome| outcome + if double { 0.001 * (seed % 3) as f64 } else { 0.0 });
            // 100 neurons over 100 ms: 10 spikes a sample are 1 Hz.
            let spikes = if double { 300 } else { 100 };
            made.tests =
                vec![vec![ClassActivity { samples: 10, excitatory_spikes: spikes, ..ClassActivity::default() }]; 2];
            Some(made)
        }));
        assert!(
            page.contains("0.002 thresholds (3.00 Hz before training) has the highest mean test accuracy and differs from all others."),
            "{page}"
        );
    }

    #[test]
    fn copies_are_reported_and_count_once() {
        let text = "[seeds]\ninitial = 1\norder = 1\n[repeats]\nseeds = 5\n";
        let page = html(&Fixture::with_records(text, |settings, seed| {
            Some(ohmspike_study::record::Record { loss: vec![1.0], ..record(settings, seed, 0.5) })
        }));
        assert!(page.contains("4 of 5 trials are bit-identical copies of others"), "{page}");
        assert!(page.contains("The mean test accuracy is 50.0 % (n = 1)."), "{page}");
    }

    #[test]
    fn everything_is_escaped_and_nothing_comes_from_elsewhere() {
        let page = html(&falling());
        assert!(page.contains("Is &lt;b&gt; &amp; &quot;c&quot; escaped?") && page.contains("a &lt;study&gt;.toml"));
        for foreign in ["<script src", "http://", "https://", "src=\"/", "@import", "url("] {
            assert!(!page.contains(foreign), "{foreign}");
        }
        let links: Vec<&str> = page.split("<a href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(links, ["answer", "tolerance", "outcomes", "comparisons", "reproduce", "details"]);
        assert!(links.iter().all(|link| page.contains(&format!("<section id=\"{link}\""))), "every link has a target");
    }

    #[test]
    fn missing_trials_are_reported_at_the_top() {
        let some = Fixture::with_records(STUDY, |settings, seed| {
            let failed = settings.noise.level_percent == 100.0 && seed == 1;
            let mut made = record(settings, seed, 0.7);
            if failed {
                made.outcome = None;
                made.failure = Some("training diverged".to_owned());
            }
            (seed < 3).then_some(made)
        });
        let page = html(&some);
        assert!(page.contains("Incomplete: 18 of 27 trials have finished."), "{page}");
        assert!(page.contains("Seeds with a record: 2 of 3") && page.contains("3 finished trials have no outcome"));
        assert!(page.contains("training diverged") && page.contains("(n = 1, 1 diverged)"));
    }

    /// Seeds end at 2^64 - 1, integers of TOML at 2^63 - 1.
    #[test]
    fn seeds_of_64_bits_are_distinguished() {
        let variance = |chips: [u64; 2]| {
            let text = format!(
                "[noise]\nlevel_percent = 0\n[hardware]\ndevice = \"study-1k-1m\"\n[device.faults]\n\
                 p_low_resistance = 0.1\n[seeds]\nchip = {chips:?}\n[repeats]\nseeds = 2\n"
            );
            let accuracy =
                |chip: Option<u64>, seed| if chip == Some(chips[0]) { 0.5 } else { 0.6 } + 0.01 * seed as f64;
            let page = html(&Fixture::new(&text, |settings, seed| Some(accuracy(settings.seeds.chip, seed))));
            assert!(page.contains(&format!("{}, {}", chips[0], chips[1])), "{page}");
            let start = page.find("Fractions of the variance of outcomes").expect("a table");
            page[start..][..page[start..].find("</details>").expect("its end")].to_owned()
        };
        let small = variance([1, 2]);
        assert!(small.contains("chip") && !small.contains("unknown"), "{small}");
        assert_eq!(variance([1 << 63, u64::MAX]), small);
    }

    #[test]
    fn a_study_without_records_has_a_page() {
        let page = html(&Fixture::new(STUDY, |_, _| None));
        assert!(page.contains("Incomplete: 0 of 27 trials") && page.contains("No trial has an outcome yet."));
    }
}
