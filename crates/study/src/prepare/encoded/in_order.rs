//! Encodes pieces of a data set on several threads and keeps their order.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, mpsc};
use std::thread;

use ohmspike_datasets::Part;
use ohmspike_snn::spikes::{Binned, Samples};

use super::CachedPart;
use super::code::{Code, Encoded};
use super::encode_error::EncodeError;
use crate::machine::cores;
use crate::spike_cache::{CacheNote, PartWriter, SpikeCache};

/// Largest number of threads that encode a set. With more, appending takes longer than encoding.
const MAX_TASKS: usize = 4;

/// Samples to encode together.
pub(super) enum Piece<'a> {
    /// Samples of a larger part.
    Borrowed(&'a Part, Range<usize>),
    /// All samples of a part.
    Owned(Part),
}

/// Receives encoded samples.
pub(super) enum Sink<'a> {
    /// Keeps them in memory.
    Memory(Option<Samples>),
    /// Writes them to a file.
    File(Box<PartWriter>, &'a SpikeCache),
}

impl<'a> Sink<'a> {
    pub fn memory() -> Sink<'a> {
        Sink::Memory(None)
    }

    pub fn file(writer: PartWriter, cache: &'a SpikeCache) -> Sink<'a> {
        Sink::File(Box::new(writer), cache)
    }

    fn append(&mut self, more: Samples) -> Result<(), EncodeError> {
        match self {
            Sink::Memory(first @ None) => *first = Some(more),
            Sink::Memory(Some(all)) => {
                all.spikes.append(&more.spikes)?;
                all.labels.extend(more.labels);
            }
            Sink::File(writer, _) => writer.append(&more)?,
        }
        Ok(())
    }

    /// Returns all samples, with number of classes, digest of the data set and counts of events.
    pub fn finish(
        self,
        (classes, sha256, binned): (usize, &str, Option<Binned>),
        notes: &mut Vec<CacheNote>,
    ) -> Result<CachedPart, EncodeError> {
        match self {
            Sink::Memory(samples) => {
                let samples = samples.expect("a data set has samples");
                Ok(CachedPart { samples, binned, classes, sha256: sha256.to_owned() })
            }
            Sink::File(writer, cache) => Ok(writer.finish(cache, (classes, sha256, binned), notes)?),
        }
    }
}

/// Encodes pieces, which do not depend on each other, on the cores that there are. This thread appends them in order.
pub(super) fn encode_in_order<'a>(
    pieces: impl Iterator<Item = Result<Piece<'a>, EncodeError>> + Send,
    code: &Code,
    sink: &mut Sink,
) -> Result<Option<Binned>, EncodeError> {
    let tasks = cores().min(MAX_TASKS);
    let pieces = &Mutex::new(pieces.enumerate());
    thread::scope(|scope| {
        let (done, encoded) = mpsc::sync_channel(tasks);
        for _ in 0..tasks {
            let done = done.clone();
            scope.spawn(move || {
                loop {
                    let next = pieces.lock().expect("reading does not panic").next();
                    let Some((number, piece)) = next else { break };
                    // The receiver is gone after an error.
                    if done.send((number, piece.and_then(|piece| encode(piece, code)))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        let (mut waiting, mut count, mut binned) = (BTreeMap::new(), 0, None::<Binned>);
        for (number, piece) in encoded {
            waiting.insert(number, piece?);
            while let Some((samples, of_piece)) = waiting.remove(&count) {
                count += 1;
                sink.append(samples)?;
                if let Some(of_piece) = of_piece {
                    *binned.get_or_insert_default() += of_piece;
                }
            }
        }
        Ok(binned)
    })
}

fn encode(piece: Piece, code: &Code) -> Result<Encoded, EncodeError> {
    Ok(match piece {
        Piece::Borrowed(part, samples) => code.encode(part, samples)?,
        Piece::Owned(part) => code.encode(&part, 0..part.len())?,
    })
}
