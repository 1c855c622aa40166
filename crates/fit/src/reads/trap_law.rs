//! Law of cells with and without a trap, and the series that it is fitted to.
//!
//! ```text
//! a = exp(α + m x)                    step over the mean of the levels; x = ln R - centre
//! ln a of a series ~ N(α + m x, τ²)   cells may differ
//! p = (1 - exp(-2 g exp(β + k x))) / 2    probability of a change between two reads; exp(β + k x) = rate x typical interval,
//!                                         g the interval over the typical one (gaps.rs)
//! ```

use super::chain::Levels;
use super::isolated::kept;
use crate::sample::median;

/// Smallest and largest τ.
const SPREAD: (f64, f64) = (0.01, 0.5);
/// Largest ln of rate x shortest interval: p is then within 0.001 of 1/2.
const MAX_RATE: f64 = 1.2;
const MIN_RATE: f64 = -14.0;
/// Steps of the search for clusters.
const CLUSTER_STEPS: usize = 8;
/// Information that k is near 0, equal to that of a standard error of 3.
const MIN_INFORMATION: f64 = 0.1;
/// Smallest relative standard deviation, about the resolution of f32.
pub(super) const RESOLUTION: f64 = 1e-6;
/// Largest step relative to the mean of the levels.
const MAX_STEP: f64 = 1.9;

/// Reads of a series as the chain sees them.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    pub cell: u32,
    /// ln R less that of the centre.
    pub x: f64,
    pub state: usize,
    /// Standard deviation of the white noise over that of the state.
    pub shape: f64,
    /// Reads on the scale of the noise less their median, relative to it; NaN for outliers.
    pub reads: Vec<f64>,
    /// The same with outliers.
    pub all: Vec<f64>,
    /// Resolution of the reads on the scale; 0 without one.
    pub resolution: f64,
    /// Gaps between successive reads; empty if all are 1.
    pub gaps: Vec<f64>,
    /// Whether the scale is that of ln G.
    pub logarithmic: bool,
    /// Sum of half the squares of successive differences on the scale, and their number; without outliers.
    pub white: (f64, f64),
    /// Distance beyond which reads are outliers.
    pub reach: f64,
    /// Number of reads that are no outliers, and their mean, variance and covariance of successive reads.
    pub moments: Moments,
}

/// Moments of reads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Moments {
    pub n: f64,
    pub mean: f64,
    pub variance: f64,
    pub covariance: f64,
}

impl Moments {
    /// Returns the moments of `reads` that are not missing.
    pub fn new(reads: &[f64]) -> Moments {
        let known = || reads.iter().filter(|read| !read.is_nan());
        let n = known().count() as f64;
        let mean = known().sum::<f64>() / n;
        let variance = known().map(|read| (read - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let products = reads.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).filter(|by| !by.is_nan());
        let (sum, pairs) = products.fold((0.0, 0.0), |(sum, pairs), by| (sum + by, pairs + 1.0));
        Moments { n, mean, variance, covariance: sum / f64::max(pairs, 1.0) }
    }
}

impl Observed {
    /// Returns the distance of levels with the relative step `a` about `middle`.
    pub fn distance(&self, a: f64, middle: f64) -> f64 {
        let a = a.min(MAX_STEP);
        if self.logarithmic { 2.0 * (0.5 * a).atanh() } else { a * (1.0 + middle).max(0.1) }
    }

    /// Returns the levels of two clusters of the reads, from the middle between the extremes.
    pub fn clusters(&self) -> Option<Levels> {
        let known = || self.reads.iter().copied().filter(|read| !read.is_nan());
        let (least, most) = known().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), read| (a.min(read), b.max(read)));
        let mut middle = 0.5 * (least + most);
        let mut levels = None;
        for _ in 0..CLUSTER_STEPS {
            let (mut low, mut high) = ((0.0, 0.0), (0.0, 0.0));
            for read in known() {
                let of = if read > middle { &mut high } else { &mut low };
                *of = (of.0 + read, of.1 + 1.0);
            }
            if low.1 == 0.0 || high.1 == 0.0 {
                break;
            }
            let (low, high) = (low.0 / low.1, high.0 / high.1);
            middle = 0.5 * (low + high);
            levels = Some(Levels { middle, step: high - low });
        }
        levels
    }

    /// Returns ln of the step of `levels` relative to their mean.
    pub fn ln_amplitude(&self, levels: Levels) -> f64 {
        let a = if self.logarithmic {
            2.0 * (0.5 * levels.step).tanh()
        } else {
            levels.step / (1.0 + levels.middle).max(0.1)
        };
        a.ln()
    }
}

