//! Malformed tables: each is refused with its place, or fitted with a stated reason.

use ohmspike_fit::{FitError, FitInput, FitOptions, FitReport, InputFile, fit};

const HEADER: &str = "cell,cycle,target_microsiemens,conductance_microsiemens\n";

fn file(text: impl Into<Vec<u8>>) -> Option<InputFile> {
    Some(InputFile { name: "w.csv".to_owned(), bytes: text.into() })
}

fn writes(text: impl Into<Vec<u8>>) -> Result<FitReport, FitError> {
    fit(&FitInput { writes: file(text), ..FitInput::default() }, &FitOptions { resamples: 50, ..FitOptions::default() })
}

fn refused(text: impl Into<Vec<u8>>) -> String {
    writes(text).expect_err("refused").to_string()
}

/// Returns `count` writes to 100 µS with a deterministic spread of some percent, one per cell.
fn rows(count: usize) -> String {
    (0..count)
        .map(|cell| format!("{cell},1,100,{}\n", 100.0 * (1.0 + 0.03 * (((cell * 37) % 101) as f64 / 50.0 - 1.0))))
        .collect()
}

fn with_row(row: &str) -> String {
    format!("{HEADER}{}{row}\n", rows(30))
}

#[test]
fn values_out_of_place_are_refused_with_line_and_column() {
    let cases = [
        // Negative, zero and infinite values.
        ("90,1,100,-3", "w.csv:32:4: `conductance_microsiemens`: expected a number of at least 0, got `-3`"),
        ("90,1,100,inf", "w.csv:32:4: `conductance_microsiemens`: expected a number of at least 0, got `inf`"),
        ("90,1,0,99", "w.csv:32:3: `target_microsiemens`: expected a number above 0, got `0`"),
        ("90,1,-5,99", "w.csv:32:3: `target_microsiemens`: expected a number above 0, got `-5`"),
        ("3,2,100,0", "w.csv:32: expected a conductance above 0, got 0 of cell `3`, which conducts in other rows"),
        // Decimal commas, with and without quotes, thousands, units and words.
        ("90,1,100,99,5", "w.csv:32:5: expected 4 cells, like the header, got 5: `5` follows the last column"),
        ("90,1,100,\"99,5\"", "w.csv:32:4: `conductance_microsiemens`: expected a number of at least 0, got `99,5`"),
        ("90,1,100,\"1,000\"", "w.csv:32:4: `conductance_microsiemens`: expected a number of at least 0, got `1,000`"),
        ("90,1,100,99uS", "w.csv:32:4: `conductance_microsiemens`: expected a number of at least 0, got `99uS`"),
        ("90,1,100,bad", "w.csv:32:4: `conductance_microsiemens`: expected a number of at least 0, got `bad`"),
        ("90,1,100", "w.csv:32: expected 4 cells, like the header, got 3"),
        (",1,100,99", "w.csv:32:1: `cell`: expected the number or name of a cell, got ``"),
        // Cycles that are no whole numbers; the same write twice.
        ("90,1.5,100,99", "w.csv:32:2: `cycle`: expected a whole number of at least 0, got `1.5`"),
        ("90,-1,100,99", "w.csv:32:2: `cycle`: expected a whole number of at least 0, got `-1`"),
        ("3,1,100,99", "w.csv:32: duplicate row: cell `3`, cycle 1 was given before"),
        // Beyond any device.
        (
            "90,1,100,1e30",
            "w.csv:32:4: `conductance_microsiemens`: expected a conductance of 1e-12 to 1e12 µS, got `1e30`",
        ),
    ];
    for (row, message) in cases {
        let refused = refused(with_row(row));
        assert!(refused.starts_with(message), "{row}:\n{refused}");
    }
}

#[test]
fn hints_say_what_to_do() {
    let hint = |row: &str| refused(with_row(row)).split("hint: ").nth(1).unwrap_or_default().to_owned();
    assert_eq!(
        hint("90,1,100,99,5"),
        "write decimals with a point, and no separators of thousands: `100,99` in columns 3 and 4 or `99,5` in columns 4 and 5 \
         may be one number"
    );
    assert_eq!(hint("90,1,100,\"99,5\""), "write decimals with a point, and no separators of thousands");
    assert_eq!(hint("90,1,100,99uS"), "units belong in the name of the column");
    for missing in ["-", "bad", "missing"] {
        assert_eq!(hint(&format!("90,1,100,{missing}")), "leave out rows without a value", "{missing}");
    }
    for beyond in ["inf", "-Infinity", "overload", "OVLD", "9.9E37", "9.91e+37"] {
        assert_eq!(
            hint(&format!("90,1,100,{beyond}")),
            "leave out readings beyond the range of the instrument",
            "{beyond}"
        );
    }
    assert_eq!(hint("3,1,100,99"), "number repeated writes of a cell in a column `cycle`");
}

