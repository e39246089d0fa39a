//! Shutting an account out, for a while or until somebody lets it in again.

use async_graphql::{Context, ID, InputObject, Object, Result};

use super::{Target, administer};
use crate::access::Permission;
use crate::domain::user::life::Step;
use crate::domain::user::object::User;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars::DateTime;
use crate::write::{self, Call};

/// An account to shut out.
#[derive(InputObject)]
pub struct SuspendUserInput {
    /// Whose account; not one's own.
    id: ID,
    /// Why, 1 to 500 characters; shown to those who see the private fields of the account.
    reason: String,
    /// When it ends by itself; never if not given. Suspending again replaces reason and end.
    until: Option<DateTime>,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// An account to let in again.
#[derive(InputObject)]
pub struct ReactivateUserInput {
    /// Whose account; not one's own.
    id: ID,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `suspendUser`.
    SuspendUserPayload {
        /// The account as it is now, also when `expectedVersion` was stale.
        user: User,
    }
    /// The answer to `reactivateUser`.
    ReactivateUserPayload {
        /// The account as it is now, also when `expectedVersion` was stale.
        user: User,
    }
}

impl SuspendUserInput {
    fn parse(&self, now: chrono::DateTime<chrono::Utc>) -> Result<(Target, Step), Error> {
        let mut checks = Checks::default();
        let target = Target::parse(&mut checks, &self.id, self.expected_version);
        let reason = checks.line(&["reason"], &self.reason, 1..=500);
        let until = self.until.map(|until| until.0);
        if until.is_some_and(|end| end <= now) {
            checks.refuse(UserError::invalid(&["until"], "The end must lie ahead."));
        }
        checks.done()?;
        Ok((target, Step::Suspend { reason, until }))
    }
}

#[derive(Default)]
pub struct Suspensions;

#[Object]
impl Suspensions {
    /// Shuts an account out, until a moment or for good: its sessions, sockets and streams end, nobody signs in with it. Its API
    /// keys are no good meanwhile; without `until` they end, and with them the trust in its devices.
    /// Not one's own, not one that may do more than the viewer's (`FORBIDDEN`), and not the last administrator's
    /// (`CONFLICT`). Needs `users:write`.
    #[graphql(guard = "Requires(Permission::UsersWrite)", directive = requiresPermission::apply(Permission::UsersWrite))]
    async fn suspend_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom, why and until when.")] input: SuspendUserInput,
    ) -> Result<Option<SuspendUserPayload>> {
        let call = Call::of(cx(ctx), "suspendUser", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(cx(ctx).app.clock.now()), |tx, (target, step)| {
            Box::pin(async move {
                let (user, user_errors) = administer(tx, target, step).await?;
                Ok(SuspendUserPayload { user, user_errors })
            })
        });
        Ok(payload.await?)
    }

    /// Lets a suspended or deactivated account in again; a deleted one is restored instead. Not one that may do more than
    /// the viewer's. Needs `users:write`.
    #[graphql(guard = "Requires(Permission::UsersWrite)", directive = requiresPermission::apply(Permission::UsersWrite))]
    async fn reactivate_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] input: ReactivateUserInput,
    ) -> Result<Option<ReactivateUserPayload>> {
        let call = Call::of(cx(ctx), "reactivateUser", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, (target, step)| {
            Box::pin(async move {
                let (user, user_errors) = administer(tx, target, step).await?;
                Ok(ReactivateUserPayload { user, user_errors })
            })
        });
        Ok(payload.await?)
    }
}

impl ReactivateUserInput {
    fn parse(&self) -> Result<(Target, Step), Error> {
        let mut checks = Checks::default();
        let target = Target::parse(&mut checks, &self.id, self.expected_version);
        checks.done()?;
        Ok((target, Step::Reactivate))
    }
}
