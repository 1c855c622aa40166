//! Write noise from writes with known targets.
//!
//! ```text
//! v = ln(G / T)        in bins of the target T
//! outliers             writes beyond 3.5 standard deviations, and tails with more writes than a normal distribution (outliers.rs)
//! law                  constant, relative or table: normal, truncated at the outliers or the acceptance window, censored at the ends
//!                      of the window, with the smallest BIC of the maximum likelihood
//! read noise           its variance is part of every law and subtracted from the numbers (../value_noise.rs)
//! numbers              winsorised moments, fractions beyond thresholds where the window clips many writes (points.rs), root mean squares
//!                      where tails are light (outliers.rs), or maximum likelihood with an acceptance window
//! intervals            bootstrap over cells, distribution of a variance (../interval.rs), or of a mean square with an acceptance window (accepted.rs)
//! ```
//!
//! Outliers close to the noise cannot all be told from it. These estimators bound what the rest of them can do: 3 % anywhere shift the
//! standard deviation of a target by at most 4.5 %, if the window clips up to 35 % of its writes. Beyond that no estimator holds 5 %, and
//! a table with outliers has no sigma of the target (contamination.rs). Without outliers that are seen, the sigma is stated: others could
//! have shifted it by 6.5 % where the window clips half of the writes, and by 11 % where it clips two thirds.

mod accepted;
mod contamination;
mod cuts;
mod law;
mod notes;
mod outliers;
mod points;
mod rows;
mod section;
mod sums;
mod undecided;

use std::cell::Cell;

use ohmspike_crossbar::device::{WriteNoiseKind, WriteSpec};

use law::BinSums;
pub(crate) use law::{Data, Kind, Law};
use outliers::Regular;
use points::WINSOR;
pub(crate) use rows::{WriteRow, WriteRows};
pub(crate) use sums::{AT_END, Ends, WriteSums};

use crate::bins::{MIN_FOR_SPREAD, MIN_VALUES, drawn_range};
use crate::interval::{Scale, with_interval};
use crate::options::{FitOptions, Mechanism};
use crate::outcome::{Fitted, Outcome};
use crate::quality::quality;
use crate::report::{Bin, Candidate, Curve, FittedNumber, MechanismFit, Plot, Quality};
use crate::sample::{MIN_CELLS, Sample};
use crate::truncated::Bounds;
use crate::value_noise::ReadPart;

/// Mean of accepted writes, in standard errors and in half widths of the acceptance window, that lie on one side.
const ONE_SIDED: (f64, f64) = (5.0, 0.1);
/// Sigma of ln R of writes without spread among writes with one, the smallest of a device file.
const MIN_SIGMA: f64 = 1e-6;
/// Why accepted writes have no spread.
const EVEN: &str = "writes spread evenly over the acceptance window, which bounds their noise from below only";

