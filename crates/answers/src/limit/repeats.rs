//! What differs between the repeats of a study.

use ohmspike_analysis::drawn::Streams;
use ohmspike_study::settings::{SeedSettings, Settings};

/// Lists the random streams that differ between repeats of trials that draw from the streams `drawn`.
pub fn varies(settings: &Settings, drawn: Streams) -> Vec<String> {
    let seeds = &settings.seeds;
    let [initial, order, write, read, chip] = drawn;
    let streams = [
        ("chip (variation and faults of its cells)", seeds.chip, chip),
        ("initial weights", seeds.initial, initial),
        ("sample order", seeds.order, order),
        ("write noise", seeds.write, write),
        ("read noise", seeds.read, read),
    ];
    let varied = streams.into_iter().filter(|(_, fixed, applies)| fixed.is_none() && *applies);
    varied.map(|(name, ..)| name.to_owned()).collect()
}

/// Lists the streams that are drawn with a fixed seed: "initial weights and sample order".
pub fn fixed_streams(settings: &Settings, drawn: Streams) -> String {
    let free = Settings { seeds: SeedSettings::default(), ..settings.clone() };
    let left = varies(settings, drawn);
    let fixed: Vec<String> = varies(&free, drawn).into_iter().filter(|stream| !left.contains(stream)).collect();
    fixed.join(" and ")
}

/// Lists the seeds that the study fixes: "`seeds.initial` and `seeds.order`".
pub fn fixed_seeds(settings: &Settings) -> String {
    let seeds = &settings.seeds;
    let all = [
        ("chip", seeds.chip),
        ("initial", seeds.initial),
        ("order", seeds.order),
        ("write", seeds.write),
        ("read", seeds.read),
    ];
    let fixed = all.into_iter().filter(|(_, seed)| seed.is_some()).map(|(name, _)| format!("`seeds.{name}`"));
    fixed.collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_seeds_and_unused_streams_do_not_vary() {
        let mut settings = Settings::default();
        assert_eq!(varies(&settings, [true, true, false, false, false]), ["initial weights", "sample order"]);
        settings.seeds.order = Some(1);
        let expected = ["chip (variation and faults of its cells)", "initial weights", "write noise", "read noise"];
        assert_eq!(varies(&settings, [true; 5]), expected);
    }
}
