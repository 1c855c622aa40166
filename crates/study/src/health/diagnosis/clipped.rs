//! Finds writes or conversions of a recorded trial that end at the limit of their range.

use ohmspike_crossbar::WriteReport;

use crate::health::clipped::MAX_WRITES;
use crate::health::{Clipped, Ended};
use crate::record::Record;
use crate::warning::converters::Saturated;

/// Returns the state of converters with a range that clips sums.
pub(in crate::health) fn conversions(saturated: &Saturated) -> Clipped {
    let (connection, share) = (saturated.connection.clone(), saturated.fractions.clipped);
    Clipped { ended: Ended::Conversions, connection, fraction: share }
}

/// Returns the connection with the largest fraction of clipped writes, if it is too large.
pub(in crate::health) fn clipped(record: &Record) -> Option<Clipped> {
    let share = |report: &WriteReport| report.clipped_high as f64 / report.cells_written.max(1) as f64;
    let fractions = record.connections.iter().map(|connection| (&*connection.name, share(&connection.writes)));
    let (connection, share) = fractions.max_by(|one, next| one.1.total_cmp(&next.1))?;
    (share > MAX_WRITES).then(|| Clipped { ended: Ended::Writes, connection: connection.to_owned(), fraction: share })
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
    fn finds_more_than_one_percent_of_clipped_writes() {
        let mut record = empty_record();
        assert_eq!(clipped(&record), None, "no cell was written");
        record.connections = vec![connection("hidden-1", 100), connection("readout", 0)];
        assert_eq!(clipped(&record), None);
        record.connections[1] = connection("readout", 101);
        let found = clipped(&record).expect("just above");
        assert_eq!((&*found.connection, found.fraction), ("readout", 0.0101));
        assert!(found.advice(&record.settings).contains("`readout.weight_at_gmax`"));
        record.connections.insert(1, connection("hidden-2-recurrent", 5000));
        let found = clipped(&record).expect("half of them");
        assert_eq!((&*found.connection, found.fraction), ("hidden-2-recurrent", 0.5));
        assert!(found.advice(&record.settings).contains("`layer.2.weight_at_gmax`"));
    }
}
