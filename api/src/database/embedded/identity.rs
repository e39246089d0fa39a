//! As whom the server runs. PostgreSQL refuses root, so root steps down to a user without rights.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Error;

/// Debian, Fedora and macOS know this search path; nothing else of the caller's environment reaches the server.
const SAFE_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Sorting by code point: the same on every machine, whatever its C library.
pub(super) const LOCALE: &str = if cfg!(target_os = "macos") { "en_US.UTF-8" } else { "C.UTF-8" };

/// The user and group that own and run the cluster.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Identity {
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Whether that is somebody else than this process, which then is root.
    pub(super) steps_down: bool,
}

impl Identity {
    /// This process's user; for root the owner of the existing cluster, else `postgres`, else `nobody`.
    pub(super) fn choose(cluster: Option<&Metadata>) -> Result<Identity, Error> {
        let (uid, gid) = (me(), rustix::process::getegid().as_raw());
        if uid != 0 {
            return Ok(Identity { uid, gid, steps_down: false });
        }
        let (uid, gid) = match cluster {
            Some(cluster) if cluster.uid() != 0 => (cluster.uid(), cluster.gid()),
            _ => look_up("postgres").or_else(|| look_up("nobody")).ok_or(Error::NoUser)?,
        };
        Ok(Identity { uid, gid, steps_down: true })
    }

    /// A command that runs as this identity, knows nothing of our environment, and is in a process group of its own so
    /// that Ctrl-C in the terminal reaches the service first and the server only when the service has drained.
    pub(super) fn command(&self, program: impl Into<PathBuf>) -> Command {
        let mut command = Command::new(program.into());
        command.env_clear().env("PATH", SAFE_PATH).env("LC_ALL", LOCALE);
        command.current_dir("/").process_group(0).stdin(Stdio::null());
        if self.steps_down {
            // Setting the user as root also drops the supplementary groups.
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Whether this identity can enter a directory, all its parents included.
    pub(super) fn can_enter(&self, dir: &Path) -> Result<bool, Error> {
        let shell = Path::new("/bin/sh");
        let mut command = self.command(shell);
        command.args(["-c", r#"cd -- "$1""#, "sh"]).arg(dir).stdout(Stdio::null()).stderr(Stdio::null());
        match command.status() {
            Ok(status) => Ok(status.success()),
            // The root of some sandboxes is root by name only.
            Err(error) if self.steps_down && error.kind() == ErrorKind::PermissionDenied => Err(Error::NoStepDown),
            Err(error) => Err(Error::io("run", shell)(error)),
        }
    }

    /// The names of the system users that may sign in: this process's, and the server's own.
    pub(super) fn names(&self) -> Result<Vec<String>, Error> {
        let mut names = vec![self.name()?];
        if self.steps_down {
            names.push("root".into());
        }
        Ok(names)
    }

    fn name(&self) -> Result<String, Error> {
        let mut command = self.command("id");
        let output = command.arg("-un").output().map_err(Error::io("run", Path::new("id")))?;
        let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        // `id` prints the number of a user without a name and fails.
        if !output.status.success() || name.is_empty() {
            return Err(Error::NamelessUser { uid: self.uid });
        }
        Ok(name)
    }
}

/// The user id of this process.
pub(super) fn me() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The user and group id of a named user. `id` also knows users that are not in /etc/passwd.
fn look_up(name: &str) -> Option<(u32, u32)> {
    let number = |option| {
        let output = Command::new("id").args([option, name]).stderr(Stdio::null()).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse::<u32>().ok()
    };
    Some((number("-u")?, number("-g")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_never_runs_as_root() {
        let identity = Identity::choose(None).unwrap();
        assert_ne!(identity.uid, 0);
        assert_eq!(identity.steps_down, me() == 0);
        assert!(identity.can_enter(Path::new("/")).unwrap());
        assert!(!identity.can_enter(Path::new("/no/such/place")).unwrap());
        assert!(!identity.names().unwrap().is_empty());
    }

    #[test]
    fn unknown_users_are_not_found() {
        assert_eq!(look_up("no-such-user"), None);
    }
}
