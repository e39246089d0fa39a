//! Root mutations about second factors, one file a purpose.

pub mod codes;
pub mod enrol;
pub mod remove;
pub mod show;

use async_graphql::MergedObject;
use entity::id::UserId;
use entity::user;

use super::object::SecondFactor;
use super::rows;
use crate::domain::user::rows as user_rows;
use crate::error::{Error, ErrorCode, Result, UserError};
use crate::write::Tx;

#[derive(Default, MergedObject)]
pub struct SecondFactorMutation(enrol::Enrolment, show::Showing, codes::RecoveryCodes, remove::Removal);

/// The viewer's account, held for a change.
async fn own(tx: &Tx) -> Result<user::Model> {
    let viewer = tx.actor.principal()?;
    user_rows::find_for_update(tx, viewer, viewer.user).await?.ok_or(Error::BadCredential)
}

/// What an account's second factor is told as now.
async fn enrolled(tx: &Tx, user: UserId) -> Result<SecondFactor> {
    let found = rows::of_users(tx, tx.actor.principal()?, &[user]).await?.remove(&user);
    let enrolled = found.ok_or_else(|| Error::internal(anyhow::anyhow!("a second factor is gone")))?;
    Ok(SecondFactor { user, enrolled })
}

/// The refusal where there is no second factor to do it with.
fn none(path: &[&str]) -> Error {
    Error::refused(UserError::new(ErrorCode::NotFound, path, "This account has no second factor."))
}
