//! The column converters of an array as a network layer sees them, and where their conversions end.
//!
//! Samples are read by several threads. Each adds its counts once, at the end of a sample: whole numbers, whose sum does not
//! depend on who came first.

use std::sync::atomic::{AtomicU64, Ordering};

use ohmspike_crossbar::{ArrayConverters, CodeCounts, CrossbarArray};

use crate::converter::{ColumnConverter, ConversionEnds};

/// The converters of an array that has some at its columns.
#[derive(Debug)]
pub struct TileConverters {
    converters: ArrayConverters,
    /// Conversions since they were last taken.
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
    /// The same converters, which have counted nothing yet.
    fn clone(&self) -> TileConverters {
        TileConverters { converters: self.converters.clone(), counts: Counts::default() }
    }
}

impl TileConverters {
    /// Those of `array`; none where sums are read as they are. Row drivers alone convert no sum: their gains are part of the
    /// weights, so that exact ones change no bit.
    pub fn from_array(array: &CrossbarArray) -> Option<TileConverters> {
        let converters = array.converters().filter(|converters| converters.has_column_converters())?;
        Some(TileConverters { converters: converters.clone(), counts: Counts::default() })
    }

    /// Whether the full scale comes from calibrations.
    pub fn is_calibrated(&self) -> bool {
        self.converters.is_calibrated()
    }

    /// Sets a calibrated full scale to the `largest` magnitude of a sum, weight.
    pub fn calibrate(&mut self, largest: f32) {
        self.converters.calibrate(largest);
    }

    /// What has been counted since this was last asked.
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
