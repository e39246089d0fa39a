//! Asking for the password again, before what a borrowed session must not do.

use chrono::TimeDelta;
use entity::id::UserId;
use entity::user;

use super::rows;
use crate::auth::password::Verdict;
use crate::auth::{Guess, Guessed, Guessing};
use crate::domain::user::rows as user_rows;
use crate::error::{Error, ErrorCode, Result, UserError};
use crate::graphql::context::RequestContext;

/// The field of inputs that holds the password.
const FIELD: &str = "currentPassword";
/// For so long a sign-in stands for the password of an account that has none: who has just signed in elsewhere was asked
/// there.
const RECENT: TimeDelta = TimeDelta::minutes(15);

/// That whoever acts has shown the password of their own account or, if it has none, has just signed in.
pub struct Confirmed {
    /// What the password was compared with.
    hash: Option<String>,
}

/// Compares the password with that of the viewer's account. The one place where it is asked for besides signing in. Needs a
/// session: who sends a key has no business with passwords.
pub async fn own(cx: &RequestContext, password: Option<String>) -> Result<Confirmed> {
    let viewer = cx.viewer()?;
    let session = viewer.in_session()?;
    let row = user_rows::for_session(&cx.db, viewer.user).await?.ok_or(Error::BadCredential)?;
    let hash = row.password_hash;
    match &hash {
        Some(_) if !is_right(cx, row.id, hash.clone(), password.unwrap_or_default()).await? => Err(wrong()),
        None if rows::find(&cx.db, session).await?.is_none_or(|it| it.created_at <= cx.app.clock.now() - RECENT) => {
            let message = "This account has no password: sign in again, and do this within 15 minutes.";
            Err(Error::refused(UserError::new(ErrorCode::WrongCredentials, &[FIELD], message)))
        }
        _ => Ok(Confirmed { hash }),
    }
}

/// Compares a password with that of the viewer's account. Whoever holds the session does not guess for ever; that they do
/// keeps nobody from signing in.
pub async fn is_right(cx: &RequestContext, id: UserId, hash: Option<String>, password: String) -> Result<bool> {
    let name = id.0.to_string();
    let guess = Guess { kind: Guessing::OwnPassword, name: &name, user: None, client: &cx.client };
    let check = async {
        let verdict = cx.app.passwords.verify(password, hash).await?;
        Ok((verdict != Verdict::Wrong).then_some(()))
    };
    let guessed = cx.app.guesses.check((&cx.app.db, &cx.app.tokens, &cx.app.clock), guess, check).await?;
    Ok(guessed == Guessed::Right(()))
}

impl Confirmed {
    /// Whether the locked account still has that password.
    pub fn holds_for(&self, row: &user::Model) -> Result<()> {
        if self.hash == row.password_hash { Ok(()) } else { Err(wrong()) }
    }
}

/// Also said when none was given.
pub fn wrong() -> Error {
    Error::refused(UserError::new(ErrorCode::WrongCredentials, &[FIELD], "The password is wrong."))
}
