//! Records stay intact whatever happens to a record file or its folder.

use std::fs;
use std::path::{Path, PathBuf};

use ohmspike_study::health::{HealthState, Saturated};
use ohmspike_study::record::{ARITHMETIC, Record, recorded_id};
use ohmspike_study::run::trials;
use ohmspike_study::store::{Store, StoreError, StoreWarning};

use crate::small::{records, study};

/// A change of a record.
type Change = fn(&mut Record);

/// Two records of one epoch each.
fn two_records() -> [Record; 2] {
    let (study, prepared) = study("[network]\nhidden = 2\nsteps = 10\n[repeats]\nseeds = 2\n");
    let records = records(&trials(&study, &prepared), &prepared, 2);
    records.try_into().expect("two seeds, two records")
}

/// Two records of trials on crossbar arrays.
fn two_records_on_arrays() -> [Record; 2] {
    let text = "[network]\nhidden = 2\nsteps = 10\n[hardware]\ndevice = \"study-1k-1m\"\n[repeats]\nseeds = 2\n";
    let (study, prepared) = study(text);
    let records = records(&trials(&study, &prepared), &prepared, 2);
    records.try_into().expect("two seeds, two records")
}

/// A health state that no small trial has.
fn saturated() -> HealthState {
    HealthState::Saturated(Saturated { layer: 1, saturated_neurons: 2, neurons: 2, before_training: true })
}

fn line(record: &Record) -> String {
    serde_json::to_string(record).expect("records are plain values") + "\n"
}

/// Creates a folder with `text` in its first record file.
fn folder_with(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("records/0001.jsonl");
    fs::create_dir(folder.path().join("records")).expect("a writable folder");
    fs::write(&file, text).expect("a writable folder");
    (folder, file)
}

fn open(folder: &Path) -> Store {
    Store::open(folder).expect("a readable folder")
}

#[test]
fn a_torn_last_line_is_ignored_and_its_trial_can_be_added_again() {
    let [first, second] = two_records();
    let whole = line(&first) + &line(&second);
    // Torn anywhere in the second line; if only the line break is missing, the line is complete.
    for length in [line(&first).len() + 1, whole.len() - 700, whole.len() - 2] {
        let (folder, file) = folder_with(&whole[..length]);
        let mut store = open(folder.path());
        assert_eq!(store.warnings(), [StoreWarning::Torn { path: file.clone(), line: 2 }]);
        assert_eq!((store.get(&first.id), store.get(&second.id)), (Some(&first), None));
        store.append(second.clone()).expect("a writable folder");
        assert_eq!(fs::read_to_string(&file).expect("text"), whole[..length], "the existing file changed");
        let store = open(folder.path());
        assert_eq!((store.get(&first.id), store.get(&second.id)), (Some(&first), Some(&second)));
    }
    let (folder, _) = folder_with(whole.trim_end());
    assert_eq!((open(folder.path()).len(), open(folder.path()).warnings()), (2, &[][..]));
}

#[test]
fn foreign_lines_and_formats_are_ignored_with_a_warning() {
    let [first, second] = two_records();
    let other_format = line(&second).replacen(&format!("\"arithmetic\":{ARITHMETIC}"), "\"arithmetic\":0", 1);
    let other_key = line(&second).replacen('{', "{\"colour\":1,", 1);
    for foreign in ["hello\n".to_owned(), "{}\n".to_owned(), "\u{0}\u{0}\n".to_owned(), other_format, other_key] {
        for text in [foreign.clone() + &line(&first), line(&first) + &foreign] {
            let (folder, file) = folder_with(&text);
            let store = open(folder.path());
            assert_eq!((store.len(), store.get(&first.id)), (1, Some(&first)), "{foreign}");
            let [StoreWarning::Foreign { path, line, reason }] = store.warnings() else {
                panic!("{foreign}: {:?}", store.warnings());
            };
            assert_eq!((path, *line), (&file, if text.starts_with(&foreign) { 1 } else { 2 }));
            assert!(!reason.is_empty());
            assert_eq!(fs::read_to_string(&file).expect("text"), text);
        }
    }
}

