//! Accounts that cannot be made, and credentials that are none.

use harness::{Start, World};
use serde_json::json;

use super::{Cast, Inquiry};

#[tokio::test(flavor = "multi_thread")]
async fn accounts_have_proper_and_free_names() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    for name in ["a b", "ä", "🌿", "a/b", "a@b", "ines ", "\n", "a'b", "a\u{200b}", "<b>"] {
        // Spaces around are an oversight, spaces inside are not.
        if name.trim() == "ines" {
            inquiry
                .refuses(
                    &cast.nobody,
                    "register",
                    cast.with("register", "username", json!(name)),
                    &["CONFLICT username"],
                )
                .await;
        } else {
            inquiry
                .refuses(
                    &cast.nobody,
                    "register",
                    cast.with("register", "username", json!(name)),
                    &["INVALID username"],
                )
                .await;
        }
    }
    let long = format!("{}@people.test", "x".repeat(243));
    for email in
        ["", " ", "x", "@", "x@", "@people.test", "a b@people.test", "a@b@c", "a@people.test, b@people.test", &long]
    {
        inquiry
            .refuses(&cast.nobody, "register", cast.with("register", "email", json!(email)), &["INVALID email"])
            .await;
        inquiry
            .refuses(
                &cast.root,
                "createInvitation",
                cast.with("createInvitation", "email", json!(email)),
                &["INVALID email"],
            )
            .await;
    }
    for name in ["a\nb", "\u{7}", "\u{1b}[0m"] {
        inquiry
            .refuses(
                &cast.nobody,
                "register",
                cast.with("register", "displayName", json!(name)),
                &["INVALID displayName"],
            )
            .await;
    }
    for name in ["ines", "INES", "hUsH-zOe"] {
        let input = cast.with("register", "username", json!(name));
        inquiry.refuses(&cast.nobody, "register", input, &["CONFLICT username"]).await;
    }
    for email in ["ines@people.test", "INES@People.Test"] {
        inquiry
            .refuses(&cast.nobody, "register", cast.with("register", "email", json!(email)), &["CONFLICT email"])
            .await;
    }
    let spaced = cast.with("register", "email", json!(" new@people.test\n"));
    let made = inquiry.accepts(&cast.nobody, "register", spaced).await;
    assert_eq!(made["user"]["email"], "new@people.test");
    inquiry.accepts(&cast.nobody, "register", json!({ "username": "N.e_w-1", "password": "correct horse" })).await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_about_credentials_is_told() {
    let world = World::with(Start::Empty, |config| config.auth.max_login_attempts = 1000).await;
    let cast = Cast::enter(&world).await;
    let known = json!({ "username": "known", "email": "known@people.test", "password": "correct horse" });
    let answer = cast.nobody.run(&super::document("register"), json!({ "input": known })).await;
    let token = answer.field("register")["refreshToken"].as_str().unwrap().to_owned();
    let mut inquiry = Inquiry::begin(&world).await;
    let long = "x".repeat(100_000);
    let mut answers = Vec::new();
    for (identifier, password) in [
        ("", ""),
        ("known", ""),
        ("known", "Correct horse"),
        ("known", "correct horse "),
        ("known", "correct horse\0"),
        ("known\0", "correct horse"),
        ("nobody", "correct horse"),
        (&long, "correct horse"),
        ("known", &long),
        ("known' --", "correct horse"),
        ("%", "correct horse"),
        ("kn wn", "correct horse"),
        ("ines", "correct horse"),
        ("hush-zoe", "correct horse"),
        ("🌿", "🌿"),
        ("known@people", "correct horse"),
    ] {
        let input = json!({ "identifier": identifier, "password": password });
        let answer = inquiry.refuses(&cast.nobody, "signIn", input, &["WRONG_CREDENTIALS"]).await;
        answers.push(answer.alike());
    }
    answers.dedup();
    if answers.len() != 1 {
        inquiry.fault("signIn", "the refusals differ");
    }
    for bad in [
        String::new(),
        " ".into(),
        "x".into(),
        "stoa_rt_".into(),
        "stoa_rt_AAAA".into(),
        "\0".into(),
        "🌿".into(),
        long,
        token[..token.len() - 1].to_owned(),
        format!("{token}A"),
        format!("{token}\0"),
        token.to_uppercase(),
        cast.talk.clone(),
        cast.ines.token.clone().unwrap(),
        answer.field("register")["accessToken"].as_str().unwrap().to_owned(),
    ] {
        inquiry
            .refuses(
                &cast.nobody,
                "refreshSession",
                json!({ "refreshToken": bad }),
                &["WRONG_CREDENTIALS refreshToken"],
            )
            .await;
    }
    inquiry.accepts(&cast.nobody, "refreshSession", json!({ "refreshToken": token })).await;
    inquiry
        .accepts(&cast.nobody, "signIn", json!({ "identifier": "KNOWN@people.test", "password": "correct horse" }))
        .await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_signs_in_its_own_people_only() {
    let world = World::demo().await;
    let nobody = world.anonymous();
    let mut inquiry = Inquiry::begin(&world).await;
    let long = "x".repeat(100_000);
    for name in ["nobody", "%", "a b", "' or 1=1 --"] {
        inquiry.refuses(&nobody, "demoSignIn", json!({ "username": name }), &["NOT_FOUND username"]).await;
    }
    for name in ["", " ", "in\0es", long.as_str()] {
        inquiry.refuses(&nobody, "demoSignIn", json!({ "username": name }), &["INVALID username"]).await;
    }

    inquiry.accepts(&nobody, "demoSignIn", json!({ "username": "ines" })).await;
    inquiry.close();
    let real = World::empty().await;
    let mut inquiry = Inquiry::begin(&real).await;
    let input = json!({ "input": { "username": "ines" } });
    inquiry.fails(&real.anonymous(), &super::document("demoSignIn"), input, "FORBIDDEN", "demoSignIn").await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_but_the_doors_wants_somebody() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    for (mutation, _) in super::MUTATIONS {
        if matches!(
            *mutation,
            "demoSignIn"
                | "refreshSession"
                | "register"
                | "requestPasswordReset"
                | "resetPassword"
                | "beginFederatedSignIn"
                | "completeFederatedSignIn"
                | "signIn"
                | "verifyEmail"
        ) {
            continue;
        }
        let input = json!({ "input": cast.valid(mutation) });
        inquiry.fails(&cast.nobody, &super::document(mutation), input, "UNAUTHENTICATED", mutation).await;
    }
    for (field, query) in [
        ("conversation", format!("{{ conversation(id: \"{}\") {{ id }} }}", cast.talk)),
        ("conversations", "{ conversations { totalCount } }".into()),
        ("message", format!("{{ message(id: \"{}\") {{ id }} }}", cast.question)),
        ("node", format!("{{ node(id: \"{}\") {{ id }} }}", cast.talk)),
        ("nodes", format!("{{ nodes(ids: [\"{}\"]) {{ id }} }}", cast.talk)),
        ("permissions", "{ permissions { totalCount } }".into()),
        ("roles", "{ roles { totalCount } }".into()),
        ("user", "{ user(by: { username: \"ines\" }) { id } }".into()),
        ("users", "{ users { totalCount } }".into()),
    ] {
        inquiry.fails(&cast.nobody, &query, json!({}), "UNAUTHENTICATED", field).await;
    }
    inquiry.answers(&cast.nobody, "{ viewer { id } }", json!({}), Some(json!({ "viewer": null }))).await;
    inquiry.close();
}
