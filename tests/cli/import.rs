//! `ohmspike data import`, and training on imported data.

use std::path::Path;

use crate::ohmspike::Folder;

/// A file made by `scripts/make_tiny_imports.py`.
fn data(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets/tests/data/import");
    folder.join(name).to_str().expect("a path of text").to_owned()
}

/// Imports the recordings of the script as `spikes`, with test samples of their own.
fn import_spikes(folder: &Folder) {
    let events = data("recordings.npz");
    let import = ["data", "import", "spikes", "--events", &events, "--test", &events, "--units", "5", "--classes", "3"];
    let answer =
        folder.run(&[&import[..], &["--duration", "0.5", "--class-names", "low,middle,high"]].concat()).succeeds();
    assert_eq!(answer.stdout.lines().next(), Some(&*format!("spikes: {}", stored(folder, "spikes"))));
    assert!(
        answer.stdout.contains("\n  12 samples for training, 12 for the test, 5 units, 3 classes\n  SHA-256 "),
        "{}",
        answer.stdout
    );
}

fn stored(folder: &Folder, name: &str) -> String {
    folder.path(&format!("cache/ohmspike/imported/{name}.ohmspike")).display().to_string()
}

/// Imports the images of the script as `pixels`.
fn import_pixels(folder: &Folder) {
    let (samples, labels) = (data("images.idx.gz"), data("labels.idx"));
    let import = ["data", "import", "pixels", "--samples", &samples, "--labels", &labels, "--test-fraction", "0.5"];
    let answer = folder.run(&[&import[..], &["--classes", "3"]].concat()).succeeds();
    assert!(answer.stdout.contains("\n  6 samples for training, 6 for the test, 6 units, 3 classes\n"), "{answer:#?}");
}

fn study(data: &str) -> String {
    format!(
        "name = 'own'\n[data]\n{data}\n[network]\nhidden = 8\nsteps = 20\n[weights]\nsigma_init = 0.5\n\
         [training]\nbatch = 3\nepochs = 2\n[outcome]\nlast_epochs = 1\n"
    )
}

/// `OHMSPIKE_DATA` is where sets are looked up first, so it is where they are written.
#[test]
fn imports_into_the_folder_of_the_environment_variable() {
    let folder = Folder::new();
    let (samples, labels, shared) = (data("images.idx.gz"), data("labels.idx"), folder.path("shared"));
    let import = ["data", "import", "pixels", "--samples", &samples, "--labels", &labels, "--test-fraction", "0.5"];
    let with_variable = |arguments: &[&str]| -> crate::ohmspike::Answer {
        let mut command = folder.ohmspike(arguments);
        command.env("OHMSPIKE_DATA", &shared).output().expect("the program starts").into()
    };
    with_variable(&[&import[..], &["--classes", "3"]].concat()).succeeds();
    assert!(with_variable(&["data", "list"]).succeeds().stdout.contains("pixels"));
    assert!(folder.files("shared").keys().any(|path| path.ends_with("pixels.ohmspike")));
    assert!(!folder.path("cache").exists(), "nothing is written elsewhere");
}

#[test]
fn a_study_runs_on_imported_events() {
    let folder = Folder::new();
    import_spikes(&folder);
    let listed = folder.run(&["data", "list"]).succeeds().stdout;
    assert!(
        listed.contains("spikes                 12 + 12 samples, events of 5 units, 3 classes, 0.5 s   "),
        "{listed}"
    );
    folder.write("own.toml", study("set = 'spikes'"));
    folder.run(&["run", "own.toml"]).succeeds();
    let records = folder.records("results/own/records/0001.jsonl");
    assert_eq!(records.len(), 1);
    // The duration becomes the window of the record.
    assert_eq!(
        records[0]["settings"]["data"],
        serde_json::json!({ "set": "spikes", "window_seconds": 0.5, "events_per_step": "binary" })
    );
    let figures = folder.files("results/own");
    assert!(!figures.is_empty());
    folder.run(&["report", "own.toml"]).succeeds();
}

