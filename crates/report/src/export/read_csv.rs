//! Reads a CSV file of the program as a table.

use super::{Column, Table, Values};

impl Table {
    /// Reads CSV text with a header. A column of numbers or empty cells has numbers, any other column texts; empty cells are
    /// gaps.
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
            let values = match numbers {
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
    fn rows_of_another_length_are_refused() {
        assert!(Table::from_csv("a,b\n1\n").is_err());
    }
}