#[test]
fn headers_that_do_not_state_the_data_are_refused() {
    let with = |header: &str| refused(format!("{header}\n1,1,100,99\n"));
    let cases = [
        ("cell,cycle,target_microsiemens,conductance_siemens", "w.csv:1:4: unknown column `conductance_siemens`"),
        ("cell,cycle,target_microsiemens,G", "w.csv:1:4: unknown column `G`"),
        ("cell,cycle,cycle,conductance_microsiemens", "w.csv:1:3: duplicate column `cycle`"),
        ("cell,cycle,target_microsiemens,time_seconds", "w.csv:1: missing column of values"),
        ("cell,cycle,time_seconds,conductance_microsiemens", "w.csv:1: missing column `target_microsiemens`"),
        ("row,cycle,target_microsiemens,conductance_microsiemens", "w.csv:1: missing column `cell`"),
        ("cell,target_microsiemens,resistance_ohm,conductance_microsiemens", "w.csv:1: expected one column of values"),
        (
            "cell;cycle;target_microsiemens;conductance_microsiemens",
            "w.csv:2: expected 4 cells, like the header, got 1",
        ),
        ("cell\tcycle", "w.csv:1: missing column of values"),
        ("1,1,100,98", "w.csv:1:1: expected a header, got the number `1`"),
        ("cell,cycle,target_microsiemens,current_microamperes", "--read-volts: missing for a column of current"),
    ];
    for (header, message) in cases {
        let refused = with(header);
        assert!(refused.starts_with(message), "{header}:\n{refused}");
    }
    assert!(with("cell,cycle,target_microsiemens,conductance_siemens").contains("convert conductances to µS"));
    assert!(with("cell,cycle,target_microsiemens,resistance_kohm").contains("convert resistances to ohm"));
}

#[test]
fn files_without_data_are_refused() {
    assert_eq!(refused(""), "w.csv: expected a header and rows, got an empty file");
    assert_eq!(refused(HEADER), "w.csv: expected rows below the header, got none");
    assert_eq!(
        refused(format!("{HEADER}1,1,100,0\n2,1,100,0\n")),
        "w.csv:2: expected cells that conduct, got at most 0 µS in all rows"
    );
    let none = fit(&FitInput::default(), &FitOptions::default()).expect_err("refused").to_string();
    assert_eq!(none, "files: expected writes, reads, retention or pulses, got none");
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let mut bytes = with_row("90,1,100,9").into_bytes();
    let place = bytes.len() - 2;
    bytes[place] = 0xff;
    assert!(refused(bytes).starts_with("w.csv:32:4: `conductance_microsiemens`: expected a number"));
}

/// Three of thirty values in siemens instead of microsiemens.
#[test]
fn mixed_units_are_refused() {
    let mixed = "90,1,100,0.000098\n91,1,100,0.000101\n92,1,100,0.000103";
    let refused = refused(with_row(mixed));
    assert!(
        refused.starts_with("w.csv:32: expected values in the unit of their targets, got 0.000098 µS"),
        "{refused}"
    );
    assert!(refused.contains("a factor of 1e-6 (3 rows)"));
}

/// Siemens in columns of microsiemens. A stuck cell of 1.1 Mohm then has 1.1e12 ohm, more than a device file allows.
#[test]
fn siemens_in_columns_of_microsiemens_are_told_with_a_stuck_cell() {
    let mut text = HEADER.to_owned();
    for write in 0..240 {
        let (cell, cycle, target) = (write / 12, write % 12 / 2, if write % 2 == 0 { 2e-5 } else { 1.5e-4 });
        let deviation = 1.0 + 0.05 * (((write * 37) % 101) as f64 / 50.0 - 1.0);
        let conductance = if cell == 5 { 9.1e-7 * (1.0 + 0.01 * (deviation - 1.0)) } else { target * deviation };
        text += &format!("{cell},{cycle},{target:e},{conductance:e}\n");
    }
    let told = refused(text);
    assert!(told.starts_with("fitted device: ") && told.contains("faults.stuck_high_resistance_ohm"), "{told}");
    let hint = "\n\nhint: check that the unit in the names of the columns is that of the numbers: the window is ";
    assert!(told.contains(hint), "{told}");
}

