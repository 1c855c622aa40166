//! Nodes of neurons, integrated with forward Euler in steps of dt.
//!
//! ```text
//! CubaLIF   tau_syn I' = -I + w_in S          I[t+1] = a I[t] + (dt / tau_syn) w_in S[t]       a = 1 - dt / tau_syn
//!           tau_mem v' = v_leak - v + r I     v[t+1] = b v[t] + (dt / tau_mem) r I[t]          b = 1 - dt / tau_mem
//!           spike if v > v_threshold          v_leak = v_reset = 0
//! LIF       tau v' = v_leak - v + r S         the same with a = 0, one step later
//! CubaLI, LI                                  the same without spikes
//! ```
//!
//! In units of the threshold, the input of a neuron has the gain (dt / tau_syn) w_in (dt / tau_mem) r / v_threshold, which
//! scales its weights. Source: docstrings of the Python package `nir` 1.0.8, `ir/neuron.py`.

use ohmspike_datasets::NumberArray;

use crate::chain::Link;
use crate::constants::{MAX_STEPS, NEVER, decay, is_same_tau};
use crate::error::{NirError, NodeReason};
use crate::graph::{Graph, Value};
use crate::note::Note;

/// Largest relative difference between two estimates of the step: several roundings to float32.
const SAME_STEP: f64 = 1e-5;
/// Time constants above this are unusual, s.
const LONG: f64 = 1.0;

/// Neurons of a node.
#[derive(Clone, Debug)]
pub(crate) struct Neurons {
    /// Decay factor of the synaptic current.
    pub(crate) synapse_decay: f32,
    /// Decay factor of the membrane voltage.
    pub(crate) membrane_decay: f32,
    /// Time constant of the synapse, s; 0 without a synaptic current.
    pub(crate) tau_syn: f64,
    /// Time constant of the membrane, s.
    pub(crate) tau_mem: f64,
    /// Gain of the weights of every neuron.
    pub(crate) gains: Vec<f64>,
    /// Whether a voltage reaches a threshold.
    pub(crate) spike: bool,
}

/// Parameters of a node of neurons.
pub(crate) struct Parameters<'a> {
    graph: &'a Graph,
    link: Link<'a>,
    count: usize,
}

