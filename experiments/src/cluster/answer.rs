//! What another program answers, within bounds of time and size.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::bounded;

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

/// Runs `command` for at most the time of `patience` and reads at most `most` bytes of either stream.
///
/// # Errors
/// What the system says; [`io::ErrorKind::TimedOut`] where the program has not ended in time and was killed.
pub fn of(command: &mut Command, most: u64, patience: Duration) -> io::Result<Answer> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdout = read_aside(child.stdout.take(), most);
    let stderr = read_aside(child.stderr.take(), most);
    let begun = Instant::now();
    // Both streams end with the program, or with what it has started in the background.
    let is_done = |child: &mut Child| -> io::Result<bool> {
        Ok(child.try_wait()?.is_some() && stdout.is_finished() && stderr.is_finished())
    };
    while !is_done(&mut child)? {
        if begun.elapsed() >= patience {
            let _ = child.kill();
            let _ = child.wait();
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(PAUSE);
    }
    let read =
        |stream: JoinHandle<io::Result<Vec<u8>>>| stream.join().unwrap_or_else(|_| Err(io::Error::other("not read")));
    Ok(Answer { status: child.wait()?, stdout: read(stdout)?, stderr: read(stderr)? })
}

/// Reads a stream on a thread of its own: a program that fills one while nobody reads the other waits for ever.
fn read_aside(stream: Option<impl Read + Send + 'static>, most: u64) -> JoinHandle<io::Result<Vec<u8>>> {
    thread::spawn(move || stream.map_or(Ok(Vec::new()), |stream| bounded::read_all(stream, most)))
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

    #[test]
    fn silence_and_endless_talk_end() {
        for silent in ["sleep 600", "sleep 600 &"] {
            let error = shell(silent, 100, Duration::from_millis(200)).expect_err("too late");
            assert_eq!(error.kind(), io::ErrorKind::TimedOut, "{silent}");
        }
        let error = shell("yes", 1000, Duration::from_secs(60)).expect_err("too much");
        assert_eq!(error.to_string(), "must have at most 1000 bytes");
    }
}
