//! Whether writes or conversions end at the top of their range.

use std::fmt::{self, Display, Formatter};

use ohmspike_crossbar::WriteReport;
use serde::{Deserialize, Serialize};

use crate::record::Record;
use crate::settings::layers::key_of_named;
use crate::significant::significant;
use crate::warning::converters::{SATURATED, Saturated};

/// Share of the writes above which a window is too small for the weights. Cells at the ceiling take no further step up, so
/// that one write in a hundred there is a share of the weights that cannot be learnt.
const MOST_WRITES: f64 = 0.01;

/// Writes or conversions that end at the top of their range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clipped {
    /// What ended there.
    pub ended: Ended,
    /// The connection where the share is largest.
    pub connection: String,
    /// Their fraction, 0 to 1.
    pub fraction: f64,
}

/// What ends at the top of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ended {
    /// Writes, at the ceiling of the conductance window.
    Writes,
    /// Conversions of column sums that lie beyond a fixed range.
    Conversions,
}

impl Clipped {
    /// The conversions of converters whose range cuts sums off.
    pub(super) fn conversions(saturated: &Saturated) -> Clipped {
        let (connection, share) = (saturated.connection.clone(), saturated.shares.clipped);
        Clipped { ended: Ended::Conversions, connection, fraction: share }
    }

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
                100.0 * SATURATED
            ),
            Ended::Writes => write!(
                formatter,
                "{percent} % of the writes to `{connection}` ended at the ceiling of the window; at most {} % are expected",
                100.0 * MOST_WRITES
            ),
        }
    }
}

/// The connection whose writes end most often at the ceiling, where that is too often.
pub(super) fn clipped(record: &Record) -> Option<Clipped> {
    let share = |report: &WriteReport| report.clipped_high as f64 / report.cells_written.max(1) as f64;
    let shares = record.connections.iter().map(|connection| (&*connection.name, share(&connection.writes)));
    let (connection, share) = shares.max_by(|one, next| one.1.total_cmp(&next.1))?;
    (share > MOST_WRITES).then(|| Clipped { ended: Ended::Writes, connection: connection.to_owned(), fraction: share })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{ConnectionRecord, empty_record};

    fn connection(name: &str, clipped_high: u64) -> ConnectionRecord {
        let writes = WriteReport { cells_written: 10_000, clipped_high, ..WriteReport::default() };
        ConnectionRecord { name: name.to_owned(), writes, ..ConnectionRecord::default() }
    }

    #[test]
    fn more_than_one_write_in_a_hundred_at_the_ceiling_is_told() {
        let mut record = empty_record();
        assert_eq!(clipped(&record), None, "no cell was written");
        record.connections = vec![connection("hidden-1", 100), connection("readout", 0)];
        assert_eq!(clipped(&record), None);
        record.connections[1] = connection("readout", 101);
        let found = clipped(&record).expect("just above");
        assert_eq!((&*found.connection, found.fraction), ("readout", 0.0101));
        assert!(found.advice().contains("`readout.weight_at_gmax`"));
        record.connections.insert(1, connection("hidden-2-recurrent", 5000));
        let found = clipped(&record).expect("half of them");
        assert_eq!((&*found.connection, found.fraction), ("hidden-2-recurrent", 0.5));
        assert!(found.advice().contains("`layer.2.weight_at_gmax`"));
    }
}
