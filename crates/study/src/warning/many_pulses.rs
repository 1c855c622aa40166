//! Warnings about devices that allow many pulses per write.

use ohmspike_crossbar::device::Device;

use super::Warning;

/// Smallest limit that warns, 100 times the default. One core computes about 10⁸ pulses per second, so an update of all
/// 80 000 cells of the paper's network takes seconds.
const MANY: u32 = 10_000;
/// Pulses per write unless a device sets `max_pulses`.
pub(super) const USUAL: u32 = 100;

/// Returns a warning if `device` allows at least [`MANY`] pulses per write.
pub(super) fn many_pulses(device: &Device) -> Option<Warning> {
    let most = device.write.pulses()?.max_pulses;
    (most >= MANY).then(|| Warning::ManyPulses { device: device.name.clone(), most })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warns_from_ten_thousand_pulses_on() {
        let of = |most: u32| {
            let mut device = Device::built_in("ecram-mo-kim-2019").unwrap();
            if let ohmspike_crossbar::device::Scheme::Pulsed(pulses) = &mut device.write.scheme {
                pulses.max_pulses = most;
            }
            many_pulses(&device)
        };
        assert_eq!(of(9_999), None);
        let told = of(10_000).expect("many").to_string();
        assert!(told.contains("hint: set it to 100, the default,"), "{told}");
        assert!(
            told.starts_with("device `ecram-mo-kim-2019`: write.pulses.max_pulses: one update may take 10000 pulses"),
            "{told}"
        );
    }
}
