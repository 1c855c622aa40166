//! A local test server with prepared answers.

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

/// Answer of the server.
pub(crate) enum Answer {
    /// A complete file.
    Whole(Vec<u8>),
    /// Part of the announced content, then silence.
    Cut { sent: Vec<u8>, announced: usize },
    /// Status 404.
    Missing,
    /// One byte at a time without end.
    Dripping,
}

/// A running server, stopped on drop.
pub(crate) struct Loopback {
    pub address: String,
    socket: SocketAddr,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Serves requests sequentially; `answer` receives the last component of the path.
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
    // The client may have closed the connection.
    let mut outcome = stream.write_all(header.as_bytes()).and_then(|()| stream.write_all(&sent));
    while drips && outcome.is_ok() {
        thread::sleep(Duration::from_millis(10));
        outcome = stream.write_all(&[0]);
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the server so that it sees the flag.
        let woken = TcpStream::connect(self.socket).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken) {
            let _ = thread.join();
        }
    }
}
