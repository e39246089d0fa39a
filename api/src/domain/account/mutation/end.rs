//! Signing out, here and elsewhere.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::{SessionId, UserId};
use entity::security_event::Kind;
use entity::session::EndReason;
use serde_json::json;

use crate::access::Permission;
use crate::auth::refresh::RefreshToken;
use crate::domain::account::object::Session;
use crate::domain::account::{cookie, rows};
use crate::domain::role;
use crate::domain::user::{policy as user_policy, rows as user_rows};
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::{RequestContext, cx};
use crate::graphql::guard::{InSession, Requires, requiresPermission, requiresSession};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change};

/// What to sign out of.
#[derive(InputObject)]
pub struct SignOutInput {
    /// End all sessions of the signed-in user, not just this one.
    #[graphql(default)]
    all_sessions: bool,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// Which session to end.
#[derive(InputObject)]
pub struct EndSessionInput {
    /// One of one's own.
    session_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// Which sessions to end: all but this one.
#[derive(InputObject)]
pub struct EndOtherSessionsInput {
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// Whose sessions to end.
#[derive(InputObject)]
pub struct EndUserSessionsInput {
    /// Anybody.
    user_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `signOut`.
    SignOutPayload {
        /// How many sessions were ended.
        ended_sessions: i32,
    }
    /// The answer to `endSession`.
    EndSessionPayload {
        /// The session, which is over.
        session: Session,
    }
    /// The answer to `endOtherSessions`.
    EndOtherSessionsPayload {
        /// How many sessions were ended.
        ended_sessions: i32,
    }
    /// The answer to `endUserSessions`.
    EndUserSessionsPayload {
        /// How many sessions were ended.
        ended_sessions: i32,
    }
}

fn number(ended: u64) -> Option<i32> {
    Some(i32::try_from(ended).unwrap_or(i32::MAX))
}

/// Has the browser drop the cookie of a session that is over. One of another session stays.
async fn forget_cookie(cx: &RequestContext) -> Result<(), Error> {
    let token = cookie::get(&cx.client).and_then(|token| RefreshToken::read(token, &cx.app.tokens));
    if let Some(token) = token
        && !rows::is_live(&cx.db, token.session, cx.app.clock.now()).await?
    {
        cookie::clear(&cx.client);
    }
    Ok(())
}

#[derive(Default)]
pub struct EndSessions;

#[Object]
impl EndSessions {
    /// Ends this session, or all of the user's; their access tokens stop to work at once, and a cookie with the refresh token of
    /// one that has ended is taken away. Needs a session.
    #[graphql(guard = "InSession", directive = requiresSession::apply())]
    async fn sign_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which sessions.")] input: SignOutInput,
    ) -> Result<Option<SignOutPayload>> {
        let call = Call::of(cx(ctx), "signOut", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, Ok(input.all_sessions), |tx, all| {
            Box::pin(async move {
                let viewer = tx.actor.principal()?;
                let session = viewer.in_session()?;
                let ended = match all {
                    true => rows::end_all(tx, viewer.user, EndReason::SignedOut, tx.at).await?,
                    false => rows::end(tx, session, EndReason::SignedOut, tx.at).await?.iter().count() as u64,
                };
                let change = Change::new("session.sign_out", "session", session);
                tx.record(change.after(json!({ "all": all, "ended": ended }))).await?;
                Ok(SignOutPayload { ended_sessions: number(ended), ..Default::default() })
            })
        });
        let payload = payload.await?;
        forget_cookie(cx(ctx)).await?;
        Ok(payload)
    }

    /// Ends one of one's own sessions, here or elsewhere; its access tokens stop to work at once. Needs a session.
    #[graphql(guard = "InSession", directive = requiresSession::apply())]
    async fn end_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: EndSessionInput,
    ) -> Result<Option<EndSessionPayload>> {
        let call = Call::of(cx(ctx), "endSession", &input, &input.idempotency_key);
        let mut checks = Checks::default();
        let id: SessionId = checks.id(&["sessionId"], &input.session_id);
        let payload = write::run(cx(ctx), call, checks.done().map(|()| id), |tx, id| {
            Box::pin(async move {
                let viewer = tx.actor.principal()?;
                let found = rows::find(tx, id).await?.filter(|session| session.user_id == viewer.user);
                let found = found.ok_or_else(|| Error::refused(UserError::not_found(&["sessionId"])))?;
                let Some(ended) = rows::end(tx, id, EndReason::Revoked, tx.at).await? else {
                    tx.unchanged();
                    return Ok(EndSessionPayload { session: Some(found.into()), ..Default::default() });
                };
                tx.record(Change::new("session.end", "session", id)).await?;
                Ok(EndSessionPayload { session: Some(ended.into()), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Ends all of one's own sessions but this one. Needs a session.
    #[graphql(guard = "InSession", directive = requiresSession::apply())]
    async fn end_other_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Nothing but the key.")] input: EndOtherSessionsInput,
    ) -> Result<Option<EndOtherSessionsPayload>> {
        let call = Call::of(cx(ctx), "endOtherSessions", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, Ok(()), |tx, ()| {
            Box::pin(async move {
                let viewer = tx.actor.principal()?;
                let session = viewer.in_session()?;
                let ended = rows::end_others(tx, viewer.user, session, EndReason::Revoked, tx.at).await?;
                let change = Change::new("session.end_others", "session", session);
                tx.record(change.after(json!({ "ended": ended }))).await?;
                Ok(EndOtherSessionsPayload { ended_sessions: number(ended), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Ends all sessions of anybody, who is told. An account that may do more than the viewer's is `FORBIDDEN`. Needs
    /// `users:write`.
    #[graphql(guard = "Requires(Permission::UsersWrite)", directive = requiresPermission::apply(Permission::UsersWrite))]
    async fn end_user_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose.")] input: EndUserSessionsInput,
    ) -> Result<Option<EndUserSessionsPayload>> {
        let call = Call::of(cx(ctx), "endUserSessions", &input, &input.idempotency_key);
        let mut checks = Checks::default();
        let id: UserId = checks.id(&["userId"], &input.user_id);
        let payload = write::run(cx(ctx), call, checks.done().map(|()| id), |tx, id| {
            Box::pin(async move {
                if user_rows::for_session(tx, id).await?.is_none() {
                    return Err(Error::refused(UserError::not_found(&["userId"])));
                }
                let theirs = role::rows::effective_permissions(tx, &[id], tx.at).await?.remove(&id);
                user_policy::may_handle(tx.actor.principal()?, theirs.unwrap_or_default())?;
                let ended = rows::end_all(tx, id, EndReason::Revoked, tx.at).await?;
                if ended > 0 {
                    tx.alert_of_account(id, Kind::SessionsEnded).await?;
                }
                tx.record(Change::new("user.end_sessions", "user", id).after(json!({ "ended": ended }))).await?;
                Ok(EndUserSessionsPayload { ended_sessions: number(ended), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}
