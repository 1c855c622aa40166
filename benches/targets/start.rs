//! Time from the start of a study to its first batch.

use std::path::Path;
use std::time::Instant;

use benches::{Stage, largest_data_set, study_settings};
use ohmspike_study::prepare::Prepared;

use crate::table::{Line, Needs, Target};

/// Returns the stage of the noise study on all images, and the time until the gradient of the first batch, with encoded
/// spikes in files. This excludes the stage's copy of the data and the evaluation of the untrained network.
pub fn stage_and_line() -> (Stage, Line) {
    let settings = study_settings(largest_data_set());
    let prepare = || Prepared::new([&settings].into_iter(), Path::new(".")).expect("an installed data set");
    let started = Instant::now();
    // Writes the files if they are missing.
    drop(prepare());
    let first_in = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let prepared = prepare();
    let prepared_in = started.elapsed().as_secs_f64();
    let data = prepared.data(&settings).clone();
    drop(prepared);
    let stage = Stage::of(settings, data);
    let started = Instant::now();
    stage.learner(None, 0).steps();
    let batch_in = started.elapsed().as_secs_f64();
    let line = Line {
        what: "from the start of a study to its first batch".to_owned(),
        measured: vec![prepared_in + batch_in],
        unit: "s",
        target: Target::AtMost(0.15),
        needs: Needs::FullSet,
        details: format!("encoded data {prepared_in:.3} s, {first_in:.3} s before; first batch {batch_in:.3} s"),
    };
    (stage, line)
}
