//! One device of a table of writes and a table of pulse trains.
//!
//! A device has one write scheme. Measured pulses describe it better than the results of writes, so it is pulsed, without write noise. Gains
//! of cells are those of pulse trains if these differ. Otherwise they are those of writes, unless pulse trains exclude them.

use ohmspike_crossbar::device::{DeviceToDeviceSpec, SchemeKind, WriteNoiseKind, WrittenCells};

use crate::device_file::DeviceFile;
use crate::options::Mechanism;
use crate::pulses::PulseSections;
use crate::report::{FittedNumber, MechanismFit};

/// Key of the gains of both tables.
const GAIN: &str = "device_to_device.step_gain_sigma";

/// States `sections` in `file` instead of what writes gave, and returns the mechanisms that `file` does not state; their fits say so.
pub(crate) fn state_pulses(
    file: &mut DeviceFile,
    mechanisms: &mut [MechanismFit],
    sections: PulseSections,
) -> Vec<Mechanism> {
    let mut unstated = Vec::new();
    let mut write = file.write.take().unwrap_or_default();
    (write.scheme, write.verify, write.pulses) = (SchemeKind::Pulsed, None, Some(sections.pulses));
    (write.noise, write.cells) = (WriteNoiseKind::None, WrittenCells::Changed);
    (write.points, write.convention) = (None, None);
    (write.sigma_microsiemens, write.sigma_percent_of_conductance) = (None, None);
    file.write = Some(write);
    if let Some(fit) = of(mechanisms, Mechanism::Writes) {
        fit.notes.push(
            "this write noise is not in the device file: a device has one write scheme, here that of the measured pulses with their cycle noise"
                .to_owned(),
        );
        unstated.push(Mechanism::Writes);
    }
    let from_writes = of(mechanisms, Mechanism::CellToCell).and_then(|fit| gain(fit).cloned());
    let Some(from_writes) = from_writes else {
        file.device_to_device = sections.variation.or(file.device_to_device.take());
        return unstated;
    };
    let from_pulses = of(mechanisms, Mechanism::Pulses).and_then(|fit| gain(fit).cloned());
    let kept = keeps(&from_writes, sections.variation.as_ref(), sections.most_gain);
    let Some(note) = note((&from_writes, from_pulses.as_ref()), sections.most_gain, kept) else { return unstated };
    if kept {
        of(mechanisms, Mechanism::Pulses).into_iter().for_each(|fit| fit.notes.push(note.clone()));
        return unstated;
    }
    file.device_to_device = sections.variation;
    let fit = of(mechanisms, Mechanism::CellToCell).expect("it has a gain");
    fit.notes.push(note);
    for number in fit.numbers.iter_mut().filter(|number| number.key == GAIN) {
        number.unstated = Some("standard deviation of gains in writes".to_owned());
    }
    unstated.push(Mechanism::CellToCell);
    unstated
}

fn of(mechanisms: &mut [MechanismFit], mechanism: Mechanism) -> Option<&mut MechanismFit> {
    mechanisms.iter_mut().find(|fit| fit.mechanism == mechanism)
}

fn gain(fit: &MechanismFit) -> Option<&FittedNumber> {
    fit.numbers.iter().find(|number| number.key == GAIN)
}

/// Returns whether the device keeps the gains of writes: pulse trains have none, and allow them.
fn keeps(from_writes: &FittedNumber, variation: Option<&DeviceToDeviceSpec>, most: Option<f64>) -> bool {
    let least = from_writes.interval_95.map_or(from_writes.value, |interval| interval.0);
    variation.is_none() && most.is_none_or(|most| least <= most)
}

/// Returns what to know about gains of both tables.
fn note(
    (from_writes, from_pulses): (&FittedNumber, Option<&FittedNumber>),
    most: Option<f64>,
    kept: bool,
) -> Option<String> {
    let (low, high) = from_writes.interval_95.unwrap_or((from_writes.value, from_writes.value));
    let of_writes = format!("{:.3} ({low:.3} to {high:.3})", from_writes.value);
    if kept {
        return Some(format!("the device file has the gains of the writes, with a standard deviation of {of_writes}"));
    }
    let (of_pulses, disagree) = match (from_pulses, most) {
        (Some(gain), _) => {
            let (least, most) = gain.interval_95.unwrap_or((gain.value, gain.value));
            (format!("{:.3} ({least:.3} to {most:.3})", gain.value), least > high || most < low)
        }
        (None, Some(most)) => (format!("below {most:.3}"), true),
        (None, None) => return None,
    };
    let stated = format!("the standard deviation of gains is {of_writes} in writes and {of_pulses} in pulse trains");
    Some(if disagree {
        format!(
            "{stated}. The two disagree: the tables may come from different cells, or writes may have errors that pulses do not. The device \
             file uses the pulse trains"
        )
    } else {
        format!("{stated}. The device file uses the pulse trains")
    })
}
