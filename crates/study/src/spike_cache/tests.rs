//! Damaged, foreign and missing files of encoded spikes.

use std::fs;

use ohmspike_snn::spikes::SpikeTrains;

use super::*;

const STEPS: usize = 20;

/// Returns `count` samples of five units that depend on their numbers.
fn samples(numbers: std::ops::Range<u16>) -> Samples {
    let mut spikes = SpikeTrains::new(5, STEPS).unwrap();
    for number in numbers.clone() {
        let latencies = [0, 1, 2, 3, 4].map(|unit| (number % 7 != 0).then_some((number * (unit + 3)) % 20));
        spikes.push_latencies(&latencies).unwrap();
    }
    Samples { spikes, labels: numbers.map(|number| (number % 3) as u8).collect() }
}

fn cache(folder: &Path, identity: &str) -> SpikeCache {
    let mut settings = Settings::default();
    settings.network.steps = STEPS;
    SpikeCache::in_folder(folder, identity, &settings)
}

/// Writes 30 and 10 samples in pieces, and returns them as they were written.
fn write(cache: &SpikeCache, notes: &mut Vec<CacheNote>) -> Option<[CachedPart; 2]> {
    let [mut train, mut test] = cache.writers([30, 10], STEPS, notes)?;
    for first in [0, 8, 16, 24] {
        train.append(&samples(first..(first + 8).min(30))).unwrap();
    }
    test.append(&samples(30..40)).unwrap();
    let binned = Some(Binned { events: 9, merged: 1, late: 2, last_seconds: 0.7 });
    Some([train, test].map(|part| part.finish(cache, (3, "abc", binned), notes).unwrap()))
}

fn is_right(parts: &[CachedPart; 2]) -> bool {
    let [train, test] = parts;
    let equal = |part: &CachedPart, expected: Samples| {
        part.samples.spikes == expected.spikes && part.samples.labels == expected.labels
    };
    let known = (train.classes, train.sha256.as_str(), train.binned.map(|binned| binned.last_seconds));
    equal(train, samples(0..30)) && equal(test, samples(30..40)) && known == (3, "abc", Some(0.7))
}

#[test]
fn samples_are_read_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let (cache, mut notes) = (cache(&folder.path().join("new/encoded"), "content a"), Vec::new());
    assert!(cache.read(&mut notes).is_none());
    assert!(is_right(&write(&cache, &mut notes).unwrap()));
    let read = cache.read(&mut notes).unwrap();
    assert!(is_right(&read) && read[0].samples.spikes.is_mapped() && notes.is_empty());
    // A copy in memory takes more samples.
    let mut spikes = read[0].samples.spikes.clone();
    spikes.append(&samples(30..40).spikes).unwrap();
    assert_eq!(spikes, samples(0..40).spikes);
    assert!(!spikes.is_mapped());
}

#[test]
fn other_data_and_other_encodings_have_other_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut notes = Vec::new();
    write(&cache(folder.path(), "content a"), &mut notes).unwrap();
    assert!(cache(folder.path(), "content b").read(&mut notes).is_none());
    let settings = Settings::default();
    let of = |settings: &Settings| SpikeCache::in_folder(folder.path(), "content a", settings);
    assert!(of(&settings).read(&mut notes).is_none(), "other time steps");
    let mut renamed = settings.clone();
    renamed.data.set = "other".to_owned();
    assert_eq!(of(&renamed).keys, of(&settings).keys, "the name of the set does not count");
    let mut counted = settings.clone();
    counted.data.window_seconds = Some(0.5);
    assert_ne!(of(&counted).keys, of(&settings).keys);
    assert!(notes.is_empty());
}

