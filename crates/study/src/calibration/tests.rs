//! Tests of the calibration of whole studies.

use std::path::Path;

use super::*;

fn study(text: &str) -> Study {
    Study::parse("s.toml", &format!("name = 's'\n{text}"), &[]).unwrap_or_else(|error| panic!("{error}"))
}

fn prepared(study: &Study) -> Prepared {
    Prepared::new(study.conditions.iter().map(|condition| &*condition.settings), Path::new(".")).expect("built-in data")
}

fn calibrated_with(study: &Study, known: &mut Calibrations) -> Result<Study, CalibrationError> {
    calibrate(study, &prepared(study), known)
}

fn calibrated(text: &str) -> Study {
    calibrated_with(&study(text), &mut Calibrations::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn spikes(study: &Study) -> Vec<f64> {
    let of = |number: &Calibrated| match number.reached {
        Reached::Spikes(spikes) => Some(spikes),
        Reached::Spreads(_) => None,
    };
    study.conditions.iter().flat_map(|condition| condition.calibrated.iter().filter_map(of)).collect()
}

#[test]
fn a_study_without_weights_fires_at_the_target() {
    let of_default = calibrated("");
    assert!(
        spikes(&of_default).iter().all(|spikes| (spikes - 0.5).abs() < 0.02),
        "{:?}",
        of_default.calibrated_lines()
    );
    let settings = &of_default.conditions[0].settings;
    assert!((0.0015..0.0025).contains(&settings.weights.sigma_init), "{}", settings.weights.sigma_init);
    // Without a device, the weight at Gmax has no effect and keeps its default.
    assert_eq!((settings.hardware.weight_at_gmax, settings.readout.weight_at_gmax), (1.0, 8.0));

    let more = calibrated("[calibration]\ntarget_spikes = 2\n");
    assert!((spikes(&more)[0] - 2.0).abs() < 0.05);
    assert!(more.conditions[0].settings.weights.sigma_init > settings.weights.sigma_init);
}

#[test]
fn repeats_noise_levels_and_devices_share_their_numbers() {
    let axes = "[noise]\nlevel_percent = [0, 20, 100]\n[network]\nexcitatory_fraction = [0.5, 1]\n[hardware]\n\
                device = ['none', 'study-1k-1m']\n[repeats]\nseeds = 3\n";
    let mut known = Calibrations::default();
    let study = calibrated_with(&study(axes), &mut known).expect("a calibrated study");
    let first = study.conditions[0].settings.weights.sigma_init;
    assert!(study.conditions.iter().all(|condition| condition.settings.weights.sigma_init == first));
    assert_eq!(known.len(), 1);
}

/// With Izhikevich neurons, the excitatory fraction decides the types of the neurons: the spread of each type is that of a
/// study with this type alone.
#[test]
fn the_order_of_an_axis_does_not_decide_its_numbers() {
    let text = |fractions: &str| {
        format!(
            "[data]\nencoding = 'poisson'\n[calibration]\ntarget_spikes = 5\n[network]\nneuron = 'izhikevich'\n\
             hidden = 50\nexcitatory_fraction = {fractions}\n"
        )
    };
    let spreads = |fractions: &str| {
        let study = calibrated(&text(fractions));
        assert!(spikes(&study).iter().all(|spikes| (spikes - 5.0).abs() < 0.1), "{:?}", study.calibrated_lines());
        study.conditions.iter().map(|condition| condition.settings.weights.sigma_init).collect::<Vec<f64>>()
    };
    assert_eq!((spreads("0.0"), spreads("1.0")), (vec![0.001_28], vec![0.003_06]));
    assert_eq!(spreads("[0.0, 1.0]"), [0.001_28, 0.003_06]);
    assert_eq!(spreads("[1.0, 0.0]"), [0.003_06, 0.001_28]);
}

/// Networks share calibrations that do not depend on what differs: each has the numbers that it would have alone.
#[test]
fn shared_calibrations_are_those_of_every_network_alone() {
    let base = "[network]\nhidden = 8\nneuron = 'NEURON'\n#first\n[training]\n#training\n[[layer]]\n#layer1\n\
                [[layer]]\nhidden = 6\nsigma_init = 'auto'\n#layer2\n";
    let changes = [
        ("#first", "excitatory_fraction = 0.4"),
        ("#first", "steps = 60"),
        ("#training", "tau_mem_steps = 9"),
        ("#training", "tau_syn_steps = 9"),
        ("#layer1", "sigma_init = 0.02"),
        ("#layer1", "recurrent = true"),
        ("#layer2", "excitatory_fraction = 0.1"),
        ("#layer2", "recurrent = true"),
        ("#layer2", "recurrent = true\nsigma_recurrent = 0.3"),
        ("#layer2", "recurrent = true\nexcitatory_fraction = 0.1"),
    ];
    for neuron in ["lif", "izhikevich"] {
        let mut known = Calibrations::default();
        calibrated_with(&study(&base.replace("NEURON", neuron)), &mut known).expect("numbers");
        for (place, change) in changes {
            let text = base.replace("NEURON", neuron).replace(place, change);
            let numbers = |study: Study| study.conditions[0].calibrated.clone();
            let shared = calibrated_with(&study(&text), &mut known).expect("numbers");
            assert_eq!(numbers(shared), numbers(calibrated(&text)), "{text}");
        }
    }
}

/// The first input spike is at step 4, and the second layer can spike four steps later.
#[test]
fn too_few_steps_are_no_fault_of_the_weights() {
    let message = |steps: usize| {
        let text = format!("[network]\nhidden = 5\nsteps = {steps}\n[[layer]]\n[[layer]]\nsigma_init = 'auto'\n");
        calibrated_with(&study(&text), &mut Calibrations::default()).expect_err("few steps").to_string()
    };
    let no_input = message(4);
    assert!(
        no_input.starts_with("weights.sigma_init: expected input spikes to calibrate `auto`, got none"),
        "{no_input}"
    );
    assert!(no_input.contains("\n\nhint: raise `network.steps` to 80 (now 4) for values from 0.204 on"), "{no_input}");
    for (steps, key) in [(6, "weights.sigma_init"), (8, "layer.2.sigma_init")] {
        let expected = format!(
            "network.steps: expected more than {steps} to calibrate `{key}`: the first input spike comes in time step 5, \
             and every layer takes two more\n\nhint: set network.steps = 10 or more, so that spikes reach the readout"
        );
        assert_eq!(message(steps), expected);
    }
}

#[test]
fn given_numbers_stay() {
    let given =
        calibrated("[weights]\nsigma_init = 0.001\n[hardware]\nweight_at_gmax = 1\n[readout]\nweight_at_gmax = 8\n");
    assert_eq!(*given.conditions[0].settings, Settings::default());
    assert!(given.conditions[0].auto.is_none() && !given.needs_calibration());
}

#[test]
fn the_window_of_a_device_leaves_headroom() {
    let text =
        "[weights]\nsigma_init = 2\n[hardware]\ndevice = 'ideal'\n[calibration]\nheadroom = 4\nheadroom_readout = 1\n";
    let study = calibrated(text);
    let settings = &study.conditions[0].settings;
    assert_eq!(settings.hardware.weight_at_gmax, 26.4);
    let readout = settings.readout.weight_at_gmax / settings.sigma_readout();
    assert!((readout - 3.3).abs() < 0.02, "{readout}");
    assert_eq!(
        study.calibrated_lines()[0],
        "hardware.weight_at_gmax = auto: 26.4 thresholds (13.2 × the initial weight spread)"
    );
}

#[test]
fn recurrent_layers_fire_at_the_target() {
    // Strong recurrent weights make the layer jump across the target.
    for (recurrent, most) in [("", 0.1), ("[weights]\nsigma_recurrent = 0.05\n", 0.3)] {
        let study = calibrated(&format!("[network]\nrecurrent = true\nhidden = 60\n{recurrent}"));
        assert!(spikes(&study).iter().all(|spikes| (spikes - 0.5).abs() < most), "{:?}", study.calibrated_lines());
    }
}

#[test]
fn every_layer_that_asks_is_calibrated_from_the_input_up() {
    let text = "[[layer]]\nhidden = 50\n[[layer]]\nhidden = 30\nsigma_init = 'auto'\n[[layer]]\nhidden = 20\n";
    let study = calibrated(text);
    let keys: Vec<&str> = study.conditions[0].calibrated.iter().map(|number| &*number.key).collect();
    assert_eq!(keys, ["weights.sigma_init", "layer.2.sigma_init"]);
    assert!(spikes(&study).iter().all(|spikes| (spikes - 0.5).abs() < 0.05), "{:?}", study.calibrated_lines());
}

#[test]
fn layers_have_windows_of_their_own() {
    let text = "[[layer]]\nhidden = 20\n[[layer]]\nhidden = 10\nsigma_init = 0.3\n[hardware]\ndevice = 'ideal'\n";
    let settings = calibrated(text).conditions[0].settings.clone();
    let of = |layer| settings.weight_at_gmax_of(Connection::Feedforward(layer));
    assert!(of(1) > 10.0 * of(0), "{} {}", of(0), of(1));
}

#[test]
fn an_axis_may_hold_auto_next_to_numbers() {
    let study = calibrated("[weights]\nsigma_init = ['auto', 0.01]\n");
    let sigma = |number: usize| study.conditions[number].settings.weights.sigma_init;
    assert!(sigma(0) < 0.01 && sigma(1) == 0.01);
    let twice = Study::parse("s.toml", &format!("name = 's'\n[weights]\nsigma_init = ['auto', {}]\n", sigma(0)), &[]);
    let error = calibrated_with(&twice.expect("a study"), &mut Calibrations::default()).expect_err("twice").to_string();
    assert!(error.starts_with("weights.sigma_init: duplicate value 0.00"), "{error}");
}

#[test]
fn errors_name_the_key_and_what_the_layer_reaches() {
    let error = |text: &str| calibrated_with(&study(text), &mut Calibrations::default()).expect_err(text).to_string();
    let high = error("[calibration]\ntarget_spikes = 500\n");
    assert!(high.starts_with("weights.sigma_init: expected at most "), "{high}");
    assert!(
        high.contains("got a target of 500\n\nhint: lower the target with `--set calibration.target_spikes="),
        "{high}"
    );
    let silent = error(
        "[network]\nexcitatory_fraction = 0\n[[layer]]\nhidden = 9\n[[layer]]\nhidden = 9\nsigma_init = 'auto'\n",
    );
    assert!(silent.starts_with("layer.2.sigma_init: expected a spread at which the layer fires"), "{silent}");
    let small = error("[weights]\nsigma_init = 'auto'\n[hardware]\ndevice = 'ideal'\nweight_at_gmax = 0.001\n");
    assert!(small.starts_with("hardware.weight_at_gmax: expected at least "), "{small}");
}

#[test]
fn refuses_other_words() {
    let text = "name = 's'\n[weights]\nsigma_init = 'automatic'\n";
    let error = Study::parse("s.toml", text, &[]).expect_err("a word").to_string();
    assert!(
        error.starts_with("s.toml:3: weights.sigma_init: expected a number or `auto`, got \"automatic\""),
        "{error}"
    );
    let text = "name = 's'\n[calibration]\nheadroom = 0.5\n";
    let error = Study::parse("s.toml", text, &[]).expect_err("too small").to_string();
    assert_eq!(error, "s.toml:3: calibration.headroom: expected 1 to 1e6, got 0.5");
}

#[test]
fn calibrations_survive_in_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (study, mut known) = (study(""), Calibrations::read(folder.path()));
    let first = calibrated_with(&study, &mut known).expect("a calibrated study");
    known.write(folder.path()).expect("a writable folder");

    // Without the data, the stored numbers serve.
    let recorded = Default::default();
    let settings = study.conditions.iter().map(|condition| &*condition.settings);
    let to_read = Prepared::for_reading(settings, Path::new("."), &recorded).expect("a known data set");
    let again = calibrate(&study, &to_read, &mut Calibrations::read(folder.path())).expect("a calibrated study");
    assert_eq!(again, first);
    let unknown = calibrate(&study, &to_read, &mut Calibrations::default()).expect("an uncalibrated study");
    assert!(unknown.needs_calibration() && unknown == study);

    // A damaged file counts as missing.
    std::fs::write(folder.path().join(FILE), "{").expect("a writable folder");
    assert_eq!(Calibrations::read(folder.path()), Calibrations::default());
}

/// A network that an answer derives from a study has the numbers of the study with its keys.
#[test]
fn derived_settings_have_the_numbers_of_their_own_study() {
    let text = |hidden: usize| format!("[network]\nhidden = {hidden}\n[hardware]\ndevice = 'pcm-joshi-2020'\n");
    let (of_study, expected) = (study(&text(8)), calibrated(&text(64)));
    let (condition, data) = (&of_study.conditions[0], prepared(&of_study));
    let auto = condition.auto.as_deref().expect("a study without preset");
    let open = auto.open(&condition.settings);
    let of = |key: &str, value: toml::Value, given: &[String]| {
        let settings = open.with_key(key, value).expect("any value fits open numbers");
        let left = auto.without(given).expect("keys that are auto");
        calibrate_settings(settings, &left, &data, &mut Calibrations::default()).expect("numbers")
    };
    assert_eq!(of("network.hidden", 64.into(), &[]), *expected.conditions[0].settings);
    // The weight at Gmax follows a spread that is given.
    let wide = of("weights.sigma_init", 0.1.into(), &["weights.sigma_init".to_owned()]);
    assert_eq!((wide.weights.sigma_init, wide.hardware.weight_at_gmax), (0.1, 0.99));
}
