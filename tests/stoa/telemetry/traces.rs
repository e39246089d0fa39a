//! Traces, as a collector gets them from the program.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::json;

use crate::cli::{Place, Service};

type Batches = Arc<Mutex<Vec<Bytes>>>;

/// A collector that keeps what it gets.
struct Collector {
    url: String,
    batches: Batches,
    _runtime: tokio::runtime::Runtime,
}

impl Collector {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let batches = Batches::default();
        let take = |State(batches): State<Batches>, body: Bytes| async move {
            batches.lock().unwrap_or_else(PoisonError::into_inner).push(body);
        };
        let router = Router::new().route("/v1/traces", post(take)).with_state(batches.clone());
        runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, batches, _runtime: runtime }
    }

    fn spans(&self) -> Vec<Span> {
        let batches = self.batches.lock().unwrap();
        let read = batches.iter().map(|bytes| ExportTraceServiceRequest::decode(bytes.clone()).unwrap());
        let scopes = read.flat_map(|batch| batch.resource_spans).flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }
}

/// Sends the bytes and reads until the other side closes.
fn exchange(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The value of an attribute as a text; empty if it is not there.
fn attribute(span: &Span, key: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value.as_ref()?.value.clone()) {
        Some(Any::StringValue(text)) => text,
        Some(Any::IntValue(number)) => number.to_string(),
        Some(other) => format!("{other:?}"),
        None => String::new(),
    }
}

#[test]
fn a_request_is_a_tree_of_spans_without_any_value() {
    let collector = Collector::new();
    let place = Place::new("traces");
    let mut command = place.command(&["demo", "run"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url);
    let service = Service::start(&place, command);
    let token = service.sign_in_as("ines");
    let query = "query Find($text: String!) { viewer { displayName } user(by: { username: $text }) { id } }";
    let body = json!({ "query": query, "variables": { "text": "secret-variable" } }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Authorization: Bearer {token}\r\nContent-Length: {}\r\n\
         traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n",
        body.len()
    );
    let answer = exchange(&service.address, &(head + &body));
    assert!(answer.contains("\"data\""), "{answer}");
    let id = answer.split("x-request-id: ").nth(1).unwrap().lines().next().unwrap().to_owned();
    // A stop sends what has not been sent yet.
    service.stop();

    let spans = collector.spans();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let ours: Vec<&Span> =
        spans.iter().filter(|span| hex(&span.trace_id) == "0af7651916cd43dd8448eb211c80319c").collect();
    let request = ours.iter().find(|span| span.name == "POST /graphql").expect("no span of the request");
    assert_eq!(hex(&request.parent_span_id), "b7ad6b7169203331");
    assert_eq!(attribute(request, "http.request.method"), "POST");
    assert_eq!(attribute(request, "http.route"), "/graphql");
    assert_eq!(attribute(request, "http.response.status_code"), "200");
    assert_eq!(attribute(request, "stoa.request.id"), id.trim());
    let operation = ours.iter().find(|span| span.name == "query").expect("no span of the operation");
    assert_eq!(operation.parent_span_id, request.span_id);
    assert_eq!(attribute(operation, "graphql.operation.type"), "query");
    assert_eq!(attribute(operation, "graphql.operation.name"), "Find");
    let statements: Vec<_> = ours.iter().filter(|span| attribute(span, "db.system.name") == "postgresql").collect();
    assert!(statements.iter().any(|span| span.parent_span_id == request.span_id), "the one that finds out who asks");
    let users = statements.iter().find(|span| span.name == "SELECT users").expect("no span of the statement");
    assert_eq!(users.parent_span_id, operation.span_id);
    assert!(attribute(users, "db.query.text").contains("$1"));
    let mutation = spans.iter().find(|span| span.name == "mutation").expect("the sign-in is there, too");
    assert_ne!(hex(&mutation.trace_id), "0af7651916cd43dd8448eb211c80319c");

    let batches = collector.batches.lock().unwrap();
    let everything = batches.iter().map(|bytes| String::from_utf8_lossy(bytes)).collect::<String>();
    assert!(everything.contains("graphql.operation.name"), "this is where it would be");
    for secret in ["secret-variable", token.as_str(), "displayName", "Bearer", "127.0.0.1"] {
        assert!(!everything.contains(secret), "{secret} is in the traces");
    }
}

#[test]
fn a_collector_that_is_not_there_disturbs_nobody() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let place = Place::new("no-collector");
    let mut command = place.command(&["demo", "run"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{free}")).env("OTEL_BSP_SCHEDULE_DELAY", "20");
    let service = Service::start(&place, command);
    for _ in 0..20 {
        service.sign_in_as("ines");
    }
    let log = service.log.clone();
    service.stop();
    let log = std::fs::read_to_string(log).unwrap();
    assert_eq!(log.matches("the collector does not take traces").count(), 1, "{log}");
    let place = Place::new("no-tls");
    for wrong in ["https://collector.example:4318", "collector", "http://user:word@127.0.0.1:4318"] {
        let mut command = place.command(&["demo", "run"]);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", wrong);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{said}");
        assert!(!said.contains("word"), "{said}");
    }
}
