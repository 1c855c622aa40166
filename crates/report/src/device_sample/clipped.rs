//! Sampled writes that the window clipped.

use ohmspike_crossbar::WriteReport;
use ohmspike_crossbar::device::Device;
use ohmspike_study::significant::{percent, short};

/// Fraction of clipped writes above which cells no longer have the spread of the device file.
const MANY: f64 = 0.01;

/// Writes that ended at an end of the window.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "device `{device}`: {}: cells there have less spread than the file states and cannot drift further\n\n\
     hint: widen `window` to three standard deviations of a write beyond this target; don't cut it at the outermost levels", self.note()
)]
pub struct ClippedWrites {
    /// Name of the device.
    pub device: String,
    /// Target, µS.
    pub target: f64,
    /// Ends of the window, µS.
    pub window: (f32, f32),
    /// Writes to the target.
    pub writes: u64,
    /// Writes clipped at the lower and at the upper end of the window.
    pub clipped: [u64; 2],
}

impl ClippedWrites {
    /// Returns the clipped writes among `writes` to `target`, µS; none without any.
    pub fn new(device: &Device, target: f64, writes: WriteReport) -> Option<ClippedWrites> {
        let clipped = [writes.clipped_low, writes.clipped_high];
        let window = (device.window.low(), device.window.high());
        let name = device.name.clone();
        (clipped != [0, 0]).then_some(ClippedWrites {
            device: name,
            target,
            window,
            writes: writes.cells_written,
            clipped,
        })
    }

    /// Returns whether they are so many that cells no longer have the spread of the device file.
    pub fn is_many(&self) -> bool {
        self.fraction() > MANY
    }

    /// Returns one line about them.
    pub fn note(&self) -> String {
        let ends = [("lower", self.clipped[0]), ("upper", self.clipped[1])];
        let ends = ends.into_iter().filter(|(_, count)| *count > 0);
        let ends: Vec<String> = ends.map(|(end, count)| format!("{count} at its {end} end")).collect();
        format!(
            "the window of {} to {} µS clips {} of the {} writes to {} µS, {}",
            short(f64::from(self.window.0)),
            short(f64::from(self.window.1)),
            percent(self.fraction()),
            self.writes,
            short(self.target),
            ends.join(" and ")
        )
    }

    /// Returns the clipped fraction of the writes.
    fn fraction(&self) -> f64 {
        self.clipped.iter().sum::<u64>() as f64 / self.writes.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipped_writes_are_counted_by_end() {
        let oxide = Device::built_in("illustrative-oxide").unwrap();
        let of = |low, high| {
            let writes =
                WriteReport { cells_written: 1000, clipped_low: low, clipped_high: high, ..WriteReport::default() };
            ClippedWrites::new(&oxide, 1000.0, writes)
        };
        assert_eq!(of(0, 0), None);
        let few = of(2, 1).unwrap();
        assert!(!few.is_many());
        let note = "the window of 1 to 1000 µS clips 0.3 % of the 1000 writes to 1000 µS, 2 at its lower end and 1 at its upper end";
        assert_eq!(few.note(), note);
        let many = of(0, 503).unwrap();
        assert!(many.is_many());
        let told = many.to_string();
        assert!(told.starts_with("device `illustrative-oxide`: the window of 1 to 1000 µS clips 50.3 %"), "{told}");
        assert!(told.contains("\n\nhint: widen `window` to three standard deviations"), "{told}");
    }
}
