//! Provenance of a fitted device file.

use ohmspike_crossbar::device::{Grade, Provenance};
use sha2::{Digest, Sha256};

use crate::input::InputFile;
use crate::options::Mechanism;
use crate::report::{MechanismFit, SourceFile};

/// Returns the SHA-256 of a file in hexadecimal.
pub(crate) fn sha256(file: &InputFile) -> String {
    Sha256::digest(&file.bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the provenance of `fit`, based on `files`.
pub(crate) fn provenance(fit: &MechanismFit, files: &[&SourceFile]) -> Provenance {
    let what = match fit.mechanism {
        Mechanism::Window => "window",
        Mechanism::Writes => "write",
        Mechanism::CellToCell => "device_to_device",
        Mechanism::ReadNoise => "read.white",
        Mechanism::Rtn => "read.rtn",
        Mechanism::Drift => "drift",
        Mechanism::Pulses => "write.pulses",
        Mechanism::Faults => "faults",
    };
    let sources: Vec<String> =
        files.iter().map(|file| format!("{} (SHA-256 {})", file.name, &file.sha256[..16])).collect();
    let n = fit.numbers.iter().map(|number| number.n).max().unwrap_or(0);
    let cells = fit.numbers.iter().map(|number| number.cells).max().unwrap_or(0);
    let mut source = format!("{}: {}; {n} values of {cells} cells", sources.join(", "), fit.method);
    if let Some(quality) = &fit.quality {
        source += &format!(
            "; on {} held-out cells the largest distance between data and law is {:.3}",
            quality.cells, quality.distance
        );
    }
    for note in &fit.notes {
        source += &format!("; {note}");
    }
    source += ".";
    let by_user = fit.method == "set by the user";
    Provenance { what: what.to_owned(), grade: if by_user { Grade::Chosen } else { Grade::Fitted }, source }
}
