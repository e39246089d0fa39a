//! The one way in which anything is changed.
//!
//! [`run`] opens the one transaction of a mutation, runs its work, and commits only if the work has recorded what it did:
//! an audit row and an event row, written in the same transaction. A refusal rolls everything back and becomes the
//! payload's `userErrors`. Nothing else in the service begins a transaction for a caller.

mod creation;
mod record;
mod tx;

use futures_util::future::BoxFuture;
use sea_orm::TransactionTrait;

use crate::error::{Error, Result, UserError};
use crate::graphql::context::RequestContext;

pub use creation::Creation;
pub use record::{Change, Subject, record_by_operator};
pub use tx::Tx;

/// What a mutation answers with.
pub trait Payload: Send + Sized {
    /// The payload that carries nothing but refusals.
    fn refused(errors: Vec<UserError>) -> Self;

    /// Whether this payload refuses, so that there is nothing to commit.
    fn is_refusal(&self) -> bool;
}

/// Runs a mutation's `work` in its transaction, with what its input was parsed into. An input that did not parse opens
/// none. Refusals become a payload; every other error is the field's error.
pub async fn run<P: Payload, D>(
    cx: &RequestContext,
    draft: Result<D>,
    work: impl for<'t> FnOnce(&'t Tx, D) -> BoxFuture<'t, Result<P>> + Send,
) -> Result<Option<P>> {
    let draft = match draft {
        Ok(draft) => draft,
        Err(Error::Refused(errors)) => return Ok(Some(P::refused(errors))),
        Err(error) => return Err(error),
    };
    let tx = Tx::new(cx.db.connection().begin().await?, cx);
    let outcome = match work(&tx, draft).await {
        Ok(payload) => Ok((payload.is_refusal(), payload)),
        Err(Error::Refused(errors)) => Ok((true, P::refused(errors))),
        Err(error) => Err(error),
    };
    match outcome {
        Ok((refusal, payload)) if !refusal || tx.is_kept() => {
            let signed_in = tx.signed_in();
            let calls = tx.commit().await?;
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
