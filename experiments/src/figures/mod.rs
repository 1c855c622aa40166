//! Figures of a study, drawn from its statistics: SVG for papers, PNG for previews.
//!
//! [`CurveFigure`] shows an outcome over one numeric setting, with one curve per value of a second setting. The study
//! decides what stands on the axes; this module only draws, and the same figure always gives the same bytes.
//! [`PanelFigure`] holds several small axes; [`device_figure`] fills it with what a device does.

mod axis;
mod curve;
mod device;
mod outcome;
mod panel;
mod pixels;
mod vector;

pub use curve::{CurveFigure, Point, Series};
pub use device::device_figure;
pub use outcome::{NamedFigure, outcome_figures};
pub use panel::PanelFigure;

use crate::run::Trial;
use crate::store::Store;
use crate::study::Study;
use crate::summary::Summary;

/// A figure as a page holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Name of its files, without extension.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// The figure as SVG.
    pub svg: String,
    /// The numbers that are drawn, as CSV.
    pub csv: String,
}

/// Every figure that the records of a study give.
pub fn study_figures(study: &Study, trials: &[Trial], store: &Store) -> Vec<Figure> {
    let summary = Summary::new(study, trials, store);
    let figure = |NamedFigure { name, figure }| Figure {
        name,
        title: figure.title.clone(),
        caption: "Mean test accuracy; bands are 95 % intervals of the mean over seeds.".to_owned(),
        svg: figure.svg(),
        csv: summary.csv(),
    };
    outcome_figures(study, &summary).into_iter().map(figure).collect()
}

/// Why a figure could not be turned into pixels.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// The drawing library refused the figure.
    #[error("figure: not drawn: {reason}")]
    Draw {
        /// What the library said.
        reason: String,
    },
    /// The fine pixels could not be read back.
    #[error("figure: pixels not read back: {0}")]
    Read(#[from] png::DecodingError),
    /// The final pixels could not be packed as PNG.
    #[error("figure: png not packed: {0}")]
    Pack(#[from] png::EncodingError),
}
