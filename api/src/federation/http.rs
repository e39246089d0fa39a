//! The way to the providers: one request, one answer, nothing followed.

use std::time::Duration;

use futures_util::future::BoxFuture;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use openidconnect::url::Url;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

use crate::config;

/// For one request, from connecting to the last byte of the answer.
const PATIENCE: Duration = Duration::from_secs(4);
/// Of an answer so much is read.
const LONGEST: usize = 256 * 1024;

/// Why there is no answer. Says nothing of what was sent.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum Lost {
    #[error("the provider names an address that is not safe")]
    Unsafe,
    #[error("no answer in time")]
    Late,
    #[error("no connection, or it broke")]
    Broken,
    #[error("the answer is too long or breaks off")]
    Unreadable,
}

#[derive(Clone)]
pub struct Client(legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Client {
    pub fn new() -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            // What is not HTTPS is on this machine: see `exchange`.
            .https_or_http()
            .enable_http1()
            .build();
        Self(legacy::Client::builder(TokioExecutor::new()).build(connector))
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, Lost> {
        let url = Url::parse(&request.uri().to_string()).map_err(|_| Lost::Unsafe)?;
        if !config::is_safe(&url) {
            return Err(Lost::Unsafe);
        }
        let exchange = async {
            let request = request.map(|body| Full::new(Bytes::from(body)));
            let (parts, body) = self.0.request(request).await.map_err(|_| Lost::Broken)?.into_parts();
            let body = Limited::new(body, LONGEST).collect().await.map_err(|_| Lost::Unreadable)?;
            Ok(HttpResponse::from_parts(parts, body.to_bytes().to_vec()))
        };
        tokio::time::timeout(PATIENCE, exchange).await.unwrap_or(Err(Lost::Late))
    }
}

impl<'c> AsyncHttpClient<'c> for Client {
    type Error = Lost;
    type Future = BoxFuture<'c, Result<HttpResponse, Lost>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.exchange(request))
    }
}
