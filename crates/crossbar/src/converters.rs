//! Drivers and column converters of one array.
//!
//! ```text
//! x_tj  = sum of column j over the active rows of row tile t                          weight
//! LSB   = FS / highest code,  FS = full scale in µA times κ / V                       weight
//! code  = rint(clip(g_tj x_tj / LSB + o_tj highest code))                             clipped to lowest .. highest code
//! y_j   = sum over t of  LSB code_tj                                                  partial sums are added digitally
//!
//! g = max(1 + s_g z, 0),  o = s_o z        gain and offset (over FS) of a converter, drawn once per chip; z standard normals
//! ```
//!
//! Every column of a tile has its own converter, so an array has one per column and row tile. A row line has one driver
//! for all tiles that it crosses. `device/converters.rs` defines the codes.
//!
//! ```
//! use ohmspike_crossbar::ArrayConverters;
//! use ohmspike_crossbar::device::{Adc, AdcCodes, AdcRange, Converters};
//! use ohmspike_rng::Seed;
//!
//! let range = AdcRange::Fixed { full_scale: 70.0 };
//! let adc = Adc { bits: 4, codes: AdcCodes::Signed, range, gain_sigma: 0.0, offset_sigma: 0.0 };
//! let converters = Converters { tile_rows: Some(128), adc: Some(adc), ..Converters::default() };
//! // 0.1 units of weight a µA: a full scale of 7 and a code for every unit.
//! let array = ArrayConverters::new(&converters, 784, 3, 0.1, Seed::new(1)).ok_or("converters")?;
//! assert_eq!(array.tiles(), (7, 1));
//! let mut sums = [2.4, -1.6, 11.0];
//! array.convert(0, &mut sums);
//! assert_eq!(sums, [2.0, -2.0, 7.0]);
//! # Ok::<(), &str>(())
//! ```

use ohmspike_rng::Seed;
use ohmspike_simd::{Matrix, lane_mask};

use crate::codes::CodeCounts;
use crate::device::{Adc, AdcRange, Converters, Dac};
use crate::digitise::{Codes, digitise};

/// Range of full scales with codes that fit into f32, weight.
const FULL_SCALES: (f32, f32) = (1e-30, 1e30);

/// Drivers and converters of one array of a chip.
#[derive(Clone, Debug)]
pub struct ArrayConverters {
    rows: usize,
    columns: usize,
    tile: (usize, usize),
    drivers: Option<(Dac, Vec<f32>)>,
    adcs: Option<ColumnAdcs>,
}

/// Column converters of every row tile.
#[derive(Clone, Debug)]
struct ColumnAdcs {
    adc: Adc,
    /// Full scale, weight; `None` before the first calibration.
    full_scale: Option<f32>,
    /// Gain of every converter, one row per row tile; zero in the padding.
    gain: Matrix,
    /// Offset of every converter in codes; zero in the padding.
    offset: Matrix,
}

impl ArrayConverters {
    /// Creates the converters of an array of `rows` x `columns`; `None` if the device has neither drivers nor column
    /// converters. One µA of column current equals `weight_per_microampere`: κ over the read voltage. Driver gains,
    /// converter gains and offsets each have their own stream below `seed`.
    pub fn new(
        converters: &Converters,
        rows: usize,
        columns: usize,
        weight_per_microampere: f64,
        seed: Seed,
    ) -> Option<ArrayConverters> {
        if converters.adc.is_none() && converters.dac.is_none() {
            return None;
        }
        let tile = converters.tile(rows, columns);
        let drivers = converters.dac.map(|dac| {
            let gains = drawn(1, rows, seed.named("dac-gain"), |z| gain(dac.gain_sigma, z));
            (dac, gains.cells().collect())
        });
        let adcs = converters.adc.map(|adc| {
            let row_tiles = rows.div_ceil(tile.0);
            let offset_codes = adc.offset_sigma * adc.highest_code();
            let full_scale = match adc.range {
                AdcRange::Fixed { full_scale } => Some((full_scale * weight_per_microampere) as f32),
                AdcRange::Calibrated => None,
            };
            ColumnAdcs {
                adc,
                full_scale: full_scale.map(|full_scale| full_scale.clamp(FULL_SCALES.0, FULL_SCALES.1)),
                gain: drawn(row_tiles, columns, seed.named("adc-gain"), |z| gain(adc.gain_sigma, z)),
                offset: drawn(row_tiles, columns, seed.named("adc-offset"), |z| offset_codes * z),
            }
        });
        Some(ArrayConverters { rows, columns, tile, drivers, adcs })
    }

