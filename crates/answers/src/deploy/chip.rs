//! Makes a chip: programs the weights into its cells, lets it rest and reads it.

use ohmspike_crossbar::{ArrayParams, Branch, CrossbarArray, NoisyRows, WriteReport};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;
use ohmspike_snn::activity::Activity;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::evaluate::{calibrate_untrained, evaluate_states};
use ohmspike_snn::hardware::{CrossbarWeights, LayerWeights};
use ohmspike_snn::network::Sign;
use ohmspike_snn::weights::{DigitalWeights, WeightStore};
use ohmspike_study::chip_maps::LayerMaps;
use ohmspike_study::prepare::{Devices, EncodedData, Prepared, sha256};
use ohmspike_study::record::trial_id;
use ohmspike_study::settings::connection_name;

use super::DeployError;
use super::cell::Cell;
use super::chip_records::{ChipRecord, Key};

/// Version of the arithmetic of a deployment, part of the name of its results.
const ARITHMETIC: u32 = 4;

/// States of a chip at different times that are read together, sample by sample.
const AT_ONCE: usize = 8;
/// Blocks of a matrix whose states are read one at a time, so that copies of large networks do not fill the memory.
const LARGE: usize = 1 << 16;

/// Makes the chips of a cell.
pub(crate) struct ChipMaker<'a> {
    cell: &'a Cell,
    data: &'a EncodedData,
    devices: Devices<'a>,
    /// Measured maps of every connection.
    maps: Vec<Option<LayerMaps>>,
    /// Names of the results.
    pub key: Key,
}

/// A programmed chip.
pub(crate) struct Chip {
    /// Its weights, per connection.
    pub layers: Vec<LayerWeights>,
    /// Counts of programming, over all connections.
    pub writes: WriteReport,
}

