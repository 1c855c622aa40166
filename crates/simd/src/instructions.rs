//! Selects the vector instructions of kernels, once per process. Results are bit-identical for all of them.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};

/// Instruction sets of kernels, in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Instructions {
    /// Supported by every CPU of the architecture: SSE2 on x86-64, NEON on AArch64.
    Baseline,
    /// AVX2: eight f32 at a time.
    Avx2,
    /// AVX-512 F, BW, DQ and VL: sixteen f32 at a time.
    Avx512,
}

/// Error: this CPU does not support the instructions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("instructions: this CPU does not support `{wanted}`; expected {}", one_of(available))]
pub struct NotAvailable {
    wanted: Instructions,
    available: Vec<Instructions>,
}

/// Error: unknown name of an instruction set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", one_of(&Instructions::ALL))]
pub struct UnknownInstructions;

/// The selected instructions as a number; [`UNDECIDED`] before the first kernel.
static CURRENT: AtomicU8 = AtomicU8::new(UNDECIDED);
const UNDECIDED: u8 = u8::MAX;

impl Instructions {
    /// All instruction sets, in ascending order.
    pub const ALL: [Instructions; 3] = [Instructions::Baseline, Instructions::Avx2, Instructions::Avx512];

    /// Returns the instructions that kernels use. This is the best set that the CPU supports, unless
    /// [`Instructions::use_for_all`] selected another.
    #[inline(always)]
    pub fn current() -> Instructions {
        const BASELINE: u8 = Instructions::Baseline as u8;
        const AVX2: u8 = Instructions::Avx2 as u8;
        const AVX512: u8 = Instructions::Avx512 as u8;
        match CURRENT.load(Ordering::Relaxed) {
            AVX512 => Instructions::Avx512,
            AVX2 => Instructions::Avx2,
            BASELINE => Instructions::Baseline,
            _ => Instructions::decide(),
        }
    }

    /// Returns the instruction sets that this CPU supports, in ascending order.
    pub fn available() -> impl Iterator<Item = Instructions> {
        Instructions::ALL.into_iter().filter(|instructions| instructions.is_available())
    }

    /// Selects these instructions for all kernels of the process.
    ///
    /// # Errors
    /// [`NotAvailable`] if the CPU does not support them.
    pub fn use_for_all(self) -> Result<(), NotAvailable> {
        if !self.is_available() {
            return Err(NotAvailable { wanted: self, available: Instructions::available().collect() });
        }
        CURRENT.store(self as u8, Ordering::Relaxed);
        Ok(())
    }

    /// Selects the best supported set, unless another was selected in the meantime.
    #[cold]
    fn decide() -> Instructions {
        let best = Instructions::available().last().unwrap_or(Instructions::Baseline);
        match CURRENT.compare_exchange(UNDECIDED, best as u8, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => best,
            Err(_) => Instructions::current(),
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn is_available(self) -> bool {
        match self {
            Instructions::Baseline => true,
            Instructions::Avx2 => {
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("bmi1")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("lzcnt")
                    && is_x86_feature_detected!("popcnt")
            }
            Instructions::Avx512 => {
                Instructions::Avx2.is_available()
                    && is_x86_feature_detected!("fma")
                    && is_x86_feature_detected!("f16c")
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn is_available(self) -> bool {
        self == Instructions::Baseline
    }

    fn name(self) -> &'static str {
        match self {
            Instructions::Baseline => "baseline",
            Instructions::Avx2 => "avx2",
            Instructions::Avx512 => "avx512",
        }
    }
}

impl fmt::Display for Instructions {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Instructions {
    type Err = UnknownInstructions;

    fn from_str(text: &str) -> Result<Instructions, UnknownInstructions> {
        Instructions::ALL.into_iter().find(|instructions| instructions.name() == text).ok_or(UnknownInstructions)
    }
}

/// Lists choices in words: `a`, `b` or `c`.
fn one_of(choices: &[Instructions]) -> String {
    let names: Vec<String> = choices.iter().map(|choice| format!("`{choice}`")).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for instructions in Instructions::ALL {
            assert_eq!(instructions.to_string().parse(), Ok(instructions));
        }
        let error = "sse4".parse::<Instructions>().expect_err("no name");
        assert_eq!(error.to_string(), "expected `baseline`, `avx2` or `avx512`");
    }

    #[test]
    fn kernels_use_the_best_instructions_unless_others_are_selected() {
        let available: Vec<Instructions> = Instructions::available().collect();
        assert!(available.is_sorted());
        assert_eq!(available[0], Instructions::Baseline);
        assert_eq!(Some(Instructions::current()), available.last().copied());
        for &instructions in &available {
            assert_eq!(instructions.use_for_all(), Ok(()));
            assert_eq!(Instructions::current(), instructions);
        }
        for instructions in Instructions::ALL.into_iter().filter(|other| !available.contains(other)) {
            let error = NotAvailable { wanted: instructions, available: available.clone() };
            assert_eq!(instructions.use_for_all(), Err(error));
            assert_eq!(Some(Instructions::current()), available.last().copied());
        }
    }

    #[test]
    fn the_error_lists_supported_instructions() {
        let told = |available: &[Instructions]| {
            NotAvailable { wanted: Instructions::Avx512, available: available.to_vec() }.to_string()
        };
        let both = told(&Instructions::ALL[..2]);
        assert_eq!(both, "instructions: this CPU does not support `avx512`; expected `baseline` or `avx2`");
        assert_eq!(
            told(&Instructions::ALL[..1]),
            "instructions: this CPU does not support `avx512`; expected `baseline`"
        );
    }
}
