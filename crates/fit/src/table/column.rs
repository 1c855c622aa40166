//! Names and units of columns.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Column {
    /// Name of the cell.
    Cell,
    /// Row line of the cell.
    Row,
    /// Column line of the cell.
    LineAcross,
    /// Number of the cycle.
    Cycle,
    /// Time after the write, s.
    Seconds,
    /// Target.
    Target(Unit),
    /// Value before the write.
    Start(Unit),
    /// Measured value.
    Value(Unit),
    /// Value some time after the write.
    After(Unit),
    /// One of several reads, with its number.
    Read(Unit, u32),
    /// Number of the pulse.
    Pulse,
    /// Direction of the pulse.
    Direction,
    /// Wide tables: values at the target, µS.
    State(Unit, f64),
    /// Left out as asked.
    Ignored,
}

impl Column {
    /// Whether the column has numbers.
    pub(super) fn is_number(&self) -> bool {
        !matches!(self, Column::Cell | Column::Direction | Column::Ignored)
    }

    /// Whether the column has whole numbers.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self, Column::Row | Column::LineAcross | Column::Cycle | Column::Pulse)
    }

    /// Whether the column has currents.
    pub(super) fn is_current(&self) -> bool {
        matches!(
            self,
            Column::Start(Unit::Microamperes)
                | Column::Value(Unit::Microamperes)
                | Column::After(Unit::Microamperes)
                | Column::Read(Unit::Microamperes, _)
        )
    }
}

impl Column {
    /// Returns whether both columns hold the same quantity, possibly in two units or spellings.
    pub fn is_same_quantity(self, other: Column) -> bool {
        match (self, other) {
            (Column::State(_, one), Column::State(_, two)) => (one / two - 1.0).abs() < 1e-9,
            (Column::Read(_, one), Column::Read(_, two)) => one == two,
            _ => std::mem::discriminant(&self) == std::mem::discriminant(&other),
        }
    }
}

/// Unit of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unit {
    /// Conductance, µS.
    Microsiemens,
    /// Resistance, ohm.
    Ohm,
    /// Current, µA, at a read voltage.
    Microamperes,
}

impl Unit {
    /// Returns the conductance of `value`, µS; `volts` is the read voltage of currents.
    pub fn microsiemens(self, value: f64, volts: f64) -> f64 {
        match self {
            Unit::Microsiemens => value,
            Unit::Ohm => 1e6 / value,
            Unit::Microamperes => value / volts,
        }
    }
}

/// Columns of a table with one value per row: name, unit, meaning.
pub const COLUMNS: [[&str; 3]; 16] = [
    ["cell", "none", "Name or number of the cell. A table with `row` and `column` doesn't need it."],
    ["row", "line", "Number of the row line of the cell."],
    ["column", "line", "Number of the column line of the cell."],
    ["cycle", "cycle", "Number of the write of this cell. Without this column, each cell is written once."],
    ["time_seconds", "s", "Time since the write, for retention and repeated reads."],
    ["target_microsiemens", "µS", "Conductance that the write aimed at."],
    ["target_ohm", "ohm", "Instead of the column above: resistance that the write aimed at."],
    ["start_microsiemens", "µS", "Conductance before the write."],
    [
        "conductance_microsiemens",
        "µS",
        "Measured value. A table has one column of values, of this or the next three names.",
    ],
    ["written_microsiemens", "µS", "Conductance right after the write, without read noise."],
    ["resistance_ohm", "ohm", "Measured value."],
    ["current_microamperes", "µA", "Measured value at the voltage `--read-volts`."],
    ["after_microsiemens", "µS", "Conductance some time after the write. `--after` states the time."],
    ["read_{number}_microsiemens", "µS", "Repeated reads of the row."],
    ["pulse", "pulse", "Number of the pulse, in a pulse train."],
    [
        "direction",
        "none",
        "Direction of the pulse: `up` or `down`. Also `set` or `reset`, `potentiation` or `depression`, `1` or `-1`.",
    ],
];

/// Columns of a table of writes with one column per target: name, unit, meaning.
pub const WIDE_COLUMNS: [[&str; 3]; 6] = [
    COLUMNS[0],
    COLUMNS[1],
    COLUMNS[2],
    COLUMNS[3],
    ["{target}_microsiemens", "µS", "Conductance after the write to this target, as in `50_microsiemens`."],
    ["{target}_ohm", "ohm", "Resistance after the write to this target, as in `20000_ohm`."],
];

/// Returns the names of all columns, for messages.
pub(super) fn known_names(wide: bool) -> String {
    match wide {
        false => COLUMNS.map(|[name, ..]| name.replace("{number}", "N")).join(", "),
        true => "cell, row, column, cycle, and targets such as 50_microsiemens or 20000_ohm".to_owned(),
    }
}

/// Returns the column called `name`; `wide` tables have targets as names.
pub(super) fn column(name: &str, wide: bool) -> Option<Column> {
    Some(match name {
        "cell" => Column::Cell,
        "row" => Column::Row,
        "column" => Column::LineAcross,
        "cycle" => Column::Cycle,
        _ if wide => return state(name),
        "time_seconds" => Column::Seconds,
        "pulse" => Column::Pulse,
        "direction" => Column::Direction,
        _ => {
            let (quantity, unit) = quantity(name)?;
            match (quantity, unit) {
                ("target", Unit::Microsiemens | Unit::Ohm) => Column::Target(unit),
                ("conductance", Unit::Microsiemens)
                | ("resistance", Unit::Ohm)
                | ("current", Unit::Microamperes)
                | ("written", _) => Column::Value(unit),
                ("start", _) => Column::Start(unit),
                ("after", _) => Column::After(unit),
                (read, _) => Column::Read(unit, read.strip_prefix("read_")?.parse().ok()?),
            }
        }
    })
}

/// Splits a name into quantity and unit.
fn quantity(name: &str) -> Option<(&str, Unit)> {
    let (quantity, unit) = name.rsplit_once('_')?;
    let unit = match unit {
        "microsiemens" => Unit::Microsiemens,
        "ohm" => Unit::Ohm,
        "microamperes" => Unit::Microamperes,
        _ => return None,
    };
    Some((quantity, unit))
}

/// Returns the column of a wide table whose name is a target.
fn state(name: &str) -> Option<Column> {
    let (target, unit) = quantity(name)?;
    let target = target.parse::<f64>().ok().filter(|target| target.is_finite() && *target > 0.0)?;
    (unit != Unit::Microamperes).then(|| Column::State(unit, unit.microsiemens(target, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_state_their_units() {
        assert_eq!(column("conductance_microsiemens", false), Some(Column::Value(Unit::Microsiemens)));
        assert_eq!(column("read_12_microsiemens", false), Some(Column::Read(Unit::Microsiemens, 12)));
        assert_eq!(column("20000_ohm", true), Some(Column::State(Unit::Ohm, 50.0)));
        for unknown in ["conductance_siemens", "conductance_ohm", "read_x_microsiemens", "G", "20000_ohm"] {
            assert_eq!(column(unknown, false), None, "{unknown}");
        }
    }

    #[test]
    fn described_columns_are_known() {
        for (columns, wide) in [(&COLUMNS[..], false), (&WIDE_COLUMNS, true)] {
            for [name, ..] in columns {
                let name = name.replace("{number}", "3").replace("{target}", "50");
                assert!(column(&name, wide).is_some(), "{name}");
            }
        }
        assert_eq!(known_names(false).split(", ").count(), COLUMNS.len());
    }
}
