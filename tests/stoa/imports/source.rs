//! Source files as the rules see them: without comments, texts and tests, every path that they name written out. The
//! reader knows of the language what it needs for that.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A source file without its comments, texts and tests.
pub struct Source {
    /// From the root of the repository, e.g. `api/src/domain/user/rows.rs`.
    pub path: String,
    pub lines: usize,
    pub code: String,
    pub names: Vec<Name>,
}

/// A path that the code names, written out: `crate::domain::user::rows::find`.
#[derive(Debug, Eq, PartialEq)]
pub struct Name {
    pub line: usize,
    pub path: String,
}

impl Source {
    fn new(path: String, text: &str) -> Self {
        let mut code = blank(text);
        if let Some(tests) = code.find("#[cfg(test)]\nmod ") {
            code.truncate(tests);
        }
        let names = names(&module_of(&path), &tokens(&code));
        Self { path, lines: text.lines().count(), code, names }
    }

    /// The noun in whose folder this file is.
    pub fn noun(&self) -> Option<&str> {
        self.path.strip_prefix("api/src/domain/")?.split_once('/').map(|(noun, _)| noun)
    }

    /// The layer of a noun: the name of the file, or of the folder that it has become.
    pub fn layer(&self) -> &str {
        let inside = self.noun().and_then(|noun| self.path.split(&format!("/{noun}/")).nth(1));
        inside.and_then(|inside| inside.split(['/', '.']).next()).unwrap_or_default()
    }

    pub fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| match place.ends_with('/') {
            true => self.path.starts_with(place),
            false => self.path == *place,
        })
    }
}

/// The whole repository's own code.
pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for folder in ["api/src", "entity/src", "migration/src"] {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    let source = |file: &PathBuf| {
        let path = file.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        Source::new(path, &fs::read_to_string(file).unwrap())
    };
    files.iter().map(source).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        match path.is_dir() {
            true if entry.file_name() != "tests" => collect(&path, files),
            false if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
            _ => {}
        }
    }
}

/// The text with comments and the insides of literals turned into blanks; lines stay where they are.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut wipe = |from: usize, to: usize| out[from..to].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
    let find = |from: usize, what: &str| text[from..].find(what).map_or(text.len(), |at| from + at);
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let next = if rest.starts_with("//") {
            let end = find(at, "\n");
            wipe(at, end);
            end
        } else if rest.starts_with("/*") {
            let end = (find(at, "*/") + 2).min(text.len());
            wipe(at, end);
            end
        } else if rest.starts_with("r\"") || rest.starts_with("r#") {
            let hashes = rest[1..].bytes().take_while(|b| *b == b'#').count();
            let begin = at + 2 + hashes;
            if rest.as_bytes().get(1 + hashes) == Some(&b'"') {
                let end = find(begin, &format!("\"{}", "#".repeat(hashes)));
                wipe(begin, end);
                (end + 1 + hashes).min(text.len())
            } else {
                at + 2
            }
        } else if rest.starts_with('"') {
            let mut end = at + 1;
            while end < bytes.len() && bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            wipe(at + 1, end.min(text.len()));
            end + 1
        } else if rest.starts_with("'\"'") {
            wipe(at + 1, at + 2);
            at + 3
        } else {
            at + rest.chars().next().unwrap().len_utf8()
        };
        at = next;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Words, `::` and single signs, with their lines.
