//! The table of measurements and targets.

use benches::{Stage, test_mode};
use ohmspike_datasets::Name;
use ohmspike_study::settings::Settings;

use crate::Run;

/// A target value.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// Upper limit.
    AtMost(f64),
    /// Lower limit.
    AtLeast(f64),
}

/// Requirements for judging a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// None.
    Nothing,
    /// The complete Fashion-MNIST.
    FullSet,
    /// The complete Fashion-MNIST, and two threads with a core each.
    FullSetTwoCores,
}

/// A measurement with its target.
#[derive(Clone, Debug)]
pub struct Line {
    /// Description of the measurement.
    pub what: String,
    /// One value per round; empty if it cannot be measured here.
    pub measured: Vec<f64>,
    /// Unit of values and target.
    pub unit: &'static str,
    /// Target value.
    pub target: Target,
    /// Requirements for judging the target.
    pub needs: Needs,
    /// Additional information.
    pub details: String,
}

/// A table that is printed line by line to standard output.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    full_set: bool,
    run: Run,
}

impl Table {
    /// Prints a description of the measurement and the table head.
    pub fn begin(stage: &Stage, run: Run) -> Table {
        let full_set = stage.settings.data.set == Name::FashionMnist.as_str();
        println!(
            "Rounds: {}, after {} epochs of every trial. Values are medians with the smallest and largest value.",
            run.rounds, run.warm_up
        );
        println!("`ratio` is measured / target, or target / measured if more is better.");
        let Settings { data, .. } = &stage.settings;
        println!(
            "Images: {}, {} for training, {} for testing.",
            data.set,
            stage.training_images(),
            stage.test_images()
        );
        if !full_set {
            println!("The targets are for the complete Fashion-MNIST and do not apply to a subset.");
        }
        if !run.two_cores {
            println!("Fewer than two cores: targets for two threads are not judged.");
        }
        println!("\n| what | measured | target | ratio | | details |\n|---|---|---|---|---|---|");
        Table { full_set, run }
    }

    /// Prints a line.
    pub fn print(&self, line: &Line) {
        let Line { what, unit, details, .. } = line;
        let (bound, limit) = match line.target {
            Target::AtMost(limit) => ("at most", limit),
            Target::AtLeast(limit) => ("at least", limit),
        };
        let target = format!("{bound} {limit} {unit}");
        let Some(Spread { median, least, most }) = Spread::of(&line.measured) else {
            println!("| {what} | not measured | {target} | - | - | {details} |");
            return;
        };
        let measured = match line.measured.len() {
            1 => format!("{} {unit}", rounded(median)),
            _ => format!("{} {unit} ({} to {})", rounded(median), rounded(least), rounded(most)),
        };
        let (fraction, met) = match line.target {
            Target::AtMost(limit) => (median / limit, median <= limit),
            Target::AtLeast(limit) => (limit / median, median >= limit),
        };
        let fraction = if fraction.is_finite() { format!("{fraction:.2}") } else { "-".to_owned() };
        let verdict = match (self.judges(line.needs), met) {
            (false, _) => "-",
            (true, true) => "met",
            (true, false) => "**missed**",
        };
        println!("| {what} | {measured} | {target} | {fraction} | {verdict} | {details} |");
    }

    fn judges(&self, needs: Needs) -> bool {
        let there = match needs {
            Needs::Nothing => true,
            Needs::FullSet => self.full_set,
            Needs::FullSetTwoCores => self.full_set && self.run.two_cores,
        };
        there && !test_mode()
    }
}

/// Smallest, median and largest value.
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    fn of(values: &[f64]) -> Option<Spread> {
        let (least, most) = (values.iter().copied().reduce(f64::min)?, values.iter().copied().reduce(f64::max)?);
        Some(Spread { median: median(values), least, most })
    }
}

/// Returns the median of `values`; NaN without values.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (lower, upper) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
    sorted.get(lower).zip(sorted.get(upper)).map_or(f64::NAN, |(lower, upper)| (lower + upper) / 2.0)
}

/// Formats a value with about three digits.
fn rounded(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value}")
    } else if value.abs() < 10.0 {
        format!("{value:.3}")
    } else {
        format!("{value:.1}")
    }
}
