//! Kinds of wrong tables that are easy to make by accident: each is refused with its place, or read as it is meant.

use ohmspike_fit::{FitError, FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};

const HEADER: &str = "cell,cycle,target_microsiemens,conductance_microsiemens";

fn file(text: impl Into<Vec<u8>>) -> Option<InputFile> {
    Some(InputFile { name: "w.csv".to_owned(), bytes: text.into() })
}

fn options() -> FitOptions {
    FitOptions { resamples: 50, ..FitOptions::default() }
}

fn writes(text: impl Into<Vec<u8>>) -> Result<FitReport, FitError> {
    fit(&FitInput { writes: file(text), ..FitInput::default() }, &options())
}

fn refused(text: impl Into<Vec<u8>>) -> String {
    writes(text).expect_err("refused").to_string()
}

/// A deterministic spread from -1 to 1.
fn even(number: usize) -> f64 {
    ((number * 37) % 101) as f64 / 50.0 - 1.0
}

/// Returns lines of writes to 20 and 100 µS with a spread of some percent; `line(cell, target, value)`.
fn lines(line: impl Fn(usize, f64, f64) -> String) -> String {
    let write = |cell: usize, target: f64| line(cell, target, target * (1.0 + 0.06 * even(cell + target as usize)));
    (0..60).flat_map(|cell| [20.0, 100.0].map(|target| write(cell, target))).collect()
}

fn plain(cell: usize, target: f64, value: f64) -> String {
    format!("{cell},1,{target},{value}\n")
}

#[test]
fn text_that_is_no_row_is_refused() {
    let rows = lines(plain);
    let cases = [
        (format!("{HEADER}\n{HEADER}\n{rows}"), "w.csv:2:2: `cycle`: expected a whole number"),
        (format!("{HEADER}\n-,-,uS,uS\n{rows}"), "w.csv:2:2: `cycle`: expected a whole number"),
        (format!("sep=,\n{HEADER}\n{rows}"), "w.csv:1:1: unknown column `sep=`"),
        (format!("Measured in May\n{HEADER}\n{rows}"), "w.csv:1:1: unknown column `Measured in May`"),
        (format!("{HEADER},\n{rows}"), "w.csv:1:5: unknown column ``"),
        (format!("{HEADER}\n{}", rows.replace('\n', ",\n")), "w.csv:2:5: expected 4 cells, like the header, got 5"),
        (format!("{HEADER}\n{}", rows.replace(',', ";")), "w.csv:2: expected 4 cells, like the header, got 1"),
        (format!("{HEADER}\n{rows},1,100,99\n"), "w.csv:122:1: `cell`: expected the number or name of a cell"),
        (format!("{HEADER}\n{rows}nan,1,100,99\n"), "w.csv:122:1: `cell`: expected the number or name of a cell"),
        (format!("{HEADER}\n{rows}99,1,100,\"99\n98,1,100,99\n"), "w.csv:122:4: `conductance_microsiemens`"),
        (format!("{HEADER}\n{rows}99,1,100,1e300\n"), "w.csv:122:4: `conductance_microsiemens`"),
        (format!("{HEADER}\n{rows}99,1,100,\"9,9e1\"\n"), "w.csv:122:4: `conductance_microsiemens`"),
        (format!("{HEADER}\n{rows}99,1,100,1 000\n"), "w.csv:122:4: `conductance_microsiemens`"),
        (format!("{HEADER}\n{rows}99,123456789012,100,99\n"), "w.csv:122:2: `cycle`: expected a whole number"),
    ];
    for (text, message) in cases {
        let refused = refused(text);
        assert!(refused.starts_with(message), "{message}:\n{refused}");
    }
    let hint = |text: String| refused(text).split("hint: ").nth(1).unwrap_or_default().to_owned();
    assert_eq!(hint(format!("sep=,\n{HEADER}\n{rows}")), "remove the first line");
    assert_eq!(hint(format!("May\n{HEADER}\n{rows}")), "remove lines above the header, or start them with `#`");
    assert_eq!(
        hint(format!("{HEADER}\n{rows}99,1,100,\"99\n98,1,100,99\n")),
        "close the quotes before the end of the line"
    );
    assert_eq!(hint(format!("{HEADER}\n{}", rows.replace('\n', ",\n"))), "remove the comma at the end of the line");
}

#[test]
fn utf_16_is_refused() {
    let text = format!("{HEADER}\n{}", lines(plain));
    let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [little, big] {
        assert_eq!(
            refused(bytes),
            "w.csv: expected UTF-8 text, got UTF-16 or binary data\n\nhint: export as CSV UTF-8"
        );
    }
}

