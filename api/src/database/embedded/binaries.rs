//! Finding PostgreSQL's programs. Debian keeps them out of `PATH`, so the usual places are searched as well.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Error, OLDEST_MAJOR};

/// Directories of versions: parent, how the name of a version begins, and where its programs are below it.
const PLACES: [(&str, &str, &str); 10] = [
    ("/usr/lib/postgresql", "", "bin"),  // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),           // packages of the PostgreSQL project for Fedora and its kin
    ("/usr/lib", "postgresql", "bin"),   // openSUSE
    ("/usr/lib64", "postgresql", "bin"), // Gentoo
    ("/usr/libexec", "postgresql", ""),  // Alpine
    ("/usr/local", "pgsql", "bin"),      // built from source
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// One installed PostgreSQL.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Binaries {
    pub(super) dir: PathBuf,
    pub(super) major: u32,
}

/// The programs for this cluster: of its own major version if it exists, else the newest.
pub(super) fn find(bin_dir: Option<&Path>, cluster: &Path) -> Result<Binaries, Error> {
    let found = match bin_dir {
        Some(dir) => vec![Binaries::at(dir).ok_or_else(|| Error::BadBinDir { dir: dir.into() })?],
        None => search(),
    };
    choose(found, major_of(cluster), cluster)
}

fn choose(mut found: Vec<Binaries>, needed: Option<u32>, cluster: &Path) -> Result<Binaries, Error> {
    // Stable: of two with the same version the one found first, as in `PATH`.
    found.sort_by_key(|binaries| std::cmp::Reverse(binaries.major));
    found.dedup_by_key(|binaries| binaries.major);
    let majors: Vec<u32> = found.iter().map(|binaries| binaries.major).collect();
    let newest = *majors.first().ok_or(Error::NoBinaries)?;
    let wanted = needed.unwrap_or(newest);
    let chosen = found.into_iter().find(|binaries| binaries.major == wanted);
    let chosen = chosen.ok_or_else(|| Error::WrongMajor { dir: cluster.into(), needed: wanted, found: majors })?;
    if chosen.major < OLDEST_MAJOR {
        return Err(Error::TooOld { found: chosen.major, oldest: OLDEST_MAJOR });
    }
    Ok(chosen)
}

/// The major version that made a cluster; `None` if there is none yet.
fn major_of(cluster: &Path) -> Option<u32> {
    fs::read_to_string(cluster.join("PG_VERSION")).ok()?.trim().parse().ok()
}

fn search() -> Vec<Binaries> {
    let mut dirs: Vec<PathBuf> = on_path("postgres").into_iter().collect();
    for (parent, prefix, tail) in PLACES {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        let versions = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
        dirs.extend(versions.map(|entry| entry.path().join(tail)));
    }
    let found: Vec<Binaries> = dirs.iter().filter_map(|dir| Binaries::at(dir)).collect();
    if found.is_empty() { pg_config().and_then(|dir| Binaries::at(&dir)).into_iter().collect() } else { found }
}

impl Binaries {
    /// What is in this directory, if it is a whole and working server installation.
    fn at(dir: &Path) -> Option<Binaries> {
        // A link to `postgres` may stand in a directory that lacks the rest.
        let program = dir.join("postgres").canonicalize().ok()?;
        let dir = program.parent()?.to_owned();
        if !dir.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(&program).arg("--version").stderr(Stdio::null()).output().ok()?;
        Some(Binaries { dir, major: parse_version(&String::from_utf8(output.stdout).ok()?)? })
    }
}

/// From `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, also `17beta1` and `18devel`.
fn parse_version(line: &str) -> Option<u32> {
    let version = line.split_once("(PostgreSQL) ")?.1;
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version[..digits].parse().ok()
}

/// The directory in `PATH` that holds a program.
fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).find(|dir| dir.is_absolute() && dir.join(program).is_file())
}

/// An installation in an unusual place may still have its `pg_config` in `PATH`.
fn pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

/// How to call `psql`: by its name if `PATH` has it, else the one beside the server that last ran in this cluster.
pub(super) fn psql(cluster: &Path) -> String {
    let beside_server = || {
        let line = fs::read_to_string(cluster.join("postmaster.opts")).ok()?;
        let psql = Path::new(line.split(" \"").next()?).with_file_name("psql");
        psql.is_file().then(|| super::shell_quote(&psql.to_string_lossy()))
    };
    if on_path("psql").is_some() { "psql".into() } else { beside_server().unwrap_or_else(|| "psql".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(majors: &[u32]) -> Vec<Binaries> {
        majors.iter().map(|major| Binaries { dir: format!("/pg/{major}").into(), major: *major }).collect()
    }

    #[test]
    fn reads_versions() {
        assert_eq!(parse_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_version("postgres (PostgreSQL) 18devel"), Some(18));
        assert_eq!(parse_version("postgres (PostgreSQL) 17"), Some(17));
        assert_eq!(parse_version("something else"), None);
    }

    #[test]
    fn chooses_the_newest_or_the_one_that_made_the_data() {
        let cluster = Path::new("/data/postgres");
        assert_eq!(choose(installed(&[15, 17, 16]), None, cluster).unwrap().major, 17);
        assert_eq!(choose(installed(&[15, 17]), Some(15), cluster).unwrap().major, 15);
        assert!(matches!(choose(installed(&[]), None, cluster), Err(Error::NoBinaries)));
        assert!(matches!(choose(installed(&[13, 14]), None, cluster), Err(Error::TooOld { found: 14, oldest: 15 })));
        let error = choose(installed(&[15]), Some(18), cluster).unwrap_err();
        assert_eq!(
            error.to_string(),
            "/data/postgres was made by PostgreSQL 18, and the versions found are [15]: install PostgreSQL 18, set \
             STOA_PG_BIN_DIR to its programs, or move the directory away to start empty"
        );
    }

    #[test]
    fn a_directory_without_programs_is_refused() {
        let error = find(Some(Path::new("/etc")), Path::new("/no/such/cluster")).unwrap_err();
        assert!(matches!(error, Error::BadBinDir { .. }));
    }
}
