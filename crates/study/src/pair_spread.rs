//! Converts the noise of a cell to the noise of a weight, which depends on the pair.
//!
//! ```text
//! w = κ (G+ - G-)     sigma_w² = weight_per_microsiemens² (sigma+² + sigma-²), over the cells that an update writes, or
//! over those that a read sees with noise
//!
//! one-branch              one cell is written and is at Gmin + |w| / κ; the reference cell does not change
//! push-pull               both cells are written and are at the middle of the window plus and minus w / (2 κ)
//! potentiation-only       both cells are written if updates also reach cells without a change
//! ```
//!
//! Two cells at nearly the same conductance have √2 times the noise of one. The noise of the study refers to the
//! weight, so the cells share it.

use ohmspike_crossbar::PairMapping;
use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::spread::{WeightUnits, write_spread};
use ohmspike_snn::connection::Connection;

use crate::settings::{PairKind, Settings};

/// Units of a write to weights of `connection`, for noise per cell; none if the window cannot hold the weights.
pub fn units_of_write(settings: &Settings, device: &Device, connection: Connection) -> Option<WeightUnits> {
    let both = settings.hardware.pair.writes_both_cells(device.write.reaches_every_cell());
    units(settings, device, connection, both)
}

/// Units of a read, which sees the noise of both cells of a pair; in `one-branch` pairs, the reference counts as exact.
pub fn units_of_read(settings: &Settings, device: &Device, connection: Connection) -> Option<WeightUnits> {
    units(settings, device, connection, settings.hardware.pair != PairKind::OneBranch)
}

fn units(settings: &Settings, device: &Device, connection: Connection, both_cells: bool) -> Option<WeightUnits> {
    let weight_at_gmax = settings.weight_at_gmax_of(connection) as f32;
    let weight_per_microsiemens =
        f64::from(PairMapping::new(device.window, weight_at_gmax).ok()?.weight_per_microsiemens());
    let weight_per_microsiemens =
        if both_cells { weight_per_microsiemens * std::f64::consts::SQRT_2 } else { weight_per_microsiemens };
    let (sigma_init, update_sigma) = (settings.weights.sigma_init, settings.update_sigma());
    Some(WeightUnits { weight_per_microsiemens, sigma_init, update_sigma })
}

/// Conductance of the main cell of a pair that holds `weight` in the hidden layer, µS.
pub fn conductance_of(weight: f64, settings: &Settings, device: &Device) -> Option<f64> {
    let (window, hardware) = (device.window, &settings.hardware);
    let weight_per_microsiemens = f64::from(
        PairMapping::new(window, settings.weight_at_gmax_of(Connection::Feedforward(0)) as f32)
            .ok()?
            .weight_per_microsiemens(),
    );
    let (low, span) = (f64::from(window.low()), f64::from(window.span()));
    Some(match hardware.pair {
        PairKind::OneBranch | PairKind::PotentiationOnly => low + weight / weight_per_microsiemens,
        PairKind::PushPull => low + 0.5 * span + 0.5 * weight / weight_per_microsiemens,
    })
}

/// Returns the write noise of a typical initial weight of the first hidden layer, % of the initial weight spread; none if
/// the window cannot hold the weight.
pub fn percent_of_one_write(settings: &Settings, device: &Device) -> Option<f64> {
    let (hardware, sigma_init) = (&settings.hardware, settings.weights.sigma_init);
    let target = conductance_of(sigma_init, settings, device)?;
    let units = units_of_write(settings, device, Connection::Feedforward(0))?;
    let written = write_spread(device, &[1e6 / target], Some(units)).first()?.percent_of_sigma_init?;
    let written = written * hardware.write_spread_scale;
    // Accepted cells are spread roughly evenly over the acceptance window.
    let accepted = device.write.verify().map(|verify| {
        let half_width = f64::from(verify.acceptance.microsiemens(target as f32));
        100.0 * units.weight_per_microsiemens * half_width / 3f64.sqrt() / sigma_init
    });
    Some(accepted.map_or(written, |accepted| written.min(accepted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HIDDEN: Connection = Connection::Feedforward(0);

    /// A level of 20 % is 20 % of `sigma_init` in every pair; 2 µS per cell is √2 times as much if two cells are
    /// written.
    #[test]
    fn study_noise_refers_to_the_weight_and_cell_noise_adds_up() {
        let constant = r#"{ "name": "c", "window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 },
            "write": { "noise": "constant", "sigma_microsiemens": 2 } }"#;
        let constant = Device::from_json(constant).unwrap();
        let study = Device::built_in("study-1k-1m").unwrap();
        let mut settings = Settings::default();
        settings.noise.level_percent = 20.0;
        let percent = |settings: &Settings, device: &Device| {
            let units = units_of_write(settings, device, HIDDEN).unwrap();
            write_spread(device, &[1e4], Some(units))[0].percent_of_sigma_init.unwrap()
        };
        let one_cell = percent(&settings, &constant);
        // κ is f32.
        let near = |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 1e-6, "{found} for {expected}");
        for (pair, factor) in
            [(PairKind::OneBranch, 1.0), (PairKind::PushPull, 2f64.sqrt()), (PairKind::PotentiationOnly, 2f64.sqrt())]
        {
            settings.hardware.pair = pair;
            near(percent(&settings, &study), 20.0);
            near(percent(&settings, &constant), factor * one_cell);
        }
        let changed = Device {
            write: ohmspike_crossbar::device::Write {
                cells: ohmspike_crossbar::device::WrittenCells::Changed,
                ..constant.write.clone()
            },
            ..constant.clone()
        };
        near(percent(&settings, &changed), one_cell);
    }

    #[test]
    fn push_pull_cells_are_near_the_middle() {
        let device = Device::built_in("study-1k-1m").unwrap();
        let mut settings = Settings::default();
        assert!((conductance_of(0.001, &settings, &device).unwrap() - 1.999).abs() < 1e-6);
        settings.hardware.pair = PairKind::PushPull;
        assert!((conductance_of(0.001, &settings, &device).unwrap() - 500.9995).abs() < 1e-4);
    }
}
