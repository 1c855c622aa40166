//! `ohmspike data import`: makes a data set of the user's files.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgGroup, ValueEnum};
use ohmspike_datasets::{
    Dataset, DenseImport, EventForm, EventImport, Import, Note, Part, Scale, StoredImport, Test, TimeUnit, counted,
    import_events, repeated_samples, shown_path, store, store_dense,
};
use ohmspike_study::silent_input::silent_imported;

use super::super::limit::amount::fraction;
use super::super::terminal::{Wanted, say};
use super::super::{Failure, warn};

const EXAMPLES: &str = "\
Examples:
  Events of 64 units, 0.5 s per recording, a quarter of them for the test:
      ohmspike data import gestures --events events.csv --units 64 --duration 0.5 \\
          --classes 3 --test-fraction 0.25

  Images with test images of their own:
      ohmspike data import digits --samples train.idx --labels train-labels.idx \\
          --test test.idx --test-labels test-labels.idx --classes 10

  Train on it:
      ohmspike train --set data.set=digits";

/// Import your own files as a data set.
///
/// Events are npz, npy, CSV or HDF5 files. They have sample, time (s), unit and label of every event, or the fields t (µs), x,
/// y and p of event cameras. HDF5 files may also have the layout of Spiking Heidelberg Digits.
///
/// Dense samples are npy or IDX files, with one row or image per sample, or an npz file with the arrays samples and labels. It may
/// also hold test_samples and test_labels. The names x_train, y_train, x_test, y_test (Keras) and train_images, train_labels,
/// test_images, test_labels (MedMNIST) work too. All files may be compressed with gzip.
///
/// The data set is stored in the folder that OHMSPIKE_DATA names, or else in the cache folder of the user.
///
/// Studies use the data set as `data.set = "NAME"`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES, override_usage = "ohmspike data import <NAME> <--events <FILE>|--samples <FILE>> [OPTIONS]")]
#[command(group(ArgGroup::new("kind").args(["events", "samples"]).required(true)))]
#[command(group(ArgGroup::new("tests").args(["test", "test_fraction"])))]
pub struct Arguments {
    /// Name of the data set: lower-case letters, digits and hyphens.
    name: String,
    /// Events: file of recorded events.
    #[arg(long, value_name = "FILE", requires = "sensor_or_units", requires = "duration")]
    events: Option<PathBuf>,
    /// Dense samples: npy, npz or IDX file.
    ///
    /// Whole numbers from 0 to 255, or numbers from 0 to 1. See --scale for other numbers. An npz file may hold the labels and the
    /// test samples as well.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sensor_or_units", "duration", "time_unit"])]
    samples: Option<PathBuf>,
    /// File of labels, one per sample.
    ///
    /// An npy or IDX file, a CSV file with the column `label`, or an npz file with the array `labels`.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// File of test samples.
    #[arg(long, value_name = "FILE", visible_alias = "test-samples")]
    test: Option<PathBuf>,
    /// File of their labels, one per test sample.
    #[arg(long, value_name = "FILE", requires = "test")]
    test_labels: Option<PathBuf>,
    /// Fraction of each class to use as test set.
    #[arg(long, value_name = "FRACTION", value_parser = fraction, allow_negative_numbers = true)]
    test_fraction: Option<f64>,
    /// Number of classes.
    #[arg(long, value_name = "N")]
    classes: usize,
    /// Names of the classes, separated by commas.
    ///
    /// In the order of their numbers, from 0.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    class_names: Option<Vec<String>>,
    /// Events: number of units.
    #[arg(long, value_name = "N", group = "sensor_or_units")]
    units: Option<usize>,
    /// Events with x, y, p: sensor size, as in 34x34x2.
    ///
    /// Unit = x + W y + W H p. H and P are 1 if omitted.
    #[arg(long, value_name = "WxHxP", group = "sensor_or_units")]
    sensor: Option<Sensor>,
    /// Events: length of a recording, s.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    duration: Option<f64>,
    /// Events: unit of times [default: that of the file].
    ///
    /// One of seconds, milliseconds, microseconds and nanoseconds. The default is the unit in an HDF5 file, or else seconds for
    /// the field time and microseconds for the field t.
    #[arg(long, value_name = "UNIT", hide_possible_values = true)]
    time_unit: Option<Unit>,
    /// Dense samples: min-max or min-max-each scaling.
    ///
    /// `min-max` maps the range of the training samples to 0 to 1. `min-max-each` does so for each feature separately.
    #[arg(long, value_name = "HOW", hide_possible_values = true, conflicts_with = "events")]
    scale: Option<How>,
    /// Folder of the data set [default: OHMSPIKE_DATA, or the cache folder of the user].
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Replace a data set of the same name.
    #[arg(long)]
    replace: bool,
}

/// The most class names to list.
const LISTED: usize = 8;

/// Width, height and polarities.
#[derive(Clone, Copy, Debug)]
struct Sensor([usize; 3]);

/// An invalid size of a sensor.
#[derive(Debug, thiserror::Error)]
#[error("expected up to three whole numbers with `x` between them, such as 34x34x2")]
struct WrongSensor;

impl FromStr for Sensor {
    type Err = WrongSensor;

    fn from_str(text: &str) -> Result<Sensor, WrongSensor> {
        let mut sizes = [1; 3];
        let parts: Vec<&str> = text.split('x').collect();
        if parts.len() > sizes.len() {
            return Err(WrongSensor);
        }
        for (size, part) in sizes.iter_mut().zip(parts) {
            *size = part.parse().map_err(|_| WrongSensor)?;
        }
        Ok(Sensor(sizes))
    }
}

