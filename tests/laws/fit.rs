//! The law of the fit: samples of a device, fitted, give its numbers back.
//!
//! Every number of every built-in device file is either recovered, or listed by the fit as not determined
//! ([`ohmspike_fit::not_fitted`]). Program and verify and telegraph noise, which no built-in device has in a form that
//! data determine, have devices of their own.
//!
//! The 99 % interval of every number holds it in at least 97 of 100 samples. Misses are binomial: an interval that misses in exactly
//! 1 % of all samples would miss in more than three of a hundred with a probability of 1.8 %, which some of 250 numbers would do by
//! chance. The intervals of the fit are wider where the error of their own standard error counts, and miss in about 0.5 %: four of a
//! hundred have a probability of 0.2 %.
//!
//! Laws are those of the device: their choice is another decision, with tests in the crate.

mod drift;
mod faults;
mod outliers;
mod pulses;
mod reads;
mod retention;
mod tally;
mod verified;
mod writes;

use ohmspike_crossbar::device::{BUILT_IN, Device};
use ohmspike_fit::{FitInput, FitOptions, FitReport, InputFile, fit};

use tally::Tally;

/// Seeds of each device.
const SEEDS: u64 = 100;
/// Write noise of `from-study` devices, µS.
const STUDY_SIGMA: f64 = 8.0;

/// Returns a table with its name.
fn file(name: &str, text: String) -> Option<InputFile> {
    Some(InputFile { name: name.to_owned(), bytes: text.into_bytes() })
}

/// Returns options with the window of `device`, and few bootstrap samples: their standard deviation has a relative
/// error of 1 / sqrt(2 · 100) = 7 %, which changes the coverage of a 99 % interval by 0.1 %.
fn options(device: &Device) -> FitOptions {
    let window = (f64::from(device.window.low()), f64::from(device.window.high()));
    FitOptions { window: Some(window), resamples: 100, held_out: 0.0, ..FitOptions::default() }
}

/// Returns the fit of tables that are valid.
fn fitted(input: FitInput, options: &FitOptions) -> FitReport {
    fit(&input, options).expect("valid tables")
}

/// Samples and fits a built-in device, and checks that no number of its file is left out.
fn recovers(name: &str) {
    let (_, json) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name).expect("a built-in device");
    let device = Device::built_in(name).expect("a built-in device");
    let mut tally = Tally::default();
    for seed in 1..=SEEDS {
        writes::add(&device, seed, &mut tally);
        reads::add(&device, seed, &mut tally);
        drift::add(&device, seed, &mut tally);
        pulses::add(&device, seed, &mut tally);
        faults::add(&device, seed, &mut tally);
    }
    tally.check(name);
    tally.check_keys(name, &serde_json::from_str(json).expect("a device file"));
}

macro_rules! built_in {
    ($($test:ident = $name:literal),* $(,)?) => {
        $(
            #[test]
            fn $test() {
                recovers($name);
            }
        )*

        #[test]
        fn every_built_in_device_is_covered() {
            let mut covered = vec![$($name),*];
            let mut names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
            covered.sort_unstable();
            names.sort_unstable();
            assert_eq!(covered, names);
        }
    };
}

built_in! {
    yousuf = "1t1r-yousuf-2025",
    yousuf_repeats = "1t1r-yousuf-2025-repeats",
    falcone = "cmo-hfox-falcone-2025",
    falcone_fine = "cmo-hfox-falcone-2025-fine",
    kim = "ecram-mo-kim-2019",
    tang = "ecram-tang-2018",
    milo = "hfo2-1t1r-milo-2021",
    gong_array = "hfo2-array-gong-2022",
    wan_one_day = "hfox-taox-wan-2022-1d",
    wan_one_second = "hfox-taox-wan-2022-1s",
    wan_two_days = "hfox-taox-wan-2022-2d",
    ideal = "ideal",
    illustrative = "illustrative-oxide",
    ladder = "oxide-ladder-chosen",
    joshi = "pcm-joshi-2020",
    gong_array_om = "reram-array-om-gong-2022",
    gong_exponential = "reram-es-gong-2018",
    gong_soft_bounds = "reram-sb-gong-2018",
    study = "study-1k-1m",
}
