//! Reading studies: axes, overrides and keys of the device.

mod mistakes;

use super::*;
use crate::settings::SeedSettings;

const STUDY: &str = "name = 'demo'\nquestion = 'why'\n[noise]\nlevel_percent = [1, 20.5]\n[network]\nexcitatory_fraction = [0.5, 0.8, 1]\n[repeats]\nseeds = 2\n";

#[test]
fn lists_become_axes() {
    let study = Study::parse("s.toml", STUDY, &[]).expect("valid");
    let keys: Vec<_> = study.axes.iter().map(|axis| axis.key.as_str()).collect();
    assert_eq!(keys, ["network.excitatory_fraction", "noise.level_percent"]);
    assert_eq!((study.conditions.len(), study.seeds.as_slice()), (6, &[1, 2][..]));
    let second = &study.conditions[1].settings;
    assert_eq!((second.network.excitatory_fraction, second.noise.level_percent), (0.5, 20.5));
}

#[test]
fn overrides_replace_values_of_the_file() {
    let overrides: Vec<_> = ["noise.level_percent=5", "hardware.device=ideal", "repeats.seeds=[7]"]
        .map(|text| Override::parse(text).expect("well formed"))
        .into();
    let study = Study::parse("s.toml", STUDY, &overrides).expect("valid");
    assert_eq!((study.axes.len(), study.seeds.as_slice()), (1, &[7][..]));
    assert_eq!(study.conditions[0].settings.hardware.device, "ideal");
    let list = Override::parse("hardware.device=[none, ideal]").expect("bare words");
    assert_eq!(list.value, toml::Value::Array(vec!["none".into(), "ideal".into()]));
    assert_eq!(study.conditions[0].settings.noise.level_percent, 5.0);
}

#[test]
fn reads_dotted_and_nested_device_keys() {
    let text = "name = 'demo'\n[hardware]\ndevice = 'ideal'\n[seeds]\nwrite = [1, 2]\n[device.read.white]\nnoise = 'relative'\nsigma_percent_of_conductance = [0, 1.5]\n[device]\nwrite.noise = 'none'\n";
    let overrides = [Override::parse("device.reference_branch.sigma_ln_resistance=[0.1, 0.2]").expect("well formed")];
    let study = Study::parse("s.toml", text, &overrides).expect("valid");
    let keys: Vec<_> = study.axes.iter().map(|axis| axis.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "device.read.white.sigma_percent_of_conductance",
            "device.reference_branch.sigma_ln_resistance",
            "seeds.write"
        ],
    );
    assert_eq!(study.places["device.read.white.noise"], "s.toml:7");
    assert_eq!(study.places["device.write.noise"], "s.toml:10");
    let settings = &study.conditions[3].settings;
    assert_eq!(settings.seeds, SeedSettings { write: Some(2), ..SeedSettings::default() });
    let device: Vec<String> = settings.device.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let expected = [
        "read.white.noise=\"relative\"",
        "read.white.sigma_percent_of_conductance=0",
        "reference_branch.sigma_ln_resistance=0.2",
        "write.noise=\"none\"",
    ];
    assert_eq!(device, expected);
}

#[test]
fn overrides_replace_device_keys_of_the_file() {
    let text = "name = 'demo'\n[hardware]\ndevice = 'ideal'\n[device]\nread.white.noise = ['none', 'relative']\n";
    let overrides = [Override::parse("device.read.white.noise=none").expect("well formed")];
    let study = Study::parse("s.toml", text, &overrides).expect("valid");
    assert_eq!((study.axes.len(), study.conditions.len()), (0, 1));
    assert_eq!(study.conditions[0].settings.device["read.white.noise"], "none");
}

/// The same number has one name: files, lists and overrides give the same settings to the bit.
#[test]
fn negative_zero_is_zero() {
    let text = |zero: &str| {
        format!(
            "name = 'z'\n[noise]\nlevel_percent = [{zero}, 1]\n[hardware]\ndevice = 'ideal'\n[device]\nread.x = {zero}\n"
        )
    };
    let parsed = |zero: &str| Study::parse("s.toml", &text(zero), &[]).expect("valid").conditions;
    let settings = |zero: &str| parsed(zero).iter().map(|one| format!("{:?}", one.settings)).collect::<Vec<_>>();
    assert_eq!(settings("-0.0"), settings("0.0"));
    for negative in
        [Override::parse("noise.level_percent=-0.0").expect("valid"), Override::new("noise.level_percent", -0.0)]
    {
        let study = Study::parse("s.toml", "name = 'z'\n", &[negative]).expect("valid");
        assert_eq!(study.conditions[0].settings.noise.level_percent.to_bits(), 0);
    }
}

#[test]
fn names_duplicate_keys_and_quotes_texts_for_seeds() {
    let message = |text: &str| Study::parse("s.toml", text, &[]).expect_err(text).to_string();
    for (text, expected) in [
        ("name = 's'\n[network]\nhidden = 5\nhidden = 6\n", "s.toml:4: invalid TOML: duplicate key `hidden`"),
        ("name = 's'\n[network]\nsteps = 5\n[network]\n", "s.toml:4: invalid TOML: duplicate key `network`"),
        ("name = 's'\nname = 't'\n", "s.toml:2: invalid TOML: duplicate key `name`"),
    ] {
        assert_eq!(message(text), expected);
    }
    for (seeds, shown) in [("\"2\"", "got \"2\""), ("18446744073709551615", "got 18446744073709551615")] {
        let message = message(&format!("name = 's'\n[repeats]\nseeds = {seeds}\n"));
        assert!(message.contains(shown), "{message}");
    }
}
