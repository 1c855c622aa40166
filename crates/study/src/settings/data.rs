//! Section `[data]`: the data set, and how its samples become spikes.

use ohmspike_datasets::{Name, SHD_CLASSES, SHD_NAME, SHD_SECONDS, imported_content};
use ohmspike_snn::spikes::EventsPerStep;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::{POSITIVE, RATE};
use super::{ValueError, number, positive, refuse};

/// Default rate of a value at full scale, 1/s: the highest rate of Diehl and Cook (2015).
const RATE_HERTZ: f64 = 63.75;

/// Section `[data]`: the data set, and how its samples become spikes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DataSettings {
    /// Name of the data set.
    #[schemars(extend("x-allowed" = "`fashion-mnist-subset` (built in), `fashion-mnist`, `shd` or the name of an imported data set"))]
    pub set: String,
    /// How the values of a dense sample become spikes.
    #[serde(skip_serializing_if = "Encoding::is_latency")]
    pub encoding: Encoding,
    /// Spike rate of a value at full scale, 1/s. Requires `data.encoding = "poisson"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = RATE.low, max = RATE.high), extend("x-unit" = "1/s", "x-default" = "63.75"))]
    pub poisson_rate_hertz: Option<f64>,
    /// Recorded events only: duration of the window from the start of a recording that the time steps cover, s. Later events
    /// are dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = POSITIVE.low, max = POSITIVE.high),
        extend("x-unit" = "s", "x-default" = "1.4 for `shd`, otherwise the duration stated by the data set")
    )]
    pub window_seconds: Option<f64>,
    /// Recorded events only: the input from several events of one unit within a time step.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "`binary`"))]
    pub events_per_step: Option<EventsPerStep>,
}

/// How values become spikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// One spike per input; larger values spike earlier.
    #[default]
    Latency,
    /// Spikes at random times; larger values spike more often.
    Poisson,
}

impl Encoding {
    fn is_latency(&self) -> bool {
        *self == Encoding::Latency
    }
}

impl Default for DataSettings {
    fn default() -> Self {
        let set = Name::FashionMnistSubset.to_string();
        DataSettings {
            set,
            encoding: Encoding::Latency,
            poisson_rate_hertz: None,
            window_seconds: None,
            events_per_step: None,
        }
    }
}

impl DataSettings {
    /// Returns the name of the class with `label`.
    pub fn class_name(&self, label: usize) -> String {
        let known = match self.set.as_str() {
            SHD_NAME => Some(&SHD_CLASSES[..]),
            set => set.parse::<Name>().map(Name::class_names).ok(),
        };
        let name = match known {
            Some(names) => names.get(label).map(|name| (*name).to_owned()),
            None => imported_content(&self.set).and_then(|content| content.class_names.get(label).cloned()),
        };
        name.unwrap_or_else(|| format!("class {label}"))
    }

    /// Returns the section with every default written out.
    pub(crate) fn resolved(&self) -> DataSettings {
        let window_seconds = self.window_seconds();
        // Dense samples have neither a window nor events to count.
        let events = window_seconds.is_some() || self.events_per_step.is_some();
        DataSettings {
            poisson_rate_hertz: self.poisson_rate_hertz(),
            window_seconds,
            events_per_step: events.then(|| self.events_per_step()),
            ..self.clone()
        }
    }

    /// Duration of a sample, s. `None` for dense samples, with time steps of 1 ms, and for data sets that are not on this
    /// machine.
    pub fn window_seconds(&self) -> Option<f64> {
        let usual = || match self.set.as_str() {
            SHD_NAME => Some(SHD_SECONDS),
            set => imported_content(set).and_then(|content| content.duration_seconds),
        };
        self.window_seconds.or_else(usual)
    }

    /// Spike rate of a value at full scale, 1/s. `None` for latency encoding.
    pub fn poisson_rate_hertz(&self) -> Option<f64> {
        self.poisson_rate_hertz.or((self.encoding == Encoding::Poisson).then_some(RATE_HERTZ))
    }

    /// Returns the input from several events of one unit within a time step.
    pub fn events_per_step(&self) -> EventsPerStep {
        self.events_per_step.unwrap_or(EventsPerStep::Binary)
    }

