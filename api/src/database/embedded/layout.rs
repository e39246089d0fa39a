//! Where things lie, and whether the places can be trusted: a directory that somebody else prepared would otherwise
//! choose the user and the configuration of the server.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use super::identity::{self, Identity};
use super::{Error, Options};

/// Where root puts the cluster when the server's user cannot reach the directory that was asked for.
const SYSTEM_DIR: &str = "/var/lib/stoa";

/// The places of one embedded server.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    base: PathBuf,
    cluster: PathBuf,
}

/// Makes the directory, checks that it is ours, and settles as whom the server runs.
pub(super) fn prepare(options: &Options) -> Result<(Layout, Identity), Error> {
    let asked = make_base(&options.data_dir)?;
    let layout = Layout::new(asked.clone());
    let identity = Identity::choose(fs::symlink_metadata(layout.cluster()).ok().as_ref())?;
    if reachable(&asked, &identity)? {
        return Ok((layout, identity));
    }
    make_base(Path::new(SYSTEM_DIR))?;
    fs::set_permissions(SYSTEM_DIR, Permissions::from_mode(0o755))
        .map_err(Error::io("open to the server's user", Path::new(SYSTEM_DIR)))?;
    let base = make_base(&Path::new(SYSTEM_DIR).join(fingerprint(&asked)))?;
    tracing::info!(
        "the user who runs PostgreSQL cannot reach {}, so its data lies in {}",
        asked.display(),
        base.display(),
    );
    let layout = Layout::new(base.clone());
    let identity = Identity::choose(fs::symlink_metadata(layout.cluster()).ok().as_ref())?;
    if !reachable(&base, &identity)? {
        return Err(Error::ForeignOwner { dir: base, owner: identity::me(), me: identity.uid });
    }
    Ok((layout, identity))
}

/// The directory with all links resolved; made when missing, refused when others own it or can write to it.
fn make_base(dir: &Path) -> Result<PathBuf, Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(Error::io("make the directory", dir))?;
    let dir = dir.canonicalize().map_err(Error::io("find", dir))?;
    let metadata = fs::metadata(&dir).map_err(Error::io("look at", &dir))?;
    check(&dir, &metadata, identity::me())?;
    Ok(dir)
}

/// Whether the server's user can enter the directory. When only the last step is closed to it, opens that one to its
/// group: to pass through, not to look around.
fn reachable(base: &Path, identity: &Identity) -> Result<bool, Error> {
    if !identity.steps_down || identity.can_enter(base)? {
        return Ok(true);
    }
    let mode = fs::metadata(base).map_err(Error::io("look at", base))?.permissions().mode();
    chown(base, None, Some(identity.gid)).map_err(Error::io("change the group of", base))?;
    fs::set_permissions(base, Permissions::from_mode(mode | 0o010)).map_err(Error::io("open to the group", base))?;
    identity.can_enter(base)
}

fn check(dir: &Path, metadata: &Metadata, owner: u32) -> Result<(), Error> {
    if metadata.uid() != owner {
        return Err(Error::ForeignOwner { dir: dir.into(), owner: metadata.uid(), me: owner });
    }
    if !metadata.is_dir() || metadata.mode() & 0o022 != 0 {
        return Err(Error::Writable { dir: dir.into() });
    }
    Ok(())
}

/// Sixteen characters that stand for a path (FNV-1a: the same in every version of this program).
fn fingerprint(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}

impl Layout {
    fn new(base: PathBuf) -> Layout {
        Layout { cluster: base.join("postgres"), base }
    }

    /// The cluster, owned by the user who runs the server. Everything beside it is this process's own.
    pub(super) fn cluster(&self) -> &Path {
        &self.cluster
    }

    /// Where a new cluster grows until it is complete: a place of this process's own, because an `initdb` whose caller
    /// was killed may still be writing to its. Such remains are cleared away.
    pub(super) fn unfinished_cluster(&self) -> Result<PathBuf, Error> {
        const PREFIX: &str = "postgres.new.";
        for entry in fs::read_dir(&self.base).map_err(Error::io("read", &self.base))?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(PREFIX) {
                fs::remove_dir_all(entry.path()).map_err(Error::io("clear", &entry.path()))?;
            }
        }
        Ok(self.base.join(format!("{PREFIX}{}", std::process::id())))
    }

    pub(super) fn start_lock(&self) -> PathBuf {
        self.base.join("postgres.start.lock")
    }

    pub(super) fn users_lock(&self) -> PathBuf {
        self.base.join("postgres.users.lock")
    }

    pub(super) fn watchdog_lock(&self) -> PathBuf {
        self.base.join("postgres.watchdog.lock")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.base.join("postgres.log")
    }

    pub(super) fn hba_file(&self) -> PathBuf {
        self.base.join("postgres.hba.conf")
    }

    pub(super) fn ident_file(&self) -> PathBuf {
        self.base.join("postgres.ident.conf")
    }

    pub(super) fn base(&self) -> &Path {
        &self.base
    }

    /// The socket's directory: short, because the system allows 107 bytes with the file's name, and always the same for
    /// one cluster, so that a saved psql command keeps working.
    pub(super) fn socket_dir(&self) -> PathBuf {
        Path::new("/tmp").join(format!("stoa-{}", fingerprint(&self.base)))
    }

    /// Makes the socket's directory anew: a lock file in it that names a living foreign process would stop the server.
    /// Only called when no server runs.
    pub(super) fn make_socket_dir(&self, identity: &Identity) -> Result<PathBuf, Error> {
        let dir = self.socket_dir();
        match fs::symlink_metadata(&dir) {
            Ok(metadata) => {
                check(&dir, &metadata, identity.uid)?;
                fs::remove_dir_all(&dir).map_err(Error::io("clear", &dir))?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("look at", &dir)(error)),
        }
        DirBuilder::new().mode(0o700).create(&dir).map_err(Error::io("make the directory", &dir))?;
        identity.own(&dir)?;
        Ok(dir)
    }

    /// After a clean end only; what cannot be removed is cleared by the next start.
    pub(super) fn remove_socket_dir(&self) {
        if let Err(error) = fs::remove_dir(self.socket_dir()) {
            tracing::debug!(%error, "the socket directory stays");
        }
    }
}

impl Identity {
    /// Gives a file that this process has just made to the server's user.
    pub(super) fn own(&self, path: &Path) -> Result<(), Error> {
        if self.steps_down {
            chown(path, Some(self.uid), Some(self.gid)).map_err(Error::io("change the owner of", path))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn socket_paths_are_short_and_stable() {
        let layout = Layout::new(PathBuf::from("/home/someone/with a long/path/".repeat(9)));
        assert!(layout.socket_dir().join(".s.PGSQL.5432.lock").as_os_str().len() < 100);
        assert_eq!(fingerprint(Path::new("")), "cbf29ce484222325");
        assert_eq!(fingerprint(Path::new("a")), "af63dc4c8601ec8c");
    }

    #[test]
    fn directories_of_others_and_writable_ones_are_refused() {
        let dir = std::env::temp_dir().join(format!("stoa-layout-{}", std::process::id()));
        let made = make_base(&dir).unwrap();
        let metadata = fs::metadata(&made).unwrap();
        assert_eq!(metadata.mode() & 0o777, 0o700);
        assert!(matches!(check(&made, &metadata, identity::me() + 1), Err(Error::ForeignOwner { .. })));
        fs::set_permissions(&made, Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(make_base(&dir), Err(Error::Writable { .. })));
        fs::remove_dir(made).unwrap();
    }
}
