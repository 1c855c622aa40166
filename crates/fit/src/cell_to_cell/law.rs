//! Whether gains of cells are normal or log-normal.
//!
//! ```text
//! g_c        = 1 + sum l h n w / sum l² h n            mean error w of cell c at each target; l as in gain.rs, h as in pooled.rs
//! evidence   = ln L(log-normal) - ln L(normal)         of g_c without outliers: gains beyond 3.5 robust standard deviations of both
//! sigma²     = variance of ln g, winsorised, less the median of its squared errors            log-normal gains exp(sigma z)
//! ```
//!
//! Both distributions have two parameters. For normal gains, the evidence exceeds x with a probability of about exp(-x) at most.

use super::CellToCell;
use super::gain::Start;
use super::pooled::{CellGain, gains};
use super::{LESS_INFORMATION, Sums, WINSOR};
use crate::interval::{Scale, with_interval};
use crate::quality::quality;
use crate::report::{Candidate, FittedNumber, MechanismFit};
use crate::sample::{Sample, median, robust, signed_root, standard_deviation};
use crate::truncated::{Bounds, Sums as Moments};
use crate::winsorised::{Clip, Winsorised};

/// Evidence from which gains are log-normal: 1 % of tables with normal gains have it.
const EVIDENCE: f64 = 4.6;
/// Evidence for normal gains up to which the laws are alike, and standard deviation from which it matters: 99 % quantiles 10 % apart.
const ALIKE: (f64, f64) = (3.0, 0.2);
/// Robust standard deviations beyond which a gain is an outlier.
const OUTLIER: f64 = 3.5;

/// Gains of cells, and how much likelier a log-normal distribution is for them than a normal one.
pub(super) struct Gains {
    cells: Vec<CellGain>,
    evidence: f64,
}

impl Gains {
    /// Estimates the gains of all cells from the `targets`, the bins and their sums, for writes that start at `start`.
    pub fn new(all: &CellToCell, start: Start, targets: (&[usize], &[(f64, Sums)]), cells: usize) -> Gains {
        let cells = gains(all, start, targets, cells);
        let evidence = evidence(&cells.iter().map(|cell| cell.gain).collect::<Vec<f64>>());
        Gains { cells, evidence }
    }

    /// States log-normal gains in `fit` if they are; returns whether they are.
    pub fn state(&self, fit: &mut MechanismFit, sample: &Sample) -> bool {
        if self.evidence < EVIDENCE {
            let undecided = self.evidence > -ALIKE.0 && fit.numbers[0].value > ALIKE.1;
            fit.notes.extend(undecided.then(|| {
                format!(
                    "the {} cells do not tell whether gains are normal or log-normal, which differ in their tails: the log-likelihoods are {:.1} apart",
                    self.cells.len(),
                    self.evidence.abs()
                )
            }));
            return false;
        }
        let law = LogNormal::new(&self.cells, sample, |_| true);
        fit.law = "log-normal";
        fit.numbers[0] = law.number(&fit.numbers[0], sample);
        fit.method += "; standard deviation of ln of the gains, winsorised";
        fit.candidates = self.candidates();
        fit.quality = self.quality(sample);
        true
    }

    fn candidates(&self) -> Vec<Candidate> {
        let of = |law, value, chosen| Candidate { law, criterion: "BIC", value, chosen };
        let normal = 2.0 * (self.cells.len() as f64).ln()
            + 2.0
                * (self.cells.len() as f64)
                * standard_deviation(&self.cells.iter().map(|cell| cell.gain).collect::<Vec<f64>>()).ln();
        vec![of("normal", normal, false), of("log-normal", normal - 2.0 * self.evidence, true)]
    }

