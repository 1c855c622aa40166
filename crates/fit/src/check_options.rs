//! Checks the options of a fit.

use crate::error::FitError;
use crate::input::Role;
use crate::options::{AcceptanceWindow, FitOptions};
use crate::table::Table;

/// Largest number of bootstrap samples.
const MAX_RESAMPLES: usize = 100_000;
/// Smallest number of bootstrap samples.
const MIN_RESAMPLES: usize = 50;

/// Refuses invalid options.
///
/// # Errors
/// [`FitError::Option`].
pub(crate) fn check_options(options: &FitOptions) -> Result<(), FitError> {
    let refuse = |option, problem: String, hint| Err(FitError::Option { option, problem, hint });
    if options.name.trim().is_empty() {
        return refuse("--name", "expected a name, got an empty one".to_owned(), "");
    }
    if options.name.contains(['/', '\\']) {
        let problem = format!("expected a name without `/` and `\\`, got `{}`", options.name);
        return refuse("--name", problem, "`--out` names a file in another folder");
    }
    if let Some((low, high)) = options.window {
        // Written so that NaN fails.
        if !(low > 0.0 && high > low && high.is_finite()) {
            return refuse(
                "--window",
                format!("expected 0 < Gmin < Gmax in µS, got {}..{}", low + 0.0, high + 0.0),
                "",
            );
        }
    }
    let positive = [
        ("--read-volts", options.read_volts, "V"),
        ("--after", options.after_seconds, "s"),
        ("--read-interval", options.read_interval_seconds, "s"),
    ];
    for (option, value, unit) in positive {
        if let Some(value) = value.filter(|value| !(*value > 0.0 && value.is_finite())) {
            return refuse(option, format!("expected a number above 0 {unit}, got {}", value + 0.0), "");
        }
    }
    let acceptance = options.acceptance.map(|acceptance| match acceptance {
        AcceptanceWindow::Microsiemens(width) | AcceptanceWindow::PercentOfTarget(width) => width,
    });
    if let Some(width) = acceptance.filter(|width| !(*width > 0.0 && width.is_finite())) {
        return refuse("--acceptance", format!("expected a half width above 0, got {}", width + 0.0), "");
    }
    if !(0.0..=0.5).contains(&options.held_out) {
        return refuse("--held-out", format!("expected a fraction of 0 to 0.5, got {}", options.held_out), "");
    }
    if !(MIN_RESAMPLES..=MAX_RESAMPLES).contains(&options.resamples) {
        let problem = format!("expected {MIN_RESAMPLES} to {MAX_RESAMPLES}, got {}", options.resamples);
        return refuse("--resamples", problem, "");
    }
    Ok(())
}

/// Refuses options that nothing in `tables` uses.
///
/// # Errors
/// [`FitError::Option`].
pub(crate) fn check_used(options: &FitOptions, tables: &[Table]) -> Result<(), FitError> {
    let refuse = |option, problem: String| Err(FitError::Option { option, problem, hint: "remove it" });
    let has_writes = tables.iter().any(|table| table.role == Some(Role::Writes));
    for (option, given) in [("--wide", options.wide), ("--acceptance", options.acceptance.is_some())] {
        if given && !has_writes {
            return refuse(option, "no effect without a table of writes".to_owned());
        }
    }
    if options.after_seconds.is_some() && tables.iter().all(|table| table.after.is_empty()) {
        return refuse("--after", "no effect, because no table has a column `after_microsiemens`".to_owned());
    }
    let has_reads = |table: &Table| table.role == Some(Role::Reads) || !table.reads.is_empty();
    if options.read_interval_seconds.is_some() && !tables.iter().any(has_reads) {
        let problem = "no effect without repeated reads: a table of reads, or columns `read_1_microsiemens`, ...";
        return refuse("--read-interval", problem.to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_options_are_refused() {
        let default = FitOptions::default;
        let refused = [
            (FitOptions { name: " ".into(), ..default() }, "--name: expected a name, got an empty one"),
            (
                FitOptions { name: "out/mine".into(), ..default() },
                "--name: expected a name without `/` and `\\`, got `out/mine`\n\nhint: `--out` names a file in another folder",
            ),
            (
                FitOptions { window: Some((5.0, f64::NAN)), ..default() },
                "--window: expected 0 < Gmin < Gmax in µS, got 5..NaN",
            ),
            (FitOptions { read_volts: Some(-0.0), ..default() }, "--read-volts: expected a number above 0 V, got 0"),
            (
                FitOptions { acceptance: Some(AcceptanceWindow::Microsiemens(-1.0)), ..default() },
                "--acceptance: expected a half width above 0, got -1",
            ),
            (FitOptions { held_out: 0.9, ..default() }, "--held-out: expected a fraction of 0 to 0.5, got 0.9"),
            (FitOptions { resamples: 3, ..default() }, "--resamples: expected 50 to 100000, got 3"),
        ];
        for (options, message) in refused {
            assert_eq!(check_options(&options).expect_err("refused").to_string(), message);
        }
        assert!(check_options(&default()).is_ok());
    }
}
