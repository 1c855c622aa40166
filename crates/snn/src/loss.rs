//! From the readout's voltages to the loss and its gradient.
//!
//! ```text
//! max-over-time   L = -ln softmax(max_t U[t])[label]                       t = 0 .. T
//! per-step        L = mean over t = 1 .. T of -ln softmax(U[t])[label]
//! dL/du           = softmax(u) - onehot(label)                             u  what the softmax is taken of
//! ```
//!
//! The class is the largest of max_t U. Of equal maxima the earliest counts. Source: Kilgore et al., Sci Rep 15, 24798
//! (2025): the published results follow from the first, the published text states the second.

use lanes::{Block, LANES, exp, ln};
use serde::{Deserialize, Serialize};

/// What training makes small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Cross entropy of each class's largest voltage.
    MaxOverTime,
    /// Cross entropy at every step, averaged.
    PerStep,
}

/// Gradient of the loss by the readout's voltages, dL/dU\[t\], stored where it is not zero.
#[derive(Clone, Debug)]
pub struct ReadoutGradient {
    blocks: usize,
    /// (T + 1) x class blocks; rows of steps not listed in `touched` hold zero.
    gradients: Vec<Block>,
    touched: Vec<bool>,
}

impl ReadoutGradient {
    /// Room for steps 0 .. `steps` of `blocks` blocks of classes.
    pub fn new(steps: usize, blocks: usize) -> ReadoutGradient {
        ReadoutGradient { blocks, gradients: vec![Block::ZERO; (steps + 1) * blocks], touched: vec![false; steps + 1] }
    }

    /// dL/dU\[step\], or `None` where it is zero.
    #[inline(always)]
    pub fn at(&self, step: usize) -> Option<&[Block]> {
        self.touched[step].then(|| &self.gradients[step * self.blocks..(step + 1) * self.blocks])
    }

