//! One file from a server into a folder, checked before it is written and there in whole or not at all.

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

/// More than this is no file of Fashion-MNIST: the largest has 26 MB.
const MOST_BYTES: u64 = 64 << 20;
/// Bytes between two tellings of the progress.
const PIECE: usize = 64 << 10;

/// How far the download of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The file.
    pub file: &'static str,
    /// Bytes so far.
    pub received: u64,
    /// Bytes in all, where the server says so.
    pub expected: Option<u64>,
}

/// Why a file was not downloaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// The build has no HTTP client.
    #[error("{url}: cannot download: this build has no HTTP client (feature `download`)")]
    NotBuiltIn {
        /// The address to ask.
        url: String,
    },
    /// No connection, or an answer that is not the file.
    #[error("{}: download failed ({}), the server must send the file", shown(url), shown(reason))]
    Server {
        /// The address asked.
        url: String,
        /// The HTTP status, where the server answered.
        status: Option<u16>,
        /// What went wrong.
        reason: String,
    },
    /// The connection broke.
    #[error("{url}: transfer ended after {received} bytes ({reason}), must be whole")]
    Interrupted {
        /// The address asked.
        url: String,
        /// Bytes that came.
        received: usize,
        /// What went wrong.
        reason: io::Error,
    },
    /// The answer does not end.
    #[error("{url}: got more than {most} bytes, must be at most as many")]
    TooLong {
        /// The address asked.
        url: String,
        /// The bound.
        most: u64,
    },
    /// What came is not the published file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The folder does not take the file.
    #[error("{file}: cannot be written ({reason}), must be in a writable folder")]
    Write {
        /// The file.
        file: String,
        /// What the system says.
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

    /// What to do about it.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            DownloadError::NotBuiltIn { .. } => "build the program with `--features download`",
            _ => "run it again, what is already there is kept",
        }
    }
}

/// Downloads `file` from below `address` into `folder` and returns its bytes.
pub(crate) fn download(
    client: &Client,
    address: &str,
    file: &File,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<u64, DownloadError> {
    let url = format!("{}/{}", address.trim_end_matches('/'), file.name);
    let tell = |received, expected| progress(Progress { file: file.name, received, expected });
    let packed = receive(client, &url, MOST_BYTES, tell)?;
    file.verify_packed(&url, &packed)?;
    let path = folder.join(file.name);
    persist::write(&path, |part| part.write_all(&packed))
        .map_err(|reason| DownloadError::Write { file: shown_path(&path), reason })?;
    Ok(packed.len() as u64)
}

/// The whole answer of `url`, of at most `most` bytes.
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

    /// Downloads the training labels from a server that answers so; what is then in the folder.
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
    fn the_right_file_is_kept() {
        let (outcome, _, left) = download_of(|| Answer::Whole(labels().to_vec()));
        assert_eq!((outcome.unwrap(), left), (labels().len() as u64, vec!["train-labels-idx1-ubyte.gz".to_owned()]));
    }

    #[test]
    fn progress_is_told() {
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
    fn another_file_is_refused_and_not_written() {
        let (outcome, url, left) = download_of(|| Answer::Whole(loose_subset().1[3].to_vec()));
        assert_eq!(
            outcome.unwrap_err().to_string(),
            format!(
                "{url}: SHA-256 of the content is `b9d0a21eb468a3df09a358ba4be44ef809afdb3ba41d1eba65a0dd832c2c8a8f`, \
                 must be `dd5b2307fe9305010a91df5f6b908bae009f1b2c82b84a2e35b47dbf82363c64`"
            )
        );
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn a_page_in_place_of_the_file_is_refused() {
        let (outcome, url, left) = download_of(|| Answer::Whole(b"<!doctype html>".to_vec()));
        let message = outcome.unwrap_err().to_string();
        assert_eq!(message, format!("{url}: not gzip, starts with `3c 21`, must start with `1f 8b`"));
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn an_interrupted_transfer_leaves_nothing() {
        let (outcome, url, left) = download_of(|| Answer::Cut { sent: labels()[..100].to_vec(), announced: 2621 });
        let message = outcome.unwrap_err().to_string();
        assert!(message.starts_with(&format!("{url}: transfer ended after 100 bytes (")), "{message}");
        assert!(message.ends_with("), must be whole"), "{message}");
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn a_server_that_never_ends_is_given_up() {
        let server = serve(|_| Answer::Dripping);
        let client = Client::direct_with_limit(Duration::from_millis(300));
        let begun = std::time::Instant::now();
        let error = receive(&client, &server.address, MOST_BYTES, |_, _| {}).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{}: transfer ended after ", server.address)), "{error}");
        // Ten times what is allowed, for a machine that is busy.
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }

    #[test]
    fn a_file_that_the_server_does_not_have() {
        let (outcome, url, _) = download_of(|| Answer::Missing);
        assert_eq!(
            outcome.unwrap_err().to_string(),
            format!("{url}: download failed (http status: 404), the server must send the file")
        );
    }

    #[test]
    fn a_folder_that_is_not_there() {
        let server = serve(|_| Answer::Whole(labels().to_vec()));
        let folder = tempfile::tempdir().unwrap().path().join("gone");
        let file = loose_subset().0.files[1];
        let error = download(&Client::direct(), &server.address, &file, &folder, &mut |_| {}).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{}: cannot be written (", folder.join(file.name).display())), "{error}");
    }

    #[test]
    fn a_build_without_a_client_says_so() {
        let error = DownloadError::NotBuiltIn { url: "http://a/b.gz".to_owned() };
        let message = "http://a/b.gz: cannot download: this build has no HTTP client (feature `download`)";
        assert_eq!(error.to_string(), message);
        assert_eq!(error.advice(), "build the program with `--features download`");
    }
}
