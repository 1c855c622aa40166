//! Exports records as tables: one row per trial, or one row per trial and epoch.
//!
//! Column names include units. Each column has one type and may have gaps. Numbers in CSV are exact.

mod columns;
#[cfg(feature = "parquet")]
mod parquet;
mod read_csv;
mod summary;

use std::collections::BTreeMap;

pub use columns::{EPOCH_COLUMNS, SAMPLE_COLUMNS, TRIAL_COLUMNS};
use ohmspike_analysis::judged::Judged;
use ohmspike_analysis::repeats::{Done, copies};
use ohmspike_analysis::summary::ORIGIN;
use ohmspike_crossbar::WriteReport;
use ohmspike_snn::activity::ClassActivity;
use ohmspike_snn::metrics::van_rossum::PairDistances;
use ohmspike_study::axis_value::plain;
use ohmspike_study::axis_value::{is_numeric, number};
use ohmspike_study::conversions::{ConversionFractions, Conversions};
use ohmspike_study::csv_cell::harmless;
use ohmspike_study::health::HealthState;
use ohmspike_study::record::Record;
use ohmspike_study::study::{Axis, Study};
pub use summary::summary_table;

/// A table of columns of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Columns in their order.
    pub columns: Vec<Column>,
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Name with unit.
    pub name: String,
    /// Values.
    pub values: Values,
}

/// Values of one type, with gaps.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Strings.
    Text(Vec<Option<String>>),
    /// Counts and seeds.
    Whole(Vec<Option<u64>>),
    /// Numbers.
    Number(Vec<Option<f64>>),
}

/// Failed export.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The program lacks the feature `parquet`.
    #[error(
        "--format parquet: this program was built without Parquet\n\nhint: cargo build --release --features parquet"
    )]
    NoParquet,
    /// The Parquet library failed.
    #[cfg(feature = "parquet")]
    #[error("--format parquet: cannot write the table: {0}")]
    Parquet(#[from] ::parquet::errors::ParquetError),
}

/// Settings with a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SettingColumns {
    /// Only swept keys.
    Swept,
    /// Swept keys first, then all other keys.
    #[default]
    All,
}

impl std::str::FromStr for SettingColumns {
    type Err = String;

    fn from_str(text: &str) -> Result<SettingColumns, String> {
        match text {
            "swept" => Ok(SettingColumns::Swept),
            "all" => Ok(SettingColumns::All),
            _ => Err("expected `swept` or `all`".to_owned()),
        }
    }
}

/// Returns a table with one row per trial: name, swept values, outcome, copies, activity and usage of the cells.
pub fn trial_table(study: &Study, done: &[Done], columns: SettingColumns) -> Table {
    let mut table = Table::default();
    names(&mut table, study, done);
    let last = |of: fn(&Record) -> &[f64]| move |record: &Record| of(record).last().copied();
    table.numbers("outcome_accuracy_fraction", done, |record| record.outcome);
    table.texts("failure", done, |record| record.failure.clone());
    table.wholes("epochs", done, |record| Some(record.accuracy.len() as u64));
    let copies = copies(study, done).into_iter().map(|first| first.map(|first| first.id.clone()));
    table.push("copy_of", Values::Text(copies.collect()));
    table.numbers("best_accuracy_fraction", done, |record| record.best().map(|best| best.1));
    table.wholes("best_epoch", done, |record| record.best().map(|best| best.0));
    table.numbers("final_accuracy_fraction", done, last(|record| &record.accuracy));
    table.numbers("final_training_loss", done, last(|record| &record.loss));
    let populations: [(&str, Spikes); 2] =
        [("excitatory", |test| test.excitatory_spikes), ("inhibitory", |test| test.inhibitory_spikes)];
    for (population, of) in populations {
        table.numbers(&format!("initial_{population}_spikes_per_sample"), done, |record| per_sample(record, 0, of));
        table.numbers(&format!("final_{population}_spikes_per_sample"), done, |record| {
            per_sample(record, record.tests.len().checked_sub(1)?, of)
        });
    }
    distances(&mut table, done);
    let mut connections: Vec<&str> = Vec::new();
    for connection in done.iter().flat_map(|done| &done.record.connections) {
        if !connections.contains(&&*connection.name) {
            connections.push(&connection.name);
        }
    }
    for connection in connections {
        writes(&mut table, connection, done, |record| Some(&record.connection(connection)?.writes));
    }
    conversions(&mut table, done);
    table.numbers("training_energy_microjoules", done, |record| record.energy.as_ref()?.training.known_microjoules());
    table.numbers("inference_energy_microjoules", done, |record| record.energy.as_ref()?.inference.known_microjoules());
    table.texts("energy_without", done, |record| {
        let parts = record.energies_not_stated();
        (!parts.is_empty()).then(|| parts.join("; "))
    });
    table.numbers("training_seconds", done, |record| Some(record.seconds.training));
    table.numbers("test_seconds", done, |record| Some(record.seconds.test));
    health(&mut table, study, done);
    settings(&mut table, study, done, columns);
    table
}

