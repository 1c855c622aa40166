//! Keys with their levels on the command line: `KEY`, `KEY=FROM..TO`, `KEY=A,B,C`.

use ohmspike_answers::limit::{AskedKey, AskedLevels};
use ohmspike_plot::time_span::TimeSpan;

/// The flags `--range` and `--levels`.
#[derive(Clone, Copy, Debug)]
pub struct AskedRange<'a> {
    /// `FROM..TO`.
    pub range: Option<&'a str>,
    /// `A,B,C`.
    pub levels: Option<&'a str>,
}

/// Invalid levels.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{flag}: expected {form}, got `{got}`")]
pub struct LevelsSyntax {
    flag: String,
    form: &'static str,
    got: String,
}

/// Parses a key with its levels, which are in one place: in the key, or in a flag.
pub fn asked_key(text: &str, flags: &AskedRange) -> Result<AskedKey, LevelsSyntax> {
    if text.split('=').next().is_some_and(|key| key.trim().is_empty()) {
        let form = "KEY, KEY=FROM..TO or KEY=A,B,C";
        return Err(LevelsSyntax { flag: "--key".to_owned(), form, got: text.to_owned() });
    }
    let (key, levels) = match text.split_once('=') {
        Some((key, levels)) => {
            flags.refuse("no other levels next to `--key KEY=LEVELS`")?;
            let flag = format!("--key {}", key.trim());
            let time = is_time(key);
            (key, if levels.contains("..") { range(levels, &flag, time)? } else { list(levels, &flag, time)? })
        }
        None => (text, flags.levels(is_time(text))?),
    };
    Ok(AskedKey { key: key.trim().to_owned(), levels, direction: None })
}

impl AskedRange<'_> {
    fn levels(&self, time: bool) -> Result<AskedLevels, LevelsSyntax> {
        match (self.range, self.levels) {
            (Some(_), Some(levels)) => {
                let form = "no other levels next to `--range`";
                Err(LevelsSyntax { flag: "--levels".to_owned(), form, got: levels.to_owned() })
            }
            (Some(text), None) => range(text, "--range", time),
            (None, Some(text)) => list(text, "--levels", time),
            (None, None) => Ok(AskedLevels::Default),
        }
    }

    /// Refuses the flags; `form` says what is expected instead.
    fn refuse(&self, form: &'static str) -> Result<(), LevelsSyntax> {
        let given = [("--range", self.range), ("--levels", self.levels)];
        let given = given.into_iter().find_map(|(flag, text)| Some((flag, text?)));
        given.map_or(Ok(()), |(flag, got)| Err(LevelsSyntax { flag: flag.to_owned(), form, got: got.to_owned() }))
    }
}

fn range(text: &str, flag: &str, time: bool) -> Result<AskedLevels, LevelsSyntax> {
    let ends = text.split_once("..").map(|(from, to)| (number(from, time), number(to, time)));
    match ends {
        Some((Some(from), Some(to))) => Ok(AskedLevels::Range(from, to)),
        _ => Err(LevelsSyntax { flag: flag.to_owned(), form: "FROM..TO, such as 1..100", got: text.to_owned() }),
    }
}

fn list(text: &str, flag: &str, time: bool) -> Result<AskedLevels, LevelsSyntax> {
    let values: Option<Vec<f64>> = text.split(',').map(|text| number(text, time)).collect();
    let form = "numbers separated by commas, such as 12,10,8,6";
    values.map(AskedLevels::List).ok_or_else(|| LevelsSyntax { flag: flag.to_owned(), form, got: text.to_owned() })
}

/// Returns whether values of the key are times, s, which may have another unit: `1h`.
fn is_time(key: &str) -> bool {
    key.trim().ends_with("_seconds")
}

fn number(text: &str, time: bool) -> Option<f64> {
    let span = || text.trim().parse::<TimeSpan>().ok().filter(|_| time).map(|span| span.seconds);
    // -0 counts as 0.
    let number = text.trim().parse().ok().or_else(span).map(|number: f64| number + 0.0);
    number.filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_FLAGS: AskedRange = AskedRange { range: None, levels: None };

    #[test]
    fn keys_carry_their_levels() {
        let levels = |text: &str| asked_key(text, &NO_FLAGS).expect("valid").levels;
        assert_eq!(levels("noise.level_percent"), AskedLevels::Default);
        assert_eq!(levels("noise.level_percent=1..100"), AskedLevels::Range(1.0, 100.0));
        assert_eq!(levels("device.converters.adc.bits=8, 6,4"), AskedLevels::List(vec![8.0, 6.0, 4.0]));
        let AskedLevels::List(zeros) = levels("noise.level_percent=-0, 0.0") else { panic!("a list") };
        assert!(zeros.iter().all(|zero| zero.is_sign_positive()));
        let times = levels("hardware.retention_seconds=60, 1h,1d");
        assert_eq!(times, AskedLevels::List(vec![60.0, 3600.0, 86400.0]));
        assert!(asked_key("device.levels.count=1h,2h", &NO_FLAGS).is_err(), "no time");
        let flags = AskedRange { range: Some("0.5..2"), levels: None };
        let asked = asked_key("hardware.write_spread_scale", &flags).expect("valid");
        assert_eq!((asked.key.as_str(), asked.levels), ("hardware.write_spread_scale", AskedLevels::Range(0.5, 2.0)));
    }

    #[test]
    fn rejects_levels_in_two_places() {
        let flags = AskedRange { range: Some("1..5"), levels: Some("1,2") };
        let message = |text: &str, flags| asked_key(text, &flags).expect_err("two places").to_string();
        let next_to_key = "--range: expected no other levels next to `--key KEY=LEVELS`, got `1..5`";
        assert_eq!(message("a.b=1..10", flags), next_to_key);
        assert_eq!(message("a.b", flags), "--levels: expected no other levels next to `--range`, got `1,2`");
        let only_levels = AskedRange { range: None, ..flags };
        assert!(message("a.b=1..10", only_levels).starts_with("--levels: expected no other levels"));
    }

    #[test]
    fn rejects_levels_that_are_no_numbers() {
        let message = |text: &str| asked_key(text, &NO_FLAGS).expect_err("invalid").to_string();
        assert_eq!(message("a.b=1..x"), "--key a.b: expected FROM..TO, such as 1..100, got `1..x`");
        assert_eq!(
            message("a.b=1,,2"),
            "--key a.b: expected numbers separated by commas, such as 12,10,8,6, got `1,,2`"
        );
        let flags = AskedRange { range: Some("1-2"), levels: None };
        assert!(
            asked_key("a.b", &flags).is_err_and(|error| error.to_string().starts_with("--range: expected FROM..TO"))
        );
    }
}
