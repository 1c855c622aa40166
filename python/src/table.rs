//! Tables: Arrow for pandas and polars, NumPy for everyone.

use std::sync::Arc;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{ArrayRef, Float64Array, RecordBatch, RecordBatchIterator, StringArray, UInt64Array};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{DataType, Field, Schema};
use numpy::PyArray1;
use ohmspike::report::export::{self, Column, Values};
use ohmspike::study::significant::short;
use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};

use crate::errors::refused;

/// Table of columns of equal length, with gaps.
///
/// `polars.DataFrame(table)`, `pandas.DataFrame.from_arrow(table)` and `pyarrow.table(table)` read it through the Arrow
/// PyCapsule interface. `to_dict` and `to_pandas` need no Arrow library.
#[pyclass(frozen, module = "ohmspike")]
#[derive(Debug)]
pub struct Table {
    columns: Vec<Column>,
    rows: usize,
}

impl From<export::Table> for Table {
    fn from(table: export::Table) -> Table {
        Table { rows: table.rows(), columns: table.columns }
    }
}

impl Table {
    fn schema(&self) -> Schema {
        let field = |column: &Column| {
            let kind = match column.values {
                Values::Text(_) => DataType::Utf8,
                Values::Whole(_) => DataType::UInt64,
                Values::Number(_) => DataType::Float64,
            };
            Field::new(&column.name, kind, true)
        };
        Schema::new(self.columns.iter().map(field).collect::<Vec<_>>())
    }

    fn batch(&self) -> PyResult<RecordBatch> {
        let array = |column: &Column| -> ArrayRef {
            match &column.values {
                Values::Text(values) => Arc::new(values.iter().map(Option::as_deref).collect::<StringArray>()),
                Values::Whole(values) => Arc::new(UInt64Array::from(values.clone())),
                Values::Number(values) => Arc::new(Float64Array::from(values.clone())),
            }
        };
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(self.rows));
        let arrays = self.columns.iter().map(array).collect();
        RecordBatch::try_new_with_options(Arc::new(self.schema()), arrays, &options).map_err(refused)
    }
}

/// Returns `text` as HTML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// Rows and columns that a table shows as text.
const SHOWN_ROWS: usize = 10;
const SHOWN_COLUMNS: usize = 8;

/// Returns the value of a row as text; empty for a gap.
fn shown(column: &Column, row: usize) -> String {
    match &column.values {
        Values::Text(values) => values[row].clone().unwrap_or_default(),
        Values::Whole(values) => values[row].map_or(String::new(), |value| value.to_string()),
        Values::Number(values) => values[row].map_or(String::new(), short),
    }
}

/// Returns a column for Python: numbers with NaN for gaps, texts with None. Counts without gaps stay integers.
fn column<'py>(py: Python<'py>, values: &Values) -> PyResult<Bound<'py, PyAny>> {
    match values {
        Values::Number(values) => {
            let filled: Vec<f64> = values.iter().map(|value| value.unwrap_or(f64::NAN)).collect();
            Ok(PyArray1::from_vec(py, filled).into_any())
        }
        Values::Whole(values) => match values.iter().copied().collect::<Option<Vec<u64>>>() {
            Some(whole) => Ok(PyArray1::from_vec(py, whole).into_any()),
            None => {
                let filled: Vec<f64> =
                    values.iter().map(|value| value.map_or(f64::NAN, |value| value as f64)).collect();
                Ok(PyArray1::from_vec(py, filled).into_any())
            }
        },
        Values::Text(values) => {
            let kind = PyDict::new(py);
            kind.set_item("dtype", "object")?;
            py.import("numpy")?.call_method("array", (PyList::new(py, values)?,), Some(&kind))
        }
    }
}

#[pymethods]
impl Table {
    /// Names of the columns, with units.
    #[getter]
    fn column_names(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }

    fn __len__(&self) -> usize {
        self.rows
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        PyList::new(py, self.column_names())?.call_method0("__iter__")
    }

