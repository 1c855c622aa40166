//! A block of cells, reduced to the nodes at its edges.

use super::Around;
use super::eliminate::{LANES, eliminate};

/// The edges of a block, in the order of its nodes.
///
/// Nodes at the left and below belong to the neighbour, or are terminals; those at the right and above are the block's
/// own. A block at the right or upper edge of the array has no nodes there, except for drivers at the right.
#[derive(Clone, Copy)]
enum Edge {
    Left,
    Right,
    Above,
    Below,
}

/// A block of cells, reduced to the nodes at its edges.
pub(super) struct Block {
    /// Number of nodes at each edge.
    nodes: [usize; 4],
    /// Conductances between all nodes, µS: symmetric, without a meaning on the diagonal.
    mesh: Mesh,
}

/// A square matrix whose rows are padded with zeros.
struct Mesh {
    size: usize,
    stride: usize,
    values: Vec<f64>,
}

impl Mesh {
    fn new(size: usize) -> Mesh {
        let stride = size.next_multiple_of(LANES);
        Mesh { size, stride, values: vec![0.0; size * stride] }
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.stride..][..self.size]
    }

    fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.values[row * self.stride..][..self.size]
    }

    /// Connects two nodes.
    fn connect(&mut self, one: usize, other: usize, conductance: f64) {
        self.row_mut(one)[other] += conductance;
        self.row_mut(other)[one] += conductance;
    }

    /// Adds the conductances of `block`, whose nodes at each edge begin at `starts`.
    fn add(&mut self, block: &Block, starts: [usize; 4]) {
        let mut row = 0;
        for (nodes, start) in block.nodes.into_iter().zip(starts) {
            for own in start..start + nodes {
                let (mut values, to) = (block.mesh.row(row), self.row_mut(own));
                for (nodes, start) in block.nodes.into_iter().zip(starts) {
                    let (of_edge, rest) = values.split_at(nodes);
                    to[start..start + nodes].iter_mut().zip(of_edge).for_each(|(sum, value)| *sum += value);
                    values = rest;
                }
                row += 1;
            }
        }
    }

    /// Eliminates the first `count` nodes.
    fn without_first(mut self, count: usize) -> Mesh {
        eliminate(&mut self.values, self.stride, self.size, count);
        let mut rest = Mesh::new(self.size - count);
        for row in 0..rest.size {
            let from = &self.row(count + row)[count + row..];
            rest.row_mut(row)[row..].copy_from_slice(from);
        }
        rest.mirror();
        rest
    }

    /// Copies the upper triangle to the lower one, in squares that fit into the cache.
    fn mirror(&mut self) {
        const SQUARE: usize = 32;
        for top in (0..self.size).step_by(SQUARE) {
            for left in (0..=top).step_by(SQUARE) {
                for row in top..(top + SQUARE).min(self.size) {
                    for column in left..(left + SQUARE).min(row) {
                        self.values[row * self.stride + column] = self.values[column * self.stride + row];
                    }
                }
            }
        }
    }
}

impl Block {
    /// Returns the number of nodes.
    pub(super) fn size(&self) -> usize {
        self.mesh.size
    }

    /// Returns the conductance between two nodes, µS.
    pub(super) fn between(&self, one: usize, other: usize) -> f64 {
        self.mesh.row(one)[other]
    }

    /// Joins this block and its neighbour on the right.
    pub(super) fn join_right(&self, right: &Block) -> Block {
        self.join(Edge::Right, right, Edge::Left)
    }

    /// Joins this block and its neighbour below.
    pub(super) fn join_below(&self, below: &Block) -> Block {
        self.join(Edge::Below, below, Edge::Above)
    }

    /// Joins two blocks, whose nodes at `edge` and `other_edge` are the same, and eliminates these.
    fn join(&self, edge: Edge, other: &Block, other_edge: Edge) -> Block {
        let shared = self.nodes[edge as usize];
        assert_eq!(shared, other.nodes[other_edge as usize], "neighbours share an edge");
        // The shared nodes come first.
        let (mut size, mut nodes, mut starts) = (shared, [0; 4], [[0; 4]; 2]);
        for side in 0..4 {
            for (number, (block, joined)) in [(self, edge), (other, other_edge)].into_iter().enumerate() {
                if side != joined as usize {
                    starts[number][side] = size;
                    size += block.nodes[side];
                    nodes[side] += block.nodes[side];
                }
            }
        }
        let mut mesh = Mesh::new(size);
        mesh.add(self, starts[0]);
        mesh.add(other, starts[1]);
        Block { nodes, mesh: mesh.without_first(shared) }
    }
}

/// Reduces a block of few cells. `above` and `right` tell whether the array goes on there; `around` returns the
/// conductances around the cell of a row and a column.
pub(super) fn leaf(
    (rows, columns): (usize, usize),
    above: bool,
    right: bool,
    around: impl Fn(usize, usize) -> Around,
) -> Block {
    let drivers_at_right = around(0, columns - 1).right.is_some();
    let nodes = [rows, if right || drivers_at_right { rows } else { 0 }, if above { columns } else { 0 }, columns];
    // Inner nodes come first: word lines, then bit lines.
    let words = if right { columns - 1 } else { columns };
    let bits = if above { rows - 1 } else { rows };
    let inner = rows * words + bits * columns;
    let starts = [inner, inner + rows, inner + rows + nodes[1], inner + rows + nodes[1] + nodes[2]];
    let word = |row: usize, column: usize| if column < words { row * words + column } else { starts[1] + row };
    let bit = |row: usize, column: usize| match row.checked_sub(rows - bits) {
        Some(row) => rows * words + row * columns + column,
        None => starts[2] + column,
    };
    let mut mesh = Mesh::new(starts[3] + columns);
    for row in 0..rows {
        for column in 0..columns {
            let Around { cell, left, below, right } = around(row, column);
            mesh.connect(word(row, column), bit(row, column), cell);
            mesh.connect(if column == 0 { starts[0] + row } else { word(row, column - 1) }, word(row, column), left);
            mesh.connect(
                bit(row, column),
                if row + 1 == rows { starts[3] + column } else { bit(row + 1, column) },
                below,
            );
            if let Some(right) = right {
                mesh.connect(word(row, column), starts[1] + row, right);
            }
        }
    }
    Block { nodes, mesh: mesh.without_first(inner) }
}
