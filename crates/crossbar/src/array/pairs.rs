//! Pairs of cells, and the weights that they stand for.

use crate::array_params::ArrayParams;
use crate::mapping::PairMapping;
use crate::pair::PairKind;

/// How the pairs of an array hold weights. Nothing here changes after the array is built.
#[derive(Clone, Debug)]
pub(crate) struct Pairs {
    pub mapping: PairMapping,
    pub kind: PairKind,
    /// Whether updates write the cells of the opposite branch.
    pub writes_opposite: bool,
    /// Smallest e - o of a pair, µS above Gmin: 0, or minus the width of the window in pairs that hold either sign.
    pub lowest: f32,
    /// Sign of every row.
    pub signs: Vec<f32>,
    /// 1/κ with the sign of every row, µS per weight.
    pub per_weight: Vec<f32>,
    /// Sign of every row times the gain of its driver; 0 in dead rows.
    pub driven: Vec<f32>,
}

impl Pairs {
    /// Creates the pairs of rows with these `signs`, which are `driven` with the gains of their drivers.
    pub fn new(params: &ArrayParams, mapping: PairMapping, signs: Vec<f32>, driven: Vec<f32>) -> Pairs {
        Pairs {
            kind: params.pair,
            writes_opposite: params.writes_opposite(),
            lowest: if params.either_sign { -mapping.window().span() } else { 0.0 },
            per_weight: signs.iter().map(|sign| sign * mapping.microsiemens_per_weight()).collect(),
            mapping,
            signs,
            driven,
        }
    }
}
