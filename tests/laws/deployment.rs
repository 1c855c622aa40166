//! Chips are independent: their results depend on their number, the seed and the time alone. An ideal device gives the
//! answers of the network with digital weights, sample by sample.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use ohmspike_answers::deploy::{
    DeployObserver, DeployOptions, DeployWarning, DeployedNetwork, Deployment, Request, deploy, one_chip,
};
use ohmspike_answers::numbered::answers;
use ohmspike_datasets::{ArrayContent, write_arrays};
use ohmspike_simd::Matrix;
use ohmspike_snn::connection::Connection;
use ohmspike_study::network_file::{NetworkHeader, StoredNetwork};
use ohmspike_study::prepare::DataShape;
use ohmspike_study::run_study::{Keep, RunOptions, train_and_keep};
use ohmspike_study::study::{Override, Study};
use tempfile::TempDir;

const HIDDEN: usize = 12;
/// A device with noise of each kind: writes, reads, drift, cells and faults.
const NOISY: [&str; 7] = [
    "device.write.noise='relative'",
    "device.write.sigma_percent_of_conductance=10",
    "device.read.white.noise='relative'",
    "device.read.white.sigma_percent_of_conductance=5",
    "device.device_to_device.low_resistance_sigma_ln=0.2",
    "device.faults.p_stuck_random=0.02",
    "network.steps=40",
];

/// A network that knows something: header, input and readout weights.
static TRAINED: LazyLock<(NetworkHeader, [Matrix; 2])> = LazyLock::new(|| {
    let text = format!(
        "name = 's'\n[network]\nhidden = {HIDDEN}\nexcitatory_fraction = 0.75\nsteps = 40\n[weights]\nsigma_init = 0.005\n\
         [training]\nepochs = 1\nbatch = 32\nlearning_rate = 0.02\n[outcome]\nlast_epochs = 1\n"
    );
    let study = Study::parse("s.toml", &text, &[]).expect("a valid study");
    let (options, keep) = (RunOptions::default(), Keep { weights: true, record: None });
    let trained = train_and_keep(&study, Some(5), &options, &keep, &mut ()).expect("a training").expect("not stopped");
    let stored = StoredNetwork::of_trial(&trained).expect("weights");
    let weights = stored.arranged(DataShape { inputs: 784, classes: 10 }).expect("its own shape");
    let weights = weights.into_iter().map(|(_, matrix)| matrix).collect::<Vec<Matrix>>();
    (stored.header.expect("a header"), weights.try_into().expect("two matrices"))
});

/// Stores the trained network without its header; every row has one sign if it is `signed`.
fn network(folder: &TempDir, signed: bool) -> PathBuf {
    let [w0, w1] = &TRAINED.1;
    // Small weights of the other sign in place of zeros.
    let weight = |weight: f32| if !signed && weight == 0.0 { -0.0005 } else { weight };
    let [w0, w1] = [w0, w1].map(|matrix| matrix.cells().map(weight).collect::<Vec<f32>>());
    let arrays = [
        ("w0".to_owned(), vec![784, HIDDEN], ArrayContent::Floats(&w0)),
        ("w1".to_owned(), vec![HIDDEN, 10], ArrayContent::Floats(&w1)),
    ];
    let path = folder.path().join("net.npz");
    write_arrays(&path, &arrays).expect("a writable folder");
    path
}

fn open(path: &Path, device: &str, set: &[&str]) -> DeployedNetwork {
    let overrides: Vec<Override> = set.iter().map(|text| Override::parse(text).expect("valid")).collect();
    let devices: Vec<String> = device.split(',').map(str::to_owned).collect();
    let request = Request { presets: &[], study: None, overrides: &overrides, devices: &devices, test: None };
    DeployedNetwork::open(path, &request).expect("a valid network")
}

/// Texts of the warnings.
#[derive(Default)]
struct Warnings(Vec<String>);

impl DeployObserver for Warnings {
    fn warning(&mut self, warning: &DeployWarning) {
        self.0.push(warning.to_string());
    }
}

/// Deploys in a folder of its own.
fn deployed(network: &DeployedNetwork, chips: u32, after: &[f64], threads: usize) -> Deployment {
    let results = tempfile::tempdir().expect("a temporary folder");
    let options = DeployOptions {
        chips,
        after_seconds: after.to_vec(),
        threads: Some(threads),
        folder: results.path().to_owned(),
        ..DeployOptions::default()
    };
    deploy(std::slice::from_ref(network), &options, &mut ()).expect("a valid deployment")
}

#[test]
fn an_ideal_device_gives_the_answers_of_exact_memory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for signed in [true, false] {
        let path = network(&folder, signed);
        let answer = deployed(&open(&path, "ideal", &["network.steps=40"]), 2, &[0.0, 3600.0], 1);
        let exact = &answer.cells[0].exact;
        assert_eq!((answer.networks[0].signed_rows, exact.samples), (signed, 1024));
        assert!(exact.hidden_spikes > 0.5, "a silent network shows nothing: {}", exact.hidden_spikes);
        for time in &answer.cells[0].times {
            assert_eq!(time.correct, [exact.correct; 2]);
        }
    }
}

