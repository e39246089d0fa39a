//! Sends bad requests, checks what every refusal has in common, and keeps the faults for the end.

use axum::body::Body;
use axum::http::Request;
use harness::{Answer, Person, World};
use serde_json::{Value, json};

use super::document;

/// What no error speaks of: words of the database, of parsers and of libraries.
const FOREIGN_WORDS: &[&str] = &[
    "sqlx",
    "sqlstate",
    "sea_orm",
    "seaorm",
    "sea-orm",
    "serde",
    "async-graphql",
    "async_graphql",
    "apollo",
    "axum",
    "chrono",
    "typeid",
    "mti",
    "bcrypt",
    "postgres",
    "select *",
    "select \"",
    "insert into",
    "delete from",
    "update \"",
    "violates",
    "constraint",
    "duplicate key",
    "relation \"",
    "foreign key",
    "null value",
    "utf8",
    "utf-8",
    "invalid digit",
    "invalid byte",
    "invalid type",
    "expected",
    "eof",
    "at line",
    "panick",
    "unwrap",
    ".rs",
    "option::",
    "base64",
    "base32",
];

/// What is in Zoe's things, and so in no answer here.
const SECRETS: &[&str] = &["hush, a", "hush-zoe"];

/// The closed set of codes.
const CODES: &[&str] = &[
    "BAD_REQUEST",
    "CONFLICT",
    "COST_EXCEEDED",
    "DOCUMENT_NOT_FOUND",
    "DOCUMENT_NOT_TRUSTED",
    "FORBIDDEN",
    "INTERNAL",
    "INVALID",
    "LIMIT_EXCEEDED",
    "NOT_FOUND",
    "PARSE_FAILED",
    "RATE_LIMITED",
    "SECOND_FACTOR_REQUIRED",
    "TIMEOUT",
    "TOO_LARGE",
    "UNAUTHENTICATED",
    "UNAVAILABLE",
    "VALIDATION_FAILED",
    "WRONG_CREDENTIALS",
];

/// What a wrong guess leaves behind.
const GUESSES: [&str; 3] = ["audit_log", "events", "security_events"];

/// A fingerprint without those tables.
fn without(fingerprint: &str, tables: &[&str]) -> String {
    let is_kept = |line: &&str| !tables.iter().any(|table| line.starts_with(&format!("{table} ")));
    fingerprint.lines().filter(is_kept).collect()
}

pub struct Inquiry<'w> {
    world: &'w World,
    before: String,
    faults: Vec<String>,
    asked: usize,
}

impl<'w> Inquiry<'w> {
    pub async fn begin(world: &'w World) -> Self {
        Self { world, before: world.fingerprint().await, faults: Vec::new(), asked: 0 }
    }

    /// A mutation whose input is refused as data, with exactly these `CODE path.to.field`, in any order.
    pub async fn refuses(&mut self, person: &Person<'_>, mutation: &str, input: Value, refusals: &[&str]) -> Answer {
        let answer = person.run(&document(mutation), json!({ "input": input })).await;
        let label = format!("{mutation} {}", short(&input));
        self.common(&label, &answer);
        let payload = &answer.body["data"][mutation];
        let mut found: Vec<String> = payload["userErrors"].as_array().into_iter().flatten().map(refusal).collect();
        let mut wanted: Vec<&str> = refusals.to_vec();
        found.sort();
        // Two faults of one field may be said one by one.
        found.dedup();
        wanted.sort_unstable();
        if found != wanted || answer.status != 200 || answer.body.get("errors").is_some() {
            self.fault(&label, &format!("{} instead of {wanted:?}", short(&answer.body)));
        }
        let shown =
            payload.as_object().into_iter().flatten().any(|(name, value)| name != "userErrors" && !value.is_null());
        // A stale version comes with the present state, and so may the news of a finished tool call.
        let stale = refusals.contains(&"CONFLICT expectedVersion");
        if shown != stale && refusals != ["CONFLICT toolCallId"] {
            self.fault(&label, &format!("the object in {}", short(&answer.body)));
        }
        // A wrong guess is written down, where its owner and those who look after the service find it.
        if mutation == "signIn" && refusals == ["WRONG_CREDENTIALS"] {
            self.before = without(&self.before, &GUESSES);
            let after = without(&self.world.fingerprint().await, &GUESSES);
            if after != self.before {
                self.fault(&label, "more than a guess was written");
            }
            self.before = self.world.fingerprint().await;
            self.asked += 1;
            return answer;
        }
        self.unchanged(&label).await;
        answer
    }

