//! Values of retention as they were measured, for plots.

use super::MIN_SERIES;
use super::lines::{Series, series, states};
use crate::report::Retained;
use crate::sample::Sample;
use crate::table::Table;

/// Largest numbers of states, of series per state, and of times per series.
const STATES: usize = 3;
const SERIES: usize = 25;
const TIMES: usize = 30;

/// Returns the lowest, the middle and the highest state of `table`, or of later values `after` s, with values outside any window.
pub(crate) fn retained(table: &Table, after: Option<f64>, sample: &Sample) -> Vec<Retained> {
    let series = series(table, after, (f64::MIN_POSITIVE, f64::INFINITY), sample).series;
    if series.is_empty() {
        return Vec::new();
    }
    let states = states(&series, |one| one.start.unwrap_or(one.first), MIN_SERIES);
    let last = states.count() - 1;
    let mut shown: Vec<usize> = if last < STATES { (0..=last).collect() } else { vec![0, last / 2, last] };
    shown.dedup();
    let of_state = |state: usize| {
        let of: Vec<&Series> =
            series.iter().zip(&states.of).filter(|(_, of)| **of == state).map(|(one, _)| one).collect();
        let from_start = of.iter().all(|one| one.start.is_some());
        let first = of.iter().map(|one| one.times.0).fold(f64::INFINITY, f64::min);
        let step = of.len().div_ceil(SERIES);
        Retained {
            conductance: states.centres[state],
            first_seconds: if from_start { 0.0 } else { first },
            n: of.len(),
            series: of.iter().step_by(step).map(|one| relative(one, from_start)).collect(),
        }
    };
    shown.into_iter().map(of_state).collect()
}

/// Returns times, s, and conductances over that right after the write, or over the first one; some of them if there are many.
fn relative(one: &Series, from_start: bool) -> Vec<(f64, f64)> {
    let first = one.start.filter(|_| from_start).unwrap_or(one.first);
    let step = one.values.len().div_ceil(TIMES);
    // The last value is always among them.
    let mut values: Vec<(f64, f64)> =
        one.values.iter().rev().step_by(step).map(|(time, value)| (*time, value / first)).collect();
    values.reverse();
    values
}
