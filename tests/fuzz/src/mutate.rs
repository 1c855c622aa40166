//! Mutates valid inputs: flips bits, replaces numbers, and duplicates, cuts and mixes parts.

use rand::{Rng, RngExt};

/// Longest input, bytes; size limits of the parsers are not tested here.
const LONGEST: usize = 1 << 16;
/// Numbers at the limits of types and ranges.
const NUMBERS: [&str; 16] = [
    "0",
    "-1",
    "1",
    "255",
    "65536",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775809",
    "1e308",
    "1e400",
    "-0.0",
    "nan",
];
/// Byte sequences with a meaning in one of the formats.
const TOKENS: [&str; 24] = [
    "\n",
    "\r\n",
    ",",
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    "=",
    ":",
    "#",
    "null",
    "true",
    "inf",
    "\0",
    "\u{1b}[2J",
    "\u{feff}",
    "[[",
    "]]",
    "\\u0000",
    "TREE",
    "HEAP",
    "<f8",
];

/// Returns one of the `seeds` with a few mutations.
pub fn mutated(seeds: &[Vec<u8>], random: &mut impl Rng) -> Vec<u8> {
    let mut input = seeds[random.random_range(0..seeds.len())].clone();
    // Some inputs are unchanged and must be accepted.
    for _ in 0..random.random_range(0..5) {
        change(&mut input, seeds, random);
        input.truncate(LONGEST);
    }
    input
}

fn change(input: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut impl Rng) {
    let place = random.random_range(0..input.len() + 1);
    let length = random.random_range(0..17).min(input.len() - place);
    match random.random_range(0..11) {
        0 if length > 0 => input[place] ^= 1 << random.random_range(0..8),
        1 if length > 0 => input[place] = [0, 1, 0x7f, 0x80, 0xff][random.random_range(0..5)],
        2 => replace_number(input, place, random),
        3 => overwrite_integer(input, place, random),
        4 => insert(input, place, TOKENS[random.random_range(0..TOKENS.len())].as_bytes()),
        5 => _ = input.drain(place..place + length),
        6 => {
            let part = input[place..place + length].to_vec();
            insert(input, place, &part.repeat(random.random_range(1..65)));
        }
        7 => input.truncate(place),
        8 => {
            let other = &seeds[random.random_range(0..seeds.len())];
            input.truncate(place);
            input.extend(&other[random.random_range(0..other.len() + 1)..]);
        }
        9 => swap_lines(input, random),
        _ => insert(input, place, &[random.random::<u8>()]),
    }
}

fn insert(input: &mut Vec<u8>, place: usize, part: &[u8]) {
    input.splice(place..place, part.iter().copied());
}

/// Replaces the first number after `place`.
fn replace_number(input: &mut Vec<u8>, place: usize, random: &mut impl Rng) {
    let Some(start) = input[place..].iter().position(u8::is_ascii_digit).map(|found| place + found) else { return };
    let digits = input[start..].iter().take_while(|byte| byte.is_ascii_digit() || b".e-+".contains(byte)).count();
    let number = NUMBERS[random.random_range(0..NUMBERS.len())];
    input.splice(start..start + digits, number.bytes());
}

/// Overwrites the bytes at `place` with a number at the limit of a type, little-endian.
fn overwrite_integer(input: &mut [u8], place: usize, random: &mut impl Rng) {
    let number: u64 =
        [0, 1, 0x7fff, 0xffff, 1 << 31, u64::from(u32::MAX), 1 << 63, u64::MAX][random.random_range(0..8)];
    let bytes = number.to_le_bytes();
    let width = [1, 2, 4, 8][random.random_range(0..4)].min(input.len() - place);
    input[place..place + width].copy_from_slice(&bytes[..width]);
}

fn swap_lines(input: &mut Vec<u8>, random: &mut impl Rng) {
    let mut lines: Vec<Vec<u8>> = input.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    if lines.len() > 1 {
        let (one, other) = (random.random_range(0..lines.len()), random.random_range(0..lines.len()));
        lines.swap(one, other);
        *input = lines.concat();
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;

    use super::*;

    #[test]
    fn inputs_depend_on_the_seed_only_and_have_a_maximum_length() {
        let seeds = [b"one = 1\ntwo = 2\n".to_vec(), vec![0; 100]];
        let all = |seed| {
            let mut random = Seed::new(seed).stream();
            (0..2000).map(|_| mutated(&seeds, &mut random)).collect::<Vec<_>>()
        };
        assert_eq!(all(1), all(1));
        assert_ne!(all(1), all(2));
        let inputs = all(1);
        assert!(inputs.iter().all(|input| input.len() <= LONGEST));
        let unchanged = inputs.iter().filter(|input| seeds.contains(input)).count();
        assert!((200..1000).contains(&unchanged), "{unchanged} of 2000 inputs are seeds");
    }
}
