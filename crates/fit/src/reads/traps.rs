//! Cells with telegraph noise: starting values, and what the data show.
//!
//! ```text
//! shown        traps raise ln L of the population by more than 10, over cells with more noise but no levels (population.rs)
//! ```

use super::changes::Changes;
use super::doubt::{Doubt, GAIN, LIKELY, check};
use super::gaps::{mean_ln, shortest};
use super::isolated::Isolated;
use super::population::Population;
use super::trap_law::{Moments, Observed, RESOLUTION, TrapLaw, white_noise};
use crate::sample::median;
use crate::states::States;

/// Smallest number of reads of a series that shows levels.
const MIN_READS: usize = 10;
/// Smallest number of series of a state with a white noise of its own.
const MIN_OF_STATE: usize = 10;
/// Series of a quantile: the white noise of a wide state is not that of all of its cells.
const OF_QUANTILE: usize = 10;
/// Smallest ratio of resistances for exponents.
const MIN_RATIO: f64 = 3.0;
/// Standard deviations from a level within which a read is at it.
const AT_LEVEL: f64 = 3.5;
/// Steps of each start with some of the cells, of the best starts with all cells, and of the best of them.
const STEPS: [usize; 3] = [40, 6, 80];
/// Factor of the white noise of a state in which traps may hide.
const LESS_NOISE: f64 = 0.7;
/// Cells with a trap among them that make a further start unnecessary.
const ENOUGH: usize = 20;
/// Reads of the cells that all starts begin with.
const FEW_READS: usize = 40_000;

/// Reads of one series.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reads<'a> {
    pub cell: u32,
    pub target: Option<f64>,
    /// µS.
    pub values: &'a [f64],
    /// Gaps between them; empty if all are 1.
    pub gaps: &'a [f64],
    /// Resolution, µS; 0 without one.
    pub resolution: f64,
    pub isolated: &'a Isolated,
}

/// Cells with telegraph noise.
#[derive(Clone, Debug)]
pub(crate) struct Traps {
    pub(super) law: TrapLaw,
    /// Mean ln R of the series with a trap; α and β of the law hold there.
    pub centre: f64,
    /// Whether the resistances are so different that the law has exponents.
    pub sloped: bool,
    /// Cell, probability of a trap, and derivatives of ln L with respect to ln odds of the fraction, α, m, β and k.
    pub cells: Vec<(u32, f64, [f64; 5])>,
    /// Number of series of cells that probably have a trap.
    pub series: usize,
    /// How far they change over time.
    pub(super) changes: Changes,
}

/// What the reads tell of telegraph noise.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    /// Cells with telegraph noise, or the reason why there is none.
    pub found: Result<Traps, String>,
    /// Probability of a trap for each series.
    pub probability: Vec<f64>,
    /// Reads of each series that are far from its levels.
    pub wrong: Vec<Vec<bool>>,
    /// Standard deviation of the white noise of each series on its scale, relative to the conductance; none for short series.
    pub sigma: Vec<Option<f64>>,
    /// Whether the cell of each series has more noise than others, but no levels.
    pub wide: Vec<bool>,
    /// Whether single reads seemed to be a level.
    single: bool,
}

/// Looks for telegraph noise in all `reads`.
pub(super) fn search(reads: &[Reads]) -> Search {
    let mut search = Search {
        found: Err(format!("expected series of at least {MIN_READS} reads")),
        probability: vec![0.0; reads.len()],
        wrong: reads.iter().map(|reads| reads.isolated.beyond_levels.clone()).collect(),
        sigma: vec![None; reads.len()],
        wide: vec![false; reads.len()],
        single: false,
    };
    let mut law = None;
    for pass in [Pass::First, Pass::Cleaned] {
        let known = |&place: &usize| search.wrong[place].iter().filter(|wrong| !**wrong).count() >= MIN_READS;
        let kept: Vec<usize> = (0..reads.len()).filter(known).collect();
        let Some((series, centre)) = observed(reads, &kept, &search.wrong) else { return search };
        let cells = by_cell(&series);
        let best = best(&series, &cells, law.take());
        series.iter().zip(&kept).for_each(|(one, &place)| search.sigma[place] = Some(best.law.sigma(one)));
        search.wide.fill(false);
        for (places, class) in cells.iter().zip(&best.classes) {
            places.iter().for_each(|&place| search.wide[kept[place]] = class[1] > LIKELY);
        }
        let weights = best.weights();
        let found = check(&best, &weights);
        let again = pass == Pass::First && search.mark(&found, (&best, &weights), (&series, &kept));
        let no_levels = matches!(found, Err(Doubt::NoLevels(_) | Doubt::SingleReads(_)));
        for (&place, &weight) in kept.iter().zip(&weights) {
            search.probability[place] = if no_levels { 0.0 } else { weight };
        }
        if again {
            law = found.is_ok().then(|| best.law.clone());
        }
        // What single reads at a level told stands even if nothing is left without them.
        if !(pass == Pass::Cleaned && no_levels && search.single) {
            search.single = matches!(found, Err(Doubt::SingleReads(_)));
            search.found = found.map(|()| traps(&best, &series, &cells, centre)).map_err(Doubt::reason);
        }
        if !again {
            break;
        }
    }
    search
}

