//! Teams: who is in them, what that gives, and that they keep an owner.

use harness::{Person, World};
use serde_json::{Value, json};

use super::sharing::{access, give, talk_of, world};
use crate::matrix::scene::{done, mutation, text};

async fn team_of(person: &Person<'_>, name: &str) -> String {
    text(&done(person, "createTeam", "team { id }", json!({ "name": name })).await["team"]["id"])
}

/// Joins as if the invitation had been accepted.
pub async fn join(world: &World, team: &str, who: &str, role: &str) {
    let sql = format!(
        "insert into team_members (team_id, user_id, role, joined_at)
         select t.id, u.id, '{role}', now() from teams t, users u where t.name = '{team}' and u.username = '{who}'"
    );
    world.db_run(&sql).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_team_is_given_its_members_have_and_its_viewers_read() {
    let world = world().await;
    let [ines, omar, noor, zoe] =
        [world.member("ines").await, world.member("omar").await, world.member("noor").await, world.member("zoe").await];
    let crew = team_of(&ines, "Crew").await;
    join(&world, "Crew", "omar", "member").await;
    join(&world, "Crew", "noor", "viewer").await;
    let talk = talk_of(&ines, "Plants").await;
    give(&ines, &talk, json!({ "teamId": crew }), "WRITE").await;
    assert_eq!(access(&omar, &talk).await, "WRITE");
    assert_eq!(access(&noor, &talk).await, "READ");
    assert_eq!(access(&zoe, &talk).await, Value::Null);
    let seen = omar.run("{ users { nodes { username } } sharedWithMe { nodes { audience } } }", json!({})).await;
    let names: Vec<&str> = seen.data()["users"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["username"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["ines", "omar", "noor"], "members see each other");
    assert_eq!(seen.data()["sharedWithMe"]["nodes"], json!([{ "audience": "TEAM" }]));
    let leave = json!({ "input": { "id": crew, "userId": omar.id } });
    omar.run(&mutation("removeTeamMember", "team { id }"), leave).await.field("removeTeamMember");
    assert_eq!(access(&omar, &talk).await, Value::Null);
    done(&ines, "deleteTeam", "team { deletedAt }", json!({ "id": crew })).await;
    assert_eq!(access(&noor, &talk).await, Value::Null, "nothing comes from a deleted team");
    let seen = noor.run("query($id: ID!) { team(id: $id) { id } teams { totalCount } }", json!({ "id": crew })).await;
    assert_eq!((&seen.data()["team"], &seen.data()["teams"]["totalCount"]), (&Value::Null, &json!(0)));
    done(&ines, "restoreTeam", "team { deletedAt }", json!({ "id": crew })).await;
    assert_eq!(access(&noor, &talk).await, "READ");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_those_above_them_and_an_owner_stays() {
    let world = world().await;
    let [ines, omar, noor] = [world.member("ines").await, world.member("omar").await, world.member("noor").await];
    let crew = team_of(&ines, "Crew").await;
    join(&world, "Crew", "omar", "admin").await;
    join(&world, "Crew", "noor", "member").await;
    let change = mutation("changeTeamMember", "member { role }");
    let to = |who: &Person<'_>, role: &str| json!({ "input": { "id": crew, "userId": who.id, "role": role } });
    assert_eq!(noor.run(&change, to(&omar, "VIEWER")).await.code(), "FORBIDDEN");
    assert_eq!(noor.run(&change, to(&noor, "ADMIN")).await.code(), "FORBIDDEN");
    assert_eq!(omar.run(&change, to(&ines, "MEMBER")).await.code(), "FORBIDDEN");
    assert_eq!(omar.run(&change, to(&noor, "OWNER")).await.code(), "FORBIDDEN");
    omar.run(&change, to(&noor, "ADMIN")).await.field("changeTeamMember");
    assert_eq!(ines.run(&change, to(&ines, "MEMBER")).await.refusals("changeTeamMember"), ["CONFLICT userId"]);
    let leave = json!({ "input": { "id": crew, "userId": ines.id } });
    let remove = mutation("removeTeamMember", "team { id }");
    assert_eq!(ines.run(&remove, leave.clone()).await.refusals("removeTeamMember"), ["CONFLICT userId"]);
    ines.run(&change, to(&omar, "OWNER")).await.field("changeTeamMember");
    ines.run(&remove, leave).await.field("removeTeamMember");
    assert_eq!(world.number("select count(*) from team_members").await, 2);
}

/// Each of two owners removes the other at the same moment: one of them stays.
#[tokio::test(flavor = "multi_thread")]
async fn two_owners_do_not_leave_a_team_without_one() {
    let world = world().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    let crew = team_of(&ines, "Crew").await;
    for _ in 0..5 {
        let owners = "insert into team_members (team_id, user_id, role, joined_at)
            select t.id, u.id, 'owner', now() from teams t, users u where u.username in ('ines', 'omar')
            on conflict (team_id, user_id) do update set role = 'owner'";
        world.db_run(owners).await;
        let document = mutation("changeTeamMember", "member { role }");
        let less = |who: &Person<'_>| json!({ "input": { "id": crew, "userId": who.id, "role": "MEMBER" } });
        let both = tokio::join!(ines.run(&document, less(&ines)), omar.run(&document, less(&omar)));
        let refused = [both.0, both.1].iter().filter(|answer| !answer.refusals("changeTeamMember").is_empty()).count();
        assert_eq!(refused, 1);
        assert_eq!(world.number("select count(*) from team_members where role = 'owner'").await, 1);
    }
}
