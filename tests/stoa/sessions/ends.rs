//! How sessions end.

use chrono::TimeDelta;
use harness::{PATIENCE, Person, Start, World};
use serde_json::{Value, json};

use super::{FIREFOX, HOME, PHONE, REFRESH, SESSIONS, is_in, kinds, nodes, registered, signed_in};

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_ended_from_elsewhere_in_all_processes() {
    let world = World::with(Start::Empty, |config| config.auth.credential_cache = 1000).await;
    let other = world.another_process().await;
    let laptop = registered(&world, "ines").await;
    let (phone, admission) = signed_in(&world, "ines", HOME, PHONE).await;
    let (tablet, _) = signed_in(&world, "ines", HOME, PHONE).await;
    let everywhere = [&phone, &tablet];
    for person in everywhere {
        assert!(is_in(person).await && is_in(&person.at(&other)).await);
    }
    let out = async |person: &Person<'_>| {
        let heard = async {
            while is_in(person).await {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, heard).await.expect("nobody told the other process");
    };
    let end = "mutation($id: ID!) { endSession(input: { sessionId: $id }) {
        session { endedAt endReason } userErrors { code path } } }";
    let mary = registered(&world, "mary").await;
    let session = json!({ "id": admission["session"]["id"] });
    assert_eq!(mary.run(end, session.clone()).await.refusals("endSession"), ["NOT_FOUND sessionId"]);
    assert!(is_in(&phone).await);
    let ended = laptop.run(end, session.clone()).await.field("endSession")["session"].clone();
    assert_eq!(ended, json!({ "endedAt": "2026-06-01T12:00:00.000Z", "endReason": "REVOKED" }));
    assert!(!is_in(&phone).await);
    out(&phone.at(&other)).await;
    assert_eq!(laptop.run(end, session).await.field("endSession")["session"], ended, "once is enough");
    let refresh = json!({ "input": { "refreshToken": admission["refreshToken"] } });
    assert_eq!(laptop.run(REFRESH, refresh).await.refusals("refreshSession"), ["WRONG_CREDENTIALS refreshToken"]);

    let others = "mutation { endOtherSessions(input: {}) { endedSessions userErrors { code } } }";
    assert_eq!(laptop.run(others, json!({})).await.field("endOtherSessions")["endedSessions"], 1);
    out(&tablet.at(&other)).await;
    assert!(is_in(&laptop).await && is_in(&laptop.at(&other)).await && is_in(&mary).await);

    let noor = world.admin("noor").await;
    let id = laptop.run("{ viewer { id } }", json!({})).await.field("viewer")["id"].clone();
    let end_all =
        "mutation($id: ID!) { endUserSessions(input: { userId: $id }) { endedSessions userErrors { code path } } }";
    assert_eq!(mary.run(end_all, json!({ "id": id })).await.code(), "FORBIDDEN");
    assert_eq!(noor.run(end_all, json!({ "id": id })).await.field("endUserSessions")["endedSessions"], 1);
    out(&laptop.at(&other)).await;
    let (back, _) = signed_in(&world, "ines", HOME, FIREFOX).await;
    assert_eq!(kinds(&back).await[0], "SESSIONS_ENDED");
    let nobody = "user_01h455vb4pex5vsknk084sn02q";
    assert_eq!(noor.run(end_all, json!({ "id": nobody })).await.refusals("endUserSessions"), ["NOT_FOUND userId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unused_session_ends_and_a_used_one_goes_on() {
    let world = World::with(Start::Empty, |config| config.auth.access_token_lifetime = 3600).await;
    let used = registered(&world, "ines").await;
    let (unused, admission) = signed_in(&world, "ines", HOME, PHONE).await;
    world.clock.advance(TimeDelta::seconds(1800));
    assert!(is_in(&used).await);
    world.app.activity.write(&world.db).await.unwrap();
    world.clock.advance(TimeDelta::seconds(1799));
    assert!(is_in(&unused).await);
    world.clock.advance(TimeDelta::seconds(1));
    let sessions = nodes(&used, SESSIONS, "sessions").await;
    assert_eq!(sessions.len(), 1, "the other one was used too late for anybody to have written it down");
    assert_eq!(sessions[0]["lastActiveAt"], "2026-06-01T12:30:00.000Z");
    assert_eq!(sessions[0]["idleExpiresAt"], "2026-06-01T13:30:00.000Z");
    assert!(!is_in(&unused).await);
    let refresh = json!({ "input": { "refreshToken": admission["refreshToken"] } });
    assert_eq!(used.run(REFRESH, refresh).await.refusals("refreshSession"), ["WRONG_CREDENTIALS refreshToken"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_is_a_use_and_the_end_stays_the_end() {
    let world = World::empty().await;
    registered(&world, "ines").await;
    let (_, first) = signed_in(&world, "ines", HOME, PHONE).await;
    let phone = world.anonymous();
    let mut token = first["refreshToken"].clone();
    for _ in 0..(30 * 24 - 1) {
        world.clock.advance(TimeDelta::seconds(3590));
        let answer = phone.run(REFRESH, json!({ "input": { "refreshToken": token } })).await;
        token = answer.field("refreshSession")["refreshToken"].clone();
    }
    world.clock.advance(TimeDelta::seconds(3590 + 30 * 24 * 10));
    let late = phone.run(REFRESH, json!({ "input": { "refreshToken": token } })).await;
    assert_eq!(late.refusals("refreshSession"), ["WRONG_CREDENTIALS refreshToken"], "thirty days are over");
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_ceiling_the_oldest_session_ends() {
    let world = World::with(Start::Empty, |config| config.auth.session_ceiling = 3).await;
    let first = registered(&world, "ines").await;
    let mut people = vec![first];
    for _ in 0..3 {
        world.clock.advance(TimeDelta::minutes(1));
        people.push(signed_in(&world, "ines", HOME, PHONE).await.0);
    }
    let mut alive = Vec::new();
    for person in &people {
        alive.push(is_in(person).await);
    }
    assert_eq!(alive, [false, true, true, true]);
    assert_eq!(world.number("select count(*) from sessions where end_reason = 'evicted'").await, 1);
    let crowd = futures_util::future::join_all((0..10).map(|_| signed_in(&world, "ines", HOME, PHONE))).await;
    assert_eq!(crowd.len(), 10);
    assert_eq!(world.number("select count(*) from sessions where ended_at is null").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_told() {
    let world = World::empty().await;
    let laptop = registered(&world, "ines").await;
    let (_, admission) = signed_in(&world, "ines", HOME, PHONE).await;
    let refresh = async |token: &Value| laptop.run(REFRESH, json!({ "input": { "refreshToken": token } })).await;
    let first = admission["refreshToken"].clone();
    let second = refresh(&first).await.field("refreshSession")["refreshToken"].clone();
    refresh(&second).await.field("refreshSession");
    assert_eq!(refresh(&first).await.refusals("refreshSession"), ["WRONG_CREDENTIALS refreshToken"]);
    assert_eq!(kinds(&laptop).await[0], "SESSION_REPLAYED");
    assert!(is_in(&laptop).await, "exactly that session ends");
}
