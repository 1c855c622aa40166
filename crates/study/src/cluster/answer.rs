//! What another program answers, within bounds of time and size.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::bounded::Unreadable;

/// What a program has answered.
#[derive(Debug)]
pub struct Answer {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained of.
    pub stderr: Vec<u8>,
}

/// How often it is asked whether the program has ended.
const PAUSE: Duration = Duration::from_millis(10);

/// How long its streams may stay open once it has ended: what it has started in the background may hold them for hours.
const LINGER: Duration = Duration::from_secs(1);

/// Runs `command` for at most the time of `patience` and reads at most `most` bytes of either stream.
///
/// # Errors
/// What the system says; [`io::ErrorKind::TimedOut`] where the program has not ended in time and was killed.
pub fn of(command: &mut Command, most: u64, patience: Duration) -> io::Result<Answer> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdout = read_aside(child.stdout.take(), most);
    let stderr = read_aside(child.stderr.take(), most);
    let status = ended(&mut child, patience)?;
    let ended = Instant::now();
    // Both streams end with the program, or with what it has started in the background.
    while !(stdout.is_finished() && stderr.is_finished()) && ended.elapsed() < LINGER {
        thread::sleep(PAUSE);
    }
    Ok(Answer { status, stdout: stdout.take()?, stderr: stderr.take()? })
}

/// How the program ends, which is killed where it takes longer than `patience`.
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

/// What has been read of a stream so far, and the thread that reads on.
struct Stream {
    read: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<io::Result<()>>,
}

impl Stream {
    fn is_finished(&self) -> bool {
        self.reader.is_finished()
    }

    /// All that has been read; why reading has failed, if it has.
    fn take(self) -> io::Result<Vec<u8>> {
        if self.reader.is_finished() {
            self.reader.join().unwrap_or_else(|_| Err(io::Error::other("not read")))?;
        }
        Ok(std::mem::take(&mut *lock(&self.read)))
    }
}

fn lock(bytes: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads a stream on a thread of its own: a program that fills one while nobody reads the other waits for ever.
fn read_aside(stream: Option<impl Read + Send + 'static>, most: u64) -> Stream {
    let read = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&read);
    Stream { read, reader: thread::spawn(move || stream.map_or(Ok(()), |stream| read_into(&into, stream, most))) }
}

/// Adds what comes to `into`, at most `most` bytes.
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

    fn shell(script: &str, most: u64, patience: Duration) -> io::Result<Answer> {
        of(Command::new("sh").args(["-c", script]), most, patience)
    }

    #[test]
    fn an_answer_has_both_streams() {
        let answer = shell("echo yes; echo no >&2; exit 3", 100, Duration::from_secs(60)).expect("a shell");
        assert_eq!(
            (answer.status.code(), &answer.stdout[..], &answer.stderr[..]),
            (Some(3), &b"yes\n"[..], &b"no\n"[..])
        );
    }

    /// What a program leaves in the background holds its streams open.
    #[test]
    fn an_answer_is_taken_from_a_program_that_leaves_another_one() {
        let begun = Instant::now();
        let answer = shell("sleep 30 & echo 17; exit 4", 100, Duration::from_secs(60)).expect("an answer");
        assert_eq!((answer.status.code(), &answer.stdout[..]), (Some(4), &b"17\n"[..]));
        assert!(begun.elapsed() < Duration::from_secs(30), "it waited for the other one");
    }

    #[test]
    fn silence_and_endless_talk_end() {
        let error = shell("exec sleep 600", 100, Duration::from_millis(200)).expect_err("too late");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let error = shell("yes", 1000, Duration::from_secs(60)).expect_err("too much");
        assert_eq!(error.to_string(), "expected at most 1000 bytes");
    }
}
