//! Write noise from writes with known targets.
//!
//! ```text
//! v = ln(G / T)        in bins of the target T
//! start                median and 1.4826 MAD of v in each bin
//! outliers             writes beyond 3.5 standard deviations of the estimate from the start
//! maximum likelihood   normal, truncated at the outliers or the acceptance window, censored at the ends of the window
//! law                  constant, relative or table, with the smallest BIC
//! intervals            bootstrap over cells, Student t on the scale of ln sigma
//! ```

mod law;
mod rows;
mod section;
mod sums;

use ohmspike_crossbar::device::{WriteNoiseKind, WriteSpec};

pub(crate) use law::{Data, Kind, Law};
pub(crate) use rows::{WriteRow, WriteRows};
pub(crate) use sums::{AT_END, Ends, WriteSums};

use crate::bins::{LEAST_VALUES, drawn_range};
use crate::interval::{Scale, with_interval};
use crate::options::{FitOptions, Mechanism};
use crate::outcome::{Fitted, Outcome};
use crate::quality::quality;
use crate::report::{Bin, Candidate, Curve, FittedNumber, MechanismFit, Plot, Quality};
use crate::sample::{LEAST_CELLS, Sample};
use crate::truncated::Bounds;

/// Fraction of outliers that is worth a note.
const MANY_OUTLIERS: f64 = 0.01;
/// Mean of accepted writes, in standard errors and in half widths of the acceptance window, that lie on one side.
const ONE_SIDED: (f64, f64) = (5.0, 0.1);
/// Offset in standard errors and in standard deviations that is worth a note.
const OFFSET: (f64, f64) = (4.0, 0.1);

/// Fits write noise.
pub(crate) fn fit_writes(writes: &WriteRows, ends: Ends, options: &FitOptions, sample: &Sample) -> Outcome<WriteSpec> {
    if options.write_law == Some(WriteNoiseKind::None) {
        return Err("`none` was chosen as law".to_owned());
    }
    let n = writes.rows.len();
    if n < LEAST_VALUES {
        return Err(format!("expected at least {LEAST_VALUES} writes of working cells, got {n}"));
    }
    let mut sums = outliers_left_out(writes, ends, options, sample);
    let all = sums.all();
    let data = Data { targets: &writes.bins.centres, bounds: &sums.bounds, sums: &all, centred: sums.accepted };
    let used: Vec<usize> = (0..writes.bins.count()).filter(|&bin| data.ln_of(bin).is_some()).collect();
    if let Some(reason) = sums.accepted.then(|| one_sided(&all, &sums.bounds, &writes.bins.centres)).flatten() {
        return Err(reason);
    }
    if used.is_empty() {
        return Err(no_spread(writes, &sums));
    }
    let targets: Vec<f64> = used.iter().map(|&bin| writes.bins.centres[bin]).collect();
    sums.bounds = used.iter().map(|&bin| sums.bounds[bin]).collect();
    let chosen = |sums: &[sums::BinSums]| used.iter().map(|&bin| sums[bin]).collect::<Vec<_>>();
    let fit = WriteFit { writes, sums: &sums, sample, targets: &targets, used: &used };
    let (law, candidates) = fit.choose(&chosen(&all), options.write_law)?;
    let draws = sample.bootstrap(|drawn| fit.estimate(&chosen(&sums.drawn(drawn)), law.kind));
    let numbers = fit.numbers(&law, &draws);
    let quality = fit.quality(&law, &chosen(&sums.training));
    let plot = fit.plot(&law, &chosen(&all));
    let mut notes = fit.notes(&chosen(&all), ends, writes.bins.count());
    if sample.held_out.len() < LEAST_CELLS {
        notes.push(format!("{} cells: intervals are rough, and no cell was held out", sample.held_out.len()));
    }
    let section = section::section(&law, options);
    let fit = MechanismFit {
        mechanism: Mechanism::Writes,
        law: law.kind.word(),
        method: method(&sums, law.kind),
        numbers,
        candidates,
        quality,
        plot: Some(plot),
        notes,
    };
    Ok(Fitted { fit, section })
}

/// Returns the sums of `writes` without outliers.
fn outliers_left_out(writes: &WriteRows, ends: Ends, options: &FitOptions, sample: &Sample) -> WriteSums {
    let sums = WriteSums::new(writes, ends, options.acceptance, sample);
    let all = sums.all();
    let data = Data { targets: &writes.bins.centres, bounds: &sums.bounds, sums: &all, centred: sums.accepted };
    let estimates: Vec<Option<(f64, f64)>> = (0..writes.bins.count()).map(|bin| data.ln_of(bin)).collect();
    sums.refined(writes, &estimates, sample)
}

