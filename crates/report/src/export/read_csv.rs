//! Reads a CSV file of the program as a table.

use super::{Column, Table, Values};

/// Columns of counts and seeds. The names decide, because other numbers may be whole by chance.
const COUNTS: [&str; 4] = ["chip", "correct_samples", "samples", "seed"];

impl Table {
    /// Reads CSV text with a header. A column of numbers or empty cells has numbers, whole ones if it counts, any other column
    /// texts; empty cells are gaps.
    ///
    /// # Errors
    /// Returns an error if a row has another length than the header.
    pub fn from_csv(text: &str) -> Result<Table, csv::Error> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
        let column = |(place, name): (usize, String)| {
            let cells = || rows.iter().map(|row| Some(&row[place]).filter(|cell| !cell.is_empty()));
            let numbers: Option<Vec<Option<f64>>> =
                cells().map(|cell| cell.map_or(Some(None), |cell| cell.parse().ok().map(Some))).collect();
            let whole: Option<Vec<Option<u64>>> =
                cells().map(|cell| cell.map_or(Some(None), |cell| cell.parse().ok().map(Some))).collect();
            let values = match numbers {
                Some(_) if COUNTS.contains(&&*name) && whole.is_some() => Values::Whole(whole.unwrap_or_default()),
                Some(numbers) if numbers.iter().any(Option::is_some) => Values::Number(numbers),
                _ => Values::Text(cells().map(|cell| cell.map(str::to_owned)).collect()),
            };
            Column { name, values }
        };
        Ok(Table { columns: names.into_iter().enumerate().map(column).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_numbers_are_numbers() {
        let table = Table::from_csv("network,mean,empty\n\"a, b\",0.25,\nc,,\n").expect("valid");
        let values: Vec<Values> = table.columns.into_iter().map(|column| column.values).collect();
        let texts = Values::Text(vec![Some("a, b".to_owned()), Some("c".to_owned())]);
        assert_eq!(values, [texts, Values::Number(vec![Some(0.25), None]), Values::Text(vec![None, None])]);
    }

    #[test]
    fn counts_are_whole_numbers() {
        let table =
            Table::from_csv("chip,samples,accuracy_percent\n0,1024,50\n1,18446744073709551615,51\n").expect("valid");
        let values: Vec<Values> = table.columns.into_iter().map(|column| column.values).collect();
        let whole = |numbers: [u64; 2]| Values::Whole(numbers.map(Some).to_vec());
        assert_eq!(values, [whole([0, 1]), whole([1024, u64::MAX]), Values::Number(vec![Some(50.0), Some(51.0)])]);
    }

    #[test]
    fn rows_of_another_length_are_refused() {
        assert!(Table::from_csv("a,b\n1\n").is_err());
    }
}
