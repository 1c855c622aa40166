//! Usage of a trial: writes, pulses, conversions and energy.

use std::fmt::Write;

use ohmspike_crossbar::EnergyUse;
use ohmspike_crossbar::WriteReport;
use ohmspike_snn::hardware::HardwareUse;
use ohmspike_study::conversions::ConversionFractions;
use ohmspike_study::record::{ConnectionRecord, EnergyCost};
use ohmspike_study::significant::significant;

/// Formats writes by connection and, for crossbar arrays, pulses, endurance and energy. Energies missing from the device file are
/// marked as not specified.
pub fn cost_lines(connections: &[ConnectionRecord], cost: Option<&EnergyCost>) -> String {
    let mut text = String::new();
    for ConnectionRecord { name, writes, .. } in connections {
        written(&mut text, name, writes);
    }
    for ConnectionRecord { name, writes, used, .. } in connections {
        if let Some(used) = used {
            pulsed(&mut text, name, writes, used);
            converted(&mut text, name, used);
            approximated(&mut text, name, used);
        }
    }
    if let Some(cost) = cost {
        energy(&mut text, "energy of training", &cost.training, scaled);
        energy(&mut text, "energy per inference", &cost.inference, |microjoules| {
            format!("{} nJ", significant(1e3 * microjoules))
        });
    }
    text
}

fn written(text: &mut String, layer: &str, writes: &WriteReport) {
    let percent = |part: u64, whole: u64| 100.0 * part as f64 / whole.max(1) as f64;
    let _ = writeln!(
        text,
        "{layer} writes: {}, {:.2} % at the floor, {:.2} % at the ceiling, {:.2} % with the wrong sign",
        writes.cells_written,
        percent(writes.clipped_low, writes.cells_written),
        percent(writes.clipped_high, writes.cells_written),
        percent(writes.wrong_sign, writes.cells),
    );
}

fn pulsed(text: &mut String, layer: &str, writes: &WriteReport, used: &HardwareUse) {
    let WriteReport { pulses, verify_reads, failed_writes, pulse_limited, refreshed, .. } = writes;
    let _ = write!(
        text,
        "{layer} pulses: {pulses}; verify reads {verify_reads}, failed writes {failed_writes}, refreshes {refreshed}"
    );
    if *pulse_limited > 0 {
        let _ = write!(text, ", truncated writes {pulse_limited}");
    }
    let endurance = &used.endurance;
    let _ = writeln!(text, "; pulses per cell: mean {}, maximum {}", significant(endurance.mean), endurance.worst);
}

/// Formats the error of the wires in training, for a connection with a driven array that was solved after updates.
fn approximated(text: &mut String, layer: &str, used: &HardwareUse) {
    let Some(error) = used.wires.filter(|error| error.solutions > 0) else { return };
    let [mean, largest] = [error.mean(), error.largest].map(|error| significant(100.0 * error));
    let _ = writeln!(
        text,
        "{layer} wires: solved exactly {} times after updates; error before, RMS over that of all conductances: mean {mean} \
         %, largest {largest} %",
        error.solutions,
    );
}

/// Formats where conversions end, for a connection with converters.
fn converted(text: &mut String, layer: &str, used: &HardwareUse) {
    for (stage, codes) in [("training", used.training.codes), ("tests", used.test.codes)] {
        let Some(fractions) = ConversionFractions::from_counts(codes) else { continue };
        let ConversionFractions { conversions, lowest, highest, zero, clipped } = fractions;
        let [lowest, highest, zero, clipped] = [lowest, highest, zero, clipped].map(|fraction| 100.0 * fraction);
        let _ = writeln!(
            text,
            "{layer} conversions, {stage}: {conversions}, {lowest:.2} % at the lowest code, {highest:.2} % at the highest, \
             {zero:.2} % at code 0, {clipped:.2} % out of range",
        );
    }
}

