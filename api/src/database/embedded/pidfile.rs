//! `postmaster.pid`: what PostgreSQL says about itself in its data directory, and whether the process that it names is
//! what it was.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::Error;

/// The file's state. Its lines: pid, data directory, start time, port, socket directory, address, shared memory, status.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum PidFile {
    Absent,
    /// Empty or nonsense, as after a power cut.
    Broken,
    Names {
        pid: u32,
        lines: Vec<String>,
    },
}

/// A server that answers.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) pid: u32,
    pub(super) socket_dir: PathBuf,
}

impl PidFile {
    pub(super) fn path(cluster: &Path) -> PathBuf {
        cluster.join("postmaster.pid")
    }

    pub(super) fn read(cluster: &Path) -> Result<PidFile, Error> {
        let path = PidFile::path(cluster);
        match fs::read(&path) {
            Ok(bytes) => Ok(PidFile::parse(&String::from_utf8_lossy(&bytes))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(PidFile::Absent),
            Err(error) => Err(Error::io("read", &path)(error)),
        }
    }

    fn parse(text: &str) -> PidFile {
        let lines: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
        match lines.first().and_then(|line| line.parse().ok()).filter(|pid| *pid > 1) {
            Some(pid) => PidFile::Names { pid, lines },
            None => PidFile::Broken,
        }
    }

    pub(super) fn pid(&self) -> Option<u32> {
        if let PidFile::Names { pid, .. } = self { Some(*pid) } else { None }
    }

    /// The server that the file describes, if it says that it accepts connections.
    pub(super) fn ready(&self) -> Option<Running> {
        let PidFile::Names { pid, lines } = self else { return None };
        let socket_dir = lines.get(4).filter(|dir| !dir.is_empty())?;
        (lines.get(7)? == "ready").then(|| Running { pid: *pid, socket_dir: socket_dir.into() })
    }
}

impl Running {
    /// Whether it was started without durability: PostgreSQL keeps its command line beside the data.
    pub(super) fn is_throwaway(&self, cluster: &Path) -> bool {
        fs::read_to_string(cluster.join("postmaster.opts")).is_ok_and(|line| line.contains("\"fsync=off\""))
    }
}

/// Whether there is such a process, be it a zombie.
pub(super) fn exists(pid: u32) -> bool {
    // Not permitted to signal it means that it is there and somebody else's.
    raw(pid).is_some_and(|pid| !matches!(test_kill_process(pid), Err(Errno::SRCH)))
}

/// Whether the process still runs. A zombie does not, and some containers never collect theirs.
pub(super) fn is_alive(pid: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{pid}/stat"))
        .ok()
        .and_then(|stat| stat.rsplit_once(") ").and_then(|(_, fields)| fields.chars().next()));
    exists(pid) && !matches!(state, Some('Z' | 'X'))
}

/// Whether the process is a postmaster of this cluster. Its command line says so, and any user may read that, where the
/// working directory of another user's process is closed even to root in most containers.
pub(super) fn is_ours(pid: u32, cluster: &Path) -> bool {
    if !is_alive(pid) {
        return false;
    }
    if Path::new("/proc/self/cmdline").exists() {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        return words.windows(2).any(|pair| pair == [b"-D".as_slice(), cluster.as_os_str().as_encoded_bytes()]);
    }
    // macOS has no /proc.
    let output = Command::new("ps").args(["-o", "args=", "-p", &pid.to_string()]).stderr(Stdio::null()).output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(&format!("-D {}", cluster.display())))
}

/// Sends a signal; a process that is gone already is no error.
pub(super) fn signal(pid: u32, signal: Signal) {
    if let Some(Err(error)) = raw(pid).map(|pid| kill_process(pid, signal)) {
        tracing::debug!(%error, pid, "the signal was not delivered");
    }
}

fn raw(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_postgres_writes() {
        let text = "4711\n/data/postgres\n1732000000\n5432\n/run/stoa-1\n\n  123  456\nready   \n";
        let file = PidFile::parse(text);
        assert_eq!(file.pid(), Some(4711));
        let running = file.ready().expect("its last line says ready");
        assert_eq!((running.pid, running.socket_dir), (4711, PathBuf::from("/run/stoa-1")));
        assert!(PidFile::parse(&text.replace("ready", "starting")).ready().is_none());
        assert!(PidFile::parse("4711\n/data\n").ready().is_none());
    }

    #[test]
    fn refuses_numbers_that_would_signal_too_much() {
        for text in ["", "\n", "0\n", "1\n", "-1\n", "word\n"] {
            assert_eq!(PidFile::parse(text), PidFile::Broken, "{text:?}");
        }
    }

    #[test]
    fn tells_processes_apart() {
        let cluster = Path::new("/no/such/cluster");
        assert!(is_alive(std::process::id()));
        assert!(!is_ours(std::process::id(), cluster));

        let mut child = Command::new("sh").args(["-c", "exit 0"]).spawn().expect("every system has a shell");
        let pid = child.id();
        let ended = (0..500).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            !is_alive(pid)
        });
        assert!(ended && exists(pid), "not collected yet: a zombie");
        child.wait().expect("it is our child");
        assert!(!exists(pid));
    }
}
