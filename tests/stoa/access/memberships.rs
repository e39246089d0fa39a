//! Invitations into teams and workspaces.

use chrono::TimeDelta;
use harness::Person;
use serde_json::{Value, json};

use super::sharing::world;
use crate::matrix::scene::{done, mutation, text};

const INVITE: &str = "invitation { id state name teamRole level user { username } email }";
const ANSWER: &str = "invitation { id state }";
const MINE: &str =
    "{ membershipInvitations { totalCount nodes { id name teamRole level invitedBy { username } team { id } } } }";

async fn place(person: &Person<'_>, kind: &str) -> String {
    let field = kind.to_lowercase();
    let made = done(person, &format!("create{kind}"), &format!("{field} {{ id }}"), json!({ "name": "Crew" })).await;
    text(&made[field]["id"])
}

fn user(name: &str) -> Value {
    json!({ "user": { "username": name } })
}

#[tokio::test(flavor = "multi_thread")]
async fn who_accepts_is_a_member_and_nobody_before() {
    let world = world().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    let crew = place(&ines, "Team").await;
    let input = json!({ "id": crew, "invitee": user("omar"), "role": "MEMBER" });
    let made = done(&ines, "inviteToTeam", INVITE, input).await["invitation"].clone();
    assert_eq!((&made["state"], &made["name"], &made["teamRole"]), (&json!("OPEN"), &json!("Crew"), &json!("MEMBER")));
    let seen = omar.run(MINE, json!({})).await.field("membershipInvitations").clone();
    assert_eq!(seen["nodes"][0]["name"], "Crew", "what one is invited into has a name");
    assert_eq!(seen["nodes"][0]["team"], Value::Null, "and no more than that");
    assert_eq!(omar.run("{ teams { totalCount } }", json!({})).await.field("teams")["totalCount"], 0);
    let accept = json!({ "input": { "invitationId": made["id"] } });
    let refused = ines.run(&mutation("acceptMembership", ANSWER), accept.clone()).await;
    assert_eq!(refused.code(), "FORBIDDEN", "not for somebody else");
    let accepted = omar.run(&mutation("acceptMembership", ANSWER), accept.clone()).await;
    assert_eq!(accepted.field("acceptMembership")["invitation"]["state"], "ACCEPTED");
    omar.run(&mutation("acceptMembership", ANSWER), accept.clone()).await.field("acceptMembership");
    assert_eq!(
        omar.run(&mutation("declineMembership", ANSWER), accept).await.refusals("declineMembership"),
        ["CONFLICT invitationId"]
    );
    let teams = omar.run("{ teams { nodes { viewerRole } } membershipInvitations { totalCount } }", json!({})).await;
    assert_eq!(teams.data()["teams"]["nodes"], json!([{ "viewerRole": "MEMBER" }]));
    assert_eq!(teams.data()["membershipInvitations"]["totalCount"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_counts_once_it_is_verified() {
    let world = world().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    let loft = place(&ines, "Workspace").await;
    let input = json!({ "id": loft, "invitee": { "email": "Omar@people.test" }, "level": "COMMENT" });
    let made = done(&ines, "inviteToWorkspace", INVITE, input).await["invitation"].clone();
    assert_eq!(
        omar.run(MINE, json!({})).await.field("membershipInvitations")["totalCount"],
        0,
        "anybody can type an address"
    );
    let accept = json!({ "input": { "invitationId": made["id"] } });
    let unseen = omar.run(&mutation("acceptMembership", ANSWER), accept.clone()).await;
    assert_eq!(unseen.refusals("acceptMembership"), ["NOT_FOUND invitationId"]);
    world.db_run("update users set email_verified_at = now() where username = 'omar'").await;
    let seen = omar.run(MINE, json!({})).await.field("membershipInvitations")["nodes"].clone();
    assert_eq!((&seen[0]["level"], &seen[0]["name"]), (&json!("COMMENT"), &json!("Crew")));
    omar.run(&mutation("acceptMembership", ANSWER), accept).await.field("acceptMembership");
    let access = omar.run("{ workspaces { nodes { viewerAccess } } }", json!({})).await;
    assert_eq!(access.field("workspaces")["nodes"], json!([{ "viewerAccess": "COMMENT" }]));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_as_good_as_whoever_made_it_still_is() {
    let world = world().await;
    let [ines, omar, noor] = [world.member("ines").await, world.member("omar").await, world.member("noor").await];
    let crew = place(&ines, "Team").await;
    super::teams::join(&world, "Crew", "omar", "admin").await;
    let to = |role: &str| json!({ "input": { "id": crew, "invitee": user("noor"), "role": role } });
    let invite = mutation("inviteToTeam", INVITE);
    assert_eq!(omar.run(&invite, to("OWNER")).await.code(), "FORBIDDEN", "above himself");
    assert_eq!(noor.run(&invite, to("MEMBER")).await.refusals("inviteToTeam"), ["NOT_FOUND id"]);
    let made = omar.run(&invite, to("ADMIN")).await.field("inviteToTeam")["invitation"]["id"].clone();
    done(&ines, "changeTeamMember", "member { role }", json!({ "id": crew, "userId": omar.id, "role": "MEMBER" }))
        .await;
    let accept = json!({ "input": { "invitationId": made } });
    let late = noor.run(&mutation("acceptMembership", ANSWER), accept.clone()).await;
    assert_eq!(late.refusals("acceptMembership"), ["CONFLICT invitationId"]);
    assert_eq!(
        omar.run(&mutation("withdrawMembership", ANSWER), accept).await.field("withdrawMembership")["invitation"]["state"],
        "WITHDRAWN"
    );
    let made = ines.run(&invite, to("MEMBER")).await.field("inviteToTeam")["invitation"]["id"].clone();
    world
        .db_run("update membership_invitations set expires_at = created_at + interval '1 second' where answer is null")
        .await;
    world.clock.advance(TimeDelta::minutes(1));
    let accept = json!({ "input": { "invitationId": made } });
    assert_eq!(
        noor.run(&mutation("acceptMembership", ANSWER), accept).await.refusals("acceptMembership"),
        ["CONFLICT invitationId"],
        "it has ended"
    );
    assert_eq!(world.number("select count(*) from team_members").await, 2);
}
