//! What runs how often, what comes of a panic, and how many batches a level takes.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use async_graphql::{
    Context, EmptyMutation, EmptySubscription, Object,
    dataloader::{DataLoader, Loader},
};
use futures_util::StreamExt;

use super::{super::Waves, *};

async fn bumps(text: &str) -> (Value, i32) {
    let engine = probe();
    let prepared = engine.prepare(text, None).unwrap();
    let bumps = Arc::new(Bumps::default());
    // The request's own counter shadows the schema's.
    let attached = bumps.clone();
    let response = engine.execute(&prepared, Map::new(), |request| request.data(attached.clone())).await.unwrap();
    (response.data.into_json().unwrap(), bumps.count())
}

#[tokio::test]
async fn a_key_that_is_asked_twice_runs_once() {
    for (text, count) in [
        ("mutation{bump{v} bump{w}}", 1),
        ("mutation{bump{v} ...F} fragment F on Mutation{bump{w}}", 1),
        ("mutation{...F ...G} fragment F on Mutation{bump{w}} fragment G on Mutation{bump{v}}", 1),
        ("mutation{a:bump{v} bump{w}}", 2),
        ("mutation{bump{again{v}} bump{again{w}}}", 2),
        ("mutation{bump{...F ...G}} fragment F on Bump{again{w}} fragment G on Bump{again{v}}", 2),
        ("mutation{bump{v} bump @skip(if:true){w}}", 1),
        ("mutation{eNn bump{v}}", 0),
        ("mutation{eN bump{v}}", 1),
    ] {
        assert_eq!(bumps(text).await.1, count, "{text}");
    }
}

#[tokio::test]
async fn a_guard_holds_on_an_interface_too() {
    // Without the fragment that preflight writes, the interface would answer past the object's guard.
    let engine = probe();
    let response = run(&engine, "{fN{gN} fs{gN}}", json!({})).await.unwrap();
    assert_eq!(response.data.into_json().unwrap(), json!({"fN": {"gN": null}, "fs": [{"gN": 1}, {"gN": null}]}));
}

#[tokio::test]
async fn a_panic_is_an_error_of_its_field() {
    let engine = probe();
    let response = run(&engine, "{ok panic slow}", json!({})).await.unwrap();
    let reply = serde_json::to_value(&response).unwrap();
    assert_eq!(reply["data"], json!({"ok": 1, "panic": null, "slow": 2}));
    assert_eq!(reply["errors"][0]["path"], json!(["panic"]));
    assert_eq!(reply["errors"][0]["extensions"]["code"], json!("INTERNAL"));
    assert!(!reply.to_string().contains("hunter2"), "{reply}");

    let response = run(&engine, "{ok panicNn}", json!({})).await.unwrap();
    assert_eq!(response.data, async_graphql::Value::Null);
    assert!(!serde_json::to_string(&response).unwrap().contains("hunter2"));
}

#[tokio::test]
async fn a_stream_that_panics_ends_with_an_error() {
    let engine = probe();
    let prepared = engine.prepare("subscription{panics}", None).unwrap();
    let events: Vec<_> = engine.stream(&prepared, Map::new(), |request| request).unwrap().collect().await;
    let events = serde_json::to_value(&events).unwrap();
    assert_eq!(events[0]["data"], json!({"panics": 1}));
    assert_eq!(events[1]["errors"][0]["extensions"]["code"], json!("INTERNAL"));
    assert_eq!(events.as_array().unwrap().len(), 2);
    assert!(!events.to_string().contains("hunter2"));
}

#[tokio::test]
async fn every_error_is_presented_once() {
    let engine = probe();
    for text in ["{eN gN lNn}", "{eNn}", "{cN{csN{eN}} vov}", "{shut}"] {
        let response = run(&engine, text, json!({})).await.unwrap();
        assert!(!response.errors.is_empty());
        for error in response.errors {
            assert_eq!(error.extensions.unwrap().get("code"), Some(&"ONCE".into()), "{text}");
            assert!(!error.locations.is_empty(), "{text}");
        }
    }
    for text in ["subscription{numbers}", "subscription{shut}", "subscription{cells{eN}}"] {
        let prepared = engine.prepare(text, None).unwrap();
        let mut events = engine.stream(&prepared, Map::new(), |request| request).unwrap();
        while let Some(event) = events.next().await {
            for error in event.errors {
                assert_eq!(error.extensions.unwrap().get("code"), Some(&"ONCE".into()), "{text}");
            }
        }
    }
}

