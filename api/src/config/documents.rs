//! The settings of documents that run by id.

use clap::{Args, ValueEnum};

/// Who may run which documents.
#[derive(Args, Clone, Debug)]
pub struct Documents {
    /// What people who are not signed in may run: any text, or registered documents only.
    #[arg(long, env = "STOA_ANONYMOUS_DOCUMENTS", default_value = "free")]
    pub anonymous_documents: DocumentPolicy,
    /// What signed-in users may run: any text, or registered documents only.
    #[arg(long, env = "STOA_USER_DOCUMENTS", default_value = "free")]
    pub user_documents: DocumentPolicy,
    /// Texts that this process keeps for clients that persist their queries automatically; 0 switches that off.
    #[arg(long, env = "STOA_AUTOMATIC_DOCUMENTS", default_value = "1000")]
    pub automatic_documents: usize,
}

/// What a class of credentials may run.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum DocumentPolicy {
    Free,
    Registered,
}
