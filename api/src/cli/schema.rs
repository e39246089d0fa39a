//! `stoa schema`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Args;

use crate::bundle::{Bundle, INDEX};
use crate::graphql::engine::Limits;
use crate::graphql::schema::engine;

/// Print the GraphQL schema (SDL), sorted, or write the whole bundle for client generators.
#[derive(Args)]
pub struct Schema {
    /// Write the whole schema bundle into this folder instead: SDL, introspection, possible types, scalar mapping,
    /// error catalogue, example operations. An earlier bundle there is replaced.
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,
}

impl Schema {
    /// Needs no database.
    pub async fn run(self) -> anyhow::Result<()> {
        match self.bundle {
            None => Ok(std::io::stdout().write_all(engine(Limits::default())?.sdl().as_bytes())?),
            Some(folder) => {
                let bundle = Bundle::get().await?;
                write(bundle, &folder).with_context(|| format!("cannot write to {}", folder.display()))?;
                println!("{}: {} files, version {}", folder.display(), bundle.files.len(), bundle.version);
                Ok(())
            }
        }
    }
}

fn write(bundle: &Bundle, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let is_empty = fs::read_dir(folder)?.next().is_none();
    ensure!(is_empty || folder.join(INDEX).is_file(), "the folder holds something else than a schema bundle");
    let operations = folder.join("operations");
    if operations.is_dir() {
        // Those of an earlier version may have other names.
        for entry in fs::read_dir(&operations)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "graphql") {
                fs::remove_file(path)?;
            }
        }
    }
    fs::create_dir_all(&operations)?;
    for file in &bundle.files {
        fs::write(folder.join(&file.name), &file.content)?;
    }
    Ok(())
}
