//! A chain of two levels with equal rates, seen through white noise: the likelihood of a series of reads, and the expected states.
//!
//! ```text
//! y = m + s d / 2 + e        s = +1 or -1, which changes between two reads with probability p; e ~ N(0, 1), units of the white noise
//! f(y | s) = φ(y - m - s d / 2) + c       the constant c bounds the influence of a read far from both levels
//! ```
//!
//! Forward and backward recursion: Baum et al., Ann. Math. Stat. 41, 164 (1970). A read that is missing (NaN) tells nothing of the
//! state and keeps its time.

/// Density of reads far from all levels, per standard deviation of the white noise: reads beyond 4.6 of them lose their influence.
pub(super) const FAR: f64 = 1e-5;
/// Distance up to which [`FAR`] is below 0.1 % of the density.
const NEAR: f64 = 2.5;
/// Density above which it is.
const MUCH: f64 = 0.0175;
/// Reads whose densities are multiplied before their logarithm is taken: neither 1e-5^32 nor 1e9^32 leaves the range.
const FACTORS: usize = 32;
const ROOT_TAU: f64 = 2.506_628_274_631_000_5;

/// Middle of the levels, and the distance between them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Levels {
    pub middle: f64,
    pub step: f64,
}

impl Levels {
    /// Returns the lower and the upper level.
    fn ends(self) -> [f64; 2] {
        [self.middle - 0.5 * self.step, self.middle + 0.5 * self.step]
    }
}

/// Probability of a change between successive reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'a> {
    /// Probability between reads that are one gap apart.
    pub same: f64,
    /// Probability of each pair, if their gaps differ; empty otherwise.
    pub each: &'a [f64],
}

impl Change<'_> {
    /// Returns the probability of a change before `read`.
    fn before(self, read: usize) -> f64 {
        self.each.get(read.wrapping_sub(1)).copied().unwrap_or(self.same)
    }

    /// Returns the probability of the upper level before `read`, from that `after` the read before it.
    fn advance(self, read: usize, after: f64) -> f64 {
        let p = self.before(read);
        p + (1.0 - 2.0 * p) * after
    }
}

/// Expected states of one series and the least-squares sums of its levels.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Expected {
    /// Logarithm of the likelihood.
    pub ln_likelihood: f64,
    /// Expected number of changes between successive reads, missing ones included.
    pub switches: f64,
    /// Number of pairs of successive reads.
    pub pairs: f64,
    /// Derivative of ln of the likelihood with respect to ln of the rate, and its information, if gaps differ.
    pub of_rate: Option<[f64; 2]>,
    /// Mean probability of the upper level.
    pub high: f64,
    /// Sums over reads of w, w u, w y, w u y and w y²; w is the weight of a read that is not far, u its expected s.
    sums: [f64; 5],
}

/// Buffers of the recursion.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    /// Probability of the upper level: before each read, and after it.
    filtered: Vec<[f64; 2]>,
    /// Probability that a read is not far, at the lower and at the upper level.
    near: Vec<[f64; 2]>,
}

fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / ROOT_TAU
}

/// Returns the probability that a read with a normal density is not far.
fn weight(density: f64) -> f64 {
    if density > MUCH { 1.0 } else { density / (density + FAR) }
}

/// Returns the logarithm of the likelihood of white noise about `middle`.
pub(super) fn one_level(reads: &[f64], middle: f64) -> f64 {
    let known = reads.iter().filter(|read| !read.is_nan());
    let mut total = Product::default();
    let mut squares = 0.0;
    let mut near = 0.0;
    for read in known {
        let z = read - middle;
        if z.abs() < NEAR {
            squares += z * z;
            near += 1.0;
        } else {
            total.multiply(density(z) + FAR);
        }
    }
    total.ln() - 0.5 * squares - near * ROOT_TAU.ln()
}

/// Returns the logarithm of the likelihood of a chain that changes its level with the probability `change`.
pub(super) fn ln_likelihood(reads: &[f64], levels: Levels, change: Change) -> f64 {
    let (ends, mut after, mut total) = (levels.ends(), 0.5, Product::default());
    for (place, &read) in reads.iter().enumerate() {
        let before = change.advance(place, after);
        after = before;
        if let Some(seen) = see(before, read, ends) {
            after = seen.after;
            total.multiply(seen.likelihood);
        }
    }
    total.ln()
}

