//! Taking a second factor away: one's own, and that of somebody who has lost everything.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::UserId;
use entity::security_event::Kind;

use super::{none, own};
use crate::access::Permission;
use crate::domain::role;
use crate::domain::second_factor::{policy, rows, step_up};
use crate::domain::user::object::User;
use crate::domain::user::{policy as user_policy, rows as user_rows};
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{InSession, Requires, requiresPermission, requiresSession};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// That one's own second factor is to go.
#[derive(InputObject)]
pub struct RemoveSecondFactorInput {
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// Whose second factor is to go.
#[derive(InputObject)]
pub struct RemoveUserSecondFactorInput {
    /// Whose account; not one's own.
    user_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `removeSecondFactor`.
    RemoveSecondFactorPayload {
        /// The account as it is now.
        user: User,
    }
    /// The answer to `removeUserSecondFactor`.
    RemoveUserSecondFactorPayload {
        /// The account as it is now.
        user: User,
    }
}

#[derive(Default)]
pub struct Removal;

#[Object]
impl Removal {
    /// Takes one's own second factor away, with its recovery codes. An account that has none is `NOT_FOUND`. Needs a
    /// session who has shown the second factor a short while ago (`SECOND_FACTOR_REQUIRED`).
    #[graphql(guard = "InSession", directive = requiresSession::apply())]
    async fn remove_second_factor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Nothing but the key.")] input: RemoveSecondFactorInput,
    ) -> Result<Option<RemoveSecondFactorPayload>> {
        let call = Call::of(cx(ctx), "removeSecondFactor", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, Ok(()), |tx, ()| {
            Box::pin(async move {
                let user = own(tx).await?;
                step_up::require(tx).await?;
                remove(tx, user.id, &[]).await?;
                Ok(RemoveSecondFactorPayload { user: Some(user.into()), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Takes away the second factor of somebody who can show it no more; they are told. An account that has none is
    /// `NOT_FOUND`; one's own, and one that may do more than the viewer's, are `FORBIDDEN`. Make sure of who asks. Needs
    /// `users:write`, a session, and a recent second factor (`SECOND_FACTOR_REQUIRED`) if the viewer's account has one.
    #[graphql(guard = "Requires(Permission::UsersWrite).and(InSession)", directive = requiresPermission::apply(Permission::UsersWrite), directive = requiresSession::apply())]
    async fn remove_user_second_factor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose.")] input: RemoveUserSecondFactorInput,
    ) -> Result<Option<RemoveUserSecondFactorPayload>> {
        let call = Call::of(cx(ctx), "removeUserSecondFactor", &input, &input.idempotency_key);
        let mut checks = Checks::default();
        let id: UserId = checks.id(&["userId"], &input.user_id);
        let payload = write::run(cx(ctx), call, checks.done().map(|()| id), |tx, id| {
            Box::pin(async move {
                let viewer = *tx.actor.principal()?;
                policy::may_remove_of(&viewer, id)?;
                let found = user_rows::find_for_update(tx, &viewer, id).await?;
                let user = found.ok_or_else(|| Error::refused(UserError::not_found(&["userId"])))?;
                let theirs = role::rows::effective_permissions(tx, &[id], tx.at).await?.remove(&id);
                user_policy::may_handle(&viewer, theirs.unwrap_or_default())?;
                step_up::require(tx).await?;
                remove(tx, id, &["userId"]).await?;
                Ok(RemoveUserSecondFactorPayload { user: Some(user.into()), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

/// Removes it from a locked account, and tells its owner.
async fn remove(tx: &Tx, user: UserId, path: &[&str]) -> Result<(), Error> {
    if !rows::remove(tx, user).await? {
        return Err(none(path));
    }
    tx.alert_of_account(user, Kind::SecondFactorRemoved).await?;
    tx.record(Change::new("second_factor.remove", "user", user)).await
}