    /// Tests the law of the other cells on the gains of held-out cells.
    fn quality(&self, sample: &Sample) -> Option<crate::report::Quality> {
        let law = LogNormal::new(&self.cells, sample, |cell| !sample.held_out[cell]);
        let (centre, sigma) = law.moments(&vec![1.0; sample.groups]);
        let held = self.cells.iter().filter(|cell| sample.held_out[cell.cell] && cell.gain > 0.0);
        let z = held.map(|cell| {
            let variance = sigma.max(0.0).powi(2) + cell.error / cell.gain.powi(2);
            (cell.cell as u32, (cell.gain.ln() - centre) / variance.sqrt())
        });
        quality(z.collect(), sample.held_out.iter().filter(|held| **held).count())
    }
}

/// Returns the log-likelihood of a log-normal distribution of `gains` less that of a normal one.
fn evidence(gains: &[f64]) -> f64 {
    let ln = |gain: f64| if gain > 0.0 { gain.ln() } else { f64::NEG_INFINITY };
    let plain = robust(&mut gains.to_vec());
    let of_ln = robust(&mut gains.iter().map(|gain| ln(*gain)).collect::<Vec<f64>>());
    let within = |value: f64, (centre, spread): (f64, f64)| (value - centre).abs() <= OUTLIER * spread;
    let regular: Vec<f64> =
        gains.iter().copied().filter(|gain| within(*gain, plain) || within(ln(*gain), of_ln)).collect();
    if regular.iter().any(|gain| *gain <= 0.0) {
        return f64::NEG_INFINITY;
    }
    let (n, logarithms) = (regular.len() as f64, regular.iter().map(|gain| gain.ln()).collect::<Vec<f64>>());
    n * (standard_deviation(&regular) / standard_deviation(&logarithms)).ln() - logarithms.iter().sum::<f64>()
}

/// A log-normal distribution of gains.
struct LogNormal {
    /// Sums of ln g by group of cells, moved to the winsorising points.
    by_group: Vec<Moments>,
    clip: Clip,
    /// Median of the squared errors of ln g.
    noise: f64,
    cells: f64,
}

impl LogNormal {
    /// Sums the gains of the cells that are `used`.
    fn new(cells: &[CellGain], sample: &Sample, used: impl Fn(usize) -> bool) -> LogNormal {
        let known: Vec<&CellGain> = cells.iter().filter(|cell| cell.gain > 0.0 && used(cell.cell)).collect();
        let (centre, spread) = robust(&mut known.iter().map(|cell| cell.gain.ln()).collect::<Vec<f64>>());
        let clip = Clip { low: centre - WINSOR * spread, high: centre + WINSOR * spread };
        let mut by_group = vec![Moments::default(); sample.groups];
        for cell in &known {
            by_group[sample.group[cell.cell] as usize].push_weighted(clip.of(cell.gain.ln()), 1.0);
        }
        let noise = median(&mut known.iter().map(|cell| cell.error / cell.gain.powi(2)).collect::<Vec<f64>>());
        LogNormal { by_group, clip, noise, cells: known.len() as f64 }
    }

    /// Returns mean and standard deviation of ln g with every group taken as often as `drawn` says.
    fn moments(&self, drawn: &[f64]) -> (f64, f64) {
        let mut sums = Moments::default();
        self.by_group.iter().zip(drawn).for_each(|(group, &times)| sums.add(&group.times(times)));
        let bounds = Bounds::truncated(f64::NEG_INFINITY, f64::INFINITY);
        let (mean, sigma) = Winsorised { bounds, clip: self.clip }.estimate(&sums).unwrap_or((0.0, 0.0));
        (mean, signed_root(sigma * sigma * self.cells / (self.cells - 1.0) - self.noise))
    }

    /// Returns the standard deviation with its intervals, for the key of `normal`.
    fn number(&self, normal: &FittedNumber, sample: &Sample) -> FittedNumber {
        let draws: Vec<f64> =
            sample.bootstrap(|drawn| Some(vec![self.moments(drawn).1])).iter().map(|draw| draw[0]).collect();
        let (key, scale) =
            ((&normal.key[..], normal.unit), Scale::spread((self.cells - 1.0) / LESS_INFORMATION, self.noise));
        let value = self.moments(&vec![1.0; sample.groups]).1;
        with_interval(key, value, &draws, scale, (normal.n, normal.cells))
    }
}
