//! Reads an IDX file: a header of big-endian numbers, then unsigned bytes; published files are packed with gzip.
//!
//! ```text
//! offset 0         00 00 08 d     the magic number: unsigned bytes in d dimensions
//!        4         d sizes        32 bits each, the slowest index first
//!        4 + 4 d   the bytes      as many as the product of the sizes
//! ```
//! Source: Y. LeCun, C. Cortes and C. J. C. Burges, *The MNIST database of handwritten digits*, "the IDX file format".
//!
//! A file is taken whole or refused: nothing may be missing, left over or damaged. No memory is taken on the word of the
//! header alone; it grows with the content that really comes.

use std::io::{self, Read};

use flate2::bufread::GzDecoder;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The first two bytes of every gzip file (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The first two bytes of a file that is not packed; the type of the numbers and the count of dimensions follow.
pub(crate) const MAGIC: [u8; 2] = [0, 0];
/// The magic number without the count of dimensions: two zero bytes and the code of unsigned bytes.
const UNSIGNED_BYTES: u32 = 0x0000_0800;
/// More content than any published file has: 60,000 images of 28 x 28 bytes are 47 MB.
const LARGEST_PUBLISHED: usize = 64 << 20;
/// Memory taken at once, in bytes a packed byte; the published images unpack to 1.8.
const RESERVED: usize = 4;

/// The content of an IDX file.
#[derive(Debug)]
pub(crate) struct Idx {
    /// Where it comes from, for messages.
    pub file: String,
    pub sizes: Vec<usize>,
    pub data: Vec<u8>,
    /// Of header and data.
    pub sha256: [u8; 32],
}

/// Why bytes are not a packed IDX file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IdxError {
    /// The first bytes are not those of gzip.
    #[error("{file}: not gzip, starts with `{start}`, must start with `1f 8b`")]
    NotGzip {
        /// The file.
        file: String,
        /// Its first bytes in hexadecimal.
        start: String,
    },
    /// The gzip stream does not unpack, or its checksum is wrong.
    #[error("{file}: gzip stream damaged after {got} bytes of content, must be intact")]
    Damaged {
        /// The file.
        file: String,
        /// Content unpacked so far, bytes.
        got: usize,
    },
    /// The content ends too early.
    #[error("{file}: ends after {got} bytes of content, must have {needed}")]
    Truncated {
        /// The file.
        file: String,
        /// Content that is there, bytes.
        got: usize,
        /// Content that header or sizes ask for, bytes.
        needed: usize,
    },
    /// Not an IDX file of unsigned bytes.
    #[error("{file}: magic number is `{got:#010x}`, must be `{needed:#010x}`")]
    Magic {
        /// The file.
        file: String,
        /// Its first four bytes.
        got: u32,
        /// What they must be.
        needed: u32,
    },
    /// Labels in place of images, or images in place of labels.
    #[error("{file}: number of dimensions is {got}, must be {needed}")]
    Dimensions {
        /// The file.
        file: String,
        /// Its dimensions.
        got: u32,
        /// What they must be.
        needed: usize,
    },
    /// Nothing inside.
    #[error("{file}: sizes are {}, each must be at least 1", product(sizes))]
    Empty {
        /// The file.
        file: String,
        /// Its sizes.
        sizes: Vec<u32>,
    },
    /// More bytes than can be addressed, or than a published file has.
    #[error("{file}: sizes are {}, their product must be at most {}", product(sizes), most)]
    Overflow {
        /// The file.
        file: String,
        /// Its sizes.
        sizes: Vec<u32>,
        /// The bound.
        most: usize,
    },
    /// The content goes on after the last byte that the sizes allow.
    #[error("{file}: content goes on after {needed} bytes, must end there")]
    TrailingContent {
        /// The file.
        file: String,
        /// Content that the sizes allow, bytes.
        needed: usize,
    },
    /// The file goes on after the gzip stream.
    #[error("{file}: {got} bytes follow the gzip stream, must be none")]
    TrailingBytes {
        /// The file.
        file: String,
        /// How many.
        got: usize,
    },
}