impl<'a> Parameters<'a> {
    /// Opens the parameters of `count` neurons.
    pub(crate) fn new(graph: &'a Graph, link: Link<'a>, count: usize) -> Parameters<'a> {
        Parameters { graph, link, count }
    }

    fn is_cuba(&self) -> bool {
        self.link.kind().starts_with("Cuba")
    }

    fn tau_mem(&self) -> &'static str {
        if self.is_cuba() { "tau_mem" } else { "tau" }
    }

    /// Returns the duration of the step for which a unit of input adds a unit of current, and a unit of current a unit of
    /// voltage; none if neurons differ, or if it is not shorter than their time constants.
    pub(crate) fn implied_step(&self) -> Result<Option<f64>, NirError> {
        let (tau, r) = (self.positive(self.tau_mem())?, self.required("r")?);
        let mut steps: Vec<f64> = tau.iter().zip(&r).map(|(tau, r)| tau / r).collect();
        let mut taus = tau;
        if self.is_cuba() {
            let (tau, w_in) = (self.positive("tau_syn")?, self.or("w_in", 1.0)?);
            steps.extend(tau.iter().zip(&w_in).map(|(tau, w_in)| tau / w_in));
            taus.extend(tau);
        }
        let first = steps[0];
        let same = steps.iter().all(|step| (step - first).abs() <= SAME_STEP * first.abs());
        let shorter = taus.iter().all(|tau| first < *tau);
        Ok((same && shorter && first > 0.0 && first.is_finite()).then_some(first))
    }

    /// Returns the neurons for a step of `dt`, s.
    pub(crate) fn neurons(&self, dt: f64, notes: &mut Vec<Note>) -> Result<Neurons, NirError> {
        let zeros = |parameter, default: bool| -> Result<(), NirError> {
            let values = if default { self.or(parameter, 0.0)? } else { self.required(parameter)? };
            let zero = |value: &f64| *value == 0.0;
            self.all(parameter, &values, "0 (neurons leak and reset to zero)", zero)
        };
        zeros("v_leak", false)?;
        let spike = self.link.kind().ends_with("LIF");
        if spike {
            zeros("v_reset", true)?;
        }
        let tau = self.positive(self.tau_mem())?;
        let (membrane_decay, r) = (self.decay(self.tau_mem(), &tau, dt, notes)?, self.required("r")?);
        let mut gains: Vec<f64> = tau.iter().zip(&r).map(|(tau, r)| dt / tau * r).collect();
        let (mut synapse_decay, mut tau_syn) = (0.0, 0.0);
        if self.is_cuba() {
            let (tau, w_in) = (self.positive("tau_syn")?, self.or("w_in", 1.0)?);
            (synapse_decay, tau_syn) = (self.decay("tau_syn", &tau, dt, notes)?, tau[0]);
            gains.iter_mut().zip(tau.iter().zip(&w_in)).for_each(|(gain, (tau, w_in))| *gain *= dt / tau * w_in);
        }
        let mut spikes = spike;
        if spike {
            let threshold = self.thresholds()?;
            spikes = threshold.iter().any(|threshold| *threshold < NEVER);
            if spikes {
                gains.iter_mut().zip(&threshold).for_each(|(gain, threshold)| *gain /= threshold);
            }
        }
        Ok(Neurons { synapse_decay, membrane_decay, tau_syn, tau_mem: tau[0], gains, spike: spikes })
    }

    /// Returns the decay factor of time constants that must be the same for all neurons.
    fn decay(&self, parameter: &'static str, taus: &[f64], dt: f64, notes: &mut Vec<Note>) -> Result<f32, NirError> {
        // A decay factor of 0, as that of a network without synaptic currents, has tau = dt, possibly rounded to float32.
        let (low, high) = (dt, dt * MAX_STEPS);
        // A decay factor next to 1 has few digits in float32: one of 1e6 steps is rounded by 3 %.
        let (least, most) = (low * (1.0 - f64::from(f32::EPSILON)), high * 1.05);
        if let Some(seconds) = taus.iter().copied().find(|tau| !(least..=most).contains(tau)) {
            return Err(self.refused(NodeReason::Time { parameter, low, high, dt_seconds: dt, seconds }));
        }
        let factor = |tau: f64| decay(tau, dt).max(0.0) as f32;
        let first = taus[0];
        if let Some(other) = taus.iter().copied().find(|tau| !is_same_tau(first, *tau) && factor(*tau) != factor(first))
        {
            return Err(self.refused(NodeReason::Differs { parameter, first, other }));
        }
        if first > LONG {
            let (node, parameter) = (self.link.name.to_owned(), parameter.to_owned());
            notes.push(Note::LongTime { node, parameter, seconds: first });
        }
        Ok(factor(first))
    }

    /// Returns the thresholds, of which infinity is one that no voltage reaches.
    fn thresholds(&self) -> Result<Vec<f64>, NirError> {
        let parameter = "v_threshold";
        let values = self.values(parameter)?.ok_or_else(|| self.missing(parameter))?;
        self.all(parameter, &values, "a positive number", |value| *value > 0.0)?;
        Ok(values)
    }

    fn positive(&self, parameter: &'static str) -> Result<Vec<f64>, NirError> {
        let values = self.required(parameter)?;
        self.all(parameter, &values, "a positive number", |value| *value > 0.0)?;
        Ok(values)
    }

    fn required(&self, parameter: &'static str) -> Result<Vec<f64>, NirError> {
        self.optional(parameter)?.ok_or_else(|| self.missing(parameter))
    }

    fn missing(&self, parameter: &'static str) -> NirError {
        self.refused(NodeReason::MissingParameter { parameter })
    }

    fn or(&self, parameter: &'static str, default: f64) -> Result<Vec<f64>, NirError> {
        Ok(self.optional(parameter)?.unwrap_or_else(|| vec![default; self.count]))
    }

    /// Returns a finite value for every neuron.
    fn optional(&self, parameter: &'static str) -> Result<Option<Vec<f64>>, NirError> {
        let Some(values) = self.values(parameter)? else { return Ok(None) };
        self.all(parameter, &values, "a finite number", |value| value.is_finite())?;
        Ok(Some(values))
    }

    /// Returns a value for every neuron. One value holds for all.
    fn values(&self, parameter: &'static str) -> Result<Option<Vec<f64>>, NirError> {
        let Some(array) = array(self.graph, self.link, parameter)? else { return Ok(None) };
        let values = match array.numbers.len() {
            1 => vec![array.numbers[0]; self.count],
            count if count == self.count => array.numbers.clone(),
            _ => {
                let expected = format!("{} values, the rows of the weights before, or 1", self.count);
                let got = array.shape.clone();
                return Err(self.refused(NodeReason::Shape { parameter, expected, got }));
            }
        };
        Ok(Some(values))
    }

    fn all(
        &self,
        parameter: &'static str,
        values: &[f64],
        expected: &'static str,
        is: impl Fn(&f64) -> bool,
    ) -> Result<(), NirError> {
        match values.iter().position(|value| !is(value)) {
            Some(index) => Err(self.refused(NodeReason::Value { parameter, index, expected, value: values[index] })),
            None => Ok(()),
        }
    }

    fn refused(&self, reason: NodeReason) -> NirError {
        self.link.refused(self.graph, reason)
    }
}

/// Returns the numbers of a parameter; none if the node does not have it.
pub(crate) fn array<'a>(
    graph: &Graph,
    link: Link<'a>,
    parameter: &'static str,
) -> Result<Option<&'a NumberArray>, NirError> {
    match link.node.parameters.get(parameter) {
        None => Ok(None),
        Some(Value::Numbers(array)) => Ok(Some(array)),
        Some(other) => {
            let reason = NodeReason::Type { parameter, expected: "numbers", got: other.told() };
            Err(link.refused(graph, reason))
        }
    }
}
