//! The second factor: getting one, signing in with it, showing it again, losing it.

use chrono::TimeDelta;
use futures_util::future::join_all;
use harness::{Answer, Person, Start, World};
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
const PASSWORD: &str = "correct horse";

/// Somebody with an authenticator.
struct Enrolled<'w> {
    world: &'w World,
    name: String,
    person: Person<'w>,
    totp: Totp,
    codes: Vec<String>,
}

async fn register<'w>(world: &'w World, name: &str) -> Person<'w> {
    let nobody = world.anonymous();
    let input = json!({ "input": { "username": name, "email": format!("{name}@people.test"), "password": PASSWORD } });
    let answer = nobody.run(REGISTER, input).await;
    nobody.with_token(answer.field("register")["accessToken"].as_str().unwrap())
}

async fn begin(person: &Person<'_>) -> Totp {
    let begun = person.run(BEGIN, json!({ "input": { "currentPassword": PASSWORD } })).await;
    Totp::from_url(begun.field("beginTotp")["uri"].as_str().unwrap()).unwrap()
}

/// What the authenticator shows so many seconds from now.
fn code(world: &World, totp: &Totp, later: i64) -> String {
    totp.generate((world.clock.now().timestamp() + later).try_into().unwrap()).to_string()
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

impl<'w> Enrolled<'w> {
    /// With a code of the step before, so that the present one is still unused.
    async fn new(world: &'w World, name: &str) -> Self {
        let person = register(world, name).await;
        let totp = begin(&person).await;
        let confirmed = person.run(CONFIRM, json!({ "input": { "code": code(world, &totp, -30) } })).await;
        let codes = texts(&confirmed.field("confirmTotp")["recoveryCodes"]);
        Self { world, name: name.to_owned(), person, totp, codes }
    }

    fn code(&self) -> String {
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

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticator_counts_once_it_is_confirmed() {
    let world = World::with(Start::Empty, |config| config.auth.service_name = "Heron & Field".to_owned()).await;
    let tove = register(&world, "tove").await;
    let before = world.fingerprint().await;
    let refused = tove.run(BEGIN, json!({ "input": { "currentPassword": "wrong horse" } })).await;
    assert_eq!(refused.refusals("beginTotp"), ["WRONG_CREDENTIALS currentPassword"]);
    let none = tove.run(CONFIRM, json!({ "input": { "code": "123456" } })).await;
    assert_eq!(none.refusals("confirmTotp"), ["NOT_FOUND"]);
    world.db_run("delete from sign_in_guards").await;
    assert_eq!(world.fingerprint().await, before);

    let begun = tove.run(BEGIN, json!({ "input": { "currentPassword": PASSWORD } })).await;
    let begun = begun.field("beginTotp");
    assert_eq!(begun["expiresAt"], "2026-06-01T12:15:00.000Z");
    let totp = Totp::from_url(begun["uri"].as_str().unwrap()).unwrap();
    assert_eq!((totp.issuer(), totp.account_name()), (Some("Heron & Field"), "tove"));
    assert_eq!((totp.digits(), totp.step(), totp.secret().len()), (6, 30, 20));
    assert_eq!(begun["secret"], totp.secret().to_base32());
    // Nothing has changed yet.
    let in_ = json!({ "input": { "identifier": "tove", "password": PASSWORD } });
    let other = world.anonymous().run(SIGN_IN, in_.clone()).await;
    let other = world.anonymous().with_token(other.field("signIn")["accessToken"].as_str().unwrap());
    assert_eq!(tove.run(FACTOR, json!({})).await.data()["viewer"]["secondFactor"], Value::Null);

    let confirm = |code: String| json!({ "input": { "code": code } });
    let right = code(&world, &totp, 0);
    for wrong in
        ["", "12345", &format!("{right}0"), "abcdef", "\0", &code(&world, &totp, 60), &code(&world, &totp, -60)]
    {
        let refused = tove.run(CONFIRM, confirm(wrong.to_owned())).await;
        assert_eq!(refused.refusals("confirmTotp"), ["WRONG_CREDENTIALS code"], "{wrong}");
    }
    // What was begun here is confirmed here.
    assert_eq!(other.run(CONFIRM, confirm(right.clone())).await.refusals("confirmTotp"), ["NOT_FOUND"]);
    world.clock.advance(TimeDelta::minutes(15));
    let late = tove.run(CONFIRM, confirm(code(&world, &totp, 0))).await;
    assert_eq!(late.refusals("confirmTotp"), ["NOT_FOUND"]);
    let totp = begin(&tove).await;
    let confirmed = tove.run(CONFIRM, confirm(code(&world, &totp, 0))).await;
    let confirmed = confirmed.field("confirmTotp");
    assert_eq!(confirmed["secondFactor"], json!({ "since": "2026-06-01T12:15:00.000Z", "recoveryCodesLeft": 10 }));
    let codes = texts(&confirmed["recoveryCodes"]);
    let shaped = |code: &&String| code.len() == 19 && code.split('-').all(|part| part.len() == 4);
    assert_eq!((codes.len(), codes.iter().filter(shaped).count()), (10, 10), "{codes:?}");
    assert_eq!(codes.iter().collect::<std::collections::HashSet<_>>().len(), 10);
    assert_eq!(world.anonymous().run(SIGN_IN, in_).await.code(), "SECOND_FACTOR_REQUIRED");
    assert_eq!(count(&world, "second_factor_drafts").await, 0);
    for (table, condition) in [
        ("security_events", "kind = 'second_factor_added' and session_id is not null"),
        ("audit_log", "action = 'second_factor.add' and session_id is not null"),
        ("events", "kind = 'second_factor.add'"),
    ] {
        assert_eq!(count(&world, &format!("{table} where {condition}")).await, 1, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_kept_shows_a_code_to_come() {
    let world = World::empty().await;
    let tove = Enrolled::new(&world, "tove").await;
    let again = tove.person.run(REGENERATE, json!({ "input": { "idempotencyKey": "k-1" } })).await;
    let kept_for_repeats = texts(&again.field("regenerateRecoveryCodes")["recoveryCodes"]);
    let secret = tove.totp.secret().as_bytes();
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut tables = Vec::new();
    for (table, _) in world.row_counts().await {
        let codes = [&tove.codes[0], &kept_for_repeats[0]];
        let plain = codes.map(|code| code.replace('-', ""));
        for needle in [&hex, &tove.totp.secret().to_base32(), codes[0], codes[1], &plain[0], &plain[1]] {
            if count(&world, &format!("{table} t where t::text ilike '%{needle}%'")).await > 0 {
                tables.push(table.clone());
            }
        }
    }
    assert_eq!(tables, Vec::<String>::new());
    assert_eq!(count(&world, "second_factors where length(secret) = 12 + 20 + 16").await, 1, "nonce, secret and tag");
    // Sealed for its account: it opens for nobody else.
    let omar = Enrolled::new(&world, "omar").await;
    world
        .db_run(
            "update second_factors set secret = (select secret from second_factors f join users u on u.id = f.user_id
             where u.username = 'omar') where user_id = (select id from users where username = 'tove')",
        )
        .await;
    let foreign = tove.with(json!({ "totp": omar.code() })).await;
    assert_eq!(foreign.code(), "INTERNAL");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_password_is_not_enough() {
    let world = World::empty().await;
    let tove = Enrolled::new(&world, "tove").await;
    let before = world.fingerprint().await;
    let asked = tove.sign_in(&world, json!({})).await;
    assert_eq!(asked.code(), "SECOND_FACTOR_REQUIRED");
    assert_eq!((asked.status.as_u16(), &asked.body["data"]["signIn"]), (200, &Value::Null));
    assert_eq!(asked.body["errors"][0]["extensions"]["factors"], json!(["TOTP", "RECOVERY_CODE"]));
    assert_eq!(world.fingerprint().await, before, "nothing is made");
    // Before the password is right nothing is told, whatever is sent besides.
    register(&world, "omar").await;
    let wrong = |name: &str, factor: Value| json!({ "input": { "identifier": name, "password": "wrong horse", "secondFactor": factor } });
    let mut said = Vec::new();
    for name in ["tove", "omar", "nobody"] {
        for factor in [Value::Null, json!({ "totp": tove.code() }), json!({ "recoveryCode": tove.codes[0] })] {
            let answer = world.anonymous().run(SIGN_IN, wrong(name, factor)).await;
            assert_eq!(answer.refusals("signIn"), ["WRONG_CREDENTIALS"]);
            said.push((answer.alike(), answer.statements));
        }
    }
    assert!(said.iter().all(|answer| *answer == said[0]), "{said:#?}");
    // Whoever has no second factor needs none, and what they send is as good as nothing.
    let input = json!({ "identifier": "omar", "password": PASSWORD, "secondFactor": { "totp": "000000" } });
    let answer = world.anonymous().run(SIGN_IN, json!({ "input": input })).await;
    assert_eq!(answer.field("signIn")["session"]["secondFactorAt"], Value::Null);

    let answer = tove.with(json!({ "totp": tove.code() })).await;
    assert_eq!(answer.field("signIn")["session"]["secondFactorAt"], "2026-06-01T12:00:00.000Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_counts_once_and_for_half_a_minute_either_way() {
    let world = World::empty().await;
    let tove = Enrolled::new(&world, "tove").await;
    let wrong = "WRONG_CREDENTIALS secondFactor";
    let tries =
        async |later: i64| outcome(&tove.with(json!({ "totp": code(&world, &tove.totp, later) })).await, "signIn");
    // The code of the confirmation is used.
    assert_eq!(tries(-30).await, wrong);
    assert_eq!((tries(60).await, tries(-60).await), (wrong.to_owned(), wrong.to_owned()));
    assert_eq!(tries(0).await, "ok");
    assert_eq!(tries(0).await, wrong, "it was used");
    assert_eq!(tries(30).await, "ok", "an authenticator may be ahead");
    world.clock.advance(TimeDelta::seconds(30));
    assert_eq!((tries(0).await, tries(-30).await), (wrong.to_owned(), wrong.to_owned()));
    world.clock.advance(TimeDelta::seconds(90));
    assert_eq!(tries(-30).await, "ok", "or behind");
    assert_eq!(tries(0).await, "ok");
    // One that is ahead ends those before it.
    world.clock.advance(TimeDelta::seconds(60));
    assert_eq!((tries(30).await, tries(0).await), ("ok".to_owned(), wrong.to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_uses_of_one_code_at_two_processes_one_wins() {
    let world = World::with(Start::Empty, |config| config.auth.max_login_attempts = 1000).await;
    let other = world.another_process().await;
    let tove = Enrolled::new(&world, "tove").await;
    for factor in [json!({ "totp": tove.code() }), json!({ "recoveryCode": tove.codes[3] })] {
        let sessions = count(&world, "sessions").await;
        let input = json!({ "secondFactor": factor });
        let calls = (0..100).map(|n| tove.sign_in(if n % 2 == 0 { &world } else { &other }, input.clone()));
        let outcomes: Vec<String> = join_all(calls).await.iter().map(|answer| outcome(answer, "signIn")).collect();
        let won = outcomes.iter().filter(|outcome| *outcome == "ok").count();
        let lost = outcomes.iter().filter(|outcome| *outcome == "WRONG_CREDENTIALS secondFactor").count();
        assert_eq!((won, lost), (1, 99), "{outcomes:?}");
        assert_eq!(count(&world, "sessions").await, sessions + 1);
    }
    assert_eq!(count(&world, "security_events where kind = 'recovery_code_used'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_codes_work_once_each() {
    let world = World::empty().await;
    let tove = Enrolled::new(&world, "tove").await;
    for (at, code) in tove.codes.iter().enumerate() {
        // However it is typed.
        let typed = match at {
            0 => code.to_lowercase(),
            1 => code.replace('-', ""),
            2 => format!(" {} ", code.replace('-', " ")),
            _ => code.clone(),
        };
        let person = tove.admitted(json!({ "recoveryCode": typed })).await;
        let left = person.run(FACTOR, json!({})).await.data()["viewer"]["secondFactor"]["recoveryCodesLeft"].clone();
        assert_eq!(left, 9 - at);
        let again = tove.with(json!({ "recoveryCode": code })).await;
        assert_eq!(again.refusals("signIn"), ["WRONG_CREDENTIALS secondFactor"]);
    }
    assert_eq!(count(&world, "security_events where kind = 'recovery_code_used'").await, 10);
    assert_eq!(count(&world, "audit_log where action = 'second_factor.use_recovery_code'").await, 10);
    // Somebody else's is nobody's.
    let omar = Enrolled::new(&world, "omar").await;
    let foreign = tove.with(json!({ "recoveryCode": omar.codes[0] })).await;
    assert_eq!(foreign.refusals("signIn"), ["WRONG_CREDENTIALS secondFactor"]);
    // New ones end the old ones, and are told again to whoever repeats the call.
    let call = json!({ "input": { "idempotencyKey": "k-1" } });
    let new = omar.person.run(REGENERATE, call.clone()).await;
    assert_eq!(omar.person.run(REGENERATE, call).await.data(), new.data());
    let old = omar.with(json!({ "recoveryCode": omar.codes[0] })).await;
    assert_eq!(old.refusals("signIn"), ["WRONG_CREDENTIALS secondFactor"]);
    let new = texts(&new.field("regenerateRecoveryCodes")["recoveryCodes"]);
    assert_eq!(new.len(), 10);
    assert!(new.iter().all(|code| !omar.codes.contains(code)));
    omar.admitted(json!({ "recoveryCode": new[9] })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_lock_and_are_told() {
    let world = World::empty().await;
    let other = world.another_process().await;
    let tove = Enrolled::new(&world, "tove").await;
    let wrong = json!({ "secondFactor": { "totp": tove.wrong() } });
    let mut outcomes: Vec<String> = Vec::new();
    let calls = (0..40).map(|n| tove.sign_in(if n % 2 == 0 { &world } else { &other }, wrong.clone()));
    outcomes.extend(join_all(calls).await.iter().map(|answer| outcome(answer, "signIn")));
    let wrongs = outcomes.iter().filter(|outcome| *outcome == "WRONG_CREDENTIALS secondFactor").count();
    let limited = outcomes.iter().filter(|outcome| *outcome == "RATE_LIMITED").count();
    assert_eq!((wrongs, limited), (5, 35), "{outcomes:?}");
    for factor in [json!({ "totp": tove.code() }), json!({ "recoveryCode": tove.codes[0] })] {
        let answer = tove.with(factor).await;
        assert_eq!((answer.code(), answer.headers["retry-after"].to_str().unwrap()), ("RATE_LIMITED", "60"));
    }
    // The owner hears that somebody knows the password.
    assert_eq!(count(&world, "security_events where kind = 'sign_in_failed'").await, 4);
    assert_eq!(count(&world, "security_events where kind = 'sign_in_locked'").await, 1);
    assert_eq!(count(&world, "audit_log where action = 'session.refuse'").await, 5);
    // It is apart from passwords, and from what is shown in a session.
    assert_eq!(tove.sign_in(&world, json!({})).await.code(), "SECOND_FACTOR_REQUIRED");
    let shown = tove.show(json!({ "recoveryCode": tove.codes[0] })).await;
    assert_eq!(outcome(&shown, "confirmSecondFactor"), "ok");
    world.clock.advance(TimeDelta::minutes(1));
    tove.admitted(json!({ "totp": tove.code() })).await;
    // Nor does whoever holds a session guess for ever, or keep the owner out.
    let guess = json!({ "totp": tove.wrong() });
    for _ in 0..5 {
        let refused = tove.show(guess.clone()).await;
        assert_eq!(refused.refusals("confirmSecondFactor"), ["WRONG_CREDENTIALS secondFactor"]);
    }
    assert_eq!(tove.show(json!({ "recoveryCode": tove.codes[1] })).await.code(), "RATE_LIMITED");
    tove.admitted(json!({ "recoveryCode": tove.codes[1] })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_sign_in_is_answered_alike_although_its_code_is_used() {
    let world = World::empty().await;
    let tove = Enrolled::new(&world, "tove").await;
    let input = json!({ "idempotencyKey": "k-1" });
    assert_eq!(tove.sign_in(&world, input).await.code(), "SECOND_FACTOR_REQUIRED");
    let input = json!({ "idempotencyKey": "k-1", "secondFactor": { "totp": tove.code() } });
    let sessions = count(&world, "sessions").await;
    let first = tove.sign_in(&world, input.clone()).await;
    let first = first.field("signIn").clone();
    for _ in 0..8 {
        assert_eq!(tove.sign_in(&world, input.clone()).await.field("signIn"), &first);
    }
    assert_eq!(count(&world, "sessions").await, sessions + 1);
    // The same for the mutations about second factors.
    let omar = register(&world, "omar").await;
    let begin = json!({ "input": { "currentPassword": PASSWORD, "idempotencyKey": "k-2" } });
    let begun = omar.run(BEGIN, begin.clone()).await;
    assert_eq!(omar.run(BEGIN, begin.clone()).await.data(), begun.data());
    let totp = Totp::from_url(begun.field("beginTotp")["uri"].as_str().unwrap()).unwrap();
    let confirm = json!({ "input": { "code": code(&world, &totp, 0), "idempotencyKey": "k-3" } });
    let confirmed = join_all((0..20).map(|_| omar.run(CONFIRM, confirm.clone()))).await;
    confirmed[0].field("confirmTotp");
    assert!(confirmed.iter().all(|answer| answer.data() == confirmed[0].data()));
    assert_eq!(omar.run(BEGIN, begin).await.refusals("beginTotp"), ["CONFLICT idempotencyKey"], "that one is over");
    let show = json!({ "input": { "secondFactor": { "totp": code(&world, &totp, 30) }, "idempotencyKey": "k-4" } });
    let shown = omar.run(SHOW, show.clone()).await;
    shown.field("confirmSecondFactor");
    assert_eq!(omar.run(SHOW, show).await.data(), shown.data());
    assert_eq!(count(&world, "audit_log where action = 'second_factor.show'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_device_needs_no_code() {
    let world = World::empty().await;
    // Whoever knew the password before there was a second factor may have trusted a device.
    let early = register(&world, "tove").await;
    let token = early.run(TRUST, json!({})).await.field("trustDevice")["deviceToken"].clone();
    let totp = begin(&early).await;
    let confirmed = early.run(CONFIRM, json!({ "input": { "code": code(&world, &totp, 0) } })).await;
    let codes = texts(&confirmed.field("confirmTotp")["recoveryCodes"]);
    let tove = Enrolled { world: &world, name: "tove".to_owned(), person: early, totp, codes };
    let old = tove.sign_in(&world, json!({ "deviceToken": token })).await;
    assert_eq!(old.code(), "SECOND_FACTOR_REQUIRED");

    let token = tove.person.run(TRUST, json!({})).await.field("trustDevice")["deviceToken"].clone();
    let trusted = tove.sign_in(&world, json!({ "deviceToken": token })).await;
    assert_eq!(trusted.field("signIn")["session"]["secondFactorAt"], Value::Null);
    let person = world.anonymous().with_token(trusted.field("signIn")["accessToken"].as_str().unwrap());
    assert_eq!(person.run(TRUST, json!({})).await.code(), "SECOND_FACTOR_REQUIRED", "nothing was shown there");
    // The password is still asked for, and so is the right token, of the right account, in its time.
    let wrong = tove.sign_in(&world, json!({ "deviceToken": token, "password": "wrong horse" })).await;
    assert_eq!(wrong.refusals("signIn"), ["WRONG_CREDENTIALS"]);
    let omar = Enrolled::new(&world, "omar").await;
    assert_eq!(omar.sign_in(&world, json!({ "deviceToken": token })).await.code(), "SECOND_FACTOR_REQUIRED");
    let forged = token.as_str().unwrap().to_owned();
    let forged = format!("{}A", &forged[..forged.len() - 1]);
    let forged = if token == forged.as_str() { "stoa_dt_AAAA".to_owned() } else { forged };
    assert_eq!(tove.sign_in(&world, json!({ "deviceToken": forged })).await.code(), "SECOND_FACTOR_REQUIRED");
    world.clock.advance(TimeDelta::days(30));
    assert_eq!(tove.sign_in(&world, json!({ "deviceToken": token })).await.code(), "SECOND_FACTOR_REQUIRED");
}

/// What a borrowed session must not do, with inputs that are refused for nothing else.
fn sensitive(id: &str, role: &Value) -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("trustDevice", "TrustDeviceInput", json!({})),
        ("regenerateRecoveryCodes", "RegenerateRecoveryCodesInput", json!({})),
        ("beginTotp", "BeginTotpInput", json!({ "currentPassword": PASSWORD })),
        ("updateUser", "UpdateUserInput", json!({ "email": "new@people.test", "currentPassword": PASSWORD })),
        ("updateUser", "UpdateUserInput", json!({ "id": id, "email": "other@people.test" })),
        ("assignRole", "AssignRoleInput", json!({ "userId": id, "roleId": role })),
        ("grantPermission", "GrantPermissionInput", json!({ "roleId": role, "permission": "JOBS_WRITE" })),
        ("createUser", "CreateUserInput", json!({ "username": "made", "roleId": role })),
        ("createInvitation", "CreateInvitationInput", json!({ "roleId": role })),
        ("removeUserSecondFactor", "RemoveUserSecondFactorInput", json!({ "userId": id })),
        (
            "changePassword",
            "ChangePasswordInput",
            json!({ "currentPassword": PASSWORD, "newPassword": "seven green herons" }),
        ),
        ("removeSecondFactor", "RemoveSecondFactorInput", json!({})),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_borrowed_session_must_not_do_wants_a_recent_second_factor() {
    let world = World::with(Start::Empty, |config| config.auth.user_session_timeout = 7200).await;
    world.admin("root").await;
    let tove = Enrolled::new(&world, "tove").await;
    Enrolled::new(&world, "omar").await;
    let give = "insert into user_roles (user_id, role_id, assigned_at) select u.id, r.id, u.created_at
        from users u, roles r where u.username = 'tove' and r.name = 'admin'";
    world.db_run(give).await;
    let seen = tove
        .person
        .run("{ users(filter: { search: \"omar\" }) { nodes { id } } roles { nodes { id name } } }", json!({}))
        .await;
    let id = seen.data()["users"]["nodes"][0]["id"].as_str().unwrap().to_owned();
    let roles = seen.data()["roles"]["nodes"].as_array().unwrap().clone();
    let role = &roles.iter().find(|role| role["name"] == "viewer").unwrap()["id"];
    let call = async |name: &str, kind: &str, input: &Value| {
        let document =
            format!("mutation($input: {kind}!) {{ {name}(input: $input) {{ userErrors {{ code path }} }} }}");
        tove.person.run(&document, json!({ "input": input })).await
    };
    // Fifteen minutes after the confirmation it still counts, a moment later it does not.
    world.clock.advance(TimeDelta::minutes(15));
    assert_eq!(outcome(&call("trustDevice", "TrustDeviceInput", &json!({})).await, "trustDevice"), "ok");
    world.clock.advance(TimeDelta::milliseconds(1));
    let closing = [
        ("deactivateAccount", "DeactivateAccountInput", json!({ "currentPassword": PASSWORD })),
        ("deleteAccount", "DeleteAccountInput", json!({ "currentPassword": PASSWORD })),
    ];
    let before = world.fingerprint().await;
    for (name, kind, input) in sensitive(&id, role).iter().chain(&closing) {
        let answer = call(name, kind, input).await;
        assert_eq!(answer.code(), "SECOND_FACTOR_REQUIRED", "{name}");
        assert_eq!(answer.body["errors"][0]["extensions"]["factors"], json!(["TOTP", "RECOVERY_CODE"]));
    }
    assert_eq!(world.fingerprint().await, before, "nothing was done");
    // Names are no address, and the default role is no power.
    for (name, kind, input) in [
        ("updateUser", "UpdateUserInput", json!({ "displayName": "T" })),
        ("createUser", "CreateUserInput", json!({ "username": "plain" })),
        ("createInvitation", "CreateInvitationInput", json!({})),
    ] {
        assert_eq!(outcome(&call(name, kind, &input).await, name), "ok");
    }
    // Shown in another session it counts there; shown here it counts here.
    tove.admitted(json!({ "totp": code(&world, &tove.totp, -30) })).await;
    assert_eq!(call("trustDevice", "TrustDeviceInput", &json!({})).await.code(), "SECOND_FACTOR_REQUIRED");
    let refused = tove.show(json!({ "totp": tove.wrong() })).await;
    assert_eq!(refused.refusals("confirmSecondFactor"), ["WRONG_CREDENTIALS secondFactor"]);
    let shown = tove.show(json!({ "totp": tove.code() })).await;
    assert_eq!(shown.field("confirmSecondFactor")["recentUntil"], "2026-06-01T12:30:00.001Z");
    for (name, kind, input) in sensitive(&id, role) {
        assert_eq!(outcome(&call(name, kind, &input).await, name), "ok", "{name}");
    }
    // Whoever has none is asked for none.
    assert_eq!(outcome(&call("trustDevice", "TrustDeviceInput", &json!({})).await, "trustDevice"), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_it_counts_is_a_setting_and_what_is_gone_counts_no_more() {
    let world = World::with(Start::Empty, |config| config.auth.second_factor_window = 60).await;
    let tove = Enrolled::new(&world, "tove").await;
    let other = tove.admitted(json!({ "totp": tove.code() })).await;
    world.clock.advance(TimeDelta::seconds(60));
    assert_eq!(outcome(&other.run(TRUST, json!({})).await, "trustDevice"), "ok");
    // Another authenticator in the place of the first: what was shown of that counts in no other session.
    let totp = begin(&tove.person).await;
    let confirmed = tove.person.run(CONFIRM, json!({ "input": { "code": code(&world, &totp, 0) } })).await;
    confirmed.field("confirmTotp");
    assert_eq!(other.run(TRUST, json!({})).await.code(), "SECOND_FACTOR_REQUIRED");
    assert_eq!(outcome(&tove.person.run(TRUST, json!({})).await, "trustDevice"), "ok");
    for old in [json!({ "recoveryCode": tove.codes[0] }), json!({ "totp": tove.code() })] {
        assert_eq!(tove.with(old).await.refusals("signIn"), ["WRONG_CREDENTIALS secondFactor"]);
    }
    let gone = tove.person.run(REMOVE, json!({})).await;
    assert_eq!(gone.field("removeSecondFactor")["user"]["secondFactor"], Value::Null);
    assert_eq!(tove.person.run(REMOVE, json!({})).await.refusals("removeSecondFactor"), ["NOT_FOUND"]);
    let none = tove.show(json!({ "totp": "123456" })).await;
    assert_eq!(none.refusals("confirmSecondFactor"), ["NOT_FOUND"]);
    assert_eq!(count(&world, "sessions where second_factor_at is not null").await, 0);
    assert_eq!(count(&world, "recovery_codes").await, 0);
    tove.sign_in(&world, json!({})).await.field("signIn");
    for (table, condition) in [
        ("security_events", "kind = 'second_factor_removed'"),
        ("audit_log", "action = 'second_factor.remove'"),
        ("events", "kind = 'second_factor.remove'"),
    ] {
        assert_eq!(count(&world, &format!("{table} where {condition}")).await, 1, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_help_those_who_may_do_no_more_than_they() {
    let world = World::empty().await;
    let (root, other) = (world.admin("root").await, world.admin("other").await);
    let tove = Enrolled::new(&world, "tove").await;
    let find = "{ users(filter: { search: \"tove\" }) { nodes { id secondFactor { since recoveryCodesLeft } } } }";
    let seen = root.run(find, json!({})).await.data()["users"]["nodes"][0].clone();
    assert_eq!(seen["secondFactor"], json!({ "since": null, "recoveryCodesLeft": null }), "that there is one");
    let id = seen["id"].clone();
    let helper = world.member("helper").await;
    let write = "insert into roles (id, name, description, created_at, updated_at)
        select gen_random_uuid(), 'helper', '', created_at, created_at from users where username = 'root';
        insert into role_permissions (role_id, permission_id, created_at) select r.id, p.id, r.created_at
          from roles r, permissions p where r.name = 'helper' and p.name in ('users:read', 'users:write');
        insert into user_roles (user_id, role_id, assigned_at) select u.id, r.id, r.created_at
          from users u, roles r where u.username = 'helper' and r.name = 'helper'";
    world.db_run(write).await;
    world
        .db_run(
            "insert into second_factors (user_id, secret, confirmed_at, last_step)
             select id, '', created_at, 1 from users where username = 'other'",
        )
        .await;
    let before = world.fingerprint().await;
    let remove = async |who: &Person<'_>, id: &Value| {
        outcome(&who.run(REMOVE_OF, json!({ "id": id })).await, "removeUserSecondFactor")
    };
    assert_eq!(remove(&world.member("omar").await, &id).await, "FORBIDDEN");
    assert_eq!(remove(&helper, &json!(other.id)).await, "FORBIDDEN", "who may do more");
    assert_eq!(remove(&other, &json!(other.id)).await, "FORBIDDEN", "oneself");
    assert_eq!(remove(&other, &id).await, "SECOND_FACTOR_REQUIRED");
    assert_eq!(remove(&root, &json!(helper.id)).await, "NOT_FOUND userId", "who has none");
    world.db_run("delete from users where username = 'omar'").await;
    let changed: Vec<(String, String)> = before
        .lines()
        .zip(world.fingerprint().await.lines())
        .filter(|(old, new)| old != new)
        .map(|(old, new)| (old.to_owned(), new.to_owned()))
        .collect();
    assert_eq!(changed, Vec::new());
    assert_eq!(remove(&helper, &id).await, "ok");
    tove.sign_in(&world, json!({})).await.field("signIn");
    let told = "security_events where kind = 'second_factor_removed' and device is null and address is null";
    assert_eq!(count(&world, told).await, 1, "the owner hears of it, not from where");
    assert_eq!(count(&world, "audit_log where action = 'second_factor.remove' and actor_id is not null").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_the_mail_does_not_get_around_it() {
    let world = World::empty().await;
    let tove = Enrolled::new(&world, "tove").await;
    let request = "mutation { requestPasswordReset(input: { email: \"tove@people.test\" }) { userErrors { code } } }";
    world.anonymous().run(request, json!({})).await.field("requestPasswordReset");
    let clock = &world.clock;
    assert!(stoa::domain::account::rows::confirmations::answer_reset_request(&world.db, clock).await.unwrap());
    let row = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, "select id from confirmations");
    let row = sea_orm::ConnectionTrait::query_one_raw(&world.db, row).await.unwrap().unwrap();
    let token = stoa::auth::confirmation::ConfirmationToken {
        id: entity::id::ConfirmationId(row.try_get_by_index(0).unwrap()),
        purpose: entity::confirmation::Purpose::PasswordReset,
    };
    let reset = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) { userErrors { code path } } }";
    let input = json!({ "token": token.write(&world.app.tokens), "newPassword": "seven green herons" });
    world.anonymous().run(reset, json!({ "input": input })).await.field("resetPassword");
    let new = json!({ "password": "seven green herons" });
    assert_eq!(tove.sign_in(&world, new).await.code(), "SECOND_FACTOR_REQUIRED");
    let new = json!({ "password": "seven green herons", "secondFactor": { "totp": tove.code() } });
    tove.sign_in(&world, new).await.field("signIn");
}
