//! Decay factors per step as time constants of NIR.
//!
//! ```text
//! tau I' = -I + ...   with forward Euler   I[t+1] = (1 - dt / tau) I[t] + ...   dt   duration of a step, s
//! decay  =  1 - dt / tau                                                        tau  time constant of NIR, s
//! tau    =  dt / (1 - decay)
//! steps  =  -1 / ln(decay)                     physical time constant: decay = exp(-1 / steps)
//! ```
//!
//! The Euler time constant is not the physical one: a decay over 5 steps of 1 ms has tau = 5.52 ms. A reader that
//! integrates exactly gets other decay factors from it than one that uses forward Euler.

use serde::{Deserialize, Serialize};

/// Smallest time constant that a study may have, steps: it decays to 0 in one step.
pub const MIN_STEPS: f64 = 1e-3;
/// Largest time constant that a study may have, steps.
pub const MAX_STEPS: f64 = 1e6;
/// A threshold that no voltage reaches: such neurons integrate.
pub(crate) const NEVER: f64 = 1e30;

/// Largest relative difference of two time constants of which one is rounded to float32, or is computed in float32.
const SAME_TAU: f64 = 1e-6;

/// Decay factors of all neurons of a network, and the duration of a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constants {
    /// Duration of a step, s.
    pub dt_seconds: f64,
    /// Decay factor of the synaptic current per step.
    pub synapse_decay: f32,
    /// Decay factor of the membrane voltage per step.
    pub membrane_decay: f32,
}

impl Constants {
    /// Returns the Euler time constant of the synaptic current, s.
    pub fn tau_syn_seconds(&self) -> f64 {
        tau(self.synapse_decay, self.dt_seconds)
    }

    /// Returns the Euler time constant of the membrane, s.
    pub fn tau_mem_seconds(&self) -> f64 {
        tau(self.membrane_decay, self.dt_seconds)
    }
}

/// Returns the Euler time constant of a decay factor, s.
pub fn tau(decay: f32, dt_seconds: f64) -> f64 {
    dt_seconds / (1.0 - f64::from(decay))
}

/// Whether two time constants are the same but for rounding to float32.
pub(crate) fn is_same_tau(one: f64, other: f64) -> bool {
    (one - other).abs() <= SAME_TAU * one.abs()
}

/// Returns the decay factor per step of an Euler time constant.
pub fn decay(tau_seconds: f64, dt_seconds: f64) -> f64 {
    1.0 - dt_seconds / tau_seconds
}

/// Returns the physical time constant of a decay factor, steps: exp(-1 / steps) rounds to `decay`.
pub fn steps(decay: f32) -> f64 {
    (-1.0 / libm::log(f64::from(decay))).clamp(MIN_STEPS, MAX_STEPS)
}

/// Returns the decay factor of a physical time constant in steps.
pub fn factor(steps: f64) -> f64 {
    libm::exp(-1.0 / steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(steps: f64) -> f32 {
        super::factor(steps) as f32
    }

    #[test]
    fn euler_and_physical_time_constants_differ() {
        let five = factor(5.0);
        assert!((tau(five, 1e-3) - 5.5167e-3).abs() < 1e-7, "{}", tau(five, 1e-3));
        assert!((steps(five) - 5.0).abs() < 1e-5, "{}", steps(five));
        // As dt shrinks, both agree.
        assert!((tau(factor(1e4), 1e-4) - 1.0).abs() < 1e-3);
    }

    /// 1 - a and dt / (1 - a) are rounded to 2^-53, and a factor of at least 2^-28 has bits of 2^-51 and above.
    #[test]
    fn factors_survive_the_round_trip_bit_by_bit() {
        for dt in [1e-3, 1e-4, 3.7e-5, 1.0] {
            let all = (0..60_000).map(|number| f32::from_bits(0x3180_0000 + number * 3_931)).take_while(|a| *a < 1.0);
            let (mut count, mut last) = (0, 0.0);
            for a in all {
                assert_eq!((decay(tau(a, dt), dt) as f32).to_bits(), a.to_bits(), "{a} with {dt} s");
                (count, last) = (count + 1, a);
            }
            assert!(count > 50_000 && last > 0.999, "{count} factors up to {last}");
        }
        assert_eq!(decay(tau(0.0, 1e-4), 1e-4), 0.0);
    }

    #[test]
    fn steps_of_a_factor_give_the_factor() {
        let all = (0..60_000).map(|number| f32::from_bits(0x3180_0000 + number * 3_931));
        for a in all.take_while(|a| *a < 0.999_999) {
            assert_eq!(factor(steps(a)).to_bits(), a.to_bits(), "{a}");
        }
        assert_eq!((factor(steps(0.0)), steps(0.0)), (0.0, MIN_STEPS));
    }
}
