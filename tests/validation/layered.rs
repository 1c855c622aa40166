//! Equations and adjoint of networks with several hidden layers, with or without recurrence, of leaky or Izhikevich
//! neurons. They are computed in float64 with plain loops, and every number carries a bound on its difference from
//! float32.
//!
//! Where the program has a fixed order of operations, these loops use the same order and reset magnitudes after every
//! step (`Number::settled`). Otherwise the square in the Izhikevich neuron would make the magnitudes grow without
//! limit. Sums over rows keep their magnitudes, and so does the readout's adjoint, which the program projects before
//! decay.

use crate::dense::{Loss, Sample, Surrogate};
use crate::number::{Number, UNIT};

/// Model of the hidden neurons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neuron {
    Lif,
    Izhikevich,
}

/// A hidden layer.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Rows x neurons; rows are inputs or neurons of the lower layer.
    pub feed: Vec<Vec<f64>>,
    /// Neurons x neurons.
    pub recurrent: Option<Vec<Vec<f64>>>,
    pub excitatory: usize,
}

/// A network.
#[derive(Clone, Debug)]
pub struct Network {
    pub layers: Vec<Layer>,
    /// Neurons of the last layer x classes.
    pub readout: Vec<Vec<f64>>,
    pub neuron: Neuron,
    pub synapse_decay: f64,
    pub membrane_decay: f64,
    pub loss: Loss,
    pub surrogate: Surrogate,
}

/// Response of a layer to a sample.
#[derive(Clone, Debug, Default)]
pub struct LayerResponse {
    /// V\[t\], t = 0 .. T - 1.
    pub membrane: Vec<Vec<Number>>,
    /// Voltage half a step later, for Izhikevich neurons.
    halfway: Vec<Vec<Number>>,
    pub spikes: Vec<Vec<bool>>,
}

/// Response of a network to a sample.
#[derive(Clone, Debug)]
pub struct Response {
    pub layers: Vec<LayerResponse>,
    /// U\[t\], t = 0 .. T.
    pub readout: Vec<Vec<Number>>,
    pub loss: Number,
    readout_slopes: Vec<Vec<Number>>,
    /// Whether the bounds determine every decision of float32.
    pub decided: bool,
    /// Number of times an Izhikevich voltage was clamped at its floor.
    pub held: usize,
}

/// Lowest voltage of an Izhikevich neuron, thresholds.
const FLOOR: f64 = -0.35;

/// Returns a and D of an Izhikevich neuron.
fn kind(excites: bool) -> (Number, Number) {
    let (a, jump) = if excites { (0.02, 0.08) } else { (0.1, 0.02) };
    (Number::input(a), Number::input(jump))
}

/// Voltage, recovery and current of a neuron, or the gradients by them.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    v: Number,
    w: Number,
    i: Number,
}

impl Network {
    /// Returns all weights, in order of the data flow.
    pub fn matrices(&self) -> Vec<&Vec<Vec<f64>>> {
        let layers = self.layers.iter().flat_map(|layer| std::iter::once(&layer.feed).chain(&layer.recurrent));
        layers.chain([&self.readout]).collect()
    }

    /// Returns whether a neuron with this voltage spikes.
    pub fn fires(&self, voltage: f64) -> bool {
        match self.neuron {
            Neuron::Lif => voltage > 1.0,
            Neuron::Izhikevich => voltage >= 1.0,
        }
    }

    /// Runs a sample.
    pub fn respond(&self, sample: &Sample) -> Response {
        let classes = self.readout[0].len();
        let (a, b) = (Number::input(self.synapse_decay), Number::input(self.membrane_decay));
        let mut states: Vec<Vec<State>> =
            self.layers.iter().map(|layer| vec![State::default(); layer.feed[0].len()]).collect();
        let mut layers = vec![LayerResponse::default(); self.layers.len()];
        let (mut u, mut f) = (vec![Number::default(); classes], vec![Number::default(); classes]);
        let (mut readout, mut decided, mut held) = (vec![u.clone()], true, 0);
        for x in &sample.spikes {
            let mut heard: Vec<bool> = x.iter().map(|&spikes| spikes > 0).collect();
            for ((layer, states), response) in self.layers.iter().zip(&mut states).zip(&mut layers) {
                decided &= states.iter().all(|state| state.v.is_off(1.0));
                let spikes: Vec<bool> = states.iter().map(|state| self.fires(state.v.value)).collect();
                response.membrane.push(states.iter().map(|state| state.v).collect());
                let mut halfway = vec![Number::default(); states.len()];
                for (j, state) in states.iter_mut().enumerate() {
                    match self.neuron {
                        Neuron::Lif => {
                            state.v = if spikes[j] { Number::default() } else { (b * state.v + state.i).settled() };
                        }
                        Neuron::Izhikevich => {
                            halfway[j] = izhikevich(state, spikes[j], j < layer.excitatory, &mut decided, &mut held);
                        }
                    }
                    let own = layer.recurrent.iter().flat_map(|rows| active(&spikes, rows, j));
                    state.i =
                        [a * state.i].into_iter().chain(active(&heard, &layer.feed, j)).chain(own).sum::<Number>();
                }
                response.halfway.push(halfway);
                response.spikes.push(spikes.clone());
                heard = spikes;
            }
            for k in 0..classes {
                u[k] = b * u[k] + f[k];
                f[k] = [a * f[k]].into_iter().chain(active(&heard, &self.readout, k)).sum();
            }
            readout.push(u.clone());
        }
        let (loss, readout_slopes, maxima_decided) = self.loss.of(&readout, sample.label);
        Response { layers, readout, loss, readout_slopes, decided: decided && maxima_decided, held }
    }

