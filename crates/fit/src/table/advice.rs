//! Advice for unknown columns: new names, units to convert, and columns to leave out.

use super::column::{Column, column};
use super::target_name::target_name;

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
    let target = target_name(name).filter(|target| wide && target.is_in_unit).map(|target| target.accepted);
    [Some(plain), with_unit, target].into_iter().flatten().find(|name| column(name, wide).is_some())
}

/// First words of the advice on a column that may be left out.
const LEAVE_OUT: &str = "rename the column, or leave it out";

/// Returns advice for unknown columns: new names, units to convert, and columns to leave out. `may_be_wide` tables have roles with wide
/// tables.
pub(super) fn advice_for_all(names: &[String], wide: bool, may_be_wide: bool) -> String {
    if let Some(advice) = other_form(names, wide, may_be_wide) {
        return advice;
    }
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

/// Returns advice on `--wide` if the names are those of the other form of a table.
fn other_form(names: &[String], wide: bool, may_be_wide: bool) -> Option<String> {
    let narrow = |name: &String| respelt(name, false).and_then(|known| column(&known, false));
    let has = |is: fn(&Column) -> bool| names.iter().filter_map(narrow).any(|column| is(&column));
    if wide {
        let has_rows =
            has(|column| matches!(column, Column::Target(_))) && has(|column| matches!(column, Column::Value(_)));
        return has_rows
            .then(|| "leave out `--wide`: this table has one write per row, with a column of targets".to_owned());
    }
    let is_wide = may_be_wide && names.iter().any(|name| target_name(name).is_some());
    is_wide.then(|| "set `--wide` to read a table with one column per target".to_owned())
}

/// Endings of names with µS.
const MICROSIEMENS: [&str; 9] = ["_us", "(us)", "[us]", "µs", "(µs)", "[µs]", "(μs)", "[μs]", "_usiemens"];

/// Endings of names with other units, what to do, and the usual name.
const UNITS: [(&[&str], &str, &str); 4] = [
    (&["_s", "siemens", "_ms", "_ns"], "convert conductances to µS", "conductance_microsiemens"),
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
    if wide {
        return in_wide_table(name, &lower);
    }
    if !lower.starts_with("time") && MICROSIEMENS.iter().any(|ending| lower.ends_with(ending)) {
        return "write the unit as `_microsiemens`".to_owned();
    }
    if let Some((convert, usual)) = conversion(&lower) {
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

/// Returns how to convert the quantity of a name in lower case, and the usual column of it; none without another unit.
fn conversion(lower: &str) -> Option<(&'static str, &'static str)> {
    // Of milliseconds and millisiemens, `_ms` may be either.
    let is_time = lower.starts_with("time");
    let plain = match lower.strip_suffix([')', ']']) {
        Some(open) => open.replace(['(', '['], "_"),
        None => lower.to_owned(),
    };
    let ends_with = |endings: &[&str]| endings.iter().any(|ending| plain.ends_with(ending));
    let is_of = |endings: &[&str], usual: &str| if is_time { usual == "time_seconds" } else { ends_with(endings) };
    let mut units = UNITS.into_iter();
    units.find(|(endings, _, usual)| is_of(endings, usual)).map(|(_, convert, usual)| (convert, usual))
}

/// Returns advice for an unknown column of a wide table, `lower` in lower case: values have the name of their target.
fn in_wide_table(name: &str, lower: &str) -> String {
    if let Some(target) = target_name(name) {
        let unit = if target.unit == "ohm" { "ohm" } else { "µS" };
        return format!("convert the values to {unit} and name the column `{}`", target.accepted);
    }
    let by_target = |example: &str| format!("name the column by its target, such as `{example}`");
    let (conductance, resistance) = (by_target("50_microsiemens"), by_target("20000_ohm"));
    let current = || format!("divide currents by the read voltage and {conductance}");
    let is_time = lower.starts_with(|letter: char| letter.is_ascii_digit()) || lower.starts_with("time");
    if !is_time && MICROSIEMENS.iter().any(|ending| lower.ends_with(ending)) {
        return conductance;
    }
    let known = respelt(lower, false).unwrap_or_default();
    match (known.rsplit_once('_').map(|(_, unit)| unit), lower, conversion(lower)) {
        (Some("microsiemens"), ..) | (_, "g" | "conductance" | "target", _) => conductance,
        (Some("ohm"), ..) | (_, "r" | "resistance", _) => resistance,
        (Some("microamperes"), ..) | (_, "i" | "current", _) => current(),
        (_, _, Some((convert, "conductance_microsiemens"))) if !is_time => format!("{convert} and {conductance}"),
        (_, _, Some((convert, "resistance_ohm"))) => format!("{convert} and {resistance}"),
        (_, _, Some((_, "current_microamperes"))) => current(),
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
        let told = advice_for_all(&names, false, true);
        assert!(told.contains("`target_microsiemens`") && told.contains("`conductance_microsiemens`"), "{told}");
    }

    #[test]
    fn advice_names_the_column_or_leaves_it_out() {
        assert_eq!(advice("resistance_kohm", false), "convert resistances to ohm and name the column `resistance_ohm`");
        assert_eq!(advice("current (mA)", false), "convert currents to µA and name the column `current_microamperes`");
        assert_eq!(advice("Cell", false), "rename the column `cell`");
        for name in ["time_seconds", "time_ms", "time_min", "hours", "10 s", "3600_s"] {
            assert_eq!(advice(name, true), format!("rename the column, or leave it out with `--ignore {name}`"));
        }
        assert_eq!(advice("50 (uS)", true), "rename the column `50_microsiemens`");
        assert_eq!(advice("comment", false), "rename the column, or leave it out with `--ignore comment`");
    }

    /// A wide table has no columns of quantities: the name of a column is its target.
    #[test]
    fn quantities_of_wide_tables_are_named_by_their_target() {
        let (in_microsiemens, in_ohm) = ("such as `50_microsiemens`", "such as `20000_ohm`");
        for (name, convert, example) in [
            ("conductance", "", in_microsiemens),
            ("target", "", in_microsiemens),
            ("g_us", "", in_microsiemens),
            ("target_microsiemens", "", in_microsiemens),
            ("Conductance (µS)", "", in_microsiemens),
            ("read_1_microsiemens", "", in_microsiemens),
            ("resistance", "", in_ohm),
            ("resistance_ohm", "", in_ohm),
            ("target_ohm", "", in_ohm),
            ("Target [Ohm]", "", in_ohm),
            ("G (nS)", "convert conductances to µS and ", in_microsiemens),
            ("target_siemens", "convert conductances to µS and ", in_microsiemens),
            ("R_kohm", "convert resistances to ohm and ", in_ohm),
            ("R (kΩ)", "convert resistances to ohm and ", in_ohm),
            ("current_a", "divide currents by the read voltage and ", in_microsiemens),
            ("current_microamperes", "divide currents by the read voltage and ", in_microsiemens),
        ] {
            assert_eq!(advice(name, true), format!("{convert}name the column by its target, {example}"), "{name}");
        }
    }

    #[test]
    fn targets_in_other_units_are_converted() {
        for (name, told) in [
            ("10_siemens", "convert the values to µS and name the column `10000000_microsiemens`"),
            ("1e-5_siemens", "convert the values to µS and name the column `10_microsiemens`"),
            ("500 (nS)", "convert the values to µS and name the column `0.5_microsiemens`"),
            ("50_kiloohm", "convert the values to ohm and name the column `50000_ohm`"),
            ("20k", "convert the values to ohm and name the column `20000_ohm`"),
            ("50uS", "rename the column `50_microsiemens`"),
            ("20000 Ohms", "rename the column `20000_ohm`"),
        ] {
            assert_eq!(advice(name, true), told, "{name}");
        }
    }

    #[test]
    fn the_other_form_of_a_table_is_told() {
        let all = |names: &[&str], wide| {
            advice_for_all(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), wide, true)
        };
        let narrow = "leave out `--wide`: this table has one write per row, with a column of targets";
        assert_eq!(all(&["target_ohm", "resistance_ohm"], true), narrow);
        assert_eq!(all(&["Target (uS)", "Conductance (uS)", "date"], true), narrow);
        let wide = "set `--wide` to read a table with one column per target";
        for names in [&["50_microsiemens"][..], &["20000_ohm", "50000_ohm"], &["date", "10 (nS)"]] {
            assert_eq!(all(names, false), wide, "{names:?}");
        }
        assert_eq!(advice_for_all(&["50_ohms".to_owned()], false, false), advice("50_ohms", false));
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
            advice_for_all(&names, false, true),
            "rename `Cell` to `cell`; `G (nS)`: convert conductances to µS and name the column `conductance_microsiemens`; \
             leave out columns with `--ignore date,comment`"
        );
    }
}
