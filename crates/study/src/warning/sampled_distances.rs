//! Warnings about networks too large to measure the distances of all spike trains.

use super::Warning;
use crate::measured_neurons::MAX_MEASURED;
use crate::settings::Settings;

/// Returns a warning if trials with `settings` measure distances on a sample of the neurons.
pub(super) fn of(settings: &Settings) -> Option<Warning> {
    let neurons = settings.last_hidden().hidden;
    (neurons > MAX_MEASURED).then_some(Warning::SampledDistances { neurons })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warns_about_a_sample() {
        let with = |hidden| {
            let mut settings = Settings::default();
            settings.network.hidden = hidden;
            of(&settings).map(|warning| warning.to_string())
        };
        assert_eq!(with(1000), None);
        assert_eq!(
            with(1001).as_deref(),
            Some(
                "network.hidden: spike-train distances are averaged over pairs from a random sample of 1000 of the \
                 1001 hidden neurons\n\nhint: accuracies, rates and intervals use all neurons; choose at most 1000 \
                 hidden neurons to measure all pairs"
            )
        );
    }
}
