//! Staying signed in, and signing out.

use async_graphql::{Context, InputObject, Object, Result};
use entity::session::EndReason;
use serde_json::json;

use super::{LONGEST, admitted, wrong};
use crate::auth::refresh::RefreshToken;
use crate::domain::account::rows;
use crate::domain::account::tokens::{self, RefreshSessionPayload};
use crate::domain::user::rows as user_rows;
use crate::error::Error;
use crate::graphql::context::cx;
use crate::graphql::cost::{SIGN_IN, cost};
use crate::graphql::guard::SignedIn;
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// A session to go on with.
#[derive(InputObject)]
pub struct RefreshSessionInput {
    /// The latest refresh token of the session.
    refresh_token: String,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

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

payloads! {
    /// The answer to `signOut`.
    SignOutPayload {
        /// How many sessions were ended.
        ended_sessions: i32,
    }
}

#[derive(Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Goes on with a session: gives a new access token and the next refresh token. Open to whoever has the token.
    /// Sending the latest token again (a lost answer, two tabs) gives the same successor; an older one is a replay, ends
    /// the session and is `WRONG_CREDENTIALS` like every bad token.
    #[graphql(directive = cost::apply(SIGN_IN))]
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token.")] input: RefreshSessionInput,
    ) -> Result<Option<RefreshSessionPayload>> {
        let cx = cx(ctx);
        let call = Call::by(cx, "refreshSession", &input, &input.idempotency_key, &input.refresh_token);
        let token = match input.refresh_token.len() <= LONGEST {
            true => RefreshToken::read(&input.refresh_token, &cx.app.tokens),
            false => None,
        };
        let app = cx.app.clone();
        let draft = token.ok_or_else(|| wrong(&["refreshToken"]));
        let admission = admitted(cx, call, draft, move |tx, token| {
            Box::pin(async move {
                let Some(session) = rows::advance(tx, token, tx.at).await? else {
                    return Err(replayed(tx, token).await?);
                };
                let user = user_rows::for_session(tx, session.user_id).await?.filter(|user| user.is_active(tx.at));
                let user = user.ok_or_else(|| wrong(&["refreshToken"]))?;
                let change = Change::new("session.refresh", "session", session.id).by(user.id, session.id);
                tx.record(change.after(json!({ "generation": session.generation }))).await?;
                tokens::tokens(tx, &app, user, session).await
            })
        });
        Ok(admission.await?)
    }

    /// Ends this session, or all of the user's; their access tokens stop to work at once. Needs a signed-in user.
    #[graphql(guard = "SignedIn")]
    async fn sign_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which sessions.")] input: SignOutInput,
    ) -> Result<Option<SignOutPayload>> {
        let call = Call::of(cx(ctx), "signOut", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, Ok(input.all_sessions), |tx, all| {
            Box::pin(async move {
                let viewer = tx.actor.principal()?;
                let ended = match all {
                    true => rows::end_all(tx, viewer.user, EndReason::SignedOut, tx.at).await?,
                    false => rows::end(tx, viewer.session, EndReason::SignedOut, tx.at).await?.iter().count() as u64,
                };
                let change = Change::new("session.sign_out", "session", viewer.session);
                tx.record(change.after(json!({ "all": all, "ended": ended }))).await?;
                let ended_sessions = Some(i32::try_from(ended).unwrap_or(i32::MAX));
                Ok(SignOutPayload { ended_sessions, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

/// The refusal of a genuine token that is not the latest: it was copied, so its session ends, refusal or not.
async fn replayed(tx: &Tx, token: RefreshToken) -> Result<Error, Error> {
    if let Some(session) = rows::end(tx, token.session, EndReason::Replayed, tx.at).await? {
        let change = Change::new("session.replay", "session", session.id).concerning(session.user_id);
        tx.record(change.after(json!({ "generation": token.generation }))).await?;
        tx.keep_despite_refusal();
    }
    Ok(wrong(&["refreshToken"]))
}
