//! The Izhikevich neuron of 2003 with an exponential synaptic current; forward Euler. One step stands
//! for 1 ms of the neuron.
//!
//! This is not the neuron of the published study of excitatory and inhibitory networks, although both have the same
//! name. The code of that study uses the form of 2007, C v' = k (v - vr)(v - vt) - u + I, with nine parameters per
//! neuron and one Euler step of 1 ms. The form here has four parameters and advances v in two half steps. Do not
//! compare its results with published ones.
//!
//! As published, with v and u in mV and time in ms:
//!
//! ```text
//! v' = 0.04 v² + 5 v + 140 - u + I            v  membrane voltage
//! u' = a (b v - u)                            u  recovery
//! v >= 30:   v <- c,  u <- u + d              I  current
//!
//!                    a      b      c     d
//! regular spiking    0.02   0.2   -65    8    excitatory neurons
//! fast spiking       0.1    0.2   -65    2    inhibitory neurons
//! ```
//!
//! Both types rest at v = -70, u = -14 and spike at 30, which is 100 mV above rest. This distance is the unit of
//! voltage, as the threshold is for the leaky neuron. With x = (v + 70) / 100 and w = (u + 14) / 100:
//!
//! ```text
//! x' = 4 x² - 0.6 x - w + I                   x  membrane voltage, thresholds, 0 at rest
//! w' = a (b x - w)                            w  recovery, thresholds per step
//! x >= 1:   x <- 0.05,  w <- w + D            I  synaptic current, thresholds per step;  D  0.08 or 0.02
//! ```
//!
//! Weights are again multiples of the threshold, and the surrogate uses a threshold of 1. A current of 0.1 is the 10 of
//! the paper's figures. One step has two half steps of v, as in the published program:
//!
//! ```text
//! S[t]    =  1 if x[t] >= 1, else 0
//! x°, w°  =  0.05, w[t] + D if S[t], else x[t], w[t]
//! h       =  max(x° + (4 x°² - 0.6 x° - w° + I[t]) / 2, F)
//! x[t+1]  =  max(h + (4 h² - 0.6 h - w° + I[t]) / 2, F)
//! w[t+1]  =  w° + a (b x[t+1] - w°)
//! I[t+1]  =  α I[t] + input current          α = exp(-1 / tau_syn)
//! ```
//!
//! Below F = -0.35 (v = -105 mV), the parabola lifts a silent neuron past its rest within one half step, and strong
//! inhibition would make it fire. The voltage is therefore clamped at F, unlike in the published program. A clamped
//! voltage carries no gradient, and neither does the reset.
//!
//! Source: E. M. Izhikevich, IEEE Trans. Neural Netw. 14, 1569 (2003), eqs. 1 to 3, Fig. 2 and the program of Fig. 3.
//! Form of 2007: E. M. Izhikevich, Dynamical Systems in Neuroscience (MIT Press, 2007), ch. 8.

use ohmspike_simd::{Block, LANES, Simd, note_work};

use super::{Model, Neurons, Record, Voltages};

/// b: sensitivity of the recovery to the voltage, per step.
const SENSITIVITY: f32 = 0.2;
/// c: voltage after a spike, thresholds.
const RESET: f32 = 0.05;
/// F: lowest voltage, thresholds.
const FLOOR: f32 = -0.35;
/// Largest number below the peak of 1.
const BELOW_PEAK: f32 = 1.0f32.next_down();

/// Types of sixteen neurons.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kinds {
    /// a: rate of the recovery, per step.
    pub rate: Block,
    /// D: increment of the recovery by a spike.
    pub jump: Block,
}

/// Returns the types of `neurons` neurons in blocks: the first `excitatory` ones are regular spiking, the others fast
/// spiking.
pub fn kinds(neurons: usize, excitatory: usize) -> Vec<Kinds> {
    let of = |first: usize, regular: f32, fast: f32| {
        Block(std::array::from_fn(|lane| if first + lane < excitatory { regular } else { fast }))
    };
    let blocks = (0..neurons).step_by(LANES);
    blocks.map(|first| Kinds { rate: of(first, 0.02, 0.1), jump: of(first, 0.08, 0.02) }).collect()
}

/// A layer of Izhikevich neurons.
#[derive(Clone, Copy, Debug)]
pub struct Izhikevich<'a> {
    /// α: decay factor of the synaptic current per step.
    pub synapse_decay: f32,
    /// Types of the neurons, in blocks.
    pub kinds: &'a [Kinds],
}