pub fn tokens(code: &str) -> Vec<(usize, &str)> {
    let mut tokens = Vec::new();
    for (line, text) in code.lines().enumerate() {
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = |c: char| c.is_alphanumeric() || c == '_';
            let length = if word(first) {
                rest.find(|c| !word(c)).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            tokens.push((line + 1, &rest[..length]));
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// `api/src/domain/user/rows.rs` is `crate::domain::user::rows`.
fn module_of(path: &str) -> Vec<String> {
    let inside = path.split_once("src/").map_or(path, |(_, inside)| inside).trim_end_matches(".rs");
    let mut module = vec!["crate".to_owned()];
    module.extend(inside.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main")).map(str::to_owned));
    module
}

/// Every path that `use` brings in or the code writes, from its crate on.
fn names(module: &[String], tokens: &[(usize, &str)]) -> Vec<Name> {
    let mut names = Vec::new();
    let mut aliases: HashMap<String, Vec<String>> = HashMap::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at].1 == "use" {
            at += 1;
            let mut found = Vec::new();
            import(tokens, &mut at, &[], &mut found);
            for (line, path, alias) in found {
                let path = from_crate(module, path);
                names.push(Name { line, path: path.join("::") });
                aliases.insert(alias, path);
            }
        }
        at += 1;
    }
    at = 0;
    while at < tokens.len() {
        if tokens[at].1 == "use" {
            while at < tokens.len() && tokens[at].1 != ";" {
                at += 1;
            }
        } else if is_word(tokens[at].1) && tokens.get(at + 1).is_some_and(|next| next.1 == "::") {
            let line = tokens[at].0;
            let mut path = vec![tokens[at].1.to_owned()];
            while tokens.get(at + 1).is_some_and(|next| next.1 == "::") {
                match tokens.get(at + 2).filter(|next| is_word(next.1)) {
                    Some(next) => path.push(next.1.to_owned()),
                    None => break,
                }
                at += 2;
            }
            let path = match aliases.get(&path[0]) {
                Some(known) => known.iter().chain(&path[1..]).cloned().collect(),
                None => from_crate(module, path),
            };
            names.push(Name { line, path: path.join("::") });
        }
        at += 1;
    }
    names
}

/// One tree of a `use`, up to the sign after it: its paths and what they are called here.
fn import(tokens: &[(usize, &str)], at: &mut usize, prefix: &[String], found: &mut Vec<(usize, Vec<String>, String)>) {
    let mut path = prefix.to_vec();
    let mut line = tokens[*at].0;
    while *at < tokens.len() {
        let (here, token) = tokens[*at];
        match token {
            "::" => {}
            "{" => {
                *at += 1;
                while tokens[*at].1 != "}" {
                    import(tokens, at, &path, found);
                    if tokens[*at].1 == "," {
                        *at += 1;
                    }
                }
                *at += 1;
                return;
            }
            "as" => {
                let alias = tokens[*at + 1].1.to_owned();
                *at += 2;
                found.push((line, path, alias));
                return;
            }
            "self" if !path.is_empty() => {}
            "*" => path.push("*".to_owned()),
            word if is_word(word) => {
                line = here;
                path.push(word.to_owned());
            }
            _ => break,
        }
        *at += 1;
    }
    let alias = path.last().cloned().unwrap_or_default();
    found.push((line, path, alias));
}

fn from_crate(module: &[String], path: Vec<String>) -> Vec<String> {
    let above = path.iter().take_while(|part| *part == "super").count();
    match path[0].as_str() {
        "super" => module[..module.len().saturating_sub(above)].iter().chain(&path[above..]).cloned().collect(),
        "self" => module.iter().chain(&path[1..]).cloned().collect(),
        _ => path,
    }
}

#[test]
fn the_scanner_reads_what_the_compiler_reads() {
    let text = "//! sea_orm::Nothing\nuse super::{policy, rows::{self, Filter as F}};\nuse crate::domain::{message, user};
        fn f() { let _ = \"std::env::var // '\"; message::query::Root; F::new(); /* a::b */ let c = '\"'; std::env::var(r#\"x\"y::z\"#); }
        use sea_orm::{\n    ActiveEnum,\n    ActiveValue::Set,\n};\n#[cfg(test)]\nmod tests { use std::env; }";
    let source = Source::new("api/src/domain/share/object.rs".to_owned(), text);
    let read: Vec<String> = source.names.iter().map(|name| format!("{} {}", name.line, name.path)).collect();
    assert_eq!(
        read,
        [
            "2 crate::domain::share::policy",
            "2 crate::domain::share::rows",
            "2 crate::domain::share::rows::Filter",
            "3 crate::domain::message",
            "3 crate::domain::user",
            "6 sea_orm::ActiveEnum",
            "7 sea_orm::ActiveValue::Set",
            "4 crate::domain::message::query::Root",
            "4 crate::domain::share::rows::Filter::new",
            "4 std::env::var",
        ]
    );
}
