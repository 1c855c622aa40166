//! Answers about a network: limits, ablations and deployments.

use std::path::{Path, PathBuf};

use ohmspike::answers::numbered::Numbered;
use ohmspike::datasets::reason;
use ohmspike::report::export;
use pyo3::prelude::*;
use serde::Serialize;
use serde_json::Value;

use crate::errors::refused;
use crate::table::{Table, escaped};
use crate::values::{as_written, json_to_python};

/// An answer with everything behind it.
#[pyclass(frozen, module = "ohmspike")]
#[derive(Debug)]
pub struct Answer {
    kind: &'static str,
    folder: PathBuf,
    files: [PathBuf; 2],
    data: Value,
}

impl Answer {
    /// Creates the answer of which `folder` has the files.
    pub fn new<T: Numbered + Serialize>(kind: &'static str, answer: &T, folder: &Path) -> PyResult<Answer> {
        let files = ["json", "csv"].map(|extension| folder.join(answer.file(extension)));
        Ok(Answer { kind, folder: folder.to_owned(), files, data: as_written(answer)? })
    }
}

#[pymethods]
impl Answer {
    /// What it answers: "deployment", "limit" or "ablation".
    #[getter]
    fn kind(&self) -> &str {
        self.kind
    }

    /// Results folder, with the trials or chips behind the answer.
    #[getter]
    fn folder(&self) -> PathBuf {
        self.folder.clone()
    }

    /// The JSON file of the answer.
    #[getter]
    fn file(&self) -> PathBuf {
        self.files[0].clone()
    }

    /// The answer as a dictionary, as in its JSON file.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json_to_python(py, &self.data)
    }

    /// The answer as a table, with the columns of its CSV file.
    #[getter]
    fn table(&self) -> PyResult<Table> {
        let path = &self.files[1];
        let text = std::fs::read_to_string(path)
            .map_err(|error| refused(format!("cannot read `{}`: {}", path.display(), reason(&error))))?;
        export::Table::from_csv(&text).map(Table::from).map_err(refused)
    }

    fn __repr__(&self) -> String {
        format!("<ohmspike.Answer: {} in {}>", self.kind, self.folder.display())
    }

    /// The table of the answer.
    fn __str__(&self) -> PyResult<String> {
        Ok(format!("{} in {}\n{}", self.kind, self.folder.display(), self.table()?.__str__()))
    }

    fn _repr_html_(&self) -> PyResult<String> {
        let folder = escaped(&self.folder.display().to_string());
        Ok(format!("<p>{} in {folder}</p>{}", self.kind, self.table()?._repr_html_()))
    }
}
