//! White read noise.
//!
//! ```text
//! r² = sum of d² / 2 G² / number of differences d       in states of the series (../states.rs)
//! constant  r = sigma / G        relative  r = f        table  s of ln R with r² = exp(s²) - 1, the mean is preserved
//! BIC       k ln n + 2/3 sum over series of n_i (ln r_i² + q_i / r_i²)      q_i: r² of the series alone, r_i: that of the law at
//!                                                                           its conductance
//! ```
//!
//! Laws are compared series by series: a single wide state has one r, and would follow any law.

use std::collections::BTreeSet;

use ohmspike_crossbar::device::{Convention, ReadNoiseKind, SpreadPoint, WhiteNoiseSpec};

use super::doubt::LIKELY;
use super::growth::{self, Grows, Growth};
use super::series::{AllSeries, ReadSeries};
use crate::bins::drawn_range;
use crate::interval::{Scale, with_interval};
use crate::options::{FitOptions, Mechanism};
use crate::outcome::Fitted;
use crate::quality::quality;
use crate::report::{Bin, Candidate, Curve, FittedNumber, MechanismFit, Plot};
use crate::sample::{Sample, median};
use crate::states::{PER_QUANTILE, States};

/// Why reads without noise have no law.
pub(crate) const EQUAL_READS: &str = "successive reads are equal: read noise is below the resolution of the data";
/// Smallest number of differences, of all and of one state.
const MIN_DIFFERENCES: usize = 20;
/// Smallest number of series of a state.
const MIN_OF_STATE: usize = 3;
/// Differences of a point of a table: their noise has an error of 6 %. More would be spread over conductances with other noise.
const PER_POINT: usize = 200;
const MIN_OF_POINT: usize = 5;
/// Standard deviations beyond which a series is an outlier: of up to [`FEW`] differences, and of more.
const FAR: [f64; 2] = [3.5, 3.0];
const FEW: usize = 3;
/// Fraction of cells with more noise than others above which a note says so.
const MAX_WIDE: f64 = 0.05;
/// Smallest probability of no telegraph noise of a series that counts.
const MIN_QUIET: f64 = 0.01;
/// Probability of telegraph noise below which a series tells whether noise grows with the distance of reads.
const SURELY_QUIET: f64 = 0.05;
/// Smallest number of series that show an outlier among them.
const MIN_SERIES: usize = 10;
/// Successive differences have two thirds of the information of independent values (von Neumann, 1941).
const EFFICIENCY: f64 = 2.0 / 3.0;
/// Difference of BIC from which one of two laws is chosen with strong evidence (Kass and Raftery, 1995).
const DECIDED: f64 = 6.0;
/// Smallest relative standard deviation above the resolution of f32.
const RESOLUTION: f64 = 2e-6;

/// Differences of one bin: their number, the sum of d² / 2 and that of d² / 2 G².
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    n: f64,
    absolute: f64,
    relative: f64,
}

/// A fitted law of white read noise with its bootstrap samples.
#[derive(Clone, Debug)]
pub(crate) struct WhiteLaw {
    kind: ReadNoiseKind,
    centres: Vec<f64>,
    parameters: Vec<f64>,
    draws: Vec<Vec<f64>>,
    /// Number of differences that determine it.
    pub differences: usize,
}

impl WhiteLaw {
    /// Returns the standard deviation of a read relative to its `conductance`, µS.
    pub fn relative(&self, conductance: f64) -> f64 {
        sigma(self.kind, &self.parameters, &self.centres, conductance) / conductance
    }

    /// Returns the same of a bootstrap sample.
    pub fn drawn(&self, draw: usize, conductance: f64) -> f64 {
        let parameters = self.draws.get(draw % self.draws.len().max(1)).unwrap_or(&self.parameters);
        sigma(self.kind, parameters, &self.centres, conductance) / conductance
    }
}

