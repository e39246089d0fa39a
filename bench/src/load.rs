//! Closed-loop load over HTTP/1.1 on loopback: each connection sends its next request when the last answer is whole.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// Where an answer lies in the connection's buffer.
struct Answer {
    status: u16,
    body: std::ops::Range<usize>,
    chunked: bool,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(1 << 20) })
    }

    /// Sends a whole request and waits for the whole answer; an answer that is not a success with data is an error.
    pub async fn send(&mut self, request: &[u8]) -> anyhow::Result<()> {
        let answer = self.exchange(request).await?;
        let body = &self.buffer[answer.body.clone()];
        let good = answer.status == 200
            && memchr::memmem::find(&body[..body.len().min(16)], b"\"data\":{").is_some()
            && (body.len() > 65_536 || memchr::memmem::find(body, b"\"errors\":[").is_none());
        anyhow::ensure!(good, "{}: {}", answer.status, String::from_utf8_lossy(&body[..body.len().min(400)]));
        Ok(())
    }

    /// The same, with the body.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<serde_json::Value> {
        let answer = self.exchange(request).await?;
        let body = &self.buffer[answer.body.clone()];
        let body = if answer.chunked { dechunk(body)? } else { body.to_vec() };
        let shown = || String::from_utf8_lossy(&body[..body.len().min(400)]).into_owned();
        anyhow::ensure!(answer.status == 200, "{}: {}", answer.status, shown());
        serde_json::from_slice(&body).with_context(shown)
    }

    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if let Some(answer) = self.whole()? {
                return Ok(answer);
            }
            let read = self.stream.read_buf(&mut self.buffer).await?;
            anyhow::ensure!(read > 0, "the server closed the connection");
        }
    }

    fn whole(&self) -> anyhow::Result<Option<Answer>> {
        let mut headers = [httparse::EMPTY_HEADER; 48];
        let mut head = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(begin) = head.parse(&self.buffer)? else { return Ok(None) };
        let find = |name: &str| head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        let status = head.code.unwrap_or_default();
        if let Some(length) = find("content-length") {
            let length: usize = std::str::from_utf8(length.value)?.parse()?;
            let whole = self.buffer.len() >= begin + length;
            return Ok(whole.then_some(Answer { status, body: begin..begin + length, chunked: false }));
        }
        let whole = self.buffer[begin..].ends_with(b"0\r\n\r\n");
        Ok(whole.then_some(Answer { status, body: begin..self.buffer.len(), chunked: true }))
    }
}

fn dechunk(mut body: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let line = memchr::memmem::find(body, b"\r\n").context("a chunk without a length")?;
        let length = usize::from_str_radix(std::str::from_utf8(&body[..line])?.trim(), 16)?;
        if length == 0 {
            return Ok(whole);
        }
        whole.extend_from_slice(body.get(line + 2..line + 2 + length).context("a chunk cut short")?);
        body = &body[line + 2 + length + 2..];
    }
}

/// What a stretch of load showed.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// Milliseconds of each answer, sorted.
    pub latencies: Vec<f32>,
    pub seconds: f64,
}

impl Load {
    pub fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds
    }

    pub fn quantile(&self, quantile: f64) -> f32 {
        let at = (self.latencies.len() as f64 * quantile) as usize;
        self.latencies.get(at.min(self.latencies.len().saturating_sub(1))).copied().unwrap_or(f32::NAN)
    }
}

/// Sends `requests` over this many connections for a while, each connection beginning at another one.
pub async fn run(
    address: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    connections: usize,
    duration: Duration,
) -> anyhow::Result<Load> {
    let stop = Arc::new(AtomicBool::new(false));
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(address).await?);
    }
    let began = Instant::now();
    let workers: Vec<_> = open
        .into_iter()
        .enumerate()
        .map(|(number, mut connection)| {
            let (requests, stop) = (requests.clone(), stop.clone());
            tokio::spawn(async move {
                let mut latencies = Vec::with_capacity(1 << 16);
                let mut at = number * 7919;
                while !stop.load(Ordering::Relaxed) {
                    let sent = Instant::now();
                    connection.send(&requests[at % requests.len()]).await?;
                    latencies.push(sent.elapsed().as_secs_f32() * 1000.0);
                    at += 1;
                }
                anyhow::Ok(latencies)
            })
        })
        .collect();
    tokio::time::sleep(duration).await;
    stop.store(true, Ordering::Relaxed);
    let mut latencies = Vec::new();
    for worker in workers {
        latencies.extend(worker.await??);
    }
    let seconds = began.elapsed().as_secs_f64();
    latencies.sort_unstable_by(f32::total_cmp);
    Ok(Load { latencies, seconds })
}
