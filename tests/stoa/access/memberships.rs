//! Invitations into teams and workspaces.

use chrono::TimeDelta;
use harness::Person;
use sea_orm::ConnectionTrait;
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

#[tokio::test(flavor = "multi_thread")]
async fn one_invitation_of_a_person_into_a_place_is_open() {
    let world = world().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    let (crew, loft) = (place(&ines, "Team").await, place(&ines, "Workspace").await);
    super::teams::join(&world, "Crew", "omar", "admin").await;
    world.member("noor").await;
    let to_team =
        |invitee: Value| json!({ "input": { "id": crew, "invitee": invitee, "role": "MEMBER", "lifetimeDays": 1 } });
    let to_workspace = |invitee: Value| json!({ "input": { "id": loft, "invitee": invitee, "level": "READ" } });
    let (team, workspace) = (mutation("inviteToTeam", INVITE), mutation("inviteToWorkspace", INVITE));
    // By name and by address they are two: nobody is told whose an address is.
    for invitee in [user("noor"), json!({ "email": "noor@people.test" })] {
        let made = ines.run(&team, to_team(invitee.clone())).await.field("inviteToTeam")["invitation"]["id"].clone();
        ines.run(&workspace, to_workspace(invitee.clone())).await.field("inviteToWorkspace");
        let before = world.fingerprint().await;
        assert_eq!(omar.run(&team, to_team(invitee.clone())).await.refusals("inviteToTeam"), ["CONFLICT invitee"]);
        let shouted = json!({ "email": "NOOR@people.test" });
        let invitee_again = if invitee["email"].is_null() { invitee.clone() } else { shouted };
        let again = ines.run(&workspace, to_workspace(invitee_again)).await;
        assert_eq!(again.refusals("inviteToWorkspace"), ["CONFLICT invitee"]);
        assert_eq!(world.fingerprint().await, before);
        done(&ines, "withdrawMembership", ANSWER, json!({ "invitationId": made })).await;
        omar.run(&team, to_team(invitee)).await.field("inviteToTeam");
    }
    // What has ended by itself makes room, and is seen as what it was.
    world.clock.advance(TimeDelta::days(2));
    let ines = world.existing("ines").await;
    let renewed = ines.run(&team, to_team(user("noor"))).await.field("inviteToTeam")["invitation"]["id"].clone();
    let ended = "select count(*) from membership_invitations where answer = 'lapsed'";
    assert_eq!(world.number(ended).await, 1);
    let list = "query($id: ID!) { team(id: $id) { invitations { nodes { id } } } }";
    let open = ines.run(list, json!({ "id": crew })).await.field("team")["invitations"]["nodes"].clone();
    assert_eq!(open, json!([{ "id": renewed }]));
    // Whoever else writes, the database keeps to it.
    let copy = "insert into membership_invitations (id, team_id, user_id, role, created_at, expires_at)
        select gen_random_uuid(), team_id, user_id, role, created_at, expires_at from membership_invitations
         where answer is null and user_id is not null and team_id is not null";
    let refused = world.db.execute_unprepared(copy).await.expect_err("a second open one").to_string();
    assert!(refused.contains("membership_invitations_team_user_key"), "{refused}");
}

