//! Imports data of any origin as a named data set.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::{
    dataset::{Dataset, Part},
    dense::{DenseError, Raw, Role, Scale},
    event_columns::EventForm,
    event_file::{self, EventFileError},
    events::EventSet,
    imported,
    imported_set::digest_of_file,
    measure::Measure,
    note::Note,
    shown::{excerpt, is_control, shown, shown_path},
    split::split,
    stored,
};

/// Longest class name, characters.
const LONGEST_CLASS_NAME: usize = 100;

/// Events that all end before this fraction of the duration suggest a wrong unit of times; units differ by factors of a
/// thousand.
const SHORT: f64 = 100.0;

/// Source of test samples.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Fraction of the samples of each class, from 0 to 1.
    Fraction(f64),
    /// Separate files.
    Files {
        /// File of samples.
        samples: PathBuf,
        /// File of labels, if the samples contain none.
        labels: Option<PathBuf>,
    },
}

/// Import of recorded events.
#[derive(Clone, Debug, PartialEq)]
pub struct EventImport {
    /// File of training samples, or of all samples.
    pub events: PathBuf,
    /// File of labels, if the events contain none.
    pub labels: Option<PathBuf>,
    /// Source of test samples.
    pub test: Test,
    /// Properties that the files do not state.
    pub form: EventForm,
}

/// Import of dense samples.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseImport {
    /// File of training samples, or of all samples.
    pub samples: PathBuf,
    /// File of labels; the same npz file may hold samples and labels.
    pub labels: PathBuf,
    /// Source of test samples; the npz file of the training samples may hold them too.
    pub test: Test,
    /// Number of classes.
    pub classes: usize,
    /// Rule for scaling numbers to 0 to 1, if they need it.
    pub scale: Option<Scale>,
}

/// Reason for rejecting an import.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// An invalid property of the data set.
    #[error("{what}: expected {allowed}, got {got}")]
    Statement {
        /// Name of the property.
        what: &'static str,
        /// Value of the property.
        got: String,
        /// Allowed values.
        allowed: String,
    },
    /// Invalid events.
    #[error(transparent)]
    Events(#[from] EventFileError),
    /// Invalid dense samples.
    #[error(transparent)]
    Dense(#[from] DenseError),
    /// No samples left for training or for testing.
    #[error(
        "test fraction: {fraction} of {samples} samples leaves {train} for training and {test} for testing; expected at least 1 of each"
    )]
    Fraction {
        /// Fraction of test samples.
        fraction: f64,
        /// Total number of samples.
        samples: usize,
        /// Samples for training.
        train: usize,
        /// Samples for testing.
        test: usize,
    },
    /// A different data set with this name exists.
    #[error(
        "{path}: a different data set with this name exists (digest `{there}`; new digest `{new}`)\n\n\
         hint: choose another name or use `--replace`"
    )]
    There {
        /// The file.
        path: String,
        /// Digest of the existing data set.
        there: String,
        /// Digest of the new data set.
        new: String,
    },
    /// Unknown cache folder.
    #[error("no cache folder because the home folder is unknown\n\nhint: set `HOME` or `XDG_CACHE_HOME`")]
    NoCacheFolder,
    /// The data set cannot be written.
    #[error("cannot write `{path}`: {}", crate::write_reason(reason))]
    Write {
        /// The file.
        path: String,
        /// Error of the operating system.
        reason: io::Error,
    },
}

/// An imported data set with remarks.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The data set.
    pub data: Dataset,
    /// Remarks on skipped or changed data and on classes that cannot be tested.
    pub notes: Vec<Note>,
}

fn refuse<T>(what: &'static str, got: impl ToString, allowed: impl Into<String>) -> Result<T, ImportError> {
    Err(ImportError::Statement { what, got: got.to_string(), allowed: allowed.into() })
}