/// Returns the reason not to fit accepted writes that lie on one side of their `targets`, µS: tries that aim at the target
/// end as often above as below it. A controller that approaches its target in small steps, or from one side, ends where it
/// enters the acceptance window, which does not tell the spread of a try.
fn one_sided(sums: &[sums::BinSums], bounds: &[Bounds], targets: &[f64]) -> Option<String> {
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

/// Returns the reason why no bin has a spread.
fn no_spread(writes: &WriteRows, sums: &WriteSums) -> String {
    if writes.rows.iter().all(|row| row.v == writes.rows[0].v) {
        return "all writes deviate equally from their targets: the spread is below the resolution of the data"
            .to_owned();
    }
    if sums.accepted {
        return "writes spread evenly over the acceptance window, which bounds their noise from below only".to_owned();
    }
    "more than half of the writes of each target are equal: the spread is below the resolution of the data".to_owned()
}

fn method(sums: &WriteSums, kind: Kind) -> String {
    let bounds = if sums.accepted { "the acceptance window" } else { "3.5 standard deviations" };
    let law = match kind {
        Kind::Constant => "standard deviation in µS",
        Kind::Relative => "standard deviation relative to the target",
        Kind::OnePoint => "sigma of ln R, one for all targets",
        Kind::Table => "sigma of ln R by target",
    };
    format!("maximum likelihood, truncated at {bounds}: {law}; intervals by bootstrap over cells")
}

/// The bins of a fit.
struct WriteFit<'a> {
    writes: &'a WriteRows,
    sums: &'a WriteSums,
    sample: &'a Sample,
    targets: &'a [f64],
    used: &'a [usize],
}

