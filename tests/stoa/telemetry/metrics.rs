//! The metrics page: what is counted, in which form, and that strangers cannot make it grow.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::{Body, to_bytes};
use axum::http::Request;
use harness::{Socket, Start, World};
use serde_json::json;
use tower::ServiceExt;

/// The page as it is.
async fn page(world: &World) -> String {
    let router = stoa::http::metrics_router(world.server.clone(), None);
    let response = router.oneshot(Request::get("/metrics").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap()
}

/// Each series with its value.
async fn series(world: &World) -> BTreeMap<String, f64> {
    let page = page(world).await;
    let values = page.lines().filter(|line| !line.starts_with('#')).map(|line| line.rsplit_once(' ').unwrap());
    values.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
}

/// The value of the one series that has this name and all of these labels.
#[track_caller]
fn value(series: &BTreeMap<String, f64>, name: &str, labels: &[&str]) -> f64 {
    let fits = |key: &&String| key.split('{').next() == Some(name) && labels.iter().all(|label| key.contains(label));
    let found: Vec<_> = series.keys().filter(fits).collect();
    assert_eq!(found.len(), 1, "{name} {labels:?} in {series:#?}");
    series[found[0]]
}

const APPEND: &str = "mutation Say($input: AppendMessageInput!) { appendMessage(input: $input) { message { id } } }";

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_well_formed_and_says_what_things_are() {
    let world = World::demo().await;
    let ines = world.existing("ines").await;
    ines.run("query Me { viewer { displayName } }", json!({})).await.data();
    let page = page(&world).await;
    assert!(page.ends_with("# EOF\n"));
    let (mut helped, mut typed) = (BTreeSet::new(), BTreeMap::new());
    for line in page.lines().filter(|line| *line != "# EOF") {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(help.len() > 10 && helped.insert(name.to_owned()), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            typed.insert(name.to_owned(), kind.to_owned());
        } else if let Some(rest) = line.strip_prefix("# UNIT ") {
            let (name, unit) = rest.split_once(' ').unwrap();
            assert!(name.ends_with(unit), "{line}");
        } else {
            let name = line.split(['{', ' ']).next().unwrap();
            let family = typed.iter().find(|(family, kind)| {
                let suffixes: &[&str] = match kind.as_str() {
                    "counter" => &["_total"],
                    "histogram" => &["_bucket", "_count", "_sum"],
                    _ => &[""],
                };
                suffixes.iter().any(|suffix| format!("{family}{suffix}") == name)
            });
            assert!(family.is_some_and(|(family, _)| helped.contains(family)), "{line}");
            assert!(line.rsplit_once(' ').unwrap().1.parse::<f64>().is_ok(), "{line}");
            assert!(name.starts_with("stoa_") || name.starts_with("process_"), "{line}");
        }
    }
    for name in ["stoa_requests", "stoa_request_duration_seconds", "stoa_build_info", "process_cpu_seconds"] {
        assert!(typed.contains_key(name), "{name}");
    }
    // All of them are in the manual.
    let manual = include_str!("../../../docs/operations.md");
    for (name, kind) in &typed {
        let name = match kind.as_str() {
            "counter" => format!("{name}_total"),
            _ => name.clone(),
        };
        assert!(manual.contains(&format!("`{name}")), "docs/operations.md does not mention {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_are_counted_by_kind_name_and_outcome() {
    let world = World::demo().await;
    let ines = world.existing("ines").await;
    let query = "query Mine { viewer { conversations(first: 1) { nodes { id } } } }";
    let first = ines.run(query, json!({})).await;
    let conversation = first.data()["viewer"]["conversations"]["nodes"][0]["id"].clone();
    let second = ines.run(query, json!({})).await;
    assert!(first.statements > 1);
    ines.run(APPEND, json!({ "input": { "conversationId": conversation, "content": "Hello" } })).await.data();
    ines.run("query Wrong { nothing }", json!({})).await;
    world.anonymous().run("{ viewer { displayName } }", json!({})).await;
    let now = series(&world).await;
    let requests = |labels: &[&str]| value(&now, "stoa_requests_total", labels);
    let ok = "outcome=\"ok\"";
    assert_eq!(requests(&["kind=\"query\"", "operation=\"Mine\"", "transport=\"http\"", ok]), 2.0);
    assert_eq!(requests(&["kind=\"mutation\"", "operation=\"Say\"", ok]), 1.0);
    assert_eq!(requests(&["kind=\"none\"", "operation=\"unnamed\"", "outcome=\"VALIDATION_FAILED\""]), 1.0);
    assert_eq!(requests(&["kind=\"query\"", "operation=\"unnamed\""]), 1.0);
    let mine = &["operation=\"Mine\""];
    assert_eq!(value(&now, "stoa_request_duration_seconds_count", mine), 2.0);
    assert_eq!(value(&now, "stoa_request_statements_sum", mine), f64::from(first.statements + second.statements));
    assert!(value(&now, "stoa_cost_paid_units_total", &["policy=\"user\""]) > 10.0);
    assert!(value(&now, "stoa_cost_refunded_units_total", &["policy=\"user\""]) < 10.0);
    assert_eq!(value(&now, "stoa_bell_rings_total", &[]), 1.0);
    assert_eq!(value(&now, "stoa_document_cache_hits_total", &[]), 1.0);
    assert_eq!(value(&now, "stoa_document_cache_misses_total", &[]), 4.0);
    assert_eq!(value(&now, "stoa_document_cache_entries", &[]), 3.0);
    assert_eq!(value(&now, "stoa_database_connections_limit", &[]), 4.0);
    // A connection goes back to the pool a moment after its statement.
    while value(&series(&world).await, "stoa_database_connections_used", &[]) > 0.0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_sign_ins_and_repeats_are_counted() {
    let world = World::with(Start::Demo, |config| config.budgets.cost_budget = 25).await;
    let anonymous = world.anonymous();
    let sign_in = "mutation In($who: String!) { demoSignIn(input: { username: $who }) { userErrors { code } } }";
    anonymous.run(sign_in, json!({ "who": "ines" })).await.data();
    anonymous.run(sign_in, json!({ "who": "nobody" })).await.data();
    let ines = world.existing("ines").await;
    let create =
        "mutation { createConversation(input: { title: \"A\", idempotencyKey: \"k\" }) { conversation { id } } }";
    ines.run(create, json!({})).await.data();
    ines.run(create, json!({})).await.data();
    assert_eq!(ines.run(create, json!({})).await.codes(), ["COST_EXCEEDED"]);
    let dear = "{ users(first: 50) { nodes { id } } }";
    assert_eq!(ines.run(dear, json!({})).await.codes(), ["COST_EXCEEDED"]);
    let now = series(&world).await;
    let mutation = "mutation=\"demoSignIn\"";
    assert_eq!(value(&now, "stoa_sign_ins_total", &[mutation, "outcome=\"ok\""]), 1.0);
    assert_eq!(value(&now, "stoa_sign_ins_total", &[mutation, "outcome=\"NOT_FOUND\""]), 1.0);
    assert_eq!(value(&now, "stoa_mutations_repeated_total", &[]), 1.0);
    let user = "policy=\"user\"";
    assert_eq!(value(&now, "stoa_cost_refusals_total", &[user, "reason=\"budget\""]), 1.0);
    assert_eq!(value(&now, "stoa_cost_refusals_total", &[user, "reason=\"document\""]), 1.0);
    assert!(value(&now, "stoa_budget_leases_total", &["outcome=\"granted\""]) >= 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_open_is_counted_while_it_does() {
    let world = World::with(Start::Demo, |config| config.http.connection_limit = 1).await;
    let ines = world.existing("ines").await;
    let query = "{ viewer { conversations(first: 1) { nodes { id eventCursor } } } }";
    let first = ines.run(query, json!({})).await.data()["viewer"]["conversations"]["nodes"][0].clone();
    let conversation = first["id"].clone();
    let here = world.listen().await;
    let mut socket = Socket::open(here.address, ines.token.as_deref()).await;
    let follow = "subscription Follow($id: ID!, $after: String) {
        conversationEvents(conversationId: $id, after: $after) { cursor } }";
    socket.subscribe("1", follow, json!({ "id": conversation, "after": first["eventCursor"] })).await;
    let say = async || {
        let input = json!({ "input": { "conversationId": conversation, "content": "Hello" } });
        ines.run(APPEND, input).await.data();
    };
    say().await;
    let cursor = socket.hear().await.message()["payload"]["data"]["conversationEvents"]["cursor"].clone();
    say().await;
    socket.hear().await.message();
    socket.subscribe("2", follow, json!({ "id": conversation, "after": cursor })).await;
    socket.hear().await.message();
    let refused = tokio::net::TcpStream::connect(here.address).await.unwrap();
    let mut stream = ines.follow(follow, json!({ "id": conversation, "after": cursor })).await;
    stream.result().await;
    let mut now = series(&world).await;
    while value(&now, "stoa_http_connections_refused_total", &[]) != 1.0
        || value(&now, "stoa_events_delivered_total", &["transport=\"socket\""]) != 3.0
    {
        tokio::task::yield_now().await;
        now = series(&world).await;
    }
    assert_eq!(value(&now, "stoa_http_connections_open", &[]), 1.0);
    assert_eq!(value(&now, "stoa_sockets_open", &[]), 1.0);
    assert_eq!(value(&now, "stoa_event_streams_open", &[]), 1.0);
    assert_eq!(value(&now, "stoa_subscriptions_running", &["transport=\"socket\""]), 2.0);
    assert_eq!(value(&now, "stoa_subscriptions_running", &["transport=\"events\""]), 1.0);
    assert_eq!(value(&now, "stoa_subscriptions_resumed_total", &[]), 3.0);
    assert_eq!(value(&now, "stoa_events_delivered_total", &["transport=\"events\""]), 1.0);
    drop((socket, stream, refused));
    here.end().await;
    // The operations of a socket end with it, each in its own task, which may be a moment behind.
    let mut now = series(&world).await;
    while value(&now, "stoa_subscriptions_running", &["transport=\"socket\""]) != 0.0 {
        tokio::task::yield_now().await;
        now = series(&world).await;
    }
    for name in ["stoa_http_connections_open", "stoa_sockets_open", "stoa_event_streams_open"] {
        assert_eq!(value(&now, name, &[]), 0.0, "{name}");
    }
    assert_eq!(value(&now, "stoa_requests_total", &["kind=\"subscription\"", "transport=\"socket\""]), 2.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_cannot_make_the_metrics_grow() {
    let world = World::with(Start::Empty, |config| {
        config.telemetry.metrics_operations = 8;
        config.budgets.anonymous_cost_budget = 1_000_000;
    })
    .await;
    let names = async || value(&series(&world).await, "stoa_operation_names", &[]);
    let stranger = world.anonymous();
    for number in 0..1_000 {
        stranger.run(&format!("query Stranger{number} {{ errorCodes {{ code }} }}"), json!({})).await.data();
    }
    assert_eq!(names().await, 0.0, "who is not signed in brings no name in");
    let many = world.member("many").await;
    for number in 0..100 {
        many.run(&format!("query Many{number} {{ viewer {{ id }} }}"), json!({})).await.data();
        many.run(&format!("query Invalid{number} {{ nothing }}"), json!({})).await;
    }
    let long = "L".repeat(200);
    let other = world.member("other").await;
    other.run(&format!("query {long} {{ viewer {{ id }} }}"), json!({})).await.data();
    assert_eq!(names().await, 2.0, "one person brings a quarter in at most");
    for person in 0..5 {
        let person = world.member(&format!("person{person}")).await;
        for name in ["Many0", "A", "B", "C", "D", "E", "F", "G", "H", "I"] {
            person.run(&format!("query {name} {{ viewer {{ id }} }}"), json!({})).await.data();
        }
    }
    assert_eq!(names().await, 8.0);
    let now = series(&world).await;
    let operations: BTreeSet<&str> =
        now.keys().filter_map(|key| key.split("operation=\"").nth(1)?.split('"').next()).collect();
    let known = ["A", "B", "C", "D", "E", "F", "Many0", "Many1", "other", "unnamed"];
    assert_eq!(operations.into_iter().collect::<Vec<_>>(), known);
    // What was known stays known, also to those who could not have brought it in.
    assert_eq!(value(&now, "stoa_requests_total", &["operation=\"Many0\""]), 6.0);
    stranger.run("query Many0 { errorCodes { code } }", json!({})).await.data();
    assert_eq!(value(&series(&world).await, "stoa_requests_total", &["operation=\"Many0\""]), 7.0);
    assert!(now.len() < 600, "{}", now.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_listener_has_no_metrics() {
    let world = World::empty().await;
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    assert_eq!(world.anonymous().send(request).await.status, 404);
}
