//! Fractions and points on the command line.

/// Parses a fraction, such as `0.75` or `75%`.
pub fn fraction(text: &str) -> Result<f64, String> {
    let trimmed = text.trim();
    let (number, unit) = match trimmed.strip_suffix('%') {
        Some(number) => (number.trim_end(), 0.01),
        None => (trimmed, 1.0),
    };
    match number.parse::<f64>() {
        Ok(value) if value.is_finite() && (0.0..=1.0).contains(&(value * unit)) => Ok(exact(value, unit)),
        _ => Err(format!("expected a fraction from 0 to 1 or a percentage such as 75%, got `{text}`")),
    }
}

/// Parses percentage points, such as `2`, `2points`, `2 points` or `2pp`; returns a fraction.
pub fn points(text: &str) -> Result<f64, String> {
    let trimmed = text.trim();
    let number = ["points", "point", "pp", "%"].into_iter().find_map(|unit| trimmed.strip_suffix(unit));
    match number.unwrap_or(trimmed).trim_end().parse::<f64>() {
        // A plain 0.02 or 0.1 is probably meant as a fraction.
        Ok(value) if number.is_none() && value > 0.0 && value < 1.0 => {
            Err(format!("expected percentage points, such as {}points, got `{text}`", exact(100.0 * value, 1.0)))
        }
        Ok(value) if value > 0.0 && value <= 100.0 => Ok(exact(value, 0.01)),
        _ => Err(format!("expected more than 0 and at most 100 percentage points, such as 2points, got `{text}`")),
    }
}

/// Converts percent without the rounding of a multiplication: 7 % is 0.07.
fn exact(value: f64, unit: f64) -> f64 {
    // -0 counts as 0.
    0.0 + if unit == 1.0 { value } else { value / 100.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_and_points_have_several_spellings() {
        assert_eq!([fraction("0.75"), fraction("75%"), fraction("75 %")], [Ok(0.75), Ok(0.75), Ok(0.75)]);
        assert_eq!(
            ["2", "2points", "2 points", "2pp", "2%"].map(points),
            [Ok(0.02), Ok(0.02), Ok(0.02), Ok(0.02), Ok(0.02)]
        );
        assert_eq!(points("1point"), Ok(0.01));
        assert!(fraction("-0%").is_ok_and(f64::is_sign_positive));
        for wrong in ["75", "101%", "nan", "-1", "much"] {
            assert!(fraction(wrong).is_err_and(|error| error.contains(&format!("got `{wrong}`"))), "{wrong}");
        }
        assert_eq!(points("0.02points"), Ok(0.0002));
        assert!(points("0.02").is_err_and(|error| error.contains("such as 2points")));
        assert!(points("0.1").is_err_and(|error| error.contains("such as 10points")));
        for wrong in ["0", "-2", "101", "2 bits"] {
            assert!(points(wrong).is_err(), "{wrong}");
        }
    }
}
