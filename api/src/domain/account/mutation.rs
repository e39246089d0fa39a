//! Root mutations about accounts and sessions.

use async_graphql::{Context, InputObject, Object, Result};
use chrono::TimeDelta;
use entity::session::EndReason;
use entity::{invitation, user};
use serde_json::json;

use super::register::{self, NewAccount};
use super::rows;
use super::tokens::{self, Admission, DemoSignInPayload, RefreshSessionPayload, RegisterPayload, SignInPayload};
use crate::access::{DefaultRole, Permission};
use crate::app::App;
use crate::auth::refresh::RefreshToken;
use crate::config::Registration;
use crate::demo;
use crate::domain::user::rows as user_rows;
use crate::error::{Error, ErrorCode, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::{RequestContext, cx};
use crate::graphql::guard::{Requires, SignedIn};
use crate::graphql::payload::payloads;
use crate::graphql::scalars::{DateTime, EmailAddress};
use crate::write::{self, Change, Tx};

/// A new account.
#[derive(InputObject)]
pub struct RegisterInput {
    /// The name to sign in with: 1 to 64 of a-z, A-Z, 0-9, `.`, `_`, `-`; unique without regard to case.
    username: String,
    /// The name shown to people, 1 to 100 characters; the user name if not given.
    display_name: Option<String>,
    /// The e-mail address; unique without regard to case. It can be used to sign in.
    email: Option<EmailAddress>,
    /// At least 8 characters (a setting), at most 72 bytes.
    password: String,
    /// Where registration is by invitation: the code that was handed over.
    invitation_code: Option<String>,
}

/// Who wants to sign in.
#[derive(InputObject)]
pub struct SignInInput {
    /// User name or e-mail address.
    identifier: String,
    /// The password.
    password: String,
}

/// A session to go on with.
#[derive(InputObject)]
pub struct RefreshSessionInput {
    /// The latest refresh token of the session.
    refresh_token: String,
}

/// What to sign out of.
#[derive(InputObject)]
pub struct SignOutInput {
    /// End all sessions of the signed-in user, not just this one.
    #[graphql(default)]
    all_sessions: bool,
}

/// Whom to be in the demo.
#[derive(InputObject)]
pub struct DemoSignInInput {
    /// The user name of one of the demo people.
    username: String,
}

/// An invitation to register.
#[derive(InputObject)]
pub struct CreateInvitationInput {
    /// Only an account with this address can be made with it.
    email: Option<EmailAddress>,
    /// After so many days it no longer works: 1 to 90.
    #[graphql(default = 7)]
    lifetime_days: i32,
}

payloads! {
    /// The answer to `signOut`.
    SignOutPayload {
        /// How many sessions were ended.
        ended_sessions: i32,
    }
    /// The answer to `createInvitation`.
    CreateInvitationPayload {
        /// The code to hand over. It works once and is shown only here.
        invitation_code: String,
        /// When it stops to work.
        expires_at: DateTime,
    }
}

/// Longest thing that is looked at as a user name, an address or a token, in bytes.
const LONGEST: usize = 500;

impl RegisterInput {
    fn parse(self, app: &App) -> Result<(NewAccount, String, Option<String>), Error> {
        let mut checks = Checks::default();
        let username = checks.username(&["username"], &self.username);
        let display_name = self.display_name.map(|name| checks.line(&["displayName"], &name, 1..=100));
        let email = self.email.map(|address| checks.email(&["email"], &address));
        if let Some(refusal) = app.passwords.refusal(&["password"], &self.password) {
            checks.refuse(refusal);
        }
        let code = self.invitation_code.map(|code| checks.line(&["invitationCode"], &code, 1..=100));
        checks.done()?;
        Ok((NewAccount { username, display_name, email, password_hash: None }, self.password, code))
    }
}

#[derive(Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Makes an account and signs in. Open to everybody where registration is open, to people with an invitation where
    /// it is by invitation, else `FORBIDDEN`. The newcomer gets the role `subscriber`.
    async fn register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] input: RegisterInput,
    ) -> Result<Option<RegisterPayload>> {
        let cx = cx(ctx);
        let invited = match cx.app.registration {
            Registration::Open => false,
            Registration::Invite => true,
            Registration::Closed => return Err(Error::Forbidden("Registration is closed.").into()),
        };
        let draft = match input.parse(&cx.app) {
            Ok((mut account, password, code)) => {
                account.password_hash = Some(cx.app.passwords.hash(password).await?);
                Ok((account, code))
            }
            Err(refused) => Err(refused),
        };
        let app = cx.app.clone();
        let admission = admitted(cx, draft, move |tx, (account, code)| {
            Box::pin(async move {
                let invitation = match invited {
                    true => Some(claim(tx, code.as_deref(), account.email.as_deref()).await?),
                    false => None,
                };
                let user = register::create(tx, tx.new_id(), account, DefaultRole::SUBSCRIBER, None, tx.at).await?;
                if let Some(invitation) = invitation {
                    rows::use_invitation(tx, invitation.id, user.id, tx.at).await?;
                }
                let change = Change::new("user.register", "user", user.id)
                    .after(json!({ "number": user.number, "username": user.username }));
                tx.record(change).await?;
                tokens::admit(tx, &app, user, "session.register").await
            })
        });
        Ok(admission.await?)
    }

    /// Signs in with a password. Open to everybody. Everything that can be wrong is `WRONG_CREDENTIALS`, without saying
    /// what.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and the password.")] input: SignInInput,
    ) -> Result<Option<SignInPayload>> {
        let cx = cx(ctx);
        let draft = check_password(cx, input).await;
        let app = cx.app.clone();
        let admission = admitted(cx, draft, move |tx, user| {
            Box::pin(async move { tokens::admit(tx, &app, user, "session.sign_in").await })
        });
        Ok(admission.await?)
    }

    /// Signs in as one of the demo people, without a password. Open to everybody in demo mode, else `FORBIDDEN`.
    async fn demo_sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: DemoSignInInput,
    ) -> Result<Option<DemoSignInPayload>> {
        let cx = cx(ctx);
        if !cx.app.demo {
            return Err(Error::Forbidden("This server is not a demo.").into());
        }
        let person = match demo::is_person(&input.username) {
            true => user_rows::for_sign_in(&cx.db, &input.username).await?.filter(is_active),
            false => None,
        };
        let draft = person.ok_or_else(|| Error::refused(UserError::not_found(&["username"])));
        let app = cx.app.clone();
        let admission = admitted(cx, draft, move |tx, user| {
            Box::pin(async move { tokens::admit(tx, &app, user, "session.demo_sign_in").await })
        });
        Ok(admission.await?)
    }

    /// Goes on with a session: gives a new access token and the next refresh token. Open to whoever has the token.
    /// Sending the latest token again (a lost answer, two tabs) gives the same successor; an older one is a replay, ends
    /// the session and is `WRONG_CREDENTIALS` like every bad token.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token.")] input: RefreshSessionInput,
    ) -> Result<Option<RefreshSessionPayload>> {
        let cx = cx(ctx);
        let token = match input.refresh_token.len() <= LONGEST {
            true => RefreshToken::read(&input.refresh_token, &cx.app.tokens),
            false => None,
        };
        let app = cx.app.clone();
        let draft = token.ok_or_else(|| wrong(&["refreshToken"]));
        let admission = admitted(cx, draft, move |tx, token| {
            Box::pin(async move {
                let Some(session) = rows::advance(tx, token, tx.at).await? else {
                    return Err(replayed(tx, token).await?);
                };
                let user = user_rows::for_session(tx, session.user_id).await?.filter(is_active);
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
        let payload = write::run(cx(ctx), Ok(input.all_sessions), |tx, all| {
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

    /// Makes a code with which one person can register where registration is by invitation. Needs `users:write`.
    #[graphql(guard = "Requires(Permission::UsersWrite)")]
    async fn create_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For whom, for how long.")] input: CreateInvitationInput,
    ) -> Result<Option<CreateInvitationPayload>> {
        let mut checks = Checks::default();
        let email = input.email.map(|address| checks.email(&["email"], &address));
        if !(1..=90).contains(&input.lifetime_days) {
            checks.refuse(UserError::invalid(&["lifetimeDays"], "1 to 90 days."));
        }
        let lifetime = TimeDelta::days(input.lifetime_days.into());
        let payload = write::run(cx(ctx), checks.done().map(|()| email), move |tx, email| {
            Box::pin(async move {
                let viewer = tx.actor.principal()?;
                let (row, code) = register::invitation(tx.new_id(), email, viewer.user, lifetime, tx.at);
                let row = rows::insert_invitation(tx, row).await?;
                let change = Change::new("invitation.create", "invitation", row.id);
                tx.record(change.after(json!({ "expiresAt": row.expires_at }))).await?;
                Ok(CreateInvitationPayload {
                    invitation_code: Some(code),
                    expires_at: Some(row.expires_at.into()),
                    ..Default::default()
                })
            })
        });
        Ok(payload.await?)
    }
}

/// Runs a mutation that ends with a session, and lets the rest of the request act in it.
async fn admitted<D, P: write::Payload + From<Admission>>(
    cx: &RequestContext,
    draft: Result<D, Error>,
    work: impl for<'t> FnOnce(&'t Tx, D) -> futures_util::future::BoxFuture<'t, Result<Admission, Error>> + Send + 'static,
) -> Result<Option<P>, Error>
where
    D: Send + 'static,
{
    write::run(cx, draft, |tx, draft| {
        Box::pin(async move {
            let admission = work(tx, draft).await?;
            tx.signs_in(admission.principal);
            Ok(P::from(admission))
        })
    })
    .await
}

async fn check_password(cx: &RequestContext, input: SignInInput) -> Result<user::Model, Error> {
    let readable = input.identifier.len() <= LONGEST && !input.identifier.contains('\0');
    let user = match readable {
        true => user_rows::for_sign_in(&cx.db, input.identifier.trim()).await?,
        false => None,
    };
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let right = cx.app.passwords.verify(input.password, hash).await?;
    user.filter(|user| right && is_active(user)).ok_or_else(|| wrong(&[]))
}

fn is_active(user: &user::Model) -> bool {
    user.state == user::State::Active
}

fn wrong(path: &[&str]) -> Error {
    let message = match path {
        [] => "User name or password is wrong.",
        _ => "The token is not valid any more. Sign in again.",
    };
    Error::refused(UserError::new(ErrorCode::WrongCredentials, path, message))
}

async fn claim(tx: &Tx, code: Option<&str>, email: Option<&str>) -> Result<invitation::Model, Error> {
    register::claim_invitation(tx, code, email, tx.at).await
}

/// The refusal of a genuine token that is not the latest: it was copied, so its session ends, refusal or not.
async fn replayed(tx: &Tx, token: RefreshToken) -> Result<Error, Error> {
    if let Some(session) = rows::end(tx, token.session, EndReason::Replayed, tx.at).await? {
        let change = Change::new("session.replay", "session", session.id);
        tx.record(change.after(json!({ "generation": token.generation }))).await?;
        tx.keep_despite_refusal();
    }
    Ok(wrong(&["refreshToken"]))
}