/// Parameters of the law.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TrapLaw {
    /// Fraction of the cells with a trap.
    pub fraction: f64,
    /// Fraction of the cells with more noise than others, but no levels.
    pub wide: f64,
    /// α and m.
    pub amplitude: [f64; 2],
    /// τ.
    pub spread: f64,
    /// β and k.
    pub rate: [f64; 2],
    /// Relative standard deviation of the white noise of each state.
    pub sigma: Vec<f64>,
    /// Shortest gap between reads that counts, which bounds the rate.
    pub shortest: f64,
}

impl TrapLaw {
    pub fn sigma(&self, series: &Observed) -> f64 {
        self.sigma[series.state] * series.shape
    }

    pub fn ln_amplitude(&self, x: f64) -> f64 {
        self.amplitude[0] + self.amplitude[1] * x
    }

    fn ln_rate(&self, x: f64) -> f64 {
        (self.rate[0] + self.rate[1] * x).clamp(MIN_RATE, self.most_rate())
    }

    fn most_rate(&self) -> f64 {
        MAX_RATE - self.shortest.ln()
    }

    /// Returns the probability p of a change between reads one gap apart, and its derivative with respect to β.
    pub fn change(&self, x: f64) -> (f64, f64) {
        self.change_over(x, 1.0)
    }

    /// Returns the same of reads that are `gap` apart.
    pub fn change_over(&self, x: f64, gap: f64) -> (f64, f64) {
        let rate = gap * self.ln_rate(x).exp();
        (-0.5 * (-2.0 * rate).exp_m1(), rate * (-2.0 * rate).exp())
    }

    /// Sets `each` to the probabilities of changes between the reads of a series; empty if all gaps are 1.
    pub fn changes(&self, one: &Observed, each: &mut Vec<f64>) {
        each.clear();
        if !one.gaps.is_empty() {
            let rate = self.ln_rate(one.x).exp();
            each.extend(one.gaps.iter().map(|gap| -0.5 * (-2.0 * rate * gap).exp_m1()));
        }
    }

    /// Returns the derivative of ln of the likelihood of one series with respect to β, and its information, times `weight`.
    fn of_rate(&self, one: &Observed, told: &Told, weight: f64) -> [f64; 2] {
        if let Some(of_rate) = told.of_rate {
            return of_rate.map(|value| weight * value);
        }
        let (p, slope) = self.change(one.x);
        let of_p = weight * slope / (p * (1.0 - p));
        [of_p * (told.switches - told.pairs * p), of_p * slope * told.pairs]
    }
}

/// What the chain tells of one series.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub levels: Levels,
    /// Logarithms of the likelihoods: of one level, of two, and of more noise without levels.
    pub ln: [f64; 3],
    /// Expected changes and pairs of reads.
    pub switches: f64,
    pub pairs: f64,
    /// Derivative of ln of the likelihood with respect to β, and its information, if gaps differ.
    pub of_rate: Option<[f64; 2]>,
    /// Mean probability of the upper level.
    pub high: f64,
    /// ln a without the law, and its variance.
    pub ln_amplitude: f64,
    pub variance: f64,
    /// Squares about the levels over the variance of the white noise, and their degrees of freedom.
    pub squares: f64,
    pub degrees: f64,
}

/// A series, what the chain tells of it, and the probabilities that its cell has a trap, and noise without levels.
pub(super) type Term<'a> = (&'a Observed, &'a Told, [f64; 2]);

impl Told {
    /// Nothing yet.
    pub const NONE: Told = Told {
        levels: Levels { middle: 0.0, step: 0.0 },
        ln: [0.0; 3],
        switches: 0.0,
        pairs: 0.0,
        of_rate: None,
        high: 0.0,
        ln_amplitude: 0.0,
        variance: 0.0,
        squares: 0.0,
        degrees: 0.0,
    };
}

impl TrapLaw {
    /// Fits α, m and τ to the series with their weights.
    pub fn fit_amplitude<'a, T: Iterator<Item = Term<'a>>>(&mut self, terms: &impl Fn() -> T, sloped: bool) {
        let mut sums = [0.0; 5];
        for (one, told, [weight, _]) in terms() {
            let variance = told.variance + self.spread * self.spread;
            let off = (told.ln_amplitude - self.ln_amplitude(one.x)) / variance.sqrt();
            // A few cells with another step do not move the law.
            let weight = weight / variance * (3.0 / off.abs()).min(1.0);
            let by = [1.0, one.x, one.x * one.x, told.ln_amplitude, one.x * told.ln_amplitude];
            sums.iter_mut().zip(by).for_each(|(sum, by)| *sum += weight * by);
        }
        let [n, x, xx, y, xy] = sums;
        if n <= 0.0 {
            return;
        }
        let determinant = n * xx - x * x;
        self.amplitude = if sloped && determinant > 1e-9 * n * n {
            [(y * xx - x * xy) / determinant, (n * xy - x * y) / determinant]
        } else {
            [y / n, 0.0]
        };
        let (mut excess, mut total) = (0.0, 0.0);
        for (one, told, [weight, _]) in terms() {
            let variance = told.variance + self.spread * self.spread;
            let weight = weight / (variance * variance);
            let off = (told.ln_amplitude - self.ln_amplitude(one.x)).powi(2).min(9.0 * variance);
            excess += weight * (off - told.variance);
            total += weight;
        }
        self.spread = (excess / total).max(0.0).sqrt().clamp(SPREAD.0, SPREAD.1);
    }

