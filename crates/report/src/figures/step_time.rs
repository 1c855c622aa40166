//! Formats time steps as times.

use ohmspike_study::settings::Settings;

/// Returns the label of a time axis.
pub(super) fn time_label(settings: &Settings) -> String {
    match settings.step_milliseconds() {
        1.0 => "time (ms)".to_owned(),
        step => format!("time (steps of {} ms)", rounded(step)),
    }
}

/// Formats the time of `step`, ms, for a table.
pub(super) fn time_cell(settings: &Settings, step: usize) -> String {
    rounded(step as f64 * settings.step_milliseconds()).to_string()
}

/// Rounds to a nanosecond.
fn rounded(milliseconds: f64) -> f64 {
    (milliseconds * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_step_of_a_recording_is_a_fraction_of_its_window() {
        let mut settings = Settings::default();
        assert_eq!((time_label(&settings), time_cell(&settings, 7)), ("time (ms)".to_owned(), "7".to_owned()));
        settings.data.set = "shd".to_owned();
        assert_eq!(
            (time_label(&settings), time_cell(&settings, 7)),
            ("time (steps of 14 ms)".to_owned(), "98".to_owned())
        );
        settings.network.steps = 300;
        assert_eq!(time_cell(&settings, 1), "4.666667");
    }
}
