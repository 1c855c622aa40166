//! Lists the built-in data sets and their locations.

use std::fs;

use crate::{
    catalogue::{self, Entry},
    locate::{self, NotFound, Place},
    name::Name,
};

/// A built-in data set on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The data set.
    pub name: Name,
    /// Location of the files, or the places searched.
    pub place: Result<Place, NotFound>,
    /// Training and test images in total.
    pub images: usize,
    /// Size of the compressed files: as found, or as published if they are missing.
    pub bytes: u64,
}

/// Lists all built-in data sets without opening files.
pub fn status() -> Vec<Status> {
    let tell = |name| {
        let entry = catalogue::entry(name);
        status_of(entry, locate::places(entry, None))
    };
    Name::ALL.into_iter().map(tell).collect()
}

fn status_of(entry: &Entry, places: Vec<Place>) -> Status {
    let place = locate::locate_in(entry, places);
    let bytes = place.as_ref().ok().and_then(|place| bytes_in(entry, place)).unwrap_or(entry.bytes);
    Status { name: entry.name, place, images: entry.images, bytes }
}

fn bytes_in(entry: &Entry, place: &Place) -> Option<u64> {
    let folder = place.folder()?;
    entry.files.iter().map(|file| Some(fs::metadata(folder.join(file.name)).ok()?.len())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::loose_subset;

    #[test]
    fn lists_every_data_set() {
        let names: Vec<Name> = status().iter().map(|status| status.name).collect();
        assert_eq!(names, Name::ALL);
    }

    #[test]
    fn the_embedded_subset_is_always_available() {
        let status = status_of(catalogue::entry(Name::FashionMnistSubset), vec![Place::Embedded]);
        assert_eq!((status.place, status.images, status.bytes), (Ok(Place::Embedded), 6_144, 2_680_607));
    }

    #[test]
    fn missing_files_have_their_published_size() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Cache(folder.path().to_owned());
        let status = status_of(catalogue::entry(Name::FashionMnist), vec![place.clone()]);
        assert_eq!(status.place.unwrap_err().looked[0].place, place);
        assert_eq!((status.images, status.bytes), (70_000, 30_878_645));
    }

    #[test]
    fn existing_files_have_their_actual_size() {
        let (entry, _) = loose_subset();
        let folder = tempfile::tempdir().unwrap();
        for file in &entry.files {
            fs::write(folder.path().join(file.name), "five.").unwrap();
        }
        let place = Place::System(folder.path().to_owned());
        let status = status_of(&entry, vec![place.clone()]);
        assert_eq!((status.place, status.bytes), (Ok(place), 20));
    }
}
