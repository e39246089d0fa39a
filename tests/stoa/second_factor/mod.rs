//! The second factor: getting one, signing in with it, showing it again, losing it.

mod enrol;
mod guessing;
mod sign_in;
mod step_up;

use harness::{Answer, Person, World};
use serde_json::{Value, json};
use totp_rs::Totp;

const REGISTER: &str = "mutation($input: RegisterInput!) { register(input: $input) {
    accessToken user { id } userErrors { code message path } } }";
const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) {
    accessToken session { id secondFactorAt } userErrors { code message path } } }";
const BEGIN: &str = "mutation($input: BeginTotpInput!) { beginTotp(input: $input) {
    secret uri expiresAt userErrors { code message path } } }";
const CONFIRM: &str = "mutation($input: ConfirmTotpInput!) { confirmTotp(input: $input) {
    recoveryCodes secondFactor { since recoveryCodesLeft } userErrors { code message path } } }";
const SHOW: &str = "mutation($input: ConfirmSecondFactorInput!) { confirmSecondFactor(input: $input) {
    recentUntil userErrors { code message path } } }";
const REGENERATE: &str = "mutation($input: RegenerateRecoveryCodesInput!) { regenerateRecoveryCodes(input: $input) {
    recoveryCodes secondFactor { since recoveryCodesLeft } userErrors { code message path } } }";
const REMOVE: &str = "mutation { removeSecondFactor(input: {}) {
    user { secondFactor { since } } userErrors { code message path } } }";
const REMOVE_OF: &str = "mutation($id: ID!) { removeUserSecondFactor(input: { userId: $id }) {
    user { id } userErrors { code message path } } }";
const TRUST: &str = "mutation { trustDevice(input: {}) { deviceToken userErrors { code path } } }";
const FACTOR: &str = "{ viewer { secondFactor { since recoveryCodesLeft } } }";
pub(crate) const PASSWORD: &str = "correct horse";

/// Somebody with an authenticator.
pub(crate) struct Enrolled<'w> {
    world: &'w World,
    name: String,
    pub(crate) person: Person<'w>,
    totp: Totp,
    pub(crate) codes: Vec<String>,
}

pub(crate) async fn register<'w>(world: &'w World, name: &str) -> Person<'w> {
    let nobody = world.anonymous();
    let input = json!({ "input": { "username": name, "email": format!("{name}@people.test"), "password": PASSWORD } });
    let answer = nobody.run(REGISTER, input).await;
    nobody.with_token(answer.field("register")["accessToken"].as_str().unwrap())
}

pub(crate) async fn begin(person: &Person<'_>) -> Totp {
    let begun = person.run(BEGIN, json!({ "input": { "currentPassword": PASSWORD } })).await;
    Totp::from_url(begun.field("beginTotp")["uri"].as_str().unwrap()).unwrap()
}

/// What the authenticator shows so many seconds from now.
pub(crate) fn code(world: &World, totp: &Totp, later: i64) -> String {
    totp.generate((world.clock.now().timestamp() + later).try_into().unwrap()).to_string()
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

impl<'w> Enrolled<'w> {
    /// With a code of the step before, so that the present one is still unused.
    pub(crate) async fn new(world: &'w World, name: &str) -> Self {
        let person = register(world, name).await;
        let totp = begin(&person).await;
        let confirmed = person.run(CONFIRM, json!({ "input": { "code": code(world, &totp, -30) } })).await;
        let codes = texts(&confirmed.field("confirmTotp")["recoveryCodes"]);
        Self { world, name: name.to_owned(), person, totp, codes }
    }

    pub(crate) fn code(&self) -> String {
        code(self.world, &self.totp, 0)
    }

    /// A code that is none of those that are right now.
    fn wrong(&self) -> String {
        let near: Vec<String> = (-2..=2).map(|step| code(self.world, &self.totp, step * 30)).collect();
        (0..).map(|number| format!("{number:06}")).find(|code| !near.contains(code)).unwrap()
    }

    async fn sign_in(&self, world: &World, input: Value) -> Answer {
        let mut all = json!({ "identifier": self.name, "password": PASSWORD });
        all.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
        world.anonymous().run(SIGN_IN, json!({ "input": all })).await
    }

    async fn with(&self, second_factor: Value) -> Answer {
        self.sign_in(self.world, json!({ "secondFactor": second_factor })).await
    }

    async fn admitted(&self, second_factor: Value) -> Person<'w> {
        let answer = self.with(second_factor).await;
        self.world.anonymous().with_token(answer.field("signIn")["accessToken"].as_str().unwrap())
    }

    async fn show(&self, second_factor: Value) -> Answer {
        self.person.run(SHOW, json!({ "input": { "secondFactor": second_factor } })).await
    }
}

/// `ok`, the refusals, or the code of the error.
fn outcome(answer: &Answer, field: &str) -> String {
    match answer.body.get("errors") {
        Some(_) => answer.code().to_owned(),
        None => answer.refusals(field).pop().unwrap_or_else(|| "ok".to_owned()),
    }
}

async fn count(world: &World, what: &str) -> i64 {
    world.number(&format!("select count(*) from {what}")).await
}
