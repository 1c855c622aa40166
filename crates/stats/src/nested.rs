//! Variance components of a balanced study with nested or crossed factors.
//!
//! ```text
//! y  =  mean + sum over terms T of an effect of the cell of T + residual      effects independent, Var = sigma^2_T
//!
//! effect_T(cell)  =  mean of the cell - effects of all terms within T         (empty term: the overall mean)
//! SS_T  =  sum over outcomes of effect_T^2
//! df_T  =  cells of T - df of all terms within T                              (empty term: 1)
//! E[MS_T]  =  sum over terms U that contain T of N / (cells of U) sigma^2_U + sigma^2_residual,      MS = SS / df
//! fraction_T  =  max(0, sigma^2_T) / sum over all terms
//! ```
//!
//! N is the number of outcomes. The method of moments equates mean squares and their expectations and solves from the
//! largest term down. Source: Searle, Casella and McCulloch, *Variance Components* (1992), chapters 3 and 4, all
//! effects random. A negative solution is reported as 0 and marked by [`Component::negative`]; the other components are
//! unchanged.
//!
//! A term is a set of factors. A factor is *nested* in another if each of its values occurs with one value of the other
//! (write seeds that differ between chips); its terms then include the other factor. Otherwise the two are *crossed*
//! (the same write seeds on every chip), and their interaction is a term. Without replicates, the largest term and the
//! residual cannot be separated, and the term includes both.

use std::collections::BTreeMap;

use thiserror::Error;

use super::moments::{all_equal, in_range};

/// Largest number of factors, because terms are subsets of them.
const MAX_FACTORS: usize = 8;

/// Reason why there are no variance components.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum NestedError {
    /// No factors or too many; the number of terms is up to 2 to the power of the factors.
    #[error("factors: expected 1 to {MAX_FACTORS}, got {0}")]
    Factors(usize),
    /// An outcome does not have one value per factor.
    #[error("outcome {number}: factor values: expected {factors} (one per factor), got {got}")]
    Values {
        /// Position of the outcome, from 1.
        number: usize,
        /// Number of factors.
        factors: usize,
        /// Number of values.
        got: usize,
    },
    /// NaN, or a value so large that its square overflows.
    #[error("outcome {number}: expected -1e100 to 1e100, got {value}")]
    OutOfRange {
        /// Position of the outcome, from 1.
        number: usize,
        /// The invalid value.
        value: f64,
    },
    /// A factor with fewer than two values.
    #[error("factor `{factor}`: expected at least 2 values, got {got}")]
    Constant {
        /// The factor.
        factor: String,
        /// Number of values.
        got: usize,
    },
    /// Two factors that always vary together.
    #[error("factors `{first}` and `{second}` always vary together; expected each to vary on its own")]
    Together {
        /// First factor.
        first: String,
        /// Second factor.
        second: String,
    },
    /// An unbalanced study: cells of different sizes, or missing combinations of factors.
    #[error(
        "study: expected all {expected} cells of `{term}` with equal numbers of outcomes, got {cells} with {fewest} to {most}"
    )]
    Unbalanced {
        /// Factors of the term.
        term: String,
        /// Outcomes in the smallest cell.
        fewest: usize,
        /// Outcomes in the largest cell.
        most: usize,
        /// Number of cells in a complete study.
        expected: usize,
        /// Number of cells with outcomes.
        cells: usize,
    },
}

/// An outcome with the value of every factor, for example the seeds of chip and writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// One value per factor.
    pub values: Vec<u64>,
    /// The outcome.
    pub value: f64,
}

/// A variance component.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Factors of the term, including those it is nested in; empty for the residual variance of replicates.
    pub factors: Vec<String>,
    /// Degrees of freedom.
    pub degrees: usize,
    /// Mean square.
    pub mean_square: f64,
    /// Variance estimate, at least 0, in the squared unit of the outcomes.
    pub variance: f64,
    /// Whether the estimate was negative and is reported as 0.
    pub negative: bool,
    /// Fraction of the sum of all components; `None` if all are 0.
    pub fraction: Option<f64>,
}

/// The variance components of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Components {
    /// Smaller terms first, in the order of the factors; the residual is last.
    pub components: Vec<Component>,
    /// Whether there are replicates; if not, the last component includes the residual.
    pub replicated: bool,
}

