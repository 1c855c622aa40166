//! Maps values of an axis to positions, and chooses its ticks.
//!
//! A scale is linear, logarithmic or categorical. A logarithmic scale shows 0 left of an axis break.

use super::axis::Axis;
use super::panel::power;
use crate::time_span::TimeSpan;

/// Positions on a broken axis: of 0, of the break, and of the smallest value above 0.
const ZERO_AT: f64 = 0.045;
/// Position of the break, a fraction of the axis.
pub const BREAK_AT: f64 = 0.115;
const LOG_FROM: f64 = 0.17;
/// Largest range with a tick at every whole number.
const MAX_WHOLE: f64 = 16.0;
/// Ticks of a time axis, s, most important first; ticks without room are omitted.
const TIMES: [f64; 12] =
    [1.0, 3600.0, 86_400.0, 315_576_000.0, 1e-3, 1e-6, 60.0, 31_557_600.0, 2_592_000.0, 1e-9, 3_155_760_000.0, 0.1];

/// Tick of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Value.
    pub value: f64,
    /// Label; empty for a minor tick.
    pub label: String,
}

/// Mapping of values to positions.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    log: bool,
    /// Whether 0 is shown left of a break; logarithmic scales only.
    zero: bool,
    /// Fraction of the width or height at which the axis ends; text follows.
    end: f64,
    /// Ticks, most important first.
    pub ticks: Vec<Tick>,
}

impl Scale {
    /// Returns a logarithmic scale if it spaces the values more evenly or if points crowd near 0, otherwise a linear scale.
    pub fn fitting(values: &[f64]) -> Scale {
        if log_fits(values) { Scale::log(values) } else { Scale::linear(values) }
    }

    /// Returns a linear scale around all values.
    pub fn linear(values: &[f64]) -> Scale {
        let Axis { low, high, step, decimals } = Axis::from_values(values);
        Scale::with_step(low, high, step, decimals)
    }

    /// Returns a linear scale with about four ticks, at whole numbers if all values are whole.
    pub fn linear_few(values: &[f64]) -> Scale {
        let Axis { low, high, step, decimals } = Axis::from_few(values);
        match values.iter().all(|value| value.fract() == 0.0) && step < 1.0 {
            true => Scale::with_step(low, high, 1.0, 0),
            false => Scale::with_step(low, high, step, decimals),
        }
    }

    /// Returns a linear scale with a tick at every whole number, for few whole values; otherwise about four ticks.
    pub fn whole(values: &[f64]) -> Scale {
        let Axis { low, high, .. } = Axis::from_few(values);
        if high - low <= MAX_WHOLE { Scale::with_step(low, high, 1.0, 0) } else { Scale::linear_few(values) }
    }

    /// Returns a linear scale from `low` to `high` with a tick at every multiple of `step`.
    pub fn with_step(low: f64, high: f64, step: f64, decimals: usize) -> Scale {
        let first = (low / step).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        let tick = |multiple: i64| {
            let value = multiple as f64 * step;
            Tick { value, label: format!("{value:.decimals$}") }
        };
        Scale { low, high, log: false, zero: false, end: 1.0, ticks: (first..=last).map(tick).collect() }
    }

    /// Returns the same scale in the other direction.
    pub fn reversed(self) -> Scale {
        Scale { low: self.high, high: self.low, ..self }
    }

    /// Returns a scale from 0 to 100 %.
    pub fn percent() -> Scale {
        Scale::with_step(0.0, 100.0, 20.0, 0)
    }

    /// Returns a logarithmic scale of the values above 0; all others are shown as 0, left of a break.
    pub fn log(values: &[f64]) -> Scale {
        let mut scale = Scale::decades(values);
        let (from, to) = (scale.low.log10().floor() as i32, scale.high.log10().ceil() as i32);
        let few = scale.high / scale.low < 20.0;
        for decade in from..=to {
            for digit in 1..10 {
                let value = f64::from(digit) * 10f64.powi(decade);
                if value < scale.low || value > scale.high {
                    continue;
                }
                let named = digit == 1 || few && [2, 5].contains(&digit);
                if named || to - from < 9 {
                    scale.ticks.push(Tick { value, label: if named { decade_label(value) } else { String::new() } });
                }
            }
        }
        scale
    }

