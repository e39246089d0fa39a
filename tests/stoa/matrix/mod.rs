//! The access matrix: every root field, tried by everybody there is, compared with the committed text.
//!
//! `STOA_BLESS=1` writes the text anew. A refused change leaves the database as it was; what an answer must not hold is
//! looked for in its bytes.

mod cases;
mod changes;
pub mod scene;

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use harness::{Answer, World};
use serde_json::{Value, json};

use cases::{Case, Seen, cases};
use scene::{COLUMNS, INSIDERS, OWNER_EMAIL, SECRETS, Scene};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/access-matrix.txt");
const LEGEND: &str = include_str!("legend.txt");
/// Rows that are tried at the same time.
const AT_ONCE: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn the_matrix_is_the_committed_one() {
    let cases = cases();
    // What only reads can share a world.
    let (reads, others): (Vec<&Case>, Vec<&Case>) =
        cases.iter().partition(|case| case.seen.is_some() && case.before.is_empty());
    let worlds = std::iter::once(reads).chain(others.into_iter().map(|case| vec![case]));
    let rows: Vec<Vec<(String, Vec<String>)>> =
        stream::iter(worlds).map(play).buffer_unordered(AT_ONCE).collect().await;
    let rows: Vec<(String, Vec<String>)> = rows.into_iter().flatten().collect();
    let found = cases.iter().map(|case| {
        let title = case.title();
        (case, rows.iter().find(|(name, _)| *name == title).unwrap().1.as_slice())
    });
    let printed = print(&found.collect::<Vec<_>>());
    if std::env::var_os("STOA_BLESS").is_some() {
        std::fs::write(FILE, printed).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(committed == printed, "the access matrix has changed:\n{}", difference(&committed, &printed));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_root_field_has_a_row_and_every_row_a_field() {
    let world = World::empty().await;
    let document = "{ __schema { queryType { fields(includeDeprecated: true) { name } }
        mutationType { fields(includeDeprecated: true) { name } }
        subscriptionType { fields(includeDeprecated: true) { name } } } }";
    let answer = world.anonymous().run(document, json!({})).await;
    let schema = &answer.data()["__schema"];
    let roots = ["queryType", "mutationType", "subscriptionType"];
    let fields = roots.iter().flat_map(|root| schema[root]["fields"].as_array().unwrap());
    let fields: BTreeSet<String> = fields.map(|field| scene::text(&field["name"])).collect();
    let rows: BTreeSet<String> = cases().iter().map(|case| case.field.to_owned()).collect();
    assert_eq!(rows, fields, "left: fields with a row; right: fields of the schema");
    let titles: BTreeSet<String> = cases().iter().map(Case::title).collect();
    assert_eq!(titles.len(), cases().len(), "two rows have one title");
}

/// Tries the cases, one after the other, as everybody.
async fn play(cases: Vec<&Case>) -> Vec<(String, Vec<String>)> {
    let world = World::empty().await;
    let scene = Scene::new(&world).await;
    let mut rows = Vec::new();
    for case in cases {
        let mut cells = Vec::new();
        let mut before = None;
        for (at, name) in COLUMNS.into_iter().enumerate() {
            if !case.before.is_empty() {
                world.db_run(case.before).await;
                before = None;
            }
            let unchanged = match before.take() {
                Some(same) => same,
                None => world.fingerprint().await,
            };
            let cell = cell(&scene, case, at).await;
            let after = world.fingerprint().await;
            // A wrong guess at a sign-in is written down.
            let is_guess = cell == "WRONG" && case.field == "signIn";
            let changes = case.seen.is_none() && (cell == "yes" || is_guess);
            assert_eq!(after != unchanged, changes, "{} as {name}: {cell}", case.title());
            before = Some(after);
            cells.push(cell);
        }
        rows.push((case.title(), cells));
    }
    rows
}

async fn cell(scene: &Scene<'_>, case: &Case, at: usize) -> String {
    let variables = (case.variables)(scene, at);
    let variables = if case.seen.is_some() { variables } else { json!({ "input": variables }) };
    let answer = match case.section() {
        "SUBSCRIPTIONS" => first_event(&scene.people[at], case, variables).await,
        _ => scene.people[at].run(&case.document, variables).await,
    };
    let word = classify(case, &answer);
    let place = format!("{} as {}: {word}", case.title(), COLUMNS[at]);
    let body = String::from_utf8(answer.bytes).unwrap();
    let visible = word == "yes" || word == "part" || word.starts_with(|c: char| c.is_ascii_digit());
    for secret in SECRETS {
        assert!(visible && INSIDERS.contains(&COLUMNS[at]) || !body.contains(secret), "{place}: {body}");
    }
    let knows_address = visible && word != "part" && ["owner", "admin"].contains(&COLUMNS[at]);
    assert!(knows_address || !body.contains(OWNER_EMAIL), "{place}: {body}");
    word
}

