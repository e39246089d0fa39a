//! What the schema says is needed is what the guards ask for: with exactly that a field is let through, with less it is not.

use apollo_compiler::schema::FieldDefinition;
use entity::id::RoleId;
use harness::{Answer, EventStream, Person, World};
use serde_json::{Value, json};
use stoa::access::Permission;
use stoa::demo::examples::{Example, all};
use stoa::graphql::engine::Limits;
use stoa::graphql::id::WireId;
use stoa::graphql::schema::engine;

/// What a directive says.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Need {
    /// The permission, as the schema writes it.
    Permission(String),
    /// Both.
    PermissionInSession(String),
    Session,
    SignIn,
    Nothing,
}

const DIRECTIVES: [&str; 4] = ["requiresPermission", "requiresSession", "authenticated", "open"];

fn need(field: &FieldDefinition) -> Need {
    let said: Vec<_> = field.directives.iter().filter(|one| DIRECTIVES.contains(&one.name.as_str())).collect();
    let permission = said.iter().find_map(|one| one.specified_argument_by_name("permission")?.as_enum());
    let permission = permission.map(|name| name.as_str().to_owned());
    let names: Vec<&str> = said.iter().map(|one| one.name.as_str()).collect();
    match (names.as_slice(), permission) {
        (["requiresPermission"], Some(permission)) => Need::Permission(permission),
        (["requiresPermission", "requiresSession"], Some(permission)) => Need::PermissionInSession(permission),
        (["requiresSession"], None) => Need::Session,
        (["authenticated"], None) => Need::SignIn,
        (["open"], None) => Need::Nothing,
        _ => panic!("{} says what it needs once: {names:?}", field.name),
    }
}

/// `USERS_READ` as the database has it: `users:read`.
fn stored(permission: &str) -> String {
    let (resource, action) = permission.split_once('_').unwrap();
    format!("{}:{}", resource.to_lowercase(), action.to_lowercase())
}

/// Every root field with what it needs and its description.
fn roots() -> Vec<(String, Need, String)> {
    let engine = engine(Limits::default()).unwrap();
    let mut all = Vec::new();
    for root in ["Query", "Mutation", "Subscription"] {
        for (name, field) in &engine.types().get_object(root).unwrap().fields {
            let description = field.description.as_deref().unwrap_or_default().replace('\n', " ");
            all.push((name.as_str().to_owned(), need(field), description));
        }
    }
    all
}

fn example(name: &str) -> Example {
    all().into_iter().find(|example| example.name == name).unwrap()
}

/// How the guard of a field answered: nothing if it let the caller through.
async fn refused(person: &Person<'_>, name: &str) -> Option<(String, Value)> {
    let example = example(name);
    let variables: Value = serde_json::from_str(example.variables).unwrap();
    let body = match example.query.starts_with("subscription") {
        true => first(person.follow(example.query, variables).await).await,
        false => person.run(example.query, variables).await.body,
    };
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    let error = errors.into_iter().find(|error| error["path"][0] == name || error["path"].is_null())?;
    let said = error["message"].as_str().unwrap_or_default();
    let code = error["extensions"]["code"].as_str().unwrap().to_owned();
    let is_guard = match code.as_str() {
        "UNAUTHENTICATED" => true,
        "FORBIDDEN" => !error["extensions"]["permission"].is_null() || said.contains("This needs a session"),
        _ => false,
    };
    is_guard.then(|| (code, error["extensions"]["permission"].clone()))
}

/// What a subscription says first; one that is let through may say nothing.
async fn first(mut events: EventStream) -> Value {
    let patience = std::time::Duration::from_millis(300);
    tokio::time::timeout(patience, events.result()).await.unwrap_or_else(|_| json!({}))
}

/// Somebody new with exactly these permissions.
async fn with<'w>(world: &'w World, name: &str, condition: &str) -> Person<'w> {
    let person = world.member(name).await;
    let user = person.user.unwrap().0;
    world
        .db_run(&format!(
            "delete from user_roles where user_id = '{user}';
             insert into roles (id, name, created_at, updated_at) values ('{user}', '{name}', now(), now());
             insert into role_permissions (role_id, permission_id, created_at)
             select '{user}', id, now() from permissions p where p.action <> '*' and ({condition});
             insert into user_roles (user_id, role_id, assigned_at) values ('{user}', '{user}', now())"
        ))
        .await;
    person
}

