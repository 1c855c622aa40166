//! Reads IDX files: a header of big-endian numbers, then unsigned bytes. Published files are gzipped.
//!
//! ```text
//! offset 0          00 00 08 d        magic number: unsigned bytes in d dimensions
//!        4          d sizes           32 bits each, slowest index first
//!        4 + 4 d    bytes             as many as the product of the sizes
//! ```
//! Source: Y. LeCun, C. Cortes and C. J. C. Burges, *The MNIST database of handwritten digits*, "the IDX file format".
//!
//! Incomplete files and files with trailing data are errors. Memory use grows with the content; sizes in headers are
//! not trusted.

use std::{
    io::{self, Read},
    sync::mpsc,
    thread,
};

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::gzip::{self, Members};

/// The first two bytes of an uncompressed file; the type of the numbers and the number of dimensions follow.
pub(crate) const MAGIC: [u8; 2] = [0, 0];
/// Magic number without the number of dimensions: two zero bytes and the code of unsigned bytes.
const UNSIGNED_BYTES: u32 = 0x0000_0800;
/// Limit on published content, bytes: 60,000 images of 28 x 28 bytes are 47 MB.
const LARGEST_PUBLISHED: usize = 64 << 20;
/// Initial buffer, in bytes per compressed byte; the published images expand by a factor of 1.8.
const RESERVED: usize = 4;
/// Bytes that are hashed at a time, while the next ones are decompressed.
const PIECE: usize = 1 << 20;

/// The content of an IDX file.
#[derive(Debug)]
pub(crate) struct Idx {
    /// File name for messages.
    pub file: String,
    pub sizes: Vec<usize>,
    pub data: Vec<u8>,
    /// Hash of header and data.
    pub sha256: [u8; 32],
}

/// Reason for rejecting an IDX file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IdxError {
    /// The gzip signature is missing.
    #[error("{file}: not a gzip file; starts with `{start}`, expected `1f 8b`")]
    NotGzip {
        /// The file.
        file: String,
        /// Its first bytes in hexadecimal.
        start: String,
    },
    /// Damaged gzip data or a wrong checksum.
    #[error("{file}: damaged gzip data after {got} bytes")]
    Damaged {
        /// The file.
        file: String,
        /// Content decompressed so far, bytes.
        got: usize,
    },
    /// The content is truncated.
    #[error("{file}: truncated; expected {needed} bytes of content, got {got}")]
    Truncated {
        /// The file.
        file: String,
        /// Size of the content, bytes.
        got: usize,
        /// Expected size, bytes.
        needed: usize,
    },
    /// Not an IDX file of unsigned bytes.
    #[error("{file}: expected magic number `{needed:#010x}`, got `{got:#010x}`")]
    Magic {
        /// The file.
        file: String,
        /// Its first four bytes.
        got: u32,
        /// Expected magic number.
        needed: u32,
    },
    /// Labels instead of images, or images instead of labels.
    #[error("{file}: number of dimensions: expected {needed}, got {got}")]
    Dimensions {
        /// The file.
        file: String,
        /// Number of dimensions.
        got: u32,
        /// Expected number of dimensions.
        needed: usize,
    },
    /// A size of 0.
    #[error("{file}: sizes: expected at least 1 each, got {}", product(sizes))]
    Empty {
        /// The file.
        file: String,
        /// Sizes along each dimension.
        sizes: Vec<u32>,
    },
    /// The product of the sizes is too large.
    #[error("{file}: sizes: expected a product of at most {most}, got {}", product(sizes))]
    Overflow {
        /// The file.
        file: String,
        /// Sizes along each dimension.
        sizes: Vec<u32>,
        /// Largest product.
        most: usize,
    },
    /// Content after the last byte that the sizes allow.
    #[error("{file}: expected {needed} bytes of content, got more")]
    TrailingContent {
        /// The file.
        file: String,
        /// Expected size, bytes.
        needed: usize,
    },
    /// Trailing data after the gzip stream.
    #[error("{file}: unexpected data after the gzip stream ({got} B)")]
    TrailingBytes {
        /// The file.
        file: String,
        /// Size of the trailing data, bytes.
        got: usize,
    },
}

