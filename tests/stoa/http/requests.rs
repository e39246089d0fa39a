//! What a request is, and which are refused.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_media_type_is_negotiated() {
    let world = World::empty().await;
    let body = json!({ "query": TYPENAME }).to_string();
    for (accept, media) in [
        (None, JSON),
        (Some("*/*"), JSON),
        (Some("application/*"), JSON),
        (Some(JSON), JSON),
        (Some("application/json;charset=UTF-8"), JSON),
        (Some(NEWER), NEWER),
        (Some("application/graphql-response+json, application/json;q=0.9"), NEWER),
        (Some("application/json;q=0.9, application/graphql-response+json"), NEWER),
        (Some("application/graphql-response+json;q=0.1, application/json"), JSON),
        (Some("application/json;q=0, */*"), NEWER),
        (Some("text/html,application/xhtml+xml,*/*;q=0.8"), JSON),
    ] {
        let mut request = post().header("content-type", JSON);
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        let answer = world.send(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(answer.status, 200, "{accept:?}");
        assert_eq!(header(&answer, "content-type"), format!("{media}; charset=utf-8"), "{accept:?}");
        assert_eq!(answer.data(), &json!({ "__typename": "Query" }));
        check_headers(&answer);
    }
    for accept in ["text/html", "application/xml", "application/json;q=0", "application/json; charset=utf-16"] {
        check_refused(&post_json(&world, accept, &body).await, 406, "BAD_REQUEST", accept);
    }
    let two = post().header("content-type", JSON).header("accept", "text/html").header("accept", NEWER);
    let answer = world.send(two.body(Body::from(body)).unwrap()).await;
    assert_eq!(header(&answer, "content-type"), format!("{NEWER}; charset=utf-8"), "two lines are one list");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_json_bodies_are_read() {
    let world = World::empty().await;
    let body = json!({ "query": TYPENAME }).to_string();
    for (media, status) in [
        (Some("application/json"), 200),
        (Some("Application/JSON"), 200),
        (Some("application/json; charset=utf-8"), 200),
        (Some("application/json;charset=\"UTF-8\""), 200),
        (Some("application/json; charset=iso-8859-1"), 415),
        (Some("application/json; charset=utf-16"), 415),
        (Some("application/jsonp"), 415),
        (Some("application/graphql"), 415),
        (Some("application/graphql-response+json"), 415),
        (Some("text/plain"), 415),
        (Some("text/plain; application/json"), 415),
        (Some("application/x-www-form-urlencoded"), 415),
        (Some("multipart/form-data; boundary=x"), 415),
        (Some(""), 415),
        (None, 415),
    ] {
        let mut request = post().header("accept", NEWER);
        if let Some(media) = media {
            request = request.header("content-type", media);
        }
        let answer = world.send(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{media:?}");
        if status == 415 {
            check_refused(&answer, 415, "BAD_REQUEST", &format!("{media:?}"));
        }
    }
    for (encoding, status) in [("identity", 200), ("gzip", 415), ("br", 415), ("identity, gzip", 415)] {
        let request = post().header("content-type", JSON).header("accept", NEWER).header("content-encoding", encoding);
        let answer = world.send(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{encoding}");
    }
    // Two lines of a header say both.
    for (name, first, second) in [
        ("content-type", JSON, "text/plain"),
        ("content-type", "text/plain", JSON),
        ("content-encoding", "identity", "gzip"),
    ] {
        let mut request = post().header("accept", NEWER).header(name, first).header(name, second);
        if name != "content-type" {
            request = request.header("content-type", JSON);
        }
        let answer = world.send(request.body(Body::from(body.clone())).unwrap()).await;
        check_refused(&answer, 415, "BAD_REQUEST", &format!("{name}: {first} and {second}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_other_sites_change_nothing() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let before = world.fingerprint().await;
    let body = json!({ "query": "mutation { createConversation(input: {}) { conversation { id } } }" }).to_string();
    for media in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let request = Request::post("/graphql").header("content-type", media).body(Body::from(body.clone())).unwrap();
        assert_eq!(ines.send(request).await.status, 415, "{media}");
    }
    assert_eq!(world.fingerprint().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_the_wrong_shape_are_refused() {
    let world = World::empty().await;
    let before = world.fingerprint().await;
    for body in [
        "",
        " ",
        "{",
        "nonsense",
        "{\"query\": \"{ __typename }\"} trailing",
        "{'query': '{ __typename }'}",
        "\u{feff}{\"query\": \"{ __typename }\"}",
        "null",
        "true",
        "12",
        "\"{ __typename }\"",
        "[]",
        "[{\"query\": \"{ __typename }\"}]",
        "[{\"query\": \"{ __typename }\"}, {\"query\": \"{ __typename }\"}]",
        "{}",
        "{\"variables\": {}}",
        "{\"Query\": \"{ __typename }\"}",
        "{\"query\": null}",
        "{\"query\": 1}",
        "{\"query\": [\"{ __typename }\"]}",
        "{\"query\": {\"a\": 1}}",
        "{\"query\": \"{ __typename }\", \"operationName\": 1}",
        "{\"query\": \"{ __typename }\", \"operationName\": []}",
        "{\"query\": \"{ __typename }\", \"variables\": \"{}\"}",
        "{\"query\": \"{ __typename }\", \"variables\": []}",
        "{\"query\": \"{ __typename }\", \"variables\": 0}",
        "{\"query\": \"{ __typename }\", \"variables\": false}",
        "{\"query\": \"{ __typename }\", \"extensions\": \"x\"}",
        "{\"query\": \"{ __typename }\", \"extensions\": []}",
    ] {
        for accept in [JSON, NEWER] {
            check_refused(&post_json(&world, accept, body).await, 400, "BAD_REQUEST", body);
        }
    }
    let deep = format!("{{\"query\":\"{{ __typename }}\",\"variables\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
    check_refused(&post_json(&world, NEWER, &deep).await, 400, "BAD_REQUEST", "nested deeply");
    let broken = post().header("content-type", JSON).header("accept", NEWER);
    let broken = world.send(broken.body(Body::from(b"{\"query\": \"\xff\"}".to_vec())).unwrap()).await;
    check_refused(&broken, 400, "BAD_REQUEST", "not UTF-8");
    assert_eq!(world.fingerprint().await, before);
    for body in [
        "{\"query\": \"{ __typename }\", \"operationName\": null, \"variables\": null, \"extensions\": null}",
        "{\"query\": \"{ __typename }\", \"operationName\": \"\", \"variables\": {}, \"extensions\": {}, \"id\": 7}",
    ] {
        assert_eq!(post_json(&world, NEWER, body).await.data(), &json!({ "__typename": "Query" }), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operation_is_chosen_by_name() {
    let world = World::empty().await;
    let two = "query A { a: __typename } query B { b: __typename }";
    for (name, data) in [("A", json!({ "a": "Query" })), ("B", json!({ "b": "Query" }))] {
        let body = json!({ "query": two, "operationName": name }).to_string();
        assert_eq!(post_json(&world, NEWER, &body).await.data(), &data);
        assert_eq!(get_with(&world, &[("query", two), ("operationName", name)]).await.data(), &data);
    }
    for name in [json!("C"), json!("a"), Value::Null, json!("")] {
        let body = json!({ "query": two, "operationName": name }).to_string();
        let answer = post_json(&world, NEWER, &body).await;
        assert_eq!((answer.status.as_u16(), answer.body.get("data")), (400, None), "{name}");
        assert_ne!(answer.code(), "-");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_run_by_get() {
    let world = World::demo().await;
    let answer = get_with(&world, &[("query", TYPENAME)]).await;
    assert_eq!((answer.status.as_u16(), answer.data()), (200, &json!({ "__typename": "Query" })));
    check_headers(&answer);
    let document = "query Q($yes: Boolean!) { __typename @include(if: $yes) }";
    let answer =
        get_with(&world, &[("query", document), ("variables", "{\"yes\": false}"), ("extensions", "{}")]).await;
    assert_eq!(answer.data(), &json!({}));
    let plus =
        "/graphql?query=query($yes:Boolean%21)+%7B+__typename+@include(if:+$yes)%7D&variables=%7B%22yes%22:true%7D";
    assert_eq!(world.send(get(plus)).await.data(), &json!({ "__typename": "Query" }), "a plus is a blank");
    let ines = world.existing("ines").await;
    let answer = ines.send(get("/graphql?query=%7Bviewer%7Busername%7D%7D&_=1&operation_name=x")).await;
    assert_eq!(answer.field("viewer")["username"], "ines", "unknown parameters are not ours");
    for (query, what) in [
        ("", "nothing at all"),
        ("query=", "empty"),
        ("operationName=A", "no query"),
        ("query={__typename}&query={__typename}", "query twice"),
        ("query={__typename}&variables={}&variables={}", "variables twice"),
        ("query={__typename}&operationName=&operationName=A", "operationName twice"),
        ("query={__typename}&variables=[]", "variables are a list"),
        ("query={__typename}&variables=%7B", "variables are not JSON"),
        ("query={__typename}&variables=%22%7B%7D%22", "variables are a text"),
        ("query={__typename}&extensions=1", "extensions are a number"),
        ("query=%ff%fe", "not UTF-8"),
        ("query={__typename}&variables=%c3%28", "variables are not UTF-8"),
        ("query=%zz", "not percent-encoding"),
        ("query={__typename}%", "half percent-encoding"),
    ] {
        let address = format!("/graphql?{}", query.replace('{', "%7B").replace('}', "%7D"));
        let mut request = get(&address);
        request.headers_mut().insert("accept", NEWER.parse().unwrap());
        let answer = world.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.body.get("data")), (400, None), "{what}");
        let is_document = matches!(what, "empty" | "not percent-encoding" | "half percent-encoding");
        let code = answer.codes()[0];
        assert!(code == "BAD_REQUEST" || is_document && code == "PARSE_FAILED", "{what}: {code}");
        check_headers(&answer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_changed_by_get() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let before = world.fingerprint().await;
    let mutation = "mutation%20M%7BcreateConversation(input:%7B%7D)%7Bconversation%7Bid%7D%7D%7D";
    let both = format!("query%20Q%7B__typename%7D%20{mutation}");
    for (uri, status) in [
        (format!("/graphql?query={mutation}"), 405),
        (format!("/graphql?query={both}&operationName=M"), 405),
        (format!("/graphql?query={both}&operationName=Q"), 200),
        (format!("/graphql?query={both}"), 400),
    ] {
        for accept in [JSON, NEWER] {
            let request = Request::get(&uri).header("accept", accept).body(Body::empty()).unwrap();
            let answer = ines.send(request).await;
            // Which operation is meant is a question about the document: 200 for those who know no better.
            let status = if status == 400 && accept == JSON { answer.status.as_u16() } else { status };
            assert_eq!(answer.status.as_u16(), status, "{uri} {accept}");
            if status == 405 {
                assert_eq!((answer.code(), answer.body.get("data")), ("BAD_REQUEST", None), "{uri}");
                assert_eq!(answer.statements, 1, "{uri}: only who asks");
                assert_eq!(header(&answer, "allow"), "POST");
                check_headers(&answer);
            }
        }
    }
    assert_eq!(world.fingerprint().await, before);
}
