//! Loss of the readout voltages, and its gradient.
//!
//! ```text
//! max-over-time   L = -ln softmax(max_t U[t])[label]                          t = 0 .. T
//! per-step        L = mean over t = 1 .. T of -ln softmax(U[t])[label]
//! dL/du           = softmax(u) - onehot(label)                                u  argument of the softmax
//! ```
//!
//! The predicted class has the largest max_t U; the earliest of equal maxima is used. Source: Kilgore et al., Sci Rep
//! 15, 24798 (2025). The published results follow from the first loss; the text of the paper states the second.

use ohmspike_simd::{Block, LANES, exp, ln};

use crate::trace::Trace;

pub(crate) mod kind;

pub use kind::Loss;

/// Gradient of the loss by the readout voltages, dL/dU\[t\], stored sparsely over steps.
#[derive(Clone, Debug)]
pub struct ReadoutGradient {
    blocks: usize,
    /// (T + 1) x class blocks; rows of steps that are not in `touched` are zero.
    gradients: Vec<Block>,
    touched: Vec<bool>,
    /// Gradient of one softmax, one entry per class.
    slopes: Vec<f32>,
}

impl ReadoutGradient {
    /// Creates buffers for steps 0 .. `steps` of `blocks` blocks of classes.
    pub fn new(steps: usize, blocks: usize) -> ReadoutGradient {
        ReadoutGradient {
            blocks,
            gradients: vec![Block::ZERO; (steps + 1) * blocks],
            touched: vec![false; steps + 1],
            slopes: Vec::new(),
        }
    }

    /// Returns dL/dU\[step\], or `None` if it is zero.
    #[inline(always)]
    pub fn at(&self, step: usize) -> Option<&[Block]> {
        self.touched[step].then(|| &self.gradients[step * self.blocks..(step + 1) * self.blocks])
    }

    /// Returns the last step with a gradient.
    pub fn last_step(&self) -> Option<usize> {
        self.touched.iter().rposition(|&touched| touched)
    }

    fn clear(&mut self) {
        for step in 0..self.touched.len() {
            if self.touched[step] {
                self.gradients[step * self.blocks..(step + 1) * self.blocks].fill(Block::ZERO);
            }
        }
        self.touched.fill(false);
    }

    fn touch(&mut self, step: usize) -> &mut [Block] {
        self.touched[step] = true;
        &mut self.gradients[step * self.blocks..(step + 1) * self.blocks]
    }
}

impl Loss {
    /// Returns the loss of the sample with `trace` and class `label`, and writes `scale` times its gradient to
    /// `gradient`. `scale` is 1 / batch size.
    pub fn differentiate(self, trace: &Trace, label: usize, scale: f32, gradient: &mut ReadoutGradient) -> f64 {
        gradient.clear();
        let mut slopes = std::mem::take(&mut gradient.slopes);
        slopes.resize(trace.classes(), 0.0);
        let loss = match self {
            Loss::MaxOverTime => {
                slopes.iter_mut().enumerate().for_each(|(class, u)| *u = trace.peak(class).1);
                let loss = cross_entropy(&mut slopes, label);
                for (class, slope) in slopes.iter().enumerate() {
                    gradient.touch(trace.peak(class).0)[class / LANES][class % LANES] = scale * slope;
                }
                loss
            }
            Loss::PerStep => {
                let steps = trace.steps();
                let mut total = 0.0;
                for (step, row) in trace.readout().chunks_exact(gradient.blocks).enumerate().skip(1) {
                    slopes.iter_mut().enumerate().for_each(|(class, u)| *u = row[class / LANES][class % LANES]);
                    total += cross_entropy(&mut slopes, label);
                    let gradients = gradient.touch(step);
                    for (class, slope) in slopes.iter().enumerate() {
                        gradients[class / LANES][class % LANES] = scale / steps as f32 * slope;
                    }
                }
                total / steps as f64
            }
        };
        gradient.slopes = slopes;
        loss
    }
}

/// Returns -ln softmax(u)\[label\] and replaces `u` by its gradient, softmax(u) - onehot(label).
fn cross_entropy(u: &mut [f32], label: usize) -> f64 {
    let largest = u.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let of_label = u[label] - largest;
    let mut sum = 0.0;
    for value in u.iter_mut() {
        *value = exp(*value - largest);
        sum += *value;
    }
    if !sum.is_finite() {
        // `ln` is meaningless there; return NaN so that divergence is detected.
        return f64::NAN;
    }
    u.iter_mut().for_each(|value| *value /= sum);
    u[label] -= 1.0;
    f64::from(ln(sum) - of_label)
}

#[cfg(test)]
mod tests {
    use crate::network::Dynamics;
    use crate::network::Network;

    use super::*;

    fn trace(rows: &[[f32; 3]]) -> Trace {
        let dynamics = Dynamics::default();
        let network = Network::new(1, 1, 3, 1.0, rows.len() - 1, &dynamics).expect("valid");
        Trace::of_readout(&network, rows)
    }

    #[test]
    fn only_the_step_of_each_maximum_has_a_gradient() {
        let trace = trace(&[[0.0; 3], [1.0, 0.2, -0.5], [0.5, 0.4, -0.1]]);
        let mut gradient = ReadoutGradient::new(2, 1);
        let loss = Loss::MaxOverTime.differentiate(&trace, 1, 1.0, &mut gradient);
        let exps = [libm::exp(1.0), libm::exp(0.4), 1.0];
        let sum: f64 = exps.iter().sum();
        assert!((loss - (libm::log(sum) - 0.4)).abs() < 1e-6);
        assert_eq!(gradient.last_step(), Some(2));
        assert!((f64::from(gradient.at(1).expect("class 0")[0][0]) - exps[0] / sum).abs() < 1e-6);
        assert!((f64::from(gradient.at(2).expect("class 1")[0][1]) - (exps[1] / sum - 1.0)).abs() < 1e-6);
        assert!((f64::from(gradient.at(0).expect("class 2")[0][2]) - exps[2] / sum).abs() < 1e-6);
        assert_eq!(trace.predicted(), 0);
    }

    #[test]
    fn a_nan_voltage_gives_a_nan_loss() {
        let mut gradient = ReadoutGradient::new(2, 1);
        let trace = trace(&[[0.0; 3], [1.0, f32::NAN, 0.0], [2.0, f32::NAN, 0.0]]);
        for loss in [Loss::MaxOverTime, Loss::PerStep] {
            assert!(loss.differentiate(&trace, 0, 1.0, &mut gradient).is_nan());
        }
    }

    #[test]
    fn reused_gradients_are_cleared() {
        let mut gradient = ReadoutGradient::new(2, 1);
        Loss::PerStep.differentiate(&trace(&[[0.0; 3], [1.0; 3], [2.0; 3]]), 0, 1.0, &mut gradient);
        assert!(gradient.at(0).is_none() && gradient.at(1).is_some());
        Loss::MaxOverTime.differentiate(&trace(&[[1.0; 3], [0.0; 3], [0.0; 3]]), 0, 1.0, &mut gradient);
        assert!(gradient.at(0).is_some() && gradient.at(1).is_none() && gradient.at(2).is_none());
    }
}
