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

/// Spellings of units, after which a name is that of a known column.
const SPELLINGS: [(&str, &str); 14] = [
    ("(us)", "_microsiemens"),
    ("[us]", "_microsiemens"),
    ("(µs)", "_microsiemens"),
    ("[µs]", "_microsiemens"),
    ("_us", "_microsiemens"),
    ("_µs", "_microsiemens"),
    ("(ohm)", "_ohm"),
    ("[ohm]", "_ohm"),
    ("(ω)", "_ohm"),
    ("[ω]", "_ohm"),
    ("(µa)", "_microamperes"),
    ("(ua)", "_microamperes"),
    ("(s)", "_seconds"),
    ("[s]", "_seconds"),
];

/// Returns the known column of which `name` is another spelling.
fn respelt(name: &str, wide: bool) -> Option<String> {
    // Of the two micro signs of Unicode, one.
    let plain = name.trim().to_lowercase().replace('μ', "µ").replace([' ', '-'], "_");
    let with_unit = SPELLINGS
        .iter()
        .find_map(|(ending, unit)| Some(format!("{}{unit}", plain.strip_suffix(ending)?.trim_end_matches('_'))));
    [Some(plain), with_unit].into_iter().flatten().find(|name| column(name, wide).is_some())
}

/// First words of the advice on a column that may be left out.
const LEAVE_OUT: &str = "rename the column, or leave it out";

/// Returns advice for unknown columns: new names, units to convert, and columns to leave out.
pub(super) fn advice_for_all(names: &[String], wide: bool) -> String {
    let [_, _, ..] = names else { return names.first().map(|name| advice(name, wide)).unwrap_or_default() };
    let (mut renamed, mut others, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for name in names {
        match (respelt(name, wide), advice(name, wide)) {
            (Some(known), _) => renamed.push(format!("`{name}` to `{known}`")),
            (None, advice) if advice.starts_with(LEAVE_OUT) => left_out.push(name.as_str()),
            (None, advice) => others.push(format!("`{name}`: {advice}")),
        }
    }
    let mut parts = Vec::new();
    if !renamed.is_empty() {
        parts.push(format!("rename {}", renamed.join(", ")));
    }
    parts.extend(others);
    if !left_out.is_empty() {
        parts.push(format!("leave out columns with `--ignore {}`", left_out.join(",")));
    }
    parts.join("; ")
}

/// Endings of names with µS.
const MICROSIEMENS: [&str; 9] = ["_us", "(us)", "[us]", "µs", "(µs)", "[µs]", "(μs)", "[μs]", "_usiemens"];

/// Endings of names with other units, what to do, and the usual name.
const UNITS: [(&[&str], &str, &str); 4] = [
    (
        &["_s", "siemens", "(s)", "[s]", "(ns)", "[ns]", "(ms)", "[ms]", "_ms", "_ns", "nanosiemens", "millisiemens"],
        "convert conductances to µS",
        "conductance_microsiemens",
    ),
    (&["kohm", "mohm", "kiloohm", "megaohm", "kω", "mω", "_ohms", "ω"], "convert resistances to ohm", "resistance_ohm"),
    (&["ampere", "amperes", "_a", "_ma", "_ua", "µa", "_na"], "convert currents to µA", "current_microamperes"),
    (&["time", "_min", "_h", "minutes", "hours"], "convert times to s", "time_seconds"),
];

/// Returns advice for an unknown column: its unit, or a known spelling.
pub(super) fn advice(name: &str, wide: bool) -> String {
    let lower = name.trim().to_lowercase();
    if lower.is_empty() {
        return "name the column, or remove the separator at the end of each line".to_owned();
    }
    if lower.starts_with("sep=") {
        return "remove the first line".to_owned();
    }
    if let Some(known) = respelt(name, wide) {
        return format!("rename the column `{known}`");
    }
    if lower.starts_with("volt") || lower.ends_with("voltage") || ["v", "v (v)", "vread"].contains(&lower.as_str()) {
        return format!(
            "a fit does not cover I-V curves, which are `read.nonlinearity` of the device file; if all values are at one voltage, leave the column \
             out with `--ignore {name}`"
        );
    }
    let of_target = || "name the column by its target, such as `50_microsiemens`".to_owned();
    if !lower.starts_with("time") && MICROSIEMENS.iter().any(|ending| lower.ends_with(ending)) {
        return if wide { of_target() } else { "write the unit as `_microsiemens`".to_owned() };
    }
    // Of milliseconds and millisiemens, `_ms` may be either.
    let is_time = lower.starts_with("time");
    let ends_with = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending));
    let is_of = |endings: &[&str], usual: &str| if is_time { usual == "time_seconds" } else { ends_with(endings) };
    let convert = UNITS.into_iter().find(|(endings, _, usual)| is_of(endings, usual));
    let bare = ["g", "conductance", "r", "resistance", "i", "current", "target"].contains(&&*lower);
    if wide && convert.is_some_and(|(_, _, usual)| usual == "time_seconds") {
        return format!("{LEAVE_OUT} with `--ignore {name}`");
    }
    if wide && (convert.is_some() || bare) {
        return of_target();
    }
    if let Some((_, convert, usual)) = convert {
        return format!("{convert} and name the column `{}`", in_unit_of(usual, &lower));
    }
    match lower.as_str() {
        "g" | "conductance" => "name the column `conductance_microsiemens`, with its unit".to_owned(),
        "r" | "resistance" => "name the column `resistance_ohm`, with its unit".to_owned(),
        "i" | "current" => "name the column `current_microamperes`, with its unit".to_owned(),
        "target" => "name the column `target_microsiemens`, with its unit".to_owned(),
        _ => format!("{LEAVE_OUT} with `--ignore {name}`"),
    }
}