impl Components {
    /// Computes the variance components of `outcomes` over `factors`, all of which must vary.
    ///
    /// # Errors
    /// Returns an error for no or too many factors, factors that do not vary or always vary together, outcomes that are
    /// not finite, and unbalanced studies.
    ///
    /// ```
    /// use ohmspike_stats::nested::{Components, Outcome};
    ///
    /// // Two chips, two repeats: MS of chips 4, of repeats 1; sigma^2 of chips is (4 - 1)/2.
    /// let outcome = |chip, value| Outcome { values: vec![chip], value };
    /// let r = 0.5_f64.sqrt();
    /// let study = [outcome(1, -1.0 - r), outcome(1, -1.0 + r), outcome(2, 1.0 - r), outcome(2, 1.0 + r)];
    /// let components = Components::new(&["chip"], &study)?.components;
    /// assert!((components[0].variance - 1.5).abs() < 1e-12 && (components[1].variance - 1.0).abs() < 1e-12);
    /// assert!((components[0].fraction.expect("a fraction") - 0.6).abs() < 1e-12);
    /// # Ok::<(), ohmspike_stats::nested::NestedError>(())
    /// ```
    pub fn new(factors: &[&str], outcomes: &[Outcome]) -> Result<Components, NestedError> {
        check_outcomes(factors, outcomes)?;
        let parents = parents(factors, outcomes)?;
        let terms = terms(&parents);
        let cells: Vec<Cells> = terms.iter().map(|&term| Cells::new(term, outcomes)).collect();
        for (&term, cells) in terms.iter().zip(&cells) {
            check_balance(factors, term, cells, &parents, outcomes)?;
        }
        let squares = squares(&terms, &cells, outcomes);
        Ok(solve(factors, &terms, &cells, &squares, outcomes.len()))
    }
}

/// A set of factors, one bit per factor.
type Term = usize;

fn contains(outer: Term, inner: Term) -> bool {
    outer & inner == inner
}

fn names(factors: &[&str], term: Term) -> Vec<String> {
    let within = factors.iter().enumerate().filter(|(number, _)| contains(term, 1 << number));
    within.map(|(_, &name)| name.to_owned()).collect()
}

/// Outcomes grouped by the combinations of the factors of a term.
struct Cells {
    /// Cell of each outcome.
    cell: Vec<usize>,
    /// Number of outcomes in each cell.
    counts: Vec<usize>,
}

impl Cells {
    fn new(term: Term, outcomes: &[Outcome]) -> Cells {
        let (mut numbers, mut counts) = (BTreeMap::new(), Vec::new());
        let mut place = |outcome: &Outcome| {
            let values = outcome.values.iter().enumerate().filter(|(factor, _)| contains(term, 1 << factor));
            let key: Vec<u64> = values.map(|(_, &value)| value).collect();
            let next = numbers.len();
            let number = *numbers.entry(key).or_insert(next);
            counts.resize(numbers.len(), 0);
            counts[number] += 1;
            number
        };
        let cell = outcomes.iter().map(&mut place).collect();
        Cells { cell, counts }
    }

    /// Returns, for every outcome, the mean of `values` within its cell.
    fn means(&self, values: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.counts.len()];
        self.cell.iter().zip(values).for_each(|(&cell, value)| sums[cell] += value);
        self.cell.iter().map(|&cell| sums[cell] / self.counts[cell] as f64).collect()
    }
}

fn check_outcomes(factors: &[&str], outcomes: &[Outcome]) -> Result<(), NestedError> {
    if !(1..=MAX_FACTORS).contains(&factors.len()) {
        return Err(NestedError::Factors(factors.len()));
    }
    for (place, outcome) in outcomes.iter().enumerate() {
        let (number, got) = (place + 1, outcome.values.len());
        if got != factors.len() {
            return Err(NestedError::Values { number, factors: factors.len(), got });
        }
        if !in_range(outcome.value) {
            return Err(NestedError::OutOfRange { number, value: outcome.value });
        }
    }
    Ok(())
}

