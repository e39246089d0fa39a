//! Sessions and devices as their owners see and end them.

use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use chrono::TimeDelta;
use harness::{Answer, PATIENCE, Person, Start, World};
use serde_json::{Value, json};
use stoa::domain::security_event;

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const NEWER_FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0";
const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1";
const HOME: &str = "192.0.2.7";
const PASSWORD: &str = "correct horse";

const REGISTER: &str = "mutation($input: RegisterInput!) { register(input: $input) {
    session { id } accessToken refreshToken userErrors { code } } }";
const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) {
    session { id device { id } } accessToken refreshToken userErrors { code path } } }";
const REFRESH: &str = "mutation($input: RefreshSessionInput!) { refreshSession(input: $input) {
    session { id } accessToken refreshToken userErrors { code path } } }";
const SESSIONS: &str =
    "{ viewer { sessions { totalCount nodes { id isCurrent address endedAt lastActiveAt idleExpiresAt
    device { name platform isCurrent } } } } }";
const DEVICES: &str = "{ viewer { devices { totalCount nodes { id name platform isCurrent trustedUntil } } } }";
const EVENTS: &str = "{ viewer { securityEvents { nodes { kind deviceName address session { id } } } } }";
const VIEWER: &str = "{ viewer { username } }";

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

async fn registered<'w>(world: &'w World, username: &str) -> Person<'w> {
    let nobody = world.anonymous().from(HOME, FIREFOX);
    let answer = nobody.run(REGISTER, json!({ "input": { "username": username, "password": PASSWORD } })).await;
    nobody.with_token(text(&answer.field("register")["accessToken"]))
}

fn credentials(username: &str) -> Value {
    json!({ "input": { "identifier": username, "password": PASSWORD } })
}

async fn signed_in<'w>(world: &'w World, username: &str, address: &str, agent: &str) -> (Person<'w>, Value) {
    let nobody = world.anonymous().from(address, agent);
    let answer = nobody.run(SIGN_IN, credentials(username)).await;
    let admission = answer.field("signIn").clone();
    (nobody.with_token(text(&admission["accessToken"])), admission)
}

async fn is_in(person: &Person<'_>) -> bool {
    let answer = person.run(VIEWER, json!({})).await;
    match answer.status.as_u16() {
        200 => true,
        401 => false,
        status => panic!("{status}: {:#}", answer.body),
    }
}

async fn nodes(person: &Person<'_>, query: &str, list: &str) -> Vec<Value> {
    let answer = person.run(query, json!({})).await;
    answer.field("viewer")[list]["nodes"].as_array().unwrap().clone()
}

