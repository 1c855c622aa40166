//! A trial that is stopped after every epoch and resumed is bit-identical to an uninterrupted one.

use std::path::Path;
use std::time::Duration;

use ohmspike_study::checkpoint::{CheckpointWarning, Checkpoints};
use ohmspike_study::pool::Pool;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::record::{Record, Seconds};
use ohmspike_study::run;
use ohmspike_study::run::{Progress, RunControl, Trial, run_trials};
use ohmspike_study::study::Study;
use ohmspike_study::trial::{Outcome, TrialError, TrialInput, TrialState, WrongTrialState, run_trial};

use crate::small::{records, timeless};

const EPOCHS: usize = 3;

/// Sections that cover all stateful parts. Digital weights with noise. Cells with drift and a rest before every test,
/// random telegraph noise, calibrated converters, reference cells, pulses, verified writes, two branches, a digital copy,
/// or wires of gated and of driven arrays. Several layers with recurrent connections on such cells, and Izhikevich neurons without sign constraints.
const SECTIONS: [&str; 7] = [
    "[noise]\nlevel_percent = 30",
    "[hardware]\ndevice = \"illustrative-oxide\"\nretention_seconds = 1000\n\
     [device.drift]\nlaw = \"log-time\"\nreference_seconds = 1\nmean_microsiemens_per_ln = -0.5\n\
     sigma_microsiemens_per_ln = 0.2\nsigma_microsiemens_at_reference = 0.1\n\
     [device.read.rtn]\nkind = \"telegraph\"\nfraction_of_cells = 0.4\nreference_resistance_ohm = 1e4\n\
     rate_per_second = 2\namplitude_percent_of_conductance = 7\n\
     [device.wires]\naccess = \"gated\"\nbit_line_ohm_per_cell = 2\nsense_ohm = 100\n\
     [device.converters]\ntile_rows = 128\nadc = { bits = 8, codes = \"signed\", range = \"calibrated\" }",
    "[hardware]\ndevice = \"illustrative-oxide\"\npair = \"potentiation-only\"\ncontroller = \"digital-copy\"\n\
     weight_at_gmax = 0.02",
    "[hardware]\ndevice = \"1t1r-yousuf-2025\"\ncontroller = \"digital-copy\"\nweight_at_gmax = 0.01\n[readout]\nweight_at_gmax = 4\n\
     [device.wires]\naccess = \"driven\"\nbit_line_ohm_per_cell = 2\nsense_ohm = 100\nrefresh_updates = 3\n\
     column_gain = \"calibrated\"\n[device.converters]\ntile_rows = 128",
    "recurrent = true\n[[layer]]\n[[layer]]\nhidden = 7\ndevice = \"illustrative-oxide\"\nrecurrent = false\n\
     weight_at_gmax = 4\n[[layer]]\nhidden = 5\n[readout]\ndevice = \"pcm-joshi-2020\"",
    "recurrent = true\n[[layer]]\n[[layer]]\nhidden = 5\nweight_at_gmax = 4\n[hardware]\ndevice = \"illustrative-oxide\"\n\
     [device.read.rtn]\nkind = \"telegraph\"\nfraction_of_cells = 0.4\nreference_resistance_ohm = 1e4\n\
     rate_per_second = 2\namplitude_percent_of_conductance = 7\n\
     [device.converters]\ntile_rows = 128\nadc = { bits = 8, codes = \"signed\", range = \"calibrated\" }",
    "neuron = \"izhikevich\"\nsigns = \"unconstrained\"\nexcitatory_fraction = 1\n[noise]\nlevel_percent = 30",
];

/// A study of one small trial with the given sections.
fn study_of(own: &str, hidden: usize) -> (Study, Prepared) {
    let text = format!(
        "name = \"small\"\n[training]\nepochs = {EPOCHS}\nbatch = 512\n[weights]\nsigma_init = 0.003\n\
         [network]\nhidden = {hidden}\nsteps = 30\n{own}\n"
    );
    let study = Study::parse("small.toml", &text, &[]).expect("a valid study");
    let settings = study.conditions.iter().map(|condition| &*condition.settings);
    let prepared = Prepared::new(settings, Path::new(".")).expect("embedded data and built-in devices");
    (study, prepared)
}

/// Returns an outcome without its wall time.
fn timeless_outcome(mut outcome: Outcome) -> Outcome {
    for epoch in &mut outcome.epochs {
        (epoch.training_seconds, epoch.test_seconds, epoch.helped_seconds) = (0.0, 0.0, 0.0);
    }
    outcome
}

