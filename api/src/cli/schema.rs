//! `stoa schema`.

use std::io::Write;

use crate::graphql::engine::Limits;
use crate::graphql::schema::engine;

/// Prints the SDL; needs no database.
pub fn run() -> anyhow::Result<()> {
    let engine = engine(Limits::default())?;
    Ok(std::io::stdout().write_all(engine.sdl().as_bytes())?)
}
