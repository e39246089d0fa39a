//! The way to the collector: HTTP without TLS, one connection a batch. It runs in the thread that sends the batches, which
//! may be held up; a collector that does not answer costs nobody else anything.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::http::{HeaderValue, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::net::TcpStream;

/// For one batch, from connecting to the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Of an answer so much is read.
const ANSWER: usize = 64 * 1024;

pub(super) struct Client {
    host: String,
    port: u16,
    /// Whether the last batch was lost, so that the log says it once.
    lost: AtomicBool,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl Client {
    pub(super) fn to(collector: &str) -> anyhow::Result<Self> {
        let wrong = || {
            anyhow::anyhow!(
                "OTEL_EXPORTER_OTLP_ENDPOINT should look like http://127.0.0.1:4318. Stoa does not speak TLS to a collector: \
                 let one nearby pass the traces on."
            )
        };
        let uri: Uri = collector.parse().map_err(|_| wrong())?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(wrong)?;
        if uri.scheme_str() != Some("http") || uri.query().is_some() {
            return Err(wrong());
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        Ok(Self { host, port: authority.port_u16().unwrap_or(80), lost: AtomicBool::new(false) })
    }

    async fn exchange(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        if let Some(authority) = request.uri().authority() {
            let host = HeaderValue::from_str(authority.as_str())?;
            request.headers_mut().insert(header::HOST, host);
        }
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).parse()?;
        *request.uri_mut() = path;
        let exchange = async {
            let answer = sender.send_request(request.map(Full::new)).await?;
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, ANSWER).collect().await?.to_bytes();
            Ok(Response::from_parts(parts, body))
        };
        let mut exchange = std::pin::pin!(exchange);
        tokio::select! {
            answer = &mut exchange => answer,
            // The connection may be over before its last words were read.
            _ = connection => exchange.await,
        }
    }

    fn note(&self, failure: Option<String>) {
        let before = self.lost.swap(failure.is_some(), Ordering::Relaxed);
        match (before, failure) {
            (false, Some(cause)) => {
                tracing::warn!(cause, "the collector does not take traces; until it does they are lost");
            }
            (true, None) => tracing::info!("the collector takes traces again"),
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        // Whoever sends batches is a plain thread.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let answer = runtime.block_on(async {
            match tokio::time::timeout(PATIENCE, self.exchange(request)).await {
                Ok(answer) => answer,
                Err(_) => Err("no answer in time".into()),
            }
        });
        self.note(match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("status {}", answer.status().as_u16())),
            Err(cause) => Some(cause.to_string()),
        });
        answer
    }
}
