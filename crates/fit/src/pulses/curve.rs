//! Curves of the mean step over the state.
//!
//! ```text
//! z = x (up) or 1 - x (down): fraction of the way to the end
//! constant y = s    linear y = s (1 - k z)    soft-bounds y = s (1 - z)    power y = s (1 - z)^p
//! exponential y = s max(1 - A exp(γ v), 0),  v = a (2 x - 1) (up) or -a (2 x - 1) (down),  a = -1/2 or 1/2
//! piecewise-linear y = s f(x), f between five equally spaced nodes, the largest of them 1
//! ```

use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt};
use nalgebra::{DMatrix, DVector, Dyn, Owned};
use ohmspike_crossbar::device::PulseKind;

use super::steps::BinMean;

/// Laws in order of their number of parameters.
pub(super) const KINDS: [PulseKind; 6] = [
    PulseKind::Constant,
    PulseKind::SoftBounds,
    PulseKind::Linear,
    PulseKind::Power,
    PulseKind::Exponential,
    PulseKind::PiecewiseLinear,
];
/// Nodes of a piecewise linear step.
const NODES: usize = 5;
/// Scale a of the state in exponential steps; with its sign changed, the steps fall ever faster instead of ever more slowly. Here, the
/// sign is that of γ.
pub(super) const STATE_SCALE: f64 = -0.5;
/// Range of steepnesses of exponential curves, and steps between them.
pub(super) const STEEPNESS: (f64, f64) = (0.1, 20.0);
const GRID: u32 = 40;
/// Largest amplitude A of exponential steps. Where A is larger, the exponential is nearly the whole step: s and A are not known apart, and
/// noise relative to s means nothing. Another law describes such steps.
const MAX_AMPLITUDE: f64 = 5.0;
/// Step of numerical derivatives.
const DIFFERENCE: f64 = 1e-6;

/// Returns the word of the device file.
pub(super) fn word(kind: PulseKind) -> &'static str {
    match kind {
        PulseKind::Constant => "constant",
        PulseKind::Linear => "linear",
        PulseKind::SoftBounds => "soft-bounds",
        PulseKind::Exponential => "exponential",
        PulseKind::Power => "power",
        _ => "piecewise-linear",
    }
}

/// A fitted curve of one direction.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fit {
    kind: PulseKind,
    up: bool,
    /// Step s as a fraction of the window, then the other parameters of the law. A negative steepness stands for the other sign of
    /// the scale of the state.
    pub parameters: Vec<f64>,
    /// Sum of squared residuals in units of their standard errors.
    pub squares: f64,
}

impl Fit {
    /// Returns the mean step at state `x`, fraction of the window.
    pub fn at(&self, x: f64) -> f64 {
        value(self.kind, self.up, &self.parameters, x)
    }

    /// Returns whether a slope lies outside the range of a device file.
    pub fn is_beyond_range(&self) -> bool {
        self.kind == PulseKind::Linear && !(0.0..=1.0).contains(&self.parameters[1])
    }

    /// Returns whether a steepness is at an end of its range, so that the data do not bound it.
    pub fn is_unbounded(&self) -> bool {
        let (low, high) = STEEPNESS;
        self.kind == PulseKind::Exponential && !(1.001 * low..0.999 * high).contains(&self.parameters[2].abs())
    }

    /// Returns the parameters after the step as a device file has them.
    pub fn shape(&self) -> impl Iterator<Item = f64> + '_ {
        let is_steepness = |place: usize| self.kind == PulseKind::Exponential && place == 2;
        let shown = move |(place, &value): (usize, &f64)| if is_steepness(place) { value.abs() } else { value };
        self.parameters.iter().enumerate().skip(1).map(shown)
    }

    /// Returns the factor f at state `x`.
    pub fn factor(&self, x: f64) -> f64 {
        self.at(x) / self.parameters[0]
    }
}

/// Fits curves of `kind` to mean steps up and down; none if they do not determine them, or they are not allowed in a device file. Both
/// exponential curves have one scale of the state.
pub(super) fn fit_both(up: &[BinMean], down: &[BinMean], kind: PulseKind) -> Option<[Fit; 2]> {
    let with = |sign: f64| Some([fit_curve(up, true, kind, sign)?, fit_curve(down, false, kind, sign)?]);
    if kind != PulseKind::Exponential {
        return with(1.0);
    }
    let squares = |fits: &[Fit; 2]| fits[0].squares + fits[1].squares;
    [1.0, -1.0].into_iter().filter_map(with).min_by(|one, other| squares(one).total_cmp(&squares(other)))
}

