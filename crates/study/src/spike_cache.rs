//! Files of encoded spikes, so that a data set is decoded and encoded once.
//!
//! A file holds one part of a data set in one encoding, in the layout that training reads, and is mapped into memory.
//! The system reads what is touched and can drop it again, so memory does not grow with the number of samples.
//!
//! - Its name is the hash of everything that decides the spikes: identity of the data set, part, encoding, time steps,
//!   versions of encoder and format, byte order.
//! - Before use, name, header and length are compared, and each list with its CRC-32. A change of up to 32 adjacent bits
//!   is always found, another one with probability 1 - 2^-32. A file that fails is encoded again, with a note.
//! - A file gets its name once it is complete, and is never changed afterwards. Of several processes, the first one wins.
//! - Without a folder to write to, the spikes stay in memory.
//! - All files of a folder together have at most 16 GB. Beyond that, the file of a process has no name and is
//!   gone when the process ends.
//!
//! Only latency encoding and recorded events are kept; Poisson spikes are drawn at every start. Data sets below 8 MB,
//! such as the built-in one, stay in memory.

mod folder;
mod header;
mod read;
mod write;

use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use ohmspike_datasets::{encoded_folders, reason, write_reason};
use ohmspike_snn::encode::LatencyCode;
use ohmspike_snn::spikes::{Binned, Samples};
use serde_json::json;

pub use folder::{Cleared, SpikeFile, clear, spike_files};
pub use read::WrongFile;
pub(crate) use write::{PartWriter, WriteError};

use crate::bytes_words::bytes_words;
use crate::settings::Settings;
use crate::sha256::sha256;

/// Version of the encoders. It changes when the same data get other spikes; a test pins the spikes.
pub(crate) const ENCODER: u32 = 1;
/// Largest sum of the files of a folder, bytes.
pub const MAX_BYTES: u64 = 16_000_000_000;
/// Smallest decoded data set that is kept, bytes: a smaller one is encoded in less than 0.1 s.
const MIN_BYTES: u64 = 8_000_000;
/// Characters of the hash in a file name: 128 bits.
const DIGITS: usize = 32;
/// Extension of a file.
const EXTENSION: &str = "spikes";

/// What happened to a file of encoded spikes. None of it changes results.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CacheNote {
    /// A file that was not usable.
    #[error("`{}`: {reason}; the data set is encoded again", path.display())]
    Rebuilt {
        /// Path of the file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No file can be written.
    #[error(
        "cannot write `{}`: {reason}; the encoded data set stays in memory\n\n\
         hint: set OHMSPIKE_DATA to a folder with space, to start faster and to use less memory", folder.display()
    )]
    Unwritten {
        /// Folder of the file.
        folder: PathBuf,
        /// Why.
        reason: String,
    },
    /// The folder is full.
    #[error(
        "`{}` holds almost {}, the limit, so the encoded data set is not kept\n\n\
         hint: `ohmspike data encoded --clear` removes all encoded data sets", folder.display(), bytes_words(MAX_BYTES)
    )]
    Full {
        /// The folder.
        folder: PathBuf,
    },
}

/// Encoded samples of one part, and what else is known of the data set.
#[derive(Clone, Debug)]
pub(crate) struct CachedPart {
    pub samples: Samples,
    pub binned: Option<Binned>,
    pub classes: usize,
    /// SHA-256 of the decoded data set, in hexadecimal.
    pub sha256: String,
}

/// The files of one data set in one encoding.
#[derive(Clone, Debug)]
pub(crate) struct SpikeCache {
    folders: Vec<PathBuf>,
    /// Smallest decoded data set that is kept, bytes.
    least_bytes: u64,
    /// Name of the data set.
    name: String,
    /// Everything that decides the spikes of the training samples, and of the test samples.
    keys: [String; 2],
}

