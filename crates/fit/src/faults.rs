//! Stuck cells and dead lines.
//!
//! ```text
//! stuck       every write of the cell ends further than 6 robust standard deviations and 5 % from its target, and the
//!             conductance does not follow its targets; at least 2 writes; or it stays at one conductance (constant.rs);
//!             or its own writes show that ln G does not follow ln T: slope < 0.2 by a one-sided t test (Benjamini and Hochberg, as in constant.rs),
//!             unless those that reach their targets follow them
//! open        0 µS in all rows
//! low, high   at or beyond an end of the window, or in a group of stuck cells at equal conductances near it
//! random      all other stuck cells
//! rates       events / cells with Clopper-Pearson intervals
//! target      failed writes of cells that work depend on the target (../by_target.rs): counted, in no rate
//! cycling     cells that are stuck from some cycle on, or in some cycles only (cycling.rs): state at the end, intervals from the fewest to the most
//! dead line   more faulty cells than p_faulty explains (binomial test over lines, Holm, 5 %), half of the line
//! ```

mod constant;
mod cycling;
mod failed;
mod groups;
mod levels;
mod lines;
mod response;

use ohmspike_crossbar::device::FaultsSpec;
use ohmspike_stats::binomial::{lower_bound, upper_bound};

use crate::by_target::{Count, counts as counts_by_target};
use crate::options::Mechanism;
use crate::outcome::{Fitted, Outcome};
use crate::report::{FittedNumber, MechanismFit};
use crate::sample::{median, median_interval};
use crate::table::Table;
use crate::writes::{Ends, WriteRow, WriteRows};
use constant::{constant, improbable};
use cycling::{Spells, spells};
use failed::{Limits, Reach, reaches};
use levels::{AT_END, Level, Levels};
use lines::{Lines, lines};
use response::Response;

/// Rounds without the stuck cells found before, and fewest writes of other cells that tell the spread of a target.
const ROUNDS: usize = 4;
const MIN_OTHERS: usize = 10;
/// Smallest number of writes that show that a cell is stuck.
pub(crate) const MIN_WRITES: u32 = 2;
/// Largest response d ln G / d ln T of a stuck cell.
const RESPONSE: f64 = 0.2;
/// Ratio of the conductances of cells stuck at one resistance from which a note tells it.
const APART: f64 = 1.5;
/// Largest number of lines that a note names.
const MAX_NAMED: usize = 10;
/// Fraction of cells with nearly equal values that is worth a note.
const MAX_HIDDEN: f64 = 0.01;

/// State of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CellState {
    /// Follows its targets.
    Works,
    /// Ignores writes.
    Stuck,
    /// Carries no current.
    Open,
    /// Written fewer than twice, or without a value at the common time of the writes.
    Unknown,
}

/// States of all cells, and the conductances of stuck ones.
#[derive(Clone, Debug)]
pub(crate) struct States {
    /// State of each cell.
    pub state: Vec<CellState>,
    /// Mean conductance of each cell, µS.
    pub conductance: Vec<f64>,
    /// Number of working cells with nearly equal values, and their largest scatter in ln G.
    hidden: (usize, f64),
    /// Numbers of working cells that fail in all of their writes to a target, µS.
    failing: Vec<(f64, usize)>,
    /// Counts of failed writes of cells that are not faulty, by target.
    by_target: Vec<Count>,
    /// What tells failed writes.
    limits: Limits,
    /// Cycles in which cells that otherwise work ignore their targets.
    spells: Spells,
}

