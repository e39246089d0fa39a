//! Passwords: bcrypt, off the async threads and two at a time, so that sign-ins cannot starve the service.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::config::Auth;
use crate::error::{Error, Result, UserError};

/// bcrypt reads no further; a longer password is refused rather than cut.
const MAX_BYTES: usize = 72;

pub struct Passwords {
    cost: u32,
    min_length: usize,
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
            turns: Arc::new(Semaphore::new(workers)),
            dummy: bcrypt::hash(uuid::Uuid::new_v4().as_bytes(), settings.bcrypt_cost)?,
        })
    }

    /// Why a new password is not acceptable, if it is not.
    pub fn refusal(&self, path: &[&str], password: &str) -> Option<UserError> {
        if password.chars().count() < self.min_length {
            return Some(UserError::invalid(path, format!("At least {} characters.", self.min_length)));
        }
        if password.len() > MAX_BYTES {
            return Some(UserError::invalid(path, format!("At most {MAX_BYTES} bytes.")));
        }
        password.contains('\0').then(|| UserError::invalid(path, "NUL is not allowed."))
    }

    pub async fn hash(&self, password: String) -> Result<String> {
        let cost = self.cost;
        self.off_thread(move || bcrypt::hash(password, cost).map_err(Error::internal)).await
    }

    /// Whether `password` is the one behind `hash`; without a hash it takes as long and is never right.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.dummy.clone());
        self.off_thread(move || {
            let right = password.len() <= MAX_BYTES && !password.contains('\0');
            let matches = bcrypt::verify(if right { password.as_bytes() } else { b"" }, &hash).unwrap_or(false);
            Ok(known && right && matches)
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
