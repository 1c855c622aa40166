//! Whole numbers as runs of consecutive ones.

use crate::counted;

/// Most runs that are listed.
const LISTED: usize = 5;

/// Formats ascending numbers as runs: `0, 2 to 4`. Many runs are only counted: `9 numbers from 0 to 30`.
pub(crate) fn runs(numbers: &[usize]) -> String {
    let all: Vec<String> = numbers.chunk_by(|one, next| one + 1 == *next).map(run).collect();
    match numbers {
        [first, .., last] if all.len() > LISTED => {
            format!("{} from {first} to {last}", counted(numbers.len(), "number"))
        }
        _ => all.join(", "),
    }
}

fn run(numbers: &[usize]) -> String {
    match numbers {
        [first, .., last] => format!("{first} to {last}"),
        one => one.iter().map(usize::to_string).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_long_lists_are_counted() {
        let cases: [(&[usize], &str); 5] = [
            (&[], ""),
            (&[7], "7"),
            (&[0, 1, 2, 5, 7, 8], "0 to 2, 5, 7 to 8"),
            (&[1, 3, 5, 7, 9], "1, 3, 5, 7, 9"),
            (&[1, 3, 5, 7, 9, 11], "6 numbers from 1 to 11"),
        ];
        for (numbers, told) in cases {
            assert_eq!(runs(numbers), told);
        }
    }
}