/// Reads recorded events as the data set `name`. Classes are named by `class_names`, or `class 0`, `class 1` and so on.
///
/// # Errors
/// Returns an error if a file violates the formats in `crates/datasets/src/event_file.rs` or a property is invalid.
pub fn import_events(
    name: &str,
    import: &EventImport,
    class_names: Option<Vec<String>>,
) -> Result<Import, ImportError> {
    let form = &import.form;
    let class_names = checked(name, form.classes, class_names, &import.test)?;
    let units = form.sensor.iter().try_fold(1_usize, |units, &size| units.checked_mul(size));
    if !units.is_some_and(|units| (1..=1 << u16::BITS).contains(&units)) {
        let got = match form.sensor {
            [units, 1, 1] => units.to_string(),
            sensor => sensor.map(|size| size.to_string()).join(" x "),
        };
        return refuse("units", got, "1 to 65536");
    }
    if !(form.duration_seconds.is_finite() && form.duration_seconds > 0.0) {
        // -0 is shown as 0.
        return refuse("duration", format!("{} s", form.duration_seconds + 0.0), "a finite number above 0 s");
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
        Test::Fraction(fraction) => {
            let (train, test) = both(&all.labels, *fraction)?;
            (chosen(&all, &train), chosen(&all, &test))
        }
    };
    notes.extend(short(&[&train, &test], form.duration_seconds));
    notes.extend([("for training", &train), ("for testing", &test)].into_iter().filter_map(empty));
    let data = dataset(name, class_names, Part::Events(train), Part::Events(test), Some(form.duration_seconds));
    notes.extend(missing(&data.class_names, [data.train.labels(), data.test.labels()]));
    Ok(Import { data, notes })
}

/// Reads dense samples as the data set `name`. Classes are named by `class_names`, or `class 0`, `class 1` and so on.
///
/// # Errors
/// Returns an error if a file violates the formats in `crates/datasets/src/dense.rs` or a property is invalid.
pub fn import_dense(name: &str, import: &DenseImport, class_names: Option<Vec<String>>) -> Result<Import, ImportError> {
    let plan = DensePlan::new(name, import, class_names)?;
    let part = |part: usize| plan.measure.part(plan.raw(part), &plan.chosen[part]);
    let data = dataset(name, plan.class_names.clone(), part(0)?, part(1)?, None);
    Ok(Import { data, notes: plan.notes()? })
}

/// Which dense samples become a data set, and how they are scaled.
pub(crate) struct DensePlan {
    pub class_names: Vec<String>,
    all: Raw,
    /// Test samples, if they are not among `all`.
    of_test: Option<Raw>,
    /// Numbers of the training samples and of the test samples.
    chosen: [Vec<usize>; 2],
    measure: Measure,
    /// Whether test samples are read from the file of the training samples.
    test_is_read: bool,
}

impl DensePlan {
    /// Reads labels and shapes, and derives the scale.
    pub(crate) fn new(
        name: &str,
        import: &DenseImport,
        class_names: Option<Vec<String>>,
    ) -> Result<DensePlan, ImportError> {
        let class_names = checked(name, import.classes, class_names, &import.test)?;
        let all = Raw::read(&import.samples, &import.labels, import.classes, Role::Train)?;
        if all.units() > 1 << u16::BITS {
            return refuse("numbers per sample", all.units(), "1 to 65536");
        }
        let every = |raw: &Raw| (0..raw.labels.len()).collect::<Vec<_>>();
        let (train, test, of_test) = match &import.test {
            Test::Files { samples, labels } => {
                let role = if *samples == import.samples { Role::TestOfSame } else { Role::Test };
                let test = Raw::read(samples, labels.as_ref().unwrap_or(samples), import.classes, role)?;
                all.check_units(&test)?;
                let chosen = every(&test);
                (every(&all), chosen, Some(test))
            }
            Test::Fraction(fraction) => {
                all.check_no_test()?;
                let (train, test) = both(&all.labels, *fraction)?;
                (train, test, None)
            }
        };
        let measure = Measure::new(&all, &train, import.scale)?;
        let test_is_read = matches!(&import.test, Test::Files { samples, .. } if *samples == import.samples);
        Ok(DensePlan { class_names, all, of_test, chosen: [train, test], measure, test_is_read })
    }

