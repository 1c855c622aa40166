//! How the writes of a cell follow their targets.
//!
//! ```text
//! b     slope of ln G over ln T, 1 for a cell that follows its targets; stuck below 0.2
//! t     (0.2 - b) / error of b       of n - 2 degrees of freedom if the slope is 0.2
//! ```

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{CellState, MIN_WRITES, RESPONSE};

/// Variance of ln T of the writes that show the response of a cell by themselves: targets a factor of two apart have 0.12.
const OWN_SPREAD: f64 = 0.1;
/// Response of the writes that reach their targets from which a cell follows these, and their smallest fraction: values that scatter over the window are near some
/// of their targets by chance.
const FOLLOWS: (f64, f64) = (0.5, 1.0 / 3.0);
/// Resolution of values in ln G, below which their scatter tells nothing.
const RESOLUTION: f64 = 1e-3;

/// Response of a cell to its targets: sums over ln T and ln G.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Response {
    /// Number of writes.
    pub n: u32,
    /// Number of writes that failed.
    pub failed: u32,
    x: f64,
    /// Sum of ln G.
    pub y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
    /// The same sums of the writes that did not fail: x, y, xx and xy.
    reached: [f64; 4],
}

impl Response {
    /// Adds a write with ln T = `x` and ln G = `y`.
    pub fn push(&mut self, x: f64, y: f64, failed: bool) {
        self.n += 1;
        self.failed += u32::from(failed);
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.xy += x * y;
        self.yy += y * y;
        if !failed {
            self.reached.iter_mut().zip([x, y, x * x, x * y]).for_each(|(sum, term)| *sum += term);
        }
    }

    /// Adds `times` the sums of `other`, which is 1, or -1 for a part of these sums.
    pub fn add(&mut self, other: &Response, times: f64) {
        if times > 0.0 {
            (self.n, self.failed) = (self.n + other.n, self.failed + other.failed);
        } else {
            (self.n, self.failed) = (self.n - other.n, self.failed - other.failed);
        }
        (self.x, self.y) = (self.x + times * other.x, self.y + times * other.y);
        (self.xx, self.xy) = (self.xx + times * other.xx, self.xy + times * other.xy);
        self.yy += times * other.yy;
        self.reached.iter_mut().zip(other.reached).for_each(|(sum, other)| *sum += times * other);
    }

    /// Returns the state of a cell with these writes.
    pub fn state(&self) -> CellState {
        if self.n < MIN_WRITES {
            return CellState::Unknown;
        }
        let n = f64::from(self.n);
        let spread = self.xx - self.x * self.x / n;
        let slope = (self.xy - self.x * self.y / n) / spread;
        // A stuck cell misses its targets except those near its conductance, and does not follow them.
        let follows = spread > 1e-6 * n && slope > RESPONSE;
        let misses = self.failed >= MIN_WRITES && 2 * self.failed > self.n;
        let constant = spread > 1e-2 * n && slope.abs() <= RESPONSE && self.failed > 0 && !self.follows_reached();
        if (misses && !follows) || constant { CellState::Stuck } else { CellState::Works }
    }

    /// Returns whether the writes that reach their targets show that the cell follows these: a failure at one target turns the slope of all writes, and a cell that is
    /// stuck reaches targets at one conductance only.
    pub fn follows_reached(&self) -> bool {
        let (n, [x, y, xx, xy]) = (f64::from(self.n - self.failed), self.reached);
        let spread = xx - x * x / n;
        n >= 2.0
            && n >= FOLLOWS.1 * f64::from(self.n)
            && spread > OWN_SPREAD * n
            && (xy - x * y / n) > FOLLOWS.0 * spread
    }

    /// Returns the logarithm of the probability that a cell with a response of [`RESPONSE`] or more follows its targets as little as this one;
    /// none for few writes, or targets that are too close to tell.
    pub fn ln_probability(&self) -> Option<f64> {
        self.below_response().map(|(t, law)| law.sf(t).ln())
    }

    /// Returns the logarithm of the probability that a cell with a response of [`RESPONSE`] or less follows its targets as much as this one.
    pub fn ln_unresponsive(&self) -> Option<f64> {
        self.below_response().map(|(t, law)| law.cdf(t).ln())
    }

    /// Returns how far the slope is below [`RESPONSE`], in standard errors, and the distribution of this distance.
    fn below_response(&self) -> Option<(f64, StudentsT)> {
        let n = f64::from(self.n);
        let spread = self.xx - self.x * self.x / n;
        if self.n < 3 || spread < OWN_SPREAD * n {
            return None;
        }
        let slope = (self.xy - self.x * self.y / n) / spread;
        let rest = (self.yy - self.y * self.y / n - slope * slope * spread).max(0.0) / (n - 2.0);
        let error = (rest.max(RESOLUTION * RESOLUTION) / spread).sqrt();
        let t = StudentsT::new(0.0, 1.0, n - 2.0).expect("at least one degree of freedom");
        Some(((RESPONSE - slope) / error, t))
    }
}
