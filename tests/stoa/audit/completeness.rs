//! Every mutation of the schema leaves an audit row in the transaction of its change: who, by what, in which request.

use entity::id::UserId;
use harness::{Answer, Person, SignInServer, World};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use stoa::demo::examples::{ANONYMOUS, all};
use stoa::graphql::engine::Limits;
use stoa::graphql::id::WireId;
use stoa::graphql::schema::engine;

use crate::examples::REFUSED;
use crate::matrix::scene::{mutation, text};
use crate::second_factor::{Enrolled, PASSWORD};
use crate::{federated, mail, second_factor};

/// Nobody acts: why that is so.
const NOBODY: &[(&str, &str)] = &[
    ("register", "there is no account yet; the entry of the session that begins has the newcomer"),
    ("completeFederatedSignIn", "as with `register`, for newcomers"),
    ("requestPasswordReset", "whoever asks shows nothing, and nobody learns whose address it is"),
    ("resetPassword", "a mailed token is shown and nobody signed in; the account is the subject"),
    ("verifyEmail", "a mailed token is shown and nobody signed in; the account is the subject"),
    ("beginFederatedSignIn", "who it will be is known when they come back"),
];

/// Written outside of transactions of changes: what is paid, what was guessed, and that a sign-in under way is over, which
/// has to be so before the provider is asked.
const BESIDE: &str = "'budgets', 'sign_in_guards', 'audit_seals', 'sign_in_flows'";

/// Runs a mutation that succeeds and looks at what it wrote.
async fn watched(world: &World, person: &Person<'_>, name: &str, document: &str, variables: Value) -> Answer {
    let mark = world.number("select pg_current_xact_id()::text::int8").await;
    let answer = person.run(document, variables).await;
    answer.field(name);
    let request = answer.headers["x-request-id"].to_str().unwrap();
    let sql = format!(
        "select transaction_id::text::int8, credential, actor_id is not null
           from audit_log where request_id = '{request}' order by id"
    );
    let rows = world.db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap();
    assert!(!rows.is_empty(), "{name} left no audit row");
    let transaction: i64 = rows[0].try_get_by_index(0).unwrap();
    for row in &rows {
        assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), transaction, "{name}: one transaction");
        let credential = row.try_get_by_index::<Option<String>>(1).unwrap();
        let credential = credential.unwrap_or_else(|| panic!("{name}: no credential"));
        let has_actor: bool = row.try_get_by_index(2).unwrap();
        assert_eq!(has_actor, credential != "none", "{name}: {credential}");
        assert!(has_actor || NOBODY.iter().any(|(field, _)| *field == name), "{name}: nobody did it");
    }
    // Whatever was written besides was written in that transaction.
    let tables = format!(
        "select table_name::text from information_schema.tables
          where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not in ({BESIDE})"
    );
    for table in world.db.query_all_raw(Statement::from_string(DbBackend::Postgres, tables)).await.unwrap() {
        let table: String = table.try_get_by_index(0).unwrap();
        let elsewhere = format!(
            "select count(*) from {table} t where t.xmin::text::int8 > {mark} and t.xmin::text::int8 <> {transaction}"
        );
        assert_eq!(world.number(&elsewhere).await, 0, "{name} wrote into {table} in another transaction");
    }
    answer
}

async fn call(world: &World, person: &Person<'_>, name: &str, selection: &str, input: Value) -> Value {
    watched(world, person, name, &mutation(name, selection), json!({ "input": input })).await.field(name).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_that_the_examples_show_leaves_an_audit_row() {
    let engine = engine(Limits::default()).unwrap();
    let mut tried = Vec::new();
    for field in engine.types().get_object("Mutation").unwrap().fields.keys() {
        let name = field.as_str();
        if REFUSED.contains(&name) {
            continue;
        }
        let world = World::demo().await;
        let example = all().into_iter().find(|example| example.name == name).unwrap();
        let person = match example.run_as {
            ANONYMOUS => world.anonymous(),
            username => world.existing(username).await,
        };
        watched(&world, &person, name, example.query, serde_json::from_str(example.variables).unwrap()).await;
        tried.push(name.to_owned());
    }
    // The others are below: who adds an example that is refused adds a call there.
    assert_eq!(tried.len() + REFUSED.len(), engine.types().get_object("Mutation").unwrap().fields.len());
    let mut elsewhere = [PASSWORDS.as_slice(), &FACTORS, &PROVIDERS, &["endImpersonation"]].concat();
    let mut refused = REFUSED.to_vec();
    elsewhere.sort_unstable();
    refused.sort_unstable();
    assert_eq!(elsewhere, refused);
}

const PASSWORDS: [&str; 5] = ["signIn", "refreshSession", "changePassword", "resetPassword", "verifyEmail"];

#[tokio::test(flavor = "multi_thread")]
async fn passwords_and_mailed_tokens_leave_audit_rows() {
    let world = World::empty().await;
    let nobody = world.anonymous();
    let account = json!({ "username": "ines", "email": "ines@people.test", "password": PASSWORD });
    call(&world, &nobody, "register", "user { id }", account).await;
    let given = json!({ "identifier": "ines", "password": PASSWORD });
    let session = call(&world, &nobody, "signIn", "accessToken refreshToken", given).await;
    let fresh = json!({ "refreshToken": session["refreshToken"] });
    let session = call(&world, &nobody, "refreshSession", "accessToken", fresh).await;
    let ines = nobody.with_token(&text(&session["accessToken"]));
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "seven green herons" });
    call(&world, &ines, "changePassword", "endedSessions", change).await;
    call(&world, &ines, "requestEmailVerification", "email", json!({})).await;
    let token = mail::token(&mail::newest(&world, "email_verification_link").await.1);
    call(&world, &nobody, "verifyEmail", "verifiedAt", json!({ "token": token })).await;
    let token = mail::reset_token(&world, "ines@people.test").await;
    let reset = json!({ "token": token, "newPassword": "nine grey geese fly" });
    call(&world, &nobody, "resetPassword", "endedSessions", reset).await;
}

