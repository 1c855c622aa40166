//! Presets of the published settings: two per data set, because the published text and the published results disagree.
//!
//! | Fashion-MNIST | `kilgore-2025` | `kilgore-2025-text` |
//! |---|---|---|
//! | hidden neurons, steps | 100, 100 | the same |
//! | tau_mem, tau_syn | 5, 5 steps | 10, 5 steps |
//! | surrogate | fast sigmoid, k = 100 | exponential, k = 100 |
//! | loss | max over time | per step |
//! | optimiser | gradient descent, 0.01, batches of 256, 30 epochs | the same |
//! | initial spread of readout weights | 7 (1 - b) / sqrt(hidden) | the same |
//! | outcome | mean accuracy of the last 10 epochs | the same |
//!
//! | Spiking Heidelberg Digits | `kilgore-2025-shd` | `kilgore-2025-shd-text` |
//! |---|---|---|
//! | hidden neurons, steps | 200, 100 | 200, 200 |
//! | tau_mem, tau_syn | 5, 5 steps | 10, 5 steps |
//! | surrogate, loss | as `kilgore-2025` | as `kilgore-2025-text` |
//! | optimiser | gradient descent, 0.001, batches of 256, 200 epochs | the same |
//! | initial spread of readout weights | 0.0001 | the same |
//! | outcome | mean accuracy of the last 25 epochs | the same |
//!
//! Source: Kilgore et al., Sci Rep 15, 24798 (2025), Methods and published data. The first preset of each pair reproduces the
//! published figures. The files are in `experiments/presets`.

use ohmspike_study::study::Preset;

/// All presets.
pub const PRESETS: [Preset; 4] = [
    Preset { name: "kilgore-2025", keys: include_str!("../presets/kilgore-2025.toml") },
    Preset { name: "kilgore-2025-text", keys: include_str!("../presets/kilgore-2025-text.toml") },
    Preset { name: "kilgore-2025-shd", keys: include_str!("../presets/kilgore-2025-shd.toml") },
    Preset { name: "kilgore-2025-shd-text", keys: include_str!("../presets/kilgore-2025-shd-text.toml") },
];

#[cfg(test)]
mod tests {
    use ohmspike_snn::loss::Loss;
    use ohmspike_snn::spikes::EventsPerStep;
    use ohmspike_study::settings::{Settings, SuccessOf, SurrogateShape};
    use ohmspike_study::study::Study;

    use super::*;

    fn study(text: &str) -> Result<Study, String> {
        Study::parse_with(&PRESETS, "s.toml", &format!("name = 's'\n{text}"), &[]).map_err(|error| error.to_string())
    }

    fn settings(text: &str) -> Settings {
        (*study(text).expect("a study").conditions[0].settings).clone()
    }

    #[test]
    fn the_first_preset_equals_the_defaults() {
        assert_eq!(settings("[training]\npreset = 'kilgore-2025'").resolved(), Settings::default().resolved());
    }

    #[test]
    fn presets_set_missing_keys() {
        let text = settings("[training]\npreset = 'kilgore-2025-text'\ntau_mem_steps = 7.5");
        assert_eq!((text.training.tau_mem_steps, text.training.loss), (7.5, Loss::PerStep));
        assert_eq!(text.training.surrogate, SurrogateShape::Exponential);
        let shd = settings("[data]\nset = 'shd'\n[training]\npreset = 'kilgore-2025-shd'\nepochs = 5");
        assert_eq!((shd.network.hidden, shd.network.steps, shd.training.epochs), (200, 100, 5));
        assert_eq!((shd.sigma_readout(), shd.data.events_per_step()), (0.0001, EventsPerStep::Count));
        assert_eq!((shd.outcome.success_of, shd.outcome.success_above), (SuccessOf::Outcome, 0.3));
        let binary = "[data]\nset = 'shd'\nevents_per_step = 'binary'\n[training]\npreset = 'kilgore-2025-shd-text'";
        assert_eq!(settings(binary).data.events_per_step(), EventsPerStep::Binary);
        assert_eq!(settings(binary).network.steps, 200);
    }

    #[test]
    fn presets_can_be_swept() {
        let study = study("[training]\npreset = ['kilgore-2025', 'kilgore-2025-text']").expect("a study");
        let tau: Vec<f64> = study.conditions.iter().map(|one| one.settings.training.tau_mem_steps).collect();
        assert_eq!(tau, [5.0, 10.0]);
        assert_eq!(study.places["training.loss"], "preset `kilgore-2025-text`");
    }

    #[test]
    fn rejects_unknown_presets_and_lists_the_known_ones() {
        let known = "`kilgore-2025`, `kilgore-2025-text`, `kilgore-2025-shd`, `kilgore-2025-shd-text`";
        for (name, hint) in [("paper", ""), ("paper-text", "\n\nhint: renamed to `kilgore-2025-text`")] {
            let error = study(&format!("[training]\npreset = '{name}'")).expect_err("unknown");
            assert_eq!(
                error,
                format!("s.toml:3: training.preset: unknown preset `{name}`; expected one of {known}{hint}")
            );
        }
    }

    #[test]
    fn rejects_a_preset_that_does_not_fit_the_data() {
        let error = study("[training]\npreset = 'kilgore-2025-shd'").expect_err("images have no events");
        assert!(
            error.starts_with("preset `kilgore-2025-shd`: data.events_per_step: expected no value for dense samples"),
            "{error}"
        );
    }
}
