//! Data of any other origin becomes a data set of its own.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::{
    dataset::{Dataset, Part},
    dense::{DenseError, Measure, Raw, Scale},
    event_columns::EventForm,
    event_file::{self, EventFileError},
    events::EventSet,
    imported,
    note::Note,
    shown::{excerpt, is_control, shown, shown_path},
    split::split,
    stored,
};

/// Characters of the longest name of a class.
const LONGEST_CLASS_NAME: usize = 100;

/// Recordings that end before this part of their stated duration may count another unit, of which the next is a thousand times as long.
const SHORT: f64 = 100.0;

/// Where test samples come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// This share of the samples, from 0 to 1, of every class.
    Share(f64),
    /// A file of samples, and one of their labels where they stand apart.
    Files {
        /// Samples.
        samples: PathBuf,
        /// Labels.
        labels: Option<PathBuf>,
    },
}

/// Recorded events to import.
#[derive(Clone, Debug, PartialEq)]
pub struct EventImport {
    /// The file of training samples, or of all.
    pub events: PathBuf,
    /// Their labels where they stand apart.
    pub labels: Option<PathBuf>,
    /// Where test samples come from.
    pub test: Test,
    /// What is known beside the files.
    pub form: EventForm,
}

/// Dense samples to import.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseImport {
    /// The file of training samples, or of all.
    pub samples: PathBuf,
    /// Their labels.
    pub labels: PathBuf,
    /// Where test samples come from; their labels stand apart.
    pub test: Test,
    /// Number of classes.
    pub classes: usize,
    /// How numbers are brought to 0 to 1, where they are not.
    pub scale: Option<Scale>,
}

/// Why data cannot be imported.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// A statement that no data set can have.
    #[error("{what}: got {got}, must be {allowed}")]
    Statement {
        /// What is stated.
        what: &'static str,
        /// What was given.
        got: String,
        /// What is allowed.
        allowed: String,
    },
    /// Events cannot be read.
    #[error(transparent)]
    Events(#[from] EventFileError),
    /// Dense samples cannot be read.
    #[error(transparent)]
    Dense(#[from] DenseError),
    /// Test samples without labels.
    #[error("{file}: labels are missing, must be in a file of their own")]
    NoLabels {
        /// The file of samples.
        file: String,
    },
    /// All samples on one side.
    #[error(
        "test share: {share} of {samples} samples leaves {train} for training and {test} for the test, must leave both some"
    )]
    Share {
        /// The share.
        share: f64,
        /// Samples in all.
        samples: usize,
        /// Samples for training.
        train: usize,
        /// Samples for the test.
        test: usize,
    },
    /// The data set is there and is another.
    #[error(
        "{path}: holds another data set of this name (digest `{there}`, the new one has `{new}`), must be free or hold the same\n\n\
         hint: choose another name, or give `--replace`"
    )]
    There {
        /// The file.
        path: String,
        /// The digest of what is there.
        there: String,
        /// The digest of what was read.
        new: String,
    },
    /// Nobody knows where to put it.
    #[error(
        "no cache folder as the home folder is unknown, must be known or given\n\nhint: set `HOME` or `XDG_CACHE_HOME`"
    )]
    NoCacheFolder,
    /// It cannot be written.
    #[error("{path}: cannot be written ({reason}), must be in a writable folder")]
    Write {
        /// The file.
        path: String,
        /// What the system says.
        reason: io::Error,
    },
}

/// A data set that was imported, and what is worth telling of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The data set.
    pub data: Dataset,
    /// What was left out or changed, or cannot be tested.
    pub notes: Vec<Note>,
}

fn refuse<T>(what: &'static str, got: impl ToString, allowed: impl Into<String>) -> Result<T, ImportError> {
    Err(ImportError::Statement { what, got: got.to_string(), allowed: allowed.into() })
}

