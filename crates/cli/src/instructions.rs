//! The option of every command that computes.

use ohmspike_simd::Instructions;

use super::Failure;

/// Vector instructions of the command.
#[derive(Clone, Debug, clap::Args)]
pub struct InstructionArguments {
    /// Vector instructions [default: best of the CPU].
    ///
    /// One of baseline, avx2 and avx512. Results are bit-identical with each.
    #[arg(long, value_name = "SET")]
    simd: Option<Instructions>,
}

impl InstructionArguments {
    /// Uses the chosen vector instructions.
    pub fn use_instructions(&self) -> Result<(), Failure> {
        Ok(self.simd.map_or(Ok(()), Instructions::use_for_all)?)
    }
}