#[test]
fn a_study_runs_on_dense_data_with_either_encoding() {
    let folder = Folder::new();
    import_pixels(&folder);
    folder.write("own.toml", study("set = 'pixels'\nencoding = ['latency', 'poisson']"));
    folder.run(&["run", "own.toml"]).succeeds();
    let settings: Vec<_> = folder
        .records("results/own/records/0001.jsonl")
        .iter()
        .map(|record| record["settings"]["data"].clone())
        .collect();
    assert!(settings.contains(&serde_json::json!({ "set": "pixels" })), "{settings:?}");
    let poisson = serde_json::json!({ "set": "pixels", "encoding": "poisson", "poisson_rate_hertz": 63.75 });
    assert!(settings.contains(&poisson), "{settings:?}");
    assert_eq!(settings.len(), 2);
}

#[test]
fn rejects_keys_that_do_not_fit_the_data() {
    let folder = Folder::new();
    import_spikes(&folder);
    import_pixels(&folder);
    let refused = |data: &str, message: &str| {
        folder.write("own.toml", study(data));
        folder.run(&["run", "own.toml"]).refuses_with(&format!("error: own.toml:{message}\n"));
    };
    refused(
        "set = 'mine'",
        "3: data.set: expected one of fashion-mnist, fashion-mnist-subset, shd, pixels, spikes, got `mine`\n\n\
         hint: `ohmspike data import mine --help` shows how to import your own data; if it was imported with OHMSPIKE_DATA set, set that again",
    );
    refused(
        "set = 'spikes'\nencoding = 'poisson'",
        "4: data.encoding: expected no value for recorded events (they are spikes already), got `poisson`",
    );
    refused(
        "set = 'pixels'\nwindow_seconds = 1.0",
        "4: data.window_seconds: expected no value for dense samples (their time steps last 1 ms), got 1",
    );
    refused(
        "set = 'pixels'\npoisson_rate_hertz = 10.0",
        "4: data.poisson_rate_hertz: expected no value unless `data.encoding` is `poisson`, got 10",
    );
    refused(
        "set = 'pixels'\nencoding = 'poisson'\npoisson_rate_hertz = 2000.0",
        "5: data.poisson_rate_hertz: expected 0.001 to 1000, got 2000",
    );
    std::fs::write(stored(&folder, "pixels"), "ohmspike-data-0\n").expect("the folder is ours");
    folder.write("own.toml", study("set = 'pixels'"));
    folder.run(&["run", "own.toml"]).refuses_with(&format!(
        "error: {}:1: expected `ohmspike-data-2`, got `ohmspike-data-0`\n\n\
         hint: import the data set again with `--replace`\n",
        stored(&folder, "pixels")
    ));
    let listed = folder.run(&["data", "list"]).succeeds().stdout;
    assert!(listed.contains("pixels                 unusable"), "{listed}");
}

#[test]
fn replaces_a_data_set_only_on_request() {
    let folder = Folder::new();
    import_pixels(&folder);
    let events = data("events.csv");
    let import =
        ["data", "import", "pixels", "--events", &events, "--units", "5", "--classes", "3", "--duration", "0.5"];
    let import = [&import[..], &["--test-fraction", "0.25"]].concat();
    let answer = folder.run(&import);
    assert_eq!(answer.status, Some(2));
    let there = format!("error: {}: a different data set with this name exists (digest `", stored(&folder, "pixels"));
    assert!(answer.stderr.starts_with(&there), "{answer:#?}");
    assert!(answer.stderr.ends_with("\n\nhint: choose another name or use `--replace`\n"), "{answer:#?}");
    folder.run(&[&import[..], &["--replace"]].concat()).succeeds();
}

#[test]
fn errors_name_the_place_in_the_file() {
    let folder = Folder::new();
    folder.write("wrong.csv", "sample,time,unit,label\n0,0.1,7,0\n");
    let import =
        ["data", "import", "mine", "--events", "wrong.csv", "--units", "5", "--classes", "3", "--duration", "1"];
    folder
        .run(&[&import[..], &["--test-fraction", "0.5"]].concat())
        .refuses_with("error: wrong.csv:2: unit: expected a whole number from 0 to 4, got 7\n");
    assert!(!folder.path("cache").exists());
}

