//! Compares the crossings of two curves.
//!
//! ```text
//! p(c)  =  min(1, 3 min(p of d = 0, p of d' = 0, p of d - d' = 0))        both curves cross at the level c
//! p     =  max p(c) over all levels c                                      both curves cross at the same level
//! ```
//!
//! The p values of a level are those of t tests, adjusted by Bonferroni's method; repeats with the same draws are pairs in
//! the third. The largest p value over the levels that the hypothesis allows is an upper bound (Berger and Boos 1994),
//! whatever the shapes of the curves. A test of the crossings themselves would take a curve for straight, and finds up to
//! 41 % of false differences where it bends.

use super::Crossing;
use crate::draws::Drawn;
use crate::paired::{Paired, PairedError, differences};

/// Levels per segment at which the hypothesis is tested.
const POINTS: u32 = 32;
/// Tests of a level: of both curves and of their difference.
const COMBINED: usize = 3;

impl Crossing {
    /// Tests whether this curve and `other` cross the threshold at the same level. Difference, t and interval are those of
    /// [`Crossing::by_repeat`]; p is that of the levels.
    ///
    /// # Errors
    /// As [`Paired::new`]; without repeats at every level, too few are shared.
    pub fn compared(&self, other: &Crossing) -> Result<Paired, PairedError> {
        let paired = Paired::new(&self.by_repeat, &other.by_repeat)?;
        let levels = self.distances.windows(2).flat_map(|ends| {
            let [from, to] = [ends[0].0, ends[1].0];
            (0..=POINTS).map(move |point| from + (to - from) * f64::from(point) / f64::from(POINTS))
        });
        let most = |most: Option<f64>, level| match (self.at(level), other.at(level)) {
            (Some(one), Some(other)) => {
                let most = most.unwrap_or(0.0);
                Some(most.max(together(&one, &other, most)))
            }
            _ => most,
        };
        // Curves without a common level are not told apart.
        Ok(Paired { p: levels.fold(None, most).unwrap_or(1.0), combined: COMBINED, ..paired })
    }

    /// Returns d of each repeat at `level`; none beyond the levels of the curve.
    fn at(&self, level: f64) -> Option<Vec<Drawn>> {
        let within = |ends: &&[(f64, Vec<Drawn>)]| (ends[0].0 - level) * (ends[1].0 - level) <= 0.0;
        let [(from, before), (to, after)] = self.distances.windows(2).find(within)? else { return None };
        let fraction = (level - from) / (to - from);
        let between = |(one, other): (&Drawn, &Drawn)| (one.0, (1.0 - fraction) * one.1 + fraction * other.1);
        Some(before.iter().zip(after).map(between).collect())
    }
}

/// Returns p of the hypothesis that the means of both `one` and `other` are 0, or a bound on it that is below `enough`.
fn together(one: &[Drawn], other: &[Drawn], enough: f64) -> f64 {
    let tests: [&dyn Fn() -> f64; COMBINED] = [&|| p_of(one), &|| p_of(other), &|| p_of(&differences(one, other))];
    let mut least = 1.0;
    for test in tests {
        least = f64::min(least, COMBINED as f64 * test());
        if least < enough {
            break;
        }
    }
    least
}

/// Returns p of the hypothesis that the mean is 0.
fn p_of(distances: &[Drawn]) -> f64 {
    match Paired::from_differences(distances) {
        Ok(test) => test.p,
        Err(PairedError::NoSpread { difference, .. }) if difference != 0.0 => 0.0,
        Err(_) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Condition, Curve};
    use crate::draws::Draws;

    use super::*;

    /// Accuracies of eight trained networks at 1, 10, 15 and 20 % of noise: half of the neurons inhibitory, one in five, none.
    const ACCURACIES: [[[f64; 8]; 4]; 3] = [
        [
            [0.6251, 0.7901, 0.7983, 0.7921, 0.7942, 0.7949, 0.7941, 0.7000],
            [0.7696, 0.7656, 0.7566, 0.7666, 0.7567, 0.7542, 0.7683, 0.7598],
            [0.7423, 0.7351, 0.7362, 0.7409, 0.7289, 0.7198, 0.7395, 0.7293],
            [0.4398, 0.6745, 0.5137, 0.6999, 0.6824, 0.6721, 0.7019, 0.6876],
        ],
        [
            [0.7866, 0.7936, 0.7934, 0.7934, 0.7933, 0.7887, 0.7930, 0.7953],
            [0.7554, 0.7741, 0.7503, 0.7653, 0.7594, 0.7485, 0.7553, 0.7552],
            [0.7140, 0.7436, 0.7157, 0.7168, 0.7278, 0.7038, 0.7194, 0.7167],
            [0.6849, 0.6838, 0.6733, 0.6840, 0.6899, 0.6501, 0.6965, 0.6827],
        ],
        [
            [0.7868, 0.7931, 0.7934, 0.7870, 0.7980, 0.7958, 0.7954, 0.7926],
            [0.7606, 0.7732, 0.7558, 0.7705, 0.7578, 0.7497, 0.7590, 0.7535],
            [0.7218, 0.7170, 0.7022, 0.7135, 0.7277, 0.6983, 0.7165, 0.7150],
            [0.6729, 0.6966, 0.6751, 0.6685, 0.6826, 0.6707, 0.6895, 0.6786],
        ],
    ];

    fn crossing(accuracies: &[[f64; 8]; 4]) -> Crossing {
        let condition = |(level, outcomes): (f64, &[f64; 8])| Condition {
            level,
            outcomes: (1..).map(Draws::all).zip(outcomes.iter().copied()).collect(),
        };
        let conditions: Vec<Condition> = [1.0, 10.0, 15.0, 20.0].into_iter().zip(accuracies).map(condition).collect();
        Curve::new(&conditions, 0.1).expect("a curve").crossing(0.95).expect("a crossing")
    }

    /// The first curve is flat up to 15 % and then falls: its crossing, 15.3 %, is as uncertain as 7 to 17 %.
    #[test]
    fn a_crossing_where_a_curve_bends_is_not_taken_for_certain() {
        let [bent, straight, other] = ACCURACIES.each_ref().map(crossing);
        assert!(bent.level.expect("one") > 15.0 && straight.level.expect("one") < 10.1);
        for test in [bent.compared(&straight), bent.compared(&other), straight.compared(&other)] {
            assert!(test.expect("eight pairs").p > 0.1, "{test:?}");
        }
    }

    #[test]
    fn crossings_far_apart_differ() {
        let lower = ACCURACIES[1].map(|outcomes| outcomes.map(|outcome| 0.1 + 0.8 * (outcome - 0.1)));
        // All levels above the lowest are 10 points lower, so the crossing is at half of the level.
        let mut earlier = ACCURACIES[1];
        earlier[1..].iter_mut().flatten().for_each(|outcome| *outcome -= 0.1);
        let [straight, lower, earlier] = [ACCURACIES[1], lower, earlier].each_ref().map(crossing);
        assert!(straight.compared(&earlier).expect("eight pairs").p < 0.01);
        // The same curve on another scale has the same normalised accuracy.
        let same = straight.compared(&lower);
        assert!(same.is_err() || same.is_ok_and(|test| test.p > 0.9));
    }
}
