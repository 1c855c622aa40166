//! The published choices by name, and which keys beyond `[training]` they decide.

use ohmspike_snn::preset::Preset;
use ohmspike_snn::spikes::EventsPerStep;
use serde::{Deserialize, Serialize};

/// The published choices by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PresetName {
    /// [`Preset::published_results`].
    PublishedResults,
    /// [`Preset::paper_text`].
    PaperText,
    /// [`Preset::shd_published_results`].
    ShdPublishedResults,
    /// [`Preset::shd_paper_text`].
    ShdPaperText,
}

impl PresetName {
    /// What the preset decides.
    pub fn preset(self) -> Preset {
        match self {
            PresetName::PublishedResults => Preset::published_results(),
            PresetName::PaperText => Preset::paper_text(),
            PresetName::ShdPublishedResults => Preset::shd_published_results(),
            PresetName::ShdPaperText => Preset::shd_paper_text(),
        }
    }

    /// What several recorded events of a unit in one step are, where a study does not say: the code of the published SHD study
    /// adds up the entries of a sparse tensor that share a step and a unit, so that three events are an input of 3
    /// (ADAM-Lab-GW/E-I-SNN).
    pub fn events_per_step(self) -> EventsPerStep {
        match self {
            PresetName::ShdPublishedResults | PresetName::ShdPaperText => EventsPerStep::Count,
            PresetName::PublishedResults | PresetName::PaperText => EventsPerStep::Binary,
        }
    }

    /// Keys outside of `[training]`, each with the value that stands where a study gives none.
    pub fn keys_elsewhere(self) -> [(&'static str, usize); 3] {
        let Preset { hidden, steps, last_epochs, .. } = self.preset();
        [("network.hidden", hidden), ("network.steps", steps), ("outcome.last_epochs", last_epochs)]
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    #[test]
    fn settings_without_a_study_are_those_of_the_first_preset() {
        let settings = Settings::default();
        let expected = [
            ("network.hidden", settings.network.hidden),
            ("network.steps", settings.network.steps),
            ("outcome.last_epochs", settings.outcome.last_epochs),
        ];
        assert_eq!(settings.training.preset.keys_elsewhere(), expected);
    }
}
