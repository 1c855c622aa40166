//! Derivatives of layered networks in forward mode, without an adjoint: every number carries its derivatives by all
//! weights, in plain float64. A spike is 0 or 1 and has the derivatives of its voltage times the surrogate derivative.
//! Resets and clamped voltages have no derivatives.

use std::ops::{Add, Mul, Sub};

use crate::dense::{Loss, Sample, Surrogate};
use crate::layered::{Network, Neuron};

/// A number and its derivatives by all weights.
#[derive(Clone, Debug)]
struct Dual {
    value: f64,
    slopes: Vec<f64>,
}

impl Dual {
    fn map(&self, value: f64, slope: f64) -> Dual {
        Dual { value, slopes: self.slopes.iter().map(|by| slope * by).collect() }
    }
}

impl Add<&Dual> for Dual {
    type Output = Dual;
    fn add(mut self, other: &Dual) -> Dual {
        self.value += other.value;
        self.slopes.iter_mut().zip(&other.slopes).for_each(|(one, other)| *one += other);
        self
    }
}

impl Add<f64> for Dual {
    type Output = Dual;
    fn add(self, other: f64) -> Dual {
        Dual { value: self.value + other, ..self }
    }
}

impl Sub<&Dual> for Dual {
    type Output = Dual;
    fn sub(self, other: &Dual) -> Dual {
        self + &(other * -1.0)
    }
}

impl Mul<f64> for &Dual {
    type Output = Dual;
    fn mul(self, factor: f64) -> Dual {
        self.map(factor * self.value, factor)
    }
}

impl Mul<&Dual> for &Dual {
    type Output = Dual;
    fn mul(self, other: &Dual) -> Dual {
        self.map(self.value * other.value, other.value) + &other.map(0.0, self.value)
    }
}

/// Weights as duals, numbered in the order of the network's matrices, row by row.
struct Weights {
    count: usize,
    next: usize,
}

impl Weights {
    fn matrix(&mut self, values: &[Vec<f64>]) -> Vec<Vec<Dual>> {
        let mut weight = |&value: &f64| {
            let mut slopes = vec![0.0; self.count];
            slopes[self.next] = 1.0;
            self.next += 1;
            Dual { value, slopes }
        };
        values.iter().map(|row| row.iter().map(&mut weight).collect()).collect()
    }
}

/// State of a layer.
struct Layer {
    feed: Vec<Vec<Dual>>,
    recurrent: Option<Vec<Vec<Dual>>>,
    voltage: Vec<Dual>,
    recovery: Vec<Dual>,
    current: Vec<Dual>,
}

/// Returns the mean loss over `samples` and its derivatives by all weights, in the order of the network's matrices.
pub fn differentiate(network: &Network, samples: &[Sample]) -> (f64, Vec<f64>) {
    let count = network.matrices().iter().map(|matrix| matrix.len() * matrix[0].len()).sum();
    let zero = Dual { value: 0.0, slopes: vec![0.0; count] };
    let sum = samples.iter().fold(zero.clone(), |sum, sample| sum + &loss(network, sample, &zero));
    let mean = &sum * (1.0 / samples.len() as f64);
    (mean.value, mean.slopes)
}