/// Two columns of one quantity once doubled the values of each row.
#[test]
fn two_columns_of_one_quantity_are_refused() {
    let of = |header: &str| refused(format!("{header}\n1,2,3,4,5\n"));
    let targets = of("cell,target_ohm,target_microsiemens,conductance_microsiemens,cycle");
    assert!(
        targets.starts_with("w.csv:1:3: `target_microsiemens` holds the same quantity as `target_ohm`"),
        "{targets}"
    );
    let starts = of("cell,start_ohm,start_microsiemens,target_ohm,conductance_microsiemens");
    assert!(starts.starts_with("w.csv:1:3: `start_microsiemens` holds the same quantity as `start_ohm`"), "{starts}");
    let reads = of("cell,read_1_microsiemens,read_01_microsiemens,target_ohm,conductance_microsiemens");
    assert!(reads.starts_with("w.csv:1:3: `read_01_microsiemens` holds the same quantity"), "{reads}");
    let wide = FitOptions { wide: true, ..options() };
    let input = FitInput { writes: file("cell,50_microsiemens,20000_ohm\n1,50,20000\n"), ..FitInput::default() };
    let states = fit(&input, &wide).expect_err("refused").to_string();
    assert!(states.starts_with("w.csv:1:3: `20000_ohm` holds the same quantity as `50_microsiemens`"), "{states}");
}

#[test]
fn values_of_another_quantity_are_refused() {
    let with = |header: &str, value: &dyn Fn(f64) -> f64| {
        let rows = lines(|cell, target, g| format!("{cell},1,{target},{}\n", value(g)));
        refused(format!("cell,cycle,target_microsiemens,{header}\n{rows}"))
    };
    let ohm = with("conductance_microsiemens", &|g| 1e6 / g);
    assert!(ohm.contains("which is 50000 ohm (120 rows)"), "{ohm}");
    let kohm = with("conductance_microsiemens", &|g| 1e3 / g);
    assert!(kohm.contains("which is 50 kohm (120 rows)"), "{kohm}");
    let conductances = with("resistance_ohm", &|g| g);
    assert!(conductances.starts_with("w.csv:2: expected values near their targets"), "{conductances}");
}

#[test]
fn two_spellings_of_one_cell_are_refused() {
    let spelled = |cell: usize, target: f64, value: f64| {
        format!("{cell}{},1,{target},{value}\n", if target > 50.0 { ".0" } else { "" })
    };
    let refused = refused(format!("{HEADER}\n{}", lines(spelled)));
    assert!(refused.starts_with("w.csv:3: cell `0.0` has the same number as cell `0`"), "{refused}");
    // Names that are text are cells of their own.
    let named = |cell: usize, target: f64, value: f64| format!("A-{cell},1,{target},{value}\n");
    let report = writes(format!("{HEADER}\n{}", lines(named))).expect("a fit");
    assert_eq!(report.files[0].cells, 60);
}

#[test]
fn rows_that_are_comments_are_told() {
    let hashed = |cell: usize, target: f64, value: f64| {
        format!("{}{cell},1,{target},{value}\n", if cell.is_multiple_of(4) { "#" } else { "" })
    };
    let report = writes(format!("# a remark\n{HEADER}\n{}", lines(hashed))).expect("a fit");
    let notes = &report.mechanism(Mechanism::Window).expect("a window").notes;
    let told = "table w.csv: 30 rows that start with `#` were ignored as comments";
    assert!(notes.iter().any(|note| note == told), "{notes:?}");
}

/// Stuck cells of a window of three decades are a thousandth of the highest target.
#[test]
fn stuck_cells_are_no_mixed_units() {
    let mut text = format!("{HEADER}\n");
    for (number, cell) in (0..100).flat_map(|cell| [cell; 6]).enumerate() {
        let target = [0.1, 1.0, 100.0][number % 3];
        let level = if cell % 10 == 0 { 0.1 } else { target };
        text += &format!("{cell},{},{target},{}\n", number / 3 % 2 + 1, level * (1.0 + 0.05 * even(number)));
    }
    let report = writes(text).expect("a fit");
    let stuck = report.number("faults.p_high_resistance").expect("a rate").value
        + report.number("faults.p_stuck_random").expect("a rate").value;
    assert!((stuck - 0.1).abs() < 1e-9, "{stuck}");
}

