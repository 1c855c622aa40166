//! Numbers in place of `auto`: every network of a search has those that the study with its keys would have.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use ohmspike_study::auto::Auto;
use ohmspike_study::calibration::{Calibrations, calibrate_settings};
use ohmspike_study::prepare::Prepared;
use ohmspike_study::settings::Settings;
use ohmspike_study::study::Condition;

use super::error::LimitError;

/// The keys that are `auto` at every level, and what their numbers need.
#[derive(Debug, Default)]
pub struct Numbers {
    auto: Option<Auto>,
    /// Folder of the paths of the study.
    folder: PathBuf,
    /// Data, devices and numbers so far.
    memory: RefCell<(Prepared, Calibrations)>,
}

impl Numbers {
    /// Takes the keys of `condition` that are `auto`, except the `asked` ones, which levels set.
    pub fn new(condition: &Condition, asked: &[String], folder: &Path) -> Numbers {
        let auto = condition.auto.as_ref().and_then(|auto| auto.without(asked));
        Numbers { auto, folder: folder.to_owned(), memory: RefCell::default() }
    }

    /// Returns `settings` with numbers that fit any value of the other keys, until [`Numbers::of`] replaces them.
    pub fn open(&self, settings: &Settings) -> Settings {
        self.auto.as_ref().map_or_else(|| settings.clone(), |auto| auto.open(settings))
    }

    /// Returns the open `settings` of a network with its own numbers.
    ///
    /// # Errors
    /// Returns a [`LimitError`] if data or a device cannot be read, or if a key has no number.
    pub fn of(&self, settings: Settings) -> Result<Settings, LimitError> {
        let Some(auto) = &self.auto else { return Ok(settings) };
        let (prepared, known) = &mut *self.memory.borrow_mut();
        prepared.add(&settings, &self.folder)?;
        Ok(calibrate_settings(settings, auto, prepared, known)?)
    }
}
