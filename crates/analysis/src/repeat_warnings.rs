//! Warnings about repeats that are copies of each other, because their seeds change nothing.

use std::collections::BTreeSet;

use ohmspike_stats::draws::STREAMS;
use ohmspike_study::axis_value::is_seed;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::settings::SeedSettings;
use ohmspike_study::study::{Axis, Study};

use crate::drawn::streams;
use crate::repeats::{Done, copies};

/// A warning about repeats that are copies.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RepeatWarning {
    /// Seeds that change no random stream in use.
    #[error(
        "{key}: the {seeds} seeds change nothing{}: {}; the repeats are copies and count as n = 1\n\nhint: {}",
        some.as_ref().map_or_else(String::new, |example| format!(" in some conditions (for example {example})")),
        if key == "repeats.seeds" {
            format!("{}no other random stream is used", listed(fixed))
        } else {
            "this random stream is not used".to_owned()
        },
        if key == "repeats.seeds" { "remove a fixed seed, or set `repeats.seeds` to 1" } else { "give it one value" }
    )]
    IdleSeeds {
        /// Key that lists the seeds.
        key: String,
        /// Number of seeds.
        seeds: usize,
        /// Keys of the streams in use that have a fixed seed.
        fixed: Vec<String>,
        /// First condition concerned, unless all are.
        some: Option<String>,
    },
    /// Trials that are bit-identical to others.
    #[error(
        "records: {count} of {trials} trials {} of others{}; n counts distinct trials, and a 95 % interval needs at \
         least 3\n\nhint: {}",
        if *count == 1 { "is a bit-identical copy" } else { "are bit-identical copies" },
        if *unforeseen { ", although their seeds differ" } else { "" },
        if *unforeseen {
            "the random draws did not affect the networks; check that they spike"
        } else {
            "vary the seed of a stream in use with `repeats.seeds` or `[seeds]`"
        }
    )]
    Copies {
        /// Number of copies.
        count: usize,
        /// Number of trials.
        trials: usize,
        /// Whether their settings use streams with different seeds.
        unforeseen: bool,
    },
}

/// Finds the seeds of `study` that change no stream in use, according to settings and devices.
pub fn idle_seeds(study: &Study, prepared: &Prepared) -> Vec<RepeatWarning> {
    let drawn: Vec<_> = study
        .conditions
        .iter()
        .map(|condition| {
            (given(&condition.settings.seeds), streams(&condition.settings, &prepared.devices_of(&condition.settings)))
        })
        .collect();
    let mut found = Vec::new();
    if study.seeds.len() > 1 {
        // The seed of a trial applies to the streams without their own seed.
        let idle = |(given, drawn): &([bool; 5], [bool; 5])| (0..5).all(|stream| given[stream] || !drawn[stream]);
        let fixed =
            |(given, drawn): &([bool; 5], [bool; 5])| (0..5).filter(|&stream| given[stream] && drawn[stream]).collect();
        found.extend(idle_key(study, "repeats.seeds", study.seeds.len(), &drawn, idle, fixed));
    }
    for axis in study.axes.iter().filter(|axis| is_seed(axis) && axis.values.len() > 1) {
        let Some(stream) = STREAMS.iter().position(|name| axis.key == format!("seeds.{name}")) else { continue };
        let idle = move |(_, drawn): &([bool; 5], [bool; 5])| !drawn[stream];
        found.extend(idle_key(study, &axis.key, axis.values.len(), &drawn, idle, |_| Vec::new()));
    }
    found
}

/// Returns a warning about one key if its seeds are `idle` in some conditions. `fixed` lists the streams with their own
/// seed.
fn idle_key(
    study: &Study,
    key: &str,
    seeds: usize,
    drawn: &[([bool; 5], [bool; 5])],
    idle: impl Fn(&([bool; 5], [bool; 5])) -> bool,
    fixed: impl Fn(&([bool; 5], [bool; 5])) -> Vec<usize>,
) -> Option<RepeatWarning> {
    let places: Vec<usize> = (0..drawn.len()).filter(|&place| idle(&drawn[place])).collect();
    let fixed: BTreeSet<usize> = places.iter().flat_map(|&place| fixed(&drawn[place])).collect();
    let fixed = fixed.into_iter().map(|stream| format!("seeds.{}", STREAMS[stream])).collect();
    let plain = |axis: &Axis| !is_seed(axis) && axis.values.len() > 1;
    let first = study.axes.iter().zip(&study.conditions.get(*places.first()?)?.values).filter(|(axis, _)| plain(axis));
    let example = first.map(|(axis, value)| format!("{} = {value}", axis.key)).collect::<Vec<String>>().join(", ");
    let some = (places.len() < drawn.len()).then_some(example);
    Some(RepeatWarning::IdleSeeds { key: key.to_owned(), seeds, fixed, some })
}

