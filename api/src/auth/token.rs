//! Access tokens: made, verified, and remembered while they last.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use entity::id::{SessionId, UserId};
use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use lru::LruCache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

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

/// Signs and verifies access tokens, and holds the secret from which refresh tokens are derived.
pub struct Tokens {
    key_id: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
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
    pub fn new(key: &SigningKey, settings: &Auth, clock: Clock) -> anyhow::Result<Self> {
        let public = key.verifying_key();
        let private = key.to_pkcs8_der().context("the signing key cannot be written as PKCS #8")?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "nbf", "sub", "aud", "iss"]);
        validation.set_issuer(&[&settings.token_issuer]);
        validation.set_audience(&[&settings.token_audience]);
        // Times are checked below, against the clock that everything else goes by.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let secret =
            |purpose: &[u8]| Sha256::new().chain_update(purpose).chain_update(key.to_bytes()).finalize().into();
        Ok(Self {
            key_id: URL_SAFE_NO_PAD.encode(&Sha256::digest(public.as_bytes())[..12]),
            encoding: EncodingKey::from_ed_der(private.as_bytes()),
            decoding: DecodingKey::from_ed_components(&URL_SAFE_NO_PAD.encode(public.as_bytes()))?,
            validation,
            issuer: settings.token_issuer.clone(),
            audience: settings.token_audience.clone(),
            lifetime: TimeDelta::seconds(settings.access_token_lifetime.into()),
            clock,
            refresh_secret: secret(b"stoa refresh tokens\0"),
            hash_secret: secret(b"stoa keyed hashes\0"),
            verified: Mutex::new(LruCache::new(NonZeroUsize::new(REMEMBERED).unwrap_or(NonZeroUsize::MIN))),
        })
    }

    pub(super) fn refresh_secret(&self) -> &[u8; 32] {
        &self.refresh_secret
    }

    /// A keyed hash of some bytes, worth nothing without this service's key.
    pub fn keyed_hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut code = <Hmac<Sha256> as Mac>::new_from_slice(&self.hash_secret)
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        parts.iter().for_each(|part| code.update(part));
        code.finalize().into_bytes().into()
    }

    /// The access token of a moment, and when it ends. The same moment gives the same token.
    pub fn issue(&self, bearer: Bearer, now: DateTime<Utc>) -> Result<(String, DateTime<Utc>)> {
        let expires = now + self.lifetime;
        let claims = Claims {
            sub: bearer.user.0,
            sid: bearer.session.0,
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: expires.timestamp(),
        };
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::EdDSA) };
        let token = jsonwebtoken::encode(&header, &claims, &self.encoding).map_err(Error::internal)?;
        Ok((token, expires))
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
        if header.kid.as_deref() != Some(self.key_id.as_str()) || header.crit.is_some() {
            return Err(Error::BadCredential);
        }
        let token = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|_| Error::BadCredential)?;
        let claims = token.claims;
        if claims.nbf > now + LEEWAY || claims.iat > now + LEEWAY {
            return Err(Error::BadCredential);
        }
        Ok((Bearer { user: UserId(claims.sub), session: SessionId(claims.sid) }, claims.exp))
    }
}

/// Reads the signing key, or makes one on the first start; only its owner can read the file.
pub fn load_or_create_key(file: &Path) -> anyhow::Result<SigningKey> {
    match std::fs::read(file) {
        Ok(pem) => return parse_key(&pem, file),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
        Err(cause) => return Err(cause).with_context(|| format!("{} cannot be read", file.display())),
    }
    let key = SigningKey::from_bytes(&rand::random());
    let pem = key.to_pkcs8_pem(LineEnding::LF).context("the signing key cannot be written as PEM")?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be created", folder.display()))?;
    }
    match write_private(file, pem.as_bytes()) {
        Ok(()) => Ok(key),
        // Another process was quicker: its key is the one.
        Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => {
            let pem = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
            parse_key(&pem, file)
        }
        Err(cause) => Err(cause).with_context(|| format!("{} cannot be written", file.display())),
    }
}

fn parse_key(pem: &[u8], file: &Path) -> anyhow::Result<SigningKey> {
    let key = std::str::from_utf8(pem).ok().and_then(|pem| SigningKey::from_pkcs8_pem(pem).ok());
    key.with_context(|| format!("{} does not hold an Ed25519 key as PKCS #8 PEM", file.display()))
}

fn write_private(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    // Whole or not at all: a link to a finished file appears in one step and never replaces another.
    let draft = file.with_extension(format!("new-{}", Uuid::new_v4().simple()));
    let mut handle = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    handle.write_all(bytes)?;
    handle.sync_all()?;
    let linked = std::fs::hard_link(&draft, file);
    std::fs::remove_file(&draft)?;
    linked
}
