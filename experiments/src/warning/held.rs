//! Tables of a device that end within its window.

use crossbar::device::{Device, Drift, WhiteNoise, WriteNoise};

use super::Warning;

/// The tables of `device` that end within its window.
pub(super) fn held_tables(device: &Device) -> Vec<Warning> {
    let mut ends: Vec<(&'static str, [f64; 2])> = Vec::new();
    let mut table = |key, resistances: Vec<f64>| {
        ends.extend(resistances.first().zip(resistances.last()).map(|(first, last)| (key, [*first, *last])));
    };
    if let WriteNoise::Table(spread) = &device.write.noise {
        table("write.points", spread.points().iter().map(|point| point.resistance_ohm).collect());
    }
    if let WhiteNoise::Table(spread) = &device.read.white {
        table("read.white.points", spread.points().iter().map(|point| point.resistance_ohm).collect());
    }
    if let Drift::Power(law) = &device.drift {
        table("drift.points", law.points().iter().map(|point| point.resistance_ohm).collect());
    }
    if let Some(bent) = &device.read.nonlinearity {
        table("read.nonlinearity.points", bent.points().iter().map(|point| point.resistance_ohm).collect());
    }
    let [low, high] = [device.window.high(), device.window.low()].map(|end| 1e6 / f64::from(end));
    // An end of the window is the f32 of a conductance.
    let rounding = f64::from(f32::EPSILON);
    let warning = |(key, [first, last]): (&'static str, [f64; 2])| {
        let below = (first > low * (1.0 + rounding)).then_some(first);
        let above = (last < high * (1.0 - rounding)).then_some(last);
        let device = device.name.clone();
        (below.is_some() || above.is_some()).then_some(Warning::Held { device, key, window: (low, high), below, above })
    };
    ends.into_iter().filter_map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(keys: &str) -> Vec<String> {
        let window = r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#;
        let device = Device::from_json(&format!(r#"{{ "name": "test", {window}{keys} }}"#));
        held_tables(&device.unwrap()).iter().map(Warning::to_string).collect()
    }

    #[test]
    fn tables_that_end_within_the_window_are_held() {
        let points = |ends: [f64; 2]| {
            format!(
                r#", "read": {{ "white": {{ "noise": "table", "points": [
                {{ "resistance_ohm": {}, "sigma_ln_resistance": 0.1 }},
                {{ "resistance_ohm": {}, "sigma_ln_resistance": 0.1 }}] }} }}"#,
                ends[0], ends[1]
            )
        };
        let of = |ends| told(&points(ends));
        assert_eq!(of([1e3, 1e6]), [""; 0]);
        assert_eq!(
            of([2e3, 5e5]),
            [
                "device `test`: read.white.points: does not reach over the window of 1000 to 1000000 ohm: values are held \
              below 2000 ohm and above 500000 ohm\n\nhint: put `device.window` where the points are, or add points"
            ],
        );
        assert!(of([1e3, 5e5])[0].contains("values are held above 500000 ohm\n"));
    }

    /// The ends of a window are rounded twice, to f32 and back: no warning may come of that.
    #[test]
    fn every_table_is_looked_at() {
        let keys: [(&str, &[&str]); 3] =
            [("illustrative-oxide", &[]), ("pcm-joshi-2020", &[]), ("cmo-hfox-falcone-2025", &[])];
        for (name, expected) in keys {
            let tables: Vec<&str> = held_tables(&Device::built_in(name).unwrap())
                .into_iter()
                .map(|warning| if let Warning::Held { key, .. } = warning { key } else { "" })
                .collect();
            assert_eq!(tables, expected, "{name}");
        }
        let held = r#", "write": { "noise": "table", "points": [{ "resistance_ohm": 5000, "sigma_ln_resistance": 0.1 }] },
            "drift": { "law": "power", "reference_seconds": 1,
                       "points": [{ "resistance_ohm": 5000, "exponent": 0, "exponent_sigma": 0.1 }] },
            "read": { "volts": 0.1, "nonlinearity": { "reference_volts": 0.1, "points": [
                      { "resistance_ohm": 5000, "quadratic_per_volt": 0, "cubic_per_square_volt": 1 }] } }"#;
        let told = told(held);
        for (told, key) in told.iter().zip(["write.points", "drift.points", "read.nonlinearity.points"]) {
            assert!(told.contains(key) && told.contains("below 5000 ohm and above 5000 ohm"), "{told}");
        }
        assert_eq!(told.len(), 3);
    }
}
