//! Access tokens: made, verified, and remembered while they last.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::pkcs8::EncodePrivateKey;
use entity::id::{SessionId, UserId};
use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use lru::LruCache;
use sea_orm::DatabaseConnection;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use super::keys::{self, TokenKey};
use super::master::MasterKey;
use crate::clock::Clock;
use crate::config::Auth;
use crate::error::{Error, Result};

/// Seconds by which two clocks may differ.
const LEEWAY: i64 = 5;
/// Verified tokens that are remembered; one verification costs more than a point read.
const REMEMBERED: usize = 10_000;

#[derive(Deserialize, Serialize)]
struct Claims {
    sub: Uuid,
    sid: Uuid,
    iss: String,
    aud: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// What a valid access token says: this user, in this session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bearer {
    pub user: UserId,
    pub session: SessionId,
}

/// A key, ready for use.
struct Prepared {
    id: String,
    signs_from: DateTime<Utc>,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// The keys of a moment, oldest first, and how other services read them.
struct Ring {
    keys: Vec<Prepared>,
    public: serde_json::Value,
}

impl Ring {
    fn new(keys: &[TokenKey]) -> anyhow::Result<Self> {
        let prepared = keys.iter().map(|key| {
            let private = key.pair.to_pkcs8_der().context("a signing key cannot be written as PKCS #8")?;
            Ok(Prepared {
                id: key.id.clone(),
                signs_from: key.signs_from,
                encoding: EncodingKey::from_ed_der(private.as_bytes()),
                decoding: DecodingKey::from_ed_components(
                    &URL_SAFE_NO_PAD.encode(key.pair.verifying_key().as_bytes()),
                )?,
            })
        });
        Ok(Self { keys: prepared.collect::<anyhow::Result<_>>()?, public: keys::public_set(keys) })
    }

    fn is_of(&self, keys: &[TokenKey]) -> bool {
        self.keys.iter().map(|key| &key.id).eq(keys.iter().map(|key| &key.id))
    }

