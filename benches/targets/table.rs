//! The table: what was measured beside what was to be reached.

use benches::{Stage, test_mode};
use ohmspike_datasets::Name;
use ohmspike_study::settings::Settings;

use crate::Run;

/// What is to be reached.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
}

/// When a target can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Whatever the data set.
    Nothing,
    /// On all of Fashion-MNIST.
    FullSet,
    /// On all of Fashion-MNIST, with a core for each of two threads.
    FullSetTwoCores,
}

/// One target.
#[derive(Clone, Debug)]
pub struct Line {
    /// What is measured.
    pub what: String,
    /// One value a round; none where it cannot be measured here.
    pub measured: Vec<f64>,
    /// Unit of the values and of the target.
    pub unit: &'static str,
    /// What they are to reach.
    pub target: Target,
    /// When that can be judged.
    pub needs: Needs,
    /// What else is to be known.
    pub beside: String,
}

/// A table on standard output that grows line by line.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    full_set: bool,
    run: Run,
}

impl Table {
    /// Prints what was measured, and the head of the table.
    pub fn begin(stage: &Stage, run: Run) -> Table {
        let full_set = stage.settings.data.set == Name::FashionMnist.as_str();
        println!("{} rounds, after {} epochs of every trial: medians, least and largest.", run.rounds, run.warm_up);
        println!("`of it` is measured over target, or target over measured where more is better.");
        let Settings { data, .. } = &stage.settings;
        println!("Images: {}, {} for training, {} for tests.", data.set, stage.training_images(), stage.test_images());
        if !full_set {
            println!("The targets are those of all of Fashion-MNIST and do not apply to a subset.");
        }
        if !run.two_cores {
            println!("Fewer than two cores: what two threads do cannot be judged.");
        }
        println!("\n| what | measured | target | of it | | beside |\n|---|---|---|---|---|---|");
        Table { full_set, run }
    }

    /// Prints a line.
    pub fn print(&self, line: &Line) {
        let Line { what, unit, beside, .. } = line;
        let (bound, limit) = match line.target {
            Target::AtMost(limit) => ("at most", limit),
            Target::AtLeast(limit) => ("at least", limit),
        };
        let target = format!("{bound} {limit} {unit}");
        let Some(Spread { median, least, most }) = Spread::of(&line.measured) else {
            println!("| {what} | not measured | {target} | - | - | {beside} |");
            return;
        };
        let measured = match line.measured.len() {
            1 => format!("{} {unit}", rounded(median)),
            _ => format!("{} {unit} ({} to {})", rounded(median), rounded(least), rounded(most)),
        };
        let (share, met) = match line.target {
            Target::AtMost(limit) => (median / limit, median <= limit),
            Target::AtLeast(limit) => (limit / median, median >= limit),
        };
        let share = if share.is_finite() { format!("{share:.2}") } else { "-".to_owned() };
        let verdict = match (self.judges(line.needs), met) {
            (false, _) => "-",
            (true, true) => "met",
            (true, false) => "**missed**",
        };
        println!("| {what} | {measured} | {target} | {share} | {verdict} | {beside} |");
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

/// Where values lie.
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

/// The median of `values`; NaN without any.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (lower, upper) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
    sorted.get(lower).zip(sorted.get(upper)).map_or(f64::NAN, |(lower, upper)| (lower + upper) / 2.0)
}

/// Three digits or so.
fn rounded(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value}")
    } else if value.abs() < 10.0 {
        format!("{value:.3}")
    } else {
        format!("{value:.1}")
    }
}