/// Reads recorded events as the data set `name`, whose classes are called `class_names`, or by their numbers.
///
/// # Errors
/// [`ImportError`] for every file that is not as `crates/datasets/src/event_file.rs` says, and every statement that does not fit.
pub fn import_events(
    name: &str,
    import: &EventImport,
    class_names: Option<Vec<String>>,
) -> Result<Import, ImportError> {
    let form = &import.form;
    let class_names = checked(name, form.classes, class_names, &import.test)?;
    let units = form.sensor.iter().try_fold(1_usize, |units, &size| units.checked_mul(size));
    if !units.is_some_and(|units| (1..=1 << u16::BITS).contains(&units)) {
        return refuse("units", form.sensor.map(|size| size.to_string()).join(" x "), "from 1 to 65536");
    }
    if !(form.duration_seconds.is_finite() && form.duration_seconds > 0.0) {
        return refuse("duration", format!("{} s", form.duration_seconds), "a time above 0 s");
    }
    let mut notes = Vec::new();
    let all = event_file::read(&import.events, import.labels.as_deref(), form, &mut notes)?;
    let (train, test) = match &import.test {
        Test::Files { samples, labels } => {
            let mut of_test = Vec::new();
            let test = event_file::read(samples, labels.as_deref(), form, &mut of_test)?;
            notes.extend(of_test.into_iter().filter(|note| !notes.contains(note)).collect::<Vec<_>>());
            (all, test)
        }
        Test::Share(share) => {
            let (train, test) = both(&all.labels, *share)?;
            (chosen(&all, &train), chosen(&all, &test))
        }
    };
    notes.extend(short(&[&train, &test], form.duration_seconds));
    notes.extend([("for training", &train), ("for the test", &test)].into_iter().filter_map(empty));
    let data = dataset(name, class_names, Part::Events(train), Part::Events(test), Some(form.duration_seconds));
    notes.extend(missing(&data));
    Ok(Import { data, notes })
}

/// Reads dense samples as the data set `name`, whose classes are called `class_names`, or by their numbers.
///
/// # Errors
/// [`ImportError`] for every file that is not as `crates/datasets/src/dense.rs` says, and every statement that does not fit.
pub fn import_dense(name: &str, import: &DenseImport, class_names: Option<Vec<String>>) -> Result<Import, ImportError> {
    let class_names = checked(name, import.classes, class_names, &import.test)?;
    let all = Raw::read(&import.samples, &import.labels, import.classes)?;
    if all.units() > 1 << u16::BITS {
        return refuse("numbers of a sample", all.units(), "from 1 to 65536");
    }
    let every = |raw: &Raw| (0..raw.labels.len()).collect::<Vec<_>>();
    let (train, test, of_test) = match &import.test {
        Test::Files { samples, labels } => {
            let no_labels = || ImportError::NoLabels { file: shown_path(samples) };
            let test = Raw::read(samples, labels.as_ref().ok_or_else(no_labels)?, import.classes)?;
            all.check_units(&test)?;
            let chosen = every(&test);
            (every(&all), chosen, Some(test))
        }
        Test::Share(share) => {
            let (train, test) = both(&all.labels, *share)?;
            (train, test, None)
        }
    };
    let measure = Measure::new(&all, &train, import.scale)?;
    let tested = of_test.as_ref().unwrap_or(&all);
    let data = dataset(name, class_names, measure.part(&all, &train)?, measure.part(tested, &test)?, None);
    let changed = [measure.changed(&all, &train), measure.changed(tested, &test)];
    let notes = measure.constant().into_iter().chain(together(changed)).chain(missing(&data)).collect();
    Ok(Import { data, notes })
}

/// What was rounded in training and test as one.
fn together(changed: [Option<Note>; 2]) -> Vec<Note> {
    match changed {
        [Some(Note::Rounded { rounded, numbers }), Some(Note::Rounded { rounded: more, numbers: others })] => {
            vec![Note::Rounded { rounded: rounded + more, numbers: numbers + others }]
        }
        // Numbers of training lie within their range, but for the last digit of its width.
        [Some(Note::Held { .. }), test] => test.into_iter().collect(),
        changed => changed.into_iter().flatten().collect(),
    }
}

/// Whether all events are so early that their times may count something else.
fn short(parts: &[&EventSet], duration_seconds: f64) -> Option<Note> {
    let latest = parts.iter().flat_map(|set| &set.times).copied().fold(0.0, f64::max);
    (latest > 0.0 && latest < duration_seconds / SHORT).then_some(Note::Short { latest, duration_seconds })
}