/// Fits white read noise to the series without telegraph noise.
pub(crate) fn fit_white(
    all: &AllSeries,
    options: &FitOptions,
    sample: &Sample,
) -> Result<(Fitted<WhiteNoiseSpec>, WhiteLaw), String> {
    let quiet: Vec<&ReadSeries> = all.series.iter().filter(|series| series.quiet() > MIN_QUIET).collect();
    let (quiet, noisy) = without_outliers(quiet);
    let mut notes = all.notes();
    notes.extend(not_included(all));
    if noisy > 0 {
        notes.push(format!("{noisy} series that scatter far more than most are outliers and left out"));
    }
    let differences = quiet.iter().map(|series| series.quiet() * series.pairs as f64).sum::<f64>().round() as usize;
    if differences < MIN_DIFFERENCES {
        return Err(format!("expected at least {MIN_DIFFERENCES} pairs of successive reads, got {differences}"));
    }
    let least = MIN_OF_STATE.max(MIN_DIFFERENCES * quiet.len() / differences);
    let of_point = (PER_POINT * quiet.len() / differences).clamp(MIN_OF_POINT, PER_QUANTILE);
    let bins = states(&quiet, |series| series.mean, (least, of_point));
    let by_group = by_group(&quiet, &bins, sample, |_| true);
    let all = total(&by_group, bins.count(), &vec![1.0; sample.groups]);
    if all.iter().all(|bin| bin.relative <= bin.n * RESOLUTION * RESOLUTION) {
        return Err(EQUAL_READS.to_owned());
    }
    notes.extend(grows(&quiet, &bins, &all));
    let (kind, candidates) = choose(&quiet, &all, &bins.centres, options.read_law);
    notes.extend(undecided(&quiet, &candidates));
    let parameters = estimate(kind, &all);
    let draws = sample.bootstrap(|drawn| Some(estimate(kind, &total(&by_group, bins.count(), drawn))));
    let numbers = numbers(kind, (&parameters, &draws), &all, &cells(&quiet, &bins));
    let training = by_group_total(&quiet, &bins, sample);
    let trained = estimate(kind, &training);
    let sigma = |g: f64| sigma(kind, &trained, &bins.centres, g);
    let z = quiet.iter().zip(0..).filter(|(series, _)| series.trap < LIKELY).flat_map(|(series, number)| {
        let scale = std::f64::consts::SQRT_2 * sigma(series.mean);
        series.differences.iter().map(move |difference| (number, difference / scale))
    });
    let quality = quality(z.collect(), sample.held_out.iter().filter(|held| **held).count());
    let fit = MechanismFit {
        mechanism: Mechanism::ReadNoise,
        law: word(kind),
        method:
            "half the mean square of successive reads, cells weighted by the probability that they have no telegraph noise; \
             intervals by bootstrap over cells"
                .to_owned(),
        numbers,
        candidates,
        quality,
        plot: Some(plot(kind, &parameters, &all, &bins, &draws_of_bins(&by_group, &bins, sample))),
        notes,
    };
    let section = section(kind, &parameters, &bins.centres);
    Ok((
        Fitted { fit, section, withheld: None },
        WhiteLaw { kind, centres: bins.centres, parameters, draws, differences },
    ))
}

/// Returns notes on noise of cells that is not white.
fn not_included(all: &AllSeries) -> Vec<String> {
    let cells: BTreeSet<u32> = all.series.iter().map(|series| series.cell).collect();
    let noisy: BTreeSet<u32> =
        all.series.iter().filter(|series| series.trap > LIKELY).map(|series| series.cell).collect();
    let mut notes = Vec::new();
    if !noisy.is_empty() {
        notes.push(format!("{} of {} cells have two levels and are left out", noisy.len(), cells.len()));
    }
    let cells_of = |of: fn(&ReadSeries) -> bool| -> BTreeSet<u32> {
        all.series.iter().filter(|series| of(series)).map(|series| series.cell).collect()
    };
    let compared = cells_of(|series| series.wide.is_some()).len();
    let wide = cells_of(|series| series.wide == Some(true)).len() as f64 / compared.max(1) as f64;
    if wide > MAX_WIDE {
        notes.push(format!(
            "{:.0} % of {compared} cells have more noise than the others without showing two levels: drift, slow noise, or white noise that \
             differs between cells; the device file states one sigma for all",
            100.0 * wide
        ));
    }
    notes
}

/// Returns a note if noise grows with the distance of reads.
fn grows(series: &[&ReadSeries], bins: &States, sums: &[Sums]) -> Option<String> {
    let white = series.iter().zip(&bins.of).filter(|(series, _)| series.trap < SURELY_QUIET);
    let variance = |series: &ReadSeries, bin: usize| series.mean.powi(2) * sums[bin].relative / sums[bin].n;
    let of: Vec<(Growth, f64)> = white.map(|(series, &bin)| (series.growth, variance(series, bin))).collect();
    let Grows { distance, factor } = growth::grows(&of)?;
    Some(format!(
        "noise grows with the distance of reads, as with drift or a 1/f spectrum: reads that are {distance} reads apart differ by {factor:.2} times as \
         much as successive ones. The white noise of the device file is that of successive reads, and the slower noise is not in the file"
    ))
}

