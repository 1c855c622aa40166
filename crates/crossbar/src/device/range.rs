//! Ranges that the laws of a device file cover: resistances, times, voltages. Beyond a range, the value at its end
//! applies.

use super::drift::{Drift, DriftTimes};
use super::drift_spec::DriftBounds;
use super::levels::Levels;
use super::model::Device;
use super::read::WhiteNoise;
use super::write::WriteNoise;

/// Relative rounding error of a resistance: window ends are stored as conductances in f32.
pub(super) const SLACK: f64 = 1e-6;

/// Resistances covered by a table of the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TableRange {
    /// Key of the table.
    pub key: &'static str,
    /// Resistance of the first point, ohm.
    pub first: f64,
    /// Resistance of the last point, ohm.
    pub last: f64,
}

impl TableRange {
    /// Returns the range of a table; `None` for a table of one point, which is a constant at all resistances.
    fn new(key: &'static str, mut resistances: impl DoubleEndedIterator<Item = f64>) -> Option<TableRange> {
        let (first, last) = (resistances.next()?, resistances.next_back()?);
        Some(TableRange { key, first, last })
    }

    /// Returns the end of the table that applies to a cell of `resistance`, both ohm; `None` if the table covers it.
    pub fn held(&self, resistance: f64) -> Option<f64> {
        if resistance < self.first * (1.0 - SLACK) {
            Some(self.first)
        } else if resistance > self.last * (1.0 + SLACK) {
            Some(self.last)
        } else {
            None
        }
    }
}

impl DriftTimes {
    /// Returns the time whose state applies `seconds` after a write; `None` inside the range of the law, and at 0 s,
    /// before any drift.
    pub fn held(&self, seconds: f64) -> Option<f64> {
        if seconds > self.latest {
            Some(self.latest)
        } else if seconds > 0.0 && seconds < self.reference {
            Some(self.reference)
        } else {
            None
        }
    }
}

impl Drift {
    /// Returns the times between which the law applies; `None` without drift.
    pub fn times(&self) -> Option<DriftTimes> {
        match self {
            Drift::None => None,
            Drift::Power(law) => Some(law.times()),
            Drift::LogTime(law) => Some(law.times),
        }
    }
}

impl Device {
    /// Returns the conductance of a cell with the window of the device `seconds` after a write that left `written`, both µS;
    /// `draw` is the standard normal of that write.
    pub fn drifted(&self, written: f64, draw: f64, seconds: f64) -> f64 {
        let drifted = self.drift.conductance(written, draw, seconds);
        match self.drift.bounds() {
            DriftBounds::Window => drifted.clamp(f64::from(self.window.low()), f64::from(self.window.high())),
            DriftBounds::Zero => drifted,
        }
    }

    /// Returns the range of the write noise table, if it has several points.
    pub fn write_table(&self) -> Option<TableRange> {
        let WriteNoise::Table(table) = &self.write.noise else { return None };
        TableRange::new("write.points", table.points().iter().map(|point| point.resistance_ohm))
    }

    /// Returns the range of the table of white read noise, if it has several points.
    pub fn read_table(&self) -> Option<TableRange> {
        let WhiteNoise::Table(table) = &self.read.white else { return None };
        TableRange::new("read.white.points", table.points().iter().map(|point| point.resistance_ohm))
    }

    /// Returns the range of the table of drift exponents, if it has several points.
    pub fn drift_table(&self) -> Option<TableRange> {
        let Drift::Power(law) = &self.drift else { return None };
        TableRange::new("drift.points", law.points().iter().map(|point| point.resistance_ohm))
    }

    /// Returns the range of the table of I-V curves, if it has several points.
    pub fn current_table(&self) -> Option<TableRange> {
        let points = self.read.nonlinearity.as_ref()?.points().iter();
        TableRange::new("read.nonlinearity.points", points.map(|point| point.resistance_ohm))
    }

    /// Returns the ranges of all tables of several points over resistance.
    pub fn tables(&self) -> impl Iterator<Item = TableRange> {
        [self.write_table(), self.read_table(), self.drift_table(), self.current_table()].into_iter().flatten()
    }

    /// Returns the lowest and highest resistance that writes target, ohm: the outermost levels, or the ends of the
    /// window.
    pub fn targets(&self) -> [f64; 2] {
        let ends = match &self.levels {
            Levels::Listed(levels) => levels.first().zip(levels.last()).map(|(low, high)| [*high, *low]),
            _ => None,
        };
        ends.unwrap_or([self.window.high(), self.window.low()].map(f64::from)).map(|conductance| 1e6 / conductance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_law_applies_beyond_its_range() {
        let times = DriftTimes { reference: 20.0, latest: 3.15576e7 };
        let held = [0.0, 1.0, 19.9, 20.0, 3600.0, 3.15576e7, 3.2e7].map(|seconds| times.held(seconds));
        assert_eq!(held, [None, Some(20.0), Some(20.0), None, None, None, Some(3.15576e7)]);
        let table = TableRange { key: "write.points", first: 1e3, last: 1e5 };
        let held = [999.0, 1e3, 5e4, 1e5 * (1.0 + 1e-7), 1e6].map(|resistance| table.held(resistance));
        assert_eq!(held, [Some(1e3), None, None, None, Some(1e5)]);
    }

    #[test]
    fn every_table_has_its_range() {
        let device = Device::built_in("pcm-joshi-2020").unwrap();
        let keys: Vec<&str> = device.tables().map(|table| table.key).collect();
        assert_eq!(keys, ["write.points", "read.white.points", "drift.points"]);
        assert!(device.tables().all(|table| (table.first, table.last) == (40_000.0, 5_000_000.0)));
        let bent = Device::built_in("hfo2-1t1r-milo-2021").unwrap().current_table().unwrap();
        assert_eq!((bent.held(20_000.0), bent.held(5e3)), (Some(16_000.0), None));
    }

    #[test]
    fn targets_are_the_outermost_levels_if_any() {
        let text = r#"{ "name": "x", "window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 },
                        "levels": { "microsiemens": [10, 50, 200] } }"#;
        assert_eq!(Device::from_json(text).unwrap().targets(), [5000.0, 100_000.0]);
        let ideal = Device::built_in("ideal").unwrap().targets();
        assert!((ideal[0] - 1e3).abs() < 1e-3 && (ideal[1] - 1e6).abs() < 1.0);
    }
}
