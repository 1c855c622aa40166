//! Standard normals in blocks, bit-identical on every CPU.
//!
//! ```text
//! u  =  (w0 + 1/2) / 2^32            w0, w1  two words of a Philox counter
//! r  =  sqrt(-2 ln u)
//! z  =  r cos(2 pi w1 / 2^32),    z' = r sin(2 pi w1 / 2^32)
//! ```
//!
//! Box and Muller, *A note on the generation of random normal deviates*, Ann. Math. Stat. 29 (1958). All 32 bits of w0
//! are used. The largest magnitude is then 6.7, which covers the tails of 10^9 draws in a training run.

use ohmspike_simd::{Block, LANES, kernel, ln, sin_cos_turn};

use crate::grouped::{GROUP, Grouped};
use crate::philox::{Words, philox_lanes};

/// A stream of standard normals.
#[derive(Clone, Debug)]
pub struct Normals {
    stream: Grouped,
}

impl Normals {
    pub(crate) fn new(key: [u32; 2], place: [u32; 2]) -> Normals {
        Normals { stream: Grouped::new(key, place) }
    }

    /// Skips `groups` x 64 draws of a stream at its start, to fill a part of its draws. Draws are computed in groups of
    /// four blocks.
    pub fn after_groups(self, groups: usize) -> Normals {
        Normals { stream: self.stream.after_groups(groups) }
    }

    /// Fills `blocks` with the next draws. The draws do not depend on the sizes of the calls.
    pub fn fill(&mut self, blocks: &mut [Block]) {
        self.stream.fill(blocks, fill_groups);
    }
}

#[kernel]
fn fill_groups(key: [u32; 2], place: [u32; 2], first: u64, groups: &mut [[Block; GROUP]]) {
    // Two groups at a time: the words of one are computed while the other waits for its square roots.
    let (pairs, last) = groups.as_chunks_mut::<2>();
    let mut counter = first;
    for [one, other] in pairs {
        let words = [0, LANES as u64].map(|ahead| philox_lanes(key, place, counter + ahead));
        transform(&words[0], one);
        transform(&words[1], other);
        counter += 2 * LANES as u64;
    }
    for group in last {
        transform(&philox_lanes(key, place, counter), group);
    }
}

#[inline(always)]
fn transform([w0, w1, w2, w3]: &[Words; 4], [b0, b1, b2, b3]: &mut [Block; GROUP]) {
    box_muller(w0, w1, b0, b1);
    box_muller(w2, w3, b2, b3);
}

#[inline(always)]
fn box_muller(radius: &Words, angle: &Words, cosines: &mut Block, sines: &mut Block) {
    for lane in 0..LANES {
        let u = (radius[lane] as f32 + 0.5) * (1.0 / 4_294_967_296.0);
        let r = (-2.0 * ln(u)).sqrt();
        let (sine, cosine) = sin_cos_turn(angle[lane]);
        cosines[lane] = r * cosine;
        sines[lane] = r * sine;
    }
}

#[cfg(test)]
mod tests {
    use crate::Seed;

    use super::*;

    fn draws(seed: Seed, blocks: usize) -> Vec<f32> {
        let mut drawn = vec![Block::ZERO; blocks];
        seed.normals().fill(&mut drawn);
        drawn.iter().flat_map(|block| block.0).collect()
    }

    #[test]
    fn draws_do_not_depend_on_the_sizes_of_calls() {
        let seed = Seed::new(3).named("cut");
        let whole = draws(seed, 60);
        let mut stream = seed.normals();
        let mut pieces = Vec::new();
        for length in [1, 7, 0, 4, 3, 13, 2, 30] {
            let mut piece = vec![Block::ZERO; length];
            stream.fill(&mut piece);
            pieces.extend(piece.iter().flat_map(|block| block.0));
        }
        assert_eq!(pieces, whole);
    }

    #[test]
    fn a_part_of_the_stream_has_the_same_draws() {
        let seed = Seed::new(3).named("part");
        let whole = draws(seed, 60);
        let mut part = vec![Block::ZERO; 7];
        seed.normals().after_groups(9).fill(&mut part);
        assert_eq!(part.iter().flat_map(|block| block.0).collect::<Vec<_>>(), whole[9 * GROUP * LANES..][..7 * LANES]);
    }

    /// The Box-Muller equation in f64 with another library's functions, from the words of the plain generator.
    #[test]
    fn draws_match_the_equation() {
        let seed = Seed::new(11).named("equation");
        let drawn = draws(seed, 4 * GROUP);
        let mut words = seed.stream();
        for group in drawn.chunks(GROUP * LANES) {
            for lane in 0..LANES {
                for pair in 0..2 {
                    let u = (f64::from(words.next_u32()) + 0.5) / 4_294_967_296.0;
                    let angle = f64::from(words.next_u32()) / 4_294_967_296.0 * std::f64::consts::TAU;
                    let r = libm::sqrt(-2.0 * libm::log(u));
                    // Four roundings of relative size 6e-8 and a sine within 2e-7, multiplied by a radius below 6.7.
                    let bound = 2e-6;
                    let [cosine, sine] = [2 * pair, 2 * pair + 1].map(|block| f64::from(group[block * LANES + lane]));
                    assert!((cosine - r * libm::cos(angle)).abs() < bound);
                    assert!((sine - r * libm::sin(angle)).abs() < bound);
                }
            }
        }
    }

    /// Sums over 2^20 draws are within five standard errors of their expectations.
    #[test]
    fn moments_tails_and_correlations_match_a_normal_distribution() {
        let z: Vec<f64> = draws(Seed::new(5), (1 << 20) / LANES).into_iter().map(f64::from).collect();
        let n = z.len() as f64;
        let within = |what: &str, value: f64, expected: f64, variance: f64| {
            let error = (variance / n).sqrt();
            assert!((value - expected).abs() < 5.0 * error, "{what}: {value}, expected {expected} +- {error}");
        };
        within("mean", z.iter().sum::<f64>() / n, 0.0, 1.0);
        within("variance", z.iter().map(|z| z * z).sum::<f64>() / n, 1.0, 2.0);
        within("third moment", z.iter().map(|z| z.powi(3)).sum::<f64>() / n, 0.0, 15.0);
        within("fourth moment", z.iter().map(|z| z.powi(4)).sum::<f64>() / n, 3.0, 96.0);
        within("neighbours", z.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / n, 0.0, 1.0);
        within("neighbouring blocks", z.windows(17).map(|w| w[0] * w[16]).sum::<f64>() / n, 0.0, 1.0);
        // P(|z| > 3) of a standard normal.
        let tail = 0.002_699_796;
        within("tail", z.iter().filter(|z| z.abs() > 3.0).count() as f64 / n, tail, tail * (1.0 - tail));
    }

    #[test]
    fn bits_are_pinned() {
        let drawn = draws(Seed::new(1).named("pinned").numbered(2), 4);
        let digest = drawn.iter().fold(0u32, |digest, z| digest.rotate_left(5) ^ z.to_bits());
        assert_eq!(format!("{digest:08x} {:?}", &drawn[..3]), PINNED);
    }

    const PINNED: &str = "e8dafdcb [0.007924357, -0.35366455, -0.11275926]";
}
