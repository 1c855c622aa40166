//! Npz files of named arrays of numbers, as NumPy and PyTorch users exchange weights.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::Path,
};

use thiserror::Error;

use crate::{
    npy::{self, Layout},
    npz::{self, NpzError},
    persist,
    source::{Source, SourceError, spaced},
};

/// An array of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberArray {
    /// Sizes of the dimensions.
    pub shape: Vec<usize>,
    /// Name of the type in NumPy, for example `float32`.
    pub kind: String,
    /// Whether the numbers are floats.
    pub is_float: bool,
    /// All numbers; the last index varies fastest.
    pub numbers: Vec<f64>,
}

/// Content of an array to write.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ArrayContent<'a> {
    /// Numbers of type `float32`.
    Floats(&'a [f32]),
    /// Numbers of type `uint8`, for example UTF-8 text.
    Bytes(&'a [u8]),
}

/// Reason for rejecting an npz file of numbers.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NumberArraysError {
    /// The file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A damaged archive or an invalid array.
    #[error(transparent)]
    Npz(#[from] NpzError),
    /// A single array.
    #[error(
        "{file}: expected an npz file of several arrays, got an npy file of one\n\n\
         hint: save them with `numpy.savez(FILE, NAME=ARRAY, ...)`"
    )]
    Npy {
        /// The file.
        file: String,
    },
    /// Another format.
    #[error("{file}: starts with `{start}`; expected an npz file\n\nhint: save arrays with `numpy.savez`")]
    Form {
        /// The file.
        file: String,
        /// Its first bytes in hexadecimal.
        start: String,
    },
    /// An array of records.
    #[error("{file}: expected an array of numbers, got an array of records")]
    Records {
        /// The file and the array.
        file: String,
    },
}

/// Reads every array of the npz file at `path` by name.
///
/// # Errors
/// Returns a [`NumberArraysError`] if the file cannot be read, is damaged, or holds anything but numbers.
pub fn read_arrays(path: &Path) -> Result<BTreeMap<String, NumberArray>, NumberArraysError> {
    let source = Source::read(path)?;
    let file = || source.file.clone();
    if source.bytes.starts_with(npy::MAGIC) {
        return Err(NumberArraysError::Npy { file: file() });
    }
    if !source.bytes.starts_with(npz::MAGIC) {
        let start = spaced(&source.bytes[..source.bytes.len().min(6)]);
        return Err(NumberArraysError::Form { file: file(), start });
    }
    let arrays = npz::read(&source)?.into_iter();
    arrays.map(|(name, array)| Ok((name, numbers(array)?))).collect()
}

fn numbers(array: npy::Array) -> Result<NumberArray, NumberArraysError> {
    let column = match array.layout {
        Layout::Plain(column) => column,
        Layout::Records(_) => return Err(NumberArraysError::Records { file: array.file }),
        Layout::Other(error) => return Err(NpzError::from(error).into()),
    };
    let (kind, is_float) = (column.number_type().to_string(), column.number_type().is_float());
    Ok(NumberArray {
        numbers: (0..column.len()).map(|place| column.number(place)).collect(),
        shape: array.shape,
        kind,
        is_float,
    })
}

/// Writes an npz file of named arrays with their shapes at `path`. The file appears whole or not at all.
///
/// # Errors
/// Returns an error of the operating system.
///
/// # Panics
/// Panics if a shape does not match the content of its array.
pub fn write_arrays(path: &Path, arrays: &[(String, Vec<usize>, ArrayContent)]) -> io::Result<()> {
    let write = |(_, shape, content): &(String, Vec<usize>, ArrayContent), out: &mut dyn Write| {
        let count: usize = shape.iter().product();
        match content {
            ArrayContent::Floats(numbers) => {
                assert_eq!(numbers.len(), count, "a number for every place of {shape:?}");
                npy::write_header("<f4", shape, out)?;
                numbers.iter().try_for_each(|number| out.write_all(&number.to_le_bytes()))
            }
            ArrayContent::Bytes(bytes) => {
                assert_eq!(bytes.len(), count, "a byte for every place of {shape:?}");
                npy::write_header("|u1", shape, out)?;
                out.write_all(bytes)
            }
        }
    };
    let writers: Vec<_> = arrays.iter().map(|array| move |out: &mut dyn Write| write(array, out)).collect();
    let named: Vec<(&str, npz::WriteArray)> =
        arrays.iter().zip(&writers).map(|((name, ..), write)| (name.as_str(), write as _)).collect();
    persist::write(path, |file| npz::write(&named, file))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn written_arrays_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("net.npz");
        let numbers: Vec<f32> = (0..6).map(|number| 0.1 * number as f32 - 0.25).collect();
        let text = r#"{"a": "µ"}"#;
        let arrays = [
            ("w0".to_owned(), vec![2, 3], ArrayContent::Floats(&numbers)),
            ("header".to_owned(), vec![text.len()], ArrayContent::Bytes(text.as_bytes())),
        ];
        write_arrays(&path, &arrays).unwrap();
        let read = read_arrays(&path).unwrap();
        assert_eq!(read.keys().collect::<Vec<_>>(), ["header", "w0"]);
        assert_eq!(
            (&read["w0"].shape[..], read["w0"].kind.as_str(), read["w0"].is_float),
            (&[2, 3][..], "float32", true)
        );
        assert!(read["w0"].numbers.iter().zip(&numbers).all(|(read, wrote)| *read == f64::from(*wrote)));
        let bytes: Vec<u8> = read["header"].numbers.iter().map(|byte| *byte as u8).collect();
        assert_eq!((std::str::from_utf8(&bytes).unwrap(), read["header"].kind.as_str()), (text, "uint8"));
    }

    #[test]
    fn rejects_other_files() {
        let folder = tempfile::tempdir().unwrap();
        let message = |bytes: &[u8]| {
            let path = folder.path().join("f");
            std::fs::write(&path, bytes).unwrap();
            read_arrays(&path).unwrap_err().to_string().replace(&folder.path().display().to_string(), "")
        };
        assert!(
            message(b"\x93NUMPY").starts_with("/f: expected an npz file of several arrays, got an npy file of one")
        );
        assert!(message(b"hello").starts_with("/f: starts with `68 65 6c 6c 6f`; expected an npz file"));
        assert!(message(b"PK\x03\x04 damaged").contains("expected an archive from `numpy.savez`"));
        let missing = read_arrays(&folder.path().join("none")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read `"), "{missing}");
    }
}