/// Fits write noise.
pub(crate) fn fit_writes(
    writes: &WriteRows,
    ends: Ends,
    (options, reads): (&FitOptions, &ReadPart),
    sample: &Sample,
) -> Outcome<WriteSpec> {
    let regular = regular(writes, ends, options, sample)?;
    let all = regular.whole.all();
    let mut used = used(writes, &regular);
    if used.is_empty() {
        return Err(no_spread(writes, &regular.whole));
    }
    let with_spread = used.clone();
    let withheld = clipped(writes, &regular, &mut used)?;
    let targets: Vec<f64> = used.iter().map(|&bin| writes.bins.centres[bin]).collect();
    let chosen = |sums: &[BinSums]| used.iter().map(|&bin| sums[bin]).collect::<Vec<_>>();
    let (all, mut whole) = (chosen(&all), regular.whole.clone());
    whole.retain(&used);
    let noise: Vec<f64> =
        reads.noise.iter().flat_map(|noise| targets.iter().map(|&target| noise.variance(target))).collect();
    let of_whole =
        WriteFit { writes, whole: &whole, core: &whole, sample, targets: &targets, used: &used, noise: &noise };
    let data = of_whole.data(&all, &noise);
    let (kind, candidates) = of_whole.choose(&data, options.write_law)?;
    let mean_preserving = data.conventions().is_some_and(|[median, mean]| mean > median + 2.0);
    let mut core = regular.core(writes, kind.is_in_ln(), sample);
    core.retain(&used);
    let fit = WriteFit { core: &core, ..of_whole };
    let of_core = chosen(&core.all());
    let parameters = fit.estimate(&of_core, kind, &noise).ok_or("no law fits the writes")?;
    if parameters.iter().all(|parameter| *parameter <= 0.0) {
        return Err(no_more_than_reads(&fit.data(&of_core, &noise)));
    }
    let draws = fit.draws(kind, reads, &chosen);
    let mut numbers = fit.numbers((kind, &parameters), &draws, &of_core);
    let unbounded = if whole.accepted { accepted::bound(&fit, (kind, &parameters), &mut numbers) } else { None };
    let law =
        Law { kind, parameters: positive(parameters), targets: targets.clone(), mean_preserving, noise: noise.clone() };
    let quality = fit.quality(&law, &chosen(&core.training));
    let plot = fit.plot(&law, &of_core);
    let mut notes = fit.notes(&all, &of_core, ends);
    notes.extend(fit.notes_on_bins(kind, &with_spread));
    notes.extend(fit.note_on_tails(&law));
    notes.extend(undecided::note(&data, kind, &candidates, options));
    notes.extend(unbounded.into_iter().chain(reads.note.clone()).chain(few(sample.held_out.len())));
    let section = section::section(&law, options);
    let fit = MechanismFit {
        mechanism: Mechanism::Writes,
        law: law.kind.word(),
        method: method(&core, law.kind),
        numbers,
        candidates,
        quality,
        plot: Some(plot),
        notes,
    };
    Ok(Fitted { fit, section, withheld })
}

/// Returns a note for few `cells`.
fn few(cells: usize) -> Option<String> {
    let plural = if cells == 1 { "" } else { "s" };
    (cells < MIN_CELLS).then(|| format!("{cells} cell{plural}: intervals are rough, and no cell was held out"))
}

/// Returns the writes without outliers, if there are enough and every try aims at its target.
fn regular(writes: &WriteRows, ends: Ends, options: &FitOptions, sample: &Sample) -> Result<Regular, String> {
    if options.write_law == Some(WriteNoiseKind::None) {
        return Err("`none` was chosen as law".to_owned());
    }
    let n = writes.rows.len();
    if n < MIN_VALUES {
        return Err(format!("expected at least {MIN_VALUES} writes of working cells, got {n}"));
    }
    let regular = Regular::new(writes, ends, options, sample);
    let (whole, targets) = (&regular.whole, &writes.bins.centres);
    match whole.accepted.then(|| one_sided(&whole.all(), &whole.bounds, targets)).flatten() {
        Some(reason) => Err(reason),
        None => Ok(regular),
    }
}

/// Returns the bins with a spread and enough writes; all with a spread if none has enough.
fn used(writes: &WriteRows, regular: &Regular) -> Vec<usize> {
    let spread = regular.have_spread(writes);
    let all: Vec<usize> = (0..writes.bins.count()).filter(|&bin| spread[bin]).collect();
    let enough: Vec<usize> = all.iter().copied().filter(|&bin| writes.bins.counts[bin] >= MIN_FOR_SPREAD).collect();
    if enough.is_empty() { all } else { enough }
}

/// Returns the reason not to fit accepted writes that lie on one side of their `targets`, µS: tries that aim at the target
/// end as often above as below it. A controller that approaches its target in small steps, or from one side, ends where it
/// enters the acceptance window, which does not tell the spread of a try.
fn one_sided(sums: &[BinSums], bounds: &[Bounds], targets: &[f64]) -> Option<String> {
    let offsets = sums.iter().zip(bounds).zip(targets).filter_map(|((sums, bounds), target)| {
        let (mean, error) = (sums.relative.mean(), (sums.relative.variance() / sums.relative.n).sqrt());
        let far = mean.abs() > ONE_SIDED.0 * error && mean.abs() > ONE_SIDED.1 * bounds.high.at().exp_m1();
        far.then_some((mean * target, *target))
    });
    let (offset, target) = offsets.max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))?;
    let side = if offset > 0.0 { "above" } else { "below" };
    Some(format!(
        "accepted writes lie on one side of their targets, on average {:.3} µS {side} {target:.4} µS: tries that approach the \
         target in steps end where they enter the acceptance window, which hides the spread of a single try",
        offset.abs()
    ))
}

