//! The column converters of an array, with counts of their conversions.
//!
//! Several threads read samples. Each adds its integer counts once at the end of a sample, so that the sum is
//! independent of the order.

use std::sync::atomic::{AtomicU64, Ordering};

use ohmspike_crossbar::{ArrayConverters, CodeCounts, CrossbarArray};

use crate::converter::{ColumnConverter, ConversionEnds};

/// The converters of an array with converters at its columns.
#[derive(Debug)]
pub struct TileConverters {
    converters: ArrayConverters,
    /// Conversions since the counts were last taken.
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    conversions: AtomicU64,
    lowest: AtomicU64,
    highest: AtomicU64,
    zero: AtomicU64,
    clipped: AtomicU64,
}

impl Clone for TileConverters {
    /// Clones the converters with zero counts.
    fn clone(&self) -> TileConverters {
        TileConverters { converters: self.converters.clone(), counts: Counts::default() }
    }
}

impl TileConverters {
    /// Returns the converters of `array`, or `None` if sums are read without conversion. Row drivers convert no sums:
    /// their gains are part of the weights, so exact drivers leave every bit unchanged.
    pub fn from_array(array: &CrossbarArray) -> Option<TileConverters> {
        let converters = array.converters().filter(|converters| converters.has_column_converters())?;
        Some(TileConverters { converters: converters.clone(), counts: Counts::default() })
    }

    /// Returns whether calibration sets the full scale.
    pub fn is_calibrated(&self) -> bool {
        self.converters.is_calibrated()
    }

    /// Sets a calibrated full scale to `largest`, the largest magnitude of a sum in weight units.
    pub fn calibrate(&mut self, largest: f32) {
        self.converters.calibrate(largest);
    }

    /// Returns the counts since the last call.
    pub fn take_counts(&self) -> CodeCounts {
        let take = |count: &AtomicU64| count.swap(0, Ordering::Relaxed);
        CodeCounts {
            conversions: take(&self.counts.conversions),
            lowest: take(&self.counts.lowest),
            highest: take(&self.counts.highest),
            zero: take(&self.counts.zero),
            clipped: take(&self.counts.clipped),
        }
    }
}

impl ColumnConverter for TileConverters {
    fn tile_rows(&self) -> usize {
        self.converters.tile_rows()
    }

    fn convert(&self, tile: usize, sums: &mut [f32]) -> ConversionEnds {
        let CodeCounts { conversions, lowest, highest, zero, clipped } = self.converters.convert(tile, sums);
        ConversionEnds { conversions, lowest, highest, zero, clipped }
    }

    fn count(&self, ends: ConversionEnds) {
        let add = |count: &AtomicU64, more: u64| count.fetch_add(more, Ordering::Relaxed);
        add(&self.counts.conversions, ends.conversions);
        add(&self.counts.lowest, ends.lowest);
        add(&self.counts.highest, ends.highest);
        add(&self.counts.zero, ends.zero);
        add(&self.counts.clipped, ends.clipped);
    }
}