    /// The one that signs now.
    fn signing(&self, now: DateTime<Utc>) -> Option<&Prepared> {
        self.keys.iter().rfind(|key| key.signs_from <= now).or(self.keys.first())
    }
}

/// Signs and verifies access tokens, and holds the secret from which refresh tokens are derived.
pub struct Tokens {
    ring: RwLock<Arc<Ring>>,
    master: MasterKey,
    rotation: TimeDelta,
    validation: Validation,
    issuer: String,
    audience: String,
    lifetime: TimeDelta,
    clock: Clock,
    refresh_secret: [u8; 32],
    hash_secret: [u8; 32],
    /// By their text: they are short-lived, and a hash over each of them costs more than all the rest of a lookup.
    verified: Mutex<LruCache<Box<str>, (Bearer, i64)>>,
}

impl Tokens {
    /// With the keys of the database; the first one is made if there is none.
    pub async fn new(
        db: &DatabaseConnection,
        master: MasterKey,
        settings: &Auth,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "nbf", "sub", "aud", "iss"]);
        validation.set_issuer(&[&settings.token_issuer]);
        validation.set_audience(&[&settings.token_audience]);
        // Times are checked below, against the clock that everything else goes by.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let lifetime = TimeDelta::seconds(settings.access_token_lifetime.into());
        let rotation = TimeDelta::days(settings.key_rotation_days.into());
        let longest = lifetime + TimeDelta::seconds(LEEWAY);
        let keys = keys::keep(db, &master, clock.now(), rotation, longest).await?;
        Ok(Self {
            ring: RwLock::new(Arc::new(Ring::new(&keys)?)),
            rotation,
            validation,
            issuer: settings.token_issuer.clone(),
            audience: settings.token_audience.clone(),
            lifetime,
            clock,
            refresh_secret: master.secret(b"stoa refresh tokens\0"),
            hash_secret: master.secret(b"stoa keyed hashes\0"),
            verified: Mutex::new(LruCache::new(NonZeroUsize::new(REMEMBERED).unwrap_or(NonZeroUsize::MIN))),
            master,
        })
    }

    /// Reads the keys again, and makes or drops what is due.
    pub async fn renew(&self, db: &DatabaseConnection) -> anyhow::Result<()> {
        let longest = self.lifetime + TimeDelta::seconds(LEEWAY);
        let keys = keys::keep(db, &self.master, self.clock.now(), self.rotation, longest).await?;
        if !self.ring().is_of(&keys) {
            *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Ring::new(&keys)?);
            // What a key signed that is gone is remembered no more.
            self.verified.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        Ok(())
    }

    /// The public halves of the keys as other services read them.
    pub fn public_set(&self) -> serde_json::Value {
        self.ring().public.clone()
    }

    fn ring(&self) -> Arc<Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn refresh_secret(&self) -> &[u8; 32] {
        &self.refresh_secret
    }

    /// A keyed hash of some bytes, worth nothing without this service's key.
    pub fn keyed_hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.hashing(parts).finalize().into_bytes().into()
    }

    /// Whether `hash` is that of these bytes; it takes as long whatever it is.
    pub fn is_keyed_hash(&self, bytes: &[u8], hash: &[u8]) -> bool {
        self.hashing(&[bytes]).verify_slice(hash).is_ok()
    }

    fn hashing(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut code = <Hmac<Sha256> as Mac>::new_from_slice(&self.hash_secret)
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        parts.iter().for_each(|part| code.update(part));
        code
    }

    /// The access token of a moment, and when it ends. The same moment gives the same token.
    pub fn issue(&self, bearer: Bearer, now: DateTime<Utc>) -> Result<(String, DateTime<Utc>)> {
        let expires = now + self.lifetime;
        Ok((self.issue_until(bearer, now, expires)?, expires))
    }

    /// The same that ends at another moment.
    pub fn issue_until(&self, bearer: Bearer, now: DateTime<Utc>, expires: DateTime<Utc>) -> Result<String> {
        let claims = Claims {
            sub: bearer.user.0,
            sid: bearer.session.0,
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: expires.timestamp(),
        };
        let ring = self.ring();
        let key = ring.signing(now).ok_or_else(|| Error::internal(anyhow::anyhow!("there is no signing key")))?;
        let header = Header { kid: Some(key.id.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &key.encoding).map_err(Error::internal)
    }

    /// Who a token speaks for; every way in which a token can be bad gives the same answer.
    pub fn verify(&self, token: &str) -> Result<Bearer> {
        Ok(self.verify_until(token)?.0)
    }

    /// The same, and the moment at which the token ends.
    pub fn verify_until(&self, token: &str) -> Result<(Bearer, DateTime<Utc>)> {
        let now = self.clock.now().timestamp();
        let remembered = self.verified.lock().unwrap_or_else(PoisonError::into_inner).get(token).copied();
        let (bearer, expires) = match remembered {
            Some(known) => known,
            None => self.decode(token, now)?,
        };
        if now >= expires + LEEWAY {
            return Err(Error::BadCredential);
        }
        if remembered.is_none() {
            self.verified.lock().unwrap_or_else(PoisonError::into_inner).put(token.into(), (bearer, expires));
        }
        Ok((bearer, DateTime::from_timestamp(expires, 0).ok_or(Error::BadCredential)?))
    }

    fn decode(&self, token: &str, now: i64) -> Result<(Bearer, i64)> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Error::BadCredential)?;
        let ring = self.ring();
        let key = header.kid.and_then(|id| ring.keys.iter().find(|key| key.id == id)).ok_or(Error::BadCredential)?;
        if header.crit.is_some() {
            return Err(Error::BadCredential);
        }
        let token =
            jsonwebtoken::decode::<Claims>(token, &key.decoding, &self.validation).map_err(|_| Error::BadCredential)?;
        let claims = token.claims;
        if claims.nbf > now + LEEWAY || claims.iat > now + LEEWAY {
            return Err(Error::BadCredential);
        }
        Ok((Bearer { user: UserId(claims.sub), session: SessionId(claims.sid) }, claims.exp))
    }
}
