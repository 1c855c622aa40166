//! Uniform numbers in blocks, bit-identical on every CPU.
//!
//! ```text
//! u  =  floor(w / 2^8) / 2^24        w  word of a Philox counter; 0 <= u < 1, all multiples of 2^-24 equally likely
//! ```

use ohmspike_simd::{Block, LANES, kernel};

use crate::grouped::{GROUP, Grouped};
use crate::philox::philox_lanes;

/// A stream of uniform numbers in [0, 1).
#[derive(Clone, Debug)]
pub struct Uniforms {
    stream: Grouped,
}

impl Uniforms {
    pub(crate) fn new(key: [u32; 2], place: [u32; 2]) -> Uniforms {
        Uniforms { stream: Grouped::new(key, place) }
    }

    /// Fills `blocks` with the next draws. The draws do not depend on the sizes of the calls.
    pub fn fill(&mut self, blocks: &mut [Block]) {
        self.stream.fill(blocks, fill_groups);
    }
}

#[kernel]
fn fill_groups(key: [u32; 2], place: [u32; 2], first: u64, groups: &mut [[Block; GROUP]]) {
    for (number, group) in groups.iter_mut().enumerate() {
        let words = philox_lanes(key, place, first + (number * LANES) as u64);
        for (block, words) in group.iter_mut().zip(words) {
            for lane in 0..LANES {
                // 24 bits convert to f32 exactly, and the product with a power of two is exact.
                block[lane] = (words[lane] >> 8) as f32 * (1.0 / 16_777_216.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Seed;

    use super::*;

    fn draws(seed: Seed, blocks: usize) -> Vec<f32> {
        let mut drawn = vec![Block::ZERO; blocks];
        seed.uniforms().fill(&mut drawn);
        drawn.iter().flat_map(|block| block.0).collect()
    }

    #[test]
    fn draws_do_not_depend_on_the_sizes_of_calls() {
        let seed = Seed::new(3).named("cut");
        let whole = draws(seed, 30);
        let mut stream = seed.uniforms();
        let mut pieces = Vec::new();
        for length in [1, 7, 0, 4, 3, 15] {
            let mut piece = vec![Block::ZERO; length];
            stream.fill(&mut piece);
            pieces.extend(piece.iter().flat_map(|block| block.0));
        }
        assert_eq!(pieces, whole);
    }

    #[test]
    fn draws_match_the_equation() {
        let seed = Seed::new(11).named("equation");
        let drawn = draws(seed, GROUP);
        let mut words = seed.stream();
        for lane in 0..LANES {
            for block in 0..GROUP {
                assert_eq!(drawn[block * LANES + lane], (words.next_u32() >> 8) as f32 / 16_777_216.0);
            }
        }
    }

    /// Mean 1/2 and variance 1/12 within five standard errors; always below 1.
    #[test]
    fn moments_match_a_uniform_distribution() {
        let u: Vec<f64> = draws(Seed::new(5), (1 << 20) / LANES).into_iter().map(f64::from).collect();
        let n = u.len() as f64;
        let mean = u.iter().sum::<f64>() / n;
        let variance = u.iter().map(|u| (u - 0.5) * (u - 0.5)).sum::<f64>() / n;
        assert!((mean - 0.5).abs() < 5.0 * (1.0 / 12.0 / n).sqrt());
        // The variance of (u - 1/2)² is 1/80 - 1/144.
        assert!((variance - 1.0 / 12.0).abs() < 5.0 * ((1.0 / 80.0 - 1.0 / 144.0) / n).sqrt());
        assert!(u.iter().all(|&u| (0.0..1.0).contains(&u)));
    }
}
