//! Figures of a study, drawn from its records: SVG for papers, PNG for previews, and the numbers that they show as CSV.
//!
//! [`study_figures`] gives the [`Figure`]s that the records of a study hold: each is one file here, from [`Recorded`] to a
//! grid of plots with marks. The same records always give the same bytes. [`PanelFigure`](ohmspike_plot::PanelFigure) holds several small axes;
//! [`device_figure`] fills it with what a device does.

mod activity_over_time;
mod bars;
mod chosen;
mod class_accuracy;
mod class_line;
mod convergence;
mod device;
mod difference;
mod example_activity;
mod figure;
mod firing_rate;
mod networks;
mod noise_unit;
mod outcome;
mod outcome_caption;
mod outcome_curves;
mod outcome_plot;
mod representative;
mod spike_distances;
mod step_time;
mod weight_update;
mod x_axis;

pub use device::device_figure;
pub use figure::Figure;
pub use noise_unit::NoiseUnit;
pub(crate) use noise_unit::noise_at;
pub use x_axis::AxisChoice;

use ohmspike_analysis::recorded::Recorded;
use ohmspike_plot::PlotError;
use ohmspike_study::store::StoreError;

use crate::replication::Replication;

/// Every figure that the records of a study hold, in the order in which a report shows them; with what the published study
/// that it replicates adds.
///
/// # Errors
/// What [`AxisChoice::check`] refuses, and [`FigureError::Details`].
pub fn study_figures(
    recorded: Recorded,
    choice: &AxisChoice,
    replication: Option<&dyn Replication>,
) -> Result<Vec<Figure>, FigureError> {
    choice.check(recorded.study, recorded.prepared)?;
    let axes = choice.axes(recorded.study);
    let mut figures: Vec<Figure> = axes.iter().flat_map(|&x| outcome::figures(recorded, x)).collect();
    figures.extend(difference::figures(recorded, axes.first().copied()));
    figures.extend(firing_rate::figures(recorded, replication));
    figures.extend(example_activity::figure(recorded)?);
    figures.extend(weight_update::figure(recorded)?);
    figures.extend(class_accuracy::figures(recorded));
    figures.extend(convergence::figure(recorded));
    figures.extend(representative::figure(recorded)?);
    figures.extend(spike_distances::figure(recorded));
    figures.extend(activity_over_time::figure(recorded)?);
    Ok(figures)
}

/// Why there is no figure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FigureError {
    /// A key for the x axis that the study does not sweep.
    #[error("--x-axis: must be a key that the study sweeps, {}, got `{key}`{}", listed(.swept), axis_hint(.key))]
    Axis {
        /// The key.
        key: String,
        /// Those that are swept.
        swept: Vec<String>,
    },
    /// A unit of noise where no noise is swept.
    #[error(
        "--noise-unit: `{unit}` is the unit of an axis of write noise, and this study sweeps none\n\n\
         hint: give `noise.level_percent` or `hardware.write_spread_scale` a list of values"
    )]
    NoNoise {
        /// The unit.
        unit: NoiseUnit,
    },
    /// A unit of cells where weights are held by none.
    #[error(
        "--noise-unit: `{unit}` needs cells whose write noise is known, got hardware.device = `{device}`\n\n\
         hint: abstract weights have noise in `percent-of-sigma-init` alone; run the study through cells, for instance \
         with `--set hardware.device=study-1k-1m`"
    )]
    NoCells {
        /// The unit.
        unit: NoiseUnit,
        /// What holds the weights.
        device: String,
    },
    /// The details of a trial could not be read.
    #[error(transparent)]
    Details(#[from] StoreError),
    /// The picture could not be drawn.
    #[error(transparent)]
    Draw(#[from] PlotError),
}

fn listed(swept: &[String]) -> String {
    match swept {
        [] => "of which there are none".to_owned(),
        swept => format!("one of {}", swept.iter().map(|key| format!("`{key}`")).collect::<Vec<String>>().join(", ")),
    }
}

fn axis_hint(key: &str) -> String {
    format!("\n\nhint: a list of values makes a key an axis, for instance `--set '{key}=[...]'`")
}
