//! Pages that cannot be and cursors that do not belong.

use harness::World;
use serde_json::{Value, json};

use super::{Cast, Inquiry};

/// Every list: its place in the answer, and a document with its arguments left open.
fn lists(cast: &Cast<'_>) -> Vec<(&'static str, String)> {
    let page = "(@) { edges { cursor } pageInfo { startCursor endCursor } }";
    let under = |outer: &str, list: &str| format!("{{ control: __typename {outer} {{ {list}{page} }} }}");
    let talk = format!("conversation(id: \"{}\")", cast.talk);
    let message = |id: &str| format!("message(id: \"{id}\")");
    let mut all = vec![
        ("conversation.messages", under(&talk, "messages")),
        ("conversation.participants", under(&talk, "participants")),
        ("conversation.shares", under(&talk, "shares")),
        ("message.children", under(&message(&cast.question), "children")),
        ("message.toolCalls", under(&message(&cast.answer), "toolCalls")),
        ("viewer.conversations", under("viewer", "conversations")),
        ("viewer.roleAssignments", under("viewer", "roleAssignments")),
        ("node.holders", under(&format!("node(id: \"{}\") {{ ... on Role", cast.admin), "holders") + " }"),
    ];
    for root in ["auditEntries", "conversations", "permissions", "roles", "users"] {
        all.push((root, format!("{{ control: __typename {root}{page} }}")));
    }
    all
}

/// The document with these arguments as variables.
fn with(document: &str, arguments: &[&str]) -> String {
    let kind = |name: &str| if matches!(name, "first" | "last") { "Int" } else { "String" };
    let declared: Vec<String> = arguments.iter().map(|name| format!("${name}: {}", kind(name))).collect();
    let given: Vec<String> = arguments.iter().map(|name| format!("{name}: ${name}")).collect();
    let head = if declared.is_empty() { String::new() } else { format!("query({}) ", declared.join(", ")) };
    let call = if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) };
    head + &document.replace("(@)", &call)
}

fn at<'v>(data: &'v Value, place: &str) -> &'v Value {
    place.split('.').fold(data, |value, part| &value[part])
}

