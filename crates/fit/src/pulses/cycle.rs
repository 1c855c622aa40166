//! What is stated of the cycle noise of pulses, and on what evidence.

use super::noise::{Noise, NoiseSums};
use crate::normal::quantile;
use crate::report::FittedNumber;

/// Keys of both directions.
const KEYS: [&str; 2] =
    ["write.pulses.cycle_sigma_percent_of_step", "write.pulses.down_cycle_sigma_percent_of_step"];
/// Smallest number of pairs of successive steps.
const LEAST_PAIRS: usize = 10;
/// Difference of log-likelihoods from which one law is likelier.
const EVIDENCE: f64 = 2.0;

/// Returns what the reads between pulses have of noise.
pub(super) fn read_note(noise: &Noise) -> Option<String> {
    let [constant, relative] = [noise.reads.constant, noise.reads.relative].map(|variance| 100.0 * variance.sqrt());
    let size = match (constant > 0.0, relative > 0.0) {
        (false, false) => return None,
        (true, false) => format!("{constant:.3} % of the window"),
        (false, true) => format!("{relative:.3} % of the conductance"),
        (true, true) => format!("{constant:.3} % of the window and {relative:.3} % of the conductance"),
    };
    Some(format!("reads of these pulses have a noise of {size}, which does not count as cycle noise"))
}

/// Removes the numbers that the data do not determine, and widens intervals for read noise that was not seen. Returns the noise
/// of the device file, and notes.
pub(super) fn state(numbers: &mut Vec<FittedNumber>, mut noise: Noise, sums: &NoiseSums) -> (Noise, Vec<String>) {
    let mut notes = Vec::new();
    for (direction, word) in ["up", "down"].into_iter().enumerate() {
        let place = numbers.iter().position(|number| number.key == KEYS[direction]);
        let Some(place) = place else { continue };
        if sums.likely.is_none() {
            widen(&mut numbers[place], direction, (&noise, sums));
        }
        let number = &numbers[place];
        let is_hidden = sums.likely.is_some() && number.interval_95.is_none_or(|(low, _)| low <= 0.0);
        let reason = if sums.pairs[direction] < LEAST_PAIRS {
            let pairs = sums.pairs[direction];
            format!("the trains have {pairs} pairs of successive {word} pulses, fewer than {LEAST_PAIRS}")
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
             {evidence:.1}"
        );
    }
    format!("cycle noise is {chosen} ({is}): its log-likelihood is {evidence:.0} above that of {other} noise")
}
