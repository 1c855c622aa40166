//! The preset `kilgore-2025` learns on the embedded subset of Fashion-MNIST.
//!
//! At chance, a classifier is right for one in ten images. For n test images, its accuracy is 0.1 with a standard error
//! of sqrt(0.1 x 0.9 / n). An accuracy of five standard errors more is above chance. The published results for all
//! images take hours and are in the CHANGELOG.

use std::path::Path;

use ohmspike_study::prepare::Prepared;
use ohmspike_study::settings::Settings;
use ohmspike_study::trial::{TrialInput, run_trial};

#[test]
fn a_few_epochs_are_clearly_above_chance() {
    let mut settings = Settings::default();
    settings.noise.level_percent = 1.0;
    settings.training.epochs = 10;
    let prepared = Prepared::new([&settings].into_iter(), Path::new(".")).expect("the embedded subset");
    let outcome = run_trial(
        &TrialInput { settings: &settings, devices: &Default::default(), data: prepared.data(&settings), seed: 1 },
        None,
        &ohmspike_simd::Serial,
        &mut |_| {},
    )
    .expect("a valid trial");
    let last = outcome.epochs.last().expect("ten epochs").test.total();
    let chance = 0.1 + 5.0 * (0.1 * 0.9 / last.samples as f64).sqrt();
    assert!(last.accuracy() > chance, "expected an accuracy above {chance}, got {}", last.accuracy());
    let losses: Vec<f64> = outcome.epochs.iter().map(|epoch| epoch.loss).collect();
    assert!(losses.is_sorted_by(|earlier, later| earlier > later), "expected a decreasing loss, got {losses:?}");
}