async fn kinds(person: &Person<'_>) -> Vec<String> {
    nodes(person, EVENTS, "securityEvents").await.iter().map(|event| text(&event["kind"]).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_recognise_their_sessions_and_hear_of_new_devices() {
    let world = World::empty().await;
    let laptop = registered(&world, "ines").await;
    assert_eq!(kinds(&laptop).await, Vec::<String>::new(), "the first device is no news");
    world.clock.advance(TimeDelta::minutes(5));
    let (phone, admission) = signed_in(&world, "ines", "::ffff:198.51.100.9", PHONE).await;
    let sessions = nodes(&phone, SESSIONS, "sessions").await;
    let shown: Vec<_> = sessions
        .iter()
        .map(|session| (session["isCurrent"] == true, text(&session["address"]), text(&session["device"]["name"])))
        .collect();
    assert_eq!(shown, [(true, "198.51.100.9", "Safari on iPhone"), (false, HOME, "Firefox on Linux")]);
    assert_eq!(sessions[0]["device"]["platform"], "MOBILE");
    let events = nodes(&laptop, EVENTS, "securityEvents").await;
    assert_eq!(events.len(), 1);
    assert_eq!(
        (text(&events[0]["kind"]), text(&events[0]["deviceName"])),
        ("NEW_DEVICE", "Safari on iPhone"),
        "the owner hears of it wherever they are"
    );
    assert_eq!(events[0]["session"]["id"], admission["session"]["id"]);

    signed_in(&world, "ines", HOME, NEWER_FIREFOX).await;
    assert_eq!(nodes(&laptop, DEVICES, "devices").await.len(), 2, "a newer version is the same device");
    let count = laptop.run("{ viewer { sessions { totalCount } } }", json!({})).await;
    assert_eq!(count.field("viewer")["sessions"]["totalCount"], 3);
    let other = world.admin("noor").await;
    let theirs = "{ user(by: { username: \"ines\" }) { email sessions { totalCount } devices { totalCount }
        securityEvents { totalCount } } }";
    let seen = other.run(theirs, json!({})).await.field("user").clone();
    assert_eq!(
        (&seen["sessions"], &seen["devices"], &seen["securityEvents"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    for node in [&sessions[0]["id"], &events[0]["session"]["id"]] {
        let found = other.run("query($id: ID!) { node(id: $id) { id } }", json!({ "id": node })).await;
        assert_eq!(found.data()["node"], Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_named_trusted_and_forgotten() {
    let world = World::empty().await;
    let laptop = registered(&world, "ines").await;
    let device = nodes(&laptop, DEVICES, "devices").await[0]["id"].clone();
    let rename = "mutation($input: RenameDeviceInput!) { renameDevice(input: $input) {
        device { name version } userErrors { code path } } }";
    let named = async |name: &str, version: i32| {
        let input = json!({ "deviceId": device, "name": name, "expectedVersion": version });
        laptop.run(rename, json!({ "input": input })).await
    };
    assert_eq!(named("Laptop", 1).await.field("renameDevice")["device"], json!({ "name": "Laptop", "version": 2 }));
    let stale = named("Other", 1).await;
    assert_eq!(stale.refusals("renameDevice"), ["CONFLICT expectedVersion"]);
    assert_eq!(stale.data()["renameDevice"]["device"]["name"], "Laptop");
    assert_eq!(named("", 2).await.refusals("renameDevice"), ["INVALID name"]);

    let trust = "mutation($input: TrustDeviceInput!) { trustDevice(input: $input) {
        device { id trustedUntil } deviceToken userErrors { code } } }";
    let trusted =
        laptop.run(trust, json!({ "input": { "idempotencyKey": "once" } })).await.field("trustDevice").clone();
    let again = laptop.run(trust, json!({ "input": { "idempotencyKey": "once" } })).await.field("trustDevice").clone();
    assert_eq!(trusted, again);
    assert_eq!(trusted["device"]["trustedUntil"], "2026-07-01T12:00:00.000Z");
    let nobody = world.anonymous().from(HOME, PHONE);
    let comes_as = async |token: &Value| {
        let input = json!({ "identifier": "ines", "password": PASSWORD, "deviceToken": token });
        let answer = nobody.run(SIGN_IN, json!({ "input": input })).await;
        answer.field("signIn")["session"]["device"]["id"].clone()
    };
    let stranger = comes_as(&json!("stoa_dt_AAAA")).await;
    assert_ne!(stranger, device);
    assert_eq!(comes_as(&trusted["deviceToken"]).await, device, "whatever it looks like");
    let (_, unproved) = signed_in(&world, "ines", HOME, FIREFOX).await;
    assert_ne!(unproved["session"]["device"]["id"], device, "without its token a trusted device is another one");
    let mary = registered(&world, "mary").await;
    let input = json!({ "identifier": "mary", "password": PASSWORD, "deviceToken": trusted["deviceToken"] });
    let answer = nobody.run(SIGN_IN, json!({ "input": input })).await;
    assert_ne!(answer.field("signIn")["session"]["device"]["id"], device, "and it is nobody else's");

    let untrust = "mutation($id: ID!) { untrustDevice(input: { deviceId: $id }) {
        device { trustedUntil } userErrors { code path } } }";
    assert_eq!(mary.run(untrust, json!({ "id": device })).await.refusals("untrustDevice"), ["NOT_FOUND deviceId"]);
    laptop.run(untrust, json!({ "id": device })).await.field("untrustDevice");
    assert_ne!(comes_as(&trusted["deviceToken"]).await, device);

    let forget = "mutation($id: ID!) { forgetDevice(input: { deviceId: $id }) {
        deletedDeviceId endedSessions userErrors { code path } } }";
    assert_eq!(laptop.run(forget, json!({ "id": device })).await.field("forgetDevice")["endedSessions"], 2);
    assert!(!is_in(&laptop).await, "it was the device in use");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trust_ends_by_itself() {
    let world = World::empty().await;
    let laptop = registered(&world, "ines").await;
    let trust = "mutation { trustDevice(input: {}) { device { id } deviceToken userErrors { code } } }";
    let trusted = laptop.run(trust, json!({})).await.field("trustDevice").clone();
    world.clock.advance(TimeDelta::days(30));
    let nobody = world.anonymous().from(HOME, FIREFOX);
    let input = json!({ "identifier": "ines", "password": PASSWORD, "deviceToken": trusted["deviceToken"] });
    let answer = nobody.run(SIGN_IN, json!({ "input": input })).await;
    assert_ne!(answer.field("signIn")["session"]["device"]["id"], trusted["device"]["id"]);
}

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

