//! Intervals of the spread of accepted writes.
//!
//! ```text
//! x      deviation of a write over c = its standard deviation / σ, normal about 0 and truncated at the acceptance window
//! T      mean of x² over all writes             sufficient for σ: their density is one of an exponential family in 1 / σ²
//! E T    rises with σ, from 0 to the mean square of writes that spread evenly over the window
//! ends   σ with E T at the ends of the interval of T; no upper end if even writes are within that interval
//! ```
//!
//! T is a mean of bounded values, so that its distribution is known for every σ, where the estimate of σ is infinite for half of the tables of nearly
//! even writes. An interval of ln σ from the tables with a finite estimate lies below σ: only those that look narrow have one.

use ohmspike_crossbar::device::WriteNoiseKind;

use super::WriteFit;
use super::law::{BinSums, Data, Kind};
use crate::interval::{Scale, with_interval};
use crate::normal::{between, density};
use crate::report::FittedNumber;
use crate::truncated::{Bound, Bounds};

/// Factors between which σ is sought, relative to the half width of a window.
const SOUGHT: (f64, f64) = (1e-4, 100.0);
/// Relative resolution of an end.
const RESOLUTION: f64 = 1e-9;

/// Accepted writes of a bin.
#[derive(Clone, Copy, Debug)]
struct Bin {
    /// Number of writes.
    n: f64,
    /// Sum of x².
    squares: f64,
    /// Acceptance window of x.
    bounds: Bounds,
}

impl Bin {
    /// Returns the writes of `data` in `bin`, as the law of `kind` counts them.
    fn new(data: &Data<'_>, kind: Kind, bin: usize) -> Bin {
        let (bounds, _, sums) = data.seen(bin, kind.is_in_ln());
        let unit = data.sigma(kind, bin, 1.0);
        Bin { n: sums.n, squares: sums.about(0.0) / (unit * unit), bounds: bounds.mapped(|x| x / unit) }
    }

    /// Returns E x² and the variance of x² for the spread `sigma`.
    fn expected(&self, sigma: f64) -> (f64, f64) {
        let [low, high] = [self.bounds.low, self.bounds.high].map(|bound| bound.at() / sigma);
        let support = between(low, high);
        let edge = |z: f64, of: &dyn Fn(f64) -> f64| if z.is_finite() { of(z) * density(z) } else { 0.0 };
        let beyond = |of: &dyn Fn(f64) -> f64| (edge(high, of) - edge(low, of)) / support;
        let second = 1.0 - beyond(&|z| z);
        let fourth = 3.0 - beyond(&|z| z * z * z + 3.0 * z);
        (sigma * sigma * second, sigma.powi(4) * (fourth - second * second))
    }

    /// Returns the half width of the window.
    fn width(&self) -> f64 {
        let Bounds { low, high } = self.bounds;
        let width = |bound: Bound| if bound.at().is_finite() { bound.at().abs() } else { 0.0 };
        width(low).max(width(high))
    }
}

/// Returns E T and the variance of T for the spread `sigma`.
fn expected(bins: &[Bin], sigma: f64) -> (f64, f64) {
    let n: f64 = bins.iter().map(|bin| bin.n).sum();
    let of = |sum: (f64, f64), bin: &Bin| {
        let (mean, variance) = bin.expected(sigma);
        (sum.0 + bin.n * mean / n, sum.1 + bin.n * variance / (n * n))
    };
    bins.iter().fold((0.0, 0.0), of)
}

/// Returns the spread for which E T is `mean`; infinite from the mean of even writes on.
fn sigma(bins: &[Bin], mean: f64) -> f64 {
    let widest = bins.iter().map(Bin::width).fold(0.0, f64::max);
    let (mut low, mut high) = (SOUGHT.0 * widest, SOUGHT.1 * widest);
    if expected(bins, high).0 <= mean {
        return f64::INFINITY;
    }
    while high > low * (1.0 + RESOLUTION) {
        let middle = (low * high).sqrt();
        *(if expected(bins, middle).0 < mean { &mut low } else { &mut high }) = middle;
    }
    (low * high).sqrt()
}

/// Replaces the intervals of the `numbers` of accepted writes of a law of `kind` by those of their mean squares, and returns a note if some have
/// no upper end.
pub(super) fn bound(
    fit: &WriteFit<'_>,
    (kind, parameters): (Kind, &[f64]),
    numbers: &mut [FittedNumber],
) -> Option<String> {
    let bins = |sums: Vec<BinSums>| -> Vec<Bin> {
        let used: Vec<BinSums> = fit.used.iter().map(|&bin| sums[bin]).collect();
        let data = fit.data(&used, &[]);
        (0..used.len()).map(|bin| Bin::new(&data, kind, bin)).collect()
    };
    let all = bins(fit.core.all());
    // A table has a spread for each bin, and states them in reverse.
    let parts: Vec<(usize, &[Bin])> = match kind {
        Kind::Table => (0..all.len()).rev().map(|bin| (bin, &all[bin..=bin])).collect(),
        _ => vec![(0, &all[..])],
    };
    let draws = fit.sample.bootstrap(|drawn| {
        let drawn = bins(fit.core.drawn(drawn));
        let of = |(index, part): &(usize, &[Bin])| {
            let drawn = if kind == Kind::Table { &drawn[*index..=*index] } else { &drawn[..] };
            let excess = |bin: &Bin| bin.squares - bin.n * bin.expected(parameters[*index]).0;
            drawn.iter().map(excess).sum::<f64>() / part.iter().map(|bin| bin.n).sum::<f64>()
        };
        Some(parts.iter().map(of).collect())
    });
    for (place, (number, (index, part))) in numbers.iter_mut().zip(&parts).enumerate() {
        let sum = |of: fn(&Bin) -> f64| part.iter().map(of).sum::<f64>();
        let (mean, variance) = (sum(|bin| bin.squares) / sum(|bin| bin.n), expected(part, parameters[*index]).1);
        let of_draws: Vec<f64> = draws.iter().map(|draw| (mean + draw[place]).max(0.0).sqrt()).collect();
        let scale = Scale::spread(2.0 * mean * mean / variance, 0.0);
        let found = with_interval(("", ""), mean.sqrt(), &of_draws, scale, (number.n, number.cells));
        let unit = number.value / parameters[*index];
        let ends = |interval: Option<(f64, f64)>| {
            interval.map(|(low, high)| (unit * sigma(part, low * low), unit * sigma(part, high * high)))
        };
        (number.interval_95, number.interval_99) = (ends(found.interval_95), ends(found.interval_99));
    }
    note(numbers)
}