fn loss(network: &Network, sample: &Sample, zero: &Dual) -> Dual {
    let mut weights = Weights { count: zero.slopes.len(), next: 0 };
    let mut layers: Vec<Layer> = Vec::new();
    for layer in &network.layers {
        let feed = weights.matrix(&layer.feed);
        let recurrent = layer.recurrent.as_ref().map(|values| weights.matrix(values));
        let state = || vec![zero.clone(); layer.feed[0].len()];
        layers.push(Layer { feed, recurrent, voltage: state(), recovery: state(), current: state() });
    }
    let readout = weights.matrix(&network.readout);
    let classes = readout[0].len();
    let (mut u, mut f) = (vec![zero.clone(); classes], vec![zero.clone(); classes]);
    let mut voltages = vec![u.clone()];
    for x in &sample.spikes {
        let mut heard: Vec<Dual> = x.iter().map(|&x| zero.map(f64::from(x), 0.0)).collect();
        for (layer, described) in layers.iter_mut().zip(&network.layers) {
            let spikes: Vec<Dual> = layer.voltage.iter().map(|v| spike(network, v)).collect();
            for neuron in 0..layer.voltage.len() {
                let excites = neuron < described.excitatory;
                step(network, layer, neuron, excites);
                let input = heard.iter().zip(&layer.feed).fold(zero.clone(), |sum, (s, row)| sum + &(s * &row[neuron]));
                let own = layer.recurrent.iter().flat_map(|rows| spikes.iter().zip(rows));
                let input = own.fold(input, |sum, (s, row)| sum + &(s * &row[neuron]));
                layer.current[neuron] = &layer.current[neuron] * network.synapse_decay + &input;
            }
            heard = spikes;
        }
        for class in 0..classes {
            u[class] = &u[class] * network.membrane_decay + &f[class];
            let input = heard.iter().zip(&readout).fold(zero.clone(), |sum, (s, row)| sum + &(s * &row[class]));
            f[class] = &f[class] * network.synapse_decay + &input;
        }
        voltages.push(u.clone());
    }
    match network.loss {
        Loss::Max => {
            let largest = |class: usize| {
                voltages.iter().map(|u| &u[class]).reduce(|best, u| if u.value > best.value { u } else { best })
            };
            let maxima: Vec<Dual> = (0..classes).filter_map(largest).cloned().collect();
            cross_entropy(&maxima, sample.label, zero)
        }
        Loss::PerStep => {
            let steps = &voltages[1..];
            let sum = steps.iter().fold(zero.clone(), |sum, u| sum + &cross_entropy(u, sample.label, zero));
            &sum * (1.0 / steps.len() as f64)
        }
    }
}

fn spike(network: &Network, voltage: &Dual) -> Dual {
    let distance = (voltage.value - 1.0).abs();
    let slope = match network.surrogate {
        Surrogate::FastSigmoid(k) => (k * distance + 1.0).powi(-2),
        Surrogate::Exponential(k) => (-k * distance).exp(),
    };
    voltage.map(f64::from(u8::from(network.fires(voltage.value))), slope)
}

/// Advances a neuron without its current.
fn step(network: &Network, layer: &mut Layer, neuron: usize, excites: bool) {
    let (v, w, current) = (&layer.voltage[neuron], &layer.recovery[neuron], &layer.current[neuron]);
    let fires = network.fires(v.value);
    match network.neuron {
        Neuron::Lif => {
            let next = v * network.membrane_decay + current;
            layer.voltage[neuron] = if fires { next.map(0.0, 0.0) } else { next };
        }
        // In mV as published, with a threshold of 100 mV; the program uses thresholds as the unit.
        Neuron::Izhikevich => {
            let (a, d) = if excites { (0.02, 8.0) } else { (0.1, 2.0) };
            let v = if fires { v.map(-65.0, 0.0) } else { v * 100.0 + -70.0 };
            let u = w * 100.0 + if fires { -14.0 + d } else { -14.0 };
            let half = |v: Dual| {
                let drift = &(&v * &v) * 0.04 + &(&v * 5.0) + 140.0 - &u + &(current * 100.0);
                let next = v + &(&drift * 0.5);
                if next.value < -105.0 { next.map(-105.0, 0.0) } else { next }
            };
            let v = half(half(v));
            let u = u.clone() + &(&(&v * 0.2 - &u) * a);
            (layer.voltage[neuron], layer.recovery[neuron]) = (&(v + 70.0) * 0.01, &(u + 14.0) * 0.01);
        }
    }
}

/// Returns -ln softmax(u)\[label\].
fn cross_entropy(u: &[Dual], label: usize, zero: &Dual) -> Dual {
    let largest = u.iter().map(|u| u.value).fold(f64::NEG_INFINITY, f64::max);
    let exp = |u: &Dual| u.map((u.value - largest).exp(), (u.value - largest).exp());
    let sum = u.iter().fold(zero.clone(), |sum, u| sum + &exp(u));
    sum.map(sum.value.ln() + largest, 1.0 / sum.value) - &u[label]
}
