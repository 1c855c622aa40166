//! What differs between the repeats of a study.

use ohmspike_crossbar::device::{Device, DeviceToDevice, ReferenceBranch, Rtn};
use ohmspike_study::settings::{NO_DEVICE, Settings};

/// Lists the random streams that differ between repeats. `chips_differ` tells whether chips do.
pub fn varies(settings: &Settings, chips_differ: bool) -> Vec<String> {
    let seeds = &settings.seeds;
    let on_cells = settings.hardware.device != NO_DEVICE;
    let streams = [
        ("chip (variation and faults of its cells)", seeds.chip, chips_differ),
        ("initial weights", seeds.initial, true),
        ("sample order", seeds.order, true),
        ("write noise", seeds.write, true),
        ("read noise", seeds.read, on_cells),
    ];
    let varied = streams.into_iter().filter(|(_, fixed, applies)| fixed.is_none() && *applies);
    varied.map(|(name, ..)| name.to_owned()).collect()
}

/// Whether chips of `device` differ before any write.
pub fn chips_differ(device: &Device) -> bool {
    let (adc, dac) = (device.converters.adc, device.converters.dac);
    device.device_to_device != DeviceToDevice::default()
        || !device.faults.is_none()
        || device.read.rtn != Rtn::None
        || matches!(device.reference_branch, ReferenceBranch::Cell { sigma } if sigma > 0.0)
        || adc.is_some_and(|adc| adc.gain_sigma > 0.0 || adc.offset_sigma > 0.0)
        || dac.is_some_and(|dac| dac.gain_sigma > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_seeds_and_equal_chips_do_not_vary() {
        let mut settings = Settings::default();
        assert_eq!(varies(&settings, false), ["initial weights", "sample order", "write noise"]);
        settings.hardware.device = "study-1k-1m".to_owned();
        settings.seeds.order = Some(1);
        let expected = ["chip (variation and faults of its cells)", "initial weights", "write noise", "read noise"];
        assert_eq!(varies(&settings, true), expected);
    }

    #[test]
    fn chips_differ_by_faults_and_variation() {
        let ideal = Device::built_in("ideal").expect("built in");
        assert!(!chips_differ(&ideal));
        let mut faulty = ideal;
        faulty.faults.dead_row = 0.01;
        assert!(chips_differ(&faulty));
    }
}
