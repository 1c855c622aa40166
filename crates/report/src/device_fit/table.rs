//! Estimates of a fit for a terminal.

use std::fmt::Write;

use ohmspike_fit::{FitReport, MechanismFit};
use ohmspike_study::significant::wrapped;
use serde_json::Value;

use super::words;

/// Line width.
const WIDTH: usize = 100;

/// Returns the files, one block of estimates per mechanism, and what the data do not determine.
pub fn fit_table(report: &FitReport) -> String {
    let mut text = String::new();
    for file in &report.files {
        let _ = writeln!(text, "{}", words::file(file));
    }
    let device = words::device_file(report);
    let numbers = report.mechanisms.iter().flat_map(|fit| &fit.numbers).map(|number| words::cells(&device, number));
    let mut widths = ["key", "estimate", "95 % interval", "values", "cells"].map(|head| head.chars().count());
    for cells in numbers {
        for (width, cell) in widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut head = true;
    for fit in &report.mechanisms {
        block(&mut text, &device, fit, widths, head);
        head &= fit.numbers.is_empty();
    }
    if !report.withheld.is_empty() {
        text.push_str("\nnot fitted\n");
    }
    for withheld in &report.withheld {
        tell(&mut text, &format!("{}: {}", words::mechanism(withheld.mechanism), withheld.reason));
    }
    text
}

/// Writes heading, estimates, test and notes of a mechanism; the first block names the columns.
fn block(text: &mut String, device: &Value, fit: &MechanismFit, widths: [usize; 5], head: bool) {
    let _ = writeln!(text, "\n{}", words::heading(fit));
    let [key, estimate, interval, values, cells] = widths;
    let mut row = |[one, two, three, four, five]: [&str; 5]| {
        let _ = writeln!(text, "  {one:<key$}  {two:>estimate$}  {three:>interval$}  {four:>values$}  {five:>cells$}");
    };
    if head && !fit.numbers.is_empty() {
        row(["key", "estimate", "95 % interval", "values", "cells"]);
    }
    for number in &fit.numbers {
        let cells = words::cells(device, number);
        row([&cells[0], &cells[1], &cells[2], &cells[3], &cells[4]]);
    }
    tell(text, &format!("method: {}", fit.method));
    if !fit.candidates.is_empty() {
        tell(text, &words::candidates(fit));
    }
    if let Some(quality) = &fit.quality {
        tell(text, &format!("held-out cells: {}", words::quality(quality)));
    }
    for note in &fit.notes {
        tell(text, &format!("note: {note}"));
    }
}

/// Writes an indented paragraph.
fn tell(text: &mut String, words: &str) {
    for (number, line) in wrapped(words, WIDTH - 4).iter().enumerate() {
        let _ = writeln!(text, "{}{line}", if number == 0 { "  " } else { "    " });
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::report;
    use super::*;

    #[test]
    fn the_table_has_every_estimate_with_its_interval() {
        let text = fit_table(&report());
        let expected = "\
writes w.csv: 4000 values of 1000 cells

write noise: table
  key                                  estimate     95 % interval  values  cells
  write.points[0].resistance_ohm       5000 ohm                 -       -      -
  write.points[0].sigma_ln_resistance    0.0200  0.0180 to 0.0220    2000   1000
  write.points[1].sigma_ln_resistance    0.0500  0.0450 to 0.0550    2000   1000
  method: Maximum likelihood of ln R per target
  BIC above the best law: relative +12.5; table +0.0, chosen
  held-out cells: 800 values of 200 cells; largest distance between the distributions 3.10 %;
    errors of the quantiles in standard deviations, 5 %: +0.06, 50 %: -0.01
  note: 2 of 1000 cells do not respond

not fitted
  random telegraph noise: needs reads of the same state
";
        assert_eq!(text, expected);
    }
}
