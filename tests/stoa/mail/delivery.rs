//! The way of a mail, to a real server.

use std::path::PathBuf;

use chrono::TimeDelta;
use harness::{MailServer, Start, World};
use serde_json::{Value, json};
use stoa::config::Config;

use super::*;

async fn world(server: &MailServer, adjust: impl FnOnce(&mut Config)) -> World {
    let url = format!("smtp://127.0.0.1:{}", server.port);
    World::with(Start::Empty, |config| {
        config.mail.smtp_url = Some(url);
        config.mail.from = "Chat <no-reply@chat.example.org>".to_owned();
        adjust(config);
    })
    .await
}

fn text(message: &Value) -> &str {
    message["text"].as_str().unwrap()
}

fn header<'m>(message: &'m Value, name: &str) -> Vec<&'m str> {
    let head = text(message).split("\r\n\r\n").next().unwrap();
    head.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect()
}

async fn states(world: &World) -> [i64; 3] {
    let count = async |column: &str| world.number(&format!("select count({column}) from mails")).await;
    [count("due_at").await, count("sent_at").await, count("dropped_at").await]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_arrives_whole() {
    let mut server = MailServer::start().await;
    let world =
        world(&server, |config| config.mail.reset_url = Some("https://chat.example.org/reset#{token}".into())).await;
    join(&world, "ines").await;
    request(&world, "ines@people.test").await.field("requestPasswordReset");
    assert_eq!(world.deliver().await, 1);
    let mail = server.next().await;
    assert_eq!((&mail["from"], &mail["to"]), (&json!("no-reply@chat.example.org"), &json!(["ines@people.test"])));
    assert_eq!(header(&mail, "From"), ["Chat <no-reply@chat.example.org>"]);
    assert_eq!(header(&mail, "To"), ["ines@people.test"]);
    assert_eq!(header(&mail, "Subject"), ["Set a new password for Chat"]);
    assert_eq!(header(&mail, "Content-Type"), ["text/plain; charset=utf-8"]);
    assert!(header(&mail, "Message-ID")[0].ends_with("@chat.example.org>"));
    let token = token(text(&mail));
    assert!(text(&mail).contains(&format!("\r\nhttps://chat.example.org/reset#{token}\r\n")), "{mail}");
    assert!(text(&mail).contains("Chat, accounts: password reset"), "{mail}");
    assert_eq!(states(&world).await, [0, 1, 0]);
    assert_eq!(world.deliver().await, 0);
    assert!(server.is_silent());
    reset(&world, &token, NEW).await.field("resetPassword");
    assert_eq!(world.deliver().await, 1);
    assert_eq!(header(&server.next().await, "Subject"), ["Your password for Chat was set anew"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_never_becomes_a_header() {
    let mut server = MailServer::start().await;
    let world = world(&server, |_| {}).await;
    let nobody = world.anonymous();
    let addresses = ["a<b@people.test>", "\"x\"@people.test", "a,b@people.test", "a;b@people.test", "a:b@people.test"];
    for (at, email) in addresses.iter().enumerate() {
        let input = json!({ "username": format!("member{at}"), "displayName": "Bcc: all@people.test", "email": email,
            "password": OLD });
        let answer = nobody.run(REGISTER, json!({ "input": input })).await;
        let person = nobody.with_token(answer.field("register")["accessToken"].as_str().unwrap());
        person.run(ASK, json!({})).await.field("requestEmailVerification");
    }
    let sent = world.deliver().await;
    for _ in 0..sent {
        let mail = server.next().await;
        assert_eq!(mail["to"].as_array().unwrap().len(), 1, "{mail}");
        assert_eq!((header(&mail, "To").len(), header(&mail, "Bcc").len()), (1, 0), "{mail}");
        assert!(!text(&mail).contains("all@people.test"), "{mail}");
    }
    assert!(server.is_silent());
    let [due, done, dropped] = states(&world).await;
    assert_eq!((due, done, done + dropped), (0, i64::try_from(sent).unwrap(), 5));
    assert!(dropped > 0, "some are no addresses for mail");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_dropped_and_what_is_put_off_comes_later() {
    let mut server = MailServer::start().await;
    let world = world(&server, |_| {}).await;
    for name in ["refused", "later", "ines"] {
        join(&world, name).await.run(ASK, json!({})).await.field("requestEmailVerification");
    }
    assert_eq!(world.deliver().await, 1);
    assert_eq!(server.next().await["refused"], "refused@people.test");
    assert_eq!(server.next().await["refused"], "later@people.test");
    assert_eq!(server.next().await["to"], json!(["ines@people.test"]));
    assert_eq!(states(&world).await, [1, 1, 1]);
    assert_eq!(world.deliver().await, 0, "not at once");
    world.clock.advance(TimeDelta::seconds(30));
    assert_eq!(world.deliver().await, 1);
    assert_eq!(server.next().await["to"], json!(["later@people.test"]));
    assert_eq!(states(&world).await, [0, 2, 1]);
    assert!(server.is_silent());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_back_gets_what_waits() {
    let server = MailServer::start().await;
    let world = world(&server, |_| {}).await;
    let port = server.port;
    drop(server);
    join(&world, "ines").await.run(ASK, json!({})).await.field("requestEmailVerification");
    for (seconds, attempts) in [(0, 1), (30, 2), (60, 3), (60, 3)] {
        world.clock.advance(TimeDelta::seconds(seconds));
        assert_eq!(world.deliver().await, 0);
        assert_eq!(world.number("select sum(attempts) from mails").await, attempts, "pauses grow");
    }
    let mut server = MailServer::with(json!({ "port": port, "tls": "none" })).await;
    world.clock.advance(TimeDelta::seconds(60));
    assert_eq!(world.deliver().await, 1);
    assert_eq!(server.next().await["to"], json!(["ines@people.test"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_day_it_is_given_up_and_after_a_month_forgotten() {
    let server = MailServer::start().await;
    let world = world(&server, |_| {}).await;
    drop(server);
    let ines = join(&world, "ines").await;
    world.db_run("update users set email_verified_at = created_at").await;
    let change = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code } } }";
    let input = json!({ "input": { "currentPassword": OLD, "newPassword": NEW } });
    ines.run(change, input).await.field("changePassword");
    world.clock.advance(TimeDelta::hours(23));
    world.deliver().await;
    assert_eq!(states(&world).await, [1, 0, 0]);
    world.clock.advance(TimeDelta::hours(1));
    world.deliver().await;
    assert_eq!(states(&world).await, [0, 0, 1]);
    let forget = async || stoa::domain::mail::rows::forget_old(&world.db, world.clock.now()).await.unwrap();
    world.clock.advance(TimeDelta::days(28));
    assert_eq!(forget().await, 0);
    world.clock.advance(TimeDelta::days(1));
    assert_eq!(forget().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_send_each_mail_once() {
    let mut server = MailServer::start().await;
    let world = world(&server, |_| {}).await;
    for at in 0..12 {
        join(&world, &format!("member{at}")).await.run(ASK, json!({})).await.field("requestEmailVerification");
    }
    let (second, third) = (world.another_process().await, world.another_process().await);
    let sent = tokio::join!(world.deliver(), second.deliver(), third.deliver());
    assert_eq!(sent.0 + sent.1 + sent.2, 12);
    let mut to = Vec::new();
    for _ in 0..12 {
        to.push(server.next().await["to"][0].as_str().unwrap().to_owned());
    }
    to.sort();
    to.dedup();
    assert_eq!(to.len(), 12);
    assert!(server.is_silent());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_a_process_left_behind_is_sent_by_another_under_the_same_id() {
    let mut server = MailServer::start().await;
    let world = world(&server, |_| {}).await;
    join(&world, "ines").await.run(ASK, json!({})).await.field("requestEmailVerification");
    let taken = stoa::domain::mail::rows::take(&world.db, world.clock.now()).await.unwrap().unwrap();
    assert_eq!(world.deliver().await, 0, "it is somebody's");
    world.clock.advance(TimeDelta::minutes(5));
    assert_eq!(world.deliver().await, 1);
    assert!(header(&server.next().await, "Message-ID")[0].contains(&taken.id.0.to_string()));
    // The first comes too late to say what became of it.
    let later = stoa::domain::mail::rows::Outcome::Later(world.clock.now());
    stoa::domain::mail::rows::settle(&world.db, &taken, later, world.clock.now()).await.unwrap();
    assert_eq!(states(&world).await, [0, 1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_opens_nothing_any_more_is_not_sent() {
    let mut server = MailServer::start().await;
    let world = world(&server, |_| {}).await;
    join(&world, "ines").await.run(ASK, json!({})).await.field("requestEmailVerification");
    world.db_run("update users set email = 'new@people.test'").await;
    assert_eq!(world.deliver().await, 0);
    assert_eq!(states(&world).await, [0, 0, 1]);
    assert!(server.is_silent());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_mail_waits() {
    let world = World::empty().await;
    let ines = join(&world, "ines").await;
    let token = verification_token(&world, &ines).await;
    assert_eq!(world.deliver().await, 0);
    assert_eq!(states(&world).await, [1, 0, 0]);
    verify(&world, &token).await.field("verifyEmail");
}

/// A server with a certificate of its own making, and the file by which it is believed.
async fn secure(tls: &str) -> (MailServer, PathBuf) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let options = json!({ "port": 0, "tls": tls, "cert": made.cert.pem(), "key": made.signing_key.serialize_pem(),
        "user": "stoa", "password": "p@ss" });
    let server = MailServer::with(options).await;
    let file = std::env::temp_dir().join(format!("stoa-mail-{}-{}.pem", std::process::id(), server.port));
    std::fs::write(&file, made.cert.pem()).unwrap();
    (server, file)
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_travel_in_tls_to_a_server_that_is_believed() {
    for (scheme, tls) in [("smtps", "wrapped"), ("smtp+starttls", "starttls")] {
        let (mut server, file) = secure(tls).await;
        let port = server.port;
        for (password, believed, sent) in [("p%40ss", true, 1), ("guess", true, 0), ("p%40ss", false, 0)] {
            let world = World::with(Start::Empty, |config| {
                config.mail.smtp_url = Some(format!("{scheme}://stoa:{password}@localhost:{port}"));
                config.mail.smtp_ca_file = believed.then(|| file.clone());
            })
            .await;
            join(&world, "ines").await.run(ASK, json!({})).await.field("requestEmailVerification");
            assert_eq!(world.deliver().await, sent, "{scheme} {password} {believed}");
            let waiting = i64::from(sent == 0);
            assert_eq!(states(&world).await, [waiting, 1 - waiting, 0], "what we do wrong is no reason to drop mail");
        }
        let mail = server.next().await;
        assert_eq!((&mail["secure"], &mail["user"]), (&json!(true), &json!("stoa")), "{scheme}");
        assert!(server.is_silent());
        std::fs::remove_file(file).unwrap();
    }
    // A server without TLS gets nothing, least of all the password.
    let mut plain = MailServer::with(json!({ "port": 0, "tls": "none", "user": "stoa", "password": "p@ss" })).await;
    let url = format!("smtp+starttls://stoa:p%40ss@localhost:{}", plain.port);
    let world = World::with(Start::Empty, |config| config.mail.smtp_url = Some(url)).await;
    join(&world, "ines").await.run(ASK, json!({})).await.field("requestEmailVerification");
    assert_eq!(world.deliver().await, 0);
    assert!(plain.is_silent());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_that_is_over_keeps_nobody_from_the_mail() {
    let mut server = MailServer::start().await;
    let world = world(&server, |_| {}).await;
    let ines = join(&world, "ines").await;
    world.db_run("update users set state = 'suspended', suspended_until = '2026-06-01T12:05:00Z'").await;
    request(&world, "ines@people.test").await.field("requestPasswordReset");
    world.deliver().await;
    assert_eq!(states(&world).await, [0, 0, 0], "shut out");
    world.clock.advance(TimeDelta::minutes(5));
    let verification = verification_token(&world, &ines).await;
    verify(&world, &verification).await.field("verifyEmail");
    let token = reset_token(&world, "ines@people.test").await;
    server.next().await;
    assert_eq!(states(&world).await, [0, 1, 1], "what opens something is sent");
    reset(&world, &token, NEW).await.field("resetPassword");
}