/// Returns the 95 % intervals of the bins for themselves, as a table has them; none without an upper end.
pub(super) fn of_bins(fit: &WriteFit<'_>, sums: &[BinSums]) -> Vec<Option<(f64, f64)>> {
    let data = fit.data(sums, &[]);
    let even = |bin: usize| SOUGHT.1 * Bin::new(&data, Kind::Table, bin).width();
    let sigmas: Vec<f64> =
        (0..sums.len()).map(|bin| data.ln_of(bin).map_or_else(|| even(bin), |found| found.1)).collect();
    let number =
        |bin: usize| without_interval(sigmas[bin], (sums[bin].count() as usize, fit.writes.cells_of(fit.used[bin])));
    let mut numbers: Vec<FittedNumber> = (0..sums.len()).rev().map(number).collect();
    let _ = bound(fit, (Kind::Table, &sigmas), &mut numbers);
    numbers.into_iter().rev().map(|number| number.interval_95.filter(|interval| interval.1.is_finite())).collect()
}

/// Returns the lower end of the 95 % interval of the common spread of writes that bound it from below only, as text.
pub(super) fn least(fit: &WriteFit<'_>, forced: Option<WriteNoiseKind>) -> Option<String> {
    let kind = if forced == Some(WriteNoiseKind::Constant) { Kind::Constant } else { Kind::Relative };
    let sums = fit.core.all();
    let used: Vec<BinSums> = fit.used.iter().map(|&bin| sums[bin]).collect();
    let data = fit.data(&used, &[]);
    let widest = (0..used.len()).map(|bin| Bin::new(&data, kind, bin).width()).fold(0.0, f64::max);
    let even = SOUGHT.1 * widest;
    let mut numbers = [without_interval(even, (data.count() as usize, fit.writes.cells()))];
    let _ = bound(fit, (kind, &[even]), &mut numbers);
    let (low, _) = numbers[0].interval_95.filter(|(low, _)| low.is_finite())?;
    let at =
        if kind == Kind::Constant { format!("{low:.3} µS") } else { format!("{:.2} % of the target", 100.0 * low) };
    Some(format!("; with 97.5 % confidence, their standard deviation is above {at}"))
}

/// Returns a number with this value and counts of values and cells.
fn without_interval(value: f64, (n, cells): (usize, usize)) -> FittedNumber {
    FittedNumber { key: String::new(), unstated: None, value, unit: "", interval_95: None, interval_99: None, n, cells }
}

/// Returns a note if some of the `numbers` are bounded from below only.
fn note(numbers: &[FittedNumber]) -> Option<String> {
    let open = |number: &&FittedNumber| number.interval_95.is_some_and(|(_, high)| high.is_infinite());
    let open: Vec<&str> = numbers.iter().filter(open).map(|number| number.key.as_str()).collect();
    (!open.is_empty()).then(|| {
        format!(
            "writes spread nearly evenly over the acceptance window, which bounds their noise from below only: the 95 % interval of {} has no upper \
             end",
            open.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bin(width: f64) -> Bin {
        Bin { n: 100.0, squares: 0.0, bounds: Bounds::truncated(-width, width) }
    }

    /// Closed forms: an even distribution over ±w has w² / 3 and a variance of x² of 4 w⁴ / 45. A normal distribution that is truncated far out has σ² and
    /// 2 σ⁴. At one standard deviation, 1 - 2 φ(1) / 0.682689 = 0.291125.
    #[test]
    fn mean_squares_have_their_closed_forms() {
        let (mean, variance) = bin(0.3).expected(30.0);
        assert!(
            (mean / 0.03 - 1.0).abs() < 1e-4 && (variance / (4.0 * 0.0081 / 45.0) - 1.0).abs() < 1e-3,
            "{mean} {variance}"
        );
        let (mean, variance) = bin(9.0).expected(1.0);
        assert!((mean - 1.0).abs() < 1e-12 && (variance - 2.0).abs() < 1e-9, "{mean} {variance}");
        assert!((bin(2.0).expected(2.0).0 / 4.0 - 0.291_125).abs() < 1e-5);
        let open = Bin { n: 1.0, squares: 0.0, bounds: Bounds::truncated(f64::NEG_INFINITY, 9.0) };
        assert!((open.expected(1.0).0 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_spread_of_a_mean_square_is_its_inverse() {
        let bins = [bin(0.3), bin(0.2)];
        for spread in [0.01, 0.1, 0.3, 1.0] {
            assert!((sigma(&bins, expected(&bins, spread).0) / spread - 1.0).abs() < 1e-6, "{spread}");
        }
        // Even writes: 0.09 / 6 + 0.04 / 6.
        assert_eq!(sigma(&bins, 0.022), f64::INFINITY);
    }
}
