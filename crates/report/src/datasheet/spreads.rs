//! Tables of noise in several units.

use std::fmt::Write;

use ohmspike_crossbar::device::TableRange;
use ohmspike_crossbar::spread::SpreadRow;
use ohmspike_crossbar::{ConductanceWindow, WriteClip};
use ohmspike_study::significant::{short, significant};

use super::held::HeldRows;

/// Returns the resistances of a table, Ω, ascending: the ends of the window and the decades between them, or five logarithmically
/// spaced values if there are fewer than two decades.
pub(super) fn resistances(window: &ConductanceWindow) -> Vec<f64> {
    let (low, high) = (1e6 / f64::from(window.high()), 1e6 / f64::from(window.low()));
    let decades = (0..=12).map(|power| 10f64.powi(power)).filter(|&decade| decade > 1.2 * low && 1.2 * decade < high);
    let mut chosen: Vec<f64> = decades.collect();
    if chosen.len() < 2 {
        return (0..5).map(|step| low * (high / low).powf(f64::from(step) / 4.0)).collect();
    }
    chosen.insert(0, low);
    chosen.push(high);
    chosen
}

/// Writes a table of `rows`, or that the mechanism is off. Rows outside the `table` of the file are marked. A column for weights
/// needs a study.
pub(super) fn spread_table(text: &mut String, what: &str, rows: &[SpreadRow], table: Option<TableRange>) {
    clipped_table(text, what, rows, table, None);
}

/// Returns the fraction of writes to the target of a row that the window clips.
pub(super) type ClipOf<'a> = &'a dyn Fn(&SpreadRow) -> Option<WriteClip>;

/// Writes a table of `rows` with the fraction of clipped writes.
pub(super) fn clipped_table(
    text: &mut String,
    what: &str,
    rows: &[SpreadRow],
    table: Option<TableRange>,
    clipped: Option<ClipOf>,
) {
    if rows.iter().all(|row| row.sigma_microsiemens == 0.0) {
        let _ = writeln!(text, "  {what}: off");
        return;
    }
    let _ = writeln!(text, "  {what}, one standard deviation:");
    let _ = write!(text, "{:>14} {:>10} {:>9} {:>12} {:>11}", "at ohm", "µS", "% of G", "% of window", "of ln R");
    let with_study = rows.iter().any(|row| row.percent_of_sigma_init.is_some());
    let clip_head = if clipped.is_some() { format!(" {:>10}", "% clipped") } else { String::new() };
    let init_head = if with_study { format!(" {:>16}", "% of sigma_init") } else { String::new() };
    let _ = writeln!(text, "{init_head}{clip_head}");
    let mut held = HeldRows::new(table);
    for row in rows {
        let _ = write!(
            text,
            "{:>14} {:>10} {:>9} {:>12} {:>11}",
            significant(row.resistance_ohm),
            significant(row.sigma_microsiemens),
            significant(row.percent_of_conductance),
            significant(row.percent_of_window),
            significant(row.sigma_ln_resistance),
        );
        let of_init = row.percent_of_sigma_init.map_or_else(|| "-".to_owned(), significant);
        let of_init = if with_study { format!(" {of_init:>16}") } else { String::new() };
        let clip = clipped.and_then(|clipped| clipped(row));
        let clip = clip.map_or_else(String::new, |clip| format!(" {:>10}", short(significant_percent(clip.total()))));
        let _ = writeln!(text, "{of_init}{clip}{}", held.mark(row.resistance_ohm));
    }
    if clipped.is_some() {
        let _ = writeln!(text, "  % clipped: writes to this target that end at a limit of the window");
    }
    held.footnote(text);
}

/// Converts a fraction to percent; values below a millionth of a percent become zero.
pub(super) fn significant_percent(fraction: f64) -> f64 {
    let percent = 100.0 * fraction;
    if percent < 1e-6 { 0.0 } else { percent }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_windows_have_decades_between_their_ends() {
        let of = |low, high| {
            let window = ConductanceWindow::from_resistances(low, high).unwrap();
            resistances(&window).iter().map(|resistance| resistance.round()).collect::<Vec<f64>>()
        };
        assert_eq!(of(1e3, 1e6), [1e3, 1e4, 1e5, 1e6]);
        assert_eq!(of(9.5e3, 2e6), [9500.0, 1e5, 1e6, 2e6]);
        assert_eq!(of(1e4, 1.6e5), [1e4, 2e4, 4e4, 8e4, 1.6e5]);
    }
}
