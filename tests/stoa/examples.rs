//! The example documents: each runs in the demo world as its header says, and costs the same number of statements
//! whether its lists are short or long.

use apollo_compiler::ast::Value as Literal;
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Name, Node};
use harness::{Answer, World};
use serde_json::Value;
use stoa::demo::examples::{ANONYMOUS, Example, all};
use stoa::graphql::engine::Limits;
use stoa::graphql::schema::{StoaEngine, engine};

/// Examples that show a refusal: nobody in the demo has a password, so there is no token to refresh with either; mailed
/// tokens are in no example; nobody has a second factor; the demo knows no other providers; and nobody works as
/// somebody else.
pub(crate) const REFUSED: [&str; 15] = [
    "signIn",
    "refreshSession",
    "changePassword",
    "resetPassword",
    "verifyEmail",
    "confirmTotp",
    "confirmSecondFactor",
    "regenerateRecoveryCodes",
    "removeSecondFactor",
    "removeUserSecondFactor",
    "beginFederatedSignIn",
    "completeFederatedSignIn",
    "linkIdentity",
    "unlinkIdentity",
    "endImpersonation",
];

/// Examples that ask for the parents of a conversation's messages, or of roles: of the first one there is none to load.
const ROOT_FIRST: [&str; 2] = ["branch-view", "roles"];

/// Examples with lists of shares, which are of several kinds of things and with several kinds of grantees.
const MIXED: [&str; 5] = ["conversation", "first-screen", "sharedByMe", "sharedWithMe", "workspace"];

/// The arguments of lists, and in the examples the variables for them.
const PAGING: [&str; 4] = ["first", "after", "last", "before"];

/// Subscriptions have no end: they are tried by making something happen.
fn listens(example: &Example) -> bool {
    example.query.starts_with("subscription")
}

async fn run(world: &World, example: &Example, query: &str, variables: Value) -> Answer {
    match example.run_as {
        ANONYMOUS => world.anonymous().run(query, variables).await,
        username => world.existing(username).await.run(query, variables).await,
    }
}

