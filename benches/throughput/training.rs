//! Training epochs of the noise study.

use benches::{Stage, largest_data_set, number, test_mode};

use crate::{Measurement, side_by_side};

/// Trains `threads` trials of the noise study in parallel, each on one thread. The first epochs are not counted,
/// because they are faster: few neurons spike yet.
pub fn training(name: String, threads: usize) -> Vec<Measurement> {
    let stage = Stage::new(largest_data_set());
    let (warm_up, epochs) = if test_mode() { (0, 1) } else { (2, number("--epochs").unwrap_or(3)) };
    let seconds = side_by_side(threads, |_| {
        let mut learner = stage.learner(None, warm_up);
        move || {
            for _ in 0..epochs {
                learner.train();
            }
        }
    });
    let count = threads as u64 * epochs * stage.training_images() as u64;
    vec![Measurement { name, counted: "images", count, seconds }]
}
