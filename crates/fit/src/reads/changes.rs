//! Changes of cells with telegraph noise between two reads, over the time between them.
//!
//! ```text
//! data   mean of (y(t + g) - y(t))²   y the relative reads of series that probably have a trap
//! law    2 sigma² + d² p(g)           sigma the white noise, d the distance of the levels, p the probability of a change
//!                                     within g (trap_law.rs)
//! ```
//!
//! The white noise decides on the value at short times, the step on that at long times, and the rate on where one turns into the other.
//! Data and law are means over the same pairs of reads, so that missing reads and irregular times change both.

use super::doubt::LIKELY;
use super::gaps::after;
use super::trap_law::{Observed, TrapLaw};
use crate::report::{Bin, Curve, Plot};
use crate::sample::Sample;

/// Numbers of reads between the two of a pair; longer ones follow at the ratio of the last two.
const LAGS: [usize; 9] = [1, 2, 3, 4, 6, 8, 11, 16, 22];
/// Largest number of points.
const MAX_POINTS: usize = 18;
/// Smallest number of cells of a point.
const MIN_CELLS: usize = 3;

/// Pairs of reads of one cell that are equally many reads apart.
#[derive(Clone, Copy, Debug)]
struct Pairs {
    cell: u32,
    /// Number of pairs.
    n: f64,
    /// Sum of the gaps, in typical ones.
    gaps: f64,
    /// Sums of squared changes, and of their expectations.
    squares: f64,
    expected: f64,
}

/// Changes over each number of reads.
#[derive(Clone, Debug)]
pub(super) struct Changes {
    /// The cells of each point.
    points: Vec<Vec<Pairs>>,
}

impl Changes {
    /// Collects the pairs of the `series` that have a trap with these probabilities.
    pub fn new(series: &[Observed], probability: &[f64], law: &TrapLaw) -> Changes {
        let chosen: Vec<&Observed> = series
            .iter()
            .zip(probability)
            .filter(|(_, probability)| **probability > LIKELY)
            .map(|(one, _)| one)
            .collect();
        let longest = chosen.iter().map(|one| one.reads.len()).max().unwrap_or(0) / 2;
        let lags = lags().take_while(|lag| *lag <= longest);
        let point = |lag: usize| chosen.iter().filter_map(|one| pairs(one, lag, law)).collect::<Vec<Pairs>>();
        Changes { points: lags.map(point).filter(|cells| cells.len() >= MIN_CELLS).collect() }
    }

    /// Returns the plot; `interval` is the typical time between two reads, s.
    pub fn plot(&self, interval: f64, sample: &Sample) -> Option<Plot> {
        let percent = |square: f64| 100.0 * square.max(0.0).sqrt();
        let mut curve = Curve { name: String::new(), bins: Vec::new(), law: Vec::new() };
        for cells in &self.points {
            let sum = |of: fn(&Pairs) -> f64| cells.iter().map(of).sum::<f64>();
            let n = sum(|pairs| pairs.n);
            let (x, y) = (interval * sum(|pairs| pairs.gaps) / n, sum(|pairs| pairs.squares) / n);
            let (low, high) = interval_of(cells, sample).unwrap_or((y, y));
            curve.bins.push(Bin { x, y: percent(y), low: percent(low), high: percent(high), n: n as usize });
            curve.law.push((x, percent(sum(|pairs| pairs.expected) / n)));
        }
        (!curve.bins.is_empty()).then(|| Plot {
            x_label: "Time between two reads (s)",
            y_label: "RMS change (%)",
            x_log: true,
            y_log: false,
            curves: vec![curve],
        })
    }
}

/// Returns numbers of reads in rising order, at nearly equal ratios.
fn lags() -> impl Iterator<Item = usize> {
    let [.., before, last] = LAGS;
    let longer = (1..).map(move |power| (last as f64 * (last as f64 / before as f64).powi(power)).round() as usize);
    LAGS.into_iter().chain(longer).take(MAX_POINTS)
}

/// Returns the pairs of reads of a series that are `lag` reads apart; none without any.
fn pairs(one: &Observed, lag: usize, law: &TrapLaw) -> Option<Pairs> {
    let (sigma, distance) = (law.sigma(one), one.distance(law.ln_amplitude(one.x).exp(), 0.0));
    let mut pairs = Pairs { cell: one.cell, n: 0.0, gaps: 0.0, squares: 0.0, expected: 0.0 };
    for start in 0..one.reads.len().saturating_sub(lag) {
        let change = one.reads[start + lag] - one.reads[start];
        if change.is_nan() {
            continue;
        }
        let gap: f64 = (start..start + lag).map(|read| after(&one.gaps, read)).sum();
        pairs.n += 1.0;
        pairs.gaps += gap;
        pairs.squares += change * change;
        pairs.expected += 2.0 * sigma * sigma + distance * distance * law.change_over(one.x, gap).0;
    }
    (pairs.n > 0.0).then_some(pairs)
}

/// Returns the 95 % interval of the mean square, from cells drawn again.
fn interval_of(cells: &[Pairs], sample: &Sample) -> Option<(f64, f64)> {
    let mut groups = vec![(0.0, 0.0); sample.groups];
    for pairs in cells {
        let group = &mut groups[sample.group[pairs.cell as usize] as usize];
        *group = (group.0 + pairs.squares, group.1 + pairs.n);
    }
    let means = sample.bootstrap(|drawn| {
        let add = |sum: (f64, f64), (times, of): (&f64, &(f64, f64))| (sum.0 + times * of.0, sum.1 + times * of.1);
        let (squares, n) = drawn.iter().zip(&groups).fold((0.0, 0.0), add);
        (n > 0.0).then(|| vec![squares / n])
    });
    let mut means: Vec<f64> = means.into_iter().map(|mean| mean[0]).collect();
    means.sort_by(f64::total_cmp);
    let at = |fraction: f64| means.get((fraction * means.len() as f64) as usize).copied();
    Some((at(0.025)?, at(0.975)?))
}
