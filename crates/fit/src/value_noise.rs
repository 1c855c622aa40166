//! Read noise in the values of writes.
//!
//! ```text
//! value   m = w + sqrt(f) σ e        w the conductance, σ(G) the noise of one read, f = 1 for one read, 1/N for the mean of N
//! D = variance of (m - mean of K further reads) / σ² = f + 1/K
//! ```
//!
//! D tells f, from reads of the same writes. It is 1 for values that are one of these reads, and 1/K for those that are their
//! mean. Without reads of the same writes, a value is taken to be one read, unless its column says that it is the written
//! conductance, as in the tables of `device sample`. The median absolute deviation makes D robust.

use std::collections::HashMap;

use crate::input::Role;
use crate::normal::quantile;
use crate::reads::{EQUAL_READS, WhiteLaw};
use crate::sample::robust;
use crate::table::Table;

/// Smallest number of writes with reads of their own that tell what a value is: of two reads each, ln D is known to 0.33, a third of the
/// distance between f = 0 and f = 1.
const MIN_PAIRS: usize = 50;
/// Standard errors from which D differs from a value.
const SIGNIFICANT: f64 = 4.0;
/// Relative distance of a value from one of its reads at which it is this read.
const EQUAL: f64 = 1e-9;
/// Efficiency of the median absolute deviation for a normal sample.
const MAD_EFFICIENCY: f64 = 0.37;
/// Fractional part of the golden ratio, which scatters errors over bootstrap samples.
const GOLDEN: f64 = 0.618_033_988_749_895;

/// What is known of the read noise in the values of writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadPart {
    /// Noise to subtract; none if there is none, or it is unknown.
    pub noise: Option<ValueNoise>,
    /// What the reader of the report should know.
    pub note: Option<String>,
}

/// Read noise in the values of writes.
#[derive(Clone, Debug)]
pub(crate) struct ValueNoise {
    law: WhiteLaw,
    /// f, with its standard error; 0 for one read.
    factor: (f64, f64),
}

impl ValueNoise {
    /// Returns the variance of a value relative to its square at `conductance`, µS.
    pub fn variance(&self, conductance: f64) -> f64 {
        self.factor.0 * self.law.relative(conductance).powi(2)
    }

    /// Returns the same of bootstrap sample number `draw`.
    pub fn drawn(&self, draw: usize, conductance: f64) -> f64 {
        let error = quantile(((draw + 1) as f64 * GOLDEN).fract().clamp(1e-6, 1.0 - 1e-6));
        (self.factor.0 + self.factor.1 * error).max(0.0) * self.law.drawn(draw, conductance).powi(2)
    }
}

/// Returns the read noise in the values of `writes` from the fitted `law` of `reads`; the reason why there is no law otherwise.
pub(crate) fn read_part(
    writes: &Table,
    reads: Option<&Table>,
    law: Result<&WhiteLaw, &str>,
    accepted: bool,
) -> ReadPart {
    let included =
        |reason: &str| format!("the spread of writes includes the noise of the reads that measured them: {reason}");
    let Ok(law) = law else {
        let reason = law.err().unwrap_or_default();
        return ReadPart { noise: None, note: (!writes.written && reason != EQUAL_READS).then(|| included(reason)) };
    };
    if accepted && !writes.written {
        let reason = "a read that decided on acceptance is no random one, so that its noise is not subtracted";
        return ReadPart { noise: None, note: Some(included(reason)) };
    }
    let pairs = reads.map(|reads| pairs(writes, reads)).unwrap_or_default();
    match factor(&pairs, law) {
        Some((Value::Exact, _)) => {
            let note = "values of writes agree with the means of their reads: they carry no read noise, and none is subtracted";
            ReadPart { noise: None, note: Some(note.to_owned()) }
        }
        _ if writes.written => ReadPart::default(),
        found => {
            let (value, factor) = found.unwrap_or((Value::OneRead, (1.0, 0.0)));
            let note = match value {
                Value::OneRead if pairs.len() < MIN_PAIRS => "each value of a write is taken to be one read".to_owned(),
                Value::OneRead => "each value of a write is one read".to_owned(),
                Value::MeanOfReads => "each value of a write is the mean of its reads".to_owned(),
                Value::Between | Value::Exact => {
                    format!("values of writes have {:.0} % of the variance of one read", 100.0 * factor.0)
                }
            };
            let noise = Some(ValueNoise { law: law.clone(), factor });
            ReadPart { noise, note: Some(format!("{note}: the read noise is subtracted from the spread of writes")) }
        }
    }
}

