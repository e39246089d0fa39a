//! What the program prints about itself.

use super::*;

#[test]
fn the_schema_is_printed() {
    let place = Place::new("schema");
    assert!(place.run(&["schema"]).ok() == include_str!("../../../schema.graphql"));
    assert!(!place.data_dir().exists(), "printing makes nothing");
}

#[test]
fn the_schema_bundle_is_written() {
    let place = Place::new("bundle");
    let said = place.run(&["schema", "--bundle", "out"]).ok();
    let read = |name: &str| fs::read_to_string(place.dir.join("out").join(name)).unwrap();
    let index: Value = serde_json::from_str(&read("index.json")).unwrap();
    assert!(said.contains(index["version"].as_str().unwrap()), "{said}");
    let files = index["files"].as_array().unwrap();
    for file in files {
        assert_eq!(read(file["name"].as_str().unwrap()).len(), file["bytes"].as_u64().unwrap() as usize);
    }
    assert!(read("schema.graphql") == include_str!("../../../schema.graphql"));
    // Again over itself: what an earlier version left is gone. Anything else is left alone.
    fs::write(place.dir.join("out/operations/gone.graphql"), "{ gone }").unwrap();
    place.run(&["schema", "--bundle", "out"]).ok();
    assert!(!place.dir.join("out/operations/gone.graphql").exists());
    fs::create_dir(place.dir.join("mine")).unwrap();
    fs::write(place.dir.join("mine/notes"), "").unwrap();
    let refusal = place.run(&["schema", "--bundle", "mine"]).refusal();
    assert!(refusal.contains("something else than a schema bundle"), "{refusal}");
    assert!(!place.data_dir().exists(), "writing it makes nothing else");
}

/// Every subcommand with its help, by its words: `demo run`.
fn helps(place: &Place) -> BTreeMap<String, String> {
    let mut helps = BTreeMap::new();
    let mut asked = vec![Vec::new()];
    while let Some(words) = asked.pop() {
        let arguments: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let text = place.run(&arguments).ok();
        let commands = text.split("\nCommands:\n").nth(1).unwrap_or_default();
        for line in commands.lines().take_while(|line| line.starts_with("  ")) {
            let name = line.trim_start().split(' ').next().unwrap();
            let described = line.trim_start()[name.len()..].trim().len() > 5;
            // A longer description goes on in deeper lines.
            if line.starts_with("  ") && !line.starts_with("   ") && name != "help" {
                assert!(described, "{words:?} {name} is not described");
                asked.push(words.iter().cloned().chain([name.to_owned()]).collect());
            }
        }
        helps.insert(words.join(" "), text);
    }
    helps
}

/// The options of a help text, each with everything that is said about it.
fn options(help: &str) -> Vec<(String, String)> {
    let mut options: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in help.lines() {
        match line {
            "Options:" | "Arguments:" => inside = true,
            line if !line.is_empty() && !line.starts_with(' ') => inside = false,
            _ if !inside => {}
            line if line.trim_start().starts_with('-') && line.len() - line.trim_start().len() <= 6 => {
                let (flag, words) = line.trim().split_once("  ").unwrap_or((line.trim(), ""));
                options.push((flag.to_owned(), words.trim().to_owned()));
            }
            line => {
                if let Some((_, words)) = options.last_mut() {
                    *words = format!("{words} {}", line.trim()).trim().to_owned();
                }
            }
        }
    }
    options
}

#[test]
fn the_help_teaches() {
    let place = Place::new("help");
    let helps = helps(&place);
    let expected = [
        "",
        "audit",
        "audit verify",
        "demo",
        "demo load",
        "demo reset",
        "demo run",
        "doctor",
        "documents",
        "documents list",
        "documents register",
        "documents remove",
        "health",
        "keys",
        "keys list",
        "keys revoke",
        "keys rotate",
        "mail",
        "mail list",
        "mail show",
        "migrate",
        "migrate down",
        "migrate status",
        "migrate up",
        "schema",
        "serve",
        "user",
        "user create",
        "user password",
    ];
    assert_eq!(helps.keys().map(String::as_str).collect::<Vec<_>>(), expected);
    for (command, text) in &helps {
        let about = text.lines().next().unwrap();
        assert!(about.len() > 12 && !about.starts_with("Usage"), "{command}: {about}");
        let options = options(text);
        assert!(options.iter().any(|(flag, _)| flag.contains("--help")), "{command}");
        for (flag, words) in options {
            assert!(words.len() > 5 && !words.starts_with('['), "{command}: {flag} is not described: {words}");
        }
    }
    // What one has to know before is where one looks first.
    for (command, words) in [
        ("", "stoa demo run"),
        ("serve", "--migrate does that first"),
        ("demo", "loopback only"),
        ("demo reset", "lost"),
        ("migrate down", "backup"),
        ("user create", "shown once"),
        ("doctor", "Changes no data"),
    ] {
        let text = helps[command].split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(words), "`stoa {command} --help` does not say: {words}");
    }
    let bare = place.run(&[]);
    assert_eq!(bare.status.code(), Some(2));
    assert!(bare.err.contains("Usage"), "without a command it says how it is used");
    for wrong in [&["sevre"][..], &["serve", "--lisen", "x"], &["serve", "--listen", "nowhere"], &["migrate"]] {
        assert_eq!(place.run(wrong).status.code(), Some(2), "{wrong:?}");
    }
    assert!(place.run(&["--version"]).ok().starts_with("stoa "));
    assert!(!place.data_dir().exists(), "help makes nothing");
}

#[test]
fn the_readme_lists_every_setting() {
    let place = Place::new("readme");
    let mut settings: BTreeMap<String, (String, Option<String>)> = BTreeMap::new();
    for help in helps(&place).values() {
        for (flag, words) in options(help) {
            let mark =
                |name: &str| words.split(&format!("[{name}: ")).nth(1).map(|rest| rest.split(']').next().unwrap());
            let Some(variable) = mark("env") else { continue };
            let variable = variable.split('=').next().unwrap().to_owned();
            let flag = flag.split(' ').next().unwrap().to_owned();
            settings.insert(variable, (flag, mark("default").map(str::to_owned)));
        }
    }
    assert!(settings.len() > 20, "{settings:?}");
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut listed = Vec::new();
    for row in readme.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`')).collect();
        let Some((flag, default)) = settings.get(cells[0]) else {
            let is_setting = cells[0].starts_with("STOA_") && cells.get(1).is_some_and(|cell| cell.starts_with("--"));
            assert!(!is_setting, "no such setting: {row}");
            continue;
        };
        assert_eq!(cells[1], flag, "{row}");
        if let Some(default) = default {
            assert_eq!(cells[2], default, "{row}");
        }
        assert!(cells[3].len() > 10, "{row}");
        listed.push(cells[0].to_owned());
    }
    listed.sort();
    assert_eq!(listed, settings.keys().cloned().collect::<Vec<_>>());
}