/// Unpacks and reads `packed`, which must have `dimensions` dimensions; `file` names it in messages.
pub(crate) fn read(file: &str, packed: &[u8], dimensions: usize) -> Result<Idx, IdxError> {
    if !packed.starts_with(&GZIP) {
        return Err(IdxError::NotGzip { file: file.to_owned(), start: hexadecimal(&packed[..packed.len().min(2)]) });
    }
    let mut content = Content { file, decoder: GzDecoder::new(packed), got: 0 };
    let mut hash = Sha256::new();

    let magic = content.numbers(1, 4 + 4 * dimensions, &mut hash)?[0];
    check_magic(file, magic, dimensions)?;
    let sizes = content.numbers(dimensions, 4 + 4 * dimensions, &mut hash)?;
    let length = checked_length(file, &sizes, LARGEST_PUBLISHED)?;

    let needed = content.got + length;
    let mut data = Vec::with_capacity(length.min(RESERVED.saturating_mul(packed.len())));
    content.take(length, needed, &mut data)?;
    content.end()?;
    hash.update(&data);

    let sizes = sizes.iter().map(|&size| size as usize).collect();
    Ok(Idx { file: file.to_owned(), sizes, data, sha256: hash.finalize().into() })
}

/// Reads `content`, which is not packed, and has `dimensions` dimensions where they are given.
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
    // An address must still hold it.
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

/// What is left of the unpacked content.
struct Content<'a> {
    file: &'a str,
    decoder: GzDecoder<&'a [u8]>,
    got: usize,
}

