//! Cost of writing: tries of a verified write, pulses of a pulsed write.

use std::fmt::Write;

use ohmspike_crossbar::device::{Device, Direction, Pulses};
use ohmspike_rng::Seed;
use ohmspike_study::significant::{percent, short, significant};

use super::spreads::resistances;
use crate::device_sample::Chip;

/// Number of sampled writes; their mean is accurate to a few percent.
const WRITES: usize = 2000;
/// Fraction of the window covered by a full swing: shrinking steps never reach the ends.
const SWING: f32 = 0.9;
/// Largest number of pulses of a swing.
const MAX_PULSES: u32 = 1_000_000;

/// Writes a table of tries and failed writes, sampled with a fixed seed; nothing if the device is not verified or the study sets
/// its noise.
pub(super) fn tries_table(text: &mut String, device: &Device) {
    if device.write.verify().is_none() || Chip::needs_study_sigma(device) {
        return;
    }
    let _ = writeln!(text, "tries of a verified write from the middle of the window, mean of {WRITES} writes:");
    let _ = writeln!(text, "{:>14} {:>10} {:>9} {:>12}", "at ohm", "µS", "tries", "% failed");
    for resistance in resistances(&device.window) {
        let Some(Tries { mean, failed }) = tries(device, resistance) else { continue };
        let _ = writeln!(
            text,
            "{:>14} {:>10} {:>9} {:>12}",
            significant(resistance),
            significant(1e6 / resistance),
            significant(mean),
            short(100.0 * failed),
        );
    }
    text.push('\n');
}

/// Tries of verified writes to one target.
pub(super) struct Tries {
    /// Mean number of tries per write.
    pub mean: f64,
    /// Fraction of failed writes, whose tries are used up.
    pub failed: f64,
}

/// Samples verified writes from the middle of the window to `resistance`, Ω, with a fixed seed; none if the device is not
/// verified or the study sets its noise.
pub(super) fn tries(device: &Device, resistance: f64) -> Option<Tries> {
    device.write.verify()?;
    if Chip::needs_study_sigma(device) {
        return None;
    }
    let middle = 0.5 * (f64::from(device.window.low()) + f64::from(device.window.high()));
    let mut chip = Chip::new(device, WRITES, middle, 0.0, false, Seed::new(1).named("tries")).ok()?;
    let report = chip.write(1e6 / resistance);
    let of_writes = |count: u64| count as f64 / report.cells_written.max(1) as f64;
    Some(Tries { mean: of_writes(report.pulses), failed: of_writes(report.failed_writes) })
}

/// Writes the pulses of a full swing, for a pulsed device.
pub(super) fn pulse_counts(text: &mut String, device: &Device) {
    let Some(pulses) = device.write.pulses() else { return };
    let _ = writeln!(text, "pulses of a median cell without noise:");
    for (direction, name) in [(Direction::Up, "up"), (Direction::Down, "down")] {
        let _ = writeln!(text, "  {name}: {}", pulses_of_swing(pulses, direction));
    }
    text.push('\n');
}

/// Describes the nominal steps in the window and the pulses of a full swing.
pub(super) fn pulses_of_swing(pulses: &Pulses, direction: Direction) -> String {
    let ends = if direction == Direction::Up { "5 to 95 %" } else { "95 to 5 %" };
    let swing = match swing(pulses, direction) {
        Ok(count) => format!("{count} pulses from {ends} of the window"),
        Err(state) => format!("stops at {} of the window", percent(f64::from(state))),
    };
    format!("{} nominal steps in the window; {swing}", short(1.0 / f64::from(pulses.step(direction))))
}

/// Counts the pulses of a full swing; fails with the state, 0 to 1, where it stops.
fn swing(pulses: &Pulses, direction: Direction) -> Result<u32, f32> {
    let (start, sign) = match direction {
        Direction::Up => (0.5 * (1.0 - SWING), 1.0),
        Direction::Down => (0.5 * (1.0 + SWING), -1.0),
    };
    let mut x = start;
    for count in 1..=MAX_PULSES {
        let next = x + sign * pulses.step(direction) * pulses.law.factor(direction, x);
        if sign * (next - start) >= SWING {
            return Ok(count);
        }
        if next == x {
            break;
        }
        x = next.clamp(0.0, 1.0);
    }
    Err(x)
}

#[cfg(test)]
mod tests {
    use ohmspike_crossbar::device::{PulseLaw, PulseState};

    use super::*;

    fn pulses(law: PulseLaw) -> Pulses {
        Pulses {
            law,
            up_step: 0.01,
            down_step: 0.02,
            cycle_sigma: [0.0, 0.0],
            additive: false,
            state: PulseState::OwnWindow,
            reference: 0.5,
            max_pulses: 100,
        }
    }

    /// With soft bounds 1 - x shrinks by 1 % per pulse: from 0.95 to 0.05 in ln 19 / -ln 0.99 = 292.97 pulses.
    #[test]
    fn counts_the_pulses_of_a_swing() {
        let soft = pulses(PulseLaw::Linear { up: 1.0, down: 1.0 });
        assert_eq!(swing(&soft, Direction::Up), Ok(293));
        let constant = pulses(PulseLaw::Constant);
        // 45 steps of 2 %, or 46 after f32 rounding of 90 %.
        assert!(matches!(swing(&constant, Direction::Down), Ok(45 | 46)));
    }

    #[test]
    fn reports_where_a_swing_stops() {
        let half = pulses(PulseLaw::PiecewiseLinear { up: vec![1.0, 0.0, 0.0], down: vec![0.0, 1.0] });
        let end = swing(&half, Direction::Up).unwrap_err();
        assert!((end - 0.5).abs() < 0.01, "{end}");
    }
}
