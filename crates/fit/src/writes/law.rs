//! Laws of write noise and their likelihood.
//!
//! ```text
//! constant   G = T + s z          relative   G = T + f T z         u = G / T - 1 is normal about 0
//! table      ln G = ln T + s(R) z + offset                         v = ln(G / T) is normal
//! ```
//!
//! The likelihoods of u and v are those of the same data: the density of v is that of u times exp(v).

use crate::robust::Points;
use crate::sample::signed_root;
use crate::truncated::{Bounds, Sums, golden};

/// Distance of logarithms at which a search ends.
const RESOLUTION: f64 = 1e-9;
/// Logarithms below and above the root mean square of accepted writes between which their standard deviation is sought.
const ACCEPTED: (f64, f64) = (2.0, 3.0);

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

    /// Returns whether the law is one of v = ln(G / T).
    pub fn is_in_ln(self) -> bool {
        matches!(self, Kind::OnePoint | Kind::Table)
    }

    /// Returns the word, with the number of points where it is one of two kinds of tables.
    pub fn label(self) -> &'static str {
        if self == Kind::OnePoint { "table of one point" } else { self.word() }
    }
}

/// Sums of one bin: of v = ln(G / T) and of u = G / T - 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct BinSums {
    /// Sums of v.
    pub ln: Sums,
    /// Sums of u.
    pub relative: Sums,
}

impl BinSums {
    /// Adds other sums.
    pub fn add(&mut self, other: &BinSums) {
        self.ln.add(&other.ln);
        self.relative.add(&other.relative);
    }

    /// Returns the sums of `times` copies of the values.
    pub fn times(&self, times: f64) -> BinSums {
        BinSums { ln: self.ln.times(times), relative: self.relative.times(times) }
    }

    /// Returns the number of values between and at the bounds.
    pub fn count(&self) -> f64 {
        self.ln.n + self.ln.low + self.ln.high
    }
}

/// Data of a law: one entry per bin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Data<'a> {
    /// Target, µS.
    pub targets: &'a [f64],
    /// Bounds of v.
    pub bounds: &'a [Bounds],
    /// Points of the robust estimators of v; none for sums of the values themselves.
    pub points: Option<&'a [Points]>,
    /// Sums.
    pub sums: &'a [BinSums],
    /// Whether the mean of v is the target, because an acceptance window bounds the data.
    pub centred: bool,
    /// Variance of read noise relative to the square of the target by bin; empty for none.
    pub noise: &'a [f64],
}

/// Parameters of a law: sigma in µS, fraction, or sigma of ln R per bin.
pub(crate) type Parameters = Vec<f64>;

