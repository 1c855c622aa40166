//! Options of the commands that draw figures.

use ohmspike_report::figures::{AxisChoice, NoiseUnit};

/// The choice of the x axis.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Figures")]
pub struct FigureArguments {
    /// Swept key along x [default: a figure for each].
    ///
    /// By default each numeric key of the sweep has its own figure.
    #[arg(long, value_name = "KEY")]
    x_axis: Option<String>,
    /// Unit of write noise along x [default: as swept].
    ///
    /// One of percent-of-sigma-init, microsiemens, percent-of-conductance and sigma-ln-resistance. All but the first need a
    /// device.
    #[arg(long, value_name = "UNIT")]
    noise_unit: Option<NoiseUnit>,
}

impl FigureArguments {
    /// The choice for the figures.
    pub fn choice(&self) -> AxisChoice {
        AxisChoice { x: self.x_axis.clone(), noise_unit: self.noise_unit }
    }

    /// The options as words of a command line.
    pub fn flags(&self) -> Vec<String> {
        let x = self.x_axis.iter().map(|key| format!("--x-axis={key}"));
        x.chain(self.noise_unit.iter().map(|unit| format!("--noise-unit={unit}"))).collect()
    }
}
