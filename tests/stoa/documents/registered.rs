//! What an operator has registered runs by its id, everywhere.

use super::*;

const FOLLOW: &str = "subscription Follow($id: ID!, $after: String) {
    conversationEvents(conversationId: $id, after: $after) { kind } }";
const CREATE: &str = "mutation Begin { createConversation(input: { title: \"T\" }) { conversation { id } } }";

#[tokio::test(flavor = "multi_thread")]
async fn every_transport_runs_documents_by_id() {
    let world = World::empty().await;
    register(&world, "me", VIEWER).await;
    register(&world, "x-app:me.1", VIEWER).await;
    register(&world, &Digest::of(VIEWER).id(), VIEWER).await;
    register(&world, "begin", CREATE).await;
    let ada = world.member("ada").await;
    let expected = json!({ "viewer": { "username": "ada" } });
    let listening = world.listen().await;
    let mut socket = Socket::open(listening.address, ada.token.as_deref()).await;
    for id in ["me", "x-app:me.1", &Digest::of(VIEWER).id()] {
        assert_eq!(post(&ada, json!({ "documentId": id })).await.data(), &expected, "{id}");
        assert_eq!(post(&ada, json!({ "documentId": id, "query": null })).await.data(), &expected, "{id}");
        assert_eq!(get(&ada, &[("documentId", id)], &[]).await.data(), &expected, "{id}");
        socket.say(json!({ "id": id, "type": "subscribe", "payload": { "documentId": id } })).await;
        assert_eq!(socket.hear().await.message()["payload"]["data"], expected, "{id}");
        assert_eq!(socket.hear().await.message()["type"], "complete");
        let mut stream = ada.follow_body(json!({ "documentId": id })).await;
        assert_eq!(stream.result().await["data"], expected, "{id}");
    }
    // The operation's name travels as always; changes need POST.
    let begun = post(&ada, json!({ "documentId": "begin", "operationName": "Begin" })).await;
    assert!(begun.field("createConversation")["conversation"]["id"].is_string());
    let before = world.fingerprint().await;
    let refused = get(&ada, &[("documentId", "begin")], &[]).await;
    check_refused(&refused, 405, "BAD_REQUEST", "a mutation by GET");
    assert_eq!(refused.headers["allow"], "POST");
    assert_eq!(world.fingerprint().await, before);
    let wrong = post(&ada, json!({ "documentId": "me", "operationName": "Other" })).await;
    check_refused(&wrong, 400, "BAD_REQUEST", "an operation that is not in it");
    drop(socket);
    listening.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_malformed_ids_are_refused_everywhere() {
    let world = World::empty().await;
    register(&world, "me", VIEWER).await;
    let nobody = world.anonymous();
    let listening = world.listen().await;
    let mut socket = Socket::open(listening.address, None).await;
    let unknown = format!("sha256:{}", "0".repeat(64));
    let long = "a".repeat(201);
    for (id, code) in [
        ("nothing", "DOCUMENT_NOT_FOUND"),
        ("ME", "DOCUMENT_NOT_FOUND"),
        (&unknown, "DOCUMENT_NOT_FOUND"),
        ("", "BAD_REQUEST"),
        ("a b", "BAD_REQUEST"),
        ("md5:abc", "BAD_REQUEST"),
        ("sha256:abc", "BAD_REQUEST"),
        ("me\u{0}", "BAD_REQUEST"),
        ("me'; drop table documents; --", "BAD_REQUEST"),
        (&long, "BAD_REQUEST"),
    ] {
        check_refused(&post(&nobody, json!({ "documentId": id })).await, 400, code, id);
        check_refused(&get(&nobody, &[("documentId", id)], &[]).await, 400, code, id);
        socket.say(json!({ "id": "1", "type": "subscribe", "payload": { "documentId": id } })).await;
        let heard = socket.hear().await.message();
        assert_eq!(
            (&heard["type"], &heard["payload"][0]["extensions"]["code"]),
            (&json!("error"), &json!(code)),
            "{id}"
        );
        let mut stream = nobody.follow_body(json!({ "documentId": id })).await;
        assert_eq!(stream.result().await["errors"][0]["extensions"]["code"], code, "{id}");
    }
    for body in [
        json!({ "documentId": 1 }),
        json!({ "documentId": ["me"] }),
        json!({ "documentId": "me", "query": VIEWER }),
        json!({ "documentId": "me", "query": 1 }),
        json!({ "documentId": "me", "extensions": persisted(&hash(VIEWER)) }),
        json!({ "documentId": format!("sha256:{}", hash(TYPENAME)), "query": VIEWER }),
        json!({ "documentId": null }),
    ] {
        check_refused(&post(&nobody, body.clone()).await, 400, "BAD_REQUEST", &body.to_string());
    }
    let twice = get(&nobody, &[("documentId", "me"), ("documentId", "me")], &[]).await;
    check_refused(&twice, 400, "BAD_REQUEST", "given twice");
    // Clients that only know application/json read the errors of a 200.
    let request = Request::post("/graphql").header("accept", "application/json");
    let older = nobody.send(request.body(Body::from(json!({ "documentId": "nothing" }).to_string())).unwrap()).await;
    check_refused(&older, 200, "DOCUMENT_NOT_FOUND", "application/json");
    socket.say(json!({ "id": "1", "type": "subscribe", "payload": { "documentId": 1 } })).await;
    assert_eq!(socket.hear().await, Heard::Closed(4400), "no message of the protocol");
    drop(socket);
    listening.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_costs_no_statement_and_what_is_unknown_costs_few() {
    let world = World::empty().await;
    register(&world, "name", TYPENAME).await;
    let nobody = world.anonymous();
    let by_id = async |id: &str| post(&nobody, json!({ "documentId": id })).await;
    assert_eq!(by_id("name").await.statements, 2, "the list, the text");
    for _ in 0..5 {
        assert_eq!(by_id("name").await.statements, 0);
    }
    let begun = world.statements();
    for number in 0..200 {
        assert_eq!(by_id(&format!("unknown-{number}")).await.code(), "DOCUMENT_NOT_FOUND");
    }
    assert_eq!(world.statements(), begun, "the list is as young as can be");
    pass(&world, 2);
    assert_eq!(by_id("name").await.statements, 0, "what is on the list is believed longer");
    for number in 0..200 {
        let text = format!("{{ a{number} }}");
        let answer = post(&nobody, json!({ "extensions": persisted(&hash(&text)) })).await;
        assert_eq!(answer.code(), "DOCUMENT_NOT_FOUND");
    }
    assert_eq!(world.statements(), begun + 1, "one look at the list's version a second");
    pass(&world, 10);
    assert_eq!(by_id("name").await.statements, 1, "the version of the list, and not the text again");
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_run_by_id() {
    let world = World::empty().await;
    let listening = world.listen().await;
    register(&world, "follow", FOLLOW).await;
    let ada = world.member("ada").await;
    let create = "mutation { createConversation(input: { title: \"T\" }) { conversation { id eventCursor } } }";
    let begun = ada.run(create, json!({})).await;
    let conversation = &begun.field("createConversation")["conversation"];
    let append =
        "mutation($id: ID!) { appendMessage(input: { conversationId: $id, content: \"hi\" }) { message { id } } }";
    ada.run(append, json!({ "id": conversation["id"] })).await.data();
    // After a cursor from before the change: there is something to hear whenever the listening begins.
    let variables = json!({ "id": conversation["id"], "after": conversation["eventCursor"] });
    let follow = json!({ "documentId": "follow", "variables": variables });
    let mut socket = Socket::open(listening.address, ada.token.as_deref()).await;
    socket.say(json!({ "id": "f", "type": "subscribe", "payload": follow })).await;
    let by_socket = socket.hear().await.message()["payload"]["data"]["conversationEvents"]["kind"].clone();
    let mut stream = ada.follow_body(follow).await;
    let by_stream = stream.result().await["data"]["conversationEvents"]["kind"].clone();
    assert!(by_socket.is_string(), "{by_socket}");
    assert_eq!(by_stream, by_socket);
    drop((socket, stream));
    listening.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_hear_of_each_other_in_time() {
    let world = World::empty().await;
    let other = world.another_process().await;
    let (here, there) = (world.anonymous(), other.anonymous());
    for person in [&here, &there] {
        check_refused(&post(person, json!({ "documentId": "name" })).await, 400, "DOCUMENT_NOT_FOUND", "not yet");
    }
    register(&world, "name", TYPENAME).await;
    pass(&world, 1);
    for person in [&here, &there] {
        post(person, json!({ "documentId": "name" })).await.data();
        post(person, json!({ "documentId": Digest::of(TYPENAME).id() })).await.data();
    }
    remove(&world, "name").await;
    pass(&world, 10);
    for person in [&here, &there] {
        for body in [json!({ "documentId": "name" }), json!({ "documentId": Digest::of(TYPENAME).id() })] {
            check_refused(&post(person, body).await, 400, "DOCUMENT_NOT_FOUND", "removed");
        }
    }
    // The same id may stand for something else after that, and never for what it was.
    register(&world, "name", VIEWER).await;
    pass(&world, 1);
    for person in [&here, &there] {
        assert_eq!(post(person, json!({ "documentId": "name" })).await.data(), &json!({ "viewer": null }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_holds_what_ids_and_hashes_mean() {
    let world = World::empty().await;
    register(&world, "name", TYPENAME).await;
    let again = async |id: &str, text: &str| rows::register(&world.db, id, text, world.clock.now()).await;
    assert_eq!(again("name", TYPENAME).await.unwrap(), Registered::Already);
    assert_eq!(again("name", VIEWER).await.unwrap(), Registered::Taken);
    let wrong = Digest::of(VIEWER).id();
    for (id, text) in [(wrong.as_str(), TYPENAME), ("a b", TYPENAME), ("", TYPENAME), ("empty", "")] {
        assert!(again(id, text).await.is_err(), "{id}");
    }
    let insert = "insert into documents (id, digest, text, registered_at) values ('other', sha256('x'), 'y', now())";
    for sql in [
        "update documents set text = 'x'",
        "update documents set id = 'x'",
        "update documents set digest = sha256('x')",
        insert,
        "insert into document_list values (false)",
    ] {
        assert!(sea_orm::ConnectionTrait::execute_unprepared(&world.db, sql).await.is_err(), "{sql}");
    }
    assert_eq!(world.number("select count(*) from documents where id = 'name'").await, 1);
    assert_eq!(world.number("select count(*) from documents").await, 1);
}
