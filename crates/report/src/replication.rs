//! Additions to figures and report of a study that replicates a paper.

use std::fmt::Debug;

use ohmspike_study::settings::Settings;

use crate::page::{Facts, Section};

/// A published study, named by the key `replicates` of a study file.
pub trait Replication: Debug + Sync {
    /// Returns its sections of the report in order.
    fn sections(&self, facts: &Facts) -> Vec<Section>;

    /// Returns the range of firing rates that figures shade, and a sentence for the caption.
    fn firing_rates(&self, settings: &Settings) -> FiringRates;
}

/// Published firing rates in the figure of accuracy over the initial firing rate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FiringRates {
    /// Ends of the shaded range, Hz, and its label.
    pub shaded: Option<(f64, f64, String)>,
    /// Sentence of the caption, with a space before it.
    pub words: String,
}
