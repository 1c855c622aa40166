//! Words that the table and the page of a fit share.

use ohmspike_fit::{FitReport, FittedNumber, Mechanism, MechanismFit, Quality, SourceFile};
use ohmspike_study::significant::{short, signed, significant};
use serde_json::Value;

/// Largest count of numbers of a mechanism in its line at the top of the page.
const MAX_SHOWN: usize = 4;

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

/// Returns the heading of a fit: mechanism and law, unless the name of the mechanism says it.
pub(super) fn heading(fit: &MechanismFit) -> String {
    let name = mechanism(fit.mechanism);
    if name.contains(fit.law) { name.to_owned() } else { format!("{name}: {}", fit.law) }
}

/// Returns the resistance, Ω, of the point of a table in the device file that `key` belongs to.
fn resistance(file: &Value, key: &str) -> Option<f64> {
    let (point, name) = key.rsplit_once("].")?;
    let path = point.replace('[', ".");
    let point = path.split('.').try_fold(file, |at, name| match name.parse::<usize>() {
        Ok(number) => at.get(number),
        Err(_) => at.get(name),
    })?;
    point.get("resistance_ohm")?.as_f64().filter(|_| name != "resistance_ohm")
}

/// Returns name, estimate with unit, 95 % interval, values and cells of a number; `-` where it is a choice. The key of a point of a
/// table is followed by its resistance in the device `file`.
pub(super) fn cells(file: &Value, number: &FittedNumber) -> [String; 5] {
    let at = resistance(file, number.name()).map_or_else(String::new, |ohm| format!(" at {} ohm", short(ohm)));
    let unit = if number.unit.is_empty() { String::new() } else { format!(" {}", number.unit) };
    let interval = number.interval_95.map(|(low, high)| match high.is_finite() {
        true => format!("{} to {}", significant(low), significant(high)),
        false => format!("above {}", significant(low)),
    });
    let count = |count: usize| if count == 0 { "-".to_owned() } else { count.to_string() };
    [
        number.name().to_owned() + &at,
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
    let errors: Vec<String> = quality
        .quantiles
        .iter()
        .map(|at| format!("{} %: {}", short(100.0 * at.probability), signed(at.error(), 2)))
        .collect();
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

/// Returns `text` with a capital and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// Returns the device file of a fit as a JSON value.
pub(super) fn device_file(report: &FitReport) -> Value {
    serde_json::from_str(&report.device_json()).unwrap_or_default()
}

/// Returns one line per mechanism with its law and its first numbers, 95 % intervals in brackets, for the top of the page.
pub(super) fn key_numbers(report: &FitReport) -> Vec<String> {
    let device = device_file(report);
    report.mechanisms.iter().filter_map(|fit| key_line(&device, fit)).collect()
}

fn key_line(device: &Value, fit: &MechanismFit) -> Option<String> {
    // A rate of 0 is no news at the top.
    let numbers: Vec<&FittedNumber> =
        fit.numbers.iter().filter(|number| fit.mechanism != Mechanism::Faults || number.value > 0.0).collect();
    let mut shown = Vec::new();
    let mut name_before = String::new();
    for number in numbers.iter().take(MAX_SHOWN) {
        let [key, estimate, interval, ..] = cells(device, number);
        let (name, place) = plain(&key);
        let interval = if interval == "-" { String::new() } else { format!(" ({interval})") };
        // Points of one table share their name.
        let named = if name == name_before { String::new() } else { format!("{name} ") };
        shown.push(format!("{named}{estimate}{place}{interval}"));
        name_before = name;
    }
    let further = numbers.len().saturating_sub(MAX_SHOWN);
    if further > 0 {
        shown.push(format!("{further} more below"));
    }
    (!shown.is_empty()).then(|| sentence(&format!("{}: {}", heading(fit), shown.join("; "))))
}

/// Units at the end of keys; longer ones come first.
const UNITS: [&str; 7] = [
    "_percent_of_conductance",
    "_percent_of_window",
    "_percent_of_step",
    "_microsiemens_per_ln",
    "_microsiemens",
    "_seconds",
    "_ohm",
];

/// Returns the last part of a key as words, and the resistance of its point if it has one.
fn plain(key: &str) -> (String, String) {
    let (path, place) =
        key.split_once(" at ").map_or((key, String::new()), |(path, place)| (path, format!(" at {place}")));
    let name = path.rsplit('.').next().unwrap_or(path);
    let name = UNITS.iter().find_map(|unit| name.strip_suffix(unit)).unwrap_or(name);
    let name = name.replace("sigma_ln_resistance", "σ of ln R").replace("sigma", "σ");
    let fault = |fault: &str| match fault {
        "low_resistance" | "high_resistance" => format!("fraction stuck at {fault}"),
        _ => format!("fraction of {fault}"),
    };
    let name = name.strip_prefix("p_").map_or_else(|| name.clone(), fault);
    (name.replace('_', " "), place)
}

/// Returns the mechanisms that are not fitted, with reasons.
pub(super) fn not_fitted(report: &FitReport) -> Option<String> {
    let one = |withheld: &ohmspike_fit::Withheld| format!("{} ({})", mechanism(withheld.mechanism), withheld.reason);
    let all: Vec<String> = report.withheld.iter().map(one).collect();
    (!all.is_empty()).then(|| format!("Not fitted: {}.", all.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::report;
    use super::*;

    #[test]
    fn names_of_several_words_stay_together() {
        let of = |key: &str| plain(key);
        assert_eq!(
            of("standard deviation over cells at 10 µS"),
            ("standard deviation over cells".to_owned(), " at 10 µS".to_owned())
        );
        assert_eq!(
            of("write.points[0].sigma_ln_resistance at 5000 ohm"),
            ("σ of ln R".to_owned(), " at 5000 ohm".to_owned())
        );
        assert_eq!(of("read.white.sigma_microsiemens"), ("σ".to_owned(), String::new()));
        assert_eq!(of("drift.mean_microsiemens_per_ln"), ("mean".to_owned(), String::new()));
    }

    #[test]
    fn numbers_have_units_and_intervals() {
        let report = report();
        let fit = &report.mechanisms[0];
        let file =
            serde_json::json!({ "write": { "points": [{ "resistance_ohm": 5e3 }, { "resistance_ohm": 2.5e4 }] } });
        assert_eq!(cells(&file, &fit.numbers[0])[..2], ["write.points[0].resistance_ohm", "5000 ohm"]);
        let second = cells(&file, &fit.numbers[2]);
        let expected =
            ["write.points[1].sigma_ln_resistance at 25000 ohm", "0.0500", "0.0450 to 0.0550", "2000", "1000"];
        assert_eq!(second, expected);
        assert_eq!(cells(&Value::Null, &fit.numbers[1])[0], "write.points[0].sigma_ln_resistance");
        assert_eq!(heading(fit), "write noise: table");
        let top =
            "Write noise: table: resistance 5000 ohm; σ of ln R 0.0200 (0.0180 to 0.0220); 0.0500 (0.0450 to 0.0550).";
        assert_eq!(key_numbers(&report), [top]);
        let (name, place) = plain("write.points[0].sigma_ln_resistance at 4291.8 ohm");
        assert_eq!((name.as_str(), place.as_str()), ("σ of ln R", " at 4291.8 ohm"));
        assert_eq!(plain("faults.p_high_resistance").0, "fraction stuck at high resistance");
        assert_eq!(candidates(fit), "BIC above the best law: relative +12.5; table +0.0, chosen");
        let told = "800 values of 200 cells; largest distance between the distributions 3.10 %; errors of the quantiles in \
                    standard deviations, 5 %: +0.06, 50 %: -0.01";
        assert_eq!(fit.quality.as_ref().map(quality).as_deref(), Some(told));
    }
}
