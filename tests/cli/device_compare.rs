//! `ohmspike device compare`.

use crate::ohmspike::Folder;

#[test]
fn two_devices_are_compared_as_table_and_figure() {
    let folder = Folder::new();
    folder.write(
        "mine.json",
        r#"{ "name": "mine", "window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 },
             "write": { "noise": "relative", "sigma_percent_of_conductance": 3 } }"#,
    );
    let answer = folder.run(&["device", "compare", "illustrative-oxide", "mine.json"]).succeeds();
    let header = answer.stdout.lines().next().expect("a header");
    assert_eq!(header.split_whitespace().collect::<Vec<_>>(), ["illustrative-oxide", "mine"]);
    let noise = answer.stdout.lines().skip_while(|line| !line.starts_with("write noise, "));
    let row =
        noise.map(|line| line.split_whitespace().collect::<Vec<_>>()).find(|row| row[0] == "10000").expect("a row");
    // 0.4 % and 3 % of 100 µS.
    assert_eq!([row[1], row[2], row[5], row[6]], ["0.400", "0.400", "3.00", "3.00"]);
    let files = "\nillustrative-oxide-mine.svg\nillustrative-oxide-mine.png\nillustrative-oxide-mine.csv\n";
    assert!(answer.stdout.ends_with(files), "{}", answer.stdout);
    let svg = folder.text("illustrative-oxide-mine.svg");
    assert!(svg.contains(">illustrative-oxide and mine<") && svg.contains(">write noise<"));
    let csv = folder.text("illustrative-oxide-mine.csv");
    assert!(csv.starts_with("panel,curve,x_axis,x,y_axis,y,band_low,band_high\n"), "{csv}");
    assert!(csv.contains("\nwrite noise,mine,"), "{csv}");
}

#[test]
fn a_comparison_may_do_without_a_figure() {
    let folder = Folder::new();
    let answer = folder.run(&["device", "compare", "ideal", "study-1k-1m", "--no-plot"]).succeeds();
    assert!(!answer.stdout.contains(".svg"), "{}", answer.stdout);
    let refused = folder.run(&["device", "compare", "ideal", "idael"]).fails();
    assert!(refused.stderr.contains("idael"), "{}", refused.stderr);
    assert_eq!(refused.status, Some(2));
}
