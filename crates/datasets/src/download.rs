//! Downloads one file into a folder, checks it first and writes it atomically.

use std::{
    io::{self, Read},
    path::Path,
};

use thiserror::Error;

use crate::{
    client::{Client, Refused},
    file::{File, FileError},
    persist,
    shown::{shown, shown_path},
};

/// Download limit in bytes; the largest file of Fashion-MNIST has 26 MB.
const MAX_BYTES: u64 = 64 << 20;
/// Bytes between two progress reports.
const PIECE: usize = 64 << 10;

/// Progress of a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The file.
    pub file: &'static str,
    /// Bytes received.
    pub received: u64,
    /// Total bytes, if the server states them.
    pub expected: Option<u64>,
}

/// Reason for a failed download.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// The build has no HTTP client.
    #[error("{url}: cannot download: this build has no HTTP client (feature `download`)")]
    NotBuiltIn {
        /// Requested URL.
        url: String,
    },
    /// No connection, or a response other than the file.
    #[error("{}: download failed: {}", shown(url), shown(reason))]
    Server {
        /// Requested URL.
        url: String,
        /// HTTP status, if the server answered.
        status: Option<u16>,
        /// Reason of the failure.
        reason: String,
    },
    /// The connection broke.
    #[error("{url}: download interrupted after {received} bytes: {}", crate::reason(reason))]
    Interrupted {
        /// Requested URL.
        url: String,
        /// Bytes received.
        received: usize,
        /// Reason of the failure.
        reason: io::Error,
    },
    /// The response is too long.
    #[error("{url}: expected at most {most} bytes, got more")]
    TooLong {
        /// Requested URL.
        url: String,
        /// Limit in bytes.
        most: u64,
    },
    /// The content differs from the published file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file cannot be written.
    #[error("cannot write `{file}`: {}", crate::write_reason(reason))]
    Write {
        /// The file.
        file: String,
        /// Error of the operating system.
        reason: io::Error,
    },
}

impl DownloadError {
    fn refused(url: &str, refused: Refused) -> DownloadError {
        let url = url.to_owned();
        match refused {
            Refused::NotBuiltIn => DownloadError::NotBuiltIn { url },
            Refused::Server { status, reason } => DownloadError::Server { url, status, reason },
        }
    }

    /// Returns a hint for the user.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            DownloadError::NotBuiltIn { .. } => "build the program with `--features download`",
            _ => "run the command again; complete files are kept",
        }
    }
}

