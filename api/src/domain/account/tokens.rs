//! What every way of signing in ends with: a session and its two tokens.

use async_graphql::SimpleObject;
use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{DeviceId, SessionId, UserId};
use entity::security_event::Kind;
use entity::{session, user};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::mutation::wrong;
use super::object::Session;
use super::rows;
use crate::app::App;
use crate::auth::device as agent;
use crate::auth::refresh::RefreshToken;
use crate::auth::token::Bearer;
use crate::auth::{Principal, Rights, Via};
use crate::domain::device::rows::Recognised;
use crate::domain::user::object::User;
use crate::domain::user::rows as user_rows;
use crate::domain::{device, role};
use crate::error::{Error, ErrorCode, Result, UserError};
use crate::graphql::payload::refusable;
use crate::graphql::scalars;
use crate::write::{Change, Snapshot, Tx};

/// The session with fresh tokens, and who acts in it from now on.
pub struct Admission {
    pub user: user::Model,
    pub session: session::Model,
    pub principal: Principal,
    /// When the tokens were made.
    at: DateTime<Utc>,
    access_token: String,
    access_token_expires_at: DateTime<Utc>,
    refresh_token: String,
}

/// Begins a session for a user whose right to one has been shown.
pub async fn admit(
    tx: &Tx,
    app: &App,
    user: user::Model,
    device_token: Option<&str>,
    action: &'static str,
) -> Result<Admission> {
    admit_shown(tx, app, user, device_token, action, None).await
}

/// The same for whoever has shown a second factor besides, at that moment.
pub async fn admit_shown(
    tx: &Tx,
    app: &App,
    user: user::Model,
    device_token: Option<&str>,
    action: &'static str,
    second_factor_at: Option<DateTime<Utc>>,
) -> Result<Admission> {
    // Its row is held from here on, so that sign-ins at once find each other's sessions.
    if !user_rows::touch_sign_in(tx, user.id, tx.at).await? {
        return Err(wrong(&[]));
    }
    let found = device(tx, app, user.id, device_token).await?;
    let row = session::Model {
        id: SessionId(tx.new_id()),
        user_id: user.id,
        generation: 0,
        created_at: tx.at,
        last_active_at: tx.at,
        expires_at: tx.at + TimeDelta::seconds(app.auth.session_lifetime.into()),
        ended_at: None,
        end_reason: None,
        device_id: Some(found.id),
        address: tx.client.address_text(),
        idle_expires_at: app.activity.idle_expires_at(tx.at),
        second_factor_at,
        impersonator_id: None,
        impersonation_reason: None,
        allows_writing: false,
    };
    let row = rows::insert(tx, row).await?;
    rows::evict(tx, user.id, app.auth.session_ceiling.into(), tx.at).await?;
    if found.is_unexpected {
        tx.alert(user.id, Kind::NewDevice, Some(row.id)).await?;
    }
    let change = Change::new(action, "session", row.id).by(user.id, row.id).after(json!({ "user": user.id }));
    tx.record(change).await?;
    tokens(tx, app, user, row).await
}

/// The device that somebody signs in with: the trusted one whose token was sent, or the one that looks like this.
async fn device(tx: &Tx, app: &App, user: UserId, sent: Option<&str>) -> Result<Recognised> {
    if let Some(id) = trusted(tx, app, user, sent).await? {
        device::rows::see(tx, id, tx.at).await?;
        return Ok(Recognised { id, is_unexpected: false });
    }
    let agent = tx.client.agent();
    let (name, platform) = agent::describe(agent);
    let looks: String = agent.chars().filter(|c| !c.is_ascii_digit()).collect();
    let fingerprint = app.tokens.keyed_hash(&[b"looks\0", looks.as_bytes()]).to_vec();
    let shown = device::rows::Shown { id: DeviceId(tx.new_id()), user, fingerprint, name, platform };
    device::rows::recognise(tx, shown, tx.at).await
}

/// The trusted device whose token was sent, if it is right.
pub async fn trusted(tx: &Tx, app: &App, user: UserId, sent: Option<&str>) -> Result<Option<DeviceId>> {
    let Some((sent, id)) = sent.and_then(|sent| Some((sent, device::token::named(sent)?))) else { return Ok(None) };
    let row = device::rows::find_trusted(tx, user, id, tx.at).await?;
    Ok(row.filter(|row| device::token::is_of(&app.tokens, row, sent)).map(|row| row.id))
}

