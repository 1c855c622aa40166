//! Decoded samples: all of them in memory, or an imported data set in pieces.

use ohmspike_datasets::{Dataset, ImportedSet, LoadError, Name, Part, SHD_NAME, StoredError};
use ohmspike_snn::spikes::Binned;

use super::code::Code;
use super::encode_error::EncodeError;
use super::in_order::{Piece, Sink, encode_in_order};
use crate::machine::cores;

/// Bytes of a piece of samples, decoded and encoded; few, so that pieces need little memory.
const PIECE: usize = 1 << 20;
/// Largest number of samples of a piece.
const MAX_SAMPLES: usize = 2048;
/// Pieces per thread that are in memory at the same time, at most: read, encoded, waiting.
const PIECES_PER_THREAD: usize = 6;

/// A data set to encode.
pub(super) enum Source {
    /// In memory.
    Loaded(Dataset),
    /// Read in pieces.
    Imported(ImportedSet),
}

impl Source {
    /// Opens the data set `name`.
    pub fn open(name: &str) -> Result<Source, LoadError> {
        if name == SHD_NAME || name.parse::<Name>().is_ok() {
            return Ok(Source::Loaded(ohmspike_datasets::load(name, None)?));
        }
        Ok(Source::Imported(ImportedSet::open(name, None)?))
    }

    /// Returns the duration of each recording, s; none for dense samples.
    pub fn duration_seconds(&self) -> Option<f64> {
        match self {
            Source::Loaded(data) => data.duration_seconds,
            Source::Imported(set) => set.duration_seconds(),
        }
    }

    /// Returns the numbers of training and test samples.
    pub fn samples(&self) -> [usize; 2] {
        match self {
            Source::Loaded(data) => [data.train.len(), data.test.len()],
            Source::Imported(set) => set.samples(),
        }
    }

    pub fn classes(&self) -> usize {
        match self {
            Source::Loaded(data) => data.class_names.len(),
            Source::Imported(set) => set.classes(),
        }
    }

    /// Returns the size of all decoded samples, bytes.
    pub fn bytes(&self) -> u64 {
        match self {
            Source::Loaded(data) => (data.train.bytes() + data.test.bytes()) as u64,
            Source::Imported(set) => {
                let parts = set.samples().into_iter().zip(set.bytes_per_sample());
                parts.map(|(samples, bytes)| samples as u64 * bytes as u64).sum()
            }
        }
    }

    /// Returns the memory of decoded samples, bytes.
    pub fn decoded_bytes(&self) -> usize {
        match self {
            Source::Loaded(_) => self.bytes() as usize,
            Source::Imported(_) => (PIECES_PER_THREAD * cores() * PIECE).min(self.bytes() as usize),
        }
    }

    /// Encodes training samples (`part` 0) or test samples (1) into `sink`. Returns counts of their events.
    pub fn encode(&mut self, part: usize, code: &Code, sink: &mut Sink) -> Result<Option<Binned>, EncodeError> {
        match self {
            Source::Loaded(data) => {
                let part = [&data.train, &data.test][part];
                let size = size(part.bytes() / part.len().max(1), code);
                let pieces = (0..part.len()).step_by(size).map(|first| {
                    let samples = first..(first + size).min(part.len());
                    Ok(Piece::Borrowed(part, samples))
                });
                encode_in_order(pieces, code, sink)
            }
            Source::Imported(set) => {
                let size = size(set.bytes_per_sample()[part], code);
                let pieces = if part == 0 { set.train(size)? } else { set.test(size)? };
                let owned = |piece: Result<Part, StoredError>| Ok(Piece::Owned(piece?));
                encode_in_order(pieces.map(owned), code, sink)
            }
        }
    }

    /// Returns the digest of the data set, after both parts were encoded. That of an imported one is checked here.
    pub fn digest(self) -> Result<String, EncodeError> {
        match self {
            Source::Loaded(data) => Ok(data.digest),
            Source::Imported(set) => Ok(set.verified()?),
        }
    }
}

/// Returns the number of samples of a piece.
fn size(bytes_per_sample: usize, code: &Code) -> usize {
    (PIECE / (bytes_per_sample + 4 * code.steps())).clamp(1, MAX_SAMPLES)
}
