//! One network on one device: its weights, the branches that hold them, and their scale.

use std::sync::Arc;

use ohmspike_crossbar::device::WriteNoise;
use ohmspike_simd::Matrix;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::network::Network;
use ohmspike_study::prepare::{LoadedDevice, Prepared};
use ohmspike_study::settings::{Settings, connection_key, connection_name, key_of_named};
use serde::{Deserialize, Serialize};

use super::network::DeployedNetwork;
use super::signs::{Branches, branches, projected, wrong_signs};
use super::{DeployError, DeployOptions, DeployWarning, PULSED_PASSES};
use crate::mechanisms::{Mechanism, Mechanisms};

/// Which mechanisms of the device act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// All of them.
    Whole,
    /// All but one.
    Without(Mechanism),
    /// One alone.
    Only(Mechanism),
    /// None of them: the conductance window alone, which clips weights beyond the weight at Gmax.
    Window,
}

/// How the weights of a connection map to conductances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// Name of the connection.
    pub connection: String,
    /// Weight of a fully-on cell, thresholds.
    pub weight_at_gmax: f32,
    /// Largest magnitude of a weight, thresholds.
    pub largest_weight: f32,
    /// Weights beyond the weight at Gmax, which are clipped.
    pub clipped: u64,
    /// Weights with the sign of the other population, which become 0.
    pub wrong_signs: u64,
}

/// One network on one device.
pub(crate) struct Cell {
    /// Number of the network.
    pub network: usize,
    /// Number of the device.
    pub device: usize,
    pub variant: Variant,
    pub settings: Arc<Settings>,
    pub snn: Arc<Network>,
    /// Deployed weights in order of the connections: those with the wrong sign are 0, on chips and without a device.
    pub matrices: Arc<Vec<(Connection, Matrix)>>,
    /// Weights as stored, if some have the wrong sign.
    pub stored: Option<Arc<Vec<(Connection, Matrix)>>>,
    /// Standard deviation of the study's write noise, thresholds.
    pub update_sigma: f64,
    pub branches: Arc<Branches>,
    pub scales: Vec<Scale>,
    pub write_passes: u32,
}

/// Matrices with fewer weights have no 99.9 % of them.
const MIN_WEIGHTS: usize = 1000;
/// Fraction of the window that 99.9 % of the weights should use, %. Trained networks use 20 to 80 %.
const MIN_PERCENT: f32 = 10.0;

impl Cell {
    /// Returns the cells of network `number`: one per device, and those of its mechanisms if they are wanted.
    pub fn of_network(
        number: usize,
        network: &DeployedNetwork,
        prepared: &mut Prepared,
        options: &DeployOptions,
    ) -> Result<Vec<Cell>, DeployError> {
        let mut cells = Vec::new();
        for device in 0..network.study.conditions.len() {
            let settings = network.settings(device);
            let shape = prepared.data(&settings).shape();
            let matrices = network.stored.arranged(shape)?;
            let snn = network.network(&settings, shape)?;
            let branches = branches(network.demand, &snn, &matrices, &network.stored.file)?;
            let (matrices, stored, wrong_signs) = held(matrices, &branches);
            let mechanisms = Mechanisms::new(Arc::clone(&settings), &network.paths());
            let exact = mechanisms.as_ref().is_ok_and(|mechanisms| {
                mechanisms.active().iter().all(|mechanism| *mechanism == Mechanism::WriteNoise)
            });
            let devices = prepared.devices_of(&settings);
            let scale = |(place, (connection, matrix)): (usize, &(Connection, Matrix))| {
                let given = given_scale(network, device, *connection);
                let (device, name) = (devices.of(*connection), connection_name(*connection));
                scale(name, matrix, given, device, exact, wrong_signs[place])
            };
            let scales: Vec<Scale> = matrices.iter().enumerate().map(scale).collect();
            let pulsed = matrices.iter().any(|(connection, _)| {
                devices.of(*connection).is_some_and(|loaded| loaded.device.write.pulses().is_some())
            });
            let write_passes = options.write_passes.unwrap_or(if pulsed { PULSED_PASSES } else { 1 });
            let (snn, matrices, branches) = (Arc::new(snn), Arc::new(matrices), Arc::new(branches));
            let cell = |variant: Variant, settings: Arc<Settings>| Cell {
                network: number,
                device,
                variant,
                snn: Arc::clone(&snn),
                matrices: Arc::clone(&matrices),
                stored: stored.clone(),
                update_sigma: network.update_sigma(&settings),
                settings,
                branches: Arc::clone(&branches),
                scales: scales.clone(),
                write_passes,
            };
            cells.push(cell(Variant::Whole, settings));
            if options.mechanisms {
                let clips = scales.iter().any(|scale| scale.clipped > 0);
                for (variant, settings) in variants(&mechanisms?, clips) {
                    network.add(&settings, prepared)?;
                    cells.push(cell(variant, settings));
                }
            }
        }
        Ok(cells)
    }

    /// Lists the numbers of weights with the sign of the other population, such as `12 of 1000 in readout`.
    pub fn wrong_signs(&self) -> String {
        let wrong = self.scales.iter().zip(self.matrices.iter()).filter(|(scale, _)| scale.wrong_signs > 0);
        let shown = |(scale, (_, matrix)): (&Scale, &(Connection, Matrix))| {
            format!("{} of {} in {}", scale.wrong_signs, matrix.rows() * matrix.columns(), scale.connection)
        };
        wrong.map(shown).collect::<Vec<String>>().join(", ")
    }

