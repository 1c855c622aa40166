//! States of series: groups of cells at about the same conductance.
//!
//! ```text
//! targets        one state each, if the table has up to 40
//! few values     one state each, if the conductances have up to 40 distinct values, each four times on average
//! clear gaps     wider than three times the smaller standard deviation of ln G on their sides, and than 5 %
//! quantiles      of states that spread by more than a quarter in ln G
//! ```
//!
//! Neighbours are merged until each state has enough series.

/// Largest number of distinct values with a state each.
const MAX_DISTINCT: usize = 40;
/// Fewest series per distinct conductance.
const PER_DISTINCT: usize = 4;
/// Gap in standard deviations of the narrower side, and in ln G.
const GAP: (f64, f64) = (3.0, 0.05);
/// Fewest series on each side of a gap, and their share of all: outliers are no state.
const BESIDE_GAP: (usize, f64) = (5, 0.05);
/// Standard deviation of ln G above which a state is cut into quantiles.
const WIDE: f64 = 0.25;
/// Series per quantile, unless fewer tell enough, and the largest number of quantiles.
pub(crate) const PER_QUANTILE: usize = 40;
const QUANTILES: usize = 10;

/// States in order of rising conductance.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct States {
    /// State of each series.
    pub of: Vec<usize>,
    /// Geometric mean of the conductances of each state, µS.
    pub centres: Vec<f64>,
    /// Number of series of each state.
    pub counts: Vec<usize>,
}

impl States {
    /// Groups series with `conductances`, all positive, and `targets` if all have one, both in µS; states of fewer than
    /// `least` series are merged with a neighbour.
    pub fn new(conductances: &[f64], targets: Option<&[f64]>, least: usize) -> States {
        States::with_quantiles(conductances, targets, (least, PER_QUANTILE))
    }

    /// Groups series in the same way, with `per_quantile` series in quantiles.
    pub fn with_quantiles(
        conductances: &[f64],
        targets: Option<&[f64]>,
        (least, per_quantile): (usize, usize),
    ) -> States {
        let distinct = |keys: &[f64]| {
            let mut keys = keys.to_vec();
            keys.sort_by(f64::total_cmp);
            keys.dedup();
            keys.len()
        };
        let repeated = distinct(conductances) * PER_DISTINCT <= conductances.len();
        let few = |keys: &&[f64]| distinct(keys) <= MAX_DISTINCT;
        let keys = targets.filter(few).or(Some(conductances).filter(|_| repeated).filter(few));
        let mut order: Vec<usize> = (0..conductances.len()).collect();
        let by = keys.unwrap_or(conductances);
        order.sort_by(|&a, &b| by[a].total_cmp(&by[b]));
        let runs: Vec<Vec<usize>> = match keys {
            Some(keys) => order.chunk_by(|&a, &b| keys[a] == keys[b]).map(<[usize]>::to_vec).collect(),
            None => separated(&order, conductances, per_quantile.max(1)),
        };
        let mut states = States { of: vec![0; conductances.len()], centres: Vec::new(), counts: Vec::new() };
        for run in merged(runs, least) {
            run.iter().for_each(|&series| states.of[series] = states.counts.len());
            states.centres.push(centre(&run, conductances));
            states.counts.push(run.len());
        }
        states.in_order()
    }

    /// Returns the number of states.
    pub fn count(&self) -> usize {
        self.centres.len()
    }

    /// Merges every state with the next if `merge` says so of their numbers.
    pub fn merge(&self, conductances: &[f64], merge: impl Fn(&States, usize) -> bool) -> States {
        let mut states = self.clone();
        let mut state = 0;
        while state + 1 < states.count() {
            if !merge(&states, state) {
                state += 1;
                continue;
            }
            states.of.iter_mut().filter(|of| **of > state).for_each(|of| *of -= 1);
            let run: Vec<usize> = (0..states.of.len()).filter(|&series| states.of[series] == state).collect();
            states.centres[state] = centre(&run, conductances);
            states.counts[state] = run.len();
            states.centres.remove(state + 1);
            states.counts.remove(state + 1);
            state = state.saturating_sub(1);
        }
        states.in_order()
    }

    /// Sorts states by their centres, and joins those with equal ones.
    fn in_order(self) -> States {
        let mut order: Vec<usize> = (0..self.count()).collect();
        order.sort_by(|&a, &b| self.centres[a].total_cmp(&self.centres[b]));
        let (mut centres, mut counts, mut place) = (Vec::<f64>::new(), Vec::<usize>::new(), vec![0; self.count()]);
        for state in order {
            if centres.last().is_none_or(|last| self.centres[state] > last * (1.0 + 1e-9)) {
                centres.push(self.centres[state]);
                counts.push(0);
            }
            place[state] = centres.len() - 1;
            counts[place[state]] += self.counts[state];
        }
        States { of: self.of.iter().map(|&of| place[of]).collect(), centres, counts }
    }
}

