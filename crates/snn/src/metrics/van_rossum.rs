//! Van Rossum distance between the spike trains of a sample, for all pairs of neurons.
//!
//! ```text
//! f_i(t)  =  sum over spikes a of i with t_a <= t of exp(-(t - t_a) / tau)
//! D²_ij   =  integral of (f_i - f_j)²  =  k (C_ii + C_jj - 2 C_ij)
//! C_ij    =  sum over spikes a of i and b of j of exp(-|t_a - t_b| / tau)
//!
//! Time::Steps         sum over all steps                            k = 1 / (1 - exp(-2 / tau))
//! Time::Continuous    1/tau times the integral over all times       k = 1/2
//!
//! tau     time constant of the kernel (steps)
//! ```
//!
//! Source: van Rossum, Neural Comput 13, 751 (2001), in continuous time: two distant spikes have D² = 1, and one spike
//! has D² = 1/2 from silence. The published distances of untrained networks (Kilgore et al., Sci Rep 15, 24798 (2025),
//! tau = 1 ms) are means over samples of the *root* D of the sum over steps (`tests/validation/spike_distances.rs`).
//! Spikes are at whole steps, so both definitions count the same pairs of spikes and differ only in the factor k. The
//! sum continues after the last step of a sample until the last spikes have decayed.
//!
//! Trains are not expanded over time. Each neuron has a decaying trace of its spikes. When neuron i spikes, the traces
//! of all neurons are added to row i of the products. This is exact and takes spikes x neurons additions per sample.
//!
//! ```
//! use ohmspike_snn::metrics::van_rossum::{Time, VanRossum};
//!
//! // Neuron 0 spikes at steps 0 and 2, neuron 1 at step 2.
//! let mut distances = VanRossum::new(2, 1.0)?;
//! distances.add_sample([&[0][..], &[], &[0, 1]]);
//! // The trains differ by one spike of neuron 0, at D² = 1/2 from silence.
//! let square = distances.pair(0, 1, Time::Continuous).square;
//! assert!((square - 0.5).abs() < 1e-15);
//! # Ok::<(), ohmspike_snn::metrics::van_rossum::VanRossumError>(())
//! ```

use ohmspike_simd::kernel;
use serde::{Deserialize, Serialize};

/// Integration of the squared difference of two filtered trains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Time {
    /// Sum over steps, as in the published distances.
    #[default]
    Steps,
    /// Integral over continuous time divided by tau, as defined by van Rossum.
    Continuous,
}

impl Time {
    /// Returns k, which is D² of one spike from silence, for `tau` in steps.
    pub fn one_spike(self, tau: f64) -> f64 {
        match self {
            Time::Steps => -1.0 / libm::expm1(-2.0 / tau),
            Time::Continuous => 0.5,
        }
    }
}

/// Invalid parameter of the distance.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VanRossumError {
    /// A time constant that is not positive, or too large to decay.
    #[error("van_rossum: tau: expected a positive number of steps, at most 1000000000, got {0}")]
    TimeConstant(f64),
}

/// Means of D and D² over samples, and possibly over pairs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Distance {
    /// Mean of D.
    pub root: f64,
    /// Mean of D².
    pub square: f64,
}

/// Means over the pairs of two populations, without self-pairs; `None` if there is no such pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PairDistances {
    /// Two excitatory neurons.
    pub ee: Option<Distance>,
    /// An excitatory and an inhibitory neuron.
    pub ei: Option<Distance>,
    /// Two inhibitory neurons.
    pub ii: Option<Distance>,
}

/// Distances between all neurons, summed over samples.
#[derive(Clone, Debug)]
pub struct VanRossum {
    neurons: usize,
    tau: f64,
    samples: u64,
    sample: Sample,
    /// Sums over samples of D / sqrt(k) and D² / k, neurons x neurons; only second > first is stored.
    roots: Vec<f64>,
    squares: Vec<f64>,
}

