//! `stoa documents`.

use harness::Person;

use super::*;

const ONE: &str = "query One { __typename }\n";

fn write(place: &Place, name: &str, text: &str) -> String {
    fs::write(place.dir.join(name), text).unwrap();
    name.to_owned()
}

async fn by_id(person: &Person<'_>, id: &str) -> u16 {
    let request = axum::http::Request::post("/graphql");
    let body = axum::body::Body::from(json!({ "documentId": id }).to_string());
    person.send(request.body(body).unwrap()).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_registered_listed_and_removed() {
    let (place, world) = (Place::new("documents"), World::empty().await);
    write(&place, "one.graphql", ONE);
    write(
        &place,
        "two.json",
        r#"{"two": "query Two { __typename }", "deux": "query A { __typename } query B { __typename }"}"#,
    );
    write(
        &place,
        "three.json",
        r#"{"format": "apollo-persisted-query-manifest", "version": 1,
        "operations": [{"id": "three", "name": "Three", "type": "query", "body": "query Three { __typename }"}]}"#,
    );
    let files = ["documents", "register", "one.graphql", "two.json", "three.json"];
    let said = place.run_on(&world, &files).ok();
    let first = said.lines().next().unwrap().split(' ').next().unwrap().to_owned();
    assert!(first.starts_with("sha256:") && said.lines().count() == 4 && !said.contains("already"), "{said}");
    let audited = "select count(*) from audit_log where action = 'document.register'";
    assert_eq!(world.number(audited).await, 4);
    let again = place.run_on(&world, &files).ok();
    assert_eq!(again.matches("already").count(), 4, "{again}");
    assert_eq!(world.number(audited).await, 4, "nothing has changed");
    let nobody = world.anonymous();
    for id in [first.as_str(), "two", "three"] {
        assert_eq!(by_id(&nobody, id).await, 200, "{id}");
    }
    let listed = place.run_on(&world, &["documents", "list"]).ok();
    let ids: Vec<&str> = listed.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(ids, ["deux", first.as_str(), "three", "two"]);

    let refusal = place.run_on(&world, &["documents", "remove", "two", "nothing", "a b"]).refusal();
    assert!(refusal.contains("nothing, a b") && !refusal.contains("two,"), "{refusal}");
    assert_eq!(world.number("select count(*) from documents").await, 4, "all or nothing");
    place.run_on(&world, &["documents", "remove", "two", &first]).ok();
    assert_eq!(world.number("select count(*) from audit_log where action = 'document.remove'").await, 2);
    world.clock.advance(chrono::TimeDelta::seconds(10));
    assert_eq!((by_id(&nobody, "two").await, by_id(&nobody, "three").await), (400, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_acceptable_registers_nothing() {
    let (place, world) = (Place::new("bad-documents"), World::empty().await);
    write(&place, "one.graphql", ONE);
    write(&place, "taken.json", r#"{"one": "query One { __typename }"}"#);
    place.run_on(&world, &["documents", "register", "taken.json"]).ok();
    let before = world.fingerprint().await;
    let deep = format!("{}{}", "{ viewer ".repeat(40), "}".repeat(40));
    for (name, text, words) in [
        ("syntax.graphql", "query One {\n  __typename", &["PARSE_FAILED"][..]),
        ("schema.graphql", "query One {\n  nonsense other }", &["2:3: VALIDATION_FAILED", "nonsense", "other"]),
        ("deep.graphql", &deep, &["LIMIT_EXCEEDED"]),
        ("fragment.graphql", "fragment F on Query { __typename }", &["no operation"]),
        ("empty.graphql", "", &["PARSE_FAILED"]),
        ("list.json", "[]", &["no manifest"]),
        ("none.json", "{}", &["no document"]),
        ("both.json", r#"{"fine": "{ __typename }", "bad": "{ nonsense }", "a b": "{ __typename }"}"#, &["\"a b\""]),
        ("wrong.json", r#"{"fine": "{ __typename }", "bad": "{ nonsense }"}"#, &["bad: 1:3: VALIDATION_FAILED"]),
        ("other.json", r#"{"one": "query Other { __typename }"}"#, &["one is the id of another text"]),
        ("notes.txt", "{ __typename }", &["only .graphql and .json"]),
    ] {
        write(&place, name, text);
        let run = place.run_on(&world, &["documents", "register", "one.graphql", name]);
        assert_eq!((run.status.code(), run.out.as_str()), (Some(1), ""), "{name}: {}", run.err);
        assert!(run.err.contains("stoa: Nothing was registered:"), "{name}: {}", run.err);
        for word in words {
            assert!(run.err.contains(word) && run.err.contains(name), "{name}: {word} in {}", run.err);
        }
        assert_eq!(world.fingerprint().await, before, "{name}");
    }
    let missing = place.run_on(&world, &["documents", "register", "missing.graphql"]);
    assert!(missing.err.contains("missing.graphql: it cannot be read"), "{}", missing.err);
    assert_eq!(place.run(&["documents", "register"]).status.code(), Some(2));
}
