//! Draws the figures of a study from its records: SVG for papers, PNG for previews, and the plotted numbers as CSV.
//!
//! [`study_figures`] returns all [`Figure`]s of a study; each kind has its own file. The same records always give the same
//! bytes. [`device_figure`] draws the curves of a device and [`comparison_figure`] those of two, as a
//! [`PanelFigure`](ohmspike_plot::PanelFigure); [`panel_csv`] has its numbers. [`wires_map`] draws an array with wires.

pub(crate) mod ablation;
mod activity_over_time;
mod bars;
mod chosen;
mod class_accuracy;
mod class_line;
mod convergence;
pub mod deployment;
mod device;
mod difference;
mod example_activity;
mod figure;
mod firing_rate;
mod limit;
mod networks;
mod outcome;
mod outcome_caption;
mod outcome_curves;
mod outcome_plot;
mod panel_data;
mod representative;
mod spike_distances;
mod step_time;
mod weight_update;
mod wires_map;
mod x_axis;

pub use device::{comparison_figure, device_figure};
pub use figure::Figure;
pub(crate) use figure::{Data, cell};
pub use limit::limit_figures;
pub use ohmspike_study::noise_unit::NoiseUnit;
pub(crate) use ohmspike_study::noise_unit::noise_at;
pub use panel_data::panel_csv;
pub use wires_map::wires_map;
pub use x_axis::AxisChoice;

use ohmspike_analysis::recorded::Recorded;
use ohmspike_plot::PlotError;
use ohmspike_study::store::StoreError;

use crate::replication::Replication;

/// Returns all figures of a study in report order, the main figure first, with additions of a replicated study.
///
/// # Errors
/// The errors of [`AxisChoice::check`], and [`FigureError::Details`] if details cannot be read.
pub fn study_figures(
    recorded: Recorded,
    choice: &AxisChoice,
    replication: Option<&dyn Replication>,
) -> Result<Vec<Figure>, FigureError> {
    choice.check(recorded.study, recorded.prepared)?;
    let axes = choice.axes(recorded.study);
    let mut figures = firing_rate::figures(recorded, replication);
    figures.extend(axes.iter().flat_map(|&x| outcome::figures(recorded, x)));
    figures.extend(difference::figures(recorded, axes.first().copied()));
    figures.extend(example_activity::figure(recorded)?);
    figures.extend(weight_update::figure(recorded)?);
    figures.extend(class_accuracy::figures(recorded));
    figures.extend(convergence::figure(recorded));
    figures.extend(representative::figure(recorded)?);
    figures.extend(spike_distances::figure(recorded));
    figures.extend(activity_over_time::figure(recorded)?);
    Ok(figures)
}

/// A figure that cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FigureError {
    /// A key for the x axis that the study does not sweep.
    #[error("--x-axis: this study does not sweep `{key}`; {}{}", listed(.swept), axis_hint(.key))]
    Axis {
        /// The key.
        key: String,
        /// Swept keys.
        swept: Vec<String>,
    },
    /// A unit of noise in a study that sweeps no write noise.
    #[error(
        "--noise-unit: `{unit}` needs an axis of write noise, which this study does not have\n\n\
         hint: set `noise.level_percent` or `hardware.write_spread_scale` to a list of values"
    )]
    NoNoise {
        /// The unit.
        unit: NoiseUnit,
    },
    /// A unit of cells in a study without cells.
    #[error(
        "--noise-unit: `{unit}` needs a device with known write noise, got hardware.device = `{device}`\n\n\
         hint: use `percent-of-sigma-init`, or a device such as `--set hardware.device=study-1k-1m`"
    )]
    NoCells {
        /// The unit.
        unit: NoiseUnit,
        /// Device of the study.
        device: String,
    },
    /// The details of a trial cannot be read.
    #[error(transparent)]
    Details(#[from] StoreError),
    /// The figure cannot be drawn.
    #[error(transparent)]
    Draw(#[from] PlotError),
}

fn listed(swept: &[String]) -> String {
    match swept {
        [] => "it sweeps no key".to_owned(),
        [only] => format!("expected `{only}`"),
        swept => format!(
            "expected one of {}",
            swept.iter().map(|key| format!("`{key}`")).collect::<Vec<String>>().join(", ")
        ),
    }
}

fn axis_hint(key: &str) -> String {
    format!("\n\nhint: to sweep a key, set a list of values: `--set '{key}=[...]'`")
}
