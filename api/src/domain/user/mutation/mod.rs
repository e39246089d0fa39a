//! Root mutations about users, one file a purpose.

mod address;
pub mod create;
pub mod delete;
pub mod own;
pub mod suspend;
pub mod update;

use async_graphql::{ID, MergedObject};
use entity::id::UserId;
use entity::user::Model;

use super::life::{self, Step};
use super::object::User;
use super::{policy, rows};
use crate::domain::role;
use crate::error::{Error, Result, UserError};
use crate::graphql::checks::Checks;
use crate::write::Tx;

#[derive(Default, MergedObject)]
pub struct UserMutation(
    create::CreateUser,
    update::UpdateUser,
    suspend::Suspensions,
    delete::Deletions,
    own::OwnAccount,
);

/// What administrators do to an account: which one, and on which version that is based.
#[derive(Clone, Copy)]
struct Target {
    id: UserId,
    expected_version: Option<i32>,
}

impl Target {
    fn parse(checks: &mut Checks, id: &ID, expected_version: Option<i32>) -> Self {
        Self { id: checks.id(&["id"], id), expected_version }
    }
}

/// The account as it is afterwards, or as it is with the refusal of what is based on an earlier version.
type Outcome = (Option<User>, Vec<UserError>);

/// Takes a step with the account of somebody else.
async fn administer(tx: &Tx, target: Target, step: Step) -> Result<Outcome> {
    policy::may_close(tx.actor.principal()?, target.id)?;
    let row = get(tx, target.id).await?;
    handle(tx, &row).await?;
    if let Some(stale) = stale(&row, target.expected_version) {
        return Ok((Some(row.into()), vec![stale]));
    }
    Ok((Some(life::take(tx, row, step, &["id"]).await?), Vec::new()))
}

/// The account, held for a change.
async fn get(tx: &Tx, id: UserId) -> Result<Model> {
    let found = rows::find_for_update(tx, tx.actor.principal()?, id).await?;
    found.ok_or_else(|| Error::refused(UserError::not_found(&["id"])))
}

/// Refuses if somebody else's account may do more than the viewer's.
async fn handle(tx: &Tx, row: &Model) -> Result<()> {
    let theirs = role::rows::effective_permissions(tx, &[row.id], tx.at).await?.remove(&row.id).unwrap_or_default();
    policy::may_handle(tx.actor.principal()?, theirs)
}

/// The refusal of a change that is based on an earlier version.
fn stale(row: &Model, expected: Option<i32>) -> Option<UserError> {
    let message = "The account has changed meanwhile; its present state is in the answer.";
    expected.filter(|version| *version != row.version).map(|_| UserError::conflict(&["expectedVersion"], message))
}