/// Writes an IDX file with samples of two numbers, of two alternating classes.
fn write_pixels(folder: &Folder, pixels: &[[u8; 2]]) {
    let count = u8::try_from(pixels.len()).expect("a few samples");
    let header = |sizes: &[u8]| {
        [&[0, 0, 8, sizes.len() as u8][..], &sizes.iter().flat_map(|&size| [0, 0, 0, size]).collect::<Vec<_>>()]
            .concat()
    };
    folder.write("samples.idx", [header(&[count, 1, 2]), pixels.concat()].concat());
    folder.write("labels.idx", [header(&[count]), (0..count).map(|sample| sample % 2).collect()].concat());
}

/// Values up to 16 of 255, which are below the threshold of the latency encoding.
#[test]
fn warns_about_samples_without_input_spikes() {
    let folder = Folder::new();
    write_pixels(&folder, &[[16, 3], [4, 15], [9, 16], [0, 12], [16, 1], [7, 2], [5, 11], [3, 16]]);
    let import = ["data", "import", "digits", "--samples", "samples.idx", "--labels", "labels.idx", "--classes", "2"];
    let import = [&import[..], &["--test-fraction", "0.5"]].concat();
    let told = folder.run(&import).succeeds().stderr;
    assert_eq!(
        told,
        "warning: digits: all 8 samples have no input spike with latency encoding, which needs values of at least 0.2 of full \
         scale; the largest value is 16 of 255\n\n\
         hint: import the data with `--scale min-max`, which scales the largest training value to full scale, or \
         set `data.encoding = \"poisson\"`\n\n"
    );
    folder.write("own.toml", study("set = 'digits'").replace("batch = 3", "batch = 2"));
    let warning = "warning: data.set: `digits`: no input spike in all 4 training samples and all 4 test samples: \
                   latency encoding drops values below 0.2 of full scale";
    for command in ["run", "train"] {
        let told = folder.run(&[command, "own.toml"]).succeeds().stderr;
        assert!(told.contains(warning), "{command}: {told}");
    }
    let scaled = folder.run(&[&import[..], &["--scale", "min-max", "--replace"]].concat()).succeeds();
    assert!(!scaled.stderr.contains("all 8 samples"), "{scaled:#?}");
}

#[test]
fn empty_recordings_and_classes_without_test_samples_are_counted() {
    let folder = Folder::new();
    folder.write("events.csv", "sample,time,unit\n0,0.1,1\n2,0.2,3\n");
    folder.write("none.csv", "sample,time,unit\n");
    folder.write("labels.csv", "label\n0\n0\n1\n1\n2\n");
    let import = |events: &str| {
        let import =
            ["data", "import", "mine", "--events", events, "--labels", "labels.csv", "--units", "5", "--classes", "3"];
        folder.run(&[&import[..], &["--duration", "1", "--test-fraction", "0.5", "--replace"]].concat()).succeeds()
    };
    let some = import("events.csv");
    assert!(some.stdout.contains(" recordings for training\n"), "{some:#?}");
    let class = "\n  1 class without samples for testing: `class 2` (1 for training, 0 for testing)\n";
    assert!(some.stdout.contains(class), "{some:#?}");
    assert_eq!(some.stderr, "");
    let none = import("none.csv");
    assert!(none.stdout.contains("\n  no events in 3 of 3 recordings for training\n"), "{none:#?}");
    assert_eq!(
        none.stderr,
        "warning: mine: no recording has an event, so networks receive no input\n\nhint: check the file of events\n\n"
    );
}

#[test]
fn rejects_class_names_with_control_characters() {
    let folder = Folder::new();
    let events = data("events.npz");
    let import = ["data", "import", "mine", "--events", &events, "--units", "5", "--classes", "3", "--duration", "1"];
    let named = |names: &str| folder.run(&[&import[..], &["--test-fraction", "0.5", "--class-names", names]].concat());
    named("a\u{1b}[31m,b,c")
        .refuses_with("error: class name: expected 1 to 100 characters without control characters, got `a?[31m`\n");
    let answer = named("left,right,none").succeeds();
    assert!(answer.stdout.contains("\n  classes: 0 `left`, 1 `right`, 2 `none`\n"), "{answer:#?}");
}

