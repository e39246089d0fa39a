//! The import rules of the house, held over the source text: who may name what. Each violation is printed as file:line.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A place that may do what the rule forbids, and why.
type Exception = (&'static str, &'static str, &'static str);

/// File, what it names, reason.
const EXCEPTIONS: &[Exception] = &[
    ("api/src/domain/share/mutation.rs", "crate::domain::user::query::UserReference", "the input that names a user"),
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

/// A source file without its comments, texts and tests.
struct Source {
    /// From the root of the repository, e.g. `api/src/domain/user/rows.rs`.
    path: String,
    lines: usize,
    code: String,
    names: Vec<Name>,
}

/// A path that the code names, written out: `crate::domain::user::rows::find`.
#[derive(Debug, Eq, PartialEq)]
struct Name {
    line: usize,
    path: String,
}

impl Source {
    fn new(path: String, text: &str) -> Self {
        let mut code = blank(text);
        if let Some(tests) = code.find("#[cfg(test)]\nmod ") {
            code.truncate(tests);
        }
        let names = names(&module_of(&path), &tokens(&code));
        Self { path, lines: text.lines().count(), code, names }
    }

    /// The noun in whose folder this file is.
    fn noun(&self) -> Option<&str> {
        self.path.strip_prefix("api/src/domain/")?.split_once('/').map(|(noun, _)| noun)
    }

    /// The layer of a noun: the name of the file, or of the folder that it has become.
    fn layer(&self) -> &str {
        let inside = self.noun().and_then(|noun| self.path.split(&format!("/{noun}/")).nth(1));
        inside.and_then(|inside| inside.split(['/', '.']).next()).unwrap_or_default()
    }

    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| match place.ends_with('/') {
            true => self.path.starts_with(place),
            false => self.path == *place,
        })
    }
}

/// The whole repository's own code.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for folder in ["api/src", "entity/src", "migration/src"] {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    let source = |file: &PathBuf| {
        let path = file.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        Source::new(path, &fs::read_to_string(file).unwrap())
    };
    files.iter().map(source).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        match path.is_dir() {
            true if entry.file_name() != "tests" => collect(&path, files),
            false if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
            _ => {}
        }
    }
}

/// The text with comments and the insides of literals turned into blanks; lines stay where they are.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut wipe = |from: usize, to: usize| out[from..to].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
    let find = |from: usize, what: &str| text[from..].find(what).map_or(text.len(), |at| from + at);
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let next = if rest.starts_with("//") {
            let end = find(at, "\n");
            wipe(at, end);
            end
        } else if rest.starts_with("/*") {
            let end = (find(at, "*/") + 2).min(text.len());
            wipe(at, end);
            end
        } else if rest.starts_with("r\"") || rest.starts_with("r#") {
            let hashes = rest[1..].bytes().take_while(|b| *b == b'#').count();
            let begin = at + 2 + hashes;
            if rest.as_bytes().get(1 + hashes) == Some(&b'"') {
                let end = find(begin, &format!("\"{}", "#".repeat(hashes)));
                wipe(begin, end);
                (end + 1 + hashes).min(text.len())
            } else {
                at + 2
            }
        } else if rest.starts_with('"') {
            let mut end = at + 1;
            while end < bytes.len() && bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            wipe(at + 1, end.min(text.len()));
            end + 1
        } else if rest.starts_with("'\"'") {
            wipe(at + 1, at + 2);
            at + 3
        } else {
            at + rest.chars().next().unwrap().len_utf8()
        };
        at = next;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Words, `::` and single signs, with their lines.