/// Returns the geometric mean of the conductances of `run`.
fn centre(run: &[usize], conductances: &[f64]) -> f64 {
    let first = conductances[run[0]];
    if run.iter().all(|&series| conductances[series] == first) {
        return first;
    }
    (run.iter().map(|&series| conductances[series].ln()).sum::<f64>() / run.len() as f64).exp()
}

/// Splits the series in `order` of their conductances at clear gaps, and wide states into quantiles.
fn separated(order: &[usize], conductances: &[f64], per_quantile: usize) -> Vec<Vec<usize>> {
    let ln: Vec<f64> = order.iter().map(|&series| conductances[series].ln()).collect();
    let sums: Vec<(f64, f64)> = std::iter::once((0.0, 0.0))
        .chain(ln.iter().scan((0.0, 0.0), |sum, x| {
            let x = x - ln[0];
            *sum = (sum.0 + x, sum.1 + x * x);
            Some(*sum)
        }))
        .collect();
    let spread = |from: usize, to: usize| {
        let n = (to - from) as f64;
        let (sum, squares) = (sums[to].0 - sums[from].0, sums[to].1 - sums[from].1);
        ((squares / n - (sum / n).powi(2)).max(0.0) * n / (n - 1.0).max(1.0)).sqrt()
    };
    let beside = BESIDE_GAP.0.max((BESIDE_GAP.1 * ln.len() as f64) as usize);
    let (mut open, mut runs) = (vec![(0, ln.len())], Vec::new());
    while let Some((from, to)) = open.pop() {
        let room = from + beside..(to + 1).saturating_sub(beside);
        let widest = room.max_by(|&a, &b| (ln[a] - ln[a - 1]).total_cmp(&(ln[b] - ln[b - 1])));
        if let Some(at) = widest {
            let narrow = spread(from, at).min(spread(at, to));
            if ln[at] - ln[at - 1] > (GAP.0 * narrow).max(GAP.1) {
                open.extend([(at, to), (from, at)]);
                continue;
            }
        }
        let n = to - from;
        let parts = if spread(from, to) > WIDE { (n / per_quantile).clamp(1, QUANTILES) } else { 1 };
        let edge = |part: usize| from + part * n / parts;
        runs.extend((0..parts).map(|part| order[edge(part)..edge(part + 1)].to_vec()));
    }
    runs
}

/// Merges neighbours until each has `least` series.
fn merged(runs: Vec<Vec<usize>>, least: usize) -> Vec<Vec<usize>> {
    let (mut merged, mut open) = (Vec::<Vec<usize>>::new(), Vec::new());
    for run in runs {
        open.extend(run);
        if open.len() >= least {
            merged.push(std::mem::take(&mut open));
        }
    }
    match merged.last_mut() {
        Some(last) => last.extend(open),
        None => merged.push(open),
    }
    merged.retain(|run| !run.is_empty());
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns `n` values about `centre` with an even spread of `width` in ln.
    fn about(centre: f64, width: f64, n: usize) -> impl Iterator<Item = f64> {
        (0..n).map(move |k| centre * (width * ((k as f64 * 0.618_034).fract() - 0.5)).exp())
    }

    #[test]
    fn targets_are_states() {
        let values: Vec<f64> = about(10.0, 0.5, 30).chain(about(11.0, 0.5, 30)).chain(about(12.0, 0.5, 3)).collect();
        let targets = [vec![10.0; 30], vec![11.0; 30], vec![12.0; 3]].concat();
        let states = States::new(&values, Some(&targets), 5);
        assert_eq!(states.counts, [30, 33]);
        assert_eq!((states.of[0], states.of[30], states.of[62]), (0, 1, 1));
    }

    #[test]
    fn clear_gaps_separate_states() {
        let centres = [10.0, 40.0, 150.0, 400.0];
        let values: Vec<f64> = centres.iter().flat_map(|&centre| about(centre, 0.15, 60)).collect();
        let states = States::new(&values, None, 5);
        assert_eq!(states.counts, [60; 4]);
        assert!(states.centres.iter().zip(centres).all(|(found, centre)| (found / centre - 1.0).abs() < 0.02));
    }

    #[test]
    fn wide_states_are_cut_into_quantiles_and_narrow_ones_are_not() {
        let wide: Vec<f64> = about(10.0, 3.0, 200).collect();
        assert_eq!(States::new(&wide, None, 5).counts, [40; 5]);
        assert_eq!(States::with_quantiles(&wide, None, (5, 20)).counts, [20; 10]);
        let narrow: Vec<f64> = about(10.0, 0.5, 200).collect();
        assert_eq!(States::new(&narrow, None, 5).counts, [200]);
        assert_eq!(States::new(&[3.0], None, 5).counts, [1]);
    }

    #[test]
    fn neighbours_merge_on_demand() {
        let values = [vec![1.0; 10], vec![2.0; 10], vec![4.0; 10]].concat();
        let states = States::new(&values, None, 5);
        let merged = states.merge(&values, |_, state| state == 1);
        assert_eq!((&merged.counts[..], merged.of[15], merged.of[25]), (&[10, 20][..], 1, 1));
        assert!((merged.centres[1] - 8f64.sqrt()).abs() < 1e-12);
    }
}