/// Leaves out series with differences far beyond those of their bin, and returns their number: two reads do not tell which of
/// them is the outlier, and cells without contact have no good read. In a wide bin, constant noise is large relative to low
/// conductances, and relative noise is large at high ones: an outlier is far beyond the others either way.
fn without_outliers(series: Vec<&ReadSeries>) -> (Vec<&ReadSeries>, usize) {
    if series.len() < MIN_SERIES {
        return (series, 0);
    }
    let bins = states(&series, |series| series.middle, (MIN_SERIES, PER_QUANTILE));
    let spread = |series: &ReadSeries| (series.squares / (2.0 * series.pairs as f64)).sqrt();
    let spreads: [fn(f64, &ReadSeries) -> f64; 2] = [|spread, _| spread, |spread, series| spread / series.middle];
    let medians = spreads.map(|of| {
        let mut values = vec![Vec::new(); bins.count()];
        series.iter().zip(&bins.of).for_each(|(series, &bin)| values[bin].push(of(spread(series), series)));
        values.iter_mut().map(|values| median(values)).collect::<Vec<f64>>()
    });
    let far = |(series, &bin): (&ReadSeries, &usize)| {
        // The median of one absolute difference is that of a normal distribution, 1 / 1.4826.
        let reach = if series.pairs <= FEW { FAR[0] * 1.4826 } else { FAR[1] };
        let mut both = spreads.iter().zip(&medians);
        both.all(|(of, medians)| medians[bin] > 0.0 && of(spread(series), series) > reach * medians[bin])
    };
    let all = series.len();
    let regular = series.into_iter().zip(&bins.of).filter(|&(series, bin)| !far((series, bin)));
    let regular: Vec<&ReadSeries> = regular.map(|(series, _)| series).collect();
    let left_out = all - regular.len();
    (regular, left_out)
}

/// Returns the states of `series` at `conductance`; `counts` are the fewest series of each, and those of a quantile.
fn states(series: &[&ReadSeries], conductance: impl Fn(&ReadSeries) -> f64, counts: (usize, usize)) -> States {
    let targets: Option<Vec<f64>> = series.iter().map(|series| series.target).collect();
    let conductances: Vec<f64> = series.iter().map(|series| conductance(series)).collect();
    States::with_quantiles(&conductances, targets.as_deref(), counts)
}

/// Returns the number of cells of each bin, and of all.
fn cells(series: &[&ReadSeries], bins: &States) -> Vec<usize> {
    let mut cells = vec![BTreeSet::new(); bins.count() + 1];
    for (series, &bin) in series.iter().zip(&bins.of).filter(|(series, _)| series.trap < LIKELY) {
        cells[bin].insert(series.cell);
        cells[bins.count()].insert(series.cell);
    }
    cells.iter().map(BTreeSet::len).collect()
}

fn by_group(series: &[&ReadSeries], bins: &States, sample: &Sample, used: impl Fn(usize) -> bool) -> Vec<Sums> {
    let mut sums = vec![Sums::default(); sample.groups * bins.count()];
    for (series, &bin) in series.iter().zip(&bins.of).filter(|(series, _)| used(series.cell as usize)) {
        let group = sample.group[series.cell as usize] as usize;
        let sum = &mut sums[group * bins.count() + bin];
        let (weight, mean) = (series.quiet(), series.mean);
        sum.n += weight * series.pairs as f64;
        sum.absolute += weight * series.squares / 2.0;
        sum.relative += weight * series.squares / (2.0 * mean * mean);
    }
    sums
}

/// Returns the sums of cells that are not held out.
fn by_group_total(series: &[&ReadSeries], bins: &States, sample: &Sample) -> Vec<Sums> {
    let training = by_group(series, bins, sample, |cell| !sample.held_out[cell]);
    total(&training, bins.count(), &vec![1.0; sample.groups])
}

fn total(by_group: &[Sums], bins: usize, drawn: &[f64]) -> Vec<Sums> {
    let mut total = vec![Sums::default(); bins];
    for (group, &times) in drawn.iter().enumerate() {
        for (bin, total) in total.iter_mut().enumerate() {
            let sums = by_group[group * bins + bin];
            total.n += times * sums.n;
            total.absolute += times * sums.absolute;
            total.relative += times * sums.relative;
        }
    }
    total
}