#[test]
fn invalid_utf8_is_ignored_with_a_warning() {
    let [first, _] = two_records();
    let (folder, file) = folder_with("");
    fs::write(&file, [&[0xff, 0xfe, b'\n'][..], line(&first).as_bytes()].concat()).expect("a writable folder");
    let store = open(folder.path());
    assert_eq!((store.get(&first.id), store.warnings().len()), (Some(&first), 1));
}

#[test]
fn the_first_of_equal_records_is_used() {
    let [first, _] = two_records();
    // Metadata may differ.
    let mut later = Record { machine: "another".to_owned(), program: "0.0.9".to_owned(), ..first.clone() };
    later.seconds.training += 1.0;
    let (folder, file) = folder_with(&(line(&first) + &line(&later)));
    fs::write(file.with_file_name("0002.jsonl"), line(&later)).expect("a writable folder");
    let store = open(folder.path());
    assert_eq!((store.len(), store.get(&first.id), store.warnings()), (1, Some(&first), &[][..]));
}

#[test]
fn contradicting_records_are_an_error_with_both_places() {
    let [first, second] = two_records_on_arrays();
    let changed: [fn(&mut Record); 10] = [
        |record| record.loss[0] *= 2.0,
        |record| record.tests[1][0].excitatory_spikes += 1,
        |record| record.connections[0].writes.cells_written += 1,
        |record| record.connections[1].used.as_mut().expect("an array").training.write_pulses += 1,
        |record| record.connections[0].used.as_mut().expect("an array").training.write_conductance *= 2.0,
        |record| record.layer_spikes = vec![vec![1.0]],
        |record| record.health = vec![saturated()],
        |record| record.before.classes[0].excitatory.count += 1,
        |record| record.after.as_mut().expect("no divergence").saturated_neurons[0] += 1,
        |record| record.after = None,
    ];
    for (number, change) in changed.into_iter().enumerate() {
        let mut other = first.clone();
        change(&mut other);
        assert_ne!(other, first, "change {number}");
        let (folder, file) = folder_with(&(line(&second) + &line(&first)));
        let later = file.with_file_name("0002.jsonl");
        fs::write(&later, line(&other)).expect("a writable folder");
        let skimmed = Store::skim(folder.path(), |_| ()).map(|_| ());
        for error in [Store::open(folder.path()).map(|_| ()), skimmed] {
            let Err(StoreError::Contradiction { id, first: one, second: two }) = error else { panic!("{error:?}") };
            let expected = (first.id.clone(), format!("{}:2", file.display()), format!("{}:1", later.display()));
            assert_eq!((id, one, two), expected);
        }
    }
}

/// Changed numbers that contradict the rest of their record are no result.
#[test]
fn edited_records_are_ignored_with_a_warning() {
    let records = [&two_records()[..], &two_records_on_arrays()].concat();
    let changed: [(&str, Change); 7] = [
        ("outcome", |record| record.outcome = record.outcome.map(|outcome| f64::from_bits(outcome.to_bits() + 1))),
        ("accuracy", |record| record.accuracy[0] = 0.11),
        ("loss", |record| record.loss.push(0.5)),
        ("id", |record| record.seed = 9),
        ("id", |record| record.settings.noise.level_percent += 1.0),
        ("id", |record| {
            record.settings.training.learning_rate =
                f64::from_bits(record.settings.training.learning_rate.to_bits() + 1)
        }),
        ("id", |record| record.data_sha256 = "another".to_owned()),
    ];
    for record in records {
        assert_eq!(recorded_id(&record).as_ref(), Some(&record.id));
        for (key, change) in changed {
            let mut other = record.clone();
            change(&mut other);
            let (folder, file) = folder_with(&line(&other));
            let store = open(folder.path());
            let [StoreWarning::Contradictory { path, line: 1, reason }] = store.warnings() else {
                panic!("{key}: {:?}", store.warnings());
            };
            assert!(*path == file && store.is_empty() && reason.starts_with(&format!("{key}: expected ")), "{reason}");
        }
    }
}

