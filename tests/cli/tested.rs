//! Every test sample is tested, and events count as the study says.

use crate::ohmspike::{Answer, Folder};

/// Events of one sample per label. Unit and time depend on the class, and every event occurs `times` times.
fn events(labels: &[u8], times: usize) -> String {
    let mut text = "sample,time,unit,label\n".to_owned();
    for (sample, label) in labels.iter().enumerate() {
        for event in 0..times * 6 {
            let time = 0.0011 + 0.01 * f64::from(u8::try_from(event / times).expect("few events"));
            let unit = (usize::from(*label) * 2 + event / times % 2) % 6;
            text += &format!("{sample},{time:.4},{unit},{label}\n");
        }
    }
    text
}

const TRAIN: [u8; 12] = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2];

fn import(folder: &Folder, name: &str, test: &[u8], times: usize) {
    folder.write("train.csv", events(&TRAIN, times));
    folder.write("test.csv", events(test, times));
    let files = ["data", "import", name, "--events", "train.csv", "--test", "test.csv"];
    folder.run(&[&files[..], &["--units", "6", "--classes", "3", "--duration", "0.1"]].concat()).succeeds();
}

fn study(name: &str, further: &str) -> String {
    format!(
        "name = '{name}'\n[data]\nset = '{name}'\n{further}[network]\nhidden = 10\nsteps = 50\n[weights]\nsigma_init = 0.6\n\
         [training]\nbatch = 4\nepochs = 3\n[outcome]\nlast_epochs = 1\n"
    )
}

/// Samples and correct answers of the last test, by class.
fn last_test(folder: &Folder, name: &str) -> Vec<[u64; 2]> {
    let records = folder.records(&format!("results/{name}/records/0001.jsonl"));
    let test = records[0]["tests"].as_array().and_then(|tests| tests.last()).expect("a test").clone();
    let count = |class: &serde_json::Value, place: usize| class[place].as_u64().expect("a count");
    test.as_array().expect("classes").iter().map(|class| [count(class, 0), count(class, 1)]).collect()
}

/// Seven test samples with batches of four, in two orders.
#[test]
fn every_test_sample_is_tested_in_any_order() {
    let folder = Folder::new();
    let mut tests = Vec::new();
    for (name, labels) in [("rising", [0, 0, 0, 1, 1, 2, 2]), ("falling", [2, 2, 1, 1, 0, 0, 0])] {
        import(&folder, name, &labels, 1);
        folder.write("s.toml", study(name, ""));
        let answer = folder.run(&["run", "s.toml"]).succeeds();
        assert!(!answer.stderr.contains("warning"), "{}", answer.stderr);
        tests.push(last_test(&folder, name));
    }
    assert_eq!(tests[0], tests[1]);
    assert_eq!(tests[0].iter().map(|class| class[0]).collect::<Vec<_>>(), [3, 2, 2]);
}

/// Two test samples, fewer than a batch, and one class without any.
#[test]
fn a_small_test_set_is_tested_with_a_warning_about_missing_classes() {
    let folder = Folder::new();
    import(&folder, "few", &[2, 0], 1);
    folder.write("s.toml", study("few", ""));
    let answer = folder.run(&["run", "s.toml"]).succeeds();
    assert!(answer.stderr.contains("warning: data.set: 1 of 3 classes has no test samples: `"), "{}", answer.stderr);
    assert_eq!(answer.stderr.matches("warning: ").count(), 1, "{}", answer.stderr);
    assert_eq!(last_test(&folder, "few").iter().map(|class| class[0]).collect::<Vec<_>>(), [1, 0, 1]);
    let answer = folder.run(&["train", "s.toml"]).succeeds();
    assert!(answer.stderr.contains("has no test samples"), "{}", answer.stderr);
}

fn epochs(answer: &Answer) -> Vec<String> {
    let columns = |line: &str| line.split_whitespace().take(5).collect::<Vec<_>>().join(" ");
    answer.stdout.lines().skip(1).take(3).map(columns).collect()
}

/// Three events of a unit per step. Merged they equal single events, counted they do not.
#[test]
fn several_events_in_a_step_are_counted_or_merged() {
    let folder = Folder::new();
    let test = [0, 1, 2, 0];
    import(&folder, "single", &test, 1);
    import(&folder, "triple", &test, 3);
    folder.write("single.toml", study("single", ""));
    folder.write("merged.toml", study("triple", ""));
    folder.write("counted.toml", study("triple", "events_per_step = 'count'\n"));
    let train = |study: &str| folder.run(&["train", study]).succeeds();
    let [single, merged, counted] = ["single.toml", "merged.toml", "counted.toml"].map(train);
    // The only other warning is about the four test samples.
    let of_data = |answer: &Answer| answer.stderr.matches("warning: data.").count();
    assert_eq!(of_data(&single), 0, "{}", single.stderr);
    assert_eq!(epochs(&single), epochs(&merged));
    assert_ne!(epochs(&single), epochs(&counted));
    // 12 + 4 samples with six input steps, and two merged events in each.
    let told = "warning: data.events_per_step: `binary` merges 192 of 288 events of the training and test sets with an earlier event \
                of the same unit in the same step\n\nhint: ";
    assert!(merged.stderr.starts_with(told), "{}", merged.stderr);
    assert_eq!(of_data(&counted), 0, "{}", counted.stderr);

    // The SHD presets count events.
    let preset = ["run", "merged.toml", "--set", "training.preset=kilgore-2025-shd", "--set", "repeats.seeds=1"];
    folder.run(&preset).succeeds();
    let record = &folder.records("results/triple/records/0001.jsonl")[0];
    assert_eq!(record["settings"]["data"]["events_per_step"], "count");
}

#[test]
fn warns_about_a_fraction_that_whole_neurons_cannot_have() {
    let folder = Folder::with_tiny_study();
    let set =
        ["--set", "network.hidden=50", "--set", "network.excitatory_fraction=0.575", "--set", "noise.level_percent=1"];
    let answer = folder.run(&[&["train", "tiny.toml", "--set", "hardware.device=none"], &set[..]].concat()).succeeds();
    let told = "warning: network.excitatory_fraction: 29 of 50 hidden neurons are excitatory: a fraction of 0.58 instead of 0.575\n\nhint: ";
    assert!(answer.stderr.starts_with(told), "{}", answer.stderr);
}
