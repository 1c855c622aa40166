//! One word line as seen from its cells.

use nalgebra::{DMatrix, DVector, RowDVector};

use super::{Feed, Wires};

/// A word line with its cells: the currents into the bit lines, as a function of their voltages.
///
/// ```text
/// j = c - S u      j: current of each cell, µA;  u: voltage of its bit line, V
/// S = G - G M⁻¹ G      G: conductances of the cells;  M: nodes of the word line, tridiagonal
/// c = G M⁻¹ s          s: currents of the drivers into the nodes
/// ```
pub(super) struct WordLine {
    /// µS.
    pub coupling: DMatrix<f64>,
    /// µA.
    pub driven: DVector<f64>,
}

/// Siemens in µS.
const MICRO: f64 = 1e6;

impl WordLine {
    /// Eliminates the nodes of a word line with these `cells`, µS, at an input of `volts`.
    pub fn new(cells: &[f64], volts: f64, wires: &Wires) -> WordLine {
        let driver = MICRO / wires.driver_ohm;
        let drivers = if wires.feed == Feed::Both { 2.0 } else { 1.0 };
        let cells = DVector::from_column_slice(cells);
        let own = DMatrix::from_diagonal(&cells);
        if wires.word_line_ohm_per_cell == 0.0 {
            // One node.
            let all = drivers * driver + cells.sum();
            let coupling = own - &cells * cells.transpose() / all;
            return WordLine { coupling, driven: cells * (drivers * driver * volts / all) };
        }
        let nodes = Nodes::new(&cells, driver, wires);
        let source = nodes.source(driver * volts);
        let response = nodes.solve(own.clone());
        let coupling = &own - &own * response;
        // Rounding breaks the symmetry that the elimination relies on.
        let coupling = 0.5 * (&coupling + coupling.transpose());
        let rest = nodes.solve(DMatrix::from_column_slice(source.len(), 1, source.as_slice()));
        WordLine { coupling, driven: cells.component_mul(&rest.column(0)) }
    }

    /// Returns the voltages of the nodes, V, at these voltages of the bit lines; one column per circuit.
    pub fn volts(cells: &[f64], volts: f64, bits: &DMatrix<f64>, wires: &Wires) -> DMatrix<f64> {
        let driver = MICRO / wires.driver_ohm;
        let drivers = if wires.feed == Feed::Both { 2.0 } else { 1.0 };
        let cells = DVector::from_column_slice(cells);
        let mut into = DMatrix::from_diagonal(&cells) * bits;
        if wires.word_line_ohm_per_cell == 0.0 {
            let all = drivers * driver + cells.sum();
            let common = into.row_sum().map(|current| (drivers * driver * volts + current) / all);
            return DMatrix::from_rows(&vec![common; cells.len()]);
        }
        let nodes = Nodes::new(&cells, driver, wires);
        let source = nodes.source(driver * volts);
        into.column_iter_mut().for_each(|mut column| column += &source);
        nodes.solve(into)
    }

    /// Returns the currents into the grounded drivers, µA, at these voltages of the bit lines; one column per circuit.
    pub fn into_drivers(cells: &[f64], bits: &DMatrix<f64>, wires: &Wires) -> RowDVector<f64> {
        let volts = WordLine::volts(cells, 0.0, bits, wires);
        let (first, last) = (volts.row(0), volts.row(volts.nrows() - 1));
        let sum = if wires.feed == Feed::Both { first + last } else { first.into_owned() };
        sum * (MICRO / wires.driver_ohm)
    }
}

/// The nodes of a word line: a symmetric tridiagonal matrix, factorised.
struct Nodes {
    both: bool,
    segment: f64,
    /// Pivots of the elimination from the first node.
    pivots: Vec<f64>,
}

impl Nodes {
    fn new(cells: &DVector<f64>, driver: f64, wires: &Wires) -> Nodes {
        let (segment, both) = (MICRO / wires.word_line_ohm_per_cell, wires.feed == Feed::Both);
        let last = cells.len() - 1;
        let mut pivots: Vec<f64> = Vec::with_capacity(cells.len());
        for (node, own) in cells.iter().enumerate() {
            let neighbours = f64::from(u8::from(node > 0) + u8::from(node < last));
            let ends = f64::from(u8::from(node == 0) + u8::from(both && node == last));
            let before = pivots.last().map_or(0.0, |pivot| segment * segment / pivot);
            pivots.push(own + neighbours * segment + ends * driver - before);
        }
        Nodes { both, segment, pivots }
    }

    /// Currents of the drivers into the nodes.
    fn source(&self, current: f64) -> DVector<f64> {
        let mut source = DVector::zeros(self.pivots.len());
        source[0] += current;
        if self.both {
            source[self.pivots.len() - 1] += current;
        }
        source
    }

    /// Solves for every column of `right`.
    fn solve(&self, mut right: DMatrix<f64>) -> DMatrix<f64> {
        let last = self.pivots.len() - 1;
        for mut column in right.column_iter_mut() {
            for node in 1..=last {
                let above = column[node - 1];
                column[node] += self.segment / self.pivots[node - 1] * above;
            }
            column[last] /= self.pivots[last];
            for node in (0..last).rev() {
                column[node] = (column[node] + self.segment * column[node + 1]) / self.pivots[node];
            }
        }
        right
    }
}
