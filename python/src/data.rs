//! Data sets as arrays.

use numpy::{PyArray1, PyArrayMethods};
use ohmspike::datasets::{Part, load};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::refused;

/// Load a built-in, published or imported data set as arrays.
///
/// Returns a dictionary: "train" and "test" samples, float32 from 0 to 1, samples x units; "train_labels" and "test_labels",
/// uint8; and "class_names". Sets of recorded spikes are refused.
#[pyfunction]
pub fn load_data<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyDict>> {
    let data = py.detach(|| load(name, None)).map_err(refused)?;
    let dict = PyDict::new(py);
    for (key, part) in [("train", &data.train), ("test", &data.test)] {
        let values: Vec<f32> = match part {
            Part::Images(images) => images.pixels.iter().map(|&pixel| f32::from(pixel) / 255.0).collect(),
            Part::Values(values) => values.values.clone(),
            Part::Events(_) => {
                return Err(refused(format!("`{name}`: expected images or numbers, got recorded spikes")));
            }
        };
        dict.set_item(key, PyArray1::from_vec(py, values).reshape([part.len(), part.units()])?)?;
        dict.set_item(format!("{key}_labels"), PyArray1::from_slice(py, part.labels()))?;
    }
    dict.set_item("class_names", &data.class_names)?;
    Ok(dict)
}
