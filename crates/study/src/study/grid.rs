//! The grid: every combination of the axes for every seed, and its largest size.

use std::collections::HashSet;

use ohmspike_datasets::counted;

use super::{Axis, StudyError, StudyProblem};

/// Largest number of conditions of a study. The settings of each take about 2 kB, 0.5 GB in all.
pub const MAX_CONDITIONS: usize = 250_000;
/// Largest number of trials of a study. Each takes about 100 bytes of memory, and about 20 kB on the disk for its record.
pub const MAX_TRIALS: usize = 1_000_000;

/// A value by its meaning: 1 and 1.0 are the same setting.
#[derive(PartialEq, Eq, Hash)]
enum Meaning {
    Whole(i64),
    Number(u64),
    Other(String),
}

impl Meaning {
    fn of(value: &toml::Value) -> Meaning {
        match value {
            toml::Value::Integer(whole) => Meaning::Whole(*whole),
            // Below 2^53 a number without a fraction is an exact integer.
            toml::Value::Float(number) if number.fract() == 0.0 && number.abs() < 9.0e15 => {
                Meaning::Whole(*number as i64)
            }
            toml::Value::Float(number) => Meaning::Number(number.to_bits()),
            other => Meaning::Other(other.to_string()),
        }
    }
}

/// Refuses an axis that is empty or has a value twice.
pub(super) fn check_axis(key: &str, values: &[toml::Value], place: &str) -> Result<(), StudyError> {
    let error = |problem| StudyError { place: place.to_owned(), problem };
    if values.is_empty() {
        return Err(error(StudyProblem::EmptyAxis(key.to_owned())));
    }
    let mut seen = HashSet::with_capacity(values.len());
    match values.iter().find(|value| !seen.insert(Meaning::of(value))) {
        Some(value) => Err(error(StudyProblem::Twice { key: key.to_owned(), value: value.to_string() })),
        None => Ok(()),
    }
}

/// Refuses a grid that is too large for memory before it is built. `place` is the place of the longest axis.
pub(super) fn check_size(axes: &[Axis], seeds: usize, place: &str) -> Result<(), StudyError> {
    let lengths: Vec<usize> = axes.iter().map(|axis| axis.values.len()).filter(|length| *length > 1).collect();
    let product =
        |start: usize| lengths.iter().try_fold(start as u128, |size, &length| size.checked_mul(length as u128));
    let shown = |size: Option<u128>| size.map_or_else(|| "more than 10^38".to_owned(), |size| size.to_string());
    let is_within = |size: Option<u128>, most: usize| size.is_some_and(|size| size <= most as u128);
    let (conditions, trials) = (product(1), product(seeds));
    let lengths = lengths.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
    let (what, size, most, factors) = if !is_within(conditions, MAX_CONDITIONS) {
        ("conditions", conditions, MAX_CONDITIONS, lengths)
    } else if !is_within(trials, MAX_TRIALS) {
        ("trials", trials, MAX_TRIALS, [lengths, counted(seeds, "seed")].join(" x "))
    } else {
        return Ok(());
    };
    let problem = StudyProblem::TooLarge { what, size: shown(size), factors, most };
    Err(StudyError { place: place.to_owned(), problem })
}

/// Every combination of the axes, with the last axis varying fastest.
pub(super) fn combinations(axes: &[Axis]) -> impl Iterator<Item = Vec<toml::Value>> {
    let count = axes.iter().map(|axis| axis.values.len()).product();
    (0..count)
        .map(move |number| places(axes, number).zip(axes).map(|(place, axis)| axis.values[place].clone()).collect())
}

/// Positions of combination `number` on the axes, from 0.
pub(super) fn places(axes: &[Axis], number: usize) -> impl Iterator<Item = usize> {
    axes.iter().enumerate().map(move |(axis, Axis { values, .. })| {
        let faster: usize = axes[axis + 1..].iter().map(|axis| axis.values.len()).product();
        number / faster % values.len()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(length: i64) -> Axis {
        Axis { key: "noise.level_percent".to_owned(), values: (0..length).map(toml::Value::Integer).collect() }
    }

    #[test]
    fn the_last_axis_varies_fastest() {
        let axes = [axis(2), axis(1), axis(3)];
        let shown: Vec<String> = combinations(&axes)
            .map(|values| values.iter().map(toml::Value::to_string).collect::<Vec<_>>().concat())
            .collect();
        assert_eq!(shown, ["000", "001", "002", "100", "101", "102"]);
        assert_eq!(combinations(&[]).collect::<Vec<_>>(), [vec![]]);
        assert_eq!(places(&axes, 4).collect::<Vec<_>>(), [1, 0, 1]);
    }

    #[test]
    fn rejects_a_value_twice_on_an_axis() {
        let check = |text: &str| {
            let values: toml::Table = toml::from_str(&format!("v = {text}")).expect("TOML");
            check_axis("key", values["v"].as_array().expect("a list"), "here").map_err(|error| error.to_string())
        };
        for fine in ["[1, 2, 1.5]", "['1', 1]", "[9007199254740992, 9007199254740993]", "[true, 'true']", "[0.1, 0.2]"]
        {
            assert_eq!(check(fine), Ok(()), "{fine}");
        }
        for twice in ["[1, 2, 1]", "[1, 1.0]", "[-0.0, 0]", "['a', 'a']", "[0.5, 5e-1]"] {
            assert!(check(twice).is_err_and(|error| error.contains(": duplicate value ")), "{twice}");
        }
        let long = axis(200_000);
        assert!(check_axis(&long.key, &long.values, "here").is_ok());
    }

    #[test]
    fn rejects_a_grid_that_is_too_large() {
        let refused = |axes: &[Axis], seeds| check_size(axes, seeds, "s.toml:3").expect_err("too large").to_string();
        let ten: Vec<Axis> = (0..10).map(|_| axis(10)).collect();
        assert_eq!(
            refused(&ten, 1),
            "s.toml:3: study: expected at most 250000 conditions, got 10000000000 (10 x 10 x 10 x 10 x 10 x 10 x 10 x 10 x 10 x \
             10)\n\nhint: split the study, or shorten its axes with `--set`"
        );
        assert!(refused(&[axis(1001)], 1000).contains("at most 1000000 trials, got 1001000 (1001 x 1000 seeds)"));
        let many: Vec<Axis> = (0..60).map(|_| axis(1000)).collect();
        assert!(refused(&many, 3).contains("got more than 10^38 ("));
        assert_eq!(check_size(&[axis(250_000)], 4, "s.toml"), Ok(()));
        assert_eq!(check_size(&[axis(500), axis(500)], 1, "s.toml"), Ok(()));
    }
}