/// Returns sigma in µS, the fraction, or the relative standard deviation of each bin.
fn estimate(kind: ReadNoiseKind, sums: &[Sums]) -> Vec<f64> {
    let sum = |of: fn(&Sums) -> f64| sums.iter().map(of).sum::<f64>();
    match kind {
        ReadNoiseKind::Constant => vec![(sum(|bin| bin.absolute) / sum(|bin| bin.n)).sqrt()],
        ReadNoiseKind::Relative => vec![(sum(|bin| bin.relative) / sum(|bin| bin.n)).sqrt()],
        _ => sums.iter().map(|bin| (bin.relative / bin.n).sqrt()).collect(),
    }
}

/// Chooses the law with the smallest BIC for all `series`, whose states have `sums` and `centres`.
fn choose(
    series: &[&ReadSeries],
    sums: &[Sums],
    centres: &[f64],
    forced: Option<ReadNoiseKind>,
) -> (ReadNoiseKind, Vec<Candidate>) {
    let kinds = [ReadNoiseKind::Constant, ReadNoiseKind::Relative, ReadNoiseKind::Table];
    let n: f64 = sums.iter().map(|bin| bin.n).sum();
    let bic = |kind: ReadNoiseKind| {
        let parameters = estimate(kind, sums);
        let of_series = |series: &&ReadSeries| {
            let squared = series.mean * series.mean;
            let variance = sigma(kind, &parameters, centres, series.mean).powi(2) / squared;
            let fit = series.pairs as f64 * variance.ln() + series.squares / (2.0 * squared) / variance;
            EFFICIENCY * series.quiet() * fit
        };
        parameters.len() as f64 * n.ln() + series.iter().map(of_series).sum::<f64>()
    };
    let allowed = kinds.into_iter().filter(|&kind| match forced {
        Some(forced) if forced != ReadNoiseKind::None => kind == forced,
        _ => kind != ReadNoiseKind::Table || centres.len() > 1,
    });
    let values: Vec<(ReadNoiseKind, f64)> = allowed.map(|kind| (kind, bic(kind))).collect();
    let best = values.iter().min_by(|a, b| a.1.total_cmp(&b.1)).map_or(ReadNoiseKind::Relative, |best| best.0);
    let candidate = |&(kind, value): &(ReadNoiseKind, f64)| Candidate {
        law: word(kind),
        criterion: "BIC",
        value,
        chosen: kind == best,
    };
    (best, values.iter().map(candidate).collect())
}

/// Returns a note if the reads do not tell constant noise from relative noise.
fn undecided(series: &[&ReadSeries], candidates: &[Candidate]) -> Option<String> {
    let of = |kind: ReadNoiseKind| candidates.iter().find(|candidate| candidate.law == word(kind));
    let (constant, relative) = (of(ReadNoiseKind::Constant)?, of(ReadNoiseKind::Relative)?);
    let difference = (constant.value - relative.value).abs();
    let (low, high) =
        series.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), one| (low.min(one.mean), high.max(one.mean)));
    ((constant.chosen || relative.chosen) && difference < DECIDED).then(|| {
        format!(
            "constant and relative noise describe these reads equally well (their BICs differ by {difference:.1}). Between {low:.4} and {high:.4} µS, either \
             law is valid. Outside this range, `read.white` is an extrapolation"
        )
    })
}

fn word(kind: ReadNoiseKind) -> &'static str {
    match kind {
        ReadNoiseKind::Constant => "constant",
        ReadNoiseKind::Relative => "relative",
        _ => "table",
    }
}

/// Returns the standard deviation of a read at `conductance`, both µS.
fn sigma(kind: ReadNoiseKind, parameters: &[f64], centres: &[f64], conductance: f64) -> f64 {
    match kind {
        ReadNoiseKind::Constant => parameters[0],
        ReadNoiseKind::Relative => parameters[0] * conductance,
        _ => {
            let place = centres.partition_point(|centre| *centre < conductance);
            if place == 0 || place == centres.len() {
                return conductance * parameters[place.min(centres.len() - 1)];
            }
            let along = (conductance / centres[place - 1]).ln() / (centres[place] / centres[place - 1]).ln();
            let ln = (1.0 - along) * parameters[place - 1].ln() + along * parameters[place].ln();
            conductance * ln.exp()
        }
    }
}

