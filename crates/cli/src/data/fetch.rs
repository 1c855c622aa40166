//! `ohmspike data fetch`: published data sets, from where they are or from their publisher.

use std::path::PathBuf;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use ohmspike_datasets::{
    FASHION_MNIST_ADDRESS, FetchedRecordings, Name, Origin, Progress, SHD_ADDRESS, SHD_NAME, ShdFrom, excerpt, fetch,
    fetch_shd,
};

use super::super::Failure;
use super::super::terminal::say;

/// Find the files of a data set, or download them into the cache folder.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Name of the data set: fashion-mnist or shd.
    name: Published,
    /// Another cache folder.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Another address to download from: for fashion-mnist the checksums stay the same, for shd they are in md5sums.txt below it.
    #[arg(long, value_name = "URL", conflicts_with = "folder")]
    from: Option<String>,
    /// For shd: copy the files from this folder, as they are or packed.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// For shd: compare with the lines of md5sum or sha256sum in this file, in place of what the publisher states.
    #[arg(long, value_name = "FILE")]
    checksums: Option<PathBuf>,
}

/// A data set that is published.
#[derive(Clone, Copy, Debug)]
enum Published {
    Images(Name),
    Shd,
}

impl std::str::FromStr for Published {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Published, UnknownName> {
        match text.parse() {
            Ok(name) => Ok(Published::Images(name)),
            Err(_) if text == SHD_NAME => Ok(Published::Shd),
            Err(_) => Err(UnknownName { got: excerpt(text) }),
        }
    }
}

/// A text that names no data set that is published.
#[derive(Debug, thiserror::Error)]
#[error("data set: got `{got}`, must be one of {}, `{SHD_NAME}`", Name::ALL.map(|name| format!("`{name}`")).join(", "))]
struct UnknownName {
    got: String,
}

/// A flag that only Spiking Heidelberg Digits have.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{flag}`: must be left out for {name}, whose checksums are known\n\nhint: OHMSPIKE_DATA names a folder whose files are used as they are"
)]
struct OnlyShd {
    flag: &'static str,
    name: Name,
}

/// Fetches the data set and tells what is where.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let bar = ProgressBar::no_length();
    bar.set_style(ProgressStyle::with_template("{msg} {bytes} of {total_bytes}").expect("the template is fixed"));
    let mut progress = |progress: Progress| {
        bar.set_message(progress.file);
        bar.set_length(progress.expected.unwrap_or(progress.received));
        bar.set_position(progress.received);
    };
    match arguments.name {
        Published::Images(name) => images(arguments, name, &mut progress, &bar),
        Published::Shd => recordings(arguments, &mut progress, &bar),
    }
}

fn images(
    arguments: &Arguments,
    name: Name,
    progress: &mut dyn FnMut(Progress),
    bar: &ProgressBar,
) -> Result<(), Failure> {
    for (flag, given) in [("--folder", arguments.folder.is_some()), ("--checksums", arguments.checksums.is_some())] {
        if given {
            return Err(OnlyShd { flag, name }.into());
        }
    }
    let address = arguments.from.as_deref().unwrap_or(FASHION_MNIST_ADDRESS);
    let fetched = fetch(name, arguments.cache.as_deref(), address, progress);
    bar.finish_and_clear();
    let fetched = fetched?;
    say!("{name}: {}", fetched.place)?;
    for file in fetched.files {
        let how = if file.downloaded { "downloaded" } else { "found" };
        say!("  {:<28} {:>10}   {how}, checksum right", file.name, HumanBytes(file.bytes).to_string())?;
    }
    Ok(())
}

fn recordings(arguments: &Arguments, progress: &mut dyn FnMut(Progress), bar: &ProgressBar) -> Result<(), Failure> {
    let from = match (&arguments.folder, &arguments.from) {
        (Some(folder), _) => ShdFrom::Folder(folder),
        (None, address) => ShdFrom::Address(address.as_deref().unwrap_or(SHD_ADDRESS)),
    };
    let fetched = fetch_shd(arguments.cache.as_deref(), from, arguments.checksums.as_deref(), progress);
    bar.finish_and_clear();
    let fetched = fetched?;
    say!("{SHD_NAME}: {}", fetched.place)?;
    for FetchedRecordings { name, bytes, origin, recordings, checksum } in fetched.files {
        let how = match origin {
            Origin::Found => "found",
            Origin::Copied => "copied",
            Origin::Downloaded => "downloaded",
        };
        let sum = checksum.map_or_else(|| "no checksum stated".to_owned(), |algorithm| format!("{algorithm} right"));
        say!("  {name:<28} {:>10}   {how}, {recordings} recordings, {sum}", HumanBytes(bytes).to_string())?;
    }
    Ok(())
}
