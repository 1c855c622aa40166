//! What can be wrong with a folder of records.

use std::io;
use std::path::PathBuf;

use crate::record::{ARITHMETIC, SCHEMA};

/// A folder or file of records that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Reading failed.
    #[error("{path}: cannot be read: {source}\n\nhint: choose another folder with `--out`")]
    Read {
        /// File or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Two records of one trial that say different things.
    #[error(
        "{second}: trial {id} has another result than its record in {first}\n\n\
         hint: a trial has one result; remove the line that another program or a changed file has left"
    )]
    Contradiction {
        /// Name of the trial.
        id: String,
        /// File and line of the first record.
        first: String,
        /// File and line of the other one.
        second: String,
    },
    /// A trial that was run again for its details and says something else than its record.
    #[error(
        "{first}: trial {id} was run again for its details and has another result than this record\n\n\
         hint: a trial has one result; remove the line if another program or a changed file has left it, and run the same \
         command again"
    )]
    Rerun {
        /// Name of the trial.
        id: String,
        /// File and line of its record.
        first: String,
    },
    /// More lines that are no records than a study can have trials.
    #[error("{path}: not a file of records: {count} lines of it are none\n\nhint: move it to another folder")]
    NoRecords {
        /// The file.
        path: PathBuf,
        /// How many lines were read.
        count: usize,
    },
    /// Writing failed.
    #[error(
        "{path}: cannot be written: {source}\n\nhint: the records so far are whole; run the same command again once it can be written"
    )]
    Write {
        /// File or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody removed or moved the file of this process, and its records are saved elsewhere.
    #[error(
        "{path}: removed or moved while this process wrote to it; its records are saved again in {saved}\n\n\
         hint: run the same command again for the trials that are left"
    )]
    Moved {
        /// The file.
        path: PathBuf,
        /// Where its content is now.
        saved: PathBuf,
    },
    /// Somebody removed or moved the file of this process, and its records cannot be saved.
    #[error(
        "{path}: removed or moved while this process wrote to it, and its {count} records cannot be saved again: {source}\n\n\
         hint: look for the folder where it was moved; run the same command again for what is lost"
    )]
    Lost {
        /// The file.
        path: PathBuf,
        /// Records of this process.
        count: usize,
        /// Why they cannot be saved.
        source: io::Error,
    },
    /// Records of this process are gone when the study is summed up.
    #[error(
        "{path}: {count} records that this process wrote are no longer there\n\n\
         hint: somebody removed or changed files of records; run the same command again for what is lost"
    )]
    Missing {
        /// The folder.
        path: PathBuf,
        /// How many.
        count: usize,
    },
}

/// A line that is not a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreWarning {
    /// The last line of a file has no end: its process was stopped while it wrote.
    #[error("{path}:{line}: torn last line, left out\n\nhint: its trial will be run again")]
    Torn {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
    },
    /// Something else stands in the file.
    #[error(
        "{path}:{line}: not a record of schema {SCHEMA} and arithmetic {ARITHMETIC}, left out: {reason}\n\nhint: a trial that it held will be run again; nothing in the file is changed"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// What the parser says.
        reason: String,
    },
    /// Further lines of the same file that are no records.
    #[error(
        "{path}: {count} further lines are not records of schema {SCHEMA} and arithmetic {ARITHMETIC} and are left out"
    )]
    More {
        /// The file.
        path: PathBuf,
        /// How many.
        count: usize,
    },
}
