//! Random streams, named by a path of names and numbers.
//!
//! Parts, in the order of use:
//! 1. [`Seed`]: a key and a place in a tree; names and numbers select children;
//! 2. [`Seed::stream`]: single draws, for any `rand` distribution;
//! 3. [`Seed::normals`], [`Seed::uniforms`]: standard normals and uniform numbers in bulk.
//!
//! | quantity | unit |
//! |---|---|
//! | normals | standard deviations (mean 0, standard deviation 1) |
//! | uniforms | 1, in \[0, 1) |
//!
//! A path determines its draws: they do not depend on the order of calls, on threads or on the CPU. Ohmspike has no
//! other source of randomness. This crate has no unseeded and no cryptographic generators.
//!
//! The generator is Philox4x32-10 (Salmon, Moraes, Dror and Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC
//! 2011). The seed of the study is the 64-bit key. Of the 128 counter bits, the upper 64 are the place in the tree and
//! the lower 64 count along the stream. The probability that any two of n paths share a stream is n^2 / 2^65.
//!
//! ```
//! use rand::RngExt;
//! use ohmspike_rng::Seed;
//!
//! let write = Seed::new(7).named("write").numbered(12);
//! let mut one = write.stream();
//! let mut again = write.stream();
//! assert_eq!(one.random::<u32>(), again.random::<u32>());
//! assert_ne!(write, Seed::new(7).numbered(12).named("write"));
//! ```

mod grouped;
mod normals;
mod philox;
mod uniforms;

pub use grouped::GROUP;
pub use normals::Normals;
pub use rand_philox::Philox;
use rand_philox::philox4x32_10;
pub use uniforms::Uniforms;

/// Domain separation of names and numbers, so that no name equals a number.
const NAME: u32 = 0x6e61_6d65;
const NUMBER: u32 = 0x6e75_6d62;

/// A place in the tree of random streams of a study seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seed {
    key: [u32; 2],
    place: [u32; 2],
}

impl Seed {
    /// Creates the root for `key`, the seed in a study and its records.
    pub fn new(key: u64) -> Seed {
        Seed { key: [key as u32, (key >> 32) as u32], place: [0, 0] }
    }

    /// Returns the child called `name`.
    pub fn named(self, name: &str) -> Seed {
        let bytes = name.as_bytes();
        let ended = self.step(NAME, bytes.len() as u64);
        bytes.chunks(8).fold(ended, |place, chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            place.step(NAME, u64::from_le_bytes(word))
        })
    }

    /// Returns the child with number `number`.
    pub fn numbered(self, number: u64) -> Seed {
        self.step(NUMBER, number)
    }

    /// Opens the stream of this place for single draws.
    pub fn stream(self) -> Philox {
        let [low, high] = self.place.map(u128::from);
        Philox::new(self.key, (high << 96) | (low << 64))
    }

    /// Opens the stream of this place for standard normals in blocks. It uses the same words as [`Seed::stream`]: use
    /// only one kind of stream per place.
    pub fn normals(self) -> Normals {
        Normals::new(self.key, self.place)
    }

    /// Opens the stream of this place for uniform numbers in blocks. It uses the same words as [`Seed::stream`]: use
    /// only one kind of stream per place.
    pub fn uniforms(self) -> Uniforms {
        Uniforms::new(self.key, self.place)
    }

    /// Hashes the place and 64 bits of data with one Philox block.
    fn step(self, kind: u32, data: u64) -> Seed {
        let counter = [data as u32, (data >> 32) as u32, self.place[0], self.place[1]];
        let [low, high, ..] = philox4x32_10(counter, [self.key[0] ^ kind, self.key[1]]);
        Seed { place: [low, high], ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn different_paths_have_different_places() {
        let root = Seed::new(1);
        let mut places = HashSet::new();
        for name in ["", "a", "read", "write", "writes", "a long name of more than eight bytes"] {
            for number in 0..1000 {
                assert!(places.insert(root.named(name).numbered(number)));
                assert!(places.insert(root.numbered(number).named(name)));
            }
        }
        assert_ne!(Seed::new(1), Seed::new(1 << 32));
    }

    #[test]
    fn a_stream_starts_at_its_place() {
        let seed = Seed::new(0x0123_4567_89ab_cdef).named("order");
        let expected = philox4x32_10([0, 0, seed.place[0], seed.place[1]], [0x89ab_cdef, 0x0123_4567]);
        let mut stream = seed.stream();
        assert_eq!(std::array::from_fn(|_| stream.next_u32()), expected);
    }
}

/// Runs the examples in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
