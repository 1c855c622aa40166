//! Errors name the place, the value and what is allowed.

use super::STUDY;
use crate::study::{Override, Study};

fn error(text: &str, overrides: &[&str]) -> String {
    let overrides: Result<Vec<_>, _> = overrides.iter().map(|text| Override::parse(text)).collect();
    match overrides.and_then(|overrides| Study::parse("s.toml", text, &overrides)) {
        Ok(study) => panic!("accepted: {study:?}"),
        Err(error) => error.to_string(),
    }
}

/// A study with `lines` below `[noise]`.
fn with(lines: &str) -> String {
    format!("name = 'demo'\n[noise]\n{lines}\n")
}

fn told<const N: usize>(mistakes: [(String, &str); N]) {
    for (text, message) in mistakes {
        assert_eq!(error(&text, &[]), message);
    }
}

#[test]
fn files_have_their_sha256() {
    let form = "expected files with their SHA-256, 64 digits and letters from a to f";
    for (value, key) in [("[inputs]\n'm.json' = 5", "inputs.m.json"), ("[inputs]\n'm.json' = 'ab'", "inputs.m.json")] {
        assert_eq!(error(&format!("name = 'demo'\n{value}"), &[]), format!("s.toml:3: {key}: {form}"));
    }
    assert_eq!(error("name = 'demo'\ninputs = 5", &[]), format!("s.toml:2: inputs: {form}"));
}

#[test]
fn unknown_keys_have_the_probable_key_as_hint() {
    told([
        (with("level = 3"), "s.toml:3: unknown key `noise.level`\n\nhint: use `noise.level_percent`"),
        (
            with("excitatory_fraction = 1"),
            "s.toml:3: unknown key `noise.excitatory_fraction`\n\nhint: use `network.excitatory_fraction`",
        ),
        ("name = 'demo'\n[noises]".to_owned(), "s.toml:2: unknown key `noises`\n\nhint: use `noise`"),
        (with("[seeds]\nchips = 1"), "s.toml:4: unknown key `seeds.chips`\n\nhint: use `seeds.chip`"),
        (
            with("[hardware]\nfull_scale_hidden = 2"),
            "s.toml:4: unknown key `hardware.full_scale_hidden`\n\nhint: renamed to `hardware.weight_at_gmax`",
        ),
        (
            with("[training]\ntau_mem = 2"),
            "s.toml:4: unknown key `training.tau_mem`\n\nhint: renamed to `training.tau_mem_steps`",
        ),
        ("nome = 'demo'".to_owned(), "s.toml:1: unknown key `nome`\n\nhint: use `name`"),
    ]);
}

#[test]
fn rejects_axes_that_are_no_lists_of_distinct_scalars() {
    told([
        (with("level_percent = []"), "s.toml:3: noise.level_percent: expected at least one value, got an empty list"),
        (with("level_percent = [1, 1.0]"), "s.toml:3: noise.level_percent: duplicate value 1.0 in the list"),
        (
            with("level_percent = [[1]]"),
            "s.toml:3: noise.level_percent: expected a number, a string, true, false or a list of these",
        ),
        (
            with("[device]\nwrite.points = [{ resistance_ohm = 1 }]"),
            "s.toml:4: device.write.points: expected a number, a string, true, false or a list of these",
        ),
    ]);
}

#[test]
fn rejects_values_out_of_range() {
    told([
        (
            with("level_percent = '20 %'"),
            "s.toml:3: noise.level_percent: expected a number, got \"20 %\"\n\nhint: write a plain number: `level_percent = 20`",
        ),
        (with("level_percent = [1, -5]"), "s.toml:3: noise.level_percent: expected 0 to 1e6, got -5"),
        (with("level_percent = nan"), "s.toml:3: noise.level_percent: expected 0 to 1e6, got NaN"),
        (
            with("[network]\nexcitatory_fraction = 1.5"),
            "s.toml:4: network.excitatory_fraction: expected 0 to 1, got 1.5",
        ),
        (
            with("[repeats]\nseeds = 0"),
            "s.toml:4: repeats.seeds: expected a count from 1 to 1000000 or a list of whole numbers from 0 to 18446744073709551615, got 0",
        ),
        (
            with("[data]\nset = 'My set'"),
            "s.toml:4: data.set: expected `fashion-mnist`, `fashion-mnist-subset`, `shd` or the name of an imported data set \
             (lower-case letters, digits and hyphens, starting with a letter), got `My set`",
        ),
        (
            with("[seeds]\nchip = [1, -1]"),
            "s.toml:4: seeds.chip: expected a whole number from 0 to 18446744073709551615, got -1",
        ),
        (
            with("[hardware]\npair = 'two'"),
            "s.toml:4: hardware.pair: expected one of `one-branch`, `push-pull`, `potentiation-only`, got `two`",
        ),
        (
            with("[hardware]\nretention_seconds = -1"),
            "s.toml:4: hardware.retention_seconds: expected 0 to 1e12, got -1",
        ),
    ]);
}

