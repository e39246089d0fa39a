//! What people are in a team.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::{TeamId, UserId};
use entity::team_member::{ActiveModel, Model, Role};
use sea_orm::ActiveEnum;
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::get;
use crate::domain::team::object::{Team, TeamMember, TeamRole};
use crate::domain::team::{policy, rows};
use crate::error::{Error, UserError, violated_constraint};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{SignedIn, authenticated};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// What somebody is to be in a team.
#[derive(InputObject)]
pub struct ChangeTeamMemberInput {
    /// The team.
    id: ID,
    /// A member of it.
    user_id: ID,
    /// What they are from now on.
    role: TeamRole,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// Who is to leave a team.
#[derive(InputObject)]
pub struct RemoveTeamMemberInput {
    /// The team.
    id: ID,
    /// A member of it; oneself, to leave.
    user_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `changeTeamMember`.
    ChangeTeamMemberPayload {
        /// The member as they are now.
        member: TeamMember,
    }
    /// The answer to `removeTeamMember`.
    RemoveTeamMemberPayload {
        /// The team.
        team: Team,
    }
}

fn parse(id: &ID, user: &ID) -> Result<(TeamId, UserId), Error> {
    let mut checks = Checks::default();
    let ids = (checks.id(&["id"], id), checks.id(&["userId"], user));
    checks.done()?;
    Ok(ids)
}

#[derive(Default)]
pub struct TeamMembers;

#[Object]
impl TeamMembers {
    /// Changes what somebody is in a team: by owners and admins, for nobody above them and no higher than they are
    /// themselves. Everybody may make themselves less. The last owner stays one (`CONFLICT`). Needs a signed-in user.
    #[graphql(guard = "SignedIn", directive = authenticated::apply())]
    async fn change_team_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and what they are to be.")] input: ChangeTeamMemberInput,
    ) -> Result<Option<ChangeTeamMemberPayload>> {
        let call = Call::of(cx(ctx), "changeTeamMember", &input, &input.idempotency_key);
        let role = Role::from(input.role);
        let payload = write::run(cx(ctx), call, parse(&input.id, &input.user_id), move |tx, (team, user)| {
            Box::pin(async move {
                let member = Some(change(tx, team, user, role).await?);
                Ok(ChangeTeamMemberPayload { member, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Takes somebody out of a team, or leaves it: what the team was given is out of their reach at once. By owners and
    /// admins, for nobody above them. The last owner stays (`CONFLICT`). Needs a signed-in user.
    #[graphql(guard = "SignedIn", directive = authenticated::apply())]
    async fn remove_team_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who leaves which team.")] input: RemoveTeamMemberInput,
    ) -> Result<Option<RemoveTeamMemberPayload>> {
        let call = Call::of(cx(ctx), "removeTeamMember", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse(&input.id, &input.user_id), |tx, (team, user)| {
            Box::pin(async move {
                let team = Some(remove(tx, team, user).await?);
                Ok(RemoveTeamMemberPayload { team, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn member_of(tx: &Tx, team: TeamId, user: UserId) -> Result<Model, Error> {
    let member = rows::member(tx, team, user).await?;
    member.ok_or_else(|| Error::refused(UserError::not_found(&["userId"])))
}

fn refused(constraint: Option<&str>) -> Option<Error> {
    let message = "A team keeps at least one owner.";
    (constraint == Some("teams_keep_owner")).then(|| Error::refused(UserError::conflict(&["userId"], message)))
}

async fn change(tx: &Tx, team: TeamId, user: UserId, role: Role) -> Result<TeamMember, Error> {
    let viewer = tx.actor.principal()?;
    let (_, own) = get(tx, team).await?;
    let member = member_of(tx, team, user).await?;
    policy::may_change_member(viewer, own, &member, Some(role))?;
    if member.role == role {
        tx.unchanged();
        return Ok(member.into());
    }
    let change = ActiveModel { team_id: Set(team), user_id: Set(user), role: Set(role), ..Default::default() };
    let changed = rows::update_member(tx, change).await;
    let changed = changed.map_err(|cause| refused(violated_constraint(&cause)).unwrap_or_else(|| cause.into()))?;
    let record = Change::new("team.change_member", "team", team)
        .concerning(user)
        .before(json!({ "user": user, "role": member.role.to_value() }))
        .after(json!({ "user": user, "role": role.to_value() }));
    tx.record(record).await?;
    Ok(changed.into())
}

async fn remove(tx: &Tx, team: TeamId, user: UserId) -> Result<Team, Error> {
    let viewer = tx.actor.principal()?;
    let (row, own) = get(tx, team).await?;
    let member = member_of(tx, team, user).await?;
    policy::may_change_member(viewer, own, &member, None)?;
    let deleted = rows::delete_member(tx, team, user).await;
    deleted.map_err(|cause| refused(violated_constraint(&cause)).unwrap_or_else(|| cause.into()))?;
    let before = json!({ "user": user, "role": member.role.to_value() });
    tx.record(Change::new("team.remove_member", "team", team).concerning(user).before(before)).await?;
    Ok(row.into())
}
