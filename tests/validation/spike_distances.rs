//! Compares Van Rossum distances of untrained networks with Kilgore et al., Sci Rep 15, 24798 (2025). The published
//! data are those of the noise-free study (80:20, `tau_mem` = 10 ms, kernel of 1 ms), scaled by d² / 2 / 233.

use std::path::Path;

use ohmspike_rng::Seed;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::forward::{Trace, forward};
use ohmspike_snn::initial;
use ohmspike_snn::metrics::van_rossum::{PairDistances, Time, VanRossum};
use ohmspike_snn::network::Dynamics;
use ohmspike_snn::network::Network;
use ohmspike_snn::spikes::Samples;
use ohmspike_snn::weights::{DigitalWeights, WeightStore};
use ohmspike_study::prepare::Prepared;
use ohmspike_study::settings::Settings;

const HIDDEN: usize = 100;
const SAMPLES: usize = 1000;
/// Number of images of the published distances; not stated, but the distances are divided by it.
const PUBLISHED_SAMPLES: usize = 233;

/// Means and standard deviations over 8 networks.
struct Published {
    sigma: f32,
    /// Between excitatory neurons, between populations, between inhibitory neurons.
    distances: [(f64, f64); 3],
}

const PUBLISHED: [Published; 6] = [
    Published { sigma: 0.002, distances: [(0.3788, 0.0118), (0.3795, 0.0160), (0.3816, 0.0278)] },
    Published { sigma: 0.005, distances: [(0.7657, 0.0107), (0.7602, 0.0163), (0.7521, 0.0270)] },
    Published { sigma: 0.01, distances: [(1.1104, 0.0167), (1.1039, 0.0088), (1.0984, 0.0243)] },
    Published { sigma: 0.02, distances: [(1.4225, 0.0135), (1.4265, 0.0161), (1.4320, 0.0301)] },
    Published { sigma: 0.05, distances: [(1.8736, 0.0073), (1.8717, 0.0076), (1.8704, 0.0133)] },
    Published { sigma: 0.07, distances: [(2.0531, 0.0043), (2.0518, 0.0049), (2.0526, 0.0077)] },
];

/// Returns the distances of each sample.
fn untrained(samples: &Samples, sigma: f32) -> Vec<VanRossum> {
    let dynamics = Dynamics { tau_mem: 10.0, ..Dynamics::default() };
    let network = Network::new(784, HIDDEN, 10, 0.8, 100, &dynamics).expect("valid");
    let store = |signs: Vec<_>, columns, sigma, name| {
        DigitalWeights::exact(initial::weights(&signs, columns, sigma, Seed::new(1).named(name)), signs)
    };
    let hidden = store(network.signs(Connection::Feedforward(0)), HIDDEN, sigma, "hidden");
    let readout = store(network.signs(Connection::Readout), 10, dynamics.readout_sigma(HIDDEN), "readout");
    let mut trace = Trace::new(&network);
    // Equidistant samples cover all classes, whether they are stored by class or mixed.
    let stride = samples.spikes.len() / SAMPLES;
    let distances = (0..SAMPLES).map(|number| {
        let input = samples.spikes.sample(number * stride);
        forward(&network, &[hidden.layer(), readout.layer()], input, Seed::new(0), &mut trace);
        let mut distances = VanRossum::new(HIDDEN, 1.0).expect("positive");
        distances.add_sample(trace.hidden_spikes_by_step());
        distances
    });
    distances.collect()
}

/// Returns the mean over samples and the variance of one sample.
fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count - 1.0))
}

/// Returns D of E-E, E-I and I-I pairs.
fn roots(distances: &VanRossum, time: Time) -> [f64; 3] {
    let PairDistances { ee, ei, ii } = distances.report(80, time);
    [ee, ei, ii].map(|distance| distance.expect("pairs of both populations").root)
}

#[test]
fn untrained_networks_have_the_published_distances() {
    let settings = Settings::default();
    let prepared = Prepared::new([&settings].into_iter(), Path::new(".")).expect("the embedded subset");
    let samples = &prepared.data(&settings).train;
    for Published { sigma, distances } in PUBLISHED {
        let ours = untrained(samples, sigma);
        for (pairs, (published, of_networks)) in distances.into_iter().enumerate() {
            let values = |time| ours.iter().map(|sample| roots(sample, time)[pairs]).collect::<Vec<f64>>();
            let (mean, of_samples) = moments(&values(Time::Steps));
            // Five standard errors: one network against the mean of eight, and two samples of images.
            let images = of_samples * (1.0 / SAMPLES as f64 + 1.0 / PUBLISHED_SAMPLES as f64);
            let tolerance = 5.0 * (of_networks * of_networks * (1.0 + 1.0 / 8.0) + images).sqrt();
            let off = (mean - published).abs();
            assert!(off < tolerance, "sigma {sigma}: {mean} for {published}, within {tolerance}");
            // Distances in continuous time differ from the publication. For smaller spreads, many images leave the
            // network silent and the variation between images is too large to tell.
            let continuous = moments(&values(Time::Continuous)).0;
            assert!(
                sigma < 0.01 || (continuous - published).abs() > tolerance,
                "sigma {sigma}: {continuous} for {published}"
            );
        }
    }
}
