//! How long the service waits is a setting.

use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::http::Request;
use harness::{Socket, Start, World};
use sea_orm::TransactionTrait;
use serde_json::json;
use stoa::http;
use tower::ServiceExt;

use super::{BARE, conversation};

#[tokio::test(flavor = "multi_thread")]
async fn quiet_streams_and_sockets_are_kept_alive() {
    let world = World::with(Start::Empty, |config| {
        config.http.keep_alive = 1;
        config.http.socket_init_timeout = 60;
    })
    .await;
    let here = world.listen().await;
    let ada = world.member("ada").await;
    let talk = conversation(&ada).await;
    let mut silent = Socket::connect(here.address).await;
    // This one never looks at its pings, so it is taken for dead.
    let dead = Socket::open(here.address, ada.token.as_deref()).await;
    let mut stream = ada.follow(BARE, json!({ "id": talk })).await;
    assert_eq!(stream.chunk().await, ":\n\n");
    assert_eq!(stream.chunk().await, ":\n\n");
    // Longer than it may take by default; answering pings.
    assert_eq!(silent.hear_within(Duration::from_secs(6)).await, None, "there is a minute for the initialisation");
    drop((silent, stream));
    let sockets = async || {
        let router = http::metrics_router(world.server.clone(), None);
        let response = router.oneshot(Request::get("/metrics").body(Body::empty()).unwrap()).await.unwrap();
        String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap()
    };
    while !sockets().await.contains("\nstoa_sockets_open 0\n") {
        tokio::task::yield_now().await;
    }
    drop(dead);
    here.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gets_no_connection_to_the_database_is_told_so() {
    let world = World::with(Start::Empty, |config| config.database.database_patience = 1).await;
    let ada = world.member("ada").await;
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(world.db.begin().await.unwrap());
    }
    let began = Instant::now();
    let answer = ada.run("{ viewer { id } }", json!({})).await;
    assert_eq!(answer.codes(), ["UNAVAILABLE"]);
    assert!(began.elapsed() >= Duration::from_secs(1));
    // By default it would have taken five.
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    drop(held);
    ada.run("{ viewer { id } }", json!({})).await.data();
}
