//! Section `[data]`: what is learnt.

use ohmspike_datasets::{Name, SHD_CLASSES, SHD_NAME, SHD_SECONDS, imported_content};
use ohmspike_snn::spikes::EventsPerStep;
use serde::{Deserialize, Serialize};

use super::{ValueError, number, positive, refuse};

/// Rate of a full number where the study gives none, 1/s: the largest of Diehl and Cook (2015).
const RATE_HERTZ: f64 = 63.75;

/// Section `[data]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataSettings {
    /// `fashion-mnist`, `fashion-mnist-subset`, which is built in, `shd`, or the name of a data set that was imported.
    pub set: String,
    /// How the numbers of dense samples become spikes.
    #[serde(skip_serializing_if = "Encoding::is_latency")]
    pub encoding: Encoding,
    /// With `encoding = "poisson"`, the rate of a full number, 1/s; 63.75 where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poisson_rate_hertz: Option<f64>,
    /// Of recorded events, the seconds from the start of a recording that all steps together stand for; 1.4 for `shd`, the stated
    /// duration for those that were imported. Later events are dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_seconds: Option<f64>,
    /// Of recorded events, what several of a unit in one step are: `count`, an input as large as their number, or `binary`, one
    /// spike. Default `binary`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_per_step: Option<EventsPerStep>,
}

/// How numbers become spikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// The larger, the earlier its one spike.
    #[default]
    Latency,
    /// The larger, the more spikes, at random times.
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
    /// What the class with `label` is called.
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

    /// The same with every key written out.
    pub(super) fn resolved(&self) -> DataSettings {
        let window_seconds = self.window_seconds();
        // Dense samples have no window, and no events to count.
        let events = window_seconds.is_some() || self.events_per_step.is_some();
        DataSettings {
            poisson_rate_hertz: self.poisson_rate_hertz(),
            window_seconds,
            events_per_step: events.then(|| self.events_per_step()),
            ..self.clone()
        }
    }

    /// What all steps of a sample together stand for, s; none where a sample is dense, whose steps are of 1 ms each, or the data set
    /// is not on this machine.
    pub fn window_seconds(&self) -> Option<f64> {
        let usual = || match self.set.as_str() {
            SHD_NAME => Some(SHD_SECONDS),
            set => imported_content(set).and_then(|content| content.duration_seconds),
        };
        self.window_seconds.or_else(usual)
    }

    /// With Poisson encoding, the rate of a full number, 1/s.
    pub fn poisson_rate_hertz(&self) -> Option<f64> {
        self.poisson_rate_hertz.or((self.encoding == Encoding::Poisson).then_some(RATE_HERTZ))
    }

    /// What several events of a unit in one step are.
    pub fn events_per_step(&self) -> EventsPerStep {
        self.events_per_step.unwrap_or(EventsPerStep::Binary)
    }

    /// Settings that hold every key, for who asks which there are.
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
                "{}, `{SHD_NAME}` or the name of an imported data set (lower-case letters, digits and hyphens, a letter first)",
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
                Err(refuse("data.poisson_rate_hertz", "left out where `data.encoding` is not `poisson`", rate))
            }
            Some(rate) => {
                number("data.poisson_rate_hertz", rate, 1e-3..=1e3, "a number from 1e-3 to 1000, one spike a step")
            }
            None => Ok(()),
        }
    }
}

/// Where a window is allowed.
pub(crate) const ONLY_EVENTS: &str = "left out for images, whose steps are of 1 ms each";
/// Where it is allowed to say what several events in one step are.
pub(crate) const NO_EVENTS: &str = "left out for dense samples, which hold no recorded events";
/// Where an encoding is allowed.
pub(crate) const ONLY_DENSE: &str = "left out for recorded events, which are spikes already";

/// How a study spells it.
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
    fn images_have_no_events_to_count() {
        let counted = DataSettings { events_per_step: Some(EventsPerStep::Count), ..DataSettings::default() };
        let message = counted.check().expect_err("images").to_string();
        let expected =
            "data.events_per_step: must be left out for dense samples, which hold no recorded events, got `count`";
        assert_eq!(message, expected);
    }

    /// What enters the names of trials; those of before must not change.
    #[test]
    fn what_is_left_out_is_not_written_unless_it_decides_something() {
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
