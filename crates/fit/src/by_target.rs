//! Whether writes that end far from their target depend on the target.
//!
//! ```text
//! k of n      cells written to a target have such a write;  F and N are the sums of k and n over all targets
//! P           <= targets P(K >= k),  K ~ Binomial(F, n / N)          cells miss all targets alike
//! ```
//!
//! Cells that miss several targets narrow the distribution of K (Hoeffding, *Ann. Math. Stat.* 27, 713, 1956), so that the bound holds for them too.

use ohmspike_stats::binomial::at_least;

use crate::writes::{WriteRow, WriteRows};

/// Probability below which writes depend on their target.
const IMPROBABLE: f64 = 0.01;

/// Counts of one bin of targets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Count {
    /// Lowest and highest target, µS.
    range: (f64, f64),
    /// Writes that end far from their target, and all.
    writes: [usize; 2],
    /// Cells with such a write, and all.
    cells: [usize; 2],
}

/// Counts the `writes` in each bin, of which some are `far` from their target.
pub(crate) fn counts(writes: &WriteRows, far: impl Fn(&WriteRow) -> bool) -> Vec<Count> {
    let mut rows: Vec<(u32, u32, bool)> =
        writes.rows.iter().chain(&writes.failed).map(|row| (row.bin, row.cell, far(row))).collect();
    rows.sort_unstable();
    let count = |of_bin: &[(u32, u32, bool)]| {
        let of_cells = || of_bin.chunk_by(|one, other| one.1 == other.1);
        let missing = of_cells().filter(|of_cell| of_cell.iter().any(|row| row.2)).count();
        Count {
            range: writes.bins.ranges[of_bin[0].0 as usize],
            writes: [of_bin.iter().filter(|row| row.2).count(), of_bin.len()],
            cells: [missing, of_cells().count()],
        }
    };
    rows.chunk_by(|one, other| one.0 == other.0).map(count).collect()
}

/// Returns whether more cells miss one of the targets than if they missed all alike.
pub(crate) fn depend(counts: &[Count]) -> bool {
    let sum = |of: usize| counts.iter().map(|count| count.cells[of]).sum::<usize>();
    let (missing, all) = (sum(0), sum(1));
    let improbable = |count: &Count| {
        let fraction = count.cells[1] as f64 / all as f64;
        at_least(count.cells[0] as u64, missing as u64, fraction) < IMPROBABLE / counts.len() as f64
    };
    missing > 0 && counts.len() > 1 && counts.iter().any(improbable)
}

/// Returns whether more than a `fraction` of the writes to one of the targets miss it.
pub(crate) fn are_many(counts: &[Count], fraction: f64) -> bool {
    counts.iter().any(|count| count.writes[0] as f64 > fraction * count.writes[1] as f64)
}

/// Returns the counts as text: those of each target that is missed, and of the others together.
pub(crate) fn text(counts: &[Count]) -> String {
    let (missed, others): (Vec<&Count>, Vec<&Count>) = counts.iter().partition(|count| count.writes[0] > 0);
    let at = |count: &&Count| {
        let ((low, high), [far, all], [cells, of]) = (count.range, count.writes, count.cells);
        let target = if low == high { format!("{low:.4} µS") } else { format!("{low:.4} to {high:.4} µS") };
        format!("{far} of {all} writes to {target}, by {cells} of {of} cells")
    };
    let mut parts: Vec<String> = missed.iter().map(at).collect();
    let rest: usize = others.iter().map(|count| count.writes[1]).sum();
    parts.extend((rest > 0).then(|| format!("none of {rest} writes to the other targets")));
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cells: &[usize]) -> Vec<Count> {
        cells
            .iter()
            .map(|&missing| Count { range: (1.0, 1.0), writes: [missing, 100], cells: [missing, 100] })
            .collect()
    }

    /// Of three targets: all of 5 at one have a probability of 3 · 3^-5 = 0.012, and of 6 0.004.
    #[test]
    fn cells_that_miss_one_target_depend_on_it() {
        assert!(depend(&of(&[0, 6, 0])) && !depend(&of(&[0, 5, 0])));
        assert!(!depend(&of(&[5, 5, 5])) && !depend(&of(&[50])) && !depend(&of(&[0, 0])));
    }
}
