//! Section `[data]`: what is learnt.

use serde::{Deserialize, Serialize};

use super::{ValueError, positive, refuse};

/// The Spiking Heidelberg Digits.
const SHD: &str = "shd";
/// Recordings of the Spiking Heidelberg Digits last up to so many seconds.
const SHD_WINDOW_SECONDS: f64 = 1.4;

/// Section `[data]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataSettings {
    /// `fashion-mnist`, `fashion-mnist-subset`, which is built in, or `shd`.
    pub set: String,
    /// Of recorded events, the seconds from the start of a recording that all steps together stand for; 1.4 for `shd`. Later
    /// events are dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_seconds: Option<f64>,
}

impl Default for DataSettings {
    fn default() -> Self {
        DataSettings { set: datasets::Name::FashionMnistSubset.to_string(), window_seconds: None }
    }
}

impl DataSettings {
    /// What the class with `label` is called.
    pub fn class_name(&self, label: usize) -> String {
        let names = match self.set.as_str() {
            SHD => &datasets::SHD_CLASSES[..],
            set => set.parse::<datasets::Name>().map(datasets::Name::class_names).unwrap_or_default(),
        };
        names.get(label).map_or_else(|| format!("class {label}"), |name| (*name).to_owned())
    }

    /// The same with every key written out.
    pub(super) fn resolved(&self) -> DataSettings {
        DataSettings { window_seconds: self.window_seconds(), ..self.clone() }
    }

    /// What all steps of a sample together stand for, s; none where a sample is an image, whose steps are of 1 ms each.
    pub fn window_seconds(&self) -> Option<f64> {
        self.window_seconds.or((self.set == SHD).then_some(SHD_WINDOW_SECONDS))
    }

    pub(super) fn check(&self) -> Result<(), ValueError> {
        if self.set != SHD && self.set.parse::<datasets::Name>().is_err() {
            let names: Vec<String> = datasets::Name::ALL.iter().map(|name| format!("`{name}`")).collect();
            return Err(refuse("data.set", format!("{} or `{SHD}`", names.join(", ")), format!("`{}`", self.set)));
        }
        match self.window_seconds {
            Some(seconds) if self.set != SHD => {
                Err(refuse("data.window_seconds", "left out for images, whose steps are of 1 ms each", seconds))
            }
            Some(seconds) => positive("data.window_seconds", seconds),
            None => Ok(()),
        }
    }
}
