//! Series with a value far from what the others show: outliers of the measurement.
//!
//! ```text
//! scatter    root mean square of a series about its line: further than 6 medians of its bin
//! slope      slope over ln t: further than 5 robust standard deviations of its bin from the median
//! shift      from the value right after the write to the first one later: the same
//! ```
//!
//! Bins are quantiles of the median conductance of a series, which one outlier does not move.

use super::lines::{Line, Series};
use crate::bins::Bins;
use crate::sample::{median, robust};

/// Scatter in medians, and distance in robust standard deviations.
const FAR: (f64, f64) = (6.0, 5.0);
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

/// Returns the series that are no outlier on at least one of `scales`.
pub(super) fn regular(series: Vec<Series>, scales: &[Scale]) -> Vec<Series> {
    let conductances: Vec<f64> = series.iter().map(conductance).collect();
    if conductances.is_empty() {
        return series;
    }
    let bins = Bins::new(conductances.clone());
    let of: Vec<usize> = conductances.into_iter().map(|conductance| bins.of(conductance)).collect();
    let outlying: Vec<Vec<bool>> = scales.iter().map(|&scale| outlying(&series, &of, &bins, scale)).collect();
    let mut kept = (0..series.len()).map(|place| outlying.iter().any(|on_scale| !on_scale[place]));
    series.iter().filter(|_| kept.next() == Some(true)).cloned().collect()
}

/// Returns the median conductance of a series, µS.
fn conductance(series: &Series) -> f64 {
    let later = series.values.iter().map(|value| value.1);
    median(&mut series.start.into_iter().chain(later).collect::<Vec<f64>>())
}

/// Returns which series are outliers on a scale; `of` are their bins.
fn outlying(series: &[Series], of: &[usize], bins: &Bins, scale: Scale) -> Vec<bool> {
    let of_bins = |value: &dyn Fn(&Series) -> Option<f64>| {
        let mut values = vec![Vec::new(); bins.count()];
        for (one, &bin) in series.iter().zip(of) {
            values[bin].extend(value(one));
        }
        values
    };
    let scatter = |one: &Series| (one.points > 2).then(|| line(one, scale).noise.sqrt());
    let slope = |one: &Series| (one.points > 1).then(|| line(one, scale).slope);
    let shift = |one: &Series| {
        let start = one.start?;
        Some(if scale == Scale::Ln { (one.first / start).ln() } else { one.first - start })
    };
    let scatters: Vec<f64> = of_bins(&scatter).iter_mut().map(|values| median(values)).collect();
    let [slopes, shifts] = [of_bins(&slope), of_bins(&shift)]
        .map(|mut values| values.iter_mut().map(|values| robust(values)).collect::<Vec<(f64, f64)>>());
    let resolution = |bin: usize| RESOLUTION * if scale == Scale::Ln { 1.0 } else { bins.centres[bin] };
    let far = |value: Option<f64>, (centre, spread): (f64, f64), bin: usize| {
        value.is_some_and(|value| (value - centre).abs() > (FAR.1 * spread).max(resolution(bin)))
    };
    let is = |(one, &bin): (&Series, &usize)| {
        scatter(one).is_some_and(|scatter| scatter > (FAR.0 * scatters[bin]).max(resolution(bin)))
            || far(slope(one), slopes[bin], bin)
            || far(shift(one), shifts[bin], bin)
    };
    series.iter().zip(of).map(is).collect()
}

fn line(series: &Series, scale: Scale) -> Line {
    if scale == Scale::Ln { series.power } else { series.linear }
}