/// Returns sigma of ln R of a log-normal with the relative standard deviation `relative`.
fn ln_sigma(relative: f64) -> f64 {
    (relative * relative).ln_1p().sqrt()
}

fn numbers(
    kind: ReadNoiseKind,
    (parameters, draws): (&[f64], &[Vec<f64>]),
    sums: &[Sums],
    cells: &[usize],
) -> Vec<FittedNumber> {
    let number = |index: usize, key: &str, unit, map: &dyn Fn(f64) -> f64, (n, cells): (f64, usize)| {
        let draws: Vec<f64> = draws.iter().map(|draw| draw[index]).collect();
        let scale = Scale::spread(EFFICIENCY * n, 0.0);
        let number = with_interval((key, unit), parameters[index], &draws, scale, (n as usize, cells));
        let mapped = |ends: Option<(f64, f64)>| ends.map(|(low, high)| (map(low), map(high)));
        let (interval_95, interval_99) = (mapped(number.interval_95), mapped(number.interval_99));
        FittedNumber { value: map(number.value), interval_95, interval_99, ..number }
    };
    let n = (sums.iter().map(|bin| bin.n).sum(), cells[sums.len()]);
    match kind {
        ReadNoiseKind::Constant => vec![number(0, "read.white.sigma_microsiemens", "µS", &|x| x, n)],
        ReadNoiseKind::Relative => {
            vec![number(0, "read.white.sigma_percent_of_conductance", "%", &|x| 100.0 * x, n)]
        }
        _ => {
            let point = |(point, bin): (usize, usize)| {
                let key = format!("read.white.points[{point}].sigma_ln_resistance");
                number(bin, &key, "", &ln_sigma, (sums[bin].n, cells[bin]))
            };
            (0..parameters.len()).rev().enumerate().map(point).collect()
        }
    }
}

fn section(kind: ReadNoiseKind, parameters: &[f64], centres: &[f64]) -> WhiteNoiseSpec {
    let mut section = WhiteNoiseSpec { noise: kind, ..WhiteNoiseSpec::default() };
    match kind {
        ReadNoiseKind::Constant => section.sigma_microsiemens = Some(parameters[0]),
        ReadNoiseKind::Relative => section.sigma_percent_of_conductance = Some(100.0 * parameters[0]),
        _ => {
            section.convention = Some(Convention::MeanPreserving);
            let point = |(centre, &relative): (&f64, &f64)| SpreadPoint {
                resistance_ohm: 1e6 / centre,
                sigma_ln_resistance: ln_sigma(relative),
            };
            section.points = Some(centres.iter().zip(parameters).rev().map(point).collect());
        }
    }
    section
}

fn draws_of_bins(by_group: &[Sums], bins: &States, sample: &Sample) -> Vec<Vec<f64>> {
    sample.bootstrap(|drawn| Some(estimate(ReadNoiseKind::Table, &total(by_group, bins.count(), drawn))))
}

fn plot(kind: ReadNoiseKind, parameters: &[f64], sums: &[Sums], bins: &States, draws: &[Vec<f64>]) -> Plot {
    let of_bins = estimate(ReadNoiseKind::Table, sums);
    let bin = |bin: usize| {
        let centre = bins.centres[bin];
        let values: Vec<f64> = draws.iter().map(|draw| centre * draw[bin]).collect();
        let value = centre * of_bins[bin];
        let scale = Scale::spread(EFFICIENCY * sums[bin].n, 0.0);
        let interval = with_interval(("", ""), value, &values, scale, (0, bins.counts[bin])).interval_95;
        let (low, high) = interval.unwrap_or((value, value));
        Bin { x: centre, y: value, low, high, n: sums[bin].n as usize }
    };
    let (low, high) = drawn_range(bins.centres[0], bins.centres[bins.count() - 1]);
    let law = (0..=50).map(|step| {
        let conductance = low * (high / low).powf(f64::from(step) / 50.0);
        (conductance, sigma(kind, parameters, &bins.centres, conductance))
    });
    Plot {
        x_label: "Conductance (µS)",
        y_label: "Read noise (µS)",
        x_log: true,
        y_log: true,
        curves: vec![Curve { name: String::new(), bins: (0..bins.count()).map(bin).collect(), law: law.collect() }],
    }
}
