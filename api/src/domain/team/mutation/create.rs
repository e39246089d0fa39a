//! Making a team.

use async_graphql::{Context, InputObject, Object, Result};
use entity::id::TeamId;
use entity::team::Model;
use entity::team_member::{Model as Member, Role};
use serde::Serialize;
use uuid::Uuid;

use crate::access::Permission;
use crate::domain::team::object::Team;
use crate::domain::team::rows;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars;
use crate::write::{self, Call, Change, Creation, Tx};

/// A new team.
#[derive(InputObject)]
pub struct CreateTeamInput {
    /// The name, 1 to 100 characters; several teams may have the same.
    name: String,
    /// What it is for, at most 500 characters.
    description: Option<String>,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `createTeam`.
    CreateTeamPayload {
        /// The new team, or the one that this `clientId` made earlier.
        team: Team,
    }
}

#[derive(Serialize)]
struct NewTeam {
    name: String,
    description: String,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl CreateTeamInput {
    fn parse(self) -> Result<NewTeam, Error> {
        let mut checks = Checks::default();
        let name = checks.line(&["name"], &self.name, 1..=100);
        let description = checks.text(&["description"], self.description.unwrap_or_default(), 0..=500);
        let client_id = checks.client_id(self.client_id.as_ref());
        checks.done()?;
        Ok(NewTeam { name, description, client_id })
    }
}

#[derive(Default)]
pub struct CreateTeam;

#[Object]
impl CreateTeam {
    /// Makes a team, of which the viewer is the owner. Needs `teams:write`.
    #[graphql(guard = "Requires(Permission::TeamsWrite)", directive = requiresPermission::apply(Permission::TeamsWrite))]
    async fn create_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The team.")] input: CreateTeamInput,
    ) -> Result<Option<CreateTeamPayload>> {
        let call = Call::of(cx(ctx), "createTeam", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, draft| {
            Box::pin(async move {
                let team = Some(create(tx, draft).await?);
                Ok(CreateTeamPayload { team, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn create(tx: &Tx, draft: NewTeam) -> Result<Team, Error> {
    let viewer = tx.actor.principal()?;
    let id = TeamId(tx.new_id());
    if let Creation::Again(first) = tx.claim("team.create", draft.client_id, &draft, id).await? {
        let first = TeamId(first);
        let row = rows::by_ids(tx, viewer, &[first]).await?.remove(&first);
        return row.map(Team).ok_or_else(|| Error::refused(UserError::not_found(&["clientId"])));
    }
    let row = Model {
        id,
        name: draft.name,
        description: draft.description,
        version: 1,
        created_at: tx.at,
        updated_at: tx.at,
        deleted_at: None,
    };
    let row = rows::insert(tx, row).await?;
    rows::insert_member(
        tx,
        Member { team_id: id, user_id: viewer.user, role: Role::Owner, added_by: None, joined_at: tx.at },
    )
    .await?;
    tx.record(Change::new("team.create", "team", id)).await?;
    Ok(row.into())
}
