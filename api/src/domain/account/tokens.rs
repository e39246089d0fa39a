//! What every way of signing in ends with: a session and its two tokens.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{SessionId, UserId};
use entity::{session, user};
use serde_json::json;

use super::object::Session;
use super::rows;
use crate::app::App;
use crate::auth::Principal;
use crate::auth::refresh::RefreshToken;
use crate::auth::token::Bearer;
use crate::domain::role;
use crate::domain::user::object::User;
use crate::domain::user::rows as user_rows;
use crate::error::Result;
use crate::graphql::payload::payloads;
use crate::graphql::scalars;
use crate::write::{Change, Tx};

/// The session with fresh tokens, and who acts in it from now on.
pub struct Admission {
    pub user: user::Model,
    pub session: session::Model,
    pub principal: Principal,
    access_token: String,
    access_token_expires_at: DateTime<Utc>,
    refresh_token: String,
}

/// Begins a session for a user whose right to one has been shown.
pub async fn admit(tx: &Tx, app: &App, user: user::Model, action: &'static str) -> Result<Admission> {
    let row = session::Model {
        id: SessionId(tx.new_id()),
        user_id: user.id,
        generation: 0,
        created_at: tx.at,
        last_active_at: tx.at,
        expires_at: tx.at + TimeDelta::seconds(app.auth.session_lifetime.into()),
        ended_at: None,
        end_reason: None,
    };
    let row = rows::insert(tx, row).await?;
    user_rows::touch_sign_in(tx, user.id, tx.at).await?;
    let change = Change::new(action, "session", row.id).by(user.id, row.id).after(json!({ "user": user.id }));
    tx.record(change).await?;
    tokens(tx, app, user, row).await
}

/// Fresh tokens for a session.
pub async fn tokens(tx: &Tx, app: &App, user: user::Model, session: session::Model) -> Result<Admission> {
    let permissions = effective(tx, user.id).await?;
    let bearer = Bearer { user: user.id, session: session.id };
    let (access_token, access_token_expires_at) = app.tokens.issue(bearer)?;
    let refresh = RefreshToken { session: session.id, generation: session.generation };
    Ok(Admission {
        principal: Principal { user: user.id, session: session.id, permissions, at: tx.at },
        refresh_token: refresh.write(&app.tokens),
        user,
        session,
        access_token,
        access_token_expires_at,
    })
}

async fn effective(tx: &Tx, user: UserId) -> Result<crate::access::PermissionSet> {
    Ok(role::rows::effective_permissions(tx, &[user], tx.at).await?.remove(&user).unwrap_or_default())
}

macro_rules! admissions {
    ($($(#[doc = $doc:literal])+ $name:ident)*) => {$(
        payloads! {
            $(#[doc = $doc])+
            $name {
                /// Who is signed in now.
                user: User,
                /// The session that has begun or goes on.
                session: Session,
                /// Send it as `Authorization: Bearer …`. A JWT signed with Ed25519.
                access_token: String,
                /// When the access token ends; refresh the session before.
                access_token_expires_at: scalars::DateTime,
                /// Works once, for `refreshSession`. Keep it as you would a password.
                refresh_token: String,
                /// When the session ends, and with it the refresh token.
                refresh_token_expires_at: scalars::DateTime,
            }
        }

        impl From<Admission> for $name {
            fn from(admission: Admission) -> Self {
                Self {
                    refresh_token_expires_at: Some(admission.session.expires_at.into()),
                    user: Some(admission.user.into()),
                    session: Some(admission.session.into()),
                    access_token: Some(admission.access_token),
                    access_token_expires_at: Some(admission.access_token_expires_at.into()),
                    refresh_token: Some(admission.refresh_token),
                    user_errors: Vec::new(),
                }
            }
        }
    )*};
}

admissions! {
    /// The answer to `register`.
    RegisterPayload
    /// The answer to `signIn`.
    SignInPayload
    /// The answer to `demoSignIn`.
    DemoSignInPayload
    /// The answer to `refreshSession`.
    RefreshSessionPayload
}
