//! Whether drift belongs to cells, where a device file draws it anew for each write.
//!
//! ```text
//! z = (slope - mean of the state) / standard deviation of the state
//! F = mean square between cells / mean square within them         analysis of variance with one way
//! ρ = between / (between + within - error)                        correlation of two writes of a cell; error of regression
//! ```

use std::collections::BTreeMap;

use crate::normal::fisher;
use crate::sample::standard_deviation;

/// Level of the test.
const LEVEL: f64 = 1e-3;
/// Smallest correlation that a note tells.
const MATTERS: f64 = 0.1;
/// Smallest number of cells with several series.
const MIN_CELLS: usize = 5;

/// A slope over ln t.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slope {
    pub cell: usize,
    pub state: usize,
    pub value: f64,
    /// Squared error of regression.
    pub error: f64,
}

/// Returns a note if `slopes`, which `what` names, are alike in all series of a cell.
pub(super) fn belong_to_cells(what: &str, slopes: &[Slope]) -> Option<String> {
    let states = slopes.iter().map(|one| one.state).max()? + 1;
    let mut of_states = vec![Vec::new(); states];
    slopes.iter().for_each(|one| of_states[one.state].push(one.value));
    let moments: Vec<(f64, f64)> = of_states
        .iter()
        .map(|values| (values.iter().sum::<f64>() / values.len() as f64, standard_deviation(values)))
        .collect();
    let mut cells: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    let mut error = 0.0;
    for one in slopes {
        let (mean, spread) = moments[one.state];
        if spread > 0.0 {
            cells.entry(one.cell).or_default().push((one.value - mean) / spread);
            error += one.error / (spread * spread) / slopes.len() as f64;
        }
    }
    let several: Vec<&Vec<f64>> = cells.values().filter(|of_cell| of_cell.len() > 1).collect();
    let (correlation, n) = (correlation(&several, error)?, several.len());
    (correlation > MATTERS).then(|| {
        format!(
            "{what} belong to cells: those of two writes of a cell have a correlation of {correlation:.2} ({n} cells with several writes). A device \
             file draws them anew for each write, so that rewriting a cell changes its drift"
        )
    })
}

/// Returns the correlation of values of one cell, without the mean `error`; none if it may be 0.
fn correlation(cells: &[&Vec<f64>], error: f64) -> Option<f64> {
    let n: f64 = cells.iter().map(|of_cell| of_cell.len() as f64).sum();
    let k = cells.len() as f64;
    if cells.len() < MIN_CELLS {
        return None;
    }
    let mean = cells.iter().flat_map(|of_cell| of_cell.iter()).sum::<f64>() / n;
    let (mut between, mut within, mut squares) = (0.0, 0.0, 0.0);
    for of_cell in cells {
        let count = of_cell.len() as f64;
        let own = of_cell.iter().sum::<f64>() / count;
        between += count * (own - mean).powi(2) / (k - 1.0);
        within += of_cell.iter().map(|z| (z - own).powi(2)).sum::<f64>() / (n - k);
        squares += count * count;
    }
    if between <= within * fisher(k - 1.0, n - k, 1.0 - LEVEL) {
        return None;
    }
    let of_cells = (between - within) / ((n - squares / n) / (k - 1.0));
    Some((of_cells / (of_cells + (within - error).max(0.0))).min(1.0))
}
