//! Whose account it is that a sign-in leads to.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_first_gets_an_account_and_then_the_same() {
    let server = SignInServer::start(people()).await;
    let world = world(&server).await;
    let answer = sign_in(&world, "ines").await;
    let user = &answer.field("completeFederatedSignIn")["user"];
    assert_eq!((&user["username"], &user["displayName"]), (&json!("ines"), &json!("Inés R.")));
    assert_eq!(user["email"], "ines@people.test");
    assert!(user["emailVerifiedAt"].is_string());
    let again = sign_in(&world, "ines").await;
    assert_eq!(again.field("completeFederatedSignIn")["user"]["id"], user["id"]);
    assert_eq!(world.number("select count(*) from users").await, 1);
    assert_eq!(world.number("select count(*) from users where password_hash is not null").await, 0);
    let person = signed_in(&world, "ines").await;
    let seen = mine(&person).await;
    assert_eq!(seen["identities"]["totalCount"], 1);
    assert_eq!(seen["identities"]["nodes"][0]["provider"]["name"], "acme");
    assert!(seen["identities"]["nodes"][0]["lastUsedAt"].is_string());
    assert_eq!(world.number("select count(*) from audit_log where action = 'session.federated_sign_in'").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_free_and_addresses_are_shown_to_be_theirs() {
    let server = SignInServer::with(json!({ "port": 0, "people": people(), "whole": true })).await;
    let world = world(&server).await;
    let name = |answer: &Answer| answer.field("completeFederatedSignIn")["user"].clone();
    name(&sign_in(&world, "ines").await);
    let kofi = name(&sign_in(&world, "kofi").await);
    assert_eq!((&kofi["username"], &kofi["email"]), (&json!("ines-2"), &Value::Null));
    let omar = name(&sign_in(&world, "omar").await);
    assert_eq!(
        (&omar["username"], &omar["email"], &omar["emailVerifiedAt"]),
        (&json!("omar"), &Value::Null, &Value::Null)
    );
    let nobody = name(&sign_in(&world, "12345").await);
    assert_eq!(nobody["username"], "user", "nothing is known of them but a number");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_never_leads_to_an_account() {
    let server = SignInServer::start(people()).await;
    let world = world(&server).await;
    let ines = world.member("ines").await;
    let before = world.number("select count(*) from users").await;
    let answer = sign_in(&world, "ines").await;
    assert_eq!(answer.refusals("completeFederatedSignIn"), ["CONFLICT"]);
    let said = answer.data()["completeFederatedSignIn"]["userErrors"][0]["message"].as_str().unwrap().to_owned();
    assert!(said.contains("Sign in to it") && said.contains("link"), "{said}");
    assert_eq!(world.number("select count(*) from users").await, before);
    // As it says.
    let linked = link(&ines, "ines").await;
    assert_eq!(linked.field("linkIdentity")["identity"]["provider"]["displayName"], "Acme");
    let user = sign_in(&world, "ines").await.field("completeFederatedSignIn")["user"]["id"].clone();
    assert_eq!(user, json!(ines.id));
    // An address that the provider has not seen to be theirs is nobody's.
    world.member("omar").await;
    assert_eq!(sign_in(&world, "omar").await.field("completeFederatedSignIn")["user"]["username"], "omar-2");
}

#[tokio::test(flavor = "multi_thread")]
async fn newcomers_come_by_the_rules_of_registration() {
    let server = SignInServer::start(people()).await;
    let closed = world_with(&server, |config| config.auth.registration = Some(Registration::Closed)).await;
    assert_eq!(sign_in(&closed, "ines").await.code(), "FORBIDDEN");
    assert_eq!(closed.number("select count(*) from users").await, 0);
    let ines = closed.member("ines").await;
    link(&ines, "ines").await.field("linkIdentity");
    sign_in(&closed, "ines").await.field("completeFederatedSignIn");

    let world = world_with(&server, |config| config.auth.registration = Some(Registration::Invite)).await;
    assert_eq!(sign_in(&world, "ines").await.refusals("completeFederatedSignIn"), ["INVALID invitationCode"]);
    let admin = world.admin("noor").await;
    let invite = "mutation($email: EmailAddress) { createInvitation(input: { email: $email }) {
        invitationCode userErrors { code } } }";
    let code = async |email: &str| {
        let answer = admin.run(invite, json!({ "email": email })).await;
        answer.field("createInvitation")["invitationCode"].clone()
    };
    let (others, theirs) = (code("omar@people.test").await, code("ines@people.test").await);
    for (code, refusals) in [(&others, vec!["INVALID invitationCode"]), (&theirs, vec![])] {
        let flow = begin(&world.anonymous()).await;
        let mut input = arrive(&flow, "ines").await;
        input["invitationCode"] = code.clone();
        assert_eq!(complete(&world, &input).await.refusals("completeFederatedSignIn"), refusals);
    }
    assert_eq!(world.number("select count(*) from invitations where used_at is not null").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shut_account_looks_like_a_wrong_sign_in() {
    let server = SignInServer::start(people()).await;
    let world = world(&server).await;
    signed_in(&world, "ines").await;
    for state in ["suspended", "deleted"] {
        world.db_run("update users set state = 'active'").await;
        world.db_run(&format!("update users set state = '{state}'")).await;
        let shut = sign_in(&world, "ines").await;
        let wrong = complete(&world, &json!({ "flowToken": "x", "state": "x", "code": "x" })).await;
        assert_eq!(shut.refusals("completeFederatedSignIn"), WRONG, "{state}");
        assert_eq!(shut.alike(), wrong.alike(), "{state}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_is_of_one_account_and_the_last_way_in_stays() {
    let server = SignInServer::start(people()).await;
    let world = world(&server).await;
    let (ines, omar) = (signed_in(&world, "ines").await, world.member("omar").await);
    assert_eq!(link(&omar, "ines").await.refusals("linkIdentity"), ["CONFLICT"]);
    let own = link(&ines, "ines").await.field("linkIdentity")["identity"]["id"].clone();
    assert_eq!(mine(&ines).await["identities"]["totalCount"], 1, "it was there");
    let unlink = async |person: &Person<'_>, id: &Value| person.run(UNLINK, json!({ "id": id })).await;
    assert_eq!(unlink(&ines, &own).await.refusals("unlinkIdentity"), ["CONFLICT identityId"]);
    assert_eq!(unlink(&omar, &own).await.refusals("unlinkIdentity"), ["NOT_FOUND identityId"]);
    assert_eq!(unlink(&world.anonymous(), &own).await.code(), "UNAUTHENTICATED");
    assert_eq!(unlink(&omar, &json!("idn_x")).await.refusals("unlinkIdentity"), ["INVALID identityId"]);
    let other = link(&ines, "kofi").await.field("linkIdentity")["identity"]["id"].clone();
    // Two at once: one stays.
    let (first, second) = tokio::join!(unlink(&ines, &own), unlink(&ines, &other));
    let gone = [&first, &second].into_iter().filter(|answer| answer.refusals("unlinkIdentity").is_empty()).count();
    assert_eq!((gone, world.number("select count(*) from identities").await), (1, 1));
    let kinds = mine(&ines).await["securityEvents"].to_string();
    assert!(kinds.contains("IDENTITY_LINKED") && kinds.contains("IDENTITY_UNLINKED"), "{kinds}");
    // With a password the last one may go.
    world.db_run("update users set password_hash = 'x' where username = 'ines'").await;
    let last = mine(&ines).await["identities"]["nodes"][0]["id"].clone();
    unlink(&ines, &last).await.field("unlinkIdentity");
    assert_eq!(mine(&ines).await["identities"]["totalCount"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_password_shows_it_before_linking() {
    let server = SignInServer::start(people()).await;
    let world = world(&server).await;
    let register = "mutation($input: RegisterInput!) { register(input: $input) { accessToken userErrors { code } } }";
    let input = json!({ "input": { "username": "noor", "password": "seven green herons" } });
    let nobody = world.anonymous();
    let token = nobody.run(register, input).await.field("register")["accessToken"].as_str().unwrap().to_owned();
    let noor = nobody.with_token(&token);
    let begin = async |password: Value| {
        let input = json!({ "provider": "acme", "redirectUri": SignInServer::PAGE, "currentPassword": password });
        noor.run(BEGIN, json!({ "input": input })).await
    };
    for wrong in [Value::Null, json!("six green herons")] {
        let refused = begin(wrong).await;
        assert_eq!(refused.refusals("beginFederatedSignIn"), ["WRONG_CREDENTIALS currentPassword"]);
    }
    assert_eq!(world.number("select count(*) from sign_in_flows").await, 0);
    begin(json!("seven green herons")).await.field("beginFederatedSignIn");
}

#[tokio::test(flavor = "multi_thread")]
async fn others_see_nothing_of_an_identity() {
    let server = SignInServer::start(people()).await;
    let world = world(&server).await;
    let ines = signed_in(&world, "ines").await;
    let id = mine(&ines).await["identities"]["nodes"][0]["id"].clone();
    let node = "query($id: ID!) { node(id: $id) { id ... on Identity { provider { name } } } }";
    assert_eq!(ines.run(node, json!({ "id": id })).await.field("node")["id"], id);
    let admin = world.admin("noor").await;
    assert_eq!(admin.run(node, json!({ "id": id })).await.field("node"), &Value::Null);
    let theirs = "{ user(by: { username: \"ines\" }) { username identities { totalCount } } }";
    let seen = admin.run(theirs, json!({})).await.field("user").clone();
    assert_eq!((&seen["username"], &seen["identities"]), (&json!("ines"), &Value::Null));
}
