//! What the replication of a published study adds to figures and report of a study that declares it.

use std::fmt::Debug;

use ohmspike_study::settings::Settings;

use crate::page::{Facts, Section};

/// A published study that a study file names under `replicates`.
pub trait Replication: Debug + Sync {
    /// Its sections of the report, in their order.
    fn sections(&self, facts: &Facts) -> Vec<Section>;

    /// The range of firing rates that figures of a study of `settings` shade, and what the caption says about it.
    fn firing_rates(&self, settings: &Settings) -> FiringRates;
}

/// Published firing rates in the figure of accuracy over the initial firing rate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FiringRates {
    /// Lower and upper end of the shaded range, Hz, with its label.
    pub shaded: Option<(f64, f64, String)>,
    /// A sentence of the caption, with a space before it.
    pub words: String,
}
