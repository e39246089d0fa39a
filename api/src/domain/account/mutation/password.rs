//! Another password: by whoever knows the old one, and by whoever reads the account's mail.

use async_graphql::{Context, InputObject, Object, Result};
use entity::confirmation::Purpose;
use entity::mail::Template;
use entity::security_event::Kind;
use entity::session::EndReason;
use entity::user;
use serde_json::json;

use super::{LONGEST, worthless};
use crate::auth::Principal;
use crate::auth::confirmation::ConfirmationToken;
use crate::domain::account::rows::{self, confirmations, passwords};
use crate::domain::account::{confirm, ways_in};
use crate::domain::device::rows as device_rows;
use crate::domain::mail::rows::{self as mail_rows, Letter};
use crate::domain::second_factor::step_up;
use crate::domain::user::rows as user_rows;
use crate::error::{Error, ErrorCode, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::{RequestContext, cx};
use crate::graphql::cost::{SIGN_IN, cost};
use crate::graphql::guard::{InSession, open, requiresSession};
use crate::graphql::payload::payloads;
use crate::graphql::scalars::EmailAddress;
use crate::write::{self, Call, Change, Tx};

/// Another password for oneself.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The password as it is.
    current_password: String,
    /// At least 8 characters (a setting), at most 72 bytes; not one that is easily guessed (a setting) or known from a
    /// breach.
    new_password: String,
    /// Leave the other sessions of the signed-in user as they are. They end if not given.
    #[graphql(default)]
    keep_other_sessions: bool,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// Whose password is forgotten.
#[derive(InputObject)]
pub struct RequestPasswordResetInput {
    /// The address of the account.
    email: EmailAddress,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// A new password, with the right to set one.
#[derive(InputObject)]
pub struct ResetPasswordInput {
    /// The token that was mailed. It works once, for one hour, while it is the latest one and the account's address is the
    /// one it was mailed to. A mail that is asked for within that hour has the same one, which works an hour from then.
    token: String,
    /// At least 8 characters (a setting), at most 72 bytes; not one that is easily guessed (a setting) or known from a
    /// breach.
    new_password: String,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `changePassword`.
    ChangePasswordPayload {
        /// How many other sessions were ended.
        ended_sessions: i32,
    }
    /// The answer to `requestPasswordReset`.
    RequestPasswordResetPayload {
        /// True if the input is acceptable. Says nothing of whether the address is anybody's.
        requested: bool,
    }
    /// The answer to `resetPassword`.
    ResetPasswordPayload {
        /// How many sessions were ended: all of them.
        ended_sessions: i32,
    }
}

#[derive(Default)]
pub struct PasswordMutation;

#[Object]
impl PasswordMutation {
    /// Gives oneself another password, ends one's other sessions unless they are to be kept, ends the trust in all devices,
    /// and mails one that it happened, if one's address is verified. API keys stay. A wrong current password is `WRONG_CREDENTIALS`; so is any for an account that has none, which gets its
    /// first by `requestPasswordReset`. Needs a session, and a recent second factor (`SECOND_FACTOR_REQUIRED`) if the
    /// account has one.
    #[graphql(guard = "InSession", directive = requiresSession::apply(), directive = cost::apply(SIGN_IN))]
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Both passwords.")] input: ChangePasswordInput,
    ) -> Result<Option<ChangePasswordPayload>> {
        let cx = cx(ctx);
        let call = Call::of(cx, "changePassword", &input, &input.idempotency_key);
        let keeps = input.keep_other_sessions;
        // Refused only in the transaction: a call that is repeated is answered alike, although its password is an old one.
        let changed = changed(cx, input).await;
        let payload = write::run(cx, call, Ok(changed), move |tx, changed| {
            Box::pin(async move {
                let (seen, hash) = changed?;
                step_up::require(tx).await?;
                let viewer = *tx.actor.principal()?;
                let now = passwords::still(tx, &seen).await?.filter(|user| user.is_active(tx.at));
                let Some(user) = now else { return Err(wrong_password()) };
                passwords::set(tx, user.id, &hash, false, tx.at).await?;
                let ended = match keeps {
                    true => 0,
                    false => {
                        let reason = EndReason::PasswordChanged;
                        rows::end_others(tx, user.id, viewer.in_session()?, reason, tx.at).await?
                    }
                };
                let untrusted = device_rows::untrust_all(tx, user.id, tx.at).await?;
                let change = Change::new("password.change", "user", user.id);
                tx.record(change.after(json!({ "ended": ended, "untrusted": untrusted }))).await?;
                tell(tx, &user, Kind::PasswordChanged, Template::PasswordChanged).await?;
                Ok(ChangePasswordPayload { ended_sessions: Some(count(ended)), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Mails a token for `resetPassword` to the address, if it is that of an active account, at most every five minutes.
    /// The answer is the same in any case, in words and in time. Open to everybody.
    #[graphql(directive = open::apply(), directive = cost::apply(SIGN_IN))]
    async fn request_password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For which address.")] input: RequestPasswordResetInput,
    ) -> Result<Option<RequestPasswordResetPayload>> {
        let cx = cx(ctx);
        let call = Call::by(cx, "requestPasswordReset", &input, &input.idempotency_key, &input.email.0);
        let mut checks = Checks::default();
        let email = checks.email(&["email"], &input.email);
        let payload = write::run(cx, call, checks.done().map(|()| email), |tx, email| {
            Box::pin(async move {
                // Whose address it is, is found out later: what happens here is the same for all.
                let template = Template::PasswordResetLink;
                let letter = Letter { template, email: &email, user: None, confirmation: None };
                let mail = mail_rows::queue(tx, letter).await?;
                tx.record(Change::new("password.request_reset", "mail", mail)).await?;
                Ok(RequestPasswordResetPayload { requested: Some(true), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Sets a new password with a mailed token, ends all sessions, all API keys and the trust in all devices, and mails the
    /// owner that it happened. It signs nobody in. It also shows that the address is read by the owner, who need not verify
    /// it any more; if nobody had verified it before, the second factor and the linked identities go, too, as they may be
    /// somebody else's. A verified owner's second factor and identities stay. A token that is unknown, used,
    /// expired or not the latest is `WRONG_CREDENTIALS`. Open to whoever has the token.
    #[graphql(directive = open::apply(), directive = cost::apply(SIGN_IN))]
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token and the password.")] input: ResetPasswordInput,
    ) -> Result<Option<ResetPasswordPayload>> {
        let cx = cx(ctx);
        let call = Call::by(cx, "resetPassword", &input, &input.idempotency_key, &input.token);
        // Refused only in the transaction: a call that is repeated is answered alike, although its token is used.
        let reset = reset(cx, input).await;
        let payload = write::run(cx, call, Ok(reset), |tx, reset| {
            Box::pin(async move {
                let (token, seen, hash) = reset?;
                let used = confirmations::use_up(tx, token, tx.at).await?;
                let Some(id) = used.filter(|id| *id == seen.id) else { return Err(worthless()) };
                // The account is held by now; what was known of it before may have changed.
                let user = user_rows::for_session(tx, id).await?.ok_or_else(worthless)?;
                ways_in::forget_strangers(tx, &user).await?;
                passwords::set(tx, id, &hash, true, tx.at).await?;
                let shut = ways_in::shut(tx, &user, EndReason::PasswordChanged).await?;
                tx.record(Change::new("password.reset", "user", id).after(shut.record())).await?;
                tell(tx, &user, Kind::PasswordReset, Template::PasswordReset).await?;
                Ok(ResetPasswordPayload { ended_sessions: Some(count(shut.sessions)), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

/// Whose password is changed, and the hash of the new one.
async fn changed(cx: &RequestContext, input: ChangePasswordInput) -> Result<(user::Model, String), Error> {
    let user = user_rows::for_session(&cx.db, cx.viewer()?.user).await?;
    let user = user.filter(|user| user.is_active(cx.app.clock.now()));
    let user = user.ok_or(Error::BadCredential)?;
    let mut checks = Checks::default();
    if !confirm::is_right(cx, user.id, user.password_hash.clone(), input.current_password).await? {
        checks.refuse(UserError::new(ErrorCode::WrongCredentials, &["currentPassword"], WRONG_PASSWORD));
    }
    if let Some(refusal) = cx.app.passwords.refusal(&["newPassword"], &input.new_password, &about(&user)).await? {
        checks.refuse(refusal);
    }
    checks.done()?;
    Ok((user, cx.app.passwords.hash(input.new_password).await?))
}

/// Whose password is set anew, and its hash. The token is only looked at here; it is used in the transaction.
async fn reset(
    cx: &RequestContext,
    input: ResetPasswordInput,
) -> Result<(ConfirmationToken, user::Model, String), Error> {
    let token = match input.token.len() <= LONGEST {
        true => ConfirmationToken::read(&input.token, Purpose::PasswordReset, &cx.app.tokens),
        false => None,
    };
    let Some(token) = token else { return Err(worthless()) };
    let user = confirmations::account(&cx.db, token, cx.app.clock.now()).await?;
    let Some(user) = user else { return Err(worthless()) };
    let mut checks = Checks::default();
    if let Some(refusal) = cx.app.passwords.refusal(&["newPassword"], &input.new_password, &about(&user)).await? {
        checks.refuse(refusal);
    }
    checks.done()?;
    Ok((token, user, cx.app.passwords.hash(input.new_password).await?))
}

/// What a guesser knows of a person.
fn about(user: &user::Model) -> Vec<&str> {
    let names = [user.username.as_str(), user.handle.as_str(), user.display_name.as_str()];
    names.into_iter().chain(user.email.as_deref()).collect()
}

/// Tells the owner where they look, and by mail if the address is known to be theirs: so that nobody has mail sent to others.
async fn tell(tx: &Tx, user: &user::Model, kind: Kind, template: Template) -> Result<(), Error> {
    let session = tx.actor.principal().ok().filter(|viewer| viewer.user == user.id);
    tx.alert(user.id, kind, session.and_then(Principal::session)).await?;
    let is_theirs = user.email_verified_at.is_some() || template == Template::PasswordReset;
    if let Some(email) = user.email.as_deref().filter(|_| is_theirs) {
        mail_rows::queue(tx, Letter { template, email, user: Some(user.id), confirmation: None }).await?;
    }
    Ok(())
}

const WRONG_PASSWORD: &str = "This is not the password.";

fn wrong_password() -> Error {
    Error::refused(UserError::new(ErrorCode::WrongCredentials, &["currentPassword"], WRONG_PASSWORD))
}

fn count(ended: u64) -> i32 {
    i32::try_from(ended).unwrap_or(i32::MAX)
}
