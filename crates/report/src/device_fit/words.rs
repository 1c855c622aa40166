//! Words that the table and the page of a fit share.

use ohmspike_fit::{FitReport, FittedNumber, Mechanism, MechanismFit, Quality, SourceFile};
use ohmspike_study::significant::{short, significant};

/// Returns the name of a mechanism in headings.
pub(super) fn mechanism(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Window => "window",
        Mechanism::Writes => "write noise",
        Mechanism::CellToCell => "cell-to-cell variation",
        Mechanism::ReadNoise => "read noise",
        Mechanism::Rtn => "random telegraph noise",
        Mechanism::Drift => "drift",
        Mechanism::Pulses => "pulses",
        Mechanism::Faults => "faults",
        other => other.word(),
    }
}

/// Returns the heading of a fit: mechanism and law.
pub(super) fn heading(fit: &MechanismFit) -> String {
    let name = mechanism(fit.mechanism);
    if fit.law.is_empty() { name.to_owned() } else { format!("{name}: {}", fit.law) }
}

/// Returns key, estimate with unit, 95 % interval, values and cells of a number; `-` where it is a choice.
pub(super) fn cells(number: &FittedNumber) -> [String; 5] {
    let unit = if number.unit.is_empty() { String::new() } else { format!(" {}", number.unit) };
    let interval = number.interval_95.map(|(low, high)| format!("{} to {}", significant(low), significant(high)));
    let count = |count: usize| if count == 0 { "-".to_owned() } else { count.to_string() };
    [
        number.key.clone(),
        format!("{}{unit}", significant(number.value)),
        interval.unwrap_or_else(|| "-".to_owned()),
        count(number.n),
        count(number.cells),
    ]
}

/// Describes a file: role, name, values and cells.
pub(super) fn file(file: &SourceFile) -> String {
    format!("{} {}: {} values of {} cells", file.role, file.name, file.values, file.cells)
}

/// Describes the test on held-out cells.
pub(super) fn quality(quality: &Quality) -> String {
    let errors: Vec<String> =
        quality.quantiles.iter().map(|at| format!("{} %: {:+.2}", short(100.0 * at.probability), at.error())).collect();
    let errors = if errors.is_empty() {
        String::new()
    } else {
        format!("; errors of the quantiles in standard deviations, {}", errors.join(", "))
    };
    format!(
        "{} values of {} cells; largest distance between the distributions {} %{errors}",
        quality.n,
        quality.cells,
        significant(100.0 * quality.distance)
    )
}

/// Describes the laws that were compared; empty if there was no choice.
pub(super) fn candidates(fit: &MechanismFit) -> String {
    let best = fit.candidates.iter().map(|law| law.value).fold(f64::INFINITY, f64::min);
    let law = |law: &ohmspike_fit::Candidate| {
        let chosen = if law.chosen { ", chosen" } else { "" };
        format!("{} {:+.1}{chosen}", law.law, law.value - best)
    };
    let laws: Vec<String> = fit.candidates.iter().map(law).collect();
    fit.candidates
        .first()
        .map_or_else(String::new, |first| format!("{} above the best law: {}", first.criterion, laws.join("; ")))
}

/// Returns the fitted mechanisms in one line.
pub(super) fn fitted(report: &FitReport) -> String {
    let names: Vec<String> = report.mechanisms.iter().map(heading).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::report;
    use super::*;

    #[test]
    fn numbers_have_units_and_intervals() {
        let report = report();
        let fit = &report.mechanisms[0];
        assert_eq!(cells(&fit.numbers[0])[1..], ["5000 ohm", "-", "-", "-"]);
        assert_eq!(cells(&fit.numbers[1])[1..], ["0.0200", "0.0180 to 0.0220", "2000", "1000"]);
        assert_eq!(heading(fit), "write noise: table");
        assert_eq!(candidates(fit), "BIC above the best law: relative +12.5; table +0.0, chosen");
        let told = "800 values of 200 cells; largest distance between the distributions 3.10 %; errors of the quantiles in \
                    standard deviations, 5 %: +0.06, 50 %: -0.01";
        assert_eq!(fit.quality.as_ref().map(quality).as_deref(), Some(told));
    }
}
