//! Ranks of values among all groups; equal values share the mean of the ranks that they fill.
//!
//! ```text
//! ties = sum over runs of t equal values of (t^3 - t)
//! ```

use super::moments::{SampleError, all_equal, check};

/// Groups of values as the means of their ranks.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranks {
    /// Number of values of every group.
    pub sizes: Vec<f64>,
    /// Mean rank of every group; ranks begin at 1.
    pub means: Vec<f64>,
    /// Number of all values.
    pub n: f64,
    /// Sum of t^3 - t over runs of equal values.
    pub ties: f64,
}

impl Ranks {
    /// Ranks of `groups`.
    ///
    /// # Errors
    /// [`SampleError`] for fewer than two groups, an empty one, values out of range, or values that are all equal.
    ///
    /// ```
    /// use experiments::statistics::ranks::Ranks;
    ///
    /// let ranks = Ranks::of(&[&[1.0, 2.0], &[2.0, 3.0]])?;
    /// assert_eq!((ranks.means, ranks.ties), (vec![1.75, 3.25], 6.0));
    /// # Ok::<(), experiments::statistics::moments::SampleError>(())
    /// ```
    pub fn of(groups: &[&[f64]]) -> Result<Ranks, SampleError> {
        if groups.len() < 2 {
            return Err(SampleError::TooFew { what: "groups", least: 2, got: groups.len() });
        }
        for group in groups {
            check("values of a group", group, 1)?;
        }
        let labelled = |(number, group): (usize, &&[f64])| group.iter().map(move |&x| (x, number)).collect::<Vec<_>>();
        let mut values: Vec<(f64, usize)> = groups.iter().enumerate().flat_map(labelled).collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        if all_equal(&values.iter().map(|value| value.0).collect::<Vec<f64>>()) {
            return Err(SampleError::NoSpread { value: values[0].0 });
        }
        let (mut sums, mut ties, mut below) = (vec![0.0; groups.len()], 0.0, 0.0);
        for run in values.chunk_by(|a, b| a.0 == b.0) {
            let count = run.len() as f64;
            run.iter().for_each(|value| sums[value.1] += below + (count + 1.0) / 2.0);
            ties += count * count * count - count;
            below += count;
        }
        let sizes: Vec<f64> = groups.iter().map(|group| group.len() as f64).collect();
        let means = sums.iter().zip(&sizes).map(|(sum, size)| sum / size).collect();
        Ok(Ranks { sizes, means, n: below, ties })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_without_ranks_are_refused() {
        let message = |groups: &[&[f64]]| Ranks::of(groups).expect_err("no ranks").to_string();
        assert_eq!(message(&[&[1.0, 2.0]]), "groups: must be at least 2, got 1");
        assert_eq!(message(&[&[1.0, 2.0], &[]]), "values of a group: must be at least 1, got 0");
        assert_eq!(message(&[&[1.0], &[f64::NAN]]), "value 1 of a sample: must be from -1e100 to 1e100, got NaN");
        assert_eq!(message(&[&[1.5, 1.5], &[1.5]]), "samples: must spread, got 1.5 throughout");
    }
}