    /// A mutation that is accepted: the control beside the refusals.
    pub async fn accepts(&mut self, person: &Person<'_>, mutation: &str, input: Value) -> Value {
        let answer = person.run(&document(mutation), json!({ "input": input })).await;
        let payload = answer.body["data"][mutation].clone();
        if payload["userErrors"] != json!([]) || answer.body.get("errors").is_some() {
            self.fault(
                &format!("{mutation} {}", short(&input)),
                &format!("{} instead of success", short(&answer.body)),
            );
        }
        self.before = self.world.fingerprint().await;
        self.asked += 1;
        payload
    }

    /// A request that fails as a whole: one code, its status, no data.
    pub async fn rejects(&mut self, person: &Person<'_>, query: &str, variables: Value, code: &str) {
        let answer = person.run(query, variables.clone()).await;
        self.rejected(&format!("{} {}", short(&json!(query)), short(&variables)), &answer, code).await;
    }

    /// The same for a body that is written by hand.
    pub async fn rejects_body(&mut self, person: &Person<'_>, body: Vec<u8>, code: &str) {
        let label = short(&json!(String::from_utf8_lossy(&body)));
        let answer = person.send(Request::post("/graphql").body(Body::from(body)).unwrap()).await;
        self.rejected(&label, &answer, code).await;
    }

    async fn rejected(&mut self, label: &str, answer: &Answer, code: &str) {
        self.common(label, answer);
        let status = if code == "TOO_LARGE" { 413 } else { 400 };
        let codes = answer.codes();
        if codes.is_empty() || codes.iter().any(|found| *found != code) {
            self.fault(label, &format!("{} instead of {code}", short(&answer.body)));
        }
        if answer.status != status || answer.body.get("data").is_some() {
            self.fault(label, &format!("{} {} instead of {status} without data", answer.status, short(&answer.body)));
        }
        self.unchanged(label).await;
    }

    /// A field that fails for its argument while the rest of the document is answered: `path.of.field argument`.
    pub async fn spoils(&mut self, person: &Person<'_>, query: &str, variables: Value, place: &str) {
        self.fails(person, query, variables, "INVALID", place).await;
    }

    /// A field that fails with this code.
    pub async fn fails(&mut self, person: &Person<'_>, query: &str, variables: Value, code: &str, place: &str) {
        let answer = person.run(query, variables.clone()).await;
        let label = format!("{} {}", short(&json!(query)), short(&variables));
        self.common(&label, &answer);
        let errors = answer.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let places: Vec<String> = errors
            .iter()
            .map(|error| {
                let path = joined(&error["path"]);
                format!("{path} {}", joined(&error["extensions"]["argument"])).trim_end().to_owned()
            })
            .collect();
        if answer.codes() != [code] || places != [place] || answer.status != 200 {
            self.fault(&label, &format!("{places:?} {} instead of {code} {place}", short(&answer.body)));
        }
        let field = place.split(' ').next().unwrap_or_default().split('.');
        let spoiled =
            field.fold(&answer.body["data"], |value, part| part.parse().map_or(&value[part], |at: usize| &value[at]));
        if !spoiled.is_null() {
            self.fault(&label, &format!("data beside the error: {}", short(&answer.body)));
        }
        if place.split(' ').next().unwrap_or_default().contains('.')
            && answer.body["data"].get("control") != Some(&json!("Query"))
        {
            self.fault(&label, &format!("the sibling is gone: {}", short(&answer.body)));
        }
        self.unchanged(&label).await;
    }

