//! Tables as instruments and spreadsheets export them: other separators, decimal commas, missing values, and I-V curves.

use ohmspike_fit::{FitError, FitInput, FitOptions, FitReport, FittedNumber, InputFile, Mechanism, fit};

const HEADER: &str = "cell,cycle,target_microsiemens,conductance_microsiemens\n";

fn file(text: &str) -> Option<InputFile> {
    Some(InputFile { name: "w.csv".to_owned(), bytes: text.as_bytes().to_vec() })
}

fn options() -> FitOptions {
    FitOptions { resamples: 50, window: Some((1.0, 200.0)), ..FitOptions::default() }
}

fn writes(text: &str) -> Result<FitReport, FitError> {
    fit(&FitInput { writes: file(text), ..FitInput::default() }, &options())
}

fn reads(text: &str) -> Result<FitReport, FitError> {
    fit(&FitInput { reads: file(text), ..FitInput::default() }, &options())
}

/// Returns the numbers of all mechanisms.
fn numbers(report: FitReport) -> Vec<FittedNumber> {
    report.mechanisms.into_iter().flat_map(|fit| fit.numbers).collect()
}

fn notes(report: &FitReport) -> String {
    report.mechanism(Mechanism::Window).expect("a window").notes.join("; ")
}

/// Returns a number that is even from -1 to 1.
fn even(number: usize) -> f64 {
    (number as f64 * 0.618_034).fract() * 2.0 - 1.0
}

/// Returns rows of three writes of each of 30 cells to 20.5 and 60 µS, all with a decimal point.
fn rows() -> Vec<String> {
    let row = |number: usize| {
        let (cell, cycle, target) = (number / 6, number % 6 / 2, if number.is_multiple_of(2) { 20.5 } else { 60.0 });
        format!("{cell},{cycle},{target:.1},{:.4}\n", target * (1.0 + 0.1 * even(number)))
    };
    (0..180).map(row).collect()
}

/// The separators of a file do not change a bit of its fit.
#[test]
fn separators_and_decimal_commas_are_read_from_the_header() {
    let commas = format!("{HEADER}{}", rows().concat());
    let semicolons = commas.replace(',', ";");
    let expected = numbers(writes(&commas).expect("a fit"));
    assert!(!expected.is_empty());
    for (text, note) in [
        (semicolons.clone(), "table w.csv: read with semicolons between columns"),
        (semicolons.replace('.', ","), "table w.csv: read with semicolons between columns, and decimals with a comma"),
        (commas.replace(',', "\t"), "table w.csv: read with tabs between columns"),
    ] {
        let report = writes(&text).expect("a fit");
        assert!(notes(&report).split("; ").any(|told| told == note), "{}", notes(&report));
        assert_eq!(numbers(report), expected, "{note}");
    }
}

#[test]
fn separators_that_may_mean_two_things_are_refused() {
    let told = |text: &str| writes(text).expect_err("refused").to_string();
    let semicolons = format!("{HEADER}{}", rows().concat()).replace(',', ";");
    let mixed = told(&semicolons.replacen('.', ",", 1));
    assert!(
        mixed.starts_with("w.csv:2:3: expected one decimal sign, got a comma here and a point in line 2"),
        "{mixed}"
    );
    let thousands = told("cell;target_microsiemens;conductance_microsiemens\n1;100;1.000,5\n");
    assert!(thousands.starts_with("w.csv:2:3: expected one decimal sign"), "{thousands}");
    let tabs = told("cell\ttarget_microsiemens\tconductance_microsiemens\n1\t100\t99,5\n");
    assert!(
        tabs.starts_with("w.csv:2:3: `conductance_microsiemens`: expected a number of at least 0, got `99,5`"),
        "{tabs}"
    );
    let header = told("cell;target_microsiemens,conductance_microsiemens\n1;100,99\n");
    assert!(header.starts_with("w.csv:1: expected a header with one separator of columns"), "{header}");
}

/// A row without a value is a row that is not there.
#[test]
fn rows_without_a_value_are_left_out_and_counted() {
    let (mut with_gaps, mut without) = (HEADER.to_owned(), HEADER.to_owned());
    for (number, row) in rows().iter().enumerate() {
        let missing =
            ["", " ", "NaN", "nan", "n/a", "NA", "null", "#N/A"].get(number / 20).filter(|_| number % 20 == 7);
        match missing.zip(row.rsplit_once(',')) {
            Some((missing, (keys, _))) => with_gaps += &format!("{keys},{missing}\n"),
            None => [&mut with_gaps, &mut without].into_iter().for_each(|text| text.push_str(row)),
        }
    }
    let report = writes(&with_gaps).expect("a fit");
    assert!(notes(&report).contains("table w.csv: 8 rows without a value left out"), "{}", notes(&report));
    assert_eq!(numbers(report), numbers(writes(&without).expect("a fit")));
    // A target that is missing is no value that is missing.
    let told = writes(&format!("{HEADER}1,1,,99\n")).expect_err("refused").to_string();
    assert!(told.starts_with("w.csv:2:3: `target_microsiemens`: expected a number above 0, got ``"), "{told}");
}

/// The order of reads is their time, unless the table has one.
#[test]
fn gaps_in_reads_need_times() {
    let table = |header: &str, row: &dyn Fn(usize, usize) -> Option<String>| {
        let rows = (0..20).flat_map(|cell| (0..30).map(move |read| (cell, read)));
        format!("{header}\n{}", rows.filter_map(|(cell, read)| row(cell, read)).collect::<String>())
    };
    let value = |cell: usize, read: usize| format!("{:.4}", 50.0 * (1.0 + 0.01 * even(31 * cell + read)));
    let is_gap = |cell: usize, read: usize| (7 * cell + read).is_multiple_of(13);
    let or_empty = |cell: usize, read: usize| if is_gap(cell, read) { String::new() } else { value(cell, read) };
    let without_times =
        table("cell,conductance_microsiemens", &|cell, read| Some(format!("{cell},{}\n", or_empty(cell, read))));
    let told = reads(&without_times).expect_err("refused").to_string();
    assert!(told.starts_with("w.csv:2:2: `conductance_microsiemens`: expected a number, got ``"), "{told}");
    let timed = "cell,time_seconds,conductance_microsiemens";
    let with_gaps = table(timed, &|cell, read| Some(format!("{cell},{read},{}\n", or_empty(cell, read))));
    let left_out =
        table(timed, &|cell, read| (!is_gap(cell, read)).then(|| format!("{cell},{read},{}\n", value(cell, read))));
    let expected = numbers(reads(&left_out).expect("a fit"));
    assert!(expected.iter().any(|number| number.key.starts_with("read.white")), "{expected:?}");
    assert_eq!(numbers(reads(&with_gaps).expect("a fit")), expected);
}

#[test]
fn voltages_point_to_the_key_of_curves() {
    let told = writes("cell,voltage_volts,current_microamperes\n1,0.1,3\n").expect_err("refused").to_string();
    assert!(told.starts_with("w.csv:1:2: unknown column `voltage_volts`"), "{told}");
    assert!(
        told.contains("hint: a fit does not cover I-V curves, which are `read.nonlinearity` of the device file"),
        "{told}"
    );
    let several = writes("cell,Voltage (V),date,current_microamperes\n1,0.1,3,1\n").expect_err("refused").to_string();
    assert!(
        several.contains("`read.nonlinearity`") && several.contains("leave out columns with `--ignore date`"),
        "{several}"
    );
}
