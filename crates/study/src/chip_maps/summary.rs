//! Summary of a chip map: number of stuck cells, median, and cells outside the window.

use std::fmt;

use ohmspike_crossbar::device::Device;
use ohmspike_snn::connection::Connection;

use super::{ChipMaps, LayerMaps, WrongMap, of_connection};
use crate::settings::connection_name;
use crate::significant::significant;

/// Summary of a chip map, compared with the window of the device.
#[derive(Clone, Debug, PartialEq)]
pub struct MapSummary {
    /// Key that names the map.
    pub key: String,
    /// Path of the map.
    pub path: String,
    /// Name of the connection.
    pub connection: String,
    /// Whether its cells are stuck; otherwise they only start at these conductances.
    pub faults: bool,
    /// Cells of the array.
    pub cells: usize,
    /// Cells with a conductance in the map.
    pub given: usize,
    /// Cells with conductance 0.
    pub open: usize,
    /// Cells below the window, excluding those with conductance 0.
    pub below: usize,
    /// Cells above the window.
    pub above: usize,
    /// Median of the conductances above 0, µS; none without any.
    pub median: Option<f64>,
    /// Ends of the window, µS.
    pub window: (f32, f32),
}

impl MapSummary {
    fn new(
        maps: &ChipMaps,
        connection: Connection,
        (rows, columns): (usize, usize),
        device: &Device,
        faults: bool,
        given: &[f32],
    ) -> Option<MapSummary> {
        let file = of_connection(if faults { &maps.fault } else { &maps.conductance }, connection)?;
        let window = (device.window.low(), device.window.high());
        let count = |of: &dyn Fn(f32) -> bool| given.iter().filter(|conductance| of(**conductance)).count();
        let mut conducting: Vec<f32> = given.iter().copied().filter(|conductance| *conductance > 0.0).collect();
        conducting.sort_by(f32::total_cmp);
        let (below, above) = (conducting.len().saturating_sub(1) / 2, conducting.len() / 2);
        let median = conducting.get(below).zip(conducting.get(above));
        Some(MapSummary {
            key: file.key.clone(),
            path: file.path.clone(),
            connection: connection_name(connection),
            faults,
            cells: rows * columns,
            given: given.len(),
            open: count(&|conductance| conductance == 0.0),
            below: count(&|conductance| conductance > 0.0 && conductance < window.0),
            above: count(&|conductance| conductance > window.1),
            median: median.map(|(one, next)| 0.5 * (f64::from(*one) + f64::from(*next))),
            window,
        })
    }
}

impl fmt::Display for MapSummary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MapSummary { path, connection, cells, given, open, below, above, window, .. } = self;
        let percent = significant(100.0 * *given as f64 / *cells as f64);
        if self.faults {
            write!(formatter, "fault map {path} ({connection}): {given} of {cells} cells stuck ({percent} %)")?;
        } else {
            write!(
                formatter,
                "conductance map {path} ({connection}): initial conductance of {given} of {cells} cells"
            )?;
        }
        if let Some(median) = self.median {
            write!(formatter, ", median {} µS", significant(median))?;
        }
        if *open > 0 {
            write!(formatter, ", {open} open")?;
        }
        write!(formatter, "; {below} below and {above} above the window of {} to {} µS", window.0, window.1)
    }
}

impl ChipMaps {
    /// Summarizes the maps of `connection`, an array of `shape` (rows, columns) of `device`; the fault map is first.
    ///
    /// # Errors
    /// Returns a [`WrongMap`] if a map does not fit the array.
    pub fn summaries(
        &self,
        connection: Connection,
        shape: (usize, usize),
        device: &Device,
    ) -> Result<Vec<MapSummary>, WrongMap> {
        let LayerMaps { faults, conductances } = self.of_layer(connection, shape.0, shape.1, device)?;
        let stuck = faults.map(|map| map.written().iter().map(|stuck| stuck.conductance).collect::<Vec<f32>>());
        let start = conductances.map(|map| map.cells().collect::<Vec<f32>>());
        let summary = |(faults, given): (bool, Option<Vec<f32>>)| {
            MapSummary::new(self, connection, shape, device, faults, &given?)
        };
        Ok([(true, stuck), (false, start)].into_iter().filter_map(summary).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::MapFile;
    use super::*;

    fn file(connection: Connection, text: &str) -> MapFile {
        let path = "chip.csv".to_owned();
        MapFile { connection, key: "map".to_owned(), path, text: text.to_owned(), sha256: String::new() }
    }

    /// 5 to 200 µS.
    fn device() -> Device {
        let window = r#""window": { "low_resistance_ohm": 5000, "high_resistance_ohm": 200000 }"#;
        Device::from_json(&format!(r#"{{ "name": "m", {window} }}"#)).expect("a device")
    }

    #[test]
    fn summarizes_a_fault_map() {
        let text = "unit siemens\nok 2e-4 ok open\nok 2.5e-4 high-resistance ok";
        let maps = ChipMaps { fault: vec![file(Connection::Feedforward(0), text)], ..ChipMaps::default() };
        let messages = |connection, shape| maps.summaries(connection, shape, &device()).expect("a map");
        let summaries = messages(Connection::Feedforward(0), (2, 4));
        assert_eq!(
            summaries.iter().map(MapSummary::to_string).collect::<Vec<_>>(),
            ["fault map chip.csv (hidden-1): 4 of 8 cells stuck (50.0 %), median 200 µS, 1 open; 0 below and 1 \
                 above the window of 5 to 200 µS"]
        );
        assert_eq!(messages(Connection::Readout, (4, 2)), []);
        assert!(maps.summaries(Connection::Feedforward(0), (4, 2), &device()).is_err());
    }

    #[test]
    fn summarizes_a_conductance_map() {
        let text = "unit microsiemens\n1 100 120 300";
        let maps = ChipMaps { conductance: vec![file(Connection::Readout, text)], ..ChipMaps::default() };
        let summaries = maps.summaries(Connection::Readout, (1, 4), &device()).expect("a map");
        assert_eq!(
            summaries[0].to_string(),
            "conductance map chip.csv (readout): initial conductance of 4 of 4 cells, median 110 µS; 1 below and 1 \
             above the window of 5 to 200 µS"
        );
    }
}
