//! Every mistake names its place, its value and what is allowed.

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
fn unknown_keys_are_refused_with_the_one_that_was_meant() {
    told([
        (
            with("level = 3"),
            "s.toml:3: noise.level: unknown key\n\nhint: the nearest known key is `noise.level_percent`",
        ),
        (
            with("excitatory_fraction = 1"),
            "s.toml:3: noise.excitatory_fraction: unknown key\n\nhint: the nearest known key is `network.excitatory_fraction`",
        ),
        (
            "name = 'demo'\n[noises]".to_owned(),
            "s.toml:2: noises: unknown key\n\nhint: the nearest known key is `noise`",
        ),
        (
            with("[seeds]\nchips = 1"),
            "s.toml:4: seeds.chips: unknown key\n\nhint: the nearest known key is `seeds.chip`",
        ),
        (
            with("[hardware]\nfull_scale_hidden = 2"),
            "s.toml:4: hardware.full_scale_hidden: unknown key\n\nhint: renamed to `hardware.weight_at_gmax`",
        ),
        (
            with("[training]\ntau_mem = 2"),
            "s.toml:4: training.tau_mem: unknown key\n\nhint: renamed to `training.tau_mem_steps`",
        ),
        ("nome = 'demo'".to_owned(), "s.toml:1: nome: unknown key\n\nhint: the nearest known key is `name`"),
    ]);
}

#[test]
fn an_axis_is_a_list_of_different_scalars() {
    told([
        (
            with("level_percent = []"),
            "s.toml:3: noise.level_percent: an axis must have at least one value, got an empty list",
        ),
        (
            with("level_percent = [1, 1.0]"),
            "s.toml:3: noise.level_percent: an axis must have each value once, got 1.0 twice",
        ),
        (with("level_percent = [[1]]"), "s.toml:3: noise.level_percent: must be a number, a text or a list of these"),
        (
            with("[device]\nwrite.points = [{ resistance_ohm = 1 }]"),
            "s.toml:4: device.write.points: must be a number, a text or a list of these",
        ),
    ]);
}

#[test]
fn values_that_no_trial_can_have_are_refused() {
    told([
        (with("level_percent = '20 %'"), "s.toml:3: noise.level_percent: must be a number, got \"20 %\""),
        (with("level_percent = [1, -5]"), "s.toml:3: noise.level_percent: expected 0 to 1e6, got -5"),
        (with("level_percent = nan"), "s.toml:3: noise.level_percent: expected 0 to 1e6, got NaN"),
        (
            with("[network]\nexcitatory_fraction = 1.5"),
            "s.toml:4: network.excitatory_fraction: expected 0 to 1, got 1.5",
        ),
        (
            with("[repeats]\nseeds = 0"),
            "s.toml:4: repeats.seeds: must be a count from 1 to 1000000 or a list of whole numbers from 0 to 18446744073709551615, got 0",
        ),
        (
            with("[data]\nset = 'My set'"),
            "s.toml:4: data.set: expected `fashion-mnist`, `fashion-mnist-subset`, `shd` or the name of an imported data set \
             (lower-case letters, digits and hyphens, starting with a letter), got `My set`",
        ),
        (
            with("[seeds]\nchip = [1, -1]"),
            "s.toml:4: seeds.chip: must be a whole number from 0 to 18446744073709551615, got -1",
        ),
        (
            with("[hardware]\npair = 'two'"),
            "s.toml:4: hardware.pair: must be one of `one-branch`, `push-pull`, `potentiation-only`, got `two`",
        ),
        (
            with("[hardware]\nretention_seconds = -1"),
            "s.toml:4: hardware.retention_seconds: expected 0 to 1e12, got -1",
        ),
    ]);
}

#[test]
fn keys_of_cells_need_a_device() {
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
fn what_is_no_study_is_refused() {
    told([
        ("name = 'demo'\n[noise\n".to_owned(), "s.toml:2: not TOML: unclosed table, expected `]`"),
        ("name = 'a/b'".to_owned(), "s.toml:1: name: must be made of letters, digits, `-`, `_` and `.`, got `a/b`"),
        ("question = 'why'".to_owned(), "s.toml: name: missing, must be given"),
    ]);
}

#[test]
fn a_wrong_override_names_itself() {
    let expected = "--set noise.level_percent=-1: noise.level_percent: expected 0 to 1e6, got -1";
    assert_eq!(error(STUDY, &["noise.level_percent=-1"]), expected);
    let expected = "--set layer.3.hidden=5: layer.3: must follow layer 2, got 1 hidden layers";
    assert_eq!(error(STUDY, &["layer.3.hidden=5"]), expected);
    let expected = "--set device..noise=3: device..noise: must have a name before and after every dot";
    assert_eq!(error(STUDY, &["device..noise=3"]), expected);
    assert_eq!(error(STUDY, &["level=3"]), "--set level=3: must have the form `SECTION.KEY=VALUE`");
    let expected =
        "--set drift.law=\"none\": drift.law: unknown key\n\nhint: the nearest known key is `device.drift.law`";
    assert_eq!(error(STUDY, &["drift.law=none"]), expected);
    let expected = "--set training.preset=\"paper\": training.preset: must be left out, as there are none, got `paper`";
    assert_eq!(error(STUDY, &["training.preset=paper"]), expected);
}
