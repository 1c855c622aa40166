//! Area of the arrays of a trial, as far as the device file specifies it.
//!
//! ```text
//! cells        rows x columns x branches     2 branches if the second branch is a cell, written or reference; 1 with an
//!                                            exact reference
//! converters   row tiles x columns           one per column of each tile
//! ```

use ohmspike_crossbar::device::{Device, ReferenceBranch};
use ohmspike_study::settings::PairKind;
use ohmspike_study::significant::significant;

/// Formats the area of arrays of `shapes` (rows, columns) with cells of `device` in pairs of a kind.
pub fn area_line(device: &Device, pair: PairKind, shapes: &[(usize, usize)]) -> String {
    let branches = if pair == PairKind::OneBranch && device.reference_branch == ReferenceBranch::Ideal { 1 } else { 2 };
    let cells: usize = shapes.iter().map(|(rows, columns)| rows * columns * branches).sum();
    let converters: usize =
        shapes.iter().map(|&(rows, columns)| rows.div_ceil(device.converters.tile(rows, columns).0) * columns).sum();
    let areas = [device.energy.cell_area(cells as u64), device.energy.adc_area(converters as u64)];
    let [cells, converters] = areas.map(|area| {
        area.map_or_else(
            || "not specified".to_owned(),
            |square_micrometres| format!("{} µm²", significant(square_micrometres)),
        )
    });
    match areas {
        [None, None] => "area: not specified\n".to_owned(),
        _ => format!("area: cells {cells}, column converters {converters}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(keys: &str, pair: PairKind) -> String {
        let window = r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#;
        let device = Device::from_json(&format!(r#"{{ "name": "test", {window}, {keys} }}"#)).unwrap();
        area_line(&device, pair, &[(784, 100), (100, 10)])
    }

    const CELL: &str = r#""energy": { "cell_area_square_micrometres": 0.5 }"#;

    #[test]
    fn both_branches_count_if_both_are_cells() {
        // 784 x 100 and 100 x 10.
        let one = "area: cells 39700 µm², column converters not specified\n";
        let two = "area: cells 79400 µm², column converters not specified\n";
        assert_eq!(line(CELL, PairKind::OneBranch), one);
        assert_eq!(line(CELL, PairKind::PushPull), two);
        let reference = format!(r#""reference_branch": {{ "kind": "cell", "sigma_ln_resistance": 0.1 }}, {CELL}"#);
        assert_eq!(line(&reference, PairKind::OneBranch), two);
        assert_eq!(line(r#""energy": {}"#, PairKind::OneBranch), "area: not specified\n");
    }

    #[test]
    fn each_column_of_a_tile_has_a_converter() {
        let area = r#""energy": { "adc_area_square_micrometres": 1000 }"#;
        // One tile: 100 and 10 columns. Tiles of 128 rows: 7 x 100 and 1 x 10.
        let of = |keys: &str| line(keys, PairKind::OneBranch);
        assert_eq!(of(area), "area: cells not specified, column converters 110000 µm²\n");
        let tiles = format!(r#""converters": {{ "tile_rows": 128, "tile_columns": 64 }}, {area}"#);
        assert_eq!(of(&tiles), "area: cells not specified, column converters 710000 µm²\n");
    }
}
