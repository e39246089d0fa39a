//! Staying signed in.

use std::future::ready;

use async_graphql::{Context, InputObject, Object, Result};
use entity::security_event::Kind;
use entity::session::EndReason;
use serde_json::json;

use super::{LONGEST, RefreshTokenPlace, admitted, wrong};
use crate::auth::refresh::RefreshToken;
use crate::domain::account::tokens::{self, RefreshSessionPayload};
use crate::domain::account::{cookie, rows};
use crate::domain::user::rows as user_rows;
use crate::error::{Error, ErrorCode};
use crate::graphql::context::cx;
use crate::graphql::cost::{SIGN_IN, cost};
use crate::graphql::guard::open;
use crate::write::{Call, Change, Payload, Tx};

/// A session to go on with.
#[derive(InputObject)]
pub struct RefreshSessionInput {
    /// The latest refresh token of the session. Left out it is taken from the cookie, and the next one goes there.
    refresh_token: Option<String>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

#[derive(Default)]
pub struct RefreshSession;

#[Object]
impl RefreshSession {
    /// Goes on with a session: gives a new access token and the next refresh token. Open to whoever has the token.
    /// Sending the latest token again (a lost answer, two tabs) gives the same successor; an older one is a replay, ends
    /// the session and is `WRONG_CREDENTIALS` like every bad token.
    #[graphql(directive = open::apply(), directive = cost::apply(SIGN_IN))]
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token.")] input: RefreshSessionInput,
    ) -> Result<Option<RefreshSessionPayload>> {
        let cx = cx(ctx);
        let is_in_cookie = input.refresh_token.is_none();
        let token = input.refresh_token.as_deref().or_else(|| cookie::get(&cx.client)).unwrap_or_default();
        let call = Call::by(cx, "refreshSession", &input, &input.idempotency_key, token);
        let token = match token.len() <= LONGEST {
            true => RefreshToken::read(token, &cx.app.tokens),
            false => None,
        };
        // A token that is none goes nowhere.
        let place = match is_in_cookie && token.is_some() {
            true => RefreshTokenPlace::Cookie,
            false => RefreshTokenPlace::Payload,
        };
        let app = cx.app.clone();
        let draft = ready(token.ok_or_else(|| wrong(&["refreshToken"])));
        let admission = admitted(cx, call, place, draft, move |tx, token| {
            Box::pin(async move {
                let idle = app.activity.idle_expires_at(tx.at);
                let Some(session) = rows::advance(tx, token, tx.client.address_text(), idle, tx.at).await? else {
                    return Err(replayed(tx, token).await?);
                };
                let user = user_rows::for_session(tx, session.user_id).await?.filter(|user| user.is_active(tx.at));
                let user = user.ok_or_else(|| wrong(&["refreshToken"]))?;
                let change = Change::new("session.refresh", "session", session.id).by(user.id, session.id);
                tx.record(change.after(json!({ "generation": session.generation }))).await?;
                tokens::tokens(tx, &app, user, session).await
            })
        });
        let admission: Option<RefreshSessionPayload> = admission.await?;
        // A cookie with a token that is worth nothing is of no use; after any other refusal it may still be.
        let is_worthless = admission.as_ref().and_then(Payload::refusal) == Some(ErrorCode::WrongCredentials);
        if is_in_cookie && is_worthless {
            cookie::clear(&cx.client);
        }
        Ok(admission)
    }
}

/// The refusal of a genuine token that is not the latest: it was copied, so its session ends, refusal or not.
async fn replayed(tx: &Tx, token: RefreshToken) -> Result<Error, Error> {
    if let Some(session) = rows::end(tx, token.session, EndReason::Replayed, tx.at).await? {
        let change = Change::new("session.replay", "session", session.id).concerning(session.user_id);
        tx.alert(session.user_id, Kind::SessionReplayed, Some(session.id)).await?;
        tx.record(change.after(json!({ "generation": token.generation }))).await?;
        tx.keep_despite_refusal();
    }
    Ok(wrong(&["refreshToken"]))
}
