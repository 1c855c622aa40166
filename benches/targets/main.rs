//! Measures every target of speed and memory in one process and prints a Markdown table.
//!
//! Variants are measured in turn, epoch by epoch, and ratios compare neighbouring epochs. `--rounds N` sets the number
//! of rounds. An argument without dashes selects groups by part of their name.

#![allow(clippy::print_stdout)] // The output is the measurement.

mod deployment;
mod distances;
mod fit;
mod growth;
mod memory;
mod recordings;
mod start;
mod table;
mod trial_epochs;
mod variant;
mod wires;

use std::thread::available_parallelism;

use benches::{Stage, number, test_mode, wanted};
use table::{Line, Table};

/// Parameters of the measurement.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Number of rounds.
    pub rounds: u64,
    /// Epochs of a trial before the first measurement; early epochs are faster because few neurons spike.
    pub warm_up: u64,
    /// Whether two threads have a core each.
    pub two_cores: bool,
}

impl Run {
    fn from_arguments() -> Run {
        let two_cores = available_parallelism().is_ok_and(|cores| cores.get() >= 2);
        if test_mode() {
            return Run { rounds: 1, warm_up: 0, two_cores };
        }
        Run { rounds: number("--rounds").unwrap_or(5).max(1), warm_up: 2, two_cores }
    }
}

type Group = fn(&Stage, Run) -> Vec<Line>;

/// Groups on the images, then groups with their own data.
const GROUPS: [(&str, Group); 8] = [
    ("memory", memory::lines),
    ("trial-epoch", trial_epochs::lines),
    ("deployment", deployment::lines),
    ("distances", distances::lines),
    ("fit", |_, run| fit::lines(run)),
    ("recordings", |_, run| recordings::lines(run)),
    ("wires", |_, run| wires::lines(run)),
    ("growth", |_, run| growth::lines(run)),
];

fn main() {
    if !GROUPS.iter().map(|group| group.0).chain(["start"]).any(wanted) {
        return;
    }
    let run = Run::from_arguments();
    // The start of a study needs a fresh process, so it is first; memory is second, before other data are in the
    // process.
    let (stage, started) = start::stage_and_line();
    let table = Table::begin(&stage, run);
    if wanted("start") {
        table.print(&started);
    }
    for (name, lines) in GROUPS {
        if wanted(name) {
            lines(&stage, run).iter().for_each(|line| table.print(line));
        }
    }
}
