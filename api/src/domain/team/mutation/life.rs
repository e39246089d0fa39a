//! Deleting a team, and bringing it back.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::TeamId;
use entity::team::ActiveModel;
use entity::team_member::Role;
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::get;
use crate::access::Permission;
use crate::domain::team::object::Team;
use crate::domain::team::{policy, rows};
use crate::error::Error;
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// A team to delete.
#[derive(InputObject)]
pub struct DeleteTeamInput {
    /// The team; only its owners delete it.
    id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// A team to bring back.
#[derive(InputObject)]
pub struct RestoreTeamInput {
    /// The team; only its owners bring it back.
    id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `deleteTeam`.
    DeleteTeamPayload {
        /// The team as it is now.
        team: Team,
    }
    /// The answer to `restoreTeam`.
    RestoreTeamPayload {
        /// The team as it is now.
        team: Team,
    }
}

fn parse(id: &ID) -> Result<TeamId, Error> {
    let mut checks = Checks::default();
    let id = checks.id(&["id"], id);
    checks.done()?;
    Ok(id)
}

#[derive(Default)]
pub struct TeamLife;

#[Object]
impl TeamLife {
    /// Deletes a team: nothing reaches its members by it any more. `restoreTeam` brings it back. Needs `teams:write` and the role OWNER there.
    #[graphql(guard = "Requires(Permission::TeamsWrite)", directive = requiresPermission::apply(Permission::TeamsWrite))]
    async fn delete_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which team.")] input: DeleteTeamInput,
    ) -> Result<Option<DeleteTeamPayload>> {
        let call = Call::of(cx(ctx), "deleteTeam", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse(&input.id), |tx, id| {
            Box::pin(async move {
                let team = Some(set_deleted(tx, id, true).await?);
                Ok(DeleteTeamPayload { team, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Brings a deleted team back, with its members and what it was given. Needs `teams:write` and the role OWNER there.
    #[graphql(guard = "Requires(Permission::TeamsWrite)", directive = requiresPermission::apply(Permission::TeamsWrite))]
    async fn restore_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which team.")] input: RestoreTeamInput,
    ) -> Result<Option<RestoreTeamPayload>> {
        let call = Call::of(cx(ctx), "restoreTeam", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse(&input.id), |tx, id| {
            Box::pin(async move {
                let team = Some(set_deleted(tx, id, false).await?);
                Ok(RestoreTeamPayload { team, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn set_deleted(tx: &Tx, id: TeamId, deleted: bool) -> Result<Team, Error> {
    let (row, own) = get(tx, id).await?;
    policy::may(own, Role::Owner)?;
    if row.deleted_at.is_some() == deleted {
        tx.unchanged();
        return Ok(row.into());
    }
    let change = ActiveModel {
        id: Set(id),
        deleted_at: Set(deleted.then_some(tx.at)),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        ..Default::default()
    };
    let changed = rows::update(tx, change).await?;
    let action = if deleted { "team.delete" } else { "team.restore" };
    let record = Change::new(action, "team", id)
        .before(json!({ "deletedAt": row.deleted_at }))
        .after(json!({ "deletedAt": changed.deleted_at }));
    tx.record(record).await?;
    Ok(changed.into())
}