/// A key of somebody's with every scope.
async fn key<'w>(person: &Person<'w>) -> Person<'w> {
    let document = "{ __type(name: \"PermissionName\") { enumValues { name } } }";
    let answer: Answer = person.run(document, json!({})).await;
    let values = answer.field("__type")["enumValues"].as_array().unwrap();
    let scopes: Vec<&Value> = values.iter().map(|value| &value["name"]).collect();
    let document = "mutation($scopes: [PermissionName!]!) { createApiKey(input: { name: \"All\", scopes: $scopes }) {
        secret userErrors { code } } }";
    let answer = person.run(document, json!({ "scopes": scopes })).await;
    person.with_token(answer.field("createApiKey")["secret"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn with_exactly_what_the_schema_says_a_field_is_let_through_and_with_less_it_is_not() {
    let world = World::demo().await;
    let nobody = world.anonymous();
    for (number, (name, need, _)) in roots().into_iter().enumerate() {
        let stranger = refused(&nobody, &name).await.map(|(code, _)| code);
        match &need {
            Need::Nothing => {
                assert_eq!(stranger, None, "{name} is open");
                continue;
            }
            _ => assert_eq!(stranger.as_deref(), Some("UNAUTHENTICATED"), "{name}"),
        }
        let none = with(&world, &format!("none-{number}"), "false").await;
        if let Need::PermissionInSession(_) = &need {
            let all = with(&world, &format!("all-{number}"), "true").await;
            let refusal = refused(&key(&all).await, &name).await;
            assert_eq!(refusal, Some(("FORBIDDEN".to_owned(), Value::Null)), "{name} by an API key");
        }
        match need {
            Need::Permission(permission) | Need::PermissionInSession(permission) => {
                let stored = stored(&permission);
                let missing = Some(("FORBIDDEN".to_owned(), json!(stored)));
                let others = with(&world, &format!("others-{number}"), &format!("p.name <> '{stored}'")).await;
                assert_eq!(refused(&others, &name).await, missing, "{name} with all but {stored}");
                assert_eq!(refused(&none, &name).await, missing, "{name} with nothing");
                let only = with(&world, &format!("only-{number}"), &format!("p.name = '{stored}'")).await;
                let left = refused(&only, &name).await.filter(|(_, permission)| *permission == stored.as_str());
                assert_eq!(left, None, "{name} with {stored} alone");
            }
            Need::Session => {
                let all = with(&world, &format!("all-{number}"), "true").await;
                let refusal = refused(&key(&all).await, &name).await;
                assert_eq!(refusal, Some(("FORBIDDEN".to_owned(), Value::Null)), "{name} by an API key");
                let refusal = refused(&none, &name).await.filter(|(_, permission)| permission.is_null());
                assert_eq!(refusal, None, "{name} in a session without permissions");
            }
            Need::SignIn => {
                let all = with(&world, &format!("all-{number}"), "true").await;
                let refusal = refused(&key(&all).await, &name).await.filter(|(code, _)| code == "UNAUTHENTICATED");
                assert_eq!(refusal, None, "{name} by an API key");
                let refusal = refused(&none, &name).await.filter(|(_, permission)| permission.is_null());
                assert_eq!(refusal, None, "{name} without permissions");
            }
            Need::Nothing => unreachable!(),
        }
    }
}

#[test]
fn descriptions_repeat_what_introspection_does_not_show() {
    let mut silent = Vec::new();
    for (name, need, description) in roots() {
        let says = |words: &str| description.contains(words);
        let is_said = match &need {
            Need::Permission(permission) => says(&format!("Needs `{}`", stored(permission))),
            Need::PermissionInSession(permission) => says(&format!("Needs `{}`, a session", stored(permission))),
            Need::Session => says("Needs a session"),
            Need::SignIn => says("signed-in user"),
            Need::Nothing => says("Open to "),
        };
        if !is_said {
            silent.push(format!("{name} ({need:?}): {description}"));
        }
    }
    assert_eq!(silent, Vec::<String>::new());
}

/// What a guard asks for is counted; `users:read` shows people where no guard asks for it.
#[test]
fn the_permissions_whose_use_is_counted_are_those_that_guards_ask_for() {
    let asked: Vec<String> = roots()
        .into_iter()
        .filter_map(|(_, need, _)| match need {
            Need::Permission(permission) | Need::PermissionInSession(permission) => Some(stored(&permission)),
            _ => None,
        })
        .collect();
    for permission in Permission::ALL {
        let is_asked = asked.iter().any(|name| name == permission.name()) && *permission != Permission::UsersRead;
        assert_eq!(permission.is_counted(), is_asked, "{permission}");
    }
}

/// The fields that are not for everybody: type, name, whether the owner sees it, the permission.
fn restricted() -> Vec<(String, String, bool, Option<String>)> {
    let engine = engine(Limits::default()).unwrap();
    let mut found = Vec::new();
    for (of, kind) in &engine.types().types {
        let Some(object) = kind.as_object() else { continue };
        for (name, field) in &object.fields {
            let description = field.description.as_deref().unwrap_or_default();
            let directive = field.directives.get("visibleTo");
            assert_eq!(directive.is_some(), description.starts_with("Private"), "{of}.{name}: {description}");
            let Some(directive) = directive else { continue };
            let argument = |name: &str| directive.specified_argument_by_name(name);
            let owner = argument("owner").and_then(|value| value.to_bool()).unwrap();
            let permission = argument("permission").and_then(|value| value.as_enum()).map(|name| name.to_string());
            assert_eq!(permission.is_none(), description.starts_with("Private to its owner"), "{of}.{name}");
            found.push((of.to_string(), name.to_string(), owner, permission));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_field_is_for_those_whom_its_directive_names() {
    let world = World::empty().await;
    let (ines, friend) = (world.member("ines").await, world.member("friend").await);
    let share =
        "mutation { createConversation(input: { title: \"Ours\" }) { conversation { id } userErrors { code } } }";
    let talk = ines.run(share, json!({})).await.field("createConversation")["conversation"]["id"].clone();
    let share = "mutation($id: ID!) { share(input: { thingId: $id, level: READ,
        grantee: { user: { username: \"friend\" } } }) { userErrors { code } } }";
    ines.run(share, json!({ "id": talk })).await.field("share");
    let user = ines.user.unwrap().0;
    world
        .db_run(&format!(
            "update users set email_verified_at = now(), last_signed_in_at = now(), state_changed_at = now()
              where id = '{user}';
             insert into second_factors (user_id, secret, confirmed_at, last_step) values ('{user}', '', now(), 1)"
        ))
        .await;
    let reader = with(&world, "reader", "p.name in ('users:read')").await;
    let others = with(&world, "others", "p.name <> 'users:read'").await;
    let suspended = world.member("suspended").await;
    let fields = restricted();
    assert!(fields.len() > 15, "{fields:?}");
    for (of, name, owner, permission) in fields {
        assert!(
            (owner || of == "Role") && permission.as_deref().is_none_or(|name| name == "USERS_READ"),
            "{of}.{name}: add a reader here"
        );
        if of == "Role" {
            // Each holds the role and sees it.
            for (person, sees) in [(&reader, true), (&others, false)] {
                let role = RoleId(person.user.unwrap().0).encode();
                let document = format!(
                    "query($id: ID!) {{ node(id: $id) {{ ... on Role {{ found: {name} {{ permission }} }} }} }}"
                );
                let found = person.run(&document, json!({ "id": role })).await.field("node")["found"].clone();
                assert_eq!(!found.is_null(), sees, "{of}.{name} for {}", person.id);
            }
            continue;
        }
        let inner = match name.as_str() {
            "secondFactor" => " { since }",
            "roleAssignments" | "apiKeys" | "sessions" | "devices" | "identities" | "securityEvents" => {
                " { totalCount }"
            }
            _ => "",
        };
        let place = match of.as_str() {
            "User" if name == "can" => format!("can(action: READ, id: {talk}) {{ isAllowed }}"),
            "User" => format!("{name}{inner}"),
            "SecondFactor" => format!("secondFactor {{ {name} }}"),
            other => panic!("{other}.{name}: add it here"),
        };
        let ask = async |person: &Person<'_>, of_whom: &str| {
            let document = format!("query($id: ID!) {{ node(id: $id) {{ ... on User {{ found: {place} }} }} }}");
            let found = person.run(&document, json!({ "id": of_whom })).await.field("node")["found"].clone();
            match of.as_str() {
                "SecondFactor" => found[&name].clone(),
                _ => found,
            }
        };
        // What only an account has that is not active is asked about one, which cannot ask itself.
        let needs_shut = ["stateReason", "suspendedUntil"].contains(&name.as_str());
        if needs_shut {
            let shut = "update users set state = 'suspended', state_reason = 'noise', suspended_until = '2027-01-01'
                where username = 'suspended' and state = 'active'";
            world.db_run(shut).await;
            assert!(!ask(&reader, &suspended.id).await.is_null(), "{of}.{name} with the permission");
        } else {
            assert!(!ask(&ines, &ines.id).await.is_null(), "{of}.{name} of oneself");
            assert_eq!(ask(&reader, &ines.id).await.is_null(), permission.is_none(), "{of}.{name} with the permission");
        }
        assert!(ask(&friend, &ines.id).await.is_null(), "{of}.{name} for others who see the person");
        assert!(ask(&others, &ines.id).await.is_null(), "{of}.{name} without the permission");
    }
}