/// Returns, for every factor, the term of itself and the factors it is nested in.
fn parents(factors: &[&str], outcomes: &[Outcome]) -> Result<Vec<Term>, NestedError> {
    let count = |term: Term| Cells::new(term, outcomes).counts.len();
    let mut parents = Vec::new();
    for (number, factor) in factors.iter().enumerate() {
        let (own, mut closed) = (1 << number, 1 << number);
        if count(own) < 2 {
            return Err(NestedError::Constant { factor: (*factor).to_owned(), got: count(own) });
        }
        for other in (0..factors.len()).filter(|&other| other != number) {
            if count(own | 1 << other) == count(own) {
                if count(1 << other) == count(own) {
                    let (first, second) = ((*factor).to_owned(), factors[other].to_owned());
                    return Err(NestedError::Together { first, second });
                }
                closed |= 1 << other;
            }
        }
        parents.push(closed);
    }
    Ok(parents)
}

/// Returns every set of factors that contains the parents of its members, smaller sets first.
fn terms(parents: &[Term]) -> Vec<Term> {
    let closed = |term: &Term| {
        parents.iter().enumerate().all(|(number, &parents)| !contains(*term, 1 << number) || contains(*term, parents))
    };
    let mut terms: Vec<Term> = (1..1 << parents.len()).filter(closed).collect();
    terms.sort_by_key(|term| term.count_ones());
    terms
}

/// Checks that every combination has a cell. A factor multiplies the cells by its number of values within its parents.
fn check_balance(
    factors: &[&str],
    term: Term,
    cells: &Cells,
    parents: &[Term],
    outcomes: &[Outcome],
) -> Result<(), NestedError> {
    let count = |term: Term| Cells::new(term, outcomes).counts.len();
    let within = parents.iter().enumerate().filter(|(number, _)| contains(term, 1 << number));
    let (values, outer) = within.fold((1, 1), |(values, outer), (number, &closed)| {
        (values * count(closed), outer * count(closed & !(1 << number)))
    });
    let (fewest, most) = (cells.counts.iter().min().copied(), cells.counts.iter().max().copied());
    let (fewest, most) = (fewest.unwrap_or(0), most.unwrap_or(0));
    if fewest != most || cells.counts.len() * outer != values {
        let term = names(factors, term).join(" x ");
        let (expected, cells) = (values.div_ceil(outer), cells.counts.len());
        return Err(NestedError::Unbalanced { term, fewest, most, expected, cells });
    }
    Ok(())
}

/// Returns degrees of freedom and sum of squares of every term, then of the residual.
fn squares(terms: &[Term], cells: &[Cells], outcomes: &[Outcome]) -> Vec<(usize, f64)> {
    let values: Vec<f64> = outcomes.iter().map(|outcome| outcome.value).collect();
    let all = if all_equal(&values) { values[0] } else { values.iter().sum::<f64>() / values.len() as f64 };
    let mut rest: Vec<f64> = values.iter().map(|value| value - all).collect();
    let mut free = outcomes.len() - 1;
    let mut squares: Vec<(usize, f64)> = Vec::new();
    for (place, (&term, cells)) in terms.iter().zip(cells).enumerate() {
        let smaller = terms[..place].iter().zip(&squares).filter(|(inner, _)| contains(term, **inner));
        let taken = 1 + smaller.map(|(_, square)| square.0).sum::<usize>();
        // At least 1: every factor has at least 2 values within its parents.
        let degrees = cells.counts.len() - taken;
        // In a balanced study, the effects of smaller terms outside this one average to 0 over its cells.
        let effects = cells.means(&rest);
        rest.iter_mut().zip(&effects).for_each(|(value, effect)| *value -= effect);
        squares.push((degrees, effects.iter().map(|effect| effect * effect).sum()));
        free -= degrees;
    }
    squares.push((free, rest.iter().map(|value| value * value).sum()));
    squares
}

