//! The replication as a report sees it.

use ohmspike_report::page::{Facts, Section};
use ohmspike_report::replication::{FiringRates, Replication};
use ohmspike_study::settings::Settings;
use ohmspike_study::study::Study;

use crate::published::Published;
use crate::sections;

/// The name under which a study file declares it.
pub const NAME: &str = "kilgore-2025";

/// The biologically plausible range of Fig. 1c, Hz.
const PLAUSIBLE: (f64, f64) = (0.01, 25.6);

/// A study that replicates nothing known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("replicates: unknown published study `{0}`; expected `{NAME}`")]
pub struct UnknownReplication(String);

/// What `study` replicates.
///
/// # Errors
/// [`UnknownReplication`].
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

/// Whether rates are over the time that the published range is over: steps of 1 ms.
fn is_on_published_axis(settings: &Settings) -> bool {
    settings.data.window_seconds().is_none()
}

/// How the rates of recordings lie to those of the paper, which divides their spikes by another time than their own.
fn words_of_recordings(settings: &Settings) -> String {
    let (low, high) = PLAUSIBLE;
    let digits = Published::kilgore_2025().digits;
    let Some(factor) = digits.on_published_axis(settings, 1.0) else { return String::new() };
    format!(
        " Rates are over the {} s of a recording. The paper divides the same spikes by {} s: multiply by {factor:.0} for its axis. Its \
         plausible range of {low} to {high} Hz is on that axis and isn't shaded here.",
        settings.sample_seconds(),
        digits.rate_divisor_seconds
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_range_is_not_shaded_on_the_axis_of_recordings() {
        let mut settings = Settings::default();
        assert_eq!(Kilgore2025.firing_rates(&settings).words, " Shaded: 0.01 to 25.6 Hz.");
        settings.data.set = "shd".to_owned();
        let rates = Kilgore2025.firing_rates(&settings);
        let expected =
            "over the 1.4 s of a recording. The paper divides the same spikes by 0.2 s: multiply by 7 for its axis";
        assert!(rates.words.contains(expected), "{}", rates.words);
        assert_eq!(rates.shaded, None);
        settings.data.set = "mine".to_owned();
        settings.data.window_seconds = Some(0.3);
        assert_eq!(Kilgore2025.firing_rates(&settings), FiringRates::default());
    }
}