/// Pass over the data: the second follows if the first shows that reads are wrong, or were taken to be wrong and are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    First,
    Cleaned,
}

impl Search {
    /// Marks reads at a level that only single reads visit as wrong; if there is telegraph noise, takes the mark from reads at its
    /// levels. Returns whether marks changed.
    fn mark(
        &mut self,
        found: &Result<(), Doubt>,
        (best, weights): (&Population, &[f64]),
        (series, kept): (&[Observed], &[usize]),
    ) -> bool {
        let mut changed = false;
        for (number, &place) in kept.iter().enumerate() {
            let (told, one, wrong) = (&best.told[number], &series[number], &mut self.wrong[place]);
            let (step, sigma) = (one.distance(best.law.ln_amplitude(one.x).exp(), 0.0), best.law.sigma(one));
            match found {
                Err(Doubt::SingleReads(_)) if weights[number] > LIKELY => {
                    for (wrong, read) in wrong.iter_mut().zip(&one.reads) {
                        let rarer = (*read > told.levels.middle) == (told.high < 0.5);
                        changed |= rarer && !*wrong;
                        *wrong |= rarer;
                    }
                }
                Ok(()) => {
                    for (wrong, read) in wrong.iter_mut().zip(&one.all) {
                        let at_level = *wrong && (read.abs() - step).abs() < AT_LEVEL * sigma;
                        changed |= at_level;
                        *wrong &= !at_level;
                    }
                }
                _ => {}
            }
        }
        changed
    }
}

/// Returns the series in `kept` as the chain sees them, with the mean of ln R.
fn observed(reads: &[Reads], kept: &[usize], wrong: &[Vec<bool>]) -> Option<(Vec<Observed>, f64)> {
    let middles: Vec<f64> = kept.iter().map(|&place| median(&mut reads[place].values.to_vec())).collect();
    if kept.is_empty() || middles.iter().any(|middle| *middle <= 0.0) {
        return None;
    }
    let targets: Option<Vec<f64>> = kept.iter().map(|&place| reads[place].target).collect();
    let states = States::with_quantiles(&middles, targets.as_deref(), (MIN_OF_STATE, OF_QUANTILE));
    let centre = middles.iter().map(|middle| (1e6 / middle).ln()).sum::<f64>() / kept.len() as f64;
    let mut series: Vec<Observed> = kept
        .iter()
        .zip(&middles)
        .zip(&states.of)
        .map(|((&place, &middle), &state)| {
            one(&reads[place], &wrong[place], middle, ((1e6 / middle).ln() - centre, state))
        })
        .collect();
    shape(&mut series, &states, centre);
    Some((series, centre))
}

fn one(reads: &Reads, wrong: &[bool], middle: f64, (x, state): (f64, usize)) -> Observed {
    let isolated = reads.isolated;
    let on_scale = |read: f64| if isolated.logarithmic { (read / middle).ln() } else { read / middle - 1.0 };
    let values: Vec<f64> = reads.values.iter().map(|&read| on_scale(read)).collect();
    let mut white = (0.0, 0.0);
    let out: Vec<bool> = isolated.outlier.iter().zip(wrong).map(|(&outlier, &wrong)| outlier || wrong).collect();
    for (pair, out) in values.windows(2).zip(out.windows(2)) {
        if !out[0] && !out[1] {
            white = (white.0 + 0.5 * (pair[1] - pair[0]).powi(2), white.1 + 1.0);
        }
    }
    let known = values.iter().zip(wrong).map(|(&value, &wrong)| if wrong { f64::NAN } else { value });
    let reads_on_scale: Vec<f64> = known.collect();
    let moments = Moments::new(&reads_on_scale);
    Observed {
        all: values,
        gaps: reads.gaps.to_vec(),
        resolution: reads.resolution / middle,
        cell: reads.cell,
        x,
        state,
        shape: 1.0,
        reads: reads_on_scale,
        logarithmic: isolated.logarithmic,
        white,
        reach: isolated.reach,
        moments,
    }
}

