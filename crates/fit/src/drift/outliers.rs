//! Series with a value far from what the others show: outliers of the measurement.
//!
//! ```text
//! scatter    root mean square of a series about its line: further than 6 medians of its bin
//! slope      slope over ln t: further than 5 robust standard deviations of its bin from the median
//! shift      from the value right after the write to the first one later: the same
//! ```
//!
//! Bins are states (../states.rs) of the median conductance of a series, which one outlier does not move.

use super::lines::{Line, Series, states};
use crate::sample::median;
use crate::states::States;

/// Scatter in medians, and distance in robust standard deviations.
const FAR: (f64, f64) = (6.0, 5.0);
/// Standard deviation of a normal distribution over its median absolute deviation.
const MAD: f64 = 1.4826;
/// Smallest number of series of a bin.
const MIN_SERIES: usize = 20;
/// Smallest distance, relative to the conductance, above the resolution of f32.
const RESOLUTION: f64 = 1e-5;

/// Scale of conductances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// Logarithm of conductances.
    Ln,
    /// Conductances.
    Linear,
}

/// Returns the series that are no outlier on `scale`.
pub(super) fn regular(series: Vec<Series>, scale: Scale) -> Vec<Series> {
    let kept = is_regular(&series, scale);
    series.into_iter().zip(kept).filter_map(|(one, kept)| kept.then_some(one)).collect()
}

/// Returns the series that are outliers on no scale; those that are none on one scale, if these are more than twice as many: a law that does not
/// hold makes outliers of its own.
pub(super) fn regular_of_both(series: &[Series]) -> Vec<Series> {
    let [ln, linear] = [Scale::Ln, Scale::Linear].map(|scale| is_regular(series, scale));
    let of = |is: fn(bool, bool) -> bool| {
        let all = series.iter().zip(ln.iter().zip(&linear));
        all.filter(|(_, (ln, linear))| is(**ln, **linear)).map(|(one, _)| one.clone()).collect::<Vec<Series>>()
    };
    let (both, one) = (of(|ln, linear| ln && linear), of(|ln, linear| ln || linear));
    if 2 * both.len() >= one.len() { both } else { one }
}

/// Returns which series are no outlier on `scale`.
fn is_regular(series: &[Series], scale: Scale) -> Vec<bool> {
    if series.is_empty() {
        return Vec::new();
    }
    let bins = states(series, conductance, MIN_SERIES);
    outlying(series, &bins, scale).into_iter().map(|outlying| !outlying).collect()
}

/// Returns the median conductance of a series, µS.
fn conductance(series: &Series) -> f64 {
    let later = series.values.iter().map(|value| value.1);
    median(&mut series.start.into_iter().chain(later).collect::<Vec<f64>>())
}

/// Returns which series are outliers of their state on a scale.
fn outlying(series: &[Series], bins: &States, scale: Scale) -> Vec<bool> {
    let scatter = |one: &Series| (one.points > 2).then(|| line(one, scale).noise.sqrt());
    let slope = |one: &Series| (one.points > 1).then(|| line(one, scale).slope);
    let shift = |one: &Series| {
        let start = one.start?;
        Some(if scale == Scale::Ln { (one.first / start).ln() } else { one.first - start })
    };
    let scatters: Vec<Option<f64>> = series.iter().map(scatter).collect();
    let medians = medians(&scatters, bins);
    let fine = states(series, conductance, super::MIN_SERIES);
    let [slopes, shifts] = [series.iter().map(slope).collect(), series.iter().map(shift).collect()]
        .map(|values: Vec<Option<f64>>| distances(&values, &fine, bins));
    let resolution = |bin: usize| RESOLUTION * if scale == Scale::Ln { 1.0 } else { bins.centres[bin] };
    let is = |place: usize| {
        let bin = bins.of[place];
        let far = |(distance, spread): (Option<f64>, f64)| {
            distance.is_some_and(|distance| distance > (FAR.1 * spread).max(resolution(bin)))
        };
        scatters[place].is_some_and(|scatter| scatter > (FAR.0 * medians[bin]).max(resolution(bin)))
            || far(slopes[place])
            || far(shifts[place])
    };
    (0..series.len()).map(is).collect()
}

/// Returns the median of each bin.
fn medians(values: &[Option<f64>], bins: &States) -> Vec<f64> {
    let mut of_bins = vec![Vec::new(); bins.count()];
    values.iter().zip(&bins.of).for_each(|(value, &bin)| of_bins[bin].extend(*value));
    of_bins.iter_mut().map(|values| median(values)).collect()
}

/// Returns the distance of each value from the median of its state, and the robust standard deviation of its bin: few series of a
/// state show its centre, and those of its neighbours help to show the spread.
fn distances(values: &[Option<f64>], states: &States, bins: &States) -> Vec<(Option<f64>, f64)> {
    let centres = medians(values, states);
    let distances: Vec<Option<f64>> = values
        .iter()
        .zip(&states.of)
        .map(|(value, &state)| value.map(|value| (value - centres[state]).abs()))
        .collect();
    let spreads = medians(&distances, bins);
    distances.iter().zip(&bins.of).map(|(distance, &bin)| (*distance, MAD * spreads[bin])).collect()
}

fn line(series: &Series, scale: Scale) -> Line {
    if scale == Scale::Ln { series.power } else { series.linear }
}