const FACTORS: [&str; 5] =
    ["confirmTotp", "confirmSecondFactor", "regenerateRecoveryCodes", "removeSecondFactor", "removeUserSecondFactor"];

#[tokio::test(flavor = "multi_thread")]
async fn second_factors_leave_audit_rows() {
    let world = World::empty().await;
    let ines = second_factor::register(&world, "ines").await;
    let totp = second_factor::begin(&ines).await;
    let code = second_factor::code(&world, &totp, 0);
    call(&world, &ines, "confirmTotp", "recoveryCodes", json!({ "code": code })).await;
    let omar = Enrolled::new(&world, "omar").await;
    let shown = json!({ "secondFactor": { "totp": omar.code() } });
    call(&world, &omar.person, "confirmSecondFactor", "recentUntil", shown).await;
    let codes = call(&world, &omar.person, "regenerateRecoveryCodes", "recoveryCodes", json!({})).await;
    let code = json!({ "secondFactor": { "recoveryCode": codes["recoveryCodes"][0] } });
    call(&world, &omar.person, "confirmSecondFactor", "recentUntil", code).await;
    call(&world, &omar.person, "removeSecondFactor", "user { id }", json!({})).await;
    let root = world.admin("root").await;
    let id = world.number("select number from users where username = 'ines'").await;
    let ines = format!("query {{ user(by: {{ number: {id} }}) {{ id }} }}");
    let ines = root.run(&ines, json!({})).await.field("user")["id"].clone();
    call(&world, &root, "removeUserSecondFactor", "user { id }", json!({ "userId": ines })).await;
}

const PROVIDERS: [&str; 4] = ["beginFederatedSignIn", "completeFederatedSignIn", "linkIdentity", "unlinkIdentity"];

#[tokio::test(flavor = "multi_thread")]
async fn other_providers_leave_audit_rows() {
    let server = SignInServer::start(federated::people()).await;
    let world = federated::world(&server).await;
    let begin = json!({ "provider": "acme", "redirectUri": SignInServer::PAGE });
    call(&world, &world.anonymous(), "beginFederatedSignIn", "flowToken", begin).await;
    let nobody = world.anonymous();
    for _ in ["as a newcomer", "as somebody known"] {
        let input = federated::arrive(&federated::begin(&nobody).await, "ines").await;
        call(&world, &nobody, "completeFederatedSignIn", "user { id }", input).await;
    }
    let omar = mail::join(&world, "omar").await;
    let begin = json!({ "provider": "acme", "redirectUri": SignInServer::PAGE, "currentPassword": PASSWORD });
    let selection = "authorizationUrl flowToken";
    let begun = call(&world, &omar, "beginFederatedSignIn", selection, begin).await;
    let flow = federated::Flow { url: text(&begun["authorizationUrl"]), token: text(&begun["flowToken"]) };
    let input = federated::arrive(&flow, "kofi").await;
    let linked = call(&world, &omar, "linkIdentity", "identity { id }", input).await;
    call(&world, &omar, "unlinkIdentity", "deletedIdentityId", json!({ "identityId": linked["identity"]["id"] })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_an_impersonation_leaves_an_audit_row() {
    let world = World::empty().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    let input = json!({ "userId": ines.id, "reason": "Ticket 7", "minutes": 5 });
    let begun = call(&world, &root, "beginImpersonation", "sessionId", input).await;
    call(&world, &root, "endImpersonation", "endedSessionId", json!({ "sessionId": begun["sessionId"] })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_acts_as_others_puts_both_on_every_row() {
    let world = World::empty().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    let key = json!({ "name": "All", "scopes": ["CONVERSATIONS_READ", "CONVERSATIONS_WRITE"], "mayActAsOthers": true });
    let made = call(&world, &root, "createApiKey", "secret apiKey { id }", key).await;
    let body =
        json!({ "query": "mutation { createConversation(input: { title: \"Hers\" }) { userErrors { code } } }" });
    let request = axum::http::Request::post("/graphql").header("X-User-ID", &ines.id);
    let request = request.body(axum::body::Body::from(body.to_string())).unwrap();
    let answer = world.anonymous().with_token(&text(&made["secret"])).send(request).await;
    answer.field("createConversation");
    let key = entity::id::ApiKeyId::decode(&text(&made["apiKey"]["id"])).unwrap();
    let (UserId(root), UserId(ines)) = (root.user.unwrap(), ines.user.unwrap());
    let both = format!(
        "select count(*) from audit_log where action = 'conversation.create' and actor_id = '{root}'
            and on_behalf_of = '{ines}' and api_key_id = '{}' and credential = 'api_key' and session_id is null",
        key.0
    );
    assert_eq!(world.number(&both).await, 1);
}
