//! Every target of speed and memory, measured in one run of one process, as a table in Markdown on standard output.
//!
//! What is compared is measured in turn, epoch by epoch, and ratios are taken of neighbours in time. `--rounds N` is how
//! often; an argument without dashes chooses the groups whose name holds it.

#![allow(clippy::print_stdout)] // Its output is the measurement.

mod distances;
mod growth;
mod memory;
mod recordings;
mod start;
mod table;
mod trial_epochs;
mod variant;

use std::thread::available_parallelism;

use benches::{Stage, number, test_mode, wanted};
use table::{Line, Table};

/// How the targets are measured.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// How often everything is measured.
    pub rounds: u64,
    /// Epochs of a trial before it is measured: the first ones are quicker, as hardly a neuron spikes yet.
    pub warm_up: u64,
    /// Whether there is a core for each of two threads.
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

/// What is measured on the images, and what brings data of its own.
const GROUPS: [(&str, Group); 5] = [
    ("memory", memory::lines),
    ("trial-epoch", trial_epochs::lines),
    ("distances", distances::lines),
    ("recordings", |_, run| recordings::lines(run)),
    ("growth", |_, run| growth::lines(run)),
];

fn main() {
    if !GROUPS.iter().map(|group| group.0).chain(["start"]).any(wanted) {
        return;
    }
    let run = Run::from_arguments();
    // A study starts in a fresh process, and so this comes first; the memory of a trial before anything else is in it.
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
