//! Making an account oneself.

use async_graphql::{Context, InputObject, Object, Result};

use super::{RefreshTokenPlace, admitted};
use crate::app::App;
use crate::domain::account::join::{join, must_be_invited};
use crate::domain::account::register::NewAccount;
use crate::domain::account::tokens::{self, RegisterPayload};
use crate::error::Error;
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::cost::{SIGN_IN, cost};
use crate::graphql::guard::open;
use crate::graphql::scalars::EmailAddress;
use crate::write::Call;

/// A new account.
#[derive(InputObject)]
pub struct RegisterInput {
    /// The name to sign in with: 1 to 64 of a-z, A-Z, 0-9, `.`, `_`, `-`, beginning and ending with a letter or digit; not
    /// a number, nor a UUID; unique without regard to case.
    username: String,
    /// The name shown to people, 1 to 100 characters; the user name if not given.
    display_name: Option<String>,
    /// The e-mail address; unique without regard to case. It can be used to sign in.
    email: Option<EmailAddress>,
    /// At least 8 characters (a setting), at most 72 bytes; not one that is easily guessed (a setting) or known from a
    /// breach.
    password: String,
    /// The code that was handed over. Where registration is by invitation it must be valid; where it is open it counts if
    /// it is.
    invitation_code: Option<String>,
    /// Where the refresh token goes.
    #[graphql(default_with = "RefreshTokenPlace::Payload")]
    refresh_token_in: RefreshTokenPlace,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

impl RegisterInput {
    async fn parse(self, app: &App) -> Result<(NewAccount, String, Option<String>), Error> {
        let mut checks = Checks::default();
        let username = checks.username(&["username"], &self.username);
        let display_name = self.display_name.map(|name| checks.line(&["displayName"], &name, 1..=100));
        let email = self.email.map(|address| checks.email(&["email"], &address));
        let about = [Some(&username), display_name.as_ref(), email.as_ref()];
        let about: Vec<&str> = about.into_iter().flatten().map(String::as_str).collect();
        if let Some(refusal) = app.passwords.refusal(&["password"], &self.password, &about).await? {
            checks.refuse(refusal);
        }
        let code = self.invitation_code.map(|code| checks.line(&["invitationCode"], &code, 1..=100));
        checks.done()?;
        Ok((NewAccount { username, display_name, email, password_hash: None }, self.password, code))
    }
}

#[derive(Default)]
pub struct Register;

#[Object]
impl Register {
    /// Makes an account and signs in. Open to everybody where registration is open, to people with an invitation where
    /// it is by invitation, else `FORBIDDEN`. The newcomer gets the role that the
    /// invitation gives, else `subscriber`.
    #[graphql(directive = open::apply(), directive = cost::apply(SIGN_IN))]
    async fn register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] input: RegisterInput,
    ) -> Result<Option<RegisterPayload>> {
        let cx = cx(ctx);
        must_be_invited(cx.app.registration)?;
        let call = Call::by(cx, "register", &input, &input.idempotency_key, &input.username);
        let place = input.refresh_token_in;
        let draft = async {
            let (mut account, password, code) = input.parse(&cx.app).await?;
            account.password_hash = Some(cx.app.passwords.hash(password).await?);
            Ok((account, code))
        };
        let app = cx.app.clone();
        let admission = admitted(cx, call, place, draft, move |tx, (account, code)| {
            Box::pin(async move {
                let user = join(tx, app.registration, account, code.as_deref()).await?;
                tokens::admit(tx, &app, user, None, "session.register").await
            })
        });
        Ok(admission.await?)
    }
}
