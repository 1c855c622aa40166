//! Which numbers of a study were calibrated.

use super::Study;
use crate::auto::Calibrated;

impl Study {
    /// Returns whether a condition has a key that is still `auto`.
    pub fn needs_calibration(&self) -> bool {
        self.conditions.iter().any(|condition| condition.auto.is_some() && condition.calibrated.is_empty())
    }

    /// Returns the lines of all calibrated numbers, each once.
    pub fn calibrated_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut last: &[Calibrated] = &[];
        for condition in self.conditions.iter().filter(|condition| !condition.calibrated.is_empty()) {
            // Neighbours usually share their numbers.
            if *last != condition.calibrated[..] {
                last = &condition.calibrated;
                let new = last.iter().map(Calibrated::to_string).filter(|line| !lines.contains(line));
                lines.extend(new.collect::<Vec<_>>());
            }
        }
        lines
    }
}