impl SpikeCache {
    /// Returns the files for the data set with this [`identity`](ohmspike_datasets::identity()) in the encoding of
    /// `settings`.
    pub fn new(identity: &str, settings: &Settings) -> SpikeCache {
        SpikeCache::in_folders(encoded_folders(), identity, settings)
    }

    fn in_folders(folders: Vec<PathBuf>, identity: &str, settings: &Settings) -> SpikeCache {
        let mut data = json!(settings.data.resolved());
        // The identity stands for the content, whatever its name.
        data.as_object_mut().expect("a section has keys").remove("set");
        let LatencyCode { threshold, tau } = LatencyCode::default();
        let key = |part| {
            json!({
                "format": header::FORM, "encoder": ENCODER, "little_endian": cfg!(target_endian = "little"),
                "source": identity, "part": part, "steps": settings.network.steps, "data": data,
                "threshold": threshold, "tau_steps": tau,
            })
        };
        let keys = ["train", "test"].map(|part| key(part).to_string());
        SpikeCache { folders, least_bytes: MIN_BYTES, name: settings.data.set.clone(), keys }
    }

    /// Returns the files in `folder`, for data sets of any size.
    #[cfg(test)]
    pub fn in_folder(folder: &Path, identity: &str, settings: &Settings) -> SpikeCache {
        SpikeCache { least_bytes: 0, ..SpikeCache::in_folders(vec![folder.to_owned()], identity, settings) }
    }

    /// Returns whether a data set of this decoded size is kept.
    pub fn keeps(&self, bytes: u64) -> bool {
        bytes >= self.least_bytes
    }

    /// Returns training and test samples from the first folder with both. Removes unusable files and notes them.
    pub fn read(&self, notes: &mut Vec<CacheNote>) -> Option<[CachedPart; 2]> {
        self.folders.iter().find_map(|folder| {
            let read = |key: &String| read::read(&file(folder, key), key);
            let [train, test] = thread::scope(|scope| {
                let test = scope.spawn(|| read(&self.keys[1]));
                [read(&self.keys[0]), test.join().expect("reading does not panic")]
            });
            let mut usable = |part: Result<Option<CachedPart>, WrongFile>, key: &String| match part {
                Ok(part) => part,
                Err(wrong) => {
                    let path = file(folder, key);
                    // A file that cannot be removed is found wrong again.
                    let _ = std::fs::remove_file(&path);
                    notes.push(CacheNote::Rebuilt { path, reason: wrong.to_string() });
                    None
                }
            };
            let (train, test) = (usable(train, &self.keys[0]), usable(test, &self.keys[1]));
            Some([train?, test?])
        })
    }

    /// Returns writers of training and test samples, in the first folder that takes files; `samples` are their numbers.
    /// None if there is no such folder.
    pub fn writers(&self, samples: [usize; 2], steps: usize, notes: &mut Vec<CacheNote>) -> Option<[PartWriter; 2]> {
        let mut failed = None;
        for folder in &self.folders {
            let writer =
                |part: usize| PartWriter::new(&file(folder, &self.keys[part]), &self.keys[part], samples[part], steps);
            match writer(0).and_then(|train| Ok([train, writer(1)?])) {
                Ok(writers) => return Some(writers),
                Err(error) => failed = failed.or(Some((folder, error))),
            }
        }
        notes.extend(failed.map(|(folder, error)| CacheNote::unwritten(folder, &error)));
        None
    }

    /// Returns the name of the data set.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl CacheNote {
    /// Nothing can be written to `folder`.
    pub(crate) fn unwritten(folder: &Path, error: &io::Error) -> CacheNote {
        CacheNote::Unwritten { folder: folder.to_owned(), reason: write_reason(error) }
    }
}

/// The path of the file with `key`.
fn file(folder: &Path, key: &str) -> PathBuf {
    folder.join(&sha256(key.as_bytes())[..DIGITS]).with_extension(EXTENSION)
}

/// Words of an error of the system.
fn words(error: &io::Error) -> String {
    reason(error)
}

#[cfg(test)]
mod tests;