#[test]
fn a_trial_resumed_after_every_epoch_has_the_same_outcome() {
    for own in SECTIONS {
        let (study, prepared) = study_of(own, 6);
        let settings = &study.conditions[0].settings;
        let (data, devices) = (prepared.data(settings), prepared.devices_of(settings));
        let input = TrialInput { settings, devices: &devices, data, seed: 7 };
        let run = |from: Option<TrialState>| {
            let mut after_one = None;
            let outcome = run_trial(&input, from, &ohmspike_simd::Serial, &mut |end| {
                after_one.get_or_insert_with(|| end.state());
            });
            (outcome.expect("a valid trial"), after_one.expect("an epoch"))
        };
        let (through, mut state) = run(None);
        let spikes: u64 = through.epochs.iter().map(|epoch| epoch.test.total().excitatory_spikes).sum();
        assert!(spikes > 0 && through.diverged.is_none(), "the network is silent or diverged: {own}");
        let through = timeless_outcome(through);
        for epoch in 1..EPOCHS {
            // Through the serialized form of a checkpoint.
            let kept = postcard::to_stdvec(&state).expect("plain values");
            let seconds: f64 = state.epochs.iter().map(|epoch| epoch.seconds()).sum();
            let (outcome, next) = run(Some(postcard::from_bytes(&kept).expect("what was written")));
            assert_eq!(next.epochs.len(), epoch + 1);
            let all: f64 = outcome.epochs.iter().map(|epoch| epoch.seconds()).sum();
            assert!(all > seconds && seconds > 0.0, "the wall times of the parts add up");
            assert_eq!(timeless_outcome(outcome), through, "resumed after epoch {epoch}: {own}");
            state = next;
        }
        // After the last epoch, nothing can be resumed.
        let error = run_trial(&input, Some(state), &ohmspike_simd::Serial, &mut |_| {}).expect_err("no epoch is left");
        assert!(matches!(error, TrialError::State(WrongTrialState::Ended { epochs: EPOCHS, done: EPOCHS })), "{error}");
    }
}

/// Progress of a run: epochs done before, epochs done now, warnings, records.
#[derive(Default)]
struct Heard {
    before: Vec<usize>,
    now: usize,
    warnings: Vec<CheckpointWarning>,
    records: Vec<Record>,
}

fn heard(trials: &[Trial], prepared: &Prepared, checkpoints: &Checkpoints) -> Heard {
    let mut heard = Heard::default();
    let control = RunControl { checkpoints: Some(checkpoints), ..RunControl::default() };
    run_trials(trials, prepared, &Pool::new(1).expect("a thread"), control, |progress| match progress {
        Progress::Begun { epochs, .. } => heard.before.push(epochs),
        Progress::Epoch { .. } => heard.now += 1,
        Progress::Warning(warning) => heard.warnings.push(warning),
        Progress::Trial(record, _) => heard.records.push(*record),
        other => panic!("{other:?}"),
    })
    .expect("valid trials");
    heard
}

/// Keeps the checkpoint of the second to last epoch, as after a kill in the last one; the caller deletes checkpoints
/// after saving records.
#[test]
fn a_run_resumes_from_a_checkpoint_and_warns_about_invalid_ones() {
    let (study, prepared) = study_of(SECTIONS[0], 6);
    let trials = run::trials(&study, &prepared);
    let whole = records(&trials, &prepared, 1);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let checkpoints = Checkpoints::new(folder.path(), Duration::ZERO);

    let first = heard(&trials, &prepared, &checkpoints);
    assert_eq!((first.before, first.now, timeless(first.records)), (vec![0], EPOCHS, whole.clone()));
    let again = heard(&trials, &prepared, &checkpoints);
    let seconds = again.records[0].seconds;
    assert_eq!((again.before, again.now, timeless(again.records)), (vec![EPOCHS - 1], 1, whole.clone()));
    assert!(seconds.training > Seconds::default().training && again.warnings.is_empty());

    let file = folder.path().join("checkpoints").join(format!("{}.bin", trials[0].id));
    let bytes = std::fs::read(&file).expect("a checkpoint");
    std::fs::write(&file, &bytes[..bytes.len() / 2]).expect("a writable folder");
    assert_warns_and_starts_anew(heard(&trials, &prepared, &checkpoints), &file, "sha256", &whole);

    // The checkpoint of another network under the name of this trial.
    let (other_study, other_prepared) = study_of(SECTIONS[0], 7);
    let mut others = run::trials(&other_study, &other_prepared);
    others[0].id.clone_from(&trials[0].id);
    heard(&others, &other_prepared, &Checkpoints::new(&folder.path().join("others"), Duration::ZERO));
    let other = folder.path().join("others/checkpoints").join(file.file_name().expect("a name"));
    std::fs::rename(other, &file).expect("a checkpoint");
    assert_warns_and_starts_anew(heard(&trials, &prepared, &checkpoints), &file, "expected 784 x 6", &whole);
}

fn assert_warns_and_starts_anew(heard: Heard, file: &Path, reason: &str, whole: &[Record]) {
    let [warning @ CheckpointWarning::Unusable { path, .. }] = &heard.warnings[..] else {
        panic!("{:?}", heard.warnings);
    };
    assert_eq!(path, file);
    assert!(warning.to_string().contains(reason), "{warning}");
    assert_eq!((heard.before.last(), heard.now, timeless(heard.records)), (Some(&0), EPOCHS, whole.to_vec()));
}
