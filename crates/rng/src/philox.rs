//! Philox4x32-10 for sixteen counters at a time, written for vectorisation.

use ohmspike_simd::LANES;

/// One word of sixteen counters.
pub(crate) type Words = [u32; LANES];

const MULTIPLIERS: [u64; 2] = [0xd251_1f53, 0xcd9e_8d57];
const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];
const ROUNDS: usize = 10;
const LOW: u64 = 0xffff_ffff;

/// Returns the four output words for counters `first` .. `first + 16` (`first` is a multiple of 16) of the stream at
/// `place`.
///
/// A word is stored in the low half of 64 bits, as vector multiplication expects. The high halves contain remainders of
/// products that are never read.
#[inline(always)]
pub(crate) fn philox_lanes(key: [u32; 2], place: [u32; 2], first: u64) -> [Words; 4] {
    let mut a: [u64; LANES] = std::array::from_fn(|lane| (first & LOW) + lane as u64);
    let mut b = [first >> 32; LANES];
    let mut c = [u64::from(place[0]); LANES];
    let mut d = [u64::from(place[1]); LANES];
    let mut key = key;
    for _ in 0..ROUNDS {
        for lane in 0..LANES {
            let left = MULTIPLIERS[0] * (a[lane] & LOW);
            let right = MULTIPLIERS[1] * (c[lane] & LOW);
            a[lane] = (right >> 32) ^ b[lane] ^ u64::from(key[0]);
            c[lane] = (left >> 32) ^ d[lane] ^ u64::from(key[1]);
            b[lane] = right;
            d[lane] = left;
        }
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    [a, b, c, d].map(|word| word.map(|wide| wide as u32))
}

#[cfg(test)]
mod tests {
    use rand_philox::philox4x32_10;

    use super::*;

    /// Known answers of Random123 (file kat_vectors, philox4x32 with 10 rounds).
    const KNOWN: [([u32; 4], [u32; 2], [u32; 4]); 3] = [
        ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
        ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
        (
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
            [0xa409_3822, 0x299f_31d0],
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
        ),
    ];

    #[test]
    fn lanes_give_the_known_answers() {
        for (counter, key, expected) in KNOWN {
            let lane = counter[0] as usize % LANES;
            let first = (u64::from(counter[1]) << 32) | u64::from(counter[0] - lane as u32);
            let words = philox_lanes(key, [counter[2], counter[3]], first);
            assert_eq!(words.map(|word| word[lane]), expected);
            assert_eq!(philox4x32_10(counter, key), expected);
        }
    }
}