/// The first result of a subscription that has something to tell at once.
async fn first_event(person: &harness::Person<'_>, case: &Case, variables: Value) -> Answer {
    let body = person.follow(&case.document, variables).await.result().await;
    let (status, headers) = (axum::http::StatusCode::OK, axum::http::HeaderMap::new());
    Answer { status, headers, bytes: body.to_string().into_bytes(), body, statements: 0 }
}

/// The answer in a word; stops at answers that have none, such as data beside an error.
fn classify(case: &Case, answer: &Answer) -> String {
    let place = format!("{}: {:#}", case.title(), answer.body);
    let value = &answer.body["data"][case.field];
    if !answer.codes().is_empty() {
        assert!(value.is_null() && answer.codes().len() == 1, "{place}");
        return answer.code().replace("SECOND_FACTOR_REQUIRED", "FACTOR");
    }
    let Some(seen) = &case.seen else { return classify_change(value, &place) };
    if value.is_null() {
        return "null".to_owned();
    }
    match seen {
        Seen::Thing => "yes".to_owned(),
        Seen::Profile => {
            let private = ["email", "state", "permissions", "roleAssignments"];
            match private.iter().filter(|name| value[**name].is_null()).count() {
                0 => "yes".to_owned(),
                4 if value["lastSignedInAt"].is_null() => "part".to_owned(),
                _ => panic!("{place}"),
            }
        }
        Seen::List(pointer) => {
            let list = value.pointer(pointer).unwrap_or_else(|| panic!("{place}"));
            if list.is_null() {
                return "null".to_owned();
            }
            let count = list["nodes"].as_array().unwrap().len();
            assert_eq!(list["totalCount"], count, "{place}");
            if count == 0 { "empty".to_owned() } else { count.to_string() }
        }
        Seen::Some => {
            let things = value.as_array().unwrap();
            match things.iter().filter(|thing| !thing.is_null()).count() {
                0 => "null".to_owned(),
                count => format!("{count} of {}", things.len()),
            }
        }
    }
}

fn classify_change(payload: &Value, place: &str) -> String {
    let mut parts = payload.as_object().unwrap_or_else(|| panic!("{place}")).clone();
    let errors = parts.remove("userErrors").unwrap();
    match errors.as_array().unwrap().as_slice() {
        [] => {
            assert!(parts.values().all(|part| !part.is_null()), "{place}");
            "yes".to_owned()
        }
        [error] => {
            assert!(parts.values().all(Value::is_null), "{place}");
            scene::text(&error["code"]).replace("WRONG_CREDENTIALS", "WRONG")
        }
        _ => panic!("{place}"),
    }
}

fn print(rows: &[(&Case, &[String])]) -> String {
    let first = rows.iter().map(|(case, _)| case.title().len()).max().unwrap_or_default();
    let width = |at: usize| rows.iter().map(|(_, cells)| cells[at].len()).max().unwrap_or_default();
    let widths: Vec<usize> = COLUMNS.iter().enumerate().map(|(at, name)| name.len().max(width(at))).collect();
    let line = |title: &str, cells: &[&str]| {
        let cells: String = cells.iter().zip(&widths).map(|(cell, width)| format!("  {cell:width$}")).collect();
        format!("{title:first$}{cells}").trim_end().to_owned() + "\n"
    };
    let mut text = LEGEND.to_owned();
    for title in ["QUERIES", "MUTATIONS", "SUBSCRIPTIONS"] {
        text += &format!("\n\n{}", line(title, &COLUMNS));
        let mut some: Vec<_> = rows.iter().filter(|(case, _)| case.section() == title).collect();
        some.sort_by_key(|(case, _)| case.field);
        for (case, cells) in some {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            text += &format!("\n{}    {}\n", line(&case.title(), &cells), case.tried);
        }
    }
    text
}

/// The lines that only one of the two has.
fn difference(committed: &str, printed: &str) -> String {
    let only = |here: &str, there: &str, mark: &str| {
        let there: BTreeSet<&str> = there.lines().collect();
        let lines = here.lines().filter(|line| !there.contains(line));
        lines.map(|line| format!("{mark} {line}\n")).collect::<String>()
    };
    let lines = only(committed, printed, "-") + &only(printed, committed, "+");
    format!("{lines}\nIf that is meant: STOA_BLESS=1 cargo nextest run -p stoa-tests matrix")
}

#[test]
fn the_columns_are_those_that_the_legend_explains() {
    for name in COLUMNS {
        assert!(LEGEND.lines().any(|line| line.trim_start().starts_with(&format!("{name} "))), "{name}");
    }
}