impl States {
    /// Classifies the cells of `table` from their `writes`.
    pub fn new(table: &Table, writes: &WriteRows) -> States {
        let cells = table.cells.count();
        let mut of_bins = reaches(writes);
        let mut sums = responses(writes, &of_bins, cells);
        for _ in 0..ROUNDS {
            let state = states(&sums);
            let stuck: Vec<bool> = state.iter().map(|state| *state == CellState::Stuck).collect();
            if !stuck.contains(&true) {
                break;
            }
            // Many stuck cells widen the robust spreads of their targets, in which others hide.
            let others = writes.clone().without(&stuck);
            let enough = |bin: usize| others.bins.counts[bin] >= MIN_OTHERS;
            let of_others = reaches(&others).into_iter().zip(reaches(writes)).enumerate();
            of_bins = of_others.map(|(bin, (others, all))| if enough(bin) { others } else { all }).collect();
            sums = responses(writes, &of_bins, cells);
            if states(&sums) == state {
                break;
            }
        }
        let mut state = states(&sums);
        let constant = constant(writes, &state);
        for ((state, _), sum) in state.iter_mut().zip(&constant.cells).zip(&sums).filter(|of| *of.0.1) {
            // A failure at one target also makes values more equal than targets.
            *state = if sum.follows_reached() { *state } else { CellState::Stuck };
        }
        // A cell without rows tells nothing: it may be read at other times only.
        let mut conducts: Vec<Option<bool>> = vec![None; cells];
        for (&cell, &value) in table.cell.iter().zip(&table.value) {
            *conducts[cell as usize].get_or_insert(false) |= value > 0.0;
        }
        for (state, _) in state.iter_mut().zip(&conducts).filter(|(_, conducts)| **conducts == Some(false)) {
            *state = CellState::Open;
        }
        let conductance = sums.iter().map(|sum| (sum.y / f64::from(sum.n.max(1))).exp()).collect();
        let spells = spells(table, writes, &of_bins, &state);
        let mut states = States {
            state,
            conductance,
            hidden: constant.hidden,
            failing: Vec::new(),
            by_target: Vec::new(),
            limits: Limits::default(),
            spells: Spells::default(),
        };
        states.apply(spells);
        states.failing = failing(writes, &of_bins, &states.state);
        let working = states.working(writes.clone());
        states.limits = Limits::new(&working, of_bins);
        states.by_target = counts_by_target(&working, |row| states.limits.fails(row));
        states
    }

    /// Returns the number of cells that do not work.
    pub fn faulty_count(&self) -> usize {
        self.faulty().iter().filter(|faulty| **faulty).count()
    }

    /// Returns which cells do not work.
    pub fn faulty(&self) -> Vec<bool> {
        self.state.iter().map(|state| matches!(state, CellState::Stuck | CellState::Open)).collect()
    }
}

/// Returns the states of cells with these responses.
fn states(sums: &[Response]) -> Vec<CellState> {
    let mut states: Vec<CellState> = sums.iter().map(Response::state).collect();
    let of_cells: Vec<(usize, f64)> =
        sums.iter().enumerate().filter_map(|(cell, sum)| Some((cell, ln_probability(sum)?))).collect();
    improbable(of_cells).into_iter().for_each(|cell| states[cell] = CellState::Stuck);
    states
}

/// Returns the logarithm of the probability that a working cell follows its targets as little as this; 0 if it follows those that it reaches.
fn ln_probability(sum: &Response) -> Option<f64> {
    sum.ln_probability().map(|ln| if sum.follows_reached() { 0.0 } else { ln })
}

/// Returns the responses of `cells` cells to `writes`; those that miss their target have failed.
fn responses(writes: &WriteRows, of_bins: &[Reach], cells: usize) -> Vec<Response> {
    let mut sums = vec![Response::default(); cells];
    for row in &writes.rows {
        sums[row.cell as usize].push(
            row.conductance.ln() - row.v,
            row.conductance.ln(),
            of_bins[row.bin as usize].is_missed(row.v),
        );
    }
    sums
}

/// Returns the centres of bins in which working cells fail in each of at least two writes, with the number of these cells.
fn failing(writes: &WriteRows, of_bins: &[Reach], states: &[CellState]) -> Vec<(f64, usize)> {
    let works = |row: &&WriteRow| states[row.cell as usize] == CellState::Works;
    let of = |row: &WriteRow| (row.bin, row.cell, of_bins[row.bin as usize].is_missed(row.v));
    let mut rows: Vec<(u32, u32, bool)> = writes.rows.iter().filter(works).map(of).collect();
    rows.sort_unstable();
    let mut counts = vec![0; of_bins.len()];
    for of_cell in rows.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
        let fails = of_cell.len() >= MIN_WRITES as usize && of_cell.iter().all(|row| row.2);
        counts[of_cell[0].0 as usize] += usize::from(fails);
    }
    writes.bins.centres.iter().copied().zip(counts).filter(|(_, count)| *count > 0).collect()
}