fn variables(example: &Example) -> Value {
    serde_json::from_str(example.variables).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_does_what_it_shows() {
    for example in all().into_iter().filter(|example| !listens(example)) {
        let world = World::demo().await;
        let answer = run(&world, &example, example.query, variables(&example)).await;
        for (field, value) in answer.data().as_object().unwrap() {
            assert!(!value.is_null(), "{}: {field} is null", example.name);
            let refused = value.get("userErrors").and_then(Value::as_array).is_some_and(|errors| !errors.is_empty());
            assert_eq!(refused, REFUSED.contains(&example.name), "{}: {:#}", example.name, answer.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_subscription_tells_of_what_happens() {
    for example in all().into_iter().filter(listens) {
        let world = World::demo().await;
        let person = world.existing(example.run_as).await;
        let variables = variables(&example);
        let mut events = person.follow(example.query, variables.clone()).await;
        let append = "mutation($id: ID!) { appendMessage(input: { conversationId: $id, content: \"News\" }) {
            userErrors { code } } }";
        // The stream is open before it is known to listen, so whatever comes first is good.
        let talking = async {
            // What tells of no conversation tells of what is there.
            let Some(id) = variables.get("conversationId") else { std::future::pending().await };
            loop {
                person.run(append, serde_json::json!({ "id": id })).await.field("appendMessage");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        };
        let result = tokio::select! {
            result = events.result() => result,
            () = talking => unreachable!(),
        };
        assert!(result.get("errors").is_none(), "{}: {result:#}", example.name);
        assert!(
            result["data"].as_object().unwrap().values().all(|value| !value.is_null()),
            "{}: {result:#}",
            example.name
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_costs_the_statements_of_a_short_one() {
    let engine = engine(Limits::default()).unwrap();
    let mut dearer = Vec::new();
    for example in all().into_iter().filter(|example| !listens(example)) {
        let mut costs = Vec::new();
        // Where the items are of several kinds, a short list may have only some of them below it.
        let lengths = if MIXED.contains(&example.name) { [10, 15, 20] } else { [1, 2, 20] };
        for rows in lengths {
            let world = World::demo().await;
            enrich(&world).await;
            let (query, variables) = with_pages(&engine, &example, rows);
            let answer = run(&world, &example, &query, variables).await;
            assert_eq!(answer.body.get("errors"), None, "{}: {:#}", example.name, answer.body);
            costs.push(answer.statements);
        }
        assert!(costs[0] > 0 || REFUSED.contains(&example.name), "{}: nothing was counted", example.name);
        // One row may lack a level that two have, and must never cost more.
        let lone = costs[0] == costs[1] || (ROOT_FIRST.contains(&example.name) && costs[0] < costs[1]);
        if costs[1] != costs[2] || !lone {
            dearer.push(format!("{}: {costs:?}", example.name));
        }
    }
    assert_eq!(dearer, Vec::<String>::new());
}

/// Gives every list of the demo rows that have everything below them, so that a short list reaches every level too.
async fn enrich(world: &World) {
    let places = "insert into teams (id, name, created_at, updated_at)
        select md5('t' || n)::uuid, 'Team ' || n, now(), now() from generate_series(1, 30) n;
        insert into team_members (team_id, user_id, role, joined_at)
        select t.id, u.id, 'owner', now() from teams t join users u on u.username in ('ines', 'kofi', 'yuki')
        on conflict do nothing;
        insert into workspaces (id, name, created_at, updated_at)
        select md5('w' || n)::uuid, 'Workspace ' || n, now(), now() from generate_series(1, 30) n;
        insert into shares (id, thing_id, thing_kind, audience, grantee_id, level, granted_by, created_at, updated_at)
        select md5(w.id::text || u.id)::uuid, w.id, '', 'user', u.id, 'owner', u.id, now(), now()
          from workspaces w join users u on u.username in ('ines', 'kofi', 'yuki') on conflict do nothing;
        insert into membership_invitations (id, team_id, user_id, role, invited_by, created_at, expires_at)
        select md5(t.id::text || 'join')::uuid, t.id, u.id, 'member', i.id, now(), now() + interval '1 year'
          from teams t join users u on u.username = 'yuki' join users i on i.username = 'ines' on conflict do nothing;
        update conversations set workspace_id = (select id from workspaces where name = 'Spring festival')
         where workspace_id is null and deleted_at is null";
    let share =
        "insert into shares (id, thing_id, thing_kind, audience, grantee_id, level, granted_by, created_at, updated_at)
        select md5(c.id::text || u.id)::uuid, c.id, '', 'user', u.id, 'write', c.owner_id, c.created_at, c.created_at
          from conversations c join users u on u.username in ('ines', 'kofi') and u.id <> c.owner_id
        on conflict do nothing";
    let root = "insert into messages (id, conversation_id, author_id, role, content, created_at, updated_at)
        select gen_random_uuid(), c.id, c.owner_id, 'user', 'root', c.created_at, c.created_at
          from conversations c where c.message_count = 0";
    let leaves = "insert into messages (id, conversation_id, parent_id, author_id, role, content, created_at, updated_at)
        select gen_random_uuid(), m.conversation_id, m.id, c.owner_id, 'assistant', 'leaf', m.created_at, m.created_at
          from messages m join conversations c on c.id = m.conversation_id
         where not exists (select 1 from messages k where k.conversation_id = m.conversation_id and k.parent_id = m.id)";
    let calls = "insert into tool_calls (id, message_id, conversation_id, tool_name, arguments, created_at, updated_at)
        select gen_random_uuid(), m.id, m.conversation_id, 'lookup', '{}', m.created_at, m.created_at from messages m";
    let parents = "update roles set parent_id = (select id from roles where name = 'subscriber')
        where name not in ('admin', 'subscriber') and parent_id is null";
    for sql in [places, share, root, leaves, leaves, leaves, leaves, calls, parents] {
        world.db_run(sql).await;
    }
}

/// The example with every list at the same length.
fn with_pages(engine: &StoaEngine, example: &Example, rows: i32) -> (String, Value) {
    let types = engine.types();
    let mut document = ExecutableDocument::parse_and_validate(types, example.query, "example").unwrap().into_inner();
    let operation = document.operations.named.values_mut().next().expect("examples have operation names");
    resize(&mut operation.make_mut().selection_set, rows);
    // Variables that only said how long a list is have nothing left to do.
    operation.make_mut().variables.retain(|variable| !PAGING.contains(&variable.name.as_str()));
    for fragment in document.fragments.values_mut() {
        resize(&mut fragment.make_mut().selection_set, rows);
    }
    let mut variables = variables(example);
    for name in PAGING {
        variables.as_object_mut().unwrap().remove(name);
    }
    (document.to_string(), variables)
}

fn resize(set: &mut SelectionSet, rows: i32) {
    for selection in &mut set.selections {
        match selection {
            Selection::Field(field) => {
                let field = field.make_mut();
                resize_field(field, rows);
                resize(&mut field.selection_set, rows);
            }
            Selection::InlineFragment(fragment) => resize(&mut fragment.make_mut().selection_set, rows),
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn resize_field(field: &mut Field, rows: i32) {
    if field.definition.argument_by_name("first").is_none() {
        return;
    }
    let backwards = field.arguments.iter().any(|argument| ["last", "before"].contains(&argument.name.as_str()));
    let name = Name::new(if backwards { "last" } else { "first" }).unwrap();
    field.arguments.retain(|argument| !PAGING.contains(&argument.name.as_str()));
    let value = Node::new(Literal::Int(rows.into()));
    field.arguments.push(Node::new(apollo_compiler::ast::Argument { name, value }));
}