/// Noise of a training device leaves such weights. Pairs of one sign hold 0 in their place, and so do digital weights.
#[test]
fn weights_with_the_wrong_sign_cost_no_mechanism_anything() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (header, [w0, w1]) = &*TRAINED;
    let wrong = |row: usize, column: usize| {
        if column.is_multiple_of(2) && row.is_multiple_of(2) { -w1[(row, column)] } else { w1[(row, column)] }
    };
    let w1 = Matrix::from_fn(HIDDEN, 10, wrong);
    let matrices = vec![(Connection::Feedforward(0), w0.clone()), (Connection::Readout, w1)];
    let path = folder.path().join("net.npz");
    let save = |header: NetworkHeader| {
        StoredNetwork::new(header, matrices.clone()).write(&path).expect("a writable folder");
        open(&path, "ideal", &[])
    };
    // Training with digital weights leaves no such weights.
    let options = DeployOptions { chips: 1, folder: folder.path().join("results"), ..DeployOptions::default() };
    let refused = deploy(&[save(header.clone())], &options, &mut ()).expect_err("signs that contradict the training");
    assert!(refused.to_string().contains("with 0 in their place, the network itself reaches "), "{refused}");
    // The noise of a device can.
    let settings = header.settings.with_key("readout.device", "study-1k-1m").expect("a device");
    let answer = deployed(&save(NetworkHeader { settings, ..header.clone() }), 2, &[0.0], 1);
    let cell = &answer.cells[0];
    assert!(answer.networks[0].signed_rows && cell.scales[1].wrong_signs > 0, "{:?}", cell.scales);
    assert_eq!(cell.times[0].correct, [cell.exact.correct; 2]);
    let stored = cell.exact.stored_correct.expect("wrong signs");
    assert_ne!(stored, cell.exact.correct, "the signs matter");
    let caution = answer.cautions.iter().find(|caution| caution.contains("with the sign of the other population"));
    let told =
        format!("{:.1} % accuracy, {:.1} % with all weights", 100.0 * cell.exact.accuracy(), stored as f64 / 10.24);
    assert!(caution.is_some_and(|caution| caution.contains(&told)), "{:?}", answer.cautions);
    // A single chip says so as well.
    let mut warnings = Warnings::default();
    let settings = header.settings.with_key("readout.device", "study-1k-1m").expect("a device");
    let network = save(NetworkHeader { settings, ..header.clone() });
    one_chip(&network, &options, 0, &mut warnings).expect("a valid chip");
    assert!(warnings.0.iter().any(|warning| warning.contains(&told)), "{:?}", warnings.0);
    // Both cells of a pair hold all weights.
    let both = deployed(&open(&path, "ideal", &["network.signs=unconstrained"]), 1, &[0.0], 1);
    let cell = &both.cells[0];
    assert_eq!((cell.exact.correct, cell.exact.stored_correct, &cell.times[0].correct), (stored, None, &vec![stored]));
}

#[test]
fn a_chip_depends_on_its_number_seed_and_time_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for signed in [true, false] {
        let noisy = open(&network(&folder, signed), "ideal", &NOISY);
        let few = deployed(&noisy, 2, &[1.0, 60.0], 1);
        let many = deployed(&noisy, 5, &[60.0], 3);
        let [short, long] = [0, 1].map(|place| &few.cells[0].times[place].correct);
        assert_eq!(many.cells[0].times[0].correct[..2], long[..]);
        assert_eq!(short, long, "cells that do not move give the same answers");
        assert!(many.cells[0].times[0].correct.windows(2).any(|pair| pair[0] != pair[1]), "chips differ");
        // Other devices beside it change nothing.
        let both =
            deployed(&open(&network(&folder, signed), "study-1k-1m,ideal", &["network.steps=40"]), 2, &[60.0], 2);
        let alone = deployed(&open(&network(&folder, signed), "ideal", &["network.steps=40"]), 2, &[60.0], 1);
        assert_eq!(both.cells[1].times, alone.cells[0].times);
    }
}

/// Times share the draws of read noise; each has the answers of a deployment of its own. More times than are read together.
#[test]
fn a_time_does_not_depend_on_the_others() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let set =
        ["network.steps=40", "device.read.white.noise='relative'", "device.read.white.sigma_percent_of_conductance=20"];
    for signed in [true, false] {
        let drifting = open(&network(&folder, signed), "cmo-hfox-falcone-2025", &set);
        let after: Vec<f64> = (0..10).map(|decade| 10f64.powf(0.8 * f64::from(decade))).collect();
        let together = deployed(&drifting, 2, &after, 1);
        let times = &together.cells[0].times;
        for place in [0, 3, 8, 9] {
            assert_eq!(
                deployed(&drifting, 2, &after[place..=place], 1).cells[0].times[0].correct,
                times[place].correct
            );
        }
        assert_ne!(times[0].correct, times[9].correct, "cells drift");
    }
}