impl WriteFit<'_> {
    fn data<'b>(&'b self, sums: &'b [sums::BinSums]) -> Data<'b> {
        Data { targets: self.targets, bounds: &self.sums.bounds, sums, centred: self.sums.accepted }
    }

    fn estimate(&self, sums: &[sums::BinSums], kind: Kind) -> Option<Vec<f64>> {
        Some(self.data(sums).estimate(kind)?.0)
    }

    /// Chooses the law with the smallest BIC among those allowed.
    fn choose(&self, sums: &[sums::BinSums], forced: Option<WriteNoiseKind>) -> Result<(Law, Vec<Candidate>), String> {
        let data = self.data(sums);
        let allowed = |kind: Kind| match forced {
            Some(WriteNoiseKind::Constant) => kind == Kind::Constant,
            Some(WriteNoiseKind::Relative) => kind == Kind::Relative,
            Some(WriteNoiseKind::Table) => kind == Kind::Table,
            // One target does not show how the spread depends on it.
            _ => self.targets.len() > 1 || matches!(kind, Kind::Relative | Kind::OnePoint),
        };
        let mut found: Vec<(Kind, Vec<f64>, f64)> = Vec::new();
        for kind in Kind::ALL.into_iter().filter(|&kind| allowed(kind)) {
            if let Some((parameters, ln_likelihood)) = data.estimate(kind) {
                let bic = parameters.len() as f64 * data.count().ln() - 2.0 * ln_likelihood;
                found.push((kind, parameters, bic));
            }
        }
        let best = found.iter().min_by(|a, b| a.2.total_cmp(&b.2)).ok_or("no law has a finite likelihood")?;
        let kind = best.0;
        let candidates = found.iter().map(|(candidate, _, value)| Candidate {
            law: candidate.label(),
            criterion: "BIC",
            value: *value,
            chosen: *candidate == kind,
        });
        let mean_preserving = data.conventions().is_some_and(|[median, mean]| mean > median + 2.0);
        let law = Law { kind, parameters: best.1.clone(), targets: self.targets.to_vec(), mean_preserving };
        Ok((law, candidates.collect()))
    }

    fn numbers(&self, law: &Law, draws: &[Vec<f64>]) -> Vec<FittedNumber> {
        let counts: Vec<usize> = self.used.iter().map(|&bin| self.writes.bins.counts[bin]).collect();
        let total = (counts.iter().sum(), self.writes.cells());
        let number = |index: usize, key: &str, unit, factor: f64, (n, cells): (usize, usize)| {
            let draws: Vec<f64> = draws.iter().map(|draw| factor * draw[index]).collect();
            let scale = Scale::spread(n as f64, 0.0);
            with_interval((key, unit), factor * law.parameters[index], &draws, scale, (n, cells))
        };
        match law.kind {
            Kind::Constant => vec![number(0, "write.sigma_microsiemens", "µS", 1.0, total)],
            Kind::Relative => vec![number(0, "write.sigma_percent_of_conductance", "%", 100.0, total)],
            Kind::OnePoint => vec![number(0, "write.points[0].sigma_ln_resistance", "", 1.0, total)],
            // Points of the file rise in resistance, bins in conductance.
            Kind::Table => (0..law.parameters.len())
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
    fn quality(&self, law: &Law, training: &[sums::BinSums]) -> Option<Quality> {
        let law = Law { parameters: self.estimate(training, law.kind)?, ..law.clone() };
        let rows = self.writes.rows.iter().filter(|row| self.sample.held_out[row.cell as usize]);
        let mut z = Vec::new();
        for row in rows {
            let Ok(bin) = self.used.binary_search(&(row.bin as usize)) else { continue };
            // The target of the row itself, which differs from that of its bin if the bin spans several.
            let target = row.conductance / row.v.exp();
            z.push(self.residual(&law, bin, target, row.v));
        }
        quality(z, self.sample.held_out.iter().filter(|held| **held).count())
    }

    /// Returns the residual of v: conditional on the acceptance window, and NaN at a clipped end.
    fn residual(&self, law: &Law, bin: usize, target: f64, v: f64) -> f64 {
        use crate::normal::{between, quantile};
        use crate::truncated::Bound::Censored;
        let bounds = self.sums.bounds[bin];
        let (low, high) = (law.z(target, bounds.low.at()), law.z(target, bounds.high.at()));
        let z = law.z(target, v);
        let clipped = [bounds.low, bounds.high].map(|bound| matches!(bound, Censored(_)));
        if !self.sums.accepted && clipped == [false; 2] {
            return z;
        }
        let low = if self.sums.accepted || clipped[0] { low } else { f64::NEG_INFINITY };
        let high = if self.sums.accepted || clipped[1] { high } else { f64::INFINITY };
        if z <= low || z >= high {
            return f64::NAN;
        }
        quantile((between(low, z) / between(low, high)).clamp(1e-300, 1.0 - 1e-16))
    }

    fn plot(&self, law: &Law, sums: &[sums::BinSums]) -> Plot {
        let draws = self.sample.bootstrap(|drawn| {
            let drawn = self.sums.drawn(drawn);
            let drawn: Vec<_> = self.used.iter().map(|&bin| drawn[bin]).collect();
            let data = self.data(&drawn);
            (0..self.targets.len()).map(|bin| Some(data.ln_of(bin)?.1)).collect()
        });
        let data = self.data(sums);
        let bin = |bin: usize| {
            let value = data.ln_of(bin)?.1;
            let draws: Vec<f64> = draws.iter().map(|draw| draw[bin]).collect();
            let (n, cells) = (sums[bin].count(), self.writes.cells_of(self.used[bin]));
            let number = with_interval(("", ""), value, &draws, Scale::spread(n, 0.0), (0, cells));
            let (low, high) = number.interval_95.unwrap_or((value, value));
            Some(Bin { x: 1e6 / self.targets[bin], y: value, low, high, n: n as usize })
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

    fn notes(&self, sums: &[sums::BinSums], ends: Ends, bins: usize) -> Vec<String> {
        let mut notes = Vec::new();
        if self.sums.accepted {
            notes.push("every try is assumed to aim at the target".to_owned());
        }
        let n: f64 = sums.iter().map(sums::BinSums::count).sum();
        let outliers: usize = self.used.iter().map(|&bin| self.sums.outliers[bin]).sum();
        let fraction = outliers as f64 / (n + outliers as f64);
        if fraction > MANY_OUTLIERS {
            let beyond =
                if self.sums.accepted { "outside the acceptance window" } else { "beyond 3.5 standard deviations" };
            notes.push(format!("{outliers} writes ({:.1} %) are {beyond} and left out", 100.0 * fraction));
        }
        let clipped: f64 = sums.iter().map(|bin| bin.ln.low + bin.ln.high).sum();
        if clipped > 0.0 && ends != Ends::default() {
            notes.push(format!("{clipped:.0} writes ({:.1} %) end at an end of the window", 100.0 * clipped / n));
        }
        if self.targets.len() < bins {
            notes.push(format!("{} of {bins} bins have no spread and are left out", bins - self.targets.len()));
        }
        let data = self.data(sums);
        for (bin, &target) in self.targets.iter().enumerate().filter(|_| !self.sums.accepted) {
            let Some((mean, sigma)) = data.ln_of(bin) else { continue };
            let error = sigma / sums[bin].count().sqrt();
            if mean.abs() > OFFSET.0 * error + 0.5 * sigma * sigma && mean.abs() > OFFSET.1 * sigma {
                let side = if mean > 0.0 { "above" } else { "below" };
                notes.push(format!(
                    "writes to {target:.4} µS end {:.2} % {side} their target on average; a device file has no key for \
                     this offset",
                    100.0 * mean.exp_m1().abs()
                ));
            }
        }
        notes
    }
}
