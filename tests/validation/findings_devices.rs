//! The tables of `experiments/findings/tables.md` on the noise study and on trainings through cells, made again from the records next to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ohmspike_analysis::judged::Judged;
use ohmspike_analysis::repeats::{Done, done_of};
use ohmspike_answers::limit::report::Bound;
use ohmspike_stats::draws::{Drawn, Draws};
use ohmspike_stats::paired::{Adjusted, Paired, adjusted};
use ohmspike_study::health::HealthKind;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::record::Record;
use ohmspike_study::results::Results;
use ohmspike_study::settings::Controller;
use ohmspike_study::study_file::StudyFile;

use crate::findings::{folder, in_unit, limit, outcomes, page, records, stated, summarised, tables, with_records};

/// Trials of one condition.
#[derive(Default)]
struct Cell {
    outcomes: BTreeMap<u64, f64>,
    /// Why trials are excluded, one reason per trial.
    excluded: Vec<HealthKind>,
    pulses: u64,
    cells: u64,
}

impl Cell {
    fn add(&mut self, judged: &Judged, done: &Done) {
        let record = done.record;
        self.outcomes.insert(record.seed, record.outcome.expect("no trial diverged"));
        self.excluded.extend(judged.states(done).iter().map(|state| state.kind()).find(|kind| kind.excludes()));
        for connection in &record.connections {
            // Digital weights have no cells.
            self.pulses += connection.used.as_ref().map_or(0, |used| used.training.write_pulses);
            self.cells += connection.used.as_ref().map_or(0, |used| used.endurance.cells);
        }
    }

    /// Mean outcome with its interval, or why there is none.
    fn words(&self) -> String {
        match self.excluded.first() {
            Some(kind) => format!("{} ({} of {})", kind.words(), self.excluded.len(), self.outcomes.len()),
            None => outcomes(&self.outcomes),
        }
    }

    /// Mean outcome with its interval, and a star behind the mean if no trial converged.
    fn starred(&self) -> String {
        let words = outcomes(&self.outcomes);
        match self.excluded.first() {
            None => words,
            Some(kind) => {
                assert_eq!((*kind, self.excluded.len()), (HealthKind::NotConverged, self.outcomes.len()));
                words.replacen(' ', "* ", 1)
            }
        }
    }

    fn mean(&self) -> f64 {
        self.outcomes.values().sum::<f64>() / self.outcomes.len() as f64
    }

    fn pulses_per_cell(&self) -> String {
        format!("{:.0}", self.pulses as f64 / self.cells as f64)
    }
}

/// Sorts the trials of a study by what `key` returns.
fn by<K: Ord>(name: &str, key: impl Fn(&Record) -> K) -> BTreeMap<K, Cell> {
    let path = folder(name);
    let file = StudyFile::open(&path.join("study.toml"), &[]).expect("a study");
    let results = Results::open(&file.study, &path, &path).expect("records");
    let done = done_of(&results);
    assert_eq!(done.len(), results.trials.len(), "{name} is complete");
    let judged = Judged::new(&results.study, &done);
    let mut table: BTreeMap<K, Cell> = BTreeMap::new();
    for one in &done {
        table.entry(key(one.record)).or_default().add(&judged, one);
    }
    table
}

#[test]
fn the_table_of_the_noise_study_is_that_of_its_records() {
    let table = by("noise-robustness", |record| {
        let excitatory = (100.0 * record.settings.network.excitatory_fraction).round() as u32;
        (record.settings.noise.level_percent.round() as u32, excitatory)
    });
    let (page, reproduction) = (tables(), page("docs/reproduction.md"));
    for level in [1, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 100] {
        let cells = [50, 80, 100].map(|excitatory| table[&(level, excitatory)].starred());
        let line = format!("| {level} | {} |", cells.join(" | "));
        assert!(page.contains(&line), "not in experiments/findings/tables.md: {line}");
        if ![1, 20, 40, 60, 100].contains(&level) {
            continue;
        }
        let start = format!("| {level} | {} % | {} % |", cells[0], cells[1]);
        assert!(reproduction.contains(&start), "not in docs/reproduction.md: {start}");
    }
    let trials = table.values().map(|cell| cell.outcomes.len()).sum::<usize>();
    stated(&[format!("{trials} trials of 30 epochs on the full Fashion-MNIST")]);
    // Two of five such conditions are in the table.
    let seeds = table.values().filter(|cell| !cell.excluded.is_empty()).map(|cell| cell.excluded.len());
    assert_eq!(seeds.collect::<Vec<usize>>(), [16; 5]);
    stated(&["None of the 16 trials converged".to_owned()]);
}