fn energy(text: &mut String, what: &str, energy: &EnergyUse, shown: impl Fn(f64) -> String) {
    let parts = energy.parts().map(|(part, microjoules)| {
        format!("{part} {}", microjoules.map_or_else(|| "not specified".to_owned(), &shown))
    });
    let _ = write!(text, "{what}: ");
    let _ = match energy.known_microjoules() {
        None => writeln!(text, "not specified"),
        Some(sum) => writeln!(text, "{} ({})", shown(sum), parts.join(", ")),
    };
}

/// Formats an energy in µJ, mJ or J.
fn scaled(microjoules: f64) -> String {
    let (unit, factor) = match microjoules {
        large if large >= 1e6 => ("J", 1e-6),
        large if large >= 1e3 => ("mJ", 1e-3),
        _ => ("µJ", 1.0),
    };
    format!("{} {unit}", significant(factor * microjoules))
}

#[cfg(test)]
mod tests {
    use ohmspike_crossbar::{CodeCounts, Endurance, HeldError};

    use super::*;

    fn connection(name: &str, writes: WriteReport, used: HardwareUse) -> ConnectionRecord {
        ConnectionRecord { name: name.to_owned(), writes, used: Some(used), ..ConnectionRecord::default() }
    }

    #[test]
    fn conversions_are_listed_if_there_are_any() {
        let lines = |used: HardwareUse| {
            let connections = [connection("readout", WriteReport::default(), used)];
            cost_lines(&connections, Some(&EnergyCost::default()))
        };
        assert!(!lines(HardwareUse::default()).contains("conversions"));
        let mut used = HardwareUse::default();
        used.test.codes = CodeCounts { conversions: 400, lowest: 2, highest: 100, zero: 40, clipped: 98 };
        let text = lines(used);
        let told: Vec<&str> = text.lines().filter(|line| line.contains("conversions")).collect();
        let expected = "readout conversions, tests: 400, 0.50 % at the lowest code, 25.00 % at the highest, 10.00 % at code 0, \
                        24.50 % out of range";
        assert_eq!(told, [expected]);
    }

    #[test]
    fn the_error_of_the_wires_is_listed_after_a_solution() {
        let wired = |wires: Option<HeldError>| {
            let used = HardwareUse { wires, ..HardwareUse::default() };
            cost_lines(&[connection("hidden", WriteReport::default(), used)], None)
        };
        assert!(!wired(None).contains("wires") && !wired(Some(HeldError::default())).contains("wires"));
        let told = wired(Some(HeldError { solutions: 4, sum: 0.01, largest: 0.004, last: 0.001 }));
        let expected = "hidden wires: solved exactly 4 times after updates; error before, RMS over that of all conductances: \
                        mean 0.250 %, largest 0.400 %\n";
        assert!(told.ends_with(expected), "{told}");
    }

    #[test]
    fn missing_energies_are_marked() {
        let writes = WriteReport {
            cells_written: 10,
            pulses: 30,
            failed_writes: 2,
            wrong_sign: 1,
            cells: 20,
            ..WriteReport::default()
        };
        let endurance = Endurance { cells: 4, mean: 7.5, worst: 9, histogram: Vec::new() };
        let used = HardwareUse { endurance, ..HardwareUse::default() };
        let mut connections = [connection("hidden-1", writes, used.clone()), connection("readout", writes, used)];
        let mut cost = EnergyCost::default();
        cost.training.write_microjoules = Some(1234.5);
        let text = cost_lines(&connections, Some(&cost));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "hidden-1 writes: 10, 0.00 % at the floor, 0.00 % at the ceiling, 5.00 % with the wrong sign"
        );
        assert_eq!(
            lines[3],
            "readout pulses: 30; verify reads 0, failed writes 2, refreshes 0; pulses per cell: mean 7.50, maximum 9"
        );
        assert_eq!(
            lines[4],
            "energy of training: 1.23 mJ (writes 1.23 mJ, reads not specified, column converters not specified, row drivers not specified)"
        );
        assert_eq!(lines[5..], ["energy per inference: not specified"]);
        connections.iter_mut().for_each(|connection| connection.used = None);
        assert_eq!(cost_lines(&connections, None).lines().count(), 2);
    }
}
