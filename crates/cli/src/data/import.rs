//! `ohmspike data import`: files of one's own become a data set.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgGroup, ValueEnum};
use ohmspike_datasets::{
    Dataset, DenseImport, EventForm, EventImport, Import, Note, Part, Scale, Test, TimeUnit, import_dense,
    import_events, shown_path, store,
};
use ohmspike_study::silent_input::silent_samples;

use super::super::terminal::say;
use super::super::{Failure, warn};

/// Make a data set of your own files: recorded events, or dense samples.
///
/// Events: npz, npy, CSV or HDF5 with sample, time (s), unit and label of every event, or with the fields t (microseconds), x, y and p;
/// HDF5 also in the layout of Spiking Heidelberg Digits. Dense samples: npy or IDX, a row or an image a sample. Any of them may be
/// packed with gzip. A study then says `data.set = "NAME"`.
#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("kind").args(["events", "samples"]).required(true)))]
#[command(group(ArgGroup::new("tests").args(["test", "test_share"]).required(true)))]
pub struct Arguments {
    /// Name of the data set: lower-case letters, digits and hyphens.
    name: String,
    /// File of recorded events.
    #[arg(long, value_name = "FILE", requires = "sensor_or_units", requires = "duration")]
    events: Option<PathBuf>,
    /// File of dense samples, npy or IDX: whole numbers from 0 to 255, or numbers from 0 to 1.
    #[arg(long, value_name = "FILE", requires = "labels", conflicts_with_all = ["sensor_or_units", "duration", "time_unit"])]
    samples: Option<PathBuf>,
    /// File of labels, one a sample: npy, IDX, CSV with the column label, npz with the array labels.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// File of test samples.
    #[arg(long, value_name = "FILE", visible_alias = "test-samples")]
    test: Option<PathBuf>,
    /// File of their labels.
    #[arg(long, value_name = "FILE", requires = "test")]
    test_labels: Option<PathBuf>,
    /// Share of the samples of every class to test with, where no file holds test samples.
    #[arg(long, value_name = "SHARE")]
    test_share: Option<f64>,
    /// Number of classes.
    #[arg(long, value_name = "N")]
    classes: usize,
    /// What the classes are called, in the order of their numbers.
    #[arg(long, value_name = "NAME,NAME,...", value_delimiter = ',')]
    class_names: Option<Vec<String>>,
    /// Of events, number of units.
    #[arg(long, value_name = "N", group = "sensor_or_units")]
    units: Option<usize>,
    /// Of events with x, y and p, the sizes of the sensor: unit = x + W y + W H p. Left out, H and P are 1.
    #[arg(long, value_name = "WxHxP", group = "sensor_or_units")]
    sensor: Option<Sensor>,
    /// Of events, what a recording lasts, s.
    #[arg(long, value_name = "SECONDS")]
    duration: Option<f64>,
    /// Of events, what their times count [default: what an HDF5 file states, or seconds for time and microseconds for t].
    #[arg(long, value_name = "UNIT")]
    time_unit: Option<Unit>,
    /// Of dense samples, how other numbers are brought to 0 to 1.
    #[arg(long, value_name = "HOW", conflicts_with = "events")]
    scale: Option<How>,
    /// Another cache folder.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Put it in the place of another data set of this name.
    #[arg(long)]
    replace: bool,
}

/// Names of classes that are listed.
const LISTED: usize = 8;

/// Width, height and polarities.
#[derive(Clone, Copy, Debug)]
struct Sensor([usize; 3]);

/// A text that is no sensor.
#[derive(Debug, thiserror::Error)]
#[error("must be up to three whole numbers with `x` between them, as 34x34x2")]
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

/// What times count.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Unit {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

/// How numbers are brought to 0 to 1.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum How {
    /// From the lowest to the highest in training.
    MinMax,
    /// The same for every feature by itself.
    MinMaxEach,
}

/// Imports the data set and tells what it is.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let name = &arguments.name;
    let test = match (&arguments.test, arguments.test_share) {
        (Some(samples), _) => Test::Files { samples: samples.clone(), labels: arguments.test_labels.clone() },
        (None, share) => Test::Share(share.unwrap_or_default()),
    };
    let class_names = arguments.class_names.clone();
    let Import { data, notes } = match &arguments.events {
        Some(events) => {
            let import =
                EventImport { events: events.clone(), labels: arguments.labels.clone(), test, form: arguments.form() };
            import_events(name, &import, class_names)?
        }
        None => {
            let scale = arguments.scale.map(|how| match how {
                How::MinMax => Scale::MinMax,
                How::MinMaxEach => Scale::MinMaxEach,
            });
            let (samples, labels) = (arguments.samples.clone(), arguments.labels.clone());
            let (samples, labels) = samples.zip(labels).expect("the command line asks for both");
            import_dense(name, &DenseImport { samples, labels, test, classes: arguments.classes, scale }, class_names)?
        }
    };
    let path = store(&data, arguments.cache.as_deref(), arguments.replace)?;
    say!("{name}: {}", shown_path(&path))?;
    say!(
        "  {} samples for training, {} for the test, {} units, {} classes",
        data.train.len(),
        data.test.len(),
        data.train.units(),
        data.class_names.len()
    )?;
    say!("  SHA-256 {}", data.digest)?;
    if arguments.class_names.is_some() {
        say!("  classes in the order of their numbers: {}", numbered(&data.class_names))?;
    }
    let (against, told): (Vec<&Note>, Vec<&Note>) =
        notes.iter().partition(|note| matches!(note, Note::UnitOverruled { .. }));
    for note in told {
        say!("  {note}")?;
    }
    warn(&against.into_iter().map(|note| Overruled { name, note }).collect::<Vec<_>>());
    warn_of_silence(&data, &notes);
    Ok(())
}

/// The first and last names with their numbers.
fn numbered(names: &[String]) -> String {
    let one = |class: usize| format!("{class} `{}`", names[class]);
    let all = |classes: std::ops::Range<usize>| classes.map(one).collect::<Vec<_>>().join(", ");
    match names.len() {
        few if few <= LISTED => all(0..few),
        many => format!("{}, ..., {}", all(0..LISTED - 1), one(many - 1)),
    }
}

/// Tells of a data set of which a network sees nothing, or only a part.
fn warn_of_silence(data: &Dataset, notes: &[Note]) {
    warn(&silent_samples(data).into_iter().collect::<Vec<_>>());
    let silent = [&data.train, &data.test].iter().all(|part| matches!(part, Part::Events(set) if set.times.is_empty()));
    if silent && notes.iter().any(|note| matches!(note, Note::Empty { .. })) {
        warn(&[NoEvents { name: data.name.clone() }]);
    }
}

/// A file that says something else than the command.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {note}\n\nhint: make sure that the file is wrong; a wrong unit stretches or shortens every recording")]
struct Overruled<'a> {
    name: &'a str,
    note: &'a Note,
}

/// A data set of recordings that are all empty.
#[derive(Debug, thiserror::Error)]
#[error("{name}: no recording has an event, so that no network sees any input\n\nhint: look into the file of events")]
struct NoEvents {
    name: String,
}

impl Arguments {
    /// What is stated of events.
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