#[test]
fn the_measured_devices_are_those_of_their_records() {
    let table = by("measured-devices", |record| {
        let hardware = &record.settings.hardware;
        (hardware.device.clone(), hardware.controller == Controller::DigitalCopy)
    });
    let devices: Vec<&String> = table.keys().filter(|(_, copy)| *copy).map(|(device, _)| device).collect();
    let line = |device: &String| {
        let [back, copy] = [false, true].map(|copy| &table[&(device.clone(), copy)]);
        let pulses = [back, copy].map(Cell::pulses_per_cell).join(" / ");
        format!("| {device} | {} | {} | {pulses} |", back.words(), copy.words())
    };
    stated(&devices.into_iter().map(line).collect::<Vec<String>>());
    stated(&[format!("{} trials", table.values().map(|cell| cell.outcomes.len()).sum::<usize>())]);
}

/// Energies of trials that are not excluded, of devices with known pulses.
#[test]
fn the_energies_of_measured_devices_are_those_of_their_records() {
    let mut trials: BTreeMap<(String, bool), Vec<[f64; 3]>> = BTreeMap::new();
    for record in records("measured-devices") {
        let hardware = &record.settings.hardware;
        let energy = record.energy.as_ref().expect("cells");
        let microjoules =
            [energy.training.write_microjoules, energy.training.read_microjoules, energy.inference.read_microjoules];
        if let [Some(writes), Some(reads), Some(image)] = microjoules {
            let key = (hardware.device.clone(), hardware.controller == Controller::DigitalCopy);
            trials.entry(key).or_default().push([writes / 1e3, reads / 1e3, 1e6 * image]);
        }
    }
    let devices: BTreeSet<&str> = trials.keys().map(|(device, _)| device.as_str()).collect();
    assert_eq!(devices.into_iter().collect::<Vec<_>>(), ["1t1r-yousuf-2025", "hfox-taox-wan-2022-1s"]);
    let line = |device: &str, copy: bool| {
        let trials = &trials[&(device.to_owned(), copy)];
        let mean = |place: usize| trials.iter().map(|trial| trial[place]).sum::<f64>() / trials.len() as f64;
        let controller = if copy { "digital copy" } else { "read-back" };
        let picojoules = mean(2).round() as u64;
        let image = format!("{},{:03}", picojoules / 1000, picojoules % 1000);
        format!("| {device} | {controller} | {:.2} | {:.2} | {image} |", mean(0), mean(1))
    };
    stated(&[line("hfox-taox-wan-2022-1s", true), line("1t1r-yousuf-2025", false)]);
}

/// Returns the outcomes with the seeds that they drew from.
fn drawn(cell: &Cell) -> Vec<Drawn> {
    cell.outcomes.iter().map(|(seed, outcome)| (Draws::all(*seed), *outcome)).collect()
}

