//! What a request may cost, by measure and by price.

use clap::Args;

/// How large a request may be.
#[derive(Args, Clone, Debug)]
pub struct Limits {
    /// Longest document, in characters.
    #[arg(long, env = "STOA_DOCUMENT_LIMIT", default_value = "20000")]
    pub document_limit: usize,
    /// Most tokens in a document.
    #[arg(long, env = "STOA_TOKEN_LIMIT", default_value = "2000")]
    pub token_limit: usize,
    /// Most fields after all fragments are written out.
    #[arg(long, env = "STOA_EXPANSION_LIMIT", default_value = "5000")]
    pub expansion_limit: usize,
    /// Deepest nesting of fields.
    #[arg(long, env = "STOA_DEPTH_LIMIT", default_value = "15")]
    pub depth_limit: usize,
    /// Most aliases in a document.
    #[arg(long, env = "STOA_ALIAS_LIMIT", default_value = "30")]
    pub alias_limit: usize,
    /// Most fields at the root of an operation.
    #[arg(long, env = "STOA_ROOT_FIELD_LIMIT", default_value = "50")]
    pub root_field_limit: usize,
    /// Most directives at one place.
    #[arg(long, env = "STOA_DIRECTIVE_LIMIT", default_value = "10")]
    pub directive_limit: usize,
    /// Most items of one page.
    #[arg(long, env = "STOA_PAGE_LIMIT", default_value = "100")]
    pub page_limit: usize,
    /// Prepared documents that are kept.
    #[arg(long, env = "STOA_DOCUMENT_CACHE", default_value = "1000")]
    pub document_cache: usize,
    /// So long a message that is being written waits for its next piece before it counts as interrupted.
    #[arg(long, env = "STOA_STREAM_LEASE", default_value = "60", value_name = "SECONDS")]
    pub stream_lease: u32,
}

/// How much may be asked for, in units of cost.
#[derive(Args, Clone, Debug)]
pub struct Budgets {
    /// Highest price of a document.
    #[arg(long, env = "STOA_COST_LIMIT", default_value = "20000", value_name = "UNITS")]
    pub cost_limit: u32,
    /// Budget of each user.
    #[arg(long, env = "STOA_COST_BUDGET", default_value = "200000", value_name = "UNITS")]
    pub cost_budget: u32,
    /// Of a user's budget, so much comes back each second.
    #[arg(long, env = "STOA_COST_RESTORE", default_value = "5000", value_name = "UNITS")]
    pub cost_restore: u32,
    /// Budget of each network address from which people come who are not signed in.
    #[arg(long, env = "STOA_ANONYMOUS_COST_BUDGET", default_value = "100000", value_name = "UNITS")]
    pub anonymous_cost_budget: u32,
    /// Of an address's budget, so much comes back each second.
    #[arg(long, env = "STOA_ANONYMOUS_COST_RESTORE", default_value = "2000", value_name = "UNITS")]
    pub anonymous_cost_restore: u32,
}

impl Limits {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.page_limit >= 20, "STOA_PAGE_LIMIT must be at least the default page of 20.");
        let in_reason = (1..=3600).contains(&self.stream_lease);
        anyhow::ensure!(in_reason, "STOA_STREAM_LEASE must be from 1 to 3600 seconds.");
        Ok(())
    }
}

impl Budgets {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        for (name, value) in [
            ("STOA_COST_LIMIT", self.cost_limit),
            ("STOA_COST_BUDGET", self.cost_budget),
            ("STOA_COST_RESTORE", self.cost_restore),
            ("STOA_ANONYMOUS_COST_BUDGET", self.anonymous_cost_budget),
            ("STOA_ANONYMOUS_COST_RESTORE", self.anonymous_cost_restore),
        ] {
            anyhow::ensure!(value > 0, "{name} must be at least 1.");
        }
        Ok(())
    }
}
