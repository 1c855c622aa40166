//! `ohmspike data fetch`: finds or downloads published data sets.

use std::path::PathBuf;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use ohmspike_datasets::{
    FASHION_MNIST_ADDRESS, FetchedRecordings, Name, Origin, Progress, SHD_ADDRESS, SHD_NAME, ShdFrom, counted, excerpt,
    fetch, fetch_shd,
};

use super::super::Failure;
use super::super::terminal::say;

/// Download a published data set, unless its files are there.
///
/// Searches the folder of the environment variable OHMSPIKE_DATA, the cache folder and system packages first. Checks the
/// checksums of all files.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Data set: fashion-mnist or shd.
    name: Published,
    /// Cache folder [default: that of the user].
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Address to download from.
    ///
    /// The files of fashion-mnist must match the known checksums. For shd, the checksums are read from md5sums.txt at this
    /// address.
    #[arg(long, value_name = "URL", conflicts_with = "folder")]
    from: Option<String>,
    /// For shd: copy the files from this folder.
    ///
    /// The files may be compressed with gzip.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// For shd: file of checksums, as md5sum or sha256sum print them.
    ///
    /// Used in place of the checksums of the publisher.
    #[arg(long, value_name = "FILE")]
    checksums: Option<PathBuf>,
}

/// A published data set.
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

/// An unknown name.
#[derive(Debug, thiserror::Error)]
#[error("unknown data set `{got}`; expected one of {}, `{SHD_NAME}`", Name::ALL.map(|name| format!("`{name}`")).join(", "))]
struct UnknownName {
    got: String,
}

/// An option that only Spiking Heidelberg Digits have.
#[derive(Debug, thiserror::Error)]
#[error("{flag}: not available for {name}\n\nhint: set OHMSPIKE_DATA to a folder with the files")]
struct OnlyShd {
    flag: &'static str,
    name: Name,
}

/// Fetches the data set and prints its files.
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
        say!("  {:<28} {:>10}   {how}, checksum OK", file.name, HumanBytes(file.bytes).to_string())?;
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
        let sum = checksum.map_or_else(|| "no checksum known".to_owned(), |algorithm| format!("{algorithm} OK"));
        say!(
            "  {name:<28} {:>10}   {how}, {}, {sum}",
            HumanBytes(bytes).to_string(),
            counted(recordings, "recording")
        )?;
    }
    Ok(())
}
