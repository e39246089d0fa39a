//! The log: what it says of operations, and what nobody can make it say.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::cli::{Place, Service};

fn send(address: &str, token: &str, body: &Value) -> String {
    let body = body.to_string();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn an_operation_is_one_line_without_any_value() {
    let place = Place::new("log");
    let mut command = place.command(&["demo", "run"]);
    command.env("STOA_LOG", "info,stoa=debug").env("STOA_LOG_FORMAT", "json").env("STOA_SLOW_OPERATION", "1");
    let service = Service::start(&place, command);
    let token = service.sign_in_as("ines");
    let query = "query Find($text: String!) { user(by: { username: $text }) { displayName } }";
    let body = json!({ "query": query, "variables": { "text": "secret-variable" }, "operationName": "Find" });
    let answer = send(&service.address, &token, &body);
    let long = "L".repeat(500);
    send(&service.address, &token, &json!({ "query": format!("query {long} {{ viewer {{ id }} }}") }));
    let forged = "Find\n2026-01-01T00:00:00Z  INFO forged";
    send(&service.address, &token, &json!({ "query": query, "operationName": forged }));
    let log = service.log.clone();
    service.stop();
    let log = std::fs::read_to_string(log).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let find = |message: &str, operation: &str| {
        let fits = |line: &&Value| line["fields"]["message"] == message && line["fields"]["operation"] == operation;
        lines.iter().find(fits).unwrap_or_else(|| panic!("no {message} {operation} in {log}"))
    };
    let line = find("graphql", "Find");
    let id = answer.split("x-request-id: ").nth(1).unwrap().lines().next().unwrap().trim();
    assert_eq!(line["span"]["id"], id);
    let length = answer.split("content-length: ").nth(1).unwrap().lines().next().unwrap().trim();
    let fields = &line["fields"];
    assert_eq!(fields["bytes"].to_string(), length);
    assert_eq!(
        (&fields["kind"], &fields["transport"], &fields["outcome"]),
        (&json!("query"), &json!("http"), &json!("ok"))
    );
    assert_eq!(fields["status"], 200);
    assert!(fields["cost"].as_u64().unwrap() > 0 && fields["statements"].as_u64().unwrap() > 1);
    assert_eq!(find("slow operation", "Find")["level"], "WARN");
    find("graphql", &"L".repeat(80));
    assert!(lines.iter().any(|line| line["fields"]["message"] == "request" && line["fields"]["route"] == "/graphql"));
    for secret in ["secret-variable", token.as_str(), "forged", "user(by", "127.0.0.1:"] {
        let told: Vec<_> = log.lines().filter(|line| line.contains(secret)).collect();
        assert!(told.is_empty(), "{secret}: {told:#?}");
    }
}
