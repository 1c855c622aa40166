//! `ohmspike device new` and `ohmspike device check`.

use crate::ohmspike::Folder;

#[test]
fn a_new_device_file_is_valid_and_never_replaces_another() {
    let folder = Folder::new();
    let answer = folder.run(&["device", "new", "my oxide"]).succeeds();
    assert_eq!(answer.stdout, "my-oxide.json\nmy-oxide.schema.json\n");
    assert!(answer.stderr.contains("ohmspike device check my-oxide.json"), "{}", answer.stderr);
    let text = folder.text("my-oxide.json");
    assert!(text.contains(r#""$schema": "my-oxide.schema.json""#) && text.contains(r#""name": "my oxide""#), "{text}");
    let schema: serde_json::Value = serde_json::from_str(&folder.text("my-oxide.schema.json")).expect("a schema");
    let low = &schema["$defs"]["WindowSpec"]["properties"]["low_resistance_ohm"];
    assert_eq!(low["x-unit"], "ohm", "{low}");
    let shown = folder.run(&["device", "show", "my-oxide.json"]).succeeds().stdout;
    assert!(shown.contains("relative, sigma 2 % of G"), "{shown}");
    folder
        .run(&[
            "train",
            "--set",
            "hardware.device=my-oxide.json",
            "--set",
            "training.epochs=0",
            "--set",
            "data.set=fashion-mnist-subset",
            "--set",
            "network.hidden=16",
        ])
        .succeeds();
    folder.write("my-oxide.json", "mine");
    let refused = folder.run(&["device", "new", "my oxide"]).fails();
    assert!(refused.stderr.contains("`my-oxide.json`: expected a new file, got an existing one"), "{}", refused.stderr);
    assert_eq!(folder.text("my-oxide.json"), "mine");
    folder.run(&["device", "new", "my oxide", "--force"]).succeeds();
    assert!(folder.text("my-oxide.json").starts_with('{'));
}

#[test]
fn a_new_device_file_goes_where_it_is_told_to() {
    let folder = Folder::new();
    let answer = folder.run(&["device", "new", "oxide", "--out", "devices/a.json"]).succeeds();
    assert_eq!(answer.stdout, "devices/a.json\ndevices/a.schema.json\n");
    let refused = folder.run(&["device", "new", "oxide", "--out", "a.toml"]).fails();
    assert!(refused.stderr.contains("--out: expected a path that ends in .json, got `a.toml`"), "{}", refused.stderr);
    let refused = folder.run(&["device", "new", " "]).fails();
    assert!(refused.stderr.contains("NAME: expected a name without `/` and `\\`, got ` `"), "{}", refused.stderr);
    let refused = folder.run(&["device", "new", "../devices/oxide"]).fails();
    assert!(refused.stderr.contains("hint: use `devices-oxide`; `--out` names another folder"), "{}", refused.stderr);
    let refused = folder.run(&["device", "new", "ideal"]).fails();
    assert!(refused.stderr.contains("NAME: expected a new name, got `ideal`, a built-in device"), "{}", refused.stderr);
}

#[test]
fn a_check_names_clipped_writes_missing_sources_and_placeholders() {
    let folder = Folder::new();
    folder.run(&["device", "new", "oxide"]).succeeds();
    let answer = folder.run(&["device", "check", "oxide.json"]).succeeds();
    assert!(answer.stdout.starts_with("oxide.json: valid\n"), "{}", answer.stdout);
    assert!(answer.stdout.contains("placeholders of `device new`: window,"), "{}", answer.stdout);
    assert!(answer.stdout.ends_with("\noxide.svg\noxide.png\noxide.csv\n"), "{}", answer.stdout);
    assert_eq!(answer.stderr, "");
    assert!(folder.text("oxide.svg").contains("The window clips 50 % of the writes to 200 µS"), "the caption");
    let levels = r#"{ "name": "levels", "window": { "low_resistance_ohm": 10000, "high_resistance_ohm": 100000 },
        "write": { "noise": "constant", "sigma_microsiemens": 2 }, "levels": { "microsiemens": [20, 60, 97] } }"#;
    folder.write("levels.json", levels);
    let answer = folder.run(&["device", "check", "levels.json", "--no-plot"]).succeeds();
    // 97 µS is 1.5 standard deviations below the upper end: 1 - Phi(1.5) = 6.68 %.
    let row = answer.stdout.lines().find(|line| line.contains(" 97.0 ")).expect("a row");
    assert!(row.ends_with("6.68"), "{row}");
    assert!(answer.stdout.contains("without a source: window, write, levels"), "{}", answer.stdout);
    assert!(answer.stderr.contains("clips 6.68 % of the writes to the level at 97.0 µS"), "{}", answer.stderr);
    assert!(answer.stderr.contains("hint: widen `device.window`"), "{}", answer.stderr);
    assert!(!folder.path("levels.svg").exists());
}

#[test]
fn a_check_names_the_place_of_an_error() {
    let folder = Folder::new();
    folder.write(
        "wrong.json",
        "{ \"name\": \"x\",\n  \"window\": { \"low_resistance_ohm\": -5, \"high_resistance_ohm\": 1000 } }",
    );
    let refused = folder.run(&["device", "check", "wrong.json"]).fails();
    assert!(
        refused.stderr.contains("wrong.json:2:37: window.low_resistance_ohm: expected 1 to 1e12 ohm, got -5 ohm"),
        "{}",
        refused.stderr
    );
    assert!(!folder.path("x.svg").exists());
}

#[test]
fn samples_tell_how_many_writes_the_window_clips() {
    let folder = Folder::new();
    let sample = |target: &str| {
        folder
            .run(&["device", "sample", "illustrative-oxide", "--target-microsiemens", target, "--count", "2000"])
            .succeeds()
    };
    let end = sample("1000").stderr;
    assert!(end.contains("warning: device `illustrative-oxide`: the window of 1 to 1000 µS clips "), "{end}");
    assert!(end.contains("hint: widen `window` to three standard deviations"), "{end}");
    // Half of 2000 writes; five standard errors are 112.
    let words: Vec<&str> = end.split_whitespace().collect();
    let at = words.iter().position(|word| *word == "clips").expect("the word");
    let percent: f64 = words[at + 1].parse().expect("a number");
    assert!((percent - 50.0).abs() < 5.6, "{end}");
    assert_eq!(sample("500").stderr, "");
}
