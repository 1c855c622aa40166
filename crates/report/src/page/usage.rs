//! Usage of the cells: writes, pulses, conversions and energy.

use std::collections::BTreeSet;

use maud::{Markup, html};

use ohmspike_analysis::repeats::{Done, by_condition};
use ohmspike_analysis::sweep::setting;
use ohmspike_crossbar::{HeldError, WriteReport};
use ohmspike_study::conversions::{ConversionFractions, Conversions};
use ohmspike_study::record::Record;
use ohmspike_study::significant::significant;

use super::number::count;
use super::table::table;
use super::{Facts, Section};

/// Records of one condition.
struct Group<'a> {
    condition: String,
    records: Vec<&'a Record>,
}

/// Returns the section.
pub fn section(facts: &Facts) -> Section {
    let groups = groups(facts);
    let on_cells = groups.iter().any(|group| group.records.iter().any(|record| record.on_cells()));
    let body = html! {
        p.method {
            "Means over the trials of a condition, by connection. At the floor, at the ceiling: fraction of writes that end there. Wrong sign: fraction of \
             weights that violate Dale's law after an update. "
            @if on_cells {
                "Energies follow from the voltages and times of the device file" (without(&groups)) ". Active rows: spikes that arrive in a time step of the tests, on average."
            }
            @else { "Digital weights have neither pulses nor energy. Their floor is 0, and they have no ceiling." }
        }
        (writes(&groups))
        @if on_cells { (costs(&groups)) }
        (conversions(&groups))
        (wires(&groups))
    };
    Section { id: "ledger", heading: "Usage: writes, pulses and energy", body }
}

/// Says which parts the energies are without.
fn without(groups: &[Group]) -> String {
    let parts = groups.iter().flat_map(|group| &group.records).flat_map(|record| record.energies_not_stated());
    let parts: BTreeSet<&str> = parts.collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!(", without what it does not state: {}", parts.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

fn groups<'a>(facts: &Facts<'a>) -> Vec<Group<'a>> {
    let study = facts.report.recorded.study;
    let group = |(condition, done): (&ohmspike_study::study::Condition, Vec<&Done<'a>>)| {
        let named = study.axes.iter().zip(&condition.values).map(|(axis, value)| setting(&axis.key, value));
        let condition = match named.collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => "all".to_owned(),
            some => some,
        };
        Group { condition, records: done.into_iter().map(|done| done.record).collect() }
    };
    let groups = study.conditions.iter().zip(by_condition(study, &facts.done)).map(group);
    groups.filter(|group: &Group| !group.records.is_empty()).collect()
}

impl Group<'_> {
    fn mean(&self, of: impl Fn(&Record) -> f64) -> f64 {
        self.records.iter().map(|record| of(record)).sum::<f64>() / self.records.len() as f64
    }

    /// Returns the mean of a value that every record has.
    fn mean_known(&self, of: impl Fn(&Record) -> Option<f64>) -> Option<f64> {
        let known: Vec<f64> = self.records.iter().filter_map(|record| of(record)).collect();
        (known.len() == self.records.len()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    }

    /// Formats `part` over `whole`, both summed over the trials, in %.
    fn fraction(&self, part: impl Fn(&Record) -> u64, whole: impl Fn(&Record) -> u64) -> String {
        let sum = |of: &dyn Fn(&Record) -> u64| self.records.iter().map(|record| of(record)).sum::<u64>();
        format!("{:.2}", 100.0 * sum(&part) as f64 / sum(&whole).max(1) as f64)
    }
}

/// Selects the writes to one connection of a record.
type OfConnection<'a> = &'a dyn Fn(&Record) -> &WriteReport;

/// Formats all connections of a condition in one cell, in network order.
fn each(group: &Group, of: impl Fn(OfConnection) -> String) -> String {
    let connections = group.records.iter().map(|record| record.connections.len()).min().unwrap_or_default();
    let cell = |place: usize| of(&move |record: &Record| &record.connections[place].writes);
    (0..connections).map(cell).collect::<Vec<_>>().join("; ")
}

/// Formats the condition, with its connections unless they are hidden layer and readout.
fn named(group: &Group) -> String {
    let connections = group.records.first().map(|record| &record.connections[..]).unwrap_or_default();
    if connections.len() <= 2 {
        return group.condition.clone();
    }
    let names: Vec<&str> = connections.iter().map(|connection| &*connection.name).collect();
    format!("{} ({})", group.condition, names.join("; "))
}

fn writes(groups: &[Group]) -> Markup {
    let row = |group: &Group| {
        vec![
            named(group),
            group.records.len().to_string(),
            each(group, |layer| count(group.mean(|record| layer(record).cells_written as f64))),
            each(group, |layer| {
                group.fraction(|record| layer(record).clipped_low, |record| layer(record).cells_written)
            }),
            each(group, |layer| {
                group.fraction(|record| layer(record).clipped_high, |record| layer(record).cells_written)
            }),
            each(group, |layer| group.fraction(|record| layer(record).wrong_sign, |record| layer(record).cells)),
        ]
    };
    let head = ["condition", "trials", "writes", "at the floor, %", "at the ceiling, %", "wrong sign, %"];
    table("Writes per trial: hidden layer; readout", &head, &groups.iter().map(row).collect::<Vec<_>>())
}

