//! Opens and checks files of encoded spikes.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::thread;

use flate2::Crc;
use ohmspike_datasets::regular;
use ohmspike_simd::MappedFile;
use ohmspike_snn::spikes::{Samples, SpikeTrains};

use super::header::{BYTES, Header};
use super::{CachedPart, words};

/// Reason for not using a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WrongFile {
    /// The file cannot be read.
    #[error("cannot be read: {}", words(.0))]
    Read(io::Error),
    /// Not a file of encoded spikes, or a damaged header.
    #[error("damaged header")]
    Header,
    /// Spikes of other data or of another encoding.
    #[error("spikes of other data, or of another encoding")]
    Key,
    /// A file that is too short or too long.
    #[error("expected {needed} bytes, got {got}")]
    Length {
        /// Length according to the header, bytes.
        needed: u64,
        /// Actual length, bytes.
        got: u64,
    },
    /// A list that differs from its checksum.
    #[error("damaged {0} (wrong checksum)")]
    Checksum(&'static str),
    /// Lists that do not fit each other.
    #[error("inconsistent lists")]
    Lists,
}

/// Reads the header of the file at `path`.
pub(super) fn header(file: &mut File) -> Result<Header, WrongFile> {
    let mut bytes = Vec::with_capacity(BYTES);
    file.take(BYTES as u64).read_to_end(&mut bytes).map_err(WrongFile::Read)?;
    Header::parse(&bytes).ok_or(WrongFile::Header)
}

/// Maps the file at `path`, which must have the `key`, and checks all of it; none if there is no such file.
pub(super) fn read(path: &Path, key: &str) -> Result<Option<CachedPart>, WrongFile> {
    let mut file = match regular::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(WrongFile::Read)?,
    };
    let header = header(&mut file)?;
    if header.key != key {
        return Err(WrongFile::Key);
    }
    let (needed, got) = (header.places().spikes.end, file.metadata().map_err(WrongFile::Read)?.len());
    if needed != got {
        return Err(WrongFile::Length { needed, got });
    }
    let map = MappedFile::new(&file).map_err(WrongFile::Read)?;
    check(&map, &header)?;
    part(&map, header).ok_or(WrongFile::Lists).map(Some)
}

/// Compares all lists with their checksums, on two threads.
fn check(map: &MappedFile, header: &Header) -> Result<(), WrongFile> {
    let places = header.places();
    let is_right = |place: &Range<u64>, list: usize| {
        let mut crc = Crc::new();
        crc.update(&map.bytes()[in_memory(place)]);
        crc.sum() == header.checksums[list]
    };
    let right = thread::scope(|scope| {
        let spikes = scope.spawn(|| is_right(&places.spikes, 2));
        [is_right(&places.labels, 0), is_right(&places.starts, 1), spikes.join().expect("a sum does not panic")]
    });
    let wrong = right.iter().zip(["labels", "starts", "spikes"]).find(|(right, _)| !**right);
    wrong.map_or(Ok(()), |(_, list)| Err(WrongFile::Checksum(list)))
}

/// Returns the samples in a mapped file with this header; none if the lists do not fit each other.
pub(super) fn part(map: &MappedFile, header: Header) -> Option<CachedPart> {
    let places = header.places();
    let labels = map.bytes().get(in_memory(&places.labels))?.to_vec();
    let (starts, spikes) = (map.numbers(in_memory(&places.starts))?, map.numbers(in_memory(&places.spikes))?);
    let spikes = SpikeTrains::of_lists(header.units, header.steps, starts, spikes)?;
    let samples = Samples { spikes, labels };
    Some(CachedPart { samples, binned: header.binned, classes: header.classes, sha256: header.sha256 })
}

fn in_memory(place: &Range<u64>) -> Range<usize> {
    place.start as usize..place.end as usize
}
