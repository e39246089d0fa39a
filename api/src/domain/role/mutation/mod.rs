//! Root mutations about roles, one file an operation.

pub mod assign;
pub mod create;
pub mod grant;

use async_graphql::MergedObject;
use entity::id::RoleId;
use entity::role;

use super::rows;
use crate::error::{Error, UserError};
use crate::write::Tx;

#[derive(Default, MergedObject)]
pub struct RoleMutation(create::CreateRole, grant::RoleGrants, assign::RoleHolders);

/// The visible role, locked, so that changes of its grants and holders come one after the other.
async fn locked_role(tx: &Tx, id: RoleId) -> Result<role::Model, Error> {
    let row = rows::find_for_update(tx, tx.actor.principal()?, id).await?;
    row.ok_or_else(|| Error::refused(UserError::not_found(&["roleId"])))
}
