//! The import rules of the house, held over the source text: who may name what. Each violation is printed as file:line.

mod source;

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use self::source::{Source, sources, tokens};

/// A place that may do what the rule forbids, and why.
type Exception = (&'static str, &'static str, &'static str);

/// File, what it names, reason.
const EXCEPTIONS: &[Exception] = &[
    ("api/src/domain/share/subject.rs", "crate::domain::user::query::UserReference", "the input that names a user"),
    (
        "api/src/domain/share/subject.rs",
        "sea_orm::ConnectionTrait",
        "hands on whichever reads, of a query or a mutation",
    ),
    (
        "api/src/domain/membership/mutation/invite.rs",
        "crate::domain::user::query::UserReference",
        "the input that names a user",
    ),
    (
        "api/src/domain/account/register.rs",
        "sea_orm::ConnectionTrait",
        "hands on whichever transaction makes the account",
    ),
    ("api/src/http/request_id.rs", "uuid::Uuid::now_v7", "ids of requests are not data: no test compares them"),
];

const MOST_LINES: usize = 300;

/// What runs a statement, by the trait or type that has to be named for it.
const EXECUTORS: [&str; 7] =
    ["ActiveModelTrait", "ConnectionTrait", "EntityTrait", "LoaderTrait", "ModelTrait", "PaginatorTrait", "Statement"];

/// What runs a statement, by the call.
const CALLS: [&str; 7] =
    [".exec(", ".execute_raw(", ".execute_unprepared(", ".one(", ".query_all(", ".query_all_raw(", ".query_one_raw("];

/// Collects what breaks a rule.
#[derive(Default)]
struct Report(String);

impl Report {
    /// Forbids the names for which `is_forbidden` holds.
    fn names(&mut self, source: &Source, rule: &str, is_forbidden: impl Fn(&str) -> bool) {
        for name in source.names.iter().filter(|name| is_forbidden(&name.path)) {
            let excepted = EXCEPTIONS.iter().any(|(file, what, _)| *file == source.path && *what == name.path);
            if !excepted {
                writeln!(self.0, "{}:{} {} ({rule})", source.path, name.line, name.path).unwrap();
            }
        }
    }

    /// Forbids the lines of code for which `is_forbidden` holds.
    fn lines(&mut self, source: &Source, rule: &str, is_forbidden: impl Fn(&str) -> bool) {
        for (line, text) in source.code.lines().enumerate().filter(|(_, text)| is_forbidden(text)) {
            writeln!(self.0, "{}:{} {} ({rule})", source.path, line + 1, text.trim()).unwrap();
        }
    }

    #[track_caller]
    fn done(self) {
        assert!(self.0.is_empty(), "\n{}", self.0);
    }
}

fn is_of(path: &str, krate: &str) -> bool {
    path == krate || path.strip_prefix(krate).is_some_and(|rest| rest.starts_with("::"))
}

fn is_executor(path: &str) -> bool {
    is_of(path, "sea_orm") && EXECUTORS.iter().any(|name| path.split("::").any(|part| part == *name))
}

fn has_word(line: &str, word: &str) -> bool {
    tokens(line).iter().any(|(_, token)| *token == word)
}

#[test]
fn the_rooms_below_do_not_know_those_above() {
    let mut report = Report::default();
    for source in sources() {
        if source.is_in(&["entity/"]) {
            report.names(&source, "entity never names GraphQL", |path| {
                is_of(path, "async_graphql") || is_of(path, "stoa")
            });
            report.lines(&source, "entity never names GraphQL", |line| line.contains("async_graphql"));
        }
        if source.is_in(&["migration/"]) {
            report.names(&source, "migration imports nothing of ours", |path| {
                is_of(path, "entity") || is_of(path, "stoa_entity") || is_of(path, "stoa")
            });
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (manifest, foreign) in [("entity", "async-graphql"), ("migration", "entity")] {
        let text = fs::read_to_string(root.join(manifest).join("Cargo.toml")).unwrap();
        for (line, text) in text.lines().enumerate().filter(|(_, text)| text.starts_with(foreign)) {
            writeln!(report.0, "{manifest}/Cargo.toml:{} {text}", line + 1).unwrap();
        }
    }
    report.done();
}

#[test]
fn statements_run_in_few_places() {
    const PLACES: &[&str] = &[
        "api/src/auth/",
        "api/src/cli/doctor.rs",
        "api/src/database/",
        "api/src/demo/",
        "api/src/documents/rows.rs",
        "api/src/events/outbox.rs",
        "api/src/http/health.rs",
        "api/src/limits/rows.rs",
        "api/src/write/",
    ];
    let mut report = Report::default();
    for source in sources().iter().filter(|source| source.is_in(&["api/src/"])) {
        let has_rows = source.noun().is_some() && matches!(source.layer(), "rows" | "seed");
        if !has_rows && !source.is_in(PLACES) {
            report.names(source, "only rows run statements", is_executor);
            report.lines(source, "only rows run statements", |line| CALLS.iter().any(|call| line.contains(call)));
        }
        if !has_rows && !source.is_in(PLACES) && !source.is_in(&["api/src/cli/"]) {
            let rule = "transactions begin on the mutation path";
            report.names(source, rule, |path| path == "sea_orm::TransactionTrait");
        }
    }
    report.done();
}

#[test]
fn each_layer_of_a_noun_keeps_to_its_own() {
    let mut report = Report::default();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for source in sources().iter().filter(|source| source.noun().is_some()) {
        *seen.entry(source.layer().to_owned()).or_default() += 1;
        match source.layer() {
            "policy" => {
                report.lines(source, "a policy is synchronous", |line| {
                    has_word(line, "async") || has_word(line, "await")
                });
                report.names(source, "a policy runs nothing", |path| {
                    is_executor(path) || path.starts_with("sea_orm::Database") || path == "sea_orm::TransactionTrait"
                });
            }
            "object" | "query" | "loader" => {
                report.names(source, "no SQL in objects, queries and loaders", |path| is_of(path, "sea_orm"));
            }
            "mutation" => {
                report.names(source, "mutations fill rows and no more", |path| {
                    let fills = is_of(path, "sea_orm::ActiveValue") || is_of(path, "sea_orm::ActiveEnum");
                    is_of(path, "sea_orm") && !fills
                });
            }
            _ => {}
        }
        let noun = source.noun().unwrap();
        report.names(source, "a noun never uses another's query or mutation", |path| {
            let mut parts = path.strip_prefix("crate::domain::").unwrap_or_default().split("::");
            parts.next().is_some_and(|other| other != noun) && matches!(parts.next(), Some("query" | "mutation"))
        });
    }
    // A rule about files that are not there would hold, too.
    for (file, least) in [("policy", 7), ("object", 7), ("query", 4), ("mutation", 6), ("loader", 7)] {
        assert!(seen.get(file).is_some_and(|count| *count >= least), "{file}: {seen:?}");
    }
    report.done();
}

#[test]
fn only_the_assembly_sees_all_nouns() {
    let mut report = Report::default();
    for source in sources().iter().filter(|source| source.noun().is_none()) {
        if !source.is_in(&["api/src/graphql/schema.rs"]) {
            report.names(source, "only the assembly names roots", |path| {
                let inside = path.strip_prefix("crate::domain::").unwrap_or_default();
                inside.split("::").nth(1).is_some_and(|part| matches!(part, "query" | "mutation"))
            });
        }
    }
    report.done();
}

#[test]
fn environment_and_time_have_one_door_each() {
    let mut report = Report::default();
    for source in sources().iter().filter(|source| source.is_in(&["api/src/"])) {
        if !source.is_in(&["api/src/config/", "api/src/cli/", "api/src/database/embedded/"]) {
            let rule = "only the settings read the environment";
            report.names(source, rule, |path| is_of(path, "std::env"));
            report.lines(source, rule, |line| line.contains("arg(") && has_word(line, "env"));
        }
        if !source.is_in(&["api/src/clock.rs"]) {
            report.names(source, "only the clock tells the time", |path| {
                let end = path.rsplit("::").next().unwrap();
                matches!(end, "now" | "now_utc" | "now_v7" | "Instant" | "SystemTime")
            });
        }
    }
    report.done();
}

#[test]
fn what_operators_see_knows_no_noun_and_no_database() {
    let mut report = Report::default();
    for source in sources().iter().filter(|source| source.is_in(&["api/src/telemetry/"])) {
        report.names(source, "telemetry knows nothing of ours but itself", |path| {
            let is_own = path == "crate" || is_of(path, "crate::telemetry");
            (is_of(path, "crate") && !is_own) || is_of(path, "entity") || is_of(path, "sea_orm")
        });
    }
    report.done();
}

#[test]
fn files_are_short() {
    let mut report = Report::default();
    let sources = sources();
    for source in sources.iter().filter(|source| source.is_in(&["api/src/"])) {
        if source.lines > MOST_LINES {
            writeln!(report.0, "{}:{} lines: make it a folder", source.path, source.lines).unwrap();
        }
    }
    for file in EXCEPTIONS.iter().map(|one| one.0) {
        assert!(sources.iter().any(|source| source.path == file), "an exception for {file}, which is not there");
    }
    report.done();
}