/// Takes the targets that the window clips too much for a table with outliers from the bins `used`, and returns the reason; none without
/// such targets, and an error if no other target is left.
fn clipped(writes: &WriteRows, regular: &Regular, used: &mut Vec<usize>) -> Result<Option<String>, String> {
    let mut clipped = regular.without_sigma(writes);
    clipped.retain(|of| used.contains(&of.bin));
    if clipped.is_empty() {
        return Ok(None);
    }
    used.retain(|&bin| clipped.iter().all(|of| of.bin != bin));
    let reason = contamination::reason(&clipped, &writes.bins.centres, !used.is_empty());
    if used.is_empty() { Err(reason) } else { Ok(Some(reason)) }
}

/// Returns `parameters` as a device file holds them: no spread is a very small one.
fn positive(parameters: Vec<f64>) -> Vec<f64> {
    parameters.into_iter().map(|parameter| parameter.max(MIN_SIGMA)).collect()
}

/// Returns the reason not to state a spread of writes below the noise of reads.
fn no_more_than_reads(data: &Data<'_>) -> String {
    let of_bins: Vec<(f64, f64)> =
        (0..data.targets.len()).filter_map(|bin| Some((data.ln_of(bin)?.1, data.noise_of_bin(bin).sqrt()))).collect();
    let widest = of_bins.iter().fold((0.0, 0.0), |widest, bin| if bin.0 > widest.0 { *bin } else { widest });
    format!(
        "values of writes spread by {:.2} %, and the noise of the reads that measured them is {:.2} %: writes themselves have no \
         visible spread",
        100.0 * widest.0,
        100.0 * widest.1
    )
}

/// Returns the reason why no bin has a spread.
fn no_spread(writes: &WriteRows, sums: &WriteSums) -> String {
    if writes.rows.iter().all(|row| row.v == writes.rows[0].v) {
        return "all writes deviate equally from their targets: the spread is below the resolution of the data"
            .to_owned();
    }
    if sums.accepted {
        return EVEN.to_owned();
    }
    "more than half of the writes of each target are equal: the spread is below the resolution of the data".to_owned()
}

fn method(core: &WriteSums, kind: Kind) -> String {
    let estimator = if core.accepted {
        "maximum likelihood, truncated at the acceptance window".to_owned()
    } else {
        let thresholds =
            if core.has_thresholds() { ", or fractions beyond thresholds where the window clips" } else { "" };
        let light = if core.light.contains(&true) { ", root mean square where tails are light" } else { "" };
        format!("winsorised moments at {WINSOR} standard deviations{thresholds}{light}, without outliers")
    };
    let law = match kind {
        Kind::Constant => "standard deviation in µS",
        Kind::Relative => "standard deviation relative to the target",
        Kind::OnePoint => "sigma of ln R, one for all targets",
        Kind::Table => "sigma of ln R by target",
    };
    format!("{estimator}: {law}; intervals by bootstrap over cells")
}