#[test]
fn the_study_through_crossbars_is_that_of_its_records() {
    let percent = |fraction: f64| (100.0 * fraction).round() as u32;
    let key = |record: &Record| {
        let settings = &record.settings;
        (percent(settings.network.excitatory_fraction), settings.noise.level_percent.round() as u32)
    };
    let digital = by("noise-robustness", key);
    let cells = by("noise-robustness-crossbar", |record| {
        let read = record.settings.device["read.white.sigma_percent_of_conductance"].as_f64();
        (key(record), read.expect("a number") as u32)
    });
    let conditions: Vec<(u32, u32)> = cells.keys().filter(|(_, read)| *read == 0).map(|(key, _)| *key).collect();
    let mut lines = Vec::new();
    let mut tests = Vec::new();
    for key @ (excitatory, level) in conditions {
        let [plain, exact, noisy] = [&digital[&key], &cells[&(key, 0)], &cells[&(key, 1)]];
        let words = [plain, exact, noisy].map(Cell::words).join(" | ");
        lines.push(format!("| {excitatory}:{} | {level} | {words} |", 100 - excitatory));
        for read in [exact, noisy] {
            tests.push(Paired::new(&drawn(read), &drawn(plain)));
        }
    }
    stated(&lines);
    let lowest = cells[&((50, 1), 0)].outcomes.values().copied().fold(f64::INFINITY, f64::min);
    stated(&[format!("one ended at {} %", percent(lowest))]);
    let family = adjusted(tests);
    let tested: Vec<&Adjusted> = family.iter().flatten().collect();
    assert_eq!(tested.len(), family.len(), "every condition has three shared seeds");
    let differing = tested.iter().filter(|test| test.differs()).count();
    stated(&[
        format!("{} trials", cells.values().map(|cell| cell.outcomes.len()).sum::<usize>()),
        format!("{differing} of {} differences", tested.len()),
    ]);
    summarised(&[format!("{differing} of {} differences from digital weights are significant", tested.len())]);
}

/// Both grids of wires: three seeds of some cells and tiles, and one seed of all of them.
#[test]
fn the_cost_of_wires_is_that_of_its_records() {
    for study in ["wires", "wires-cells"] {
        let table = by(study, |record| {
            let device = &record.settings.device;
            let number = |key: &str| device[key].as_f64().expect("a number") as u32;
            let kiloohm = number("window.low_resistance_ohm") / 1000;
            let access = device["wires.access"].as_str().expect("a word").to_owned();
            (kiloohm, number("converters.tile_rows"), number("wires.line_ohm_per_cell"), access)
        });
        let arrays: Vec<(u32, u32, u32)> =
            table.keys().filter(|key| key.3 == "gated").map(|key| (key.0, key.1, key.2)).collect();
        let line = |(kiloohm, rows, ohm): (u32, u32, u32)| {
            let [gated, driven] =
                ["gated", "driven"].map(|access| table[&(kiloohm, rows, ohm, access.to_owned())].words());
            format!("| {kiloohm} kΩ | {rows} | {ohm} | {gated} | {driven} |")
        };
        stated(&arrays.into_iter().map(line).collect::<Vec<String>>());
        stated(&[format!("{} trials", table.values().map(|cell| cell.outcomes.len()).sum::<usize>())]);
    }
}

/// Returns the mean number of active rows per step of the tests, and the 99 % quantile over the steps.
fn active_rows(record: &Record) -> (f64, usize) {
    let prepared = Prepared::new([&record.settings].into_iter(), Path::new(".")).expect("the embedded subset");
    let spikes = &prepared.data(&record.settings).test.spikes;
    let mut counts: Vec<usize> =
        (0..spikes.len()).flat_map(|sample| spikes.sample(sample).by_step().map(<[u16]>::len)).collect();
    counts.sort_unstable();
    let mean = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    let read = record.active_rows(0).expect("cells");
    assert!((read - mean).abs() < 1e-9, "the record counts the spikes of the data: {read}, {mean}");
    (mean, counts[(0.99 * counts.len() as f64) as usize])
}

