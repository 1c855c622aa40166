//! A key with its levels, and the settings of a trial at each of them.

use std::path::Path;

use ohmspike_analysis::limit::{Direction, Levels, LevelsError};
use ohmspike_crossbar::device::{self, Device, ReferenceBranch, WhiteNoise, WriteNoise};
use ohmspike_study::device_file::{DeviceKeys, load};
use ohmspike_study::reference::{Key, device_keys, study_keys};
use ohmspike_study::settings::Settings;
use ohmspike_study::study::{StudyError, canonical};

use super::RETENTION;
use super::defaults::{Grid, Harmless, known};
use super::error::LimitError;

/// Levels that a question asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum AskedLevels {
    /// Those of [`defaults`](super::defaults).
    #[default]
    Default,
    /// A geometric grid; whole numbers for a key with whole numbers.
    Range(f64, f64),
    /// A list.
    List(Vec<f64>),
}

/// A key that a question asks about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AskedKey {
    /// The key, as a study file spells it.
    pub key: String,
    /// Its levels.
    pub levels: AskedLevels,
    /// Its harsh side, unless known.
    pub direction: Option<Direction>,
}

/// A checked key with its levels.
#[derive(Clone, Debug, PartialEq)]
pub struct Swept {
    /// The key, in canonical spelling.
    pub key: String,
    /// Whether its values are whole numbers.
    pub whole: bool,
    /// Lowest and highest allowed value.
    pub allowed: (f64, f64),
    /// Its harmless state.
    pub harmless: Harmless,
    /// Its levels.
    pub levels: Levels,
    /// Other keys that the device needs at any level, with their words.
    pub with: Vec<(&'static str, &'static str)>,
}

/// Largest number of whole numbers that are all levels; more become a geometric grid.
const MAX_WHOLE: f64 = 64.0;

impl Swept {
    /// Checks a key of the study with `settings`, whose weights are on `device`.
    ///
    /// # Errors
    /// Returns a [`LimitError`] if the key is unknown or no number, or if it needs a direction or levels.
    pub fn new(
        asked: &AskedKey,
        settings: &Settings,
        device: Option<&Device>,
        resolution: f64,
    ) -> Result<Swept, LimitError> {
        let key = canonical(&asked.key).to_owned();
        let described = described(&key, settings)?;
        refuse_without_effect(&key, settings)?;
        let mut described = described;
        if let Some(times) = device.and_then(|device| device.drift.times()).filter(|_| key == RETENTION) {
            // Beyond the law, drift stops: a certificate would say nothing.
            described.range = Some((0.0, times.latest));
            described.allowed = format!("0 to {} s, the end of the drift law of the device", times.latest);
        }
        let allowed = described.range.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        let whole = described.kind == "whole number";
        let known = known(&key, device);
        let direction = asked.direction.or(known.as_ref().map(|known| known.direction));
        let Some(direction) = direction else { return Err(LimitError::Direction { key }) };
        let known = known.filter(|known| known.direction == direction);
        let harmless = known.as_ref().map_or(Harmless::Mildest, |known| known.harmless);
        let grid = match &asked.levels {
            AskedLevels::Default => known.and_then(|known| known.grid).map(|grid| within(grid, allowed)),
            AskedLevels::Range(from, to) => Some(Grid::Range(*from, *to)),
            AskedLevels::List(values) => Some(Grid::List(values.clone())),
        };
        let Some(grid) = grid else { return Err(LimitError::NoRange { key }) };
        // The values that were given, not levels between them.
        let given = match &grid {
            Grid::Range(from, to) => vec![*from, *to],
            Grid::List(values) => values.clone(),
        };
        // Default ranges may end between two whole numbers.
        let is_default = asked.levels == AskedLevels::Default;
        let fits_kind = |value: &f64| !whole || value.fract() == 0.0 || is_default;
        let is_outside = |value: &&f64| !(allowed.0..=allowed.1).contains(*value) || !fits_kind(value);
        if let Some(&value) = given.iter().find(is_outside) {
            let kind = if whole { "whole numbers, " } else { "" };
            return Err(LimitError::Outside { key, allowed: format!("{kind}{}", described.allowed), value });
        }
        let levels = levels(&grid, whole, resolution, direction)
            .map_err(|source| LimitError::Levels { key: key.clone(), source })?;
        let with = companions(&key, settings, device);
        Ok(Swept { key, whole, allowed, harmless, levels, with })
    }

    /// Keeps the `count` mildest levels, two or more.
    pub fn keep(&mut self, count: usize) {
        let kept = Levels::list(&self.levels.values()[..count], self.levels.direction());
        self.levels = kept.expect("a part of valid levels");
    }

