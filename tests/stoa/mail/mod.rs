//! Mail: who gets which, what the tokens in it open, and how it is delivered.

mod delivery;
mod invitations;
mod reset;
mod verify;

use harness::{Person, World};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

const REGISTER: &str = "mutation($input: RegisterInput!) { register(input: $input) {
    accessToken userErrors { code message path } } }";
const REQUEST: &str = "mutation($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) {
    requested userErrors { code path } } }";
const RESET: &str = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) {
    endedSessions userErrors { code message path } } }";
const ASK: &str = "mutation { requestEmailVerification(input: {}) { email userErrors { code path } } }";
const VERIFY: &str = "mutation($token: String!) { verifyEmail(input: { token: $token }) {
    verifiedAt userErrors { code path } } }";
const VERIFIED: &str = "{ viewer { emailVerifiedAt } }";
const OLD: &str = "correct horse";
const NEW: &str = "seven green herons";

/// An account with a password and the address `<name>@people.test`, signed in.
pub(crate) async fn join<'w>(world: &'w World, name: &str) -> Person<'w> {
    let nobody = world.anonymous();
    let input = json!({ "username": name, "email": format!("{name}@people.test"), "password": OLD });
    let answer = nobody.run(REGISTER, json!({ "input": input })).await;
    nobody.with_token(answer.field("register")["accessToken"].as_str().unwrap())
}

pub(crate) async fn request(world: &World, email: &str) -> harness::Answer {
    world.anonymous().run(REQUEST, json!({ "email": email })).await
}

async fn reset(world: &World, token: &str, password: &str) -> harness::Answer {
    world.anonymous().run(RESET, json!({ "input": { "token": token, "newPassword": password } })).await
}

async fn verify(world: &World, token: &str) -> harness::Answer {
    world.anonymous().run(VERIFY, json!({ "token": token })).await
}

async fn can_sign_in(world: &World, name: &str, password: &str) -> bool {
    let document = "mutation($input: SignInInput!) { signIn(input: $input) { userErrors { code path } } }";
    let input = json!({ "input": { "identifier": name, "password": password } });
    world.anonymous().run(document, input).await.refusals("signIn").is_empty()
}

/// The words of the newest mail of a template, as the operator reads it, with its address.
pub(crate) async fn newest(world: &World, template: &str) -> (String, String) {
    let sql = format!("select id, email::text from mails where template = '{template}' order by id desc limit 1");
    let row = world.db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap().unwrap();
    let id: Uuid = row.try_get_by_index(0).unwrap();
    let mail = stoa::domain::mail::rows::find(&world.db, entity::id::MailId(id)).await.unwrap().unwrap();
    let text = world.app.post.text(&mail, &world.app.tokens);
    (row.try_get_by_index(1).unwrap(), format!("{}\n{}", text.subject, text.body))
}

/// The token in a mail.
pub(crate) fn token(text: &str) -> String {
    let word = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'));
    word.into_iter().find(|word| word.starts_with("stoa_")).unwrap_or_else(|| panic!("no token: {text}")).to_owned()
}

/// A token for a new password.
pub(crate) async fn reset_token(world: &World, email: &str) -> String {
    request(world, email).await.field("requestPasswordReset");
    world.deliver().await;
    token(&newest(world, "password_reset_link").await.1)
}

/// A token for the person's own address.
async fn verification_token(world: &World, person: &Person<'_>) -> String {
    person.run(ASK, json!({})).await.field("requestEmailVerification");
    token(&newest(world, "email_verification_link").await.1)
}

async fn verified_at(person: &Person<'_>) -> Value {
    person.run(VERIFIED, json!({})).await.field("viewer")["emailVerifiedAt"].clone()
}
