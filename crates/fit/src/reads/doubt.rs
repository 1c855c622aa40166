//! What speaks against telegraph noise where cells seem to have two levels.
//!
//! ```text
//! persistent   Σ changes / Σ 2 w (1 - w) pairs < 1, w the fraction of reads at the rarer level: 1 for draws without memory
//! wrong reads  w below a quarter, and not persistent; a trap that is faster than the reads has w near 1/2
//! equal rates  w not below a fifth
//! ```

use super::population::Population;
use crate::sample::median;

/// Smallest gain of ln L: chance gives as much with a probability below exp(-10), less the five numbers of the law.
pub(super) const GAIN: f64 = 10.0;
/// Fraction of reads at the rarer level below which they may be wrong reads.
const RARE: f64 = 0.25;
/// Fraction of reads at the rarer level below which the rates of the two directions differ. A trap with equal rates that changed its
/// state once has a quarter there on average, with a standard deviation of 0.15, and more if it changed often.
const EQUAL: f64 = 0.2;
const SPREAD_OF_RARE: f64 = 0.15;
/// Standard errors of persistence, and of the fraction at the rarer level.
const CERTAIN: f64 = 3.0;
/// Largest ratio of cells with noise without levels to those with levels, unless most of the latter show their levels by themselves.
const MAX_WIDE: f64 = 0.5;
/// Smallest step over the white noise of most cells with levels. Smaller ones of weak drift and of noise with a 1/f spectrum look the same.
const MIN_STEP: f64 = 2.0;
/// Smallest step over the resolution of the reads: rounding makes levels that are one place of its grid apart.
const MIN_PLACES: f64 = 1.5;
/// Spread of ln amplitude from which one amplitude describes no cell; the law holds at most 0.5.
const MAX_SPREAD: f64 = 0.45;
/// Smallest fraction of cells with a trap beside noise with a 1/f spectrum, over that beside white noise.
const SAME_FRACTION: f64 = 0.8;
/// Probability from which a cell counts as one with a trap.
pub(super) const LIKELY: f64 = 0.5;

/// Why two levels are no telegraph noise of a device file.
#[derive(Clone, Debug)]
pub(super) enum Doubt {
    /// White noise explains the reads as well, or noise without levels.
    NoLevels(String),
    /// Single reads visit the second level.
    SingleReads(String),
    /// The rates of the two directions differ.
    Unequal(String),
}

impl Doubt {
    /// Returns the reason for the user.
    pub fn reason(self) -> String {
        match self {
            Doubt::NoLevels(reason) | Doubt::SingleReads(reason) | Doubt::Unequal(reason) => reason,
        }
    }
}

/// Returns why the levels of `best` are no telegraph noise; `weights` are the probabilities of a trap of each series. Wrong reads come
/// before slow noise, because they are left out and the rest is looked at again.
pub(super) fn check(best: &Population, weights: &[f64]) -> Result<(), Doubt> {
    evidence(best)?;
    match shape_of_levels(best, weights) {
        Err(single @ Doubt::SingleReads(_)) => Err(single),
        shape => beyond_slow_noise(best).and(shape),
    }
}

/// Checks that levels explain the reads better than noise without levels.
fn evidence(best: &Population) -> Result<(), Doubt> {
    let all = best.classes.len();
    if best.gain() < GAIN {
        return Err(Doubt::NoLevels(format!(
            "the reads of {all} cells show no two levels that noise without levels would not"
        )));
    }
    let (likely, clear) = (best.likely(), best.clear(GAIN));
    if best.law.wide > MAX_WIDE * best.law.fraction && 2 * clear < likely {
        return Err(Doubt::NoLevels(format!(
            "{:.1} % of {all} cells have more noise than the others, as from drift, and only {clear} of them clearly have two levels",
            100.0 * (best.law.wide + best.law.fraction)
        )));
    }
    let levels =
        || best.cells.iter().zip(&best.classes).filter(|(_, class)| class[0] > LIKELY).flat_map(|(cell, _)| cell);
    let places = median(&mut levels().map(|&place| best.places(place)).collect::<Vec<f64>>());
    if places < MIN_PLACES {
        return Err(Doubt::NoLevels(format!(
            "{likely} of {all} cells seem to have two levels, but only {places:.1} times the resolution of the reads apart: rounding makes such levels"
        )));
    }
    let step = median(&mut levels().map(|&place| best.distance(place)).collect::<Vec<f64>>());
    if step < MIN_STEP {
        return Err(Doubt::NoLevels(format!(
            "{likely} of {all} cells seem to have two levels, but only {step:.1} times the white noise apart: weak drift and noise with a 1/f \
             spectrum look the same below {MIN_STEP} times"
        )));
    }
    if best.law.spread > MAX_SPREAD {
        return Err(Doubt::NoLevels(format!(
            "{likely} of {all} cells have more noise than one level, but their steps differ by more than {:.0} %, as they seem to with noise of a \
             1/f spectrum or with several traps per cell: no single amplitude describes them",
            100.0 * MAX_SPREAD
        )));
    }
    Ok(())
}

/// Checks that levels explain the reads better than noise of many correlation times.
fn beyond_slow_noise(best: &Population) -> Result<(), Doubt> {
    let all = best.classes.len();
    let (gain, [fraction, of_white]) = best.over_slow_noise();
    if gain < GAIN {
        return Err(Doubt::NoLevels(format!(
            "{} of {all} cells seem to have two levels, but noise without levels that grows with the distance of reads, as with a 1/f \
             spectrum, explains the reads as well",
            best.likely()
        )));
    }
    if fraction < SAME_FRACTION * of_white {
        return Err(Doubt::NoLevels(format!(
            "{:.1} % of {all} cells have two levels if the others have white noise, and {:.1} % if their noise may grow with the distance of \
             reads, as with a 1/f spectrum: these reads do not tell the fraction",
            100.0 * of_white,
            100.0 * fraction
        )));
    }
    Ok(())
}

/// Checks that a trap with equal rates visits the two levels.
fn shape_of_levels(best: &Population, weights: &[f64]) -> Result<(), Doubt> {
    let (mut rare, mut reads, mut switches, mut without_memory, mut n) = (0.0, 0.0, 0.0, 0.0, 0.0_f64);
    for (told, _) in best.told.iter().zip(weights).filter(|(_, weight)| **weight > LIKELY) {
        let w = told.high.min(1.0 - told.high);
        rare += w * told.pairs;
        reads += told.pairs;
        switches += told.switches;
        without_memory += 2.0 * w * (1.0 - w) * told.pairs;
        n += 1.0;
    }
    if n == 0.0 {
        return Ok(());
    }
    let (rare, all, likely) = (rare / reads, best.classes.len(), best.likely());
    // Visits come in pairs of changes.
    let persistence = switches / without_memory * (1.0 + CERTAIN * (2.0 / switches.max(1.0)).sqrt());
    if rare < RARE && persistence >= 1.0 {
        return Err(Doubt::SingleReads(format!(
            "{likely} of {all} cells have a second level, but single reads visit it ({:.1} % of their reads), as wrong reads do: a \
             trap keeps its state for several reads, and one that is faster has half of the reads at each level",
            100.0 * rare
        )));
    }
    if rare + CERTAIN * SPREAD_OF_RARE / n.sqrt() < EQUAL {
        return Err(Doubt::Unequal(format!(
            "{likely} of {all} cells have two levels, but only {:.1} % of their reads are at the rarer one; the telegraph noise of a \
             device file has equal rates in both directions",
            100.0 * rare
        )));
    }
    Ok(())
}
