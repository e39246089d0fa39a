//! Cost and budgets: what a document costs, who may still spend, and that the numbers can be relied on.

mod transports;

use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use chrono::TimeDelta;
use futures_util::future::join_all;
use harness::{Answer, Person, Start, World};
use serde_json::{Value, json};

/// 1 for the connection and 1 for each user that is asked for.
const USERS: &str = "query($n: Int) { users(first: $n) { nodes { id } } }";

async fn world(budget: u32, restore: u32) -> World {
    World::with(Start::Empty, |config| {
        config.budgets.cost_budget = budget;
        config.budgets.cost_restore = restore;
        config.budgets.anonymous_cost_budget = budget;
        config.budgets.anonymous_cost_restore = restore;
        // Time moves a lot here.
        config.auth.access_token_lifetime = 86_400;
    })
    .await
}

fn cost(answer: &Answer) -> (u64, u64, u64) {
    let cost = &answer.body["extensions"]["cost"];
    let number = |name: &str| cost[name].as_u64().unwrap_or_else(|| panic!("no {name} in {:#}", answer.body));
    (number("requested"), number("actual"), number("remaining"))
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
}

#[track_caller]
fn wait_of(answer: &Answer) -> i64 {
    assert_eq!(answer.status, 429, "{:#}", answer.body);
    assert_eq!(answer.code(), "COST_EXCEEDED");
    assert_eq!(answer.body.get("data"), None);
    let seconds: i64 = header(answer, "retry-after").parse().unwrap();
    assert_eq!(answer.body["errors"][0]["extensions"]["retryAfter"], seconds);
    seconds
}

async fn send_from(world: &World, address: &str, query: &str) -> Answer {
    let mut request = Request::post("/graphql").body(Body::from(json!({ "query": query }).to_string())).unwrap();
    let address: IpAddr = address.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((address, 4711))));
    world.anonymous().send(request).await
}