#[test]
fn the_cost_of_wires_over_sparsity_is_that_of_its_records() {
    let hertz = |record: &Record| record.settings.data.poisson_rate_hertz().expect("a Poisson code") as u32;
    let table = by("wires-sparsity", |record| {
        let device = &record.settings.device;
        let ohm = device["wires.line_ohm_per_cell"].as_f64().expect("a number") as u32;
        (hertz(record), ohm, device["wires.access"].as_str().expect("a word").to_owned())
    });
    let rows: BTreeMap<u32, (f64, usize)> = records("wires-sparsity")
        .into_iter()
        .map(|record| (hertz(&record), record))
        .collect::<BTreeMap<u32, Record>>()
        .into_iter()
        .map(|(hertz, record)| (hertz, active_rows(&record)))
        .collect();
    let arrays: Vec<(u32, u32)> = table.keys().filter(|key| key.2 == "gated").map(|key| (key.0, key.1)).collect();
    let line = |(hertz, ohm): (u32, u32)| {
        let [gated, driven] = ["gated", "driven"].map(|access| table[&(hertz, ohm, access.to_owned())].words());
        let (mean, most) = rows[&hertz];
        format!("| {hertz} Hz | {mean:.1} ({most}) | {ohm} | {gated} | {driven} |")
    };
    stated(&arrays.into_iter().map(line).collect::<Vec<String>>());
    stated(&[format!("{} trials", table.values().map(|cell| cell.outcomes.len()).sum::<usize>())]);
}

#[test]
fn the_cost_of_populations_is_that_of_its_records() {
    // Write spread, stuck cells in tenths of a percent, population.
    let table = by("populations", |record| {
        let settings = &record.settings;
        let stuck = settings.device.get("faults.p_low_resistance").and_then(|fraction| fraction.as_f64());
        let tenths = (1000.0 * stuck.unwrap_or(0.0)).round() as u32;
        let population = format!("{:?}", settings.hardware.population).to_lowercase();
        (settings.hardware.write_spread_scale as u32, tenths, population)
    });
    let conditions: Vec<(u32, u32)> = table.keys().filter(|key| key.2 == "both").map(|key| (key.0, key.1)).collect();
    let of = |(spread, tenths): (u32, u32), population: &str| &table[&(spread, tenths, population.to_owned())];
    let line = |&(spread, tenths): &(u32, u32)| {
        let words = ["both", "excitatory", "inhibitory"].map(|population| of((spread, tenths), population).words());
        format!("| {spread} | {:.1} | {} |", f64::from(tenths) / 10.0, words.join(" | "))
    };
    stated(&conditions.iter().map(line).collect::<Vec<String>>());
    let tests = conditions
        .iter()
        .map(|&key| Paired::new(&drawn(of(key, "inhibitory")), &drawn(of(key, "excitatory"))))
        .collect();
    let family = adjusted(tests);
    let tested: Vec<&Adjusted> = family.iter().flatten().collect();
    let differing: Vec<&&Adjusted> = tested.iter().filter(|test| test.differs()).collect();
    let [only] = differing[..] else { panic!("{} differences", differing.len()) };
    let cost = |key| 100.0 * (of((1, 0), "both").mean() - of(key, "both").mean());
    stated(&[
        format!("{} trials", table.values().map(|cell| cell.outcomes.len()).sum::<usize>()),
        format!("1 of {} differences", tested.len()),
        format!("{:.1} points more (p = {:.3})", 100.0 * only.test.difference, only.adjusted_p),
        format!("five times the spread in all rows costs {:.1} points", cost((5, 0))),
        format!("0.3 % of stuck cells {:.1}, and 1 % of them {:.1}", cost((1, 3)), cost((1, 10))),
    ]);
    summarised(&[format!("1 of {} differences", tested.len())]);
}

#[test]
fn what_rest_costs_is_that_of_its_records() {
    let table = by("retention", |record| {
        let hardware = &record.settings.hardware;
        (hardware.device.clone(), hardware.retention_seconds as u64)
    });
    let devices: BTreeSet<&String> = table.keys().map(|(device, _)| device).collect();
    let times: BTreeSet<u64> = table.keys().map(|(_, seconds)| *seconds).collect();
    let line = |device: &String| {
        let words: Vec<String> = times.iter().map(|seconds| table[&(device.clone(), *seconds)].words()).collect();
        format!("| {device} | {} |", words.join(" | "))
    };
    stated(&devices.iter().map(|device| line(device)).collect::<Vec<String>>());
    let cost = |device: &str, seconds: u64| {
        100.0 * (table[&(device.to_owned(), 0)].mean() - table[&(device.to_owned(), seconds)].mean())
    };
    let (hour, day, year) = (3600, 86_400, 31_557_600);
    stated(&[
        format!("{} trials", table.values().map(|cell| cell.outcomes.len()).sum::<usize>()),
        format!("a year costs {:.1} points", cost("cmo-hfox-falcone-2025", year)),
        format!(
            "lose {:.1} points in an hour, {:.1} in a day and {:.1} in a year",
            cost("pcm-joshi-2020", hour),
            cost("pcm-joshi-2020", day),
            cost("pcm-joshi-2020", year)
        ),
    ]);
    assert!(table.values().all(|cell| cell.excluded.is_empty()), "every network works after its rest");
}