/// What a value of a write is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Exact,
    OneRead,
    MeanOfReads,
    Between,
}

/// A value and the reads of the same write, µS.
type Pair = (f64, Vec<f64>);

/// Returns the values of `writes` that have reads of their own.
fn pairs(writes: &Table, reads: &Table) -> Vec<Pair> {
    if reads.role == Some(Role::Writes) {
        let of = |row: usize| (writes.value[row], reads.reads.iter().map(|column| column[row]).collect());
        return (0..writes.rows().min(reads.rows())).map(of).collect();
    }
    let target = |table: &Table, row: usize| table.target.get(row).map_or(0, |target| target.to_bits());
    let mut of_writes: HashMap<(String, u32, u64), Vec<f64>> = HashMap::new();
    for rows in reads.series(None) {
        let row = rows[0] as usize;
        let values = rows.iter().flat_map(|&row| of_row(reads, row as usize)).collect();
        of_writes.insert((reads.cells.name(reads.cell[row]), reads.cycle[row], target(reads, row)), values);
    }
    let pair = |row: usize| {
        let key = (writes.cells.name(writes.cell[row]), writes.cycle[row], target(writes, row));
        Some((writes.value[row], of_writes.get(&key)?.clone()))
    };
    (0..writes.rows()).filter_map(pair).collect()
}

/// Returns the reads of one row.
fn of_row(table: &Table, row: usize) -> Vec<f64> {
    if table.reads.is_empty() { vec![table.value[row]] } else { table.reads.iter().map(|column| column[row]).collect() }
}

/// Returns what values are, and f with its standard error; none if too few writes have reads.
fn factor(pairs: &[Pair], law: &WhiteLaw) -> Option<(Value, (f64, f64))> {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    pairs.iter().for_each(|pair| *counts.entry(pair.1.len()).or_default() += 1);
    let k = counts.into_iter().max_by_key(|&(k, count)| (count, k))?.0;
    let alike: Vec<&Pair> = pairs.iter().filter(|pair| pair.1.len() == k).collect();
    if k == 0 || alike.len() < MIN_PAIRS {
        return None;
    }
    let is_one = |pair: &&&Pair| pair.1.iter().any(|read| (read / pair.0 - 1.0).abs() < EQUAL);
    if 2 * alike.iter().filter(is_one).count() > alike.len() {
        return Some((Value::OneRead, (1.0, 0.0)));
    }
    let z = |pair: &&Pair| {
        let mean = pair.1.iter().sum::<f64>() / k as f64;
        let sigma = mean * law.relative(mean);
        Some((pair.0 - mean) / sigma).filter(|z| mean > 0.0 && z.is_finite())
    };
    let mut z: Vec<f64> = alike.iter().filter_map(z).collect();
    let n = z.len() as f64;
    if z.len() < MIN_PAIRS {
        return None;
    }
    let found = robust(&mut z).1.powi(2);
    let of_mean = 1.0 / k as f64;
    // The standard error of ln D, from the median and from the law.
    let error = (2.0 / (MAD_EFFICIENCY * n) + 3.0 / law.differences as f64).sqrt();
    let (of_exact, of_one) = ((found / of_mean).ln(), (found / (1.0 + of_mean)).ln());
    Some(if of_exact < -(SIGNIFICANT * error).max(std::f64::consts::LN_2) {
        (Value::MeanOfReads, (of_mean, 0.0))
    } else if of_exact > SIGNIFICANT * error && of_one < -SIGNIFICANT * error {
        (Value::Between, (found - of_mean, found * error))
    } else if of_exact.abs() < of_one.abs() {
        (Value::Exact, (0.0, 0.0))
    } else {
        (Value::OneRead, (1.0, 0.0))
    })
}
