//! Least-squares fit of a straight line.
//!
//! ```text
//! slope = sum (x - mean x)(y - mean y) / sum (x - mean x)^2        intercept = mean y - slope mean x
//! R^2 = 1 - sum (y - line)^2 / sum (y - mean y)^2
//! ```

use super::moments::{Moments, SampleError};

/// A fitted line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Slope, unit of y per unit of x.
    pub slope: f64,
    /// y at x = 0.
    pub intercept: f64,
    /// Coefficient of determination, 0 to 1: the fraction of the variance of y that the line explains.
    pub r_squared: f64,
    /// Largest distance of a point from the line, in the unit of y.
    pub largest_residual: f64,
}

impl Line {
    /// Fits a line to `points` (x, y).
    ///
    /// # Errors
    /// Returns an error if there are fewer than two points, a value is out of range, or all x or all y are equal.
    ///
    /// ```
    /// use ohmspike_stats::line::Line;
    ///
    /// let line = Line::fit(&[(0.0, 1.0), (1.0, 0.0), (2.0, 2.0)])?;
    /// // Means 1 and 1; slope 1/2, residuals 1/2, -1, 1/2, so that R^2 = 1 - 1.5/2.
    /// assert_eq!((line.slope, line.intercept, line.r_squared, line.largest_residual), (0.5, 0.5, 0.25, 1.0));
    /// # Ok::<(), ohmspike_stats::moments::SampleError>(())
    /// ```
    pub fn fit(points: &[(f64, f64)]) -> Result<Line, SampleError> {
        let of_each = |of: fn(&(f64, f64)) -> f64| Moments::new(&points.iter().map(of).collect::<Vec<f64>>());
        let (x, y) = (of_each(|point| point.0)?, of_each(|point| point.1)?);
        for moments in [x, y] {
            if moments.variance == 0.0 {
                return Err(SampleError::NoSpread { value: moments.mean });
            }
        }
        let together: f64 = points.iter().map(|point| (point.0 - x.mean) * (point.1 - y.mean)).sum();
        let slope = together / (x.variance * (x.n - 1.0));
        let intercept = y.mean - slope * x.mean;
        let residuals = points.iter().map(|point| point.1 - (intercept + slope * point.0));
        let (mut squares, mut largest) = (0.0, 0.0_f64);
        residuals.for_each(|residual| {
            squares += residual * residual;
            largest = largest.max(residual.abs());
        });
        let r_squared = 1.0 - squares / (y.variance * (y.n - 1.0));
        Ok(Line { slope, intercept, r_squared, largest_residual: largest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_points_without_a_line() {
        let message = |points: &[(f64, f64)]| Line::fit(points).expect_err("no line").to_string();
        assert_eq!(message(&[(1.0, 1.0)]), "values of a sample: expected at least 2, got 1");
        assert_eq!(message(&[(1.0, 1.0), (1.0, 2.0)]), "samples: expected different values, got 1 only");
        assert_eq!(message(&[(1.0, 0.5), (2.0, 0.5)]), "samples: expected different values, got 0.5 only");
    }
}
