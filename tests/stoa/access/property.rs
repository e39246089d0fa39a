//! Every way to read, held against the model. The seed is fixed; `STOA_ACCESS_SEED` chooses another and
//! `STOA_ACCESS_ROUNDS` how many rounds of changes there are.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::ConversationId;
use harness::{Start, World};
use serde_json::{Value, json};
use stoa::events::Cursor;
use stoa::graphql::id::WireId;

use super::model::{Subject, Thing};
use super::scene::{Scene, TALKS, USERS, WORKSPACES};

const LEVELS: [&str; 6] = ["", "READ", "COMMENT", "WRITE", "MANAGE", "OWNER"];

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What is changed behind the service's back is not announced, so nobody is remembered here.
pub async fn world() -> World {
    World::with(Start::Empty, |config| config.auth.credential_cache = 0).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_read_agrees_with_the_rules() {
    let (seed, rounds) = (number("STOA_ACCESS_SEED", 11), number("STOA_ACCESS_ROUNDS", 24));
    let world = world().await;
    let mut scene = Scene::begin(&world, seed).await;
    let mut told = [0; 6];
    for round in 0..rounds {
        for _ in 0..6 {
            scene.change().await;
        }
        for talk in 0..TALKS {
            audience(&scene, talk, &format!("seed {seed}, round {round}, talk {talk}")).await;
        }
        for user in 0..USERS {
            let what = format!("seed {seed}, round {round}, user {user}");
            things_by_id(&scene, user, &what, &mut told).await;
            lists(&scene, user, &what).await;
            shares(&scene, user, &what).await;
            people(&scene, user, &what).await;
        }
    }
    // A test in which everybody sees everything, or nobody anything, would show little.
    assert!(told.iter().all(|count| *count > 5), "{told:?}");
}

/// `node`, root fields and what hangs under them.
async fn things_by_id(scene: &Scene<'_>, user: usize, what: &str, told: &mut [u32; 6]) {
    let document = "query($talks: [ID!]!, $messages: [ID!]!, $workspaces: [ID!]!) {
        talks: nodes(ids: $talks) { ... on Conversation { viewerAccess messages { totalCount nodes { id } } } }
        messages: nodes(ids: $messages) { ... on Message { conversation { id } } }
        workspaces: nodes(ids: $workspaces) { ... on Workspace { viewerAccess conversations { totalCount nodes { id } } } } }";
    let variables = json!({ "talks": scene.talks, "messages": scene.messages, "workspaces": scene.workspaces });
    let answer = scene.people[user].run(document, variables).await;
    for talk in 0..TALKS {
        let level = scene.model.level(user, talk);
        told[usize::from(level)] += 1;
        let seen = &answer.data()["talks"][talk];
        assert_eq!(seen["viewerAccess"].as_str().unwrap_or(""), LEVELS[usize::from(level)], "{what}, talk {talk}");
        assert_eq!(seen["messages"]["totalCount"] == json!(1), level > 0, "{what}, messages of talk {talk}");
        let message = &answer.data()["messages"][talk];
        assert_eq!(message.is_null(), level == 0, "{what}, message of talk {talk}");
        let one = "query($id: ID!, $message: ID!) { conversation(id: $id) { id } message(id: $message) { id } }";
        let ids = json!({ "id": scene.talks[talk], "message": scene.messages[talk] });
        let one = scene.people[user].run(one, ids).await;
        heard(scene, user, talk, level, what).await;
        match scene.model.readers[user] {
            true => {
                assert_eq!(one.data()["conversation"].is_null(), level == 0, "{what}, conversation {talk}");
                assert_eq!(one.data()["message"].is_null(), level == 0, "{what}, message {talk}");
            }
            false => assert_eq!(one.codes(), ["FORBIDDEN", "FORBIDDEN"], "{what}"),
        }
    }
    for workspace in 0..WORKSPACES {
        let level = match scene.model.readers[user] {
            true => scene.model.in_workspace(user, workspace),
            false => 0,
        };
        let seen = &answer.data()["workspaces"][workspace];
        assert_eq!(seen.is_null(), level == 0 && !scene.owns_deleted(user, workspace), "{what}, workspace {workspace}");
        if level > 0 {
            assert_eq!(seen["viewerAccess"], LEVELS[usize::from(level)], "{what}, workspace {workspace}");
            let held = |talk: &usize| {
                let talk = &scene.model.talks[*talk];
                talk.workspace == Some(workspace) && !talk.in_trash
            };
            let held: BTreeSet<&str> = (0..TALKS).filter(held).map(|talk| scene.talks[talk].as_str()).collect();
            assert_eq!(ids(&seen["conversations"]["nodes"]), held, "{what}, held by workspace {workspace}");
            assert_eq!(seen["conversations"]["totalCount"], held.len(), "{what}");
        }
    }
}

