//! The price list, and a bucket that keeps its word.

use async_graphql::Value;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value as Json, json};

use super::actual::actual;
use super::bucket::{Bucket, Policy};
use super::price::price;
use super::tariff::{Tariff, weight};
use crate::graphql::engine::{Limits, Ready};
use crate::graphql::schema::{ONCE_PER_REQUEST, StoaEngine, engine};

fn engine_with(limits: Limits) -> StoaEngine {
    engine(limits).expect("the schema holds")
}

fn ready(engine: &StoaEngine, text: &str, variables: Json) -> Ready {
    let prepared = engine.prepare(text, None).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    let variables = variables.as_object().cloned().unwrap_or_else(|| panic!("{text}: variables are an object"));
    engine.ready(&prepared, variables).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

fn tariff(engine: &StoaEngine, ready: &Ready) -> Tariff {
    Tariff::of(engine.types(), ready.prepared())
}

#[test]
fn the_price_list() {
    let engine = engine_with(Limits::default());
    let id = "conv_01h455vb4pex5vsknk084sn02q";
    for (text, variables, expected) in [
        ("{ __typename }", json!({}), 0),
        ("{ viewer { id displayName } }", json!({}), 1),
        ("{ viewer { id } viewer { displayName } }", json!({}), 2),
        ("{ a: viewer { id } b: viewer { id } }", json!({}), 2),
        // The connection, and 20 users.
        ("{ users { nodes { id } } }", json!({}), 21),
        ("{ users(first: 3) { nodes { id } } }", json!({}), 4),
        ("{ users(last: 3) { nodes { id } } }", json!({}), 4),
        ("query($n: Int) { users(first: $n) { nodes { id } } }", json!({ "n": 5 }), 6),
        ("query($n: Int = 7) { users(first: $n) { nodes { id } } }", json!({}), 8),
        ("query($n: Int) { users(first: $n) { nodes { id } } }", json!({}), 21),
        ("query($n: Int) { users(first: $n) { nodes { id } } }", json!({ "n": null }), 21),
        // What is refused anyway counts as what is possible.
        ("{ users(first: 2147483647) { nodes { id } } }", json!({}), 101),
        ("{ users(first: -1) { nodes { id } } }", json!({}), 1),
        // Through edges it costs the same: the edge counts, its node does not.
        ("{ users(first: 3) { edges { cursor node { id } } } }", json!({}), 4),
        ("{ users(first: 3) { totalCount } }", json!({}), 2),
        ("{ users(first: 3) { pageInfo { hasNextPage } } }", json!({}), 2),
        // 1 + 10 × (1 + 1 + 5 × (1 + 1))
        (
            "{ users(first: 10) { nodes { conversations(first: 5) { nodes { owner { id } } } } } }",
            json!({}),
            1 + 10 * (1 + 1 + 5 * 2),
        ),
        // A fragment on a connection is worth what its page is.
        (
            "{ a: users(first: 2) { ...F } b: users(first: 3) { ...F } } fragment F on UserConnection { nodes { id } }",
            json!({}),
            3 + 4,
        ),
        ("query($no: Boolean!) { viewer @skip(if: $no) { id } }", json!({ "no": true }), 0),
        ("query($yes: Boolean!) { viewer @include(if: $yes) { id } }", json!({ "yes": true }), 1),
        ("{ nodes(ids: [\"a\", \"b\", \"c\"]) { id } }", json!({}), 3),
        ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": ["a", "b"] }), 2),
        (
            "mutation($i: DeleteConversationInput!) { deleteConversation(input: $i) { userErrors { code } } }",
            json!({ "i": { "conversationId": id } }),
            11,
        ),
        ("mutation { signIn(input: { identifier: \"a\", password: \"b\" }) { accessToken } }", json!({}), 20),
    ] {
        let ready = ready(&engine, text, variables);
        assert_eq!(price(&tariff(&engine, &ready), ready.variables(), 100), expected, "{text}");
    }
}

#[test]
fn every_root_field_has_a_weight() {
    let engine = engine_with(Limits::default());
    let types = engine.types();
    for (name, field) in &types.get_object("Query").expect("there is a query root").fields {
        assert!(weight(types, "Query", field) >= 1, "{name}");
    }
    for (name, field) in &types.get_object("Mutation").expect("there is a mutation root").fields {
        let expected = if ONCE_PER_REQUEST.contains(&name.as_str()) || name == "createUser" { 20 } else { 10 };
        assert_eq!(weight(types, "Mutation", field), expected, "{name}");
    }
}

#[test]
fn fragments_are_added_up_once_and_prices_saturate() {
    let limits = Limits { expansion: usize::MAX, aliases: usize::MAX, depth: 200, ..Limits::default() };
    let engine = engine_with(limits);
    let levels = 12;
    let mut text = "{ users(first: 100) { nodes { ...F0 } } }".to_owned();
    for level in 0..levels {
        let next = level + 1;
        text += &format!(
            " fragment F{level} on User {{ a{level}: conversations(first: 100) {{ nodes {{ owner {{ ...F{next} }} }} }}
            b{level}: conversations(first: 100) {{ nodes {{ owner {{ ...F{next} }} }} }} }}"
        );
    }
    text += &format!(" fragment F{levels} on User {{ id }}");
    let ready = ready(&engine, &text, json!({}));
    assert_eq!(price(&tariff(&engine, &ready), ready.variables(), 100), u64::MAX);
}

