//! Signing in.

use async_graphql::{Context, InputObject, Object, Result};
use entity::id::UserId;
use entity::security_event::Kind;
use entity::user;
use serde_json::json;
use uuid::Uuid;

use super::{LONGEST, RefreshTokenPlace, admitted, wrong};
use crate::auth::password::Verdict;
use crate::auth::{Guess, Guessed, Guessing};
use crate::demo;
use crate::domain::account::rows::passwords;
use crate::domain::account::tokens::{self, DemoSignInPayload, SignInPayload};
use crate::domain::second_factor::entry::{self, Entry};
use crate::domain::second_factor::proof::{self, Purpose, SecondFactorInput, Shown};
use crate::domain::user::rows as user_rows;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::{RequestContext, cx};
use crate::graphql::cost::{SIGN_IN, cost};
use crate::graphql::guard::open;
use crate::write::{Call, Change, Tx};

/// Who wants to sign in.
#[derive(InputObject)]
pub struct SignInInput {
    /// User name or e-mail address.
    identifier: String,
    /// The password.
    password: String,
    /// The token of a trusted device, if this is one. One that is not right is as good as none.
    device_token: Option<String>,
    /// The second factor, if the account has one and the device is not trusted.
    second_factor: Option<SecondFactorInput>,
    /// Where the refresh token goes.
    #[graphql(default_with = "RefreshTokenPlace::Payload")]
    refresh_token_in: RefreshTokenPlace,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// Whom to be in the demo.
#[derive(InputObject)]
pub struct DemoSignInInput {
    /// The user name of one of the demo people.
    username: String,
    /// Where the refresh token goes.
    #[graphql(default_with = "RefreshTokenPlace::Payload")]
    refresh_token_in: RefreshTokenPlace,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

#[derive(Default)]
pub struct SignIn;

#[Object]
impl SignIn {
    /// Signs in with a password. Open to everybody. Everything that can be wrong is `WRONG_CREDENTIALS`, without saying
    /// what. After five wrong passwords in a row (a setting) the name admits none for a minute, then twice as long each
    /// time up to half an hour: `RATE_LIMITED` with `retryAfter`, whether there is such an account or not. An account with a
    /// second factor, on a device that it does not trust, is let in with a code only: `SECOND_FACTOR_REQUIRED` asks for the
    /// same call with `secondFactor`. Wrong codes are counted in the same way, apart from wrong passwords.
    #[graphql(directive = open::apply(), directive = cost::apply(SIGN_IN))]
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and the password.")] input: SignInInput,
    ) -> Result<Option<SignInPayload>> {
        let cx = cx(ctx);
        let call = Call::by(cx, "signIn", &input, &input.idempotency_key, &input.identifier);
        let (place, device_token) = (input.refresh_token_in, input.device_token.clone());
        let draft = check(cx, input);
        let app = cx.app.clone();
        let admission = admitted(cx, call, place, draft, move |tx, checked| {
            Box::pin(async move {
                let (user, dearer, shown) = match checked {
                    Checked::Right(user, dearer, shown) => (user, dearer, shown),
                    Checked::Wrong { guessed_at, locks } => {
                        refused(tx, guessed_at, locks).await?;
                        return Err(wrong(&[]));
                    }
                };
                let seen = passwords::still(tx, &user).await?.filter(|user| user.is_active(tx.at));
                let Some(now) = seen else { return Err(wrong(&[])) };
                if let (Some(from), Some(to)) = (&user.password_hash, &dearer) {
                    passwords::upgrade(tx, now.id, from, to).await?;
                }
                let token = device_token.as_deref();
                match entry::pass(tx, &app, &now, token, shown?).await? {
                    Entry::Open(second_factor_at) => {
                        tokens::admit_shown(tx, &app, now, token, "session.sign_in", second_factor_at).await
                    }
                    Entry::Shut { locks } => {
                        refused(tx, Some(now.id), locks).await?;
                        Err(proof::wrong())
                    }
                }
            })
        });
        Ok(admission.await?)
    }

    /// Signs in as one of the demo people, without a password. Open to everybody in demo mode, else `FORBIDDEN`.
    #[graphql(directive = open::apply(), directive = cost::apply(SIGN_IN))]
    async fn demo_sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: DemoSignInInput,
    ) -> Result<Option<DemoSignInPayload>> {
        let cx = cx(ctx);
        if !cx.app.demo {
            return Err(Error::Forbidden("This server is not a demo.").into());
        }
        let call = Call::by(cx, "demoSignIn", &input, &input.idempotency_key, &input.username);
        let mut checks = Checks::default();
        let username = checks.line(&["username"], &input.username, 1..=64);
        let draft = async {
            checks.done()?;
            demo_person(cx, &username).await
        };
        let app = cx.app.clone();
        let admission = admitted(cx, call, input.refresh_token_in, draft, move |tx, user| {
            Box::pin(async move { tokens::admit(tx, &app, user, None, "session.demo_sign_in").await })
        });
        Ok(admission.await?)
    }
}

async fn demo_person(cx: &RequestContext, username: &str) -> Result<user::Model, Error> {
    let person = match demo::is_person(username) {
        true => user_rows::for_sign_in(&cx.db, username).await?,
        false => None,
    };
    let person = person.filter(|person| person.is_active(cx.app.clock.now()));
    person.ok_or_else(|| Error::refused(UserError::not_found(&["username"])))
}

/// Who somebody turned out to be.
enum Checked {
    /// Whose password it is, a dearer hash of it if theirs is cheap, and what came of looking at a second factor: refused
    /// only in the transaction, so that a call that is repeated is answered alike, although its code is used.
    Right(Box<user::Model>, Option<String>, Result<Shown, Error>),
    Wrong {
        guessed_at: Option<UserId>,
        locks: bool,
    },
}

async fn check(cx: &RequestContext, input: SignInInput) -> Result<Checked, Error> {
    let readable = input.identifier.len() <= LONGEST && !input.identifier.contains('\0');
    let user = match readable {
        true => user_rows::for_sign_in(&cx.db, input.identifier.trim()).await?,
        false => None,
    };
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let guessed_at = user.as_ref().map(|user| user.id);
    let (kind, client) = (Guessing::Password, &cx.client);
    let guess = Guess { kind, name: &input.identifier, user: guessed_at, client };
    let right = async {
        Ok(
            match (
                cx.app.passwords.verify(input.password, hash).await?,
                user.filter(|user| user.is_active(cx.app.clock.now())),
            ) {
                (Verdict::Right { dearer }, Some(user)) => Some((user, dearer)),
                _ => None,
            },
        )
    };
    let guessed = cx.app.guesses.check((&cx.app.db, &cx.app.tokens, &cx.app.clock), guess, right).await?;
    Ok(match guessed {
        Guessed::Right((user, dearer)) => {
            let shown = proof::look(cx, user.id, Purpose::SignIn, input.second_factor.as_ref()).await;
            Checked::Right(Box::new(user), dearer, shown)
        }
        Guessed::Wrong => Checked::Wrong { guessed_at, locks: false },
        Guessed::Locks => Checked::Wrong { guessed_at, locks: true },
    })
}

/// Writes a wrong guess down, also one at nobody, which takes as long.
async fn refused(tx: &Tx, guessed_at: Option<UserId>, locks: bool) -> Result<(), Error> {
    let user = guessed_at.unwrap_or(UserId(Uuid::nil()));
    tx.alert(user, if locks { Kind::SignInLocked } else { Kind::SignInFailed }, None).await?;
    tx.record(Change::new("session.refuse", "user", user).after(json!({ "locks": locks }))).await?;
    tx.keep_despite_refusal();
    Ok(())
}