/// Gives the series of each state a white noise that is a power of their conductance.
fn shape(series: &mut [Observed], states: &States, centre: f64) {
    let ln = |one: &Observed| (1e6 / states.centres[one.state]).ln() - centre - one.x;
    let ln_variance = |one: &Observed| (one.white.0 / one.white.1).ln();
    let mut sums = vec![[0.0; 3]; states.count()];
    let good: Vec<usize> = (0..series.len()).filter(|&place| ln_variance(&series[place]).is_finite()).collect();
    for one in good.iter().map(|&place| &series[place]) {
        let by = [1.0, ln(one), ln_variance(one)];
        sums[one.state].iter_mut().zip(by).for_each(|(sum, by)| *sum += by);
    }
    let (mut xx, mut xy) = (0.0, 0.0);
    for one in good.iter().map(|&place| &series[place]) {
        let [n, x, y] = sums[one.state];
        xx += (ln(one) - x / n).powi(2);
        xy += (ln(one) - x / n) * (ln_variance(one) - y / n);
    }
    let slope = if xx > 0.0 { (xy / xx).clamp(-2.5, 1.0) } else { 0.0 };
    series.iter_mut().for_each(|one| one.shape = (0.5 * slope * ln(one)).exp());
}

/// Returns the series of each cell.
fn by_cell(series: &[Observed]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..series.len()).collect();
    order.sort_by_key(|&place| series[place].cell);
    order.chunk_by(|&one, &next| series[one].cell == series[next].cell).map(<[usize]>::to_vec).collect()
}

/// Returns the population with the largest likelihood from a few starts. All of them start with some of the cells; the best of these,
/// and the one that knows all series, go on. A `known` law is the only start.
fn best<'a>(series: &'a [Observed], cells: &'a [Vec<usize>], known: Option<TrapLaw>) -> Population<'a> {
    let (low, high) =
        series.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| (low.min(one.x), high.max(one.x)));
    let sloped = high - low >= MIN_RATIO.ln();
    if let Some(law) = known {
        let mut best = Population::new(series, cells, sloped, law);
        best.iterate(STEPS[2]);
        best.finish();
        return best;
    }
    let starts = starts(series);
    let every = (series.iter().map(|one| one.reads.len()).sum::<usize>() / FEW_READS + 1).min(cells.len());
    let some: Vec<Vec<usize>> = cells.iter().step_by(every).cloned().collect();
    let by_likelihood = |one: &Population, other: &Population| one.ln_likelihood.total_cmp(&other.ln_likelihood);
    let begun = starts.iter().map(|law| {
        let mut population = Population::new(series, &some, false, law.clone());
        population.iterate(STEPS[0]);
        population
    });
    let mut first = begun.max_by(by_likelihood).expect("at least one start");
    // Exponents of weak telegraph noise need good values of the rest.
    first.iterate(STEPS[2]);
    let mut open = vec![first.law.clone()];
    // Rare traps may be missed.
    if every > 1 && first.likely() < ENOUGH {
        open.extend(starts.last().cloned());
    }
    let begun = open.into_iter().map(|law| {
        let mut population = Population::new(series, cells, sloped, law);
        population.iterate(STEPS[1]);
        population
    });
    let mut best = begun.max_by(by_likelihood).expect("at least one start");
    best.iterate(STEPS[2]);
    for _ in 0..best.law.sigma.len() {
        let Some(mut other) = with_less_noise(&best, &some) else { break };
        other.iterate(STEPS[2]);
        if other.ln_likelihood < best.ln_likelihood + GAIN {
            break;
        }
        best = other;
    }
    best.finish();
    best
}

/// Returns a population with a larger likelihood in which one state has less white noise than in `best`; `some` cells tell. Fast
/// traps of a single state can hide in its white noise, and the exponents of the law then follow the other states.
fn with_less_noise<'a>(best: &Population<'a>, some: &[Vec<usize>]) -> Option<Population<'a>> {
    let states = best.law.sigma.len();
    if states < 2 || best.gain() < GAIN {
        return None;
    }
    let begin = |law: TrapLaw| {
        let mut population = best.restarted(some, law);
        population.iterate(STEPS[0]);
        population
    };
    let present = begin(best.law.clone());
    let quiet = |state: usize| {
        let mut law = best.law.clone();
        law.sigma[state] *= LESS_NOISE;
        (law.amplitude[1], law.rate[1]) = (0.0, 0.0);
        begin(law)
    };
    let other = (0..states).map(quiet).max_by(|one, other| one.ln_likelihood.total_cmp(&other.ln_likelihood))?;
    (other.ln_likelihood > present.ln_likelihood + GAIN).then(|| best.restarted(best.cells, other.law.clone()))
}