/// What a read tells of the state.
struct Seen {
    /// Probability of the upper level after the read.
    after: f64,
    /// Likelihood of the read, given the reads before it.
    likelihood: f64,
    /// Its densities at the lower and at the upper level.
    densities: [f64; 2],
}

/// Takes one step of the forward recursion: `before` is the probability of the upper level before `read`. Returns none for
/// a missing read.
#[inline]
fn see(before: f64, read: f64, [low, high]: [f64; 2]) -> Option<Seen> {
    if read.is_nan() {
        return None;
    }
    let densities = [density(read - low), density(read - high)];
    let at_high = before * (densities[1] + FAR);
    let likelihood = at_high + (1.0 - before) * (densities[0] + FAR);
    Some(Seen { after: at_high / likelihood, likelihood, densities })
}

/// Product of many small numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Product {
    factors: usize,
    product: f64,
    ln: f64,
}

impl Default for Product {
    fn default() -> Product {
        Product { factors: 0, product: 1.0, ln: 0.0 }
    }
}

impl Product {
    pub fn multiply(&mut self, factor: f64) {
        self.product *= factor;
        self.factors += 1;
        if self.factors == FACTORS {
            *self = Product { factors: 0, product: 1.0, ln: self.ln() };
        }
    }

    pub fn ln(&self) -> f64 {
        self.ln + self.product.ln()
    }
}

impl Chain {
    /// Returns the expected states of `reads` in a chain that changes its level with the probability `change`.
    pub fn expected(&mut self, reads: &[f64], levels: Levels, change: Change) -> Expected {
        self.filtered.clear();
        self.near.clear();
        let (ends, mut after, mut total) = (levels.ends(), 0.5, Product::default());
        for (place, &read) in reads.iter().enumerate() {
            let before = change.advance(place, after);
            let seen = see(before, read, ends);
            after = seen.as_ref().map_or(before, |seen| seen.after);
            seen.iter().for_each(|seen| total.multiply(seen.likelihood));
            self.near.push(seen.map_or([0.0; 2], |seen| seen.densities.map(weight)));
            self.filtered.push([before, after]);
        }
        self.backward(reads, change, total.ln())
    }

    fn backward(&self, reads: &[f64], change: Change, ln_likelihood: f64) -> Expected {
        let mut expected =
            Expected { ln_likelihood, pairs: reads.len().saturating_sub(1) as f64, ..Expected::default() };
        // Probability of the upper level at the next read, and of it before that read was seen.
        let mut next: Option<[f64; 2]> = None;
        let mut of_rate = (!change.each.is_empty()).then_some([0.0; 2]);
        for (place, ((read, &[before, after]), near)) in
            reads.iter().zip(&self.filtered).zip(&self.near).enumerate().rev()
        {
            let high = match next {
                None => after,
                Some([next, predicted]) => {
                    let (to_high, to_low) = (next / predicted, (1.0 - next) / (1.0 - predicted));
                    let p = change.before(place + 1);
                    let switch = p * (to_high * (1.0 - after) + to_low * after);
                    expected.switches += switch;
                    if let Some(sums) = &mut of_rate {
                        add_rate(sums, switch, p);
                    }
                    after * ((1.0 - p) * to_high + p * to_low)
                }
            };
            next = Some([high, before]);
            expected.high += high;
            if !read.is_nan() {
                let (of_low, of_high) = ((1.0 - high) * near[0], high * near[1]);
                let (w, u) = (of_low + of_high, of_high - of_low);
                let terms = [w, u, w * read, u * read, w * read * read];
                expected.sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
            }
        }
        expected.high /= reads.len().max(1) as f64;
        Expected { of_rate, ..expected }
    }
}

/// Adds the score and the information on ln of the rate from a pair of reads with the expected changes `switch`; p = (1 - exp(-2 rate)) / 2.
fn add_rate(sums: &mut [f64; 2], switch: f64, p: f64) {
    let kept = 1.0 - 2.0 * p;
    if kept > 0.0 && p > 0.0 {
        let slope = -0.5 * kept.ln() * kept;
        let of_p = slope / (p * (1.0 - p));
        *sums = [sums[0] + of_p * (switch - p), sums[1] + of_p * slope];
    }
}

impl Expected {
    /// Returns the number of reads that are not far.
    pub fn reads(&self) -> f64 {
        self.sums[0]
    }

