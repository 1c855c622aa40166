//! Cells with curves of their own: mean steps at equal states that no gain explains.
//!
//! ```text
//! d = sum h y / sum h,  h = 1 - f sum f / sum f²      per cell and direction: 0 for every gain, d for steps larger by d at all states
//! ```
//!
//! A cell whose window is wider at the upper end by w has larger up steps, of soft bounds by s w, and down steps as others. Noise of
//! cycles averages out in such sums, and noise of reads telescopes; both would hold the differences between cells.

use super::curve::Fit;
use super::gain_errors::Errors;
use super::likelihood::Likely;
use super::spread::{Value, spread as spread_of};
use super::steps::{Step, Steps};
use crate::sample::MIN_CELLS;

/// Smallest number of steps of a cell in one direction.
const MIN_STEPS: f64 = 5.0;
/// Smallest fraction of its steps that h leaves of a constant: that of equal steps is 0, and tells nothing.
const MIN_FRACTION: f64 = 0.02;
/// Standard deviations of noise from which cells have curves of their own.
const SIGNIFICANT: f64 = 3.0;

/// Sums over the steps of a cell in one direction, f' the factor of the state as foreseen.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    n: f64,
    f: f64,
    foreseen: f64,
    ff: f64,
    y: f64,
    yf: f64,
}

impl Sums {
    fn ratio(&self) -> f64 {
        self.f / self.ff
    }

    /// Returns sum h.
    fn weight(&self) -> f64 {
        self.n - self.foreseen * self.ratio()
    }
}

/// Returns the largest standard deviation over cells of what is left of mean steps, fraction of the window, if noise under the
/// `model` does not explain it in one direction.
pub(super) fn spread(steps: &Steps, fits: &[Fit; 2], model: (&Likely, bool)) -> Option<f64> {
    let mut sums = vec![[Sums::default(); 2]; steps.group.len()];
    let factors = |step: &Step| [step.x, step.foreseen].map(|x| fits[usize::from(!step.up)].factor(x));
    for step in &steps.all {
        let ([f, foreseen], sum) = (factors(step), &mut sums[step.cell as usize][usize::from(!step.up)]);
        sum.n += 1.0;
        sum.f += f;
        sum.foreseen += foreseen;
        sum.ff += f * foreseen;
        sum.y += step.y;
        sum.yf += step.y * foreseen;
    }
    let of_step = |step: &Step| {
        let sum = &sums[step.cell as usize][usize::from(!step.up)];
        (1.0 - factors(step)[1] * sum.ratio()) / sum.weight()
    };
    let errors = Errors::new((steps, fits), model, of_step);
    let of_direction = |direction: usize| {
        let known = |cell: &usize| {
            let sum = &sums[*cell][direction];
            sum.n >= MIN_STEPS && sum.weight() > MIN_FRACTION * sum.n
        };
        let cells: Vec<usize> = (0..sums.len()).filter(known).collect();
        let mut parts = [0.0; 3];
        parts[direction] = 1.0;
        let value = |&cell: &usize| {
            let (sum, noise) = (&sums[cell][direction], errors.part(cell, parts));
            Value { weight: noise.recip(), value: (sum.y - sum.yf * sum.ratio()) / sum.weight(), noise }
        };
        let values: Vec<Value> = cells.iter().map(value).filter(|one| one.noise > 0.0).collect();
        if values.len() < MIN_CELLS || values.len() < cells.len() {
            return None;
        }
        let found = spread_of(&values, |fractions| errors.variance(&cells, fractions, parts));
        (found.normal > SIGNIFICANT).then(|| found.variance.sqrt())
    };
    [0, 1].into_iter().filter_map(of_direction).max_by(f64::total_cmp)
}