#[test]
fn rejects_keys_of_cells_without_a_device() {
    told([
        (
            with("[readout]\nfault_map = 'chip.csv'"),
            "s.toml:4: readout.fault_map: expected no value while `hardware.device` is `none`, got `chip.csv`",
        ),
        (
            with("[device]\nfaults.p_dead_row = 0.1"),
            "s.toml:4: device.faults.p_dead_row: expected no value while `hardware.device` is `none`, got 0.1",
        ),
        (
            with("[hardware]\ndevice = 'ideal'\n[device]\nfaults.p_dead_row = nan"),
            "s.toml:6: device.faults.p_dead_row: expected a finite number, a string, true or false, got NaN or infinity",
        ),
    ]);
}

#[test]
fn rejects_files_that_are_no_study() {
    told([
        ("name = 'demo'\n[noise\n".to_owned(), "s.toml:2: invalid TOML: unclosed table, expected `]`"),
        ("name = 'a/b'".to_owned(), "s.toml:1: name: expected letters, digits, `-`, `_` and `.`, got `a/b`"),
        ("question = 'why'".to_owned(), "s.toml: missing key `name`"),
    ]);
}

#[test]
fn errors_of_overrides_start_with_the_override() {
    let expected = "--set noise.level_percent=-1: noise.level_percent: expected 0 to 1e6, got -1";
    assert_eq!(error(STUDY, &["noise.level_percent=-1"]), expected);
    let expected = "--set layer.3.hidden=5: layer.3: expected layer 2 first, got 1 hidden layer";
    assert_eq!(error(STUDY, &["layer.3.hidden=5"]), expected);
    let expected = "--set device..noise=3: device..noise: expected a name before and after every dot";
    assert_eq!(error(STUDY, &["device..noise=3"]), expected);
    assert_eq!(
        error(STUDY, &["level=3"]),
        "--set level=3: unknown key `level`\n\nhint: use `--set noise.level_percent=3`"
    );
    let expected = "--set drift.law=none: unknown key `drift.law`\n\nhint: use `device.drift.law`";
    assert_eq!(error(STUDY, &["drift.law=none"]), expected);
    let expected = "--set training.preset=paper: training.preset: unknown preset `paper`; expected no preset, as none is available here";
    assert_eq!(error(STUDY, &["training.preset=paper"]), expected);
}

/// Typical mistakes have the right form as hint.
#[test]
fn typical_mistakes_have_the_right_form_as_hint() {
    let hint = |set: &str| error(STUDY, &[set]).split_once("\n\nhint: ").expect("a hint").1.to_owned();
    for (set, expected) in [
        ("noise.level_percent=1,5,10", "use a list: `--set 'noise.level_percent=[1, 5, 10]'`"),
        ("noise.level_percent=20%", "write a plain number: `--set noise.level_percent=20`"),
        ("network.hidden=10k", "write a plain number: `--set network.hidden=10000`"),
        ("network.hidden=1e2", "write a plain number: `--set network.hidden=100`"),
        ("noise.level_percent=1..3", "ranges are not supported; use a list: `--set 'noise.level_percent=[1, 2, 3]'`"),
        ("repeats.seeds=1-5", "write the number of seeds: `--set repeats.seeds=5`"),
        ("network.recurrent=yes", "write: `--set network.recurrent=true`"),
        ("training.loss=max-over-time,per-step", "use a list: `--set 'training.loss=[max-over-time, per-step]'`"),
        ("noise.level_percent:5", "use an equals sign: `--set noise.level_percent=5`"),
        ("noise.level_percent 5", "use an equals sign: `--set noise.level_percent=5`"),
        ("noise.level_percent", "for example `--set noise.level_percent=VALUE`"),
        ("epochs=3", "use `--set training.epochs=3`"),
        ("seed=3", "use `--set 'repeats.seeds=[3]'`"),
        ("device.device=ideal", "use `hardware.device`"),
        ("network.dropout=0.5", "`ohmspike keys network` lists the keys of this section"),
        ("baseline=other", "change it in the study file"),
        ("name=other", "change it in the study file; `--out DIR` chooses another results folder"),
    ] {
        assert_eq!(hint(set), expected, "{set}");
    }
    // A mistyped value in a list, and one in a file.
    assert_eq!(hint("noise.level_percent=[1, '5 %']"), "write a plain number: `5`");
    let file = error(&with("level_percent = '1, 5'"), &[]);
    assert!(file.ends_with("\n\nhint: use a list: `level_percent = [1, 5]`"), "{file}");
}

/// Keys of the first layer keep the spelling of the study.
#[test]
fn messages_keep_the_spelling_of_the_study() {
    let expected = "s.toml:3: layer.1.hidden: expected at least one value, got an empty list";
    assert_eq!(error("name = 'demo'\n[[layer]]\nhidden = []", &[]), expected);
    let wrong = error("name = 'demo'\n[[layer]]\nhidden = 0", &[]);
    assert!(wrong.starts_with("s.toml:3: layer.1.hidden: "), "{wrong}");
}

#[test]
fn a_number_with_a_unit_in_a_study_file_is_explained() {
    for line in ["level_percent = 20 %", "level_percent = 20%"] {
        let message = error(&with(line), &[]);
        assert!(message.starts_with("s.toml:3: invalid TOML: "), "{message}");
        assert!(message.ends_with("\n\nhint: write the number without its unit"), "{message}");
    }
    assert!(!error(&with("level_percent = [1, 2"), &[]).contains("unit"));
}
