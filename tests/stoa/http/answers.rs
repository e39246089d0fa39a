//! What an answer says: status, headers, ids, and an end in time.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn status_codes_say_what_went_wrong() {
    let world = World::empty().await;
    // For the older media type, for the newer one, code.
    for (query, variables, older, newer, code) in [
        (TYPENAME, json!({}), 200, 200, ""),
        ("{", json!({}), 200, 400, "PARSE_FAILED"),
        ("", json!({}), 200, 400, "PARSE_FAILED"),
        ("\u{0}", json!({}), 200, 400, "PARSE_FAILED"),
        ("{ nonsense }", json!({}), 200, 400, "VALIDATION_FAILED"),
        ("{ viewer }", json!({}), 200, 400, "VALIDATION_FAILED"),
        ("query($id: ID!) { node(id: $id) { id } }", json!({}), 200, 400, "VALIDATION_FAILED"),
        ("query($id: ID!) { node(id: $id) { id } }", json!({ "id": null }), 200, 400, "VALIDATION_FAILED"),
        ("query($id: ID!) { node(id: $id) { id } }", json!({ "id": [] }), 200, 400, "VALIDATION_FAILED"),
        ("query($n: Int) { users(first: $n) { totalCount } }", json!({ "n": "x" }), 200, 400, "VALIDATION_FAILED"),
        ("{ a: __typename ...F } fragment F on Query { ...F }", json!({}), 200, 400, "VALIDATION_FAILED"),
    ] {
        let body = json!({ "query": query, "variables": variables }).to_string();
        for (accept, status) in [(JSON, older), (NEWER, newer)] {
            let answer = post_json(&world, accept, &body).await;
            assert_eq!(answer.status.as_u16(), status, "{accept} {query}: {:#}", answer.body);
            match code {
                "" => drop(answer.data()),
                code => check_refused(&answer, status, code, query),
            }
            check_headers(&answer);
        }
    }
    let long = json!({ "query": format!("{{ __typename #{} }}", "x".repeat(20_000)) }).to_string();
    for (accept, status) in [(JSON, 200), (NEWER, 400)] {
        check_refused(&post_json(&world, accept, &long).await, status, "LIMIT_EXCEEDED", "long");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_refused() {
    let world = World::empty().await;
    let methods = [Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS, Method::TRACE, Method::HEAD];
    for method in methods.into_iter().chain([Method::from_bytes(b"QUERY").unwrap()]) {
        let request = Request::builder().method(&method).uri("/graphql?query=%7B__typename%7D").header("host", "a");
        let answer = world.send(request.header("accept", NEWER).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(header(&answer, "allow"), "GET, POST", "{method}");
        check_headers(&answer);
    }
    for path in ["/healthz", "/readyz", "/graphiql", "/"] {
        let request = Request::post(path).header("host", "a").body(Body::empty()).unwrap();
        let answer = world.send(request).await;
        assert_eq!(answer.status, 405, "{path}");
        assert!(header(&answer, "allow").contains("GET"), "{path}");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_are_not_read() {
    let world = World::with(Start::Empty, |config| config.http.body_limit = 1000).await;
    let body = json!({ "query": TYPENAME }).to_string();
    let fill = |length: usize| format!("{body}{}", " ".repeat(length - body.len()));
    for accept in [JSON, NEWER] {
        assert_eq!(post_json(&world, accept, &fill(1000)).await.status, 200);
        check_refused(&post_json(&world, accept, &fill(1001)).await, 413, "TOO_LARGE", accept);
        check_refused(&post_json(&world, accept, &"x".repeat(1 << 20)).await, 413, "TOO_LARGE", accept);
    }
    let usual = World::empty().await;
    check_refused(&post_json(&usual, JSON, &fill(262_145)).await, 413, "TOO_LARGE", "the usual limit");
    assert_eq!(post_json(&usual, JSON, &fill(262_144)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_names_its_host() {
    let world = World::empty().await;
    let body = json!({ "query": TYPENAME }).to_string();
    let request = Request::post("/graphql").header("content-type", JSON).header("accept", NEWER);
    check_refused(&world.send(request.body(Body::from(body)).unwrap()).await, 400, "BAD_REQUEST", "POST");
    let request = Request::get("/graphql?query=%7B__typename%7D").body(Body::empty()).unwrap();
    check_refused(&world.send(request).await, 400, "BAD_REQUEST", "GET");
    let request = Request::get("/graphql").header("upgrade", "websocket").body(Body::empty()).unwrap();
    check_refused(&world.send(request).await, 400, "BAD_REQUEST", "a socket");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_credential_is_not_nobody() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let token = ines.token.clone().unwrap();
    let body = json!({ "query": "{ viewer { username } }" }).to_string();
    let ask = async |credential: &[u8], accept: &str| {
        let request = post().header("content-type", JSON).header("accept", accept).header("authorization", credential);
        world.send(request.body(Body::from(body.clone())).unwrap()).await
    };
    for good in [format!("Bearer {token}"), format!("bearer {token}"), format!("BEARER   {token}")] {
        assert_eq!(ask(good.as_bytes(), NEWER).await.field("viewer")["username"], "ines");
    }
    let long = format!("Bearer {}", "a".repeat(7000));
    for bad in ["", "Bearer", "Bearer ", "Bearer x", &token, "Basic aW5lczp4", "Bearer \u{e9}", &long] {
        for accept in [JSON, NEWER] {
            let answer = ask(bad.as_bytes(), accept).await;
            check_refused(&answer, 401, "UNAUTHENTICATED", bad);
            assert!(header(&answer, "www-authenticate").starts_with("Bearer"), "{bad}");
        }
    }
    let ok = post_json(&world, NEWER, &body).await;
    assert!(!ok.headers.contains_key("www-authenticate"));
    assert_eq!(ok.data(), &json!({ "viewer": null }));
}

#[tokio::test(flavor = "multi_thread")]
async fn partial_results_are_results() {
    let world = World::empty().await;
    let body = json!({ "query": "{ __typename roles { totalCount } b: __typename }" }).to_string();
    for accept in [JSON, NEWER] {
        let answer = post_json(&world, accept, &body).await;
        assert_eq!(answer.status, 200, "{:#}", answer.body);
        assert_eq!(answer.code(), "UNAUTHENTICATED");
        assert_eq!(answer.body["data"], json!({ "__typename": "Query", "roles": null, "b": "Query" }));
        assert_eq!(answer.body["errors"][0]["path"], json!(["roles"]));
        check_headers(&answer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_in_the_order_of_the_document() {
    let world = World::demo().await;
    let ines = world.existing("ines").await;
    let nothing = ines.run("query($no: Boolean!) { viewer @include(if: $no) { id } }", json!({ "no": false })).await;
    assert!(nothing.bytes.starts_with(br#"{"data":{},"extensions":"#));
    let document = "{ z: __typename viewer { username a: __typename number ...F id } m: __typename a: __typename }
        fragment F on User { displayName b: number }";
    let answer = ines.run(document, json!({})).await;
    let text = String::from_utf8(answer.bytes.clone()).unwrap();
    assert!(text.starts_with("{\"data\":{"), "{text}");
    let keys = ["z", "viewer", "username", "a", "number", "displayName", "b", "id", "m"];
    let places: Vec<_> = keys.iter().map(|key| text.find(&format!("\"{key}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{text}");
    assert!(text.rfind("\"a\":").unwrap() > text.find("\"m\":").unwrap(), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_has_an_id_of_ours() {
    let world = World::empty().await;
    let mut ids = Vec::new();
    for path in ["/", "/healthz", "/graphiql", "/graphiql/app.css", "/nothing", "/graphql", "/graphql?query=%7Bx%7D"] {
        let mut request = get(path);
        request.headers_mut().insert("x-request-id", "req_mine".parse().unwrap());
        let answer = world.send(request).await;
        let id = header(&answer, "x-request-id").to_owned();
        assert!(id.starts_with("req_") && id != "req_mine", "{path}");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff", "{path}");
        assert!(answer.headers.contains_key("cache-control"), "{path}");
        if let Some(error) = answer.body["errors"].get(0) {
            assert_eq!(error["extensions"]["requestId"], id);
        }
        ids.push(id);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn elsewhere_there_is_nothing() {
    let world = World::empty().await;
    for path in ["/nothing", "/graphql/", "/graphiql/", "/graphiql/nothing.js", "/graphiql/..%2fmod.rs", "/%00", "//"] {
        let answer = world.send(get(path)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (404, "BAD_REQUEST"), "{path}");
        check_headers(&answer);
    }
    let answer = world.send(Request::post("/nothing").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 404);
}

/// What stands between two marks.
#[tokio::test(flavor = "multi_thread")]
async fn health_tells_the_process_from_its_database() {
    let world = World::empty().await;
    for path in ["/healthz", "/readyz"] {
        let answer = world.send(get(path)).await;
        assert_eq!((answer.status.as_u16(), header(&answer, "cache-control")), (200, "no-store"), "{path}");
    }
    world.db.clone().close().await.unwrap();
    assert_eq!(world.send(get("/healthz")).await.status, 200);
    let answer = world.send(get("/readyz")).await;
    assert_eq!(answer.status, 503);
    assert!(!String::from_utf8_lossy(&answer.bytes).contains("postgres"), "says no more than that");
    let answer = post_json(&world, NEWER, &json!({ "query": "{ viewer { id } }" }).to_string()).await;
    assert_eq!(answer.data(), &json!({ "viewer": null }), "nobody needs no database");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_database_is_told_and_nothing_more() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    world.db.clone().close().await.unwrap();
    for (accept, status) in [(JSON, 503), (NEWER, 503)] {
        let body = json!({ "query": "{ viewer { username } }" }).to_string();
        let request = post().header("content-type", JSON).header("accept", accept);
        let answer = ines.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, "UNAVAILABLE"), "{:#}", answer.body);
        check_headers(&answer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_past_its_deadline_ends_and_frees_its_statement() {
    let world = World::with(Start::Empty, |config| config.http.request_timeout = 1).await;
    let ines = world.member("ines").await;
    let create =
        "mutation { createConversation(input: { title: \"Before\" }) { conversation { id } userErrors { code } } }";
    let made = ines.run(create, json!({})).await;
    let id = made.field("createConversation")["conversation"]["id"].clone();
    let before = world.fingerprint().await;
    let other = World::with(Start::Empty, |_| {}).await;
    let holder = world.db.begin().await.unwrap();
    holder.execute_unprepared("select 1 from conversations for update").await.unwrap();
    let update = "mutation($id: ID!) { updateConversation(input: { conversationId: $id, title: \"After\" }) {
        conversation { title } userErrors { code } } }";
    for accept in [JSON, NEWER] {
        let began = Instant::now();
        let body = json!({ "query": update, "variables": { "id": id } }).to_string();
        let request = post().header("content-type", JSON).header("accept", accept);
        let answer = ines.send(request.body(Body::from(body)).unwrap()).await;
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        assert_eq!((answer.status.as_u16(), answer.code()), (503, "TIMEOUT"), "{:#}", answer.body);
        assert_eq!(answer.body.get("data"), None);
        check_headers(&answer);
    }
    // Seen from another database of the server, so that this world's own connections do not matter.
    let name = world.url().split('?').next().unwrap().rsplit('/').next().unwrap().to_owned();
    let waiting = format!(
        "select count(*) from pg_stat_activity where datname = '{name}' and state <> 'idle' and wait_event_type = 'Lock'"
    );
    let mut left = i64::MAX;
    for _ in 0..30 {
        left = other.number(&waiting).await;
        if left == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(left, 0, "the statement outlives its request by a second at most");
    holder.rollback().await.unwrap();
    let open = format!("select count(*) from pg_stat_activity where datname = '{name}' and state like 'idle in tr%'");
    assert_eq!(other.number(&open).await, 0, "no transaction is left open");
    assert_eq!(world.fingerprint().await, before);
    ines.run(update, json!({ "id": id })).await.field("updateConversation");
}
