//! Answers that a client keeps and asks for again.

use super::*;

const TITLES: &str = "query Titles { viewer { username conversations(first: 5) { nodes { title } } } }";

#[track_caller]
fn tag(answer: &Answer) -> String {
    assert_eq!(answer.headers["cache-control"], "private, no-cache", "{:#}", answer.body);
    assert_eq!(answer.headers["vary"], "Accept, Authorization, Origin");
    let tag = answer.headers["etag"].to_str().unwrap();
    assert!(tag.starts_with("W/\"") && tag.ends_with('"'), "{tag}");
    tag.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_changed_is_not_sent_again() {
    let world = World::empty().await;
    register(&world, "titles", TITLES).await;
    let ada = world.member("ada").await;
    let titles = [("documentId", "titles")];
    let first = get(&ada, &titles, &[]).await;
    let known = tag(&first);
    assert_eq!(first.status, 200);
    assert_eq!(tag(&get(&ada, &titles, &[]).await), known, "costs and request ids do not count");
    let bare = known.trim_start_matches("W/").to_owned();
    let list = format!("\"other\", {known}");
    for asked in [known.as_str(), &bare, &list, "*"] {
        let answer = get(&ada, &titles, &[("if-none-match", asked)]).await;
        assert_eq!((answer.status.as_u16(), answer.bytes.len()), (304, 0), "{asked}");
        assert_eq!(tag(&answer), known);
        for name in ["ratelimit", "ratelimit-policy", "x-request-id", "x-content-type-options"] {
            assert!(answer.headers.contains_key(name), "{name} in {:?}", answer.headers);
        }
        assert!(!answer.headers.contains_key("content-type"));
        assert!(answer.statements >= 2, "it ran");
    }
    for asked in ["\"other\"", "", "W/\"\""] {
        let answer = get(&ada, &titles, &[("if-none-match", asked)]).await;
        assert_eq!((answer.status.as_u16(), &answer.body["data"]), (200, &first.body["data"]), "{asked}");
    }
    // The hash names the document as well.
    let extensions = persisted(&hash(TITLES)).to_string();
    let by_hash = [("extensions", extensions.as_str())];
    assert_eq!(get(&ada, &by_hash, &[("if-none-match", &known)]).await.status, 304);
    // The two media types are two answers.
    let older = get(&ada, &titles, &[("accept", "application/json"), ("if-none-match", &known)]).await;
    assert_eq!(older.status, 200);
    assert_ne!(tag(&older), known);
}

#[tokio::test(flavor = "multi_thread")]
async fn data_rights_and_people_change_the_tag() {
    let world = World::empty().await;
    register(&world, "titles", TITLES).await;
    let (ada, bob) = (world.member("ada").await, world.member("bob").await);
    let titles = [("documentId", "titles")];
    let empty = tag(&get(&ada, &titles, &[]).await);
    let create = "mutation { createConversation(input: { title: \"T\" }) { conversation { id } } }";
    ada.run(create, json!({})).await.data();
    let changed = get(&ada, &titles, &[("if-none-match", &empty)]).await;
    assert_eq!(changed.status, 200, "the data has changed");
    let one = tag(&changed);
    assert_eq!(get(&ada, &titles, &[("if-none-match", &one)]).await.status, 304);
    let other = get(&bob, &titles, &[("if-none-match", &one)]).await;
    assert_eq!((other.status.as_u16(), &other.data()["viewer"]["username"]), (200, &json!("bob")));
    let stranger = get(&world.anonymous(), &titles, &[("if-none-match", &one)]).await;
    assert_eq!((stranger.status.as_u16(), stranger.data()), (200, &json!({ "viewer": null })));
    world.db_run(&format!("delete from user_roles where user_id = '{}'", ada.user.unwrap().0)).await;
    let refused = get(&ada, &titles, &[("if-none-match", &one)]).await;
    assert_eq!(refused.status, 200, "the rights have changed");
    let without = tag(&refused);
    assert!(without != one && without != empty || refused.body.get("errors").is_none(), "{:#}", refused.body);
    assert_eq!(get(&ada, &titles, &[("if-none-match", &without)]).await.status, 304, "errors are part of the answer");
    world
        .db_run(&format!(
            "update sessions set ended_at = now(), end_reason = 'signed_out' where user_id = '{}'",
            ada.user.unwrap().0
        ))
        .await;
    let over = get(&ada, &titles, &[("if-none-match", &without)]).await;
    check_refused(&over, 401, "UNAUTHENTICATED", "the session is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_may_be_kept() {
    let world = World::empty().await;
    register(&world, "titles", TITLES).await;
    let ada = world.member("ada").await;
    let dry = json!({ "dryRun": true }).to_string();
    for (what, answer) in [
        ("POST by id", post(&ada, json!({ "documentId": "titles" })).await),
        ("GET of a text", get(&ada, &[("query", TITLES)], &[("if-none-match", "*")]).await),
        ("a dry run", get(&ada, &[("documentId", "titles"), ("extensions", &dry)], &[("if-none-match", "*")]).await),
    ] {
        assert_eq!(answer.status, 200, "{what}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{what}");
        assert!(!answer.headers.contains_key("etag"), "{what}");
    }
    let missing = get(&ada, &[("documentId", "missing")], &[("if-none-match", "*")]).await;
    check_refused(&missing, 400, "DOCUMENT_NOT_FOUND", "a refusal");
    let post_asked = Request::post("/graphql").header("if-none-match", "*");
    let body = Body::from(json!({ "documentId": "titles" }).to_string());
    assert_eq!(ada.send(post_asked.body(body).unwrap()).await.status, 200, "POST has no conditions");
}