    /// Returns the file of training samples (`part` 0) or of test samples (1).
    fn raw(&self, part: usize) -> &Raw {
        self.of_test.as_ref().filter(|_| part == 1).unwrap_or(&self.all)
    }

    /// Returns the numbers of training and test samples.
    pub(crate) fn samples(&self) -> [usize; 2] {
        [self.chosen[0].len(), self.chosen[1].len()]
    }

    /// Returns the numbers per sample.
    pub(crate) fn units(&self) -> usize {
        self.all.units()
    }

    /// Returns height and width of a sample; 1 and the number of values if it is no image.
    pub(crate) fn sizes(&self) -> [usize; 2] {
        self.all.sizes()
    }

    /// Returns whether the samples are whole numbers from 0 to 255.
    pub(crate) fn are_bytes(&self) -> bool {
        matches!(self.measure, Measure::Bytes)
    }

    /// Returns the classes of the samples of a part.
    pub(crate) fn labels(&self, part: usize) -> Vec<u8> {
        self.chosen[part].iter().map(|&sample| self.raw(part).labels[sample]).collect()
    }

    /// Passes the scaled samples of a part to `each`, one piece at a time.
    pub(crate) fn pieces<Error: From<DenseError>>(
        &self,
        part: usize,
        each: impl FnMut(Part) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.measure.pieces(self.raw(part), &self.chosen[part], each)
    }

    /// Returns remarks on skipped or changed data and on classes that cannot be tested.
    pub(crate) fn notes(&self) -> Result<Vec<Note>, ImportError> {
        let changed = |part: usize| self.measure.changed(self.raw(part), &self.chosen[part]);
        let changed = [changed(0)?, changed(1)?];
        let unused = self.all.unused(self.test_is_read).into_iter();
        let labels = [self.labels(0), self.labels(1)];
        let missing = missing(&self.class_names, labels.each_ref().map(|labels| &labels[..]));
        Ok(unused.chain(self.measure.constant()).chain(together(changed)).chain(missing).collect())
    }
}

/// Merges the notes on training and test samples.
fn together(changed: [Option<Note>; 2]) -> Vec<Note> {
    match changed {
        [Some(Note::Rounded { rounded, numbers }), Some(Note::Rounded { rounded: more, numbers: others })] => {
            vec![Note::Rounded { rounded: rounded + more, numbers: numbers + others }]
        }
        changed => changed.into_iter().flatten().collect(),
    }
}

/// Returns a note if all events are so early that the unit of times may be wrong.
fn short(parts: &[&EventSet], duration_seconds: f64) -> Option<Note> {
    let latest = parts.iter().flat_map(|set| &set.times).copied().fold(0.0, f64::max);
    (latest > 0.0 && latest < duration_seconds / SHORT).then_some(Note::Short { latest, duration_seconds })
}

