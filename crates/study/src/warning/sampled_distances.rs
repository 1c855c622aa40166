//! Networks of so many neurons that distances of spike trains are those of a sample.

use super::Warning;
use crate::measured_neurons::MOST_MEASURED;
use crate::settings::Settings;

/// Whether the distances of a trial with `settings` are those of a sample.
pub(super) fn of(settings: &Settings) -> Option<Warning> {
    let neurons = settings.last_hidden().hidden;
    (neurons > MOST_MEASURED).then_some(Warning::SampledDistances { neurons })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_told() {
        let with = |hidden| {
            let mut settings = Settings::default();
            settings.network.hidden = hidden;
            of(&settings).map(|warning| warning.to_string())
        };
        assert_eq!(with(1000), None);
        assert_eq!(
            with(1001).as_deref(),
            Some(
                "network.hidden: distances of spike trains are means over the pairs of a drawn sample of 1000 of 1001 hidden \
                 neurons\n\nhint: accuracies, rates and intervals are those of all neurons; with at most 1000 neurons the \
                 distances are too"
            )
        );
    }
}
