//! Rows that are read together in each step, for the calibration of converters.

/// A flat list of lists of active rows, each in ascending order. A row with an input of k occurs k times.
///
/// ```
/// let mut reads = ohmspike_snn::reads::Reads::default();
/// reads.push(&[0, 7]);
/// reads.push(&[3]);
/// assert_eq!(reads.iter().collect::<Vec<_>>(), [&[0, 7][..], &[3]]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// End of each list in `rows`.
    ends: Vec<usize>,
    rows: Vec<u16>,
}

impl Reads {
    /// Appends the active rows of one step.
    pub fn push(&mut self, active: &[u16]) {
        self.rows.extend_from_slice(active);
        self.ends.push(self.rows.len());
    }

    /// Iterates over the lists in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u16]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.rows[start..end])
    }

    /// Returns the number of lists.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether there are no lists.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_all_lists_including_empty_ones() {
        let mut reads = Reads::default();
        assert!(reads.is_empty());
        for list in [&[][..], &[1, 5], &[], &[2]] {
            reads.push(list);
        }
        assert_eq!(reads.iter().collect::<Vec<_>>(), [&[][..], &[1, 5], &[], &[2]]);
        assert_eq!(reads.len(), 4);
    }
}