    /// Returns loss and gradients of the mean over `samples` with the given responses, in the order of
    /// [`Network::matrices`].
    pub fn differentiate(&self, samples: &[Sample], responses: &[Response]) -> (Number, Vec<Vec<Vec<Number>>>) {
        let scale = Number::input(1.0 / samples.len() as f64);
        let empty = |matrix: &&Vec<Vec<f64>>| vec![vec![Vec::new(); matrix[0].len()]; matrix.len()];
        let mut terms: Vec<Vec<Vec<Vec<Number>>>> = self.matrices().iter().map(empty).collect();
        for (sample, response) in samples.iter().zip(responses) {
            self.adjoint(sample, response, scale, &mut terms);
        }
        let row = |row: Vec<Vec<Number>>| row.into_iter().map(|terms| terms.into_iter().sum()).collect();
        let loss: Number = responses.iter().map(|response| response.loss).sum();
        (loss * scale, terms.into_iter().map(|matrix| matrix.into_iter().map(row).collect()).collect())
    }

    /// Appends the gradient terms of a sample.
    fn adjoint(&self, sample: &Sample, response: &Response, scale: Number, terms: &mut [Vec<Vec<Vec<Number>>>]) {
        let (classes, steps) = (self.readout[0].len(), sample.spikes.len());
        let (a, b) = (Number::input(self.synapse_decay), Number::input(self.membrane_decay));
        // The injections of all classes may be added to the hidden neurons one by one.
        let inject = |u: Number, slope: Number| (u + slope * scale).rounded(classes as f64);
        let (mut u, mut f) = (vec![Number::default(); classes], vec![Number::default(); classes]);
        let mut adjoints: Vec<Vec<State>> =
            self.layers.iter().map(|layer| vec![State::default(); layer.feed[0].len()]).collect();
        for (u, slope) in u.iter_mut().zip(&response.readout_slopes[steps]) {
            *u = inject(*u, *slope);
        }
        for t in (0..steps).rev() {
            let (mut place, mut weights, mut above) = (terms.len() - 1, &self.readout, f.clone());
            collect(&mut terms[place], &response.layers[self.layers.len() - 1].spikes[t], &above);
            for (number, layer) in self.layers.iter().enumerate().rev() {
                let spoken = &response.layers[number].spikes[t];
                let own: Vec<Number> = adjoints[number].iter().map(|state| state.i).collect();
                let by_spike: Vec<Number> = (0..own.len())
                    .map(|j| {
                        let heard = project(&weights[j], &above);
                        let by_own = layer.recurrent.iter().flat_map(|rows| project(&rows[j], &own));
                        heard.chain(by_own).sum()
                    })
                    .collect();
                if layer.recurrent.is_some() {
                    place -= 1;
                    collect(&mut terms[place], spoken, &own);
                }
                place -= 1;
                let input: Vec<bool> = sample.spikes[t].iter().map(|&spikes| spikes > 0).collect();
                let heard = if number == 0 { &input } else { &response.layers[number - 1].spikes[t] };
                collect(&mut terms[place], heard, &own);
                for (j, state) in adjoints[number].iter_mut().enumerate() {
                    let (v, half) = (response.layers[number].membrane[t][j], response.layers[number].halfway[t][j]);
                    let by_voltage = by_spike[j] * self.surrogate.of(v);
                    match self.neuron {
                        Neuron::Lif => {
                            let kept = if spoken[j] { Number::default() } else { state.v };
                            state.i = (a * state.i + kept).settled();
                            state.v = (b * kept + by_voltage).settled();
                        }
                        Neuron::Izhikevich => {
                            let excites = j < layer.excitatory;
                            izhikevich_back(state, a, [v, half], spoken[j], excites, by_voltage);
                        }
                    }
                }
                (weights, above) = (&layer.feed, own);
            }
            for k in 0..classes {
                f[k] = a * f[k] + u[k];
                u[k] = inject(b * u[k], response.readout_slopes[t][k]);
            }
        }
    }
}

