//! `ohmspike data`: where the data sets are, and fetching them.

use std::path::PathBuf;
use std::process::ExitCode;

use datasets::{FASHION_MNIST_ADDRESS, Name, Progress, fetch, status};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use super::Failure;

/// Find or download data sets.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the data sets and where they are.
    List,
    /// Find the files of a data set, or download them into the cache folder.
    Fetch {
        /// Name of the data set: fashion-mnist.
        name: Name,
        /// Another cache folder.
        #[arg(long, value_name = "DIR")]
        cache: Option<PathBuf>,
        /// Another address to download from; the checksums stay the same.
        #[arg(long, value_name = "URL", default_value = FASHION_MNIST_ADDRESS)]
        from: String,
    },
}

/// Runs the command.
pub fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::List => list(),
        Command::Fetch { name, cache, from } => {
            let bar = ProgressBar::no_length();
            bar.set_style(
                ProgressStyle::with_template("{msg} {bytes} of {total_bytes}").expect("the template is fixed"),
            );
            let mut progress = |progress: Progress| {
                bar.set_message(progress.file);
                bar.set_length(progress.expected.unwrap_or(progress.received));
                bar.set_position(progress.received);
            };
            let fetched = fetch(*name, cache.as_deref(), from, &mut progress);
            bar.finish_and_clear();
            let fetched = fetched?;
            println!("{name}: {}", fetched.place);
            for file in fetched.files {
                let how = if file.downloaded { "downloaded" } else { "found" };
                println!("  {:<28} {:>10}   {how}, checksum right", file.name, HumanBytes(file.bytes).to_string());
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list() {
    for data in status() {
        let size = format!("{} images, {}", data.images, HumanBytes(data.bytes));
        match data.place {
            Ok(place) => println!("{:<22} {size:<28} {place}", data.name),
            Err(missing) => println!("{:<22} {size:<28} {missing}", data.name),
        }
    }
}