#[test]
fn what_was_asked_for_and_did_not_come_is_refunded() {
    let engine = engine_with(Limits::default());
    for (text, data, expected) in [
        ("{ viewer { id } }", json!({ "viewer": { "id": "x" } }), 1),
        ("{ viewer { id } }", json!({ "viewer": null }), 1),
        ("{ users { nodes { id } } }", json!({ "users": { "nodes": [] } }), 1),
        ("{ users { nodes { id } } }", json!({ "users": { "nodes": [{ "id": 1 }, { "id": 2 }] } }), 3),
        ("{ users { edges { node { id } } } }", json!({ "users": { "edges": [{ "node": { "id": 1 } }] } }), 2),
        ("{ users { totalCount } }", json!({ "users": { "totalCount": 7 } }), 2),
        ("{ viewer { id } viewer { number } }", json!({ "viewer": { "id": 1, "number": 2 } }), 1),
        ("{ a: viewer { id } b: viewer { id } }", json!({ "a": { "id": 1 } }), 1),
        ("{ nodes(ids: [\"a\", \"b\"]) { id } }", json!({ "nodes": [null, { "id": 1 }] }), 2),
        ("{ nodes(ids: [\"a\", \"b\"]) { id } }", json!(null), 0),
    ] {
        let ready = ready(&engine, text, json!({}));
        let data = Value::from_json(data).expect("every JSON is a value");
        let requested = price(&tariff(&engine, &ready), ready.variables(), 100);
        assert_eq!(actual(&tariff(&engine, &ready), ready.variables(), &data, requested), expected, "{text}");
    }
}

/// A sequence that is random enough and the same each time.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[test]
fn a_bucket_keeps_its_word() {
    let policy = Policy { name: "test", capacity: 1_000, restore: 7 };
    let begin: DateTime<Utc> = "2026-06-01T12:00:00Z".parse().expect("a moment");
    let mut state = 7;
    for _ in 0..200 {
        let (mut bucket, mut now, mut spent) = (Bucket::new(policy, begin), begin, 0.0);
        for _ in 0..200 {
            let told = bucket.remaining();
            let wait = next(&mut state) % 3_000;
            now += TimeDelta::milliseconds(wait.cast_signed());
            bucket.leak(now);
            // A client that adds up what comes back is never ahead of the bucket.
            let hoped = (told + 7 * wait / 1_000).min(1_000);
            assert!(bucket.remaining() >= hoped, "{} < {hoped}", bucket.remaining());
            let price = (next(&mut state) % 400) as f64;
            if !bucket.affords(price) {
                let seconds = bucket.wait_for(price);
                let mut later = bucket.clone();
                later.leak(now + TimeDelta::seconds(seconds.cast_signed()));
                assert!(later.affords(price), "the wait was not long enough");
                continue;
            }
            if let Some(lacking) = bucket.lacks(price) {
                assert!(bucket.take(lacking));
            }
            bucket.pay(price);
            let refund = price * (next(&mut state) % 2) as f64 / 2.0;
            bucket.refund(refund);
            spent += price - refund;
            let seconds = (now - begin).num_milliseconds() as f64 / 1e3;
            assert!(spent <= 1_000.0 + 7.0 * seconds + 1e-3, "more was spent than there was");
        }
    }
}
