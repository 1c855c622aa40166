//! Lines of an array with or without resistance, and the digital gain of its columns.

use ohmspike_simd::{Block, LANES, Matrix};

use crate::device::Device;
use crate::driven_lines::DrivenLines;
use crate::gated_lines::GatedLines;
use crate::mapping::PairMapping;
use crate::wires::Access;

/// Lines of an array.
#[derive(Clone, Debug)]
pub(crate) enum Lines {
    /// Without resistance.
    None,
    Gated(GatedLines),
    Driven(Box<DrivenLines>),
}

impl Lines {
    /// Creates the lines of an array of `device` with one of `signs` per row. `has_cells` tells whether the opposite branch
    /// has cells, `noisy` whether reads are noisy.
    pub(crate) fn new(
        device: &Device,
        mapping: &PairMapping,
        signs: &[f32],
        columns: usize,
        has_cells: bool,
        noisy: bool,
    ) -> Lines {
        let Some(wires) = device.wires else { return Lines::None };
        match wires.circuit.access {
            Access::Gated => Lines::Gated(GatedLines::new(device, wires.circuit, mapping, signs, columns, has_cells)),
            Access::Driven => {
                let lines = DrivenLines::new(device, wires.circuit, signs, columns, has_cells, noisy);
                Lines::Driven(Box::new(lines))
            }
        }
    }

    /// Returns whether these are the lines of a driven array.
    pub(crate) fn is_driven(&self) -> bool {
        matches!(self, Lines::Driven(_))
    }
}

/// Returns a gain of 1 for each of `columns` before calibration, if `device` has a digital gain.
pub(crate) fn no_gain(device: &Device, columns: usize) -> Option<Matrix> {
    device.wires.filter(|wires| wires.column_gain).map(|_| Matrix::from_fn(1, columns, |_, _| 1.0))
}

/// Multiplies `sums` by `gain`.
pub(crate) fn multiply(sums: &mut [Block], gain: &[Block]) {
    for (sum, gain) in sums.iter_mut().zip(gain) {
        for lane in 0..LANES {
            sum[lane] *= gain[lane];
        }
    }
}