/// A trial with a record is rerun if its details are missing.
#[test]
fn a_rerun_trial_must_give_the_same_result() {
    let [first, _] = two_records_on_arrays();
    let (folder, file) = folder_with(&line(&first));
    for mut store in [open(folder.path()), Store::skim(folder.path(), |_| ()).expect("a readable folder")] {
        let mut same = Record { machine: "another".to_owned(), program: "0.0.9".to_owned(), ..first.clone() };
        same.energy.as_mut().expect("arrays").training.write_microjoules = None;
        store.append(same).expect("the same result");
        let mut other = first.clone();
        other.connections[1].writes.pulses += 1;
        let error = store.append(other).expect_err("another result");
        let StoreError::Rerun { id, first: place } = &error else { panic!("{error}") };
        assert_eq!((id, place), (&first.id, &format!("{}:1", file.display())));
    }
    assert_eq!(fs::read_to_string(&file).expect("text"), line(&first));
}

/// The warning about a line of another version names the version.
#[test]
fn records_of_other_versions_are_ignored_with_their_version() {
    let [first, _] = two_records();
    for (text, reason) in [
        (line(&first).replacen("\"schema\":6", "\"schema\":7,\"colour\":1", 1), "it has schema 7 and arithmetic 5"),
        (
            "{\"format\":\"ohmspike-trial-5\"}\n".to_owned(),
            "it has the format `ohmspike-trial-5` of an earlier version",
        ),
    ] {
        let (folder, _) = folder_with(&text);
        let store = open(folder.path());
        let [StoreWarning::Foreign { reason: found, .. }] = store.warnings() else { panic!("{:?}", store.warnings()) };
        assert_eq!(found, reason);
    }
}

/// The folder or the file is removed or replaced while a process has it open.
#[cfg(unix)]
#[test]
fn records_of_a_removed_file_are_saved_again() {
    let [first, second] = two_records();
    let remove: [fn(&Path); 3] = [
        |file| fs::remove_dir_all(file.parent().expect("a folder")).expect("ours"),
        |file| fs::remove_file(file).expect("ours"),
        |file| fs::rename(file, file.with_file_name("moved")).expect("ours"),
    ];
    for remove in remove {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("records/0001.jsonl");
        let mut store = open(folder.path());
        store.append(first.clone()).expect("a writable folder");
        remove(&file);
        let error = store.append(second.clone()).expect_err("the file is gone");
        assert!(matches!(&error, StoreError::Moved { path, .. } if *path == file), "{error}");
        let again = open(folder.path());
        assert_eq!((again.get(&first.id), again.get(&second.id)), (Some(&first), Some(&second)));

        // The same after the last record, when the study is summarised.
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut store = open(folder.path());
        store.append(first.clone()).expect("a writable folder");
        remove(&folder.path().join("records/0001.jsonl"));
        assert!(matches!(store.reopen(folder.path()), Err(StoreError::Moved { .. })));
        assert_eq!(open(folder.path()).get(&first.id), Some(&first));
    }
}

/// The file was emptied by another process.
#[test]
fn detects_records_removed_by_another_process() {
    let [first, _] = two_records();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut store = open(folder.path());
    store.append(first).expect("a writable folder");
    fs::write(folder.path().join("records/0001.jsonl"), "").expect("ours");
    assert!(matches!(store.reopen(folder.path()), Err(StoreError::Missing { count: 1, .. })));
}

#[test]
fn records_round_trip_bit_for_bit() {
    let (study, prepared) = study("[network]\nhidden = 5\n[noise]\nlevel_percent = 33.3\n[repeats]\nseeds = 3\n");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let records = records(&trials(&study, &prepared), &prepared, 2);
    let mut store = open(folder.path());
    records.iter().for_each(|record| store.append(record.clone()).expect("a writable folder"));
    let again = open(folder.path());
    records.iter().for_each(|record| assert_eq!(again.get(&record.id), Some(record)));
}

