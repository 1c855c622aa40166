//! Cells that ignore their targets during part of the cycles only: they fail during cycling, or recover.
//!
//! ```text
//! spell     successive cycles of a cell in which its writes fail and do not follow their targets, while its other writes do
//! Λ         sum over the writes of a spell of ln(q / r) if the write failed, else ln((1 - q) / (1 - r))
//!           q = 2/3 of the writes of a stuck cell fail at least; r is the rate of single failures, of all cells or of the others of this cell
//! P         <= spells exp(-Λ)                          (Markov; with the number of possible spells, twice that of its kind)
//! or        slopes before and after a cycle that lie on both sides of the response of a stuck cell, by t tests: noisy writes rarely fail
//! ```
//!
//! Cells whose P is too small for chance have a spell (Benjamini and Hochberg, as in constant.rs). Targets at which a cell fails in all of its
//! writes do not count: its window may end before them.

use super::constant::improbable;
use super::failed::Reach;
use super::{CellState, Response, States};
use crate::table::Table;
use crate::writes::{WriteRow, WriteRows};

/// Fraction of the writes of a stuck cell that fail: those to targets near its conductance do not.
const OF_STUCK: f64 = 2.0 / 3.0;
/// Evidence that the other writes of a cell work, as the logarithm of a likelihood ratio.
const WORKS: f64 = 3.0;
/// Probability of a cell without response below which it responds.
const RESPONDS: f64 = 0.01;
/// Rounds of the rate of single failures.
const ROUNDS: usize = 3;

/// Successive cycles in which a cell ignores its targets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spell {
    /// Cell.
    pub cell: usize,
    /// First cycle.
    pub from: u32,
    /// Last cycle.
    pub to: u32,
    /// Whether it lasts to the last cycle of the cell.
    pub lasts: bool,
    /// Mean conductance during the spell, µS.
    pub conductance: f64,
}

/// Writes of one cell in one cycle.
#[derive(Clone, Debug, Default)]
struct Cycle {
    number: u32,
    response: Response,
    /// Bins of the targets, rising.
    bins: Vec<u32>,
    /// Failed writes, and all, to targets that the cell reaches.
    failed: f64,
    writes: f64,
}

/// Spells of a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Spells {
    /// Spells in the order of cells, at most one each.
    pub all: Vec<Spell>,
    /// Whether each write belongs to a spell.
    pub ignored: Vec<bool>,
}

/// Finds the spells of the cells with `states`; `of_bins` are the writes that reach their target.
pub(super) fn spells(table: &Table, writes: &WriteRows, of_bins: &[Reach], states: &[CellState]) -> Spells {
    let conducting = table.cycle.iter().zip(&table.value).filter(|(_, value)| **value > 0.0);
    let cycles: Vec<u32> = conducting.map(|(cycle, _)| *cycle).collect();
    let cells = cells(writes, &cycles, of_bins, states.len());
    let mut found: Vec<Spell> = Vec::new();
    for _ in 0..ROUNDS {
        let rate = rate(&cells, states, &found);
        let best: Vec<Option<(Spell, f64)>> =
            cells.iter().enumerate().map(|(cell, cycles)| spell(cell, cycles, rate)).collect();
        let ln_p = |cell: usize| (cell, best[cell].map_or(0.0, |best| best.1));
        let chosen = improbable((0..cells.len()).filter(|&cell| !cells[cell].is_empty()).map(ln_p).collect());
        let mut next: Vec<Spell> = chosen.into_iter().filter_map(|cell| best[cell]).map(|best| best.0).collect();
        next.sort_by_key(|spell| spell.cell);
        if next == found {
            break;
        }
        found = next;
    }
    let ignored = |(row, cycle): (&WriteRow, &u32)| {
        of(&found, row.cell as usize).is_some_and(|spell| (spell.from..=spell.to).contains(cycle))
    };
    let ignored = writes.rows.iter().zip(&cycles).map(ignored).collect();
    Spells { ignored, all: found }
}