#[test]
fn cells_with_two_places_are_refused() {
    let header = "cell,row,column,target_microsiemens,conductance_microsiemens,cycle\n";
    let refused = refused(format!("{header}a,1,1,100,99,1\na,1,2,100,98,2\n"));
    assert!(refused.starts_with("w.csv:3:2: `row`: expected one row and column per cell, got `1`"), "{refused}");
}

#[test]
fn wide_tables_need_targets_as_names() {
    let options = FitOptions { wide: true, resamples: 50, ..FitOptions::default() };
    let with = |text: &str| {
        let input = FitInput { writes: file(text), ..FitInput::default() };
        fit(&input, &options).expect_err("refused").to_string()
    };
    assert!(with("cell,low\n1,3\n").starts_with("w.csv:1:2: unknown column `low`"));
    let told = with("chip,target_ohm,resistance_ohm\n1,3,3\n");
    assert!(
        told.ends_with("hint: leave out `--wide`: this table has one write per row, with a column of targets"),
        "{told}"
    );
    let told = refused("cell,20000_ohm,50000_ohm\n1,3,3\n");
    assert!(told.ends_with("hint: set `--wide` to read a table with one column per target"), "{told}");
    assert!(with("cell,cycle\n1,3\n").starts_with("w.csv:1: missing columns of values"));
    assert!(
        with("cell,50_microsiemens\n1,-3\n")
            .starts_with("w.csv:2:2: `50_microsiemens`: expected a number of at least 0")
    );
}

#[test]
fn a_byte_order_mark_is_ignored_and_stated() {
    let report = writes(format!("\u{feff}{}", with_row("90,1,100,99"))).expect("a fit");
    assert!(report.mechanisms[0].notes.iter().any(|note| note.contains("byte order mark")));
}

/// Windows line ends, comments, quotes, spaces and columns in another order.
#[test]
fn harmless_variants_are_read_alike() {
    let plain = writes(with_row("90,1,100,99")).expect("a fit");
    let windows = writes(with_row("90,1,100,99").replace('\n', "\r\n")).expect("a fit");
    let comments = writes(format!("# measured today\n{}", with_row("90,1,100,\" 99 \""))).expect("a fit");
    let mut turned = "conductance_microsiemens,cell,target_microsiemens\n".to_owned();
    for row in with_row("90,1,100,99").lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        turned += &format!("{},{},{}\n", cells[3], cells[0], cells[2]);
    }
    let turned = writes(turned).expect("a fit");
    for other in [windows, comments, turned] {
        assert_eq!(other.mechanisms[1].numbers, plain.mechanisms[1].numbers);
    }
}

#[test]
fn data_without_information_are_withheld_with_a_reason() {
    let reason = |text: String| {
        let report = writes(text).expect("a fit");
        let withheld = report.withheld.iter().find(|withheld| withheld.mechanism.word() == "writes");
        withheld.expect("write noise is withheld").reason.clone()
    };
    let equal: String = (0..50).map(|cell| format!("{cell},1,100,99\n")).collect();
    assert!(reason(format!("{HEADER}{equal}")).starts_with("all writes deviate equally from their targets"));
    let mostly: String =
        (0..50).map(|cell| format!("{cell},1,100,{}\n", if cell % 5 == 0 { 99 + cell % 2 } else { 100 })).collect();
    assert!(reason(format!("{HEADER}{mostly}")).starts_with("more than half of the writes of each target are equal"));
}

/// A few writes without anything else determine no device; with a chosen window, they only have no write noise.
#[test]
fn a_few_writes_are_refused() {
    for count in [1, 2, 19] {
        assert_eq!(
            refused(format!("{HEADER}{}", rows(count))),
            format!(
                "w.csv: expected at least 20 writes of working cells, got {count}: they determine no device\n\n\
                 hint: measure several cells, each written several times to two or more targets"
            )
        );
    }
    let options = FitOptions { window: Some((10.0, 200.0)), resamples: 50, ..FitOptions::default() };
    let report = fit(&FitInput { writes: file(format!("{HEADER}{}", rows(1))), ..FitInput::default() }, &options);
    let report = report.expect("a fit");
    assert!(report.cautions()[0].starts_with("the device has no write noise: expected at least 20 writes"));
}

