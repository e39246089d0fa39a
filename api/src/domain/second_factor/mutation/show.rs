//! Showing the second factor in a session that goes on.

use async_graphql::{Context, InputObject, Object, Result};
use chrono::TimeDelta;

use super::none;
use crate::domain::second_factor::proof::{self, Purpose, SecondFactorInput, Shown};
use crate::domain::second_factor::rows;
use crate::graphql::context::cx;
use crate::graphql::cost::{SIGN_IN, cost};
use crate::graphql::guard::{InSession, requiresSession};
use crate::graphql::payload::payloads;
use crate::graphql::scalars::DateTime;
use crate::write::{self, Call, Change};

/// A code of one's own.
#[derive(InputObject)]
pub struct ConfirmSecondFactorInput {
    /// The code.
    second_factor: SecondFactorInput,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `confirmSecondFactor`.
    ConfirmSecondFactorPayload {
        /// Until then this session has shown a second factor recently.
        recent_until: DateTime,
    }
}

#[derive(Default)]
pub struct Showing;

#[Object]
impl Showing {
    /// Shows one's second factor in this session, for what answers `SECOND_FACTOR_REQUIRED` without: it counts for 15 minutes
    /// (a setting). A wrong code is `WRONG_CREDENTIALS`; after five in a row (a setting) none is looked at for a minute, then
    /// twice as long each time up to half an hour: `RATE_LIMITED` with `retryAfter`. An account without a second factor is
    /// `NOT_FOUND`. Needs a session.
    #[graphql(guard = "InSession", directive = requiresSession::apply(), directive = cost::apply(SIGN_IN))]
    async fn confirm_second_factor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A code.")] input: ConfirmSecondFactorInput,
    ) -> Result<Option<ConfirmSecondFactorPayload>> {
        let cx = cx(ctx);
        let call = Call::of(cx, "confirmSecondFactor", &input, &input.idempotency_key);
        let user = cx.viewer()?.user;
        // Refused only in the transaction: a call that is repeated is answered alike, although its code is used.
        let shown = proof::look(cx, user, Purpose::StepUp, Some(&input.second_factor)).await;
        let payload = write::run(cx, call, Ok(shown), |tx, shown| {
            Box::pin(async move {
                let viewer = *tx.actor.principal()?;
                match shown? {
                    Shown::Nothing => return Err(none(&[])),
                    Shown::Wrong { .. } => return Err(proof::wrong()),
                    Shown::Right(proof) => proof.use_up(tx, viewer.user).await?,
                }
                rows::note_shown(tx, viewer.in_session()?, tx.at).await?;
                tx.record(Change::new("second_factor.show", "user", viewer.user)).await?;
                let until: TimeDelta = tx.second_factor_window;
                Ok(ConfirmSecondFactorPayload { recent_until: Some((tx.at + until).into()), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}
