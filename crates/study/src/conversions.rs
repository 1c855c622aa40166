//! Where the conversions of a trial's column converters ended: the part that its record has of the range that they had.
//!
//! A converter with a range that is too small reports its last code for most sums, and one with a range that is too large
//! reports the code 0: with either the network learns little, whatever its weights.

use ohmspike_crossbar::CodeCounts;

use crate::record::{ConnectionRecord, Record};

/// Shares of the conversions by where on the scale they ended, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConversionShares {
    /// All conversions.
    pub conversions: u64,
    /// At the lowest code.
    pub lowest: f64,
    /// At the highest code.
    pub highest: f64,
    /// At the code 0, which is the lowest where codes are unsigned.
    pub zero: f64,
    /// More than half a code beyond either end: what the converter lost.
    pub clipped: f64,
}

/// The conversions of one connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversions {
    /// Name of the connection.
    pub connection: String,
    /// Those of all epochs of training; none where nothing was converted.
    pub training: Option<ConversionShares>,
    /// Those of all tests.
    pub test: Option<ConversionShares>,
}

impl ConversionShares {
    /// The shares of `counts`; none where nothing was converted.
    pub fn of(counts: CodeCounts) -> Option<ConversionShares> {
        let share = |part: u64| part as f64 / counts.conversions as f64;
        (!counts.is_empty()).then(|| ConversionShares {
            conversions: counts.conversions,
            lowest: share(counts.lowest),
            highest: share(counts.highest),
            zero: share(counts.zero),
            clipped: share(counts.clipped),
        })
    }
}

impl Record {
    /// The conversions of every connection whose sums were converted, in the order of the network.
    pub fn conversions(&self) -> Vec<Conversions> {
        let converted = |connection: &ConnectionRecord| {
            let used = connection.used.as_ref()?;
            let (training, test) = (ConversionShares::of(used.training.codes), ConversionShares::of(used.test.codes));
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
    fn shares_are_those_of_the_counts_by_connection() {
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
        let expected = ConversionShares { conversions: 200, lowest: 0.05, highest: 0.15, zero: 0.5, clipped: 0.1 };
        assert_eq!((found[0].training, found[0].test), (Some(expected), None));
        assert_eq!(found[1].test.map(|shares| shares.zero), Some(0.25));
        assert_eq!(empty_record().conversions(), []);
    }
}
