//! Rows that were read together, step after step: what a layer's converters are calibrated on.

/// A flat list of lists of active rows, each rising; a row with an input of k is there k times.
///
/// ```
/// let mut reads = ohmspike_snn::reads::Reads::default();
/// reads.push(&[0, 7]);
/// reads.push(&[3]);
/// assert_eq!(reads.iter().collect::<Vec<_>>(), [&[0, 7][..], &[3]]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Where each list ends in `rows`.
    ends: Vec<usize>,
    rows: Vec<u16>,
}

impl Reads {
    /// Appends the rows that are active in one step.
    pub fn push(&mut self, active: &[u16]) {
        self.rows.extend_from_slice(active);
        self.ends.push(self.rows.len());
    }

    /// The lists in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = &[u16]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.rows[start..end])
    }

    /// Number of lists.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no list.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_back_as_they_were_pushed_the_empty_ones_too() {
        let mut reads = Reads::default();
        assert!(reads.is_empty());
        for list in [&[][..], &[1, 5], &[], &[2]] {
            reads.push(list);
        }
        assert_eq!(reads.iter().collect::<Vec<_>>(), [&[][..], &[1, 5], &[], &[2]]);
        assert_eq!(reads.len(), 4);
    }
}
