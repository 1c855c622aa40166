//! Quantiles of a sorted list with linear interpolation: type 7 of Hyndman and Fan (1996), the default of R and NumPy.

/// Returns the quantile `level` of sorted numbers.
pub fn quantile(rising: &[f64], level: f64) -> f64 {
    let place = level * (rising.len() - 1) as f64;
    let (below, above) = (rising[place.floor() as usize], rising[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.percentile(values, [5, 95])`, numpy 2.4.6.
    #[test]
    fn quantiles_agree_with_numpy() {
        let values = [
            2.51, 4.084, 4.187, 4.258, 4.531, 4.885, 5.094, 5.225, 7.623, 7.977, 8.201, 9.124, 10.162, 10.779, 10.833,
            10.92, 12.009, 13.651, 15.927, 23.563,
        ];
        assert!((quantile(&values, 0.05) - 4.0053).abs() < 1e-9);
        assert!((quantile(&values, 0.95) - 16.308_8).abs() < 1e-9);
    }
}
