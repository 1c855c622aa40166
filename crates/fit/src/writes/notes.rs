//! What a reader of a fit of write noise should know.

use super::WriteFit;
use super::law::{BinSums, Kind, Law};
use super::rows::WriteRow;
use super::sums::{Ends, Place, WriteSums};
use crate::bins::MIN_FOR_SPREAD;
use crate::by_target::{counts, depend, text};

/// Fraction of outliers that is worth a note.
const MANY_OUTLIERS: f64 = 0.01;
/// Ratio of targets that share one spread from which a note tells it.
const FAR: f64 = 2.0;
/// Offset in standard errors and in standard deviations that is worth a note.
const OFFSET: (f64, f64) = (4.0, 0.1);
/// Factor by which outliers raise the root mean square that is worth a note.
const MORE: f64 = 1.1;

impl WriteFit<'_> {
    /// Returns what to know about writes that are not in the law, and targets that share a spread.
    pub(super) fn notes_on_bins(&self, kind: Kind, with_spread: &[usize]) -> Vec<String> {
        let mut notes = Vec::new();
        let bins = &self.writes.bins;
        for bin in (0..bins.count()).filter(|bin| !with_spread.contains(bin) && bins.counts[*bin] > 0) {
            let (count, range) = (bins.counts[bin], range(bins.ranges[bin]));
            notes.push(if count < MIN_FOR_SPREAD {
                format!("{count} writes to {range} are too few for a spread of their own and are not in the law")
            } else {
                format!("{count} writes to {range} are not in the law: more than half of them deviate equally from their targets")
            });
        }
        let far = |bin: &&usize| bins.ranges[**bin].1 > FAR * bins.ranges[**bin].0;
        for &bin in self.used.iter().filter(|_| kind == Kind::Table || self.used.len() == 1).filter(far) {
            let range = range(bins.ranges[bin]);
            notes.push(format!(
                "writes to {range} share one spread: they are too few to tell how it depends on the target"
            ));
        }
        notes
    }

    pub(super) fn notes(&self, whole: &[BinSums], core: &[BinSums], ends: Ends) -> Vec<String> {
        let mut notes = Vec::new();
        if self.whole.accepted {
            notes.push("every try is assumed to aim at the target".to_owned());
        }
        if self.writes.left_out > 0 {
            notes.push(format!(
                "cells differ, and {} of {} writes do not tell the spread over writes of a cell and are left out: single writes of a \
                 cell to a target, and writes to targets that the window clips",
                self.writes.left_out,
                self.writes.left_out + self.writes.rows.len()
            ));
        }
        let n = self.used.iter().map(|&bin| self.whole.inside[bin]).sum::<usize>() as f64;
        let count = |of: &WriteSums| self.used.iter().map(|&bin| of.outliers[bin]).sum::<usize>();
        let failed = self.writes.failed.iter().filter(|row| self.used.contains(&(row.bin as usize))).count();
        let outliers = count(self.whole) + failed;
        let fraction = outliers as f64 / (n + outliers as f64);
        let of_targets = self.outliers_by_target();
        if fraction > MANY_OUTLIERS || of_targets.is_some() {
            let beyond =
                if self.whole.accepted { "outside the acceptance window" } else { "beyond 3.5 standard deviations" };
            let (writes, are) = if outliers == 1 { ("write", "is") } else { ("writes", "are") };
            let of_targets = of_targets.unwrap_or_default();
            notes.push(format!(
                "{outliers} {writes} ({:.1} %) {are} {beyond} and left out{of_targets}",
                100.0 * fraction
            ));
        }
        let within = count(self.core).saturating_sub(outliers - failed);
        if within > 0 {
            notes.push(format!(
                "{within} writes ({:.1} %) are within the noise, in tails with more writes than a normal or log-normal distribution has, and \
                 left out",
                100.0 * within as f64 / (n + outliers as f64)
            ));
        }
        notes.extend(self.note_on_light_tails());
        let clipped: f64 = whole.iter().map(|bin| bin.ln.low + bin.ln.high).sum();
        let weight: f64 = whole.iter().map(BinSums::count).sum();
        if clipped > 0.0 && ends != Ends::default() {
            notes.push(format!("{clipped:.0} writes ({:.1} %) end at an end of the window", 100.0 * clipped / weight));
        }
        let data = self.core.data(self.targets, core);
        for (bin, &target) in self.targets.iter().enumerate().filter(|_| !self.whole.accepted) {
            let Some((mean, sigma)) = data.ln_of(bin) else { continue };
            let error = sigma / core[bin].count().sqrt();
            if mean.abs() > OFFSET.0 * error + 0.5 * sigma * sigma && mean.abs() > OFFSET.1 * sigma {
                let side = if mean > 0.0 { "above" } else { "below" };
                notes.push(format!(
                    "writes to {target:.4} µS end {:.2} % {side} their target on average; a device file has no key for \
                     this offset",
                    100.0 * mean.exp_m1().abs()
                ));
            }
        }
        notes
    }

    /// Returns the outliers of each target, if they depend on it.
    fn outliers_by_target(&self) -> Option<String> {
        let is_outlier = |row: &WriteRow| {
            let place = self.used.binary_search(&(row.bin as usize)).ok();
            place.is_some_and(|place| self.whole.bounds[place].place(row.v) == Place::Outside)
        };
        let counts = counts(self.writes, is_outlier);
        depend(&counts).then(|| format!(": {}", text(&counts)))
    }

    /// Returns a note on targets with light tails, if these are no chance.
    fn note_on_light_tails(&self) -> Option<String> {
        let light = self.used.iter().zip(self.targets).filter(|(bin, _)| self.core.light[**bin]);
        let light: Vec<String> = light.map(|(_, at)| format!("{at:.4}")).collect();
        self.core.certainly_light.then(|| {
            format!(
                "writes to {} µS have lighter tails than a normal distribution, as verified writes have: their sigma is the root mean square",
                light.join(", ")
            )
        })
    }

    /// Returns a note on what outliers would add to the spread of the `law`, if there are any.
    pub(super) fn note_on_tails(&self, law: &Law) -> Option<String> {
        let without = self.writes.failed.is_empty() && self.used.iter().all(|&bin| self.core.outliers[bin] == 0);
        if self.whole.accepted || without {
            return None;
        }
        let (mut n, mut squares) = (0.0, 0.0);
        for row in self.writes.rows.iter().chain(&self.writes.failed) {
            let Ok(bin) = self.used.binary_search(&(row.bin as usize)) else { continue };
            n += row.weight;
            squares += row.weight * law.z(bin, row.target(), row.v).powi(2);
        }
        let factor = (squares / n).sqrt();
        (factor > MORE).then(|| {
            format!(
                "with what is left out, the root mean square of the deviations is {factor:.2} times as large: if these are no wrong values but \
                 heavy tails, or cells with noise of their own, the writes of the device are too good"
            )
        })
    }
}

/// Returns targets `low` to `high`, µS, for a note.
fn range((low, high): (f64, f64)) -> String {
    if low == high { format!("{low:.4} µS") } else { format!("{low:.4} to {high:.4} µS") }
}
