//! Chooses the range and the ticks of a numeric axis from its data.

/// An axis from `low` to `high` with a tick at every multiple of `step`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Distance between two ticks.
    pub step: f64,
    /// Decimals needed to print the multiples of `step`.
    pub decimals: usize,
}

impl Axis {
    /// Returns the axis that fits finite values: a tick at every whole number if there are few, else at round numbers.
    pub fn from_values(values: &[f64]) -> Self {
        let whole = values.iter().all(|value| value.fract() == 0.0);
        let (low, high) = extent(values);
        if whole && high - low <= 12.0 { Self::with_step(low, high, (1.0, 0)) } else { Self::with_ticks(values, 8.0) }
    }

    /// Returns an axis with about four ticks, for a small panel.
    pub fn from_few(values: &[f64]) -> Self {
        Self::with_ticks(values, 4.0)
    }

    fn with_ticks(values: &[f64], ticks: f64) -> Self {
        let (low, high) = extent(values);
        let step = round_step((high - low) / ticks);
        let has_two = (high / step.0).floor() > (low / step.0).ceil();
        Self::with_step(low, high, if has_two { step } else { round_step(0.5 * (high - low) / ticks) })
    }

    fn with_step(low: f64, high: f64, (step, decimals): (f64, usize)) -> Self {
        let span = high - low;
        // Room on both sides keeps the outermost markers clear of the axis line.
        let room = 0.04 * span;
        Self { low: low - room, high: high + room, step, decimals }
    }
}

/// Returns the range of the values, widened if it is empty.
fn extent(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if values.is_empty() {
        (0.0, 1.0)
    } else if low == high {
        let half = if low == 0.0 { 1.0 } else { 0.5 * low.abs() };
        (low - half, high + half)
    } else {
        (low, high)
    }
}

/// Returns the smallest of 1, 2 and 5 times a power of ten that is at least `least`, with the decimals it needs.
fn round_step(least: f64) -> (f64, usize) {
    (-9..=12_i32)
        .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| (digit * 10f64.powi(power), power)))
        .find(|&(step, _)| step >= least)
        .map_or((least, 0), |(step, power)| (step, power.min(0).unsigned_abs() as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_whole_values_get_a_tick_each() {
        let axis = Axis::from_values(&[0.0, 1.0, 11.0]);
        assert_eq!((axis.step, axis.decimals), (1.0, 0));
        assert!(axis.low < 0.0 && axis.high > 11.0);
    }

    #[test]
    fn steps_are_round_and_know_their_decimals() {
        assert_eq!(round_step(0.45 / 8.0), (0.1, 1));
        assert_eq!(round_step(30.0 / 8.0), (5.0, 0));
        assert_eq!(round_step(0.013), (0.02, 2));
        assert_eq!(round_step(200.0), (200.0, 0));
    }

    /// Steps of 5 would have a single tick from -4.8 to 4.8.
    #[test]
    fn an_axis_has_at_least_two_ticks() {
        assert_eq!(Axis::from_few(&[-4.8, 4.8]).step, 2.0);
        assert_eq!(Axis::from_few(&[0.0, 10.0]).step, 5.0);
    }

    #[test]
    fn one_value_or_none_still_gives_a_range() {
        assert_eq!(extent(&[20.0, 20.0]), (10.0, 30.0));
        assert_eq!(extent(&[0.0]), (-1.0, 1.0));
        assert_eq!(extent(&[]), (0.0, 1.0));
    }
}
