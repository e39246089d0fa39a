//! Closing one's own account.

use async_graphql::{Context, InputObject, Object, Result};

use super::get;
use crate::domain::account::confirm::{self, Confirmed};
use crate::domain::second_factor::step_up;
use crate::domain::user::life::{self, Step};
use crate::domain::user::object::User;
use crate::error::Error;
use crate::graphql::context::cx;
use crate::graphql::cost::{SIGN_IN, cost};
use crate::graphql::guard::{InSession, requiresSession};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Tx};

/// That one's own account is to be switched off.
#[derive(InputObject)]
pub struct DeactivateAccountInput {
    /// The password of the account, if it has one; without one the session must be at most 15 minutes old.
    current_password: Option<String>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// That one's own account is to be deleted.
#[derive(InputObject)]
pub struct DeleteAccountInput {
    /// The password of the account, if it has one; without one the session must be at most 15 minutes old.
    current_password: Option<String>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `deactivateAccount`.
    DeactivateAccountPayload {
        /// The account as it is now.
        user: User,
    }
    /// The answer to `deleteAccount`.
    DeleteAccountPayload {
        /// The account as it is now.
        user: User,
    }
}

#[derive(Default)]
pub struct OwnAccount;

#[Object]
impl OwnAccount {
    /// Switches one's own account off: all its sessions, sockets and streams end with this one, and so do its API keys and the
    /// trust in its devices. Those with `users:write` can let it in again. A wrong password is `WRONG_CREDENTIALS`; the last administrator stays (`CONFLICT`). Needs a
    /// session, and a recent second factor (`SECOND_FACTOR_REQUIRED`) if the account has one.
    #[graphql(guard = "InSession", directive = requiresSession::apply(), directive = cost::apply(SIGN_IN))]
    async fn deactivate_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "That it is meant.")] input: DeactivateAccountInput,
    ) -> Result<Option<DeactivateAccountPayload>> {
        let cx = cx(ctx);
        let call = Call::of(cx, "deactivateAccount", &input, &input.idempotency_key);
        let payload = write::run(cx, call, confirm::own(cx, input.current_password).await, |tx, confirmed| {
            Box::pin(async move {
                let user = Some(close(tx, confirmed, Step::Deactivate).await?);
                Ok(DeactivateAccountPayload { user, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Deletes one's own account: all its sessions, sockets and streams end with this one, and so do its API keys and the
    /// trust in its devices; its names and address stay taken, its conversations stay as they are. Those with `users:write` can restore it. A wrong password is
    /// `WRONG_CREDENTIALS`; the last administrator stays (`CONFLICT`). Needs a session, and a recent second factor
    /// (`SECOND_FACTOR_REQUIRED`) if the account has one.
    #[graphql(guard = "InSession", directive = requiresSession::apply(), directive = cost::apply(SIGN_IN))]
    async fn delete_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "That it is meant.")] input: DeleteAccountInput,
    ) -> Result<Option<DeleteAccountPayload>> {
        let cx = cx(ctx);
        let call = Call::of(cx, "deleteAccount", &input, &input.idempotency_key);
        let payload = write::run(cx, call, confirm::own(cx, input.current_password).await, |tx, confirmed| {
            Box::pin(async move {
                let user = Some(close(tx, confirmed, Step::Delete { reason: None }).await?);
                Ok(DeleteAccountPayload { user, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn close(tx: &Tx, confirmed: Confirmed, step: Step) -> Result<User, Error> {
    let row = get(tx, tx.actor.principal()?.user).await?;
    confirmed.holds_for(&row)?;
    step_up::require(tx).await?;
    life::take(tx, row, step, &[]).await
}
