//! Encoded data from files and in memory.

use std::path::Path;

use ohmspike_datasets::{EventSet, Part, ValueSet};
use ohmspike_snn::spikes::EventsPerStep;
use sha2::{Digest, Sha256};

use super::*;

fn cache(folder: &Path, settings: &Settings) -> SpikeCache {
    SpikeCache::in_folder(folder, "content subset", settings)
}

fn is_equal(one: &EncodedData, other: &EncodedData) -> bool {
    let known = |data: &EncodedData| (data.classes, data.binned, data.sha256.clone());
    let parts = [(&one.train, &other.train), (&one.test, &other.test)];
    parts.iter().all(|(one, other)| one.spikes == other.spikes && one.labels == other.labels)
        && known(one) == known(other)
}

#[test]
fn spikes_from_files_equal_spikes_in_memory() {
    let (folder, settings, mut notes) = (tempfile::tempdir().unwrap(), Settings::default(), Vec::new());
    let cache = cache(folder.path(), &settings);
    let memory = load(&settings, &mut notes).unwrap();
    let fresh = load_with(&settings, Some(&cache), &mut notes).unwrap();
    let cached = load_with(&settings, Some(&cache), &mut notes).unwrap();
    assert!(is_equal(&memory, &fresh) && is_equal(&memory, &cached) && notes.is_empty());
    assert_eq!((memory.mapped_bytes(), memory.decoded_bytes), (0, 6144 * 784));
    assert_eq!((cached.mapped_bytes(), cached.decoded_bytes), (memory.bytes(), 0));
    assert_eq!(fresh.mapped_bytes(), memory.bytes());
}

/// If this fails because encoding was changed on purpose, raise `ENCODER` in `crates/study/src/spike_cache.rs`:
/// files of earlier encoders must not be used.
#[test]
fn encoders_give_the_spikes_of_this_version() {
    let data = load(&Settings::default(), &mut Vec::new()).unwrap();
    let values =
        Part::Values(ValueSet { units: 50, values: (0..200).map(|n| n as f32 / 199.0).collect(), labels: vec![0; 4] });
    let (times, unit) =
        ((0..200).map(|n| f64::from(n * 37 % 200) * 0.0061).collect(), (0..200).map(|n| n % 7).collect());
    let offsets = vec![0, 60, 60, 200];
    let events = Part::Events(EventSet { units: 7, classes: 2, offsets, times, unit, labels: vec![1, 0, 1] });
    let of_part = |part: &Part, window_seconds, per_step| {
        let mut settings = Settings::default();
        settings.data.events_per_step = per_step;
        Code::new(&settings, window_seconds).unwrap().encode(part, 0..part.len()).unwrap().0
    };
    let per_step = [EventsPerStep::Count, EventsPerStep::Binary];
    let [counted, binary] = per_step.map(|per_step| of_part(&events, Some(1.2), Some(per_step)));
    let mut hash = Sha256::new();
    for samples in [&data.train, &data.test, &of_part(&values, None, None), &counted, &binary] {
        samples.spikes.starts().iter().for_each(|start| hash.update(start.to_le_bytes()));
        samples.spikes.spiking_units().iter().for_each(|unit| hash.update(unit.to_le_bytes()));
    }
    let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        (crate::spike_cache::ENCODER, &*hash),
        (1, "b6b192c56d354f6d0b11be8adfc26234935c164aad9c98b628db9c8f9cee5da6")
    );
}