#[tokio::test]
async fn what_the_executor_refuses_is_a_limit() {
    let (query, mutation, events) = probe::roots();
    let schema = Schema::build(query, mutation, events).limit_complexity(3);
    let engine = Engine::new(schema, probe::roots().0, Limits::default(), present).unwrap();
    assert_eq!(run(&engine, "{ok slow id}", json!({})).await.unwrap().errors, []);
    assert_eq!(run(&engine, "{ok slow id cN{ok}}", json!({})).await.err().unwrap()[0].code, ErrorCode::LimitExceeded);
    for text in ["{ok slow id cN{ok}}", "subscription{cells{ok slow id}}"] {
        let prepared = engine.prepare(text, None).unwrap();
        let replies: Vec<_> = engine.stream(&prepared, Map::new(), |request| request).unwrap().collect().await;
        let source = replies[0].errors[0].source::<RequestError>().unwrap();
        assert_eq!((replies.len(), source.code), (1, ErrorCode::LimitExceeded), "{text}");
    }
}

#[tokio::test]
async fn errors_point_into_the_text() {
    let engine = probe();
    let response = run(&engine, "{\n  ok\n  e: eN\n}", json!({})).await.unwrap();
    let places = serde_json::to_value(&response.errors[0].locations).unwrap();
    assert_eq!(places, json!([{"line": 3, "column": 3}]));
    let errors = engine.prepare("{\r\n  ok # ü\r\n  zz\r\n}", None).err().unwrap();
    assert_eq!(serde_json::to_value(&errors[0].locations).unwrap(), json!([{"line": 3, "column": 3}]));
}

#[tokio::test]
async fn an_operation_is_selected_by_name() {
    let engine = probe();
    let text = "query A{ok} mutation B{bump{v} ok}";
    let prepared = engine.prepare(text, Some("B")).unwrap();
    assert_eq!(prepared.kind(), OperationType::Mutation);
    assert_eq!(prepared.operation_name(), Some("B"));
    assert_eq!(prepared.root_fields(), ["bump", "ok"]);
    assert_eq!(data(&engine, "query A{ok}", json!({})).await, json!({"ok": 1}));
    for name in [None, Some("C"), Some("")] {
        assert_eq!(engine.prepare(text, name).err().unwrap()[0].code, ErrorCode::BadRequest);
    }
    let subscription = engine.prepare("subscription{numbers}", None).unwrap();
    let refused = engine.execute(&subscription, Map::new(), |request| request).await.err().unwrap();
    assert_eq!(refused[0].code, ErrorCode::BadRequest);
}

/// Rows that know their children by key, three levels deep.
struct Rows;
struct Row(usize);
struct Children(Arc<AtomicUsize>);

impl Loader<usize> for Children {
    type Value = usize;
    type Error = Arc<std::convert::Infallible>;

    async fn load(&self, keys: &[usize]) -> Result<HashMap<usize, usize>, Self::Error> {
        self.0.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        Ok(keys.iter().map(|&key| (key, key + 1)).collect())
    }
}

#[Object]
impl Rows {
    async fn rows(&self) -> Vec<Row> {
        (0..1_000).map(Row).collect()
    }
}

#[Object]
impl Row {
    async fn key(&self) -> usize {
        self.0
    }
    async fn child(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Row>> {
        Ok(ctx.data_unchecked::<DataLoader<Children>>().load_one(self.0).await?.map(Row))
    }
}

async fn batches(bare: bool) -> usize {
    let schema = Schema::build(Rows, EmptyMutation, EmptySubscription);
    let engine = Engine::new(schema, Rows, Limits::default(), present).unwrap();
    let prepared = engine.prepare("{rows{key child{child{child{key}}}}}", None).unwrap();
    let ready = engine.ready(&prepared, Map::new()).unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let waves = Waves::default();
    let loader = DataLoader::new(Children(count.clone()), waves.clone(), waves.clone()).max_batch_size(10_000);
    let response = match bare {
        true => waves.run(engine.run_bare(&ready, |request| request.data(loader)), || false).await.unwrap(),
        false => waves.run(engine.run(&ready, |request| request.data(loader)), || false).await.unwrap(),
    };
    assert_eq!(response.errors, []);
    count.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_level_takes_one_batch() {
    for round in 0..20 {
        assert_eq!(batches(round % 2 == 0).await, 3);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_level_takes_one_batch_on_several_threads() {
    for round in 0..20 {
        assert_eq!(tokio::spawn(batches(round % 2 == 0)).await.unwrap(), 3);
    }
}
