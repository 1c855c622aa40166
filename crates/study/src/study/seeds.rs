//! `repeats.seeds`.

use super::StudyError;
use super::given::Given;
use super::grid::{MOST_TRIALS, check_axis};
use super::keys::SEEDS;
use super::number::{self, as_written};
use super::problem::wrong_type;

/// `repeats.seeds`: a count, which means 1 to that count, or a list.
pub(super) fn read_seeds(given: &Given) -> Result<Vec<u64>, StudyError> {
    let wrong = |value: &toml::Value| {
        let allowed =
            format!("must be a count from 1 to {MOST_TRIALS} or a list of whole numbers from 0 to {}", u64::MAX);
        // Seeds above the largest signed integer are kept as digits, which are no text to a reader.
        let shown = number::seed(value).map_or_else(|| value.to_string(), |seed| seed.to_string());
        wrong_type(&given.place, SEEDS, &format!("{allowed}, got {}", as_written(&shown, &given.beyond)))
    };
    match &given.value {
        toml::Value::Integer(count) if (1..=MOST_TRIALS as i64).contains(count) => Ok((1..=*count as u64).collect()),
        toml::Value::Array(seeds) => {
            check_axis(SEEDS, seeds, &given.place)?;
            seeds.iter().map(|value| number::seed(value).ok_or_else(|| wrong(value))).collect()
        }
        value => Err(wrong(value)),
    }
}