impl<'a> ChipMaker<'a> {
    /// Checks that the maps of the devices fit.
    pub fn new(cell: &'a Cell, prepared: &'a Prepared) -> Result<ChipMaker<'a>, DeployError> {
        let devices = prepared.devices_of(&cell.settings);
        let maps = cell.matrices.iter().map(|(connection, matrix)| {
            let loaded = devices.of(*connection);
            let of = |loaded: &ohmspike_study::prepare::LoadedDevice| {
                loaded.maps.of_layer(*connection, matrix.rows(), matrix.columns(), &loaded.device)
            };
            loaded.map(of).transpose()
        });
        let maps = maps.collect::<Result<_, _>>()?;
        let data = prepared.data(&cell.settings);
        Ok(ChipMaker { key: key(cell, data, &devices), cell, data, devices, maps })
    }

    /// Makes chip number `chip` of `seed` and programs its cells.
    pub fn program(&self, seed: u64, chip: u32) -> Result<Chip, DeployError> {
        let streams = ["chip", "write"].map(|name| stream(seed, name, chip));
        let (mut layers, mut writes) = (Vec::new(), WriteReport::default());
        for (place, (connection, matrix)) in self.cell.matrices.iter().enumerate() {
            let [chip, write] = streams.map(|seed| seed.numbered(connection.stream()));
            let layer = self.layer(place, *connection, matrix, chip)?;
            layers.push(match layer {
                None => LayerWeights::Digital(exact(matrix)),
                Some(mut array) => {
                    let written = array.program(matrix, self.cell.write_passes, write);
                    writes += written
                        .map_err(|source| DeployError::Array { connection: connection_name(*connection), source })?;
                    let seconds = self.cell.settings.sample_seconds();
                    LayerWeights::Crossbar(Box::new(CrossbarWeights::new(array, seconds)))
                }
            });
        }
        let mut made = Chip { layers, writes };
        self.calibrate(&mut made, stream(seed, "calibration", chip));
        Ok(made)
    }

    /// Builds the erased array of a connection; none for digital weights.
    fn layer(
        &self,
        place: usize,
        connection: Connection,
        matrix: &Matrix,
        chip: Seed,
    ) -> Result<Option<CrossbarArray>, DeployError> {
        let Some(loaded) = self.devices.of(connection) else { return Ok(None) };
        let Cell { settings, branches, scales, update_sigma, .. } = self.cell;
        let either = vec![Branch::Plus; matrix.rows()];
        let own = branches.as_ref().as_ref().map(|branches| &branches[place]);
        let params = ArrayParams {
            update_sigma: *update_sigma as f32,
            write_spread_scale: settings.hardware.write_spread_scale as f32,
            pair: settings.hardware.pair,
            noisy_rows: if own.is_some() { settings.hardware.population.rows() } else { NoisyRows::All },
            either_sign: own.is_none(),
            faults: self.maps[place].as_ref().and_then(|maps| maps.faults.as_ref()),
            ..ArrayParams::new(scales[place].weight_at_gmax, own.unwrap_or(&either))
        };
        let blank = Matrix::zeros(matrix.rows(), matrix.columns());
        let array = CrossbarArray::new(&loaded.device, params, &blank, chip);
        array.map(Some).map_err(|source| DeployError::Array { connection: connection_name(connection), source })
    }

    /// Calibrates the converters on one batch of the training samples, right after programming.
    fn calibrate(&self, chip: &mut Chip, read: Seed) {
        let batch = self.cell.settings.training.batch;
        calibrate_untrained(&self.cell.snn, &mut stores(&mut chip.layers), &self.data.train, batch, read);
    }

    /// Makes chip number `chip` of `seed` and counts correct samples at the times `after`, s.
    pub fn chip(&self, seed: u64, chip: u32, after: &[f64]) -> Result<ChipRecord, DeployError> {
        let made = self.program(seed, chip)?;
        let has_rtn = made.layers.iter().any(|layer| match layer {
            LayerWeights::Crossbar(cells) => cells.array.has_rtn(),
            LayerWeights::Digital(_) => false,
        });
        let Chip { mut layers, writes } = made;
        let read = stream(seed, "read", chip);
        let at_once =
            if self.cell.matrices.iter().all(|(_, weights)| weights.blocks().len() <= LARGE) { AT_ONCE } else { 1 };
        // Correct samples of each state of the cells, and the state at each time. Cells that have not moved give the same
        // answers, because every time has the same stream of read noise: a change over time comes from the cells alone.
        let (mut of_states, mut state_at) = (Vec::new(), Vec::new());
        let (mut waiting, mut before) = (Vec::<Vec<LayerWeights>>::new(), None);
        for &seconds in after {
            // Telegraph noise remembers the samples before, so every time starts from the same state.
            let mut rested = if has_rtn { layers.clone() } else { std::mem::take(&mut layers) };
            rested.iter_mut().for_each(|layer| layer.rest(seconds));
            let seen = seen_by_reads(&rested);
            if state_at.is_empty() || seen.is_none() || seen != before {
                if waiting.len() == at_once {
                    of_states.extend(self.correct(&mut waiting, read));
                    waiting.clear();
                }
                waiting.push(rested.clone());
            }
            state_at.push(of_states.len() + waiting.len() - 1);
            before = seen;
            if !has_rtn {
                layers = rested;
            }
        }
        of_states.extend(self.correct(&mut waiting, read));
        let correct = state_at.into_iter().map(|state| of_states[state]).collect();
        let samples = self.samples();
        Ok(ChipRecord {
            id: self.key.of_seed(seed),
            chip: Some(chip),
            after_seconds: after.to_vec(),
            correct,
            samples,
            hidden_spikes: None,
            writes: Some(writes),
        })
    }

    /// Counts correct samples of the network with digital weights.
    pub fn digital(&self) -> ChipRecord {
        self.in_exact_memory(&self.key.digital, &self.cell.matrices)
    }

    /// Counts correct samples with digital weights as stored, also those with the wrong sign.
    pub fn stored(&self) -> ChipRecord {
        let matrices = self.cell.stored.as_ref().unwrap_or(&self.cell.matrices);
        self.in_exact_memory(self.key.stored.as_ref().unwrap_or(&self.key.digital), matrices)
    }

    fn in_exact_memory(&self, id: &str, matrices: &[(Connection, Matrix)]) -> ChipRecord {
        let mut layers: Vec<LayerWeights> =
            matrices.iter().map(|(_, matrix)| LayerWeights::Digital(exact(matrix))).collect();
        let activity = &self.test(std::slice::from_mut(&mut layers), Seed::new(0))[0];
        ChipRecord {
            id: id.to_owned(),
            chip: None,
            after_seconds: Vec::new(),
            correct: vec![activity.total().correct],
            samples: self.samples(),
            hidden_spikes: Some(activity.spikes_per_sample()),
            writes: None,
        }
    }

    fn samples(&self) -> u64 {
        self.data.test.labels.len() as u64
    }

    /// Data of the cell.
    pub fn data(&self) -> &EncodedData {
        self.data
    }

    /// Counts the correct test samples of `states` of the layers, with the same read noise.
    fn correct(&self, states: &mut [Vec<LayerWeights>], read: Seed) -> impl Iterator<Item = u64> {
        self.test(states, read).into_iter().map(|activity| activity.total().correct)
    }

    /// Runs the test samples through `states` of the layers, with the same read noise.
    fn test(&self, states: &mut [Vec<LayerWeights>], read: Seed) -> Vec<Activity> {
        let count = self.data.test.labels.len();
        let mut states: Vec<_> = states.iter_mut().map(|layers| stores(layers)).collect();
        evaluate_states(&self.cell.snn, &mut states, &self.data.test, count, read)
    }
}

