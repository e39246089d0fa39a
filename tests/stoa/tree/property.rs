//! A tree under random steps of several people, one after the other against a model, and at the same time against the
//! invariants. `STOA_TEST_LONG` makes it a hundred thousand steps; `STOA_TREE_SEED` chooses others.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use harness::{Dice, Person, World};
use serde_json::{Value, json};

use super::{invariants, shared_with};
use crate::matrix::scene::{done, mutation, text};

const PEOPLE: [&str; 3] = ["ines", "tove", "milo"];

#[derive(Clone, Debug, PartialEq)]
struct Node {
    parent: Option<String>,
    content: String,
    is_empty: bool,
    author: usize,
    position: i64,
}

/// What there should be, by other means: everything is looked for anew each time.
#[derive(Default)]
struct Model {
    nodes: BTreeMap<String, Node>,
    /// What each reads; the owner is the first, and whoever has chosen nothing reads what the owner reads.
    leaves: [Option<String>; 3],
}

impl Model {
    fn children<'m>(&'m self, parent: Option<&'m String>) -> Vec<&'m String> {
        let mut found: Vec<_> = self.nodes.iter().filter(|(_, node)| node.parent.as_ref() == parent).collect();
        found.sort_by_key(|(_, node)| node.position);
        found.into_iter().map(|(id, _)| id).collect()
    }

    fn way(&self, leaf: &str) -> Vec<String> {
        let mut way = vec![leaf.to_owned()];
        while let Some(parent) = self.nodes[way.last().unwrap()].parent.clone() {
            way.push(parent);
        }
        way.reverse();
        way
    }

    fn reads(&self, user: usize) -> Option<&String> {
        self.leaves[user].as_ref().or(self.leaves[0].as_ref())
    }

    fn newest_leaf(&self, from: &str) -> String {
        let newest = self.nodes.iter().max_by_key(|(_, node)| node.position).map(|(id, _)| id).unwrap();
        if self.way(newest).iter().any(|id| id == from) {
            return newest.clone();
        }
        let mut here = from.to_owned();
        while let Some(next) = self.children(Some(&here)).last() {
            here = (*next).clone();
        }
        here
    }

    fn add(&mut self, id: String, node: Node) {
        let (author, parent) = (node.author, node.parent.clone());
        let continues = parent.is_some() && self.leaves[0] == parent;
        self.nodes.insert(id.clone(), node);
        for leaf in &mut self.leaves[1..] {
            if parent.is_some() && *leaf == parent {
                *leaf = Some(id.clone());
            }
        }
        if author == 0 || continues || self.leaves[0].is_none() {
            self.leaves[0] = Some(id.clone());
        }
        if author > 0 {
            self.leaves[author] = (self.leaves[0].as_ref() != Some(&id)).then_some(id);
        }
    }

    fn below(&self, id: &str) -> Vec<String> {
        let (mut found, mut at) = (vec![id.to_owned()], 0);
        while at < found.len() {
            let more: Vec<String> = self.children(Some(&found[at])).into_iter().cloned().collect();
            found.extend(more);
            at += 1;
        }
        found
    }