    /// Returns a logarithmic scale of times, s, with ticks such as `1 h`.
    pub fn times(values: &[f64]) -> Scale {
        let mut scale = Scale::decades(values);
        let label = |seconds: f64| match seconds {
            1e-3 => "1 ms".to_owned(),
            1e-6 => "1 µs".to_owned(),
            1e-9 => "1 ns".to_owned(),
            seconds => TimeSpan { seconds }.to_string(),
        };
        let inside = TIMES.into_iter().filter(|time| (scale.low..=scale.high).contains(time));
        scale.ticks.extend(inside.map(|value| Tick { value, label: label(value) }).collect::<Vec<Tick>>());
        scale
    }

    /// Returns a categorical scale: one position per name, from the top of a vertical axis down.
    pub fn names(names: &[String]) -> Scale {
        let tick = |(number, name): (usize, &String)| Tick { value: number as f64, label: name.clone() };
        let last = names.len().max(1) as f64 - 1.0;
        Scale {
            low: last + 0.5,
            high: -0.5,
            log: false,
            zero: false,
            end: 1.0,
            ticks: names.iter().enumerate().map(tick).collect(),
        }
    }

    /// Returns a categorical scale from left to right.
    pub fn names_across(names: &[String]) -> Scale {
        let down = Scale::names(names);
        Scale { low: down.high, high: down.low, ..down }
    }

    /// Returns a logarithmic scale of at least one decade, without ticks above 0.
    fn decades(values: &[f64]) -> Scale {
        let above = || values.iter().copied().filter(|value| *value > 0.0);
        let (low, high) = (above().fold(f64::INFINITY, f64::min), above().fold(0.0, f64::max));
        let (low, high) = if low <= high { (low, high) } else { (1.0, 10.0) };
        let room = (high / low).powf(0.04).max(1.1);
        let (low, high) = (low / room, high * room);
        let widen = (10.0 / (high / low)).sqrt().max(1.0);
        let zero = values.iter().any(|value| *value <= 0.0);
        let ticks = if zero { vec![Tick { value: 0.0, label: "0".to_owned() }] } else { Vec::new() };
        Scale { low: low / widen, high: high * widen, log: true, zero, end: 1.0, ticks }
    }

    /// Reserves a fraction of the width for text after the end of the axis.
    pub fn with_room(self, room: f64) -> Scale {
        Scale { end: 1.0 - room, ..self }
    }

    /// Returns the end of the axis, a fraction of the width or height.
    pub fn end(&self) -> f64 {
        self.end
    }

    /// Returns the position of `value`, a fraction of the width or height.
    pub fn place(&self, value: f64) -> f64 {
        self.end * self.along(value)
    }

    /// Returns the position of `value` between the ends of the axis, 0 to 1.
    fn along(&self, value: f64) -> f64 {
        if !self.log {
            return (value - self.low) / (self.high - self.low);
        }
        if value <= 0.0 {
            return ZERO_AT;
        }
        let from = if self.zero { LOG_FROM } else { 0.0 };
        from + (1.0 - from) * (value / self.low).ln() / (self.high / self.low).ln()
    }

    /// Returns the value at a distance of `aside`, a fraction of the axis, from `value`; 0 left of a break does not move.
    pub fn moved(&self, value: f64, aside: f64) -> f64 {
        match self.log {
            false => value + aside * (self.high - self.low),
            true if value <= 0.0 => value,
            true => value * (self.high / self.low).powf(aside),
        }
    }

    /// Whether the axis has a break after 0.
    pub fn is_broken(&self) -> bool {
        self.zero
    }

    /// Returns the smallest and the largest value of the axis, without 0 left of a break.
    pub fn ends(&self) -> (f64, f64) {
        (self.low.min(self.high), self.low.max(self.high))
    }
}

/// Formats a decade: plain between 0.0001 and 10000, otherwise as a power of ten.
fn decade_label(value: f64) -> String {
    if (0.99e-4..1.01e4).contains(&value) { format!("{}", (1e6 * value).round() / 1e6) } else { power(value) }
}

/// How much wider the largest gap may be on a logarithmic scale than on a linear one, relative to the axis.
const LOG_SLACK: f64 = 1.1;

/// Points crowd if the smallest gap on a linear scale is below this fraction of the axis.
const CROWDED: f64 = 0.04;

