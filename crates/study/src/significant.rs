//! Formats numbers and text for tables and messages.

/// Formats a number with three significant digits.
pub fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        // -0 is shown as 0.
        return (value + 0.0).to_string();
    }
    let magnitude = value.abs().log10().floor() as i32;
    if !(-4..7).contains(&magnitude) {
        return format!("{value:.2e}");
    }
    let unit = 10f64.powi(magnitude - 2);
    format!("{:.*}", (2 - magnitude).max(0) as usize, (value / unit).round() * unit)
}

/// Formats a number with `decimals`; what rounds to zero has no sign.
pub fn fixed(value: f64, decimals: usize) -> String {
    without_sign_of_zero(format!("{value:.decimals$}"))
}

/// Formats a number with its sign; what rounds to zero has none.
pub fn signed(value: f64, decimals: usize) -> String {
    without_sign_of_zero(format!("{value:+.decimals$}"))
}

fn without_sign_of_zero(text: String) -> String {
    match text.strip_prefix(['+', '-']) {
        Some(zero) if zero.bytes().all(|digit| b"0.".contains(&digit)) => zero.to_owned(),
        _ => text,
    }
}

/// The number without the rounding of a change of unit: 100 × 0.07 is 7, not 7.000000000000001.
pub fn of_changed_unit(value: f64) -> f64 {
    format!("{value:.12e}").parse().unwrap_or(value)
}

/// Most digits of a bound in a message.
const BOUND_DIGITS: usize = 4;

/// Formats a lower bound with few digits, rounded up, so that a value that meets the text also meets the bound. Rounding beyond
/// twelve digits is that of the computation.
pub fn at_least(bound: f64) -> String {
    rounded_to(bound, 1.0)
}

/// Formats an upper bound with few digits, rounded down, as [`at_least`] does a lower one.
pub fn at_most(bound: f64) -> String {
    rounded_to(bound, -1.0)
}

/// Formats `bound` with few digits, rounded in `direction`, 1 or -1.
fn rounded_to(bound: f64, direction: f64) -> String {
    let exact = of_changed_unit(bound);
    let with_digits = |value: f64| format!("{value:.*e}", BOUND_DIGITS - 1).parse().unwrap_or(value);
    let nearest: f64 = with_digits(exact);
    if direction * (nearest - exact) >= 0.0 || !exact.is_finite() {
        return stated_number(nearest);
    }
    let digit = 10f64.powi(exact.abs().log10().floor() as i32 + 1 - BOUND_DIGITS as i32);
    stated_number(with_digits(nearest + direction * digit))
}

/// Formats a number with three significant digits, without trailing zeros.
pub fn short(value: f64) -> String {
    let text = significant(value);
    if !text.contains('.') || text.contains('e') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Formats an f32 as the number in the device file that it rounds from.
pub fn stated(value: f32) -> String {
    short(f64::from(value))
}

/// Formats a number as a person would write it, with all digits: `1000`, `0.05`, `1e300`.
pub fn stated_number(value: f64) -> String {
    // -0 is shown as 0.
    let (size, value) = (value.abs(), value + 0.0);
    let has_exponent = size.is_finite() && (size >= 1e15 || (size > 0.0 && size < 1e-6));
    if has_exponent { format!("{value:e}") } else { value.to_string() }
}

/// Formats a fraction as a percentage.
pub fn percent(fraction: f64) -> String {
    format!("{} %", short(100.0 * fraction))
}

/// Wraps `text` to lines of at most `width` letters where possible.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a first line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        for (value, text, brief) in [
            (0.0, "0", "0"),
            (-0.0, "0", "0"),
            (1000.0, "1000", "1000"),
            (0.2, "0.200", "0.2"),
            (31.6227, "31.6", "31.6"),
            (-0.0891, "-0.0891", "-0.0891"),
            (333_333.3, "333000", "333000"),
            (1e12, "1.00e12", "1.00e12"),
        ] {
            assert_eq!((significant(value).as_str(), short(value).as_str()), (text, brief));
        }
        assert_eq!(percent(0.125), "12.5 %");
        let all = [-0.0, 1234.5, 1e300, -2.5e-9, f64::NAN, f64::INFINITY].map(stated_number);
        assert_eq!(all, ["0", "1234.5", "1e300", "-2.5e-9", "NaN", "inf"]);
        assert_eq!([fixed(-0.004, 2), fixed(-0.0, 1), fixed(-0.05, 2), fixed(3.0, 0)], ["0.00", "0.0", "-0.05", "3"]);
        assert_eq!(
            [signed(-0.004, 2), signed(0.0, 1), signed(-0.24, 1), signed(2.0, 0)],
            ["0.00", "0.0", "-0.2", "+2"]
        );
        assert_eq!([100.0 * 0.07, 1e3 * 1e-3, 1e-320].map(of_changed_unit), [7.0, 1.0, 1e-320]);
    }

    #[test]
    fn bounds_are_rounded_to_the_allowed_side() {
        for (bound, least, most) in [
            (3.0 * 0.003, "0.009", "0.009"),
            (100.0 * (1.0 / 3.0), "33.34", "33.33"),
            (99.999, "100", "99.99"),
            (58.203125, "58.21", "58.2"),
            (0.000123456, "0.0001235", "0.0001234"),
            (249_999.98, "250000", "249900"),
            (-1.23456, "-1.234", "-1.235"),
            (0.0, "0", "0"),
            (f64::INFINITY, "inf", "inf"),
        ] {
            assert_eq!((at_least(bound).as_str(), at_most(bound).as_str()), (least, most), "{bound}");
        }
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two  three\nfour", 9), ["one two", "three", "four"]);
        assert_eq!(wrapped("a-very-long-word b", 5), ["a-very-long-word", "b"]);
        assert_eq!(wrapped("", 5), [""]);
    }
}