/// Downloads `file` from below `address` into `folder` and returns its size in bytes.
pub(crate) fn download(
    client: &Client,
    address: &str,
    file: &File,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<u64, DownloadError> {
    let url = format!("{}/{}", address.trim_end_matches('/'), file.name);
    let tell = |received, expected| progress(Progress { file: file.name, received, expected });
    let packed = receive(client, &url, MAX_BYTES, tell)?;
    file.verify_packed(&url, &packed)?;
    let path = folder.join(file.name);
    persist::write(&path, |part| part.write_all(&packed))
        .map_err(|reason| DownloadError::Write { file: shown_path(&path), reason })?;
    Ok(packed.len() as u64)
}

/// Downloads the whole content of `url`, at most `most` bytes.
pub(crate) fn receive(
    client: &Client,
    url: &str,
    most: u64,
    mut tell: impl FnMut(u64, Option<u64>),
) -> Result<Vec<u8>, DownloadError> {
    let answer = client.get(url).map_err(|refused| DownloadError::refused(url, refused))?;
    let (expected, mut reader) = (answer.expected, answer.content.take(most + 1));
    let mut received = Vec::new();
    loop {
        let before = received.len();
        let outcome = (&mut reader).take(PIECE as u64).read_to_end(&mut received);
        outcome.map_err(|reason| DownloadError::Interrupted {
            url: url.to_owned(),
            received: received.len(),
            reason,
        })?;
        if received.len() as u64 > most {
            return Err(DownloadError::TooLong { url: url.to_owned(), most });
        }
        if received.len() == before {
            return Ok(received);
        }
        tell(received.len() as u64, expected);
    }
}

#[cfg(all(test, feature = "download"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::{fs, time::Duration};

    use super::*;
    use crate::{
        catalogue::loose_subset,
        loopback::{Answer, serve},
    };

    /// Downloads the training labels from a server with this answer. Also returns the names of the files in the folder.
    fn download_of(answer: fn() -> Answer) -> (Result<u64, DownloadError>, String, Vec<String>) {
        let server = serve(move |_| answer());
        let folder = tempfile::tempdir().unwrap();
        let file = loose_subset().0.files[1];
        let outcome = download(&Client::direct(), &server.address, &file, folder.path(), &mut |_| {});
        let left = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        (outcome, format!("{}/{}", server.address, file.name), left.collect())
    }

    fn labels() -> &'static [u8] {
        loose_subset().1[1]
    }

    #[test]
    fn keeps_the_published_file() {
        let (outcome, _, left) = download_of(|| Answer::Whole(labels().to_vec()));
        assert_eq!((outcome.unwrap(), left), (labels().len() as u64, vec!["train-labels-idx1-ubyte.gz".to_owned()]));
    }

    #[test]
    fn reports_progress() {
        let server = serve(|_| Answer::Whole(loose_subset().1[2].to_vec()));
        let folder = tempfile::tempdir().unwrap();
        let file = loose_subset().0.files[2];
        let mut told = Vec::new();
        download(&Client::direct(), &server.address, &file, folder.path(), &mut |progress| told.push(progress))
            .unwrap();
        let all = loose_subset().1[2].len() as u64;
        assert_eq!(told.first().map(|progress| progress.received), Some(PIECE as u64));
        assert_eq!(told.last(), Some(&Progress { file: file.name, received: all, expected: Some(all) }));
    }

    #[test]
    fn rejects_another_file_without_writing_it() {
        let (outcome, url, left) = download_of(|| Answer::Whole(loose_subset().1[3].to_vec()));
        assert_eq!(
            outcome.unwrap_err().to_string(),
            format!(
                "{url}: SHA-256 of the content: expected \
                 `dd5b2307fe9305010a91df5f6b908bae009f1b2c82b84a2e35b47dbf82363c64`, got \
                 `b9d0a21eb468a3df09a358ba4be44ef809afdb3ba41d1eba65a0dd832c2c8a8f`"
            )
        );
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn rejects_a_web_page() {
        let (outcome, url, left) = download_of(|| Answer::Whole(b"<!doctype html>".to_vec()));
        let message = outcome.unwrap_err().to_string();
        assert_eq!(message, format!("{url}: not a gzip file; starts with `3c 21`, expected `1f 8b`"));
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn an_interrupted_download_leaves_no_file() {
        let (outcome, url, left) = download_of(|| Answer::Cut { sent: labels()[..100].to_vec(), announced: 2621 });
        let message = outcome.unwrap_err().to_string();
        assert!(message.starts_with(&format!("{url}: download interrupted after 100 bytes: ")), "{message}");
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn a_slow_server_times_out() {
        let server = serve(|_| Answer::Dripping);
        let client = Client::direct_with_limit(Duration::from_millis(300));
        let begun = std::time::Instant::now();
        let error = receive(&client, &server.address, MAX_BYTES, |_, _| {}).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{}: download interrupted after ", server.address)), "{error}");
        // Ten times the limit, for a busy machine.
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }

    #[test]
    fn reports_a_file_missing_on_the_server() {
        let (outcome, url, _) = download_of(|| Answer::Missing);
        assert_eq!(outcome.unwrap_err().to_string(), format!("{url}: download failed: http status: 404"));
    }

    #[test]
    fn reports_a_missing_folder() {
        let server = serve(|_| Answer::Whole(labels().to_vec()));
        let folder = tempfile::tempdir().unwrap().path().join("gone");
        let file = loose_subset().0.files[1];
        let error = download(&Client::direct(), &server.address, &file, &folder, &mut |_| {}).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot write `{}`: ", folder.join(file.name).display())), "{error}");
    }

    #[test]
    fn reports_a_build_without_a_client() {
        let error = DownloadError::NotBuiltIn { url: "http://a/b.gz".to_owned() };
        let message = "http://a/b.gz: cannot download: this build has no HTTP client (feature `download`)";
        assert_eq!(error.to_string(), message);
        assert_eq!(error.advice(), "build the program with `--features download`");
    }
}
