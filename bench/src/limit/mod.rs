//! The upper limit to compare with: the same answers from hand-written SQL, binary rows and JSON written by hand. It knows
//! the workloads by name, believes the viewer it is told, and checks nothing.

pub mod json;
mod read;
mod write;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;

use self::json::decode_id;

/// Pipelined connections.
const CONNECTIONS: usize = 8;

/// A connection with its prepared statements.
pub struct Database {
    client: Client,
    statements: Vec<Statement>,
}

struct Pool {
    databases: Vec<Database>,
    next: AtomicUsize,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(rename = "operationName")]
    operation: &'a str,
    #[serde(default, borrow)]
    variables: Variables<'a>,
}

#[derive(Default, Deserialize)]
struct Variables<'a> {
    #[serde(default)]
    id: Option<&'a str>,
    #[serde(default)]
    after: Option<&'a str>,
    #[serde(default)]
    content: Option<std::borrow::Cow<'a, str>>,
}

pub async fn serve(listen: SocketAddr, database: &str) -> anyhow::Result<()> {
    let mut databases = Vec::new();
    for _ in 0..CONNECTIONS {
        let (client, connection) = tokio_postgres::connect(database, NoTls).await?;
        tokio::spawn(connection);
        let mut statements = Vec::new();
        for text in read::STATEMENTS.iter().chain(write::STATEMENTS) {
            statements.push(client.prepare(text).await.with_context(|| text.to_string())?);
        }
        databases.push(Database { client, statements });
    }
    let pool = Arc::new(Pool { databases, next: AtomicUsize::new(0) });
    let router = Router::new().route("/graphql", post(answer)).with_state(pool);
    let listener = tokio::net::TcpListener::bind(listen).await?;
    axum::serve(axum::serve::ListenerExt::tap_io(listener, |stream| drop(stream.set_nodelay(true))), router).await?;
    Ok(())
}

async fn answer(State(pool): State<Arc<Pool>>, headers: HeaderMap, body: Bytes) -> Response {
    match reply(&pool, &headers, &body).await {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(cause) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{cause:#}")).into_response(),
    }
}

async fn reply(pool: &Pool, headers: &HeaderMap, body: &[u8]) -> anyhow::Result<Vec<u8>> {
    let body: Body = serde_json::from_slice(body)?;
    let viewer = headers.get("x-viewer").context("no viewer")?.to_str()?;
    let viewer = Uuid::try_parse(viewer)?;
    let db = &pool.databases[pool.next.fetch_add(1, Ordering::Relaxed) % CONNECTIONS];
    let id = || decode_id(body.variables.id.unwrap_or_default()).context("no id");
    match body.operation {
        "W1" => read::point(db, id()?).await,
        "W2" => read::newest(db, viewer).await,
        "W3" => read::nested(db, viewer).await,
        "W4" => read::long(db, id()?).await,
        "W5" => write::append(db, viewer, id()?, body.variables.content.as_deref().unwrap_or_default()).await,
        "W6" => read::after(db, id()?, body.variables.after.map_or(Ok(0), str::parse)?).await,
        "W7" => read::first_screen(db, viewer).await,
        "W9" => read::end(db, id()?).await,
        other => anyhow::bail!("no workload {other}"),
    }
}