/// The first event of the conversation, for those who may know of it.
async fn heard(scene: &Scene<'_>, user: usize, talk: usize, level: u8, what: &str) {
    let id = &scene.talks[talk];
    let beginning = Cursor::beginning(ConversationId::decode(id).unwrap()).encode();
    let document = "subscription($id: ID!, $after: String) { conversationEvents(conversationId: $id, after: $after) {
        message { id } } }";
    let first = scene.people[user].follow(document, json!({ "id": id, "after": beginning })).await.result().await;
    let code = first["errors"][0]["extensions"]["code"].as_str();
    let expected = match (scene.model.readers[user], level) {
        (false, _) => Some("FORBIDDEN"),
        (true, 0) => Some("NOT_FOUND"),
        (true, _) => None,
    };
    assert_eq!(code, expected, "{what}, listening to talk {talk}: {first}");
    if expected.is_none() {
        assert_eq!(first["data"]["conversationEvents"]["message"]["id"], scene.messages[talk], "{what}");
    }
}

/// Whom the conversation reaches, as its owner is told.
async fn audience(scene: &Scene<'_>, talk: usize, what: &str) {
    let owner = scene.model.talks[talk].owner;
    let document = "query($id: ID!) { audience(thingId: $id) { peopleCount gainingCount losingCount isOpenToEveryone
        isOpenToEveryoneNow people(first: 100) { totalCount nodes { level levelNow user { id }
            reasons { level isOwner } } } } }";
    let answer = scene.people[owner].run(document, json!({ "id": scene.talks[talk] })).await;
    if scene.model.talks[talk].in_trash {
        assert_eq!(answer.code(), "INVALID", "{what}");
        return;
    }
    let told = answer.field("audience").clone();
    let reached: BTreeMap<&str, &str> = (0..USERS)
        .map(|user| (scene.people[user].id.as_str(), LEVELS[usize::from(scene.model.reached(user, talk))]))
        .filter(|(_, level)| !level.is_empty())
        .collect();
    let seen: BTreeMap<&str, &str> = told["people"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (node["user"]["id"].as_str().unwrap(), node["level"].as_str().unwrap()))
        .collect();
    // Some are reached whom the owner does not know: those are counted, and not shown.
    let known = |(id, _): &(&&str, &&str)| {
        let user = (0..USERS).find(|user| scene.people[*user].id == **id).unwrap();
        scene.model.knows(owner, user)
    };
    let shown: BTreeMap<&str, &str> = reached.iter().filter(known).map(|(id, level)| (*id, *level)).collect();
    assert_eq!(seen, shown, "{what}, whom it reaches");
    assert_eq!(
        (&told["peopleCount"], &told["people"]["totalCount"]),
        (&json!(reached.len()), &json!(shown.len())),
        "{what}"
    );
    assert_eq!((&told["gainingCount"], &told["losingCount"]), (&json!(0), &json!(0)), "{what}");
    let open = (Thing::Talk(talk), Subject::Everyone);
    let is_open = scene.model.grants.get(&open).is_some_and(|grant| !grant.is_over);
    assert_eq!((&told["isOpenToEveryone"], &told["isOpenToEveryoneNow"]), (&json!(is_open), &json!(is_open)), "{what}");
    for node in told["people"]["nodes"].as_array().unwrap() {
        assert_eq!(node["level"], node["levelNow"], "{what}");
        assert_eq!(node["reasons"][0]["level"], node["level"], "{what}, the farthest reason");
    }
}

fn ids(nodes: &Value) -> BTreeSet<&str> {
    nodes.as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect()
}