/// A request of a page, with a cookie if there is one.
async fn page(world: &World, origin: &str, cookie: Option<&str>, query: &str, variables: Value) -> Answer {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let mut request = Request::post("/graphql").header(header::HOST, "stoa.test").header(header::ORIGIN, origin);
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, format!("theme=dark; {cookie}"));
    }
    world.anonymous().send(request.body(Body::from(body)).unwrap()).await
}

fn cookie(headers: &HeaderMap) -> (String, String) {
    let set = headers.get(header::SET_COOKIE).unwrap_or_else(|| panic!("no cookie")).to_str().unwrap();
    let (pair, manner) = set.split_once("; ").unwrap();
    (pair.to_owned(), manner.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_keep_the_refresh_token_where_no_script_reads_it() {
    let world = World::empty().await;
    registered(&world, "ines").await;
    let here = "https://stoa.test";
    let mut input = credentials("ines");
    input["input"]["refreshTokenIn"] = json!("COOKIE");
    let signed_in = page(&world, here, None, SIGN_IN, input.clone()).await;
    assert_eq!(signed_in.field("signIn")["refreshToken"], Value::Null);
    let (first, manner) = cookie(&signed_in.headers);
    assert!(first.starts_with("__Host-stoa_refresh=stoa_rt_"), "{first}");
    assert_eq!(manner, "Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=2592000");

    let refreshed = page(&world, here, Some(&first), REFRESH, json!({ "input": {} })).await;
    let next = refreshed.field("refreshSession");
    assert_eq!(next["refreshToken"], Value::Null);
    let (second, _) = cookie(&refreshed.headers);
    assert_ne!(first, second);

    for (origin, sent) in [("https://evil.test", Some(second.as_str())), ("null", Some(&second)), (here, None)] {
        let answer = page(&world, origin, sent, REFRESH, json!({ "input": {} })).await;
        assert_eq!(answer.refusals("refreshSession"), ["WRONG_CREDENTIALS refreshToken"], "{origin}: as without one");
        assert_eq!(answer.headers.get(header::SET_COOKIE), None);
    }
    let foreign = page(&world, "https://evil.test", None, SIGN_IN, input).await;
    assert_eq!(foreign.refusals("signIn"), ["INVALID refreshTokenIn"]);
    assert_eq!(foreign.headers.get(header::SET_COOKIE), None);

    let body = json!({ "query": "mutation { signOut(input: {}) { endedSessions userErrors { code } } }" }).to_string();
    let out = world.anonymous().with_token(text(&next["accessToken"]));
    let request = Request::post("/graphql").header(header::HOST, "stoa.test").header(header::ORIGIN, here);
    let out = out.send(request.header(header::COOKIE, &second).body(Body::from(body)).unwrap()).await;
    out.field("signOut");
    assert_eq!(cookie(&out.headers).0, "__Host-stoa_refresh=", "the browser drops it");
    let late = page(&world, here, Some(&second), REFRESH, json!({ "input": {} })).await;
    assert_eq!(late.refusals("refreshSession"), ["WRONG_CREDENTIALS refreshToken"]);
    assert_eq!(cookie(&late.headers).0, "__Host-stoa_refresh=", "and one that is worth nothing, too");
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

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_forgotten_after_a_year() {
    let world = World::empty().await;
    let laptop = registered(&world, "ines").await;
    signed_in(&world, "ines", HOME, PHONE).await;
    assert_eq!(kinds(&laptop).await, ["NEW_DEVICE"]);
    let at = world.clock.now();
    assert_eq!(security_event::rows::forget_old(&world.db, at).await.unwrap(), 0);
    assert_eq!(security_event::rows::forget_old(&world.db, at + TimeDelta::milliseconds(1)).await.unwrap(), 1);
    assert_eq!(kinds(&laptop).await, Vec::<String>::new());
}