fn tokens(code: &str) -> Vec<(usize, &str)> {
    let mut tokens = Vec::new();
    for (line, text) in code.lines().enumerate() {
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = |c: char| c.is_alphanumeric() || c == '_';
            let length = if word(first) {
                rest.find(|c| !word(c)).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            tokens.push((line + 1, &rest[..length]));
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// `api/src/domain/user/rows.rs` is `crate::domain::user::rows`.
fn module_of(path: &str) -> Vec<String> {
    let inside = path.split_once("src/").map_or(path, |(_, inside)| inside).trim_end_matches(".rs");
    let mut module = vec!["crate".to_owned()];
    module.extend(inside.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main")).map(str::to_owned));
    module
}

/// Every path that `use` brings in or the code writes, from its crate on.
fn names(module: &[String], tokens: &[(usize, &str)]) -> Vec<Name> {
    let mut names = Vec::new();
    let mut aliases: HashMap<String, Vec<String>> = HashMap::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at].1 == "use" {
            at += 1;
            let mut found = Vec::new();
            import(tokens, &mut at, &[], &mut found);
            for (line, path, alias) in found {
                let path = from_crate(module, path);
                names.push(Name { line, path: path.join("::") });
                aliases.insert(alias, path);
            }
        }
        at += 1;
    }
    at = 0;
    while at < tokens.len() {
        if tokens[at].1 == "use" {
            while at < tokens.len() && tokens[at].1 != ";" {
                at += 1;
            }
        } else if is_word(tokens[at].1) && tokens.get(at + 1).is_some_and(|next| next.1 == "::") {
            let line = tokens[at].0;
            let mut path = vec![tokens[at].1.to_owned()];
            while tokens.get(at + 1).is_some_and(|next| next.1 == "::") {
                match tokens.get(at + 2).filter(|next| is_word(next.1)) {
                    Some(next) => path.push(next.1.to_owned()),
                    None => break,
                }
                at += 2;
            }
            let path = match aliases.get(&path[0]) {
                Some(known) => known.iter().chain(&path[1..]).cloned().collect(),
                None => from_crate(module, path),
            };
            names.push(Name { line, path: path.join("::") });
        }
        at += 1;
    }
    names
}

/// One tree of a `use`, up to the sign after it: its paths and what they are called here.
fn import(tokens: &[(usize, &str)], at: &mut usize, prefix: &[String], found: &mut Vec<(usize, Vec<String>, String)>) {
    let mut path = prefix.to_vec();
    let mut line = tokens[*at].0;
    while *at < tokens.len() {
        let (here, token) = tokens[*at];
        match token {
            "::" => {}
            "{" => {
                *at += 1;
                while tokens[*at].1 != "}" {
                    import(tokens, at, &path, found);
                    if tokens[*at].1 == "," {
                        *at += 1;
                    }
                }
                *at += 1;
                return;
            }
            "as" => {
                let alias = tokens[*at + 1].1.to_owned();
                *at += 2;
                found.push((line, path, alias));
                return;
            }
            "self" if !path.is_empty() => {}
            "*" => path.push("*".to_owned()),
            word if is_word(word) => {
                line = here;
                path.push(word.to_owned());
            }
            _ => break,
        }
        *at += 1;
    }
    let alias = path.last().cloned().unwrap_or_default();
    found.push((line, path, alias));
}

fn from_crate(module: &[String], path: Vec<String>) -> Vec<String> {
    let above = path.iter().take_while(|part| *part == "super").count();
    match path[0].as_str() {
        "super" => module[..module.len().saturating_sub(above)].iter().chain(&path[above..]).cloned().collect(),
        "self" => module.iter().chain(&path[1..]).cloned().collect(),
        _ => path,
    }
}

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

#[test]
fn the_scanner_reads_what_the_compiler_reads() {
    let text = "//! sea_orm::Nothing\nuse super::{policy, rows::{self, Filter as F}};\nuse crate::domain::{message, user};
        fn f() { let _ = \"std::env::var // '\"; message::query::Root; F::new(); /* a::b */ let c = '\"'; std::env::var(r#\"x\"y::z\"#); }
        use sea_orm::{\n    ActiveEnum,\n    ActiveValue::Set,\n};\n#[cfg(test)]\nmod tests { use std::env; }";
    let source = Source::new("api/src/domain/share/object.rs".to_owned(), text);
    let read: Vec<String> = source.names.iter().map(|name| format!("{} {}", name.line, name.path)).collect();
    assert_eq!(
        read,
        [
            "2 crate::domain::share::policy",
            "2 crate::domain::share::rows",
            "2 crate::domain::share::rows::Filter",
            "3 crate::domain::message",
            "3 crate::domain::user",
            "6 sea_orm::ActiveEnum",
            "7 sea_orm::ActiveValue::Set",
            "4 crate::domain::message::query::Root",
            "4 crate::domain::share::rows::Filter::new",
            "4 std::env::var",
        ]
    );
}
