//! Writes files of encoded spikes, piece by piece.

use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::Crc;
use ohmspike_datasets::persist;
use ohmspike_simd::MappedFile;
use ohmspike_snn::spikes::{Binned, Samples, SpikesError};
use tempfile::NamedTempFile;

use super::folder::bytes_of;
use super::header::{Header, Places};
use super::{CacheNote, CachedPart, MAX_BYTES, SpikeCache, read};

/// Why samples cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// Error of the system, such as a full disk.
    #[error(transparent)]
    System(#[from] io::Error),
    /// More spikes than the index type holds.
    #[error(transparent)]
    Spikes(#[from] SpikesError),
}

/// An unfinished file. It is removed unless it is finished.
#[derive(Debug)]
pub(crate) struct PartWriter {
    path: PathBuf,
    key: String,
    file: NamedTempFile,
    samples: usize,
    steps: usize,
    units: usize,
    /// Samples written.
    written: usize,
    /// Spikes written.
    spikes: usize,
    /// Checksums of labels, starts and units of the spikes.
    sums: [Crc; 3],
}

impl PartWriter {
    /// Begins the file at `path` for this number of `samples`, in a folder that is created if it is missing.
    pub(super) fn new(path: &Path, key: &str, samples: usize, steps: usize) -> io::Result<PartWriter> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let file = persist::temporary_file(folder)?;
        let mut writer = PartWriter {
            path: path.to_owned(),
            key: key.to_owned(),
            file,
            samples,
            steps,
            units: 0,
            written: 0,
            spikes: 0,
            sums: std::array::from_fn(|_| Crc::new()),
        };
        let starts = Places::new(samples, steps, 0).starts;
        writer.put(1, starts.start, &0_u32.to_ne_bytes())?;
        Ok(writer)
    }

    /// Returns the folder of the file.
    pub fn folder(&self) -> PathBuf {
        self.path.parent().unwrap_or(Path::new(".")).to_owned()
    }

    /// Appends samples.
    ///
    /// # Panics
    /// Panics if there are more samples than stated at the start.
    pub fn append(&mut self, more: &Samples) -> Result<(), WriteError> {
        let (trains, base) = (&more.spikes, self.spikes as u32);
        let (count, spikes) = (trains.len(), self.spikes + trains.total());
        assert!(self.written + count <= self.samples, "as many samples as stated");
        u32::try_from(spikes).map_err(|_| SpikesError::TooManySpikes)?;
        let places = Places::new(self.samples, self.steps, 0);
        let starts: Vec<u32> = trains.starts()[1..].iter().map(|start| base + start).collect();
        self.put(0, places.labels.start + self.written as u64, &more.labels)?;
        self.put(1, places.starts.start + 4 * (self.written * self.steps + 1) as u64, bytemuck::cast_slice(&starts))?;
        self.put(2, places.spikes.start + 2 * self.spikes as u64, bytemuck::cast_slice(trains.spiking_units()))?;
        self.units = trains.units();
        self.written += count;
        self.spikes = spikes;
        Ok(())
    }

    fn put(&mut self, list: usize, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.sums[list].update(bytes);
        let file = self.file.as_file_mut();
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)
    }

    /// Completes the file and maps it. It keeps its name if the folder has room for it.
    ///
    /// # Panics
    /// Panics if there are fewer samples than stated at the start.
    pub fn finish(
        mut self,
        cache: &SpikeCache,
        (classes, sha256, binned): (usize, &str, Option<Binned>),
        notes: &mut Vec<CacheNote>,
    ) -> io::Result<CachedPart> {
        assert_eq!(self.written, self.samples, "as many samples as stated");
        let header = Header {
            name: cache.name().to_owned(),
            key: self.key,
            sha256: sha256.to_owned(),
            classes,
            units: self.units,
            steps: self.steps,
            samples: self.samples,
            spikes: self.spikes,
            binned,
            checksums: self.sums.each_ref().map(Crc::sum),
        };
        let end = header.places().spikes.end;
        let file = self.file.as_file_mut();
        file.set_len(end)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&header.bytes().ok_or(io::ErrorKind::InvalidInput)?)?;
        let map = MappedFile::new(file)?;
        let part = read::part(&map, header).ok_or(io::ErrorKind::InvalidData)?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let bytes = bytes_of(folder) + end;
        if bytes > MAX_BYTES {
            let note = CacheNote::Full { folder: folder.to_owned() };
            notes.extend((!notes.contains(&note)).then_some(note));
            return Ok(part);
        }
        match self.file.persist_noclobber(&self.path) {
            // Some file systems only know names that replace others.
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => {
                error.file.persist(&self.path).map_err(|error| error.error)?;
            }
            // Done, or another process was faster.
            _ => {}
        }
        Ok(part)
    }
}