/// Chooses the law with the smallest BIC among those allowed.
fn choose(data: &Data<'_>, forced: Option<WriteNoiseKind>, accepted: bool) -> Result<(Kind, Vec<Candidate>), String> {
    let allowed = |kind: Kind| match forced {
        Some(WriteNoiseKind::Constant) => kind == Kind::Constant,
        Some(WriteNoiseKind::Relative) => kind == Kind::Relative,
        Some(WriteNoiseKind::Table) => kind == Kind::Table,
        // One target does not show how the spread depends on it.
        _ => data.targets.len() > 1 || matches!(kind, Kind::Relative | Kind::OnePoint),
    };
    let mut found: Vec<(Kind, f64)> = Vec::new();
    for kind in Kind::ALL.into_iter().filter(|&kind| allowed(kind)) {
        if let Some((parameters, ln_likelihood)) = data.estimate(kind) {
            found.push((kind, parameters.len() as f64 * data.count().ln() - 2.0 * ln_likelihood));
        }
    }
    let none = if accepted { EVEN } else { "no law has a finite likelihood" };
    let kind = found.iter().min_by(|a, b| a.1.total_cmp(&b.1)).ok_or(none)?.0;
    let candidate = |&(candidate, value): &(Kind, f64)| Candidate {
        law: candidate.label(),
        criterion: "BIC",
        value,
        chosen: candidate == kind,
    };
    Ok((kind, found.iter().map(candidate).collect()))
}

/// The bins of a fit.
#[derive(Clone, Copy)]
struct WriteFit<'a> {
    writes: &'a WriteRows,
    /// Writes within 3.5 standard deviations or the acceptance window.
    whole: &'a WriteSums,
    /// Writes that determine the numbers.
    core: &'a WriteSums,
    sample: &'a Sample,
    targets: &'a [f64],
    used: &'a [usize],
    /// Variance of read noise relative to the square of the target; empty for none.
    noise: &'a [f64],
}

