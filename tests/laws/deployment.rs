//! Chips are independent: their results depend on their number, the seed and the time alone. An ideal device gives the
//! answers of the network in exact memory, sample by sample.

use std::path::{Path, PathBuf};

use ohmspike_answers::deploy::{DeployOptions, DeployedNetwork, Deployment, Request, deploy};
use ohmspike_datasets::{ArrayContent, write_arrays};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;
use ohmspike_study::study::Override;
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

/// A network of random weights, whose input weights are positive on average so that it spikes.
fn network(folder: &TempDir, signed: bool) -> PathBuf {
    let matrix = |rows: usize, mean: f32, sigma: f32, name: &str| {
        let columns = if name == "w0" { HIDDEN } else { 10 };
        let mut draws = Matrix::zeros(rows, columns);
        Seed::new(5).named(name).normals().fill(draws.blocks_mut());
        let weight = |row: usize, column: usize| {
            let weight = mean + sigma * draws[(row, column)];
            let sign = if name == "w1" && row.is_multiple_of(3) { -1.0 } else { 1.0 };
            if signed { sign * weight.abs() } else { weight }
        };
        Matrix::from_fn(rows, columns, weight).cells().collect::<Vec<f32>>()
    };
    let (w0, w1) = (matrix(784, 0.01, 0.02, "w0"), matrix(HIDDEN, 0.0, 0.4, "w1"));
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

#[test]
fn a_chip_depends_on_its_number_seed_and_time_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for signed in [true, false] {
        let noisy = open(&network(&folder, signed), "ideal", &NOISY);
        let few = deployed(&noisy, 2, &[1.0, 60.0], 1);
        let many = deployed(&noisy, 5, &[60.0], 3);
        let [short, long] = [0, 1].map(|place| &few.cells[0].times[place].correct);
        assert_eq!(many.cells[0].times[0].correct[..2], long[..]);
        assert_ne!(short, long, "read noise differs between times");
        assert!(many.cells[0].times[0].correct.windows(2).any(|pair| pair[0] != pair[1]), "chips differ");
        // Other devices beside it change nothing.
        let both =
            deployed(&open(&network(&folder, signed), "study-1k-1m,ideal", &["network.steps=40"]), 2, &[60.0], 2);
        let alone = deployed(&open(&network(&folder, signed), "ideal", &["network.steps=40"]), 2, &[60.0], 1);
        assert_eq!(both.cells[1].times, alone.cells[0].times);
    }
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
    assert_eq!(lines, 3, "exact memory and two chips");
    let (again, lines) = run(2, &[1.0]);
    assert_eq!((again, lines), (first, 3));
    let (more, lines) = run(3, &[1.0, 60.0]);
    assert_eq!(lines, 6, "two chips at a new time, and a new chip");
    assert_eq!(more, deployed(&noisy, 3, &[1.0, 60.0], 1));
    assert_eq!(Deployment::read(results.path()).expect("an answer"), Some(more));
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

/// A second data set or time constant has results in exact memory of its own.
#[test]
fn every_column_is_compared_with_its_own_exact_memory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let axis = ["network.steps=40", "training.tau_mem_steps=[2, 40]"];
    let answer = deployed(&open(&network(&folder, true), "ideal", &axis), 2, &[0.0], 2);
    for cell in &answer.cells {
        assert_eq!(cell.times[0].correct, [cell.exact.correct; 2]);
    }
    let [first, second] = [0, 1].map(|cell| answer.cells[cell].exact.correct);
    assert_ne!(first, second, "the time constant matters");
    assert_eq!(answer.exact_of(0), None);
}
