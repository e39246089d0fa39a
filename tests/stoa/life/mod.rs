//! The life of an account: changed, suspended, deactivated, deleted, brought back, and what ends with it.

mod changes;
mod ends;
mod states;

use harness::{Person, World};
use serde_json::{Value, json};

use crate::matrix::scene::{done, mutation, text};

const ADMINISTER: [&str; 4] = ["suspendUser", "reactivateUser", "deleteUser", "restoreUser"];
const STATE: &str = "user { username state stateReason stateChangedAt suspendedUntil version }";

/// Registers with a password; the account and its tokens.
async fn newcomer<'w>(world: &'w World, username: &str) -> (Person<'w>, Value) {
    let input =
        json!({ "username": username, "email": format!("{username}@people.test"), "password": "correct horse" });
    let made = done(&world.anonymous(), "register", "accessToken refreshToken user { id }", input).await;
    let mut person = world.anonymous().with_token(made["accessToken"].as_str().unwrap());
    person.id = text(&made["user"]["id"]);
    (person, made)
}

async fn sign_in(world: &World, username: &str) -> Vec<String> {
    let input = json!({ "input": { "identifier": username, "password": "correct horse" } });
    world.anonymous().run(&mutation("signIn", "accessToken"), input).await.refusals("signIn")
}

async fn run(person: &Person<'_>, name: &str, input: Value) -> harness::Answer {
    person.run(&mutation(name, STATE), json!({ "input": input })).await
}

fn step(name: &str, id: &str) -> Value {
    if name == "suspendUser" { json!({ "id": id, "reason": "Noise." }) } else { json!({ "id": id }) }
}
