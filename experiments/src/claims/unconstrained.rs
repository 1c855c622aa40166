//! Accuracy of networks without sign constraints.

use ohmspike_stats::equivalence::agreement;
use ohmspike_study::record::Record;
use ohmspike_study::settings::{Settings, WeightSigns};

use super::best_spread::chosen;
use super::by_condition::words;
use super::{Finding, MIN_REPEATS, Tested, Verdict, of_published_kind};

/// The claim about images.
pub const ON_IMAGES: Tested = (
    "A network of the same size without sign constraints reaches about 86 %",
    "Noise-free trials of unconstrained networks without devices. Each seed is tested at the initial weight spread with the best accuracy of the \
     other seeds, without silent networks. Supported if the 95 % interval of the mean best accuracy over at least 3 seeds is between 84 and 88 %. Contradicted \
     if the whole interval is outside.",
    on_images,
);
/// The claim about spoken digits.
pub const ON_DIGITS: Tested = (
    "A network of the same size without sign constraints recognises about 48 % of spoken digits",
    "The same with the outcome, the mean accuracy of the last epochs: supported between 46.1 and 50.1 %.",
    on_digits,
);
/// Accuracies of the text of the paper: about 86 % of images, and 48.1 % of spoken digits.
const IMAGES: f64 = 0.86;
const DIGITS: f64 = 0.481;
/// Meaning of "about", chosen: the error of reading the published figure of noise, for both.
const ABOUT: f64 = 0.02;

/// Returns whether a network is of the published kind without sign constraints.
pub fn as_published(settings: &Settings) -> bool {
    settings.network.signs == WeightSigns::Unconstrained && of_published_kind(settings)
}

fn judged(records: &[&Record], claimed: f64, of: impl Fn(&Record) -> Option<f64>) -> Finding {
    let clean: Vec<&Record> =
        records.iter().copied().filter(|record| record.settings.noise.level_percent == 0.0).collect();
    let Some(chosen) = chosen(&clean, of) else {
        return Finding::not_tested("it needs noise-free networks that spike, with two seeds or more");
    };
    let verdict = match chosen.sample.n {
        n if n < MIN_REPEATS => Verdict::Inconclusive,
        _ => agreement(&chosen.sample, claimed - ABOUT, claimed + ABOUT, 1).into(),
    };
    Finding::new(verdict, format!("{}, chosen spreads {}", words(&chosen.sample), chosen.words()))
}

fn on_images(records: &[&Record]) -> Finding {
    judged(records, IMAGES, |record| Some(record.best()?.1))
}

fn on_digits(records: &[&Record]) -> Finding {
    judged(records, DIGITS, |record| record.outcome)
}

#[cfg(test)]
mod tests {
    use super::super::{claims, made, verdict};
    use super::*;

    fn unconstrained(peaks: &[f64]) -> Vec<Record> {
        let mut records = made(1.0, 0.0, peaks);
        for record in &mut records {
            record.settings.network.signs = WeightSigns::Unconstrained;
            record.accuracy = vec![0.1, record.outcome.expect("made with an outcome")];
        }
        records
    }

    #[test]
    fn the_number_is_tested_at_the_spreads_of_other_seeds() {
        assert_eq!(verdict(on_images, &unconstrained(&[0.86, 0.861, 0.859])), Verdict::Supported);
        assert_eq!(verdict(on_images, &unconstrained(&[0.82, 0.821, 0.819])), Verdict::Contradicted);
        assert_eq!(verdict(on_images, &unconstrained(&[0.84, 0.841, 0.839])), Verdict::Inconclusive);
        assert_eq!(verdict(on_images, &unconstrained(&[0.86, 0.861])), Verdict::Inconclusive);
        assert_eq!(verdict(on_images, &unconstrained(&[0.86])), Verdict::NotTested);
        assert_eq!(verdict(on_digits, &unconstrained(&[0.48, 0.481, 0.479])), Verdict::Supported);
    }

    #[test]
    fn networks_without_sign_constraints_test_this_claim_only() {
        let records = unconstrained(&[0.86, 0.861, 0.859]);
        let found = claims(&records.iter().collect::<Vec<&Record>>());
        assert_eq!(found.iter().map(|claim| claim.claim).collect::<Vec<_>>(), [ON_IMAGES.0]);
    }
}
