//! The network equations in float64, with plain loops over all inputs, neurons and steps. Every number carries a bound
//! on its difference from float32 (`number.rs`).
//!
//! ```text
//! surrogate   e = slope(V nearest the threshold within ev) ev + r S
//!     fast sigmoid: slope 2k S^(3/2); r = 16 u: V - 1, k x, + 1, the reciprocal (2 units in the last place = 4 u),
//!     all squared, and the squaring itself
//!     exponential: slope k S; r = 2 u k |V - 1| + 5 u: V - 1 and k x in the exponent, then 2 units for exp
//! ```
//!
//! A softmax with arguments that differ by at most D differs by the factor (1 + s) / (1 - s), s = e^D (1 + 4 u) - 1.
//! Spikes and maxima are decisions: if the bound does not determine the decision of float32, the sample is marked as
//! undecided.

use crate::number::{Number, UNIT};

/// exp of less than -87 is 0 in float32.
const SMALLEST_EXP: f64 = 1.7e-38;

/// Loss function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    Max,
    PerStep,
}

/// Surrogate derivative of a spike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Surrogate {
    FastSigmoid(f64),
    Exponential(f64),
}

impl Surrogate {
    /// Returns the surrogate derivative at a voltage.
    pub fn of(self, membrane: Number) -> Number {
        let distance = (membrane.value - 1.0).abs();
        let nearest = (distance - membrane.error).max(0.0);
        let (value, slope, relative) = match self {
            Surrogate::FastSigmoid(k) => {
                (1.0 / (k * distance + 1.0).powi(2), 2.0 * k / (k * nearest + 1.0).powi(3), 16.0 * UNIT)
            }
            Surrogate::Exponential(k) => {
                ((-k * distance).exp(), k * (-k * nearest).exp(), (2.0 * k * distance + 5.0) * UNIT)
            }
        };
        // The rounding is relative to the float32 value, which may be larger.
        let moved = slope * membrane.error;
        Number::known(value, moved + relative * (value + moved) + SMALLEST_EXP)
    }
}

/// A network.
#[derive(Clone, Debug)]
pub struct Network {
    /// Inputs x hidden.
    pub w1: Vec<Vec<f64>>,
    /// Hidden x classes.
    pub w2: Vec<Vec<f64>>,
    pub synapse_decay: f64,
    pub membrane_decay: f64,
    pub loss: Loss,
    pub surrogate: Surrogate,
}

/// A sample: the spikes of each input at each step, and the class.
#[derive(Clone, Debug)]
pub struct Sample {
    pub spikes: Vec<Vec<u32>>,
    pub label: usize,
}

/// Response of the network to a sample.
#[derive(Clone, Debug)]
pub struct Response {
    /// V\[t\], t = 0 .. T - 1.
    pub membrane: Vec<Vec<Number>>,
    pub hidden_spikes: Vec<Vec<bool>>,
    /// U\[t\], t = 0 .. T.
    pub readout: Vec<Vec<Number>>,
    pub loss: Number,
    /// dL/dU\[t\] of this sample.
    readout_slopes: Vec<Vec<Number>>,
    /// Whether the bounds determine every decision of float32.
    pub decided: bool,
}

/// Mean loss and gradients over a batch.
#[derive(Clone, Debug)]
pub struct Gradient {
    pub loss: Number,
    pub w1: Vec<Vec<Number>>,
    pub w2: Vec<Vec<Number>>,
}

