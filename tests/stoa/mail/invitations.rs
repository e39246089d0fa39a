//! Mail about invitations into teams and workspaces.

use chrono::TimeDelta;
use harness::{MailServer, Start, World};
use serde_json::{Value, json};

use super::newest;
use crate::matrix::scene::{done, mutation, text};

const PAGE: &str = "https://chat.example.org/invitations";
const INVITE: &str = "invitation { id state email user { username } createdAt }";

async fn world(server: &MailServer) -> World {
    let url = format!("smtp://127.0.0.1:{}", server.port);
    World::with(Start::Empty, |config| {
        config.mail.smtp_url = Some(url);
        config.mail.from = "Chat <no-reply@chat.example.org>".to_owned();
        config.mail.invitations_url = Some(PAGE.to_owned());
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_told_and_the_inviter_is_not() {
    let mut server = MailServer::start().await;
    let world = world(&server).await;
    let ines = world.member("ines").await;
    world.member("omar").await;
    let hush = json!({ "name": "Buy at hush.test" });
    let crew = text(&done(&ines, "createTeam", "team { id }", hush.clone()).await["team"]["id"]);
    let loft = text(&done(&ines, "createWorkspace", "workspace { id }", hush).await["workspace"]["id"]);
    let mut answers = Vec::new();
    // One that is somebody's, one that is nobody's.
    for email in ["omar@people.test", "nobody@people.test"] {
        let input = json!({ "id": crew, "invitee": { "email": email }, "role": "MEMBER" });
        let mut made = done(&ines, "inviteToTeam", INVITE, input).await["invitation"].clone();
        assert_eq!(made["email"], email);
        made["email"] = Value::Null;
        made["id"] = Value::Null;
        answers.push(made);
        assert_eq!(world.deliver().await, 1);
        let mail = server.next().await;
        assert_eq!(mail["to"], json!([email]));
        let words = mail["text"].as_str().expect("a text");
        assert!(words.contains("Subject: You are invited into a team at Chat") && words.contains(PAGE), "{words}");
        for strange in ["hush", "ines", "127.0.0.1"] {
            assert!(!words.to_lowercase().contains(strange), "{strange}: {words}");
        }
    }
    assert_eq!(answers[0], answers[1], "nothing tells whether the address is an account's");
    let input = json!({ "id": loft, "invitee": { "email": "omar@people.test" }, "level": "READ" });
    done(&ines, "inviteToWorkspace", INVITE, input).await;
    assert!(newest(&world, "workspace_invitation").await.1.contains("invited into a workspace"));
    // To somebody by name none is sent: they see it where they are signed in.
    let by_name = json!({ "id": loft, "invitee": { "user": { "username": "omar" } }, "level": "READ" });
    done(&ines, "inviteToWorkspace", INVITE, by_name).await;
    assert_eq!(world.deliver().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_no_more_is_not_sent() {
    let mut server = MailServer::start().await;
    let world = world(&server).await;
    let ines = world.member("ines").await;
    let crew = text(&done(&ines, "createTeam", "team { id }", json!({ "name": "Crew" })).await["team"]["id"]);
    let to = |name: &str| json!({ "id": crew, "invitee": { "email": format!("{name}@people.test") }, "role": "MEMBER", "lifetimeDays": 1 });
    let withdrawn = done(&ines, "inviteToTeam", INVITE, to("one")).await["invitation"]["id"].clone();
    done(&ines, "withdrawMembership", "invitation { id }", json!({ "invitationId": withdrawn })).await;
    assert_eq!(world.deliver().await, 0);
    done(&ines, "inviteToTeam", INVITE, to("two")).await;
    world.db_run("update users set state = 'suspended'").await;
    assert_eq!(world.deliver().await, 0, "whoever invited is out");
    world.db_run("update users set state = 'active'").await;
    done(&ines, "inviteToTeam", INVITE, to("three")).await;
    done(&ines, "deleteTeam", "team { id }", json!({ "id": crew })).await;
    assert_eq!(world.deliver().await, 0);
    assert_eq!(world.number("select count(*) from mails where dropped_at is not null").await, 3);
    assert!(server.is_silent());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_gets_a_few_in_a_day_whoever_invites_it() {
    let server = MailServer::start().await;
    let world = world(&server).await;
    let invite = mutation("inviteToTeam", INVITE);
    for at in 0..5 {
        let person = world.member(&format!("member{at}")).await;
        let crew = text(&done(&person, "createTeam", "team { id }", json!({ "name": "Crew" })).await["team"]["id"]);
        let email = if at % 2 == 0 { "nobody@people.test" } else { "NoBody@people.test" };
        let input = json!({ "input": { "id": crew, "invitee": { "email": email }, "role": "MEMBER" } });
        let made = person.run(&invite, input).await;
        assert_eq!(made.field("inviteToTeam")["invitation"]["state"], "OPEN", "it stands, and nothing is told of mail");
    }
    assert_eq!(world.deliver().await, 3);
    world.clock.advance(TimeDelta::hours(25));
    let person = world.member("ines").await;
    let crew = text(&done(&person, "createTeam", "team { id }", json!({ "name": "Crew" })).await["team"]["id"]);
    let input = json!({ "id": crew, "invitee": { "email": "nobody@people.test" }, "role": "MEMBER" });
    done(&person, "inviteToTeam", INVITE, input).await;
    assert_eq!(world.deliver().await, 1);
}