/// Counts of faults.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    low_resistance: usize,
    high_resistance: usize,
    random: usize,
    open: usize,
    cells: usize,
}

/// Fits the rates of faults; `window` is that of working cells, µS.
pub(crate) fn fit_faults(table: &Table, states: &States, window: (f64, f64), ends: Ends) -> Outcome<FaultsSpec> {
    let known = |cell: usize| states.state[cell] != CellState::Unknown;
    let all = (0..states.state.len()).filter(|&cell| known(cell)).count();
    if 2 * all < states.state.len() {
        return Err(format!("expected at least {MIN_WRITES} writes per cell, got fewer for most cells"));
    }
    let levels = Levels::new(states, window);
    let lines = lines(table, states, &levels);
    let (counts, stuck) = counts(states, &lines, &levels);
    let bounds = states.bounds().map(|states| self::counts(&states, &lines, &levels).0);
    let mut section = FaultsSpec::default();
    let mut numbers = rates(&counts, &bounds, &lines, &mut section);
    numbers.extend(stuck_values(&stuck, window, &mut section));
    let beyond = [
        stuck[0].iter().any(|at| *at >= window.1 * (-AT_END).exp()) && ends.high.is_none(),
        stuck[1].iter().any(|at| *at <= window.0 * AT_END.exp()) && ends.low.is_none(),
    ];
    let mut notes = notes(&counts, &lines, beyond.contains(&true), unknown(table, states));
    notes.extend(["low", "high"].iter().zip(&stuck).filter_map(|(level, at)| apart(level, at)));
    notes.extend(states.notes_on_cycling(all));
    notes.extend(levels.notes(states));
    notes.extend(states.failing.iter().map(fails_at));
    notes.extend(states.note_on_targets());
    notes.extend(hidden(states.hidden, all));
    let fit = MechanismFit {
        mechanism: Mechanism::Faults,
        law: "",
        method: "cells that ignore at least 2 writes; Clopper-Pearson intervals; dead lines by a binomial test with \
                 Holm's adjustment"
            .to_owned(),
        numbers,
        candidates: Vec::new(),
        quality: None,
        plot: None,
        notes,
    };
    Ok(Fitted { fit, section, withheld: None })
}

/// States the rates of faults in `section` and returns them; `bounds` are the fewest and the most faults.
fn rates(counts: &Counts, bounds: &[Counts; 2], lines: &Lines, section: &mut FaultsSpec) -> Vec<FittedNumber> {
    let mut numbers = Vec::new();
    let mut add = |key: &str, events: [usize; 3], n: usize| {
        numbers.push(rate(key, events, n));
        (events[1] > 0).then_some(events[1] as f64 / n as f64)
    };
    let between = |of: &dyn Fn(&Counts) -> usize| {
        let [least, events, most] = [&bounds[0], counts, &bounds[1]].map(of);
        [least.min(events), events, most.max(events)]
    };
    let n = counts.cells;
    if n > 0 {
        section.p_low_resistance = add("faults.p_low_resistance", between(&|counts| counts.low_resistance), n);
        section.p_high_resistance =
            add("faults.p_high_resistance", between(&|counts| counts.high_resistance + counts.open), n);
        section.p_stuck_random = add("faults.p_stuck_random", between(&|counts| counts.random), n);
    }
    if let Some([rows, columns]) = lines.counts {
        section.p_dead_row = add("faults.p_dead_row", [lines.dead_rows.len(); 3], rows);
        section.p_dead_column = add("faults.p_dead_column", [lines.dead_columns.len(); 3], columns);
        section.p_cluster = add("faults.p_cluster", [lines.clusters.len(); 3], columns);
        let (stuck, cells) = lines.clustered;
        if cells > 0 {
            section.cluster_fraction_of_cells = add("faults.cluster_fraction_of_cells", [stuck; 3], cells);
        }
    }
    numbers
}

