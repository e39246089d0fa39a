//! Signing in.

use async_graphql::{Context, InputObject, Object, Result};
use entity::user;

use super::{LONGEST, admitted, wrong};
use crate::demo;
use crate::domain::account::tokens::{self, DemoSignInPayload, SignInPayload};
use crate::domain::user::rows as user_rows;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::{RequestContext, cx};
use crate::graphql::cost::{SIGN_IN, cost};
use crate::write::Call;

/// Who wants to sign in.
#[derive(InputObject)]
pub struct SignInInput {
    /// User name or e-mail address.
    identifier: String,
    /// The password.
    password: String,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// Whom to be in the demo.
#[derive(InputObject)]
pub struct DemoSignInInput {
    /// The user name of one of the demo people.
    username: String,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

#[derive(Default)]
pub struct SignIn;

#[Object]
impl SignIn {
    /// Signs in with a password. Open to everybody. Everything that can be wrong is `WRONG_CREDENTIALS`, without saying
    /// what.
    #[graphql(directive = cost::apply(SIGN_IN))]
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and the password.")] input: SignInInput,
    ) -> Result<Option<SignInPayload>> {
        let cx = cx(ctx);
        let call = Call::by(cx, "signIn", &input, &input.idempotency_key, &input.identifier);
        let draft = check_password(cx, input).await;
        let app = cx.app.clone();
        let admission = admitted(cx, call, draft, move |tx, user| {
            Box::pin(async move { tokens::admit(tx, &app, user, "session.sign_in").await })
        });
        Ok(admission.await?)
    }

    /// Signs in as one of the demo people, without a password. Open to everybody in demo mode, else `FORBIDDEN`.
    #[graphql(directive = cost::apply(SIGN_IN))]
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
        let draft = match checks.done() {
            Ok(()) => demo_person(cx, &username).await,
            Err(refused) => Err(refused),
        };
        let app = cx.app.clone();
        let admission = admitted(cx, call, draft, move |tx, user| {
            Box::pin(async move { tokens::admit(tx, &app, user, "session.demo_sign_in").await })
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

async fn check_password(cx: &RequestContext, input: SignInInput) -> Result<user::Model, Error> {
    let readable = input.identifier.len() <= LONGEST && !input.identifier.contains('\0');
    let user = match readable {
        true => user_rows::for_sign_in(&cx.db, input.identifier.trim()).await?,
        false => None,
    };
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let right = cx.app.passwords.verify(input.password, hash).await?;
    user.filter(|user| right && user.is_active(cx.app.clock.now())).ok_or_else(|| wrong(&[]))
}
