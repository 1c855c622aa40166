//! Warnings about a deployment that the answer keeps.

use ohmspike_crossbar::device::WriteNoise;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::warning::law;

use super::chip_at_chance::ChipAtChance;
use super::facts::{ExactMemory, fraction};
use super::{Bound, Cell, DeployError, DeployOptions, DeployWarning, DeployedNetwork, Variant, YIELD_BELOW};

/// Difference between a network and the outcome of its training that training with noise can explain, 0 to 1.
const BELOW_TRAINING: f64 = 0.05;

/// Returns warnings about what the devices of `cell` lack: a drift law at some times, or noise that the study sets.
pub fn of_devices(cell: &Cell, prepared: &Prepared, options: &DeployOptions) -> Vec<DeployWarning> {
    let devices = prepared.devices_of(&cell.settings);
    let held = devices.with(&cell.matrices.iter().map(|(connection, _)| (*connection, ())).collect::<Vec<_>>());
    let later: Vec<f64> = options.after_seconds.iter().copied().filter(|seconds| *seconds > 0.0).collect();
    let mut found = Vec::new();
    for (loaded, _) in held {
        let device = &loaded.device;
        if !later.is_empty() && device.drift.is_off() {
            found.push(DeployWarning::NoDrift { device: device.name.clone() });
        }
        if matches!(device.write.noise, WriteNoise::FromStudy) && cell.update_sigma == 0.0 {
            found.push(DeployWarning::NoStudyNoise { device: device.name.clone() });
        }
        found.extend(later.iter().filter_map(|seconds| law::time("--after", device, *seconds)).map(DeployWarning::Law));
    }
    found
}

/// Returns a warning about a device of which mechanisms are asked for and that has none: `cells` has no variant of `cell`.
pub fn of_mechanisms(
    cell: &Cell,
    cells: &[Cell],
    networks: &[DeployedNetwork],
    options: &DeployOptions,
) -> Vec<DeployWarning> {
    let is_variant =
        |other: &Cell| (other.network, other.device) == (cell.network, cell.device) && other.variant != Variant::Whole;
    let none = options.mechanisms && !cells.iter().any(is_variant);
    let device = || networks[cell.network].device_names().swap_remove(cell.device);
    none.then(|| DeployWarning::NoMechanisms { device: device() }).into_iter().collect()
}

/// Returns warnings about weights with the wrong sign, and about a threshold that says nothing.
pub fn of_exact(
    exact: &ExactMemory,
    cell: &Cell,
    network: &DeployedNetwork,
    options: &DeployOptions,
) -> Vec<DeployWarning> {
    let percent = |accuracy: f64| 100.0 * accuracy;
    let stored = exact.stored_accuracy().filter(|_| exact.broken.is_none());
    let signs = stored.map(|stored| wrong_signs(cell, network, exact.accuracy(), stored));
    let threshold = options.yield_above.filter(|_| exact.broken.is_none()).and_then(|above| {
        if above <= exact.chance {
            Some(DeployWarning::AtChance { above: percent(above), chance: percent(exact.chance) })
        } else if above >= exact.accuracy() {
            let (network, exact) = (network.name.clone(), percent(exact.accuracy()));
            Some(DeployWarning::AboveExact { network, above: percent(above), exact })
        } else {
            None
        }
    });
    let raised = options.yield_above.is_none() && exact.accuracy() - YIELD_BELOW < exact.chance;
    let near = (raised && exact.broken.is_none()).then(|| DeployWarning::NearChance {
        network: network.name.clone(),
        exact: percent(exact.accuracy()),
        chance: percent(exact.chance),
    });
    signs.into_iter().chain(threshold).chain(near).chain(below_training(exact, network)).collect()
}

/// Returns warnings about chip number `chip` of the only cell of `network`, which is read `seconds` after programming.
///
/// # Errors
/// Returns a [`DeployError`] if the chip cannot be made.
pub fn of_chip(
    bound: &Bound,
    network: &DeployedNetwork,
    (seed, chip, seconds): (u64, u32, f64),
) -> Result<Vec<DeployWarning>, DeployError> {
    let (digital, stored) = (bound.chips.digital(), bound.cell.stored.as_ref().map(|_| bound.chips.stored()));
    let exact = ExactMemory::new(bound, network, Some(&digital), stored.as_ref());
    if let Some(broken) = exact.warning(bound.cell, network) {
        return Ok(vec![broken]);
    }
    let signs = exact.stored_accuracy().map(|stored| wrong_signs(bound.cell, network, exact.accuracy(), stored));
    let correct = bound.chips.chip(seed, chip, &[seconds])?.correct[0];
    let at_chance = exact.is_chance(correct).then(|| ChipAtChance {
        chip,
        file: network.stored.file.clone(),
        seconds,
        accuracy: 100.0 * fraction(correct, exact.samples),
        chance: 100.0 * exact.chance,
        exact: 100.0 * exact.accuracy(),
    });
    Ok(signs.into_iter().chain(at_chance.map(DeployWarning::from)).collect())
}

fn wrong_signs(cell: &Cell, network: &DeployedNetwork, deployed: f64, stored: f64) -> DeployWarning {
    let (file, places) = (network.stored.file.clone(), cell.wrong_signs());
    DeployWarning::WrongSigns { file, places, deployed: 100.0 * deployed, stored: 100.0 * stored }
}

/// Returns a warning about a network that is far worse than at the end of its training. Weights with the wrong sign have a
/// warning of their own.
fn below_training(exact: &ExactMemory, network: &DeployedNetwork) -> Option<DeployWarning> {
    let trained = network.stored.outcome()?;
    let is_below = exact.accuracy() + BELOW_TRAINING < trained;
    (is_below && exact.broken.is_none() && exact.stored_correct.is_none()).then(|| DeployWarning::BelowTraining {
        file: network.stored.file.clone(),
        exact: 100.0 * exact.accuracy(),
        trained: 100.0 * trained,
    })
}

/// Returns a warning without its hint.
pub fn without_hint(warning: &DeployWarning) -> String {
    let text = warning.to_string();
    text.split("\n\n").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 97.46 % is not below 97.456 %, and 33.331 % is not above a third.
    #[test]
    fn thresholds_that_messages_name_are_allowed() {
        let above = DeployWarning::AboveExact { network: "net".to_owned(), above: 97.46, exact: 97.456 };
        let told = "--yield-above: expected less than 97.45 %, the accuracy of net with digital weights, got 97.46 %; few chips exceed it";
        assert_eq!(without_hint(&above), told);
        let chance = DeployWarning::AtChance { above: 33.331, chance: 100.0 / 3.0 };
        let told = "--yield-above: expected more than 33.34 %, which is chance, got 33.331 %; chips that have forgotten everything would pass";
        assert_eq!(without_hint(&chance), told);
    }
}
