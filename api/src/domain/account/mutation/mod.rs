//! Root mutations about accounts and sessions, one file an operation.

pub mod end;
pub mod federated;
pub mod password;
pub mod register;
pub mod session;
pub mod sign_in;
pub mod verify;

use async_graphql::{Enum, MergedObject};
use futures_util::future::BoxFuture;

use super::cookie;
use super::tokens::{Admission, Admits};
use crate::error::{Error, ErrorCode, UserError};
use crate::graphql::context::RequestContext;
use crate::telemetry;
use crate::write::{self, Call, Tx};

#[derive(Default, MergedObject)]
pub struct AccountMutation(
    register::Register,
    sign_in::SignIn,
    federated::CompleteSignIn,
    session::RefreshSession,
    end::EndSessions,
    password::PasswordMutation,
    verify::VerifyMutation,
);

/// Longest thing that is looked at as a user name, an address or a token, in bytes.
const LONGEST: usize = 500;

/// Where the refresh token goes.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
pub enum RefreshTokenPlace {
    /// Into the payload, for programs.
    Payload,
    /// Into a cookie that no script can read, for pages: with the answer to a POST over HTTP, from this site or one of the
    /// allowed origins, over HTTPS or on localhost.
    Cookie,
}

/// Runs a mutation that ends with a session, and lets the rest of the request act in it. What cannot be answered is refused
/// before the draft is made: nobody finds out whether a password is right without its being written down.
async fn admitted<D, P: Admits>(
    cx: &RequestContext,
    call: Call,
    place: RefreshTokenPlace,
    draft: impl Future<Output = Result<D, Error>>,
    work: impl for<'t> FnOnce(&'t Tx, D) -> BoxFuture<'t, Result<Admission, Error>> + Send + 'static,
) -> Result<Option<P>, Error>
where
    D: Send + 'static,
{
    let (metrics, mutation) = (cx.app.metrics.clone(), call.action());
    let into_cookie = place == RefreshTokenPlace::Cookie;
    let draft = if into_cookie && !cx.client.takes_cookies() {
        let message = "No cookie can be set here: only with the answer to a POST, for pages that may use the service.";
        Err(Error::refused(UserError::invalid(&["refreshTokenIn"], message)))
    } else if call.is_faulty() {
        Err(Error::Refused(Vec::new()))
    } else {
        draft.await
    };
    let mut admission =
        write::run(cx, call, draft, |tx, draft| Box::pin(async move { Ok(P::from(work(tx, draft).await?)) })).await;
    if let (true, Ok(Some(payload))) = (into_cookie, &mut admission)
        && let Some((token, until)) = payload.take_refresh_token()
    {
        cookie::set(&cx.client, &token, until, cx.app.clock.now());
    }
    let outcome = match &admission {
        Ok(Some(payload)) => payload.refusal().map_or("ok", ErrorCode::name),
        Ok(None) => "ok",
        Err(error) => error.code().name(),
    };
    metrics.admission(telemetry::Admission { mutation, outcome });
    admission
}

/// The refusal of a mailed token that is none, or none any more.
fn worthless() -> Error {
    let message = "This is not valid, or not any more. Ask for a new one.";
    Error::refused(UserError::new(ErrorCode::WrongCredentials, &["token"], message))
}

pub(super) fn wrong(path: &[&str]) -> Error {
    let message = match path {
        [] => "User name or password is wrong.",
        _ => "The token is not valid any more. Sign in again.",
    };
    Error::refused(UserError::new(ErrorCode::WrongCredentials, path, message))
}