/// Returns a table with one row per trial and epoch.
pub fn epoch_table(study: &Study, done: &[Done], columns: SettingColumns) -> Table {
    let every: Vec<Done> =
        done.iter().flat_map(|done| std::iter::repeat_n(*done, done.record.accuracy.len())).collect();
    let epochs: Vec<usize> = done.iter().flat_map(|done| 0..done.record.accuracy.len()).collect();
    let mut table = Table::default();
    names(&mut table, study, &every);
    table.push("epoch", Values::Whole(epochs.iter().map(|&epoch| Some(epoch as u64 + 1)).collect()));
    let mut series = |name: &str, of: fn(&Record, usize) -> Option<f64>| {
        let value = |(done, &epoch): (&Done, &usize)| of(done.record, epoch);
        table.push(name, Values::Number(every.iter().zip(&epochs).map(value).collect()));
    };
    series("accuracy_fraction", |record, epoch| record.accuracy.get(epoch).copied());
    series("training_loss", |record, epoch| record.loss.get(epoch).copied());
    // The first test precedes training.
    series("excitatory_spikes_per_sample", |record, epoch| {
        per_sample(record, epoch + 1, |test| test.excitatory_spikes)
    });
    series("inhibitory_spikes_per_sample", |record, epoch| {
        per_sample(record, epoch + 1, |test| test.inhibitory_spikes)
    });
    settings(&mut table, study, &every, columns);
    table
}

/// Selects the spikes of one population.
type Spikes = fn(&ClassActivity) -> u64;

fn per_sample(record: &Record, test: usize, of: Spikes) -> Option<f64> {
    let test = record.test(test)?;
    (test.samples > 0).then(|| of(&test) as f64 / test.samples as f64)
}

/// Adds mean Van Rossum distances by kind of pair, as root and as square (dimensionless).
fn distances(table: &mut Table, done: &[Done]) {
    for (moment, initial) in [("initial", true), ("final", false)] {
        let after = |record: &Record| record.after.as_ref().map(|after| after.distances);
        let at = move |record: &Record| if initial { Some(record.before.distances) } else { after(record) };
        for pair in ["ee", "ei", "ii"] {
            let found = move |record: &Record| {
                let PairDistances { ee, ei, ii } = at(record)?;
                [("ee", ee), ("ei", ei), ("ii", ii)].into_iter().find(|(name, _)| *name == pair)?.1
            };
            table.numbers(&format!("{moment}_{pair}_distance_root"), done, |record| Some(found(record)?.root));
            table.numbers(&format!("{moment}_{pair}_distance_square"), done, |record| Some(found(record)?.square));
        }
    }
}

/// Adds whether answers use the trial, and its health with reasons.
fn health(table: &mut Table, study: &Study, done: &[Done]) {
    let judged = Judged::new(study, done);
    let states: Vec<Vec<HealthState>> = done.iter().map(|done| judged.states(done)).collect();
    let usable = |(done, states): (&Done, &Vec<HealthState>)| {
        done.record.outcome.is_some() && !states.iter().any(|state| state.kind().excludes())
    };
    let yes_or_no = |usable: bool| Some(if usable { "yes" } else { "no" }.to_owned());
    table.push("usable", Values::Text(done.iter().zip(&states).map(usable).map(yes_or_no).collect()));
    let joined = |of: fn(&HealthState) -> String| {
        let of_trial = |states: &Vec<HealthState>| states.iter().map(of).collect::<Vec<_>>().join("; ");
        Values::Text(states.iter().map(of_trial).map(|text| Some(text).filter(|text| !text.is_empty())).collect())
    };
    table.push("health", joined(|state| state.kind().words().to_owned()));
    table.push("health_reason", joined(HealthState::to_string));
}

/// Adds name, seed and swept values.
fn names(table: &mut Table, study: &Study, done: &[Done]) {
    table.texts("id", done, |record| Some(record.id.clone()));
    table.wholes("seed", done, |record| Some(record.seed));
    for (place, axis) in study.axes.iter().enumerate() {
        let values = done.iter().map(|done| &study.conditions[done.condition].values[place]);
        table.push(&axis.key, axis_values(axis, values));
    }
}