impl Content<'_> {
    /// The next `count` numbers of the header, which is `header` bytes long.
    fn numbers(&mut self, count: usize, header: usize, hash: &mut Sha256) -> Result<Vec<u32>, IdxError> {
        let mut bytes = Vec::new();
        self.take(4 * count, header, &mut bytes)?;
        hash.update(&bytes);
        Ok(bytes
            .chunks_exact(4)
            .map(|word| word.iter().fold(0, |number, &byte| number << 8 | u32::from(byte)))
            .collect())
    }

    /// The next `count` bytes; where they are not there, the message speaks of `needed` bytes in all.
    fn take(&mut self, count: usize, needed: usize, into: &mut Vec<u8>) -> Result<(), IdxError> {
        let outcome = (&mut self.decoder).take(count as u64).read_to_end(into);
        self.got += into.len();
        match outcome {
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(self.damaged()),
            _ if into.len() < count => Err(IdxError::Truncated { file: self.file.to_owned(), got: self.got, needed }),
            _ => Ok(()),
        }
    }

    /// Nothing may be left, neither of the content nor of the file; the checksum is compared here.
    fn end(mut self) -> Result<(), IdxError> {
        match self.decoder.read(&mut [0]) {
            Ok(0) => {}
            Ok(_) => return Err(IdxError::TrailingContent { file: self.file.to_owned(), needed: self.got }),
            Err(_) => return Err(self.damaged()),
        }
        match self.decoder.into_inner().len() {
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

/// The product of the sizes, of at most `most`.
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

    /// An IDX file, not yet packed.
    pub(crate) fn content(sizes: &[u32], data: &[u8]) -> Vec<u8> {
        let magic = UNSIGNED_BYTES + sizes.len() as u32;
        let header = std::iter::once(magic).chain(sizes.iter().copied()).flat_map(u32::to_be_bytes);
        header.chain(data.iter().copied()).collect()
    }

    fn complaint(packed: &[u8]) -> String {
        read("a.gz", packed, 3).unwrap_err().to_string()
    }

    #[test]
    fn sizes_and_bytes_come_back() {
        let idx = read("a.gz", &pack(&content(&[2, 1, 3], &[1, 2, 3, 4, 5, 6])), 3).unwrap();
        assert_eq!((idx.sizes, idx.data), (vec![2, 1, 3], vec![1, 2, 3, 4, 5, 6]));
    }

    #[test]
    fn the_hash_is_of_the_content_however_it_is_packed() {
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
    fn not_gzip() {
        assert_eq!(complaint(b"\0\0\x08\x03"), "a.gz: not gzip, starts with `00 00`, must start with `1f 8b`");
        assert_eq!(complaint(b""), "a.gz: not gzip, starts with ``, must start with `1f 8b`");
    }

    #[test]
    fn damaged() {
        let mut packed = pack(&content(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]));
        let checksum = packed.len() - 8;
        packed[checksum] ^= 1;
        assert_eq!(complaint(&packed), "a.gz: gzip stream damaged after 22 bytes of content, must be intact");
        // A compression method that does not exist.
        assert_eq!(
            complaint(b"\x1f\x8b\x07\0\0\0\0\0\0\0\0\0"),
            "a.gz: gzip stream damaged after 0 bytes of content, must be intact"
        );
    }

    #[test]
    fn truncated_content() {
        let packed = pack(&content(&[2, 1, 3], &[1, 2, 3, 4]));
        assert_eq!(complaint(&packed), "a.gz: ends after 20 bytes of content, must have 22");
        assert_eq!(complaint(&pack(&[0, 0, 8])), "a.gz: ends after 3 bytes of content, must have 16");
        let header = pack(&content(&[2, 1, 3], &[])[..10]);
        assert_eq!(complaint(&header), "a.gz: ends after 10 bytes of content, must have 16");
    }

    #[test]
    fn every_cut_of_the_file_is_refused() {
        let packed = pack(&content(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]));
        for length in 2..packed.len() {
            let error = read("a.gz", &packed[..length], 3).unwrap_err();
            assert!(matches!(error, IdxError::Truncated { .. } | IdxError::Damaged { .. }), "{length}: {error}");
        }
    }

    #[test]
    fn wrong_magic() {
        let mut content = content(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]);
        content[2] = 0x0d;
        assert_eq!(complaint(&pack(&content)), "a.gz: magic number is `0x00000d03`, must be `0x00000803`");
    }

    #[test]
    fn wrong_number_of_dimensions() {
        assert_eq!(complaint(&pack(&content(&[2], &[1, 2]))), "a.gz: number of dimensions is 1, must be 3");
    }

    #[test]
    fn nothing_inside() {
        assert_eq!(
            complaint(&pack(&content(&[0, 28, 28], &[]))),
            "a.gz: sizes are 0 x 28 x 28, each must be at least 1"
        );
    }

    #[test]
    fn sizes_that_overflow() {
        let packed = pack(&content(&[u32::MAX; 3], &[1]));
        assert_eq!(
            complaint(&packed),
            format!("a.gz: sizes are 4294967295 x 4294967295 x 4294967295, their product must be at most {}", 64 << 20)
        );
    }

    #[test]
    fn a_large_size_alone_takes_no_memory() {
        let packed = pack(&content(&[64 << 20, 1, 1], &[1]));
        assert_eq!(complaint(&packed), "a.gz: ends after 17 bytes of content, must have 67108880");
        let packed = pack(&content(&[u32::MAX, 1, 1], &[1]));
        assert_eq!(complaint(&packed), "a.gz: sizes are 4294967295 x 1 x 1, their product must be at most 67108864");
    }

    #[test]
    fn trailing_content() {
        let packed = pack(&content(&[2, 1, 3], &[1, 2, 3, 4, 5, 6, 7]));
        assert_eq!(complaint(&packed), "a.gz: content goes on after 22 bytes, must end there");
    }

    #[test]
    fn trailing_bytes() {
        let mut packed = pack(&content(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]));
        packed.extend([0; 5]);
        assert_eq!(complaint(&packed), "a.gz: 5 bytes follow the gzip stream, must be none");
    }
}
