//! The columns of exported tables, with units and meanings.

use ohmspike_study::csv_column::CsvColumn;

const fn column(name: &'static str, unit: &'static str, meaning: &'static str) -> CsvColumn {
    CsvColumn::new(name, unit, meaning)
}

/// Columns of the table with one row per trial.
pub const TRIAL_COLUMNS: [CsvColumn; 38] = [
    column("id", "none", "Name of the trial."),
    column("seed", "none", "Seed of the trial."),
    column("{section}.{key}", "as the key", "Setting of the trial: first the swept keys, then all others."),
    column(
        "outcome_accuracy_fraction",
        "fraction",
        "Outcome: mean test accuracy of the last `outcome.last_epochs` epochs.",
    ),
    column("failure", "none", "Why the trial has no outcome. Empty if it has one."),
    column("epochs", "epochs", "Epochs that were trained."),
    column("copy_of", "none", "Name of an earlier trial with identical draws. Empty for independent trials."),
    column("best_accuracy_fraction", "fraction", "Highest test accuracy of any epoch."),
    column("best_epoch", "epoch, from 1", "Epoch of the highest test accuracy."),
    column("final_accuracy_fraction", "fraction", "Test accuracy after the last epoch."),
    column("final_training_loss", "nats", "Mean training loss of the last epoch."),
    column(
        "initial_{population}_spikes_per_sample",
        "spikes per sample",
        "Spikes of the last hidden layer before training.",
    ),
    column(
        "final_{population}_spikes_per_sample",
        "spikes per sample",
        "Spikes of the last hidden layer after training.",
    ),
    column(
        "{moment}_{pair}_distance_root",
        "none",
        "Mean Van Rossum distance D of the neuron pairs `ee`, `ei` or `ii`.",
    ),
    column("{moment}_{pair}_distance_square", "none", "Mean squared Van Rossum distance D² of the same pairs."),
    column("{connection}_cells_written", "writes", "Cells written over all updates."),
    column("{connection}_writes_at_floor", "writes", "Writes clipped at the lower end of the conductance window."),
    column("{connection}_writes_at_ceiling", "writes", "Writes clipped at the upper end of the conductance window."),
    column("{connection}_wrong_signs", "weights", "Weights with the wrong sign after an update, over all updates."),
    column("{connection}_signs_checked", "weights", "Weights checked for their sign, over all updates."),
    column("{connection}_write_pulses", "pulses", "Write pulses."),
    column("{connection}_verify_reads", "reads", "Reads that verified a write."),
    column("{connection}_writes_failed", "writes", "Writes that ran out of tries."),
    column("{connection}_pairs_refreshed", "pairs", "Pairs reset because one cell reached its upper end."),
    column("{connection}_writes_cut_short", "writes", "Writes limited by `write.pulses.max_pulses`."),
    column("{connection}_{stage}_conversions", "conversions", "ADC conversions in `training` or `test`."),
    column("{connection}_{stage}_lowest_code_fraction", "fraction", "Conversions that ended at the lowest code."),
    column("{connection}_{stage}_highest_code_fraction", "fraction", "Conversions that ended at the highest code."),
    column("{connection}_{stage}_zero_code_fraction", "fraction", "Conversions that ended at code 0."),
    column(
        "{connection}_{stage}_beyond_range_fraction",
        "fraction",
        "Conversions more than half a code beyond the range.",
    ),
    column(
        "training_energy_microjoules",
        "µJ",
        "Energy of all updates and reads in training, without the parts in `energy_without`. Empty if the device states none.",
    ),
    column(
        "inference_energy_microjoules",
        "µJ",
        "Energy of classifying one test sample, without the parts in `energy_without`.",
    ),
    column(
        "energy_without",
        "none",
        "Parts with an energy that the device does not state, separated by semicolons: writes, reads, column converters, row \
         drivers.",
    ),
    column("training_seconds", "s", "Compute time of training, summed over threads."),
    column("test_seconds", "s", "Compute time of the tests, summed over threads."),
    column("usable", "none", "`yes` if results use the trial, otherwise `no`."),
    column("health", "none", "Problems of the trial, separated by semicolons."),
    column("health_reason", "none", "The numbers that decide them."),
];

/// Columns of the table with one row per trial and epoch.
pub const EPOCH_COLUMNS: [CsvColumn; 8] = [
    column("id", "none", "Name of the trial."),
    column("seed", "none", "Seed of the trial."),
    column("{section}.{key}", "as the key", "Setting of the trial: first the swept keys, then all others."),
    column("epoch", "epoch, from 1", "Number of the epoch."),
    column("accuracy_fraction", "fraction", "Test accuracy after the epoch."),
    column("training_loss", "nats", "Mean training loss of the epoch."),
    column(
        "excitatory_spikes_per_sample",
        "spikes per sample",
        "Spikes of the excitatory neurons of the last hidden layer.",
    ),
    column(
        "inhibitory_spikes_per_sample",
        "spikes per sample",
        "Spikes of the inhibitory neurons of the last hidden layer.",
    ),
];

/// Returns whether a column is described.
pub(super) fn is_described(name: &str) -> bool {
    TRIAL_COLUMNS.iter().chain(&EPOCH_COLUMNS).any(|column| column.describes(name))
}

/// Columns of the samples that `ohmspike device sample` writes.
pub const SAMPLE_COLUMNS: [CsvColumn; 7] = [
    column("cell", "cell, from 1", "Number of the cell."),
    column("cycle", "cycle, from 1", "Number of the write cycle."),
    column("target_microsiemens", "µS", "Target conductance of the write."),
    column("start_microsiemens", "µS", "Conductance before the write. Only with `--start-microsiemens`."),
    column("written_microsiemens", "µS", "Conductance right after the write, without read noise."),
    column("after_microsiemens", "µS", "Conductance after the rest time, without read noise. Only with `--after`."),
    column("read_{number}_microsiemens", "µS", "Conductance of each read."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device_sample::Sampling;

    #[test]
    fn describes_the_columns_of_samples() {
        let sampling =
            Sampling { after_seconds: Some(1.0), reads: 2, states_start: true, ..Sampling::one_write(100.0, 1.0) };
        for name in sampling.header().split(',') {
            assert!(SAMPLE_COLUMNS.iter().any(|column| column.describes(name)), "{name}");
        }
    }

    #[test]
    fn every_column_has_a_unit_and_a_meaning() {
        for column in TRIAL_COLUMNS.iter().chain(&EPOCH_COLUMNS).chain(&SAMPLE_COLUMNS) {
            assert!(!column.unit.is_empty() && column.meaning.ends_with('.'), "{column:?}");
        }
    }
}
