//! A figure in a notebook or in a file.

use std::path::PathBuf;

use ohmspike::plot::PanelFigure;
use pyo3::prelude::*;

use crate::errors::{cannot_write, refused};

/// A figure. Notebooks show it; `save` writes SVG or PNG.
#[pyclass(frozen, module = "ohmspike")]
#[derive(Debug)]
pub struct Figure {
    figure: PanelFigure,
}

impl From<PanelFigure> for Figure {
    fn from(figure: PanelFigure) -> Figure {
        Figure { figure }
    }
}

#[pymethods]
impl Figure {
    /// The figure as SVG text.
    #[getter]
    fn svg(&self) -> String {
        self.figure.svg()
    }

    fn _repr_svg_(&self) -> String {
        self.figure.svg()
    }

    /// Write the figure to `path`, which ends in .svg or .png.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let content = match extension.to_ascii_lowercase().as_str() {
            "svg" => self.figure.svg().into_bytes(),
            "png" => py.detach(|| self.figure.png()).map_err(refused)?,
            _ => {
                return Err(refused(format!(
                    "path: expected a name that ends in .svg or .png, got `{}`",
                    path.display()
                )));
            }
        };
        std::fs::write(&path, content).map_err(|error| cannot_write(&path, &error))
    }

    fn __repr__(&self) -> String {
        format!("<ohmspike.Figure: {} panels>", self.figure.panels.len())
    }
}
