//! The root mutations of impersonation.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::TimeDelta;
use entity::id::{SessionId, UserId};
use entity::security_event::Kind;
use entity::session;
use entity::session::EndReason;
use serde_json::{Value, json};

use super::policy;
use crate::access::Permission;
use crate::app::App;
use crate::auth::token::Bearer;
use crate::domain::account::rows as account_rows;
use crate::domain::role;
use crate::domain::second_factor::step_up;
use crate::domain::user::rows as user_rows;
use crate::error::{Error, ErrorCode, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{InSession, Requires, SignedIn, authenticated, requiresPermission, requiresSession};
use crate::graphql::id::WireId;
use crate::graphql::payload::{payloads, refusable};
use crate::graphql::scalars;
use crate::write::{self, Call, Change, Snapshot, Tx};

/// Whom to work as, why and for how long.
#[derive(InputObject)]
pub struct BeginImpersonationInput {
    /// An active account that may do no more than one's own.
    user_id: ID,
    /// Why, 1 to 500 characters in one line. The person reads it.
    reason: String,
    /// For so many minutes, 1 to 60.
    minutes: i32,
    /// Whether more than reading is to be possible: what both accounts may, but nothing about the account itself.
    #[graphql(default)]
    allows_writing: bool,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// Which impersonation to end.
#[derive(InputObject)]
pub struct EndImpersonationInput {
    /// Its session; that of the request if not given.
    session_id: Option<ID>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `endImpersonation`.
    EndImpersonationPayload {
        /// The id of the session, which is over.
        ended_session_id: ID,
    }
}

/// The answer to `beginImpersonation`.
#[derive(Default, SimpleObject)]
pub struct BeginImpersonationPayload {
    /// The id of the session in which one works as the other person.
    pub session_id: Option<ID>,
    /// Send it as `Authorization: Bearer …` for whatever is to be done as the other person. There is no refresh token.
    pub access_token: Option<String>,
    /// When it ends.
    pub expires_at: Option<scalars::DateTime>,
    /// Why the input was refused; empty when the mutation did what was asked.
    pub user_errors: Vec<UserError>,
}

refusable!(BeginImpersonationPayload);

impl BeginImpersonationPayload {
    fn of(app: &App, session: &session::Model) -> Result<Self, Error> {
        let bearer = Bearer { user: session.user_id, session: session.id };
        Ok(Self {
            session_id: Some(session.id.encode()),
            access_token: Some(app.tokens.issue_until(bearer, session.created_at, session.expires_at)?),
            expires_at: Some(session.expires_at.into()),
            user_errors: Vec::new(),
        })
    }
}

impl Snapshot for BeginImpersonationPayload {
    fn take(&self) -> Result<Value, Error> {
        Ok(json!(self.session_id.as_deref()))
    }

    /// No token is kept: it is made again, while the session lasts.
    async fn restore(tx: &Tx, app: &App, snapshot: Value) -> Result<Self, Error> {
        let id = snapshot.as_str().and_then(SessionId::decode);
        let session = match id {
            Some(id) if account_rows::is_live(tx, id, tx.at).await? => account_rows::find(tx, id).await?,
            _ => None,
        };
        let over = "The impersonation of that answer is over.";
        let over = || Error::refused(UserError::new(ErrorCode::WrongCredentials, &["idempotencyKey"], over));
        Self::of(app, &session.ok_or_else(over)?)
    }
}

struct Beginning {
    user: UserId,
    reason: String,
    minutes: i32,
    allows_writing: bool,
}

impl BeginImpersonationInput {
    fn parse(&self) -> Result<Beginning, Error> {
        let mut checks = Checks::default();
        let beginning = Beginning {
            user: checks.id(&["userId"], &self.user_id),
            reason: checks.line(&["reason"], &self.reason, 1..=500),
            minutes: self.minutes,
            allows_writing: self.allows_writing,
        };
        if !(1..=60).contains(&self.minutes) {
            checks.refuse(UserError::invalid(&["minutes"], "1 to 60."));
        }
        checks.done().map(|()| beginning)
    }
}

#[derive(Default)]
pub struct ImpersonationMutation;

#[Object]
impl ImpersonationMutation {
    /// Begins to work as somebody else, who is told and sees it among their sessions. Only reading is possible in it unless
    /// `allowsWriting`; the account itself (password, second factor, sessions, keys, identities) is never open. Every audit
    /// entry names both. `FORBIDDEN` for an account that may do more than one's own; `CONFLICT` for oneself and for accounts
    /// that cannot be used. Needs `users:act_as`, a session of one's own, and a recent second factor if one has one
    /// (`SECOND_FACTOR_REQUIRED`).
    #[graphql(guard = "Requires(Permission::UsersActAs).and(InSession)", directive = requiresPermission::apply(Permission::UsersActAs), directive = requiresSession::apply())]
    async fn begin_impersonation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As whom, why and for how long.")] input: BeginImpersonationInput,
    ) -> Result<Option<BeginImpersonationPayload>> {
        let app = cx(ctx).app.clone();
        cx(ctx).viewer()?.in_session()?;
        let call = Call::of(cx(ctx), "beginImpersonation", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, beginning| {
            Box::pin(async move {
                let session = begin(tx, beginning).await?;
                BeginImpersonationPayload::of(&app, &session)
            })
        });
        Ok(payload.await?)
    }

    /// Ends an impersonation at once. Whoever works in it may, in it or in their own session, and whose account it is.
    /// Needs a signed-in user.
    #[graphql(guard = "SignedIn", directive = authenticated::apply())]
    async fn end_impersonation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: EndImpersonationInput,
    ) -> Result<Option<EndImpersonationPayload>> {
        let call = Call::of(cx(ctx), "endImpersonation", &input, &input.idempotency_key);
        let mut checks = Checks::default();
        let id = input.session_id.as_ref().map(|id| checks.id::<SessionId>(&["sessionId"], id));
        let payload = write::run(cx(ctx), call, checks.done().map(|()| id), |tx, id| {
            Box::pin(async move {
                let viewer = tx.actor.principal()?;
                let none = || Error::refused(UserError::not_found(&["sessionId"]));
                let id = id.or(viewer.session()).ok_or_else(none)?;
                let found = account_rows::find(tx, id).await?.filter(|session| policy::may_end(viewer, session));
                let found = found.ok_or_else(none)?;
                match account_rows::end(tx, id, EndReason::Revoked, tx.at).await? {
                    Some(_) => {
                        let change = Change::new("impersonation.end", "session", id).concerning(found.user_id);
                        tx.record(change).await?;
                    }
                    None => tx.unchanged(),
                }
                Ok(EndImpersonationPayload { ended_session_id: Some(id.encode()), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn begin(tx: &Tx, beginning: Beginning) -> Result<session::Model, Error> {
    let viewer = tx.actor.principal()?;
    viewer.in_session()?;
    step_up::require(tx).await?;
    let Beginning { user, reason, minutes, allows_writing } = beginning;
    // Held, so that whoever shuts the account meanwhile ends this session with the others.
    let found = user_rows::find_for_update(tx, viewer, user).await?;
    let row = found.ok_or_else(|| Error::refused(UserError::not_found(&["userId"])))?;
    if user == viewer.user || !row.is_active(tx.at) {
        let message = if user == viewer.user { "This is yourself." } else { "This account cannot be used." };
        return Err(Error::refused(UserError::conflict(&["userId"], message)));
    }
    let theirs = role::rows::effective_permissions(tx, &[user], tx.at).await?.remove(&user).unwrap_or_default();
    policy::may_begin(viewer, theirs)?;
    let expires_at = tx.at + TimeDelta::minutes(minutes.into());
    let row = session::Model {
        id: SessionId(tx.new_id()),
        user_id: user,
        generation: 0,
        created_at: tx.at,
        last_active_at: tx.at,
        expires_at,
        ended_at: None,
        end_reason: None,
        // The device and the address are those of whoever works, and nobody else's business.
        device_id: None,
        address: None,
        idle_expires_at: expires_at,
        second_factor_at: None,
        impersonator_id: Some(viewer.user),
        impersonation_reason: Some(reason),
        allows_writing,
    };
    let row = account_rows::insert(tx, row).await?;
    tx.alert_of_account(user, Kind::ImpersonationBegan).await?;
    let after = json!({ "user": user, "until": expires_at, "allowsWriting": allows_writing });
    tx.record(Change::new("impersonation.begin", "session", row.id).concerning(user).after(after)).await?;
    Ok(row)
}
