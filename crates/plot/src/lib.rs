//! Draws plots as SVG and PNG. The same data always gives the same bytes.
//!
//! - [`scale`], [`axis`]: map numbers to positions and ticks; [`time_span`]: times with a unit;
//! - [`mark`], [`palette`], [`violin`]: lines, markers and areas, with their colours;
//! - [`plot`]: one pair of axes; [`grid`]: several plots; [`panel`]: small panels of curves;
//! - [`vector`], [`pixels`]: the finished scene as SVG and as PNG.
//!
//! The crate does not depend on devices, networks or studies.

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

/// A figure that cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// The drawing library failed.
    #[error("cannot draw the figure: {reason}")]
    Draw {
        /// Message of the library.
        reason: String,
    },
    /// No room for the pixels.
    #[error("cannot draw the figure: no room for {width} x {height} pixels")]
    Size {
        /// Pixels per row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// The pixels could not be encoded as PNG.
    #[error("cannot draw the figure: PNG encoding failed: {reason}")]
    Pack {
        /// Message of the library.
        reason: String,
    },
}

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
