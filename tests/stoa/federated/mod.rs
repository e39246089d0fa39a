//! Signing in with another provider: a real one (npm oidc-provider), through its pages.

mod accounts;
mod attacks;
mod providers;

use std::collections::BTreeMap;
use std::path::PathBuf;

use harness::{Answer, Browser, Person, SignInServer, Start, World};
use serde_json::{Value, json};
use stoa::config::{Config, Registration};
use uuid::Uuid;

const BEGIN: &str = "mutation($input: BeginFederatedSignInInput!) { beginFederatedSignIn(input: $input) {
    authorizationUrl flowToken expiresAt userErrors { code path message } } }";
const COMPLETE: &str = "mutation($input: CompleteFederatedSignInInput!) { completeFederatedSignIn(input: $input) {
    accessToken refreshToken user { id username displayName email emailVerifiedAt }
    userErrors { code path message } } }";
const LINK: &str = "mutation($input: LinkIdentityInput!) { linkIdentity(input: $input) {
    identity { id provider { name displayName } linkedAt lastUsedAt } userErrors { code path message } } }";
const UNLINK: &str = "mutation($id: ID!) { unlinkIdentity(input: { identityId: $id }) {
    deletedIdentityId userErrors { code path message } } }";
const MINE: &str = "{ viewer { username identities { totalCount nodes { id provider { name } lastUsedAt } }
    securityEvents { nodes { kind } } } }";

/// Those whom the provider knows.
pub(crate) fn people() -> Value {
    json!({
        "ines": { "email": "ines@people.test", "email_verified": true, "name": "Inés R.", "preferred_username": "Ines" },
        "omar": { "email": "omar@people.test", "email_verified": false, "name": "Omar" },
        "kofi": { "preferred_username": "ines" },
    })
}

/// A world whose provider `acme` is the server.
pub(crate) async fn world(server: &SignInServer) -> World {
    world_with(server, |_| {}).await
}

async fn world_with(server: &SignInServer, adjust: impl FnOnce(&mut Config)) -> World {
    let file = Providers::file(&json!([provider(server)]));
    World::with(Start::Empty, |config| {
        config.federation.oidc_providers_file = Some(file.0.clone());
        adjust(config);
    })
    .await
}

fn provider(server: &SignInServer) -> Value {
    json!({ "name": "acme", "displayName": "Acme", "issuer": server.issuer, "clientId": SignInServer::CLIENT,
        "clientSecret": SignInServer::SECRET, "redirectUris": [SignInServer::PAGE] })
}

/// A file of settings that goes when it was read.
struct Providers(PathBuf);

impl Providers {
    fn file(providers: &Value) -> Self {
        let path = std::env::temp_dir().join(format!("stoa-providers-{}.json", Uuid::new_v4().simple()));
        std::fs::write(&path, providers.to_string()).unwrap();
        Self(path)
    }
}

impl Drop for Providers {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A sign-in under way: where the browser goes, and what the client keeps.
pub(crate) struct Flow {
    pub(crate) url: String,
    pub(crate) token: String,
}

pub(crate) async fn begin(person: &Person<'_>) -> Flow {
    let input = json!({ "provider": "acme", "redirectUri": SignInServer::PAGE });
    let answer = person.run(BEGIN, json!({ "input": input })).await;
    let begun = answer.field("beginFederatedSignIn");
    let text = |name: &str| begun[name].as_str().unwrap().to_owned();
    Flow { url: text("authorizationUrl"), token: text("flowToken") }
}

/// What comes back to the client after somebody has signed in at the provider, as an input.
pub(crate) async fn arrive(flow: &Flow, login: &str) -> Value {
    arrived(&flow.token, &Browser::default().sign_in(&flow.url, login).await)
}

fn arrived(token: &str, came: &BTreeMap<String, String>) -> Value {
    json!({ "flowToken": token, "state": came["state"], "code": came["code"], "iss": came["iss"] })
}

async fn complete(world: &World, input: &Value) -> Answer {
    world.anonymous().run(COMPLETE, json!({ "input": input })).await
}

/// The whole way, as somebody in a browser goes it.
async fn sign_in(world: &World, login: &str) -> Answer {
    let flow = begin(&world.anonymous()).await;
    complete(world, &arrive(&flow, login).await).await
}

/// The same, to be that person.
async fn signed_in<'w>(world: &'w World, login: &str) -> Person<'w> {
    let answer = sign_in(world, login).await;
    let token = answer.field("completeFederatedSignIn")["accessToken"].as_str().unwrap().to_owned();
    world.anonymous().with_token(&token)
}

async fn link(person: &Person<'_>, login: &str) -> Answer {
    let flow = begin(person).await;
    person.run(LINK, json!({ "input": arrive(&flow, login).await })).await
}

async fn mine(person: &Person<'_>) -> Value {
    person.run(MINE, json!({})).await.field("viewer").clone()
}

const WRONG: [&str; 1] = ["WRONG_CREDENTIALS"];