/// Returns the clamped voltage after half a step.
#[inline(always)]
fn half_step<S: Simd>(simd: S, x: S::Wide, recovery: S::Wide, current: S::Wide) -> S::Wide {
    let slope = simd.sub(simd.mul(simd.splat(4.0), x), simd.splat(0.6));
    let drift = simd.add(simd.sub(simd.mul(slope, x), recovery), current);
    let x = simd.add(x, simd.mul(simd.splat(0.5), drift));
    let floor = simd.splat(FLOOR);
    // NaN is not clamped, so that divergence is detected.
    simd.select(simd.above(floor, x), floor, x)
}

/// Returns the gradient by a voltage before clamping, which is zero if it is clamped.
#[inline(always)]
fn before_floor<S: Simd>(simd: S, x: S::Wide, gradient: S::Wide) -> S::Wide {
    simd.select(simd.above(x, simd.splat(FLOOR)), gradient, simd.splat(0.0))
}

/// Returns the derivative of half a step by the voltage: 1 + (8 x - 0.6) / 2.
#[inline(always)]
fn growth<S: Simd>(simd: S, x: S::Wide) -> S::Wide {
    simd.add(simd.mul(simd.splat(4.0), x), simd.splat(0.7))
}

impl Model for Izhikevich<'_> {
    #[inline(always)]
    fn step<S: Simd>(self, simd: S, block: usize, neurons: &mut Neurons<S::Wide>, record: Record) {
        note_work(|work| work.stepped += 1);
        let Kinds { rate, jump } = &self.kinds[block];
        let Neurons { membrane, recovery, current } = *neurons;
        let spikes = simd.above(membrane, simd.splat(BELOW_PEAK));
        simd.store(membrane, record.membrane);
        *record.spiking = simd.bits(spikes);
        let x = simd.select(spikes, simd.splat(RESET), membrane);
        let w = simd.select(spikes, simd.add(recovery, simd.load(jump)), recovery);
        let half = half_step(simd, x, w, current);
        if let Some(halfway) = record.halfway {
            simd.store(half, halfway);
        }
        let x = half_step(simd, half, w, current);
        let pull = simd.sub(simd.mul(simd.splat(SENSITIVITY), x), w);
        *neurons = Neurons {
            membrane: x,
            recovery: simd.add(w, simd.mul(simd.load(rate), pull)),
            current: simd.mul(current, simd.splat(self.synapse_decay)),
        };
    }

    /// ```text
    /// g = dL/dx[t+1],  r = dL/dw[t+1],  i = dL/dI[t+1]           g is zero if x[t+1] is clamped
    /// k    =  g (0.7 + 4 h)                                      zero if h is clamped
    /// i[t] =  α i + (g + k) / 2
    /// r[t] =  (1 - a) r - (g + k) / 2
    /// g[t] =  k (0.7 + 4 x[t]) (1 - S[t]) + dL/dS[t] surrogate(x[t]) + a b r[t]     zero if x[t] is clamped
    /// ```
    #[inline(always)]
    fn step_back<S: Simd>(
        self,
        simd: S,
        block: usize,
        adjoint: &mut Neurons<S::Wide>,
        voltages: Voltages<S::Wide>,
        by_spike: S::Wide,
        slope: S::Wide,
    ) {
        note_work(|work| work.stepped_back += 1);
        let rate = simd.load(&self.kinds[block].rate);
        let Voltages { membrane, halfway } = voltages;
        let by_half = before_floor(simd, halfway, simd.mul(adjoint.membrane, growth(simd, halfway)));
        let by_current = simd.mul(simd.splat(0.5), simd.add(adjoint.membrane, by_half));
        let kept = simd.mul(adjoint.recovery, simd.sub(simd.splat(1.0), rate));
        let recovery = simd.sub(kept, by_current);
        let spikes = simd.above(membrane, simd.splat(BELOW_PEAK));
        let carried = simd.zero_where(spikes, simd.mul(by_half, growth(simd, membrane)));
        let by_recovery = simd.mul(simd.mul(rate, simd.splat(SENSITIVITY)), recovery);
        let by_voltage = simd.add(simd.add(carried, simd.mul(by_spike, slope)), by_recovery);
        *adjoint = Neurons {
            membrane: before_floor(simd, membrane, by_voltage),
            recovery,
            current: simd.add(simd.mul(adjoint.current, simd.splat(self.synapse_decay)), by_current),
        };
    }
}