/// Returns a note on recordings without events.
fn empty((part, set): (&'static str, &EventSet)) -> Option<Note> {
    let empty = set.offsets.windows(2).filter(|ends| ends[0] == ends[1]).count();
    (empty > 0).then_some(Note::Empty { part, empty, samples: set.len() })
}

/// Returns notes on classes without training samples or without test samples.
fn missing(class_names: &[String], labels: [&[u8]; 2]) -> Vec<Note> {
    let counts = labels.map(|labels| {
        let mut counts = vec![0_usize; class_names.len()];
        labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
        counts
    });
    let told = |(part, which): (&'static str, usize)| {
        let of_class = |class: usize| (class_names[class].clone(), counts[0][class], counts[1][class]);
        let classes: Vec<_> = (0..class_names.len()).filter(|&class| counts[which][class] == 0).map(of_class).collect();
        (!classes.is_empty()).then_some(Note::Missing { part, classes })
    };
    [("for training", 0), ("for testing", 1)].into_iter().filter_map(told).collect()
}

/// Writes `data` to `cache`, the folder in `OHMSPIKE_DATA`, or the cache folder, and returns the path. A different data set with this name is
/// overwritten only if `replace` is set.
///
/// # Errors
/// Returns an error if the file cannot be written, or if a different data set exists and `replace` is not set.
pub fn store(data: &Dataset, cache: Option<&Path>, replace: bool) -> Result<PathBuf, ImportError> {
    let path = imported::place(&data.name, cache).ok_or(ImportError::NoCacheFolder)?;
    if path.exists() && !replace {
        refuse_other(&path, Some(&there(&path)), &data.digest)?;
    }
    fs::create_dir_all(path.parent().unwrap_or(Path::new("")))
        .and_then(|()| stored::write(&path, data))
        .map_err(|reason| ImportError::Write { path: shown_path(&path), reason })?;
    Ok(path)
}

/// Returns the digest of the data set at `path`; `none` if the file is unusable.
pub(crate) fn there(path: &Path) -> String {
    digest_of_file(path).unwrap_or_else(|_| "none".to_owned())
}

/// Refuses to replace a data set with the digest `there` by one with the digest `new`.
pub(crate) fn refuse_other(path: &Path, there: Option<&str>, new: &str) -> Result<(), ImportError> {
    match there {
        Some(there) if there != new => {
            Err(ImportError::There { path: shown_path(path), there: there.to_owned(), new: new.to_owned() })
        }
        _ => Ok(()),
    }
}

/// Checks the properties of the data set and returns the class names.
fn checked(
    name: &str,
    classes: usize,
    class_names: Option<Vec<String>>,
    test: &Test,
) -> Result<Vec<String>, ImportError> {
    if !imported::is_name(name) {
        let allowed = "1 to 64 lower-case letters, digits and hyphens, starting with a letter, and not a built-in name";
        return refuse("name", format!("`{}`", shown(name)), allowed);
    }
    if !(2..=1 << u8::BITS).contains(&classes) {
        return refuse("classes", classes, "2 to 256");
    }
    if let Test::Fraction(fraction) = test
        && !(*fraction > 0.0 && *fraction < 1.0)
    {
        return refuse("test fraction", fraction, "a number between 0 and 1");
    }
    let names = class_names.unwrap_or_else(|| (0..classes).map(|class| format!("class {class}")).collect());
    if names.len() != classes {
        return refuse("class names", names.len(), format!("{classes} (one per class)"));
    }
    if let Some(name) = names.iter().find(|name| !is_class_name(name)) {
        let allowed = format!("1 to {LONGEST_CLASS_NAME} characters without control characters");
        return refuse("class name", format!("`{}`", excerpt(name)), allowed);
    }
    if let Some(twice) =
        names.iter().enumerate().find_map(|(class, name)| names[..class].contains(name).then_some(name))
    {
        return refuse("class name", format!("`{twice}` twice"), "a different name for each class");
    }
    Ok(names)
}

fn is_class_name(name: &str) -> bool {
    !name.contains(is_control) && (1..=LONGEST_CLASS_NAME).contains(&name.chars().count())
}

/// Returns the indices of training and test samples, at least one of each.
fn both(labels: &[u8], fraction: f64) -> Result<(Vec<usize>, Vec<usize>), ImportError> {
    let (train, test) = split(labels, fraction);
    if train.is_empty() || test.is_empty() {
        let (train, test) = (train.len(), test.len());
        return Err(ImportError::Fraction { fraction, samples: labels.len(), train, test });
    }
    Ok((train, test))
}

/// Returns the recordings `samples` of `all`.
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
