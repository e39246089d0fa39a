//! Who may run what.

use super::*;

const REGISTERED: &str = "query Known { __typename }";
const OTHER: &str = "query Free { __typename }";

async fn world(anonymous: DocumentPolicy, user: DocumentPolicy) -> World {
    let world = World::with(Start::Empty, |config| {
        config.documents.anonymous_documents = anonymous;
        config.documents.user_documents = user;
    });
    let world = world.await;
    register(&world, "known", REGISTERED).await;
    world
}

/// What a person gets for each way to name a document: the code, or `ok`.
async fn tried(person: &Person<'_>) -> Vec<(&'static str, String)> {
    let own = |id: &str| json!({ "documentId": id });
    let by_hash = |text: &str| json!({ "extensions": persisted(&hash(text)) });
    let both = |text: &str| json!({ "query": text, "extensions": persisted(&hash(text)) });
    let with_id = |text: &str| json!({ "query": text, "documentId": Digest::of(text).id() });
    let mut tried = Vec::new();
    for (name, body) in [
        ("registered text", json!({ "query": REGISTERED })),
        ("other text", json!({ "query": OTHER })),
        ("no GraphQL", json!({ "query": "no {" })),
        ("registered id", own("known")),
        ("unknown id", own("unknown")),
        ("registered hash as id", own(&Digest::of(REGISTERED).id())),
        ("registered hash", by_hash(REGISTERED)),
        ("hash never sent", by_hash(VIEWER)),
        ("registered text with hash", both(REGISTERED)),
        ("other text with hash", both(OTHER)),
        ("other text with hash as id", with_id(OTHER)),
        ("other hash, sent before", by_hash(OTHER)),
        ("other hash as id, sent before", own(&Digest::of(OTHER).id())),
        ("dry run of registered id", json!({ "documentId": "known", "extensions": { "dryRun": true } })),
        ("dry run of other text", json!({ "query": OTHER, "extensions": { "dryRun": true } })),
    ] {
        let answer = post(person, body).await;
        match answer.status.as_u16() {
            200 => tried.push((name, "ok".to_owned())),
            status => tried.push((name, format!("{status} {}", answer.codes()[0]))),
        }
    }
    tried
}

#[tokio::test(flavor = "multi_thread")]
async fn each_class_of_credentials_has_its_policy() {
    use DocumentPolicy::{Free, Registered};
    let free = [
        "ok",
        "ok",
        "400 PARSE_FAILED",
        "ok",
        "400 DOCUMENT_NOT_FOUND",
        "ok",
        "ok",
        "400 DOCUMENT_NOT_FOUND",
        "ok",
        "ok",
        "ok",
        "ok",
        "ok",
        "ok",
        "ok",
    ];
    let registered = [
        "ok",
        "403 DOCUMENT_NOT_TRUSTED",
        "403 DOCUMENT_NOT_TRUSTED",
        "ok",
        "400 DOCUMENT_NOT_FOUND",
        "ok",
        "ok",
        "400 DOCUMENT_NOT_FOUND",
        "ok",
        "403 DOCUMENT_NOT_TRUSTED",
        "403 DOCUMENT_NOT_TRUSTED",
        // The same as one that was never sent.
        "400 DOCUMENT_NOT_FOUND",
        "400 DOCUMENT_NOT_FOUND",
        "ok",
        "403 DOCUMENT_NOT_TRUSTED",
    ];
    for (anonymous, user) in [(Free, Free), (Free, Registered), (Registered, Free), (Registered, Registered)] {
        let world = world(anonymous, user).await;
        let ada = world.member("ada").await;
        // Who may run anything goes first: what they leave behind is nothing to the others.
        let people = if user == Free {
            [(&ada, user), (&world.anonymous(), anonymous)]
        } else {
            [(&world.anonymous(), anonymous), (&ada, user)]
        };
        for (person, policy) in people {
            let (names, got): (Vec<_>, Vec<_>) = tried(person).await.into_iter().unzip();
            let expected = if policy == Free { &free } else { &registered };
            for ((name, got), expected) in names.into_iter().zip(got).zip(expected) {
                assert_eq!(got, *expected, "anonymous {anonymous:?}, user {user:?}, {policy:?}: {name}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_holds_on_every_transport_and_after_the_credential() {
    let world = world(DocumentPolicy::Registered, DocumentPolicy::Free).await;
    let ada = world.member("ada").await;
    let nobody = world.anonymous();
    check_refused(&get(&nobody, &[("query", OTHER)], &[]).await, 403, "DOCUMENT_NOT_TRUSTED", "GET");
    get(&nobody, &[("query", REGISTERED)], &[]).await.data();
    let mut stream = nobody.follow_body(json!({ "query": OTHER })).await;
    assert_eq!(stream.result().await["errors"][0]["extensions"]["code"], "DOCUMENT_NOT_TRUSTED");
    let listening = world.listen().await;
    let mut socket = Socket::open(listening.address, None).await;
    for (text, kind) in [(OTHER, "error"), (REGISTERED, "next")] {
        socket.subscribe("1", text, json!({})).await;
        let heard = socket.hear().await.message();
        assert_eq!(heard["type"], kind, "{heard}");
        match kind {
            "error" => assert_eq!(heard["payload"][0]["extensions"]["code"], "DOCUMENT_NOT_TRUSTED"),
            _ => assert_eq!(socket.hear().await.message()["type"], "complete"),
        }
    }
    let mut socket = Socket::open(listening.address, ada.token.as_deref()).await;
    socket.subscribe("1", OTHER, json!({})).await;
    assert_eq!(socket.hear().await.message()["type"], "next", "a user may");
    drop(socket);
    listening.end().await;
    // A bad credential is neither of the classes.
    let nonsense = ada.with_token("nonsense");
    for body in [json!({ "query": OTHER }), json!({ "query": "no {" }), json!({ "documentId": "unknown" })] {
        let answer = post(&nonsense, body.clone()).await;
        check_refused(&answer, 401, "UNAUTHENTICATED", &body.to_string());
    }
    // In the older media type, too: this is about the credential, not the document.
    let request = Request::post("/graphql").header("accept", "application/json");
    let older = nobody.send(request.body(Body::from(json!({ "query": OTHER }).to_string())).unwrap()).await;
    check_refused(&older, 403, "DOCUMENT_NOT_TRUSTED", "application/json");
    // The bundle for generators is files, not a query.
    assert_eq!(nobody.send(Request::get("/schema").body(Body::empty()).unwrap()).await.status, 200);
}
