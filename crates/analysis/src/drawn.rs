//! Random streams that a trial draws from, so that another seed for them can change its outcome.
//!
//! | stream | used if |
//! |---|---|
//! | initial | a connection does not start from a conductance map |
//! | order | always |
//! | write | the study has noise, or the device has write noise, stochastic rounding to pulses, noisy verify reads, or drift with a spread and enough time |
//! | read | the device has white or random telegraph noise |
//! | chip | the device has device-to-device variation, faults without a map, converter errors, traps, reference cells, or drift of the first write |

use ohmspike_crossbar::device::{Converters, Device, DeviceToDevice, Drift, ReferenceBranch, StepGain, WhiteNoise};
use ohmspike_snn::connection::Connection;
use ohmspike_stats::draws::Draws;
use ohmspike_study::chip_maps::of_connection;
use ohmspike_study::prepare::{Devices, LoadedDevice};
use ohmspike_study::settings::{PairKind, Settings};

/// Whether a trial draws from each stream of [`ohmspike_stats::draws::STREAMS`].
pub type Streams = [bool; 5];

/// Returns the streams that a trial with `settings` draws from.
pub fn streams(settings: &Settings, devices: &Devices) -> Streams {
    let [mut initial, mut write, mut read, mut chip] = [false; 4];
    for connection in settings.connections() {
        let Some(loaded) = devices.of(connection) else {
            initial = true;
            write |= settings.noise.level_percent > 0.0;
            continue;
        };
        let device = &loaded.device;
        initial |= of_connection(&loaded.maps.conductance, connection).is_none();
        write |= writes_spread(settings, device);
        read |= reads_spread(device);
        chip |= chips_differ(settings, loaded, connection);
    }
    [initial, true, write, read, chip]
}

/// Returns the seeds of the streams in `drawn`, for a trial with `seed`.
pub fn draws(settings: &Settings, seed: u64, drawn: Streams) -> Draws {
    let given = &settings.seeds;
    let given = [given.initial, given.order, given.write, given.read, given.chip];
    let mut draws = Draws(given.map(|stream| Some(stream.unwrap_or(seed))));
    draws.0.iter_mut().zip(drawn).filter(|(_, drawn)| !drawn).for_each(|(stream, _)| *stream = None);
    draws
}

/// Whether writes have a random part.
fn writes_spread(settings: &Settings, device: &Device) -> bool {
    let scaled = settings.hardware.write_spread_scale > 0.0;
    let noise = device.write.noise.spreads(settings.noise.level_percent > 0.0);
    let verified = device.write.verify().is_some() && white_spreads(device);
    noise && scaled || device.write.pulses().is_some() || verified || drift_spreads(settings, device)
}

fn white_spreads(device: &Device) -> bool {
    match &device.read.white {
        WhiteNoise::None => false,
        WhiteNoise::Constant { sigma } => *sigma > 0.0,
        WhiteNoise::Relative { fraction } => *fraction > 0.0,
        WhiteNoise::Table(table) => table.points().iter().any(|point| point.sigma_ln_resistance > 0.0),
    }
}

fn traps(device: &Device) -> bool {
    let telegraph = device.read.rtn.telegraph();
    telegraph.is_some_and(|telegraph| telegraph.fraction_of_cells > 0.0 && telegraph.amplitude > 0.0)
}

fn reads_spread(device: &Device) -> bool {
    white_spreads(device) || traps(device)
}

/// Whether drift has a random part before the test.
fn drift_spreads(settings: &Settings, device: &Device) -> bool {
    let spreads = match &device.drift {
        Drift::None => false,
        Drift::Power(law) => law.points().iter().any(|point| point.exponent_sigma > 0.0),
        Drift::LogTime(law) => law.sigma > 0.0 || law.sigma_at_reference > 0.0,
    };
    spreads && settings.hardware.retention_seconds > 0.0
}

/// Whether two chips of the device differ in the cells of `connection`.
fn chips_differ(settings: &Settings, loaded: &LoadedDevice, connection: Connection) -> bool {
    let device = &loaded.device;
    let mapped = of_connection(&loaded.maps.fault, connection).is_some();
    let reference = matches!(device.reference_branch, ReferenceBranch::Cell { sigma } if sigma > 0.0);
    cells_differ(&device.device_to_device)
        || converters_differ(&device.converters)
        || !mapped && !device.faults.is_none()
        || reference && settings.hardware.pair == PairKind::OneBranch
        || traps(device)
        || drift_spreads(settings, device)
}