/// The same invitation at the same moment, by two people: one is made.
#[tokio::test(flavor = "multi_thread")]
async fn two_who_invite_at_once_invite_once() {
    let world = world().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    world.member("noor").await;
    let crew = place(&ines, "Team").await;
    super::teams::join(&world, "Crew", "omar", "admin").await;
    let invite = mutation("inviteToTeam", INVITE);
    let input = json!({ "input": { "id": crew, "invitee": user("noor"), "role": "MEMBER" } });
    let both = tokio::join!(ines.run(&invite, input.clone()), omar.run(&invite, input));
    let mut refused: Vec<_> = [both.0, both.1].iter().map(|answer| answer.refusals("inviteToTeam")).collect();
    refused.sort();
    assert_eq!(refused, [vec![], vec!["CONFLICT invitee".to_owned()]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_invites_without_end() {
    let world = world().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    let (crew, loft) = (place(&ines, "Team").await, place(&ines, "Workspace").await);
    super::teams::join(&world, "Crew", "omar", "admin").await;
    let fill = |column: &str, by: &str, count: u32, at: &str| {
        format!(
            "insert into membership_invitations (id, {column}_id, email, role, invited_by, created_at, expires_at)
             select gen_random_uuid(), p.id, '{by}' || n || '@people.test', case '{column}' when 'team' then 'member' else 'read' end,
                    u.id, {at}, {at} + interval '14 days'
               from {column}s p, users u, generate_series(1, {count}) n where u.username = '{by}'"
        )
    };
    let now = "timestamptz '2026-06-01 12:00+00'";
    // A person's own, wherever to.
    world.db_run(&fill("workspace", "ines", 99, now)).await;
    let to_team = |name: &str| json!({ "input": { "id": crew, "invitee": { "email": format!("{name}@people.test") }, "role": "MEMBER" } });
    let invite = mutation("inviteToTeam", INVITE);
    ines.run(&invite, to_team("last")).await.field("inviteToTeam");
    let before = world.fingerprint().await;
    let refused = ines.run(&invite, to_team("late")).await;
    assert_eq!(refused.code(), "RATE_LIMITED");
    assert_eq!(world.fingerprint().await, before);
    omar.run(&invite, to_team("late")).await.field("inviteToTeam");
    world.clock.advance(TimeDelta::hours(25));
    let ines = world.existing("ines").await;
    ines.run(&invite, to_team("tomorrow")).await.field("inviteToTeam");
    // And those into one place, whoever made them.
    let many = format!("{}; update membership_invitations set invited_by = null", fill("team", "omar", 197, now));
    world.db_run(&many).await;
    assert_eq!(ines.run(&invite, to_team("one-more")).await.refusals("inviteToTeam"), ["CONFLICT id"]);
    let open = "update membership_invitations set answer = 'declined', answered_at = now()
                 where email = 'last@people.test'";
    world.db_run(open).await;
    ines.run(&invite, to_team("one-more")).await.field("inviteToTeam");
    let there = json!({ "input": { "id": loft, "invitee": user("omar"), "level": "READ" } });
    ines.run(&mutation("inviteToWorkspace", INVITE), there).await.field("inviteToWorkspace");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_for_a_time_is_not_given_for_good() {
    let world = world().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    let loft = place(&ines, "Workspace").await;
    let for_a_while = json!({ "thingId": loft, "grantee": user("omar"), "level": "MANAGE", "canReshare": true,
        "expiresAt": "2026-06-01T12:20:00Z" });
    done(&ines, "share", "share { id }", for_a_while).await;
    let invited = json!({ "id": loft, "invitee": user("omar"), "level": "READ" });
    let made = done(&ines, "inviteToWorkspace", INVITE, invited).await["invitation"]["id"].clone();
    let (accept, input) = (mutation("acceptMembership", ANSWER), json!({ "input": { "invitationId": made } }));
    let before = world.fingerprint().await;
    assert_eq!(omar.run(&accept, input.clone()).await.refusals("acceptMembership"), ["CONFLICT invitationId"]);
    assert_eq!(world.fingerprint().await, before);
    // The row is still there when it has ended, and counts for nothing.
    world.clock.advance(TimeDelta::minutes(21));
    omar.run(&accept, input).await.field("acceptMembership");
    let held = "{ workspaces { nodes { viewerAccess } } sharedWithMe { nodes { level canReshare expiresAt } } }";
    let held = omar.run(held, json!({})).await;
    assert_eq!(held.data()["workspaces"]["nodes"], json!([{ "viewerAccess": "READ" }]));
    let share = json!([{ "level": "READ", "canReshare": false, "expiresAt": null }]);
    assert_eq!(held.data()["sharedWithMe"]["nodes"], share);
}