/// Returns starting values: from the moments of series with more variance than white noise, from clusters if most series have
/// two, and of weak telegraph noise, slow and fast.
fn starts(series: &[Observed]) -> Vec<TrapLaw> {
    let sigma = white_noise(series);
    let (typical_gap, shortest) = (mean_ln(series), shortest(series));
    let law = |ln_amplitude: f64, p: f64, fraction: f64, sigma: &[f64]| TrapLaw {
        fraction: fraction.clamp(0.01, 0.9),
        wide: 0.01,
        amplitude: [ln_amplitude, 0.0],
        spread: 0.3,
        rate: [(-0.5 * (1.0 - 2.0 * p.clamp(0.003, 0.49)).ln()).ln() - typical_gap, 0.0],
        sigma: sigma.to_vec(),
        shortest,
    };
    let of = |one: &Observed| sigma[one.state] * one.shape;
    let typical = median(&mut series.iter().map(of).collect::<Vec<f64>>());
    let weak = |step: f64, p: f64| law((step * typical).ln(), p, 0.15, &sigma);
    let mut starts = vec![weak(2.0, 0.05), weak(2.0, 0.2), weak(2.5, 0.45), weak(4.0, 0.1)];
    let excess = |one: &&Observed| one.moments.variance / of(one).powi(2) - 1.0;
    let wide: Vec<&Observed> =
        series.iter().filter(|one| excess(one) > (5.0 * (2.0 / one.moments.n).sqrt()).max(0.5)).collect();
    starts.extend(of_clusters(series, &sigma, law));
    if !wide.is_empty() {
        let step = |one: &&Observed| (2.0 * of(one) * excess(one).sqrt()).ln();
        let slow: f64 = wide.iter().map(|one| one.moments.covariance / of(one).powi(2)).sum();
        let correlation = slow / wide.iter().map(excess).sum::<f64>();
        let fraction = wide.len() as f64 / series.len() as f64;
        let ln_amplitude = median(&mut wide.iter().map(step).collect::<Vec<f64>>());
        starts.push(law(ln_amplitude, 0.5 * (1.0 - correlation), fraction, &sigma));
    }
    starts
}

/// Returns the start from clusters, if most series have two.
fn of_clusters(series: &[Observed], sigma: &[f64], law: impl Fn(f64, f64, f64, &[f64]) -> TrapLaw) -> Option<TrapLaw> {
    let mut within = vec![Vec::new(); sigma.len()];
    let (mut steps, mut switches, mut pairs) = (Vec::new(), 0.0, 0.0);
    for one in series {
        let Some(levels) = one.clusters() else { continue };
        let upper = |read: f64| read > levels.middle;
        let off = |read: f64| read - levels.middle - if upper(read) { 0.5 } else { -0.5 } * levels.step;
        let known = || one.reads.iter().copied().filter(|read| !read.is_nan());
        let spread = (known().map(|read| off(read).powi(2)).sum::<f64>() / one.moments.n).sqrt();
        if levels.step > 4.0 * spread {
            within[one.state].push(spread.max(RESOLUTION) / one.shape);
            steps.push(one.ln_amplitude(levels));
            switches += one.reads.windows(2).filter(|pair| upper(pair[0]) != upper(pair[1])).count() as f64;
            pairs += one.reads.len() as f64 - 1.0;
        }
    }
    if steps.len() * 2 < series.len() {
        return None;
    }
    let sigma: Vec<f64> = within
        .iter_mut()
        .zip(sigma)
        .map(|(within, &sigma)| if within.is_empty() { sigma } else { median(within).min(sigma) })
        .collect();
    let fraction = steps.len() as f64 / series.len() as f64;
    Some(law(median(&mut steps), switches / pairs, fraction, &sigma))
}

/// Moves the centre of the law to the series with a trap, and collects the cells.
fn traps(best: &Population, series: &[Observed], cells: &[Vec<usize>], centre: f64) -> Traps {
    let weights = best.weights();
    let total: f64 = weights.iter().sum();
    let shift = weights.iter().zip(series).map(|(weight, one)| weight * one.x).sum::<f64>() / total;
    let mut law = best.law.clone();
    law.amplitude[0] += law.amplitude[1] * shift;
    law.rate[0] += law.rate[1] * shift;
    let of_cell = |(cell, class): (&Vec<usize>, &[f64; 2])| {
        let mut score = [class[0] - law.fraction, 0.0, 0.0, 0.0, 0.0];
        for &place in cell {
            let of = best.law.score(&series[place], &best.told[place]);
            let [a, ax, b, bx] = of;
            let moved = [a, ax - shift * a, b, bx - shift * b];
            score[1..].iter_mut().zip(moved).for_each(|(sum, by)| *sum += class[0] * by);
        }
        (series[cell[0]].cell, class[0], score)
    };
    Traps {
        centre: centre + shift,
        sloped: best.sloped(),
        cells: cells.iter().zip(&best.classes).map(of_cell).collect(),
        series: weights.iter().filter(|weight| **weight > LIKELY).count(),
        changes: Changes::new(series, &weights, &best.law),
        law,
    }
}