/// Counts the faults of cells that are not on dead lines, and returns the conductances of cells stuck at low resistance
/// and at high resistance.
fn counts(states: &States, lines: &Lines, levels: &Levels) -> (Counts, [Vec<f64>; 2]) {
    let (low, high) = levels.window;
    let mut counts = Counts::default();
    let (mut at_high, mut at_low, mut inside) = (Vec::new(), Vec::new(), 0);
    for (cell, &state) in states.state.iter().enumerate() {
        if state == CellState::Unknown || lines.excluded.get(cell).is_some_and(|excluded| *excluded) {
            continue;
        }
        counts.cells += 1;
        let conductance = states.conductance[cell];
        match state {
            CellState::Open => counts.open += 1,
            CellState::Stuck => match levels.of(conductance) {
                Level::LowResistance => at_high.push(conductance),
                Level::HighResistance => at_low.push(conductance),
                Level::Random => inside += 1,
            },
            CellState::Works | CellState::Unknown => {}
        }
    }
    // Cells stuck at random conductances, uniform in ln G, also lie at the ends.
    let width = ((high / low).ln() - 2.0 * AT_END).max(AT_END);
    let expected = f64::from(inside) * AT_END / width;
    let random = |at: &mut Vec<f64>, end: f64| {
        let inside = at.iter().filter(|value| (**value / end).ln().abs() <= AT_END).count();
        let many = inside == at.len() && inside as f64 <= expected + 3.0 * expected.sqrt() && expected > 0.0;
        if many { std::mem::take(at).len() } else { 0 }
    };
    counts.random = inside as usize + random(&mut at_high, high) + random(&mut at_low, low);
    (counts.low_resistance, counts.high_resistance) = (at_high.len(), at_low.len());
    (counts, [at_high, at_low])
}

/// States the conductance of stuck cells where it is not that of the window.
fn stuck_values([high, low]: &[Vec<f64>; 2], window: (f64, f64), section: &mut FaultsSpec) -> Vec<FittedNumber> {
    let other = |key: &str, values: &[f64], end: f64| {
        let mut resistances: Vec<f64> = values.iter().map(|value| 1e6 / value).collect();
        let median = median(&mut resistances);
        (!values.is_empty() && (median * end / 1e6).ln().abs() > AT_END)
            .then(|| median_number(key, median, resistances))
    };
    let numbers = [
        other("faults.stuck_low_resistance_ohm", high, window.1),
        other("faults.stuck_high_resistance_ohm", low, window.0),
    ];
    let value = |number: &Option<FittedNumber>| number.as_ref().map(|number| number.value);
    (section.stuck_low_resistance_ohm, section.stuck_high_resistance_ohm) = (value(&numbers[0]), value(&numbers[1]));
    numbers.into_iter().flatten().collect()
}

/// Returns a note if cells stuck at the low or high resistance, `level`, are far apart: conductances `at`, µS.
fn apart(level: &str, at: &[f64]) -> Option<String> {
    let (low, high) = at.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), &at| (low.min(at), high.max(at)));
    (high > APART * low).then(|| {
        format!(
            "{} cells stuck at the {level} resistance are at {low:.4} to {high:.4} µS: a device file has one resistance for them, here their median",
            at.len()
        )
    })
}

/// Returns a median with its intervals, where the sample has enough values.
fn median_number(key: &str, median: f64, mut values: Vec<f64>) -> FittedNumber {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    let [interval_95, interval_99] = [0.95, 0.99].map(|level| median_interval(&values, n, level));
    FittedNumber {
        key: key.to_owned(),
        unstated: None,
        value: median,
        unit: "ohm",
        interval_95,
        interval_99,
        n,
        cells: n,
    }
}

