//! Implements the replication for the report.

use ohmspike_report::page::{Facts, Section};
use ohmspike_report::replication::{FiringRates, Replication};
use ohmspike_study::settings::Settings;
use ohmspike_study::study::Study;

use crate::published::Published;
use crate::sections;

/// Name in the key `replicates` of a study file.
pub const NAME: &str = "kilgore-2025";

/// Biologically plausible range of Fig. 1c, Hz.
const PLAUSIBLE: (f64, f64) = (0.01, 25.6);

/// Unknown name in the key `replicates`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("replicates: unknown published study `{0}`; expected `{NAME}`")]
pub struct UnknownReplication(String);

/// Returns the replication of `study`, if it names one.
///
/// # Errors
/// [`UnknownReplication`] if the name is unknown.
pub fn replication(study: &Study) -> Result<Option<&'static dyn Replication>, UnknownReplication> {
    match study.replicates.as_deref() {
        None => Ok(None),
        Some(NAME) => Ok(Some(&Kilgore2025)),
        Some(name) => Err(UnknownReplication(name.to_owned())),
    }
}

/// Kilgore, Kopsick, Ascoli and Adam, Sci Rep 15, 24798 (2025).
#[derive(Clone, Copy, Debug)]
pub struct Kilgore2025;

impl Replication for Kilgore2025 {
    fn sections(&self, facts: &Facts) -> Vec<Section> {
        sections::all(facts)
    }

    fn firing_rates(&self, settings: &Settings) -> FiringRates {
        let (low, high) = PLAUSIBLE;
        if is_on_published_axis(settings) {
            let label = "biologically plausible".to_owned();
            let words = format!(" Shaded: {low} to {high} Hz.");
            return FiringRates { shaded: Some((low, high, label)), words };
        }
        FiringRates { shaded: None, words: words_of_recordings(settings) }
    }
}

/// Returns whether rates use the same time as the published range: time steps of 1 ms.
fn is_on_published_axis(settings: &Settings) -> bool {
    settings.data.window_seconds().is_none()
}

/// Explains how rates of recordings compare with those of the paper, which divides spikes by a different time.
fn words_of_recordings(settings: &Settings) -> String {
    let (low, high) = PLAUSIBLE;
    let digits = Published::kilgore_2025().digits;
    let Some(factor) = digits.on_published_axis(settings, 1.0) else { return String::new() };
    format!(
        " Rates divide spikes by the {} s of a recording. The paper divides the same spikes by {} s: multiply by {factor:.0} for its axis. Its \
         plausible range of {low} to {high} Hz refers to that axis and is not shaded here.",
        settings.sample_seconds(),
        digits.rate_divisor_seconds
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_have_no_shaded_range() {
        let mut settings = Settings::default();
        assert_eq!(Kilgore2025.firing_rates(&settings).words, " Shaded: 0.01 to 25.6 Hz.");
        settings.data.set = "shd".to_owned();
        let rates = Kilgore2025.firing_rates(&settings);
        let expected =
            "by the 1.4 s of a recording. The paper divides the same spikes by 0.2 s: multiply by 7 for its axis";
        assert!(rates.words.contains(expected), "{}", rates.words);
        assert_eq!(rates.shaded, None);
        settings.data.set = "mine".to_owned();
        settings.data.window_seconds = Some(0.3);
        assert_eq!(Kilgore2025.firing_rates(&settings), FiringRates::default());
    }
}
