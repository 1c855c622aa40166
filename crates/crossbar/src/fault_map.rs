//! Stuck cells of an array and their conductances, drawn from probabilities or measured on a chip.
//!
//! Every pair has two cells, one on the plus and one on the minus column line, and one row line. `device/faults.rs` defines
//! the probabilities and their precedence. Every mechanism draws from its own random stream, and the position of a cell or
//! line selects its draw. Enabling a mechanism therefore never changes the draws of the others.
//!
//! ```
//! use ohmspike_crossbar::{ConductanceWindow, FaultMap};
//!
//! let window = ConductanceWindow::from_resistances(1e3, 1e6)?;
//! let map = FaultMap::from_csv("unit microsiemens\nok, low-resistance\nopen, 42.5", 2, 2, None, &window)?;
//! let stuck: Vec<_> = map.written().iter().map(|stuck| (stuck.row, stuck.column, stuck.conductance)).collect();
//! assert_eq!(stuck, [(0, 1, 1000.0), (1, 0, 0.0), (1, 1, 42.5)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use ohmspike_rng::Seed;
use rand::RngExt;

use crate::device::Faults;
use crate::map_csv::{Entry, FAULT_WORDS, Sheet};
use crate::map_error::MapError;
use crate::window::ConductanceWindow;

/// Words of a fault map, for messages.
const ALLOWED: &str = "`ok`, `low-resistance`, `high-resistance`, `open` or";

/// Cell that ignores all writes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stuck {
    /// Row of its pair.
    pub row: usize,
    /// Column of its pair.
    pub column: usize,
    /// Its conductance, µS; 0 for an open cell or line.
    pub conductance: f32,
}

/// The stuck cells of one array.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultMap {
    plus: Vec<Stuck>,
    minus: Vec<Stuck>,
    written: Vec<Stuck>,
    dead_rows: Vec<usize>,
}

impl FaultMap {
    /// Reads a map of the written branch from `text`.
    ///
    /// One line per row; commas or white space separate cells; empty lines and lines that start with `#` are ignored. A cell
    /// is `ok`, `low-resistance` or `high-resistance` (stuck at that end of `window`), `open` (no current), or the
    /// conductance at which it is stuck, in the unit of a first line such as `unit siemens`. Units and negative numbers
    /// follow [`ConductanceMap`](crate::ConductanceMap). The map has the shape of the array, `rows` x `columns`, or of one
    /// `tile`, which is repeated over the array.
    ///
    /// # Errors
    /// Returns [`MapError`] if a cell, the unit or the shape is wrong, or if every cell would be stuck.
    pub fn from_csv(
        text: &str,
        rows: usize,
        columns: usize,
        tile: Option<(usize, usize)>,
        window: &ConductanceWindow,
    ) -> Result<FaultMap, MapError> {
        let sheet = Sheet::read(text)?;
        sheet.refuse_mask(false)?;
        let numbers = sheet.cells.iter().filter(|entry| entry.text.parse::<f64>().is_ok()).count();
        let cells = sheet.cells.len();
        if cells > 1 && 2 * numbers >= cells && sheet.cells.iter().all(|entry| entry.text != FAULT_WORDS[0]) {
            return Err(MapError::AllStuck { cells, numbers });
        }
        sheet.refuse_others(ALLOWED, |word| FAULT_WORDS.contains(&word))?;
        sheet.check_shape((rows, columns), tile)?;
        let read = |entry| match sheet_word(entry, window) {
            Some(stuck) => Ok(stuck),
            None => sheet.number(entry, ALLOWED, window).map(Some),
        };
        let map = sheet.cells.iter().map(read).collect::<Result<Vec<Option<f32>>, _>>()?;
        let stuck = |(row, column)| map[sheet.place(row, column)].map(|conductance| Stuck { row, column, conductance });
        Ok(FaultMap { written: places(rows, columns).filter_map(stuck).collect(), ..FaultMap::default() })
    }

    /// Returns the stuck plus cells, sorted by row and column.
    pub fn plus(&self) -> &[Stuck] {
        &self.plus
    }

    /// Returns the stuck minus cells, sorted by row and column.
    pub fn minus(&self) -> &[Stuck] {
        &self.minus
    }

    /// Returns the stuck cells of the written branch of a measured chip, sorted by row and column.
    ///
    /// [`FaultMap::plus`] and [`FaultMap::minus`] do not repeat them: the sign of the row decides between the two.
    pub fn written(&self) -> &[Stuck] {
        &self.written
    }

    /// Returns the dead row lines. Their cells are also listed as stuck at 0 µS.
    pub fn dead_rows(&self) -> &[usize] {
        &self.dead_rows
    }