    /// Returns the information on the step, with an unknown middle.
    pub fn information(&self) -> f64 {
        let [w, u, ..] = self.sums;
        if w > 0.0 { 0.25 * (w - u * u / w) } else { 0.0 }
    }

    /// Returns the step of least squares.
    pub fn step(&self) -> f64 {
        let [w, u, y, uy, _] = self.sums;
        0.5 * (uy - u * y / w) / self.information()
    }

    /// Returns the middle of least squares for a `step`.
    pub fn middle(&self, step: f64) -> f64 {
        let [w, u, y, ..] = self.sums;
        (y - 0.5 * step * u) / w
    }

    /// Returns the sum of squares about the levels.
    pub fn squares(&self, Levels { middle, step }: Levels) -> f64 {
        let [w, u, y, uy, yy] = self.sums;
        yy - 2.0 * middle * y - step * uy + w * (middle * middle + 0.25 * step * step) + middle * step * u
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums over all paths of five reads: likelihood and expected changes.
    #[test]
    fn the_recursion_is_the_sum_over_paths() {
        let (reads, levels) = ([-1.2, 0.3, f64::NAN, 1.9, 1.1], Levels { middle: 0.2, step: 2.5 });
        for each in [&[][..], &[0.1, 0.45, 0.3, 0.05]] {
            check_paths(reads, levels, Change { same: 0.3, each });
        }
    }

    fn check_paths(reads: [f64; 5], levels: Levels, change: Change) {
        let (mut total, mut switches, mut high) = (0.0, 0.0, 0.0);
        for path in 0..32_u32 {
            let state = |read: usize| path >> read & 1;
            let changed = |read: usize| state(read) != state(read - 1);
            let of_change = |read: usize| if changed(read) { change.before(read) } else { 1.0 - change.before(read) };
            let of = |read: usize| {
                let level = levels.middle + levels.step * (f64::from(state(read)) - 0.5);
                if reads[read].is_nan() { 1.0 } else { density(reads[read] - level) + FAR }
            };
            let weight = 0.5 * (1..5).map(of_change).product::<f64>() * (0..5).map(of).product::<f64>();
            total += weight;
            switches += weight * (1..5).filter(|&read| changed(read)).count() as f64;
            high += weight * f64::from(path.count_ones()) / 5.0;
        }
        let expected = Chain::default().expected(&reads, levels, change);
        assert!((expected.ln_likelihood - total.ln()).abs() < 1e-12);
        assert!((ln_likelihood(&reads, levels, change) - total.ln()).abs() < 1e-12);
        assert!((expected.switches - switches / total).abs() < 1e-12);
        assert!((expected.high - high / total).abs() < 1e-12);
    }

    /// The derivative with respect to ln of the rate is that of finite differences, for gaps from a thousandth to ten.
    #[test]
    fn the_score_of_the_rate_is_the_derivative() {
        let (reads, levels) = ([-1.2, 0.3, f64::NAN, 1.9, 1.1], Levels { middle: 0.2, step: 2.5 });
        let each = |ln_rate: f64| -> Vec<f64> {
            [1e-3, 1.0, 0.2, 10.0].iter().map(|gap| -0.5 * (-2.0 * ln_rate.exp() * gap).exp_m1()).collect()
        };
        let ln = |ln_rate: f64| ln_likelihood(&reads, levels, Change { same: 0.5, each: &each(ln_rate) });
        let expected = Chain::default().expected(&reads, levels, Change { same: 0.5, each: &each(-0.7) });
        let found = expected.of_rate.expect("gaps that differ")[0];
        // Central differences have an error of h² = 1e-8, and of 1e-16 / h.
        let exact = (ln(-0.7 + 1e-4) - ln(-0.7 - 1e-4)) / 2e-4;
        assert!((found - exact).abs() < 1e-7, "{found}, not {exact}");
    }

    /// Reads at two levels without noise give their levels back, and no squares.
    #[test]
    fn exact_levels_are_the_least_squares() {
        let reads: Vec<f64> = (0..40).map(|read| if read % 11 < 5 { 3.0 } else { 23.0 }).collect();
        let levels = Levels { middle: 13.0, step: 20.0 };
        let expected = Chain::default().expected(&reads, levels, Change { same: 0.2, each: &[] });
        assert!((expected.step() - 20.0).abs() < 1e-9 && (expected.middle(20.0) - 13.0).abs() < 1e-9);
        assert!(expected.squares(levels).abs() < 1e-9 * 40.0 * 400.0);
    }
}
