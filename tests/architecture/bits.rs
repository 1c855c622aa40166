//! Checks that the arithmetic of some crates is bit-identical on every machine.

use crate::code::code;
use crate::repository::{root, shown, sources};

const BIT_STABLE: [&str; 4] = ["simd", "rng", "snn", "crossbar"];
/// Functions that fuse two roundings, or that round differently in each maths library.
const ROUNDS_ELSEWHERE: [&str; 9] = ["mul_add", "fmadd", "exp", "ln", "sin", "cos", "powf", "log10", "log2"];

/// Fused multiply-adds and platform functions round differently on other machines.
#[test]
fn bit_stable_crates_round_every_operation() {
    for room in BIT_STABLE {
        for path in sources(&root().join("crates").join(room).join("src")) {
            let words = code(&path);
            for place in 1..words.len() {
                let (before, word) = (&words[place - 1].text, &words[place]);
                let method = before == "." && ROUNDS_ELSEWHERE.contains(&word.text.as_str());
                let fused = word.text.contains("fmadd") || word.text.contains("mul_add");
                assert!(
                    !method && !fused,
                    "{}:{}: unexpected `{}`; it rounds differently on other machines",
                    shown(&path),
                    word.line,
                    word.text
                );
            }
        }
    }
}
