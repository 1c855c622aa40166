//! Whether writes tell how their spread depends on the target.
//!
//! The BIC of the laws compares them at the targets of the table. Where it does not tell them apart, and they differ within the window, the law is a
//! choice. A table of several points claims nothing beyond the targets.

use super::law::{Data, Kind};
use crate::options::FitOptions;
use crate::report::Candidate;

/// Difference of BIC below which laws are undecided: a likelihood ratio of 20.
const UNDECIDED: f64 = 6.0;
/// Ratio of the standard deviations of two laws that matters.
const MATTERS: f64 = 1.2;

/// Returns a note if the `candidates` do not tell the law of `kind` from another that differs from it within the window.
pub(super) fn note(data: &Data<'_>, kind: Kind, candidates: &[Candidate], options: &FitOptions) -> Option<String> {
    if options.write_law.is_some() || (kind == Kind::Table && data.targets.len() > 1) {
        return None;
    }
    let [lowest, .., highest] = data.targets[..] else {
        return Some(format!(
            "a single target, {:.4} µS, does not show how the spread depends on it; `{}` is assumed. Choose another law with `--law writes={}`",
            data.targets[0],
            kind.word(),
            if kind == Kind::Constant { Kind::Relative.word() } else { Kind::Constant.word() }
        ));
    };
    let (low, high) = options.window.map_or((lowest, highest), |(low, high)| (low.min(lowest), high.max(highest)));
    let chosen = data.estimate(kind)?.0[0];
    let bic = |kind: Kind| candidates.iter().find(|one| one.law == kind.label()).map(|one| one.value);
    let rival = |other: Kind| {
        let apart = bic(other)? - bic(kind)?;
        let parameter = data.estimate(other)?.0[0];
        let at = |at: f64| (at, relative(kind, chosen, at), relative(other, parameter, at));
        let (at, one, two) = [at(low), at(high)].into_iter().max_by(|one, two| ratio(one).total_cmp(&ratio(two)))?;
        (other != kind && other != Kind::Table && apart < UNDECIDED && ratio(&(at, one, two)) > MATTERS)
            .then_some((other, apart, at, one, two))
    };
    let rivals = Kind::ALL.into_iter().filter_map(rival);
    let (other, apart, at, one, two) =
        rivals.max_by(|one, two| ratio(&(one.2, one.3, one.4)).total_cmp(&ratio(&(two.2, two.3, two.4))))?;
    Some(format!(
        "writes to {lowest:.4} to {highest:.4} µS do not tell the law `{}` from `{}`: their BICs differ by {apart:.1}, less than {UNDECIDED}. At {at:.4} µS, these \
         laws have standard deviations of {:.2} % and {:.2} %",
        kind.label(),
        other.label(),
        100.0 * one,
        100.0 * two
    ))
}

/// Returns the ratio, at least 1, of the last two.
fn ratio((_, one, two): &(f64, f64, f64)) -> f64 {
    (one / two).max(two / one)
}

/// Returns the standard deviation of a law with one `parameter` relative to a target `at`, µS.
fn relative(kind: Kind, parameter: f64, at: f64) -> f64 {
    if kind == Kind::Constant { parameter / at } else { parameter }
}
