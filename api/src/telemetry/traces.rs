//! Traces, in OpenTelemetry's words: a span for each request, for each operation, and for each statement that an
//! operation makes. They are `tracing` spans of one target, which only the layer made here listens to: as long as there
//! is no such layer, none is made and none of their fields is looked at.
//!
//! What is in them: methods, routes, statuses, ids of requests, kinds and names of operations, the text of statements,
//! which has no values. What is not: documents, variables, tokens, addresses, ids of people. A subscription's span is
//! that of its beginning; its events have none.

mod client;
mod provider;
mod spans;

use axum::http::{HeaderMap, Method, StatusCode};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::field::Empty;
use tracing::{Level, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

pub use self::provider::Traces;
pub use self::spans::Spans;
use super::labels::{Kind, Transport};
use super::operations::shown;

/// Of all these spans, and of nothing else.
const TARGET: &str = "otel";

/// Longest text of a statement, in bytes.
const LONGEST: usize = 2000;

/// Directive for the log, which has lines of its own.
pub const NOT_IN_LOG: &str = "otel=off";

/// The span of a request; nothing if nobody listens. A `traceparent` that came along is its parent.
pub fn request(method: &Method, route: Option<&str>, id: &str, headers: &HeaderMap) -> Span {
    if !tracing::enabled!(target: TARGET, Level::TRACE) {
        return Span::none();
    }
    let known = [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS, Method::PUT, Method::PATCH, Method::DELETE];
    let method = if known.contains(method) { method.as_str() } else { "_OTHER" };
    let name = match (method, route) {
        ("_OTHER", _) => "HTTP".to_owned(),
        (method, Some(route)) => format!("{method} {route}"),
        (method, None) => method.to_owned(),
    };
    let span = tracing::trace_span!(
        target: TARGET,
        "request",
        otel.name = name,
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        stoa.request.id = id,
    );
    let parent = TraceContextPropagator::new().extract(&Headers(headers));
    // It was made just now, so it can have a parent.
    let _ = span.set_parent(parent);
    span
}

/// Notes how a request was answered.
pub fn answered(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}

/// The span of an operation; nothing if nobody listens.
pub fn operation(kind: Kind, name: Option<&str>, transport: Transport, id: &str) -> Span {
    tracing::trace_span!(
        target: TARGET,
        "operation",
        otel.name = kind.name(),
        otel.status_code = Empty,
        error.r#type = Empty,
        graphql.operation.r#type = kind.name(),
        graphql.operation.name = name.map(shown),
        stoa.transport = transport.name(),
        stoa.request.id = id,
    )
}

/// Notes that an operation was refused or that its answer holds errors, or that a statement failed.
pub fn failed(span: &Span, outcome: &'static str) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", outcome);
}

/// The span of a statement, from now until it is dropped, if it is part of something that has one.
pub fn statement(sql: &str) -> Span {
    if !tracing::enabled!(target: TARGET, Level::TRACE) {
        return Span::none();
    }
    let is_inside = Span::current().metadata().is_some_and(|span| span.target() == TARGET);
    if !is_inside {
        return Span::none();
    }
    let summary = summary(sql);
    let end = (0..=LONGEST.min(sql.len())).rev().find(|end| sql.is_char_boundary(*end)).unwrap_or(0);
    tracing::trace_span!(
        target: TARGET,
        "statement",
        otel.name = summary,
        otel.kind = "client",
        otel.status_code = Empty,
        error.r#type = Empty,
        db.system.name = "postgresql",
        db.query.summary = summary,
        db.query.text = &sql[..end],
    )
}

/// The first word and the first table: `SELECT conversations`.
fn summary(sql: &str) -> String {
    let mut words = sql.split(|c: char| c.is_whitespace() || c == '(').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_ascii_uppercase();
    let before = if first == "UPDATE" { None } else { Some(["from", "into"]) };
    let table = match before {
        None => words.next(),
        Some(before) => {
            words.find(|word| before.iter().any(|before| word.eq_ignore_ascii_case(before)));
            words.next()
        }
    };
    let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    let table: String = table.unwrap_or_default().trim_start_matches('"').chars().take_while(plain).collect();
    if table.is_empty() { first } else { format!("{first} {table}") }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn a_statement_is_summed_up_by_its_verb_and_its_table() {
        for (sql, expected) in [
            ("SELECT \"a\" FROM \"conversations\" WHERE x = $1", "SELECT conversations"),
            ("\n  select x.id\n    from (select 1) x", "SELECT select"),
            ("INSERT INTO \"messages\" (\"id\") VALUES ($1)", "INSERT messages"),
            ("UPDATE \"users\" SET x = $1", "UPDATE users"),
            ("select pg_notify($1, $2)", "SELECT"),
            ("", ""),
        ] {
            assert_eq!(summary(sql), expected, "{sql}");
        }
    }
}