/// State of the current sample.
#[derive(Clone, Debug)]
struct Sample {
    /// exp(-1 / tau).
    decay: f64,
    /// Current f of each neuron.
    filtered: Vec<f64>,
    /// Neurons x neurons: C_ij is the sum of the entries (i, j) and (j, i).
    products: Vec<f64>,
}

impl VanRossum {
    /// Creates empty sums for `neurons` neurons and a kernel with time constant `tau` in steps.
    ///
    /// # Errors
    /// [`VanRossumError::TimeConstant`] if `tau` is not positive or above a billion.
    pub fn new(neurons: usize, tau: f64) -> Result<VanRossum, VanRossumError> {
        if !(tau > 0.0 && tau <= 1e9) {
            return Err(VanRossumError::TimeConstant(tau));
        }
        let pairs = vec![0.0; neurons * neurons];
        let decay = libm::exp(-1.0 / tau);
        let sample = Sample { decay, filtered: vec![0.0; neurons], products: pairs.clone() };
        Ok(VanRossum { neurons, tau, samples: 0, sample, roots: pairs.clone(), squares: pairs })
    }

    /// Adds one sample, given the neurons that spike at each step. A neuron spikes at most once per step.
    pub fn add_sample<'a>(&mut self, spikes_by_step: impl IntoIterator<Item = &'a [u16]>) {
        self.sample.filtered.fill(0.0);
        self.sample.products.fill(0.0);
        for spiking in spikes_by_step {
            add_step(&mut self.sample, spiking);
        }
        add_pairs(self.neurons, &self.sample.products, &mut self.roots, &mut self.squares);
        self.samples += 1;
    }

    /// Returns the number of samples.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Returns the mean over samples for two neurons, in either order; 0 for a neuron with itself or without samples.
    pub fn pair(&self, one: usize, other: usize, time: Time) -> Distance {
        let at = one.min(other) * self.neurons + one.max(other);
        self.mean(self.roots[at], self.squares[at], 1, time)
    }

    /// Returns the means over samples and pairs; the first `excitatory` neurons are excitatory.
    pub fn report(&self, excitatory: usize, time: Time) -> PairDistances {
        let mut sums = [(0.0, 0.0, 0u64); 3];
        for first in 0..self.neurons {
            for second in first + 1..self.neurons {
                let at = first * self.neurons + second;
                let sum = &mut sums[usize::from(first >= excitatory) + usize::from(second >= excitatory)];
                *sum = (sum.0 + self.roots[at], sum.1 + self.squares[at], sum.2 + 1);
            }
        }
        let [ee, ei, ii] = sums.map(|(root, square, pairs)| (pairs > 0).then(|| self.mean(root, square, pairs, time)));
        PairDistances { ee, ei, ii }
    }

    fn mean(&self, root: f64, square: f64, pairs: u64, time: Time) -> Distance {
        let count = (pairs * self.samples.max(1)) as f64;
        let factor = time.one_spike(self.tau);
        Distance { root: factor.sqrt() * root / count, square: factor * square / count }
    }
}

/// Advances by one step with the `spiking` neurons. Two spikes at the same step contribute half to each of their rows.
#[kernel]
fn add_step(sample: &mut Sample, spiking: &[u16]) {
    let Sample { decay, filtered, products } = sample;
    for value in filtered.iter_mut() {
        *value *= *decay;
    }
    for &neuron in spiking {
        filtered[usize::from(neuron)] += 0.5;
    }
    let neurons = filtered.len();
    for &neuron in spiking {
        let row = &mut products[usize::from(neuron) * neurons..][..neurons];
        for (product, value) in row.iter_mut().zip(filtered.iter()) {
            *product += *value;
        }
    }
    for &neuron in spiking {
        filtered[usize::from(neuron)] += 0.5;
    }
}

