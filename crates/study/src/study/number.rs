//! Values as TOML gives them. Numbers beyond 64 bits keep their text, so that messages can quote them.

use toml::Value;
use toml::de::{DeInteger, DeValue};

/// A number that 64 bits cannot hold: its stand-in and its text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Beyond {
    stand_in: f64,
    text: String,
}

impl Beyond {
    /// The text of this number if `shown` is its stand-in.
    fn quoted(&self, shown: &str) -> Option<&str> {
        shown.parse().is_ok_and(|number: f64| number == self.stand_in).then_some(&*self.text)
    }
}

/// `shown` as the study wrote it, which differs if it is the stand-in of one of the numbers `beyond` 64 bits.
pub(super) fn as_written(shown: &str, beyond: &[Beyond]) -> String {
    beyond.iter().find_map(|number| number.quoted(shown)).unwrap_or(shown).to_owned()
}

/// The value of a key. Seeds are unsigned 64-bit numbers. TOML integers are signed, so larger seeds become a string of digits.
pub(super) fn value(given: &DeValue, is_seed: bool, beyond: &mut Vec<Beyond>) -> Value {
    match given {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(integer) => whole(integer, is_seed, beyond),
        DeValue::Float(float) => {
            let text = float.as_str();
            // The parser passes on only numbers, `inf` and `nan`.
            let number = text.parse().unwrap_or(f64::NAN);
            if number.is_infinite() && !text.contains("inf") {
                beyond.push(Beyond { stand_in: number, text: text.to_owned() });
            }
            Value::Float(number)
        }
        DeValue::Boolean(truth) => Value::Boolean(*truth),
        DeValue::Datetime(time) => Value::Datetime(*time),
        DeValue::Array(values) => {
            Value::Array(values.iter().map(|one| value(one.get_ref(), is_seed, beyond)).collect())
        }
        DeValue::Table(keys) => {
            let pair = |(key, one): (&toml::Spanned<_>, &toml::Spanned<DeValue>)| {
                let key: &std::borrow::Cow<str> = key.get_ref();
                (key.to_string(), value(one.get_ref(), is_seed, beyond))
            };
            Value::Table(keys.iter().map(pair).collect())
        }
    }
}

/// Replaces -0.0 by 0.0, also in lists: both are the same setting and must name the same trial.
pub(super) fn without_negative_zero(value: Value) -> Value {
    match value {
        Value::Float(0.0) => Value::Float(0.0),
        Value::Array(values) => Value::Array(values.into_iter().map(without_negative_zero).collect()),
        value => value,
    }
}

fn whole(integer: &DeInteger, is_seed: bool, beyond: &mut Vec<Beyond>) -> Value {
    let (digits, radix) = (integer.as_str(), integer.radix());
    if let Ok(number) = i64::from_str_radix(digits, radix) {
        return Value::Integer(number);
    }
    if let (true, Ok(seed)) = (is_seed, u64::from_str_radix(digits, radix)) {
        return Value::String(seed.to_string());
    }
    let stand_in = digits.chars().filter_map(|digit| digit.to_digit(radix));
    let size = stand_in.fold(0.0, |sum, digit| sum * f64::from(radix) + f64::from(digit));
    let number = if digits.starts_with('-') { -size } else { size };
    beyond.push(Beyond { stand_in: number, text: integer.to_string() });
    Value::Float(number)
}

/// The seed in a value: a whole number from 0 to 2^64 - 1.
pub fn seed(value: &Value) -> Option<u64> {
    match value {
        Value::Integer(seed) => u64::try_from(*seed).ok(),
        Value::String(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use super::*;

    fn read(text: &str, is_seed: bool) -> (Value, Vec<Beyond>) {
        let (text, mut beyond) = (format!("value = {text}"), Vec::new());
        let table = DeTable::parse(&text).expect("TOML");
        let value = value(table.get_ref()["value"].get_ref(), is_seed, &mut beyond);
        (value, beyond)
    }

    #[test]
    fn reads_numbers_within_64_bits_as_toml_does() {
        for text in ["-9223372036854775808", "0x7fffffffffffffff", "1_000", "-2.5e-3", "inf", "[1, [2.5, 'x']]", "true"]
        {
            let expected: toml::Table = toml::from_str(&format!("value = {text}")).expect("TOML");
            assert_eq!(read(text, false), (expected["value"].clone(), vec![]), "{text}");
        }
        assert!(read("nan", false).0.as_float().is_some_and(f64::is_nan));
    }

    #[test]
    fn quotes_numbers_beyond_64_bits_as_written() {
        for text in ["9223372036854775808", "-99999999999999999999", "0xffffffffffffffffff", "1e400", "-1e999"] {
            let (value, beyond) = read(text, false);
            let stand_in = value.as_float().expect("a number stands for it").to_string();
            assert_eq!(as_written(&stand_in, &beyond), text);
            assert_eq!(as_written("3", &beyond), "3");
        }
    }

    #[test]
    fn seeds_are_unsigned() {
        for (text, expected) in [
            ("0", Some(0)),
            ("9223372036854775808", Some(1 << 63)),
            ("18446744073709551615", Some(u64::MAX)),
            ("0xffffffffffffffff", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("-1", None),
            ("1.0", None),
            ("'-1'", None),
        ] {
            assert_eq!(seed(&read(text, true).0), expected, "{text}");
        }
    }
}
