//! The one way in which anything is changed.
//!
//! [`run`] opens the one transaction of a mutation, runs its work, and commits only if the work has recorded what it did:
//! an audit row and an event row, written in the same transaction. A refusal rolls everything back and becomes the
//! payload's `userErrors`. Nothing else in the service begins a transaction for a caller.

mod alert;
mod creation;
mod record;
mod reply;
mod tx;

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::app::App;
use crate::auth::Actor;
use crate::error::{Error, ErrorCode, Result, UserError};
use crate::graphql::context::RequestContext;

pub use alert::alert_by_operator;
pub use creation::Creation;
pub use record::{Change, Subject, by_operator, by_service, record_by_operator};
pub use reply::{Call, forget_old};
pub use tx::Tx;

use self::reply::Claim;

/// The one change that is open to an impersonation that only reads.
const END_IMPERSONATION: &str = "endImpersonation";

/// What a mutation answers with.
pub trait Payload: Send + Sized {
    /// The payload that carries nothing but refusals.
    fn refused(errors: Vec<UserError>) -> Self;

    /// The code of the first refusal, if there is one.
    fn refusal(&self) -> Option<ErrorCode>;

    /// Whether this payload refuses, so that there is nothing to commit.
    fn is_refusal(&self) -> bool {
        self.refusal().is_some()
    }
}

/// What is recorded of a payload under an idempotency key, and the payload made of it again. Never a secret.
pub trait Snapshot: Payload {
    fn take(&self) -> Result<Value>;

    fn restore(tx: &Tx, app: &App, snapshot: Value) -> impl Future<Output = Result<Self>> + Send;
}

/// Runs a mutation's `work` in its transaction, with what its input was parsed into. An input that did not parse opens
/// none, and a call that was answered before is answered alike. Refusals become a payload; every other error is the
/// field's error.
pub async fn run<P: Snapshot, D: Send>(
    cx: &RequestContext,
    call: Call,
    draft: Result<D>,
    work: impl for<'t> FnOnce(&'t Tx, D) -> BoxFuture<'t, Result<P>> + Send,
) -> Result<Option<P>> {
    let draft = match (draft, call.fault()) {
        (Ok(draft), None) => draft,
        (Ok(_), Some(fault)) => return Ok(Some(P::refused(vec![fault]))),
        (Err(Error::Refused(errors)), fault) => {
            return Ok(Some(P::refused(errors.into_iter().chain(fault).collect())));
        }
        (Err(error), _) => return Err(error),
    };
    if let Actor::User(principal) = cx.actor()
        && call.action() != END_IMPERSONATION
    {
        principal.may_write()?;
    }
    let tx = Tx::new(cx.db.begin().await?, cx);
    let outcome = match answer(&tx, cx, &call, draft, work).await {
        Ok(payload) => Ok((payload.is_refusal(), payload)),
        Err(Error::Refused(errors)) => Ok((true, P::refused(errors))),
        Err(error) => Err(error),
    };
    match outcome {
        Ok((refusal, payload)) if !refusal || tx.is_kept() => {
            if refusal {
                tx.free_key(&call).await?;
            }
            let signed_in = tx.signed_in();
            let calls = tx.commit().await?;
            cx.app.metrics.rang(calls.len());
            calls.into_iter().for_each(|call| cx.app.bell.ring(call));
            if let Some(principal) = signed_in {
                cx.become_signed_in(principal);
            }
            Ok(Some(payload))
        }
        Ok((_, payload)) => {
            tx.rollback().await?;
            Ok(Some(payload))
        }
        Err(error) => {
            tx.rollback().await?;
            Err(error)
        }
    }
}

async fn answer<P: Snapshot, D>(
    tx: &Tx,
    cx: &RequestContext,
    call: &Call,
    draft: D,
    work: impl for<'t> FnOnce(&'t Tx, D) -> BoxFuture<'t, Result<P>> + Send,
) -> Result<P> {
    match tx.claim_key(call).await? {
        Claim::Answered(snapshot) => {
            cx.app.metrics.repeated();
            tx.unchanged();
            P::restore(tx, &cx.app, snapshot).await
        }
        Claim::New => {
            let payload = work(tx, draft).await?;
            if !payload.is_refusal() {
                tx.keep_reply(call, || payload.take()).await?;
            }
            Ok(payload)
        }
    }
}