    /// Returns `settings` with the key at `value`.
    ///
    /// # Errors
    /// Returns a [`StudyError`] if the value is invalid together with other settings.
    pub fn at(&self, settings: &Settings, value: f64) -> Result<Settings, StudyError> {
        let mut settings = settings.clone();
        settings.device.retain(|part, word| *word != "none" || !is_in(&self.key, part));
        for (key, word) in &self.with {
            settings = settings.with_key(key, *word)?;
        }
        let value = if self.whole { toml::Value::Integer(value as i64) } else { toml::Value::Float(value) };
        settings.with_key(&self.key, value)
    }

    /// Returns the key with a harmless state that leaves the parts of the device in which the `other` keys live: its
    /// mildest level instead of no converter.
    #[must_use]
    pub fn beside(self, others: &[&str]) -> Swept {
        match self.harmless {
            Harmless::Without(part) if others.iter().any(|other| *other != self.key && is_in(other, part)) => {
                Swept { harmless: Harmless::Mildest, ..self }
            }
            _ => self,
        }
    }

    /// Returns `settings` without the non-ideality.
    ///
    /// # Errors
    /// Returns a [`StudyError`] as [`Swept::at`] does.
    pub fn off(&self, settings: &Settings) -> Result<Settings, StudyError> {
        match self.harmless {
            Harmless::Value(value) => self.at(settings, value),
            Harmless::Without(part) => settings.without_device_keys(part).with_key(&format!("device.{part}"), "none"),
            Harmless::Mildest => self.at(settings, self.levels.values()[0]),
        }
    }

    /// Describes the network without the non-ideality.
    pub fn off_words(&self) -> String {
        match self.harmless {
            Harmless::Value(value) => format!("{} = {value}", self.key),
            Harmless::Without(part) => format!("no device.{part}"),
            Harmless::Mildest => format!("{} = {} (the mildest level)", self.key, self.levels.values()[0]),
        }
    }

    /// Returns the value of the key at a `fraction` (0 to 1) of its `limit`: 0.5 halves a noise and doubles a size. A key
    /// whose mildest level stands for harmless is never milder.
    pub fn scaled(&self, limit: f64, fraction: f64) -> f64 {
        let (low, high) = self.allowed;
        let scaled = match self.levels.direction() {
            Direction::LargerIsWorse if self.whole => (limit * fraction).floor(),
            Direction::LargerIsWorse => limit * fraction,
            Direction::SmallerIsWorse if self.whole => (limit / fraction - 1e-9).ceil(),
            Direction::SmallerIsWorse => limit / fraction,
        };
        let mildest = self.levels.values()[0];
        let scaled = match (self.harmless, self.levels.direction()) {
            (Harmless::Mildest, Direction::LargerIsWorse) => scaled.max(mildest),
            (Harmless::Mildest, Direction::SmallerIsWorse) => scaled.min(mildest),
            _ => scaled,
        };
        scaled.clamp(low, high)
    }
}

/// Whether `key` is one of the device's keys below `part`, such as `converters.adc`.
fn is_in(key: &str, part: &str) -> bool {
    let below = key.strip_prefix("device.").and_then(|key| key.strip_prefix(part));
    below.is_some_and(|rest| rest.starts_with('.'))
}

/// Finds the description of a key.
fn described(key: &str, settings: &Settings) -> Result<Key, LimitError> {
    let numeric = |found: Key| match found.kind.as_str() {
        "number" | "whole number" if !key.starts_with("seeds.") => Ok(found),
        kind => {
            let kind = if key.starts_with("seeds.") { "seed" } else { kind };
            Err(LimitError::NotNumeric { key: key.to_owned(), kind: kind.to_owned() })
        }
    };
    if let Some(of_device) = key.strip_prefix("device.") {
        let found = device_keys().into_iter().flat_map(|section| section.keys).find(|known| known.key == of_device);
        let Some(found) = found else {
            // The loader of devices names the nearest key of an unknown one.
            load("ideal", &DeviceKeys::from([(of_device.to_owned(), 0.into())]), Path::new(""))
                .map_err(|source| LimitError::UnknownDeviceKey { key: key.to_owned(), source: Box::new(source) })?;
            return numeric(Key { kind: "number".to_owned(), ..Key::default() });
        };
        return numeric(found);
    }
    let parts: Vec<&str> = key.splitn(3, '.').collect();
    let general = match parts[..] {
        ["calibration", ..] => return Err(LimitError::Chooses { key: key.to_owned() }),
        ["layer", layer, name] => {
            let layers = settings.hidden_layers().len();
            if layer.parse().is_ok_and(|number: usize| number == 0 || number > layers) {
                return Err(LimitError::NoLayer { key: key.to_owned(), layer: layer.to_owned(), layers });
            }
            format!("layer.N.{name}")
        }
        _ => key.to_owned(),
    };
    match study_keys(&[]).into_iter().flat_map(|section| section.keys).find(|known| known.key == general) {
        Some(found) => numeric(found),
        None => {
            settings.with_key(key, 0)?;
            Err(LimitError::NotNumeric { key: key.to_owned(), kind: "other".to_owned() })
        }
    }
}