impl Data<'_> {
    fn bins(&self) -> impl Iterator<Item = usize> {
        0..self.targets.len()
    }

    /// Returns the standard deviation of v in `bin`, with its mean.
    pub fn ln_of(&self, bin: usize) -> Option<(f64, f64)> {
        self.of(bin, true)
    }

    /// Returns the standard deviation of u in `bin`, with its mean.
    pub fn relative_of(&self, bin: usize) -> Option<(f64, f64)> {
        self.of(bin, false)
    }

    fn of(&self, bin: usize, in_ln: bool) -> Option<(f64, f64)> {
        let (bounds, points, sums) = self.seen(bin, in_ln);
        match points {
            Some(points) => points.estimate(bounds, sums),
            None if self.centred => Some((0.0, bounds.estimate_sigma(sums, |_| 0.0)?)),
            None => bounds.estimate(sums),
        }
    }

    /// Returns bounds, points of the robust estimator and sums of v in `bin`, or of u.
    pub(super) fn seen(&self, bin: usize, in_ln: bool) -> (Bounds, Option<Points>, &Sums) {
        let (bounds, points, sums) = (self.bounds[bin], self.points.map(|points| points[bin]), &self.sums[bin]);
        if in_ln {
            (bounds, points, &sums.ln)
        } else {
            (bounds.mapped(f64::exp_m1), points.map(|points| points.mapped(f64::exp_m1)), &sums.relative)
        }
    }

    /// Returns mean and standard deviation of each bin, of v or of u.
    fn of_bins(&self, kind: Kind) -> Option<Vec<(f64, f64)>> {
        self.bins().map(|bin| if kind.is_in_ln() { self.ln_of(bin) } else { self.relative_of(bin) }).collect()
    }

    /// Returns the standard deviation in `bin`, of v or of u, for a common `parameter`.
    pub(super) fn sigma(&self, kind: Kind, bin: usize, parameter: f64) -> f64 {
        match kind {
            Kind::Constant => parameter / self.targets[bin],
            Kind::Relative | Kind::OnePoint | Kind::Table => parameter,
        }
    }

    /// Returns the variance of read noise in `bin`, of v or of u.
    fn noise(&self, kind: Kind, bin: usize) -> f64 {
        let relative = self.noise.get(bin).copied().unwrap_or(0.0);
        if kind.is_in_ln() { relative.ln_1p() } else { relative }
    }

    /// Returns the variance of read noise in units of the square of the common parameter, as information weighs the bins.
    pub fn noise_of_common(&self, kind: Kind, parameter: f64) -> f64 {
        let (mut sum, mut weights) = (0.0, 0.0);
        for bin in self.bins() {
            let unit = self.sigma(kind, bin, 1.0).powi(2);
            let noise = self.noise(kind, bin) / unit;
            let weight = self.sums[bin].count() / (parameter * parameter + noise).powi(2).max(f64::MIN_POSITIVE);
            (sum, weights) = (sum + weight * noise, weights + weight);
        }
        sum / weights
    }

    /// Returns the variance of read noise in `bin`, as the parameter of a table counts it.
    pub fn noise_of_bin(&self, bin: usize) -> f64 {
        self.noise(Kind::Table, bin)
    }

    /// Returns the standard deviation of a table in `bin` without read noise; negative if there is less spread than that.
    pub fn without_noise(&self, bin: usize, total: f64) -> f64 {
        if self.noise.is_empty() { total } else { signed_root(total * total - self.noise(Kind::Table, bin)) }
    }

    /// Returns the standard deviation with read noise in `bin` for a common `variance`, which may be negative.
    fn total(&self, kind: Kind, bin: usize, variance: f64) -> f64 {
        let noise = self.noise(kind, bin);
        // Far below the noise of other bins a negative variance leaves nothing of this one.
        (variance * self.sigma(kind, bin, 1.0).powi(2) + noise).max(1e-4 * noise).sqrt()
    }

    /// Returns the smallest and largest variance without read noise that the bins have each, for the common parameter.
    fn variances(&self, kind: Kind, of_bins: &[(f64, f64)]) -> (f64, f64) {
        let each = |bin: usize| (of_bins[bin].1.powi(2) - self.noise(kind, bin)) / self.sigma(kind, bin, 1.0).powi(2);
        self.bins().map(each).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
    }

    /// Returns the range of the common parameter that the bins have each, as logarithms.
    fn range(&self, kind: Kind, of_bins: &[(f64, f64)]) -> (f64, f64) {
        let each = || self.bins().map(|bin| of_bins[bin].1 / self.sigma(kind, bin, 1.0));
        (each().fold(f64::INFINITY, f64::min).ln(), each().fold(0.0, f64::max).ln())
    }

    /// Returns the parameters of `kind`: from the robust estimators, or with the largest likelihood.
    pub fn parameters(&self, kind: Kind) -> Option<Parameters> {
        if self.points.is_none() {
            return Some(self.estimate(kind)?.0);
        }
        let of_bins = self.of_bins(kind)?;
        if kind == Kind::Table {
            return Some(of_bins.iter().enumerate().map(|(bin, of)| self.without_noise(bin, of.1)).collect());
        }
        let excess_of = |sigma: &dyn Fn(usize) -> f64| {
            let of_bin = |bin: usize| {
                let (bounds, points, sums) = self.seen(bin, kind.is_in_ln());
                let points = points.expect("robust sums");
                points.excess(bounds, sums, of_bins[bin], sigma(bin))
            };
            self.bins().map(of_bin).sum::<f64>()
        };
        if !self.noise.is_empty() {
            let (mut low, mut high) = self.variances(kind, &of_bins);
            let resolution = RESOLUTION * low.abs().max(high.abs());
            while high - low > resolution {
                let middle = 0.5 * (low + high);
                let excess = excess_of(&|bin| self.total(kind, bin, middle));
                *(if excess > 0.0 { &mut high } else { &mut low }) = middle;
            }
            return Some(vec![signed_root(0.5 * (low + high))]);
        }
        let excess = |ln: f64| excess_of(&|bin| self.sigma(kind, bin, ln.exp()));
        let (mut low, mut high) = self.range(kind, &of_bins);
        while high - low > RESOLUTION {
            let middle = 0.5 * (low + high);
            *(if excess(middle) > 0.0 { &mut high } else { &mut low }) = middle;
        }
        Some(vec![(0.5 * (low + high)).exp()])
    }

    /// Returns the common parameter of accepted writes with the largest likelihood, and its logarithm; none if the data do not bound
    /// it. A bin that its acceptance window leaves evenly spread does not bound the parameter alone, but counts.
    fn estimate_accepted(&self, kind: Kind) -> Option<(Parameters, f64)> {
        let of = |bin: usize| {
            let (bounds, sums) = (self.bounds[bin], &self.sums[bin]);
            if kind.is_in_ln() {
                (bounds, sums.ln, 0.0)
            } else {
                (bounds.mapped(f64::exp_m1), sums.relative, sums.ln.sum)
            }
        };
        let total = |ln: f64| {
            let of_bin = |bin: usize| {
                let (bounds, sums, jacobian) = of(bin);
                bounds.ln_likelihood(&sums, 0.0, self.sigma(kind, bin, ln.exp())) + jacobian
            };
            self.bins().map(of_bin).sum::<f64>()
        };
        let starts = self.bins().map(|bin| (of(bin).1.about(0.0) / of(bin).1.n).sqrt() / self.sigma(kind, bin, 1.0));
        let (low, high) = starts.fold((f64::INFINITY, 0.0), |(low, high), start| (start.min(low), start.max(high)));
        if !(low > 0.0 && high.is_finite()) {
            return None;
        }
        let ln = golden(total, low.ln() - ACCEPTED.0, high.ln() + ACCEPTED.1);
        (ln < high.ln() + ACCEPTED.1 - 0.1).then(|| (vec![ln.exp()], total(ln)))
    }

    /// Returns the parameters of `kind` with the largest likelihood, and its logarithm.
    pub fn estimate(&self, kind: Kind) -> Option<(Parameters, f64)> {
        if self.centred && kind != Kind::Table {
            return self.estimate_accepted(kind);
        }
        let (in_ln, of_bins) = (kind.is_in_ln(), self.of_bins(kind)?);
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
            return Some((of_bins.iter().enumerate().map(|(bin, of)| self.without_noise(bin, of.1)).collect(), sum));
        }
        if !self.noise.is_empty() {
            let (low, high) = self.variances(kind, &of_bins);
            let [low, high] = [low, high].map(|variance| variance.max(0.0).sqrt());
            let total = |x: f64| self.bins().map(|bin| ln_likelihood(bin, self.total(kind, bin, x * x))).sum::<f64>();
            let x = golden(|along| total(low + along * (high - low)), 0.0, 1.0);
            let parameter = low + x * (high - low);
            return Some((vec![parameter], total(parameter)));
        }
        let (low, high) = self.range(kind, &of_bins);
        let total = |ln: f64| self.bins().map(|bin| ln_likelihood(bin, self.sigma(kind, bin, ln.exp()))).sum::<f64>();
        let ln = golden(total, low - 1e-9, high + 1e-9);
        Some((vec![ln.exp()], total(ln)))
    }

    /// Returns the log-likelihoods of a table that preserves the median and one that preserves the mean.
    pub fn conventions(&self) -> Option<[f64; 2]> {
        let mut total = [0.0; 2];
        for bin in self.bins() {
            let (bounds, sums) = (self.bounds[bin], &self.sums[bin].ln);
            // Read noise preserves the mean.
            let shift = -0.5 * self.noise(Kind::Table, bin);
            let median = bounds.estimate_sigma(sums, |_| shift)?;
            let mean = bounds.estimate_sigma(sums, |sigma| -0.5 * sigma * sigma)?;
            total[0] += bounds.ln_likelihood(sums, shift, median);
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
    /// Variance of read noise relative to the square of the target by bin; empty for none.
    pub noise: Vec<f64>,
}

impl Law {
    /// Returns the residual of v = ln(G / `target`) in `bin`, standard deviations with read noise.
    pub fn z(&self, bin: usize, target: f64, v: f64) -> f64 {
        let noise = self.noise.get(bin).copied().unwrap_or(0.0);
        let of = |sigma: f64, noise: f64| if noise > 0.0 { (sigma * sigma + noise).sqrt() } else { sigma };
        match self.kind {
            Kind::Constant => v.exp_m1() * target / of(self.parameters[0], noise * target * target),
            Kind::Relative => v.exp_m1() / of(self.parameters[0], noise),
            Kind::OnePoint | Kind::Table => {
                let of_read = noise.ln_1p();
                let sigma = of(self.ln_sigma(target), of_read);
                let offset = if self.mean_preserving { -0.5 * sigma * sigma } else { -0.5 * of_read };
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
