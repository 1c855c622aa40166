//! Warnings about column converters with an unsuitable range, known only after the network has run.

use ohmspike_crossbar::device::{AdcCodes, AdcRange};
use ohmspike_snn::connection::Connection;

use crate::conversions::ConversionFractions;
use crate::health::MAX_CONVERSIONS;
use crate::prepare::Devices;
use crate::record::Record;
use crate::settings::connection_name;
use crate::significant::{short, significant};

/// A fixed range that saturates, or unsigned codes for negative column sums.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "converters.adc: {connection}: {} % of the conversions in {stage} are outside the range of {} µA and are clipped \
     ({} % at the lowest code, {} % at the highest, {} % at code 0)\n\nhint: {}",
    significant(100.0 * fractions.clipped), significant(*full_scale), significant(100.0 * fractions.lowest),
    significant(100.0 * fractions.highest), significant(100.0 * fractions.zero), advice(*below_zero, *full_scale)
)]
pub struct Saturated {
    /// Name of the connection.
    pub connection: String,
    /// `training` or `tests`, whichever clips more.
    pub stage: &'static str,
    /// Fractions of its conversions by where they ended.
    pub fractions: ConversionFractions,
    /// Full scale, µA.
    pub full_scale: f64,
    /// Whether unsigned codes clip negative sums rather than large ones.
    pub below_zero: bool,
}

fn advice(below_zero: bool, full_scale: f64) -> String {
    if below_zero {
        "set `device.converters.adc.codes = \"signed\"`: unsigned codes cannot hold negative sums".to_owned()
    } else {
        format!(
            "set `device.converters.adc.range = \"calibrated\"`, which measures the range, or raise \
             `device.converters.adc.full_scale_microamperes`, first to {}; larger weights don't help",
            short(2.0 * full_scale)
        )
    }
}

/// Returns the connections of `record` whose converters in `devices` have a fixed range that saturates.
pub fn saturated(record: &Record, devices: &Devices) -> Vec<Saturated> {
    let conversions = record.conversions();
    let of = |connection: Connection| {
        let adc = devices.of(connection)?.device.converters.adc?;
        let AdcRange::Fixed { full_scale } = adc.range else { return None };
        let connection = connection_name(connection);
        let counted = conversions.iter().find(|counted| counted.connection == connection)?;
        let stages = [("training", counted.training), ("tests", counted.test)];
        let worst = stages.into_iter().filter_map(|(stage, fractions)| Some((stage, fractions?)));
        let (stage, fractions) = worst.max_by(|(_, one), (_, next)| one.clipped.total_cmp(&next.clipped))?;
        // With unsigned codes, a clipped sum that did not end at the highest code was negative.
        let below_zero = adc.codes == AdcCodes::Unsigned && fractions.clipped > 2.0 * fractions.highest;
        (fractions.clipped > MAX_CONVERSIONS).then_some(Saturated {
            connection,
            stage,
            fractions,
            full_scale,
            below_zero,
        })
    };
    record.settings.connections().into_iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use ohmspike_crossbar::CodeCounts;
    use ohmspike_crossbar::device::Device;
    use ohmspike_snn::hardware::HardwareUse;

    use super::*;
    use crate::prepare::LoadedDevice;
    use crate::record::{ConnectionRecord, empty_record};

    fn messages(adc: &str, test: CodeCounts) -> Vec<String> {
        let text = format!(
            r#"{{ "name": "x", "window": {{ "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }},
                "read": {{ "volts": 0.2 }}, "converters": {{ "adc": {{ "bits": 8, {adc} }} }} }}"#
        );
        let loaded: LoadedDevice = Device::from_json(&text).expect("a device").into();
        let mut used = HardwareUse::default();
        used.training.codes = CodeCounts { conversions: 1000, highest: 5, zero: 400, clipped: 5, lowest: 0 };
        used.test.codes = test;
        let record = Record {
            connections: vec![ConnectionRecord { name: "hidden-1".to_owned(), used: Some(used), ..Default::default() }],
            ..empty_record()
        };
        saturated(&record, &Some(&loaded).into()).iter().map(Saturated::to_string).collect()
    }

    #[test]
    fn warns_about_a_fixed_range_that_saturates() {
        let fixed = r#""codes": "signed", "range": "fixed", "full_scale_microamperes": 20"#;
        let counts = CodeCounts { conversions: 1000, lowest: 30, highest: 120, zero: 100, clipped: 140 };
        let expected = "converters.adc: hidden-1: 14.0 % of the conversions in tests are outside the range of 20.0 µA \
                        and are clipped (3.00 % at the lowest code, 12.0 % at the highest, 10.0 % at code 0)\n\n\
                        hint: set `device.converters.adc.range = \"calibrated\"`, which measures the range, or raise \
                        `device.converters.adc.full_scale_microamperes`, first to 40; larger weights don't help";
        let found = messages(fixed, counts);
        assert_eq!(found, [expected]);
        assert_eq!(messages(fixed, CodeCounts { clipped: 10, ..counts }), [""; 0]);
        assert_eq!(messages(r#""codes": "signed", "range": "calibrated""#, counts), [""; 0]);
    }

    #[test]
    fn warns_about_unsigned_codes_for_negative_sums() {
        let unsigned = r#""codes": "unsigned", "range": "fixed", "full_scale_microamperes": 200"#;
        let counts = CodeCounts { conversions: 1000, lowest: 400, highest: 0, zero: 400, clipped: 380 };
        let found = messages(unsigned, counts);
        assert!(found[0].contains("hint: set `device.converters.adc.codes = \"signed\"`"), "{found:?}");
    }
}