/// Refuses a key that changes no outcome of this study.
fn refuse_without_effect(key: &str, settings: &Settings) -> Result<(), LimitError> {
    let (why, hint) = match key {
        "outcome.success_above" => {
            ("it classifies finished networks and changes no accuracy", "use its value: `--accuracy 75%`")
        }
        "outcome.last_epochs" => {
            ("it averages the accuracies of finished epochs and changes no network", "sweep `training.epochs`")
        }
        key if (key.starts_with("device.") || key.starts_with("hardware.")) && !settings.has_device() => (
            "`hardware.device` is `none`, and digital weights have no cells",
            "choose a device with `--set hardware.device=NAME`",
        ),
        _ => return Ok(()),
    };
    Err(LimitError::NoEffect { key: key.to_owned(), why: why.to_owned(), hint: hint.to_owned() })
}

/// Cuts a default range to the allowed values.
fn within(grid: Grid, (low, high): (f64, f64)) -> Grid {
    match grid {
        Grid::Range(from, to) => Grid::Range(from.max(low), to.min(high)),
        Grid::List(values) => Grid::List(values),
    }
}

fn levels(grid: &Grid, whole: bool, resolution: f64, direction: Direction) -> Result<Levels, LevelsError> {
    match grid {
        Grid::List(values) => Levels::list(values, direction),
        Grid::Range(from, to) if whole && to - from <= MAX_WHOLE => {
            Levels::integers(from.ceil() as i64, to.floor() as i64, direction)
        }
        Grid::Range(from, to) => {
            let [from, to] = if whole { [from.ceil(), to.floor()] } else { [*from, *to] };
            let exact = Levels::geometric(from, to, resolution, direction)?;
            let round = |value: &f64| if whole { value.round() } else { rounded(*value, resolution) };
            let inner = exact.values()[1..exact.harshest()].iter().map(round);
            let mut values: Vec<f64> = inner.filter(|value| from < *value && *value < to).collect();
            values.dedup();
            values.extend([from, to]);
            Levels::list(&values, direction)
        }
    }
}

/// Rounds a level to three significant digits, or more for a fine grid.
fn rounded(value: f64, resolution: f64) -> f64 {
    let decimals = (5.0 / resolution).log10().ceil().max(2.0) as usize;
    format!("{value:.decimals$e}").parse().unwrap_or(value)
}