/// Values of the same writes at later times are retention: as writes, they would widen the noise by their drift.
#[test]
fn later_values_are_no_writes() {
    let header = "cell,time_seconds,target_microsiemens,conductance_microsiemens";
    let at = |time: f64| (time + 1.0).powf(-0.08);
    let later = |cell: usize, target: f64, value: f64| {
        let row = |time: f64| format!("{cell},{time},{target},{}\n", value * at(time));
        [100_000.0, 0.0, 10.0, 1000.0].map(row).concat()
    };
    let only = |cell: usize, target: f64, value: f64| format!("{cell},0,{target},{value}\n");
    let with_later = writes(format!("{header}\n{}", lines(later))).expect("a fit");
    let without = writes(format!("{header}\n{}", lines(only))).expect("a fit");
    let numbers = |report: &FitReport| report.mechanism(Mechanism::Writes).expect("writes").numbers.clone();
    assert_eq!(numbers(&with_later), numbers(&without));
    let exponents = with_later.mechanism(Mechanism::Drift).expect("drift");
    assert!((exponents.numbers[0].value - 0.08).abs() < 0.002, "{:?}", exponents.numbers);
    let notes = &with_later.mechanism(Mechanism::Window).expect("a window").notes;
    assert!(notes.iter().any(|note| note.contains("(360 are later). All values also count as retention")), "{notes:?}");
}

/// Two states of a cell are two series of retention.
#[test]
fn targets_separate_series() {
    let mut text = "cell,time_seconds,target_microsiemens,conductance_microsiemens\n".to_owned();
    for cell in 0..20 {
        for (target, time) in [(20.0, 1.0), (90.0, 1.0), (20.0, 100.0), (90.0, 100.0), (20.0, 9e3), (90.0, 9e3_f64)] {
            let value = target * time.powf(-0.05) * (1.0 + 1e-4 * even(cell + time as usize));
            text += &format!("{cell},{time},{target},{value}\n");
        }
    }
    let window = Some((1.0, 100.0));
    let report = fit(&FitInput { retention: file(text), ..FitInput::default() }, &FitOptions { window, ..options() });
    let drift = report.expect("a fit").mechanism(Mechanism::Drift).expect("drift").clone();
    for number in drift.numbers.iter().filter(|number| number.key.ends_with(".exponent")) {
        assert!((number.value - 0.05).abs() < 1e-3, "{number:?}");
    }
}

/// Columns `read_10` come before `read_2` in the order of letters.
#[test]
fn reads_are_ordered_by_their_number() {
    let with = |order: &[usize]| {
        let names: Vec<String> = order.iter().map(|read| format!("read_{read}_microsiemens")).collect();
        let mut text = format!("cell,{}\n", names.join(","));
        for cell in 0..40 {
            let values: Vec<String> =
                order.iter().map(|&read| format!("{}", 50.0 + read as f64 + even(cell * 12 + read))).collect();
            text += &format!("{cell},{}\n", values.join(","));
        }
        let options = FitOptions { window: Some((1.0, 100.0)), ..options() };
        fit(&FitInput { reads: file(text), ..FitInput::default() }, &options).expect("a fit").mechanisms
    };
    let numbers: Vec<usize> = (1..=12).collect();
    let mut letters = numbers.clone();
    letters.sort_by_key(usize::to_string);
    assert_eq!(with(&numbers), with(&letters));
}

#[test]
fn trains_that_do_not_fit_their_pulses_have_a_reason() {
    let train = |direction: &dyn Fn(usize) -> &'static str, step: usize| {
        let mut text = "cell,pulse,direction,conductance_microsiemens\n".to_owned();
        for (cell, pulse) in (0..20).flat_map(|cell| (0..100).map(move |pulse| (cell, pulse))) {
            let value = 10.0 + pulse.min(100 - pulse) as f64 + 0.1 * even(cell * 100 + pulse);
            text += &format!("{cell},{},{},{value}\n", pulse * step, direction(pulse));
        }
        let options = FitOptions { window: Some((5.0, 100.0)), ..options() };
        let report = fit(&FitInput { pulses: file(text), ..FitInput::default() }, &options).expect("a fit");
        let withheld = report.withheld.iter().find(|withheld| withheld.mechanism == Mechanism::Pulses);
        withheld.map(|withheld| withheld.reason.clone())
    };
    let right = |pulse: usize| if pulse <= 50 { "up" } else { "down" };
    let swapped = |pulse: usize| if pulse <= 50 { "down" } else { "up" };
    assert_eq!(train(&right, 1), None);
    let reason = "up pulses lower the conductance on average: is the direction reversed?";
    assert_eq!(train(&swapped, 1).as_deref(), Some(reason));
    let reason = "expected at least 20 up pulses between values of successive pulse numbers, got 0";
    assert_eq!(train(&right, 10).as_deref(), Some(reason));
}
