//! Choices of a fit on the command line: mechanisms, laws, window, acceptance window.

use ohmspike_crossbar::device::{DriftLaw, PulseKind, ReadNoiseKind, WriteNoiseKind};
use ohmspike_fit::{AcceptanceWindow, Mechanism};
use serde_json::Value;

/// Mechanisms with more than one law, and the words of their laws.
const LAWS: [(Mechanism, &[&str]); 4] = [
    (Mechanism::Writes, &["constant", "relative", "table"]),
    (Mechanism::ReadNoise, &["constant", "relative", "table"]),
    (Mechanism::Drift, &["power", "log-time"]),
    (Mechanism::Pulses, &["constant", "linear", "soft-bounds", "exponential", "power", "piecewise-linear"]),
];

/// The chosen laws; none where the fit chooses.
#[derive(Debug, Default, PartialEq)]
pub struct Laws {
    pub writes: Option<WriteNoiseKind>,
    pub read_noise: Option<ReadNoiseKind>,
    pub drift: Option<DriftLaw>,
    pub pulses: Option<PulseKind>,
}

/// A law that does not exist.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum LawError {
    /// No `MECHANISM=LAW`, or a mechanism with a single law.
    #[error(
        "--law {given}: expected MECHANISM=LAW with a mechanism of writes, read-noise, drift, pulses\n\nhint: for example `--law writes=table`"
    )]
    Form { given: String },
    /// A law of another mechanism.
    #[error("--law {mechanism}: expected {}, got `{law}`", laws.join(", "))]
    Law { mechanism: &'static str, law: String, laws: &'static [&'static str] },
}

impl Laws {
    /// Parses `MECHANISM=LAW` of every entry.
    pub fn parse(given: &[String]) -> Result<Laws, LawError> {
        let mut chosen = Laws::default();
        for text in given {
            let form = || LawError::Form { given: text.clone() };
            let (word, law) = text.split_once('=').ok_or_else(form)?;
            let (mechanism, laws) =
                LAWS.into_iter().find(|(mechanism, _)| mechanism.word() == word.trim()).ok_or_else(form)?;
            if !laws.contains(&law.trim()) {
                return Err(LawError::Law { mechanism: mechanism.word(), law: law.to_owned(), laws });
            }
            let word = Value::String(law.trim().to_owned());
            match mechanism {
                Mechanism::Writes => chosen.writes = serde_json::from_value(word).ok(),
                Mechanism::ReadNoise => chosen.read_noise = serde_json::from_value(word).ok(),
                Mechanism::Drift => chosen.drift = serde_json::from_value(word).ok(),
                _ => chosen.pulses = serde_json::from_value(word).ok(),
            }
        }
        Ok(chosen)
    }
}

/// Parses a mechanism.
pub fn mechanism(text: &str) -> Result<Mechanism, String> {
    let words = || Mechanism::ALL.map(Mechanism::word).join(", ");
    Mechanism::from_word(text.trim()).ok_or_else(|| format!("expected one of {}", words()))
}

/// Parses a conductance window `LOW..HIGH`, µS.
pub fn window(text: &str) -> Result<(f64, f64), String> {
    let ends = text.split_once("..").and_then(|(low, high)| Some((number(low)?, number(high)?)));
    ends.filter(|(low, high)| 0.0 < *low && low < high)
        .ok_or_else(|| "expected LOW..HIGH in µS with 0 < LOW < HIGH, such as 1..100".to_owned())
}

/// Parses an acceptance window: `2%` of the target, or `1.5uS`.
pub fn acceptance(text: &str) -> Result<AcceptanceWindow, String> {
    let parsed = match text.strip_suffix('%') {
        Some(percent) => number(percent).map(AcceptanceWindow::PercentOfTarget),
        None => ["uS", "µS", "μS"]
            .iter()
            .find_map(|unit| text.strip_suffix(unit))
            .and_then(number)
            .map(AcceptanceWindow::Microsiemens),
    };
    let width = |window: &AcceptanceWindow| window.half_width(1.0);
    parsed
        .filter(|window| width(window) > 0.0)
        .ok_or_else(|| "expected a width above 0 with its unit, such as 2% (of the target) or 1.5uS".to_owned())
}

fn number(text: &str) -> Option<f64> {
    // -0 counts as 0.
    text.trim().parse().ok().filter(|number: &f64| number.is_finite()).map(|number| number + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laws_are_chosen_by_mechanism() {
        let parse = |given: &[&str]| Laws::parse(&given.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>());
        let chosen = parse(&["writes=table", "pulses=soft-bounds", "drift=log-time", "read-noise=relative"]);
        let expected = Laws {
            writes: Some(WriteNoiseKind::Table),
            read_noise: Some(ReadNoiseKind::Relative),
            drift: Some(DriftLaw::LogTime),
            pulses: Some(PulseKind::SoftBounds),
        };
        assert_eq!(chosen, Ok(expected));
        for given in ["table", "faults=table", ""] {
            assert_eq!(parse(&[given]), Err(LawError::Form { given: given.to_owned() }));
        }
        let told = parse(&["drift=table"]).map_err(|error| error.to_string());
        assert_eq!(told, Err("--law drift: expected power, log-time, got `table`".to_owned()));
    }

    /// Every listed word is a word of the device file.
    #[test]
    fn every_law_exists() {
        for (mechanism, laws) in LAWS {
            for law in laws {
                let chosen = Laws::parse(&[format!("{}={law}", mechanism.word())]);
                assert_ne!(chosen, Ok(Laws::default()), "{mechanism}={law}");
            }
        }
    }

    #[test]
    fn windows_have_units_and_order() {
        assert_eq!(window("1..100"), Ok((1.0, 100.0)));
        for wrong in ["100..1", "0..10", "1-100", "1..", "a..b", "1..inf"] {
            assert!(window(wrong).is_err(), "{wrong}");
        }
        assert_eq!(acceptance("2%"), Ok(AcceptanceWindow::PercentOfTarget(2.0)));
        assert_eq!(acceptance("1.5uS"), Ok(AcceptanceWindow::Microsiemens(1.5)));
        for wrong in ["2", "0%", "-1uS", "uS", "2 kS"] {
            assert!(acceptance(wrong).is_err(), "{wrong}");
        }
        assert_eq!(mechanism("rtn"), Ok(Mechanism::Rtn));
        assert!(mechanism("noise").is_err_and(|told| told.contains("cell-to-cell")));
    }
}