    /// A query that is answered without an error.
    pub async fn answers(&mut self, person: &Person<'_>, query: &str, variables: Value, data: Option<Value>) -> Value {
        let answer = person.run(query, variables.clone()).await;
        let label = format!("{} {}", short(&json!(query)), short(&variables));
        self.common(&label, &answer);
        let found = &answer.body["data"];
        if answer.body.get("errors").is_some() || data.as_ref().is_some_and(|data| data != found) {
            self.fault(&label, &format!("{} instead of {data:?}", short(&answer.body)));
        }
        found.clone()
    }

    /// What every answer keeps to.
    pub fn common(&mut self, label: &str, answer: &Answer) {
        self.asked += 1;
        let text = String::from_utf8_lossy(&answer.bytes).to_lowercase();
        for secret in SECRETS.iter().filter(|secret| text.contains(**secret)) {
            self.fault(label, &format!("LEAK {secret:?} in {}", short(&answer.body)));
        }
        let (data, errors) = (&answer.body["data"], &answer.body["errors"]);
        let refusals = data.as_object().into_iter().flatten().map(|(_, payload)| &payload["userErrors"]);
        let said = refusals.chain([errors]).flat_map(|errors| errors.as_array().into_iter().flatten());
        for message in said.filter_map(|error| error["message"].as_str()) {
            // Fields may be named.
            let lower = message.replace("expectedVersion", "").to_lowercase();
            if FOREIGN_WORDS.iter().any(|word| lower.contains(word)) {
                self.fault(label, &format!("a foreign word in {message:?}"));
            }
        }
        if answer.body.is_null() {
            self.fault(label, "the answer is not JSON");
        }
        for error in answer.body["errors"].as_array().into_iter().flatten() {
            let (code, request) = (&error["extensions"]["code"], &error["extensions"]["requestId"]);
            let known = code.as_str().is_some_and(|code| CODES.contains(&code));
            if !known || !request.as_str().is_some_and(|id| id.starts_with("req_")) || error["message"] == "" {
                self.fault(label, &format!("an error without its code or request id: {error}"));
            }
        }
    }

    pub async fn unchanged(&mut self, label: &str) {
        let now = self.world.fingerprint().await;
        if now != self.before {
            let (old, new) = (self.before.lines(), now.lines());
            let tables: Vec<&str> = new.zip(old).filter(|(new, old)| new != old).map(|(new, _)| new).collect();
            self.fault(label, &format!("WRITTEN: {tables:?}"));
            self.before = now;
        }
    }

    pub fn fault(&mut self, label: &str, what: &str) {
        self.faults.push(format!("{label}\n    {what}"));
    }

    /// Fails the test with everything that was found.
    #[track_caller]
    pub fn close(self) {
        assert!(self.asked > 0, "nothing was asked");
        assert!(self.faults.is_empty(), "{} faults\n- {}", self.faults.len(), self.faults.join("\n- "));
    }
}

fn refusal(error: &Value) -> String {
    let message = error["message"].as_str().unwrap_or_default();
    let written = format!("{} {}", error["code"].as_str().unwrap_or("-"), joined(&error["path"]));
    if message.is_empty() { format!("{written} without a message") } else { written.trim_end().to_owned() }
}

/// A path or an argument as `a.b.0`.
fn joined(path: &Value) -> String {
    let part = |part: &Value| part.as_str().map_or_else(|| part.to_string(), str::to_owned);
    match path {
        Value::Array(parts) => parts.iter().map(part).collect::<Vec<_>>().join("."),
        Value::Null => String::new(),
        other => part(other),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 420 {
        return text;
    }
    format!("{} … {}", text.chars().take(300).collect::<String>(), text.len())
}
