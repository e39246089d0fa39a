//! Wrong guesses at a password or a code: counted before they are known to be wrong, so that a crowd of them at once gets
//! no further than one after the other; kept in the database, so that they count for all processes.
//!
//! After so many failures what was guessed at admits nothing for a minute, then twice as long after each further one, up to
//! half an hour. Failures are forgotten one by one: of a name or an account each hour, of a network each minute.
//!
//! - A **name** is counted as it was typed, whether there is such an account or not: its lock is told.
//! - An **account** is counted besides, for whoever guesses under its name and its address by turns. Its lock is not told,
//!   as it would tell that both belong together: whatever comes is wrong.
//! - A **network** (an address, of IPv6 its first 64 bits) is counted over all accounts.
//! - From an address where the account has a live session it is counted apart, so that strangers do not lock the owner out.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use entity::id::UserId;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, Value};
use tokio::sync::Mutex;

use super::Client;
use super::token::Tokens;
use crate::clock::Clock;
use crate::config::Auth;
use crate::error::{Error, Result};

/// Seconds after which one failure is forgotten.
const LEAK: f64 = 3600.0;
const LEAK_OF_NETWORK: f64 = 60.0;
/// Hours after which nothing is left of a scope, whatever was counted.
const FORGOTTEN: i64 = 72;
/// Queues in which guesses at one name take turns within this process.
const QUEUES: usize = 64;

const FROM_HERE: &str = "
    select exists (select from sessions s
                    where s.user_id = $1 and s.address = $2 and s.ended_at is null and s.expires_at > $3)";

pub struct Guesses {
    allowed: f64,
    allowed_of_network: f64,
    queues: [Mutex<()>; QUEUES],
}

/// What kind of secret is guessed at. A name of one kind is never that of another, whatever people type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Guessing {
    /// The password of a name that somebody typed.
    Password,
    /// The password of the account whose session it is.
    OwnPassword,
    /// A code of an account at the sign-in.
    Code,
    /// A code of the account whose session it is.
    OwnCode,
}

impl Guessing {
    fn scope(self) -> &'static [u8] {
        match self {
            Self::Password => b"name",
            Self::OwnPassword => b"own password",
            Self::Code => b"code",
            Self::OwnCode => b"own code",
        }
    }
}

/// What is guessed at, and from where.
pub struct Guess<'g> {
    pub kind: Guessing,
    /// The name as it was typed, or the id of an account.
    pub name: &'g str,
    /// Whose it is, if anybody's.
    pub user: Option<UserId>,
    pub client: &'g Client,
}

/// How a guess went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Guessed<T> {
    Right(T),
    Wrong,
    /// Wrong, and the last one for a while.
    Locks,
}

impl Guesses {
    pub fn new(settings: &Auth) -> Self {
        Self {
            allowed: settings.max_login_attempts.into(),
            allowed_of_network: settings.max_network_attempts.into(),
            queues: std::array::from_fn(|_| Mutex::new(())),
        }
    }

