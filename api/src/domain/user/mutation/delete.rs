//! Deleting somebody's account softly, and taking that back.

use async_graphql::{Context, ID, InputObject, Object, Result};

use super::{Target, administer};
use crate::access::Permission;
use crate::domain::user::life::Step;
use crate::domain::user::object::User;
use crate::error::Error;
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call};

/// An account to delete.
#[derive(InputObject)]
pub struct DeleteUserInput {
    /// Whose account; not one's own.
    id: ID,
    /// Why, 1 to 500 characters; shown to those who see the private fields of the account.
    reason: Option<String>,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// A deleted account to bring back.
#[derive(InputObject)]
pub struct RestoreUserInput {
    /// Whose account.
    id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `deleteUser`.
    DeleteUserPayload {
        /// The account as it is now, also when `expectedVersion` was stale.
        user: User,
    }
    /// The answer to `restoreUser`.
    RestoreUserPayload {
        /// The account as it is now.
        user: User,
    }
}

impl DeleteUserInput {
    fn parse(&self) -> Result<(Target, Step), Error> {
        let mut checks = Checks::default();
        let target = Target::parse(&mut checks, &self.id, self.expected_version);
        let reason = self.reason.as_ref().map(|reason| checks.line(&["reason"], reason, 1..=500));
        checks.done()?;
        Ok((target, Step::Delete { reason }))
    }
}

impl RestoreUserInput {
    fn parse(&self) -> Result<(Target, Step), Error> {
        let mut checks = Checks::default();
        let target = Target::parse(&mut checks, &self.id, None);
        checks.done()?;
        Ok((target, Step::Restore))
    }
}

#[derive(Default)]
pub struct Deletions;

#[Object]
impl Deletions {
    /// Deletes an account so that it can be restored: its sessions, sockets and streams, its API keys and the trust in its
    /// devices end, nobody signs in with it, its
    /// names and address stay taken and its conversations stay as they are. Not one's own, not one that may do more than
    /// the viewer's (`FORBIDDEN`), and not the last administrator's (`CONFLICT`). Needs `users:write`.
    #[graphql(guard = "Requires(Permission::UsersWrite)", directive = requiresPermission::apply(Permission::UsersWrite))]
    async fn delete_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] input: DeleteUserInput,
    ) -> Result<Option<DeleteUserPayload>> {
        let call = Call::of(cx(ctx), "deleteUser", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, (target, step)| {
            Box::pin(async move {
                let (user, user_errors) = administer(tx, target, step).await?;
                Ok(DeleteUserPayload { user, user_errors })
            })
        });
        Ok(payload.await?)
    }

    /// Brings a deleted account back, active and with its names, roles and conversations; nobody is signed in with it, and its
    /// API keys stay ended. Not
    /// one that may do more than the viewer's. Needs `users:write`.
    #[graphql(guard = "Requires(Permission::UsersWrite)", directive = requiresPermission::apply(Permission::UsersWrite))]
    async fn restore_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] input: RestoreUserInput,
    ) -> Result<Option<RestoreUserPayload>> {
        let call = Call::of(cx(ctx), "restoreUser", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, (target, step)| {
            Box::pin(async move {
                let (user, user_errors) = administer(tx, target, step).await?;
                Ok(RestoreUserPayload { user, user_errors })
            })
        });
        Ok(payload.await?)
    }
}
