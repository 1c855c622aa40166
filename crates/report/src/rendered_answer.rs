//! An answer of its own trials, rendered: its files, its figures and its parts of a page.

use crate::figures::Figure;
use crate::page::Section;

/// An answer as files and as parts of a page.
pub struct RenderedAnswer {
    /// Names and contents of the files next to the figures.
    pub files: Vec<(String, Vec<u8>)>,
    /// Figures.
    pub figures: Vec<Figure>,
    /// Section with the answers, each with its figures.
    pub section: Section,
    /// Sections with everything behind it, folded.
    pub details: Vec<Section>,
}
