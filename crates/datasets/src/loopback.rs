//! Tests only: a server of this machine that answers as told.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// What to answer.
pub(crate) enum Answer {
    /// The whole file.
    Whole(Vec<u8>),
    /// A part of what the header announces, then silence.
    Cut { sent: Vec<u8>, announced: usize },
    /// No such file.
    Missing,
    /// A byte after the other, as long as the client listens.
    Dripping,
}

/// A running server; it ends when dropped.
pub(crate) struct Loopback {
    pub address: String,
    socket: SocketAddr,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Answers every request, one after the other, as `answer` says for the last part of its path.
pub(crate) fn serve(answer: impl Fn(&str) -> Answer + Send + 'static) -> Loopback {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = listener.local_addr().unwrap();
    let ended = Arc::new(AtomicBool::new(false));
    let seen = ended.clone();
    let thread = thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            if seen.load(Ordering::SeqCst) {
                return;
            }
            reply(stream, &answer);
        }
    });
    Loopback { address: format!("http://{socket}"), socket, ended, thread: Some(thread) }
}

fn reply(mut stream: TcpStream, answer: &impl Fn(&str) -> Answer) {
    let request = BufReader::new(stream.try_clone().unwrap());
    let lines: Vec<String> = request.lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let path = lines.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let answer = answer(path.rsplit('/').next().unwrap_or_default());
    let drips = matches!(answer, Answer::Dripping);
    let (status, announced, sent) = match answer {
        Answer::Whole(bytes) => ("200 OK", bytes.len(), bytes),
        Answer::Cut { sent, announced } => ("200 OK", announced, sent),
        Answer::Missing => ("404 Not Found", 0, Vec::new()),
        Answer::Dripping => ("200 OK", usize::MAX >> 1, Vec::new()),
    };
    let header = format!("HTTP/1.1 {status}\r\nContent-Length: {announced}\r\nConnection: close\r\n\r\n");
    // The client may have turned away.
    let mut outcome = stream.write_all(header.as_bytes()).and_then(|()| stream.write_all(&sent));
    while drips && outcome.is_ok() {
        thread::sleep(Duration::from_millis(10));
        outcome = stream.write_all(&[0]);
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the server, which then sees that it has ended.
        let woken = TcpStream::connect(self.socket).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken) {
            let _ = thread.join();
        }
    }
}
