//! Passwords: what is accepted as a new one, and bcrypt. Both off the async threads and so many at a time that sign-ins
//! cannot starve the service.

mod breached;
mod strength;

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::config::Auth;
use crate::error::{Error, Result, UserError};

/// bcrypt reads no further; a longer password is refused rather than cut.
const MAX_BYTES: usize = 72;

/// What came of comparing a password with a hash.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    Wrong,
    Right {
        /// A new hash, if the old one was cheaper than hashes are to be now.
        dearer: Option<String>,
    },
}

pub struct Passwords {
    cost: u32,
    min_length: usize,
    min_score: u8,
    turns: Arc<Semaphore>,
    /// Verified in place of an unknown account's hash, so that known and unknown accounts take the same time.
    dummy: String,
}

impl Passwords {
    pub fn new(settings: &Auth) -> anyhow::Result<Self> {
        let workers = std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2).max(1));
        Ok(Self {
            cost: settings.bcrypt_cost,
            min_length: settings.password_min_length,
            min_score: settings.password_min_score,
            turns: Arc::new(Semaphore::new(workers)),
            dummy: bcrypt::hash(uuid::Uuid::new_v4().as_bytes(), settings.bcrypt_cost)?,
        })
    }

    /// Why a new password is not acceptable, if it is not. `about` is what is known of the person: names, address.
    pub async fn refusal(&self, path: &[&str], password: &str, about: &[&str]) -> Result<Option<UserError>> {
        let why = match self.misshapen(password) {
            Some(why) => Some(why),
            None => self.guessable(password, about).await?,
        };
        Ok(why.map(|why| UserError::invalid(path, why)))
    }

    fn misshapen(&self, password: &str) -> Option<String> {
        if password.chars().count() < self.min_length {
            return Some(format!("At least {} characters.", self.min_length));
        }
        if password.len() > MAX_BYTES {
            return Some(format!("At most {MAX_BYTES} bytes."));
        }
        password.contains('\0').then(|| "NUL is not allowed.".to_owned())
    }

    async fn guessable(&self, password: &str, about: &[&str]) -> Result<Option<String>> {
        let (password, least) = (password.to_owned(), self.min_score);
        let about: Vec<String> = about.iter().map(ToString::to_string).collect();
        self.off_thread(move || {
            if breached::is_breached(&password) {
                return Ok(Some(
                    "This password is known from a breach: anybody would try it. Take another.".to_owned(),
                ));
            }
            Ok(strength::weakness(&password, &about, least))
        })
        .await
    }

    pub async fn hash(&self, password: String) -> Result<String> {
        let cost = self.cost;
        self.off_thread(move || bcrypt::hash(password, cost).map_err(Error::internal)).await
    }

    /// Whether `password` is the one behind `hash`; without a hash it takes as long and is never right.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<Verdict> {
        let (known, cost) = (hash.is_some(), self.cost);
        let hash = hash.unwrap_or_else(|| self.dummy.clone());
        self.off_thread(move || {
            let readable = password.len() <= MAX_BYTES && !password.contains('\0');
            let tried = if readable { password.as_bytes() } else { b"" };
            let matches = bcrypt::verify(tried, &hash).unwrap_or(false);
            let found = hash.parse::<bcrypt::HashParts>().map_or(cost, |parts| parts.get_cost());
            if !(known && readable && matches) {
                // An old hash was quicker than the others; each step costs as much as all before it.
                (found..cost).for_each(|step| drop(bcrypt::hash(tried, step)));
                return Ok(Verdict::Wrong);
            }
            Ok(Verdict::Right { dearer: if found < cost { bcrypt::hash(tried, cost).ok() } else { None } })
        })
        .await
    }

    async fn off_thread<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let turn = self.turns.clone().acquire_owned().await.map_err(Error::internal)?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        })
        .await
        .map_err(Error::internal)?
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command, FromArgMatches};

    use super::*;

    fn passwords(cost: u32) -> Passwords {
        let matches = Auth::augment_args(Command::new("tests")).get_matches_from(["tests"]);
        let settings = Auth::from_arg_matches(&matches).expect("the defaults hold");
        Passwords::new(&Auth { bcrypt_cost: cost, ..settings }).expect("the defaults hold")
    }

    #[tokio::test]
    async fn hashes_of_other_programs_are_verified_and_old_ones_made_dearer() {
        let passwords = passwords(5);
        let made = bcrypt::hash("seven green herons", 4).expect("a hash");
        let verify = |word: &str, hash: &str| passwords.verify(word.to_owned(), Some(hash.to_owned()));
        for prefix in ["$2a$", "$2b$", "$2y$"] {
            let hash = format!("{prefix}{}", &made[4..]);
            let Verdict::Right { dearer: Some(dearer) } = verify("seven green herons", &hash).await.expect("a verdict")
            else {
                panic!("{prefix}")
            };
            assert!(dearer.starts_with("$2b$05$"), "{dearer}");
            let again = verify("seven green herons", &dearer).await.expect("a verdict");
            assert_eq!(again, Verdict::Right { dearer: None });
            assert_eq!(verify("seven green heron", &hash).await.expect("a verdict"), Verdict::Wrong);
        }
        for broken in ["", "$2b$", "$2z$04$aaaa", "plain"] {
            assert_eq!(verify("", broken).await.expect("a verdict"), Verdict::Wrong, "{broken}");
        }
    }
}
