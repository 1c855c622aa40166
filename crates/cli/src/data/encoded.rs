//! `ohmspike data encoded`: lists or removes files of encoded spikes.

use std::io;
use std::path::PathBuf;

use ohmspike_datasets::{counted, shown, shown_path, write_reason};
use ohmspike_study::memory::bytes_words;
use ohmspike_study::spike_cache::{MAX_BYTES, clear, spike_files};

use super::super::Failure;
use super::super::terminal::say;

/// List or remove the files of encoded data sets.
///
/// The first run on a data set with latency encoding, or on recorded events, writes its input spikes into a file. Later runs read that
/// file, start faster and need less memory. The files are in the folder `encoded` of OHMSPIKE_DATA, or else of the cache folder of the
/// user. Damaged files and files of other data are recognised and written again.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Remove all files.
    ///
    /// The next run writes the files that it needs. Do not clear a shared folder while other machines run.
    #[arg(long)]
    clear: bool,
}

/// A file that cannot be removed.
#[derive(Debug, thiserror::Error)]
#[error("cannot remove `{}`: {}", shown_path(path), write_reason(source))]
struct NotRemoved {
    path: PathBuf,
    source: io::Error,
}

/// Lists or removes the files.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.clear {
        let cleared = clear().map_err(|(path, source)| NotRemoved { path, source })?;
        say!("removed {}, {}", counted(cleared.files, "file"), bytes_words(cleared.bytes))?;
        return Ok(());
    }
    let files = spike_files();
    for file in &files {
        let content = match &file.content {
            Ok((name, samples, steps)) => {
                format!("{}, {}, {}", shown(name), counted(*samples, "sample"), counted(*steps, "time step"))
            }
            Err(wrong) => format!("unusable: {wrong}"),
        };
        say!("{:>9}   {content}   {}", bytes_words(file.bytes), shown_path(&file.path))?;
    }
    let sum = files.iter().map(|file| file.bytes).sum();
    say!("{} in {}, at most {}", bytes_words(sum), counted(files.len(), "file"), bytes_words(MAX_BYTES))?;
    Ok(())
}
