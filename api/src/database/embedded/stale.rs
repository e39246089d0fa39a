//! What a crash leaves behind. PostgreSQL replaces the file of a dead postmaster itself; it gives up when the number in
//! the file belongs to a living process (reused, or a zombie that nobody collects) or when the file is empty.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::identity::Identity;
use super::layout::Layout;
use super::pidfile::{self, PidFile, Running};
use super::{Error, poll};

/// How long a server may be on its way up or down: replaying its log after a crash takes minutes at worst.
pub(super) const START_LIMIT: Duration = Duration::from_secs(300);

/// The server of this cluster, if it runs. If it does not, the directory is fit for a start afterwards. The caller holds
/// the start lock and a share.
pub(super) fn running(layout: &Layout, identity: &Identity) -> Result<Option<Running>, Error> {
    let cluster = layout.cluster();
    let settled = poll(START_LIMIT, || match PidFile::read(cluster)? {
        PidFile::Absent => Ok(Some(None)),
        PidFile::Broken if used(cluster, identity)? => Ok(None),
        PidFile::Broken => {
            let path = PidFile::path(cluster);
            tracing::warn!("removing {}, left broken by a crash", path.display());
            fs::remove_file(&path).map_err(Error::io("remove", &path))?;
            Ok(Some(None))
        }
        PidFile::Names { pid, lines } => {
            let file = PidFile::Names { pid, lines };
            if let Some(running) = file.ready().filter(answers) {
                return Ok(Some(Some(running)));
            }
            if pidfile::is_ours(pid, cluster) {
                return Ok(None);
            }
            if pidfile::exists(pid) {
                disown(cluster, &file, identity)?;
            }
            Ok(Some(None))
        }
    })?;
    let pid = || PidFile::read(cluster).ok().and_then(|file| file.pid()).unwrap_or_default();
    settled.ok_or_else(|| Error::Busy { dir: cluster.into(), pid: pid() })
}

/// Whether the server takes a connection and says something. That the socket accepts one is not enough: the kernel does
/// so until a server that was killed is taken apart.
pub(super) fn answers(running: &Running) -> bool {
    // "May I speak TLS?", to which a server that can make a new process replies with one letter.
    const QUESTION: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
    let ask = || {
        let mut stream = UnixStream::connect(running.socket_dir.join(".s.PGSQL.5432"))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(&QUESTION)?;
        stream.read_exact(&mut [0])
    };
    ask().is_ok()
}

/// Whether any process works in the cluster's directory, as all of PostgreSQL's do. Asked as the server's user, because
/// in a container root may not look at the processes of others.
fn used(cluster: &Path, identity: &Identity) -> Result<bool, Error> {
    const LOOK: &str = r#"for p in /proc/[0-9]*; do [ "$p/cwd" -ef "$1" ] && exit 0; done; exit 1"#;
    let shell = Path::new("/bin/sh");
    let status = identity.command(shell).args(["-c", LOOK, "sh"]).arg(cluster).status();
    Ok(status.map_err(Error::io("run", shell))?.success())
}

/// Puts our own number in the file, which names somebody who is no postmaster of this cluster. PostgreSQL takes the
/// number of its parent for stale and then still checks that no orphan uses the shared memory named further down;
/// removing the file would skip that check.
fn disown(cluster: &Path, file: &PidFile, identity: &Identity) -> Result<(), Error> {
    let PidFile::Names { pid, lines } = file else { return Ok(()) };
    let path = PidFile::path(cluster);
    tracing::warn!("{} names process {pid}, which is not its server: recovering", path.display());
    let mut lines = lines.clone();
    lines[0] = std::process::id().to_string();
    let text = lines.join("\n") + "\n";
    let new = cluster.join("postmaster.pid.new");
    // A new file put in its place, never written through a link that the server's user could have laid.
    let _ = fs::remove_file(&new);
    let mut file = OpenOptions::new();
    let file = file.write(true).create_new(true).mode(0o600).open(&new);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(Error::io("write", &new))?;
    identity.own(&new)?;
    fs::rename(&new, &path).map_err(Error::io("replace", &path))
}
