//! `ohmspike data list`: which data sets there are, and where.

use datasets::{SHD_CLASSES, SHD_NAME, SHD_SECONDS, SHD_UNITS, imported, locate_shd, status};
use indicatif::HumanBytes;

/// Prints a line a data set.
pub fn run() {
    for data in status() {
        let size = format!("{} images, {}", data.images, HumanBytes(data.bytes));
        match data.place {
            Ok(place) => line(data.name.as_str(), &size, &place.to_string()),
            Err(missing) => line(data.name.as_str(), &size, &missing.to_string()),
        }
    }
    let shd = format!("events of {SHD_UNITS} units, {} classes, {SHD_SECONDS} s", SHD_CLASSES.len());
    match locate_shd(None) {
        Ok(files) => line(SHD_NAME, &shd, &files.place.to_string()),
        Err(missing) => line(SHD_NAME, &shd, &missing.to_string()),
    }
    for data in imported(None) {
        let place = data.path.display().to_string();
        match data.content {
            Ok(content) => {
                let counts = format!("{} + {} samples, {}", content.train, content.test, content.kind);
                line(&data.name, &counts, &place);
            }
            Err(wrong) => line(&data.name, "cannot be used", &wrong.to_string()),
        }
    }
}

fn line(name: &str, size: &str, place: &str) {
    println!("{name:<22} {size:<28} {place}");
}
