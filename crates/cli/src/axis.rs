//! What runs along the x axis of a figure, from the command line.

use ohmspike_report::figures::{AxisChoice, NoiseUnit};

/// Flags of the commands that draw figures.
#[derive(Clone, Debug, clap::Args)]
pub struct AxisArguments {
    /// Draw the outcome over this swept key alone [default: over every numeric one].
    #[arg(long, value_name = "SECTION.KEY")]
    x_axis: Option<String>,
    /// Unit of the write noise on an axis: percent-of-sigma-init, microsiemens, percent-of-conductance or sigma-ln-resistance.
    #[arg(long, value_name = "UNIT")]
    noise_unit: Option<NoiseUnit>,
}

impl AxisArguments {
    /// The choice as figures take it.
    pub fn choice(&self) -> AxisChoice {
        AxisChoice { x: self.x_axis.clone(), noise_unit: self.noise_unit }
    }

    /// The flags as they were given, one word each.
    pub fn flags(&self) -> Vec<String> {
        let x = self.x_axis.iter().map(|key| format!("--x-axis={key}"));
        x.chain(self.noise_unit.iter().map(|unit| format!("--noise-unit={unit}"))).collect()
    }
}
