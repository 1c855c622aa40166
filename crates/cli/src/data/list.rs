//! `ohmspike data list`: the data sets and the places of their files.

use indicatif::HumanBytes;
use ohmspike_datasets::{SHD_CLASSES, SHD_NAME, SHD_SECONDS, SHD_UNITS, imported, locate_shd, shown_path, status};

use super::super::Failure;
use super::super::terminal::say;

/// Prints one line per data set.
pub fn run() -> Result<(), Failure> {
    let mut rows = Vec::new();
    for data in status() {
        let place = data.place.map_or_else(|_| fetch(data.name), |place| place.to_string());
        rows.push((data.name.to_string(), format!("{} images, {}", data.images, HumanBytes(data.bytes)), place));
    }
    let place = locate_shd(None).map_or_else(|_| fetch(SHD_NAME), |files| files.place.to_string());
    let shd = format!("events of {SHD_UNITS} units, {} classes, {SHD_SECONDS} s", SHD_CLASSES.len());
    rows.push((SHD_NAME.to_owned(), shd, place));
    for data in imported(None) {
        let (size, place) = match data.content {
            Ok(content) => {
                let counts = format!("{} + {} samples, {}", content.train, content.test, content.kind);
                (counts, shown_path(&data.path))
            }
            Err(wrong) => ("unusable".to_owned(), wrong.to_string()),
        };
        rows.push((data.name, size, place));
    }
    let widest = |width: fn(&(String, String, String)) -> usize| rows.iter().map(width).max().unwrap_or_default();
    let (names, sizes) = (widest(|row| row.0.len()), widest(|row| row.1.len()));
    for (name, size, place) in &rows {
        if !say!("{name:<names$}   {size:<sizes$}   {place}")? {
            break;
        }
    }
    Ok(())
}

/// The next step for a data set without files.
fn fetch(name: impl std::fmt::Display) -> String {
    format!("missing; get it with `ohmspike data fetch {name}`")
}
