//! Teams and workspaces. In both the owner is an owner; the writer is an admin of the team and writes in the workspace; the
//! reader only looks.

use serde_json::json;

use super::THING;
use crate::matrix::cases::{Case, change};
use crate::matrix::scene::{Scene, column};

pub const CREW: &str = "delete from teams;
    insert into teams (id, name, created_at, updated_at) values ('00000000-0000-7000-8000-000000000001', 'Crew', now(), now());
    insert into team_members (team_id, user_id, role, joined_at)
    select '00000000-0000-7000-8000-000000000001', id,
           case username when 'owner' then 'owner' when 'writer' then 'admin' else 'viewer' end, now()
      from users where username in ('owner', 'writer', 'reader')";
const DELETED_CREW: &str = "delete from teams;
    insert into teams (id, name, created_at, updated_at, deleted_at)
    values ('00000000-0000-7000-8000-000000000001', 'Crew', now(), now(), now());
    insert into team_members (team_id, user_id, role, joined_at)
    select '00000000-0000-7000-8000-000000000001', id, case username when 'owner' then 'owner' else 'admin' end, now()
      from users where username in ('owner', 'writer')";
pub const LOFT: &str = "delete from workspaces;
    insert into workspaces (id, name, created_at, updated_at)
    values ('00000000-0000-7000-8000-000000000001', 'Loft', now(), now());
    insert into shares (id, thing_id, thing_kind, audience, grantee_id, level, created_at, updated_at)
    select gen_random_uuid(), '00000000-0000-7000-8000-000000000001', '', 'user', id,
           case username when 'owner' then 'owner' when 'writer' then 'write' else 'read' end, now(), now()
      from users where username in ('owner', 'writer', 'reader')";
const DELETED_LOFT: &str = "delete from workspaces;
    insert into workspaces (id, name, created_at, updated_at, deleted_at)
    values ('00000000-0000-7000-8000-000000000001', 'Loft', now(), now(), now());
    insert into shares (id, thing_id, thing_kind, audience, grantee_id, level, created_at, updated_at)
    select gen_random_uuid(), '00000000-0000-7000-8000-000000000001', '', 'user', id,
           case username when 'owner' then 'owner' else 'manage' end, now(), now()
      from users where username in ('owner', 'writer')";
pub const OFFER: &str = "delete from teams;
    insert into teams (id, name, created_at, updated_at) values ('00000000-0000-7000-8000-000000000001', 'Crew', now(), now());
    insert into team_members (team_id, user_id, role, joined_at)
    select '00000000-0000-7000-8000-000000000001', id, case username when 'owner' then 'owner' else 'admin' end, now()
      from users where username in ('owner', 'writer');
    insert into membership_invitations (id, team_id, user_id, role, invited_by, created_at, expires_at)
    select '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', r.id, 'viewer', o.id,
           '2026-05-01', '2030-01-01'
      from users r, users o where r.username = 'reader' and o.username = 'owner'";
const IN_LOFT: &str = "delete from workspaces;
    insert into workspaces (id, name, created_at, updated_at)
    values ('00000000-0000-7000-8000-000000000001', 'Loft', now(), now());
    insert into shares (id, thing_id, thing_kind, audience, grantee_id, level, created_at, updated_at)
    select gen_random_uuid(), '00000000-0000-7000-8000-000000000001', '', 'user', id,
           case username when 'owner' then 'owner' when 'writer' then 'write' else 'read' end, now(), now()
      from users where username in ('owner', 'writer', 'reader');
    update conversations set workspace_id = '00000000-0000-7000-8000-000000000001'";

pub fn team() -> String {
    format!("team_{}", typeid())
}

pub fn workspace() -> String {
    format!("space_{}", typeid())
}

fn offer() -> String {
    format!("join_{}", typeid())
}

fn typeid() -> String {
    use stoa::graphql::id::WireId;
    entity::id::TeamId(THING).encode().trim_start_matches("team_").to_owned()
}

fn reader<'s>(scene: &'s Scene<'_>) -> &'s str {
    &scene.people[column("reader")].id
}

