//! The log's settings.

use clap::{Args, ValueEnum};

/// What is logged, to standard error.
#[derive(Args, Clone, Debug)]
pub struct Log {
    /// Which lines: a level, or targets with levels such as info,stoa=debug.
    #[arg(long, env = "STOA_LOG", default_value = "info,sqlx=warn,sea_orm_migration=warn", global = true)]
    pub log: String,
    /// In which form.
    #[arg(long, env = "STOA_LOG_FORMAT", default_value = "text", global = true)]
    pub log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}
