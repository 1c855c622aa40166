//! Runs another program and reads its output, within limits of time and size.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::bounded::Unreadable;

/// What a program prints and returns.
#[derive(Debug)]
pub struct Output {
    /// Exit status.
    pub status: ExitStatus,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

/// Pause between two checks whether the program has ended.
const PAUSE: Duration = Duration::from_millis(10);

/// How long the streams may stay open after the program has ended. Background processes may hold them for hours.
const LINGER: Duration = Duration::from_secs(1);

/// Runs `command` for at most `patience` and reads at most `most` bytes from each stream.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] if the program did not end in time and was killed; otherwise the error of the system.
pub fn run(command: &mut Command, most: u64, patience: Duration) -> io::Result<Output> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdout = read_aside(child.stdout.take(), most);
    let stderr = read_aside(child.stderr.take(), most);
    let status = ended(&mut child, patience)?;
    let ended = Instant::now();
    // The streams end with the program, or with its background processes.
    while !(stdout.is_finished() && stderr.is_finished()) && ended.elapsed() < LINGER {
        thread::sleep(PAUSE);
    }
    Ok(Output { status, stdout: stdout.take()?, stderr: stderr.take()? })
}

/// Waits for the program to end, and kills it after `patience`.
fn ended(child: &mut Child, patience: Duration) -> io::Result<ExitStatus> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if begun.elapsed() >= patience {
            let _ = child.kill();
            let _ = child.wait();
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(PAUSE);
    }
}

/// The bytes read from a stream so far, and the thread that reads.
struct Stream {
    read: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<io::Result<()>>,
}

impl Stream {
    fn is_finished(&self) -> bool {
        self.reader.is_finished()
    }

    /// Returns the bytes read, or the error of reading.
    fn take(self) -> io::Result<Vec<u8>> {
        if self.reader.is_finished() {
            self.reader.join().unwrap_or_else(|_| Err(io::Error::other("cannot read the output")))?;
        }
        Ok(std::mem::take(&mut *lock(&self.read)))
    }
}

fn lock(bytes: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads a stream on its own thread. A program that fills one stream while only the other is read would block forever.
fn read_aside(stream: Option<impl Read + Send + 'static>, most: u64) -> Stream {
    let read = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&read);
    Stream { read, reader: thread::spawn(move || stream.map_or(Ok(()), |stream| read_into(&into, stream, most))) }
}

/// Appends the stream to `into`, at most `most` bytes.
fn read_into(into: &Mutex<Vec<u8>>, mut stream: impl Read, most: u64) -> io::Result<()> {
    let mut chunk = [0; 1 << 14];
    loop {
        let count = match stream.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let mut into = lock(into);
        if (into.len() + count) as u64 > most {
            return Err(Unreadable::Size(most).into());
        }
        into.extend_from_slice(&chunk[..count]);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, most: u64, patience: Duration) -> io::Result<Output> {
        run(Command::new("sh").args(["-c", script]), most, patience)
    }

    #[test]
    fn reads_both_streams() {
        let answer = shell("echo yes; echo no >&2; exit 3", 100, Duration::from_secs(60)).expect("a shell");
        assert_eq!(
            (answer.status.code(), &answer.stdout[..], &answer.stderr[..]),
            (Some(3), &b"yes\n"[..], &b"no\n"[..])
        );
    }

    /// A background process holds the streams open.
    #[test]
    fn does_not_wait_for_background_processes() {
        let begun = Instant::now();
        let answer = shell("sleep 30 & echo 17; exit 4", 100, Duration::from_secs(60)).expect("an answer");
        assert_eq!((answer.status.code(), &answer.stdout[..]), (Some(4), &b"17\n"[..]));
        assert!(begun.elapsed() < Duration::from_secs(30), "it waited for the background process");
    }

    #[test]
    fn limits_time_and_size() {
        let error = shell("exec sleep 600", 100, Duration::from_millis(200)).expect_err("too late");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let error = shell("yes", 1000, Duration::from_secs(60)).expect_err("too much");
        assert_eq!(error.to_string(), "expected at most 1000 bytes");
    }
}
