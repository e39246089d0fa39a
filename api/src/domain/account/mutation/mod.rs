//! Root mutations about accounts and sessions, one file an operation.

pub mod register;
pub mod session;
pub mod sign_in;

use async_graphql::MergedObject;
use futures_util::future::BoxFuture;

use super::tokens::Admission;
use crate::error::{Error, ErrorCode, UserError};
use crate::graphql::context::RequestContext;
use crate::telemetry;
use crate::write::{self, Call, Tx};

#[derive(Default, MergedObject)]
pub struct AccountMutation(register::Register, sign_in::SignIn, session::SessionMutation);

/// Longest thing that is looked at as a user name, an address or a token, in bytes.
const LONGEST: usize = 500;

/// Runs a mutation that ends with a session, and lets the rest of the request act in it.
async fn admitted<D, P: write::Snapshot + From<Admission>>(
    cx: &RequestContext,
    call: Call,
    draft: Result<D, Error>,
    work: impl for<'t> FnOnce(&'t Tx, D) -> BoxFuture<'t, Result<Admission, Error>> + Send + 'static,
) -> Result<Option<P>, Error>
where
    D: Send + 'static,
{
    let (metrics, mutation) = (cx.app.metrics.clone(), call.action());
    let admission =
        write::run(cx, call, draft, |tx, draft| Box::pin(async move { Ok(P::from(work(tx, draft).await?)) })).await;
    let outcome = match &admission {
        Ok(Some(payload)) => payload.refusal().map_or("ok", ErrorCode::name),
        Ok(None) => "ok",
        Err(error) => error.code().name(),
    };
    metrics.admission(telemetry::Admission { mutation, outcome });
    admission
}

pub(super) fn wrong(path: &[&str]) -> Error {
    let message = match path {
        [] => "User name or password is wrong.",
        _ => "The token is not valid any more. Sign in again.",
    };
    Error::refused(UserError::new(ErrorCode::WrongCredentials, path, message))
}