/// Returns the column of the quantity of `name` with the unit of the `usual` column: of `target_siemens` and `conductance_microsiemens`, it is
/// `target_microsiemens`; the `usual` one if there is none.
fn in_unit_of(usual: &str, name: &str) -> String {
    let plain = name.replace([' ', '-', '(', '['], "_");
    let mut words = plain.split('_').filter(|word| !word.is_empty());
    let quantity = match (words.next(), words.next()) {
        (Some("read"), Some(number)) => format!("read_{number}"),
        (first, _) => first.unwrap_or_default().to_owned(),
    };
    let (_, unit) = usual.rsplit_once('_').unwrap_or_default();
    let own = Some(format!("{quantity}_{unit}")).filter(|own| column(own, false).is_some());
    own.unwrap_or_else(|| usual.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every quantity keeps its name when its unit changes.
    #[test]
    fn advice_on_units_keeps_the_quantity() {
        for (given, known) in [
            ("target_siemens", "target_microsiemens"),
            ("target (nS)", "target_microsiemens"),
            ("target_kohm", "target_ohm"),
            ("start_nanosiemens", "start_microsiemens"),
            ("start_mohm", "start_ohm"),
            ("after_siemens", "after_microsiemens"),
            ("after_na", "after_microamperes"),
            ("written_siemens", "written_microsiemens"),
            ("read_1_siemens", "read_1_microsiemens"),
            ("Read 12 [nS]", "read_12_microsiemens"),
            ("conductance_siemens", "conductance_microsiemens"),
            ("g_siemens", "conductance_microsiemens"),
            ("time_min", "time_seconds"),
            ("time_ms", "time_seconds"),
            ("time_us", "time_seconds"),
        ] {
            let told = advice(given, false);
            assert!(
                told.starts_with("convert ") && told.ends_with(&format!(" name the column `{known}`")),
                "{given}: {told}"
            );
        }
        let names = ["target_siemens", "conductance_siemens"].map(str::to_owned);
        let told = advice_for_all(&names, false);
        assert!(told.contains("`target_microsiemens`") && told.contains("`conductance_microsiemens`"), "{told}");
    }

    #[test]
    fn names_state_their_units() {
        assert_eq!(column("conductance_microsiemens", false), Some(Column::Value(Unit::Microsiemens)));
        assert_eq!(column("read_12_microsiemens", false), Some(Column::Read(Unit::Microsiemens, 12)));
        assert_eq!(column("20000_ohm", true), Some(Column::State(Unit::Ohm, 50.0)));
        for unknown in ["conductance_siemens", "conductance_ohm", "read_x_microsiemens", "G", "20000_ohm"] {
            assert_eq!(column(unknown, false), None, "{unknown}");
        }
        assert_eq!(advice("resistance_kohm", false), "convert resistances to ohm and name the column `resistance_ohm`");
        assert_eq!(advice("Cell", false), "rename the column `cell`");
        for name in ["G (nS)", "R_kohm", "current_a", "g_us", "conductance", "target"] {
            let expected = "name the column by its target, such as `50_microsiemens`";
            assert_eq!(advice(name, true), expected, "{name}: a wide table has no columns of conductances");
        }
        for name in ["time_seconds", "time_ms", "time_min", "hours"] {
            assert_eq!(advice(name, true), format!("rename the column, or leave it out with `--ignore {name}`"));
        }
        assert_eq!(advice("50 (uS)", true), "rename the column `50_microsiemens`");
        assert_eq!(advice("comment", false), "rename the column, or leave it out with `--ignore comment`");
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

    #[test]
    fn spellings_of_known_columns_are_told_together() {
        for (given, known) in [
            ("Target (µS)", "target_microsiemens"),
            ("Conductance [uS]", "conductance_microsiemens"),
            ("conductance_uS", "conductance_microsiemens"),
            ("Resistance (Ohm)", "resistance_ohm"),
            ("Time (s)", "time_seconds"),
            ("read 3 (\u{3bc}S)", "read_3_microsiemens"),
        ] {
            assert_eq!(respelt(given, false).as_deref(), Some(known), "{given}");
        }
        assert_eq!(respelt("conductance (nS)", false), None);
        let names = ["Cell", "G (nS)", "date", "comment"].map(str::to_owned);
        assert_eq!(
            advice_for_all(&names, false),
            "rename `Cell` to `cell`; `G (nS)`: convert conductances to µS and name the column `conductance_microsiemens`; \
             leave out columns with `--ignore date,comment`"
        );
    }
}