fn given(seeds: &SeedSettings) -> [bool; 5] {
    [seeds.initial, seeds.order, seeds.write, seeds.read, seeds.chip].map(|seed| seed.is_some())
}

/// Finds the trials in `done` that are bit-identical to others.
pub fn repeat_warnings(study: &Study, done: &[Done]) -> Vec<RepeatWarning> {
    let found = copies(study, done);
    let unforeseen = done.iter().zip(&found).any(|(done, first)| first.is_some() && done.unforeseen);
    let count = found.iter().flatten().count();
    (count > 0).then_some(RepeatWarning::Copies { count, trials: done.len(), unforeseen }).into_iter().collect()
}

/// Lists the streams.
fn listed(fixed: &[String]) -> String {
    let ticked: Vec<String> = fixed.iter().map(|key| format!("`{key}`")).collect();
    match ticked.split_last() {
        None => String::new(),
        Some((only, [])) => format!("{only} is fixed, and "),
        Some((last, rest)) => format!("{} and {last} are fixed, and ", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_study::record::Record;

    use super::*;
    use crate::fixture::{Fixture, record};

    fn messages(text: &str) -> Vec<String> {
        let fixture = Fixture::new(text, |_, _| None);
        fixture.see(|recorded| {
            idle_seeds(recorded.study, recorded.prepared).iter().map(RepeatWarning::to_string).collect()
        })
    }

    #[test]
    fn warns_about_idle_seeds_and_names_fixed_ones() {
        let fixed = "[seeds]\ninitial = 1\norder = 1\n[repeats]\nseeds = 5\n";
        assert_eq!(
            messages(fixed),
            ["repeats.seeds: the 5 seeds change nothing: `seeds.initial` and `seeds.order` are fixed, and no other \
              random stream is used; the repeats are copies and count as n = 1\n\nhint: remove a fixed seed, or \
              set `repeats.seeds` to 1"]
        );
        let device = "[hardware]\ndevice = \"ideal\"\n";
        assert_eq!(messages(&format!("{device}{fixed}")).len(), 1);
        let all = "[seeds]\ninitial = 1\norder = 1\nchip = 1\nwrite = 1\nread = 1\n[repeats]\nseeds = 2\n";
        assert!(
            messages(&format!("[noise]\nlevel_percent = 5\n{all}"))[0]
                .contains("`seeds.order` and `seeds.write` are fixed")
        );
        assert_eq!(messages("[seeds]\ninitial = 1\n[repeats]\nseeds = 5\n"), [""; 0]);
        assert_eq!(
            messages("[noise]\nlevel_percent = 5\n[seeds]\ninitial = 1\norder = 1\n[repeats]\nseeds = 5\n"),
            [""; 0]
        );
    }

    #[test]
    fn warns_about_some_conditions_and_about_lists_of_stream_seeds() {
        let some = messages("[noise]\nlevel_percent = [0, 5]\n[seeds]\ninitial = 1\norder = 1\n[repeats]\nseeds = 5\n");
        assert!(
            some[0].contains("change nothing in some conditions (for example noise.level_percent = 0): "),
            "{}",
            some[0]
        );
        let chips = messages("[hardware]\ndevice = \"ideal\"\n[seeds]\nchip = [1, 2, 3]\n[repeats]\nseeds = 2\n");
        assert!(
            chips[0].starts_with("seeds.chip: the 3 seeds change nothing: this random stream is not used;"),
            "{}",
            chips[0]
        );
    }

    #[test]
    fn warns_about_bit_identical_records() {
        let of = |loss: fn(u64) -> f64| {
            let made = move |settings: &ohmspike_study::settings::Settings, seed: u64| {
                Some(Record { loss: vec![loss(seed)], ..record(settings, seed, 0.5) })
            };
            Fixture::with_records("[repeats]\nseeds = 4\n", made).see(|recorded| {
                let done = crate::repeats::done(recorded.study, recorded.prepared, recorded.trials, recorded.store);
                repeat_warnings(recorded.study, &done).iter().map(RepeatWarning::to_string).collect::<Vec<String>>()
            })
        };
        assert!(
            of(|_| 1.0)[0]
                .starts_with("records: 3 of 4 trials are bit-identical copies of others, although their seeds differ")
        );
        assert_eq!(of(|seed| seed as f64), [""; 0]);
    }
}
