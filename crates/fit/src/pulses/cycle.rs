//! What is stated of the cycle noise of pulses, and on what evidence.

use super::curve::Fit;
use super::noise::{Noise, NoiseSums};
use crate::interval::{Scale, with_interval};
use crate::normal::quantile;
use crate::report::FittedNumber;
use crate::sample::{Sample, signed_root};

/// Keys of both directions.
const KEYS: [&str; 2] = ["write.pulses.cycle_sigma_percent_of_step", "write.pulses.down_cycle_sigma_percent_of_step"];
/// Smallest number of pairs of successive steps.
const MIN_PAIRS: usize = 10;
/// Difference of log-likelihoods from which one law is likelier: the wrong one is by as much in 2 % of all tables at most.
const EVIDENCE: f64 = 4.0;

/// Returns what the reads between pulses have of noise, how much of it is the `rounding` of their values, and whether a window `from_data` is wider for
/// it.
pub(super) fn read_note(noise: &Noise, rounding: f64, from_data: bool) -> Option<String> {
    let [constant, relative] = [noise.reads.constant, noise.reads.relative].map(|variance| 100.0 * variance.sqrt());
    let size = match (constant > 0.0, relative > 0.0) {
        (false, false) => return None,
        (true, false) => format!("{constant:.3} % of the window"),
        (false, true) => format!("{relative:.3} % of the conductance"),
        (true, true) => format!("{constant:.3} % of the window and {relative:.3} % of the conductance"),
    };
    let wider = if from_data {
        "; the window ends at the most extreme reads, so that noise widens it: state it with --window if you know it"
    } else {
        ""
    };
    let rounded = if noise.reads.is_rounding(rounding) {
        format!(": values are rounded, which alone makes {:.3} % of the window", 100.0 * rounding.sqrt())
    } else {
        String::new()
    };
    Some(format!("reads of these pulses have a noise of {size}, which does not count as cycle noise{rounded}{wider}"))
}

/// Widens the intervals of cycle noise to those of all models that may hold.
/// `curves` returns those of a sample.
pub(super) fn unite(
    numbers: &mut [FittedNumber],
    sums: &NoiseSums,
    sample: &Sample,
    curves: impl Fn(&[f64]) -> Option<[Fit; 2]>,
) {
    let everyone = vec![1.0; sample.groups];
    let Some(fits) = curves(&everyone) else { return };
    for model in &sums.others {
        let draws = sample.bootstrap(|drawn| {
            let found = model.drawn(drawn, &curves(drawn)?);
            Some(found.cycle.map(|cycle| 100.0 * signed_root(cycle)).to_vec())
        });
        let found = model.drawn(&everyone, &fits);
        for (direction, key) in KEYS.into_iter().enumerate() {
            let Some(number) = numbers.iter_mut().find(|number| number.key == key) else { continue };
            let values: Vec<f64> = draws.iter().map(|draw| draw[direction]).collect();
            let scale = Scale::spread(number.n as f64, 1e4 * found.subtracted[direction]);
            let value = 100.0 * signed_root(found.cycle[direction]);
            let other = with_interval((key, ""), value, &values, scale, (number.n, number.cells));
            let both = |one: Option<(f64, f64)>, other: Option<(f64, f64)>| match (one, other) {
                (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
                (one, _) => one,
            };
            number.interval_95 = both(number.interval_95, other.interval_95);
            number.interval_99 = both(number.interval_99, other.interval_99);
        }
    }
}

/// Removes the numbers that the data do not determine, and widens intervals for read noise that was not seen. Returns the noise
/// of the device file, and notes.
///
/// `own` is the standard deviation over cells of mean steps at equal states that no gain explains, if there is one.
pub(super) fn state(
    numbers: &mut Vec<FittedNumber>,
    mut noise: Noise,
    sums: &NoiseSums,
    own: Option<f64>,
) -> (Noise, Vec<String>) {
    let mut notes = Vec::new();
    for (direction, word) in ["up", "down"].into_iter().enumerate() {
        let place = numbers.iter().position(|number| number.key == KEYS[direction]);
        let Some(place) = place else { continue };
        if sums.likely.is_none() {
            widen(&mut numbers[place], direction, (&noise, sums));
        }
        let number = &numbers[place];
        let is_hidden = sums.likely.is_some() && number.interval_95.is_none_or(|(low, _)| low <= 0.0);
        let reason = if let Some(own) = own {
            format!(
                "cells do not share one curve. At equal states, their mean steps differ by {:.3} % of the window (standard \
                 deviation) in a way that no gain explains, as if their windows differ; with noisy reads, this passes for cycle noise, \
                 and in part for gains",
                100.0 * own
            )
        } else if sums.likely.is_none() && sums.pairs[direction] < MIN_PAIRS {
            let pairs = sums.pairs[direction];
            format!("the trains have {pairs} pairs of successive {word} pulses, fewer than {MIN_PAIRS}")
        } else if is_hidden {
            let most = number.interval_95.map(|(_, high)| format!("; it is below {high:.1} % of a step (97.5 %)"));
            format!("the noise of the reads hides it{}", most.unwrap_or_default())
        } else {
            continue;
        };
        notes.push(format!("the cycle noise of {word} pulses is not stated, and 0 in the device file: {reason}"));
        numbers.remove(place);
        noise.sigma[direction] = 0.0;
    }
    if noise.sigma.iter().any(|sigma| *sigma > 0.0) {
        notes.push(law_note(&noise, sums.evidence));
    }
    (noise, notes)
}

/// Lowers the interval of `number` by the largest read noise that may have passed for cycle noise.
fn widen(number: &mut FittedNumber, direction: usize, (noise, sums): (&Noise, &NoiseSums)) {
    for (interval, level) in [(&mut number.interval_95, 0.95), (&mut number.interval_99, 0.99)] {
        let hidden = 1e4 * sums.reads.hidden(quantile(0.5 + 0.5 * level), noise.additive)[direction];
        if let Some((low, _)) = interval {
            *low = (*low * *low - hidden).max(0.0).sqrt();
        }
    }
}

/// Returns which law the cycle noise follows, and how clearly.
fn law_note(noise: &Noise, evidence: f64) -> String {
    let (chosen, other) = if noise.additive { ("additive", "multiplicative") } else { ("multiplicative", "additive") };
    let is = if noise.additive { "the same at all states" } else { "proportional to the step at each state" };
    if evidence < EVIDENCE {
        return format!(
            "cycle noise is stated as {chosen} ({is}), but the data do not tell it from {other}: log-likelihoods differ by \
             {evidence:.1}. Its intervals hold for both"
        );
    }
    format!("cycle noise is {chosen} ({is}): its log-likelihood is {evidence:.0} above that of {other} noise")
}
