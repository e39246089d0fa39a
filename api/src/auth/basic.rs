//! Ways in for old clients, each behind a switch: name and password with each request, and the home network, where the
//! place is enough.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use entity::id::UserId;
use lru::LruCache;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, Value};
use uuid::Uuid;

use super::password::Verdict;
use super::resolve::{Door, Shown};
use super::{Client, Guess, Guessed, Guessing, Via, device, naming};
use crate::config;
use crate::error::{Error, Result};

/// Pairs that are remembered, and for how many minutes: bcrypt at each request would be a way to stop the service.
const REMEMBERED: usize = 1000;
const MINUTES: i64 = 5;

const BY_NAME: &str = "
    select u.id, u.password_hash, u.password_changed_at from users u
     where case when strpos($1, '@') > 0 then u.email else u.username end = $1::citext";

const TELL: &str = "
    insert into security_events (id, user_id, kind, at, device, address)
    select $1, u.id, $3, $4, $5, $6 from users u where u.id = $2";

/// Who may come in the old ways.
pub struct Compat {
    settings: config::Compat,
    /// By a keyed hash of the header: whose pair it is, and since when it is known to be right.
    pairs: Mutex<LruCache<[u8; 32], Pair>>,
}

#[derive(Clone, Copy)]
struct Pair {
    user: UserId,
    via: Via,
    verified_at: DateTime<Utc>,
}

impl Compat {
    pub fn new(settings: &config::Compat) -> Self {
        let pairs = LruCache::new(NonZeroUsize::new(REMEMBERED).unwrap_or(NonZeroUsize::MIN));
        Self { settings: settings.clone(), pairs: Mutex::new(pairs) }
    }

    /// The user name of the account that the old pair stands for.
    pub fn default_account(&self) -> &str {
        &self.settings.default_account
    }

    /// Whose `Basic` credential that is.
    pub(super) async fn basic(&self, door: Door<'_>, encoded: &str, client: &Client) -> Result<(UserId, Via)> {
        if !self.settings.basic_auth {
            return Err(Error::BadCredential);
        }
        let decoded = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = decoded.filter(|pair| pair.len() <= 1000 && !pair.contains('\0')).ok_or(Error::BadCredential)?;
        let hash = door.tokens.keyed_hash(&[b"basic\0", pair.as_bytes()]);
        let now = door.clock.now();
        if let Some(pair) = self.pairs.lock().unwrap_or_else(PoisonError::into_inner).get(&hash)
            && (TimeDelta::zero()..TimeDelta::minutes(MINUTES)).contains(&(now - pair.verified_at))
        {
            return Ok((pair.user, pair.via));
        }
        let (name, password) = pair.split_once(':').ok_or(Error::BadCredential)?;
        let found = by_name(door.pool, name).await?;
        let (user, password_hash, changed_at) = match found {
            Some((user, hash, changed_at)) => (Some(user), hash, changed_at),
            None => (None, None, None),
        };
        let (guessed_at, via) = (user, Via::Password { changed_at });
        let check = async {
            if self.is_old_pair(door, hash) {
                return Ok(Some((None, Via::Place)));
            }
            let verdict = door.passwords.verify(password.to_owned(), password_hash).await?;
            Ok(user.filter(|_| verdict != Verdict::Wrong).map(|user| (Some(user), via)))
        };
        let guess = Guess { kind: Guessing::Password, name, user, client };
        match door.guesses.check((door.pool, door.tokens, door.clock), guess, check).await? {
            Guessed::Right((user, via)) => {
                let user = match user {
                    Some(user) => Some(user),
                    None => naming::find_username(door.pool, self.default_account()).await?,
                };
                let user = user.ok_or(Error::NoDefaultAccount)?;
                let pair = Pair { user, via, verified_at: now };
                self.pairs.lock().unwrap_or_else(PoisonError::into_inner).put(hash, pair);
                Ok((user, via))
            }
            guessed => {
                let kind = if guessed == Guessed::Locks { "sign_in_locked" } else { "sign_in_failed" };
                tell(door, guessed_at, kind, client).await?;
                Err(Error::BadCredential)
            }
        }
    }

    /// Whether that is the hash of the pair of an old installation.
    fn is_old_pair(&self, door: Door<'_>, hash: [u8; 32]) -> bool {
        let old = self.settings.legacy_basic.as_ref();
        old.is_some_and(|old| door.tokens.keyed_hash(&[b"basic\0", old.as_bytes()]) == hash)
    }

    /// Who somebody in the home network says to be; nobody where it is not trusted, or they do not say.
    pub(super) async fn neighbour(&self, db: &impl ConnectionTrait, shown: Shown<'_>) -> Result<Option<UserId>> {
        let is_near = shown.client.address.is_some_and(is_private);
        let is_here = shown.client.is_trusted_page() && shown.client.asks_by_local_name();
        if !self.settings.home_network || !is_near || !is_here || shown.client.is_passed_on() {
            return Ok(None);
        }
        match shown.user.or(self.settings.home_network_user.as_deref()) {
            Some(name) => naming::find(db, name).await?.map(Some).ok_or(Error::BadCredential),
            None => Ok(None),
        }
    }
}

/// Notes a wrong guess for the owner of the account. Nobody is told where there is no account, but it takes as long.
async fn tell(door: Door<'_>, user: Option<UserId>, kind: &str, client: &Client) -> Result<()> {
    let values: [Value; 6] = [
        door.clock.new_id().into(),
        user.map(|user| user.0).into(),
        kind.into(),
        door.clock.now().into(),
        device::describe(client.agent()).0.into(),
        client.address_text().into(),
    ];
    door.pool.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, TELL, values)).await?;
    Ok(())
}

async fn by_name(
    db: &DatabaseConnection,
    name: &str,
) -> Result<Option<(UserId, Option<String>, Option<DateTime<Utc>>)>> {
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, BY_NAME, [name.trim().into()]);
    let Some(row) = db.query_one_raw(statement).await? else { return Ok(None) };
    let id: Uuid = row.try_get_by_index(0)?;
    Ok(Some((UserId(id), row.try_get_by_index(1)?, row.try_get_by_index(2)?)))
}

/// This machine, and networks that are not routed through the internet.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}
