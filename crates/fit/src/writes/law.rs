//! Laws of write noise and their likelihood.
//!
//! ```text
//! constant   G = T + s z          relative   G = T + f T z         u = G / T - 1 is normal about 0
//! table      ln G = ln T + s(R) z + offset                         v = ln(G / T) is normal
//! ```
//!
//! The likelihoods of u and v are those of the same data: the density of v is that of u times exp(v).

use super::sums::BinSums;
use crate::truncated::{Bounds, golden};

/// Kinds of laws; the number of parameters is in front of their BIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Constant standard deviation in µS.
    Constant,
    /// Standard deviation proportional to the target.
    Relative,
    /// One standard deviation of ln R.
    OnePoint,
    /// A standard deviation of ln R per bin.
    Table,
}

impl Kind {
    /// Every kind, simplest first.
    pub const ALL: [Kind; 4] = [Kind::Constant, Kind::Relative, Kind::OnePoint, Kind::Table];

    /// Returns the word of the device file.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Constant => "constant",
            Kind::Relative => "relative",
            Kind::OnePoint | Kind::Table => "table",
        }
    }

    /// Returns the word, with the number of points where it is one of two kinds of tables.
    pub fn label(self) -> &'static str {
        if self == Kind::OnePoint { "table of one point" } else { self.word() }
    }
}

/// Data of a law: one entry per bin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Data<'a> {
    /// Target, µS.
    pub targets: &'a [f64],
    /// Bounds of v.
    pub bounds: &'a [Bounds],
    /// Sums.
    pub sums: &'a [BinSums],
    /// Whether the mean of v is the target, because an acceptance window bounds the data.
    pub centred: bool,
}

/// Parameters of a law: sigma in µS, fraction, or sigma of ln R per bin.
pub(crate) type Parameters = Vec<f64>;

impl Data<'_> {
    fn bins(&self) -> impl Iterator<Item = usize> {
        0..self.targets.len()
    }

    /// Returns the standard deviation of v in `bin`, with its mean.
    pub fn ln_of(&self, bin: usize) -> Option<(f64, f64)> {
        let (bounds, sums) = (self.bounds[bin], &self.sums[bin].ln);
        if self.centred { Some((0.0, bounds.estimate_sigma(sums, |_| 0.0)?)) } else { bounds.estimate(sums) }
    }

    /// Returns the standard deviation of u in `bin`, with its mean.
    fn relative_of(&self, bin: usize) -> Option<(f64, f64)> {
        let (bounds, sums) = (self.bounds[bin].mapped(f64::exp_m1), &self.sums[bin].relative);
        if self.centred { Some((0.0, bounds.estimate_sigma(sums, |_| 0.0)?)) } else { bounds.estimate(sums) }
    }

    /// Returns the parameters of `kind` with the largest likelihood, and its logarithm.
    pub fn estimate(&self, kind: Kind) -> Option<(Parameters, f64)> {
        let in_ln = matches!(kind, Kind::OnePoint | Kind::Table);
        let of_bins: Option<Vec<(f64, f64)>> =
            self.bins().map(|bin| if in_ln { self.ln_of(bin) } else { self.relative_of(bin) }).collect();
        let of_bins = of_bins?;
        // Sigma of bin `bin` in its own units, for a common parameter.
        let sigma = |bin: usize, parameter: f64| match kind {
            Kind::Constant => parameter / self.targets[bin],
            Kind::Relative | Kind::OnePoint | Kind::Table => parameter,
        };
        let ln_likelihood = |bin: usize, sigma: f64| {
            let (bounds, sums) = (self.bounds[bin], &self.sums[bin]);
            if in_ln {
                bounds.ln_likelihood(&sums.ln, of_bins[bin].0, sigma)
            } else {
                bounds.mapped(f64::exp_m1).ln_likelihood(&sums.relative, of_bins[bin].0, sigma) + sums.ln.sum
            }
        };
        if kind == Kind::Table {
            let sum = self.bins().map(|bin| ln_likelihood(bin, of_bins[bin].1)).sum();
            return Some((of_bins.into_iter().map(|bin| bin.1).collect(), sum));
        }
        let each: Vec<f64> = self.bins().map(|bin| of_bins[bin].1 / sigma(bin, 1.0)).collect();
        let low = each.iter().copied().fold(f64::INFINITY, f64::min).ln();
        let high = each.iter().copied().fold(0.0, f64::max).ln();
        let total = |ln: f64| self.bins().map(|bin| ln_likelihood(bin, sigma(bin, ln.exp()))).sum::<f64>();
        let ln = golden(total, low - 1e-9, high + 1e-9);
        Some((vec![ln.exp()], total(ln)))
    }

    /// Returns the log-likelihoods of a table that preserves the median and one that preserves the mean.
    pub fn conventions(&self) -> Option<[f64; 2]> {
        let mut total = [0.0; 2];
        for bin in self.bins() {
            let (bounds, sums) = (self.bounds[bin], &self.sums[bin].ln);
            let median = bounds.estimate_sigma(sums, |_| 0.0)?;
            let mean = bounds.estimate_sigma(sums, |sigma| -0.5 * sigma * sigma)?;
            total[0] += bounds.ln_likelihood(sums, 0.0, median);
            total[1] += bounds.ln_likelihood(sums, -0.5 * mean * mean, mean);
        }
        Some(total)
    }

    /// Returns the number of values.
    pub fn count(&self) -> f64 {
        self.sums.iter().map(BinSums::count).sum()
    }
}

/// A law of write noise with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Law {
    /// Kind.
    pub kind: Kind,
    /// Parameters.
    pub parameters: Parameters,
    /// Targets of the bins, µS.
    pub targets: Vec<f64>,
    /// Whether a table preserves the mean.
    pub mean_preserving: bool,
}

impl Law {
    /// Returns the residual of v = ln(G / `target`), standard deviations.
    pub fn z(&self, target: f64, v: f64) -> f64 {
        match self.kind {
            Kind::Constant => v.exp_m1() * target / self.parameters[0],
            Kind::Relative => v.exp_m1() / self.parameters[0],
            Kind::OnePoint | Kind::Table => {
                let sigma = self.ln_sigma(target);
                let offset = if self.mean_preserving { -0.5 * sigma * sigma } else { 0.0 };
                (v - offset) / sigma
            }
        }
    }

    /// Returns sigma of ln R at `target`, µS; for a Gaussian that of the log-normal with the same mean and variance.
    pub fn ln_sigma(&self, target: f64) -> f64 {
        let gaussian = |relative: f64| (relative * relative).ln_1p().sqrt();
        match self.kind {
            Kind::Constant => gaussian(self.parameters[0] / target),
            Kind::Relative => gaussian(self.parameters[0]),
            Kind::OnePoint => self.parameters[0],
            Kind::Table => {
                let place = self.targets.partition_point(|point| *point < target);
                if place == 0 || place == self.targets.len() {
                    return self.parameters[if place == 0 { 0 } else { place - 1 }];
                }
                let along =
                    (target / self.targets[place - 1]).ln() / (self.targets[place] / self.targets[place - 1]).ln();
                (self.parameters[place - 1].ln() * (1.0 - along) + self.parameters[place].ln() * along).exp()
            }
        }
    }
}