    /// Makes a step of Fisher scoring of β and k.
    pub fn fit_rate<'a, T: Iterator<Item = Term<'a>>>(&mut self, terms: &impl Fn() -> T, sloped: bool) {
        let (mut score, mut information) = ([0.0; 2], [0.0; 3]);
        for (one, told, [weight, _]) in terms() {
            let [by, info] = self.of_rate(one, told, weight);
            score.iter_mut().zip([1.0, one.x]).for_each(|(score, x)| *score += by * x);
            information.iter_mut().zip([1.0, one.x, one.x * one.x]).for_each(|(sum, x)| *sum += info * x);
        }
        // Reads that are too slow for the traps do not tell k, which then stays near 0.
        information[2] += MIN_INFORMATION;
        score[1] -= MIN_INFORMATION * self.rate[1];
        let [n, x, xx] = information;
        if n <= 0.0 {
            return;
        }
        let determinant = n * xx - x * x;
        let step = if sloped && determinant > 1e-9 * n * n {
            [(score[0] * xx - x * score[1]) / determinant, (n * score[1] - x * score[0]) / determinant]
        } else {
            [score[0] / n, 0.0]
        };
        self.rate[0] = (self.rate[0] + step[0].clamp(-1.0, 1.0)).clamp(MIN_RATE, self.most_rate());
        self.rate[1] += step[1].clamp(-0.5, 0.5);
    }

    /// Fits the white noise: successive differences of cells without trap, distances from the levels of the others.
    pub fn fit_sigma<'a, T: Iterator<Item = Term<'a>>>(&mut self, terms: &impl Fn() -> T) {
        let mut sums = vec![(0.0, 0.0); self.sigma.len()];
        for (one, told, [weight, wide]) in terms() {
            let sum = &mut sums[one.state];
            let kept = kept(one.reach, self.sigma(one));
            sum.0 += (1.0 - weight - wide) * one.white.0 / (kept * one.shape * one.shape);
            sum.0 += weight * told.squares * self.sigma[one.state].powi(2);
            sum.1 += (1.0 - weight - wide) * one.white.1 + weight * told.degrees;
        }
        for (sigma, (squares, n)) in self.sigma.iter_mut().zip(sums) {
            if n > 0.0 && squares > 0.0 {
                *sigma = (squares / n).sqrt();
            }
        }
    }

    /// Returns the derivatives of ln of the likelihood of one series with a trap with respect to α, m, β and k.
    pub fn score(&self, one: &Observed, told: &Told) -> [f64; 4] {
        let variance = told.variance + self.spread * self.spread;
        let of_amplitude = (told.ln_amplitude - self.ln_amplitude(one.x)) / variance;
        let [of_rate, _] = self.of_rate(one, told, 1.0);
        [of_amplitude, of_amplitude * one.x, of_rate, of_rate * one.x]
    }
}

/// Returns the white noise of each state from the median successive difference, relative to the conductance.
pub(super) fn white_noise(series: &[Observed]) -> Vec<f64> {
    let states = series.iter().map(|one| one.state).max().unwrap_or(0) + 1;
    let (mut distances, mut squares) = (vec![Vec::new(); states], vec![(0.0, 0.0); states]);
    for one in series {
        let of_pair = |pair: &[f64]| (pair[1] - pair[0]).abs() / one.shape;
        distances[one.state].extend(one.reads.windows(2).map(of_pair).filter(|distance| !distance.is_nan()));
        let sum = &mut squares[one.state];
        *sum = (sum.0 + one.white.0 / one.shape.powi(2), sum.1 + one.white.1);
    }
    let sigma = |(distances, (sum, n)): (&mut Vec<f64>, (f64, f64))| {
        let robust = 1.4826 * median(distances) / std::f64::consts::SQRT_2;
        // More than half of the differences may be 0.
        let sigma = if robust > RESOLUTION { robust } else { (sum / n).sqrt() };
        if sigma > RESOLUTION { sigma } else { RESOLUTION }
    };
    distances.iter_mut().zip(squares).map(sigma).collect()
}
