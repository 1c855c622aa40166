//! Accuracy falls about linearly with noise at high excitatory shares.

use super::by_condition::{judged, levels};
use super::{Finding, LEAST, Tested, Verdict};
use crate::record::Record;
use crate::statistics::line::Line;
use crate::sweep::share;

/// The claim.
pub const CLAIM: Tested = (
    "Accuracy falls linearly with noise at high excitatory shares",
    "A straight line by least squares through the means at the levels from 10 to 100 %, of at least 3 trials each, at least five \
     levels that reach over all of that range: it falls and has R² of at least 0.95 at every one of 90:10, 95:5 and 100:0 that was \
     run. The largest residual says what R² hides.",
    find,
);
/// High shares.
const SHARES: [f64; 3] = [0.90, 0.95, 1.00];
const FIRST_LEVEL: f64 = 10.0;
const LAST_LEVEL: f64 = 100.0;
const LEAST_LEVELS: usize = 5;
const LEAST_R_SQUARED: f64 = 0.95;

/// What `records` say.
pub fn find(records: &[&Record]) -> Finding {
    let lines: Vec<(f64, usize, Line)> = SHARES.iter().filter_map(|&share| line(records, share)).collect();
    if lines.is_empty() {
        let why =
            format!("no curve of a high share from 10 to 100 % with at least {LEAST} trials at five levels or more");
        return Finding::not_tested(why);
    }
    let words = |(of, levels, line): &(f64, usize, Line)| {
        format!(
            "{}: R² = {:.3} over {levels} levels, {:.2} points a % of noise, largest residual {:.1} points",
            share(*of),
            line.r_squared,
            100.0 * line.slope,
            100.0 * line.largest_residual
        )
    };
    let straight = |(_, _, line): &(f64, usize, Line)| line.slope < 0.0 && line.r_squared >= LEAST_R_SQUARED;
    let verdict = if lines.iter().all(straight) { Verdict::Supported } else { Verdict::Contradicted };
    Finding::new(verdict, lines.iter().map(words).collect::<Vec<_>>().join("; "))
}

/// The line of one share with its number of levels, where there are enough.
fn line(records: &[&Record], share: f64) -> Option<(f64, usize, Line)> {
    let within = levels(records).into_iter().filter(|level| (FIRST_LEVEL..=LAST_LEVEL).contains(level));
    let points: Vec<(f64, f64)> =
        within.filter_map(|level| Some((level, judged(records, share, level)?.mean))).collect();
    let reaches = points.first()?.0 == FIRST_LEVEL && points.last()?.0 == LAST_LEVEL;
    let line = Line::of(&points).ok().filter(|_| reaches && points.len() >= LEAST_LEVELS)?;
    Some((share, points.len(), line))
}

#[cfg(test)]
mod tests {
    use super::super::{made, verdict};
    use super::*;

    fn curve(accuracy: impl Fn(f64) -> f64, levels: &[f64]) -> Vec<Record> {
        let at = |&level: &f64| made(1.0, level, &[-0.01, 0.0, 0.01].map(|noise| accuracy(level) + noise));
        levels.iter().flat_map(at).collect()
    }

    #[test]
    fn a_line_is_told_from_a_curve() {
        let levels = [1.0, 10.0, 20.0, 40.0, 60.0, 100.0];
        assert_eq!(verdict(find, &curve(|level| 0.8 - 0.005 * level, &levels)), Verdict::Supported);
        assert_eq!(verdict(find, &curve(|level| 0.8 * (-level / 15.0).exp(), &levels)), Verdict::Contradicted);
        assert_eq!(verdict(find, &curve(|level| 0.2 + 0.005 * level, &levels)), Verdict::Contradicted);
    }

    #[test]
    fn a_part_of_the_levels_tests_nothing() {
        let falls = |level: f64| 0.8 - 0.005 * level;
        assert_eq!(verdict(find, &curve(falls, &[10.0, 40.0, 100.0])), Verdict::NotTested);
        assert_eq!(verdict(find, &curve(falls, &[10.0, 20.0, 30.0, 40.0, 50.0])), Verdict::NotTested);
        assert_eq!(verdict(find, &[]), Verdict::NotTested);
    }
}
