//! The preset `kilgore-2025` learns on the embedded part of Fashion-MNIST.
//!
//! A classifier that knows nothing is right on one of ten images: of n test images it has a share of 0.1 with a standard
//! error of sqrt(0.1 x 0.9 / n). Five of them above is more than chance; the published numbers of all images take hours
//! and stand in the CHANGELOG.

use std::path::Path;

use ohmspike_study::prepare::Prepared;
use ohmspike_study::settings::Settings;
use ohmspike_study::trial::run_trial;

#[test]
fn a_few_epochs_are_clearly_above_chance() {
    let mut settings = Settings::default();
    settings.noise.level_percent = 1.0;
    settings.training.epochs = 10;
    let prepared = Prepared::new([&settings].into_iter(), Path::new(".")).expect("the embedded subset");
    let outcome = run_trial(
        &settings,
        &Default::default(),
        prepared.data(&settings),
        1,
        None,
        &ohmspike_simd::Serial,
        &mut |_| {},
    )
    .expect("a valid trial");
    let last = outcome.epochs.last().expect("ten epochs").test.total();
    let chance = 0.1 + 5.0 * (0.1 * 0.9 / last.samples as f64).sqrt();
    assert!(last.accuracy() > chance, "accuracy {} must be above {chance}", last.accuracy());
    let losses: Vec<f64> = outcome.epochs.iter().map(|epoch| epoch.loss).collect();
    assert!(losses.is_sorted_by(|earlier, later| earlier > later), "the loss must fall: {losses:?}");
}
