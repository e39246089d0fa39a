//! Showing a second factor: a code is looked at before the transaction, where wrong ones are counted, and used up in it.

use async_graphql::OneofObject;
use chrono::{DateTime, Utc};
use entity::id::UserId;
use entity::security_event::Kind;

use super::rows;
use crate::auth::totp::TotpSecret;
use crate::auth::{Guess, Guessed, Guessing, recovery};
use crate::error::{Error, ErrorCode, Result, UserError};
use crate::graphql::context::RequestContext;
use crate::write::{Change, Tx};

/// The field of inputs that holds the code.
const FIELD: &str = "secondFactor";

/// A code that is shown as the second factor: exactly one of these.
#[derive(OneofObject)]
pub enum SecondFactorInput {
    /// The six digits that the authenticator shows; those of half a minute ago or ahead are right, too. Each counts once.
    Totp(String),
    /// One of the recovery codes, with or without its hyphens. Each works once.
    RecoveryCode(String),
}

/// A code that was right when it was looked at.
pub enum Proof {
    /// An authenticator's: since when that counts, and the step of time.
    Totp { since: DateTime<Utc>, step: i64 },
    /// The keyed hash of a recovery code.
    RecoveryCode { hash: Vec<u8> },
}

/// What came of looking at a code.
pub enum Shown {
    /// None was sent, or the account has no second factor.
    Nothing,
    Right(Proof),
    /// Wrong, and perhaps the last one for a while.
    Wrong {
        locks: bool,
    },
}

/// For what a code is shown. Wrong ones are counted apart, so that guesses in a session keep nobody from signing in.
#[derive(Clone, Copy)]
pub enum Purpose {
    SignIn,
    StepUp,
}

/// Compares a code with what is known of the account. Too many wrong ones in a row, and none is looked at for a while.
pub async fn look(
    cx: &RequestContext,
    user: UserId,
    purpose: Purpose,
    input: Option<&SecondFactorInput>,
) -> Result<Shown> {
    let Some(input) = input else { return Ok(Shown::Nothing) };
    let app = &cx.app;
    let Some(factor) = rows::find(&cx.db, user).await? else { return Ok(Shown::Nothing) };
    let kind = match purpose {
        Purpose::SignIn => Guessing::Code,
        Purpose::StepUp => Guessing::OwnCode,
    };
    let name = user.0.to_string();
    let guess = Guess { kind, name: &name, user: None, client: &cx.client };
    let check = async {
        Ok(match input {
            SecondFactorInput::Totp(code) => {
                let secret = TotpSecret::open(&app.seals, user, &factor.secret)?;
                let step = secret.step(code, app.clock.now())?.filter(|step| *step > factor.last_step);
                step.map(|step| Proof::Totp { since: factor.confirmed_at, step })
            }
            SecondFactorInput::RecoveryCode(code) => {
                let hash = recovery::hash(&app.tokens, user, code);
                rows::is_unused(&cx.db, user, &hash).await?.then_some(Proof::RecoveryCode { hash })
            }
        })
    };
    Ok(match app.guesses.check((&app.db, &app.tokens, &app.clock), guess, check).await? {
        Guessed::Right(proof) => Shown::Right(proof),
        Guessed::Wrong => Shown::Wrong { locks: false },
        Guessed::Locks => Shown::Wrong { locks: true },
    })
}

impl Proof {
    /// Uses the code up. Whoever comes second with it is as wrong as with any other.
    pub async fn use_up(self, tx: &Tx, user: UserId) -> Result<()> {
        match self {
            Self::Totp { since, step } => match rows::use_step(tx, user, since, step).await? {
                true => Ok(()),
                false => Err(wrong()),
            },
            Self::RecoveryCode { hash } => {
                if !rows::use_code(tx, user, hash, tx.at).await? {
                    return Err(wrong());
                }
                tx.alert(user, Kind::RecoveryCodeUsed, None).await?;
                tx.record(Change::new("second_factor.use_recovery_code", "user", user)).await
            }
        }
    }
}

/// Says nothing of why.
pub fn wrong() -> Error {
    let message = "This code is wrong, or was used before.";
    Error::refused(UserError::new(ErrorCode::WrongCredentials, &[FIELD], message))
}
