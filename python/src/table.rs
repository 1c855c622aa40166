//! Tables: Arrow for pandas and polars, NumPy for everyone.

use std::sync::Arc;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{ArrayRef, Float64Array, RecordBatch, RecordBatchIterator, StringArray, UInt64Array};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{DataType, Field, Schema};
use numpy::PyArray1;
use ohmspike::report::export::{self, Column, Values};
use pyo3::exceptions::PyKeyError;
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

    /// Return a column as an array: float64 with NaN for gaps, uint64 for counts without gaps, or object with None.
    fn __getitem__<'py>(&self, py: Python<'py>, key: &str) -> PyResult<Bound<'py, PyAny>> {
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
}