#[test]
fn noise_that_the_study_sets_is_missing_without_a_level() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cautions = |device: &str, set: &[&str]| {
        let set = [&["network.steps=40"][..], set].concat();
        deployed(&open(&network(&folder, true), device, &set), 1, &[0.0], 1).cautions
    };
    let missing = |cautions: &[String]| cautions.iter().any(|caution| caution.contains("write noise is `from-study`"));
    assert!(missing(&cautions("study-1k-1m", &[])));
    assert!(!missing(&cautions("study-1k-1m", &["weights.sigma_init=0.005", "noise.level_percent=10"])));
    assert!(!missing(&cautions("illustrative-oxide", &[])));
}

#[test]
fn a_repeat_reads_what_exists_and_runs_what_is_missing() {
    let (folder, results) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let noisy = open(&network(&folder, true), "ideal", &NOISY);
    let run = |chips: u32, after: &[f64]| {
        let options = DeployOptions {
            chips,
            after_seconds: after.to_vec(),
            folder: results.path().to_owned(),
            ..DeployOptions::default()
        };
        let answer = deploy(std::slice::from_ref(&noisy), &options, &mut ()).expect("a valid deployment");
        let lines = std::fs::read_to_string(results.path().join("chips.jsonl")).expect("results").lines().count();
        (answer, lines)
    };
    let (first, lines) = run(2, &[1.0]);
    assert_eq!(lines, 3, "digital weights and two chips");
    let (again, lines) = run(2, &[1.0]);
    assert_eq!((&again, lines), (&first, 3));
    let (more, lines) = run(3, &[1.0, 60.0]);
    assert_eq!(lines, 6, "two chips at a new time, and a new chip");
    assert_eq!(Deployment { number: 1, ..more.clone() }, deployed(&noisy, 3, &[1.0, 60.0], 1));
    assert_eq!(answers::<Deployment>(results.path()), [first, Deployment { number: 2, ..more }]);
}

#[test]
fn a_device_with_one_mechanism_owes_it_all_its_loss() {
    let (folder, results) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let noisy = open(&network(&folder, true), "ideal", &[&NOISY[..2], &["network.steps=40"]].concat());
    let options =
        DeployOptions { chips: 3, mechanisms: true, folder: results.path().to_owned(), ..DeployOptions::default() };
    let answer = deploy(&[noisy], &options, &mut ()).expect("a valid deployment");
    let [loss] = &answer.cells[0].mechanisms[..] else { panic!("{:?}", answer.cells[0].mechanisms) };
    assert_eq!(loss.only_correct, answer.cells[0].times[0].correct);
    let (digital, whole) = (answer.cells[0].exact.accuracy(), answer.cells[0].times[0].mean);
    assert!((loss.loss_alone - (digital - whole)).abs() < 1e-12);
    // Without noise, conductances at the largest weight as full scale round the weights by a unit in the last place.
    assert!((loss.gain_without - loss.loss_alone).abs() < 0.005, "{loss:?}");
}

/// Weights beyond full scale lose accuracy on every device, so no mechanism owes that loss.
#[test]
fn clipped_weights_are_not_charged_to_mechanisms() {
    let (folder, results) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let scale = ["network.steps=40", "readout.weight_at_gmax=0.05"];
    let noisy = open(&network(&folder, true), "ideal", &[&NOISY[..2], &scale].concat());
    let options =
        DeployOptions { chips: 3, mechanisms: true, folder: results.path().to_owned(), ..DeployOptions::default() };
    let answer = deploy(&[noisy], &options, &mut ()).expect("a valid deployment");
    let cell = &answer.cells[0];
    assert!(cell.scales[1].clipped > 0, "{:?}", cell.scales);
    let on_window = cell.window_correct.expect("weights are clipped") as f64 / cell.exact.samples as f64;
    let [loss] = &cell.mechanisms[..] else { panic!("{:?}", cell.mechanisms) };
    assert_eq!(loss.only_correct, cell.times[0].correct);
    assert!((loss.loss_alone - (on_window - cell.times[0].mean)).abs() < 1e-12);
    assert!(on_window < cell.exact.accuracy(), "clipping matters");
}

/// A second data set or time constant has results with digital weights of its own.
#[test]
fn every_column_is_compared_with_its_own_exact_memory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let axis = ["network.steps=40", "training.tau_mem_steps=[5, 8]"];
    let answer = deployed(&open(&network(&folder, true), "ideal", &axis), 2, &[0.0], 2);
    for cell in &answer.cells {
        assert_eq!(cell.times[0].correct, [cell.exact.correct; 2]);
    }
    let [first, second] = [0, 1].map(|cell| answer.cells[cell].exact.correct);
    assert_ne!(first, second, "the time constant matters");
    assert_eq!(answer.exact_of(0), None);
}