/// Decompresses and reads `packed`, which must have `dimensions` dimensions. Messages call it `file`.
pub(crate) fn read(file: &str, packed: &[u8], dimensions: usize) -> Result<Idx, IdxError> {
    if !packed.starts_with(&gzip::MAGIC) {
        return Err(IdxError::NotGzip { file: file.to_owned(), start: hexadecimal(&packed[..packed.len().min(2)]) });
    }
    let mut content = Content { file, decoder: Members::new(packed), got: 0 };
    let mut hash = Sha256::new();

    let magic = content.numbers(1, 4 + 4 * dimensions, &mut hash)?[0];
    check_magic(file, magic, dimensions)?;
    let sizes = content.numbers(dimensions, 4 + 4 * dimensions, &mut hash)?;
    let length = checked_length(file, &sizes, LARGEST_PUBLISHED)?;

    let needed = content.got + length;
    let mut data = vec![0; length.min(RESERVED.saturating_mul(packed.len()))];
    content.fill_and_hash(&mut data, needed, &mut hash)?;
    while data.len() < length {
        let filled = data.len();
        data.resize(length.min(2 * filled), 0);
        content.fill_and_hash(&mut data[filled..], needed, &mut hash)?;
    }
    content.end()?;

    let sizes = sizes.iter().map(|&size| size as usize).collect();
    Ok(Idx { file: file.to_owned(), sizes, data, sha256: hash.finalize().into() })
}

/// Reads uncompressed `content`, with the given number of `dimensions` or any.
pub(crate) fn parse(file: &str, content: &[u8], dimensions: Option<usize>) -> Result<Idx, IdxError> {
    let truncated = |needed| IdxError::Truncated { file: file.to_owned(), got: content.len(), needed };
    let word =
        |index: usize| content.get(4 * index..).and_then(|rest| rest.first_chunk().copied()).map(u32::from_be_bytes);
    let magic = word(0).ok_or_else(|| truncated(4))?;
    let dimensions = dimensions.unwrap_or((magic & 0xff) as usize);
    check_magic(file, magic, dimensions)?;
    let start = 4 + 4 * dimensions;
    let sizes: Option<Vec<u32>> = (1..=dimensions).map(word).collect();
    let sizes = sizes.ok_or_else(|| truncated(start))?;
    // The buffer must be addressable.
    let length = checked_length(file, &sizes, isize::MAX as usize)?;
    let data = &content[start..];
    match data.len() {
        got if got < length => Err(truncated(start.saturating_add(length))),
        got if got > length => Err(IdxError::TrailingContent { file: file.to_owned(), needed: start + length }),
        _ => Ok(Idx {
            file: file.to_owned(),
            sizes: sizes.iter().map(|&size| size as usize).collect(),
            data: data.to_vec(),
            sha256: Sha256::digest(content).into(),
        }),
    }
}

/// Remaining decompressed content.
struct Content<'a> {
    file: &'a str,
    decoder: Members<'a>,
    got: usize,
}

impl Content<'_> {
    /// Reads the next `count` numbers of a header of `header` bytes.
    fn numbers(&mut self, count: usize, header: usize, hash: &mut Sha256) -> Result<Vec<u32>, IdxError> {
        let mut bytes = vec![0; 4 * count];
        self.fill(&mut bytes, header)?;
        hash.update(&bytes);
        Ok(bytes
            .chunks_exact(4)
            .map(|word| word.iter().fold(0, |number, &byte| number << 8 | u32::from(byte)))
            .collect())
    }

    /// Reads the next bytes into all of `into`; messages state `needed` bytes in total.
    fn fill(&mut self, into: &mut [u8], needed: usize) -> Result<(), IdxError> {
        let mut filled = 0;
        while filled < into.len() {
            match self.decoder.read(&mut into[filled..]) {
                Ok(count) if count > 0 => (filled, self.got) = (filled + count, self.got + count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(self.damaged()),
                _ => return Err(IdxError::Truncated { file: self.file.to_owned(), got: self.got, needed }),
            }
        }
        Ok(())
    }

    /// As [`Content::fill`], while a second thread hashes what is complete.
    fn fill_and_hash(&mut self, into: &mut [u8], needed: usize, hash: &mut Sha256) -> Result<(), IdxError> {
        thread::scope(|scope| {
            let (complete, pieces) = mpsc::channel::<&[u8]>();
            scope.spawn(move || pieces.iter().for_each(|piece| hash.update(piece)));
            for piece in into.chunks_mut(PIECE) {
                self.fill(piece, needed)?;
                // The receiver lives until this sender is dropped.
                let _ = complete.send(piece);
            }
            Ok(())
        })
    }

    /// Checks that content and file end here, and verifies the gzip checksum.
    fn end(mut self) -> Result<(), IdxError> {
        match self.decoder.read(&mut [0]) {
            Ok(0) => {}
            Ok(_) => return Err(IdxError::TrailingContent { file: self.file.to_owned(), needed: self.got }),
            Err(_) => return Err(self.damaged()),
        }
        match self.decoder.left().len() {
            0 => Ok(()),
            got => Err(IdxError::TrailingBytes { file: self.file.to_owned(), got }),
        }
    }

    fn damaged(&self) -> IdxError {
        IdxError::Damaged { file: self.file.to_owned(), got: self.got }
    }
}

