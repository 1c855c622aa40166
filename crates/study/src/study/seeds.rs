//! `repeats.seeds`: the seeds of the repeats.

use super::form::{Expected, hint};
use super::given::Given;
use super::grid::{MAX_TRIALS, check_axis};
use super::keys::SEEDS;
use super::number::{self, as_written};
use super::{StudyError, StudyProblem};

/// The seeds of the repeats: a count means the seeds 1 to that count, a list means itself.
pub(super) fn read_seeds(given: &Given) -> Result<Vec<u64>, StudyError> {
    let wrong = |value: &toml::Value| {
        // Seeds above the largest signed integer are kept as strings of digits.
        let large = number::seed(value).filter(|seed| i64::try_from(*seed).is_err());
        let shown = large.map_or_else(|| value.to_string(), |seed| seed.to_string());
        let shown = as_written(&shown, &given.beyond);
        let allowed =
            format!("expected a count from 1 to {MAX_TRIALS} or a list of whole numbers from 0 to {}", u64::MAX);
        let hint = hint(given, value, Expected::Whole)
            .filter(|_| number::seed(value).is_none_or(|seed| seed <= MAX_TRIALS as u64));
        let problem = StudyProblem::Type { key: SEEDS.to_owned(), reason: format!("{allowed}, got {shown}"), hint };
        StudyError { place: given.place.clone(), problem }
    };
    match &given.value {
        toml::Value::Integer(count) if (1..=MAX_TRIALS as i64).contains(count) => Ok((1..=*count as u64).collect()),
        toml::Value::Array(seeds) => {
            check_axis(SEEDS, seeds, &given.place)?;
            seeds.iter().map(|value| number::seed(value).ok_or_else(|| wrong(value))).collect()
        }
        value => Err(wrong(value)),
    }
}