/// Every byte of the header and of the lists, one at a time: the file is encoded again, or nothing has changed.
#[test]
fn every_damaged_byte_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (cache, mut notes) = (cache(folder.path(), "content a"), Vec::new());
    write(&cache, &mut notes).unwrap();
    let path = file(folder.path(), &cache.keys[0]);
    let whole = fs::read(&path).unwrap();
    let header = header::Header::parse(&whole).unwrap();
    let places = header.places();
    let text = whole.iter().rposition(|&byte| byte == b'\n').unwrap_or(0).min(header::BYTES);
    for at in (0..whole.len()).step_by(if cfg!(debug_assertions) { 7 } else { 1 }) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        fs::write(&path, damaged).unwrap();
        notes.clear();
        let read = cache.read(&mut notes);
        let listed = [&places.labels, &places.starts, &places.spikes].iter().any(|place| place.contains(&(at as u64)));
        match read {
            None => assert!(matches!(&notes[..], [CacheNote::Rebuilt { .. }]), "byte {at}: {notes:?}"),
            // Padding.
            Some(parts) => assert!(is_right(&parts) && !listed && at > text, "byte {at}"),
        }
        // A wrong file is removed.
        assert_eq!(path.exists(), notes.is_empty(), "byte {at}");
    }
}

#[test]
fn a_file_of_wrong_length_or_of_other_data_is_encoded_again() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second, mut notes) = (cache(folder.path(), "content a"), cache(folder.path(), "content b"), Vec::new());
    write(&first, &mut notes).unwrap();
    let path = file(folder.path(), &first.keys[0]);
    let whole = fs::read(&path).unwrap();
    let reason = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let mut notes = Vec::new();
        assert!(first.read(&mut notes).is_none());
        notes.pop().unwrap().to_string()
    };
    let length = whole.len();
    let short = reason(&whole[..length - 1]);
    let expected =
        format!("`{}`: expected {length} bytes, got {}; the data set is encoded again", path.display(), length - 1);
    assert_eq!(short, expected);
    assert!(reason(&[&whole[..], &[0]].concat()).contains(&format!("got {}", length + 1)));
    assert!(reason(b"").contains("damaged header") && reason(&whole[..4096]).contains("got 4096"));
    fs::write(&path, &whole).unwrap();
    fs::copy(&path, file(folder.path(), &second.keys[0])).unwrap();
    fs::copy(file(folder.path(), &first.keys[1]), file(folder.path(), &second.keys[1])).unwrap();
    let mut notes = Vec::new();
    assert!(second.read(&mut notes).is_none());
    assert!(notes.len() == 2 && notes[0].to_string().contains("spikes of other data"), "{notes:?}");
    assert!(is_right(&write(&second, &mut notes).unwrap()) && is_right(&second.read(&mut notes).unwrap()));
    assert_eq!(notes.len(), 2);
}

#[test]
fn the_first_of_several_writers_wins() {
    let folder = tempfile::tempdir().unwrap();
    let cache = cache(folder.path(), "content a");
    thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut notes = Vec::new();
                    let written = write(&cache, &mut notes).unwrap();
                    assert!(is_right(&written) && is_right(&cache.read(&mut notes).unwrap()) && notes.is_empty());
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
    });
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no unfinished file is left");
}

#[test]
fn without_a_folder_there_is_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let mut notes = Vec::new();
    let mut cache = cache(&file.join("encoded"), "content a");
    assert!(cache.read(&mut notes).is_none() && write(&cache, &mut notes).is_none());
    let note = notes.last().unwrap().to_string();
    assert!(note.contains("cannot write") && note.contains("the encoded data set stays in memory"), "{note}");
    // The next folder is used.
    notes.clear();
    cache.folders.push(folder.path().join("second"));
    assert!(is_right(&write(&cache, &mut notes).unwrap()) && is_right(&cache.read(&mut Vec::new()).unwrap()));
}

#[test]
fn a_full_folder_keeps_no_further_file() {
    let folder = tempfile::tempdir().unwrap();
    // A file with a hole, which takes no space.
    let large = fs::File::create(folder.path().join("large.spikes")).unwrap();
    large.set_len(MAX_BYTES - 10).unwrap();
    let (cache, mut notes) = (cache(folder.path(), "content a"), Vec::new());
    assert!(is_right(&write(&cache, &mut notes).unwrap()));
    assert_eq!(notes, [CacheNote::Full { folder: folder.path().to_owned() }]);
    assert!(cache.read(&mut notes).is_none());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let listed = folder::files(&[folder.path().to_owned()]);
    assert!(listed.len() == 1 && matches!(listed[0].content, Err(WrongFile::Header)));
    let cleared = folder::remove(&[folder.path().to_owned(), folder.path().join("absent")]).unwrap();
    assert_eq!(cleared, Cleared { files: 1, bytes: MAX_BYTES - 10 });
}