pub fn teams() -> Vec<Case> {
    vec![
        change(
            "changeTeamMember",
            "Makes the reader a member of the team.",
            "member { role }",
            |scene, _| json!({ "id": team(), "userId": reader(scene), "role": "MEMBER" }),
        )
        .before(CREW),
        change(
            "changeTeamMember: to an owner",
            "Makes the reader an owner of the team.",
            "member { role }",
            |scene, _| json!({ "id": team(), "userId": reader(scene), "role": "OWNER" }),
        )
        .before(CREW),
        change(
            "acceptMembership",
            "Accepts an invitation of the reader into the team.",
            "invitation { state }",
            |_, _| json!({ "invitationId": offer() }),
        )
        .before(OFFER),
        change(
            "declineMembership",
            "Declines an invitation of the reader into the team.",
            "invitation { state }",
            |_, _| json!({ "invitationId": offer() }),
        )
        .before(OFFER),
        change(
            "withdrawMembership",
            "Takes an invitation of the reader back.",
            "invitation { state }",
            |_, _| json!({ "invitationId": offer() }),
        )
        .before(OFFER),
        change(
            "inviteToTeam",
            "Invites the guest into the team.",
            "invitation { name }",
            |scene, _| json!({ "id": team(), "invitee": { "user": { "id": scene.guest } }, "role": "MEMBER" }),
        )
        .before(CREW),
        change(
            "inviteToWorkspace",
            "Invites the guest into the workspace.",
            "invitation { name }",
            |scene, _| json!({ "id": workspace(), "invitee": { "user": { "id": scene.guest } }, "level": "READ" }),
        )
        .before(LOFT),
        change(
            "elevateAccess",
            "Lets oneself into the private conversation.",
            "share { audience }",
            |scene, _| json!({ "conversationId": scene.talk, "reason": "To see whether it works", "minutes": 1 }),
        )
        .before("delete from shares where audience = 'elevation'"),
        change(
            "createShareLink",
            "Makes a link to the private conversation.",
            "share { audience }",
            |scene, _| json!({ "conversationId": scene.talk }),
        ),
        change(
            "forkSharedConversation",
            "Takes a copy by a link that does not exist.",
            "conversation { title }",
            |_, _| json!({ "token": "stoa_ln_AAAA" }),
        ),
        change("createTeam", "Makes a team of one's own.", "team { viewerRole }", |_, _| json!({ "name": "Mine" })),
        change(
            "createWorkspace",
            "Makes a workspace of one's own.",
            "workspace { viewerAccess }",
            |_, _| json!({ "name": "Mine" }),
        ),
        change("deleteTeam", "Deletes the team.", "team { name }", |_, _| json!({ "id": team() })).before(CREW),
        change("deleteWorkspace", "Deletes the workspace.", "workspace { name }", |_, _| json!({ "id": workspace() }))
            .before(LOFT),
        change(
            "moveConversation",
            "Puts the private conversation into the workspace.",
            "conversation { title }",
            |scene, _| json!({ "conversationId": scene.talk, "workspaceId": workspace() }),
        )
        .before(LOFT),
        change(
            "moveConversation: out",
            "Takes the private conversation out of the workspace.",
            "conversation { title }",
            |scene, _| json!({ "conversationId": scene.talk, "workspaceId": null }),
        )
        .before(IN_LOFT),
        change(
            "removeTeamMember",
            "Takes the reader out of the team.",
            "team { name }",
            |scene, _| json!({ "id": team(), "userId": reader(scene) }),
        )
        .before(CREW),
        change("restoreTeam", "Brings the deleted team back.", "team { name }", |_, _| json!({ "id": team() }))
            .before(DELETED_CREW),
        change(
            "restoreWorkspace",
            "Brings the deleted workspace back.",
            "workspace { name }",
            |_, _| json!({ "id": workspace() }),
        )
        .before(DELETED_LOFT),
        change(
            "updateTeam",
            "Renames the team.",
            "team { name }",
            |_, at| json!({ "id": team(), "name": format!("Crew {at}") }),
        )
        .before(CREW),
        change(
            "updateWorkspace",
            "Renames the workspace.",
            "workspace { name }",
            |_, at| json!({ "id": workspace(), "name": format!("Loft {at}") }),
        )
        .before(LOFT),
        change(
            "share: the workspace",
            "Shares the workspace with a guest.",
            "share { level }",
            |scene, _| json!({ "thingId": workspace(), "grantee": { "user": { "id": scene.guest } }, "level": "READ" }),
        )
        .before(LOFT),
    ]
}