    /// The last step with a gradient.
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

/// Largest voltage of each class over steps 0 .. T and the earliest step that has it. `readout` is (T + 1) x class
/// blocks.
pub fn maxima(readout: &[Block], classes: usize) -> Vec<(usize, f32)> {
    let blocks = lanes::blocks_for(classes);
    let mut maxima = vec![(0, 0.0); classes];
    for (number, maxima) in maxima.chunks_mut(LANES).enumerate() {
        let (mut best, mut best_step) = (readout[number], Block::ZERO);
        for (step, row) in readout.chunks_exact(blocks).enumerate() {
            let voltage = row[number];
            // What is not at most the best is higher, or NaN: a voltage that is NaN stays so and must not go unseen.
            let higher = voltage.zip(best, |voltage, best| if voltage <= best { 0.0 } else { 1.0 });
            best = voltage.select(best, higher, |higher| higher > 0.0);
            best_step = Block::splat(step as f32).select(best_step, higher, |higher| higher > 0.0);
        }
        for (lane, maximum) in maxima.iter_mut().enumerate() {
            *maximum = (best_step[lane] as usize, best[lane]);
        }
    }
    maxima
}

/// The class with the largest voltage, the lowest of equal ones.
pub fn predicted(maxima: &[(usize, f32)]) -> usize {
    (1..maxima.len()).fold(0, |best, class| if maxima[class].1 > maxima[best].1 { class } else { best })
}

impl Loss {
    /// The loss of one sample; `scale` times its gradient goes to `gradient`. `readout` holds U\[0..T\], (T + 1) x class
    /// blocks; `scale` is one over the batch.
    pub fn differentiate(
        self,
        readout: &[Block],
        classes: usize,
        label: usize,
        scale: f32,
        gradient: &mut ReadoutGradient,
    ) -> f64 {
        gradient.clear();
        match self {
            Loss::MaxOverTime => {
                let maxima = maxima(readout, classes);
                let mut slopes: Vec<f32> = maxima.iter().map(|&(_, voltage)| voltage).collect();
                let loss = cross_entropy(&mut slopes, label);
                for (class, (&(step, _), slope)) in maxima.iter().zip(slopes).enumerate() {
                    gradient.touch(step)[class / LANES][class % LANES] = scale * slope;
                }
                loss
            }
            Loss::PerStep => {
                let blocks = lanes::blocks_for(classes);
                let steps = readout.len() / blocks - 1;
                let mut slopes = vec![0.0; classes];
                let mut total = 0.0;
                for (step, row) in readout.chunks_exact(blocks).enumerate().skip(1) {
                    slopes.iter_mut().enumerate().for_each(|(class, u)| *u = row[class / LANES][class % LANES]);
                    total += cross_entropy(&mut slopes, label);
                    let gradients = gradient.touch(step);
                    for (class, slope) in slopes.iter().enumerate() {
                        gradients[class / LANES][class % LANES] = scale / steps as f32 * slope;
                    }
                }
                total / steps as f64
            }
        }
    }
}

/// -ln softmax(u)\[label\]; turns `u` into its gradient, softmax(u) - onehot(label).
fn cross_entropy(u: &mut [f32], label: usize) -> f64 {
    let largest = u.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let of_label = u[label] - largest;
    let mut sum = 0.0;
    for value in u.iter_mut() {
        *value = exp(*value - largest);
        sum += *value;
    }
    if !sum.is_finite() {
        // `ln` means nothing there, and what is not a number must not look like one.
        return f64::NAN;
    }
    u.iter_mut().for_each(|value| *value /= sum);
    u[label] -= 1.0;
    f64::from(ln(sum) - of_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readout(rows: &[[f32; 3]]) -> Vec<Block> {
        rows.iter().map(|row| Block(std::array::from_fn(|lane| row.get(lane).copied().unwrap_or(0.0)))).collect()
    }

    #[test]
    fn only_the_step_of_each_maximum_learns() {
        let readout = readout(&[[0.0; 3], [1.0, 0.2, -0.5], [0.5, 0.4, -0.1]]);
        let mut gradient = ReadoutGradient::new(2, 1);
        let loss = Loss::MaxOverTime.differentiate(&readout, 3, 1, 1.0, &mut gradient);
        let exps = [libm::exp(1.0), libm::exp(0.4), 1.0];
        let sum: f64 = exps.iter().sum();
        assert!((loss - (libm::log(sum) - 0.4)).abs() < 1e-6);
        assert_eq!(gradient.last_step(), Some(2));
        assert!((f64::from(gradient.at(1).expect("class 0")[0][0]) - exps[0] / sum).abs() < 1e-6);
        assert!((f64::from(gradient.at(2).expect("class 1")[0][1]) - (exps[1] / sum - 1.0)).abs() < 1e-6);
        assert!((f64::from(gradient.at(0).expect("class 2")[0][2]) - exps[2] / sum).abs() < 1e-6);
        assert_eq!(predicted(&maxima(&readout, 3)), 0);
    }

    #[test]
    fn a_voltage_that_is_nan_makes_the_loss_nan() {
        let mut gradient = ReadoutGradient::new(2, 1);
        let readout = readout(&[[0.0; 3], [1.0, f32::NAN, 0.0], [2.0, f32::NAN, 0.0]]);
        for loss in [Loss::MaxOverTime, Loss::PerStep] {
            assert!(loss.differentiate(&readout, 3, 0, 1.0, &mut gradient).is_nan());
        }
    }

    #[test]
    fn a_used_gradient_is_cleared() {
        let mut gradient = ReadoutGradient::new(2, 1);
        Loss::PerStep.differentiate(&readout(&[[0.0; 3], [1.0; 3], [2.0; 3]]), 3, 0, 1.0, &mut gradient);
        assert!(gradient.at(0).is_none() && gradient.at(1).is_some());
        Loss::MaxOverTime.differentiate(&readout(&[[1.0; 3], [0.0; 3], [0.0; 3]]), 3, 0, 1.0, &mut gradient);
        assert!(gradient.at(0).is_some() && gradient.at(1).is_none() && gradient.at(2).is_none());
    }
}
