//! From the start of a study to its first batch.

use std::path::Path;
use std::time::Instant;

use benches::{Stage, largest_data_set, study_settings};
use ohmspike_study::prepare::Prepared;

use crate::table::{Line, Needs, Target};

/// The stage of the noise study on all images there are, and how long it took until the first batch was learnt from. The
/// copy of the data that a stage keeps is not part of it; the look at the untrained network with which a trial begins is
/// no batch.
pub fn stage_and_line() -> (Stage, Line) {
    let settings = study_settings(largest_data_set());
    let started = Instant::now();
    let prepared = Prepared::new([&settings].into_iter(), Path::new(".")).expect("the data set is there");
    let prepared_in = started.elapsed().as_secs_f64();
    let data = prepared.data(&settings).clone();
    drop(prepared);
    let stage = Stage::of(settings, data);
    let started = Instant::now();
    stage.learner(None, 0).steps();
    let batch_in = started.elapsed().as_secs_f64();
    let line = Line {
        what: "start of a study to its first batch".to_owned(),
        measured: vec![prepared_in + batch_in],
        unit: "s",
        target: Target::AtMost(1.5),
        needs: Needs::FullSet,
        beside: format!("reading and encoding {prepared_in:.3} s, first batch {batch_in:.3} s"),
    };
    (stage, line)
}