/// Solves the expectations of the mean squares from the largest term down.
fn solve(factors: &[&str], terms: &[Term], cells: &[Cells], squares: &[(usize, f64)], n: usize) -> Components {
    let replicated = n > cells.last().map_or(0, |cells| cells.counts.len());
    let mean_squares: Vec<f64> = squares.iter().map(|&(degrees, sum)| sum / degrees as f64).collect();
    let rest = if replicated { mean_squares[terms.len()] } else { 0.0 };
    let mut estimates = vec![0.0; terms.len()];
    for place in (0..terms.len()).rev() {
        let weight = |place: usize| (n / cells[place].counts.len()) as f64;
        let larger = (place + 1..terms.len()).filter(|&larger| contains(terms[larger], terms[place]));
        let others: f64 = larger.map(|larger| weight(larger) * estimates[larger]).sum();
        estimates[place] = (mean_squares[place] - others - rest) / weight(place);
    }
    let mut found: Vec<(Vec<String>, f64)> = terms.iter().map(|&term| names(factors, term)).zip(estimates).collect();
    if replicated {
        found.push((Vec::new(), rest));
    }
    let total: f64 = found.iter().map(|(_, estimate)| estimate.max(0.0)).sum();
    let component = |(place, (factors, estimate)): (usize, (Vec<String>, f64))| {
        let (variance, negative) = if estimate < 0.0 { (0.0, true) } else { (estimate, false) };
        let fraction = (total > 0.0).then(|| variance / total);
        Component { factors, degrees: squares[place].0, mean_square: mean_squares[place], variance, negative, fraction }
    };
    Components { components: found.into_iter().enumerate().map(component).collect(), replicated }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outcomes from `values` with the last factor varying fastest, `sizes` values per factor, then replicates.
    fn crossed(sizes: &[usize], values: &[f64]) -> Vec<Outcome> {
        let replicates = values.len() / sizes.iter().product::<usize>();
        let outcome = |(place, &value): (usize, &f64)| {
            let mut cell = place / replicates;
            let mut key: Vec<u64> = sizes
                .iter()
                .rev()
                .map(|size| {
                    let digit = cell % size;
                    cell /= size;
                    digit as u64
                })
                .collect();
            key.reverse();
            Outcome { values: key, value }
        };
        values.iter().enumerate().map(outcome).collect()
    }

    #[test]
    fn equal_outcomes_have_no_fractions() {
        let components = Components::new(&["chip"], &crossed(&[2], &[0.1; 6])).expect("balanced").components;
        assert!(components.iter().all(|component| component.variance == 0.0 && component.fraction.is_none()));
    }

    #[test]
    fn rejects_studies_without_components() {
        let outcome = |values: &[u64], value: f64| Outcome { values: values.to_vec(), value };
        let message = |factors: &[&str], outcomes: &[Outcome]| {
            Components::new(factors, outcomes).expect_err("refused").to_string()
        };
        let square = crossed(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        let both = ["chip", "write"];
        assert_eq!(message(&[], &square), "factors: expected 1 to 8, got 0");
        assert_eq!(message(&["chip"], &square), "outcome 1: factor values: expected 1 (one per factor), got 2");
        assert_eq!(message(&both, &[]), "factor `chip`: expected at least 2 values, got 0");
        assert_eq!(message(&["chip"], &[outcome(&[1], 0.5)]), "factor `chip`: expected at least 2 values, got 1");
        let infinite = [outcome(&[1], 0.5), outcome(&[2], f64::INFINITY)];
        assert_eq!(message(&["chip"], &infinite), "outcome 2: expected -1e100 to 1e100, got inf");
        let together = [outcome(&[1, 5], 0.5), outcome(&[2, 6], 0.6)];
        assert_eq!(
            message(&both, &together),
            "factors `chip` and `write` always vary together; expected each to vary on its own"
        );
        assert_eq!(
            message(&both, &square[..3]),
            "study: expected all 2 cells of `chip` with equal numbers of outcomes, got 2 with 1 to 2"
        );
        let half = crossed(&[2, 2, 2], &[0.0; 8]);
        let half: Vec<Outcome> =
            half.into_iter().filter(|outcome| outcome.values.iter().sum::<u64>() % 2 == 0).collect();
        assert_eq!(
            message(&["chip", "write", "read"], &half),
            "study: expected all 8 cells of `chip x write x read` with equal numbers of outcomes, got 4 with 1 to 1"
        );
        // Separate writes for every chip, one for the first and three for the second.
        let uneven = [(1, 1), (1, 1), (1, 1), (2, 2), (2, 3), (2, 4)].map(|(chip, write)| outcome(&[chip, write], 0.0));
        assert_eq!(
            message(&both, &uneven),
            "study: expected all 4 cells of `chip x write` with equal numbers of outcomes, got 4 with 1 to 3"
        );
    }
}
