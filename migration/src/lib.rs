//! The history of the database. A migration that has been released never changes; what comes later is a new one.
//!
//! Each migration is a folder with `up.sql` and `down.sql`: the reader sees exactly what the database will hold, and
//! nothing here can break when an entity is renamed. Up, down and up again is tested.

use sea_orm_migration::prelude::{ConnectionTrait, MigrationName, MigrationTrait, SchemaManager};
pub use sea_orm_migration::prelude::{DbErr, MigratorTrait};

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        SCRIPTS.iter().map(|script| Box::new(*script) as Box<dyn MigrationTrait>).collect()
    }
}

/// One step of the history as plain SQL.
#[derive(Clone, Copy)]
pub struct Script {
    pub name: &'static str,
    pub up: &'static str,
    pub down: &'static str,
}

/// Every step, oldest first.
pub const SCRIPTS: &[Script] = &[
    Script {
        name: "m20261120_000001_chat_core",
        up: include_str!("m20261120_000001_chat_core/up.sql"),
        down: include_str!("m20261120_000001_chat_core/down.sql"),
    },
    Script {
        name: "m20261120_000002_replies",
        up: include_str!("m20261120_000002_replies/up.sql"),
        down: include_str!("m20261120_000002_replies/down.sql"),
    },
    Script {
        name: "m20261120_000003_budgets",
        up: include_str!("m20261120_000003_budgets/up.sql"),
        down: include_str!("m20261120_000003_budgets/down.sql"),
    },
    Script {
        name: "m20261120_000004_documents",
        up: include_str!("m20261120_000004_documents/up.sql"),
        down: include_str!("m20261120_000004_documents/down.sql"),
    },
    Script {
        name: "m20261120_000005_deprecated_uses",
        up: include_str!("m20261120_000005_deprecated_uses/up.sql"),
        down: include_str!("m20261120_000005_deprecated_uses/down.sql"),
    },
    Script {
        name: "m20261120_000006_sessions",
        up: include_str!("m20261120_000006_sessions/up.sql"),
        down: include_str!("m20261120_000006_sessions/down.sql"),
    },
    Script {
        name: "m20261120_000007_signing_keys",
        up: include_str!("m20261120_000007_signing_keys/up.sql"),
        down: include_str!("m20261120_000007_signing_keys/down.sql"),
    },
    Script {
        name: "m20261120_000009_mail",
        up: include_str!("m20261120_000009_mail/up.sql"),
        down: include_str!("m20261120_000009_mail/down.sql"),
    },
    Script {
        name: "m20261120_000010_accounts",
        up: include_str!("m20261120_000010_accounts/up.sql"),
        down: include_str!("m20261120_000010_accounts/down.sql"),
    },
    Script {
        name: "m20261120_000011_api_keys",
        up: include_str!("m20261120_000011_api_keys/up.sql"),
        down: include_str!("m20261120_000011_api_keys/down.sql"),
    },
    Script {
        name: "m20261120_000012_second_factor",
        up: include_str!("m20261120_000012_second_factor/up.sql"),
        down: include_str!("m20261120_000012_second_factor/down.sql"),
    },
    Script {
        name: "m20261120_000013_identities",
        up: include_str!("m20261120_000013_identities/up.sql"),
        down: include_str!("m20261120_000013_identities/down.sql"),
    },
    Script {
        name: "m20261120_000014_role_hierarchy",
        up: include_str!("m20261120_000014_role_hierarchy/up.sql"),
        down: include_str!("m20261120_000014_role_hierarchy/down.sql"),
    },
    Script {
        name: "m20261120_000015_audit_chain",
        up: include_str!("m20261120_000015_audit_chain/up.sql"),
        down: include_str!("m20261120_000015_audit_chain/down.sql"),
    },
    Script {
        name: "m20261120_000016_grants",
        up: include_str!("m20261120_000016_grants/up.sql"),
        down: include_str!("m20261120_000016_grants/down.sql"),
    },
    Script {
        name: "m20261120_000017_identity_review",
        up: include_str!("m20261120_000017_identity_review/up.sql"),
        down: include_str!("m20261120_000017_identity_review/down.sql"),
    },
    Script {
        name: "m20261120_000018_impersonation",
        up: include_str!("m20261120_000018_impersonation/up.sql"),
        down: include_str!("m20261120_000018_impersonation/down.sql"),
    },
    Script {
        name: "m20261120_000019_memberships",
        up: include_str!("m20261120_000019_memberships/up.sql"),
        down: include_str!("m20261120_000019_memberships/down.sql"),
    },
    Script {
        name: "m20261120_000020_links",
        up: include_str!("m20261120_000020_links/up.sql"),
        down: include_str!("m20261120_000020_links/down.sql"),
    },
    Script {
        name: "m20261120_000021_access",
        up: include_str!("m20261120_000021_access/up.sql"),
        down: include_str!("m20261120_000021_access/down.sql"),
    },
    Script {
        name: "m20261120_000022_tree",
        up: include_str!("m20261120_000022_tree/up.sql"),
        down: include_str!("m20261120_000022_tree/down.sql"),
    },
    Script {
        name: "m20261120_000023_tools",
        up: include_str!("m20261120_000023_tools/up.sql"),
        down: include_str!("m20261120_000023_tools/down.sql"),
    },
    Script {
        name: "m20261120_000024_streams",
        up: include_str!("m20261120_000024_streams/up.sql"),
        down: include_str!("m20261120_000024_streams/down.sql"),
    },
    Script {
        name: "m20261120_000027_advisors",
        up: include_str!("m20261120_000027_advisors/up.sql"),
        down: include_str!("m20261120_000027_advisors/down.sql"),
    },
];

impl MigrationName for Script {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Script {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(self.up).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(self.down).await.map(drop)
    }
}
