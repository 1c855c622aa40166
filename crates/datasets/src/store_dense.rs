//! Imports dense samples into a file, piece by piece, so that memory does not grow with their number.

use std::{
    fs,
    io::{self, BufWriter, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{
    dataset::Part,
    dense::DenseError,
    file::hexadecimal,
    import::{DenseImport, DensePlan, ImportError, refuse_other, there},
    imported,
    note::Note,
    persist,
    shown::shown_path,
    stored::{self, Counts, Header, Kind},
};

/// A data set that was imported and stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredImport {
    /// Its file.
    pub path: PathBuf,
    /// Number of training samples.
    pub train: usize,
    /// Number of test samples.
    pub test: usize,
    /// Numbers per sample.
    pub units: usize,
    /// Name of each class.
    pub class_names: Vec<String>,
    /// SHA-256 of the content in hexadecimal.
    pub digest: String,
    /// Remarks on skipped or changed data and on classes that cannot be tested.
    pub notes: Vec<Note>,
}

/// Why a file is not complete.
enum Failed {
    Import(ImportError),
    Write(io::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Failed {
        Failed::Write(error)
    }
}

impl From<DenseError> for Failed {
    fn from(error: DenseError) -> Failed {
        Failed::Import(error.into())
    }
}

/// Reads dense samples as [`import_dense`](crate::import_dense()) does and stores them as [`store`](crate::store()) does.
/// Large npy files are read in windows.
///
/// # Errors
/// Returns an error in the cases of these two functions.
pub fn store_dense(
    name: &str,
    import: &DenseImport,
    class_names: Option<Vec<String>>,
    cache: Option<&Path>,
    replace: bool,
) -> Result<StoredImport, ImportError> {
    let plan = DensePlan::new(name, import, class_names)?;
    let path = imported::place(name, cache).ok_or(ImportError::NoCacheFolder)?;
    let not_written = |reason| ImportError::Write { path: shown_path(&path), reason };
    fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).map_err(not_written)?;
    let there = (path.exists() && !replace).then(|| there(&path));
    let (mut failed, mut digest) = (None, String::new());
    let written = persist::write_file(&path, |file| {
        let filled = fill(&plan, file).and_then(|found| {
            digest = found;
            refuse_other(&path, there.as_deref(), &digest).map_err(Failed::Import)
        });
        filled.map_err(|error| match error {
            Failed::Write(error) => error,
            Failed::Import(error) => {
                failed = Some(error);
                io::Error::other("not imported")
            }
        })
    });
    if let Some(error) = failed {
        return Err(error);
    }
    written.map_err(not_written)?;
    let [train, test] = plan.samples();
    let (units, notes) = (plan.units(), plan.notes()?);
    Ok(StoredImport { path, train, test, units, class_names: plan.class_names, digest, notes })
}

/// Writes the data set and returns its digest.
fn fill(plan: &DensePlan, file: &mut fs::File) -> Result<String, Failed> {
    let kind = if plan.are_bytes() { Kind::Bytes } else { Kind::Values };
    let [train, test] = plan.samples().map(|samples| Counts { samples, events: 0 });
    let mut header = Header {
        kind,
        sizes: if kind == Kind::Bytes { plan.sizes() } else { [1, plan.units()] },
        class_names: plan.class_names.clone(),
        duration_seconds: None,
        train,
        test,
        // The digest is known at the end, and as long.
        sha256: "0".repeat(64),
    };
    let mut out = BufWriter::new(&mut *file);
    stored::write_header(&mut out, &header)?;
    let digests = [fill_part(plan, 0, &mut out)?, fill_part(plan, 1, &mut out)?];
    out.flush()?;
    drop(out);
    header.sha256 = stored::digest_of_parts(kind, &digests, None);
    file.seek(SeekFrom::Start(0))?;
    stored::write_header(file, &header)?;
    Ok(header.sha256)
}

/// Writes a part and returns its digest.
fn fill_part(plan: &DensePlan, part: usize, out: &mut dyn Write) -> Result<String, Failed> {
    let labels = plan.labels(part);
    let mut hash = Sha256::new();
    for size in [plan.units(), plan.class_names.len(), labels.len()] {
        hash.update((size as u64).to_le_bytes());
    }
    hash.update(&labels);
    out.write_all(&labels)?;
    plan.pieces(part, |piece| {
        let bytes = match piece {
            Part::Images(images) => images.pixels,
            Part::Values(values) => values.values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Part::Events(_) => unreachable!("dense samples"),
        };
        hash.update(&bytes);
        Ok::<(), Failed>(out.write_all(&bytes)?)
    })?;
    Ok(hexadecimal(&hash.finalize().into()))
}
