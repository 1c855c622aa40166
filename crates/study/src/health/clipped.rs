//! Whether writes or conversions end at the top of their range.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::settings::layers::key_of_named;
use crate::significant::significant;

/// Share of the writes above which a window is too small for the weights. Cells at the ceiling take no further step up, so
/// that one write in a hundred there is a share of the weights that cannot be learnt.
pub(super) const MOST_WRITES: f64 = 0.01;
/// A range that cuts off more than this share of the sums of training or of the tests saturates: as for writes that end at the
/// ceiling, 1 % is where the network begins to learn the converter and not its task.
pub(crate) const MOST_CONVERSIONS: f64 = 0.01;

/// Writes or conversions that end at the top of their range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Clipped {
    /// What ended there.
    pub ended: Ended,
    /// The connection where the share is largest.
    pub connection: String,
    /// Their fraction, 0 to 1.
    pub fraction: f64,
}

/// What ends at the top of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ended {
    /// Writes, at the ceiling of the conductance window.
    Writes,
    /// Conversions of column sums that lie beyond a fixed range.
    Conversions,
}

impl Clipped {
    pub(super) fn advice(&self) -> String {
        match self.ended {
            Ended::Conversions => "raise `device.converters.adc.full_scale_microamperes`, or set \
                                   `device.converters.adc.range` to `calibrated`"
                .to_owned(),
            Ended::Writes => {
                format!(
                    "raise `{}`, or choose a device with a wider window",
                    key_of_named(&self.connection, "weight_at_gmax")
                )
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
                "{percent} % of the conversions of `{connection}` lie beyond the range of the converters; at most {} % are expected",
                100.0 * MOST_CONVERSIONS
            ),
            Ended::Writes => write!(
                formatter,
                "{percent} % of the writes to `{connection}` ended at the ceiling of the window; at most {} % are expected",
                100.0 * MOST_WRITES
            ),
        }
    }
}