/// Fits a curve of `kind` to mean steps; `sign` is that of an exponential steepness.
fn fit_curve(means: &[BinMean], up: bool, kind: PulseKind, sign: f64) -> Option<Fit> {
    let way = |x: f64| if up { x } else { 1.0 - x };
    let parameters = match kind {
        PulseKind::Constant => linear(means, &[&|_| 1.0])?,
        PulseKind::SoftBounds => linear(means, &[&|x| 1.0 - way(x)])?,
        PulseKind::Linear => {
            let line = linear(means, &[&|_| 1.0, &|x| -way(x)])?;
            vec![line[0], line[1] / line[0]]
        }
        PulseKind::PiecewiseLinear => {
            let hats: Vec<Box<dyn Fn(f64) -> f64>> =
                (0..NODES).map(|node| Box::new(move |x| hat(node, x)) as _).collect();
            let nodes = linear(means, &hats.iter().map(AsRef::as_ref).collect::<Vec<_>>())?;
            let most = nodes.iter().copied().fold(0.0, f64::max);
            let mut parameters = vec![most];
            parameters.extend(nodes.iter().map(|node| (node / most).max(0.0)));
            parameters
        }
        PulseKind::Power => {
            let constant = linear(means, &[&|_| 1.0])?[0];
            best(means, up, kind, [0.5, 2.0].map(|exponent| vec![constant, exponent]).to_vec())?
        }
        PulseKind::Exponential => best(means, up, kind, vec![separable(means, up, sign)?])?,
        _ => return None,
    };
    let squares = squares(means, up, kind, &parameters);
    (allowed(kind, &parameters) && squares.is_finite()).then_some(Fit { kind, up, parameters, squares })
}

/// Returns whether a device file allows the parameters.
fn allowed(kind: PulseKind, parameters: &[f64]) -> bool {
    let step = parameters[0] >= 1e-6 && parameters[0] <= 1.0;
    step && match kind {
        // A slope just beyond constant steps or soft bounds may be noise.
        PulseKind::Linear => (-0.25..=1.25).contains(&parameters[1]),
        PulseKind::Power => (0.0..=20.0).contains(&parameters[1]),
        PulseKind::Exponential => parameters[1].abs() <= MAX_AMPLITUDE && (0.0..=20.0).contains(&parameters[2].abs()),
        _ => true,
    }
}

fn value(kind: PulseKind, up: bool, parameters: &[f64], x: f64) -> f64 {
    let (step, left) = (parameters[0], if up { 1.0 - x } else { x });
    match kind {
        PulseKind::SoftBounds => step * left,
        PulseKind::Linear => step * (1.0 - parameters[1] * (1.0 - left)),
        PulseKind::Power => step * left.max(1e-12).powf(parameters[1]),
        PulseKind::Exponential => {
            let place = STATE_SCALE * (2.0 * x - 1.0) * if up { 1.0 } else { -1.0 };
            step * (1.0 - parameters[1] * (parameters[2] * place).clamp(-60.0, 60.0).exp()).max(0.0)
        }
        PulseKind::PiecewiseLinear => step * (0..NODES).map(|node| parameters[1 + node] * hat(node, x)).sum::<f64>(),
        _ => step,
    }
}

/// Returns the weight of a node at state `x`.
fn hat(node: usize, x: f64) -> f64 {
    (1.0 - (x.clamp(0.0, 1.0) * (NODES - 1) as f64 - node as f64).abs()).max(0.0)
}

fn squares(means: &[BinMean], up: bool, kind: PulseKind, parameters: &[f64]) -> f64 {
    means.iter().map(|mean| ((mean.y - value(kind, up, parameters, mean.x)) / mean.error).powi(2)).sum()
}

/// Weighted linear least squares in the basis `functions`; none for fewer bins than functions.
fn linear(means: &[BinMean], functions: &[&dyn Fn(f64) -> f64]) -> Option<Vec<f64>> {
    if means.len() < functions.len() {
        return None;
    }
    let design = DMatrix::from_fn(means.len(), functions.len(), |row, column| {
        functions[column](means[row].x) / means[row].error
    });
    let data = DVector::from_iterator(means.len(), means.iter().map(|mean| mean.y / mean.error));
    let svd = design.svd(true, true);
    let largest = svd.singular_values.max();
    if svd.singular_values.min() < 1e-9 * largest {
        return None;
    }
    let solution = svd.solve(&data, 0.0).ok()?;
    Some(solution.iter().copied().collect())
}

/// A nonlinear least-squares problem.
struct Problem<'a> {
    means: &'a [BinMean],
    up: bool,
    kind: PulseKind,
    parameters: DVector<f64>,
}

impl Problem<'_> {
    fn residuals_at(&self, parameters: &DVector<f64>) -> DVector<f64> {
        let residual =
            |mean: &BinMean| (value(self.kind, self.up, parameters.as_slice(), mean.x) - mean.y) / mean.error;
        DVector::from_iterator(self.means.len(), self.means.iter().map(residual))
    }
}

impl LeastSquaresProblem<f64, Dyn, Dyn> for Problem<'_> {
    type ParameterStorage = Owned<f64, Dyn>;
    type ResidualStorage = Owned<f64, Dyn>;
    type JacobianStorage = Owned<f64, Dyn, Dyn>;

    fn set_params(&mut self, parameters: &DVector<f64>) {
        self.parameters.copy_from(parameters);
    }

    fn params(&self) -> DVector<f64> {
        self.parameters.clone()
    }

    fn residuals(&self) -> Option<DVector<f64>> {
        Some(self.residuals_at(&self.parameters))
    }

    fn jacobian(&self) -> Option<DMatrix<f64>> {
        let mut jacobian = DMatrix::zeros(self.means.len(), self.parameters.len());
        for (column, &parameter) in self.parameters.iter().enumerate() {
            let step = DIFFERENCE * parameter.abs().max(1e-3);
            let at = |sign: f64| {
                let mut moved = self.parameters.clone();
                moved[column] += sign * step;
                self.residuals_at(&moved)
            };
            jacobian.set_column(column, &((at(1.0) - at(-1.0)) / (2.0 * step)));
        }
        Some(jacobian)
    }
}