fn check_magic(file: &str, got: u32, dimensions: usize) -> Result<(), IdxError> {
    let needed = UNSIGNED_BYTES + dimensions as u32;
    if got & !0xff != UNSIGNED_BYTES {
        return Err(IdxError::Magic { file: file.to_owned(), got, needed });
    }
    if got != needed {
        return Err(IdxError::Dimensions { file: file.to_owned(), got: got & 0xff, needed: dimensions });
    }
    Ok(())
}

/// Returns the product of the sizes, at most `most`.
fn checked_length(file: &str, sizes: &[u32], most: usize) -> Result<usize, IdxError> {
    if sizes.contains(&0) {
        return Err(IdxError::Empty { file: file.to_owned(), sizes: sizes.to_vec() });
    }
    sizes
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size as usize))
        .filter(|&length| length <= most)
        .ok_or_else(|| IdxError::Overflow { file: file.to_owned(), sizes: sizes.to_vec(), most })
}

fn product(sizes: &[u32]) -> String {
    sizes.iter().map(u32::to_string).collect::<Vec<_>>().join(" x ")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    pub(crate) fn pack(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    /// An uncompressed IDX file.
    pub(crate) fn content(sizes: &[u32], data: &[u8]) -> Vec<u8> {
        let magic = UNSIGNED_BYTES + sizes.len() as u32;
        let header = std::iter::once(magic).chain(sizes.iter().copied()).flat_map(u32::to_be_bytes);
        header.chain(data.iter().copied()).collect()
    }

    fn complaint(packed: &[u8]) -> String {
        read("a.gz", packed, 3).unwrap_err().to_string()
    }

    #[test]
    fn reads_sizes_and_bytes() {
        let idx = read("a.gz", &pack(&content(&[2, 1, 3], &[1, 2, 3, 4, 5, 6])), 3).unwrap();
        assert_eq!((idx.sizes, idx.data), (vec![2, 1, 3], vec![1, 2, 3, 4, 5, 6]));
    }

    #[test]
    fn the_hash_is_independent_of_the_compression() {
        let content = content(&[300], &[7; 300]);
        let stored = {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
            encoder.write_all(&content).unwrap();
            encoder.finish().unwrap()
        };
        let hash: [u8; 32] = Sha256::digest(&content).into();
        assert_eq!(read("a.gz", &stored, 1).unwrap().sha256, hash);
        assert_eq!(read("a.gz", &pack(&content), 1).unwrap().sha256, hash);
    }

    #[test]
    fn content_of_several_pieces_is_read_and_hashed_in_order() {
        // The first compresses by more than the reserved factor, so the buffer grows. The second does not compress.
        let runs = |index: usize| (index / 4096) as u8;
        let mixed = |index: usize| ((index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8;
        for data in [(0..2 * PIECE + 7).map(runs).collect::<Vec<u8>>(), (0..2 * PIECE + 7).map(mixed).collect()] {
            let content = content(&[data.len() as u32], &data);
            let idx = read("a.gz", &pack(&content), 1).unwrap();
            assert!(idx.data == data);
            assert_eq!(idx.sha256, <[u8; 32]>::from(Sha256::digest(&content)));
        }
    }

    #[test]
    fn rejects_other_formats() {
        assert_eq!(complaint(b"\0\0\x08\x03"), "a.gz: not a gzip file; starts with `00 00`, expected `1f 8b`");
        assert_eq!(complaint(b""), "a.gz: not a gzip file; starts with ``, expected `1f 8b`");
    }

    #[test]
    fn rejects_damaged_gzip_data() {
        let mut packed = pack(&content(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]));
        let checksum = packed.len() - 8;
        packed[checksum] ^= 1;
        assert_eq!(complaint(&packed), "a.gz: damaged gzip data after 22 bytes");
        // An undefined compression method.
        assert_eq!(complaint(b"\x1f\x8b\x07\0\0\0\0\0\0\0\0\0"), "a.gz: damaged gzip data after 0 bytes");
    }

    #[test]
    fn rejects_truncated_content() {
        let packed = pack(&content(&[2, 1, 3], &[1, 2, 3, 4]));
        assert_eq!(complaint(&packed), "a.gz: truncated; expected 22 bytes of content, got 20");
        assert_eq!(complaint(&pack(&[0, 0, 8])), "a.gz: truncated; expected 16 bytes of content, got 3");
        let header = pack(&content(&[2, 1, 3], &[])[..10]);
        assert_eq!(complaint(&header), "a.gz: truncated; expected 16 bytes of content, got 10");
    }

    #[test]
    fn rejects_every_truncated_file() {
        let packed = pack(&content(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]));
        for length in 2..packed.len() {
            let error = read("a.gz", &packed[..length], 3).unwrap_err();
            assert!(matches!(error, IdxError::Truncated { .. } | IdxError::Damaged { .. }), "{length}: {error}");
        }
    }

    #[test]
    fn rejects_a_wrong_magic_number() {
        let mut content = content(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]);
        content[2] = 0x0d;
        assert_eq!(complaint(&pack(&content)), "a.gz: expected magic number `0x00000803`, got `0x00000d03`");
    }

    #[test]
    fn rejects_a_wrong_number_of_dimensions() {
        assert_eq!(complaint(&pack(&content(&[2], &[1, 2]))), "a.gz: number of dimensions: expected 3, got 1");
    }

    #[test]
    fn rejects_empty_files() {
        assert_eq!(
            complaint(&pack(&content(&[0, 28, 28], &[]))),
            "a.gz: sizes: expected at least 1 each, got 0 x 28 x 28"
        );
    }

    #[test]
    fn rejects_sizes_that_overflow() {
        let packed = pack(&content(&[u32::MAX; 3], &[1]));
        assert_eq!(
            complaint(&packed),
            format!(
                "a.gz: sizes: expected a product of at most {}, got 4294967295 x 4294967295 x 4294967295",
                64 << 20
            )
        );
    }

    #[test]
    fn a_large_size_allocates_no_memory() {
        let packed = pack(&content(&[64 << 20, 1, 1], &[1]));
        assert_eq!(complaint(&packed), "a.gz: truncated; expected 67108880 bytes of content, got 17");
        let packed = pack(&content(&[u32::MAX, 1, 1], &[1]));
        assert_eq!(complaint(&packed), "a.gz: sizes: expected a product of at most 67108864, got 4294967295 x 1 x 1");
    }

    #[test]
    fn rejects_trailing_content() {
        let packed = pack(&content(&[2, 1, 3], &[1, 2, 3, 4, 5, 6, 7]));
        assert_eq!(complaint(&packed), "a.gz: expected 22 bytes of content, got more");
    }

    /// RFC 1952, section 2.2: the content of a file is that of all its members.
    #[test]
    fn reads_files_of_several_members() {
        let content = content(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]);
        let whole = read("a.gz", &pack(&content), 3).unwrap();
        for cut in 0..=content.len() {
            let packed = [pack(&content[..cut]), pack(&content[cut..])].concat();
            let read = read("a.gz", &packed, 3).unwrap();
            assert_eq!((read.sizes, read.data, read.sha256), (whole.sizes.clone(), whole.data.clone(), whole.sha256));
            assert!(super::read("a.gz", &packed[..packed.len() - 1], 3).is_err(), "{cut}");
        }
    }

    #[test]
    fn rejects_data_after_the_gzip_stream() {
        let mut packed = pack(&content(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]));
        packed.extend([0; 5]);
        assert_eq!(complaint(&packed), "a.gz: unexpected data after the gzip stream (5 B)");
    }
}