#[test]
fn the_words_on_the_noise_study_are_those_of_its_records() {
    let percent = |fraction: f64| (100.0 * fraction).round() as u32;
    let table = by("noise-robustness", |record| {
        (percent(record.settings.network.excitatory_fraction), record.settings.noise.level_percent.round() as u32)
    });
    let mut even: Vec<f64> = table[&(50, 1)].outcomes.values().map(|outcome| 100.0 * outcome).collect();
    even.sort_by(f64::total_cmp);
    let trials = table.values().map(|cell| cell.outcomes.len()).sum::<usize>();
    let excluded = table.values().filter(|cell| !cell.excluded.is_empty());
    let cost = |level| 100.0 * (table[&(80, 1)].mean() - table[&(80, level)].mean());
    let curves = [80, 90, 95, 100];
    let levels: BTreeSet<u32> = table.keys().map(|(_, level)| *level).collect();
    let apart = levels.into_iter().map(|level| {
        let means = curves.map(|excitatory| 100.0 * table[&(excitatory, level)].mean());
        means.iter().fold(f64::MIN, |a, b| a.max(*b)) - means.iter().fold(f64::MAX, |a, b| a.min(*b))
    });
    let widest = apart.fold(0.0, f64::max);
    assert!((4.0..4.5).contains(&widest), "the curves lie within 4.5 points: {widest}");
    assert_eq!(even.iter().filter(|accuracy| **accuracy < 75.0).count(), 4, "{even:?}");
    stated(&[
        format!(
            "four of the sixteen 50:50 networks fail: one at {:.1} %, three with {:.1} to {:.1} %; the others reach {:.1} to {:.1} %",
            even[0], even[1], even[3], even[4], even[15]
        ),
        format!("leaves out {} conditions", excluded.clone().count()),
        format!("{} of {trials} trials", excluded.map(|cell| cell.excluded.len()).sum::<usize>()),
        format!("noise of 10 % of σ_init costs {:.1} points, and noise of 30 % costs {:.1}", cost(10), cost(30)),
    ]);
}

/// One line per device: its certified and its refuted factor on the write spread.
#[test]
fn the_tolerated_write_spreads_are_those_of_their_answers() {
    let names = with_records("write-spread");
    assert!(names.len() >= 3, "{names:?}");
    let mut trials = 0;
    let line = |device: &String| {
        let report = limit(&format!("write-spread/{device}"));
        assert_eq!(&report.device, device);
        let [row] = &report.rows[..] else { panic!("one key") };
        let factor = |bound: &Option<Bound>| match bound {
            Some(_) => format!("{} ({} µS)", in_unit(bound, ""), in_unit(bound, "µS")),
            None => "-".to_owned(),
        };
        let without = 100.0 * row.limit.as_ref().expect("an answer").baseline.accuracy;
        trials += row.trials.len();
        let (certified, refuted) = (factor(&row.certified), factor(&row.refuted));
        format!("| {device} | {without:.1} | {certified} | {refuted} | {} |", in_unit(&row.certified, "% of σ_init"))
    };
    stated(&names.iter().map(line).collect::<Vec<String>>());
    stated(&[format!("fresh seeds per test; {trials} trials")]);
    let linked = |device: &String| format!("(write-spread/{device}/report.html)");
    summarised(&names.iter().map(linked).collect::<Vec<String>>());
}
