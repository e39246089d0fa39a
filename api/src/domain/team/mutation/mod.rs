//! Root mutations about teams, one file an operation.

pub mod create;
pub mod life;
pub mod members;
pub mod update;

use async_graphql::MergedObject;
use entity::id::TeamId;
use entity::team::Model;
use entity::team_member::Role;

use super::rows;
use crate::error::{Error, UserError};
use crate::write::Tx;

#[derive(Default, MergedObject)]
pub struct TeamMutation(create::CreateTeam, update::UpdateTeam, life::TeamLife, members::TeamMembers);

/// The visible team, locked, with what the viewer is there.
async fn get(tx: &Tx, id: TeamId) -> Result<(Model, Option<Role>), Error> {
    let viewer = tx.actor.principal()?;
    let row = rows::find_for_update(tx, viewer, id).await?;
    let row = row.ok_or_else(|| Error::refused(UserError::not_found(&["id"])))?;
    let own = rows::member(tx, id, viewer.user).await?;
    Ok((row, own.map(|member| member.role)))
}

/// The refusal of a change that is based on an earlier version.
fn stale(version: i32, expected: Option<i32>) -> Option<UserError> {
    let message = "The team has changed meanwhile; its present state is in the answer.";
    expected.filter(|expected| *expected != version).map(|_| UserError::conflict(&["expectedVersion"], message))
}
