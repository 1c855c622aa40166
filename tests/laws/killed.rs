//! Kills a process that appends records hundreds of times: no appended record is lost, none is duplicated, and only the
//! last line of a file can be torn.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use ohmspike_rng::Seed;
use ohmspike_study::record::{Record, recorded_id};
use ohmspike_study::run::trials;
use ohmspike_study::store::{Store, StoreWarning};

use crate::small::{records, study};

/// Environment variable with the folder of the killed process.
const FOLDER: &str = "OHMSPIKE_TEST_KILLED";
/// Records per full folder, and the total number of kills.
const RECORDS: usize = 12;
const KILLS: u64 = 240;

fn numbered(number: usize, template: &Record) -> Record {
    let record = Record { seed: number as u64, ..template.clone() };
    Record { id: recorded_id(&record).expect("no maps"), ..record }
}

/// Body of the killed process: appends the missing records and reports each one that is on disk.
fn append_what_is_missing(folder: &Path) {
    let template = fs::read(folder.join("template.json")).expect("a template");
    let template: Record = serde_json::from_slice(&template).expect("a record");
    let mut store = Store::open(folder).expect("a readable folder");
    for record in (0..RECORDS).map(|number| numbered(number, &template)) {
        if store.get(&record.id).is_none() {
            let seed = record.seed;
            store.append(record).expect("a writable folder");
            writeln!(std::io::stderr(), "appended {seed}").expect("an open pipe");
        }
    }
}

/// A record of a few hundred kilobytes, so that many kills interrupt a write.
fn template() -> Record {
    let (study, prepared) = study("[network]\nhidden = 2\nsteps = 10\n");
    let [record] = records(&trials(&study, &prepared), &prepared, 1).try_into().expect("one trial");
    Record { outcome: None, failure: Some("long ".repeat(100_000)), ..record }
}

/// Starts the process, kills it after `delay`, and returns the seeds of the records that it reported.
fn kill_after(delay: Duration, folder: &Path) -> Vec<u64> {
    let mut process = Command::new(std::env::current_exe().expect("the running test"))
        .args(["--exact", "killed::records_survive_hundreds_of_kills", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the test starts");
    thread::sleep(delay);
    process.kill().expect("a running child process");
    let mut said = String::new();
    process.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
    process.wait().expect("the child process ends");
    let lines = said.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    lines.filter_map(|line| line.trim_end().strip_prefix("appended ")?.parse().ok()).collect()
}

/// Reads the records of `folder`. Only last lines may be torn, and no trial may have two records.
fn read(folder: &Path, template: &Record) -> BTreeSet<u64> {
    let store = Store::open(folder).expect("a readable folder");
    let torn = |warning: &StoreWarning| matches!(warning, StoreWarning::Torn { .. });
    assert!(store.warnings().iter().all(torn), "{:?}", store.warnings());
    let files = fs::read_dir(folder.join("records")).map_or_else(|_| Vec::new(), Iterator::collect);
    let lines = |file: std::io::Result<fs::DirEntry>| {
        fs::read_to_string(file.expect("an entry").path()).expect("text").matches("\"format\"").count()
    };
    let begun: usize = files.into_iter().map(lines).sum();
    assert!(
        begun <= store.len() + store.warnings().len(),
        "{begun} lines for {} records: duplicate record",
        store.len()
    );
    let whole = |number: &usize| {
        let record = numbered(*number, template);
        store.get(&record.id).inspect(|found| assert_eq!(**found, record)).is_some()
    };
    (0..RECORDS).filter(whole).map(|number| number as u64).collect()
}

#[test]
fn records_survive_hundreds_of_kills() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return append_what_is_missing(Path::new(&folder));
    }
    let template = template();
    let new_folder = || {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("template.json"), serde_json::to_string(&template).expect("plain values"))
            .expect("a writable folder");
        folder
    };
    let (mut folder, mut before) = (new_folder(), BTreeSet::new());
    // The delay grows while the process makes no progress, for slow machines.
    let mut longest = 20.0;
    for kill in 0..KILLS {
        let fraction = f64::from(Seed::new(1).named("kill").numbered(kill).stream().next_u32()) / f64::from(u32::MAX);
        let appended = kill_after(Duration::from_secs_f64(1e-3 * longest * fraction), folder.path());
        let after = read(folder.path(), &template);
        let promised: BTreeSet<u64> = before.iter().chain(&appended).copied().collect();
        // One more record may be complete if the process was killed before its report.
        assert!(after.is_superset(&promised) && after.len() <= promised.len() + 1, "{promised:?}, found {after:?}");
        longest *= if after.len() == before.len() { 1.1 } else { 0.9 };
        (folder, before) = if after.len() == RECORDS { (new_folder(), BTreeSet::new()) } else { (folder, after) };
    }
}
