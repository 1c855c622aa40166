//! Star-mesh transforms of many nodes, in panels that fit into the cache.

use ohmspike_simd::{Instructions, kernel};

/// Rows are padded to a multiple of this many numbers.
pub(super) const LANES: usize = 16;
/// Nodes that are eliminated together.
const PANEL: usize = 32;
/// Rows that are updated together.
const ROWS: usize = 4;

/// Eliminates the first `count` nodes of a mesh of `size` nodes, µS. Reads and writes the conductances to later nodes only:
/// those right of the diagonal.
pub(super) fn eliminate(mesh: &mut [f64], stride: usize, size: usize, count: usize) {
    let mut panel = Panel { rows: Vec::new(), scaled: vec![0.0; size * PANEL], stride, size };
    for first in (0..count).step_by(PANEL) {
        let after = (first + PANEL).min(count);
        let (done, rest) = mesh.split_at_mut(after * stride);
        panel.eliminate(&mut done[first * stride..], first);
        match Instructions::current() {
            Instructions::Avx512 => panel.connect_rest::<16>(rest, after),
            _ => panel.connect_rest::<8>(rest, after),
        }
    }
}

/// Nodes that are eliminated together.
struct Panel {
    /// Conductances of the nodes to all later ones, in strips of columns, µS.
    rows: Vec<f64>,
    /// For each later node, its conductance to each node of the panel over the sum of that node.
    scaled: Vec<f64>,
    stride: usize,
    size: usize,
}

impl Panel {
    /// Eliminates the nodes from `first` on, whose conductances are `rows`, from each other.
    fn eliminate(&mut self, rows: &mut [f64], first: usize) {
        let count = rows.len() / self.stride;
        let mut per_sum = [0.0; PANEL];
        for node in 0..count {
            let (before, own) = rows.split_at_mut(node * self.stride);
            let own = &mut own[..self.stride];
            for (before, per_sum) in before.chunks_exact(self.stride).zip(per_sum) {
                add_scaled(before[first + node] * per_sum, &before[first + node + 1..], &mut own[first + node + 1..]);
            }
            let sum = sum_of(&own[first + node + 1..self.size]);
            // A node without neighbours carries no current.
            per_sum[node] = if sum > 0.0 { 1.0 / sum } else { 0.0 };
        }
        for later in first + count..self.size {
            let scaled = &mut self.scaled[later * PANEL..][..PANEL];
            for (node, scaled) in scaled[..count].iter_mut().enumerate() {
                *scaled = rows[node * self.stride + later] * per_sum[node];
            }
        }
        self.rows.clear();
        for strip in (0..self.stride).step_by(LANES) {
            self.rows.extend(rows.chunks_exact(self.stride).flat_map(|row| &row[strip..strip + LANES]));
        }
    }

    /// Connects the nodes from `after` on through the eliminated ones; `rest` are their conductances.
    fn connect_rest<const WIDTH: usize>(&self, rest: &mut [f64], after: usize) {
        connect_rest::<WIDTH>(self, rest, after);
    }
}

/// Adds `factor` times `row` to `sums`.
#[kernel]
fn add_scaled(factor: f64, row: &[f64], sums: &mut [f64]) {
    for (sum, value) in sums.iter_mut().zip(row) {
        *sum += factor * value;
    }
}

/// Returns the sum of `values`, in eight parts.
#[kernel]
fn sum_of(values: &[f64]) -> f64 {
    let (whole, rest) = values.as_chunks::<8>();
    let mut parts = [0.0; 8];
    for values in whole {
        for (part, value) in parts.iter_mut().zip(values) {
            *part += value;
        }
    }
    parts.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

#[kernel]
fn connect_rest<const WIDTH: usize>(panel: &Panel, rest: &mut [f64], after: usize) {
    let Panel { rows, scaled, stride, size } = panel;
    let nodes = rows.len() / stride;
    for (number, strip) in rows.chunks_exact(nodes * LANES).enumerate().skip(after / LANES) {
        let last = (*size).min((number + 1) * LANES);
        let (mut row, mut left) = (after, &mut rest[..(last - after) * stride]);
        while row < last {
            let count = ROWS.min(last - row);
            let (some, others) = left.split_at_mut(count * stride);
            for part in (0..LANES).step_by(WIDTH) {
                let column = number * LANES + part;
                if count == ROWS {
                    connect::<ROWS, WIDTH>(strip, part, &scaled[row * PANEL..], nodes, some, *stride, column);
                } else {
                    for one in 0..count {
                        let some = &mut some[one * stride..];
                        connect::<1, WIDTH>(strip, part, &scaled[(row + one) * PANEL..], nodes, some, *stride, column);
                    }
                }
            }
            left = others;
            row += count;
        }
    }
}

/// Adds to `HEIGHT` rows of a mesh, from `column` on.
#[inline(always)]
fn connect<const HEIGHT: usize, const WIDTH: usize>(
    strip: &[f64],
    part: usize,
    scaled: &[f64],
    nodes: usize,
    rows: &mut [f64],
    stride: usize,
    column: usize,
) {
    let mut sums = [[0.0; WIDTH]; HEIGHT];
    for (row, sums) in sums.iter_mut().enumerate() {
        sums.copy_from_slice(&rows[row * stride + column..][..WIDTH]);
    }
    let scaled: [&[f64]; HEIGHT] = std::array::from_fn(|row| &scaled[row * PANEL..][..nodes]);
    for (node, values) in strip.as_chunks::<LANES>().0.iter().enumerate().take(nodes) {
        let values: &[f64; WIDTH] = values[part..part + WIDTH].try_into().expect("a part of the strip");
        for (sums, scaled) in sums.iter_mut().zip(scaled) {
            let scaled = scaled[node];
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += scaled * value;
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        rows[row * stride + column..][..WIDTH].copy_from_slice(sums);
    }
}
