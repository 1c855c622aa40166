//! The answer with everything behind it, as `limit.json`.

use ohmspike_analysis::limit::{Criterion, Direction, Effort, Limit, Purpose, Training};
use ohmspike_study::settings::Settings;
use serde::{Deserialize, Serialize};

use super::amounts::purpose;
use super::units::Quantity;
use crate::numbered::{Numbered, first_question};

/// Version of the format of `limit.json`.
pub const SCHEMA: u32 = 1;

/// Limits of one or several keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitReport {
    /// Version of the format.
    pub schema: u32,
    /// Number of the question in its results folder, from 1; see [`numbered`](crate::numbered).
    #[serde(default = "first_question")]
    pub number: u32,
    /// Version of the program.
    pub program: String,
    /// Name of the study.
    pub study: String,
    /// `hardware.device`.
    pub device: String,
    /// `data.set`.
    pub data: String,
    /// What a network must achieve. Accuracies and losses are fractions.
    pub criterion: Criterion,
    /// Numbers of seeds.
    pub effort: Effort,
    /// What differs between repeats.
    pub varies: Vec<String>,
    /// Epochs of short training in the search; null without.
    pub short_epochs: Option<usize>,
    /// The settings of the study; the rows override their keys.
    pub settings: Settings,
    /// What limits every answer.
    pub notes: Vec<String>,
    /// One entry per key.
    pub rows: Vec<LimitRow>,
    /// All keys at a common fraction of their limits; null for a single key.
    pub together: Option<LimitRow>,
}

/// Limit of one key, or of all together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitRow {
    /// The key, or `together`.
    pub key: String,
    /// Unit of the key; empty for none.
    pub unit: String,
    /// Its harsh side.
    pub direction: Direction,
    /// The network without the non-ideality.
    pub reference: String,
    /// Further keys that the device needs at every level.
    pub with: Vec<String>,
    /// All levels, mildest first.
    pub levels: Vec<f64>,
    /// Harshest level that is certified to meet the criterion.
    pub certified: Option<Bound>,
    /// Mildest level that is refuted.
    pub refuted: Option<Bound>,
    /// Why there is no answer; null if there is one.
    pub withheld: Option<String>,
    /// What limits the answer of this key.
    pub notes: Vec<String>,
    /// Verdict, search and tests; null if the search ended early. Levels are positions in `levels`, from 0.
    pub limit: Option<Limit>,
    /// All trials, in the order in which they were asked for.
    pub trials: Vec<TrialLine>,
}

/// A certified or refuted level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// Position in the levels, from 0.
    pub level: usize,
    /// Value of the key, or common fraction of the limits.
    pub value: f64,
    /// The value in every unit.
    pub units: Vec<Quantity>,
    /// Values of all keys together; empty for a single key.
    pub keys: Vec<KeyValue>,
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyValue {
    /// The key.
    pub key: String,
    /// Its value.
    pub value: f64,
}

/// One trial behind an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialLine {
    /// Name of the trial, as in `records/`.
    pub id: String,
    /// Its seed.
    pub seed: u64,
    /// What it was run for.
    pub purpose: Purpose,
    /// Value of the key, or common fraction; null for the network without the non-ideality.
    pub level: Option<f64>,
    /// Length of the training.
    pub training: Training,
    /// Accuracy, as a fraction; null if training diverged.
    pub accuracy: Option<f64>,
    /// Unhealthy state: `diverged` counts as failed, `silent` with its accuracy; null for a healthy trial.
    pub failure: Option<String>,
}

/// Returns everything that decides the trials of a search, as JSON: equal texts are the same question. `rows` are keys with
/// their harsh sides and levels.
pub fn question<'a>(
    settings: &Settings,
    criterion: &Criterion,
    effort: &Effort,
    short_epochs: Option<usize>,
    rows: impl Iterator<Item = (&'a str, Direction, &'a [f64])>,
) -> String {
    let effort = Effort { fresh_from: 0, ..*effort };
    let rows: Vec<_> = rows.collect();
    // A study file may spell out defaults that another leaves open.
    serde_json::json!([settings.resolved().keys(), criterion, effort, short_epochs, rows]).to_string()
}

impl LimitReport {
    /// Returns the question that this report answers; see [`question`].
    pub fn question(&self) -> String {
        let rows = self.rows.iter().map(|row| (row.key.as_str(), row.direction, row.levels.as_slice()));
        question(&self.settings, &self.criterion, &self.effort, self.short_epochs, rows)
    }

    /// Iterates over all rows, the common one last.
    pub fn all_rows(&self) -> impl Iterator<Item = &LimitRow> {
        self.rows.iter().chain(&self.together)
    }

    /// Formats `limit.json`.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a report is plain data") + "\n"
    }

    /// Formats `limit.csv`: one line per trial.
    pub fn csv(&self) -> String {
        use ohmspike_study::csv_cell::csv_cell;
        let mut text =
            "key,level,unit,purpose,training,seed,accuracy_percent,failure,device,data_set,trial\n".to_owned();
        for row in self.all_rows() {
            for line in &row.trials {
                let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
                let cells = [
                    row.key.clone(),
                    number(line.level),
                    row.unit.clone(),
                    purpose(line.purpose).to_owned(),
                    if line.training == Training::Short { "short" } else { "full" }.to_owned(),
                    line.seed.to_string(),
                    line.accuracy.map(|accuracy| format!("{:.6}", 100.0 * accuracy)).unwrap_or_default(),
                    line.failure.clone().unwrap_or_default(),
                    self.device.clone(),
                    self.data.clone(),
                    line.id.clone(),
                ];
                text += &(cells.iter().map(|cell| csv_cell(cell)).collect::<Vec<_>>().join(",") + "\n");
            }
        }
        text
    }
}

impl Numbered for LimitReport {
    const STEM: &'static str = "limit";

    fn number(&self) -> u32 {
        self.number
    }

    fn set_number(&mut self, number: u32) {
        self.number = number;
    }

    fn is_same_question(&self, other: &LimitReport) -> bool {
        self.question() == other.question()
    }

    /// Whether the search reached the tests with fresh seeds.
    fn has_result(&self) -> bool {
        self.all_rows().any(LimitRow::has_tests)
    }
}

impl LimitRow {
    /// Whether the search reached the tests with fresh seeds.
    pub fn has_tests(&self) -> bool {
        self.trials.iter().any(|line| matches!(line.purpose, Purpose::Certify | Purpose::Refute))
    }
}
