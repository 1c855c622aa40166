//! Devices that may give a cell many pulses in one write.

use ohmspike_crossbar::device::Device;

use super::Warning;

/// Pulses of one write from which they are told: a hundred times the default. At 10^8 pulses a second of one core, an update of all
/// 80,000 cells of the study's network takes seconds.
const MANY: u32 = 10_000;

/// The warning of a device that lets a write have that many.
pub(super) fn many_pulses(device: &Device) -> Option<Warning> {
    let most = device.write.pulses()?.most_pulses;
    (most >= MANY).then(|| Warning::ManyPulses { device: device.name.clone(), most })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_pulses_are_told() {
        let of = |most: u32| {
            let mut device = Device::built_in("ecram-mo-kim-2019").unwrap();
            if let ohmspike_crossbar::device::Scheme::Pulsed(pulses) = &mut device.write.scheme {
                pulses.most_pulses = most;
            }
            many_pulses(&device)
        };
        assert_eq!(of(9_999), None);
        let told = of(10_000).expect("many").to_string();
        assert!(
            told.starts_with("device `ecram-mo-kim-2019`: write.pulses.most_pulses: one update may give a cell 10000"),
            "{told}"
        );
    }
}
