//! Changes one key of the settings of a trial.

use super::document;
use super::keys::known_keys;
use super::nearest::unknown;
use super::{StudyError, StudyProblem, canonical, is_unknown};
use crate::settings::Settings;

impl Settings {
    /// Returns these settings with one `key` changed, as a study file spells it: `noise.level_percent`,
    /// `layer.2.hidden`, `device.converters.adc.bits`.
    ///
    /// ```
    /// use ohmspike_study::settings::Settings;
    ///
    /// let settings = Settings::default().with_key("noise.level_percent", 20)?;
    /// assert_eq!(settings.noise.level_percent, 20.0);
    /// # Ok::<(), ohmspike_study::study::StudyError>(())
    /// ```
    ///
    /// # Errors
    /// Returns a [`StudyError`] for an unknown key, and for a value of the wrong type or out of range. Keys of the
    /// device are checked when it is loaded.
    pub fn with_key(&self, key: &str, value: impl Into<toml::Value>) -> Result<Settings, StudyError> {
        let (place, value) = (key.to_owned(), value.into());
        let error = |problem| StudyError { place: place.clone(), problem };
        let key = canonical(key);
        if !key.contains('.') || is_unknown(key, &known_keys()) {
            return Err(unknown(key, &place));
        }
        let mut document = self.table();
        document::put(&mut document, key, value);
        let settings = document::settings_in(document)
            .map_err(|(key, reason)| error(StudyProblem::Type { key, reason, hint: None }))?;
        settings.check().map_err(|source| error(StudyProblem::Value { source, hint: None }))?;
        Ok(settings)
    }

    /// Returns these settings without the `[device]` keys at or below `section`, such as `converters.adc`.
    #[must_use]
    pub fn without_device_keys(&self, section: &str) -> Settings {
        let mut settings = self.clone();
        let below = |key: &str| key.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        settings.device.retain(|key, _| !below(key));
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_one_key_and_no_other() {
        let mut settings = Settings::default();
        settings.hardware.device = "ideal".to_owned();
        let changed = settings.with_key("layer.1.hidden", 7).expect("a key of the first layer");
        assert_eq!(changed.network.hidden, 7);
        assert_eq!(changed.with_key("network.hidden", 100).expect("the same key"), settings);
        let on_device = settings.with_key("device.converters.adc.bits", 6).expect("a key of the device");
        assert_eq!(on_device.device["converters.adc.bits"], 6);
        assert_eq!(on_device.without_device_keys("converters.adc"), settings);
        assert_eq!(on_device.without_device_keys("converters.ad"), on_device);
    }

    #[test]
    fn rejects_unknown_keys_and_wrong_values() {
        let message =
            |key: &str, value: toml::Value| Settings::default().with_key(key, value).expect_err("refused").to_string();
        assert!(message("noise.level", 1.into()).contains("hint: use `noise.level_percent`"));
        assert!(message("noise", 1.into()).contains("unknown key `noise`"));
        assert!(message("noise.level_percent", (-1).into()).contains("expected 0 to 1e6, got -1"));
        assert!(message("network.hidden", 1.5.into()).contains("network.hidden"));
    }
}
