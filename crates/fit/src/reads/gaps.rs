//! Times between successive reads.
//!
//! ```text
//! gap       time between two reads over the typical one, the median of the table; none are kept if all are equal
//! missing   a row that is missing leaves a gap of 2
//! shortest  a twentieth of the gaps is shorter: the fastest trap that the reads can follow
//! ```

use super::trap_law::Observed;
use crate::error::FitError;
use crate::sample::median;
use crate::table::Table;

/// Largest relative difference of equal gaps: it moves no rate by more.
const EQUAL: f64 = 0.01;
/// Fraction of the gaps below the shortest one that counts.
const SHORT: f64 = 0.05;
/// Steps of a bisection, and the largest correlation that it returns.
const STEPS: usize = 50;
const MAX_CORRELATION: f64 = 0.995;

/// Returns the typical time between two reads, s; `given` stands for that of tables without times of reads.
pub(crate) fn interval(table: &Table, given: Option<f64>) -> Option<f64> {
    if has_times(table) { typical(table) } else { given }
}

/// Returns whether every read of `table` has a time of its own.
fn has_times(table: &Table) -> bool {
    !table.seconds.is_empty() && table.reads.is_empty()
}

/// Returns the median time between two reads of a table with times, s.
fn typical(table: &Table) -> Option<f64> {
    let by_time = |row: usize| table.seconds[row];
    let mut intervals = Vec::new();
    for rows in table.series(Some(&by_time)) {
        intervals.extend(rows.windows(2).map(|pair| by_time(pair[1] as usize) - by_time(pair[0] as usize)));
    }
    Some(median(&mut intervals)).filter(|interval| *interval > 0.0)
}

/// Refuses a time between reads that contradicts those of `table`.
///
/// # Errors
/// [`FitError::Option`].
pub(crate) fn check_interval(table: &Table, given: Option<f64>) -> Result<(), FitError> {
    let (Some(given), true) = (given, has_times(table)) else { return Ok(()) };
    let Some(typical) = typical(table).filter(|typical| (given / typical - 1.0).abs() > EQUAL) else { return Ok(()) };
    // Six digits: differences of times have rounding errors.
    let typical = format!("{typical:.5e}").parse().unwrap_or(typical);
    Err(FitError::Option {
        option: "--read-interval",
        problem: format!("expected {typical} s, the median time between reads of {}, got {given} s", table.file),
        hint: "omit it to use `time_seconds`, or leave these times out with `--ignore time_seconds`",
    })
}

/// Returns the gaps between the reads of each of `series`, which are rows of `table`; all are empty if they are equal.
pub(super) fn gaps(table: &Table, series: &[Vec<u32>]) -> Vec<Vec<f64>> {
    let none = vec![Vec::new(); series.len()];
    let Some(typical) = has_times(table).then(|| typical(table)).flatten() else { return none };
    let time = |row: u32| table.seconds[row as usize];
    let of_series = |rows: &Vec<u32>| rows.windows(2).map(|pair| (time(pair[1]) - time(pair[0])) / typical).collect();
    let gaps: Vec<Vec<f64>> = series.iter().map(of_series).collect();
    if gaps.iter().flatten().all(|gap| (gap - 1.0).abs() <= EQUAL) { none } else { gaps }
}

/// Returns the gap of a read and the next in `gaps`, which are empty if all are 1.
pub(super) fn after(gaps: &[f64], read: usize) -> f64 {
    gaps.get(read).copied().unwrap_or(1.0)
}

/// Returns the shortest gap of `series` that counts, at most 1.
pub(super) fn shortest(series: &[Observed]) -> f64 {
    let mut gaps: Vec<f64> = series.iter().flat_map(|one| one.gaps.iter().copied()).collect();
    if gaps.is_empty() {
        return 1.0;
    }
    let place = (SHORT * gaps.len() as f64) as usize;
    gaps.select_nth_unstable_by(place, f64::total_cmp).1.min(1.0)
}

/// Returns the mean of ln gap of `series`.
pub(super) fn mean_ln(series: &[Observed]) -> f64 {
    let (sum, n) = series
        .iter()
        .flat_map(|one| &one.gaps)
        .fold((0.0, 0.0), |(sum, n), gap| (sum + gap.max(f64::MIN_POSITIVE).ln(), n + 1.0));
    if n > 0.0 { sum / n } else { 0.0 }
}

/// Returns the correlation λ over a gap of 1 for which the mean of λ^gap over `gaps` is `correlation`.
pub(super) fn over_one(correlation: f64, gaps: &[f64]) -> f64 {
    if gaps.is_empty() {
        return correlation;
    }
    let mean = |one: f64| gaps.iter().map(|gap| one.powf(*gap)).sum::<f64>() / gaps.len() as f64;
    let (mut low, mut high) = (0.0, MAX_CORRELATION);
    for _ in 0..STEPS {
        let middle = 0.5 * (low + high);
        if mean(middle) < correlation { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads of two cells at 0, 1, 2 and 3 s, of which the second lacks two rows, and reads at 1 s with times in milliseconds.
    #[test]
    fn missing_rows_leave_gaps() {
        let table = |seconds: &[f64], cell: &[u32]| Table {
            cell: cell.to_vec(),
            cycle: vec![1; cell.len()],
            seconds: seconds.to_vec(),
            value: vec![1.0; cell.len()],
            ..Table::default()
        };
        let irregular = table(&[0.0, 1.0, 2.0, 3.0, 0.0, 3.0, 4.0], &[0, 0, 0, 0, 1, 1, 1]);
        let by_time = |row: usize| irregular.seconds[row];
        assert_eq!(gaps(&irregular, &irregular.series(Some(&by_time))), [vec![1.0; 3], vec![3.0, 1.0]]);
        let regular = table(&[0.0, 0.333, 0.667, 1.0], &[0; 4]);
        assert_eq!(gaps(&regular, &[vec![0, 1, 2, 3]]), [Vec::<f64>::new()]);
        assert!(check_interval(&regular, Some(0.333)).is_ok() && check_interval(&regular, None).is_ok());
        let refused = check_interval(&regular, Some(1.0)).expect_err("another interval").to_string();
        assert!(refused.starts_with("--read-interval: expected 0.333 s"), "{refused}");
    }

    /// The mean of 0.9 and 0.9^3 is 0.8145.
    #[test]
    fn correlations_are_those_of_a_gap_of_one() {
        assert!((over_one(0.5 * (0.9 + 0.729), &[1.0, 3.0]) - 0.9).abs() < 1e-12);
        assert_eq!(over_one(0.7, &[]), 0.7);
    }
}
