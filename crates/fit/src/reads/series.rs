//! Series of reads of one state.

use super::doubt::LIKELY;
use super::gaps::gaps;
use super::growth::Growth;
use super::isolated::{Isolated, isolated, kept, neighbourhoods};
use super::resolution::{resolutions, spread, unrounded};
use super::shared_changes::Common;
use super::traps::{Reads, Traps, search};
use crate::reached::are_missed;
use crate::sample::median;
use crate::table::Table;

/// Largest percentage of far reads of normal noise: 0.27 % beyond 3 standard deviations, and more as these are estimates; at most 0.45 % with 3
/// to 200 reads.
const BY_CHANCE: f64 = 0.5;

/// Fraction of the variance of reads that their rounding may add unseen.
const ROUNDED: f64 = 0.01;

/// Reads of one cell in one cycle.
#[derive(Clone, Debug)]
pub(crate) struct ReadSeries {
    /// Cell.
    pub cell: u32,
    /// Target of the write before, µS, if the table has it and most writes reach theirs.
    pub target: Option<f64>,
    /// Number of reads, at least 2.
    pub n: usize,
    /// Number of pairs of successive reads, at least 1.
    pub pairs: usize,
    /// Mean, µS, above 0.
    pub mean: f64,
    /// Median, µS, which outliers do not move.
    pub middle: f64,
    /// Sum of squares of successive differences, µS², over the variance that is left without outliers.
    pub squares: f64,
    /// Differences, µS; kept for held-out cells only.
    pub differences: Vec<f64>,
    /// Squares of differences of distant reads.
    pub(super) growth: Growth,
    /// Probability that the cell has a trap.
    pub trap: f64,
    /// Whether the cell has more noise than others, but no levels; none if rounding adds different noise to different cells.
    pub wide: Option<bool>,
    /// Resolution of the reads, µS; 0 without one.
    resolution: f64,
}

impl ReadSeries {
    /// Returns the probability that the cell has no trap.
    pub fn quiet(&self) -> f64 {
        1.0 - self.trap
    }
}

/// Cell and target.
type Place = (u32, Option<f64>);

/// All series of a table.
#[derive(Clone, Debug)]
pub(crate) struct AllSeries {
    /// Series with at least one pair of reads and a positive mean.
    pub series: Vec<ReadSeries>,
    /// Number of reads that are outliers.
    pub outliers: usize,
    /// Number of series left out because their mean or median is not positive.
    pub negative: usize,
    /// Cells with telegraph noise, or the reason why there is none.
    pub traps: Result<Traps, String>,
    /// Root mean square of the relative changes that all cells share.
    pub common: Option<f64>,
    /// Smallest and largest resolution of reads whose rounding adds to their noise, µS.
    rounded: Option<(f64, f64)>,
}

/// Returns the place, the reads and the gaps of each series of `table`.
fn all_reads(table: &Table) -> (Vec<Place>, Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let place = |row: usize| (table.cell[row], table.target.get(row).copied());
    if !table.reads.is_empty() {
        let all = (0..table.rows()).map(|row| (place(row), table.reads.iter().map(|column| column[row]).collect()));
        let (places, reads) = all.unzip();
        return (places, reads, vec![Vec::new(); table.rows()]);
    }
    let by_time = |row: usize| table.seconds[row];
    let key: Option<&dyn Fn(usize) -> f64> = if table.seconds.is_empty() { None } else { Some(&by_time) };
    let rows = table.series(key);
    let gaps_of = gaps(table, &rows);
    let of = |rows: Vec<u32>| (place(rows[0] as usize), rows.iter().map(|&row| table.value[row as usize]).collect());
    let (places, reads) = rows.into_iter().map(of).unzip();
    (places, reads, gaps_of)
}

/// Takes the targets from `places` if many of the `reads` are elsewhere, as after failed writes: then their conductances are their states.
fn without_missed(places: &mut [Place], reads: &[Vec<f64>]) {
    let middle = |(place, reads): (&Place, &Vec<f64>)| Some((median(&mut reads.clone()), place.1?));
    let known = places.iter().zip(reads).map(middle).collect::<Option<Vec<(f64, f64)>>>();
    let (middles, targets): (Vec<f64>, Vec<f64>) =
        known.unwrap_or_default().into_iter().filter(|(middle, _)| *middle > 0.0).unzip();
    if are_missed(&middles, &targets) {
        places.iter_mut().for_each(|place| place.1 = None);
    }
}

/// Returns the series of `table`; `keep` says which cells keep their differences.
pub(crate) fn series(table: &Table, keep: &[bool]) -> AllSeries {
    let (mut places, reads, gaps_of) = all_reads(table);
    without_missed(&mut places, &reads);
    let common = Common::new(&reads);
    let own = common.as_ref().map(|common| common.removed(&reads));
    let resolution = resolutions(&reads);
    let own = &spread(own.as_ref().unwrap_or(&reads), &resolution);
    let mut isolated = isolated(own);
    let seen: Vec<Reads> = (0..reads.len())
        .map(|number| {
            let (cell, target) = places[number];
            Reads {
                cell,
                target,
                values: &own[number],
                gaps: &gaps_of[number],
                resolution: resolution[number],
                isolated: &isolated[number],
            }
        })
        .collect();
    let searched = search(&seen);
    // Telegraph noise and wrong reads widen the noise of a neighbourhood; the population tells that of its white noise.
    for (isolated, sigma) in isolated.iter_mut().zip(searched.sigma) {
        isolated.sigma = sigma.unwrap_or(isolated.sigma);
    }
    let common = common.as_ref().map(Common::size);
    let traps = searched.found;
    let mut found = AllSeries { series: Vec::new(), outliers: 0, negative: 0, traps, common, rounded: None };
    for (number, place) in places.into_iter().enumerate() {
        let (isolated, trap, at_levels) = (&isolated[number], searched.probability[number], &searched.wrong[number]);
        // Reads at a level of telegraph noise are not wrong.
        let wrong = isolated.outlier.iter().zip(at_levels).map(|(&outlier, &far)| far || outlier && trap <= LIKELY);
        found.push(
            place,
            (&reads[number], resolution[number]),
            (isolated, wrong.collect(), trap, searched.wide[number]),
            keep,
        );
    }
    found.unround();
    found
}

