//! The summary of a study as a table with exact numbers.

use ohmspike_analysis::summary::{COLUMNS, ORIGIN, Row, Summary};
use ohmspike_study::health::HealthKind;

use super::{Column, Table, Values, axis_values};

/// Returns `summary` as a table with the columns of `summary.csv`.
pub fn summary_table(summary: &Summary) -> Table {
    let rows = &summary.rows;
    let axes = summary.axes.iter().enumerate();
    let mut columns: Vec<Column> = axes
        .map(|(place, axis)| Column {
            name: axis.key.clone(),
            values: axis_values(axis, rows.iter().map(|row| &row.values[place])),
        })
        .collect();
    let numbers = |of: fn(&Row) -> Option<f64>| Values::Number(rows.iter().map(of).collect());
    let interval = |row: &Row| row.sample.and_then(|sample| sample.accuracy_interval());
    let statistics = [
        numbers(|row| row.sample.map(|sample| sample.mean)),
        numbers(|row| row.sample.and_then(|sample| sample.sd)),
        Values::Whole(rows.iter().map(|row| Some(row.sample.map_or(0, |sample| sample.n as u64))).collect()),
        Values::Number(rows.iter().map(|row| Some(interval(row)?.0)).collect()),
        Values::Number(rows.iter().map(|row| Some(interval(row)?.1)).collect()),
        Values::Whole(rows.iter().map(|row| Some(row.usable as u64)).collect()),
    ];
    let health = HealthKind::ALL.iter().map(|&kind| {
        let count = |row: &Row| Some(row.health.count(kind) as u64);
        Values::Whole(rows.iter().map(count).collect())
    });
    let swept = |key: &str| summary.axes.iter().any(|axis| axis.key == key);
    let origin = (0..ORIGIN.len()).map(|place| {
        let name = |row: &Row| Some(row.origin[place].clone());
        Values::Text(rows.iter().map(name).collect())
    });
    let values = statistics.into_iter().chain(health).chain(origin);
    let named = COLUMNS[1..].iter().zip(values).filter(|(column, _)| !swept(column.name));
    columns.extend(named.map(|(column, values)| Column { name: column.name.to_owned(), values }));
    Table { columns }
}

#[cfg(test)]
mod tests {
    use ohmspike_analysis::fixture::Fixture;

    use super::*;

    #[test]
    fn has_the_columns_and_the_numbers_of_the_csv_file() {
        let text = "[noise]\nlevel_percent = [1, 100]\n[repeats]\nseeds = 4";
        let fixture =
            Fixture::new(text, |settings, seed| Some(0.5 + 0.001 * settings.noise.level_percent + 0.01 * seed as f64));
        let summary = fixture.see(|recorded| Summary::new(recorded.study, &recorded.done(&[0, 1])));
        let (table, csv) = (summary_table(&summary), Table::from_csv(&summary.csv()).expect("valid"));
        let names = |table: &Table| table.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&table), names(&csv));
        for (exact, rounded) in table.columns.iter().zip(&csv.columns) {
            let Values::Number(rounded) = &rounded.values else { continue };
            let exact: Vec<f64> = match &exact.values {
                Values::Number(values) => values.iter().map(|value| value.expect("four repeats")).collect(),
                Values::Whole(values) => values.iter().map(|value| value.expect("a count") as f64).collect(),
                Values::Text(_) => panic!("{}: texts", exact.name),
            };
            // The file rounds to six decimals.
            let near =
                |(exact, rounded): (&f64, &Option<f64>)| (exact - rounded.expect("no gap")).abs() <= 5e-7 + 1e-12;
            assert!(exact.iter().zip(rounded).all(near), "{exact:?}, expected {rounded:?}");
        }
    }
}