    fn remove(&mut self, id: &str, keeps: bool) {
        if keeps && self.below(id).len() > 1 {
            let node = self.nodes.get_mut(id).unwrap();
            (node.content, node.is_empty) = (String::new(), true);
            return;
        }
        let mut top = id.to_owned();
        while let Some(parent) = self.nodes[&top].parent.clone() {
            if !self.nodes[&parent].is_empty || self.children(Some(&parent)).len() > 1 {
                break;
            }
            top = parent;
        }
        let heir = self.nodes[&top].parent.clone();
        for gone in self.below(&top) {
            self.nodes.remove(&gone);
        }
        let newest = self.nodes.iter().max_by_key(|(_, node)| node.position).map(|(id, _)| id.clone());
        let heir = heir.or(newest).map(|heir| self.newest_leaf(&heir));
        for leaf in &mut self.leaves {
            if leaf.as_ref().is_some_and(|leaf| !self.nodes.contains_key(leaf)) {
                *leaf = heir.clone();
            }
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn steps(few: usize, many: usize) -> usize {
    if std::env::var_os("STOA_TEST_LONG").is_some() { many } else { few }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_is_what_its_steps_make_it() {
    let world = World::empty().await;
    let seed = number("STOA_TREE_SEED", 7);
    let mut dice = Dice::new(seed);
    let mut people = Vec::new();
    for name in PEOPLE {
        people.push(world.member(name).await);
    }
    let (mut talk, mut model) = (String::new(), Model::default());
    for step in 0..steps(2_000, 100_000) {
        // A conversation that never ends would make the model slow, not the service.
        if step % 250 == 0 {
            talk = shared_with(&people[0], &[(&people[1], "WRITE"), (&people[2], "WRITE")]).await;
            model = Model::default();
        }
        let user = dice.below(3);
        let when = format!("seed {seed}, step {step}, {}", PEOPLE[user]);
        one_step(&people[user], user, &talk, &mut model, &mut dice, step).await;
        if step % 25 == 24 {
            compare(&people, &talk, &model, &mut dice, &when).await;
        }
        if step % 250 == 249 {
            invariants::hold(&world, &when).await;
        }
    }
}

async fn one_step(person: &Person<'_>, user: usize, talk: &str, model: &mut Model, dice: &mut Dice, step: usize) {
    let ids: Vec<String> = model.nodes.keys().cloned().collect();
    let any = (!ids.is_empty()).then(|| ids[dice.below(ids.len())].clone());
    let content = format!("step {step}");
    let selection = "message { id position }";
    match (dice.below(12), any) {
        (0..=3, _) | (_, None) => {
            let parent = model.reads(user).cloned();
            let input = json!({ "conversationId": talk, "content": content });
            let made = done(person, "appendMessage", selection, input).await["message"].clone();
            model.add(text(&made["id"]), node(parent, content, user, &made));
        }
        (4..=5, Some(parent)) => {
            let parent = (dice.below(8) > 0).then_some(parent);
            let input = json!({ "conversationId": talk, "content": content, "parentId": parent });
            let made = done(person, "appendMessage", selection, input).await["message"].clone();
            model.add(text(&made["id"]), node(parent, content, user, &made));
        }
        (6..=7, Some(beside)) => {
            let input = json!({ "messageId": beside, "content": content });
            let made = done(person, "branchMessage", selection, input).await["message"].clone();
            let parent = model.nodes[&beside].parent.clone();
            model.add(text(&made["id"]), node(parent, content, user, &made));
        }
        (8, Some(id)) => {
            let input = json!({ "messageId": id, "content": content });
            let answer = person.run(&mutation("editMessage", "message { id }"), json!({ "input": input })).await;
            let node = model.nodes.get_mut(&id).unwrap();
            match node.is_empty {
                true => assert_eq!(answer.refusals("editMessage"), ["CONFLICT messageId"]),
                false => node.content = content,
            }
        }
        (9..=10, Some(id)) => {
            done(person, "selectBranch", "conversation { id }", json!({ "messageId": id })).await;
            let leaf = model.newest_leaf(&id);
            if model.reads(user) != Some(&leaf) {
                model.leaves[user] = Some(leaf);
            }
        }
        (_, Some(id)) => {
            let keeps = dice.below(2) == 0;
            // Whole trees go seldom.
            if !keeps && model.below(&id).len() > 12 {
                return;
            }
            let fate = if keeps { "KEEP" } else { "DELETE" };
            let document = mutation("deleteMessage", "deletedCount");
            let answer = person.run(&document, json!({ "input": { "messageId": id, "answers": fate } })).await;
            match keeps && model.nodes[&id].is_empty {
                true => assert_eq!(answer.refusals("deleteMessage"), ["CONFLICT messageId"]),
                false => {
                    let before = model.nodes.len();
                    model.remove(&id, keeps);
                    let gone = before - model.nodes.len();
                    assert_eq!(answer.field("deleteMessage")["deletedCount"], json!(gone));
                }
            }
        }
    }
}

fn node(parent: Option<String>, content: String, author: usize, made: &Value) -> Node {
    Node { parent, content, is_empty: false, author, position: made["position"].as_i64().unwrap() }
}

async fn compare(people: &[Person<'_>], talk: &str, model: &Model, dice: &mut Dice, when: &str) {
    let first = 1 + dice.below(7);
    let (mut after, mut seen) = (Value::Null, BTreeMap::new());
    loop {
        let document = "query($id: ID!, $after: String) { conversation(id: $id) { messageCount
            messages(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes {
                id position content deletedAt parent { id } author { username } depth siblingPosition siblingCount } } } }";
        let answer = people[1].run(document, json!({ "id": talk, "after": after })).await;
        let page = answer.field("conversation").clone();
        assert_eq!(page["messageCount"], json!(model.nodes.len()), "{when}");
        for row in page["messages"]["nodes"].as_array().unwrap() {
            let id = text(&row["id"]);
            let siblings = model.children(row["parent"]["id"].as_str().map(str::to_owned).as_ref()).len();
            assert_eq!(row["siblingCount"], json!(siblings), "{when}");
            assert_eq!(row["depth"], json!(model.way(&id).len() - 1), "{when}");
            let author = PEOPLE.iter().position(|name| row["author"]["username"] == *name).unwrap();
            let parent = row["parent"]["id"].as_str().map(str::to_owned);
            let siblings = model.children(parent.as_ref());
            let place = siblings.iter().position(|sibling| **sibling == id).map(|at| at + 1);
            assert_eq!(row["siblingPosition"], json!(place), "{when}");
            let content = text(&row["content"]);
            let is_empty = row["deletedAt"].is_string();
            seen.insert(id, Node { is_empty, content, ..node(parent, String::new(), author, row) });
        }
        if page["messages"]["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["messages"]["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(seen, model.nodes, "{when}");
    for (user, person) in people.iter().enumerate() {
        let expected = model.reads(user).map_or(Vec::new(), |leaf| model.way(leaf));
        assert_eq!(walk(person, talk, first, true).await, expected, "{when}: what {} reads", PEOPLE[user]);
        assert_eq!(walk(person, talk, first, false).await, expected, "{when}: what {} reads, backwards", PEOPLE[user]);
    }
}

/// The active path, page by page.
async fn walk(person: &Person<'_>, talk: &str, size: usize, forwards: bool) -> Vec<String> {
    let (arguments, more, end) = match forwards {
        true => ("first: $size, after: $cursor", "hasNextPage", "endCursor"),
        false => ("last: $size, before: $cursor", "hasPreviousPage", "startCursor"),
    };
    let document = format!(
        "query($id: ID!, $size: Int!, $cursor: String) {{ conversation(id: $id) {{ activeLeaf {{ id }} activePath({arguments}) {{
            totalCount pageInfo {{ {more} {end} }} nodes {{ id }} }} }} }}"
    );
    let (mut cursor, mut pages) = (Value::Null, Vec::new());
    loop {
        let answer = person.run(&document, json!({ "id": talk, "size": size, "cursor": cursor })).await;
        let page = &answer.field("conversation")["activePath"];
        let ids: Vec<String> = page["nodes"].as_array().unwrap().iter().map(|node| text(&node["id"])).collect();
        pages.push(ids);
        if page["pageInfo"][more] == false {
            if !forwards {
                pages.reverse();
            }
            let way = pages.concat();
            assert_eq!(page["totalCount"], json!(way.len()));
            assert_eq!(answer.field("conversation")["activeLeaf"]["id"].as_str(), way.last().map(String::as_str));
            return way;
        }
        cursor = page["pageInfo"][end].clone();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_people_at_once_break_nothing() {
    let world = World::empty().await;
    let owner = world.member("owner").await;
    let mut others = Vec::new();
    for n in 0..9 {
        others.push(world.member(&format!("writer-{n}")).await);
    }
    let with: Vec<(&Person<'_>, &str)> = others.iter().map(|person| (person, "WRITE")).collect();
    let talk = shared_with(&owner, &with).await;
    let everybody: Vec<&Person<'_>> = std::iter::once(&owner).chain(&others).collect();
    let each = steps(40, 2_000);
    let talk = talk.as_str();
    let made = join_all(everybody.iter().enumerate().map(|(at, person)| async move {
        let mut dice = Dice::new(u64::try_from(at).unwrap() + 100);
        let mut appended = 0;
        for step in 0..each {
            appended += usize::from(any_step(person, talk, &mut dice, step).await);
        }
        appended
    }))
    .await;
    invariants::hold(&world, "after ten people").await;
    let next = world.number("select next_position::bigint - 1 from conversations where message_count > 0").await;
    assert_eq!(next, i64::try_from(made.iter().sum::<usize>()).unwrap(), "each append has taken one position");
}

/// Something that may meet what others do at the same time; tells whether it appended.
async fn any_step(person: &Person<'_>, talk: &str, dice: &mut Dice, step: usize) -> bool {
    let document = "query($id: ID!) { conversation(id: $id) { messages(last: 30) { nodes { id } } } }";
    let seen = person.run(document, json!({ "id": talk })).await;
    let ids = seen.field("conversation")["messages"]["nodes"].as_array().unwrap().clone();
    let content = format!("step {step}");
    let any = (!ids.is_empty()).then(|| ids[dice.below(ids.len())]["id"].clone());
    let (name, selection, input) = match (dice.below(10), any) {
        (0..=3, _) | (_, None) => {
            ("appendMessage", "message { id }", json!({ "conversationId": talk, "content": content }))
        }
        (4, Some(id)) => {
            ("appendMessage", "message { id }", json!({ "conversationId": talk, "content": content, "parentId": id }))
        }
        (5..=6, Some(id)) => ("branchMessage", "message { id }", json!({ "messageId": id, "content": content })),
        (7, Some(id)) => ("selectBranch", "conversation { id }", json!({ "messageId": id })),
        (8, Some(id)) => ("editMessage", "message { id }", json!({ "messageId": id, "content": content })),
        (_, Some(id)) => {
            let fate = if dice.below(2) == 0 { "KEEP" } else { "DELETE" };
            ("deleteMessage", "deletedCount", json!({ "messageId": id, "answers": fate }))
        }
    };
    let answer = person.run(&mutation(name, selection), json!({ "input": input })).await;
    assert_eq!(answer.body.get("errors"), None, "{name}");
    // Somebody else may have removed it meanwhile; nothing else goes wrong.
    let refusals = answer.refusals(name);
    let expected = ["NOT_FOUND messageId", "NOT_FOUND parentId", "CONFLICT messageId"];
    assert!(refusals.iter().all(|refusal| expected.contains(&refusal.as_str())), "{name}: {refusals:?}");
    selection == "message { id }" && name != "editMessage" && refusals.is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_world_keeps_the_invariants() {
    let world = World::demo().await;
    invariants::hold(&world, "the demo world").await;
    assert!(world.number("select count(*) from message_versions").await > 0);
}