/// Returns the cycles of each cell, in order.
fn cells(writes: &WriteRows, cycles: &[u32], of_bins: &[Reach], count: usize) -> Vec<Vec<Cycle>> {
    let mut order: Vec<usize> = (0..writes.rows.len()).collect();
    let place = |row: usize| (writes.rows[row].cell, cycles[row], writes.rows[row].bin);
    order.sort_by_key(|&row| place(row));
    let mut cells: Vec<Vec<Cycle>> = vec![Vec::new(); count];
    for of_cell in order.chunk_by(|&one, &other| writes.rows[one].cell == writes.rows[other].cell) {
        let failed = |row: &usize| {
            let write = &writes.rows[*row];
            of_bins[write.bin as usize].is_missed(write.v)
        };
        let mut reached: Vec<u32> =
            of_cell.iter().filter(|row| !failed(row)).map(|&row| writes.rows[row].bin).collect();
        reached.sort_unstable();
        let of_cycle = |rows: &[usize]| {
            let mut cycle = Cycle { number: cycles[rows[0]], ..Cycle::default() };
            for row in rows {
                let (write, failed) = (&writes.rows[*row], failed(row));
                cycle.response.push(write.conductance.ln() - write.v, write.conductance.ln(), failed);
                cycle.bins.push(write.bin);
                if reached.binary_search(&write.bin).is_ok() {
                    cycle.writes += 1.0;
                    cycle.failed += f64::from(u8::from(failed));
                }
            }
            cycle
        };
        let chunks = of_cell.chunk_by(|&one, &other| cycles[one] == cycles[other]);
        cells[writes.rows[of_cell[0]].cell as usize] = chunks.map(of_cycle).collect();
    }
    cells
}

/// Returns the rate of failures of working cells outside their `spells`.
fn rate(cells: &[Vec<Cycle>], states: &[CellState], spells: &[Spell]) -> f64 {
    let (mut failed, mut writes) = (0.0, 0.0);
    for (cell, cycles) in cells.iter().enumerate().filter(|(cell, _)| states[*cell] == CellState::Works) {
        let spell = of(spells, cell);
        let outside = |number: u32| spell.is_none_or(|spell| !(spell.from..=spell.to).contains(&number));
        for cycle in cycles.iter().filter(|cycle| outside(cycle.number)) {
            (failed, writes) = (failed + cycle.failed, writes + cycle.writes);
        }
    }
    (failed + 1.0) / (writes + 2.0)
}

/// Returns the spell of `cell` among `spells`, which are in the order of cells.
fn of(spells: &[Spell], cell: usize) -> Option<&Spell> {
    spells.binary_search_by_key(&cell, |spell| spell.cell).ok().map(|place| &spells[place])
}

/// Returns the likeliest spell of `cell`, with the logarithm of the probability that a cell without one looks like this; `rate` is that of failures.
fn spell(cell: usize, cycles: &[Cycle], rate: f64) -> Option<(Spell, f64)> {
    if cycles.len() < 2 {
        return None;
    }
    let found = [by_failures(cycles, rate), by_slopes(cycles)];
    let best = found.into_iter().flatten().min_by(|one, other| one.2.total_cmp(&other.2))?;
    let (from, to, ln_p) = best;
    let response = sum(&cycles[from..=to]);
    let spell = Spell {
        cell,
        from: cycles[from].number,
        to: cycles[to].number,
        lasts: to + 1 == cycles.len(),
        conductance: (response.y / f64::from(response.n)).exp(),
    };
    Some((spell, ln_p + f64::ln(2.0)))
}

/// Returns the places of the first and last cycle of the spell with most evidence from failures, and ln P.
fn by_failures(cycles: &[Cycle], rate: f64) -> Option<(usize, usize, f64)> {
    let evidence = |cycle: &Cycle, rate: f64| {
        cycle.failed * (OF_STUCK / rate).ln() + (cycle.writes - cycle.failed) * ((1.0 - OF_STUCK) / (1.0 - rate)).ln()
    };
    let rate = rate.min(OF_STUCK);
    let (mut best, mut start, mut sum_here) = ((0, 0, 0.0), 0, 0.0);
    for (place, cycle) in cycles.iter().enumerate() {
        if sum_here <= 0.0 {
            (start, sum_here) = (place, 0.0);
        }
        sum_here += evidence(cycle, rate);
        if sum_here > best.2 {
            best = (start, place, sum_here);
        }
    }
    let (from, to, _) = best;
    let rest = || cycles[..from].iter().chain(&cycles[to + 1..]);
    let (failed, writes) = rest().fold((0.0, 0.0), |sum, cycle| (sum.0 + cycle.failed, sum.1 + cycle.writes));
    let own = (failed / f64::max(writes, 1.0)).clamp(rate, OF_STUCK);
    let of_spell: f64 = cycles[from..=to].iter().map(|cycle| evidence(cycle, own)).sum();
    let of_rest: f64 = rest().map(|cycle| -evidence(cycle, rate)).sum();
    let ignores = sum(&cycles[from..=to]).state() == CellState::Stuck;
    // Failures tend to last: half of the probability of a false alarm is that of spells to the end, of which there are few.
    let n = cycles.len() as f64;
    let count = if to + 1 == cycles.len() { 2.0 * n } else { n * n };
    (ignores && of_rest > WORKS).then(|| (from, to, (count.ln() - of_spell).min(0.0)))
}