/// A unit of time.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Unit {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

/// A way to scale values to 0 to 1.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum How {
    /// By the range of the training samples.
    MinMax,
    /// By the range of each feature.
    MinMaxEach,
}

/// Imports the data set and prints a summary.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let name = &arguments.name;
    let test = match (&arguments.test, arguments.test_fraction, &arguments.samples) {
        (Some(samples), ..) => Test::Files { samples: samples.clone(), labels: arguments.test_labels.clone() },
        (None, Some(fraction), _) => Test::Fraction(fraction),
        // The file of training samples may hold test samples too.
        (None, None, Some(samples)) => Test::Files { samples: samples.clone(), labels: None },
        (None, None, None) => return Err(NoTest.into()),
    };
    let class_names = arguments.class_names.clone();
    let cache = arguments.cache.as_deref();
    let (stored, has_events) = match &arguments.events {
        Some(events) => {
            let import =
                EventImport { events: events.clone(), labels: arguments.labels.clone(), test, form: arguments.form() };
            let Import { data, notes } = import_events(name, &import, class_names)?;
            let path = store(&data, cache, arguments.replace)?;
            let silent = |part: &Part| matches!(part, Part::Events(set) if set.times.is_empty());
            (in_file(path, &data, notes), ![&data.train, &data.test].into_iter().all(silent))
        }
        None => {
            let scale = arguments.scale.map(|how| match how {
                How::MinMax => Scale::MinMax,
                How::MinMaxEach => Scale::MinMaxEach,
            });
            let samples = arguments.samples.clone().expect("the command line asks for it");
            let labels = arguments.labels.clone().unwrap_or_else(|| samples.clone());
            let import = DenseImport { samples, labels, test, classes: arguments.classes, scale };
            (store_dense(name, &import, class_names, cache, arguments.replace)?, true)
        }
    };
    arguments.tell(&stored)?;
    if arguments.events.is_none() {
        warn(&silent_imported(name, cache)?.into_iter().collect::<Vec<_>>());
    }
    warn(&repeated_samples(name, cache)?.into_iter().collect::<Vec<_>>());
    if !has_events && stored.notes.iter().any(|note| matches!(note, Note::Empty { .. })) {
        warn(&[NoEvents { name: name.clone() }]);
    }
    Ok(())
}

/// A data set in the file at `path`.
fn in_file(path: PathBuf, data: &Dataset, notes: Vec<Note>) -> StoredImport {
    StoredImport {
        path,
        train: data.train.len(),
        test: data.test.len(),
        units: data.train.units(),
        class_names: data.class_names.clone(),
        digest: data.digest.clone(),
        notes,
    }
}

/// Names of the classes with their numbers, shortened if there are many.
fn numbered(names: &[String]) -> String {
    let one = |class: usize| format!("{class} `{}`", names[class]);
    let all = |classes: std::ops::Range<usize>| classes.map(one).collect::<Vec<_>>().join(", ");
    match names.len() {
        few if few <= LISTED => all(0..few),
        many => format!("{}, ..., {}", all(0..LISTED - 1), one(many - 1)),
    }
}

/// Recordings without a test.
#[derive(Debug, thiserror::Error)]
#[error("no test samples; expected `--test FILE` or `--test-fraction FRACTION`")]
struct NoTest;

/// A file that contradicts the command.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {note}\n\nhint: check which unit is right; a wrong unit stretches or shortens every recording")]
struct Overruled<'a> {
    name: &'a str,
    note: &'a Note,
}

/// A data set without events.
#[derive(Debug, thiserror::Error)]
#[error("{name}: no recording has an event, so networks receive no input\n\nhint: check the file of events")]
struct NoEvents {
    name: String,
}

impl Arguments {
    /// Prints a summary and remarks.
    fn tell(&self, stored: &StoredImport) -> Wanted {
        let name = &self.name;
        say!("{name}: {}", shown_path(&stored.path))?;
        say!(
            "  {} for training, {} for the test, {}, {}",
            counted(stored.train, "sample"),
            stored.test,
            counted(stored.units, "unit"),
            counted(stored.class_names.len(), "class")
        )?;
        say!("  SHA-256 {}", stored.digest)?;
        if self.class_names.is_some() {
            say!("  classes: {}", numbered(&stored.class_names))?;
        }
        let (against, told): (Vec<&Note>, Vec<&Note>) =
            stored.notes.iter().partition(|note| matches!(note, Note::UnitOverruled { .. }));
        for note in told {
            say!("  {note}")?;
        }
        warn(&against.into_iter().map(|note| Overruled { name, note }).collect::<Vec<_>>());
        Ok(true)
    }

    /// The properties of the events.
    fn form(&self) -> EventForm {
        let time_unit = self.time_unit.map(|unit| match unit {
            Unit::Seconds => TimeUnit::Seconds,
            Unit::Milliseconds => TimeUnit::Milliseconds,
            Unit::Microseconds => TimeUnit::Microseconds,
            Unit::Nanoseconds => TimeUnit::Nanoseconds,
        });
        let sensor = match (self.sensor, self.units) {
            (Some(Sensor(sensor)), _) => sensor,
            (None, units) => [units.expect("the command line asks for one of them"), 1, 1],
        };
        let duration_seconds = self.duration.expect("the command line asks for it");
        EventForm { sensor, classes: self.classes, duration_seconds, time_unit }
    }
}