/// Returns the rate of `events` with Clopper-Pearson intervals, from the fewest events to the most.
fn rate(key: &str, [least, events, most]: [usize; 3], n: usize) -> FittedNumber {
    let interval = |level: f64| {
        let alpha = (1.0 - level) / 2.0;
        Some((lower_bound(least as u64, n as u64, alpha), upper_bound(most as u64, n as u64, alpha)))
    };
    FittedNumber {
        key: key.to_owned(),
        unstated: None,
        value: events as f64 / n as f64,
        unit: "",
        interval_95: interval(0.95),
        interval_99: interval(0.99),
        n,
        cells: n,
    }
}

/// Returns a note on working cells with values that are as equal as those of stuck cells.
fn hidden((cells, scatter): (usize, f64), all: usize) -> Option<String> {
    let fraction = cells as f64 / all.max(1) as f64;
    (fraction > MAX_HIDDEN).then(|| {
        format!(
            "{cells} of {all} cells ({:.1} %) count as working although their values are equal to {:.1} %: few values within the noise of \
             writes are so by chance as well, and stuck cells among them cannot be seen",
            100.0 * fraction,
            100.0 * scatter
        )
    })
}

/// Returns a note on working cells that fail in all of their writes to a target, µS.
fn fails_at((target, count): &(f64, usize)) -> String {
    let (cells, works, fail, their) =
        if *count == 1 { ("cell", "works", "fails", "its") } else { ("cells", "work", "fail", "their") };
    format!(
        "{count} {cells} {works}, but {fail} in all of {their} writes to {target:.4} µS: {their} window may end before it"
    )
}

/// Returns the numbers of cells with too few writes, and of cells without any value of writes.
fn unknown(table: &Table, states: &States) -> (usize, usize) {
    let mut has_rows = vec![false; states.state.len()];
    table.cell.iter().for_each(|&cell| has_rows[cell as usize] = true);
    let unknown = states.state.iter().zip(&has_rows).filter(|(state, _)| **state == CellState::Unknown);
    unknown.fold((0, 0), |(few, none), (_, has_rows)| if *has_rows { (few + 1, none) } else { (few, none + 1) })
}

fn notes(counts: &Counts, lines: &Lines, beyond: bool, (few, none): (usize, usize)) -> Vec<String> {
    let mut notes = Vec::new();
    if counts.open > 0 {
        let (cells, count) = if counts.open == 1 { ("cell", "counts") } else { ("cells", "count") };
        notes.push(format!(
            "{} open {cells} outside dead lines {count} as stuck at the high resistance: a device file has no key for open cells",
            counts.open
        ));
    }
    for (name, numbers) in ["row", "column"].iter().zip(&lines.others).filter(|(_, numbers)| !numbers.is_empty()) {
        let (plural, have, count) = if numbers.len() == 1 { ("", "has", "counts") } else { ("s", "have", "count") };
        let more = numbers.len().saturating_sub(MAX_NAMED);
        let mut named: Vec<String> = numbers.iter().take(MAX_NAMED).map(u32::to_string).collect();
        named.extend((more > 0).then(|| format!("and {more} more")));
        notes.push(format!(
            "{name}{plural} {} {have} more faulty cells than single faults explain, and {count} as single faults: a device file has keys for lines \
             without current and for columns with cells stuck at low resistance",
            named.join(", ")
        ));
    }
    if lines.counts.is_none() {
        notes.push("without the columns `row` and `column`, dead lines cannot be told from single faults".to_owned());
    }
    if few > 0 {
        notes.push(format!("{few} cells were written once and do not count"));
    }
    if none > 0 {
        let (cells, were, do_not) = if none == 1 { ("cell", "was", "does not") } else { ("cells", "were", "do not") };
        notes.push(format!(
            "{none} {cells} {were} not read around the time at which values count as writes, and {do_not} count"
        ));
    }
    if beyond {
        notes.push("cells stuck at or beyond an end of the fitted window count as stuck at that end".to_owned());
    }
    notes
}
