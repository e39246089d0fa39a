//! The watchdog: a shell that waits for the last user to go and then ends the server.
//!
//! Not the kernel's parent-death signal: that follows the thread that made the child, is forgotten when the child
//! changes its user, and would end the server under the other processes that share it.

use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use super::identity::Identity;
use super::layout::Layout;
use super::{Error, locks};

const SCRIPT: &str = include_str!("watchdog.sh");

/// Starts a watchdog unless there is one. The caller holds a share, so none can be about to end the server.
pub(super) fn ensure(layout: &Layout, identity: &Identity, linger: Duration) -> Result<(), Error> {
    if locks::try_exclusive(&layout.watchdog_lock())?.is_none() {
        return Ok(());
    }
    let shell = Path::new("/bin/sh");
    let mut command = identity.command(shell);
    command.args(["-c", SCRIPT, "stoa-watchdog"]).arg(layout.base()).arg(layout.socket_dir());
    command.arg(format!("{:.3}", linger.as_secs_f64())).stdout(Stdio::null()).stderr(Stdio::null());
    let mut watchdog = command.spawn().map_err(Error::io("run", shell))?;
    // Collects the exit status, so that no zombie stays when this process lives on.
    let reaper = thread::Builder::new().name("postgres-watchdog".into()).spawn(move || watchdog.wait());
    reaper.map(drop).map_err(Error::io("wait for", shell))
}