impl WriteFit<'_> {
    fn data<'d>(&'d self, core: &'d [BinSums], noise: &'d [f64]) -> Data<'d> {
        Data { noise, ..self.core.data(self.targets, core) }
    }

    /// Chooses the law; the reason why there is none bounds accepted writes from below.
    fn choose(&self, data: &Data<'_>, forced: Option<WriteNoiseKind>) -> Result<(Kind, Vec<Candidate>), String> {
        choose(data, forced, self.whole.accepted).map_err(|reason| {
            let least = self.whole.accepted.then(|| accepted::least(self, forced)).flatten();
            reason + &least.unwrap_or_default()
        })
    }

    fn estimate(&self, core: &[BinSums], kind: Kind, noise: &[f64]) -> Option<Vec<f64>> {
        self.data(core, noise).parameters(kind)
    }

    /// Returns bootstrap samples of the parameters, each with the read noise of its own sample.
    fn draws(&self, kind: Kind, reads: &ReadPart, chosen: &dyn Fn(&[BinSums]) -> Vec<BinSums>) -> Vec<Vec<f64>> {
        let number = Cell::new(0);
        self.sample.bootstrap(|drawn| {
            let draw = number.replace(number.get() + 1);
            let noise = reads.noise.iter().flat_map(|noise| self.targets.iter().map(move |&at| noise.drawn(draw, at)));
            self.estimate(&chosen(&self.core.drawn(drawn)), kind, &noise.collect::<Vec<f64>>())
        })
    }

    fn numbers(&self, (kind, parameters): (Kind, &[f64]), draws: &[Vec<f64>], core: &[BinSums]) -> Vec<FittedNumber> {
        let data = self.data(core, self.noise);
        let counts: Vec<usize> = self.used.iter().map(|&bin| self.writes.bins.counts[bin]).collect();
        let total = (counts.iter().sum(), self.writes.cells());
        let number = |index: usize, key: &str, unit, factor: f64, (n, cells): (usize, usize)| {
            let draws: Vec<f64> = draws.iter().map(|draw| factor * draw[index]).collect();
            let noise = match kind {
                _ if self.noise.is_empty() => 0.0,
                Kind::Table => data.noise_of_bin(index),
                _ => factor * factor * data.noise_of_common(kind, parameters[0]),
            };
            let scale = Scale::spread(n as f64, noise);
            with_interval((key, unit), factor * parameters[index], &draws, scale, (n, cells))
        };
        match kind {
            Kind::Constant => vec![number(0, "write.sigma_microsiemens", "µS", 1.0, total)],
            Kind::Relative => vec![number(0, "write.sigma_percent_of_conductance", "%", 100.0, total)],
            Kind::OnePoint => vec![number(0, "write.points[0].sigma_ln_resistance", "", 1.0, total)],
            // Points of the file rise in resistance, bins in conductance.
            Kind::Table => (0..parameters.len())
                .rev()
                .enumerate()
                .map(|(point, bin)| {
                    let counts = (counts[bin], self.writes.cells_of(self.used[bin]));
                    number(bin, &format!("write.points[{point}].sigma_ln_resistance"), "", 1.0, counts)
                })
                .collect(),
        }
    }

    /// Tests the law of the other cells on those that were held out.
    fn quality(&self, law: &Law, training: &[BinSums]) -> Option<Quality> {
        let parameters = positive(self.estimate(training, law.kind, self.noise)?);
        let law = Law { parameters, ..law.clone() };
        let rows = self.writes.rows.iter().filter(|row| self.sample.held_out[row.cell as usize]);
        let mut z = Vec::new();
        for row in rows {
            let Ok(bin) = self.used.binary_search(&(row.bin as usize)) else { continue };
            z.push((row.cell, self.residual(&law, bin, row.target(), row.v)));
        }
        quality(z, self.sample.held_out.iter().filter(|held| **held).count())
    }

    /// Returns the residual of v: conditional on the acceptance window, and NaN at a clipped end.
    fn residual(&self, law: &Law, bin: usize, target: f64, v: f64) -> f64 {
        use crate::normal::{between, quantile};
        use crate::truncated::Bound::Censored;
        let bounds = self.whole.bounds[bin];
        let (low, high) = (law.z(bin, target, bounds.low.at()), law.z(bin, target, bounds.high.at()));
        let z = law.z(bin, target, v);
        let clipped = [bounds.low, bounds.high].map(|bound| matches!(bound, Censored(_)));
        if !self.whole.accepted && clipped == [false; 2] {
            return z;
        }
        let low = if self.whole.accepted || clipped[0] { low } else { f64::NEG_INFINITY };
        let high = if self.whole.accepted || clipped[1] { high } else { f64::INFINITY };
        if z <= low || z >= high {
            return f64::NAN;
        }
        quantile((between(low, z) / between(low, high)).clamp(1e-300, 1.0 - 1e-16))
    }

    fn plot(&self, law: &Law, core: &[BinSums]) -> Plot {
        let draws = self.sample.bootstrap(|drawn| {
            let drawn = self.core.drawn(drawn);
            let drawn: Vec<_> = self.used.iter().map(|&bin| drawn[bin]).collect();
            let data = self.data(&drawn, self.noise);
            let of = |bin: usize| data.ln_of(bin).map_or(f64::NAN, |found| data.without_noise(bin, found.1));
            Some((0..self.targets.len()).map(of).collect())
        });
        let data = self.data(core, self.noise);
        let accepted = self.whole.accepted.then(|| accepted::of_bins(self, core));
        let bin = |bin: usize| {
            let value = data.without_noise(bin, data.ln_of(bin)?.1);
            let draws: Vec<f64> = draws.iter().map(|draw| draw[bin]).collect();
            let (n, cells) = (core[bin].count(), self.writes.cells_of(self.used[bin]));
            let number = with_interval(("", ""), value, &draws, Scale::spread(n, data.noise_of_bin(bin)), (0, cells));
            let interval = match &accepted {
                // A bin that is bounded from below only has no place in the figure.
                Some(accepted) => Some(accepted[bin]?),
                None => number.interval_95,
            };
            let (low, high) = interval.unwrap_or((value, value));
            Some(Bin { x: 1e6 / self.targets[bin], y: number.value, low, high, n: n as usize })
        };
        let (low, high) = drawn_range(self.targets[0], self.targets[self.targets.len() - 1]);
        let law = (0..=50).map(|step| {
            let target = low * (high / low).powf(f64::from(step) / 50.0);
            (1e6 / target, law.ln_sigma(target))
        });
        Plot {
            x_label: "Resistance (ohm)",
            y_label: "Sigma of ln R",
            x_log: true,
            y_log: true,
            curves: vec![Curve {
                name: String::new(),
                bins: (0..self.targets.len()).filter_map(bin).collect(),
                law: law.collect(),
            }],
        }
    }
}