    /// Returns warnings about weights beyond the weight at Gmax.
    pub fn warnings(&self, networks: &[DeployedNetwork]) -> Vec<DeployWarning> {
        let of = |scale: &Scale| {
            let Scale { connection, weight_at_gmax, largest_weight: largest, clipped: count, .. } = scale.clone();
            let (file, key) = (networks[self.network].stored.file.clone(), key_of_named(&connection, "weight_at_gmax"));
            DeployWarning::Clipped { file, key, connection, count, weight_at_gmax, largest }
        };
        let clipped = self.scales.iter().filter(|scale| scale.clipped > 0).map(of);
        clipped.chain(self.small_weights(networks)).collect()
    }

    /// Finds matrices that use little of the window because of a few large weights.
    fn small_weights<'a>(&'a self, networks: &'a [DeployedNetwork]) -> impl Iterator<Item = DeployWarning> + 'a {
        let file = || networks[self.network].stored.file.clone();
        self.scales.iter().zip(self.matrices.iter()).filter_map(move |(scale, (_, matrix))| {
            let mut sizes: Vec<f32> = matrix.cells().map(f32::abs).collect();
            sizes.sort_unstable_by(f32::total_cmp);
            let common = sizes[(sizes.len() - 1) * 999 / 1000];
            let (weight_at_gmax, connection) = (scale.weight_at_gmax, scale.connection.clone());
            let percent = 100.0 * common / weight_at_gmax;
            let key = key_of_named(&connection, "weight_at_gmax");
            (sizes.len() >= MIN_WEIGHTS && common > 0.0 && percent < MIN_PERCENT).then(|| DeployWarning::SmallWeights {
                file: file(),
                connection,
                key,
                common,
                percent,
                weight_at_gmax,
            })
        })
    }
}

/// Returns the variants that show what each mechanism costs. Without clipped weights, the window alone changes nothing.
fn variants(mechanisms: &Mechanisms, clips: bool) -> Vec<(Variant, Arc<Settings>)> {
    let of = |&mechanism: &Mechanism| {
        [
            (Variant::Without(mechanism), mechanisms.without(&[mechanism])),
            (Variant::Only(mechanism), mechanisms.only(&[mechanism])),
        ]
    };
    let window = clips.then(|| (Variant::Window, mechanisms.only(&[])));
    mechanisms.active().iter().flat_map(of).chain(window).collect()
}

/// Matrices in order of the connections.
type Matrices = Vec<(Connection, Matrix)>;

/// Returns the weights that pairs can hold, the weights as stored if they differ, and the number of weights with the wrong
/// sign per matrix.
fn held(matrices: Matrices, branches: &Branches) -> (Matrices, Option<Arc<Matrices>>, Vec<u64>) {
    let Some(branches) = branches else {
        let none = vec![0; matrices.len()];
        return (matrices, None, none);
    };
    let each = || matrices.iter().zip(branches);
    let wrong: Vec<u64> = each().map(|((_, matrix), own)| wrong_signs(matrix, own)).collect();
    if wrong.iter().all(|count| *count == 0) {
        return (matrices, None, wrong);
    }
    let held = each().map(|((connection, matrix), own)| (*connection, projected(matrix, own))).collect();
    (held, Some(Arc::new(matrices)), wrong)
}

/// Returns the weight at Gmax that the user sets, if any.
fn given_scale(network: &DeployedNetwork, condition: usize, connection: Connection) -> Option<f32> {
    let own = network.sets(condition, &connection_key(connection, "weight_at_gmax"));
    let of_all = connection != Connection::Readout && network.sets(condition, "hardware.weight_at_gmax");
    (own || of_all).then(|| network.settings(condition).weight_at_gmax_of(connection) as f32)
}

/// Returns the scale of a matrix. Full scale is the largest magnitude of its weights. A device without non-idealities
/// except noise in units of weight gets the next power of two of its window instead: conductances then hold every weight
/// exactly, at no cost.
fn scale(
    connection: String,
    matrix: &Matrix,
    given: Option<f32>,
    device: Option<&LoadedDevice>,
    exact: bool,
    wrong_signs: u64,
) -> Scale {
    let largest_weight = matrix.cells().fold(0.0, |largest: f32, weight| largest.max(weight.abs()));
    let needed = if largest_weight > 0.0 { largest_weight } else { 1.0 };
    let own = device.map_or(needed, |loaded| {
        let device = &loaded.device;
        let in_weights = matches!(device.write.noise, WriteNoise::None | WriteNoise::FromStudy);
        if exact && in_weights { power_of_two(needed, device.window.span()) } else { needed }
    });
    let weight_at_gmax = given.unwrap_or(own);
    let clipped = matrix.cells().filter(|weight| weight.abs() > weight_at_gmax).count() as u64;
    Scale { connection, weight_at_gmax, largest_weight, clipped, wrong_signs }
}

/// Returns the smallest `span` x 2^k that is at least `needed`.
fn power_of_two(needed: f32, span: f32) -> f32 {
    let mut scale = span;
    while scale < needed {
        scale *= 2.0;
    }
    while 0.5 * scale >= needed && scale > f32::MIN_POSITIVE {
        scale *= 0.5;
    }
    scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_of_two_of_the_window_holds_the_largest_weight() {
        for (needed, span, expected) in [(1.0, 999.0, 999.0 / 512.0), (999.0, 999.0, 999.0), (1000.0, 999.0, 1998.0)] {
            assert_eq!(power_of_two(needed, span), expected);
        }
    }

    #[test]
    fn the_largest_weight_sets_the_scale() {
        let matrix = Matrix::from_fn(1, 3, |_, column| [0.5, -2.0, 1.0][column]);
        let of = |given| scale("readout".to_owned(), &matrix, given, None, false, 0);
        assert_eq!((of(None).weight_at_gmax, of(None).clipped), (2.0, 0));
        assert_eq!((of(Some(0.75)).weight_at_gmax, of(Some(0.75)).clipped), (0.75, 2));
    }
}