/// Recordings of a part without events.
fn empty((part, set): (&'static str, &EventSet)) -> Option<Note> {
    let empty = set.offsets.windows(2).filter(|ends| ends[0] == ends[1]).count();
    (empty > 0).then_some(Note::Empty { part, empty, samples: set.len() })
}

/// Classes that training, or the test, has no samples of.
fn missing(data: &Dataset) -> Vec<Note> {
    let counts = [&data.train, &data.test].map(|part| {
        let mut counts = vec![0_usize; data.class_names.len()];
        part.labels().iter().for_each(|&label| counts[usize::from(label)] += 1);
        counts
    });
    let told = |(part, which): (&'static str, usize)| {
        let of_class = |class: usize| (data.class_names[class].clone(), counts[0][class], counts[1][class]);
        let classes: Vec<_> =
            (0..data.class_names.len()).filter(|&class| counts[which][class] == 0).map(of_class).collect();
        (!classes.is_empty()).then_some(Note::Missing { part, classes })
    };
    [("for training", 0), ("for the test", 1)].into_iter().filter_map(told).collect()
}

/// Puts `data` into the cache folder, for which `cache` stands in, and returns its file. What is there under this name and is another
/// is only replaced where `replace` says so.
///
/// # Errors
/// [`ImportError`] where it cannot be written, or would replace another.
pub fn store(data: &Dataset, cache: Option<&Path>, replace: bool) -> Result<PathBuf, ImportError> {
    let path = imported::place(&data.name, cache).ok_or(ImportError::NoCacheFolder)?;
    let written = || shown_path(&path);
    if path.exists() && !replace {
        // One that cannot be read is another.
        let there = stored::read(&path, &data.name).map_or_else(|_| "none".to_owned(), |there| there.digest);
        if there != data.digest {
            return Err(ImportError::There { path: written(), there, new: data.digest.clone() });
        }
    }
    fs::create_dir_all(path.parent().unwrap_or(Path::new("")))
        .and_then(|()| stored::write(&path, data))
        .map_err(|reason| ImportError::Write { path: written(), reason })?;
    Ok(path)
}

/// The names of the classes, once what is stated is checked.
fn checked(
    name: &str,
    classes: usize,
    class_names: Option<Vec<String>>,
    test: &Test,
) -> Result<Vec<String>, ImportError> {
    if !imported::is_name(name) {
        let allowed =
            "lower-case letters, digits and hyphens, a letter first, at most 64, and no data set that is built in";
        return refuse("name", format!("`{}`", shown(name)), allowed);
    }
    if !(2..=1 << u8::BITS).contains(&classes) {
        return refuse("classes", classes, "from 2 to 256");
    }
    if let Test::Share(share) = test
        && !(*share > 0.0 && *share < 1.0)
    {
        return refuse("test share", share, "above 0 and below 1");
    }
    let names = class_names.unwrap_or_else(|| (0..classes).map(|class| format!("class {class}")).collect());
    if names.len() != classes {
        return refuse("names of classes", names.len(), format!("{classes}, one a class"));
    }
    if let Some(name) = names.iter().find(|name| !is_class_name(name)) {
        let allowed = format!("text of 1 to {LONGEST_CLASS_NAME} characters without control characters");
        return refuse("name of a class", format!("`{}`", excerpt(name)), allowed);
    }
    if let Some(twice) =
        names.iter().enumerate().find_map(|(class, name)| names[..class].contains(name).then_some(name))
    {
        return refuse("name of a class", format!("`{twice}` twice"), "of one class alone");
    }
    Ok(names)
}

fn is_class_name(name: &str) -> bool {
    !name.contains(is_control) && (1..=LONGEST_CLASS_NAME).contains(&name.chars().count())
}

/// Numbers of training and of test samples, some of each.
fn both(labels: &[u8], share: f64) -> Result<(Vec<usize>, Vec<usize>), ImportError> {
    let (train, test) = split(labels, share);
    if train.is_empty() || test.is_empty() {
        let (train, test) = (train.len(), test.len());
        return Err(ImportError::Share { share, samples: labels.len(), train, test });
    }
    Ok((train, test))
}

/// The recordings `samples` of `all`.
fn chosen(all: &EventSet, samples: &[usize]) -> EventSet {
    let mut set = EventSet::new(all.units, all.classes);
    for &sample in samples {
        let (times, units) = all.recording(sample);
        let pushed = set.push("", times.iter().copied(), units.iter().copied(), i128::from(all.labels[sample]));
        pushed.expect("recordings of a set were checked");
    }
    set
}

fn dataset(name: &str, class_names: Vec<String>, train: Part, test: Part, duration_seconds: Option<f64>) -> Dataset {
    let digest = stored::digest(&train, &test, class_names.len(), duration_seconds);
    Dataset { name: name.to_owned(), class_names, train, test, duration_seconds, digest }
}
