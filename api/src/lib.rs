//! Stoa: the multi-user backend for AI-assistant applications, as one GraphQL API over PostgreSQL.
//!
//! `ARCHITECTURE.md` shows the rooms; each noun's `mod.rs` tells its story.

pub mod access;
pub mod app;
pub mod auth;
pub mod bundle;
pub mod cli;
pub mod clock;
pub mod config;
pub mod database;
pub mod demo;
pub mod documents;
pub mod domain;
pub mod error;
pub mod events;
pub mod federation;
pub mod graphql;
pub mod http;
pub mod limits;
pub mod telemetry;
pub mod write;
