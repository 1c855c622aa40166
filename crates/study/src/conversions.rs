//! Where the conversions of column converters ended within their range.
//!
//! A range that is too small returns the last code for most sums; one that is too large returns code 0. In both cases
//! the network learns little, whatever its weights.

use ohmspike_crossbar::CodeCounts;

use crate::record::{ConnectionRecord, Record};

/// Fractions of conversions by where they ended, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConversionFractions {
    /// Number of conversions.
    pub conversions: u64,
    /// Fraction at the lowest code.
    pub lowest: f64,
    /// Fraction at the highest code.
    pub highest: f64,
    /// Fraction at code 0, which is the lowest of unsigned codes.
    pub zero: f64,
    /// Fraction more than half a code beyond either end, which the converter clips.
    pub clipped: f64,
}

/// The conversions of one connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversions {
    /// Name of the connection.
    pub connection: String,
    /// Conversions in all training epochs; none if nothing was converted.
    pub training: Option<ConversionFractions>,
    /// Conversions in all tests.
    pub test: Option<ConversionFractions>,
}

impl ConversionFractions {
    /// Computes the fractions of `counts`; none without conversions.
    pub fn from_counts(counts: CodeCounts) -> Option<ConversionFractions> {
        let fraction = |part: u64| part as f64 / counts.conversions as f64;
        (!counts.is_empty()).then(|| ConversionFractions {
            conversions: counts.conversions,
            lowest: fraction(counts.lowest),
            highest: fraction(counts.highest),
            zero: fraction(counts.zero),
            clipped: fraction(counts.clipped),
        })
    }
}

impl Record {
    /// Returns the conversions of each connection with column converters, in network order.
    pub fn conversions(&self) -> Vec<Conversions> {
        let converted = |connection: &ConnectionRecord| {
            let used = connection.used.as_ref()?;
            let (training, test) = (
                ConversionFractions::from_counts(used.training.codes),
                ConversionFractions::from_counts(used.test.codes),
            );
            let connection = connection.name.clone();
            (training.is_some() || test.is_some()).then_some(Conversions { connection, training, test })
        };
        self.connections.iter().filter_map(converted).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::empty_record;
    use ohmspike_snn::hardware::HardwareUse;

    #[test]
    fn computes_fractions_per_connection() {
        let counts = CodeCounts { conversions: 200, lowest: 10, highest: 30, zero: 100, clipped: 20 };
        let connection = |name: &str, training, test| {
            let mut used = HardwareUse::default();
            (used.training.codes, used.test.codes) = (training, test);
            ConnectionRecord { name: name.to_owned(), used: Some(used), ..ConnectionRecord::default() }
        };
        let none = CodeCounts::default();
        let connections = vec![
            connection("hidden-1", counts, none),
            connection("hidden-2", none, CodeCounts { conversions: 4, zero: 1, ..none }),
            connection("readout", none, none),
        ];
        let record = Record { connections, ..empty_record() };
        let found = record.conversions();
        let names: Vec<&str> = found.iter().map(|of| &*of.connection).collect();
        assert_eq!(names, ["hidden-1", "hidden-2"]);
        let expected = ConversionFractions { conversions: 200, lowest: 0.05, highest: 0.15, zero: 0.5, clipped: 0.1 };
        assert_eq!((found[0].training, found[0].test), (Some(expected), None));
        assert_eq!(found[1].test.map(|fractions| fractions.zero), Some(0.25));
        assert_eq!(empty_record().conversions(), []);
    }
}
