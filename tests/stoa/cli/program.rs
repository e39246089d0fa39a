//! Where the program is, and building it when it is not.

use super::*;

/// The program, built from the sources as they are.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let profile = test.parent().unwrap().parent().unwrap();
        let program = profile.join("stoa");
        // The tests of a run are processes: one of them builds, the others wait and find it done.
        let lock = File::create(profile.join("stoa-tests.lock")).unwrap();
        lock.lock().unwrap();
        if fs::metadata(&program).and_then(|data| data.modified()).is_ok_and(|built| built >= newest_source()) {
            return program;
        }
        let profile_name = match profile.file_name().and_then(OsStr::to_str).unwrap() {
            "debug" => "dev",
            other => other,
        };
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "-p", "stoa-api", "--bin", "stoa", "--locked", "--profile", profile_name])
            .current_dir(root())
            .env("CARGO_TARGET_DIR", profile.parent().unwrap())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // When nothing had to be built the file is as old as it was: say that it is up to date.
        File::options().append(true).open(&program).unwrap().set_modified(SystemTime::now()).unwrap();
        program
    })
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn newest_source() -> SystemTime {
    fn newest(path: &Path) -> SystemTime {
        let own = fs::metadata(path).unwrap().modified().unwrap();
        match path.is_dir() {
            true => fs::read_dir(path).unwrap().map(|entry| newest(&entry.unwrap().path())).max().unwrap_or(own),
            false => own,
        }
    }
    let places = ["Cargo.toml", "Cargo.lock", "api", "entity", "migration", "examples"];
    places.iter().map(|place| newest(&root().join(place))).max().unwrap()
}
