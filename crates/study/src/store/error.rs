//! Errors and warnings about a folder of records.

use std::io;
use std::path::PathBuf;

use ohmspike_datasets::{counted, reason, write_reason};

use crate::record::{ARITHMETIC, SCHEMA};

/// An error about a folder or file of records.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file or folder that cannot be read.
    #[error("cannot read `{path}`: {}\n\nhint: choose another folder with `--out`", reason(source))]
    Read {
        /// File or folder.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// Two records of one trial with different results.
    #[error(
        "{second}: trial {id} has a different result than its record in {first}\n\n\
         hint: a trial has only one result; remove the line that comes from another program or a changed file"
    )]
    Contradiction {
        /// ID of the trial.
        id: String,
        /// File and line of the first record.
        first: String,
        /// File and line of the second record.
        second: String,
    },
    /// A trial rerun for its details with a different result than its record.
    #[error(
        "{first}: trial {id} was rerun for its details and has a different result than this record\n\n\
         hint: a trial has only one result; if the line comes from another program or a changed file, remove it and \
         run the same command again"
    )]
    Rerun {
        /// ID of the trial.
        id: String,
        /// File and line of its record.
        first: String,
    },
    /// More invalid lines than a study can have trials.
    #[error("{path}: not a file of records: {count} lines are not records\n\nhint: move it to another folder")]
    NoRecords {
        /// Path of the file.
        path: PathBuf,
        /// Number of invalid lines read.
        count: usize,
    },
    /// A file or folder that cannot be written.
    #[error(
        "cannot write `{path}`: {}\n\nhint: all records so far are complete; fix the cause and run the same command \
         again",
        write_reason(source)
    )]
    Write {
        /// File or folder.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The file of this process was removed or moved, and its records are saved in a new file.
    #[error(
        "{path}: removed or moved while this process was writing it; its records are saved in {saved}\n\n\
         hint: run the same command again for the remaining trials"
    )]
    Moved {
        /// Path of the file.
        path: PathBuf,
        /// Path of the new file.
        saved: PathBuf,
    },
    /// The file of this process was removed or moved, and its records cannot be saved.
    #[error(
        "{path}: removed or moved while this process was writing it, and its {} cannot be saved: {}\n\n\
         hint: find the moved file, or run the same command again for the lost trials",
        counted(*count, "record"), write_reason(source)
    )]
    Lost {
        /// Path of the file.
        path: PathBuf,
        /// Number of records of this process.
        count: usize,
        /// Cause.
        source: io::Error,
    },
    /// Records of this process that are missing at the end of the run.
    #[error(
        "{path}: {} of this process {} missing\n\n\
         hint: files of records were removed or changed; run the same command again for the lost trials",
        counted(*count, "record"), if *count == 1 { "is" } else { "are" }
    )]
    Missing {
        /// Path of the folder.
        path: PathBuf,
        /// Number of missing records.
        count: usize,
    },
}

/// A warning about a line or file that is ignored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreWarning {
    /// An incomplete last line: its process was stopped while writing.
    #[error("{path}:{line}: incomplete last line ignored\n\nhint: its trial will be rerun")]
    Torn {
        /// Path of the file.
        path: PathBuf,
        /// Line number, starting at 1.
        line: usize,
    },
    /// Any other line that is not a record of this version.
    #[error(
        "{path}:{line}: ignored, not a record of schema {SCHEMA} and arithmetic {ARITHMETIC}: {reason}\n\n\
         hint: if it belongs to a trial of this study, that trial will be rerun; the file stays unchanged"
    )]
    Foreign {
        /// Path of the file.
        path: PathBuf,
        /// Line number, starting at 1.
        line: usize,
        /// Cause.
        reason: String,
    },
    /// A record with values that contradict each other.
    #[error(
        "{path}:{line}: ignored, the record contradicts itself: {reason}\n\n\
         hint: the line was changed or damaged; its trial will be rerun, and the file stays unchanged"
    )]
    Contradictory {
        /// Path of the file.
        path: PathBuf,
        /// Line number, starting at 1.
        line: usize,
        /// The contradiction.
        reason: String,
    },
    /// A packed file of records that is damaged or incomplete.
    #[error(
        "{path}:{line}: the packed data are damaged or incomplete; the records from this line on are ignored\n\n\
         hint: their trials will be rerun; the file stays unchanged"
    )]
    Cut {
        /// Path of the file.
        path: PathBuf,
        /// Number of the first ignored line, starting at 1.
        line: usize,
    },
    /// Details that are damaged or of another version.
    #[error(
        "{path}: details ignored: {reason}\n\nhint: the next run of the study repeats the trial; until then, figures of single networks omit it"
    )]
    Details {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        reason: String,
    },
    /// Further invalid lines of the same file.
    #[error(
        "{path}: {} ignored, not {} of schema {SCHEMA} and arithmetic {ARITHMETIC}",
        counted(*count, "further line"), if *count == 1 { "a record" } else { "records" }
    )]
    More {
        /// Path of the file.
        path: PathBuf,
        /// Number of further lines.
        count: usize,
    },
}