/// Returns the names of the results of a cell.
fn key(cell: &Cell, data: &EncodedData, devices: &Devices) -> Key {
    let Cell { settings, matrices, scales, write_passes, branches, snn, update_sigma, .. } = cell;
    let weights = sha256(&bytes(matrices));
    let trial = trial_id(settings, 0, &data.sha256, devices);
    let scales: Vec<f32> = scales.iter().map(|scale| scale.weight_at_gmax).collect();
    let signs = branches.as_ref().as_ref().map(|rows| rows.iter().map(|row| signs_of(row)).collect::<Vec<_>>());
    let decides = serde_json::json!({ "deployment": ARITHMETIC, "trial": trial, "weights": weights, "weight_at_gmax": scales,
                                "passes": write_passes, "signs": signs, "update_sigma": update_sigma });
    let short = |value: serde_json::Value| sha256(value.to_string().as_bytes())[..16].to_owned();
    let network = format!("{snn:?}");
    let exact = |weights: &str| short(serde_json::json!([ARITHMETIC, weights, data.sha256, settings.data, network]));
    let stored = cell.stored.as_ref().map(|matrices| exact(&sha256(&bytes(matrices))));
    Key { chips: short(decides), digital: exact(&weights), stored, weights: weights[..16].to_owned() }
}

/// Weights and variance of one read of a layer.
type Seen = (Matrix, Option<Matrix>);

/// Returns what reads of `layers` depend on beside their stream; none if it changes from sample to sample.
fn seen_by_reads(layers: &[LayerWeights]) -> Option<Vec<Seen>> {
    let seen = |layer: &LayerWeights| match layer {
        LayerWeights::Digital(weights) => Some((weights.weights().clone(), None)),
        LayerWeights::Crossbar(cells) if cells.array.has_rtn() => None,
        LayerWeights::Crossbar(cells) => {
            Some((cells.array.read_weights().clone(), cells.array.read_variance().cloned()))
        }
    };
    layers.iter().map(seen).collect()
}

fn stores(layers: &mut [LayerWeights]) -> Vec<&mut dyn WeightStore> {
    layers.iter_mut().map(LayerWeights::store_mut).collect()
}

fn exact(matrix: &Matrix) -> DigitalWeights {
    DigitalWeights::exact(matrix.clone(), vec![Sign::Unconstrained; matrix.rows()])
}

/// Opens a stream of one chip.
fn stream(seed: u64, name: &str, chip: u32) -> Seed {
    Seed::new(seed).named("deploy").named(name).numbered(u64::from(chip))
}

fn signs_of(row: &[Branch]) -> String {
    row.iter().map(|branch| if *branch == Branch::Plus { '+' } else { '-' }).collect()
}

/// Returns shapes and bits of the weights.
fn bytes(matrices: &[(Connection, Matrix)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (connection, matrix) in matrices {
        bytes.extend(format!("{connection:?} {} {} ", matrix.rows(), matrix.columns()).bytes());
        matrix.cells().for_each(|weight| bytes.extend(weight.to_bits().to_le_bytes()));
    }
    bytes
}