#[test]
fn a_skimmed_store_writes_no_record_twice() {
    let (study, prepared) =
        study("[network]\nhidden = 2\nsteps = 10\n[repeats]\nseeds = 2\n[observe]\ndetails = \"none\"\n");
    let trials = trials(&study, &prepared);
    let records = records(&trials, &prepared, 1);
    let (folder, _) = folder_with(&line(&records[0]).repeat(2));
    let mut seen = Vec::new();
    let mut store = Store::skim(folder.path(), |record| seen.push(record)).expect("a readable folder");
    assert_eq!((&seen[..], store.len()), (&records[..1], 1));
    for record in records.iter().chain(&records) {
        store.append(record.clone()).expect("a writable folder");
        assert_eq!(store.get(&record.id), None);
    }
    assert!(trials.iter().all(|trial| store.holds(trial)));
    let appended = fs::read_to_string(folder.path().join("records/0002.jsonl")).expect("text");
    assert_eq!(appended, line(&records[1]));
    assert_eq!(open(folder.path()).len(), 2);
}

#[test]
fn two_stores_of_one_folder_never_share_a_file() {
    let [first, second] = two_records();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut one, mut other, mut idle) = (open(folder.path()), open(folder.path()), open(folder.path()));
    idle.prepare_to_write().expect("a writable folder");
    one.append(first.clone()).expect("a writable folder");
    other.append(second.clone()).expect("a writable folder");
    drop((one, other, idle));
    assert_eq!(fs::read_dir(folder.path().join("records")).expect("records").count(), 2, "an empty file remains");
    assert_eq!(open(folder.path()).len(), 2);
}

/// A file blocks the path of the folder, so even the superuser cannot write.
#[test]
fn an_unwritable_folder_is_an_error_with_its_path() {
    let [first, _] = two_records();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let in_the_way = folder.path().join("results");
    fs::write(&in_the_way, "a file").expect("a writable folder");
    let message = match Store::open(&in_the_way) {
        Err(error @ StoreError::Read { .. }) => error.to_string(),
        Err(other) => panic!("{other}"),
        Ok(mut store) => {
            assert!(store.prepare_to_write().is_err());
            store.append(first).expect_err("a file in the way").to_string()
        }
    };
    let records = in_the_way.join("records").display().to_string();
    assert!(message.starts_with(&format!("cannot read `{records}`: ")), "{message}");
    assert_eq!(fs::read_to_string(in_the_way).expect("text"), "a file");
}

/// Environment variable with the folder of the process with the full disk.
#[cfg(unix)]
const FULL: &str = "OHMSPIKE_TEST_FULL_DISK";

/// A limit on file sizes stands in for a full disk and cuts off a record. The limit applies to a whole process, so this
/// test starts itself again in a child process.
#[cfg(unix)]
#[test]
fn on_a_full_disk_the_records_so_far_stay_whole() {
    let [first, _] = two_records();
    let numbered = |number: usize| {
        let record = Record { seed: number as u64, ..first.clone() };
        Record { id: recorded_id(&record).expect("no maps"), ..record }
    };
    if let Some(folder) = std::env::var_os(FULL) {
        let mut store = open(Path::new(&folder));
        let mut results = (0..100).map(|number| store.append(numbered(number)));
        let failure = results.find_map(Result::err).expect("the limit is smaller than 100 records");
        let StoreError::Write { path, .. } = &failure else { panic!("{failure}") };
        assert!(path.ends_with("records/0001.jsonl"), "{failure}");
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    // 32 KiB or 64 KiB, depending on the shell: more than one record and fewer than a hundred.
    let status = std::process::Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 64; exec \"$0\" --exact store::on_a_full_disk_the_records_so_far_stay_whole",
        ])
        .arg(std::env::current_exe().expect("the running test"))
        .env(FULL, folder.path())
        .stdout(std::process::Stdio::null())
        .status()
        .expect("a shell");
    assert!(status.success(), "the process with the full disk: {status}");
    let bytes = fs::read(folder.path().join("records/0001.jsonl")).expect("records");
    assert!(bytes.ends_with(b"\n"), "part of a line remains");
    let store = open(folder.path());
    assert_eq!(store.warnings(), []);
    assert!((1..100).contains(&store.len()), "{} records", store.len());
    (0..store.len()).for_each(|number| assert_eq!(store.get(&numbered(number).id), Some(&numbered(number))));
}