    /// Returns row and column of the first stuck cell outside an array of `rows` x `columns`.
    pub(crate) fn first_outside(&self, rows: usize, columns: usize) -> Option<(usize, usize)> {
        let stuck =
            [&self.plus, &self.minus, &self.written].into_iter().flatten().map(|stuck| (stuck.row, stuck.column));
        let lines = self.dead_rows.iter().map(|row| (*row, 0));
        stuck.chain(lines).find(|(row, column)| *row >= rows || *column >= columns)
    }

    /// Returns the faults of the rows that are `kept`.
    pub(crate) fn in_rows(self, kept: impl Fn(usize) -> bool) -> FaultMap {
        let only = |mut list: Vec<Stuck>| {
            list.retain(|stuck| kept(stuck.row));
            list
        };
        FaultMap {
            plus: only(self.plus),
            minus: only(self.minus),
            written: only(self.written),
            dead_rows: self.dead_rows.into_iter().filter(|row| kept(*row)).collect(),
        }
    }

    /// Returns true if no cell is stuck.
    pub fn is_empty(&self) -> bool {
        self.plus.is_empty() && self.minus.is_empty() && self.written.is_empty()
    }
}

/// Returns the meaning of a word: stuck at a conductance in µS, or not stuck; `None` if it is not a word of a fault map.
fn sheet_word(entry: &Entry, window: &ConductanceWindow) -> Option<Option<f32>> {
    let [works, low_resistance, high_resistance, open] = FAULT_WORDS;
    match entry.text {
        word if word == works => Some(None),
        word if word == low_resistance => Some(Some(window.high())),
        word if word == high_resistance => Some(Some(window.low())),
        word if word == open => Some(Some(0.0)),
        _ => None,
    }
}

impl Faults {
    /// Draws the faults of one array of `rows` x `columns` pairs of cells in `window`.
    pub fn draw(&self, window: &ConductanceWindow, rows: usize, columns: usize, seed: Seed) -> FaultMap {
        if self.is_none() {
            return FaultMap::default();
        }
        let dead_row = events(seed.named("dead-rows"), rows, self.dead_row);
        let branch =
            |name: &str| self.branch(window, columns, &dead_row, |mechanism| seed.named(mechanism).named(name));
        FaultMap {
            plus: branch("plus"),
            minus: branch("minus"),
            written: Vec::new(),
            dead_rows: (0..rows).filter(|row| dead_row[*row]).collect(),
        }
    }

    /// Draws the stuck cells of one branch; `seed(mechanism)` seeds each mechanism.
    fn branch(
        &self,
        window: &ConductanceWindow,
        columns: usize,
        dead_row: &[bool],
        seed: impl Fn(&str) -> Seed,
    ) -> Vec<Stuck> {
        let rows = dead_row.len();
        let dead_column = events(seed("dead-columns"), columns, self.dead_column);
        let clustered = events(seed("clusters"), columns, self.cluster);
        let in_cluster = events(seed("cluster-cells"), rows * columns, self.cluster_fraction);
        let (mut uniforms, mut places_in_window) = (seed("cells").stream(), seed("anywhere").stream());
        let mut stuck = Vec::new();
        for (row, column) in places(rows, columns) {
            let (uniform, place): (f64, f64) = (uniforms.random(), places_in_window.random());
            let conductance = if dead_row[row] || dead_column[column] {
                Some(0.0)
            } else if clustered[column] && in_cluster[row * columns + column] {
                Some(self.low_resistance_conductance(window))
            } else {
                self.cell(window, uniform, place)
            };
            stuck.extend(conductance.map(|conductance| Stuck { row, column, conductance }));
        }
        stuck
    }

    /// Returns the conductance at which a single cell is stuck, µS, from two numbers uniform in 0 .. 1.
    fn cell(&self, window: &ConductanceWindow, uniform: f64, place: f64) -> Option<f32> {
        let (low, high) = (self.low_resistance, self.low_resistance + self.high_resistance);
        if uniform < low {
            Some(self.low_resistance_conductance(window))
        } else if uniform < high {
            Some(self.high_resistance_conductance(window))
        } else if uniform < high + self.stuck_random {
            Some(self.stuck_random_conductance(window, place))
        } else {
            None
        }
    }
}

/// Draws `count` independent events of the same `probability`.
fn events(seed: Seed, count: usize, probability: f64) -> Vec<bool> {
    let mut stream = seed.stream();
    (0..count).map(|_| stream.random::<f64>() < probability).collect()
}

