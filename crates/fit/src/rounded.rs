//! JSON text whose numbers have no more digits than a measurement supports.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

/// Digits behind the first one. Of a million values, the third digit of a spread is already uncertain; differences between
/// the mathematical functions of platforms are in the sixteenth.
const DECIMALS: usize = 5;

/// Returns indented JSON of `value` with numbers of six significant digits. The order of keys stays.
///
/// # Errors
/// Returns an error if `value` has a map whose keys are not text.
pub(crate) fn json(value: &impl Serialize) -> serde_json::Result<String> {
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, Rounded(PrettyFormatter::new())))?;
    Ok(String::from_utf8_lossy(&text).into_owned() + "\n")
}

fn rounded(value: f64) -> f64 {
    // -0 is written as 0.
    format!("{value:.DECIMALS$e}").parse().unwrap_or(value) + 0.0
}

struct Rounded(PrettyFormatter<'static>);

/// Passes everything but numbers on.
macro_rules! delegate {
    ($($name:ident($($first:ident: bool)?));* $(;)?) => {
        $(fn $name<W: ?Sized + io::Write>(&mut self, writer: &mut W $(, $first: bool)?) -> io::Result<()> {
            self.0.$name(writer $(, $first)?)
        })*
    };
}

impl Formatter for Rounded {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        self.0.write_f64(writer, rounded(value))
    }

    delegate! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        begin_object_value();
        end_object_value();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn rounds_numbers_to_six_digits_and_keeps_the_layout_of_pretty_json() {
        let numbers = |values: Vec<f64>| BTreeMap::from([("numbers", values), ("none", vec![])]);
        let exact = numbers(vec![4933.7936863362, -0.0033543334286276066, 1e-12, 2.0, -0.0, 123_456_789.0]);
        let short = numbers(vec![4933.79, -0.00335433, 1e-12, 2.0, 0.0, 123_457_000.0]);
        let pretty = serde_json::to_string_pretty(&short).expect("plain numbers") + "\n";
        assert_eq!(json(&exact).expect("plain numbers"), pretty);
        // Twice is once.
        assert_eq!(json(&short).expect("plain numbers"), pretty);
    }
}