#[test]
fn several_unknown_columns_are_told_at_once() {
    let told = refused("Cell,Cycle,Target (µS),Conductance (µS)\n1,1,100,99\n");
    assert!(
        told.starts_with("w.csv:1:1: unknown columns `Cell`, `Cycle`, `Target (µS)`, `Conductance (µS)`; "),
        "{told}"
    );
    assert!(
        told.ends_with(
            "hint: rename `Cell` to `cell`, `Cycle` to `cycle`, `Target (µS)` to `target_microsiemens`, `Conductance (µS)` to \
             `conductance_microsiemens`"
        ),
        "{told}"
    );
    let told = refused("Measured,today,by me\n");
    assert!(told.ends_with("hint: remove lines above the header, or start them with `#`"), "{told}");
}

/// A micro sign in Latin-1.
#[test]
fn headers_in_another_encoding_are_refused() {
    let told = refused(&b"cell,cycle,target_microsiemens,conductance_\xb5S\n1,1,100,99\n"[..]);
    assert!(
        told.starts_with("w.csv:1:4: expected UTF-8 text, got the byte 0xb5\n\nhint: export as CSV UTF-8"),
        "{told}"
    );
}

#[test]
fn pulses_with_numbers_that_restart_are_refused() {
    let rows = "1,1,up,3\n1,2,up,4\n1,1,down,3\n";
    let pulses = FitInput {
        pulses: file(format!("cell,pulse,direction,conductance_microsiemens\n{rows}")),
        ..FitInput::default()
    };
    let told = fit(&pulses, &FitOptions::default()).expect_err("refused").to_string();
    assert_eq!(
        told,
        "w.csv:4: duplicate row: cell `1`, pulse 1 was given before\n\n\
         hint: number the pulses of a cell through, or its trains in a column `cycle`"
    );
}

#[test]
fn one_value_per_target_is_pooled() {
    let scattered: String = (0..60)
        .map(|cell| {
            format!(
                "{cell},1,{},{}\n",
                100 + cell,
                (100 + cell) as f64 * (1.0 + 0.02 * ((cell * 7 % 13) as f64 - 6.0) / 6.0)
            )
        })
        .collect();
    let report = writes(format!("{HEADER}{scattered}")).expect("a fit");
    assert!(
        report.number("write.sigma_percent_of_conductance").is_some()
            || report.number("write.points[0].sigma_ln_resistance").is_some()
    );
}

#[test]
fn missing_columns_of_other_tables_are_named() {
    let options = FitOptions { window: Some((1.0, 100.0)), resamples: 50, ..FitOptions::default() };
    let retention = FitInput { retention: file("cell,conductance_microsiemens\n1,3\n"), ..FitInput::default() };
    let message = fit(&retention, &options).expect_err("refused").to_string();
    assert_eq!(message, "w.csv:1: missing column `time_seconds`, required for retention");
    let pulses = FitInput { pulses: file("cell,pulse,conductance_microsiemens\n1,1,3\n"), ..FitInput::default() };
    let message = fit(&pulses, &options).expect_err("refused").to_string();
    assert_eq!(message, "w.csv:1: missing column `direction`, required for pulses");
    let pulses =
        FitInput { pulses: file("cell,pulse,direction,conductance_microsiemens\n1,1,left,3\n"), ..FitInput::default() };
    let message = fit(&pulses, &options).expect_err("refused").to_string();
    assert_eq!(message, "w.csv:2:3: `direction`: expected `up` or `down`, got `left`");
    let reads = FitInput { reads: file("cell,conductance_microsiemens\n1,-3\n1,5\n"), ..FitInput::default() };
    let report = fit(&reads, &options).expect("a fit");
    assert!(report.mechanisms[0].notes.iter().any(|note| note.contains("1 negative reads were kept")));
}

#[test]
fn a_window_is_required_without_writes() {
    let reads = FitInput { reads: file("cell,conductance_microsiemens\n1,3\n1,5\n"), ..FitInput::default() };
    let message = fit(&reads, &FitOptions::default()).expect_err("refused").to_string();
    assert_eq!(
        message,
        "--window: missing: the tables have no writes of working cells\n\nhint: state Gmin and Gmax, as in 1..1000"
    );
}