/// Returns numbers for a numeric axis, otherwise strings.
fn axis_values<'a>(axis: &Axis, values: impl Iterator<Item = &'a toml::Value>) -> Values {
    if is_numeric(axis) {
        numbers(&axis.key, &values.map(Some).collect::<Vec<_>>())
    } else {
        Values::Text(values.map(|value| Some(plain(value))).collect())
    }
}

/// Returns the numbers of a key. Seeds stay whole: above 2^53, neighbouring ones are the same `f64`.
fn numbers(key: &str, values: &[Option<&toml::Value>]) -> Values {
    let whole = |value: &Option<&toml::Value>| u64::try_from((*value)?.as_integer()?).ok();
    if key.starts_with("seeds.") {
        Values::Whole(values.iter().map(whole).collect())
    } else {
        Values::Number(values.iter().map(|value| number((*value)?)).collect())
    }
}

/// Adds all settings that are not swept, or only device and data set: numbers if all values are numbers, otherwise
/// strings.
fn settings(table: &mut Table, study: &Study, done: &[Done], columns: SettingColumns) {
    let wanted = |key: &str| columns == SettingColumns::All || ORIGIN.contains(&key);
    let mut by_key: BTreeMap<String, Vec<Option<toml::Value>>> = BTreeMap::new();
    for (row, done) in done.iter().enumerate() {
        let swept = |key: &str| study.axes.iter().any(|axis| axis.key == key);
        for (key, value) in done.record.settings.keys().into_iter().filter(|(key, _)| !swept(key) && wanted(key)) {
            let values = by_key.entry(key).or_default();
            values.resize(row, None);
            values.push(Some(value));
        }
    }
    for (key, mut values) in by_key {
        values.resize(done.len(), None);
        let is_number = values.iter().flatten().all(|value| number(value).is_some());
        let column = if is_number {
            numbers(&key, &values.iter().map(Option::as_ref).collect::<Vec<_>>())
        } else {
            Values::Text(values.iter().map(|value| value.as_ref().map(plain)).collect())
        };
        table.push(&key, column);
    }
}

/// Selects a count of a write report.
type Count = fn(&WriteReport) -> u64;

fn writes(table: &mut Table, layer: &str, done: &[Done], of: impl Fn(&Record) -> Option<&WriteReport>) {
    let counts: [(&str, Count); 10] = [
        ("cells_written", |report| report.cells_written),
        ("writes_at_floor", |report| report.clipped_low),
        ("writes_at_ceiling", |report| report.clipped_high),
        ("wrong_signs", |report| report.wrong_sign),
        ("signs_checked", |report| report.cells),
        ("write_pulses", |report| report.pulses),
        ("verify_reads", |report| report.verify_reads),
        ("writes_failed", |report| report.failed_writes),
        ("pairs_refreshed", |report| report.refreshed),
        ("writes_cut_short", |report| report.pulse_limited),
    ];
    for (name, count) in counts {
        table.wholes(&format!("{}_{name}", layer.replace('-', "_")), done, |record| of(record).map(count));
    }
}

/// Adds where conversions end, for connections with converters.
fn conversions(table: &mut Table, done: &[Done]) {
    let mut connections: Vec<String> = Vec::new();
    for of in done.iter().flat_map(|done| done.record.conversions()) {
        if !connections.contains(&of.connection) {
            connections.push(of.connection);
        }
    }
    type OfStage = fn(&Conversions) -> Option<ConversionFractions>;
    let stages: [(&str, OfStage); 2] = [("training", |of| of.training), ("test", |of| of.test)];
    for connection in &connections {
        for (stage, of_stage) in stages {
            let fractions = |record: &Record| {
                record.conversions().iter().find(|of| of.connection == *connection).and_then(of_stage)
            };
            let name = |what: &str| format!("{}_{stage}_{what}", connection.replace('-', "_"));
            table.wholes(&name("conversions"), done, |record| Some(fractions(record)?.conversions));
            table.numbers(&name("lowest_code_fraction"), done, |record| Some(fractions(record)?.lowest));
            table.numbers(&name("highest_code_fraction"), done, |record| Some(fractions(record)?.highest));
            table.numbers(&name("zero_code_fraction"), done, |record| Some(fractions(record)?.zero));
            table.numbers(&name("beyond_range_fraction"), done, |record| Some(fractions(record)?.clipped));
        }
    }
}

