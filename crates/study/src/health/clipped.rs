//! Writes or conversions that end at the limit of their range.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use ohmspike_snn::connection::Connection;

use super::chance::cells_are_inexact;
use crate::auto::advised_weight_at_gmax;
use crate::settings::layers::key_of_named;
use crate::settings::{Controller, Settings, connection_name};
use crate::significant::{short, significant};

/// Fraction of clipped writes above which a window is too small for the weights. A clipped cell takes no further step
/// up, so 1 % of clipped writes is 1 % of updates that are lost.
pub(super) const MAX_WRITES: f64 = 0.01;
/// Fraction of clipped conversions above which a range is too small, in training or tests. From 1 % on, the network
/// starts to learn the converter instead of its task.
pub(crate) const MAX_CONVERSIONS: f64 = 0.01;

/// Writes or conversions that end at the limit of their range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Clipped {
    /// What was clipped.
    pub ended: Ended,
    /// Connection with the largest fraction.
    pub connection: String,
    /// Clipped fraction, 0 to 1.
    pub fraction: f64,
}

/// What ended at the limit of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ended {
    /// Writes, at the upper end of the conductance window.
    Writes,
    /// Conversions of column sums outside a fixed range.
    Conversions,
}

impl Clipped {
    pub(super) fn advice(&self, settings: &Settings) -> String {
        match self.ended {
            Ended::Conversions => {
                "set `device.converters.adc.range` to `calibrated`, which measures the range, or raise \
                                   `device.converters.adc.full_scale_microamperes`"
                    .to_owned()
            }
            Ended::Writes => {
                let mut named = settings.connections().into_iter();
                let connection = named.find(|one| connection_name(*one) == self.connection);
                let connection = connection.unwrap_or(Connection::Readout);
                let weight = settings.weight_at_gmax_of(connection);
                let advised = advised_weight_at_gmax(settings, connection).max(2.0 * weight);
                let key = key_of_named(&self.connection, "weight_at_gmax");
                // Without a copy, the noise of all writes adds up, in units of the window.
                let adds_up = settings.hardware.controller == Controller::ReadBack && cells_are_inexact(settings);
                let copy = if adds_up {
                    ", or set `hardware.controller = \"digital-copy\"`, which keeps the noise of writes from adding up"
                } else {
                    ""
                };
                format!("raise `{key}` to {} (now {weight}){copy}", short(advised))
            }
        }
    }
}

impl Display for Clipped {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Clipped { ended, connection, fraction: share } = self;
        let percent = significant(100.0 * share);
        match ended {
            Ended::Conversions => write!(
                formatter,
                "{percent} % of the conversions of `{connection}` are outside the range of the converters; expected at \
                 most {} %",
                100.0 * MAX_CONVERSIONS
            ),
            Ended::Writes => write!(
                formatter,
                "{percent} % of the writes to `{connection}` ended at the upper end of the conductance window; \
                 expected at most {} %",
                100.0 * MAX_WRITES
            ),
        }
    }
}