/// Returns the places of the first and last cycle of the spell to the end with most evidence from slopes, and ln P; none if targets differ
/// between cycles.
fn by_slopes(cycles: &[Cycle]) -> Option<(usize, usize, f64)> {
    if cycles.iter().any(|cycle| cycle.bins != cycles[0].bins) {
        return None;
    }
    let (mut after, mut before) = (Response::default(), sum(cycles));
    let mut best: Option<(usize, f64)> = None;
    for from in (1..cycles.len()).rev() {
        after.add(&cycles[from].response, 1.0);
        before.add(&cycles[from].response, -1.0);
        let Some(ln_p) = after.ln_probability() else { continue };
        if best.is_none_or(|best| ln_p < best.1) && before.ln_unresponsive().is_some_and(|ln| ln < RESPONDS.ln()) {
            best = Some((from, ln_p));
        }
    }
    let (from, ln_p) = best?;
    Some((from, cycles.len() - 1, (ln_p + (cycles.len() as f64).ln()).min(0.0)))
}

fn sum(cycles: &[Cycle]) -> Response {
    cycles.iter().fold(Response::default(), |mut sum, cycle| {
        sum.add(&cycle.response, 1.0);
        sum
    })
}

impl States {
    /// Applies `spells`: a cell is what it is at the end of the table.
    pub(super) fn apply(&mut self, spells: Spells) {
        for spell in &spells.all {
            self.state[spell.cell] = if spell.lasts { CellState::Stuck } else { CellState::Works };
            if spell.lasts {
                self.conductance[spell.cell] = spell.conductance;
            }
        }
        self.spells = spells;
    }

    /// Returns `writes` without those of faulty cells, but with those of cells before they failed, and without those of other cells in cycles in
    /// which they ignore their targets.
    pub fn working(&self, mut writes: WriteRows) -> WriteRows {
        let mut ignored = self.spells.ignored.iter();
        writes.rows.retain(|_| !ignored.next().is_some_and(|ignored| *ignored));
        let faulty = self.faulty().into_iter().enumerate();
        writes.without(&faulty.map(|(cell, faulty)| faulty && of(&self.spells.all, cell).is_none()).collect::<Vec<_>>())
    }

    /// Returns the states with the cells that ignore their targets in every cycle as the only stuck ones, and with those that do so in any cycle.
    pub(super) fn bounds(&self) -> [States; 2] {
        [CellState::Works, CellState::Stuck].map(|state| {
            let mut bound = self.clone();
            for spell in &self.spells.all {
                (bound.state[spell.cell], bound.conductance[spell.cell]) = (state, spell.conductance);
            }
            bound
        })
    }

    /// Returns what to know about the spells of `all` cells.
    pub(super) fn notes_on_cycling(&self, all: usize) -> Vec<String> {
        let mut notes = Vec::new();
        let (lasting, passing): (Vec<&Spell>, Vec<&Spell>) = self.spells.all.iter().partition(|spell| spell.lasts);
        if !lasting.is_empty() {
            let mut from: Vec<u32> = lasting.iter().map(|spell| spell.from).collect();
            from.sort_unstable();
            let (first, last) = (from[0], from[from.len() - 1]);
            let when = if first == last { format!("cycle {first}") } else { format!("cycle {first} to {last}") };
            let (count, follow, they) = counted(lasting.len());
            notes.push(format!(
                "{count} of {all} cells {follow} targets at first and then ignore them, from {when} on: {they} as stuck, as at the end of the \
                 table. A device file has no key for failures during cycling, so intervals reach down to the rates without these cells"
            ));
        }
        if !passing.is_empty() {
            let (count, follow, they) = counted(passing.len());
            notes.push(format!(
                "{count} of {all} cells {follow} targets, but not in some successive cycles before their last one: {they} as working, and \
                 intervals reach up to the rates with these cells"
            ));
        }
        notes
    }
}

/// Returns a count of cells with the words that go with it.
fn counted(count: usize) -> (usize, &'static str, &'static str) {
    if count == 1 { (1, "follows its", "it counts") } else { (count, "follow their", "they count") }
}
