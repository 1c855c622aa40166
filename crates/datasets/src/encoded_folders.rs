//! Folders for files of encoded spikes, which `ohmspike-study` writes and reads.

use std::path::PathBuf;

use crate::locate;

/// Subfolder for encoded spikes.
const FOLDER: &str = "encoded";

/// Returns the folders for files of encoded spikes, best first: in the folder that `OHMSPIKE_DATA` names, and in the
/// cache folder of the user.
pub fn encoded_folders() -> Vec<PathBuf> {
    let places = locate::environment().into_iter().chain(locate::default_cache());
    places.map(|folder| folder.join(FOLDER)).collect()
}