    /// Runs `check`, which finds something if the guess is right, unless too many were wrong. It runs also for what cannot
    /// be right, so that it takes as long.
    pub async fn check<T>(
        &self,
        (db, tokens, clock): (&DatabaseConnection, &Tokens, &Clock),
        guess: Guess<'_>,
        check: impl Future<Output = Result<Option<T>>>,
    ) -> Result<Guessed<T>> {
        let at = clock.now();
        let is_here = is_from_here(db, &guess, at).await?;
        let here = is_here.then(|| guess.client.address_text()).flatten().unwrap_or_default();
        let user = guess.user.map(|user| user.0).unwrap_or_default();
        let scope = |kind: &[u8], value: &[u8]| {
            tokens.keyed_hash(&[b"guess\0", kind, b"\0", here.as_bytes(), b"\0", value]).to_vec()
        };
        let name = scope(guess.kind.scope(), guess.name.trim().to_lowercase().as_bytes());
        let network = guess.client.address.map(|address| tokens.keyed_hash(&[b"guess\0network\0", &network(address)]));
        let account = guess.user.map(|_| scope(b"account", user.as_bytes()));

        let _turn = self.queues[usize::from(name[0]) % QUEUES].lock().await;
        let mut scopes = vec![(name.clone(), self.allowed, LEAK)];
        scopes.extend(network.map(|network| (network.to_vec(), self.allowed_of_network, LEAK_OF_NETWORK)));
        let told = scopes.len();
        scopes.extend(account.clone().map(|account| (account, self.allowed, LEAK)));
        let begun = begin(db, scopes, told, at).await?;
        if let Some(seconds) = begun.wait(..told) {
            return Err(Error::TooManyAttempts { seconds });
        }
        let found = check.await?.filter(|_| begun.wait(told..).is_none());
        let Some(found) = found else {
            return Ok(if begun.counted[0] > self.allowed - 1.0 { Guessed::Locks } else { Guessed::Wrong });
        };
        let emptied = [Some(name), account].into_iter().flatten().collect();
        forgive(db, emptied, network.map(|network| network.to_vec())).await?;
        Ok(Guessed::Right(found))
    }

    /// Forgets what has not been guessed at for days.
    pub async fn forget_old(&self, db: &DatabaseConnection, at: DateTime<Utc>) -> Result<()> {
        let sql = "delete from sign_in_guards where failed_at <= $1";
        let values = [(at - chrono::TimeDelta::hours(FORGOTTEN)).into()];
        db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
        Ok(())
    }
}

/// What the database says of an attempt, in the order of its scopes.
struct Begun {
    waits: Vec<f64>,
    counted: Vec<f64>,
}

impl Begun {
    /// Whole seconds until all scopes of the range admit an attempt, if they do not.
    fn wait(&self, range: impl std::slice::SliceIndex<[f64], Output = [f64]>) -> Option<u64> {
        let longest = self.waits.get(range)?.iter().copied().fold(0.0, f64::max);
        (longest > 0.0).then_some(longest.ceil() as u64)
    }
}

async fn begin(
    db: &DatabaseConnection,
    scopes: Vec<(Vec<u8>, f64, f64)>,
    told: usize,
    at: DateTime<Utc>,
) -> Result<Begun> {
    let (mut names, mut allowed, mut leaks) = (Vec::new(), Vec::new(), Vec::new());
    for (name, most, leak) in scopes {
        names.push(name);
        allowed.push(most);
        leaks.push(leak);
    }
    let sql = "select waits, counted from begin_attempt($1, $2, $3, $4, $5)";
    let values: [Value; 5] = [names.into(), allowed.into(), leaks.into(), (told as i32).into(), at.into()];
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    let row = row.ok_or_else(|| Error::internal(anyhow::anyhow!("an attempt was not counted")))?;
    Ok(Begun { waits: row.try_get_by_index(0)?, counted: row.try_get_by_index(1)? })
}

async fn forgive(db: &DatabaseConnection, emptied: Vec<Vec<u8>>, lessened: Option<Vec<u8>>) -> Result<()> {
    let lessened: Vec<Vec<u8>> = lessened.into_iter().collect();
    let sql = "select forgive_attempt($1, $2)";
    let values: [Value; 2] = [emptied.into(), lessened.into()];
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    Ok(())
}

/// Whether the account has a live session at this address. Asked also where there is no account.
async fn is_from_here(db: &DatabaseConnection, guess: &Guess<'_>, at: DateTime<Utc>) -> Result<bool> {
    let user = guess.user.map(|user| user.0).unwrap_or_default();
    let values: [Value; 3] = [user.into(), guess.client.address_text().into(), at.into()];
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, FROM_HERE, values)).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(false))
}

/// The network of an address as bytes: of IPv6 the part that one customer is given.
fn network(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets()[..8].to_vec(),
    }
}
