//! Which conductances of stuck cells are the low resistance, the high resistance, or random.

use super::groups::{Group, groups};
use super::{CellState, States};

/// Distance in ln G within which a cell is stuck at an end of the window.
pub(super) const AT_END: f64 = 0.02;
/// Smallest number of random cells that are tested for being uniform in ln G.
const MIN_CELLS: usize = 8;
/// Critical value of the Kolmogorov distance of n values, times the root of n, at 0.1 %.
const CRITICAL: f64 = 1.95;

/// Level of a stuck cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// High conductance.
    LowResistance,
    /// Low conductance.
    HighResistance,
    /// Any other.
    Random,
}

/// Levels of stuck cells.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    /// Window of working cells, µS.
    pub window: (f64, f64),
    /// Group within the window that is the low resistance.
    low_resistance: Option<Group>,
    /// Group within the window that is the high resistance.
    high_resistance: Option<Group>,
    /// Further groups.
    others: Vec<Group>,
}

impl Levels {
    /// Finds the groups of stuck cells within `window`, µS. Of the groups nearer to an end, that with most cells is its level.
    pub fn new(states: &States, window: (f64, f64)) -> Levels {
        let mut levels = Levels { window, low_resistance: None, high_resistance: None, others: Vec::new() };
        let stuck = conductances(states);
        let inside: Vec<f64> = stuck.iter().copied().filter(|at| levels.of(*at) == Level::Random).collect();
        let mut found = groups(&inside, window);
        let size = |group: &Group| stuck.iter().filter(|at| within(*group, **at)).count();
        let from_end = |group: &Group| (group.0 / window.0).min(window.1 / group.1);
        found.sort_by(|one, other| size(other).cmp(&size(one)).then(from_end(one).total_cmp(&from_end(other))));
        for group in found {
            let is_low_resistance = group.0 * group.1 > window.0 * window.1;
            let level = if is_low_resistance { &mut levels.low_resistance } else { &mut levels.high_resistance };
            if level.is_none() {
                *level = Some(group);
            } else {
                levels.others.push(group);
            }
        }
        levels
    }

    /// Returns the level of a cell stuck at `conductance`, µS.
    pub fn of(&self, conductance: f64) -> Level {
        let in_group = |group: Option<Group>| group.is_some_and(|group| within(group, conductance));
        if conductance >= self.window.1 * (-AT_END).exp() || in_group(self.low_resistance) {
            Level::LowResistance
        } else if conductance <= self.window.0 * AT_END.exp() || in_group(self.high_resistance) {
            Level::HighResistance
        } else {
            Level::Random
        }
    }

    /// Returns what to know about stuck cells within the window.
    pub fn notes(&self, states: &States) -> Vec<String> {
        let stuck = conductances(states);
        let cells = |group: Group| {
            let count = stuck.iter().filter(|at| within(group, **at)).count();
            let (low, high) = (format!("{:.4}", group.0), format!("{:.4}", group.1));
            let range = if low == high { low } else { format!("{low} to {high}") };
            format!("{count} cells are stuck within the window, at {range} µS")
        };
        let mut notes = Vec::new();
        for (group, level) in [(self.low_resistance, "low"), (self.high_resistance, "high")] {
            notes.extend(group.map(|group| format!("{}: they count as stuck at the {level} resistance", cells(group))));
        }
        for &group in &self.others {
            notes
                .push(format!("{}: a device file has no key for a third level, so they count as random", cells(group)));
        }
        let random: Vec<f64> = stuck.into_iter().filter(|at| self.of(*at) == Level::Random).collect();
        if self.others.is_empty() {
            notes.extend(uneven(random, self.window));
        }
        notes
    }
}

/// Returns a note if `conductances` of random cells, µS, are not uniform in ln G over `window`.
fn uneven(mut conductances: Vec<f64>, (low, high): (f64, f64)) -> Option<String> {
    conductances.sort_by(f64::total_cmp);
    let n = conductances.len();
    let of_law = |conductance: f64| (conductance / low).ln() / (high / low).ln();
    let distance = |(rank, at): (usize, &f64)| {
        let (law, below) = (of_law(*at), rank as f64 / n as f64);
        (law - below).abs().max((law - below - 1.0 / n as f64).abs())
    };
    let largest = conductances.iter().enumerate().map(distance).fold(0.0, f64::max);
    if n < MIN_CELLS || largest < CRITICAL / (n as f64).sqrt() {
        return None;
    }
    Some(format!(
        "the {n} cells stuck at random conductances are not uniform in ln G over the window, as those of a device file are: half of them \
         are between {:.4} and {:.4} µS",
        conductances[n / 4],
        conductances[(3 * n / 4).min(n - 1)]
    ))
}

fn within((low, high): Group, conductance: f64) -> bool {
    low <= conductance && conductance <= high
}

/// Returns the conductances of stuck cells, µS.
fn conductances(states: &States) -> Vec<f64> {
    let all = states.state.iter().zip(&states.conductance);
    all.filter(|(state, _)| **state == CellState::Stuck).map(|(_, conductance)| *conductance).collect()
}