impl Table {
    fn push(&mut self, name: &str, values: Values) {
        debug_assert!(columns::is_described(name), "{name}: a column without a description in export/columns.rs");
        self.columns.push(Column { name: name.to_owned(), values });
    }

    fn numbers(&mut self, name: &str, done: &[Done], of: impl Fn(&Record) -> Option<f64>) {
        self.push(name, Values::Number(done.iter().map(|done| of(done.record)).collect()));
    }

    fn wholes(&mut self, name: &str, done: &[Done], of: impl Fn(&Record) -> Option<u64>) {
        self.push(name, Values::Whole(done.iter().map(|done| of(done.record)).collect()));
    }

    fn texts(&mut self, name: &str, done: &[Done], of: impl Fn(&Record) -> Option<String>) {
        self.push(name, Values::Text(done.iter().map(|done| of(done.record)).collect()));
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }

    /// Formats the table as CSV; gaps are empty.
    pub fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let names = self.columns.iter().map(|column| harmless(&column.name).into_owned()).collect();
        let rows = (0..self.rows()).map(|row| self.columns.iter().map(|column| column.values.cell(row)).collect());
        for record in std::iter::once::<Vec<String>>(names).chain(rows) {
            writer.write_record(record).expect("rows of one length, into memory");
        }
        String::from_utf8(writer.into_inner().expect("into memory")).expect("made of texts")
    }

    /// Formats the table as a Parquet file.
    ///
    /// # Errors
    /// [`ExportError::NoParquet`] without the feature `parquet`, otherwise if the library fails.
    pub fn parquet(&self) -> Result<Vec<u8>, ExportError> {
        #[cfg(feature = "parquet")]
        return Ok(parquet::write(self)?);
        #[cfg(not(feature = "parquet"))]
        Err(ExportError::NoParquet)
    }
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Values::Text(values) => values.len(),
            Values::Whole(values) => values.len(),
            Values::Number(values) => values.len(),
        }
    }

    fn cell(&self, row: usize) -> String {
        match self {
            Values::Text(values) => values[row].as_deref().map(|text| harmless(text).into_owned()),
            Values::Whole(values) => values[row].map(|value| value.to_string()),
            Values::Number(values) => values[row].map(|value| value.to_string()),
        }
        .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gaps, commas, quotes, and numbers that need all digits.
    pub(super) fn sample() -> Table {
        let mut table = Table::default();
        table.push("id", Values::Text(vec![Some("a, \"b\"".to_owned()), None, Some("line\nbreak".to_owned())]));
        table.push("seed", Values::Whole(vec![Some(0), Some(u64::MAX), None]));
        table.push("accuracy_fraction", Values::Number(vec![Some(0.1 + 0.2), Some(1e-300), None]));
        table
    }

    #[test]
    fn csv_round_trips() {
        let table = sample();
        let text = table.csv();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names: Vec<String> = reader.headers().expect("names").iter().map(str::to_owned).collect();
        assert_eq!(names, ["id", "seed", "accuracy_fraction"]);
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("rows");
        let column =
            |place: usize| rows.iter().map(move |row| Some(row[place].to_owned()).filter(|cell| !cell.is_empty()));
        let read = [
            Values::Text(column(0).collect()),
            Values::Whole(column(1).map(|cell| cell.map(|cell| cell.parse().unwrap())).collect()),
            Values::Number(column(2).map(|cell| cell.map(|cell| cell.parse().unwrap())).collect()),
        ];
        assert_eq!(table.columns.into_iter().map(|column| column.values).collect::<Vec<_>>(), read);
    }

    #[test]
    fn neighbouring_large_seeds_stay_apart() {
        let seeds = [9_007_199_254_740_993_i64, 9_007_199_254_740_995].map(toml::Value::Integer);
        let axis = Axis { key: "seeds.write".to_owned(), values: seeds.to_vec() };
        let expected = Values::Whole(vec![Some(9_007_199_254_740_993), Some(9_007_199_254_740_995)]);
        assert_eq!(axis_values(&axis, seeds.iter()), expected);
        // A level may be whole in one study and not in another: one type for both.
        let level = Axis { key: "noise.level_percent".to_owned(), values: vec![toml::Value::Integer(10)] };
        assert_eq!(axis_values(&level, level.values.iter()), Values::Number(vec![Some(10.0)]));
    }

    #[cfg(not(feature = "parquet"))]
    #[test]
    fn without_the_feature_the_error_has_a_hint() {
        let message = sample().parquet().expect_err("no feature").to_string();
        assert!(message.ends_with("cargo build --release --features parquet"), "{message}");
    }
}