/// Returns whether a logarithmic scale suits `values`: it spaces them about as evenly as a linear scale, or points crowd near 0;
/// and they span more than one and a half decades.
fn log_fits(values: &[f64]) -> bool {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    let above: Vec<f64> = sorted.iter().copied().filter(|value| *value > 0.0).collect();
    let (Some(&low), Some(&high)) = (above.first(), above.last()) else { return false };
    // One and a half decades.
    if high / low <= 10f64.powf(1.5) || sorted[0] < 0.0 {
        return false;
    }
    let gaps = |values: &[f64]| values.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<f64>>();
    let largest_gap = |values: &[f64]| gaps(values).into_iter().fold(0.0, f64::max);
    let smallest = gaps(&sorted).into_iter().fold(f64::INFINITY, f64::min);
    if smallest / (high - sorted[0]) < CROWDED {
        return true;
    }
    let logarithms: Vec<f64> = above.iter().map(|value| value.ln()).collect();
    largest_gap(&logarithms) / (high / low).ln() <= LOG_SLACK * largest_gap(&above) / (high - low)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale) -> Vec<&str> {
        scale.ticks.iter().map(|tick| tick.label.as_str()).filter(|label| !label.is_empty()).collect()
    }

    /// The published noise levels are evenly spaced although they span two decades.
    #[test]
    fn evenly_spaced_values_stay_linear() {
        let levels = [1.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0];
        assert!(!log_fits(&levels));
        assert!(!log_fits(&[1.0, 20.0, 50.0, 100.0]));
        // The levels of the firing-rate study are dense at the low end.
        assert!(log_fits(&[
            0.0005, 0.001, 0.002, 0.004, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.075
        ]));
        assert!(log_fits(&[0.1, 1.0, 10.0]) && log_fits(&[0.0, 1.0, 3600.0]));
        // 0 and 1 would touch on a linear axis up to 100.
        assert!(log_fits(&[0.0, 1.0, 20.0, 50.0, 100.0]));
        assert!(!log_fits(&[-1.0, 1.0, 1000.0]) && !log_fits(&[1.0, 3.0, 10.0]) && !log_fits(&[]) && !log_fits(&[0.0]));
    }

    #[test]
    fn decades_have_labels_and_equal_distances() {
        let scale = Scale::fitting(&[0.01, 0.1, 1.0, 10.0]);
        assert_eq!(labels(&scale), ["0.01", "0.1", "1", "10"]);
        let places = [0.01, 0.1, 1.0].map(|value| scale.place(value));
        assert!((places[2] - 2.0 * places[1] + places[0]).abs() < 1e-12);
        assert!(places[0] > 0.0 && scale.place(10.0) < 1.0 && !scale.is_broken());
    }

    #[test]
    fn small_decades_have_plain_labels() {
        assert_eq!(labels(&Scale::log(&[0.0005, 0.075])), ["0.001", "0.01"]);
        assert_eq!(labels(&Scale::log(&[1e3, 1e6])), ["1000", "10000", "10⁵", "10⁶"]);
        assert_eq!(labels(&Scale::linear_few(&[0.0, 2.0])), ["0", "1", "2"]);
        assert_eq!(
            labels(&Scale::whole(&[2.0, 12.0, 5.0])),
            ["2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]
        );
        assert_eq!(labels(&Scale::whole(&[1.0, 100.0])), labels(&Scale::linear_few(&[1.0, 100.0])));
    }

    #[test]
    fn zero_is_left_of_a_break() {
        let scale = Scale::times(&[0.0, 1.0, 3600.0, 86_400.0, 315_576_000.0]);
        assert!(scale.is_broken());
        assert_eq!(labels(&scale)[..5], ["0", "1 s", "1 h", "1 d", "10 y"]);
        assert!(scale.place(0.0) < BREAK_AT && BREAK_AT < LOG_FROM && LOG_FROM < scale.place(1.0));
    }

    #[test]
    fn ticks_of_a_linear_scale_are_inside_it() {
        assert_eq!(labels(&Scale::percent()), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(labels(&Scale::with_step(-0.3, 0.55, 0.2, 1)), ["-0.2", "0.0", "0.2", "0.4"]);
        assert_eq!((Scale::percent().place(25.0), Scale::percent().place(100.0)), (0.25, 1.0));
    }

    #[test]
    fn names_run_from_the_top_down() {
        let names = ["a".to_owned(), "b".to_owned()];
        let scale = Scale::names(&names);
        assert_eq!((scale.place(0.0), scale.place(1.0)), (0.75, 0.25));
        assert_eq!(Scale::names_across(&names).place(0.0), 0.25);
    }
}
