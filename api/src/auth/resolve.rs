//! From what a request shows to who makes it; and the same again while a connection stays open.
//!
//! In this order: `Authorization: Bearer` with an access token (an `X-User-ID` beside it is not looked at), or with an API
//! key, which may act as the user whom `X-User-ID` names if it is a key that may; `Authorization: Basic` where that is
//! switched on; nothing but `X-User-ID` (or nothing at all) in a home network. Whatever is wrong is refused alike, and
//! never taken for nobody.

use chrono::{DateTime, Utc};
use entity::id::UserId;
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::api_key::{self, ApiKeySecret};
use super::basic::Compat;
use super::look::look;
use super::naming;
use super::password::Passwords;
use super::token::Tokens;
use super::{Activity, Actor, Client, Guesses, Known, Principal, Via};
use crate::clock::Clock;
use crate::error::{Error, Result};

/// A credential that was found good, and how long it is.
#[derive(Clone, Copy, Debug)]
pub struct Credential {
    pub principal: Principal,
    pub expires_at: DateTime<Utc>,
}

/// What tells who is behind a credential.
#[derive(Clone, Copy)]
pub struct Door<'a> {
    pub tokens: &'a Tokens,
    pub known: &'a Known,
    pub activity: &'a Activity,
    pub clock: &'a Clock,
    pub passwords: &'a Passwords,
    pub guesses: &'a Guesses,
    pub compat: &'a Compat,
    pub pool: &'a DatabaseConnection,
}

/// What a request shows.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub authorization: Option<&'a str>,
    /// `X-User-ID`.
    pub user: Option<&'a str>,
    pub client: &'a Client,
}

/// Who makes a request. Nothing shown is anonymous; a bad credential is an error, never anonymous.
pub async fn resolve(db: &impl ConnectionTrait, door: Door<'_>, shown: Shown<'_>) -> Result<Actor> {
    Ok(authenticate(db, door, shown).await?.map_or(Actor::Anonymous, |found| Actor::User(found.principal)))
}

/// Who that is, and until when; nothing if nothing was shown. Without a statement for whoever came a moment ago.
pub async fn authenticate(db: &impl ConnectionTrait, door: Door<'_>, shown: Shown<'_>) -> Result<Option<Credential>> {
    let Some(authorization) = shown.authorization else {
        let Some(user) = door.compat.neighbour(db, shown).await? else { return Ok(None) };
        return believed(db, door, shown, user, Via::Place).await.map(Some);
    };
    let (scheme, token) = authorization.split_once(' ').ok_or(Error::BadCredential)?;
    let token = token.trim();
    if scheme.eq_ignore_ascii_case("basic") {
        let (user, via) = door.compat.basic(door, token, shown.client).await?;
        return believed(db, door, shown, user, via).await.map(Some);
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Error::BadCredential);
    }
    if token.starts_with(api_key::PREFIX) {
        let secret = ApiKeySecret::read(token, door.tokens).ok_or(Error::BadCredential)?;
        let user = match shown.user {
            Some(name) => naming::find(db, name).await?.ok_or(Error::BadCredential)?,
            None => secret.owner,
        };
        let via = Via::Key { id: secret.id, generation: secret.generation, owner: secret.owner };
        return believed(db, door, shown, user, via).await.map(Some);
    }
    let (bearer, expires_at) = door.tokens.verify_until(token)?;
    let found = believed(db, door, shown, bearer.user, Via::Session(bearer.session)).await?;
    Ok(Some(Credential { expires_at, ..found }))
}

async fn believed(
    db: &impl ConnectionTrait,
    door: Door<'_>,
    shown: Shown<'_>,
    user: UserId,
    via: Via,
) -> Result<Credential> {
    let address = shown.client.address;
    if let Some(known) = door.known.get(user, via, address, door.clock.now()) {
        return Ok(known);
    }
    let before = door.known.before(user, via);
    let found = look(db, door.clock, user, via, address, Some(door.activity)).await?;
    let credential = found.credential;
    door.known.put(found, before);
    Ok(credential)
}

/// The same person by the same credential as they are now; an error when it is over or the account shut.
pub async fn again(db: &impl ConnectionTrait, clock: &Clock, earlier: &Principal) -> Result<Principal> {
    Ok(look(db, clock, earlier.user, earlier.via, earlier.address, None).await?.credential.principal)
}

/// The same for somebody who has just asked for something, which keeps the session from ending.
pub async fn again_at_work(db: &impl ConnectionTrait, door: Door<'_>, earlier: &Principal) -> Result<Principal> {
    let found = look(db, door.clock, earlier.user, earlier.via, earlier.address, Some(door.activity)).await?;
    Ok(found.credential.principal)
}