/// Advances voltage and recovery; returns the voltage after half a step.
///
/// Independent error bounds would grow where the neuron contracts. The error after half a step is the old one times the
/// steepest slope within it, |0.7 + 4 x|, plus half the errors of w and I, plus the rounding errors. These are four of
/// terms of at most R = (4 |x| + 1.2) |x| + |w| + |I|, halved, and one of the sum. The error of the recovery shrinks by
/// 1 - a, plus the rounding errors of a (b x - w) and of the sum.
fn izhikevich(state: &mut State, spikes: bool, excites: bool, decided: &mut bool, held: &mut usize) -> Number {
    let (rate, jump) = kind(excites);
    let most = |number: Number| number.value.abs() + number.error;
    let x = if spikes { Number::input(0.05) } else { state.v };
    let w = if spikes { (state.w + jump).settled() } else { state.w };
    let current = state.i;
    let mut half_step = |x: Number| {
        let value = x.value + 0.5 * (4.0 * x.value * x.value - 0.6 * x.value - w.value + current.value);
        let carried = ((0.7 + 4.0 * x.value).abs() + 4.0 * x.error) * x.error + 0.5 * (w.error + current.error);
        let largest = (4.0 * most(x) + 1.2) * most(x) + most(w) + most(current);
        let moved = Number::known(value, carried + UNIT * (2.5 * largest + most(x)));
        *decided &= moved.is_off(FLOOR);
        *held += usize::from(moved.value < FLOOR);
        if moved.value < FLOOR { Number::input(FLOOR) } else { moved }
    };
    let half = half_step(x);
    let x = half_step(half);
    let a = rate.value;
    let carried = (1.0 - a) * w.error + a * 0.2 * x.error;
    let rounded = UNIT * (5.0 * a * (most(x) + most(w)) + most(w));
    state.v = x;
    state.w = Number::known(w.value + a * (0.2 * x.value - w.value), carried + rounded);
    half
}

/// Moves the adjoint of a neuron one step back.
fn izhikevich_back(
    state: &mut State,
    decay: Number,
    [x, half]: [Number; 2],
    spikes: bool,
    excites: bool,
    by_voltage: Number,
) {
    let (rate, _) = kind(excites);
    let growth = |x: Number| (Number::input(4.0) * x + Number::input(0.7)).settled();
    let before_floor = |x: Number, gradient: Number| if x.value > FLOOR { gradient } else { Number::default() };
    let by_half = before_floor(half, (state.v * growth(half)).settled());
    let by_current = (Number::input(0.5) * (state.v + by_half).settled()).settled();
    let kept = (state.w * (Number::input(1.0) - rate).settled()).settled();
    let w = (kept - by_current).settled();
    let carried = if spikes { Number::default() } else { (by_half * growth(x)).settled() };
    let by_recovery = ((rate * Number::input(0.2)).settled() * w).settled();
    let v = ((carried + by_voltage).settled() + by_recovery).settled();
    *state = State { v: before_floor(x, v), w, i: (state.i * decay + by_current).settled() };
}

/// Returns the weights of the active rows in `column`.
fn active<'a>(rows: &'a [bool], weights: &'a [Vec<f64>], column: usize) -> impl Iterator<Item = Number> + 'a {
    rows.iter().zip(weights).filter(|(active, _)| **active).map(move |(_, weights)| Number::input(weights[column]))
}

/// Returns the terms of a sum over the neurons that receive a spike.
fn project<'a>(weights: &'a [f64], adjoint: &'a [Number]) -> impl Iterator<Item = Number> + 'a {
    weights.iter().zip(adjoint).map(|(&weight, &adjoint)| Number::input(weight) * adjoint)
}

/// Appends the adjoint currents to the rows that spiked.
fn collect(terms: &mut [Vec<Vec<Number>>], spikes: &[bool], currents: &[Number]) {
    for (row, _) in terms.iter_mut().zip(spikes).filter(|(_, spiked)| **spiked) {
        row.iter_mut().zip(currents).for_each(|(terms, current)| terms.push(*current));
    }
}