/// Adds D / sqrt(k) and D² / k of every pair to the sums. Rounding can make equal trains slightly negative but never
/// NaN, because the products are finite.
#[kernel]
fn add_pairs(neurons: usize, products: &[f64], roots: &mut [f64], squares: &mut [f64]) {
    let mut selves = vec![0.0; neurons];
    let mut column = vec![0.0; neurons];
    for first in 0..neurons {
        selves[first] = 2.0 * products[first * neurons + first];
    }
    for first in 0..neurons {
        for second in first + 1..neurons {
            column[second] = products[second * neurons + first];
        }
        let row = first * neurons + first + 1..(first + 1) * neurons;
        let (roots, squares, products) = (&mut roots[row.clone()], &mut squares[row.clone()], &products[row]);
        let (own, selves, column) = (selves[first], &selves[first + 1..], &column[first + 1..]);
        for second in 0..roots.len() {
            let product = products[second] + column[second];
            let square = (own + selves[second] - 2.0 * product).max(0.0);
            squares[second] += square;
            roots[second] += square.sqrt();
        }
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;
    use rand::RngExt;

    use super::*;

    const STEPS: usize = 60;
    const NEURONS: usize = 21;
    /// A silent neuron; its distances are those from silence.
    const SILENT: usize = NEURONS - 1;

    /// Trains of all densities, from a spike per 20 steps to a spike per step, and a silent one.
    fn random_trains(seed: u64) -> Vec<Vec<u16>> {
        let mut draws = Seed::new(seed).named("trains").stream();
        let mut spikes = |neuron: &u16| draws.random_range(0..SILENT) <= usize::from(*neuron);
        (0..STEPS).map(|_| (0..SILENT as u16).filter(&mut spikes).collect()).collect()
    }

    fn lists(trains: &[Vec<u16>]) -> impl Iterator<Item = &[u16]> {
        trains.iter().map(Vec::as_slice)
    }

    fn distances(neurons: usize, tau: f64, samples: &[&[Vec<u16>]]) -> VanRossum {
        let mut distances = VanRossum::new(neurons, tau).expect("positive");
        samples.iter().for_each(|sample| distances.add_sample(lists(sample)));
        distances
    }

    /// D² summed over steps of expanded trains, continued for 40 tau, after which e^-80 of a spike remains.
    fn dense_square(trains: &[Vec<u16>], one: usize, other: usize, tau: f64) -> f64 {
        let steps = STEPS + (40.0 * tau) as usize;
        let filtered = |neuron: usize| {
            let spikes = |step: &usize| trains.get(*step).is_some_and(|step| step.contains(&(neuron as u16)));
            let times: Vec<usize> = (0..steps).filter(spikes).collect();
            let at = move |step| {
                let before = times.iter().filter(|&&spike| spike <= step);
                before.map(|&spike| libm::exp(-((step - spike) as f64) / tau)).sum::<f64>()
            };
            (0..steps).map(at).collect::<Vec<f64>>()
        };
        let (one, other) = (filtered(one), filtered(other));
        one.iter().zip(&other).map(|(one, other)| (one - other) * (one - other)).sum()
    }

    /// Bound on the rounding of D²: both methods sum terms of one sign, each rounded a few times per step and spike.
    /// The sums do not exceed D² of both trains from silence.
    fn rounding(distances: &VanRossum, one: usize, other: usize, time: Time) -> f64 {
        let from_silence = |neuron| distances.pair(neuron, SILENT, time).square;
        16.0 * STEPS as f64 * f64::EPSILON * (from_silence(one) + from_silence(other))
    }

    #[test]
    fn agrees_with_expanded_trains() {
        for (seed, tau) in [(1, 1.0), (2, 0.3), (3, 4.0)] {
            let trains = random_trains(seed);
            let distances = distances(NEURONS, tau, &[&trains]);
            for one in 0..NEURONS {
                for other in 0..NEURONS {
                    let expected = dense_square(&trains, one, other, tau);
                    let Distance { root, square } = distances.pair(one, other, Time::Steps);
                    let tolerance = rounding(&distances, one, other, Time::Steps);
                    assert!((square - expected).abs() <= tolerance, "tau {tau}: {square} for {expected}");
                    if expected > 0.0 {
                        assert!((root - expected.sqrt()).abs() <= tolerance / expected.sqrt());
                    } else {
                        assert_eq!(root, 0.0);
                    }
                }
            }
        }
    }

    #[test]
    fn two_spikes_have_the_published_distance() {
        // van Rossum 2001: D² = 1 - exp(-dt / tau) for one spike each at distance dt; 1/2 from silence.
        for (apart, tau) in [(0usize, 1.0), (1, 1.0), (3, 2.5), (30, 1.0)] {
            let mut trains = vec![vec![]; 40];
            trains[5].push(0);
            trains[5 + apart].push(1);
            let distances = distances(3, tau, &[&trains]);
            let continuous = distances.pair(0, 1, Time::Continuous).square;
            let expected = -libm::expm1(-(apart as f64) / tau);
            assert!((continuous - expected).abs() <= 40.0 * f64::EPSILON, "{continuous} for {expected}");
            assert_eq!(distances.pair(0, 2, Time::Continuous).square, 0.5);
            assert_eq!(distances.pair(2, 1, Time::Continuous).root, 0.5f64.sqrt());
            // Geometric series over steps: 1 + q² + q⁴ + ...
            let series: f64 = (0..400).map(|step| libm::exp(-2.0 * f64::from(step) / tau)).sum();
            assert!((distances.pair(0, 2, Time::Steps).square - series).abs() <= 400.0 * f64::EPSILON * series);
        }
    }

    #[test]
    fn equal_trains_have_distance_zero() {
        // Neuron n + SILENT repeats neuron n.
        let twice = |spiking: &Vec<u16>| {
            let repeated = spiking.iter().map(|neuron| neuron + SILENT as u16);
            spiking.iter().copied().chain(repeated).collect()
        };
        let trains: Vec<Vec<u16>> = random_trains(4).iter().map(twice).collect();
        let distances = distances(2 * SILENT, 3.0, &[&trains]);
        for neuron in 0..SILENT {
            let none = Distance { root: 0.0, square: 0.0 };
            assert_eq!(distances.pair(neuron, neuron + SILENT, Time::Steps), none);
            assert_eq!(distances.pair(neuron, neuron, Time::Steps), none);
        }
    }

    #[test]
    fn roots_are_a_metric() {
        let trains = random_trains(5);
        let distances = distances(NEURONS, 1.0, &[&trains]);
        let pair = |one, other| distances.pair(one, other, Time::Steps);
        let mut triangles = 0;
        for one in 0..NEURONS {
            for other in 0..NEURONS {
                assert_eq!(pair(one, other), pair(other, one));
                for third in 0..NEURONS {
                    let legs = pair(one, third).root + pair(third, other).root;
                    // Root of the rounding of D² near 0.
                    let slack = rounding(&distances, one, other, Time::Steps).sqrt();
                    assert!(pair(one, other).root <= legs + slack);
                    triangles += usize::from(pair(one, other).root > 0.9 * legs && one != third && other != third);
                }
            }
        }
        assert!(triangles > 0, "the trains include nearly flat triangles");
    }

    #[test]
    fn samples_average_in_any_order() {
        let samples = [6, 7, 8].map(random_trains);
        let [first, second, third] = samples.each_ref().map(Vec::as_slice);
        let forward = distances(NEURONS, 1.0, &[first, second, third]);
        let backward = distances(NEURONS, 1.0, &[third, second, first]);
        let alone = [first, second, third].map(|sample| distances(NEURONS, 1.0, &[sample]));
        assert_eq!(forward.samples(), 3);
        for one in 0..NEURONS {
            for other in 0..NEURONS {
                let all = [&forward, &backward].map(|distances| distances.pair(one, other, Time::Continuous));
                let apart = alone.each_ref().map(|distances| distances.pair(one, other, Time::Continuous));
                // Three positive terms, each scaled and added with one rounding.
                for (roots, name) in [(true, "root"), (false, "square")] {
                    let of = |distance: &Distance| if roots { distance.root } else { distance.square };
                    let mean = apart.iter().map(of).sum::<f64>() / 3.0;
                    for all in &all {
                        assert!((of(all) - mean).abs() <= 8.0 * f64::EPSILON * mean, "{name}");
                    }
                }
            }
        }
    }

    #[test]
    fn samples_are_independent() {
        let (loud, silent) = (random_trains(9), vec![vec![]; STEPS]);
        let both = distances(NEURONS, 2.0, &[&loud, &silent]);
        let alone = distances(NEURONS, 2.0, &[&loud]);
        let halved = |distance: Distance| Distance { root: distance.root / 2.0, square: distance.square / 2.0 };
        for other in 1..NEURONS {
            assert_eq!(both.pair(0, other, Time::Continuous), halved(alone.pair(0, other, Time::Continuous)));
        }
    }

    #[test]
    fn reports_pairs_by_population() {
        // Neurons 0 to 3 spike at step 0, neuron 4 is silent: D² is 0 or 1/2.
        let trains = [vec![0, 1, 2, 3]];
        let distances = distances(5, 1.0, &[&trains]);
        let report = distances.report(3, Time::Continuous);
        let half = 0.5f64.sqrt();
        assert_eq!(report.ee, Some(Distance { root: 0.0, square: 0.0 }));
        let ei = report.ei.expect("six pairs");
        assert_eq!(ei.square, 3.0 * 0.5 / 6.0);
        assert!((ei.root - 3.0 * half / 6.0).abs() <= 4.0 * f64::EPSILON);
        assert_eq!(report.ii, Some(Distance { root: half, square: 0.5 }));
        // Either all neurons are excitatory, or one is inhibitory and has no inhibitory partner.
        let all = distances.report(5, Time::Continuous);
        assert_eq!((all.ee.expect("ten pairs").square, all.ei, all.ii), (4.0 * 0.5 / 10.0, None, None));
        assert_eq!(distances.report(4, Time::Continuous).ii, None);
        assert_eq!(VanRossum::new(0, 1.0).expect("positive").report(0, Time::Steps), PairDistances::default());
    }

    #[test]
    fn kernels_are_bit_identical_to_plain_loops() {
        let (trains, tau) = (random_trains(10), 1.5);
        let (mut filtered, mut products) = ([0.0; NEURONS], [[0.0; NEURONS]; NEURONS]);
        for spiking in &trains {
            filtered.iter_mut().for_each(|value| *value *= libm::exp(-1.0 / tau));
            let spiking: Vec<usize> = spiking.iter().map(|&neuron| usize::from(neuron)).collect();
            spiking.iter().for_each(|&neuron| filtered[neuron] += 0.5);
            for &neuron in &spiking {
                (0..NEURONS).for_each(|other| products[neuron][other] += filtered[other]);
            }
            spiking.iter().for_each(|&neuron| filtered[neuron] += 0.5);
        }
        let distances = distances(NEURONS, tau, &[&trains]);
        for one in 0..NEURONS {
            for other in one + 1..NEURONS {
                let energies = 2.0 * products[one][one] + 2.0 * products[other][other];
                let square: f64 = energies - 2.0 * (products[one][other] + products[other][one]);
                let expected = Distance { root: 0.5f64.sqrt() * square.sqrt(), square: 0.5 * square };
                assert_eq!(distances.pair(one, other, Time::Continuous), expected);
            }
        }
    }

    #[test]
    fn rejects_kernels_without_decay() {
        for tau in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e12] {
            let error = VanRossum::new(2, tau).expect_err("no time constant").to_string();
            assert_eq!(
                error,
                format!("van_rossum: tau: expected a positive number of steps, at most 1000000000, got {tau}")
            );
        }
    }
}