fn cells_differ(chip: &DeviceToDevice) -> bool {
    // The variation of the down gain is a fraction of that of the up gain.
    let DeviceToDevice {
        low_resistance,
        high_resistance,
        ends: _,
        step_gain,
        up_down,
        down_gain: _,
        slope,
        write_spread,
    } = *chip;
    let gain = step_gain.map(|gain| match gain {
        StepGain::Normal { sigma } | StepGain::LogNormal { sigma } => sigma,
    });
    [low_resistance, high_resistance, gain, up_down, slope, write_spread].into_iter().flatten().any(|sigma| sigma > 0.0)
}

fn converters_differ(converters: &Converters) -> bool {
    let dac = converters.dac.is_some_and(|dac| dac.gain_sigma > 0.0);
    dac || converters.adc.is_some_and(|adc| adc.gain_sigma > 0.0 || adc.offset_sigma > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(keys: &str, change: impl Fn(&mut Settings)) -> Streams {
        let window = r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#;
        let device = Device::from_json(&format!(r#"{{ "name": "test", {window}{keys} }}"#));
        let loaded = LoadedDevice::from(device.unwrap_or_else(|error| panic!("{keys}: {error}")));
        let mut settings = Settings::default();
        change(&mut settings);
        streams(&settings, &Some(&loaded).into())
    }

    const NOTHING: Streams = [true, true, false, false, false];

    #[test]
    fn digital_weights_draw_their_noise() {
        let mut settings = Settings::default();
        assert_eq!(streams(&settings, &Devices::default()), NOTHING);
        settings.noise.level_percent = 1.0;
        assert_eq!(streams(&settings, &Devices::default()), [true, true, true, false, false]);
    }

    #[test]
    fn mechanisms_of_size_zero_draw_nothing() {
        for off in [
            "",
            r#", "write": { "noise": "from-study" }"#,
            r#", "device_to_device": { "low_resistance_sigma_ln": 0, "high_resistance_sigma_ln": 0 }"#,
            r#", "faults": { "p_low_resistance": 0 }"#,
            r#", "converters": { "dac": { "bits": 8, "gain_sigma_percent": 0 } }"#,
        ] {
            assert_eq!(of(off, |_| ()), NOTHING, "{off}");
        }
    }

    #[test]
    fn every_mechanism_draws_from_its_stream() {
        let (write, read, chip) =
            ([true, true, true, false, false], [true, true, false, true, false], [true, true, false, false, true]);
        for (keys, expected) in [
            (r#", "write": { "noise": "constant", "sigma_microsiemens": 1 }"#, write),
            (r#", "read": { "white": { "noise": "constant", "sigma_microsiemens": 1 } }"#, read),
            (r#", "device_to_device": { "low_resistance_sigma_ln": 0.1 }"#, chip),
            (r#", "faults": { "p_low_resistance": 0.1 }"#, chip),
            (r#", "reference_branch": { "kind": "cell", "sigma_ln_resistance": 0.1 }"#, chip),
        ] {
            assert_eq!(of(keys, |_| ()), expected, "{keys}");
        }
        let constant = r#", "write": { "noise": "constant", "sigma_microsiemens": 1 }"#;
        assert_eq!(of(constant, |settings| settings.hardware.write_spread_scale = 0.0), NOTHING);
        let drift = r#", "drift": { "law": "log-time", "reference_seconds": 1, "mean_microsiemens_per_ln": 0.1,
            "sigma_microsiemens_per_ln": 1, "sigma_microsiemens_at_reference": 0 }"#;
        assert_eq!(of(drift, |_| ()), NOTHING);
        let rested = of(drift, |settings| settings.hardware.retention_seconds = 10.0);
        assert_eq!(rested, [true, true, true, false, true]);
    }

    #[test]
    fn stream_seeds_override_the_seed_of_the_trial() {
        let mut settings = Settings::default();
        settings.seeds.order = Some(7);
        assert_eq!(draws(&settings, 3, NOTHING), Draws([Some(3), Some(7), None, None, None]));
    }
}