/// A wrong unit spoils every recording.
#[test]
fn a_unit_that_the_file_contradicts_is_a_warning() {
    let folder = Folder::new();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets/tests/data/hdf5/read/unit-ms.h5.gz");
    let file = file.to_str().expect("a path of text");
    let import = ["data", "import", "mine", "--events", file, "--test", file, "--units", "4", "--classes", "4"];
    let of = |unit: &[&str]| folder.run(&[&import[..], &["--replace", "--duration", "1000"], unit].concat()).succeeds();
    let against = of(&["--time-unit", "seconds"]);
    assert!(against.stderr.contains("warning: mine: `--time-unit` sets the unit of times to s, but "), "{against:#?}");
    assert!(!against.stdout.contains("unit of times"), "{against:#?}");
    let stated = of(&[]);
    assert!(stated.stdout.contains("\n  times are in ms ("), "{stated:#?}");
    assert!(!stated.stderr.contains("times are in"), "{stated:#?}");
}

#[test]
fn test_samples_that_were_trained_on_are_counted() {
    let folder = Folder::new();
    let (events, samples, labels) = (data("recordings.npz"), data("images.idx.gz"), data("labels.idx"));
    let of_events = ["--events", &events, "--test", &events, "--units", "5", "--duration", "0.5"];
    let of_images = ["--samples", &samples, "--labels", &labels, "--test", &samples, "--test-labels", &labels];
    for (name, given) in [("events", of_events), ("images", of_images)] {
        let answer = folder.run(&[&["data", "import", name, "--classes", "3"], &given[..]].concat()).succeeds();
        let expected = format!(
            "warning: {name}: 12 of 12 test samples are training samples too, so the test accuracy shows in part what was learnt \
             by heart\n"
        );
        assert!(answer.stderr.contains(&expected), "{answer:#?}");
    }
    let apart = ["--samples", &samples, "--labels", &labels, "--test-fraction", "0.5"];
    let answer = folder.run(&[&["data", "import", "apart", "--classes", "3"], &apart[..]].concat()).succeeds();
    assert!(!answer.stderr.contains("by heart"), "{answer:#?}");
}

/// The order of events in a file has no meaning: recordings with the same events are the same.
#[test]
fn recordings_with_the_same_events_in_another_order_are_the_same() {
    let folder = Folder::new();
    let header = "sample,time,unit,label\n";
    folder.write("train.csv", format!("{header}0,0.1,0,0\n0,0.1,1,0\n0,0.3,2,0\n1,0.2,1,1\n1,0.4,2,1\n"));
    // Recording 0 is that of the training turned round; recording 1 has its times with the units exchanged.
    folder.write("test.csv", format!("{header}0,0.3,2,0\n0,0.1,1,0\n0,0.1,0,0\n1,0.4,1,1\n1,0.2,2,1\n"));
    let import =
        ["data", "import", "order", "--events", "train.csv", "--test", "test.csv", "--units", "3", "--classes", "2"];
    let answer = folder.run(&[&import[..], &["--duration", "0.5"]].concat()).succeeds();
    assert!(answer.stderr.contains("warning: order: 1 of 2 test samples are training samples too"), "{answer:#?}");
}

/// Two classes that differ in y only look alike if y is left out.
#[test]
fn events_outside_the_sensor_are_refused() {
    let folder = Folder::new();
    let rows: String = (0..8).map(|sample| format!("{sample},100,0,{},0,{}\n", sample % 2, sample % 2)).collect();
    folder.write("xy.csv", format!("sample,t,x,y,p,label\n{rows}"));
    let import = |sensor: &[&str]| {
        let common = ["--events", "xy.csv", "--classes", "2", "--duration", "0.02", "--test-fraction", "0.25"];
        folder.run(&[&["data", "import", "xy", "--replace"], &common[..], sensor].concat())
    };
    for sensor in [["--units", "2"], ["--sensor", "2"]] {
        let answer = import(&sensor);
        let told =
            "y: expected 0, because the sensor has one value of `y`; state its size with `--sensor WxHxP`, got 1";
        assert!(answer.status == Some(2) && answer.stderr.contains(told), "{answer:#?}");
    }
    import(&["--sensor", "2x2"]).succeeds();
}
