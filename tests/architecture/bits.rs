//! Crates whose arithmetic has the same bits on every machine.

use crate::code::code;
use crate::repository::{root, shown, sources};

const BIT_STABLE: [&str; 4] = ["simd", "rng", "snn", "crossbar"];
/// Functions that fuse two roundings into one, or that a platform's maths library rounds as it likes.
const ROUNDS_ELSEWHERE: [&str; 9] = ["mul_add", "fmadd", "exp", "ln", "sin", "cos", "powf", "log10", "log2"];

/// A fused multiply-add rounds once where two operations round twice.
#[test]
fn bit_stable_crates_round_every_operation() {
    for room in BIT_STABLE {
        for path in sources(&root().join("crates").join(room).join("src")) {
            let words = code(&path);
            for place in 1..words.len() {
                let (before, word) = (&words[place - 1].text, &words[place]);
                let method = before == "." && ROUNDS_ELSEWHERE.contains(&word.text.as_str());
                let fused = word.text.contains("fmadd") || word.text.contains("mul_add");
                assert!(!method && !fused, "{}:{}: must not use `{}`", shown(&path), word.line, word.text);
            }
        }
    }
}