    /// Returns the rows per tile; the last tile may have fewer.
    pub fn tile_rows(&self) -> usize {
        self.tile.0
    }

    /// Returns the number of tiles down and across.
    pub fn tiles(&self) -> (usize, usize) {
        (self.rows.div_ceil(self.tile.0), self.columns.div_ceil(self.tile.1))
    }

    /// Returns true if sums are digitised: there are column converters with a known full scale.
    pub fn is_digitising(&self) -> bool {
        self.adcs.as_ref().is_some_and(|adcs| adcs.full_scale.is_some())
    }

    /// Returns true if there are column converters. Sums of tiles are then kept separate, calibrated or not.
    pub fn has_column_converters(&self) -> bool {
        self.adcs.is_some()
    }

    /// Returns true if the full scale comes from calibration.
    pub fn is_calibrated(&self) -> bool {
        self.adcs.as_ref().is_some_and(|adcs| adcs.adc.range == AdcRange::Calibrated)
    }

    /// Returns the conversions of one read of a row tile: one per column, or none if sums are not digitised.
    pub fn conversions(&self) -> usize {
        if self.is_digitising() { self.columns } else { 0 }
    }

    /// Replaces the column `sums` (weight) of row tile `row_tile` with the values that its converters report. Without
    /// column converters, or before the first calibration, sums stay unchanged and nothing is counted. Returns the
    /// counts of codes.
    ///
    /// # Panics
    /// If there is no such row tile, or the number of `sums` is not the number of columns.
    pub fn convert(&self, row_tile: usize, sums: &mut [f32]) -> CodeCounts {
        let Some(adcs) = &self.adcs else { return CodeCounts::default() };
        let Some(full_scale) = adcs.full_scale else { return CodeCounts::default() };
        let (gain, offset) = (adcs.gain.row(row_tile), adcs.offset.row(row_tile));
        assert_eq!(sums.len(), self.columns, "sums of an array with another number of columns");
        let highest = adcs.adc.highest_code();
        let codes = Codes {
            lowest: adcs.adc.lowest_code(),
            highest,
            step: full_scale / highest,
            per_step: highest / full_scale,
        };
        digitise(sums, gain, offset, codes).counted(self.columns, codes)
    }

    /// Sets the full scale of calibrated converters to `largest`, the largest magnitude of a tile's column sum in a
    /// batch, weight. A batch without current, or NaN, changes nothing; neither does a fixed range.
    pub fn calibrate(&mut self, largest: f32) {
        let Some(adcs) = &mut self.adcs else { return };
        if adcs.adc.range == AdcRange::Calibrated && largest > 0.0 {
            adcs.full_scale = Some(largest.clamp(FULL_SCALES.0, FULL_SCALES.1));
        }
    }

    /// Returns the full scale, weight, if known.
    pub(crate) fn full_scale(&self) -> Option<f32> {
        self.adcs.as_ref().and_then(|adcs| adcs.full_scale)
    }

    /// Restores a full scale, weight.
    pub(crate) fn restore_full_scale(&mut self, full_scale: Option<f32>) {
        if let Some(adcs) = &mut self.adcs {
            adcs.full_scale = full_scale;
        }
    }

    /// Returns the driver gain of every row; `None` for exact drivers.
    pub fn row_gains(&self) -> Option<&[f32]> {
        self.drivers.as_ref().map(|(_, gains)| gains.as_slice())
    }

    /// Returns the driver output for `input`, 0 to 1, before its gain.
    pub fn drive(&self, input: f32) -> f32 {
        self.drivers.as_ref().map_or(input, |(dac, _)| dac.nearest(input))
    }
}