/// Iterates over all cells, row by row.
fn places(rows: usize, columns: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..rows).flat_map(move |row| (0..columns).map(move |column| (row, column)))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const ROWS: usize = 300;
    const COLUMNS: usize = 1000;

    fn window() -> ConductanceWindow {
        ConductanceWindow::from_resistances(1e3, 1e6).unwrap()
    }

    fn draw(faults: Faults) -> FaultMap {
        faults.draw(&window(), ROWS, COLUMNS, Seed::new(1).named("faults"))
    }

    /// Asserts a count of `trials` events of `probability` within five standard errors.
    fn assert_rate(what: &str, count: usize, trials: usize, probability: f64) {
        let expected = trials as f64 * probability;
        let error = (expected * (1.0 - probability)).sqrt();
        assert!((count as f64 - expected).abs() < 5.0 * error, "{what}: {count}, expected {expected} +- {error}");
    }

    fn count(stuck: &[Stuck], of: impl Fn(f32) -> bool) -> usize {
        stuck.iter().filter(|stuck| of(stuck.conductance)).count()
    }

    #[test]
    fn cells_are_stuck_at_the_rates_of_the_file() {
        let map = draw(Faults { low_resistance: 0.03, high_resistance: 0.02, stuck_random: 0.05, ..Faults::default() });
        for stuck in [map.plus(), map.minus()] {
            let cells = ROWS * COLUMNS;
            assert_rate("low resistance", count(stuck, |conductance| conductance == 1000.0), cells, 0.03);
            assert_rate("high resistance", count(stuck, |conductance| conductance == 1.0), cells, 0.02);
            let between = |conductance| conductance > 1.0 && conductance < 1000.0;
            assert_rate("anywhere", count(stuck, between), cells, 0.05);
            // Uniform in ln G: one third in each of the three decades.
            assert_rate("a decade", count(stuck, |g| (10.0..100.0).contains(&g)), count(stuck, between), 1.0 / 3.0);
        }
        // Independent branches share a fault of the same place with the square of the probability.
        let plus: HashSet<_> = map.plus().iter().map(|stuck| (stuck.row, stuck.column)).collect();
        let both = map.minus().iter().filter(|stuck| plus.contains(&(stuck.row, stuck.column))).count();
        assert_rate("both branches", both, ROWS * COLUMNS, 0.01);
    }

    #[test]
    fn lists_are_sorted_by_row_and_column_without_duplicates() {
        let map = draw(Faults {
            low_resistance: 0.1,
            dead_row: 0.1,
            dead_column: 0.1,
            cluster: 0.1,
            cluster_fraction: 0.5,
            ..Faults::default()
        });
        for stuck in [map.plus(), map.minus()] {
            assert!(stuck.windows(2).all(|two| (two[0].row, two[0].column) < (two[1].row, two[1].column)));
        }
    }

    #[test]
    fn dead_lines_include_all_their_cells_and_take_precedence() {
        let map = draw(Faults { dead_row: 0.1, dead_column: 0.05, low_resistance: 0.3, ..Faults::default() });
        assert_rate("rows", map.dead_rows().len(), ROWS, 0.1);
        for stuck in [map.plus(), map.minus()] {
            let open: HashSet<_> = stuck.iter().filter(|s| s.conductance == 0.0).map(|s| (s.row, s.column)).collect();
            let columns = (0..COLUMNS).filter(|column| (0..ROWS).all(|row| open.contains(&(row, *column)))).count();
            assert_rate("columns", columns, COLUMNS, 0.05);
            assert!(map.dead_rows().iter().all(|row| (0..COLUMNS).all(|column| open.contains(&(*row, column)))));
            // No other cell is open.
            let rows = map.dead_rows().len();
            assert_eq!(open.len(), rows * COLUMNS + columns * (ROWS - rows));
        }
    }

    #[test]
    fn a_cluster_affects_its_fraction_of_a_column_and_precedes_single_cells() {
        let map = draw(Faults { cluster: 0.04, cluster_fraction: 0.6, high_resistance: 1.0, ..Faults::default() });
        let mut low = vec![0; COLUMNS];
        for stuck in map.plus() {
            low[stuck.column] += usize::from(stuck.conductance == 1000.0);
        }
        let clustered: Vec<_> = low.into_iter().filter(|cells| *cells > 0).collect();
        assert_rate("clusters", clustered.len(), COLUMNS, 0.04);
        assert_rate("share", clustered.iter().sum(), clustered.len() * ROWS, 0.6);
        assert_eq!(map.plus().len(), ROWS * COLUMNS);
    }

    #[test]
    fn enabling_a_mechanism_does_not_change_the_others() {
        let single = draw(Faults { low_resistance: 0.1, ..Faults::default() });
        let more = draw(Faults { low_resistance: 0.1, dead_row: 0.2, dead_column: 0.2, ..Faults::default() });
        let open: HashSet<_> = more.plus().iter().filter(|s| s.conductance == 0.0).map(|s| (s.row, s.column)).collect();
        let live: Vec<_> = more.plus().iter().filter(|stuck| stuck.conductance > 0.0).collect();
        let expected: Vec<_> = single.plus().iter().filter(|s| !open.contains(&(s.row, s.column))).collect();
        assert!(!live.is_empty() && !open.is_empty());
        assert_eq!(live, expected);
    }

    #[test]
    fn no_faults_give_an_empty_map_and_stuck_cells_may_be_outside_the_window() {
        assert!(draw(Faults::default()).is_empty());
        let map = draw(Faults { low_resistance: 0.01, stuck_high_conductance: Some(1430.0), ..Faults::default() });
        assert!(!map.is_empty() && map.plus().iter().all(|stuck| stuck.conductance == 1430.0));
    }

    #[test]
    fn the_map_of_a_tile_is_repeated_over_the_array() {
        let text = "# chip 3, read at 0.2 V\nok low-resistance\n\nok ok\n";
        let map = FaultMap::from_csv(text, 3, 5, Some((2, 2)), &window()).unwrap();
        let places: Vec<_> = map.written().iter().map(|stuck| (stuck.row, stuck.column)).collect();
        assert_eq!(places, [(0, 1), (0, 3), (2, 1), (2, 3)]);
        assert!(map.plus().is_empty() && map.minus().is_empty() && map.dead_rows().is_empty());
    }

    #[test]
    fn rejects_maps_that_do_not_fit_the_array() {
        let refusal = |text: &str, tile| FaultMap::from_csv(text, 2, 2, tile, &window()).unwrap_err().to_string();
        assert_eq!(
            refusal("ok,ok\nok,sa0", None),
            "2:2: expected `ok`, `low-resistance`, `high-resistance`, `open` or a conductance from 0 to 1000000 µS, got `sa0`"
        );
        let sentinel = refusal("unit microsiemens\nok,ok\nok,-1", None);
        assert!(sentinel.starts_with("3:2: expected `ok`, "), "{sentinel}");
        assert!(
            sentinel.ends_with(
                ", got `-1` (unit microsiemens)\n\nhint: write `ok` for a cell that works or was not measured"
            ),
            "{sentinel}"
        );
        assert_eq!(refusal("ok ok ok", Some((1, 2))), "expected 2 x 2 or a tile of 1 x 2, got 1 x 3 (rows x columns)");
    }

    /// Window of 5 to 200 µS, and common ways to write that two of six cells are stuck at 200 µS.
    #[test]
    fn rejects_other_notations_of_a_fault_map_with_a_hint() {
        let window = ConductanceWindow::from_resistances(5e3, 2e5).unwrap();
        let read = |text: &str| FaultMap::from_csv(text, 2, 3, None, &window);
        let refusal = |text: &str| read(text).unwrap_err().to_string();
        for mask in
            ["0,1,0\n0,0,1", "unit microsiemens\n0 1 0\n0 0 1", "true,false,true\ntrue,true,true", "0.0 1.0 1\n0 0 0"]
        {
            let message = refusal(mask);
            assert!(message.starts_with("expected stuck cells, got a mask: all 6 cells are `"), "{message}");
            assert!(message.contains("\n\nhint: write `ok` for a working cell, and `low-resistance`, "), "{message}");
        }
        let message = refusal("ok 2e-4 ok\nok 2e-4 ok");
        assert!(message.starts_with("1:2: `2e-4` has no unit; "), "{message}");
        assert!(
            message.contains("with `unit siemens`, the median would be 200 µS, inside the window (5 to 200 µS)"),
            "{message}"
        );
        for measured in [
            "unit microsiemens\n10 20 30\n40 50 60",
            "10 20 30\n40 50 60",
            "unit siemens\n1e-5 open 2e-5\n1e-4 1e-5 3e-5",
        ] {
            let message = refusal(measured);
            assert!(
                message.starts_with("every cell would be stuck: ")
                    && message.contains(" of 6 cells are numbers, none is `ok`"),
                "{message}"
            );
        }
        let map = read("unit siemens\nok 2e-4 ok\nok ok 2e-4").unwrap();
        assert!(map.written().len() == 2 && map.written().iter().all(|stuck| stuck.conductance == 200.0));
    }
}