/// The list of conversations, page by page: full pages, nothing twice, as many as it counts; and those of each owner.
async fn lists(scene: &Scene<'_>, user: usize, what: &str) {
    let person = &scene.people[user];
    if !scene.model.readers[user] {
        assert_eq!(person.run("{ conversations { totalCount } }", json!({})).await.code(), "FORBIDDEN", "{what}");
        return;
    }
    let listed = |talk: &usize| scene.model.own_level(user, *talk) > 0 && !scene.model.talks[*talk].in_trash;
    let expected: BTreeSet<&str> = (0..TALKS).filter(listed).map(|talk| scene.talks[talk].as_str()).collect();
    let document = "query($after: String) { conversations(first: 2, after: $after) {
        totalCount nodes { id } pageInfo { hasNextPage endCursor } } }";
    let (mut after, mut seen) = (Value::Null, Vec::new());
    loop {
        let answer = person.run(document, json!({ "after": after })).await;
        let page = answer.field("conversations").clone();
        assert_eq!(page["totalCount"], expected.len(), "{what}, count of conversations");
        let nodes = page["nodes"].as_array().unwrap().clone();
        seen.extend(nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()));
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        assert_eq!(nodes.len(), 2, "{what}, a short page");
        after = page["pageInfo"]["endCursor"].clone();
    }
    let all: BTreeSet<&str> = seen.iter().map(String::as_str).collect();
    assert_eq!((all.len(), &all), (seen.len(), &expected), "{what}, conversations");
    let document = "query($id: ID!) { conversations(filter: { ownerId: $id }) { nodes { id } } }";
    for owner in 0..USERS {
        let answer = person.run(document, json!({ "id": scene.people[owner].id })).await;
        let owned: BTreeSet<&str> = (0..TALKS)
            .filter(|talk| listed(talk) && scene.model.talks[*talk].owner == owner)
            .map(|talk| scene.talks[talk].as_str())
            .collect();
        assert_eq!(ids(&answer.field("conversations")["nodes"]), owned, "{what}, those of {owner}");
    }
}

/// What was shared with the person.
async fn shares(scene: &Scene<'_>, user: usize, what: &str) {
    if !scene.model.readers[user] {
        return;
    }
    let document = "{ sharedWithMe(first: 100) { totalCount nodes { audience thing {
        ... on Conversation { id } ... on Workspace { id } } } } }";
    let answer = scene.people[user].run(document, json!({})).await;
    let mut seen: Vec<(String, String)> = answer.field("sharedWithMe")["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|share| (share["thing"]["id"].as_str().unwrap_or("hidden").to_owned(), share["audience"].to_string()))
        .collect();
    let mut expected: Vec<(String, String)> = (scene.model.grants.keys())
        .filter(|(thing, subject)| scene.model.is_with(user, *thing, *subject))
        .map(|(thing, subject)| {
            let id = match thing {
                Thing::Talk(talk) => &scene.talks[*talk],
                Thing::Workspace(workspace) => &scene.workspaces[*workspace],
            };
            let audience = match subject {
                Subject::User(_) => "\"USER\"",
                Subject::Team(_) => "\"TEAM\"",
                Subject::Workspace(_) => "\"WORKSPACE\"",
                Subject::Everyone => "\"EVERYONE\"",
            };
            (id.clone(), audience.to_owned())
        })
        .collect();
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected, "{what}, shared with me");
    assert_eq!(answer.field("sharedWithMe")["totalCount"], expected.len(), "{what}");
}

/// Whom the person knows, by the list and by id.
async fn people(scene: &Scene<'_>, user: usize, what: &str) {
    let known: BTreeSet<&str> = (0..USERS)
        .filter(|other| scene.model.knows(user, *other))
        .map(|other| scene.people[other].id.as_str())
        .collect();
    let answer = scene.people[user].run("{ users(first: 100) { totalCount nodes { id } } }", json!({})).await;
    assert_eq!(ids(&answer.field("users")["nodes"]), known, "{what}, people");
    assert_eq!(answer.field("users")["totalCount"], known.len(), "{what}");
    let found = "{ users(first: 100, filter: { search: \"user\" }) { totalCount nodes { id } } }";
    let found = scene.people[user].run(found, json!({})).await;
    assert_eq!(ids(&found.field("users")["nodes"]), known, "{what}, people who are searched for");
}
