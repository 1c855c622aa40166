//! `ohmspike device fit`: from samples of a device back to the device.

use crate::ohmspike::{Answer, Folder};

/// Window of 1 to 1000 µS, writes with 5 % of G.
const DEVICE: &str = r#"{ "name": "true", "window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 },
    "write": { "noise": "relative", "sigma_percent_of_conductance": 5 } }"#;

/// Writes of `cells` cells to three targets, two cycles each, as `writes.csv`.
fn with_writes(cells: &str) -> Folder {
    let folder = Folder::new();
    folder.write("true.json", DEVICE);
    let mut table = String::new();
    for (number, target) in ["20", "100", "400"].into_iter().enumerate() {
        let seed = (number + 1).to_string();
        let sample =
            ["device", "sample", "true.json", "--target-microsiemens", target, "--cycles", "2", "--count", cells];
        let csv = folder.run(&[&sample[..], &["--seed", &seed]].concat()).succeeds().stdout;
        table += if number == 0 { &csv } else { csv.split_once('\n').expect("a header").1 };
    }
    folder.write("writes.csv", table);
    folder
}

fn fit(folder: &Folder, more: &[&str]) -> Answer {
    folder.run(&[&["device", "fit", "writes.csv"], more].concat())
}

#[test]
fn a_fit_recovers_the_noise_and_writes_its_files() {
    let folder = with_writes("200");
    let answer = fit(&folder, &["--name", "back", "--law", "writes=relative"]).succeeds();
    let files = "\nback.json\nback-fit.html\nback-fit.svg\nback-fit.png\nback-fit.csv\n";
    assert!(answer.stdout.ends_with(files), "{}", answer.stdout);
    let device: serde_json::Value = serde_json::from_str(&folder.text("back.json")).expect("JSON");
    let sigma = device["write"]["sigma_percent_of_conductance"].as_f64().expect("a number");
    // Five standard errors of a standard deviation from 1200 writes, which winsorising makes 1.28 times as large.
    assert!((sigma - 5.0).abs() < 5.0 * 1.28 * 5.0 / 2400f64.sqrt(), "{sigma}");
    assert!(answer.stdout.contains("write.sigma_percent_of_conductance"), "{}", answer.stdout);
    assert!(answer.stdout.contains("held-out cells: "), "{}", answer.stdout);
    assert!(answer.stdout.contains("writes clipped by the window"), "{}", answer.stdout);
    let sources: Vec<&str> =
        device["provenance"].as_array().expect("sources").iter().filter_map(|entry| entry["source"].as_str()).collect();
    assert!(sources.iter().any(|source| source.contains("writes.csv")), "{sources:?}");
    let page = folder.text("back-fit.html");
    for part in ["writes.csv", "SHA-256", "device fit writes.csv --name back", "data:image/svg+xml"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(folder.text("back-fit.svg").starts_with("<svg") && folder.bytes("back-fit.png").starts_with(b"\x89PNG"));
    let header = "mechanism,law,kind,curve,x_axis,x,y_axis,y,low,high,values\n";
    assert!(folder.text("back-fit.csv").starts_with(header));
    folder.run(&["device", "check", "back.json", "--no-plot"]).succeeds();
}

/// The same tables, options and seed give the same bytes.
#[test]
fn a_fit_is_reproducible() {
    let folder = with_writes("40");
    let answer = fit(&folder, &["--name", "back"]).succeeds();
    let before = ["back.json", "back-fit.svg", "back-fit.csv"].map(|name| folder.bytes(name));
    assert_eq!(fit(&folder, &["--name", "back", "--force"]).succeeds().stdout, answer.stdout);
    assert_eq!(["back.json", "back-fit.svg", "back-fit.csv"].map(|name| folder.bytes(name)), before);
}

#[test]
fn the_window_and_the_mechanisms_can_be_chosen() {
    let folder = with_writes("40");
    fit(&folder, &["--name", "w", "--window", "2..900", "--only", "window,writes"]).succeeds();
    let device: serde_json::Value = serde_json::from_str(&folder.text("w.json")).expect("JSON");
    let ends = ["high_resistance_ohm", "low_resistance_ohm"].map(|key| device["window"][key].as_f64().expect("ohm"));
    for (end, conductance) in ends.into_iter().zip([2.0, 900.0]) {
        assert!((1e6 / end / conductance - 1.0).abs() < 1e-3, "{ends:?}");
    }
    assert!(device.get("faults").is_none(), "{device}");
}

#[test]
fn nothing_is_replaced_unasked() {
    let folder = with_writes("40");
    folder.write("mine.json", "mine");
    let refused = fit(&folder, &["--name", "mine"]).fails();
    assert!(refused.stderr.starts_with("error: `mine.json`: expected a new file"), "{}", refused.stderr);
    assert_eq!(folder.text("mine.json"), "mine");
    // FILE-fit.csv would be the table.
    let table = folder.bytes("writes.csv");
    folder.write("own-fit.csv", &table);
    let own = ["device", "fit", "own-fit.csv", "--out", "own.json", "--force"];
    let refused = folder.run(&own).fails();
    assert!(refused.stderr.starts_with("error: --out: expected a path other than the tables"), "{}", refused.stderr);
    assert_eq!(folder.bytes("own-fit.csv"), table);
    assert!(!folder.path("own.json").exists());
}

#[test]
fn wrong_tables_and_options_name_their_place() {
    let folder = with_writes("40");
    let refused = |arguments: &[&str]| folder.run(&[&["device", "fit"], arguments].concat()).fails().stderr;
    let missing = refused(&["none.csv"]);
    assert!(missing.starts_with("error: cannot read `none.csv`: "), "{missing}");
    let none = refused(&[]);
    assert!(none.contains("WRITES.csv"), "{none}");
    let law = refused(&["writes.csv", "--law", "table"]);
    assert!(law.starts_with("error: --law table: expected MECHANISM=LAW"), "{law}");
    let law = refused(&["writes.csv", "--law", "writes=power"]);
    assert!(law.starts_with("error: --law writes: expected constant, relative, table, got `power`"), "{law}");
    for (flag, value) in [("--window", "9..2"), ("--acceptance", "2"), ("--only", "noise"), ("--after", "30")] {
        let told = refused(&["writes.csv", flag, value]);
        assert!(told.contains(flag) && told.contains("expected"), "{flag}: {told}");
    }
    for (flags, told) in [
        (
            &["--after", "1d"][..],
            "--after: no effect, because no table has a column `after_microsiemens`\n\nhint: remove it",
        ),
        (&["--read-interval", "1s"], "--read-interval: no effect without repeated reads: a table of reads, or columns"),
    ] {
        let refusal = refused(&[&["writes.csv"], flags].concat());
        assert!(refusal.starts_with(&format!("error: {told}")), "{flags:?}: {refusal}");
    }
    folder.write("reads.csv", "cell,conductance_microsiemens\n1,20\n1,20.1\n1,19.9\n2,20\n2,20.2\n2,19.8\n");
    for flag in [&["--wide"][..], &["--acceptance", "2%"]] {
        let refusal = refused(&[&["--reads", "reads.csv", "--window", "1..100"], flag].concat());
        assert!(refusal.starts_with(&format!("error: {}: no effect without a table of writes", flag[0])), "{refusal}");
    }
    folder.write("comma.csv", "cell,target_microsiemens,conductance_microsiemens\n1,20,20.5\n2,20,\"20,7\"\n");
    let told = refused(&["comma.csv"]);
    assert!(told.starts_with("error: comma.csv:3:3: `conductance_microsiemens`: expected"), "{told}");
    assert!(!folder.path("my-device.json").exists());
}

#[test]
fn columns_are_left_out_on_request_only() {
    let folder = with_writes("40");
    fit(&folder, &["--name", "plain"]).succeeds();
    let plain: serde_json::Value = serde_json::from_str(&folder.text("plain.json")).expect("JSON");
    let mut lines = folder.text("writes.csv").lines().map(str::to_owned).collect::<Vec<_>>();
    lines.iter_mut().enumerate().for_each(|(number, line)| {
        *line = if number == 0 { format!("date,{line},comment") } else { format!("May {number},{line},-4;x") };
    });
    folder.write("writes.csv", lines.join("\n"));
    let refused = fit(&folder, &["--name", "more"]).fails().stderr;
    assert!(refused.starts_with("error: writes.csv:1:1: unknown columns `date`, `comment`"), "{refused}");
    assert!(refused.contains("leave out columns with `--ignore date,comment`"), "{refused}");
    let answer = fit(&folder, &["--name", "more", "--ignore", "date, comment"]).succeeds();
    let note = "writes.csv: left out as asked: column date, comment";
    assert!(folder.text("more-fit.html").contains(note), "{}", answer.stdout);
    let more: serde_json::Value = serde_json::from_str(&folder.text("more.json")).expect("JSON");
    assert_eq!((&more["write"], &more["window"]), (&plain["write"], &plain["window"]));
    let refused = fit(&folder, &["--name", "third", "--ignore", "date,comment,dates"]).fails().stderr;
    assert!(refused.starts_with("error: --ignore: no table has a column `dates`"), "{refused}");
}