impl Network {
    /// Runs a sample.
    pub fn respond(&self, sample: &Sample) -> Response {
        let (hidden, classes) = (self.w2.len(), self.w2[0].len());
        let (a, b) = (Number::input(self.synapse_decay), Number::input(self.membrane_decay));
        let (mut v, mut i) = (vec![Number::default(); hidden], vec![Number::default(); hidden]);
        let (mut u, mut f) = (vec![Number::default(); classes], vec![Number::default(); classes]);
        let (mut membrane, mut hidden_spikes, mut readout, mut decided) = (vec![], vec![], vec![u.clone()], true);
        for x in &sample.spikes {
            decided &= v.iter().all(|v| (v.value - 1.0).abs() > v.error);
            let s: Vec<bool> = v.iter().map(|v| v.value > 1.0).collect();
            membrane.push(v.clone());
            for j in 0..hidden {
                v[j] = if s[j] { Number::default() } else { b * v[j] + i[j] };
                i[j] = [a * i[j]].into_iter().chain(inputs(x, &self.w1, j)).sum();
            }
            for k in 0..classes {
                u[k] = b * u[k] + f[k];
                f[k] = [a * f[k]].into_iter().chain(active(&s, &self.w2, k)).sum();
            }
            readout.push(u.clone());
            hidden_spikes.push(s);
        }
        let (loss, readout_slopes, maxima_decided) = self.loss.of(&readout, sample.label);
        Response { membrane, hidden_spikes, readout, loss, readout_slopes, decided: decided && maxima_decided }
    }

    /// Returns loss and gradients of the mean over `samples` with the given responses.
    pub fn differentiate(&self, samples: &[Sample], responses: &[Response]) -> Gradient {
        let scale = Number::input(1.0 / samples.len() as f64);
        let mut w1 = vec![vec![Vec::new(); self.w1[0].len()]; self.w1.len()];
        let mut w2 = vec![vec![Vec::new(); self.w2[0].len()]; self.w2.len()];
        for (sample, response) in samples.iter().zip(responses) {
            self.adjoint(sample, response, scale, &mut w1, &mut w2);
        }
        let add_up = |terms: Vec<Vec<Vec<Number>>>| {
            let row = |row: Vec<Vec<Number>>| row.into_iter().map(|terms| terms.into_iter().sum()).collect();
            terms.into_iter().map(row).collect()
        };
        let loss: Number = responses.iter().map(|response| response.loss).sum();
        Gradient { loss: loss * scale, w1: add_up(w1), w2: add_up(w2) }
    }

    /// Appends the gradient terms of a sample.
    fn adjoint(
        &self,
        sample: &Sample,
        response: &Response,
        scale: Number,
        w1: &mut [Vec<Vec<Number>>],
        w2: &mut [Vec<Vec<Number>>],
    ) {
        let (hidden, classes, steps) = (self.w2.len(), self.w2[0].len(), sample.spikes.len());
        let (a, b) = (Number::input(self.synapse_decay), Number::input(self.membrane_decay));
        // The injections of all classes may be added to the hidden neurons one by one.
        let inject = |u: Number, slope: Number| (u + slope * scale).rounded(classes as f64);
        let (mut u, mut f) = (vec![Number::default(); classes], vec![Number::default(); classes]);
        let (mut m, mut i) = (vec![Number::default(); hidden], vec![Number::default(); hidden]);
        for (u, slope) in u.iter_mut().zip(&response.readout_slopes[steps]) {
            *u = inject(*u, *slope);
        }
        for t in (0..steps).rev() {
            for j in 0..hidden {
                for (unit, terms) in w1.iter_mut().enumerate() {
                    (0..sample.spikes[t][unit]).for_each(|_| terms[j].push(i[j]));
                }
                let spiked = response.hidden_spikes[t][j];
                if spiked {
                    (0..classes).for_each(|k| w2[j][k].push(f[k]));
                }
                let by_spike: Number = (0..classes).map(|k| Number::input(self.w2[j][k]) * f[k]).sum();
                let kept = if spiked { Number::default() } else { m[j] };
                i[j] = a * i[j] + kept;
                m[j] = b * kept + by_spike * self.surrogate.of(response.membrane[t][j]);
            }
            for k in 0..classes {
                f[k] = a * f[k] + u[k];
                u[k] = inject(b * u[k], response.readout_slopes[t][k]);
            }
        }
    }
}

/// Returns the weights of the active rows in `column`.
fn active<'a>(rows: &'a [bool], weights: &'a [Vec<f64>], column: usize) -> impl Iterator<Item = Number> + 'a {
    rows.iter().zip(weights).filter(|(active, _)| **active).map(move |(_, weights)| Number::input(weights[column]))
}