/// Returns the gain of a converter, clipped at zero.
fn gain(sigma: f32, z: f32) -> f32 {
    let gain = 1.0 + sigma * z;
    if gain > 0.0 { gain } else { 0.0 }
}

/// Applies `value` to an independent standard normal in every cell.
fn drawn(rows: usize, columns: usize, seed: Seed, value: impl Fn(f32) -> f32) -> Matrix {
    let mut drawn = Matrix::zeros(rows, columns);
    seed.normals().fill(drawn.blocks_mut());
    for row in 0..rows {
        for (number, block) in drawn.row_mut(row).iter_mut().enumerate() {
            *block = block.zip(lane_mask(columns, number), |z, mask| if mask > 0.0 { value(z) } else { 0.0 });
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::device::AdcCodes;

    const COLUMNS: usize = 1000;

    fn adc(bits: u32, codes: AdcCodes, full_scale: f64) -> Adc {
        Adc { bits, codes, range: AdcRange::Fixed { full_scale }, gain_sigma: 0.0, offset_sigma: 0.0 }
    }

    /// Converters of an array with one µA as the unit of weight.
    fn array(adc: Adc, tile_rows: usize, rows: usize, columns: usize) -> ArrayConverters {
        let converters = Converters { tile_rows: Some(tile_rows), adc: Some(adc), ..Converters::default() };
        ArrayConverters::new(&converters, rows, columns, 1.0, Seed::new(1).named("converters")).unwrap()
    }

    fn row(columns: usize, value: impl Fn(usize) -> f32) -> Vec<f32> {
        (0..columns).map(value).collect()
    }

    fn converted(array: &ArrayConverters, row_tile: usize, sums: &[f32]) -> Vec<f32> {
        let mut sums = sums.to_vec();
        array.convert(row_tile, &mut sums);
        sums
    }

    /// Full scales equal to the highest code times a power of two: steps and codes are exact in f32.
    #[test]
    fn the_transfer_curve_matches_the_closed_form() {
        let sums = row(COLUMNS, |column| (column as f32 - 500.0) * 0.173);
        for (bits, codes) in
            [(4, AdcCodes::Signed), (4, AdcCodes::Unsigned), (1, AdcCodes::Unsigned), (2, AdcCodes::Signed)]
        {
            for step in [0.25f32, 2.0, 16.0] {
                let model = adc(bits, codes, 1.0);
                let (lowest, highest) = (f64::from(model.lowest_code()), f64::from(model.highest_code()));
                let array = array(adc(bits, codes, f64::from(step) * highest), 8, 8, COLUMNS);
                for (sum, found) in sums.iter().copied().zip(converted(&array, 0, &sums)) {
                    let code = libm::rint((f64::from(sum) / f64::from(step)).clamp(lowest, highest));
                    assert_eq!(f64::from(found), code * f64::from(step), "{bits} bits, {codes:?}, sum {sum}");
                }
            }
        }
    }

    /// Sums uniform over many codes: the error is uniform over a code, with variance LSB²/12. The fourth moment of a
    /// uniform is LSB^4/80, so the variance of the squared error is LSB^4 (1/80 - 1/144) = LSB^4/180.
    #[test]
    fn the_error_is_uniform_over_a_code() {
        let columns = 100_000;
        let mut stream = Seed::new(2).stream();
        let sums: Vec<f32> = (0..columns).map(|_| 90.0 * (2.0 * stream.random::<f32>() - 1.0)).collect();
        let step = 100.0 / 127.0;
        let array = array(adc(8, AdcCodes::Signed, 100.0), 1, 1, columns);
        let errors: Vec<f64> = sums
            .iter()
            .copied()
            .zip(converted(&array, 0, &sums))
            .map(|(sum, found)| (f64::from(found) - f64::from(sum)) / step)
            .collect();
        let n = columns as f64;
        // 127 codes and a dozen roundings of f32.
        assert!(errors.iter().all(|error| error.abs() <= 0.5 + 1e-4));
        let mean = errors.iter().sum::<f64>() / n;
        assert!(mean.abs() < 5.0 * (1.0 / 12.0 / n).sqrt(), "{mean}");
        let variance = errors.iter().map(|error| error * error).sum::<f64>() / n;
        assert!((variance - 1.0 / 12.0).abs() < 5.0 * (1.0 / 180.0 / n).sqrt(), "{variance}");
        let quarter = errors.iter().filter(|error| error.abs() < 0.125).count() as f64 / n;
        assert!((quarter - 0.25).abs() < 5.0 * (0.1875 / n).sqrt(), "{quarter}");
    }

    /// Cells fully off or fully on, one per tile: one bit is enough, and the digital sum equals that of a wide tile.
    #[test]
    fn two_one_bit_tiles_equal_one_wide_tile() {
        let on = 0.7;
        let cell = |row: usize, column: usize| if (column >> row) & 1 == 1 { on } else { 0.0 };
        let narrow = array(adc(1, AdcCodes::Unsigned, f64::from(on)), 1, 2, 64);
        let wide = array(adc(2, AdcCodes::Unsigned, 3.0 * f64::from(on)), 2, 2, 64);
        assert_eq!((narrow.tiles(), wide.tiles()), ((2, 1), (1, 1)));
        let parts = [0, 1].map(|tile| converted(&narrow, tile, &row(64, |column| cell(tile, column))));
        let whole = converted(&wide, 0, &row(64, |column| cell(0, column) + cell(1, column)));
        for column in 0..64 {
            let sum = parts[0][column] + parts[1][column];
            assert_eq!(sum, cell(0, column) + cell(1, column));
            // The wide step is 3 x 0.7 / 3, rounded twice.
            assert!((sum - whole[column]).abs() <= 2.0 * f32::EPSILON * sum, "{sum} and {}", whole[column]);
        }
    }

    fn assert_normal(what: &str, values: &[f64], mean: f64, sigma: f64) {
        let n = values.len() as f64;
        let found = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
        assert!((found - mean).abs() < 5.0 * sigma / n.sqrt(), "{what}: mean {found}, expected {mean}");
        let error = sigma * sigma * (2.0 / n).sqrt();
        assert!((variance - sigma * sigma).abs() < 5.0 * error, "{what}: variance {variance}, expected {sigma}²");
    }

    /// With 24 bits, a code (1 / 2^23 of full scale) is far below the variation of 1 %.
    #[test]
    fn gains_and_offsets_vary_over_converters() {
        let columns = 20_000;
        let model = Adc { gain_sigma: 0.02, offset_sigma: 0.01, ..adc(24, AdcCodes::Signed, 10.0) };
        let array = array(model, 4, 8, columns);
        let offsets = [0, 1].map(|tile| converted(&array, tile, &row(columns, |_| 0.0)));
        let fives = converted(&array, 0, &row(columns, |_| 5.0));
        let z: Vec<_> = offsets[0].iter().map(|offset| f64::from(*offset) / 10.0).collect();
        assert_normal("offset", &z, 0.0, 0.01);
        let gains: Vec<_> =
            fives.iter().zip(&offsets[0]).map(|(five, offset)| f64::from(five - offset) / 5.0).collect();
        assert_normal("gain", &gains, 1.0, 0.02);
        // Tiles have their own converters, and gain and offset their own draws: standard error 1 / sqrt(n).
        let n = columns as f64;
        let tiles: f64 =
            z.iter().zip(&offsets[1]).map(|(z, other)| z / 0.01 * f64::from(*other) / 0.1).sum::<f64>() / n;
        let kinds: f64 = z.iter().zip(&gains).map(|(z, gain)| z / 0.01 * (gain - 1.0) / 0.02).sum::<f64>() / n;
        assert!(tiles.abs() < 5.0 / n.sqrt() && kinds.abs() < 5.0 / n.sqrt(), "{tiles}, {kinds}");
    }

    #[test]
    fn drivers_have_gains_of_their_own() {
        let converters = Converters { dac: Some(Dac { bits: 2, gain_sigma: 0.05 }), ..Converters::default() };
        let array = ArrayConverters::new(&converters, 20_000, 3, 1.0, Seed::new(3)).unwrap();
        let gains: Vec<_> = array.row_gains().unwrap().iter().map(|gain| f64::from(*gain)).collect();
        assert_normal("driver", &gains, 1.0, 0.05);
        assert_eq!((array.drive(1.0), array.drive(0.4), array.conversions()), (1.0, 1.0 / 3.0, 0));
        let sums = row(3, |column| 0.1 * column as f32);
        assert_eq!(converted(&array, 0, &sums), sums);
    }

    #[test]
    fn a_calibrated_range_is_exact_until_calibration_and_follows_the_largest_sum() {
        let mut array = array(Adc { range: AdcRange::Calibrated, ..adc(8, AdcCodes::Signed, 1.0) }, 4, 4, 40);
        let sums = row(40, |column| 0.37 * column as f32 - 5.0);
        assert_eq!(converted(&array, 0, &sums), sums);
        for nothing in [0.0, -1.0, f32::NAN] {
            array.calibrate(nothing);
            assert!(!array.is_digitising());
        }
        array.calibrate(9.43);
        assert!(array.is_digitising());
        for (sum, found) in sums.iter().copied().zip(converted(&array, 0, &sums)) {
            // Half a code, and a few roundings of the sum.
            assert!((found - sum).abs() <= 0.5 * 9.43 / 127.0 + 4.0 * f32::EPSILON * sum.abs(), "{found} of {sum}");
        }
        array.calibrate(2.0);
        let converted = converted(&array, 0, &sums);
        // 127 steps of 2/127.
        assert!(converted.iter().all(|sum| sum.abs() <= 2.0 * (1.0 + f32::EPSILON)));
    }

    #[test]
    fn large_sums_stay_finite() {
        let model = Adc { gain_sigma: 1.0, offset_sigma: 1.0, ..adc(24, AdcCodes::Signed, 1e-6) };
        let array = array(model, 3, 7, 19);
        assert_eq!((array.tile_rows(), array.tiles(), array.conversions()), (3, (3, 1), 19));
        let mut sums = row(19, |column| if column % 2 == 0 { f32::MAX } else { f32::MIN });
        array.convert(2, &mut sums);
        assert!(sums.iter().all(|sum| sum.is_finite()));
    }

    /// A scale of -7 to 7 in steps of 1, with seven columns to count by hand.
    #[test]
    fn conversions_are_counted_by_code() {
        let counts = |codes, bits, sums: &[f32]| {
            let array = array(adc(bits, codes, 7.0), 8, 8, sums.len());
            array.convert(0, &mut sums.to_vec())
        };
        let sums = [-20.0, -7.4, -6.6, -0.4, 0.4, 6.4, 7.6];
        let expected = CodeCounts { conversions: 7, lowest: 3, highest: 1, zero: 2, clipped: 2 };
        assert_eq!(counts(AdcCodes::Signed, 4, &sums), expected);
        // From 0 to 7: all negative sums read 0, three of them more than half a code below it.
        let expected = CodeCounts { conversions: 7, lowest: 5, highest: 1, zero: 5, clipped: 4 };
        assert_eq!(counts(AdcCodes::Unsigned, 3, &sums), expected);
        // More than one block; padding is not a conversion.
        let twenty: Vec<f32> = (0..20).map(|column| 0.01 * column as f32).collect();
        let expected = CodeCounts { conversions: 20, zero: 20, ..CodeCounts::default() };
        assert_eq!(counts(AdcCodes::Signed, 4, &twenty), expected);
    }

    #[test]
    fn nothing_is_counted_before_the_first_calibration() {
        let array = array(Adc { range: AdcRange::Calibrated, ..adc(8, AdcCodes::Signed, 1.0) }, 4, 4, 40);
        assert!(array.convert(0, &mut row(40, |_| 1.0)).is_empty());
    }

    #[test]
    fn a_device_without_converters_has_none() {
        let tiles = Converters { tile_rows: Some(4), ..Converters::default() };
        assert!(ArrayConverters::new(&tiles, 8, 8, 1.0, Seed::new(1)).is_none());
    }
}