impl AllSeries {
    /// Adds the reads of one series, without outliers.
    fn push(
        &mut self,
        (cell, target): Place,
        (reads, resolution): (&[f64], f64),
        (isolated, wrong, trap, wide): (&Isolated, Vec<bool>, f64, bool),
        keep: &[bool],
    ) {
        let (values, follows) = without(reads, &wrong);
        let pairs = follows.iter().filter(|follows| **follows).count();
        if pairs == 0 {
            return;
        }
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let middle = median(&mut values.clone());
        if mean <= 0.0 || middle <= 0.0 {
            self.negative += 1;
            return;
        }
        let followed = values.windows(2).zip(&follows[1..]).filter(|(_, follows)| **follows);
        let differences = followed.map(|(pair, _)| pair[1] - pair[0]);
        let squares = differences.clone().map(|difference| difference * difference).sum::<f64>()
            / kept(isolated.reach, isolated.sigma);
        let kept = if keep[cell as usize] { differences.collect() } else { Vec::new() };
        self.outliers += reads.len() - values.len();
        self.series.push(ReadSeries {
            cell,
            target,
            n: values.len(),
            pairs,
            mean,
            middle,
            squares,
            differences: kept,
            growth: Growth::new(reads, &wrong),
            trap,
            wide: Some(wide),
            resolution,
        });
    }

    /// Takes what rounding adds from the squares of series. Rounded differences are far from any normal distribution, and test no law.
    fn unround(&mut self) {
        let mut order: Vec<usize> = (0..self.series.len()).collect();
        order.sort_by(|&one, &other| self.series[one].middle.total_cmp(&self.series[other].middle));
        for neighbours in neighbourhoods(&order) {
            let of = |&place: &usize| &self.series[place];
            let add = |(squares, pairs): (f64, f64), one: &ReadSeries| {
                (squares + 0.5 * one.quiet() * one.squares, pairs + one.quiet() * one.pairs as f64)
            };
            let (squares, pairs) = neighbours.iter().map(of).fold((0.0, 0.0), add);
            let mean = squares / pairs;
            let resolution = median(&mut neighbours.iter().map(|place| of(place).resolution).collect::<Vec<f64>>());
            if resolution <= 0.0 || mean.is_nan() || mean <= 0.0 {
                continue;
            }
            let left = unrounded(mean, resolution) / mean;
            if left > 1.0 - ROUNDED {
                continue;
            }
            for &place in neighbours {
                self.series[place].squares *= left;
                self.series[place].differences.clear();
                self.series[place].wide = None;
            }
            let (least, most) = self.rounded.unwrap_or((resolution, resolution));
            self.rounded = Some((least.min(resolution), most.max(resolution)));
        }
    }

    /// Returns properties of the data for the report.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.outliers > 0 {
            let reads = self.outliers + self.series.iter().map(|series| series.n).sum::<usize>();
            let percent = 100.0 * self.outliers as f64 / reads as f64;
            notes.push(if percent > BY_CHANCE {
                format!("{} reads ({percent:.1} %) far from most others of their series are outliers and left out", self.outliers)
            } else {
                format!(
                    "{} reads ({percent:.1} %) beyond 3 standard deviations of their series are left out, no more than normal noise has, and \
                     the noise is corrected for them",
                    self.outliers
                )
            });
        }
        if let Some(size) = self.common {
            notes.push(format!(
                "all cells change together by {:.2} % (root mean square over the reads), as with temperature or drift; this is removed before telegraph \
                 noise is looked for, and the white noise holds what of it is fast",
                100.0 * size
            ));
        }
        if let Some((least, most)) = self.rounded {
            let of = if most > 1.01 * least { format!("{least:.3} to {most:.3}") } else { format!("{least:.3}") };
            notes.push(format!(
                "the reads are rounded to {of} µS, as coarse as their noise: the white noise is without that of rounding, for normal noise, and is not \
                 tested on held-out cells"
            ));
        }
        if self.negative > 0 {
            notes.push(format!("{} series with a mean of at most 0 µS are left out", self.negative));
        }
        notes
    }
}

/// Returns the reads that are no `outlier`, and which of them come directly after the one before: an outlier between two reads
/// separates them.
fn without(reads: &[f64], outlier: &[bool]) -> (Vec<f64>, Vec<bool>) {
    let regular: Vec<usize> = (0..reads.len()).filter(|&read| !outlier[read]).collect();
    let follows = |place: usize| place > 0 && regular[place - 1] + 1 == regular[place];
    (regular.iter().map(|&read| reads[read]).collect(), (0..regular.len()).map(follows).collect())
}
