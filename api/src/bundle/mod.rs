//! The schema bundle: everything that a client generator wants to know of this version, as files.
//!
//! It is made of the schema itself and not of a running service, so it is the same wherever it is asked for, also where
//! introspection is off. `stoa schema --bundle` writes it into a folder, `http::bundle` serves it.

mod introspection;
mod scalars;

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::Context;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use crate::demo::examples;
use crate::error::catalogue::catalogue;
use crate::graphql::engine::Limits;
use crate::graphql::schema::{StoaEngine, engine};

pub use scalars::{SCALARS, Scalar};

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// The name of the file that lists the others.
pub const INDEX: &str = "index.json";

/// One file of the bundle.
pub struct File {
    /// Its path inside the bundle, e.g. `operations/viewer.graphql`.
    pub name: String,
    /// Its media type.
    pub content_type: &'static str,
    /// Its whole content.
    pub content: String,
    /// SHA-256 of the content, in hexadecimal.
    pub sha256: String,
}

impl File {
    fn new(name: impl Into<String>, content_type: &'static str, content: String) -> Self {
        let sha256 = hexadecimal(&Sha256::digest(&content));
        Self { name: name.into(), content_type, content, sha256 }
    }

    fn json(name: &str, content: &impl Serialize) -> anyhow::Result<Self> {
        Ok(Self::new(name, JSON, serde_json::to_string_pretty(content)? + "\n"))
    }
}

/// All files of one version, the index first.
pub struct Bundle {
    /// Stands for the content of all files: when one of them changes, so does this.
    pub version: String,
    /// `index.json`, then the others by name.
    pub files: Vec<File>,
}

impl Bundle {
    /// The bundle of this program, made once.
    pub async fn get() -> anyhow::Result<&'static Self> {
        static BUNDLE: OnceCell<Bundle> = OnceCell::const_new();
        BUNDLE.get_or_try_init(|| async { Self::of(&engine(Limits::default())?).await }).await
    }

    /// The bundle of a schema.
    pub async fn of(engine: &StoaEngine) -> anyhow::Result<Self> {
        let mut files = vec![
            File::new("schema.graphql", TEXT, engine.sdl().to_owned()),
            File::json("introspection.json", &introspection::of(engine).await.context("introspection.json")?)?,
            File::json("possibleTypes.json", &possible_types(engine))?,
            File::json("scalars.json", &scalars::mapping())?,
            File::json("errors.json", &catalogue())?,
        ];
        files.extend(examples::all().iter().map(operation));
        files.sort_by(|one, other| one.name.cmp(&other.name));
        let mut whole = Sha256::new();
        for file in &files {
            whole.update(format!("{} {}\n", file.sha256, file.name));
        }
        let version = hexadecimal(&whole.finalize()[..8]);
        let index = index(&version, &files);
        files.insert(0, File::json(INDEX, &index)?);
        Ok(Self { version, files })
    }

    /// The file of this name.
    pub fn file(&self, name: &str) -> Option<&File> {
        self.files.iter().find(|file| file.name == name)
    }
}

fn index(version: &str, files: &[File]) -> Value {
    let files: Vec<Value> = files
        .iter()
        .map(|file| {
            json!({
                "name": file.name,
                "url": format!("/schema/{version}/{}", file.name),
                "contentType": file.content_type,
                "bytes": file.content.len(),
                "sha256": file.sha256,
            })
        })
        .collect();
    json!({ "version": version, "url": format!("/schema/{version}/"), "files": files })
}

/// Interfaces and unions with the object types that they can be, as Apollo's caches want it.
fn possible_types(engine: &StoaEngine) -> BTreeMap<String, Vec<String>> {
    let schema = engine.types();
    let mut possible = BTreeMap::new();
    for (name, implementers) in schema.implementers_map() {
        let mut objects: Vec<String> = implementers.objects.iter().map(ToString::to_string).collect();
        objects.sort();
        possible.insert(name.to_string(), objects);
    }
    for (name, union) in schema.types.iter().filter_map(|(name, one)| Some((name, one.as_union()?))) {
        let mut members: Vec<String> = union.members.iter().map(|member| member.name.to_string()).collect();
        members.sort();
        possible.insert(name.to_string(), members);
    }
    possible
}

fn operation(example: &examples::Example) -> File {
    let text = format!("# {}: {}.\n\n{}\n", example.topic, example.title, example.query);
    File::new(format!("operations/{}.graphql", example.name), TEXT, text)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
