//! Root mutations about roles, one file an operation.

pub mod assign;
pub mod create;
pub mod delete;
pub mod grant;
pub mod update;

use async_graphql::MergedObject;
use entity::id::RoleId;
use entity::role;

use super::rows;
use crate::error::{Error, Result, UserError};
use crate::graphql::checks::Checks;
use crate::write::Tx;

#[derive(Default, MergedObject)]
pub struct RoleMutation(
    create::CreateRole,
    update::UpdateRole,
    delete::DeleteRole,
    grant::RoleGrants,
    assign::RoleHolders,
);

/// The visible role, locked, so that changes of its grants and holders come one after the other.
async fn locked_role(tx: &Tx, id: RoleId) -> Result<role::Model> {
    let row = rows::find_for_update(tx, tx.actor.principal()?, id).await?;
    row.ok_or_else(|| Error::refused(UserError::not_found(&["roleId"])))
}

/// The visible role that another one is to inherit from.
async fn visible_parent(tx: &Tx, id: RoleId) -> Result<role::Model> {
    let row = rows::by_ids(tx, tx.actor.principal()?, &[id]).await?.remove(&id);
    row.map(|row| (*row).clone()).ok_or_else(|| Error::refused(UserError::not_found(&["parentId"])))
}

fn check_name(checks: &mut Checks, name: &str) {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    let shaped = name.len() <= 63 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(inner);
    if !shaped {
        checks.refuse(UserError::invalid(&["name"], "1 to 63 of a-z, 0-9, `_` and `-`, beginning with a letter."));
    }
}

fn check_level(checks: &mut Checks, level: i32) {
    if !(0..=1000).contains(&level) {
        checks.refuse(UserError::invalid(&["level"], "0 to 1000."));
    }
}