/// Returns the other keys that a device needs for `key`, unless it or the study has them.
fn companions(key: &str, settings: &Settings, device: Option<&Device>) -> Vec<(&'static str, &'static str)> {
    let Some(device) = device else { return Vec::new() };
    let needed: &[(&str, &str)] = match key {
        "device.converters.adc.bits" if device.converters.adc.is_none() => {
            &[("device.converters.adc.codes", "signed"), ("device.converters.adc.range", "calibrated")]
        }
        key if key.starts_with("device.wires.") && device.wires.is_none() => &[("device.wires.access", "gated")],
        "device.levels.count" if device.levels == device::Levels::Continuous => {
            &[("device.levels.spacing", "conductance")]
        }
        "device.write.sigma_percent_of_conductance" if !matches!(device.write.noise, WriteNoise::Relative { .. }) => {
            &[("device.write.noise", "relative")]
        }
        "device.write.sigma_microsiemens" if !matches!(device.write.noise, WriteNoise::Constant { .. }) => {
            &[("device.write.noise", "constant")]
        }
        "device.read.white.sigma_percent_of_conductance"
            if !matches!(device.read.white, WhiteNoise::Relative { .. }) =>
        {
            &[("device.read.white.noise", "relative")]
        }
        "device.read.white.sigma_microsiemens" if !matches!(device.read.white, WhiteNoise::Constant { .. }) => {
            &[("device.read.white.noise", "constant")]
        }
        "device.reference_branch.sigma_ln_resistance" if device.reference_branch == ReferenceBranch::Ideal => {
            &[("device.reference_branch.kind", "cell")]
        }
        _ => &[],
    };
    let is_set = |key: &str| key.strip_prefix("device.").is_some_and(|key| settings.device.contains_key(key));
    needed.iter().filter(|(key, _)| !is_set(key)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swept(key: &str, from: f64, to: f64) -> Swept {
        let levels = AskedLevels::Range(from, to);
        let asked = AskedKey { key: key.to_owned(), levels, direction: None };
        let device = Device::built_in("study-1k-1m").expect("built in");
        let settings = Settings::default().with_key("hardware.device", "study-1k-1m").expect("a device");
        Swept::new(&asked, &settings, Some(&device), 0.05).expect("a valid key")
    }

    #[test]
    fn fractions_of_limits_stay_within_the_mildest_level() {
        assert_eq!(swept("training.epochs", 4.0, 12.0).scaled(10.0, 0.5), 12.0);
        assert_eq!(swept("device.window.high_resistance_ohm", 1e4, 1e6).scaled(5e5, 0.2), 1e6);
        assert_eq!(swept("device.window.low_resistance_ohm", 1e3, 1e5).scaled(4e3, 0.1), 1e3);
        // Without a converter, more bits than the mildest level are milder still.
        assert_eq!(swept("device.converters.adc.bits", 2.0, 12.0).scaled(8.0, 0.5), 16.0);
        assert_eq!(swept("noise.level_percent", 1.0, 100.0).scaled(4.0, 0.1), 0.4);
    }

    #[test]
    fn ends_of_a_range_stay_exact() {
        let ends = |swept: &Swept| [swept.levels.values()[0], swept.levels.values()[swept.levels.harshest()]];
        assert_eq!(ends(&swept("device.window.high_resistance_ohm", 1234.5, 123_456.0)), [123_456.0, 1234.5]);
        assert_eq!(ends(&swept("network.hidden", 7.0, 12_345.0)), [12_345.0, 7.0]);
        let device = Device::built_in("study-1k-1m").expect("built in");
        let settings = Settings::default().with_key("hardware.device", "study-1k-1m").expect("a device");
        let default = |key: &str| {
            let asked = AskedKey { key: key.to_owned(), ..AskedKey::default() };
            ends(&Swept::new(&asked, &settings, Some(&device), 0.05).expect("a valid key"))
        };
        assert_eq!(default("hardware.retention_seconds"), [1.0, 315_576_000.0]);
        assert_eq!(default("device.window.high_resistance_ohm"), [1e6, 1100.0]);
    }

    #[test]
    fn keys_without_a_place_in_the_network_are_refused() {
        let asked = |key: &str| AskedKey { key: key.to_owned(), levels: AskedLevels::Range(1.0, 3.0), direction: None };
        let message = |key: &str| {
            let error = Swept::new(&asked(key), &Settings::default(), None, 0.05).expect_err("refused");
            error.to_string()
        };
        assert!(message("calibration.headroom").contains("chooses the numbers of others\n\nhint: ask about a number"));
        let layer = "--key layer.3.hidden: expected layer 1, got layer 3\n\nhint: add `[[layer]]` entries";
        assert!(message("layer.3.hidden").starts_with(layer), "{}", message("layer.3.hidden"));
        assert!(message("outcome.success_above").contains("no effect on this study: it classifies finished networks"));
        assert!(message("outcome.last_epochs").contains("no effect on this study: it averages the accuracies"));
        let told = message("device.faults.sa0");
        let expected =
            "--key device.faults.sa0: unknown key `device.faults.sa0`\n\nhint: the keys of `device.faults` are `p_low";
        assert!(told.starts_with(expected), "{told}");
        let half = AskedKey { levels: AskedLevels::Range(4.5, 8.0), ..asked("network.hidden") };
        let half = AskedKey { direction: Some(Direction::SmallerIsWorse), ..half };
        let told = Swept::new(&half, &Settings::default(), None, 0.05).expect_err("refused").to_string();
        assert_eq!(told, "--key network.hidden: expected whole numbers, 1 to 65536, got 4.5");
        let none = "--key device.faults.p_dead_row: no effect on this study: `hardware.device` is `none`";
        assert!(message("device.faults.p_dead_row").starts_with(none), "{}", message("device.faults.p_dead_row"));
        let unknown = message("hardware.retention");
        assert!(unknown.contains("unknown key `hardware.retention`"), "{unknown}");
    }

    #[test]
    fn a_part_of_the_device_stays_for_other_keys_in_it() {
        let bits = swept("device.converters.adc.bits", 2.0, 12.0);
        assert_eq!(bits.clone().beside(&["device.converters.dac.bits"]).off_words(), "no device.converters.adc");
        let kept = bits.beside(&["device.converters.adc.bits", "device.converters.adc.gain_sigma_percent"]);
        assert_eq!(kept.off_words(), "device.converters.adc.bits = 12 (the mildest level)");
        let settings = Settings::default().with_key("hardware.device", "study-1k-1m").expect("a key");
        let settings = settings.with_key("device.converters.adc", "none").expect("a key");
        let settings = kept.off(&settings).expect("a valid level");
        assert!(!settings.device.contains_key("converters.adc") && settings.device["converters.adc.bits"] == 12);
    }
}