/// Renders the error of driven arrays with wires in training, one row per condition and connection.
fn wires(groups: &[Group]) -> Markup {
    let mut rows = Vec::new();
    for group in groups {
        let connections = group.records.first().map(|record| &record.connections[..]).unwrap_or_default();
        for (place, connection) in connections.iter().enumerate() {
            let errors = group.records.iter().filter_map(|record| record.connections[place].used.as_ref()?.wires);
            let errors: Vec<HeldError> = errors.filter(|error| error.solutions > 0).collect();
            if errors.is_empty() {
                continue;
            }
            let mean = errors.iter().map(HeldError::mean).sum::<f64>() / errors.len() as f64;
            let largest = errors.iter().map(|error| error.largest).fold(0.0, f64::max);
            let solutions = errors.iter().map(|error| error.solutions as f64).sum::<f64>() / errors.len() as f64;
            let percent = |error: f64| significant(100.0 * error);
            rows.push(vec![
                group.condition.clone(),
                connection.name.clone(),
                count(solutions),
                percent(mean),
                percent(largest),
            ]);
        }
    }
    if rows.is_empty() {
        return html! {};
    }
    let head = ["condition", "connection", "exact solutions", "mean error, %", "largest error, %"];
    html! {
        (table("Driven wires in training, per trial", &head, &rows))
        p.method {
            "Between exact solutions, the correction of the wires is held. Error: RMS deviation of the conductances as read from the exact ones, over their RMS, \
             before each solution."
        }
    }
}

/// Renders where conversions end, one row per condition and connection.
fn conversions(groups: &[Group]) -> Markup {
    let mut rows = Vec::new();
    for group in groups {
        let of_records: Vec<Vec<Conversions>> = group.records.iter().map(|record| record.conversions()).collect();
        let names = of_records.iter().max_by_key(|of| of.len()).into_iter().flatten().map(|of| of.connection.clone());
        for connection in names {
            let named: Vec<&Conversions> =
                of_records.iter().flatten().filter(|of| of.connection == connection).collect();
            let stages = [
                ("training", named.iter().filter_map(|of| of.training).collect::<Vec<_>>()),
                ("tests", named.iter().filter_map(|of| of.test).collect()),
            ];
            rows.extend(stages.into_iter().filter(|(_, fractions)| !fractions.is_empty()).map(|(stage, fractions)| {
                let all: f64 = fractions.iter().map(|fractions| fractions.conversions as f64).sum();
                let percent = |of: fn(&ConversionFractions) -> f64| {
                    let part: f64 =
                        fractions.iter().map(|fractions| of(fractions) * fractions.conversions as f64).sum();
                    format!("{:.2}", 100.0 * part / all)
                };
                vec![
                    group.condition.clone(),
                    format!("{connection}, {stage}"),
                    count(all / fractions.len() as f64),
                    percent(|fractions| fractions.lowest),
                    percent(|fractions| fractions.highest),
                    percent(|fractions| fractions.zero),
                    percent(|fractions| fractions.clipped),
                ]
            }));
        }
    }
    let head = [
        "condition",
        "connection",
        "conversions",
        "at the lowest code, %",
        "at the highest code, %",
        "at code 0, %",
        "out of range, %",
    ];
    html! { @if !rows.is_empty() { (table("Conversions per trial", &head, &rows)) } }
}

/// Formats the mean number of active rows of every connection in one cell, in network order.
fn active_rows(group: &Group) -> String {
    let connections = group.records.iter().map(|record| record.connections.len()).min().unwrap_or_default();
    let cell = |place: usize| match group.mean_known(|record| record.active_rows(place)) {
        Some(rows) => significant(rows),
        None => "-".to_owned(),
    };
    (0..connections).map(cell).collect::<Vec<_>>().join("; ")
}

fn costs(groups: &[Group]) -> Markup {
    let row = |group: &Group| {
        let energy = |known: Option<f64>| known.map_or_else(|| "not stated".to_owned(), significant);
        let training = |record: &Record| record.energy.as_ref()?.training.known_microjoules();
        let inference = |record: &Record| Some(1e3 * record.energy.as_ref()?.inference.known_microjoules()?);
        let worst = |record: &Record| {
            record.connections.iter().filter_map(|connection| Some(connection.used.as_ref()?.endurance.worst)).max()
        };
        vec![
            group.condition.clone(),
            each(group, |layer| count(group.mean(|record| layer(record).pulses as f64))),
            each(group, |layer| count(group.mean(|record| layer(record).verify_reads as f64))),
            each(group, |layer| count(group.mean(|record| layer(record).failed_writes as f64))),
            group
                .records
                .iter()
                .filter_map(|record| worst(record))
                .max()
                .map_or_else(|| "-".to_owned(), |worst| worst.to_string()),
            energy(group.mean_known(training)),
            energy(group.mean_known(inference)),
            active_rows(group),
        ]
    };
    let head = [
        "condition",
        "write pulses",
        "verify reads",
        "failed writes (tries used up)",
        "most pulses on one cell",
        "energy of training, µJ",
        "energy per inference, nJ",
        "active rows per step",
    ];
    table("Pulses and energy per trial: hidden layer; readout", &head, &groups.iter().map(row).collect::<Vec<_>>())
}