    fn __contains__(&self, name: &Bound<'_, PyAny>) -> bool {
        name.extract::<String>().is_ok_and(|name| self.columns.iter().any(|column| column.name == name))
    }

    /// Return the names of the columns, so that `dict(table)` has all arrays.
    fn keys(&self) -> Vec<&str> {
        self.column_names()
    }

    /// Return a column as an array: float64 with NaN for gaps, uint64 for counts without gaps, or object with None.
    fn __getitem__<'py>(&self, py: Python<'py>, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let Ok(key) = key.extract::<String>() else {
            let kind = key.get_type().name()?;
            return Err(PyTypeError::new_err(format!("key: expected the name of a column, got {kind}")));
        };
        match self.columns.iter().find(|column| column.name == key) {
            Some(found) => column(py, &found.values),
            None => {
                let message = format!("unknown column `{key}`; expected one of {}", self.column_names().join(", "));
                Err(PyKeyError::new_err(message))
            }
        }
    }

    /// Return a dictionary of arrays, one per column.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for found in &self.columns {
            dict.set_item(&found.name, column(py, &found.values)?)?;
        }
        Ok(dict)
    }

    /// Return a `pandas.DataFrame`. Needs pandas, and no Arrow library.
    fn to_pandas<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("pandas")?.call_method1("DataFrame", (self.to_dict(py)?,))
    }

    /// Return the table as CSV text. Gaps are empty.
    fn to_csv(&self) -> String {
        export::Table { columns: self.columns.clone() }.csv()
    }

    /// Export the table as an Arrow stream. The schema is always that of the table.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let batch = self.batch()?;
        let schema = batch.schema();
        let stream = FFI_ArrowArrayStream::new(Box::new(RecordBatchIterator::new([Ok(batch)], schema)));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    /// Export the names and types of the columns.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(&self.schema()).map_err(refused)?;
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }

    fn __repr__(&self) -> String {
        format!("<ohmspike.Table: {} rows x {} columns>", self.rows, self.columns.len())
    }

    /// The first rows, with aligned columns; a wide table has one line per column.
    pub(crate) fn __str__(&self) -> String {
        let rows: Vec<Vec<String>> = (0..self.rows.min(SHOWN_ROWS))
            .map(|row| self.columns.iter().map(|column| shown(column, row)).collect())
            .collect();
        let heads: Vec<String> = self.columns.iter().map(|column| column.name.clone()).collect();
        let mut lines = std::iter::once(heads).chain(rows).collect::<Vec<_>>();
        if self.columns.len() > SHOWN_COLUMNS {
            lines =
                (0..self.columns.len()).map(|column| lines.iter().map(|line| line[column].clone()).collect()).collect();
        }
        let widths: Vec<usize> = (0..lines.first().map_or(0, Vec::len))
            .map(|place| lines.iter().map(|line| line[place].chars().count()).max().unwrap_or(0))
            .collect();
        let line = |cells: &Vec<String>| {
            let cells = cells.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let more = self.rows.saturating_sub(SHOWN_ROWS);
        let more = if more > 0 { format!("\n... {more} more rows") } else { String::new() };
        lines.iter().map(line).collect::<Vec<_>>().join("\n") + &more
    }

    pub(crate) fn _repr_html_(&self) -> String {
        let row = |tag: &str, cells: Vec<String>| {
            let cells: String = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect();
            format!("<tr>{cells}</tr>")
        };
        let head = row("th", self.columns.iter().map(|column| column.name.clone()).collect());
        let rows: String = (0..self.rows.min(SHOWN_ROWS))
            .map(|place| row("td", self.columns.iter().map(|column| shown(column, place)).collect()))
            .collect();
        let count = format!("{} rows x {} columns", self.rows, self.columns.len());
        format!("<table><thead>{head}</thead><tbody>{rows}</tbody></table><p>{count}</p>")
    }
}
