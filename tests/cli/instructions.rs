//! `--simd`: records and details are bit-identical for all instruction sets of the CPU.

use std::collections::BTreeMap;

use ohmspike_simd::Instructions;

use crate::ohmspike::{Folder, TINY};

/// The common part of all studies. The last block of a row of hidden neurons is incomplete.
const COMMON: &str = "[data]\nset = \"fashion-mnist-subset\"\n[network]\nhidden = 20\nsteps = 30\n\
    [weights]\nsigma_init = 0.003\n[training]\nepochs = 1\nbatch = 512\n";

/// Studies by name, which together run all write and read kernels. The law `kernel_bits` tests their widths.
const STUDIES: [(&str, &str); 6] = [
    // The noise of the study on digital weights and on cells.
    (
        "level",
        "surrogate = \"exponential\"\n[noise]\nlevel_percent = [0, 30]\n[hardware]\ndevice = [\"none\", \"study-1k-1m\"]",
    ),
    // Writes that add, by a table with read noise and reference cells; pulsed; verified.
    ("schemes", "[hardware]\ndevice = [\"illustrative-oxide\", \"reram-es-gong-2018\"]"),
    ("verified", "[hardware]\ndevice = \"1t1r-yousuf-2025\"\nweight_at_gmax = 0.01\n[readout]\nweight_at_gmax = 4"),
    ("pairs", "[hardware]\ndevice = \"illustrative-oxide\"\npair = [\"push-pull\", \"potentiation-only\"]"),
    (
        "copies",
        "[hardware]\ndevice = \"ideal\"\ncontroller = \"digital-copy\"\npair = [\"one-branch\", \"push-pull\"]\n\
         [device.write]\nnoise = \"relative\"\nsigma_percent_of_conductance = 2",
    ),
    (
        "time",
        "preset = \"kilgore-2025-text\"\n[hardware]\ndevice = \"illustrative-oxide\"\nretention_seconds = 1000\n\
         [device.drift]\nlaw = \"log-time\"\nreference_seconds = 1\nmean_microsiemens_per_ln = -0.5\n\
         sigma_microsiemens_per_ln = 0.2\nsigma_microsiemens_at_reference = 0.1\n\
         [device.read.rtn]\nkind = \"telegraph\"\nfraction_of_cells = 0.4\nreference_resistance_ohm = 1e4\n\
         rate_per_second = 2\namplitude_percent_of_conductance = 7\n\
         [device.converters]\ntile_rows = 128\nadc = { bits = 8, codes = \"signed\", range = \"calibrated\" }",
    ),
];

fn has(instructions: Instructions) -> bool {
    Instructions::available().any(|available| available == instructions)
}

/// All files of the studies with `instructions`, by name, without times and machine.
fn left_with(instructions: Instructions) -> BTreeMap<String, String> {
    let folder = Folder::new();
    let mut left = BTreeMap::new();
    for (name, own) in STUDIES {
        folder.write("study.toml", format!("name = \"{name}\"\n{COMMON}{own}\n"));
        // A shard leaves records and details, and no summary of them.
        let level = instructions.to_string();
        folder.run(&["run", "study.toml", "--threads", "1", "--shard", "1/1", "--simd", &level]).succeeds();
        for (number, mut record) in
            folder.records(&format!("results/{name}/records/0001.jsonl")).into_iter().enumerate()
        {
            let record = record.as_object_mut().expect("a record is an object");
            assert!(record.remove("seconds").is_some() && record.remove("machine").is_some());
            assert!(record["failure"].is_null(), "{name}: {record:?}");
            left.insert(format!("{name}, record {number}"), serde_json::to_string(record).expect("plain values"));
        }
        for (path, details) in folder.files(&format!("results/{name}/details")) {
            let file = path.file_name().expect("a file").display().to_string();
            left.insert(format!("{name}, details {file}"), String::from_utf8_lossy(&details).into_owned());
        }
    }
    left
}

#[test]
#[allow(clippy::print_stdout)] // Prints what was not compared.
fn all_instruction_sets_give_equal_records() {
    let baseline = left_with(Instructions::Baseline);
    assert_eq!(baseline.keys().filter(|name| name.contains("record")).count(), 12);
    for instructions in [Instructions::Avx2, Instructions::Avx512] {
        if !has(instructions) {
            println!("{instructions}: not compared, this CPU does not have it");
            continue;
        }
        let left = left_with(instructions);
        assert!(left.keys().eq(baseline.keys()), "{instructions}: {:?}", left.keys());
        for (name, text) in &left {
            assert!(*text == baseline[name], "{instructions}: {name}: {text}\n\nbaseline: {}", baseline[name]);
        }
    }
}

#[test]
fn rejects_a_set_that_the_cpu_lacks() {
    for instructions in Instructions::ALL {
        let folder = Folder::new();
        folder.write("tiny.toml", TINY);
        let name = instructions.to_string();
        let commands = [["run", "tiny.toml", "--dry-run"], ["train", "tiny.toml", "--set=noise.level_percent=1"]];
        for command in commands {
            let answer = folder.run(&[&command[..], &["--simd", &name]].concat());
            if has(instructions) {
                answer.succeeds();
            } else {
                let told = format!("error: instructions: this CPU does not support `{name}`; expected `baseline`");
                assert_eq!((answer.status, answer.stdout.as_str()), (Some(2), ""));
                assert!(answer.stderr.starts_with(&told), "{}", answer.stderr);
            }
        }
    }
}
