//! Changing what an account is called and how it is reached.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result};
use entity::id::UserId;
use entity::user::{ActiveModel, Model};
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::{address, get, handle, stale};
use crate::domain::account::confirm::{self, Confirmed};
use crate::domain::account::register::taken;
use crate::domain::second_factor::step_up;
use crate::domain::user::object::User;
use crate::domain::user::{policy, rows};
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::{RequestContext, cx};
use crate::graphql::cost::{SIGN_IN, cost};
use crate::graphql::guard::{SignedIn, authenticated};
use crate::graphql::payload::payloads;
use crate::graphql::scalars::EmailAddress;
use crate::write::{self, Call, Change, Tx};

/// A change of an account; what is left out stays.
#[derive(InputObject)]
pub struct UpdateUserInput {
    /// Whose account; one's own if not given.
    id: Option<ID>,
    /// The new name to sign in with, as for `register`; null is `INVALID`.
    username: MaybeUndefined<String>,
    /// The new name for addresses and mentions: 1 to 64 of a-z, 0-9, `_`, `-`, beginning and ending with a letter or digit;
    /// not a number, nor a UUID; unique. Null is `INVALID`.
    handle: MaybeUndefined<String>,
    /// The new name shown to people, 1 to 100 characters; null makes it the user name.
    display_name: MaybeUndefined<String>,
    /// The new e-mail address, unique without regard to case; null takes it away.
    email: MaybeUndefined<EmailAddress>,
    /// The password of one's own account: needed to change one's own address. Where there is none the session must be at most
    /// 15 minutes old: sign in again.
    current_password: Option<String>,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `updateUser`.
    UpdateUserPayload {
        /// The account as it is now, also when `expectedVersion` was stale.
        user: User,
    }
}

struct UserPatch {
    id: UserId,
    username: Option<String>,
    handle: Option<String>,
    display_name: MaybeUndefined<String>,
    email: MaybeUndefined<String>,
    expected_version: Option<i32>,
    /// Shown with a new address for oneself.
    confirmed: Option<Confirmed>,
}

impl UpdateUserInput {
    fn parse(self, viewer: UserId) -> Result<(UserPatch, Option<String>), Error> {
        let mut checks = Checks::default();
        let id = self.id.map_or(viewer, |id| checks.id(&["id"], &id));
        let username = given(&mut checks, "username", self.username);
        let username = username.map(|name| checks.username(&["username"], &name));
        let handle = given(&mut checks, "handle", self.handle).map(|handle| checks.handle(&["handle"], &handle));
        let display_name = self.display_name.map_value(|name| checks.line(&["displayName"], &name, 1..=100));
        let email = self.email.map_value(|address| checks.email(&["email"], &address));
        checks.done()?;
        let expected_version = self.expected_version;
        let patch = UserPatch { id, username, handle, display_name, email, expected_version, confirmed: None };
        Ok((patch, self.current_password))
    }
}

/// A value that may be left out and is never null.
fn given(checks: &mut Checks, field: &str, value: MaybeUndefined<String>) -> Option<String> {
    if value.is_null() {
        checks.refuse(UserError::invalid(&[field], "An account always has one."));
    }
    value.take()
}

#[derive(Default)]
pub struct UpdateUser;

#[Object]
impl UpdateUser {
    /// Changes names and address of an account. Another address for oneself wants the password, or a session that has
    /// just begun where there is none, else `WRONG_CREDENTIALS`; the address so far is told by mail, if it was verified. What
    /// is taken is a `CONFLICT`. Needs a signed-in user: in a session for one's own account, else with `users:write`, and then
    /// not of an account that may do more than the viewer's. Another address, whosever it is, needs a session, and a recent
    /// second factor (`SECOND_FACTOR_REQUIRED`) if the viewer's account has one.
    #[graphql(guard = "SignedIn", directive = authenticated::apply(), directive = cost::apply(SIGN_IN))]
    async fn update_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateUserInput,
    ) -> Result<Option<UpdateUserPayload>> {
        let cx = cx(ctx);
        let call = Call::of(cx, "updateUser", &input, &input.idempotency_key);
        let payload = write::run(cx, call, draft(cx, input).await, |tx, patch| {
            Box::pin(async move {
                let row = get(tx, patch.id).await?;
                let viewer = tx.actor.principal()?;
                policy::may_change(viewer, row.id)?;
                match viewer.is_self(row.id) {
                    true => drop(viewer.in_session()?),
                    false => handle(tx, &row).await?,
                }
                if let Some(stale) = stale(&row, patch.expected_version) {
                    return Ok(UpdateUserPayload { user: Some(row.into()), user_errors: vec![stale] });
                }
                Ok(UpdateUserPayload { user: Some(update(tx, row, patch).await?), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn draft(cx: &RequestContext, input: UpdateUserInput) -> Result<UserPatch, Error> {
    let viewer = cx.viewer()?.user;
    let (mut patch, password) = input.parse(viewer)?;
    if patch.id == viewer && !patch.email.is_undefined() {
        let present = cx.load(viewer).await?.and_then(|row| row.email.clone());
        if present.as_ref() != patch.email.value() {
            patch.confirmed = Some(confirm::own(cx, password).await?);
        }
    }
    Ok(patch)
}

async fn update(tx: &Tx, row: Model, patch: UserPatch) -> Result<User, Error> {
    let username = patch.username.unwrap_or_else(|| row.username.clone());
    let new_handle = patch.handle.unwrap_or_else(|| row.handle.clone());
    let display_name = match patch.display_name {
        MaybeUndefined::Undefined => row.display_name.clone(),
        MaybeUndefined::Null => username.clone(),
        MaybeUndefined::Value(name) => name,
    };
    let email = match patch.email {
        MaybeUndefined::Undefined => row.email.clone(),
        MaybeUndefined::Null => None,
        MaybeUndefined::Value(address) => Some(address),
    };
    let changes = [
        ("username", username != row.username),
        ("handle", new_handle != row.handle),
        ("displayName", display_name != row.display_name),
        ("email", email != row.email),
    ];
    let changed: Vec<&str> = changes.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
    if changed.is_empty() {
        tx.unchanged();
        return Ok(row.into());
    }
    let mut change = ActiveModel {
        id: Set(row.id),
        username: Set(username),
        handle: Set(new_handle),
        display_name: Set(display_name),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        ..Default::default()
    };
    if changed.contains(&"email") {
        step_up::require(tx).await?;
        if tx.actor.principal()?.is_self(row.id) {
            patch.confirmed.ok_or_else(confirm::wrong)?.holds_for(&row)?;
        }
        address::change(tx, &row, email, &mut change).await?;
    }
    let record = Change::new("user.update", "user", row.id)
        .before(json!({ "version": row.version }))
        .after(json!({ "changed": changed }));
    let changed = rows::update(tx, change).await.map_err(|cause| taken(cause, &["handle"]))?;
    tx.record(record).await?;
    Ok(changed.into())
}
