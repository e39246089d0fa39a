//! Making an account for somebody else.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::{RoleId, UserId};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::access::{DefaultRole, Permission};
use crate::app::App;
use crate::domain::account::register::{self, NewAccount};
use crate::domain::role;
use crate::domain::second_factor::step_up;
use crate::domain::user::object::User;
use crate::domain::user::rows;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::cost::{SIGN_IN, cost};
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars::{self, EmailAddress};
use crate::write::{self, Call, Change, Creation, Tx};

/// An account for somebody else.
#[derive(InputObject)]
pub struct CreateUserInput {
    /// The name to sign in with, as for `register`.
    username: String,
    /// The name shown to people, 1 to 100 characters; the user name if not given.
    display_name: Option<String>,
    /// The e-mail address; unique without regard to case. It can be used to sign in.
    email: Option<EmailAddress>,
    /// As for `register`. Without one nobody signs in with a password before it is set.
    password: Option<String>,
    /// The role that the account gets; `subscriber` if not given. The caller must hold all its permissions.
    role_id: Option<ID>,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `createUser`.
    CreateUserPayload {
        /// The new account, or the one that this `clientId` made earlier.
        user: User,
    }
}

/// What the creation depends on, without the password, which is kept nowhere else.
#[derive(Serialize)]
struct NewUser {
    username: String,
    display_name: Option<String>,
    email: Option<String>,
    role: Option<RoleId>,
    #[serde(skip)]
    password_hash: Option<String>,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl CreateUserInput {
    async fn parse(self, app: &App) -> Result<NewUser, Error> {
        let mut checks = Checks::default();
        let username = checks.username(&["username"], &self.username);
        let display_name = self.display_name.map(|name| checks.line(&["displayName"], &name, 1..=100));
        let email = self.email.map(|address| checks.email(&["email"], &address));
        let role = self.role_id.map(|id| checks.id(&["roleId"], &id));
        let client_id = checks.client_id(self.client_id.as_ref());
        if let Some(password) = &self.password {
            let about = [Some(&username), display_name.as_ref(), email.as_ref()];
            let about: Vec<&str> = about.into_iter().flatten().map(String::as_str).collect();
            if let Some(refusal) = app.passwords.refusal(&["password"], password, &about).await? {
                checks.refuse(refusal);
            }
        }
        checks.done()?;
        let password_hash = match self.password {
            Some(password) => Some(app.passwords.hash(password).await?),
            None => None,
        };
        Ok(NewUser { username, display_name, email, role, password_hash, client_id })
    }
}

#[derive(Default)]
pub struct CreateUser;

#[Object]
impl CreateUser {
    /// Makes an account for somebody else, whether registration is open or not. What is taken is a `CONFLICT`; a role with
    /// permissions that the viewer does not hold is `FORBIDDEN`. Needs `users:write`; with `roleId` or a password a session,
    /// and with `roleId` a recent second factor (`SECOND_FACTOR_REQUIRED`) if the viewer's account has one.
    #[graphql(guard = "Requires(Permission::UsersWrite)", directive = requiresPermission::apply(Permission::UsersWrite), directive = cost::apply(SIGN_IN))]
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] input: CreateUserInput,
    ) -> Result<Option<CreateUserPayload>> {
        let cx = cx(ctx);
        let call = Call::of(cx, "createUser", &input, &input.idempotency_key);
        let payload = write::run(cx, call, input.parse(&cx.app).await, |tx, draft| {
            Box::pin(async move {
                let user = Some(create(tx, draft).await?);
                Ok(CreateUserPayload { user, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn create(tx: &Tx, draft: NewUser) -> Result<User, Error> {
    let viewer = tx.actor.principal()?;
    let id = UserId(tx.new_id());
    if let Creation::Again(first) = tx.claim("user.create", draft.client_id, &draft, id).await? {
        let row = rows::for_session(tx, UserId(first)).await?;
        return row.map(User::from).ok_or_else(|| Error::refused(UserError::not_found(&["clientId"])));
    }
    if draft.role.is_some() {
        step_up::require(tx).await?;
    } else if draft.password_hash.is_some() {
        viewer.in_session()?;
    }
    let role = match draft.role {
        Some(role) => role::rows::by_ids(tx, viewer, &[role]).await?.remove(&role).map(|role| (*role).clone()),
        None => role::rows::find_by_name(tx, DefaultRole::SUBSCRIBER).await?,
    };
    let role = role.ok_or_else(|| Error::refused(UserError::not_found(&["roleId"])))?;
    role::handing::require(tx, viewer, &[&role]).await?;
    let account = NewAccount {
        username: draft.username,
        display_name: draft.display_name,
        email: draft.email,
        password_hash: draft.password_hash,
    };
    let row = register::create(tx, id.0, account, &role.name, Some(viewer.user), tx.at).await?;
    let made = json!({ "number": row.number, "role": role.name });
    tx.record(Change::new("user.create", "user", row.id).after(made)).await?;
    Ok(row.into())
}
