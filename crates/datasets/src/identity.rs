//! Identifies the content of a data set without decoding it.

use std::{
    io::{self, Read},
    path::Path,
};

use sha2::{Digest, Sha256};

use crate::{
    catalogue::{self, Entry},
    file::{FileError, hexadecimal},
    imported,
    load::{LoadError, unknown},
    locate::locate,
    name::Name,
    regular,
    shd::{SHD_NAME, locate_shd},
    shown::shown_path,
    stored,
};

/// Bytes of a file to hash at a time.
const PIECE: usize = 1 << 16;

/// Returns a text that only data sets of equal content share, or `None` for a data set that is part of the program.
///
/// Built-in names mean the published content, of which the hash is known. The file of an imported data set states the
/// digest of its content. Files of Spiking Heidelberg Digits are hashed as they are.
///
/// # Errors
/// Returns an error if the data set is unknown, or if its files are missing or cannot be read. Contents are not checked.
pub fn identity(name: &str, cache: Option<&Path>) -> Result<Option<String>, LoadError> {
    if let Ok(name) = name.parse::<Name>() {
        let place = locate(name, cache)?;
        return Ok(place.folder().map(|_| format!("content {}", published(catalogue::entry(name)))));
    }
    if name == SHD_NAME {
        let files = locate_shd(cache)?;
        let [train, test] = [hash(&files.train)?, hash(&files.test)?];
        return Ok(Some(format!("files {train} {test}")));
    }
    let path = imported::find(name, cache).ok_or_else(|| unknown(name, cache))?;
    Ok(Some(format!("content {}", stored::header(&path)?.sha256)))
}

/// Returns the digest of the published content, as `load` computes it from the files.
fn published(entry: &Entry) -> String {
    let byte = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).expect("hashes are hexadecimal");
        u8::from_str_radix(text, 16).expect("hashes are hexadecimal")
    };
    let hashes = entry.files.iter().flat_map(|file| file.sha256.as_bytes().chunks(2)).map(byte);
    hexadecimal(&Sha256::digest(hashes.collect::<Vec<u8>>()).into())
}

/// Returns the SHA-256 of the file at `path`.
fn hash(path: &Path) -> Result<String, FileError> {
    let read = |reason| FileError::Read { file: shown_path(path), reason };
    let mut file = regular::open(path).map_err(read)?;
    let (mut hash, mut piece) = (Sha256::new(), vec![0; PIECE]);
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(hexadecimal(&hash.finalize().into())),
            Ok(length) => hash.update(&piece[..length]),
            Err(reason) if reason.kind() == io::ErrorKind::Interrupted => {}
            Err(reason) => return Err(read(reason)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::load;

    #[test]
    fn the_published_digest_is_that_of_the_loaded_content() {
        let entry = catalogue::entry(Name::FashionMnistSubset);
        assert_eq!(published(entry), load("fashion-mnist-subset", None).unwrap().digest);
        assert_eq!(identity("fashion-mnist-subset", None).unwrap(), None);
    }

    #[test]
    fn a_file_is_identified_by_its_hash() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"abc").unwrap();
        // The example of FIPS 180-2.
        assert_eq!(hash(&path).unwrap(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let error = identity("not-imported", Some(folder.path())).unwrap_err().to_string();
        assert!(error.starts_with("unknown data set `not-imported`"), "{error}");
    }
}
