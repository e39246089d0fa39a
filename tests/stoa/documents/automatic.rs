//! Clients that send a hash first, and the text only when it is wanted.

use futures_util::future::join_all;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_came_with_its_hash_is_found_by_it() {
    let world = World::empty().await;
    let ada = world.member("ada").await;
    let only_hash = json!({ "extensions": persisted(&hash(VIEWER)) });
    let both = json!({ "query": VIEWER, "extensions": persisted(&hash(VIEWER)) });
    let expected = json!({ "viewer": { "username": "ada" } });
    let missing = post(&ada, only_hash.clone()).await;
    check_refused(&missing, 400, "DOCUMENT_NOT_FOUND", "not sent yet");
    assert_eq!(message(&missing), "PersistedQueryNotFound");
    assert_eq!(post(&ada, both).await.data(), &expected);
    assert_eq!(post(&ada, only_hash.clone()).await.data(), &expected);
    assert_eq!(post(&ada, json!({ "documentId": Digest::of(VIEWER).id() })).await.data(), &expected);
    let extensions = persisted(&hash(VIEWER)).to_string();
    assert_eq!(get(&ada, &[("extensions", &extensions)], &[]).await.data(), &expected);
    let mut stream = ada.follow_body(only_hash.clone()).await;
    assert_eq!(stream.result().await["data"], expected);
    let listening = world.listen().await;
    let mut socket = Socket::open(listening.address, ada.token.as_deref()).await;
    socket.say(json!({ "id": "1", "type": "subscribe", "payload": only_hash })).await;
    assert_eq!(socket.hear().await.message()["payload"]["data"], expected);
    drop(socket);
    listening.end().await;
    // As the appendix has it: an id that is a hash may come with its text, too.
    let id = Digest::of(TYPENAME).id();
    post(&ada, json!({ "documentId": id, "query": TYPENAME })).await.data();
    post(&ada, json!({ "documentId": id })).await.data();
    // Each process keeps its own.
    let other = world.another_process().await;
    let elsewhere = post(&ada.at(&other), only_hash).await;
    check_refused(&elsewhere, 400, "DOCUMENT_NOT_FOUND", "another process");
    assert_eq!(world.number("select count(*) from documents").await, 0, "nothing is registered by it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_and_not_kept() {
    let world = World::empty().await;
    let nobody = world.anonymous();
    for (text, extensions) in [
        (Some(VIEWER), persisted(&hash(TYPENAME))),
        (Some(VIEWER), persisted("")),
        (Some(VIEWER), persisted(&hash(VIEWER).to_uppercase())),
        (None, persisted("nonsense")),
        (None, json!({ "persistedQuery": { "version": 2, "sha256Hash": hash(VIEWER) } })),
        (Some(VIEWER), json!({ "persistedQuery": { "version": "1", "sha256Hash": hash(VIEWER) } })),
        (Some(VIEWER), json!({ "persistedQuery": { "sha256Hash": hash(VIEWER) } })),
        (Some(VIEWER), json!({ "persistedQuery": { "version": 1 } })),
        (Some(VIEWER), json!({ "persistedQuery": [] })),
        (Some(VIEWER), json!({ "persistedQuery": "x" })),
        (None, json!({ "persistedQuery": null })),
    ] {
        let body = json!({ "query": text, "extensions": extensions });
        check_refused(&post(&nobody, body.clone()).await, 400, "BAD_REQUEST", &body.to_string());
    }
    post(&nobody, json!({ "query": VIEWER, "extensions": { "persistedQuery": null } })).await.data();
    for (text, code) in [("{ nonsense }", "VALIDATION_FAILED"), ("{ a b: }", "PARSE_FAILED")] {
        let extensions = persisted(&hash(text));
        let refused = post(&nobody, json!({ "query": text, "extensions": extensions })).await;
        assert_eq!((refused.status.as_u16(), refused.codes()[0]), (400, code), "{text}");
        let again = post(&nobody, json!({ "extensions": extensions })).await;
        assert_eq!(message(&again), "PersistedQueryNotFound", "{text}");
    }
    for text in [VIEWER, TYPENAME] {
        let answer = post(&nobody, json!({ "extensions": persisted(&hash(text)) })).await;
        assert_eq!(message(&answer), "PersistedQueryNotFound", "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn few_are_kept_and_none_when_it_is_off() {
    for most in [0, 2] {
        let world = World::with(Start::Empty, |config| config.documents.automatic_documents = most).await;
        let nobody = world.anonymous();
        let texts = ["{ a: __typename }", "{ b: __typename }", "{ c: __typename }"];
        for text in texts {
            post(&nobody, json!({ "query": text, "extensions": persisted(&hash(text)) })).await.data();
        }
        let mut found = Vec::new();
        for text in texts {
            let answer = post(&nobody, json!({ "extensions": persisted(&hash(text)) })).await;
            found.push(answer.status == 200);
            if answer.status != 200 {
                let words = if most == 0 { "PersistedQueryNotSupported" } else { "PersistedQueryNotFound" };
                assert_eq!((answer.code(), message(&answer)), ("DOCUMENT_NOT_FOUND", words));
            }
        }
        assert_eq!(found, [false, most > 0, most > 0]);
        // What the operator has registered is found by its hash in any case.
        register(&world, "first", texts[0]).await;
        pass(&world, 1);
        post(&nobody, json!({ "extensions": persisted(&hash(texts[0])) })).await.data();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_may_send_the_same_text_at_once() {
    let world = World::empty().await;
    let nobody = world.anonymous();
    let both = json!({ "query": TYPENAME, "extensions": persisted(&hash(TYPENAME)) });
    let answers = join_all((0..50).map(|_| post(&nobody, both.clone()))).await;
    answers.iter().for_each(|answer| assert_eq!(answer.data()["__typename"], "Query"));
    let only_hash = json!({ "extensions": persisted(&hash(TYPENAME)) });
    let answers = join_all((0..50).map(|_| post(&nobody, only_hash.clone()))).await;
    answers.iter().for_each(|answer| assert_eq!(answer.data()["__typename"], "Query"));
    // And as many ask for the list at once: one of them reads it.
    pass(&world, 60);
    register(&world, "name", TYPENAME).await;
    let before = world.statements();
    let answers = join_all((0..50).map(|_| post(&nobody, json!({ "documentId": "unknown" })))).await;
    answers.iter().for_each(|answer| assert_eq!(answer.code(), "DOCUMENT_NOT_FOUND"));
    assert_eq!(world.statements() - before, 1);
}