    /// Returns a section with every key set, to list the keys.
    pub(crate) fn with_every_key() -> DataSettings {
        let encoding = Encoding::Poisson;
        DataSettings {
            encoding,
            poisson_rate_hertz: Some(RATE_HERTZ),
            window_seconds: Some(SHD_SECONDS),
            events_per_step: Some(EventsPerStep::Binary),
            ..DataSettings::default()
        }
    }

    pub(super) fn check(&self) -> Result<(), ValueError> {
        let images = self.set.parse::<Name>().is_ok();
        let built_in = images || self.set == SHD_NAME;
        if !built_in && !ohmspike_datasets::is_name(&self.set) {
            let names: Vec<String> = Name::ALL.iter().map(|name| format!("`{name}`")).collect();
            let allowed = format!(
                "{}, `{SHD_NAME}` or the name of an imported data set (lower-case letters, digits and hyphens, starting with a letter)",
                names.join(", ")
            );
            return Err(refuse("data.set", allowed, format!("`{}`", self.set)));
        }
        if self.set == SHD_NAME && self.encoding == Encoding::Poisson {
            return Err(refuse("data.encoding", ONLY_DENSE, "`poisson`"));
        }
        match self.window_seconds {
            Some(seconds) if images => return Err(refuse("data.window_seconds", ONLY_EVENTS, seconds)),
            Some(seconds) => positive("data.window_seconds", seconds)?,
            None => {}
        }
        if let Some(per_step) = self.events_per_step.filter(|_| images) {
            return Err(refuse("data.events_per_step", NO_EVENTS, format!("`{}`", per_step_name(per_step))));
        }
        match self.poisson_rate_hertz {
            Some(rate) if self.encoding == Encoding::Latency => {
                Err(refuse("data.poisson_rate_hertz", "no value unless `data.encoding` is `poisson`", rate))
            }
            Some(rate) => number("data.poisson_rate_hertz", rate, RATE),
            None => Ok(()),
        }
    }
}

/// Allowed windows of images.
pub(crate) const ONLY_EVENTS: &str = "no value for dense samples (their time steps last 1 ms)";
/// Allowed event counts of dense samples.
pub(crate) const NO_EVENTS: &str = "no value for dense samples (they hold no recorded events)";
/// Allowed encodings of recorded events.
pub(crate) const ONLY_DENSE: &str = "no value for recorded events (they are spikes already)";

/// Returns the word of a study file.
pub(crate) fn per_step_name(per_step: EventsPerStep) -> &'static str {
    match per_step {
        EventsPerStep::Count => "count",
        EventsPerStep::Binary => "binary",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn json(text: &str) -> String {
        let settings = Settings { data: serde_json::from_str(text).unwrap(), ..Settings::default() };
        settings.data.check().unwrap();
        serde_json::to_string(&settings.resolved().data).unwrap()
    }

    #[test]
    fn refuses_event_counts_for_images() {
        let counted = DataSettings { events_per_step: Some(EventsPerStep::Count), ..DataSettings::default() };
        let message = counted.check().expect_err("images").to_string();
        let expected =
            "data.events_per_step: expected no value for dense samples (they hold no recorded events), got `count`";
        assert_eq!(message, expected);
    }

    /// This text enters the names of trials, which must not change.
    #[test]
    fn writes_a_default_only_where_it_decides_something() {
        assert_eq!(json("{}"), r#"{"set":"fashion-mnist-subset"}"#);
        assert_eq!(json(r#"{"set":"fashion-mnist","encoding":"latency"}"#), r#"{"set":"fashion-mnist"}"#);
        assert_eq!(json(r#"{"set":"shd"}"#), r#"{"set":"shd","window_seconds":1.4,"events_per_step":"binary"}"#);
        assert_eq!(json(r#"{"set":"mine"}"#), r#"{"set":"mine"}"#);
        assert_eq!(
            json(r#"{"encoding":"poisson"}"#),
            r#"{"set":"fashion-mnist-subset","encoding":"poisson","poisson_rate_hertz":63.75}"#
        );
    }
}