/// Returns the weights in `column`, multiplied by the spike count k of their row, with the rounding of k additions.
fn inputs<'a>(spikes: &'a [u32], weights: &'a [Vec<f64>], column: usize) -> impl Iterator<Item = Number> + 'a {
    let times = move |(&spikes, weights): (&u32, &Vec<f64>)| (Number::input(weights[column]), spikes as usize);
    spikes.iter().zip(weights).map(times).flat_map(|(weight, times)| std::iter::repeat_n(weight, times))
}

impl Loss {
    /// Returns the loss, dL/dU\[t\], and whether the steps of the maxima are determined.
    pub fn of(self, readout: &[Vec<Number>], label: usize) -> (Number, Vec<Vec<Number>>, bool) {
        let (steps, classes) = (readout.len() - 1, readout[0].len());
        let mut slopes = vec![vec![Number::default(); classes]; steps + 1];
        match self {
            Loss::Max => {
                let best: Vec<usize> = (0..classes).map(|k| first_maximum(readout, k)).collect();
                let maxima: Vec<Number> = best.iter().enumerate().map(|(k, &t)| readout[t][k]).collect();
                let decided = (0..classes).all(|k| is_beyond_doubt(readout, k, best[k]));
                let (loss, at_maxima) = cross_entropy(&maxima, label);
                (0..classes).for_each(|k| slopes[best[k]][k] = at_maxima[k]);
                (loss, slopes, decided)
            }
            Loss::PerStep => {
                let fraction = Number::input(1.0 / steps as f64);
                let mut losses = Vec::new();
                for t in 1..=steps {
                    let (loss, at_step) = cross_entropy(&readout[t], label);
                    losses.push(loss * fraction);
                    slopes[t] = at_step.into_iter().map(|slope| slope * fraction).collect();
                }
                (losses.into_iter().sum(), slopes, true)
            }
        }
    }
}

fn first_maximum(readout: &[Vec<Number>], class: usize) -> usize {
    (1..readout.len()).fold(0, |best, t| if readout[t][class].value > readout[best][class].value { t } else { best })
}

/// Exactly equal voltages are equal in float32 too; the earliest is used.
fn is_beyond_doubt(readout: &[Vec<Number>], class: usize, best: usize) -> bool {
    let highest = readout[best][class];
    readout.iter().enumerate().all(|(t, row)| {
        let doubt = highest.error + row[class].error;
        t == best || doubt == 0.0 || highest.value - row[class].value > doubt
    })
}

/// Returns -ln softmax(u)\[label\] and its gradient.
fn cross_entropy(u: &[Number], label: usize) -> (Number, Vec<Number>) {
    let largest = u.iter().map(|u| u.value).fold(f64::NEG_INFINITY, f64::max);
    let widest = u.iter().map(|u| u.error).fold(0.0, f64::max);
    let off = u.iter().map(|u| u.error + UNIT * (largest - u.value + 2.0 * widest)).fold(0.0, f64::max);
    let exps: Vec<f64> = u.iter().map(|u| (u.value - largest).exp()).collect();
    let sum: f64 = exps.iter().sum();
    let spread = off.exp() * (1.0 + 4.0 * UNIT) - 1.0;
    let roundings = (u.len() + 1) as f64 * UNIT;
    let relative = (1.0 + spread) / (1.0 - spread) / (1.0 - roundings) - 1.0;
    let slope = |(k, exp): (usize, &f64)| {
        let fraction = exp / sum;
        let value = if k == label { fraction - 1.0 } else { fraction };
        let inherited = relative * fraction + SMALLEST_EXP;
        Number::known(value, inherited + UNIT * (value.abs() + inherited))
    };
    let loss = sum.ln() - (u[label].value - largest);
    // ln of the sum minus the label's argument; ln is within two units in the last place, 1e-7 near 1.
    let inherited = (spread / (1.0 - spread)).ln_1p() + roundings + off + 4.0 * UNIT * sum.ln() + 1e-7;
    (Number::known(loss, inherited + UNIT * (loss + inherited)), exps.iter().enumerate().map(slope).collect())
}
