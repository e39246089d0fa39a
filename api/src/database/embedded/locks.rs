//! The lock files. The kernel releases a lock when its holder ends in any way, which no pid file can promise.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{Error, poll};

/// A lock, shared or exclusive, given back when dropped.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough: a child that another thread is just making holds a copy of the file for a moment, and
        // the lock with it.
        let _ = self.0.unlock();
    }
}

/// Waits for the lock.
pub(super) fn exclusive(path: &Path) -> Result<Lock, Error> {
    let file = open(path)?;
    file.lock().map_err(Error::io("lock", path))?;
    Ok(Lock(file))
}

/// The exclusive lock if it is free.
pub(super) fn try_exclusive(path: &Path) -> Result<Option<Lock>, Error> {
    let file = open(path)?;
    granted(file.try_lock(), file, path)
}

/// Takes a share. The text that it leaves in the file differs from every earlier one, so that the watchdog can tell that
/// somebody came by while it was lingering. The caller holds the start lock: nobody else writes now.
pub(super) fn join_users(path: &Path) -> Result<Lock, Error> {
    static JOINED: AtomicU64 = AtomicU64::new(0);
    let mut file = open(path)?;
    file.lock_shared().map_err(Error::io("lock", path))?;
    let visit = format!("{} {}\n", std::process::id(), JOINED.fetch_add(1, Ordering::Relaxed));
    let written = file.set_len(0).and_then(|()| file.write_all(visit.as_bytes()));
    let lock = Lock(file);
    written.map_err(Error::io("write", path))?;
    Ok(lock)
}

/// After giving a share back: the exclusive lock if that was the last one, `None` if others go on. While the watchdog
/// holds it, because it noticed first, this waits for what it does.
pub(super) fn leave_users(path: &Path, limit: Duration) -> Result<Option<Lock>, Error> {
    let left = poll(limit, || {
        if let Some(alone) = try_exclusive(path)? {
            return Ok(Some(Some(alone)));
        }
        let probe = open(path)?;
        Ok(granted(probe.try_lock_shared(), probe, path)?.map(|_shared| None))
    })?;
    Ok(left.flatten())
}

/// Opens a lock file. The watchdog, which may run as another user, must be able to read it; only we write.
fn open(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o644);
    options.open(path).map_err(Error::io("open", path))
}

fn granted(result: Result<(), TryLockError>, file: File, path: &Path) -> Result<Option<Lock>, Error> {
    match result {
        Ok(()) => Ok(Some(Lock(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_user_is_alone() {
        let path = std::env::temp_dir().join(format!("stoa-locks-{}", std::process::id()));
        let limit = Duration::from_secs(5);
        let first = join_users(&path).unwrap();
        let visit = std::fs::read_to_string(&path).unwrap();
        let second = join_users(&path).unwrap();
        assert_ne!(std::fs::read_to_string(&path).unwrap(), visit);
        drop(first);
        assert!(leave_users(&path, limit).unwrap().is_none());
        drop(second);
        let alone = leave_users(&path, limit).unwrap();
        assert!(alone.is_some());
        assert!(try_exclusive(&path).unwrap().is_none());
        std::fs::remove_file(path).unwrap();
    }
}
