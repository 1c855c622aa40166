//! Columns that are named by a target in another unit or spelling: `50 kOhm` stands for `50000_ohm`.

/// Spellings of units in lower case, the accepted unit, and its number in one of them.
const UNITS: [(&[&str], &str, f64); 12] = [
    (&["siemens"], "microsiemens", 1e6),
    (&["millisiemens", "msiemens", "ms"], "microsiemens", 1e3),
    (&["microsiemens", "usiemens", "µsiemens", "us", "µs"], "microsiemens", 1.0),
    (&["nanosiemens", "nsiemens", "ns"], "microsiemens", 1e-3),
    (&["picosiemens", "psiemens", "ps"], "microsiemens", 1e-6),
    (&["s"], "microsiemens", 1e6),
    (&["ohm", "ohms", "ω"], "ohm", 1.0),
    (&["kohm", "kohms", "kiloohm", "kiloohms", "kilohm", "kilohms", "kω", "k"], "ohm", 1e3),
    (&["mohm", "mohms", "megaohm", "megaohms", "megohm", "megohms", "mω"], "ohm", 1e6),
    (&["gohm", "gohms", "gigaohm", "gigaohms", "gω"], "ohm", 1e9),
    (&["microohm", "microohms"], "ohm", 1e-6),
    (&["milliohm", "milliohms"], "ohm", 1e-3),
];

/// Largest target in `s`, µS: of 10 seconds and 10 siemens, a column means the time.
const MAX_IN_S: f64 = 1e6;

/// A target in the name of a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TargetName {
    /// Accepted name of the column.
    pub accepted: String,
    /// Accepted unit of its values.
    pub unit: &'static str,
    /// Whether the unit of `name` is the accepted one, so that values stay as they are.
    pub is_in_unit: bool,
}

/// Returns the target that `name` states with any unit.
pub(super) fn target_name(name: &str) -> Option<TargetName> {
    let plain = name.trim().to_lowercase().replace('μ', "µ");
    let plain = plain.trim_end_matches([')', ']']);
    let spellings =
        UNITS.iter().flat_map(|(spellings, unit, scale)| spellings.iter().map(move |one| (*one, *unit, *scale)));
    spellings.into_iter().find_map(|(spelling, unit, scale)| {
        let number = plain.strip_suffix(spelling)?.trim_end_matches(['_', ' ', '-', '(', '[']);
        let number = number.parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0)?;
        // Twelve digits hide the rounding of the product.
        let target: f64 = format!("{:.11e}", scale * number).parse().ok()?;
        let is_time = spelling == "s" && target > MAX_IN_S;
        let accepted = format!("{target}_{unit}");
        (target.is_finite() && !is_time).then_some(TargetName { accepted, unit, is_in_unit: scale == 1.0 })
    })
}

#[cfg(test)]
mod tests {
    use super::super::column::column;
    use super::*;

    #[test]
    fn targets_in_all_units_have_an_accepted_name() {
        for (given, accepted) in [
            ("10_siemens", "10000000_microsiemens"),
            ("2e-5 S", "20_microsiemens"),
            ("0.05 (mS)", "50_microsiemens"),
            ("50 [μS]", "50_microsiemens"),
            ("50uS", "50_microsiemens"),
            ("10_nanosiemens", "0.01_microsiemens"),
            ("500-pS", "0.0005_microsiemens"),
            ("20000 Ohm", "20000_ohm"),
            ("50_kiloohm", "50000_ohm"),
            ("1.1 kΩ", "1100_ohm"),
            ("20k", "20000_ohm"),
            ("2.5_Mohm", "2500000_ohm"),
            ("1 GΩ", "1000000000_ohm"),
        ] {
            let found = target_name(given).unwrap_or_else(|| panic!("{given}"));
            assert_eq!(found.accepted, accepted, "{given}");
            assert!(column(&found.accepted, true).is_some(), "{accepted}");
        }
    }

    #[test]
    fn times_currents_and_words_are_no_targets() {
        for name in ["10 s", "3600_s", "5 uA", "G (nS)", "-5 uS", "0_ohm", "inf_ohm", "nan ohm", "ohm", "", "cells"] {
            assert_eq!(target_name(name), None, "{name}");
        }
    }
}