/// Makes Ines an administrator, so that she reads every list.
async fn furnish(cast: &Cast<'_>) {
    let input = json!({ "userId": cast.ines.id, "roleId": cast.admin });
    super::cast::make(&cast.root, "assignRole", input).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_one_to_a_hundred_items_from_one_end() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    furnish(&cast).await;
    let mut inquiry = Inquiry::begin(&world).await;
    for (place, document) in lists(&cast) {
        let plain = inquiry.answers(&cast.ines, &with(&document, &[]), json!({}), None).await;
        let cursor = at(&plain, place)["pageInfo"]["endCursor"].clone();
        if !cursor.is_string() {
            inquiry.fault(place, &format!("no cursor in {plain}"));
        }
        for variables in [json!({ "first": 1 }), json!({ "last": 1 }), json!({ "first": 100 }), json!({ "last": 100 })]
        {
            let name = variables.as_object().unwrap().keys().next().unwrap().clone();
            inquiry.answers(&cast.ines, &with(&document, &[&name]), variables, None).await;
        }
        for (size, from) in [("first", "after"), ("last", "before")] {
            let variables = json!({ size: 2, from: cursor });
            inquiry.answers(&cast.ines, &with(&document, &[size, from]), variables, None).await;
        }
        // What is not given and what is null is the same.
        let empty = json!({ "first": null, "last": null, "after": null, "before": null });
        inquiry
            .answers(&cast.ines, &with(&document, &["first", "last", "after", "before"]), empty, Some(plain.clone()))
            .await;
        for name in ["first", "last"] {
            for size in [0, 101, -1, i32::MAX, i32::MIN] {
                let refused = format!("{place} {name}");
                inquiry.spoils(&cast.ines, &with(&document, &[name]), json!({ name: size }), &refused).await;
            }
            for size in [json!(2_147_483_648_i64), json!(1.5), json!("1"), json!(true), json!([])] {
                inquiry
                    .rejects(&cast.ines, &with(&document, &[name]), json!({ name: size }), "VALIDATION_FAILED")
                    .await;
            }
        }
        for (names, refused) in [
            (vec!["first", "last"], "last"),
            (vec!["after", "before"], "before"),
            (vec!["first", "before"], "before"),
            (vec!["last", "after"], "last"),
            (vec!["first", "after", "before"], "before"),
        ] {
            let mut variables = json!({});
            for name in &names {
                variables[*name] = if matches!(*name, "first" | "last") { json!(2) } else { cursor.clone() };
            }
            inquiry.spoils(&cast.ines, &with(&document, &names), variables, &format!("{place} {refused}")).await;
        }
    }
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_are_whole_and_of_their_list() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    furnish(&cast).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let mut cursors = Vec::new();
    for (place, document) in lists(&cast) {
        let plain = inquiry.answers(&cast.ines, &with(&document, &[]), json!({}), None).await;
        cursors.push((place, at(&plain, place)["pageInfo"]["endCursor"].as_str().unwrap_or_default().to_owned()));
    }
    for (at, (place, document)) in lists(&cast).into_iter().enumerate() {
        let own = cursors[at].1.clone();
        let cut = |characters: usize| own.chars().take(own.chars().count() - characters).collect::<String>();
        let mut bad = vec![
            String::new(),
            " ".into(),
            "x".into(),
            "%%%".into(),
            "\0".into(),
            "ü".into(),
            "MQ==".into(),
            "eyJpZCI6MX0".into(),
            cut(1),
            cut(2),
            cut(own.len() / 2),
            own[1..].to_owned(),
            format!("{own}A"),
            format!("{own}\0"),
            format!("{own} "),
            format!("{own}{own}"),
            own.repeat(1_000),
            "x".repeat(100_000),
            cast.talk.clone(),
        ];
        // One's own conversations and all conversations are lists that resemble each other; see below.
        let twins = ["conversations", "viewer.conversations"];
        let others =
            cursors.iter().filter(|(other, _)| *other != place && !(twins.contains(other) && twins.contains(&place)));
        bad.extend(others.map(|(_, cursor)| cursor.clone()));
        for cursor in bad {
            for name in ["after", "before"] {
                let size = if name == "after" { "first" } else { "last" };
                let variables = json!({ name: cursor, size: 2 });
                inquiry
                    .spoils(&cast.ines, &with(&document, &[name, size]), variables, &format!("{place} {name}"))
                    .await;
            }
        }
        for name in ["after", "before"] {
            inquiry.rejects(&cast.ines, &with(&document, &[name]), json!({ name: 1 }), "VALIDATION_FAILED").await;
            inquiry.answers(&cast.ines, &with(&document, &[name]), json!({ name: own }), None).await;
        }
    }
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_serves_the_order_it_came_from() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let talk = format!("conversation(id: \"{}\") {{ messages", cast.talk);
    for (place, list, kind, orders) in [
        ("conversations", "conversations", "ConversationOrder", vec!["CREATED_AT", "LAST_ACTIVITY", "TITLE"]),
        (
            "viewer.conversations",
            "viewer { conversations",
            "ConversationOrder",
            vec!["CREATED_AT", "LAST_ACTIVITY", "TITLE"],
        ),
        ("users", "users", "UserOrder", vec!["CREATED_AT", "NUMBER", "USERNAME"]),
        ("conversation.messages", talk.as_str(), "MessageOrder", vec!["POSITION"]),
    ] {
        let end = "}".repeat(place.matches('.').count());
        let document = format!(
            "query($order: {kind}, $after: String) {{ control: __typename
            {list}(first: 1, orderBy: $order, after: $after) {{ pageInfo {{ endCursor }} }} {end} }}"
        );
        let all: Vec<Value> = orders
            .iter()
            .flat_map(|field| ["ASC", "DESC"].map(|way| json!({ "field": field, "direction": way })))
            .collect();
        let mut cursors = Vec::new();
        for order in &all {
            let page = inquiry.answers(&cast.ines, &document, json!({ "order": order }), None).await;
            cursors.push(at(&page, place)["pageInfo"]["endCursor"].clone());
        }
        for (from, cursor) in all.iter().zip(&cursors) {
            for order in &all {
                let variables = json!({ "order": order, "after": cursor });
                if order == from {
                    inquiry.answers(&cast.ines, &document, variables, None).await;
                } else {
                    inquiry.spoils(&cast.ines, &document, variables, &format!("{place} after")).await;
                }
            }
        }
    }
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_serves_the_field_it_came_from() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    furnish(&cast).await;
    let mut inquiry = Inquiry::begin(&world).await;
    // Those of one person and those of everybody.
    let own = "query($after: String) { control: __typename viewer { conversations(first: 1, after: $after) { pageInfo { endCursor } } } }";
    let all = "query($after: String) { control: __typename conversations(first: 1, after: $after) { pageInfo { endCursor } } }";
    let cursor =
        inquiry.answers(&cast.ines, own, json!({}), None).await["viewer"]["conversations"]["pageInfo"]["endCursor"]
            .clone();
    inquiry.spoils(&cast.ines, all, json!({ "after": cursor }), "conversations after").await;
    let cursor =
        inquiry.answers(&cast.ines, all, json!({}), None).await["conversations"]["pageInfo"]["endCursor"].clone();
    inquiry.spoils(&cast.ines, own, json!({ "after": cursor }), "viewer.conversations after").await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_of_the_audit_log_are_values_that_can_be() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    furnish(&cast).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let document = "query($filter: AuditFilter) { control: __typename auditEntries(filter: $filter) { totalCount } }";
    for (filter, place) in [
        (json!({ "action": "\0" }), "action"),
        (json!({ "action": "x".repeat(101) }), "action"),
        (json!({ "subjectKind": "ro\0le" }), "subjectKind"),
        (json!({ "subjectKind": "x".repeat(101) }), "subjectKind"),
        (json!({ "subjectId": "hush" }), "subjectId"),
        (json!({ "subjectId": "" }), "subjectId"),
        (json!({ "actorId": "hush" }), "actorId"),
        (json!({ "actorId": cast.admin }), "actorId"),
    ] {
        inquiry
            .spoils(&cast.ines, document, json!({ "filter": filter }), &format!("auditEntries filter.{place}"))
            .await;
    }
    let known = "{ control: __typename auditEntries(filter: { action: \"no.such\" }) { totalCount } }";
    assert_eq!(cast.ines.run(known, json!({})).await.field("auditEntries")["totalCount"], 0);
    inquiry.close();
}