async fn dry_run(person: &Person<'_>, query: &str) -> Answer {
    let body = json!({ "query": query, "extensions": { "dryRun": true } });
    person.send(Request::post("/graphql").body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_response_tells_the_cost() {
    let world = world(1_000, 10).await;
    let ines = world.member("ines").await;
    let answer = ines.run(USERS, json!({ "n": 50 })).await;
    let told = json!({ "requested": 51, "actual": 2, "remaining": 998, "restoreRate": 10, "capacity": 1000 });
    assert_eq!(answer.body["extensions"]["cost"], told);
    assert_eq!(header(&answer, "ratelimit-policy"), "\"user\";q=1000;w=100");
    assert_eq!(header(&answer, "ratelimit"), "\"user\";r=998;t=1");
    // Also when the answer is an error of a field, and for mutations.
    let answer = ines.run("{ roles { totalCount } }", json!({})).await;
    assert_eq!((answer.code(), cost(&answer)), ("FORBIDDEN", (2, 1, 997)));
    let create = "mutation { createConversation(input: { title: \"x\" }) { conversation { id } userErrors { code } } }";
    assert_eq!(cost(&ines.run(create, json!({})).await), (12, 11, 986));
    // What has no price has no cost.
    let answer = ines.run("{ nonsense }", json!({})).await;
    assert_eq!((answer.code(), answer.body.get("extensions")), ("VALIDATION_FAILED", None));
    // Time brings it back, and not more than there was.
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(cost(&ines.run("{ __typename }", json!({})).await), (0, 0, 996));
    world.clock.advance(TimeDelta::hours(1));
    assert_eq!(cost(&ines.run("{ __typename }", json!({})).await), (0, 0, 1_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_beyond_the_limit_never_runs() {
    let world = World::with(Start::Empty, |config| config.budgets.cost_limit = 100).await;
    let ines = world.member("ines").await;
    let answer = ines.run(USERS, json!({ "n": 100 })).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (429, "COST_EXCEEDED"));
    assert_eq!(cost(&answer), (101, 0, 200_000));
    assert_eq!(answer.headers.get("retry-after"), None, "no waiting helps");
    ines.run(USERS, json!({ "n": 99 })).await.data();
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_as_long_as_told_is_enough() {
    let world = world(300, 7).await;
    let ines = world.member("ines").await;
    // Nothing comes, so nearly nothing is used: only documents that get all they ask for empty a budget.
    let many = "{ a: nodes(ids: [\"x\"]) { id } }";
    for _ in 0..300 {
        ines.run(many, json!({})).await;
    }
    let answer = ines.run(many, json!({})).await;
    assert_eq!(cost(&answer), (1, 0, 0));
    for n in [0, 1, 5, 100, 250] {
        let refused = ines.run(USERS, json!({ "n": n.max(1) })).await;
        let wait = wait_of(&refused);
        world.clock.advance(TimeDelta::milliseconds(wait * 1_000 - 1));
        let answer = ines.run(USERS, json!({ "n": n.max(1) })).await;
        if answer.status == 429 {
            assert_eq!(wait_of(&answer), 1);
            world.clock.advance(TimeDelta::milliseconds(1));
            ines.run(USERS, json!({ "n": n.max(1) })).await.data();
        }
        // Empty it again.
        while ines.run(many, json!({})).await.status == 200 {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn budgets_are_each_ones_own() {
    let world = world(40, 1).await;
    let (ines, kofi) = (world.member("ines").await, world.member("kofi").await);
    let drain = "{ a: viewer { id } b: viewer { id } c: viewer { id } d: viewer { id } }";
    for _ in 0..10 {
        ines.run(drain, json!({})).await.data();
    }
    wait_of(&ines.run(drain, json!({})).await);
    kofi.run(drain, json!({})).await.data();
    // Strangers pay by address, and a network of the sixth version is one.
    let drain = "{ __schema { queryType { name } types { name } directives { name } mutationType { name } } }";
    for address in ["192.0.2.1", "2001:db8:1:2::1"] {
        while send_from(&world, address, drain).await.status == 200 {}
        assert_eq!(send_from(&world, address, drain).await.code(), "COST_EXCEEDED", "{address}");
    }
    assert_eq!(send_from(&world, "2001:db8:1:2:ffff::1", drain).await.code(), "COST_EXCEEDED");
    for other in ["192.0.2.2", "2001:db8:1:3::1"] {
        assert_eq!(send_from(&world, other, drain).await.status, 200, "{other}");
    }
    assert_eq!(world.anonymous().run(drain, json!({})).await.status, 200, "nobody knows from where");
    kofi.run("{ viewer { id } }", json!({})).await.data();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_prices_and_does_nothing() {
    let world = world(1_000, 1).await;
    let ines = world.member("ines").await;
    let before = (world.fingerprint().await, world.number("select count(*) from budgets").await);
    let create = "mutation { createConversation(input: { title: \"x\" }) { conversation { id } } }";
    let answer = dry_run(&ines, create).await;
    assert_eq!((answer.status.as_u16(), answer.body["data"].clone()), (200, json!({})));
    assert_eq!(cost(&answer), (11, 0, 1_000));
    assert_eq!(header(&answer, "ratelimit"), "\"user\";r=1000;t=0");
    let huge = "{ users(first: 100) { nodes { conversations(first: 100) { nodes { owner { id } } } } } }";
    assert_eq!(cost(&dry_run(&ines, huge).await), (20_201, 0, 1_000), "dearer than anybody may pay, and no error");
    assert_eq!(before, (world.fingerprint().await, world.number("select count(*) from budgets").await));
    assert_eq!(world.leases(), 0);
    for wrong in ["{\"dryRun\":1}", "{\"dryRun\":\"true\"}"] {
        let body = format!("{{\"query\":\"{{__typename}}\",\"extensions\":{wrong}}}");
        let answer = ines.send(Request::post("/graphql").body(Body::from(body)).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, "BAD_REQUEST"));
    }
    // What it says is what is then paid, by the process that knows and by one that has to look.
    let paid = ines.run(create, json!({})).await;
    assert_eq!(cost(&paid).0, 11);
    let twin = world.another_process().await;
    assert_eq!(cost(&dry_run(&ines, create).await).2, cost(&paid).2);
    assert!(cost(&dry_run(&ines.at(&twin), create).await).2 <= cost(&paid).2);
    assert_eq!(twin.leases(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hot_path_makes_no_statement_of_its_own() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let mut spent = 0;
    for _ in 0..500 {
        let answer = ines.run("{ viewer { id } a: viewer { id } }", json!({})).await;
        assert_eq!(answer.statements, 2, "the actor and the viewer");
        spent += cost(&answer).1;
    }
    assert_eq!((spent, world.leases()), (1_000, 1), "a block is a twentieth of 20,000");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_a_budget() {
    let world = world(1_000, 10).await;
    let twin = world.another_process().await;
    let ines = world.member("ines").await;
    let at_twin = ines.at(&twin);
    let answers = join_all((0..600).map(|n| {
        let person = if n % 2 == 0 { &ines } else { &at_twin };
        person.run("{ a: viewer { id } b: viewer { id } c: viewer { id } }", json!({}))
    }))
    .await;
    let spent: u64 = answers.iter().map(|answer| cost(answer).1).sum();
    assert!(answers.iter().any(|answer| answer.status == 429));
    // The clock stands: the budget, and one block of slack. Blocks are charged when they are leased.
    assert!((1_000 - 2 * 50..=1_000 + 50).contains(&spent), "{spent}");
    // Much later both together still get one budget and what leaked in, within the bound.
    world.clock.advance(TimeDelta::seconds(20));
    let answers = join_all((0..200).map(|n| {
        let person = if n % 2 == 0 { &ines } else { &at_twin };
        person.run("{ a: viewer { id } b: viewer { id } c: viewer { id } }", json!({}))
    }))
    .await;
    let more: u64 = answers.iter().map(|answer| cost(answer).1).sum();
    assert!(spent + more <= 1_000 + 3 * 50 + 20 * 10, "{spent} and {more}");
    assert!(more >= 100, "{more}");
}

/// A sequence that is random enough and the same each time.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[tokio::test(flavor = "multi_thread")]
async fn who_obeys_the_numbers_is_never_refused() {
    for processes in [1, 3] {
        let mut worlds = vec![world(200, 9).await];
        for _ in 1..processes {
            let twin = worlds[0].another_process().await;
            worlds.push(twin);
        }
        let ines = worlds[0].member("ines").await;
        let (mut state, mut left) = (42 + processes, 200);
        for round in 0..400 {
            // Mostly cheap, now and then nearly everything.
            let n = 1 + next(&mut state) % if round % 4 == 0 { 99 } else { 9 };
            let ids: Vec<Value> = (0..n).map(|_| json!(format!("user_{}", "0".repeat(26)))).collect();
            if left < n {
                let seconds = (n - left).div_ceil(9);
                worlds[0].clock.advance(TimeDelta::seconds(i64::try_from(seconds).unwrap()));
            } else if round % 3 == 0 {
                worlds[0].clock.advance(TimeDelta::milliseconds(i64::try_from(next(&mut state) % 700).unwrap()));
            }
            let process = usize::try_from(next(&mut state) % processes).unwrap();
            let person = ines.at(&worlds[process]);
            let answer = person.run("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": ids })).await;
            assert_eq!(answer.status, 200, "{processes} processes, round {round}, {n} of {left}: {:#}", answer.body);
            left = cost(&answer).2;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_leasing_fails_each_process_goes_on_by_itself() {
    let world = world(40, 1).await;
    let ines = world.member("ines").await;
    world.db_run("alter function lease_budget rename to lost").await;
    let drain = "{ a: viewer { id } b: viewer { id } c: viewer { id } d: viewer { id } }";
    for _ in 0..10 {
        ines.run(drain, json!({})).await.data();
    }
    let wait = wait_of(&ines.run(drain, json!({})).await);
    world.clock.advance(TimeDelta::seconds(wait));
    ines.run(drain, json!({})).await.data();
    world.db_run("alter function lost rename to lease_budget").await;
    world.clock.advance(TimeDelta::seconds(5));
    ines.run(drain, json!({})).await.data();
    assert_eq!(world.number("select count(*) from budgets").await, 1);
}
