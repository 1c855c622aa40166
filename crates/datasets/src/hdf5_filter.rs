//! HDF5 filters, which compress or check the chunks of a data set.
//!
//! `hdf5-reader` handles the filters of libhdf5. This module decodes LZF, which h5py adds:
//!
//! ```text
//! 000LLLLL                        L + 1 literal bytes follow
//! LLLooooo oooooooo               copy L + 2 bytes (L from 1 to 6) from o + 1 bytes back in the output
//! 111ooooo LLLLLLLL oooooooo      copy L + 9 bytes from there
//! ```
//! Source: M. Lehmann, *liblzf* 3.6, `lzf_d.c`; h5py, `lzf_filter.c`. The third parameter of the filter is the chunk
//! size.

use hdf5_reader::{FilterRegistry, error::Error, messages::filter_pipeline::FilterDescription};

/// Filter number of h5py's LZF.
pub(crate) const LZF: u16 = 32000;
/// Supported filters, for messages.
pub(crate) const READ: &str = "deflate (gzip), LZF, shuffle, fletcher32, szip, n-bit, scale-offset or none";
/// Registered filter numbers (The HDF Group, *Registered Filter Plugins*).
const NAMES: [(u16, &str); 16] = [
    (1, "deflate"),
    (2, "shuffle"),
    (3, "fletcher32"),
    (4, "szip"),
    (5, "n-bit"),
    (6, "scale-offset"),
    (307, "bzip2"),
    (LZF, "LZF"),
    (32001, "Blosc"),
    (32004, "LZ4"),
    (32008, "bitshuffle"),
    (32013, "ZFP"),
    (32015, "Zstandard"),
    (32017, "SZ"),
    (32024, "SZ3"),
    (32026, "Blosc2"),
];
/// Filters that keep the size almost constant: shuffle and fletcher32.
const KEEP_SIZE: [u16; 2] = [2, 3];

/// Returns the filters of libhdf5 and LZF for chunks of at most `most` bytes.
pub(crate) fn registry(most: usize) -> FilterRegistry {
    let mut registry = FilterRegistry::new();
    registry.register(
        LZF,
        Box::new(move |filter, packed, _| {
            let chunk = filter.client_data.get(2).map_or(most, |&size| size as usize);
            unpack(packed, chunk.min(most)).ok_or_else(|| Error::DecompressionError("LZF: damaged".to_owned()))
        }),
    );
    registry
}

/// Describes the first unsupported filter in `filters`, or returns `None`.
pub(crate) fn refused(filters: &[FilterDescription]) -> Option<String> {
    let unknown = |filter: &&FilterDescription| filter.id != LZF && !(1..=6).contains(&filter.id);
    if let Some(filter) = filters.iter().find(unknown) {
        return Some(name(filter.id));
    }
    // A second compression after LZF has no bound from the chunk size.
    let after = filters.iter().skip_while(|filter| filter.id != LZF).skip(1);
    let twice = after.map(|filter| filter.id).find(|id| !KEEP_SIZE.contains(id));
    twice.map(|id| format!("LZF combined with {}", name(id)))
}

fn name(id: u16) -> String {
    let known = NAMES.iter().find(|(known, _)| *known == id);
    known.map_or_else(|| format!("filter {id}"), |(_, name)| format!("{name} (filter {id})"))
}

/// Decompresses `packed` into at most `most` bytes, or returns `None` if it is damaged.
fn unpack(packed: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let mut input = packed.iter().copied();
    while let Some(control) = input.next() {
        if control < 32 {
            let count = usize::from(control) + 1;
            let before = content.len();
            content.extend(input.by_ref().take(count));
            if content.len() != before + count || content.len() > most {
                return None;
            }
            continue;
        }
        let mut length = usize::from(control >> 5);
        if length == 7 {
            length += usize::from(input.next()?);
        }
        let back = usize::from(control & 31) << 8 | usize::from(input.next()?);
        let start = content.len().checked_sub(back + 1)?;
        if content.len() + length + 2 > most {
            return None;
        }
        // A copy may overlap the bytes that it writes.
        (0..length + 2).for_each(|place| content.push(content[start + place]));
    }
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decompresses_literals_and_copies() {
        assert_eq!(unpack(&[2, b'a', b'b', b'c'], 3).unwrap(), b"abc");
        // Three literals, then a copy of 1 + 2 bytes from three bytes back.
        assert_eq!(unpack(&[2, b'a', b'b', b'c', 1 << 5, 2], 6).unwrap(), b"abcabc");
        // One literal, then a copy of 7 + 5 + 2 bytes from one byte back.
        assert_eq!(unpack(&[0, b'x', 7 << 5, 5, 0], 15).unwrap(), [b'x'; 15]);
        assert_eq!(unpack(&[], 0).unwrap(), b"");
    }

    #[test]
    fn rejects_damaged_or_long_data() {
        for packed in [&[2, b'a'][..], &[1 << 5, 0], &[0, b'x', 1 << 5, 1], &[0, b'x', 7 << 5], &[0, b'x', 1 << 5]] {
            assert_eq!(unpack(packed, 100), None, "{packed:?}");
        }
        assert_eq!(unpack(&[0, b'x', 7 << 5, 255, 0], 264), None);
        assert_eq!(unpack(&[0, b'x', 7 << 5, 255, 0], 265).unwrap().len(), 265);
    }

    #[test]
    fn names_unsupported_filters() {
        let filters = |ids: &[u16]| {
            let filter = |&id: &u16| FilterDescription { id, name: None, client_data: Vec::new() };
            refused(&ids.iter().map(filter).collect::<Vec<_>>())
        };
        assert_eq!(filters(&[2, LZF, 3]), None);
        assert_eq!(filters(&[2, 1]), None);
        assert_eq!(filters(&[32001]), Some("Blosc (filter 32001)".to_owned()));
        assert_eq!(filters(&[2, 40000]), Some("filter 40000".to_owned()));
        assert_eq!(filters(&[LZF, 1]), Some("LZF combined with deflate (filter 1)".to_owned()));
    }
}