/// Fresh tokens for a session.
pub async fn tokens(tx: &Tx, app: &App, user: user::Model, session: session::Model) -> Result<Admission> {
    tokens_of(tx, app, user, session, tx.at).await
}

/// The tokens that a session was given at a moment: made, not stored, so they can be made again.
async fn tokens_of(
    tx: &Tx,
    app: &App,
    user: user::Model,
    session: session::Model,
    at: DateTime<Utc>,
) -> Result<Admission> {
    let address = tx.client.address;
    let rights = Rights {
        user: role::rows::grants_held(tx, user.id, tx.at).await?,
        second_factor_at: session.second_factor_at,
        ..Rights::default()
    };
    let held = rights.held(tx.at, address, false).unwrap_or_default();
    let bearer = Bearer { user: user.id, session: session.id };
    let (access_token, access_token_expires_at) = app.tokens.issue(bearer, at)?;
    let refresh = RefreshToken { session: session.id, generation: session.generation };
    let principal = Principal {
        user: user.id,
        via: Via::Session(session.id),
        permissions: held.all,
        only_own: held.only_own,
        unconditional: held.unconditional,
        address,
        at: tx.at,
        remembered: false,
        budget: None,
        horizon: None,
    };
    tx.signs_in(principal);
    Ok(Admission {
        principal,
        at,
        refresh_token: refresh.write(&app.tokens),
        user,
        session,
        access_token,
        access_token_expires_at,
    })
}

/// What is recorded of an admission: no token, only what they are made of.
#[derive(Deserialize, Serialize)]
pub struct Recorded {
    user: user::Model,
    session: session::Model,
    at: DateTime<Utc>,
}

impl Recorded {
    /// The same admission again, unless the session or the account has ended meanwhile.
    async fn admission(self, tx: &Tx, app: &App) -> Result<Admission> {
        if !rows::is_live(tx, self.session.id, tx.at).await? {
            let message = "The session of that answer has ended. Sign in again.";
            return Err(Error::refused(UserError::new(ErrorCode::WrongCredentials, &["idempotencyKey"], message)));
        }
        tokens_of(tx, app, self.user, self.session, self.at).await
    }
}

/// A payload with tokens.
pub trait Admits: Snapshot + From<Admission> {
    /// Takes the refresh token out, and tells until when it is good.
    fn take_refresh_token(&mut self) -> Option<(String, DateTime<Utc>)>;
}

macro_rules! admissions {
    ($($(#[doc = $doc:literal])+ $name:ident)*) => {$(
        $(#[doc = $doc])+
        #[derive(Default, SimpleObject)]
        pub struct $name {
            /// Who is signed in now.
            pub user: Option<User>,
            /// The session that has begun or goes on.
            pub session: Option<Session>,
            /// Send it as `Authorization: Bearer …`. A JWT signed with Ed25519.
            pub access_token: Option<String>,
            /// When the access token ends; refresh the session before.
            pub access_token_expires_at: Option<scalars::DateTime>,
            /// Works once, for `refreshSession`. Keep it as you would a password. Null if it was put into a cookie.
            pub refresh_token: Option<String>,
            /// When the session ends, and with it the refresh token.
            pub refresh_token_expires_at: Option<scalars::DateTime>,
            /// Why the input was refused; empty when the mutation did what was asked.
            pub user_errors: Vec<UserError>,
            #[graphql(skip)]
            at: DateTime<Utc>,
        }

        refusable!($name);

        impl Admits for $name {
            fn take_refresh_token(&mut self) -> Option<(String, DateTime<Utc>)> {
                Some((self.refresh_token.take()?, self.refresh_token_expires_at?.0))
            }
        }

        impl Snapshot for $name {
            fn take(&self) -> Result<Value> {
                let parts = (&self.user, &self.session);
                let (Some(user), Some(session)) = parts else { return Ok(Value::Null) };
                Ok(json!({ "user": user, "session": session, "at": self.at }))
            }

            async fn restore(tx: &Tx, app: &App, snapshot: Value) -> Result<Self> {
                let recorded: Recorded = serde_json::from_value(snapshot).map_err(Error::internal)?;
                Ok(recorded.admission(tx, app).await?.into())
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
                    at: admission.at,
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
    /// The answer to `completeFederatedSignIn`.
    CompleteFederatedSignInPayload
    /// The answer to `refreshSession`.
    RefreshSessionPayload
}
