//! Quantiles of sorted numbers with linear interpolation: type 7 of Hyndman and Fan (1996), the default of R and NumPy.

/// Returns the quantile `level` of `rising` numbers; NaN without numbers.
///
/// ```
/// use ohmspike_stats::quantile::quantile;
///
/// assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
/// ```
pub fn quantile(rising: &[f64], level: f64) -> f64 {
    let Some(last) = rising.len().checked_sub(1) else { return f64::NAN };
    let place = level * last as f64;
    let (below, above) = (rising[place.floor() as usize], rising[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.percentile([60, 61, ..., 79], [5, 50, 100])`, numpy 2.4.6.
    #[test]
    fn quantiles_agree_with_numpy() {
        let values: Vec<f64> = (60..80).map(f64::from).collect();
        let found = [0.05, 0.5, 1.0].map(|level| quantile(&values, level));
        assert!((found[0] - 60.95).abs() < 1e-12 && found[1..] == [69.5, 79.0], "{found:?}");
        assert!(quantile(&[], 0.5).is_nan());
    }
}
