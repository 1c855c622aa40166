//! Resolution of rounded values.
//!
//! ```text
//! values lie on a grid of conductances, or of resistances, of distance d: their errors have a variance of d² / 12
//! ```

/// Fraction of the values that lie on the grid: others may be calculated.
const ON_GRID: f64 = 0.99;
/// Relative distance of values that count as equal, and distance from the grid in units of it.
const EQUAL: f64 = 1e-7;
const NEAR: f64 = 0.01;
/// Fewest values per point of the grid that show it.
const PER_POINT: usize = 2;

/// Returns the variance of the error of rounded `values` in the middle of the window, µS, as a fraction of its width squared; 0 for others.
pub(super) fn rounding(values: &[f64], (low, high): (f64, f64)) -> f64 {
    let inside = |value: &&f64| **value > low && **value < high;
    let conductances: Vec<f64> = values.iter().filter(inside).copied().collect();
    let resistances: Vec<f64> = conductances.iter().map(|value| 1e6 / value).collect();
    let middle = 0.5 * (low + high);
    let of_resistances = grid(resistances).map(|distance| distance * middle * middle / 1e6);
    let distance = grid(conductances).or(of_resistances).unwrap_or(0.0);
    (distance / (high - low)).powi(2) / 12.0
}

/// Returns the distance of the points of a grid on which `values` lie.
fn grid(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    let first = *values.first()?;
    let mut points = values.clone();
    points.dedup_by(|next, before| *next <= *before * (1.0 + EQUAL));
    let distance = points.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
    let on_grid = |value: &&f64| {
        let place = (**value - first) / distance;
        (place - place.round()).abs() < NEAR
    };
    let on = values.iter().filter(on_grid).count();
    (points.len() > 1 && n >= PER_POINT * points.len() && on as f64 >= ON_GRID * n as f64).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A spread of values without visible order.
    fn value(number: usize) -> f64 {
        20.0 + 60.0 * (number as f64 * 0.618_033_988_749_895).fract()
    }

    #[test]
    fn grids_are_found_in_conductances_and_resistances() {
        let window = (10.0, 110.0);
        let rounded: Vec<f64> = (0..400).map(|number| value(number).round()).collect();
        assert!((rounding(&rounded, window) - 1e-4 / 12.0).abs() < 1e-12);
        // 200 ohm are 0.72 µS at 60 µS.
        let resistances: Vec<f64> = (0..1000).map(|number| 1e6 / (200.0 * (5e3 / value(number)).round())).collect();
        assert!((rounding(&resistances, window) / (0.0072_f64.powi(2) / 12.0) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn other_values_are_not_rounded() {
        let window = (10.0, 110.0);
        assert_eq!(rounding(&(0..400).map(value).collect::<Vec<f64>>(), window), 0.0);
        // Equal trains of cells without noise.
        let equal: Vec<f64> = (0..400).map(|number| value(number % 40)).collect();
        assert_eq!(rounding(&equal, window), 0.0);
        assert_eq!(rounding(&[], window), 0.0);
    }
}
