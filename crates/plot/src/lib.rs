//! Axes, marks and panels, drawn as SVG and PNG with the same bytes every time.
//!
//! Parts, in the order in which data meets them:
//! - [`scale`], [`axis`]: from numbers to places and ticks; [`time_span`]: times in words;
//! - [`mark`], [`palette`], [`violin`]: lines, dots, areas and how they look;
//! - [`plot`]: one pair of axes with its marks; [`grid`]: several plots side by side; [`panel`]: small panels of curves;
//! - [`vector`], [`pixels`]: the finished scene as SVG and as PNG.
//!
//! It knows nothing of devices, networks or studies.

pub mod axis;
pub mod grid;
pub mod mark;
pub mod palette;
pub mod panel;
pub mod pixels;
pub mod plot;
mod quantile;
pub mod scale;
pub mod time_span;
pub mod vector;
pub mod violin;

pub use grid::Grid;
pub use panel::PanelFigure;

/// A picture that could not be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
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

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
