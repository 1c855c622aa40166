//! Gains of cells: factors on the steps of the fitted curves.
//!
//! ```text
//! g_d = sum y f / (s sum f²)                 per cell and direction d
//! error² of g_d = sum f² r² / (s sum f²)² n / (n - 1)     r = y - g s f; holds if noise depends on the state (White, 1980)
//! g = (g_up + g_down) / 2,  v = its squared error;         asymmetry from (g_up - g_down) / 2
//! sigma² = (sum w (g - mean)² - sum w (1 - w / W) v) / (W - sum w² / W),   w = 1 / (sigma² + u),  W = sum w
//! ```
//!
//! Gains differ if the sum of w (g - mean)² is more than noise makes it ([`super::spread`]). If reads have noise, errors are those of
//! its model ([`super::gain_errors`]): the residuals of a cell hold far more of it than its gain.
//!
//! u is v if all steps have the same noise. The moment estimate of DerSimonian and Laird (1986): a cell with few steps, or near an end, where steps are small, has a
//! noisy gain and little weight.

use super::cell_gains::{CellGain, CellGains, Prior};
use super::curve::Fit;
use super::gain_errors::Errors;
use super::likelihood::Likely;
use super::spread::{Moments, Spread, Value, moments, spread};
use super::steps::{Step, Steps};
use crate::sample::MIN_CELLS;

/// Smallest number of steps of a cell in each direction.
const MIN_STEPS: f64 = 5.0;
/// Fraction of cells without enough steps that is worth a note.
const MANY_UNKNOWN: f64 = 0.01;
/// Standard errors from which a variance is not zero.
const SIGNIFICANT: f64 = 3.0;
/// Relative variance of the squared error of a gain from one step of full weight: 2 for normal noise, more for weights that differ.
const OF_ERROR: f64 = 6.0;
/// Smallest squared error of a gain, above the resolution of f32.
const RESOLUTION: f64 = 1e-12;
/// Difference of log-likelihoods in favour of log-normal gains.
const EVIDENCE: f64 = 2.0;

/// Sums of one cell in one direction.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    n: f64,
    yf: f64,
    ff: f64,
    /// Fourth-order sums: f² y², f³ y and f⁴.
    fourth: [f64; 3],
}

impl Sums {
    fn gain(&self, step: f64) -> f64 {
        self.yf / (step * self.ff)
    }

    /// Adds a step with the factor `f` of its state, and that of the state as foreseen.
    fn push(&mut self, y: f64, [f, foreseen]: [f64; 2]) {
        self.n += 1.0;
        self.yf += y * foreseen;
        self.ff += f * foreseen;
        let (yf, ff) = (y * foreseen, f * foreseen);
        [yf * yf, yf * ff, ff * ff].iter().zip(&mut self.fourth).for_each(|(term, sum)| *sum += term);
    }

    /// Squared standard error of the gain.
    fn variance(&self, step: f64) -> f64 {
        let slope = self.yf / self.ff;
        let [ffyy, fffy, ffff] = self.fourth;
        let square = (ffyy - 2.0 * slope * fffy + slope * slope * ffff).max(0.0);
        square * self.n / (self.n - 1.0) / (step * self.ff).powi(2)
    }
}

/// Gains of cells, if they differ.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Gains.
    pub gains: Option<CellGains>,
    /// Largest standard deviation that they and the noise allow (95 %); none for too few cells.
    pub most: Option<f64>,
}

/// Returns the gains of cells.
///
/// Reads with noise need a `model` of it: it is far larger than what is left of it in the gain of a cell, so that the errors from
/// the residuals of a cell say little.
pub(super) fn gains(steps: &Steps, fits: &[Fit; 2], model: Option<(&Likely, bool)>) -> Found {
    let cells = steps.group.len();
    let step = [fits[0].parameters[0], fits[1].parameters[0]];
    let sums = sums(steps, fits);
    let weight = |one: &Step| {
        let direction = usize::from(!one.up);
        fits[direction].factor(one.foreseen) / (step[direction] * sums[one.cell as usize][direction].ff)
    };
    let errors = model.map(|model| Errors::new((steps, fits), model, weight));
    let known = |cell: &usize| sums[*cell].iter().all(|sum| sum.n >= MIN_STEPS && sum.ff > 0.0);
    let numbers: Vec<usize> = (0..cells).filter(known).collect();
    if numbers.len() < MIN_CELLS {
        return Found { gains: None, most: None };
    }
    let of_cell = |&cell: &usize| {
        let own = of_cell(steps.group[cell], &sums[cell], step);
        errors.as_ref().map_or(own, |errors| CellGain { noise: errors.of_parts(cell), ..own })
    };
    let mut found: Vec<CellGain> = numbers.iter().map(of_cell).collect();
    let moments = weigh(&mut found);
    let (differ, most, variance) = match &errors {
        Some(errors) => {
            let [common, half] = spreads(&found, &numbers, errors);
            (common.normal.max(half.normal) > SIGNIFICANT, common.most, [common.variance, half.variance])
        }
        None => {
            let (spread, known) = spread_by_own(&found);
            (known && spread.normal > SIGNIFICANT, spread.most, moments.map(|part| part.variance))
        }
    };
    if !differ {
        return Found { gains: None, most: Some(most) };
    }
    // The best linear predictor: a gain that is known to less than its variation is moved towards the mean.
    let mean = moments.map(|part| part.mean);
    let prior = Prior::new(mean, variance);
    let mut gain = vec![[1.0; 2]; cells];
    for (&cell, found) in numbers.iter().zip(&found) {
        let alone = mean[0] + (found.gain[0] - mean[0]) * variance[0] / (variance[0] + found.unit);
        gain[cell] = errors.as_ref().map_or([alone; 2], |errors| {
            let [half, difference] = found.gain;
            errors.predicted(cell, [half + difference, half - difference], &prior)
        });
    }
    let begun = sums.iter().filter(|sums| sums.iter().any(|sum| sum.n > 0.0)).count();
    let unknown = begun - found.len();
    let unknown = if unknown as f64 > MANY_UNKNOWN * begun as f64 { unknown } else { 0 };
    Found {
        gains: Some(CellGains {
            log_normal: is_log_normal(&found),
            cells: found,
            gain,
            prior: errors.map(|_| prior),
            unknown,
        }),
        most: Some(most),
    }
}

