//! Van Rossum distances between all pairs of hidden neurons over all training images, including forward passes.

use std::hint::black_box;
use std::time::Instant;

use benches::{Stage, Trial};
use ohmspike_rng::Seed;
use ohmspike_snn::evaluate::evaluate_watched;
use ohmspike_snn::metrics::van_rossum::{Time, VanRossum};

use crate::Run;
use crate::table::{Line, Needs, Target};

/// Distances with the time constant of the paper, one step.
pub fn lines(stage: &Stage, run: Run) -> Vec<Line> {
    let mut learner = stage.trial(&Trial::default(), run.warm_up + 1);
    let (network, train) = (&stage.network, &stage.data.train);
    let mut spikes = 0.0;
    let mut measure = || {
        let started = Instant::now();
        let mut distances = VanRossum::new(network.last_hidden().neurons, 1.0).expect("a positive time constant");
        let activity = evaluate_watched(
            network,
            &mut [learner.hidden.store_mut(), learner.readout.store_mut()],
            train,
            train.labels.len(),
            Seed::new(1),
            &mut |answer| distances.add_sample(answer.trace.hidden_spikes_by_step()),
        );
        black_box(distances.report(network.last_hidden().excitatory, Time::Steps));
        spikes = activity.total().spikes_per_sample();
        started.elapsed().as_secs_f64()
    };
    let measured = (0..run.rounds).map(|_| measure()).collect();
    vec![Line {
        what: format!(
            "Van Rossum distances of all hidden pairs over {} images, forward pass included",
            train.labels.len()
        ),
        measured,
        unit: "s",
        target: Target::AtMost(30.0),
        needs: Needs::FullSet,
        details: format!("{spikes:.0} hidden spikes per image"),
    }]
}
