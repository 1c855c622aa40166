//! The ends of a window in messages: few digits, and still inside.
//!
//! The ends are f32 conductances, which most resistances of device files are only near.

/// Returns the ends of the window from `low` to `high`, µS, with six digits at most. A conductance of either is in the window.
pub fn window_ends(low: f32, high: f32) -> [f64; 2] {
    let is_inside = |conductance: f64| (low..=high).contains(&(conductance as f32));
    [named(f64::from(low), 1.0, is_inside), named(f64::from(high), -1.0, is_inside)]
}

/// Returns the ends of the window from `low` to `high`, µS, as resistances in ohm, the lower resistance first.
pub fn window_ends_ohm(low: f32, high: f32) -> [f64; 2] {
    let is_inside = |resistance: f64| (low..=high).contains(&((1e6 / resistance) as f32));
    [named(1e6 / f64::from(high), 1.0, is_inside), named(1e6 / f64::from(low), -1.0, is_inside)]
}

/// Rounds `end` to six digits, or to the next number of six digits `inward`, 1 or -1.
fn named(end: f64, inward: f64, is_inside: impl Fn(f64) -> bool) -> f64 {
    let rounded = |value: f64| format!("{value:.5e}").parse().unwrap_or(value);
    let nearest: f64 = rounded(end);
    let step = 10f64.powi(end.log10().floor() as i32 - 5);
    [nearest, rounded(nearest + inward * step)].into_iter().find(|value| is_inside(*value)).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_inside_and_have_few_digits() {
        // 1e6 / 333333.3 and 1e6 / 7001: as f32, 3.0000002 and 142.83673 µS.
        let (low, high) = ((1e6 / 333_333.3_f64) as f32, (1e6 / 7001.0_f64) as f32);
        assert_eq!((low, high), (3.000_000_2, 142.836_73));
        assert_eq!(window_ends(low, high), [3.00001, 142.836]);
        assert_eq!(window_ends_ohm(low, high), [7001.0, 333_333.0]);
        assert_eq!((window_ends(0.2, 25.0), window_ends_ohm(0.2, 25.0)), ([0.2, 25.0], [40_000.0, 5e6]));
    }
}
