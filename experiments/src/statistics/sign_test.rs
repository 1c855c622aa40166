//! Whether paired differences lie on one side of 0: the sign test, which assumes nothing of their size.
//!
//! ```text
//! p = min(1, 2 P(B >= max(above, below))),   B binomial with above + below draws of probability 1/2
//! ```
//!
//! Differences of 0 are left out (Dixon and Mood 1946).

use statrs::distribution::{Binomial, DiscreteCDF};

use super::moments::SampleError;

/// What the test finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignTest {
    /// Differences above 0.
    pub above: u64,
    /// Differences below 0.
    pub below: u64,
    /// Probability of so many on one side, either side, if both are as likely.
    pub p: f64,
}

impl SignTest {
    /// The test of `differences`.
    ///
    /// # Errors
    /// [`SampleError`] where none differs from 0, and for values out of range.
    ///
    /// ```
    /// use experiments::statistics::sign_test::SignTest;
    ///
    /// // All of four: 2 / 2^4.
    /// let test = SignTest::of(&[0.1, 0.2, 0.0, 0.3, 0.4])?;
    /// assert!((test.p - 0.125).abs() < 1e-12 && (test.above, test.below) == (4, 0));
    /// # Ok::<(), experiments::statistics::moments::SampleError>(())
    /// ```
    pub fn of(differences: &[f64]) -> Result<SignTest, SampleError> {
        super::moments::check("differences", differences, 1)?;
        let count = |is: fn(&&f64) -> bool| differences.iter().filter(is).count() as u64;
        let (above, below) = (count(|&&difference| difference > 0.0), count(|&&difference| difference < 0.0));
        if above + below == 0 {
            return Err(SampleError::NoSpread { value: 0.0 });
        }
        let binomial = Binomial::new(0.5, above + below).expect("a probability");
        let most = above.max(below);
        // P(B > most - 1) = P(B >= most); most is at least 1.
        let p = (2.0 * binomial.sf(most - 1)).min(1.0);
        Ok(SignTest { above, below, p })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_pairs_have_no_sign() {
        assert_eq!(SignTest::of(&[0.0, 0.0]), Err(SampleError::NoSpread { value: 0.0 }));
        assert!(SignTest::of(&[f64::NAN]).is_err() && SignTest::of(&[]).is_err());
        assert_eq!(SignTest::of(&[1.0, -1.0]).map(|test| test.p), Ok(1.0));
    }
}
