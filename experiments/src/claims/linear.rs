//! Accuracy falls about linearly with noise at high excitatory fractions.

use std::collections::BTreeMap;

use ohmspike_analysis::sweep::ratio;
use ohmspike_stats::Estimate;
use ohmspike_stats::draws::{Drawn, Draws};
use ohmspike_stats::equivalence::agreement;
use ohmspike_stats::line::Line;
use ohmspike_study::record::Record;

use super::by_condition::{levels, outcomes};
use super::{Finding, MIN_REPEATS, Tested, Verdict};

/// The claim.
pub const CLAIM: Tested = (
    "Accuracy falls linearly with noise at high excitatory fractions",
    "Least-squares line through the outcomes of each seed at five or more levels from 10 to 100 %, for 90:10, 95:5 and 100:0 with at least 3 \
     seeds. Supported if all 95 % intervals of the mean slope are below 0 and all of the mean R² above 0.95. Contradicted if a whole interval, at 5 % \
     divided by the number of intervals, is on the other side.",
    find,
);
/// High excitatory fractions.
const FRACTIONS: [f64; 3] = [0.90, 0.95, 1.00];
/// Noise levels between which a line must hold, %: those of the published figure, except its lowest, 1 %.
const FIRST_LEVEL: f64 = 10.0;
const LAST_LEVEL: f64 = 100.0;
/// Smallest number of levels, chosen: few points are near some line, two always, and three often.
const MIN_LEVELS: usize = 5;
/// Smallest R² of a line, chosen, since the paper states none: the line leaves 5 % of the variance of the outcomes.
const MIN_R_SQUARED: f64 = 0.95;

/// Lines of one fraction, one per seed.
struct Lines {
    fraction: f64,
    levels: usize,
    slope: Estimate,
    r_squared: Estimate,
}

/// Tests the claim.
pub fn find(records: &[&Record]) -> Finding {
    let lines: Vec<Lines> = FRACTIONS.iter().filter_map(|&fraction| lines(records, fraction)).collect();
    if lines.is_empty() {
        let why =
            format!("it needs five levels from 10 to 100 % with {MIN_REPEATS} seeds at a high excitatory fraction");
        return Finding::not_tested(why);
    }
    let words = |Lines { fraction: of, levels, slope, r_squared }: &Lines| {
        let interval =
            r_squared.ci95.map(|(low, high)| format!(" ({low:.3} to {:.3})", high.min(1.0))).unwrap_or_default();
        format!(
            "{}: R² = {:.3}{interval} over {levels} levels, {:.2} points per % of noise, n = {}",
            ratio(*of),
            r_squared.mean,
            100.0 * slope.mean,
            r_squared.n
        )
    };
    let intervals = 2 * lines.len();
    let verdicts = lines.iter().flat_map(|lines| {
        let falls = agreement(&lines.slope, f64::NEG_INFINITY, 0.0, intervals);
        let straight = agreement(&lines.r_squared, MIN_R_SQUARED, f64::INFINITY, intervals);
        [falls.into(), straight.into()]
    });
    let verdicts: Vec<Verdict> = verdicts.collect();
    Finding::new(Verdict::of_all(&verdicts), lines.iter().map(words).collect::<Vec<_>>().join("; "))
}

/// Fits the lines of one fraction, for seeds with an outcome at every level; none if there are too few.
fn lines(records: &[&Record], fraction: f64) -> Option<Lines> {
    let within = levels(records).into_iter().filter(|level| (FIRST_LEVEL..=LAST_LEVEL).contains(level));
    let at = |level: f64| (level, outcomes(records, fraction, level).into_iter().collect::<BTreeMap<Draws, f64>>());
    let levels: Vec<(f64, BTreeMap<Draws, f64>)> =
        within.map(at).filter(|(_, outcomes)| outcomes.len() >= MIN_REPEATS).collect();
    if levels.len() < MIN_LEVELS || levels.first()?.0 != FIRST_LEVEL || levels.last()?.0 != LAST_LEVEL {
        return None;
    }
    let line = |draws: &Draws| {
        let points = levels.iter().map(|(level, outcomes)| Some((*level, *outcomes.get(draws)?)));
        Some((*draws, Line::fit(&points.collect::<Option<Vec<_>>>()?).ok()?))
    };
    let lines: Vec<(Draws, Line)> = levels[0].1.keys().filter_map(line).collect();
    let of = |of: fn(&Line) -> f64| {
        let drawn: Vec<Drawn> = lines.iter().map(|(draws, line)| (*draws, of(line))).collect();
        Estimate::from_drawn(&drawn).filter(|sample| sample.n >= MIN_REPEATS)
    };
    Some(Lines { fraction, levels: levels.len(), slope: of(|line| line.slope)?, r_squared: of(|line| line.r_squared)? })
}

#[cfg(test)]
mod tests {
    use super::super::{made, verdict};
    use super::*;

    fn curve(accuracy: impl Fn(f64) -> f64, levels: &[f64]) -> Vec<Record> {
        // Each seed has a small bend, so no two lines are equal.
        let of_seed = |level: f64, seed: f64| accuracy(level) + 0.01 * seed + 0.001 * seed * (level / 30.0).sin();
        let at = |&level: &f64| made(1.0, level, &[1.0, 2.0, 4.0].map(|seed| of_seed(level, seed)));
        levels.iter().flat_map(at).collect()
    }

    #[test]
    fn distinguishes_a_line_from_a_curve() {
        let levels = [1.0, 10.0, 20.0, 40.0, 60.0, 100.0];
        assert_eq!(verdict(find, &curve(|level| 0.8 - 0.005 * level, &levels)), Verdict::Supported);
        assert_eq!(verdict(find, &curve(|level| 0.8 * (-level / 15.0).exp(), &levels)), Verdict::Contradicted);
        assert_eq!(verdict(find, &curve(|level| 0.2 + 0.005 * level, &levels)), Verdict::Contradicted);
    }

    #[test]
    fn needs_the_full_range_of_levels() {
        let falls = |level: f64| 0.8 - 0.005 * level;
        assert_eq!(verdict(find, &curve(falls, &[10.0, 40.0, 100.0])), Verdict::NotTested);
        assert_eq!(verdict(find, &curve(falls, &[10.0, 20.0, 30.0, 40.0, 50.0])), Verdict::NotTested);
        assert_eq!(verdict(find, &[]), Verdict::NotTested);
    }
}