/// Returns the sums of all cells up and down.
fn sums(steps: &Steps, fits: &[Fit; 2]) -> Vec<[Sums; 2]> {
    let mut sums = vec![[Sums::default(); 2]; steps.group.len()];
    for step in &steps.all {
        let factors = [step.x, step.foreseen].map(|x| fits[usize::from(!step.up)].factor(x));
        sums[step.cell as usize][usize::from(!step.up)].push(step.y, factors);
    }
    sums
}

/// Returns the gain of a cell with its own error.
fn of_cell(group: u32, sums: &[Sums; 2], step: [f64; 2]) -> CellGain {
    let [up, down] = [0, 1].map(|direction| sums[direction].gain(step[direction]));
    let noise = (sums[0].variance(step[0]) + sums[1].variance(step[1])) / 4.0;
    let unit = (0..2).map(|direction| 1.0 / (step[direction].powi(2) * sums[direction].ff)).sum::<f64>() / 4.0;
    let steps = sums.iter().map(|sum| sum.ff * sum.ff / sum.fourth[2]).sum();
    let gain = [0.5 * (up + down), 0.5 * (up - down)];
    CellGain { group: group as usize, gain, noise: [noise; 2], unit, steps, weight: [1.0; 2] }
}

/// Weighs gains by their variation, and by the errors that they would have if all steps had the same noise: weights from the
/// error of each would prefer cells with small errors by chance. Returns the moments of both kinds.
fn weigh(found: &mut [CellGain]) -> [Moments; 2] {
    let level = found.iter().map(|cell| cell.noise[0] / cell.unit).sum::<f64>() / found.len() as f64;
    found.iter_mut().for_each(|cell| cell.unit = (cell.unit * level).max(RESOLUTION));
    [0, 1].map(|kind| {
        let mut variance = 0.0;
        for _ in 0..2 {
            found.iter_mut().for_each(|cell| cell.weight[kind] = 1.0 / (variance + cell.unit));
            variance = of_kind(found, kind).variance.max(0.0);
        }
        found.iter_mut().for_each(|cell| cell.weight[kind] = 1.0 / (variance + cell.unit));
        of_kind(found, kind)
    })
}

fn of_kind(found: &[CellGain], kind: usize) -> Moments {
    moments(found.iter().map(|cell| (cell.weight[kind], cell.gain[kind], cell.noise[kind])))
}

/// Returns the spread of mean gains with errors from the residuals of each cell, and whether these are known well enough to tell it.
fn spread_by_own(found: &[CellGain]) -> (Spread, bool) {
    // Without a variation, weights times squared errors are 1 on average.
    let distance = |cell: &CellGain| (cell.noise[0] / cell.unit - 1.0).powi(2);
    let scatter = found.iter().map(distance).sum::<f64>() / found.len() as f64;
    let of_cell =
        |(cell, fraction): (&CellGain, &f64)| (fraction * cell.unit).powi(2) * scatter.max(OF_ERROR / cell.steps);
    let value = |cell: &CellGain| Value { weight: cell.unit.recip(), value: cell.gain[0], noise: cell.noise[0] };
    let values: Vec<Value> = found.iter().map(value).collect();
    let spread = spread(&values, |fractions| found.iter().zip(fractions).map(of_cell).sum());
    // Before reads are known to have noise, it may hide the squared errors of gains.
    (spread, (found.len() as f64).sqrt() > SIGNIFICANT * scatter.sqrt())
}

/// Returns the spread of gains, with the best weights of up and down gains if they are the same, and that of half their difference.
fn spreads(found: &[CellGain], numbers: &[usize], errors: &Errors) -> [Spread; 2] {
    [errors.common(numbers), [0.5, -0.5]].map(|fraction| {
        let parts = [fraction[0].powi(2), fraction[1].powi(2), 2.0 * fraction[0] * fraction[1]];
        let value = |(&cell, found): (&usize, &CellGain)| {
            let ([half, difference], noise) = (found.gain, errors.part(cell, parts).max(RESOLUTION));
            let value = fraction[0] * (half + difference) + fraction[1] * (half - difference);
            Value { weight: noise.recip(), value, noise }
        };
        let values: Vec<Value> = numbers.iter().zip(found).map(value).collect();
        spread(&values, |fractions| errors.variance(numbers, fractions, parts))
    })
}

/// Compares a normal and a log-normal distribution of gains.
fn is_log_normal(cells: &[CellGain]) -> bool {
    let gains: Vec<f64> = cells.iter().map(|cell| cell.gain[0]).collect();
    if gains.iter().any(|gain| *gain <= 0.0) {
        return false;
    }
    let n = gains.len() as f64;
    let ln: Vec<f64> = gains.iter().map(|gain| gain.ln()).collect();
    let deviation = crate::sample::standard_deviation;
    let (normal, log_normal) = (-n * deviation(&gains).ln(), -n * deviation(&ln).ln() - ln.iter().sum::<f64>());
    log_normal > normal + EVIDENCE
}
