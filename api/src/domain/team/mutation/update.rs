//! Renaming a team.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::TeamId;
use entity::team::ActiveModel;
use entity::team_member::Role;
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::{get, stale};
use crate::access::Permission;
use crate::domain::team::object::Team;
use crate::domain::team::{policy, rows};
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// A change of a team; what is left out stays.
#[derive(InputObject)]
pub struct UpdateTeamInput {
    /// The team, with the role ADMIN.
    id: ID,
    /// The new name, 1 to 100 characters.
    name: Option<String>,
    /// What it is for, at most 500 characters.
    description: Option<String>,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `updateTeam`.
    UpdateTeamPayload {
        /// The team as it is now, also when `expectedVersion` was stale.
        team: Team,
    }
}

struct TeamPatch {
    id: TeamId,
    name: Option<String>,
    description: Option<String>,
    expected_version: Option<i32>,
}

impl UpdateTeamInput {
    fn parse(self) -> Result<TeamPatch, Error> {
        let mut checks = Checks::default();
        let id = checks.id(&["id"], &self.id);
        let name = self.name.map(|name| checks.line(&["name"], &name, 1..=100));
        let description = self.description.map(|text| checks.text(&["description"], text, 0..=500));
        checks.done()?;
        Ok(TeamPatch { id, name, description, expected_version: self.expected_version })
    }
}

#[derive(Default)]
pub struct UpdateTeam;

#[Object]
impl UpdateTeam {
    /// Renames a team or says anew what it is for. Needs `teams:write` and the role ADMIN there.
    #[graphql(guard = "Requires(Permission::TeamsWrite)", directive = requiresPermission::apply(Permission::TeamsWrite))]
    async fn update_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateTeamInput,
    ) -> Result<Option<UpdateTeamPayload>> {
        let call = Call::of(cx(ctx), "updateTeam", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, patch| {
            Box::pin(async move {
                let (team, stale) = change(tx, patch).await?;
                Ok(UpdateTeamPayload { team: Some(team), user_errors: stale.into_iter().collect() })
            })
        });
        Ok(payload.await?)
    }
}

async fn change(tx: &Tx, patch: TeamPatch) -> Result<(Team, Option<UserError>), Error> {
    let (row, own) = get(tx, patch.id).await?;
    policy::may(own, Role::Admin)?;
    if let Some(stale) = stale(row.version, patch.expected_version) {
        return Ok((row.into(), Some(stale)));
    }
    let name = patch.name.unwrap_or_else(|| row.name.clone());
    let description = patch.description.unwrap_or_else(|| row.description.clone());
    if (&name, &description) == (&row.name, &row.description) {
        tx.unchanged();
        return Ok((row.into(), None));
    }
    // What people write is in no record; which of it changed, is.
    let changed = json!({ "name": name != row.name, "description": description != row.description });
    let change = ActiveModel {
        id: Set(row.id),
        name: Set(name),
        description: Set(description),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        ..Default::default()
    };
    let row = rows::update(tx, change).await?;
    tx.record(Change::new("team.update", "team", row.id).after(json!({ "changed": changed }))).await?;
    Ok((row.into(), None))
}