/// Returns the best exponential curve on a grid of steepnesses with this `sign`: for each, step and amplitude are a line in exp(γ v).
fn separable(means: &[BinMean], up: bool, sign: f64) -> Option<Vec<f64>> {
    let at = |number: u32| sign * STEEPNESS.0 * (STEEPNESS.1 / STEEPNESS.0).powf(f64::from(number) / f64::from(GRID));
    let fit = |steepness: f64| {
        let way = if up { 1.0 } else { -1.0 };
        let basis = move |x: f64| (steepness * STATE_SCALE * (2.0 * x - 1.0) * way).exp();
        let line = linear(means, &[&|_| 1.0, &basis])?;
        let parameters = vec![line[0], -line[1] / line[0], steepness];
        let squares = squares(means, up, PulseKind::Exponential, &parameters);
        allowed(PulseKind::Exponential, &parameters).then_some((squares, parameters))
    };
    (0..=GRID).filter_map(|number| fit(at(number))).min_by(|a, b| a.0.total_cmp(&b.0)).map(|fit| fit.1)
}

/// Returns the best of the starts and of the fits from them.
fn best(means: &[BinMean], up: bool, kind: PulseKind, starts: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    if means.len() < starts[0].len() {
        return None;
    }
    let fit = |start: Vec<f64>| {
        let problem = Problem { means, up, kind, parameters: DVector::from_vec(start) };
        let (problem, _) = LevenbergMarquardt::new().with_patience(40).minimize(problem);
        problem.parameters.iter().copied().collect::<Vec<f64>>()
    };
    // A steepness that changes its sign has left its scale of the state.
    let sign = starts[0].get(2).map(|steepness| steepness.signum());
    let fits = starts.clone().into_iter().map(fit).chain(starts);
    let kept = |found: &Vec<f64>| kind != PulseKind::Exponential || Some(found[2].signum()) == sign;
    let fits = fits.filter(|found| found.iter().all(|value| value.is_finite()) && kept(found));
    let fits = fits.map(|found| (squares(means, up, kind, &found), found));
    fits.filter(|fit| allowed(kind, &fit.1)).min_by(|a, b| a.0.total_cmp(&b.0)).map(|fit| fit.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn means(kind: PulseKind, up: bool, parameters: &[f64]) -> Vec<BinMean> {
        let mean = |bin: u32| {
            let x = (f64::from(bin) + 0.5) / 30.0;
            BinMean { x, y: value(kind, up, parameters, x), error: 1e-5, n: 100 }
        };
        (0..30).map(mean).collect()
    }

    /// Steps that fall to nothing determine s (1 - A), not s and A: an exponential with a known s does not fit them, and nodes do.
    #[test]
    fn steep_exponential_steps_have_another_law() {
        let [up, down] = [true, false].map(|up| means(PulseKind::Exponential, up, &[1e-4, -100.0, 4.0]));
        let squares = |kind| fit_both(&up, &down, kind).map(|fits| fits[0].squares + fits[1].squares);
        let nodes = squares(PulseKind::PiecewiseLinear).expect("a fit");
        assert!(squares(PulseKind::Exponential).is_none_or(|exponential| exponential > nodes), "{nodes}");
    }

    /// Exact curves give their parameters back; the search ends at a relative change of about 1e-8.
    #[test]
    fn exact_curves_are_recovered() {
        let cases: [(PulseKind, &[f64]); 7] = [
            (PulseKind::Constant, &[0.01]),
            (PulseKind::SoftBounds, &[0.02]),
            (PulseKind::Linear, &[0.02, 0.4]),
            (PulseKind::Power, &[0.03, 1.7]),
            (PulseKind::Exponential, &[0.01, -1.2, 5.0]),
            (PulseKind::Exponential, &[0.03, 0.09, -4.8]),
            (PulseKind::PiecewiseLinear, &[0.01, 0.2, 0.4, 1.0, 0.8, 0.1]),
        ];
        for (kind, parameters) in cases {
            let [up, down] = [true, false].map(|up| means(kind, up, parameters));
            for fit in fit_both(&up, &down, kind).expect("fits") {
                for (found, expected) in fit.parameters.iter().zip(parameters) {
                    assert!((found / expected - 1.0).abs() < 1e-4, "{kind:?}: {:?}", fit.parameters);
                }
            }
        }
    }

    #[test]
    fn too_few_bins_have_no_curve() {
        let two = &means(PulseKind::Constant, true, &[0.01])[..2];
        assert!(fit_both(two, two, PulseKind::Exponential).is_none());
        assert!(fit_both(two, two, PulseKind::PiecewiseLinear).is_none());
    }
}
